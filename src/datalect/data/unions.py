"""Tables of one shape as one table: sales_2023 and sales_2024, one table for each city.

Tables whose columns and names are alike are shown together through a view, with a column that says which
table a row came from. docs/decisions/union-tables.md tells what counts as alike and what is left apart.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from datalect.data.load.base import LoadedTable
from datalect.data.model import Column, SemanticType, Table
from datalect.data.part_names import PLACES, Parts, families
from datalect.data.profile import kind_of
from datalect.data.quoting import identifier, literal, relation

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LOOKED_AT = 500  # rows of a table that are looked for in the next one
MOST_SHARED = 0.2  # share of them that may be there: more, and one is a copy or a later state of the other
_NUMBERS = ("integer", "float")
_WHEN = (SemanticType.YEAR, SemanticType.DATE, SemanticType.DATETIME)


@dataclass(frozen=True, slots=True)
class Union:
    """Tables shown together.

    Attributes:
        item: the view ``source."<name>"`` as a loaded table.
        parts: names of the tables, in their order.
        part_column: name of the column that tells the table of a row.
        labels: for each table what ``part_column`` holds.
    """

    item: LoadedTable
    parts: tuple[str, ...]
    part_column: str
    labels: tuple[object, ...]


def find_unions(
    connection: DuckDBPyConnection, tables: Sequence[Table], apart: Collection[str] = ()
) -> list[Union]:
    """Make a view ``source."<name>"`` for each group of tables that are parts of one.

    Args:
        connection: open, writable connection with ``main.<table>`` for each table.
        tables: the tables with their profiles.
        apart: names of tables that are left on their own.

    Returns:
        One for each group; empty when no two tables are alike.
    """
    shapes: dict[tuple[str, ...], list[Table]] = {}
    for table in tables:
        if table.name not in apart and len(table.columns) > 1:
            shapes.setdefault(tuple(sorted(c.name.casefold() for c in table.columns)), []).append(table)
    taken = {t.name.casefold() for t in tables}
    found = []
    for alike in shapes.values():
        by_name = {t.name: t for t in alike}
        for family in families([t.name for t in alike]) if len(alike) > 1 else ():
            members = [by_name[name] for name in family.names]
            types = _common_types(members)
            if types is None or _repeated(connection, members, types):
                continue
            union = _make(connection, members, family, types, taken)
            taken.add(union.item.name.casefold())
            found.append(union)
    return found


def _common_types(members: Sequence[Table]) -> list[tuple[str, str]] | None:
    """Name and type of each column of all tables, or None when one holds numbers here and words there."""
    common = []
    for first in members[0].columns:
        columns = [c for t in members if (c := _same(t, first)) is not None]
        filled = [c for c in columns if c.profile.nulls < c.profile.rows] or columns
        types = {c.dtype for c in filled}
        kinds = {kind_of(t) for t in types}
        if len(types) == 1:
            dtype = types.pop()
        elif kinds <= set(_NUMBERS):
            dtype = "DOUBLE" if "float" in kinds else "BIGINT"
        elif types == {"DATE", "TIMESTAMP"}:
            dtype = "TIMESTAMP"
        else:
            return None
        common.append((first.name, dtype))
    return common


def _same(table: Table, column: Column) -> Column | None:
    wanted = column.name.casefold()
    return next((c for c in table.columns if c.name.casefold() == wanted), None)


def _selected(table: Table, types: Sequence[tuple[str, str]]) -> str:
    """The columns of a table under the names, in the order and of the types of the whole."""
    names = {c.name.casefold(): c for c in table.columns}
    parts = []
    for name, dtype in types:
        column = names[name.casefold()]
        text = identifier(column.name)
        if column.dtype != dtype:
            text = f"CAST({text if column.profile.nulls < column.profile.rows else 'NULL'} AS {dtype})"
        parts.append(text if text == identifier(name) else f"{text} AS {identifier(name)}")
    return ", ".join(parts)


def _repeated(
    connection: DuckDBPyConnection, members: Sequence[Table], types: Sequence[tuple[str, str]]
) -> bool:
    """Whether rows of one table stand in the next one too."""
    for one, other in pairwise(members):
        row = connection.execute(
            f"SELECT count(*) FROM ((SELECT {_selected(one, types)} FROM {relation('main', one.name)} "
            f"LIMIT {LOOKED_AT}) INTERSECT (SELECT {_selected(other, types)} FROM "
            f"{relation('main', other.name)}))"
        ).fetchone()
        if row is not None and row[0] > MOST_SHARED * min(LOOKED_AT, max(1, one.rows)):
            return True
    return False


def _make(
    connection: DuckDBPyConnection,
    members: Sequence[Table],
    family: Parts,
    types: Sequence[tuple[str, str]],
    taken: set[str],
) -> Union:
    name = _free(family.stem, taken)
    dated = any(c.meaning.type in _WHEN for c in members[0].columns)
    column, labels, dtype = family.column(dated)
    column = _free(column, {n.casefold() for n, _ in types})
    selects = [
        f"SELECT {_selected(table, types)}, CAST({literal(str(label))} AS {dtype}) AS {identifier(column)} "
        f"FROM {relation('main', table.name)}"
        for table, label in zip(members, labels, strict=True)
    ]
    connection.execute(f"CREATE VIEW {relation('source', name)} AS " + " UNION ALL ".join(selects))
    names = tuple(t.name for t in members)
    shown = ", ".join(names[:3]) + (f" ... ({len(names)})" if len(names) > 3 else "")
    item = LoadedTable(name=name, rows=sum(t.rows for t in members), source=shown, in_place=True)
    return Union(item, names, column, tuple(labels))


def _free(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name.casefold() in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name


def with_parts(tables: tuple[Table, ...], unions: Sequence[Union]) -> tuple[Table, ...]:
    """The tables, each union knowing its parts, and hiding and naming what they do."""
    by_name = {t.name: t for t in tables}
    found = {u.item.name: u for u in unions}
    return tuple(
        _united(t, found[t.name], [by_name[part] for part in found[t.name].parts]) if t.name in found else t
        for t in tables
    )


def _kind(labels: Sequence[object]) -> tuple[str, ...]:
    """What all the labels are, where each says so: 区 of 海淀区 and 朝阳区."""
    ends = {str(label)[-1:] for label in labels}
    end = ends.pop() if len(ends) == 1 else ""
    return (end, f"{end}域") if end == "区" else (end,) if end in PLACES else ()


def _united(table: Table, union: Union, members: Sequence[Table]) -> Table:
    columns = []
    for column in table.columns:
        if column.name == union.part_column:
            aliases = dict(zip(union.parts, union.labels, strict=True))
            columns.append(
                replace(
                    column,
                    value_aliases={**aliases, **column.value_aliases},
                    synonyms=tuple(dict.fromkeys((*column.synonyms, *_kind(union.labels)))),
                )
            )
            continue
        said = [c for t in members if (c := _same(t, column)) is not None]
        aliases = {word: value for c in said for word, value in c.value_aliases.items()}
        columns.append(
            replace(
                column,
                hidden=column.hidden or any(c.hidden for c in said),
                label=column.label or next((c.label for c in said if c.label), ""),
                description=column.description or next((c.description for c in said if c.description), ""),
                synonyms=tuple(dict.fromkeys((*column.synonyms, *(s for c in said for s in c.synonyms)))),
                value_aliases={**aliases, **column.value_aliases},
            )
        )
    return replace(table, columns=tuple(columns), parts=union.parts)
