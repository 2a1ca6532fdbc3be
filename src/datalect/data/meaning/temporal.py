"""Meaning of dates and times: how fine they really are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from datalect.data.model import Grain, Meaning, SemanticType

if TYPE_CHECKING:
    from datalect.data.meaning.decide import Evidence


def decide_temporal(evidence: Evidence) -> Meaning:
    """Date, date-time or time of day, with the finest calendar unit that varies."""
    if evidence.dtype.upper().startswith("TIME") and not evidence.dtype.upper().startswith("TIMESTAMP"):
        return Meaning(type=SemanticType.TIME, grain=Grain.MINUTE, evidence="times of day")
    values = evidence.values if evidence.complete else [*evidence.values, *evidence.sample]
    coarse = evidence.grain in (Grain.MONTH, Grain.QUARTER, Grain.YEAR)
    grain = evidence.grain if coarse and evidence.grain else finest_grain(values)
    if grain in (Grain.HOUR, Grain.MINUTE, Grain.SECOND):
        return Meaning(type=SemanticType.DATETIME, grain=grain, evidence=f"date-times to the {grain.value}")
    wording = "dates" if grain is Grain.DAY else f"dates, one per {grain.value}"
    return Meaning(type=SemanticType.DATE, grain=grain, evidence=wording)


def finest_grain(values: Sequence[Any]) -> Grain:
    """The finest calendar unit that varies over dates or date-times."""
    days = [v for v in values if isinstance(v, date)]
    times = [v for v in days if isinstance(v, datetime)]
    if len({t.time() for t in times}) == 1:
        times = []  # one and the same time of day is a trace of time zones, not information
    if any(t.second or t.microsecond for t in times):
        return Grain.SECOND
    if any(t.minute for t in times):
        return Grain.MINUTE
    if any(t.hour for t in times):
        return Grain.HOUR
    distinct = {(d.year, d.month, d.day) for d in days}
    if len(distinct) < 3 or any(day != 1 for _, _, day in distinct):
        return Grain.DAY
    months = {month for _, month, _ in distinct}
    if months == {1}:
        return Grain.YEAR
    if months <= {1, 4, 7, 10} and len(distinct) >= 4:
        return Grain.QUARTER
    return Grain.MONTH
