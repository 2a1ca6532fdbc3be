"""What every loader returns and how loaders are told what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from datalect.data.model import ForeignKey, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOptions:
    """How sources are read. Every default is safe for a laptop.

    Attributes:
        encoding: text encoding of delimited and JSON text; None detects it.
        delimiter: field delimiter of delimited text, one character; None detects it.
        header: whether the first line of delimited text names the columns; None detects it.
        memory_mb: MiB DuckDB may use while loading before it spills to disk.
        threads: threads used while loading; None leaves it to DuckDB.
        cache: whether parsed tables are kept for the next open.
        max_unpacked_bytes: bytes a compressed file or workbook may unpack to.
        max_columns: columns one table may have.
        max_cell_bytes: bytes one line or quoted cell of delimited text may have.
        max_tables: tables one source may bring.
    """

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    memory_mb: int = 400
    threads: int | None = None
    cache: bool = True
    max_unpacked_bytes: int = 64 * 1024**3
    max_columns: int = 20_000
    max_cell_bytes: int = 32 * 1024**2
    max_tables: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedTable:
    """One table that now exists as ``source."<name>"`` in the workspace being built.

    Attributes:
        name: name of the table, unique in the workspace, any text.
        rows: exact number of rows.
        source: where it came from, for people (a path, a path with a sheet, a database URL without password).
        problems: what a user should know about how it was read.
        declared_keys: sets of columns the source declares to be unique, primary key first.
        declared_foreign_keys: foreign keys the source declares; table names are those of the workspace.
        in_place: ``source."<name>"`` is a view over granted files, not a stored table.
        sampled_text: the source is text whose types were concluded by reading it, so that a text column may
            still hold numbers or dates in disguise ("1,234", "12%", "2024年3月5日").
        granted: files such a view reads.
        rejected: name of the table in schema ``source`` that keeps the rows that did not fit (columns ``line``,
            ``column``, ``error``, ``text``), or "".
    """

    name: str
    rows: int
    source: str
    problems: tuple[Problem, ...] = ()
    declared_keys: tuple[tuple[str, ...], ...] = ()
    declared_foreign_keys: tuple[ForeignKey, ...] = ()
    in_place: bool = False
    sampled_text: bool = False
    granted: tuple[Path, ...] = field(default=())
    rejected: str = ""
