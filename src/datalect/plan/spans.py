"""Time spans: what they are allowed on, and which stretch of the calendar they are.

Stretches are half open: from the first moment, up to but without the last.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from datalect.data.model import Catalog, Column, Grain, SemanticType
from datalect.errors import PlanError
from datalect.plan.link import parse_moment
from datalect.plan.model import Calendar, Dates, Range, Rolling, Span, ToDate
from datalect.plan.types import CLOCK_GRAINS, CYCLES, is_temporal, kind_of

_MONTHS = {Grain.YEAR: 12, Grain.QUARTER: 3, Grain.MONTH: 1}
_SECONDS = {Grain.WEEK: 604_800, Grain.DAY: 86_400, Grain.HOUR: 3600, Grain.MINUTE: 60, Grain.SECOND: 1}
_FIELD_ORDER = ("year", "half", "quarter", "month", "week", "day", "weekday", "hour")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of the calendar.

    Attributes:
        start: first moment, or None for no bound.
        end: first moment after it, or None for no bound.
        fields: calendar fields that must match as well, such as ``("month", 3)``.
        fiscal: whether year, half and quarter of the fields are fiscal ones.
    """

    start: datetime | None = None
    end: datetime | None = None
    fields: tuple[tuple[str, int], ...] = ()
    fiscal: bool = False


def is_year_number(column: Column) -> bool:
    """Whether a column holds calendar years as numbers."""
    return column.meaning.type is SemanticType.YEAR and kind_of(column.dtype) == "number"


def check_span(span: Span, column: Column, at: str) -> None:
    """Refuse a span that the column cannot be tested with.

    Raises:
        PlanError: ``not_a_time``, ``bad_grain`` or ``bad_date``.
    """
    kind = kind_of(column.dtype)
    units = _units(span)
    if any(unit in CYCLES for unit in units):
        raise PlanError(
            "A span is counted in units of time, not in cycles.",
            code="bad_grain",
            at=at,
            expected="year, quarter, month, week, day, hour, minute or second",
            received=", ".join(unit.value for unit in units),
        )
    if isinstance(span, (Range, Dates)):
        _stretch(span, datetime(2000, 1, 1), 1, at)
    if is_temporal(kind):
        return
    if is_year_number(column):
        finer = any(unit is not Grain.YEAR for unit in units)
        fields = isinstance(span, Dates) and any(getattr(span, f) is not None for f in _FIELD_ORDER[1:])
        if finer or fields:
            raise PlanError(
                f'"{column.name}" holds years only.',
                code="bad_grain",
                at=at,
                expected="a span of whole years",
                received=span.model_dump_json(by_alias=True, exclude_defaults=True),
            )
        return
    hour_only = isinstance(span, Dates) and all(getattr(span, f) is None for f in _FIELD_ORDER[:-1])
    if kind == "time" and hour_only:
        return
    raise PlanError(
        f'"{column.name}" holds no dates.',
        code="not_a_time",
        at=at,
        expected="a date or time column",
        received=f"{column.id} of type {column.dtype}",
    )


def _units(span: Span) -> tuple[Grain, ...]:
    if isinstance(span, (Rolling, Calendar)):
        return (span.unit,)
    return (span.to_date,) if isinstance(span, ToDate) else ()


# ---------------------------------------------------------------- the moment relative spans count from


def is_relative(span: Span) -> bool:
    """Whether a span counts from a moment of reference."""
    return isinstance(span, (Rolling, Calendar, ToDate))


def counts_from(column: Column, catalog: Catalog, given: datetime | None = None) -> datetime:
    """The moment from which relative time counts on a column.

    It is the moment given, else the latest date of that very column (another column may run on for months:
    goods are shipped after they are ordered), unless that lies beyond the catalog's own moment.
    """
    if given is not None:
        return given
    latest = column.profile.maximum
    now = catalog.as_of or datetime.now().replace(microsecond=0)
    if isinstance(latest, datetime):
        return min(latest.replace(tzinfo=None), now)
    if isinstance(latest, date):
        return min(datetime(latest.year, latest.month, latest.day), now)
    if is_year_number(column) and isinstance(latest, (int, float)) and 1 <= latest < now.year:
        return datetime(int(latest), 12, 31)
    return now


# ---------------------------------------------------------------- calendar arithmetic


