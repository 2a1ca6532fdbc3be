"""Keys of tables and foreign keys between them, proven on all rows."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from datalect.data.meaning.names import tokens
from datalect.data.model import Column, ForeignKey, SemanticType, Table
from datalect.data.profile import kind_of
from datalect.data.quoting import identifier, relation

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAX_KEY_CANDIDATES = 8
MAX_COMPOSITE_CANDIDATES = 6
_ID_WORDS = frozenset({"id", "code", "key", "no", "number", "uuid", "guid", "编号", "代码", "编码", "号"})


def find_keys(
    connection: DuckDBPyConnection,
    table: str,
    columns: Sequence[Column],
    rows: int,
    declared: Sequence[tuple[str, ...]] = (),
) -> tuple[tuple[str, ...], ...]:
    """Sets of columns without nulls whose values identify every row, smallest and most key-like first."""
    names = {c.name for c in columns}
    found = [key for key in declared if names.issuperset(key)]
    if rows < 2:
        return tuple(found)
    source = relation("main", table)
    single = [c for c in columns if _may_be_key(c, rows)]
    single.sort(key=lambda c: -_key_likeness(c, columns))
    for column in single[:MAX_KEY_CANDIDATES]:
        if (column.name,) not in found and _is_unique(connection, source, (column.name,), rows):
            found.append((column.name,))
    if not found:
        found.extend(_composite(connection, source, columns, rows))
    return tuple(found)


def _may_be_key(column: Column, rows: int) -> bool:
    profile = column.profile
    if profile.nulls or kind_of(column.dtype) not in ("integer", "text", "temporal"):
        return False
    if column.meaning.type in (SemanticType.MONEY, SemanticType.PERCENT, SemanticType.RATIO):
        return False
    if profile.distinct_exact:
        return profile.distinct == rows
    return profile.distinct >= rows * 0.9


def _key_likeness(column: Column, columns: Sequence[Column]) -> float:
    score = 0.0
    if column.meaning.type is SemanticType.ID:
        score += 4
    if _ID_WORDS & set(tokens(column.name)):
        score += 3
    if column.meaning.type is SemanticType.CODE:
        score += 2
    if kind_of(column.dtype) == "integer":
        score += 0.5
    if column.meaning.type in (SemanticType.TEXT, SemanticType.MEASURE, SemanticType.COUNT):
        score -= 2
    return score - columns.index(column) / (10 * len(columns))


def _is_unique(connection: DuckDBPyConnection, source: str, key: Sequence[str], rows: int) -> bool:
    names = ", ".join(identifier(name) for name in key)
    subject = names if len(key) == 1 else f"({names})"
    row = connection.execute(f"SELECT count(DISTINCT {subject}) FROM {source}").fetchone()
    return row is not None and row[0] == rows


def _composite(
    connection: DuckDBPyConnection, source: str, columns: Sequence[Column], rows: int
) -> list[tuple[str, ...]]:
    usable = [
        c
        for c in columns
        if not c.profile.nulls
        and c.profile.distinct > 1
        and kind_of(c.dtype) in ("integer", "text", "temporal")
        and c.meaning.type
        in (
            SemanticType.ID,
            SemanticType.CODE,
            SemanticType.CATEGORY,
            SemanticType.NAME,
            SemanticType.DATE,
            SemanticType.DATETIME,
            SemanticType.YEAR,
            SemanticType.ORDERED,
        )
    ]
    usable.sort(key=lambda c: (-_key_likeness(c, columns), -c.profile.distinct))
    usable = usable[:MAX_COMPOSITE_CANDIDATES]
    for size in (2, 3):
        found = []
        for group in itertools.combinations(usable, size):
            product = 1
            for column in group:
                product *= max(column.profile.distinct, 1)
            if product * 1.1 < rows:
                continue
            key = tuple(c.name for c in columns if c in group)
            if _is_unique(connection, source, key, rows):
                found.append(key)
        if found:
            return found
    return []


def find_foreign_keys(
    connection: DuckDBPyConnection, tables: Sequence[Table], declared: Sequence[ForeignKey] = ()
) -> tuple[ForeignKey, ...]:
    """Foreign keys between tables: declared ones, and those proven by containment with a fitting name."""
    found = list(declared)
    taken = {(fk.table, fk.columns, fk.ref_table) for fk in found}
    by_name = {t.name: t for t in tables}
    for table, ref in itertools.product(tables, tables):
        for key in ref.keys:
            if len(key) != 1:
                continue
            target = by_name[ref.name].column(key[0])
            if target is None:
                continue
            for column in table.columns:
                if table.name == ref.name and column.name == key[0]:
                    continue
                if (table.name, (column.name,), ref.name) in taken:
                    continue
                if _name_fits(column, ref, target) and _types_fit(column, target):
                    fk = _contained(connection, table, column, ref, target)
                    if fk is not None:
                        found.append(fk)
                        taken.add((table.name, (column.name,), ref.name))
    return tuple(found)


def _types_fit(column: Column, target: Column) -> bool:
    return kind_of(column.dtype) == kind_of(target.dtype)


def _name_fits(column: Column, ref: Table, target: Column) -> bool:
    own, other, table = set(tokens(column.name)), set(tokens(target.name)), set(tokens(ref.name))
    if column.name.casefold() == target.name.casefold():
        return bool(own - _ID_WORDS) or bool(own & table)
    singular = {w.rstrip("s") for w in table}
    return bool({w.rstrip("s") for w in own} & singular) and bool(own & (_ID_WORDS | other))


def _contained(
    connection: DuckDBPyConnection, table: Table, column: Column, ref: Table, target: Column
) -> ForeignKey | None:
    own, key = identifier(column.name), identifier(target.name)
    row = connection.execute(
        f"SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM {relation('main', ref.name)} r "
        f"WHERE r.{key} = t.{own})) FROM {relation('main', table.name)} t WHERE t.{own} IS NOT NULL"
    ).fetchone()
    total, inside = row if row is not None else (0, 0)
    if not total or inside / total < 0.95:
        return None
    return ForeignKey(
        table=table.name,
        columns=(column.name,),
        ref_table=ref.name,
        ref_columns=(target.name,),
        coverage=inside / total,
        optional=inside < table.rows,
    )
