"""Calendar bins as nvBench means them, over the many ways its databases write dates."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

_ISO = re.compile(r"\s*(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_AMERICAN = re.compile(r"\s*(\d{1,2})/(\d{1,2})/(\d{4})")
_YEAR = re.compile(r"\s*(\d{4})(\.0)?\s*$")


def bin_of(value: Any, unit: str) -> int | str | None:
    """The bin a date falls into: year, month 1..12, weekday 1 (Monday)..7, day of month; NULL if unreadable.

    ``year-month`` and ``date`` are the bins on the calendar, for those who read "by month" that way.
    """
    day = _date(value)
    if day is None:
        return None
    return {
        "year": day.year,
        "month": day.month,
        "weekday": day.isoweekday(),
        "day": day.day,
        "year-month": f"{day.year:04d}-{day.month:02d}",
        "date": day.isoformat(),
    }[unit]


def _date(value: Any) -> date | None:
    text = str(value)
    try:
        if found := _ISO.match(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _AMERICAN.match(text):
            return date(int(found[3]), int(found[1]), int(found[2]))
        if found := _YEAR.match(text):
            return date(int(found[1]), 1, 1)
    except ValueError:
        return None
    return None
