"""Dates the reader's way: March 2024, 2024年3月."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from datalect.answer.ground import Period, as_datetime
from datalect.answer.periods import shift, truncate
from datalect.data.model import Grain

if TYPE_CHECKING:
    from datalect.planner.base import Language

MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAYS_ZH = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
QUARTERS_ZH = ("第一季度", "第二季度", "第三季度", "第四季度")


def date_text(value: Any, grain: Grain | None, language: Language) -> str:
    """A date cell at its grain. Cells of a cycle are positions: 7 is July, 1 is Monday."""
    cycle = _cycle_text(value, grain, language)
    if cycle is not None:
        return cycle
    moment = as_datetime(value)
    if moment is None:
        return str(value)
    grain = grain or _finest(moment)
    return _zh(moment, grain) if language == "zh" else _en(moment, grain)


def _finest(moment: datetime) -> Grain:
    if moment.second or moment.microsecond:
        return Grain.SECOND
    return Grain.MINUTE if moment.hour or moment.minute else Grain.DAY


def _cycle_text(value: Any, grain: Grain | None, language: Language) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    zh = language == "zh"
    if grain is Grain.MONTH_OF_YEAR and 1 <= value <= 12:
        return f"{value}月" if zh else MONTHS_EN[value - 1]
    if grain is Grain.QUARTER_OF_YEAR and 1 <= value <= 4:
        return QUARTERS_ZH[value - 1] if zh else f"Q{value}"
    if grain is Grain.DAY_OF_WEEK and 1 <= value <= 7:
        return DAYS_ZH[value - 1] if zh else DAYS_EN[value - 1]
    if grain is Grain.DAY_OF_MONTH:
        return f"{value}日" if zh else f"day {value}"
    if grain is Grain.HOUR_OF_DAY:
        return f"{value}时" if zh else f"{value}:00"
    return None


def _en(moment: datetime, grain: Grain) -> str:
    day = f"{moment.day} {MONTHS_EN[moment.month - 1]} {moment.year}"
    if grain is Grain.YEAR:
        return str(moment.year)
    if grain is Grain.QUARTER:
        return f"Q{(moment.month + 2) // 3} {moment.year}"
    if grain is Grain.MONTH:
        return f"{MONTHS_EN[moment.month - 1]} {moment.year}"
    if grain is Grain.WEEK:
        return f"the week of {day}"
    if grain is Grain.DAY:
        return day
    return f"{day}, {_clock(moment, grain)}"


def _zh(moment: datetime, grain: Grain) -> str:
    day = f"{moment.year}年{moment.month}月{moment.day}日"
    if grain is Grain.YEAR:
        return f"{moment.year}年"
    if grain is Grain.QUARTER:
        return f"{moment.year}年{QUARTERS_ZH[(moment.month - 1) // 3]}"
    if grain is Grain.MONTH:
        return f"{moment.year}年{moment.month}月"
    if grain is Grain.WEEK:
        return f"{day}当周"
    if grain is Grain.DAY:
        return day
    if grain is Grain.HOUR:
        return f"{day}{moment.hour}时"
    return f"{day}{_clock(moment, grain)}"


def _clock(moment: datetime, grain: Grain) -> str:
    if grain is Grain.SECOND:
        return f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}"
    return f"{moment.hour:02d}:{moment.minute:02d}"


# ---------------------------------------------------------------- periods


def ends_of(period: Period) -> tuple[datetime | None, datetime | None, Grain]:
    """First and last unit of a period, and the coarsest unit that both ends fit."""
    last_moment = None if period.end is None else period.end - timedelta(microseconds=1)
    for grain in (Grain.YEAR, Grain.QUARTER, Grain.MONTH, Grain.DAY, Grain.HOUR, Grain.MINUTE):
        fits = all(edge is None or truncate(edge, grain) == edge for edge in (period.start, period.end))
        if fits and not (grain is Grain.QUARTER and not _one_unit(period, grain)):
            last = None if last_moment is None else truncate(last_moment, grain)
            return period.start, last, grain
    return period.start, last_moment, Grain.SECOND


def _one_unit(period: Period, grain: Grain) -> bool:
    return period.start is not None and shift(period.start, grain, 1) == period.end


def period_text(period: Period, language: Language) -> str:
    """A time filter as an adverbial: "in March 2024", "from 1 May 2024 to 9 May 2024"; 2024年3月."""
    if period.fields:
        return _fields_zh(period) if language == "zh" else _fields_en(period)
    first, last, grain = ends_of(period)
    if first is not None and first == last:
        text = date_text(first, grain, language)
        if language == "zh":
            return text
        return f"on {text}" if grain is Grain.DAY else f"in {text}"
    start = None if first is None else date_text(first, grain, language)
    end = None if last is None else date_text(last, grain, language)
    if language == "zh":
        if start and end:
            return f"{start}至{end}"
        return f"{start}起" if start else f"截至{end}" if end else ""
    if start and end:
        return f"from {start} to {end}"
    return f"since {start}" if start else f"up to {end}" if end else ""


def _fields_en(period: Period) -> str:
    given = dict(period.fields)
    fiscal = "fiscal " if given.pop("fiscal", 0) else ""
    parts: list[str] = []
    if "hour" in given:
        parts.append(f"at {given['hour']}:00")
    if "weekday" in given:
        parts.append(f"on {DAYS_EN[given['weekday'] - 1]}s")
    if "day" in given and "month" in given:
        parts.append(f"on {given['day']} {MONTHS_EN[given.pop('month') - 1]}")
    elif "day" in given:
        parts.append(f"on day {given['day']} of the month")
    if "month" in given:
        parts.append(f"in {MONTHS_EN[given['month'] - 1]}")
    if "week" in given:
        parts.append(f"in week {given['week']}")
    if "quarter" in given:
        parts.append(f"in {fiscal}Q{given['quarter']}")
    if "half" in given:
        parts.append(f"in the {'first' if given['half'] == 1 else 'second'} {fiscal}half")
    if "year" in given:
        join = "of" if parts and parts[-1].startswith("in ") else "in"
        parts.append(f"{join} {fiscal if len(parts) == 0 else ''}{given['year']}")
    elif parts and not parts[0].startswith("at"):
        parts.append("of any year" if parts[-1].startswith("in ") else "")
    return " ".join(part for part in parts if part)


def _fields_zh(period: Period) -> str:
    given = dict(period.fields)
    parts: list[str] = []
    if given.pop("fiscal", 0):
        parts.append("财年")
    if "year" in given:
        parts.append(f"{given['year']}年")
    elif any(name in given for name in ("month", "quarter", "half")):
        parts.append("每年")
    if "half" in given:
        parts.append("上半年" if given["half"] == 1 else "下半年")
    if "quarter" in given:
        parts.append(QUARTERS_ZH[given["quarter"] - 1])
    if "month" in given:
        parts.append(f"{given['month']}月")
    if "week" in given:
        parts.append(f"第{given['week']}周")
    if "day" in given:
        parts.append(f"{given['day']}日" if "month" in given else f"每月{given['day']}日")
    if "weekday" in given:
        parts.append(DAYS_ZH[given["weekday"] - 1])
    if "hour" in given:
        parts.append(f"{given['hour']}时")
    return "".join(parts)
