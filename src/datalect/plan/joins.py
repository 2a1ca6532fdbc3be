"""The key graph: which tables hang together, and by which keys.

A hop goes many-to-one: from the table that holds a foreign key to the table it points at. A path of hops
never repeats a row of the table it starts from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from datalect.data.model import Catalog, Column, ForeignKey

MAX_HOPS = 6


@dataclass(frozen=True, slots=True)
class Path:
    """A chain of foreign keys, each starting where the one before ended."""

    start: str
    keys: tuple[ForeignKey, ...] = ()

    @property
    def end(self) -> str:
        """The table it leads to."""
        return self.keys[-1].ref_table if self.keys else self.start

    def then(self, other: Path) -> Path:
        """This path, continued by another that starts at its end."""
        return Path(self.start, self.keys + other.keys)

    def prefixes(self) -> Iterator[Path]:
        """Every non-empty part that starts at the beginning, shortest first."""
        for length in range(1, len(self.keys) + 1):
            yield Path(self.start, self.keys[:length])


@dataclass(frozen=True, slots=True)
class Reference:
    """A column and the way to it."""

    path: Path
    column: Column


class KeyGraph:
    """Many-to-one paths between the tables of a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.tables = tuple(table.name for table in catalog.tables)
        self._from: dict[str, list[ForeignKey]] = {}
        for key in catalog.foreign_keys:
            self._from.setdefault(key.table, []).append(key)
        self._found: dict[str, dict[str, tuple[Path, ...]]] = {}

    def keys_of(self, table: str) -> list[ForeignKey]:
        """Foreign keys held by a table."""
        return self._from.get(table, [])

    def reachable(self, start: str) -> dict[str, tuple[Path, ...]]:
        """For each table reachable from ``start``, all shortest paths to it.

        ``start`` itself by the empty path.
        """
        if start in self._found:
            return self._found[start]
        found: dict[str, tuple[Path, ...]] = {start: (Path(start),)}
        frontier = [Path(start)]
        for _ in range(MAX_HOPS):
            grown: dict[str, list[Path]] = {}
            for path in frontier:
                for key in self.keys_of(path.end):
                    if key.ref_table not in found:
                        grown.setdefault(key.ref_table, []).append(Path(start, (*path.keys, key)))
            if not grown:
                break
            found.update({table: tuple(paths) for table, paths in grown.items()})
            frontier = [path for paths in grown.values() for path in paths]
        self._found[start] = found
        return found

    def paths(self, start: str, end: str) -> tuple[Path, ...]:
        """All shortest many-to-one paths; empty when there is none."""
        return self.reachable(start).get(end, ())

    def loops(self, table: str) -> list[ForeignKey]:
        """Foreign keys of a table that point at itself, such as an employee's manager."""
        return [key for key in self.keys_of(table) if key.ref_table == table]


def key_text(key: ForeignKey) -> str:
    """How a key is written in a reference: its columns, joined by + when there are several."""
    return "+".join(key.columns)


def format_reference(reference: Reference, graph: KeyGraph) -> str:
    """The shortest text that resolves to this reference again, starting at its path's start.

    ``table.column`` where only one shortest path leads there, else every hop is named:
    ``dest>airports.city_id>cities.name``.
    """
    return format_path(reference.path, graph, reference.column.name)


def format_path(path: Path, graph: KeyGraph, column: str = "") -> str:
    """A path as text, ending in a column or, without one, in a table."""
    tail = f".{column}" if column else ""
    if graph.paths(path.start, path.end) == (path,):
        return f"{path.end}{tail}"
    text = key_text(path.keys[0])
    for key, following in zip(path.keys, path.keys[1:], strict=False):
        text += f">{key.ref_table}.{key_text(following)}"
    return f"{text}>{path.end}{tail}"
