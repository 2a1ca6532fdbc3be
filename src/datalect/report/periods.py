"""Two periods of one table, as written after ``--compare``: ``2023:2024``, ``2024-05:2024-06``, ``2024-Q2``.

A period is a year, a quarter, a month, a day, or two days with ``..`` between them. Of two periods the
earlier comes first; a single one is compared with the one just before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from datalect.answer.dates import date_text
from datalect.answer.ground import Words
from datalect.data.model import Grain
from datalect.errors import UsageError

_DAY = r"\d{4}-\d{1,2}-\d{1,2}"
_ONE = rf"(?:{_DAY}\.\.{_DAY}|{_DAY}|\d{{4}}-?[Qq]\d|\d{{4}}-\d{{1,2}}|\d{{4}})"
_SPEC = re.compile(rf"\s*({_ONE})\s*(?::\s*({_ONE})\s*)?")
_EXPECTED = "such as 2023:2024, 2024-05:2024-06, 2024-Q2 or 2024-01-01..2024-03-31:2024-04-01..2024-06-30"


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of the calendar.

    Attributes:
        start: its first day.
        stop: the day after its last.
        grain: the unit it is one of; None for two days with ``..`` between them.
    """

    start: date
    stop: date
    grain: Grain | None

    @property
    def days(self) -> int:
        """Its length."""
        return (self.stop - self.start).days

    @property
    def name(self) -> Words:
        """The period as it stands in a sentence."""
        if self.grain is not None:
            return Words(
                en=date_text(self.start, self.grain, "en"), zh=date_text(self.start, self.grain, "zh")
            )
        last = self.stop - timedelta(days=1)
        ends = [(date_text(d, Grain.DAY, "en"), date_text(d, Grain.DAY, "zh")) for d in (self.start, last)]
        return Words(en=f"{ends[0][0]} to {ends[1][0]}", zh=f"{ends[0][1]}至{ends[1][1]}")

    def before(self) -> Period:
        """The period of the same kind just before."""
        if self.grain in (None, Grain.DAY):
            return Period(self.start - timedelta(days=self.days), self.start, self.grain)
        months = {Grain.YEAR: 12, Grain.QUARTER: 3}.get(self.grain or Grain.MONTH, 1)
        return Period(_later(self.start, -months), self.start, self.grain)


def periods_of(text: str) -> tuple[Period, Period] | None:
    """The earlier and the later period that a text names; None where it names no periods.

    Raises:
        UsageError: it is written like periods, but there is no such day, or they overlap.
    """
    found = _SPEC.fullmatch(text)
    if found is None:
        return None
    try:
        one = _period(found[1])
        other = _period(found[2]) if found[2] else one.before()
    except (ValueError, OverflowError) as error:
        raise UsageError("There is no such period.", expected=_EXPECTED, received=text) from error
    earlier, later = sorted((one, other), key=lambda p: (p.start, p.stop))
    if later.start < earlier.stop:
        raise UsageError(
            "The two periods overlap.", expected="two periods without a day in common", received=text
        )
    return earlier, later


def _period(text: str) -> Period:
    if ".." in text:
        first, last = (_day(part) for part in text.split(".."))
        if last < first:
            raise ValueError(text)
        return Period(first, last + timedelta(days=1), None)
    if re.fullmatch(_DAY, text):
        return Period(_day(text), _day(text) + timedelta(days=1), Grain.DAY)
    year, rest = int(text[:4]), text[4:].lstrip("-")
    if not rest:
        return Period(date(year, 1, 1), date(year + 1, 1, 1), Grain.YEAR)
    if rest[0] in "Qq":
        quarter = int(rest[1:])
        start = date(year, 3 * quarter - 2, 1)
        return Period(start, _later(start, 3), Grain.QUARTER)
    start = date(year, int(rest), 1)
    return Period(start, _later(start, 1), Grain.MONTH)


def _day(text: str) -> date:
    year, month, day = (int(part) for part in text.split("-"))
    return date(year, month, day)


def _later(start: date, months: int) -> date:
    """The first day of the month so many months on."""
    whole = start.year * 12 + start.month - 1 + months
    return date(whole // 12, whole % 12 + 1, 1)
