"""Stretches of time in a plan, relative and absolute; code resolves them, never a planner."""

from __future__ import annotations

from typing import TypeAlias

from pydantic import Field, model_validator

from datalect.data.model import Grain
from datalect.plan.model_base import Node


class Rolling(Node):
    """The last n units up to and including the moment of reference: ``{"last": 3, "unit": "month"}``."""

    last: int = Field(ge=1, le=100_000)
    unit: Grain


class Calendar(Node):
    """A whole calendar unit counted back: 0 this year, 1 last year, -1 next year. ``span`` units long."""

    ago: int = Field(ge=-1000, le=1000)
    unit: Grain
    span: int = Field(default=1, ge=1, le=1000)
    fiscal: bool = False


class ToDate(Node):
    """From the start of the current unit up to the moment of reference: year to date, month to date.

    ``ago`` shifts it: ``{"to_date": "year", "ago": 1}`` is the same stretch of last year.
    """

    to_date: Grain
    ago: int = Field(default=0, ge=0, le=1000)
    fiscal: bool = False


class Dates(Node):
    """Calendar fields that must match; a month without a year is that month of every year."""

    year: int | None = Field(default=None, ge=1, le=9999)
    half: int | None = Field(default=None, ge=1, le=2)
    quarter: int | None = Field(default=None, ge=1, le=4)
    month: int | None = Field(default=None, ge=1, le=12)
    week: int | None = Field(default=None, ge=1, le=53)
    day: int | None = Field(default=None, ge=1, le=31)
    weekday: int | None = Field(default=None, ge=1, le=7)
    hour: int | None = Field(default=None, ge=0, le=23)
    fiscal: bool = False

    @model_validator(mode="after")
    def _not_empty(self) -> Dates:
        if all(getattr(self, f) is None for f in type(self).model_fields if f != "fiscal"):
            raise ValueError("name at least one calendar field, such as year or month")
        return self


class Range(Node):
    """ISO dates or date-times, both ends included; a date as the end includes that whole day."""

    from_: str | None = Field(default=None, alias="from")
    to: str | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Range:
        if self.from_ is None and self.to is None:
            raise ValueError("a range needs from, to or both")
        return self


Span: TypeAlias = Rolling | Calendar | ToDate | Dates | Range
