"""Values that stand for "missing": 999, -1, 9999-12-31, "N/A".

Only strong evidence makes queries see NULL instead: a wrongly dropped value is worse than a reported one.
Strong is a number or date that repeats and lies far outside everything else, or that its column cannot hold
(a negative count). Words in text columns are reported and kept, since "none" may be a proper category; an
empty text and a lone mark such as "?" are missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from datalect.data.meaning.hints import read_name
from datalect.data.missing import is_infinity_word, is_missing_mark, is_missing_word
from datalect.data.model import ColumnProfile, SemanticType, Sentinel
from datalect.data.profile import COLUMNS_PER_QUERY, Figures
from datalect.data.quoting import identifier, literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NUMBERS = frozenset(
    {-1, -9, -99, -999, -9999, -99999, -999999, 99, 999, 9999, 99999, 999999, 9999999, 99999999, 999999999}
)
DATES = frozenset(
    {"0001-01-01", "1753-01-01", "1800-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1900-01-02"}
    | {"1970-01-01", "2099-12-31", "2999-12-31", "3000-01-01", "9999-01-01", "9999-12-30", "9999-12-31"}
)
FAR = 3  # how many times the range of all other values the distance to them must be
_LABELS = (
    SemanticType.ID,
    SemanticType.CODE,
    SemanticType.PHONE,
    SemanticType.LONGITUDE,
    SemanticType.LATITUDE,
)
_NEVER_NEGATIVE = (SemanticType.COUNT, SemanticType.DURATION, SemanticType.YEAR)


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A column whose smallest or largest value is a usual marker."""

    name: str
    values: tuple[Any, ...]


def find_markers(
    connection: DuckDBPyConnection, relation: str, items: Mapping[str, Figures]
) -> dict[str, tuple[Sentinel, ...]]:
    """Markers in numeric and date columns, with the evidence.

    Args:
        connection: open connection.
        relation: quoted table or view.
        items: figures of its columns.
    """
    suspects = [s for s in (_suspect(item) for item in items.values()) if s is not None]
    found: dict[str, tuple[Sentinel, ...]] = {}
    for start in range(0, len(suspects), COLUMNS_PER_QUERY):
        part = suspects[start : start + COLUMNS_PER_QUERY]
        row = connection.execute(
            f"SELECT {', '.join(_evidence_sql(s) for s in part)} FROM {relation}"
        ).fetchone()
        for suspect, facts in zip(part, row or (), strict=True):
            judged = _judge(suspect, items[suspect.name], facts)
            if judged:
                found[suspect.name] = judged
    return found


def _suspect(item: Figures) -> _Suspect | None:
    hints = read_name(item.name).hints
    if item.kind not in ("integer", "float", "temporal") or (
        hints and hints[0].type.value in _LABELS and hints[0].strength >= 0.85
    ):
        return None
    values = tuple(dict.fromkeys(v for v in (item.minimum, item.maximum) if v is not None and _is_marker(v)))
    return _Suspect(item.name, values) if values and item.minimum != item.maximum else None


def _is_marker(value: Any) -> bool:
    if isinstance(value, date):
        return value.isoformat()[:10] in DATES
    return not isinstance(value, str) and _number(value) in NUMBERS


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _sql(value: Any) -> str:
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    return f"DATE '{value.isoformat()}'" if isinstance(value, date) else str(value)


def _evidence_sql(suspect: _Suspect) -> str:
    column = identifier(suspect.name)
    listed = ", ".join(_sql(v) for v in suspect.values)
    others = f"FILTER ({column} NOT IN ({listed}))"
    hits = ", ".join(f"count(*) FILTER ({column} = {_sql(v)})" for v in suspect.values)
    return f"[[{hits}]::VARCHAR[], [min({column}) {others}, max({column}) {others}, NULL]::VARCHAR[]]"


