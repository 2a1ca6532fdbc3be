"""Foreign keys between tables: declared ones, and those whose values are proven to be contained.

Containment alone proves little (the whole numbers 1 to 10 lie inside any range of ids), so a name has to fit
as well; only text codes with enough different values are believed without one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datalect.data.keys import ID_WORDS
from datalect.data.meaning.names import singular, tokens
from datalect.data.model import Column, ForeignKey, SemanticType, Table
from datalect.data.profile import kind_of
from datalect.data.quoting import identifier, relation

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DANGLING = 0.95  # coverage that is enough where the name fits well
LOOSE = 0.8  # coverage that is enough for texts under the very same name: tail numbers, tickers
MIN_TEXTS = 5  # different texts that make containment without a fitting name believable
MIN_ROLE_TEXTS = 3  # the same where the name is a role: origin, destination
MANY_TEXTS = 20  # different texts of which a few may dangle even without a fitting name
MANY_TABLES = 40  # beyond it, only names lead to a check

S = SemanticType
_GENERIC = frozenset(
    "name title date year month day time type status description value note comment label rank "
    "position class level order group category gender sex age address email phone url count total "
    "quantity price amount rate 名称 姓名 名字 日期 时间 年份 年 月份 月 类型 状态 备注 说明 排名 "
    "序号 数量 金额 性别 年龄".split()
)
_ROLES = frozenset(
    "origin destination dest source target from to start end home away first second primary "
    "secondary main parent manager boss supervisor superior lead leader head mentor report reply "
    "creator owner sender receiver buyer seller departure arrival src dst winner loser by ref fk "
    "old new previous next billing shipping".split()
)
_SELF = frozenset(
    "parent manager boss supervisor superior leader head mentor report reply predecessor "
    "successor spouse partner previous next supersede friend mother father sire dam 上级 父 主管 "
    "经理 领导 推荐人 师傅".split()
)
_TABLE_NOISE = frozenset("tbl table dim fact data list info dataset csv t master lookup ref".split())
_CHINESE_NOISE = ("信息表", "数据表", "明细表", "表", "信息", "数据", "明细", "列表")
_QUANTITIES = frozenset({S.COUNT, S.MONEY, S.MEASURE, S.PERCENT, S.RATIO, S.RATE, S.DURATION})
_CALENDAR = frozenset("calendar date day time dates days 日历 日期".split())


@dataclass(frozen=True, slots=True)
class _Target:
    table: Table
    column: Column


def find_foreign_keys(
    connection: DuckDBPyConnection, tables: Sequence[Table], declared: Sequence[ForeignKey] = ()
) -> tuple[ForeignKey, ...]:
    """Foreign keys between tables.

    Args:
        connection: open connection with ``main.<table>`` for each table.
        tables: the tables with their keys.
        declared: foreign keys of the source or the glossary, kept as they are.

    Returns:
        Declared ones first; several may lead from one table to another (origin and destination airport).
    """
    found = list(declared)
    taken = {(fk.table, fk.columns): 3.5 for fk in found}
    pairs = {(fk.table, fk.ref_table, fk.columns, fk.ref_columns) for fk in found}
    for fit, table, column, target in _candidates(tables):
        key = (table.name, (column.name,))
        if key in taken and (taken[key] > 3 or fit < 3):
            continue  # it already leads home, or to something of the same name
        mirrored = (target.table.name, table.name, (target.column.name,), (column.name,))
        if mirrored in pairs:
            continue  # one to one: the other direction says the same
        least = _least_coverage(fit, column)
        fk = _proven(connection, table, (column.name,), target.table, (target.column.name,), least)
        if fk is not None:
            found.append(fk)
            taken[key] = max(fit, taken.get(key, 0.0))
            pairs.add((fk.table, fk.ref_table, fk.columns, fk.ref_columns))
    found.extend(_composite(connection, tables, found))
    return tuple(found)


def _least_coverage(fit: float, column: Column) -> float:
    """The share of filled rows that must have a partner."""
    text = kind_of(column.dtype) == "text"
    if fit >= 3 and text:
        return LOOSE
    if fit >= 2 or (text and (_is_role(column) or column.profile.distinct >= MANY_TEXTS)):
        return DANGLING
    return 1.0


def _is_role(column: Column) -> bool:
    words = _words(column.name)
    return bool(words & _ROLES) and words <= _ROLES | ID_WORDS


def _candidates(tables: Sequence[Table]) -> list[tuple[float, Table, Column, _Target]]:
    """Columns and the keys their name or values may lead to, the best fitting names first."""
    targets = [
        _Target(table, column)
        for table in tables
        for key in table.keys
        if len(key) == 1 and (column := table.column(key[0])) is not None
    ]
    ranked = []
    for table in tables:
        for column in table.columns:
            for target in targets:
                fit = _fit(table, column, target, len(tables))
                if fit:
                    ranked.append((fit, table, column, target))
    ranked.sort(key=lambda r: -r[0])  # stable: tables and columns stay in their order
    return ranked


def _fit(table: Table, column: Column, target: _Target, tables: int) -> float:
    """How well a column may point at a key, 0 for not at all.

    3.5: the same name, and the table is about it; 3: the same name; 2 to 2.5: the names of table and key;
    1.5: the end of the name; 1: text codes alone.
    """
    itself = table.name == target.table.name
    if (itself and column.name == target.column.name) or not _values_may_fit(column, target.column):
        return 0.0
    own = _words(column.name)
    other, home = _words(target.column.name), _words(target.table.name) - _TABLE_NOISE
    if itself:
        spoken = any(word in column.name for word in _SELF if not word.isascii())
        return 2.0 if (own & _SELF or spoken) and column.meaning.type is not S.TEXT else 0.0
    if kind_of(column.dtype) == "temporal" and not home & _CALENDAR:
        return 0.0
    if _same_name(column, target.column):
        if _head(target.table.name) & own:
            return 3.5
        return 3.0 if own - ID_WORDS - _GENERIC or own & home else 0.0
    if column.meaning.type in _QUANTITIES and column.meaning.confidence > 0.5:
        return 0.0
    rest = own - ID_WORDS - _ROLES
    itself_named = bool(table.keys) and table.keys[0] == (column.name,)
    if not itself_named and _head(target.table.name) & own and rest <= home | other:
        # ``city_code`` leads to ``cities.code``, and ``maker`` to ``car_makers.id``
        return 2.5 if own & (ID_WORDS | other) else 2.0
    if not itself_named and _ends_like(column.name, target):
        return 1.5
    if _chinese_fits(column.name, target):
        return 2.5
    if tables <= MANY_TABLES and _codes_may_fit(column, target.column):
        return 1.0
    return 0.0


def _words(name: str) -> frozenset[str]:
    return frozenset(singular(word) for word in tokens(name) if not word.isdigit())


def _head(table: str) -> frozenset[str]:
    """The word a table name turns on: the last one, as in ``car_makers``, and the whole of short names."""
    words = [singular(w) for w in tokens(table) if not w.isdigit() and w not in _TABLE_NOISE]
    return frozenset(words[-1:])


def _ends_like(name: str, target: _Target) -> bool:
    """``recorded_by_staff_id`` leads to ``staff.staff_id``: it ends with the thing the table is about."""
    things = [singular(w) for w in tokens(name) if not w.isdigit() and w not in ID_WORDS]
    if len(things) < 2 or target.column.meaning.type not in (S.ID, S.CODE):
        return False
    key = [singular(w) for w in tokens(target.column.name) if w not in ID_WORDS]
    about = _head(target.table.name) | frozenset(key[-1:])
    return things[-1] in about - _GENERIC


def _same_name(column: Column, target: Column) -> bool:
    return _words(column.name) == _words(target.name)


def _chinese_fits(name: str, target: _Target) -> bool:
    """``客户编号`` leads to ``客户表.编号``."""
    home = target.table.name
    for noise in _CHINESE_NOISE:
        home = home.removesuffix(noise)
    if not home or home.isascii() or home not in name:
        return False
    rest = name.replace(home, "", 1)
    return rest in ("", target.column.name) or rest in ID_WORDS or target.column.name in name


def _values_may_fit(column: Column, target: Column) -> bool:
    kinds = {kind_of(column.dtype), kind_of(target.dtype)}
    if len(kinds) > 1 and kinds != {"integer", "float"}:
        return False
    if not kinds <= {"integer", "float", "text", "temporal", "uuid"}:
        return False
    slack = 1.5 if _same_name(column, target) else 1.1
    if not column.profile.distinct or column.profile.distinct > slack * max(target.profile.distinct, 1):
        return False
    if "temporal" in kinds and column.dtype != target.dtype:
        return False
    low, high = target.profile.minimum, target.profile.maximum
    if "text" in kinds or column.profile.minimum is None or low is None:
        return True
    # a few dangling values may lie outside, so only quite disjoint ranges are ruled out
    return bool(column.profile.maximum >= low and column.profile.minimum <= high)


def _codes_may_fit(column: Column, target: Column) -> bool:
    """Text codes such as airport codes, which hardly agree by chance."""
    codes = (S.ID, S.CODE)
    believable = (S.ID, S.CODE, S.CATEGORY, S.NAME)
    return (
        kind_of(column.dtype) == "text"
        and (target.meaning.type in codes or _short_codes(target))
        and column.meaning.type in believable
        and column.profile.distinct >= (MIN_ROLE_TEXTS if _is_role(column) else MIN_TEXTS)
    )


def _short_codes(column: Column) -> bool:
    """Short words of about one length without spaces, such as ``JFK``, whatever the header calls them."""
    texts = [value for value, _ in column.profile.values if isinstance(value, str)]
    return len(texts) >= MIN_TEXTS and all(2 <= len(t) <= 8 and t.isalnum() and t.isascii() for t in texts)


def coverage(
    connection: DuckDBPyConnection, table: Table, columns: tuple[str, ...], ref: Table, key: tuple[str, ...]
) -> tuple[float, bool]:
    """The share of filled rows that have a partner, and whether all rows are filled and have one."""
    filled = " AND ".join(f"t.{identifier(c)} IS NOT NULL" for c in columns)
    equal = " AND ".join(f"r.{identifier(k)} = t.{identifier(c)}" for c, k in zip(columns, key, strict=True))
    partner = f"EXISTS (SELECT 1 FROM {relation('main', ref.name)} r WHERE {equal})"
    row = connection.execute(
        f"SELECT count(*), count(*) FILTER ({partner}) FROM {relation('main', table.name)} t WHERE {filled}"
    ).fetchone()
    total, inside = (int(row[0]), int(row[1])) if row is not None else (0, 0)
    return (inside / total if total else 0.0), inside == table.rows


def _proven(
    connection: DuckDBPyConnection,
    table: Table,
    columns: tuple[str, ...],
    ref: Table,
    key: tuple[str, ...],
    least: float,
) -> ForeignKey | None:
    share, complete = coverage(connection, table, columns, ref, key)
    if share < least:
        return None
    return ForeignKey(
        table=table.name,
        columns=columns,
        ref_table=ref.name,
        ref_columns=key,
        coverage=share,
        optional=not complete,
    )


def _composite(
    connection: DuckDBPyConnection, tables: Sequence[Table], found: Sequence[ForeignKey]
) -> list[ForeignKey]:
    """Keys of several columns whose names all occur in another table."""
    linked = {(fk.table, fk.ref_table) for fk in found}
    made = []
    for ref in tables:
        for key in ref.keys:
            for table in tables if len(key) > 1 else ():
                same = [table.column(name) for name in key]
                if table.name == ref.name or (table.name, ref.name) in linked or None in same:
                    continue
                kinds = [
                    (kind_of(c.dtype), kind_of(t.dtype))
                    for c, t in zip(same, map(ref.column, key), strict=True)
                    if c and t
                ]
                if any(a != b for a, b in kinds) or set(key) <= _GENERIC or (ref.name, table.name) in linked:
                    continue
                fk = _proven(connection, table, key, ref, key, 1.0)
                if fk is not None:
                    made.append(fk)
                    linked.add((table.name, ref.name))
    return made
