"""Rows of tables for training: JSONL directly, CSV, Parquet, Excel and the rest through `datalect.data`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from datalect.errors import SourceError, UsageError
from datalect.training.text import json_lines, pick_text_column, suffix

_BATCH = 4096


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A table that is read row by row, each time anew."""

    path: Path
    columns: list[str]
    sample: list[dict[str, Any]] = field(repr=False)
    """The first rows."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return json_lines(self.path) if suffix(self.path) in (".jsonl", ".ndjson") else _table_rows(self.path)

    def column(self, name: str) -> str:
        """A column by name, upper and lower case alike.

        Raises:
            UsageError: there is none.
        """
        for known in self.columns:
            if known.lower() == name.lower():
                return known
        raise UsageError(f"{self.path.name} has no column {name!r}.", expected=", ".join(self.columns[:20]))

    def text_column(self, name: str | None) -> str:
        """The named column, or the one that holds the text."""
        return self.column(name) if name is not None else pick_text_column(self.columns, self.sample)


def read_rows(path: Path) -> Rows:
    """Open a table.

    Raises:
        SourceError: it cannot be read as a table.
    """
    if suffix(path) in (".jsonl", ".ndjson"):
        sample = list(islice(json_lines(path), 100))
        return Rows(path=path, columns=list(dict.fromkeys(k for row in sample for k in row)), sample=sample)
    sample = list(islice(_table_rows(path), 100))
    if not sample:
        raise SourceError(f"{path.name} has no rows.")
    return Rows(path=path, columns=list(sample[0]), sample=sample)


def _table_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of the only table of a file, as they were written: text stays text."""
    import duckdb

    from datalect.data.quoting import relation
    from datalect.data.workspace import open_workspace

    workspace = open_workspace([str(path)])
    tables = workspace.catalog.tables
    if len(tables) != 1:
        raise SourceError(
            f"{path.name} holds {len(tables)} tables.", expected="one", next_step="export the one to train on"
        )
    with duckdb.connect(str(workspace.database), read_only=True) as connection:
        cursor = connection.execute(f"SELECT * FROM {relation('source', tables[0].name)}")
        names = [column[0] for column in cursor.description or ()]
        while rows := cursor.fetchmany(_BATCH):
            for row in rows:
                yield dict(zip(names, row, strict=True))
