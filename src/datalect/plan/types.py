"""Kinds of values, and what they, their units and their additivity allow."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

from datalect.data.model import Additivity, Column, Grain, Meaning, SemanticType
from datalect.errors import PlanError

Kind = Literal["number", "text", "date", "timestamp", "time", "boolean", "interval", "other"]

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "REAL")
_INTEGER_BITS = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128}

IDENTIFIERS = frozenset({SemanticType.ID, SemanticType.CODE, SemanticType.PHONE})
PARTS = frozenset({SemanticType.PERCENT, SemanticType.RATIO})
NEVER_SUMMED = frozenset(
    IDENTIFIERS | PARTS | {SemanticType.YEAR, SemanticType.LATITUDE, SemanticType.LONGITUDE}
)
SURE = 0.6
"""A meaning below this confidence warns where it would otherwise refuse."""

CYCLES: dict[Grain, tuple[int, int]] = {
    Grain.MONTH_OF_YEAR: (1, 12),
    Grain.QUARTER_OF_YEAR: (1, 4),
    Grain.DAY_OF_WEEK: (1, 7),
    Grain.DAY_OF_MONTH: (1, 31),
    Grain.HOUR_OF_DAY: (0, 23),
}
CLOCK_GRAINS = frozenset({Grain.HOUR, Grain.MINUTE, Grain.SECOND, Grain.HOUR_OF_DAY})
DATE_PARTS = (
    "year", "half", "quarter", "month", "week", "day", "weekday", "day_of_year", "hour", "minute", "second",
)  # fmt: skip
CLOCK_PARTS = frozenset({"hour", "minute", "second"})
DIFF_UNITS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")


def kind_of(dtype: str) -> Kind:
    """The kind of a DuckDB type."""
    name = dtype.upper()
    if name.endswith("]") or name.startswith(("STRUCT", "MAP", "UNION", "LIST")):
        return "other"
    if name.lstrip("U").startswith(_NUMBERS) or name.startswith("NUMERIC"):
        return "number"
    if name.startswith("TIMESTAMP") or name == "DATETIME":
        return "timestamp"
    if name.startswith("TIME"):
        return "time"
    if name == "DATE":
        return "date"
    if name.startswith("BOOL"):
        return "boolean"
    if name.startswith(("VARCHAR", "ENUM", "UUID", "TEXT", "CHAR")):
        return "text"
    return "interval" if name == "INTERVAL" else "other"


def is_integer(dtype: str) -> bool:
    """Whether a DuckDB type holds whole numbers only."""
    return dtype.upper().lstrip("U") in _INTEGER_BITS


def is_temporal(kind: Kind) -> bool:
    """Whether values of this kind lie on the calendar."""
    return kind in ("date", "timestamp")


@dataclass(frozen=True, slots=True)
class Typed:
    """What is known about an expression.

    Attributes:
        kind: kind of its values.
        meaning: what they stand for.
        source: catalogue id when it is a bare column, else "".
        integer: whether the values are whole numbers, computed exactly.
        bound: no absolute value is larger; infinity when unknown.
        finite: whether NaN and infinities are known not to occur.
        column: the bare column, if it is one.
    """

    kind: Kind
    meaning: Meaning
    source: str = ""
    integer: bool = False
    bound: float = math.inf
    finite: bool = True
    column: Column | None = None


_PLAIN = Meaning(type=SemanticType.MEASURE)


def type_of_column(column: Column) -> Typed:
    """The type of a bare column."""
    kind = kind_of(column.dtype)
    integer = is_integer(column.dtype)
    bound, finite = math.inf, True
    if kind == "number":
        bound = _bound(column)
        finite = integer or column.dtype.upper().startswith(("DECIMAL", "NUMERIC")) or math.isfinite(bound)
    return Typed(kind, column.meaning, column.id, integer, bound, finite, column)


def _bound(column: Column) -> float:
    low, high = column.profile.minimum, column.profile.maximum
    if column.profile.rows == column.profile.nulls:
        return 0.0 if column.profile.rows else math.inf
    if low is None or high is None or column.profile.sampled:
        bits = _INTEGER_BITS.get(column.dtype.upper().lstrip("U"))
        return math.inf if bits is None else 2.0**bits
    try:
        edges = abs(float(low)), abs(float(high))
    except (TypeError, ValueError, OverflowError):
        return math.inf
    return max(edges) if all(math.isfinite(edge) for edge in edges) else math.inf


def type_of_constant(value: Any) -> Typed:
    """The type of a literal number, text or truth value."""
    if isinstance(value, bool):
        return Typed("boolean", Meaning(type=SemanticType.BOOLEAN))
    if isinstance(value, int):
        return Typed(
            "number", _PLAIN, integer=True, bound=abs(float(value)) if abs(value) < 2**900 else math.inf
        )
    if isinstance(value, float):
        return Typed("number", _PLAIN, bound=abs(value))
    return Typed("text", Meaning(type=SemanticType.TEXT))


# ---------------------------------------------------------------- arithmetic


def combine(operator: str, left: Typed, right: Typed, at: str) -> Typed:
    """The type of ``left operator right``.

    Raises:
        PlanError: ``type_mismatch``, ``not_a_quantity`` or ``mixed_units``.
    """
    for side in (left, right):
        if side.kind != "number":
            raise PlanError(
                f"Only numbers can be combined with {operator}.",
                code="type_mismatch",
                at=at,
                expected="numbers",
                received=f"{side.source or 'a value'} of kind {side.kind}",
                next_step="Use date_diff for the time between two dates." if is_temporal(side.kind) else "",
            )
        if side.meaning.type in IDENTIFIERS and side.meaning.confidence >= SURE:
            raise PlanError(
                f'"{side.source}" identifies things; it is no quantity to calculate with.',
                code="not_a_quantity",
                at=at,
                received=side.source,
            )
    if operator in "+-":
        meaning = _same_units(left, right, operator, at)
    elif operator == "*":
        meaning = _product(left.meaning, right.meaning)
    else:
        meaning = _quotient(left.meaning, right.meaning)
    if operator == "/":
        return Typed("number", meaning, finite=left.finite and right.finite)
    bound = left.bound + right.bound if operator in "+-" else left.bound * right.bound
    exact = left.integer and right.integer and bound < 2.0**100
    return Typed(
        "number", meaning, "", exact, bound, (left.finite and right.finite and bound < 1e300) or exact
    )


def _same_units(left: Typed, right: Typed, operator: str, at: str) -> Meaning:
    a, b = left.meaning, right.meaning
    both = left.source or right.source
    if a.currency and b.currency and a.currency != b.currency:
        raise _mixed(f"{a.currency} and {b.currency}", operator, at)
    if a.unit and b.unit and a.unit != b.unit:
        raise _mixed(f"{a.unit} and {b.unit}", operator, at)
    kinds = {a.type, b.type}
    if both and SemanticType.MONEY in kinds and kinds & (PARTS | {SemanticType.COUNT, SemanticType.DURATION}):
        raise _mixed(" and ".join(sorted(k.value for k in kinds)), operator, at)
    first, second = (a, b) if a.unit or a.currency or left.source else (b, a)
    merged = first if first.type is not SemanticType.MEASURE or second.type in PARTS else second
    return replace(
        merged,
        unit=a.unit or b.unit,
        currency=a.currency or b.currency,
        additivity=_weakest(a, b) if left.source and right.source else merged.additivity,
    )


def _weakest(a: Meaning, b: Meaning) -> Additivity:
    order = (Additivity.NON, Additivity.SEMI, Additivity.ADDITIVE)
    return min(a.additivity, b.additivity, key=order.index)


def _mixed(what: str, operator: str, at: str) -> PlanError:
    return PlanError(
        f"{what} cannot be put together with {operator}.",
        code="mixed_units",
        at=at,
        expected="the same unit on both sides",
        received=what,
    )


def _product(a: Meaning, b: Meaning) -> Meaning:
    money = a if a.type is SemanticType.MONEY or a.currency else b
    if money.currency or money.type is SemanticType.MONEY:
        return Meaning(
            type=SemanticType.MONEY, currency=money.currency, unit=money.unit, additivity=Additivity.ADDITIVE
        )
    plain = a if b.unit is None else b
    unit = plain.unit if a.unit is None or b.unit is None else f"{a.unit}·{b.unit}"
    return Meaning(type=SemanticType.MEASURE, unit=unit, additivity=Additivity.ADDITIVE)


def _quotient(a: Meaning, b: Meaning) -> Meaning:
    same = (a.unit, a.currency) == (b.unit, b.currency)
    if same and (a.unit or a.currency or (a.type == b.type and a.type is not SemanticType.MEASURE)):
        return Meaning(type=SemanticType.RATIO)
    if b.unit is None and b.currency is None:
        if b.type is SemanticType.MEASURE and b.additivity is Additivity.NON:  # a bare number
            return a
        return Meaning(type=SemanticType.RATE, unit=a.unit, currency=a.currency)
    unit = f"{a.unit or a.currency or ''}/{b.unit or b.currency}"
    return Meaning(type=SemanticType.RATE, unit=unit)


# ---------------------------------------------------------------- aggregates

_NEEDS_NUMBER = frozenset({"sum", "avg", "median", "percentile", "stddev", "corr"})


def check_aggregate(fn: str, typed: Typed | None, name: str, at: str) -> str | None:
    """Whether an aggregate makes sense of what it is given.

    Returns:
        The code of a notice (``not_additive``, ``not_meaningful`` or ``semi_additive``), or None.

    Raises:
        PlanError: ``type_mismatch``, ``not_additive`` or ``not_meaningful``.
    """
    if typed is None or fn in ("count", "distinct"):
        return None
    if typed.kind in ("other", "interval") or (fn in ("min", "max") and typed.kind == "boolean"):
        raise _wrong_kind(fn, name, typed.kind, at)
    if fn in ("min", "max"):
        return None
    if typed.kind == "boolean" and fn in ("sum", "avg"):
        return None
    if typed.kind != "number" or fn not in _NEEDS_NUMBER:
        raise _wrong_kind(fn, name, typed.kind, at)
    meaning = typed.meaning
    sure = meaning.confidence >= SURE
    if meaning.type in IDENTIFIERS:
        if not sure:
            return "not_meaningful"
        raise PlanError(
            f'"{name}" identifies things, so its {fn} means nothing.',
            code="not_meaningful",
            at=at,
            expected="count or distinct of it, or another column",
            received=f"{fn} of {name} ({meaning.type.value})",
        )
    if fn != "sum":
        return None
    if meaning.type in NEVER_SUMMED and sure:
        raise PlanError(
            f'A sum of "{name}" means nothing: it holds {_plural(meaning.type)}.',
            code="not_additive",
            at=at,
            expected="an average, or a column that can be added up",
            received=f"sum of {name} ({meaning.type.value})",
            next_step="Use avg, or name the amounts the parts are taken of.",
        )
    if typed.source and meaning.additivity is Additivity.SEMI:
        return "semi_additive"
    if typed.source and meaning.additivity is Additivity.NON:
        return "not_additive"
    return None


def _plural(kind: SemanticType) -> str:
    return {
        SemanticType.PERCENT: "percentages",
        SemanticType.RATIO: "ratios",
        SemanticType.YEAR: "years",
        SemanticType.LATITUDE: "latitudes",
        SemanticType.LONGITUDE: "longitudes",
    }.get(kind, kind.value)


def _wrong_kind(fn: str, name: str, kind: str, at: str) -> PlanError:
    return PlanError(
        f'{fn} needs numbers, and "{name}" does not hold numbers.',
        code="type_mismatch",
        at=at,
        expected="a column of numbers",
        received=f"{name} of kind {kind}",
        next_step="Use count or distinct, or name another column.",
    )


def aggregate_meaning(fn: str, typed: Typed | None) -> Meaning:
    """What the values of an aggregate stand for."""
    if typed is None or fn in ("count", "distinct"):
        additive = Additivity.ADDITIVE if fn == "count" else Additivity.NON
        return Meaning(type=SemanticType.COUNT, additivity=additive)
    if fn == "corr":
        return Meaning(type=SemanticType.MEASURE)
    if typed.kind == "boolean":
        if fn == "sum":
            return Meaning(type=SemanticType.COUNT, additivity=Additivity.ADDITIVE)
        return Meaning(type=SemanticType.RATIO)
    meaning = replace(typed.meaning, evidence="", order=())
    if fn == "sum":
        return replace(meaning, additivity=Additivity.ADDITIVE)
    if fn in ("min", "max"):
        return replace(meaning, additivity=Additivity.NON)
    kind = (
        SemanticType.MEASURE if meaning.type in (SemanticType.COUNT, SemanticType.ORDERED) else meaning.type
    )
    if fn == "stddev" and kind is SemanticType.YEAR:
        return Meaning(type=SemanticType.DURATION, unit="years")
    return replace(meaning, type=kind, additivity=Additivity.NON)


def ratio_meaning(num: Meaning, den: Meaning) -> Meaning:
    """What the quotient of two aggregates stands for."""
    if num.type is SemanticType.COUNT and den.type is SemanticType.COUNT:
        return Meaning(type=SemanticType.RATIO)
    return replace(_quotient(num, den), additivity=Additivity.NON)


def difference_meaning(num: Meaning, den: Meaning) -> Meaning:
    """What one aggregate minus another stands for: the same thing when both have one unit, else a number."""
    same = (num.unit, num.currency) == (den.unit, den.currency)
    if same and num.type not in (SemanticType.YEAR, SemanticType.ID, SemanticType.CODE):
        return replace(num, additivity=Additivity.NON)
    return Meaning(type=SemanticType.MEASURE, additivity=Additivity.NON)