def _judge(suspect: _Suspect, item: Figures, facts: Any) -> tuple[Sentinel, ...]:
    hits = [int(n) for n in facts[0]]
    low, high = facts[1][0], facts[1][1]
    if low is None or high is None:
        return ()
    dated = item.kind == "temporal"
    bottom, top = (_days(low), _days(high)) if dated else (float(low), float(high))
    found = []
    for value, count in zip(suspect.values, hits, strict=True):
        here = _days(value.isoformat()) if dated else float(value)
        gap = bottom - here if here < bottom else here - top
        span = max(top - bottom, 365.0 if dated else 1.0)
        strong, why = _strength(item, here, gap, span, bottom, count, dated)
        if why:
            others = f"all other values lie in {_short(low)} to {_short(high)}"
            found.append(
                Sentinel(
                    value=value,
                    count=count,
                    evidence=f"{_short(str(value))} occurs {count} times, {why}; {others}",
                    treated_as_missing=strong,
                )
            )
    return tuple(found)


def _strength(
    item: Figures, here: float, gap: float, span: float, bottom: float, count: int, dated: bool
) -> tuple[bool, str]:
    """Whether a marker is certain, and why it is one at all ("" when it looks like an ordinary value)."""
    if dated:
        absurd = here > _days("2200-01-01") or here < _days("1700-01-01")
        if absurd or (count >= 2 and gap > span and gap > 3653):
            return True, "far from every other date"
        return False, "a usual filler date" if gap > span else ""
    if count >= 2 and gap > FAR * span and item.approximate_distinct >= 3:
        return True, "far outside the range of the others"
    if here < 0 <= bottom:
        hints = read_name(item.name).hints
        impossible = bool(hints) and (hints[0].type in _NEVER_NEGATIVE or hints[0].word in ("age", "年龄"))
        if impossible and count >= 2 and item.approximate_distinct >= 4:
            return True, "a negative number where none is possible"
        return False, "the only negative number" if count >= 2 else ""
    return False, "a usual filler number, apart from the others" if gap > span and count >= 2 else ""


def _days(text: str) -> float:
    return float(datetime.fromisoformat(text).toordinal())


def _short(text: str) -> str:
    return text.removesuffix(" 00:00:00").removesuffix(".0")


def words_in_text(profile: ColumnProfile) -> tuple[Sentinel, ...]:
    """Words for "missing" among the values of a text column: reported, not removed."""
    return tuple(
        Sentinel(
            value=value,
            count=count,
            evidence=f'"{value}" is a usual word for a missing value, and may be a category of its own',
            treated_as_missing=False,
        )
        for value, count in profile.values
        if isinstance(value, str) and value and is_missing_word(value)
    )


def marks_in_text(profile: ColumnProfile) -> tuple[Sentinel, ...]:
    """Marks such as a lone "?" among the values of a text column, which queries see as NULL."""
    return tuple(
        Sentinel(
            value=value,
            count=count,
            evidence=f'"{value}" is a mark for a missing value, not a word',
            treated_as_missing=True,
        )
        for value, count in profile.values
        if isinstance(value, str) and is_missing_mark(value)
    )


def blank_texts(count: int) -> tuple[Sentinel, ...]:
    """Empty texts, which queries see as NULL."""
    evidence = "an empty text holds nothing"
    return (Sentinel(value="", count=count, evidence=evidence, treated_as_missing=True),) if count else ()


def words_converted(missing: Mapping[str, int]) -> tuple[Sentinel, ...]:
    """Words for "missing" in a column whose texts became numbers or dates."""
    return tuple(
        Sentinel(
            value=text,
            count=count,
            evidence="an infinity, with which nothing can be computed"
            if is_infinity_word(text)
            else "a word for a missing value among values of another kind",
            treated_as_missing=True,
        )
        for text, count in missing.items()
    )


def without(expression: str, sentinels: Sequence[Sentinel]) -> str:
    """``expression`` with NULL in place of the certain markers of numbers, dates and texts."""
    values = [s.value for s in sentinels if s.treated_as_missing]
    for value in values:
        expression = f"nullif({expression}, {_sql(value)})"
    return expression
