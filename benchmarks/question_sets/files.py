"""Getting at files as the sets hold them: packed, in archives, or as SQL scripts."""

from __future__ import annotations

import json
import lzma
import sqlite3
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def read_text(path: Path) -> str:
    """The text of a file, unpacked when it ends in ``.xz``."""
    if path.suffix == ".xz":
        with lzma.open(path, "rt", encoding="utf-8") as file:
            return file.read()
    return path.read_text(encoding="utf-8")


def read_records(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON list or of JSON lines."""
    text = read_text(path)
    if text.lstrip().startswith("["):
        return list(json.loads(text))
    # not splitlines(): JSON strings may hold separators that it would cut at
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def first_existing(folder: Path, *names: str) -> Path:
    """The first of these files that is there, packed or not."""
    for name in names:
        for candidate in (folder / name, folder / f"{name}.xz", folder / name.removesuffix(".xz")):
            if candidate.is_file():
                return candidate
    raise FileNotFoundError(f"{folder} holds none of: {', '.join(names)}")


class Unpacker:
    """Turns the name of a packed table into the path of a file that Datalect opens.

    A name is a path below ``root``, optionally ``archive!member``, and optionally ``#header=file`` where
    the column names lie in a file of their own, one a line.
    """

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root = root
        self.scratch = scratch
        self._done: dict[str, str] = {}
        self._archives: dict[Path, Path] = {}

    def path(self, name: str) -> str:
        """The path of the unpacked file; unpacked once."""
        if name not in self._done:
            self._done[name] = str(self._unpack(name))
        return self._done[name]

    def _unpack(self, name: str) -> Path:
        name, _, header = name.partition("#header=")
        archive, _, member = name.partition("!")
        source = self.root / archive
        if member:
            return self._archive(source) / member
        if source.suffix != ".xz":
            return source
        target = self.scratch / archive.removesuffix(".xz")
        target.parent.mkdir(parents=True, exist_ok=True)
        with lzma.open(source) as packed, target.open("wb") as file:
            if header:
                names = (source.parent / header).read_text(encoding="utf-8").split()
                file.write((",".join(names) + "\n").encode())
            while block := packed.read(1 << 20):
                file.write(block)
        return _database(target) if target.suffix == ".sql" else target

    def _archive(self, source: Path) -> Path:
        if source not in self._archives:
            folder = self.scratch / source.name.split(".")[0]
            if source.suffix == ".zip":
                with zipfile.ZipFile(source) as packed:
                    packed.extractall(folder)
            else:
                with tarfile.open(source) as packed:
                    packed.extractall(folder, filter="data")
            self._archives[source] = folder
        return self._archives[source]


def _database(script: Path) -> Path:
    """A SQLite database built from a script."""
    target = script.with_suffix(".sqlite")
    connection = sqlite3.connect(target)
    with connection:
        connection.executescript(script.read_text(encoding="utf-8"))
    connection.close()
    return target


def sample(items: list[Any], limit: int | None, seed: int) -> list[Any]:
    """At most ``limit`` of the items, drawn by ``seed``, in their own order."""
    import random

    if limit is None or limit >= len(items):
        return items
    kept = sorted(random.Random(seed).sample(range(len(items)), limit))
    return [items[i] for i in kept]


def groups_of(cases: list[Any]) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    """Cases by what they open, so that each catalog is opened once."""
    together: dict[tuple[str, ...], list[Any]] = {}
    for case in cases:
        together.setdefault(case.sources, []).append(case)
    yield from together.items()


def siblings(data: Path, name: str) -> list[Path]:
    """Folders that may hold what belongs to a set: its own, and the one of that name beside or one up.

    Held-back parts lie in a folder tree of their own, without the tables and databases they share with the
    open parts; those are then found in ``data/<name>`` next to that tree.
    """
    data = data.resolve()
    return [data, data.parent / name, data.parent.parent / "data" / name]


def tables_folder(data: Path, file: str) -> Path:
    """The first folder that holds a file all parts of a set share; the set's own when none does."""
    for folder in siblings(data, data.resolve().name):
        if any((folder / f"{file}{suffix}").is_file() for suffix in ("", ".xz")):
            return folder
    return data
