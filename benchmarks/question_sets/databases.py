"""The SQLite databases of Spider, which nvBench asks about too."""

from __future__ import annotations

import sqlite3
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .bins import bin_of
from .files import first_existing


class Databases:
    """Finds databases by name in folders that hold ``databases.tar.xz`` or unpacked databases."""

    def __init__(self, folders: Sequence[Path], scratch: Path) -> None:
        self._folders = [f for f in folders if f.is_dir()]
        self._scratch = scratch / "databases"
        self._unpacked: set[Path] = set()

    def path(self, name: str) -> Path | None:
        """The file of a database, or None."""
        for folder in self._folders:
            for root in (folder, folder / "database", folder / "databases", self._unpack(folder)):
                for suffix in (".sqlite", ".db"):
                    candidate = root / name / f"{name}{suffix}"
                    if candidate.is_file() and candidate.stat().st_size:
                        return candidate
        return None

    def _unpack(self, folder: Path) -> Path:
        target = self._scratch / folder.resolve().as_posix().strip("/").replace("/", "_")
        if folder not in self._unpacked:
            self._unpacked.add(folder)
            try:
                packed = first_existing(folder, "databases.tar.xz", "databases.tar")
            except FileNotFoundError:
                return target
            with tarfile.open(packed) as archive:
                archive.extractall(target, filter="data")
        return target


def run(database: Path, sql: str, max_rows: int = 5000) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Run reference SQL in SQLite, where the sets' authors ran it.

    Raises:
        sqlite3.Error: the SQL is faulty, or takes too long.
        ValueError: it gives more than ``max_rows`` rows.
    """
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        connection.create_function("bin_of", 2, bin_of, deterministic=True)
        steps = iter(range(2_000))
        connection.set_progress_handler(lambda: next(steps, None) is None, 100_000)
        cursor = connection.execute(sql)
        rows = cursor.fetchmany(max_rows + 1)
        if len(rows) > max_rows:
            raise ValueError(f"more than {max_rows} rows")
        return [c[0] for c in cursor.description], rows
    finally:
        connection.close()
