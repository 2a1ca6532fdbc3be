"""Time filters as stretches of the calendar."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from datalect.answer.ground import Period
from datalect.plan.spans import resolve_span, shift, truncate

__all__ = ["period_of", "read_moment", "shift", "truncate"]


def read_moment(text: str) -> datetime | None:
    """An ISO date or date-time, or None."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


def period_of(span: Any, as_of: datetime | None, fiscal_start: int = 1) -> Period:
    """The stretch of time that a span means; its calendar fields where it is no single stretch."""
    now = (as_of or datetime.now()).replace(tzinfo=None)
    stretch = resolve_span(span, now, fiscal_start)
    fields = dict(stretch.fields)
    if fields and stretch.fiscal:
        fields["fiscal"] = 1
    return Period(start=stretch.start, end=stretch.end, fields=fields)
