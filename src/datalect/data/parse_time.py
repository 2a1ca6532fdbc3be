"""Reading dates, times and durations, each form with the SQL that reads it in the same way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from datalect.data.model import Grain
from datalect.data.quoting import literal

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_GAP = r"[-/., ]{1,3}"
_DAY, _YEAR, _SHORT_YEAR = r"[0-9]{1,2}", r"[0-9]{4}", r"'?[0-9]{2}"
_DIGITS_CJK = {"一": "1", "二": "2", "三": "3", "四": "4"}


@dataclass(frozen=True, slots=True)
class Shape:
    """One way to write a date.

    Attributes:
        name: stable name, also the kind a conversion reports.
        pattern: regular expression (Python and RE2) the whole narrow text fits, without anchors.
        read: takes the matched text and whether the day comes first; raises ValueError for impossible dates.
        sql: the same as SQL over a narrow text expression, giving a TIMESTAMP or NULL.
        grain: calendar unit.
        day_order: whether day and month may be the other way round.
    """

    name: str
    pattern: str
    read: Callable[[str, bool], date]
    sql: Callable[[str, bool], str]
    grain: Grain = Grain.DAY
    day_order: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, date-time, time of day or year that was read."""

    kind: str
    value: date | datetime | time | int
    grain: Grain
    shape: str
    ambiguous: bool = False


def _strptime(text: str, form: str) -> str:
    return f"try_strptime({text}, {literal(form)})"


def _numbers(text: str) -> list[int]:
    return [int(n) for n in re.findall(r"[0-9]+", text)]


def _year(number: int) -> int:
    """Two-digit years as ``strptime`` reads them: 69 is 1969, 68 is 2068."""
    if number >= 100:
        return number
    return number + (1900 if number >= 69 else 2000)


def _read_ymd(text: str, _: bool) -> date:
    year, month, day = _numbers(text)
    return date(year, month, day)


def _read_ordered(text: str, day_first: bool) -> date:
    first, second, year = _numbers(text)
    return date(_year(year), second, first) if day_first else date(_year(year), first, second)


def _read_named(text: str, _: bool) -> date:
    found = re.search(r"[a-z]{3}", text.casefold().replace("th ", " "))
    month = _MONTHS.index(found.group()) + 1 if found else 0
    numbers = re.findall(r"[0-9]+", text)
    if len(numbers) == 1:
        return date(_year(int(numbers[0])), month, 1)
    if len(numbers[0]) == 4:
        return date(int(numbers[0]), month, int(numbers[1]))
    return date(_year(int(numbers[1])), month, int(numbers[0]))


def _read_month(text: str, _: bool) -> date:
    first, second = _numbers(text)
    return date(first, second, 1) if first > 31 else date(second, first, 1)


def _read_quarter(text: str, _: bool) -> date:
    year = re.search(_YEAR, text)
    rest = re.sub(_YEAR, "", text, count=1)
    quarter = re.search(r"[1-4一二三四]", rest)
    if year is None or quarter is None:
        raise ValueError(text)
    number = int(_DIGITS_CJK.get(quarter.group(), quarter.group()))
    return date(int(year.group()), number * 3 - 2, 1)


def _sql_quarter(text: str, _: bool) -> str:
    year = f"regexp_extract({text}, '[0-9]{{4}}')"
    rest = f"regexp_replace({text}, '[0-9]{{4}}', '')"
    quarter = f"translate(regexp_extract({rest}, '[1-4一二三四]'), '一二三四', '1234')"
    return _strptime(f"{year} || '-' || (try_cast({quarter} AS INTEGER) * 3 - 2) || '-1'", "%Y-%m-%d")


def _named_text(text: str) -> str:
    """Month names cut to three letters, the rest to blanks: ``5th March, 2024`` -> ``5 Mar 2024``."""
    bare = f"regexp_replace({text}, '([0-9])(st|nd|rd|th)', '\\1', 'i')"
    bare = f"regexp_replace({bare}, '([A-Za-z]{{3}})[A-Za-z]*', '\\1')"
    return f"trim(regexp_replace({bare}, '[-/.,'' ]+', ' ', 'g'))"


def _named(form: str) -> Callable[[str, bool], str]:
    return lambda text, _: _strptime(_named_text(text), form)


