"""Stretches of time in a question, in both languages, as spans of the plan.

Only the form is read here; what "last quarter" means in days is decided by the compiler from the moment
of reference.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass

from datalect.data.model import Grain
from datalect.plan.model import Calendar, Dates, Range, Rolling, Span, ToDate
from datalect.planner.linking.numbers import chinese_number


@dataclass(frozen=True, slots=True)
class TimeMention:
    """A stretch of time named by ``text[start:end]`` of the normalised question.

    Attributes:
        span: the plan's node.
        years: first and last calendar year when the stretch consists of whole years (None: open end),
            which is
            what a column of year numbers is compared with.
        bare: only a number that may be a year ("2012"), with nothing that says so.
        sure: how certain it is that a time is meant, 0..1.
    """

    start: int
    end: int
    span: Span
    years: tuple[int | None, int | None] | None = None
    bare: bool = False
    sure: float = 1.0


_MONTHS = {
    name: index
    for index, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sept sep", "october oct", "november nov", "december dec"), 1)
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {
    name: index
    for index, names in enumerate(
        ("monday mondays", "tuesday tuesdays", "wednesday wednesdays", "thursday thursdays", "friday fridays",
         "saturday saturdays", "sunday sundays"), 1)
    for name in names.split()
}  # fmt: skip
_WORD_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "twelve": 12, "couple of": 2, "few": 3,
}  # fmt: skip
_UNITS = {
    "year": Grain.YEAR, "quarter": Grain.QUARTER, "month": Grain.MONTH, "week": Grain.WEEK, "day": Grain.DAY,
    "hour": Grain.HOUR, "minute": Grain.MINUTE, "年": Grain.YEAR, "季度": Grain.QUARTER, "季": Grain.QUARTER,
    "月": Grain.MONTH, "周": Grain.WEEK, "星期": Grain.WEEK, "礼拜": Grain.WEEK, "天": Grain.DAY, "日": Grain.DAY,  # noqa: E501
    "小时": Grain.HOUR, "分钟": Grain.MINUTE,
}  # fmt: skip
_MONTH = r"(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_YEAR = r"(?:1[5-9]\d\d|20\d\d|21\d\d)"
_ZHD = "零一二三四五六七八九十两"
_ZHY = r"(?:(?:1[5-9]|2[01])\d\d|[零一二三四五六七八九]{4})"
_ZHM = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_UNIT_EN = r"(year|quarter|month|week|day|hour|minute)s?"
_UNIT_ZH = r"(年|季度|季|月|周|星期|礼拜|天|日|小时|分钟)"

Handler = Callable[[re.Match[str]], "tuple[Span, tuple[int | None, int | None] | None] | None"]


def _int(text: str) -> int:
    text = text.strip()
    if text.isdigit():
        return int(text)
    if text in _WORD_NUMBERS:
        return _WORD_NUMBERS[text]
    return int(chinese_number(text) or 0)


def _year(value: int) -> tuple[Span, tuple[int | None, int | None]]:
    return Dates(year=value), (value, value)


def _years(first: int | None, last: int | None) -> tuple[Span, tuple[int | None, int | None]] | None:
    if first is None and last is None:
        return None
    if first is not None and last is not None and last < first:
        first, last = last, first
    start = f"{first:04d}-01-01" if first is not None else None
    end = f"{last:04d}-12-31" if last is not None else None
    return Range(from_=start, to=end), (first, last)


def _edge(text: str) -> tuple[int, int, int] | None:
    """Year, month, day of one date text; month or day 0 when absent."""
    text = text.strip()
    patterns = (
        (rf"({_YEAR})[-/.](\d\d?)[-/.](\d\d?)", (1, 2, 3)),
        (rf"({_ZHY})年({_ZHM})月(\d\d?|[{_ZHD}]+)[日号]?", (1, 2, 3)),
        (rf"({_ZHY})年({_ZHM})月(?:份)?", (1, 2, 0)),
        (rf"({_YEAR})[-/.](\d\d?)", (1, 2, 0)),
        (rf"({_ZHY})年?", (1, 0, 0)),
        (rf"({_MONTH})\s+(\d\d?)(?:st|nd|rd|th)?,?\s+({_YEAR})", (3, -1, 2)),
        (rf"(\d\d?)(?:st|nd|rd|th)?(?:\s+of)?\s+({_MONTH}),?\s+({_YEAR})", (3, -2, 1)),
        (rf"({_MONTH}),?\s+({_YEAR})", (2, -1, 0)),
        (r"(\d\d?)/(\d\d?)/(\d{4})", (3, 1, 2)),
    )
    for pattern, (y, m, d) in patterns:
        match = re.fullmatch(pattern, text)
        if not match:
            continue
        year = _int(match[y])
        month = _MONTHS[match[-m].rstrip(".")] if m < 0 else (_int(match[m]) if m else 0)
        day = _int(match[d]) if d else 0
        if pattern.startswith(r"(\d\d?)/") and month > 12:
            month, day = day, month
        if month > 12 or (month and day > monthrange(year, month)[1]):
            return None
        return year, month, day
    return None


_DATE = (
    rf"(?:{_YEAR}[-/.]\d\d?[-/.]\d\d?|{_ZHY}年{_ZHM}月(?:(?:\d\d?|[{_ZHD}]+)[日号]|份)?|{_YEAR}[-/]\d\d?(?!\d)"
    rf"|{_MONTH}\s+\d\d?(?:st|nd|rd|th)?,?\s+{_YEAR}|\d\d?(?:st|nd|rd|th)?(?:\s+of)?\s+{_MONTH},?\s+{_YEAR}"
    rf"|{_MONTH},?\s+{_YEAR}|\d\d?/\d\d?/\d{{4}}|{_ZHY}年|{_YEAR})"
)


def _first_day(edge: tuple[int, int, int]) -> str:
    return f"{edge[0]:04d}-{edge[1] or 1:02d}-{edge[2] or 1:02d}"


def _last_day(edge: tuple[int, int, int]) -> str:
    month = edge[1] or 12
    return f"{edge[0]:04d}-{month:02d}-{edge[2] or monthrange(edge[0], month)[1]:02d}"


def _one_date(match: re.Match[str]) -> tuple[Span, tuple[int | None, int | None] | None] | None:
    edge = _edge(match["date"])
    if edge is None:
        return None
    year, month, day = edge
    if not month:
        return _year(year)
    if not day:
        return Dates(year=year, month=month), None
    return Range(from_=_first_day(edge), to=_last_day(edge)), None


def _between(match: re.Match[str]) -> tuple[Span, tuple[int | None, int | None] | None] | None:
    first, last = _edge(match["a"]), _edge(match["b"])
    if first is None or last is None:
        return None
    if not first[1] and not last[1]:
        return _years(first[0], last[0])
    low, high = sorted((_first_day(first), _last_day(last)))
    return Range(from_=low, to=high), None


def _since(match: re.Match[str]) -> tuple[Span, tuple[int | None, int | None] | None] | None:
    edge = _edge(match["date"])
    if edge is None:
        return None
    return _years(edge[0], None) if not edge[1] else (Range(from_=_first_day(edge)), None)


def _after(match: re.Match[str]) -> tuple[Span, tuple[int | None, int | None] | None] | None:
    edge = _edge(match["date"])
    if edge is None:
        return None
    if not edge[1]:
        return _years(edge[0] + 1, None)
    return Range(from_=_shift(_last_day(edge), 1)), None


def _until(match: re.Match[str]) -> tuple[Span, tuple[int | None, int | None] | None] | None:
    edge = _edge(match["date"])
    if edge is None:
        return None
    return _years(None, edge[0]) if not edge[1] else (Range(to=_last_day(edge)), None)


def _before(match: re.Match[str]) -> tuple[Span, tuple[int | None, int | None] | None] | None:
    edge = _edge(match["date"])
    if edge is None:
        return None
    if not edge[1]:
        return _years(None, edge[0] - 1)
    return Range(to=_shift(_first_day(edge), -1)), None


def _shift(day: str, by: int) -> str:
    from datetime import date, timedelta

    try:
        return (date.fromisoformat(day) + timedelta(days=by)).isoformat()
    except OverflowError:
        return day


def _quarter(match: re.Match[str]) -> tuple[Span, tuple[int | None, int | None] | None]:
    year = _int(match["y"]) if match["y"] else None
    fiscal = bool(match.groupdict().get("f"))
    return Dates(year=year, quarter=_int(match["q"]), fiscal=fiscal), None


_HALVES = {"1": 1, "2": 2, "first": 1, "second": 2, "上": 1, "下": 2, "一": 1, "二": 2}
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4}


def _half(match: re.Match[str]) -> tuple[Span, tuple[int | None, int | None] | None]:
    return Dates(year=_int(match["y"]) if match["y"] else None, half=_HALVES[match["h"]]), None


def _decade(match: re.Match[str]) -> tuple[Span, tuple[int | None, int | None] | None] | None:
    start = int(match["d"])
    if start < 100:
        start += 1900 if start >= 30 else 2000
    return _years(start, start + 9)


def _rolling(match: re.Match[str]) -> tuple[Span, tuple[int | None, int | None] | None] | None:
    count = _int(match["n"]) if match["n"] else 1
    return (Rolling(last=count, unit=_UNITS[match["u"]]), None) if count >= 1 else None


def _calendar(ago: int) -> Handler:
    def handle(match: re.Match[str]) -> tuple[Span, tuple[int | None, int | None] | None]:
        return Calendar(ago=ago, unit=_UNITS[match["u"]]), None

    return handle


def _fixed(span: Span) -> Handler:
    return lambda match: (span, None)


def _month_only(match: re.Match[str]) -> tuple[Span, tuple[int | None, int | None] | None]:
    return Dates(month=_MONTHS[match["m"].rstrip(".")]), None


def _month_of_calendar(match: re.Match[str]) -> tuple[Span, tuple[int | None, int | None] | None]:
    return Dates(month=_int(match["m"])), None


def _weekday(match: re.Match[str]) -> tuple[Span, tuple[int | None, int | None] | None]:
    return Dates(weekday=_WEEKDAYS[match["w"]]), None


_ZH_WEEKDAYS = {c: i for i, c in enumerate("一二三四五六", 1)} | {"日": 7, "天": 7}
_U = _UNIT_EN.replace("(year", "(?P<u>year")
_UZ = _UNIT_ZH.replace("(年", "(?P<u>年")
_N_EN = r"(?P<n>\d+|" + "|".join(w for w in _WORD_NUMBERS if len(w) > 2) + r")"
_N_ZH = rf"(?P<n>\d+|[{_ZHD}百]+)"

# First match wins at each position, so longer and more certain forms come first.
_PATTERNS: tuple[tuple[re.Pattern[str], Handler, float], ...] = tuple(
    (re.compile(pattern), handler, sure)
    for pattern, handler, sure in (
        (rf"\b(?:in\s+)?(?:between|from)\s+(?:the\s+years?\s+)?(?P<a>{_DATE})\s+(?:and|to|till|until|through|-)\s+"
         rf"(?P<b>{_DATE})(?!\d)", _between, 1.0),
        (rf"(?:从|自|在|介于)?(?P<a>{_DATE})(?:到|至|-|~|与|和|—)(?P<b>{_DATE})(?:之间|期间|年间|间)", _between, 1.0),  # noqa: E501
        (rf"(?:从|自)?(?P<a>{_DATE})(?:到|至|~)(?P<b>{_DATE})", _between, 1.0),
        (rf"(?<![\d-])(?P<a>{_YEAR})\s?-\s?(?P<b>{_YEAR})(?![\d-])", _between, 0.9),
        (rf"\b(?:since|starting (?:in|from)|from)\s+(?:the\s+)?(?:year\s+)?(?P<date>{_DATE})"
         rf"(?:\s+(?:on|onwards?|and later))?(?!\d)", _since, 1.0),
        (rf"\b(?:no earlier than|in or after|on or after)\s+(?P<date>{_DATE})(?!\d)", _since, 1.0),
        (rf"\b(?P<date>{_YEAR})\s+(?:or|and)\s+(?:later|after)\b", _since, 1.0),
        (rf"\b(?:after|later than)\s+(?:the\s+)?(?:year\s+)?(?P<date>{_DATE})(?!\d)", _after, 1.0),
        (rf"\b(?:before|prior to|earlier than)\s+(?:the\s+)?(?:year\s+)?(?P<date>{_DATE})(?!\d)", _before, 1.0),  # noqa: E501
        (rf"\b(?:until|till|up to|through|by the end of|no later than|in or before|on or before)\s+"
         rf"(?P<date>{_DATE})(?!\d)", _until, 1.0),
        (rf"(?:自|从)?(?P<date>{_DATE})(?:以来|起|开始|及以后|及之后|至今|到现在)", _since, 1.0),
        (rf"(?:在)?(?P<date>{_DATE})(?:以后|之后|后)", _after, 1.0),
        (rf"(?:在)?(?P<date>{_DATE})(?:以前|之前|前)", _before, 1.0),
        (rf"(?:截至|截止|截止到)(?P<date>{_DATE})(?:为止|底)?", _until, 0.9),
        (rf"\b(?:the\s+)?(?P<h>first|second)\s+half\s+(?:of\s+)?(?P<y>{_YEAR})?", _half, 0.9),
        (rf"\b(?:h(?P<h>[12]))[\s,/-]*(?P<y>{_YEAR})?(?!\w)", _half, 0.8),
        (rf"\b(?P<y>{_YEAR})[\s-]*h(?P<h>[12])\b", _half, 1.0),
        (rf"(?:(?P<y>{_ZHY})年)?(?P<h>[上下])半年", _half, 1.0),
        (rf"\b(?P<f>fiscal|fy)?\s*q(?P<q>[1-4])[\s,/-]*(?:of\s+)?(?P<y>{_YEAR})?(?!\w)", _quarter, 0.95),
        (rf"\b(?P<y>{_YEAR})[\s/-]*q(?P<q>[1-4])\b", _quarter, 1.0),
        (rf"\b(?:the\s+)?(?P<q>first|second|third|fourth)\s+quarter(?:\s+(?:of\s+)?(?P<y>{_YEAR}))?",
         lambda m: (Dates(year=_int(m["y"]) if m["y"] else None, quarter=_QUARTERS[m["q"]]), None), 1.0),
        (rf"(?:(?P<y>{_ZHY})年)?第?(?P<q>[1-4一二三四])季度", _quarter, 1.0),
        (rf"(?P<f>)(?:(?P<y>{_ZHY})年)q(?P<q>[1-4])", _quarter, 1.0),
        (r"\b(?:in\s+)?the\s+(?P<d>1[5-9]\d0|20\d0)'?s\b", _decade, 1.0),
        (r"\b(?P<d>1[5-9]\d0|20\d0)'?s\b", _decade, 1.0),
        (r"\b(?:in\s+)?the\s+'?(?P<d>[3-9]0)'?s\b", _decade, 0.9),
        (r"(?:上世纪|20世纪)(?P<d>[1-9]0)年代", _decade, 1.0),
        (r"(?P<d>1[5-9]\d0|20\d0|[3-9]0)年代", _decade, 1.0),
        (rf"\b(?:fiscal year|fy)\s*(?P<y>{_YEAR})", lambda m: (Dates(year=int(m["y"]), fiscal=True), None), 1.0),  # noqa: E501
        (rf"(?P<y>{_ZHY})财年", lambda m: (Dates(year=_int(m["y"]), fiscal=True), None), 1.0),
        (rf"\b(?:during|in|over|within|for)?\s*(?:the\s+)?(?:last|past|previous|recent|trailing|most recent)\s+"  # noqa: E501
         rf"{_N_EN}\s+{_U}\b", _rolling, 1.0),
        (rf"(?:最近|近|过去|过往|前)(?:的)?{_N_ZH}个?{_UZ}(?:内|里|以来|间)?", _rolling, 1.0),
        (rf"\b(?:the\s+)?past\s+(?P<n>){_U}\b", _rolling, 0.9),
        (rf"\b(?:the\s+)?(?:last|previous)\s+{_U}\b", _calendar(1), 0.9),
        (rf"\b(?:this|the current|current)\s+{_U}\b", _calendar(0), 0.9),
        (rf"\bnext\s+{_U}\b", _calendar(-1), 0.9),
        (r"\b(?P<u>year)[\s-]to[\s-]date\b|\bytd\b|\bso far this year\b", _fixed(ToDate(to_date=Grain.YEAR)), 1.0),  # noqa: E501
        (r"\bmonth[\s-]to[\s-]date\b|\bmtd\b|\bso far this month\b", _fixed(ToDate(to_date=Grain.MONTH)), 1.0),  # noqa: E501
        (r"\bquarter[\s-]to[\s-]date\b|\bqtd\b|\bso far this quarter\b",
         _fixed(ToDate(to_date=Grain.QUARTER)), 1.0),
        (r"(?:今年以来|今年至今|本年至今|年初至今|今年截至目前|本年累计)", _fixed(ToDate(to_date=Grain.YEAR)), 1.0),  # noqa: E501
        (r"(?:本月至今|本月以来|月初至今|当月累计)", _fixed(ToDate(to_date=Grain.MONTH)), 1.0),
        (r"(?:本季度?至今|本季度?以来|季初至今)", _fixed(ToDate(to_date=Grain.QUARTER)), 1.0),
        (r"去年同期", _fixed(ToDate(to_date=Grain.YEAR, ago=1)), 1.0),
        (r"(?:今年|本年度?|当年)(?P<m>1[0-2]|[1-9])月份?", lambda m: (Dates(month=_int(m["m"])), None), 0.5),
        (r"(?:今年|本年度?)", _fixed(Calendar(ago=0, unit=Grain.YEAR)), 1.0),
        (r"(?:去年|上一?年度?)", _fixed(Calendar(ago=1, unit=Grain.YEAR)), 1.0),
        (r"前年", _fixed(Calendar(ago=2, unit=Grain.YEAR)), 1.0),
        (r"明年", _fixed(Calendar(ago=-1, unit=Grain.YEAR)), 1.0),
        (r"(?:这|本|当)个?(?P<u>季度|季|月|周|星期)", _calendar(0), 0.95),
        (r"(?:上一?个?)(?P<u>季度|季|月|周|星期)", _calendar(1), 1.0),
        (r"(?:下一?个?)(?P<u>季度|季|月|周|星期)", _calendar(-1), 1.0),
        (r"\btoday\b|今天|今日|当天", _fixed(Calendar(ago=0, unit=Grain.DAY)), 0.9),
        (r"\byesterday\b|昨天|昨日", _fixed(Calendar(ago=1, unit=Grain.DAY)), 1.0),
        (r"前天", _fixed(Calendar(ago=2, unit=Grain.DAY)), 1.0),
        (rf"(?<![\d.-])(?P<date>{_YEAR}[-/.]\d\d?[-/.]\d\d?|{_ZHY}年{_ZHM}月(?:(?:\d\d?|[{_ZHD}]+)[日号]|份)?"
         rf"|{_YEAR}[-/]\d\d?(?!\d)|{_ZHY}年(?:度)?(?!代)|\d\d?/\d\d?/\d{{4}})(?![\d/])",
         lambda m: _one_date(m) if not m["date"].endswith("年度") else _year(_int(m["date"][:-2])), 1.0),
        (rf"\b(?P<date>{_MONTH}\s+\d\d?(?:st|nd|rd|th)?,?\s+{_YEAR}|\d\d?(?:st|nd|rd|th)?(?:\s+of)?\s+{_MONTH},?"
         rf"\s+{_YEAR}|{_MONTH},?\s+(?:of\s+)?{_YEAR})\b", _one_date, 1.0),
        (rf"(?P<y>{_YEAR})[\s-]+(?P<m>{_MONTH})\b",
         lambda m: (Dates(year=int(m["y"]), month=_MONTHS[m["m"].rstrip(".")]), None), 0.9),
        (rf"\b(?P<m>{_MONTH})\s+(?P<d>\d\d?)(?:st|nd|rd|th)?\b(?!\d)",
         lambda m: (Dates(month=_MONTHS[m["m"].rstrip(".")], day=int(m["d"])), None)
         if 1 <= int(m["d"]) <= 31 else None, 0.8),
        (rf"(?P<m>{_ZHM})月(?P<d>\d\d?)[日号]",
         lambda m: (Dates(month=_int(m["m"]), day=int(m["d"])), None) if 1 <= int(m["d"]) <= 31 else None, 0.9),  # noqa: E501
        (r"(?<!个)(?<!\d)(?P<m>1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])月份?(?!\d)", _month_of_calendar, 0.9),  # noqa: E501
        (rf"\bin\s+(?:the\s+)?(?:month\s+of\s+)?(?P<m>{_MONTH})\b", _month_only, 0.95),
        (rf"\b(?P<m>(?!may\b|mar\b|march\b|dec\b|sep\b|jan\b){_MONTH})\b", _month_only, 0.7),
        (r"\b(?:on\s+)?(?P<w>" + "|".join(_WEEKDAYS) + r")\b", _weekday, 0.8),
        (r"(?:周|星期|礼拜)(?P<w>[一二三四五六日天])",
         lambda m: (Dates(weekday=_ZH_WEEKDAYS[m["w"]]), None), 0.9),
        (rf"\b(?:in|during|for|of|year)\s+(?:the\s+)?(?:year\s+)?(?P<y>{_YEAR})(?![\d,.]\d|\d)(?!\s*(?:%|percent))",
         lambda m: _year(int(m["y"])), 0.97),
    )
)  # fmt: skip
_BARE = re.compile(rf"(?<![\w.,/$€£¥-]){_YEAR}(?![\w%]|[.,/-]\d)")
_BARE_ZH = re.compile(rf"(?<![\d.,/$€£¥-]){_YEAR}(?![\d%年万亿千百]|[.,/-]\d)")


def find_times(text: str) -> list[TimeMention]:
    """All stretches of time in a normalised question, in order and not overlapping."""
    found: list[TimeMention] = []
    taken = bytearray(len(text) + 1)
    for pattern, handler, sure in _PATTERNS:
        for match in pattern.finditer(text):
            if match.end() == match.start() or any(taken[match.start() : match.end()]):
                continue
            try:
                read = handler(match)
            except (ValueError, KeyError):
                read = None
            if read is None:
                continue
            taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
            found.append(TimeMention(match.start(), match.end(), read[0], read[1], sure=sure))
    for match in (*_BARE.finditer(text), *_BARE_ZH.finditer(text)):
        if not any(taken[match.start() : match.end()]):
            taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
            span, years = _year(int(match.group()))
            found.append(TimeMention(match.start(), match.end(), span, years, bare=True, sure=0.5))
    return sorted(found, key=lambda m: m.start)
