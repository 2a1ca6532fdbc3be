"""Cells of a result as Python values, also those that Python's own types cannot hold.

DuckDB's calendar reaches far beyond Python's (years 1 to 9999) and has infinities.
Such cells become text, written as DuckDB writes it; all others are what ``to_pylist`` gives.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_CYCLE_DAYS = 146_097  # the calendar repeats after 400 years
_CYCLE_YEARS = 400
_DAY_ONE = date(1970, 1, 1).toordinal()
_INFINITE_DAYS = 2**31 - 1
_INFINITE_TICKS = 2**63 - 1
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def plain_columns(table: pa.Table) -> list[list[Any]]:
    """The columns of a result as lists of Python values."""
    return [_column(column) for column in table.columns]


def plain_rows(table: pa.Table) -> list[dict[str, Any]]:
    """The rows of a result as dictionaries; of columns of the same name the last one stays."""
    names = table.column_names
    if not names:
        return [{} for _ in range(table.num_rows)]
    return [dict(zip(names, row, strict=True)) for row in zip(*plain_columns(table), strict=True)]


def _column(column: pa.ChunkedArray) -> list[Any]:
    import pyarrow as pa

    if not pa.types.is_interval(column.type):
        try:
            return list(column.to_pylist())
        except (OverflowError, ValueError):
            pass  # one cell at a time, to save all that can be held
    return [_cell(scalar) for scalar in column]


def _cell(scalar: pa.Scalar) -> Any:
    import pyarrow as pa

    if not scalar.is_valid:
        return None
    kind = scalar.type
    if pa.types.is_interval(kind):
        return _interval(scalar.as_py())
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        pass
    if pa.types.is_date32(kind):
        return _day(scalar.cast(pa.int32()).as_py())
    if pa.types.is_timestamp(kind):
        return _moment(scalar.cast(pa.int64()).as_py(), _PER_SECOND[kind.unit])
    if pa.types.is_struct(kind):
        return {field.name: _cell(scalar[i]) for i, field in enumerate(kind)}
    if pa.types.is_nested(kind):
        return [_cell(item) for item in scalar.values]
    return str(scalar)


def _day(days: int) -> str:
    if abs(days) == _INFINITE_DAYS:
        return "infinity" if days > 0 else "-infinity"
    cycles, rest = divmod(days + _DAY_ONE - 1, _CYCLE_DAYS)
    day = date.fromordinal(rest + 1)
    year = day.year + cycles * _CYCLE_YEARS
    era = "" if year > 0 else " (BC)"
    return f"{year if year > 0 else 1 - year:04d}-{day:%m-%d}{era}"


def _moment(ticks: int, per_second: int) -> str:
    if abs(ticks) == _INFINITE_TICKS:
        return "infinity" if ticks > 0 else "-infinity"
    days, rest = divmod(ticks, 86_400 * per_second)
    day, _, era = _day(days).partition(" ")
    seconds, part = divmod(rest, per_second)
    digits = len(str(per_second)) - 1
    fraction = f".{part:0{digits}d}".rstrip("0") if part else ""
    return f"{day} {_clock(seconds)}{fraction}{' ' + era if era else ''}"


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _interval(value: Any) -> Any:
    """A calendar interval in words: "1 year 2 months 3 days 04:05:06"."""
    if isinstance(value, timedelta):
        return value
    years, months = divmod(abs(value.months), 12)
    sign = "-" if value.months < 0 else ""
    parts = [
        f"{sign if unit != 'day' else ''}{number} {unit}{'' if abs(number) == 1 else 's'}"
        for number, unit in ((years, "year"), (months, "month"), (value.days, "day"))
        if number
    ]
    if value.nanoseconds or not parts:
        clock = _moment(abs(value.nanoseconds) // 1000, 10**6).partition(" ")[2]
        hours = abs(value.nanoseconds) // 3_600_000_000_000
        clock = f"{hours:02d}{clock[2:]}"
        parts.append(("-" if value.nanoseconds < 0 else "") + clock)
    return " ".join(parts)
