"""What every loader returns, and what it is given to work with."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalect.data.model import ForeignKey, Problem
from datalect.data.quoting import relation

if TYPE_CHECKING:
    import duckdb

    from datalect.data.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOptions:
    """How sources are read. Every default is safe for a laptop.

    Attributes:
        encoding: text encoding of delimited text; None detects it.
        delimiter: field delimiter of delimited text; None detects it.
        header: whether the first line of delimited text names the columns; None detects it.
        memory_mb: MiB DuckDB may use while loading before it spills to disk.
        threads: threads used while loading; None takes as many as cores and memory allow.
        cache: whether parsed tables are kept for the next open.
        cache_mb: MiB the cache may take on disk; the least recently used workspaces go first.
        max_unpacked_bytes: bytes a compressed file may unpack to.
        max_workbook_bytes: bytes the XML of an Excel file may unpack to.
        max_columns: columns one table may have.
        max_cell_bytes: bytes one line of delimited text, with its quoted line breaks, may have.
        max_tables: tables one source may bring.
    """

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    memory_mb: int = 400
    threads: int | None = None
    cache: bool = True
    cache_mb: int = 20_000
    max_unpacked_bytes: int = 64 * 1024**3
    max_workbook_bytes: int = 1024**3
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
        rejected: name of the table in schema ``source`` that keeps the rows that did not fit (columns
            ``line``, ``error``, ``text``), or "".
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


class Loading:
    """What a loader works with while one workspace is built.

    Attributes:
        connection: open, writable connection to the workspace.
        options: how sources are read.
        progress: told how far loading has come.
        scratch: folder for temporary files; it goes when loading ends.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        options: OpenOptions,
        progress: Progress,
        scratch: Path,
    ) -> None:
        self.connection = connection
        self.options = options
        self.progress = progress
        self.scratch = scratch
        self._taken: set[str] = set()
        self._numbers = itertools.count(1)

    def scratch_file(self) -> Path:
        """A path for a new temporary file. Names from outside never become names of our files."""
        return self.scratch / f"{next(self._numbers)}.tmp"

    def drop_scratch(self, path: Path) -> None:
        """Remove a temporary file as soon as it is no longer needed; other files are left alone."""
        if path.parent == self.scratch:
            path.unlink(missing_ok=True)

    def readable(self, path: Path) -> str:
        """A name of a file that DuckDB does not take for a pattern of names."""
        if not any(c in str(path) for c in "*?[]"):
            return str(path)
        link = self.scratch_file()
        link.symlink_to(path.resolve())
        return str(link)

    def take_name(self, wanted: str) -> tuple[str, tuple[Problem, ...]]:
        """A table name nobody has yet, without regard to case, and a problem when it had to be changed."""
        clean = "".join(c if c.isprintable() else " " for c in wanted).strip() or "table"
        name, number = clean, 2
        while name.casefold() in self._taken:
            name, number = f"{clean}_{number}", number + 1
        self._taken.add(name.casefold())
        if name == clean:
            return name, ()
        return name, (
            Problem(
                kind="name_clash",
                severity="info",
                message=f'Another table is called "{clean}" too, so this one is called "{name}".',
            ),
        )

    def free_name(self, name: str) -> None:
        """Give a name back whose table was not made after all."""
        self._taken.discard(name.casefold())

    def count(self, name: str) -> int:
        """Rows of ``source."<name>"``."""
        return int(self.row(f"SELECT count(*) FROM {relation('source', name)}")[0])

    def row(self, sql: str, parameters: tuple[Any, ...] = ()) -> tuple[Any, ...]:
        """The first row of a query, read to its end so that the connection is free again."""
        rows = self.connection.execute(sql, parameters).fetchall()
        return tuple(rows[0])

    @contextlib.contextmanager
    def watched(self, stage: str, rows: int | None) -> Iterator[None]:
        """Report the progress DuckDB tells of one long statement, as rows.

        Args:
            stage: what is being done, for people.
            rows: about how many rows there are, when known.
        """
        self.progress.start(stage, rows)
        ended = threading.Event()

        def poll() -> None:
            reported = 0
            while not ended.wait(0.2):
                share = self.connection.query_progress()
                done = int(max(0.0, share) / 100 * (rows or 0))
                if done > reported:
                    self.progress.advance(done - reported)
                    reported = done

        watcher = threading.Thread(target=poll, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()
            self.progress.finish()
