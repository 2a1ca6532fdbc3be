"""Whether a result is the expected one: values, not SQL text and not column names.

The rules, which ``docs/questions.md`` repeats for readers:

- Every expected column must be found among the columns of the answer, in any order; columns marked
  optional may be missing. Up to three further columns (a name beside an id, the figure a ranking went
  by) are allowed.
- The rows must be the same, as a multiset. Their order counts only where the question asks for it.
- Numbers are equal within 1e-6 relative, or when one is the other rounded to the decimals it shows
  and has three significant digits. ``12``, ``12.0``, ``"12"``, ``"$12"`` and ``"12%"`` are the same.
- Dates, times and texts of dates are the same when they name the same moment; a year, quarter or
  month may be given by its first day.
- true, yes, Y, 1 and 是 are the same, and so are false, no, N, 0 and 否, where either side is boolean.
- Texts are compared without regard to case, width, or blanks at the ends.
- A column marked as percentage may be given as a fraction, the whole column alike.
- Rows with a missing value may be shown or left out (a group of unknowns, the first year of a growth
  rate), as long as complete rows remain on both sides.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from .case import Expected

MAX_EXTRA_COLUMNS = 3
_RELATIVE = 1e-6
_TRUE = frozenset({"true", "t", "yes", "y", "是", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "否", "0"})
_DATE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?"
    r"(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?)?(?:Z|[+-]\d{2}:?\d{2})?"
)
_QUARTER = re.compile(r"(\d{4})[-\s]*q([1-4])|(\d{4})年第?([1-4一二三四])季度", re.IGNORECASE)
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_NAMED = re.compile(r"(?:([a-z]{3,9})\.? (\d{1,2})|(\d{1,2})[ -]([a-z]{3,9})\.?) ?,?[ -](\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBER = re.compile(r"(?:[+-] ?)?[$€£¥]? ?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?(e[+-]?\d+)? ?%?", re.IGNORECASE)


def normal(value: Any) -> Any:
    """A value in the form in which values are compared: None, bool, float, datetime or text."""
    if value is None:
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal):
        number = float(value)
        return None if math.isnan(number) else number + 0.0  # no negative zero
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, list | tuple):
        return tuple(normal(v) for v in value)
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    text = unicodedata.normalize("NFKC", str(value)).strip().casefold()
    moment = _moment(text)
    if moment is not None:
        return moment
    if text and any(c.isdigit() for c in text) and _NUMBER.fullmatch(text):
        return float(re.sub(r"[,$€£¥% ]", "", text))
    return text


def _moment(text: str) -> datetime | None:
    found = _DATE.fullmatch(text)
    if found:
        year, month, day, hour, minute, second, fraction = found.groups()
        try:
            return datetime(
                int(year), int(month), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0),
                int((fraction or "0")[:6].ljust(6, "0")),
            )  # fmt: skip
        except ValueError:
            return None
    found = _QUARTER.fullmatch(text)
    if found:
        year = found[1] or found[3]
        quarter = found[2] or found[4]
        number = "一二三四".find(quarter) + 1 or int(quarter)
        return datetime(int(year), 3 * number - 2, 1)
    return None


def loose_moments(text: str) -> tuple[datetime, ...]:
    """The moments a text such as ``3/5/2014``, ``5 mar 2014`` or ``mar 5, 2014`` may name."""
    found = _SLASHES.fullmatch(text)
    if found:
        first, second, year, hour, minute, after = (int(g or 0) for g in found.groups())
        orders = [(first, second), (second, first)]
    else:
        found = _NAMED.fullmatch(text)
        if not found:
            return ()
        month = next((i for i, m in enumerate(_MONTHS, 1) if (found[1] or found[4]).startswith(m)), 0)
        orders, year = [(month, int(found[2] or found[3]))], int(found[5])
        hour = minute = after = 0
    moments = []
    for month, day in orders:
        try:
            moments.append(datetime(year, month, day, hour, minute, after))
        except ValueError:
            continue
    return tuple(moments)


def same(left: Any, right: Any) -> bool:
    """Whether two values in normal form are the same."""
    if left is None or right is None:
        return left is right
    if isinstance(left, bool) or isinstance(right, bool):
        return _truth(left) is not None and _truth(left) == _truth(right)
    if isinstance(left, float) and isinstance(right, float):
        return _same_number(left, right)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return left == right
    if isinstance(left, datetime) or isinstance(right, datetime):
        moment, other = (left, right) if isinstance(left, datetime) else (right, left)
        if isinstance(other, str):
            return moment in loose_moments(other)
        return isinstance(other, float) and moment == _new_year(other)
    return bool(left == right)


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    text = f"{value:g}" if isinstance(value, float) else value
    return True if text in _TRUE else False if text in _FALSE else None


def _new_year(number: float) -> datetime | None:
    return datetime(int(number), 1, 1) if number == int(number) and 1 <= number <= 9999 else None


def _same_number(left: float, right: float) -> bool:
    if left == right or math.isclose(left, right, rel_tol=_RELATIVE, abs_tol=1e-9):
        return True
    return _rounds_to(left, right) or _rounds_to(right, left)


def _rounds_to(exact: float, shown: float) -> bool:
    if math.isinf(exact) or math.isinf(shown) or abs(shown) >= 1e15:
        return False
    digits = repr(shown)
    if "e" in digits or "." not in digits:
        return False
    whole, decimals = digits.lstrip("-").split(".")
    if decimals == "0" or len((whole + decimals).lstrip("0")) < 3:
        return False
    return abs(exact - shown) <= 0.5 * 10 ** -len(decimals) * (1 + 1e-9)


def matches(expected: Expected, rows: Iterable[Sequence[Any]], width: int) -> bool:
    """Whether an answer holds the expected result.

    Args:
        expected: the result wanted.
        rows: the rows of the answer.
        width: the number of columns of the answer.
    """
    want = [tuple(normal(v) for v in row) for row in expected.rows]
    have = [tuple(normal(v) for v in row) for row in rows]
    required = [i for i, name in enumerate(expected.columns) if name not in expected.optional]
    every = list(range(len(expected.columns)))
    # The fullest match first: an optional column that is shown must then be right for the order to count.
    for wanted in (every, required) if len(required) < len(every) else (every,):
        if not wanted or len(wanted) > width or width - len(wanted) > MAX_EXTRA_COLUMNS:
            continue
        if _match(expected, [tuple(row[i] for i in wanted) for row in want], wanted, have, width):
            return True
    return False


def _match(
    expected: Expected,
    want: list[tuple[Any, ...]],
    wanted: list[int],
    have: list[tuple[Any, ...]],
    width: int,
) -> bool:
    if not want and not have:
        return True
    percent = [expected.columns[i] in expected.percent for i in wanted]
    order = [expected.columns[i] for i in wanted]
    for columns in _assignments(want, have, width, percent, exact=not expected.distinct):
        picked = [tuple(row[c] for c, _ in columns) for row in have]
        scaled = [
            tuple(
                v * scale if isinstance(v, float) else v for v, (_, scale) in zip(row, columns, strict=True)
            )
            for row in picked
        ]
        for left, right in ((want, scaled), (_complete(want), _complete(scaled))):
            if not left or not right:
                if left is want and not left and not right:
                    return True
                continue
            if expected.distinct:
                left, right = _distinct(left), _distinct(right)
            if same_rows(left, right) and (
                not expected.ordered or _same_order(left, right, order, expected.order_by)
            ):
                return True
    return False


def _assignments(
    want: list[tuple[Any, ...]], have: list[tuple[Any, ...]], width: int, percent: list[bool], *, exact: bool
) -> Iterator[list[tuple[int, float]]]:
    """Ways to find the wanted columns among those of the answer, with the scale of each."""
    options: list[list[tuple[int, float]]] = []
    for position, may_scale in enumerate(percent):
        left = [row[position] for row in want]
        found = []
        for column in range(width):
            for scale in (1.0, 100.0, 0.01) if may_scale else (1.0,):
                right = [v * scale if isinstance(v, float) else v for v in (row[column] for row in have)]
                if _same_values(left, right, exact=exact):
                    found.append((column, scale))
        if not found:
            return
        options.append(found)

    def extend(chosen: list[tuple[int, float]]) -> Iterator[list[tuple[int, float]]]:
        if len(chosen) == len(options):
            yield chosen
            return
        for option in options[len(chosen)]:
            if all(option[0] != column for column, _ in chosen):
                yield from extend([*chosen, option])

    for tried, assignment in enumerate(extend([])):
        if tried >= 200:  # columns that all look alike: the first assignments are as good as any
            return
        yield assignment


def _same_values(left: list[Any], right: list[Any], *, exact: bool) -> bool:
    """A quick look at one column: do its non-missing values agree, whatever the rows?"""
    one, two = ([v for v in side if v is not None] for side in (left, right))
    if not one and not two:
        return True
    if not exact:
        return {_bucket(v) for v in one[:1]} <= {_bucket(v) for v in two} or bool(two)
    # Rows with a missing value elsewhere may be left out, so the lengths may differ.
    small, large = sorted((one, two), key=len)
    if not small:
        return False
    pool: dict[Any, list[Any]] = {}
    for value in large:
        pool.setdefault(_bucket(value), []).append(value)
    return all(any(same(value, other) for other in _near(pool, value)) for value in small[:50])


def _bucket(value: Any) -> Any:
    if value is None:
        return None
    truth = _truth(value)
    if isinstance(value, bool):
        return ("n", f"{float(value):.2g}")
    if isinstance(value, float):
        return ("n", f"{value:.2g}")
    if isinstance(value, datetime):
        if (value.month, value.day, value.hour, value.minute) == (1, 1, 0, 0):
            return ("n", f"{float(value.year):.2g}")
        return ("d", value)
    if truth is not None:
        return ("n", f"{float(truth):.2g}")
    moments = loose_moments(value) if isinstance(value, str) else ()
    return _bucket(moments[0]) if moments else ("t", value)


def _near(pool: dict[Any, list[Any]], value: Any) -> Iterator[Any]:
    """Values whose bucket could hold an equal of this one: rounding may push it over an edge."""
    keys = {_bucket(value)}
    if isinstance(value, float):
        keys |= {("n", f"{value * factor:.2g}") for factor in (0.995, 1.005)}
    elif isinstance(value, datetime) and value.day <= 12:  # texts do not say whether day or month comes first
        keys.add(_bucket(value.replace(month=value.day, day=value.month)))
    elif isinstance(value, str):
        keys |= {_bucket(moment) for moment in loose_moments(value)}
    for key in keys:
        yield from pool.get(key, ())


def _complete(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [row for row in rows if None not in row]


def _distinct(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    kept: list[tuple[Any, ...]] = []
    pool: dict[Any, list[Any]] = {}
    for row in rows:
        if not any(_same_row(row, other) for other in _near_rows(pool, row)):
            pool.setdefault(_bucket(row[0]), []).append(row)
            kept.append(row)
    return kept


def _near_rows(pool: dict[Any, list[Any]], row: tuple[Any, ...]) -> Iterator[Any]:
    yield from pool.get(None, ()) if row[0] is None else _near(pool, row[0])


def same_rows(left: Sequence[tuple[Any, ...]], right: Sequence[tuple[Any, ...]]) -> bool:
    """Whether two lists of rows in normal form are the same multiset."""
    if len(left) != len(right):
        return False
    if all(_same_row(a, b) for a, b in zip(left, right, strict=True)):
        return True
    pool: dict[Any, list[Any]] = {}
    for row in right:
        pool.setdefault(_bucket(row[0]), []).append(row)
    for row in left:
        match = next((other for other in _near_rows(pool, row) if _same_row(row, other)), None)
        if match is None:
            return False
        pool[_bucket(match[0])].remove(match)
    return True


def _same_row(left: tuple[Any, ...], right: tuple[Any, ...]) -> bool:
    return all(same(a, b) for a, b in zip(left, right, strict=True))


def _same_order(
    left: list[tuple[Any, ...]], right: list[tuple[Any, ...]], names: list[str], order_by: str
) -> bool:
    if order_by in names:
        column = names.index(order_by)
        return all(same(a[column], b[column]) for a, b in zip(left, right, strict=True))
    return all(_same_row(a, b) for a, b in zip(left, right, strict=True))