_ORD = r"(?:st|nd|rd|th)?"
SHAPES: tuple[Shape, ...] = (
    Shape(
        "iso_date",
        rf"{_YEAR}[-/.]{_DAY}[-/.]{_DAY}",
        _read_ymd,
        lambda t, _: _strptime(f"translate({t}, '/.', '--')", "%Y-%m-%d"),
    ),
    Shape(
        "chinese_date",
        rf"{_YEAR} ?年 ?{_DAY} ?月 ?{_DAY} ?[日号]?",
        _read_ymd,
        lambda t, _: _strptime(f"translate({t}, '年月日号 ', '--')", "%Y-%m-%d"),
    ),
    Shape(
        "compact_date",
        r"(?:1[89]|20|21)[0-9]{6}",
        lambda t, _: _compact(t),
        lambda t, _: _strptime(t, "%Y%m%d"),
    ),
    Shape(
        "numeric_date",
        rf"{_DAY}[-/.]{_DAY}[-/.]{_YEAR}",
        _read_ordered,
        lambda t, first: _strptime(f"translate({t}, '-.', '//')", "%d/%m/%Y" if first else "%m/%d/%Y"),
        day_order=True,
    ),
    Shape(
        "short_numeric_date",
        rf"{_DAY}[-/.]{_DAY}[-/.][0-9]{{2}}",
        _read_ordered,
        lambda t, first: _strptime(f"translate({t}, '-.', '//')", "%d/%m/%y" if first else "%m/%d/%y"),
        day_order=True,
    ),
    Shape("named_date", rf"{_DAY}{_ORD}{_GAP}{_MONTH}{_GAP}{_YEAR}", _read_named, _named("%d %b %Y")),
    Shape("named_date_us", rf"{_MONTH}{_GAP}{_DAY}{_ORD}{_GAP}{_YEAR}", _read_named, _named("%b %d %Y")),
    Shape("named_date_iso", rf"{_YEAR}{_GAP}{_MONTH}{_GAP}{_DAY}", _read_named, _named("%Y %b %d")),
    Shape("named_date_short", rf"{_DAY}{_GAP}{_MONTH}{_GAP}{_SHORT_YEAR}", _read_named, _named("%d %b %y")),
    Shape("named_month", rf"{_MONTH}{_GAP}{_YEAR}", _read_named, _named("%b %Y"), Grain.MONTH),
    Shape("named_month_iso", rf"{_YEAR}{_GAP}{_MONTH}", _read_named, _named("%Y %b"), Grain.MONTH),
    Shape(
        "named_month_short", rf"{_MONTH}[-/ ']{{1,2}}[0-9]{{2}}", _read_named, _named("%b %y"), Grain.MONTH
    ),
    Shape(
        "iso_month",
        rf"{_YEAR}[-/]{_DAY}",
        _read_month,
        lambda t, _: _strptime(f"translate({t}, '/', '-') || '-1'", "%Y-%m-%d"),
        Grain.MONTH,
    ),
    Shape(
        "chinese_month",
        rf"{_YEAR} ?年 ?{_DAY} ?月份?",
        _read_month,
        lambda t, _: _strptime(f"translate({t}, '年月份 ', '-') || '-1'", "%Y-%m-%d"),
        Grain.MONTH,
    ),
    Shape(
        "numeric_month",
        rf"{_DAY}[-/]{_YEAR}",
        _read_month,
        lambda t, _: _strptime(f"'1/' || translate({t}, '-', '/')", "%d/%m/%Y"),
        Grain.MONTH,
    ),
    Shape("quarter", rf"{_YEAR}[-/ ]?[Qq][1-4]", _read_quarter, _sql_quarter, Grain.QUARTER),
    Shape("quarter_first", rf"[Qq][1-4][-/ ']?{_YEAR}", _read_quarter, _sql_quarter, Grain.QUARTER),
    Shape(
        "chinese_quarter", rf"{_YEAR} ?年 ?第?[一二三四1-4]季度?", _read_quarter, _sql_quarter, Grain.QUARTER
    ),
)
_COMPILED = tuple((shape, re.compile(shape.pattern, re.IGNORECASE)) for shape in SHAPES)
SHAPE_BY_NAME = {shape.name: shape for shape in SHAPES}

