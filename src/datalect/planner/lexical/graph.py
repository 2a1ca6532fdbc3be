"""Which table a plan starts from, and how the others are reached."""

from __future__ import annotations

from collections.abc import Iterable

from datalect.data.model import Catalog


class TableGraph:
    """Distances between tables along foreign keys, many to one."""

    def __init__(self, catalog: Catalog) -> None:
        self._up: dict[str, set[str]] = {t.name: set() for t in catalog.tables}
        for key in catalog.foreign_keys:
            self._up.setdefault(key.table, set()).add(key.ref_table)
        self.names = [t.name for t in catalog.tables]
        self._rows = {t.name: t.rows for t in catalog.tables}

    def distance(self, start: str, end: str) -> int | None:
        """Hops from a table up to another, or None."""
        seen = {start: 0}
        frontier = [start]
        while frontier:
            grown = []
            for name in frontier:
                for other in sorted(self._up.get(name, ())):
                    if other not in seen:
                        seen[other] = seen[name] + 1
                        grown.append(other)
            frontier = grown
        return seen.get(end)

    def base(self, tables: Iterable[str], prefer: str | None = None) -> tuple[str, int] | None:
        """The table from which all of some tables are reached with the fewest hops, and that number."""
        wanted = list(dict.fromkeys(tables))
        best: tuple[int, int, int, str] | None = None
        for name in self.names:
            steps = [self.distance(name, t) for t in wanted]
            if any(s is None for s in steps):
                continue
            total = sum(s for s in steps if s is not None)
            rank = (
                total + (0 if name in wanted else 1),
                0 if name == prefer else 1,
                self._rows.get(name, 0),
                name,
            )
            if best is None or rank < best:
                best = rank
        return (best[3], best[0]) if best else None


def partner_table(catalog: Catalog, name: str, base: str) -> str | None:
    """The table whose rows say which rows of ``base`` have partners in ``name``.

    It is the named table itself where one key leads from it to the base, else a table with one key to each.
    """
    keys = catalog.foreign_keys
    direct = [k for k in keys if k.table == name and k.ref_table == base]
    if direct:
        return name if len(direct) == 1 else None
    if any(k.table == base and k.ref_table == name for k in keys):
        return None
    bridges = [
        t.name
        for t in catalog.tables
        if t.name not in (name, base)
        and sum(k.table == t.name and k.ref_table == base for k in keys) == 1
        and sum(k.table == t.name and k.ref_table == name for k in keys) == 1
    ]
    return bridges[0] if len(bridges) == 1 else None
