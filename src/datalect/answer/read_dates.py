"""Dates as they stand in sentences: March 2024, Q3 2024, 2024年3月5日."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import datetime

from datalect.data.model import Grain

_NAMES = "january february march april may june july august september october november december".split()
_SHORT = {name[:3]: i for i, name in enumerate(_NAMES, 1)} | {"sept": 9}
_MONTHS = {name: i for i, name in enumerate(_NAMES, 1)} | _SHORT
_DAYS = {n: i for i, n in enumerate("monday tuesday wednesday thursday friday saturday sunday".split(), 1)}
_M = r"(?P<month>" + "|".join(n.capitalize() for n in [*_NAMES, *_SHORT]) + r")\.?"
_D = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_Y = r"(?P<year>1[5-9]\d\d|20\d\d|21\d\d)"
_T = r"(?:,? (?:at )?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?)?"
_QN = r"(?P<quarter_word>first|second|third|fourth) quarter"
_CN = "一二三四五六七八九十"

_ENGLISH = [
    rf"(?P<week>the week of ){_D} {_M} {_Y}\b",
    rf"{_D} {_M},? {_Y}{_T}\b",
    rf"{_M} {_D},? {_Y}{_T}\b",
    rf"{_M}(?: of|,)? {_Y}\b",
    rf"Q(?P<quarter>[1-4])(?: of|,)? {_Y}\b",
    rf"(?:the )?{_QN} of {_Y}\b",
    rf"{_Y}[ -]?Q(?P<quarter>[1-4])\b",
    rf"(?:the )?(?P<half_word>first|second) half of {_Y}\b",
    rf"H(?P<half>[12]) {_Y}\b",
    rf"{_Y}[-/](?P<month_number>\d{{1,2}})[-/](?P<day>\d{{1,2}})"
    r"(?:[ T](?P<hour>\d{2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?)?(?!\d)",
    rf"{_Y}-(?P<month_number>\d{{2}})(?![\d-])",
    rf"{_D} {_M}\b(?! \d)",
    rf"{_M} {_D}\b(?![\d,]*\d)",
    r"Q(?P<quarter>[1-4])\b",
    rf"(?:the )?{_QN}\b",
    r"(?P<weekday>Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b",
    rf"{_M}(?![a-z])",
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?\b",
    rf"{_Y}s?(?![\d,.]*\d)(?!%)\b",
]
_CHINESE = [
    rf"{_Y}年(?P<month_zh>\d{{1,2}}|[{_CN}]+)月(?P<day>\d{{1,2}})[日号](?P<week>当周|那一周|所在周)?"
    r"(?:(?P<hour>\d{1,2})(?:[时点]|:(?P<minute>\d\d)(?::(?P<second>\d\d))?))?",
    rf"{_Y}年(?P<month_zh>\d{{1,2}}|[{_CN}]{{1,3}})月(?:份)?",
    rf"{_Y}年的?第?(?P<quarter_zh>[一二三四1-4])季度",
    rf"{_Y}年的?(?P<half_zh>[上下])半年",
    rf"{_Y}年",
    rf"(?P<month_zh>\d{{1,2}}|[{_CN}]{{1,3}})月(?P<day>\d{{1,2}})[日号]",
    rf"(?P<month_zh>\d{{1,2}}|[{_CN}]{{1,3}})月(?:份)?(?!内)",
    r"第?(?P<quarter_zh>[一二三四1-4])季度",
    r"(?:星期|礼拜|周)(?P<weekday_zh>[一二三四五六日天])",
    r"(?P<hour>\d{1,2})时",
    r"每月(?P<day>\d{1,2})[日号]",
    r"(?P<day>\d{1,2})[日号]",
]
_PATTERNS = [re.compile(p) for p in (*_CHINESE, *_ENGLISH)]
_WORD_NUMBER = {"first": 1, "second": 2, "third": 3, "fourth": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class DateParts:
    """The calendar fields a sentence names; those it leaves open are None."""

    year: int | None = None
    half: int | None = None
    quarter: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    week: bool = False

    @property
    def only_year(self) -> bool:
        """Whether nothing but a year is named."""
        return self.year is not None and all(
            not getattr(self, f.name) for f in fields(self) if f.name != "year"
        )


def read_date(text: str, start: int) -> tuple[DateParts, int] | None:
    """The date that begins at ``start`` and where it ends, or None."""
    before = text[start - 1] if start else " "
    if (before.isascii() and before.isalnum()) or (
        before in ".,$€£¥-−" and text[start].isdigit() and start > 1 and text[start - 2].isdigit()
    ):
        return None
    for pattern in _PATTERNS:
        found = pattern.match(text, start)
        if found is not None:
            parts = _parts({k: v for k, v in found.groupdict().items() if v})
            if parts is not None:
                return parts, found.end()
    return None


def _parts(found: dict[str, str]) -> DateParts | None:
    month = None
    if "month" in found:
        month = _MONTHS[found["month"].lower()]
    elif "month_number" in found:
        month = int(found["month_number"])
    elif "month_zh" in found:
        month = _chinese(found["month_zh"])
    quarter = found.get("quarter")
    if "quarter_zh" in found:
        quarter = str(_chinese(found["quarter_zh"]))
    half = found.get("half")
    if "half_zh" in found:
        half = "1" if found["half_zh"] == "上" else "2"
    weekday = None
    if "weekday" in found:
        weekday = _DAYS[found["weekday"].lower() + "day"]
    elif "weekday_zh" in found:
        weekday = min(7, "一二三四五六日天".index(found["weekday_zh"]) + 1)
    if month is not None and not 1 <= month <= 12:
        return None
    return DateParts(
        year=_int(found.get("year")),
        half=_WORD_NUMBER[found["half_word"]] if "half_word" in found else _int(half),
        quarter=_WORD_NUMBER[found["quarter_word"]] if "quarter_word" in found else _int(quarter),
        month=month,
        day=_int(found.get("day")),
        weekday=weekday,
        hour=_int(found.get("hour")),
        minute=_int(found.get("minute")),
        second=_int(found.get("second")),
        week="week" in found,
    )


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)


def _chinese(text: str) -> int:
    if text.isdigit():
        return int(text)
    if text.startswith("十"):
        return 10 + (_CN.index(text[1]) + 1 if len(text) > 1 else 0)
    return _CN.index(text[0]) + 1


def names_moment(parts: DateParts, moment: datetime, grain: Grain | None) -> bool:
    """Whether the fields named all fit a moment, and say no more than its grain holds."""
    if parts.week != (grain is Grain.WEEK) and parts.week:
        return False
    finest = _finest(parts)
    allowed = _LEVEL[grain] if grain in _LEVEL else 6
    if finest > allowed:
        return False
    checks = (
        (parts.year, moment.year),
        (parts.half, (moment.month + 5) // 6),
        (parts.quarter, (moment.month + 2) // 3),
        (parts.month, moment.month),
        (parts.day, moment.day),
        (parts.weekday, moment.isoweekday()),
        (parts.hour, moment.hour),
        (parts.minute, moment.minute),
        (parts.second, moment.second),
    )
    return all(named is None or named == real for named, real in checks)


_LEVEL = {
    Grain.YEAR: 0, Grain.QUARTER: 1, Grain.MONTH: 2, Grain.WEEK: 3, Grain.DAY: 3, Grain.HOUR: 5,
    Grain.MINUTE: 5,
    Grain.SECOND: 6,
}  # fmt: skip


def _finest(parts: DateParts) -> int:
    if parts.second:
        return 6
    if parts.hour is not None:
        return 4
    if parts.day is not None or parts.weekday is not None:
        return 3
    if parts.month is not None:
        return 2
    return 1 if parts.quarter is not None or parts.half is not None else 0


def says_grain(parts: DateParts, grain: Grain | None) -> bool:
    """Whether the fields named pin down one unit of a grain (a month needs its month, not only its year)."""
    needed = {Grain.YEAR: parts.year, Grain.QUARTER: parts.quarter, Grain.MONTH: parts.month}
    if grain in needed:
        return needed[grain] is not None
    if grain in (Grain.HOUR, Grain.MINUTE, Grain.SECOND):
        return parts.hour is not None
    return parts.day is not None