def truncate(moment: datetime, unit: Grain, first_month: int = 1) -> datetime:
    """The first moment of the unit a moment lies in; weeks start on Monday, years in ``first_month``."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit in _MONTHS:
        size = _MONTHS[unit]
        since = (moment.month - first_month) % 12
        return shift(day.replace(day=1), Grain.MONTH, -(since % size))
    if unit is Grain.WEEK:
        return day - timedelta(days=day.weekday())
    if unit is Grain.DAY:
        return day
    if unit is Grain.HOUR:
        return moment.replace(minute=0, second=0, microsecond=0)
    return moment.replace(second=0, microsecond=0) if unit is Grain.MINUTE else moment.replace(microsecond=0)


def shift(moment: datetime, unit: Grain, count: int) -> datetime:
    """A moment moved by whole units; a day that the target month lacks becomes its last day.

    Raises:
        PlanError: ``bad_date`` when it would leave the years 1 to 9999.
    """
    try:
        if unit in _MONTHS:
            months = moment.year * 12 + moment.month - 1 + count * _MONTHS[unit]
            year, month = divmod(months, 12)
            last = calendar.monthrange(year, month + 1)[1]
            return moment.replace(year=year, month=month + 1, day=min(moment.day, last))
        return moment + timedelta(seconds=count * _SECONDS[unit])
    except (ValueError, OverflowError) as error:
        raise PlanError(
            "The span leaves the calendar.", code="bad_date", expected="years 1 to 9999", received=str(count)
        ) from error


def resolve_span(span: Span, as_of: datetime, fiscal_year_start: int = 1) -> Stretch:
    """The stretch of the calendar a span means.

    Args:
        span: the span.
        as_of: the moment relative spans count from; midnight stands for its whole day.
        fiscal_year_start: first month of the fiscal year, which is named after the year it ends in.
    """
    return _stretch(span, as_of, fiscal_year_start, "")


def _stretch(span: Span, as_of: datetime, first_month: int, at: str) -> Stretch:
    if isinstance(span, Rolling):
        return _rolling(span, as_of)
    if isinstance(span, Calendar):
        start = truncate(as_of, span.unit, first_month if span.fiscal else 1)
        start = shift(start, span.unit, -span.ago)
        return Stretch(start, shift(start, span.unit, span.span))
    if isinstance(span, ToDate):
        start = truncate(as_of, span.to_date, first_month if span.fiscal else 1)
        return Stretch(shift(start, span.to_date, -span.ago), _after(shift(as_of, span.to_date, -span.ago)))
    if isinstance(span, Range):
        first = None if span.from_ is None else _moment(span.from_, at)[0]
        end = None if span.to is None else _moment(span.to, at)[1]
        if first is not None and end is not None and first >= end:
            raise PlanError(
                "The range ends before it starts.",
                code="bad_date",
                at=at,
                received=f"{span.from_} to {span.to}",
            )
        return Stretch(first, end)
    return _dates(span, first_month if span.fiscal else 1, at)


def _after(as_of: datetime) -> datetime:
    """The first moment that is no longer included.

    The next day for a bare date, else the next microsecond.
    """
    if as_of == truncate(as_of, Grain.DAY):
        return as_of + timedelta(days=1)
    return as_of + timedelta(microseconds=1)


def _rolling(span: Rolling, as_of: datetime) -> Stretch:
    if span.unit in CLOCK_GRAINS:
        return Stretch(_after_exactly(shift(as_of, span.unit, -span.last)), _after(as_of))
    day = truncate(as_of, Grain.DAY)
    return Stretch(shift(shift(day, span.unit, -span.last), Grain.DAY, 1), _after(as_of))


def _after_exactly(moment: datetime) -> datetime:
    return moment + timedelta(microseconds=1)


_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2}))?")


def _moment(text: str, at: str) -> tuple[datetime, datetime]:
    """First moment of an ISO year, month, day or date-time, and the first moment after it."""
    partial = _PARTIAL.fullmatch(text.strip())
    try:
        if partial is not None:
            unit = Grain.MONTH if partial[2] else Grain.YEAR
            start = datetime(int(partial[1]), int(partial[2] or 1), 1)
            return start, shift(start, unit, 1)
        moment = parse_moment(text)
        if isinstance(moment, datetime):
            return moment, moment + timedelta(microseconds=1)
        if isinstance(moment, date):
            start = datetime(moment.year, moment.month, moment.day)
            return start, start + timedelta(days=1)
    except (ValueError, OverflowError):
        pass
    raise PlanError(
        f'"{text}" is no date.',
        code="bad_date",
        at=at,
        expected="an ISO date such as 2024-03-05 or a date-time such as 2024-03-05 14:30",
        received=text,
    )


def _dates(span: Dates, first_month: int, at: str) -> Stretch:
    given = {name: value for name in _FIELD_ORDER if (value := getattr(span, name)) is not None}
    fields = tuple(given.items())
    names = tuple(given)
    try:
        if names[0] == "year" and names[1:] in ((), ("half",), ("quarter",), ("month",), ("month", "day")):
            start = _field_start(given, first_month)
            unit = {"half": Grain.QUARTER, "day": Grain.DAY}.get(names[-1]) or Grain(names[-1])
            return Stretch(start, shift(start, unit, 2 if names[-1] == "half" else 1))
        if names[0] == "year" and names[1:] == ("week",):
            monday = date.fromisocalendar(given["year"], given["week"], 1)
            start = datetime(monday.year, monday.month, monday.day)
            return Stretch(start, start + timedelta(days=7))
        if "month" in given and "day" in given:
            date(2000, given["month"], given["day"])
    except (ValueError, OverflowError) as error:
        raise PlanError(
            "There is no such date.",
            code="bad_date",
            at=at,
            received=", ".join(f"{name} {value}" for name, value in fields),
        ) from error
    return Stretch(fields=fields, fiscal=first_month != 1)


def _field_start(given: dict[str, int], first_month: int) -> datetime:
    year = given["year"]
    if "month" in given:  # in a fiscal year: the calendar month that lies in it
        month = given["month"]
        earlier = first_month != 1 and month >= first_month
        return datetime(year - 1 if earlier else year, month, given.get("day", 1))
    start = datetime(year if first_month == 1 else year - 1, first_month, 1)
    months = 6 * (given.get("half", 1) - 1) + 3 * (given.get("quarter", 1) - 1)
    return shift(start, Grain.MONTH, months)
