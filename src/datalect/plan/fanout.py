"""The fan-out guard: which table's rows a measure is taken over, and from which table the query reads.

A measure has a *home*, the table whose rows it measures, and is computed from a *root*, a table from which
home, breakdowns and everything else are reached many-to-one. Where root and home differ, the root repeats the
home's rows, and each of them is counted once per group.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from datalect.errors import PlanError
from datalect.plan.joins import KeyGraph, Path, key_text
from datalect.plan.names import Names, fold

INSENSITIVE = frozenset({"min", "max", "distinct"})
"""Aggregates that repeated rows do not change."""


@dataclass(frozen=True, slots=True)
class Home:
    """The table a measure is taken over.

    Attributes:
        table: its name.
        path: the way from the plan's table, when the author's references tell, else None.
    """

    table: str
    path: Path | None


def choose_root(graph: KeyGraph, prefer: Sequence[str], needed: Iterable[str]) -> str | None:
    """The table to read from.

    The first preferred one that reaches all that is needed, else the nearest that does.
    """
    wanted = list(dict.fromkeys(needed))
    for table in dict.fromkeys(prefer):
        reach = graph.reachable(table)
        if all(name in reach for name in wanted):
            return table
    best: list[tuple[int, str]] = []
    for table in graph.tables:
        reach = graph.reachable(table)
        if all(name in reach for name in wanted):
            best.append((sum(len(reach[name][0].keys) for name in wanted), table))
    if not best:
        return None
    best.sort()
    if len(best) > 1 and best[0][0] == best[1][0]:
        tied = tuple(table for length, table in best if length == best[0][0])
        raise PlanError(
            f"Several tables connect {_listed(wanted)}.",
            code="ambiguous_join",
            candidates=tied,
            next_step="Start the plan from the table that is meant.",
        )
    return best[0][1]


def home_of(
    graph: KeyGraph, start: str, touched: Sequence[tuple[str, Path | None]], *, insensitive: bool
) -> Home:
    """The table a measure is taken over, from the tables of its columns.

    Args:
        graph: the key graph.
        start: the plan's ``from``.
        touched: table and path from ``start`` (None when not many-to-one) of every column measured.
        insensitive: repeated rows do not change the result.
    """
    tables = list(dict.fromkeys(table for table, _ in touched))
    own = any(path is not None and not path.keys for _, path in touched)
    if not tables or own:
        return Home(start, Path(start))
    paths = {path for _, path in touched}
    if None not in paths:
        if insensitive:
            return Home(start, Path(start))
        if len(paths) == 1:
            return Home(tables[0], touched[0][1])
    reaching = [t for t in tables if all(other in graph.reachable(t) for other in tables)]
    if len(reaching) == 1:
        path = next((path for table, path in touched if table == reaching[0]), None)
        return Home(reaching[0], path)
    if None not in paths:
        return Home(start, Path(start))
    raise fan_out(tables)


def fan_out(tables: Sequence[str]) -> PlanError:
    """The refusal when no way of joining avoids counting rows several times."""
    return PlanError(
        f"{_listed(tables)} cannot be joined without counting rows several times.",
        code="fan_out",
        expected="tables that hang together by keys",
        received=", ".join(tables),
        next_step="Ask about them one at a time, or declare the missing key in the glossary.",
    )


def _listed(tables: Sequence[str]) -> str:
    return " and ".join(f'"{table}"' for table in tables)


# ---------------------------------------------------------------- partners


@dataclass(frozen=True, slots=True)
class Link:
    """How rows of one table find their partners in another.

    Attributes:
        via: table that is read to find them.
        back: many-to-one path from ``via`` to the table whose rows look for partners; None when that table
            itself holds the key (``forward`` then leads to the partners).
        forward: many-to-one path from ``via`` to the partners' table.
    """

    via: str
    back: Path | None
    forward: Path


def link_tables(names: Names, table: str, has: str, at: str) -> Link:
    """The way from rows of ``table`` to their partners in ``has`` (a table or ``table.key_column``).

    Raises:
        PlanError: ``unknown_table``, ``ambiguous_join`` or ``fan_out``.
    """
    graph = names.graph
    partner, key = _partner(names, has, at)
    ways = (
        graph.paths(partner, table)
        if partner != table
        else tuple(Path(table, (k,)) for k in graph.loops(table))
    )
    if ways:
        back = _chosen(ways, key, at)
        return Link(partner, back, Path(partner))
    if partner == table:
        raise fan_out([table, partner])
    if graph.paths(table, partner):
        return Link(table, None, _only(graph.paths(table, partner), at))
    via = choose_root(graph, [], [table, partner])
    if via is None:
        raise fan_out([table, partner])
    return Link(via, _only(graph.paths(via, table), at), _only(graph.paths(via, partner), at))


def _partner(names: Names, has: str, at: str) -> tuple[str, str]:
    known = {table.name for table in names.catalog.tables}
    if has not in known:
        for position, letter in enumerate(has):
            if letter == "." and has[:position] in known:
                return has[:position], has[position + 1 :]
    return names.table(has, at).name, ""


def _chosen(ways: tuple[Path, ...], key: str, at: str) -> Path:
    if key:
        fitting = [
            way for way in ways if fold(key) in (fold(key_text(way.keys[0])), fold(way.keys[0].columns[0]))
        ]
        if len(fitting) == 1:
            return fitting[0]
    return _only(ways, at)


def _only(ways: tuple[Path, ...], at: str) -> Path:
    if len(ways) == 1:
        return ways[0]
    written = tuple(f"{way.start}.{key_text(way.keys[0])}" for way in ways)
    raise PlanError(
        f'"{ways[0].start}" and "{ways[0].end}" are connected in {len(ways)} ways.',
        code="ambiguous_join",
        at=at,
        candidates=written,
        expected="has with the key that is meant, such as " + " or ".join(written[:3]),
    )


def has_name(link: Link, names: Names) -> str:
    """How ``has`` is written so that it means this link again."""
    if link.back is None or link.forward.keys:
        return link.forward.end
    if names.graph.paths(link.via, link.back.end) == (link.back,):
        return link.via
    return f"{link.via}.{key_text(link.back.keys[0])}"