CLOCK = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?(?: ?[AaPp]\.?[Mm]\.?)?"
CHINESE_CLOCK = r"(?:[01]?[0-9]|2[0-3]) ?[时点] ?[0-5]?[0-9] ?分(?: ?[0-5]?[0-9] ?秒)?"
ZONE = r" ?(?:Z|UTC|GMT|[+-][01][0-9]:?[0-5][0-9])"
_CLOCK = re.compile(rf"(?:{CLOCK}|{CHINESE_CLOCK})")
_DATE_TIME = re.compile(rf"(.+?)(?:[T ]+|(?<=[日号]))({CLOCK}|{CHINESE_CLOCK})({ZONE})?")
_LONGEST = 200  # characters; a cell of a megabyte need not be tried against every form
_CHINESE_YEAR = re.compile(rf"({_YEAR}) ?年度?")


def _compact(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def read_clock(text: str) -> time | None:
    """A time of day, 12 or 24 hours, or None."""
    if _CLOCK.fullmatch(text) is None:
        return None
    numbers = re.findall(r"[0-9]+", text)
    hour, minute = int(numbers[0]), int(numbers[1])
    second = int(numbers[2]) if len(numbers) > 2 else 0
    micro = int(numbers[3].ljust(6, "0")) if len(numbers) > 3 else 0
    half = re.search(r"([ap])\.?m", text, re.IGNORECASE)
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.group(1).casefold() == "p" else 0)
    return time(hour, minute, second, micro)


def read_date(text: str, day_first: bool | None = None) -> Moment | None:
    """A date, month or quarter, or None."""
    for shape, pattern in _COMPILED:
        if pattern.fullmatch(text) is None:
            continue
        # with points the day comes first in most countries that write dates so
        likely = (True, False) if "." in text else (False, True)
        orders = (day_first,) if day_first is not None or not shape.day_order else likely
        readings = []
        for order in orders:
            try:
                readings.append(shape.read(text, bool(order)))
            except ValueError:
                continue
        if readings and readings[0].year >= 1:
            ambiguous = len(set(readings)) > 1
            return Moment("date", readings[0], shape.grain, shape.name, ambiguous)
    return None


def parse_time(text: str, *, day_first: bool | None = None) -> Moment | None:
    """A date, date-time (UTC when it names a zone), time of day or ``2019年``, or None."""
    if len(text) > _LONGEST:
        return None
    found = _CHINESE_YEAR.fullmatch(text)
    if found is not None:
        return Moment("year", int(found.group(1)), Grain.YEAR, "chinese_year")
    moment = read_date(text, day_first)
    if moment is not None:
        return moment
    clock = read_clock(text)
    if clock is not None:
        return Moment("time", clock, Grain.MINUTE, "time")
    parts = _DATE_TIME.fullmatch(text)
    if parts is None:
        return None
    day, clock = read_date(parts.group(1), day_first), read_clock(parts.group(2))
    if day is None or clock is None or day.grain is not Grain.DAY or not isinstance(day.value, date):
        return None
    value = datetime.combine(day.value, clock) - zone_offset(parts.group(3) or "")
    grain = Grain.SECOND if clock.second or clock.microsecond else Grain.MINUTE
    return Moment("datetime", value, grain, day.shape, day.ambiguous)


def zone_offset(zone: str) -> timedelta:
    """The distance of a zone such as ``+08:00`` or ``Z`` from UTC."""
    found = re.search(r"([+-])([0-9]{2}):?([0-9]{2})", zone)
    if found is None:
        return timedelta()
    size = timedelta(hours=int(found.group(2)), minutes=int(found.group(3)))
    return -size if found.group(1) == "-" else size


DURATION_PARTS = (
    (86400, "days", "d|days?|天"),
    (3600, "hours", "h|hrs?|hours?|小时|时"),
    (60, "minutes", "m|mins?|minutes?|分钟|分"),
    (1, "seconds", "s|secs?|seconds?|秒钟?"),
)
DURATION = (
    "^" + "".join(rf"(?:([0-9]+(?:\.[0-9]+)?) ?(?:{names})\.?[, ]*)?" for _, _, names in DURATION_PARTS) + "$"
)
_DURATION = re.compile(DURATION, re.IGNORECASE)


def parse_duration(text: str) -> tuple[float, str, int] | None:
    """``1h 20m`` or ``1小时20分钟``: seconds, the finest unit named and its length in seconds, or None."""
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    total = 0.0
    unit, size = "seconds", 1
    for amount, (seconds, name, _) in zip(found.groups(), DURATION_PARTS, strict=True):
        if amount:
            total += float(amount) * seconds
            unit, size = name, seconds
    return total, unit, size
