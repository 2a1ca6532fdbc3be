"""Keys of tables: sets of columns that identify every row, counted on all rows, never taken from sketches."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from datalect.data.meaning.names import tokens
from datalect.data.model import Column, SemanticType
from datalect.data.profile import kind_of
from datalect.data.quoting import identifier, relation

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAX_KEY_CANDIDATES = 8  # columns counted exactly
MAX_COMPOSITE_CANDIDATES = 6  # columns combined
MAX_COMPOSITE_CHECKS = 3  # combinations counted exactly, after a first look at some rows
MAX_COMPOSITE_KEYS = 3
LOOK_ROWS = 20_000
DENSE = 8  # whole numbers within so many times the rows are counted as bits
MAX_BITS = 1 << 28
ID_WORDS = frozenset("id ids code key no number num uuid guid pk nr 编号 代码 编码 号 号码 序号".split())

S = SemanticType
_NAMING = frozenset({S.ID, S.CODE, S.NAME, S.EMAIL, S.URL, S.PHONE})
_POSSIBLE = _NAMING | {S.CATEGORY, S.DATE, S.DATETIME, S.YEAR, S.ORDERED, S.UNKNOWN}
_PARTS = frozenset(
    {S.ID, S.CODE, S.NAME, S.CATEGORY, S.DATE, S.DATETIME, S.TIME, S.YEAR, S.ORDERED, S.BOOLEAN}
)


def find_keys(
    connection: DuckDBPyConnection,
    table: str,
    columns: Sequence[Column],
    rows: int,
    declared: Sequence[tuple[str, ...]] = (),
) -> tuple[tuple[str, ...], ...]:
    """Sets of columns without nulls whose values identify every row.

    Args:
        connection: open connection with ``main.<table>``.
        table: name of the table.
        columns: its columns with meaning and profile.
        rows: number of its rows.
        declared: keys the source declares.

    Returns:
        Declared keys first, then the most key-like; sets of columns only when no single column is a key.
    """
    names = {c.name for c in columns}
    found = [key for key in declared if names.issuperset(key)]
    if rows < 2:
        return tuple(found)
    source = relation("main", table)
    single = sorted(
        (c for c in columns if _may_be_key(c, columns, rows)), key=lambda c: -likeness(c, columns)
    )
    for column in single[:MAX_KEY_CANDIDATES]:
        if (column.name,) not in found and _is_unique(connection, source, column, rows):
            found.append((column.name,))
    if not found:
        found.extend(_composite(connection, source, columns, rows))
    return tuple(found)


def _may_be_key(column: Column, columns: Sequence[Column], rows: int) -> bool:
    profile = column.profile
    kind = kind_of(column.dtype)
    whole = kind == "float" and column.meaning.type in (S.ID, S.CODE)  # ids some databases store as REAL
    if profile.nulls or not (whole or kind in ("integer", "text", "temporal", "uuid")):
        return False
    if column.meaning.type not in _POSSIBLE and not (
        column.meaning.confidence < 0.5 and (column is columns[0] or ID_WORDS & set(tokens(column.name)))
    ):
        return False
    if column.meaning.type in (S.DATE, S.DATETIME, S.ORDERED) and (column is not columns[0] or rows < 10):
        return False  # distinct by chance: dates of birth, ranks, scores
    if profile.distinct_exact:
        return profile.distinct == rows
    return profile.distinct >= rows * 0.9


def likeness(column: Column, columns: Sequence[Column]) -> float:
    """How much a column looks like the key of its table, by meaning, name and place."""
    score = {S.ID: 4.0, S.CODE: 2.0, S.NAME: 0.5, S.EMAIL: 0.5, S.ORDERED: -1.0, S.DATETIME: -1.0}.get(
        column.meaning.type, 0.0
    )
    if ID_WORDS & set(tokens(column.name)):
        score += 3
    if kind_of(column.dtype) == "integer":
        score += 0.5
    return score - 2 * columns.index(column) / len(columns)


def _is_unique(connection: DuckDBPyConnection, source: str, column: Column, rows: int) -> bool:
    if column.profile.distinct_exact:
        return column.profile.distinct == rows
    name = identifier(column.name)
    counted = f"count(DISTINCT {name})"
    low, high = column.profile.minimum, column.profile.maximum
    if kind_of(column.dtype) == "integer" and low is not None and high is not None:
        if high - low < rows - 1:
            return False
        if high - low < min(DENSE * rows, MAX_BITS):
            counted = f"bit_count(bitstring_agg({name}, {low}, {high}))"  # a tenth of the cost of hashing
    row = connection.execute(f"SELECT {counted} FROM {source}").fetchone()
    return row is not None and row[0] == rows


def _composite(
    connection: DuckDBPyConnection, source: str, columns: Sequence[Column], rows: int
) -> list[tuple[str, ...]]:
    usable = [
        c
        for c in columns
        if not c.profile.nulls
        and c.profile.distinct > 1
        and kind_of(c.dtype) in ("integer", "text", "temporal", "boolean")
        and c.meaning.type in _PARTS
    ]
    usable.sort(key=lambda c: (-likeness(c, columns), -c.profile.distinct))
    usable = usable[:MAX_COMPOSITE_CANDIDATES]
    for size in (2, 3):
        groups = []
        for group in itertools.combinations(usable, size):
            possible = 1
            for column in group:
                possible *= max(column.profile.distinct, 1)
            if possible * 1.1 >= rows and any(c.meaning.type is not S.DATETIME for c in group):
                groups.append(tuple(c.name for c in columns if c in group))
        likely = _unique_at_first(connection, source, groups, min(rows, LOOK_ROWS))
        found = [
            key
            for key in likely[:MAX_COMPOSITE_CHECKS]
            if rows <= LOOK_ROWS or _all_unique(connection, source, key, rows)
        ]
        if found:
            return found[:MAX_COMPOSITE_KEYS]
    return []


def _together(key: Sequence[str]) -> str:
    return f"({', '.join(identifier(name) for name in key)})"


def _unique_at_first(
    connection: DuckDBPyConnection, source: str, groups: Sequence[tuple[str, ...]], rows: int
) -> list[tuple[str, ...]]:
    """The combinations without repeats in the first rows; one query for all."""
    if not groups:
        return []
    counts = ", ".join(f"count(DISTINCT {_together(key)})" for key in groups)
    row = connection.execute(f"SELECT {counts} FROM (FROM {source} LIMIT {rows})").fetchone() or ()
    return [key for key, count in zip(groups, row, strict=True) if count == rows]


def _all_unique(connection: DuckDBPyConnection, source: str, key: Sequence[str], rows: int) -> bool:
    row = connection.execute(f"SELECT count(DISTINCT {_together(key)}) FROM {source}").fetchone()
    return row is not None and row[0] == rows
