"""Loading sources in tests without building a catalog."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from datalect.data.load.base import LoadedTable, Loading, OpenOptions
from datalect.data.load.dispatch import load_source
from datalect.data.model import Problem
from datalect.data.progress import SilentProgress
from datalect.data.quoting import identifier, relation
from datalect.data.sources import resolve_sources


@dataclass
class Loaded:
    """What came out of loading, with ways to look at it."""

    connection: duckdb.DuckDBPyConnection
    tables: list[LoadedTable]

    def __getitem__(self, name: str) -> LoadedTable:
        return next(t for t in self.tables if t.name == name)

    @property
    def only(self) -> LoadedTable:
        (table,) = self.tables
        return table

    def rows(self, name: str | None = None, order: str = "") -> list[tuple[Any, ...]]:
        table = relation("source", name or self.only.name)
        return self.connection.execute(f"SELECT * FROM {table} {order}").fetchall()

    def column(self, column: str, name: str | None = None) -> list[Any]:
        table = relation("source", name or self.only.name)
        return [r[0] for r in self.connection.execute(f"SELECT {identifier(column)} FROM {table}").fetchall()]

    def types(self, name: str | None = None) -> dict[str, str]:
        table = relation("source", name or self.only.name)
        return {r[0]: r[1] for r in self.connection.execute(f"DESCRIBE {table}").fetchall()}

    def problem(self, kind: str, name: str | None = None) -> Problem:
        table = self[name] if name else self.only
        return next(p for p in table.problems if p.kind == kind)

    def problems(self, name: str | None = None) -> set[str]:
        return {p.kind for p in (self[name] if name else self.only).problems}


@contextmanager
def loading(folder: Path, *sources: Any, **options: Any) -> Iterator[Loaded]:
    """Load sources into a new database below ``folder``."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    chosen = OpenOptions(**options)
    connection = duckdb.connect(
        str(scratch / "workspace.duckdb"),
        config={
            "memory_limit": f"{chosen.memory_mb}MB",
            "threads": 2,
            "temp_directory": str(scratch / "spill"),
        },
    )
    try:
        connection.execute("CREATE SCHEMA source")
        work = Loading(connection, chosen, SilentProgress(), scratch)
        found = resolve_sources(list(sources), lambda name: scratch / f"stream-{name}")
        yield Loaded(connection, [table for source in found for table in load_source(work, source)])
    finally:
        connection.close()
