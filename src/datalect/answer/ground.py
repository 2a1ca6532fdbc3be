"""The ground a sentence may stand on: cells, filters and counts, free of any wording.

Words are written from it and the verifier reads it; the two share nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from datalect.answer.model import Fact
from datalect.data.model import Grain

if TYPE_CHECKING:
    from datalect.planner.base import Language

Kind = Literal["number", "date", "text", "boolean"]
Direction = Literal["asc", "desc"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A phrase in both languages."""

    en: str
    zh: str

    def in_(self, language: Language) -> str:
        """The phrase in one language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """What the rows of a table are called."""

    one: str
    many: str
    zh: str
    generic: bool  # "rows": the table's name is no plural noun
    table: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column of the result, as sentences need it.

    Attributes:
        name: column of the result.
        role: ``breakdown``, ``measure``, ``derived`` or ``list``.
        kind: what its cells are.
        fn: how figures arise: ``count``, ``sum``, ``avg`` ... or a step such as ``share``; "" for columns.
        label: the bare column ("departure delay").
        phrase: the whole figure ("average departure delay").
        unit: unit as shown, such as ``min``.
        currency: ISO code or symbol.
        percent: 0 for plain numbers; 100 where cells are fractions to be shown as percent, 1 for percents.
        grain: calendar unit of the cells.
        additive: whether the cells of different groups may be summed.
        width: width of a bin, for binned numbers.
        of: the field a step was derived from.
        counted: what is counted, for counts.
        naming: whether its texts name single things (a name, an id) rather than kinds.
        inner: what was aggregated first, for aggregates of aggregates ("average number of ... per ...").
    """

    name: str
    role: str
    kind: Kind
    label: Words
    phrase: Words
    fn: str = ""
    unit: str | None = None
    currency: str | None = None
    percent: float = 0.0
    grain: Grain | None = None
    additive: bool = False
    width: float | None = None
    of: str = ""
    counted: Noun | None = None
    inner: str = ""
    naming: bool = False

    @property
    def figure(self) -> bool:
        """Whether its cells are computed figures, not names of groups."""
        return self.role in ("measure", "derived")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of time, ``start`` included, ``end`` excluded; None is open.

    Attributes:
        fields: calendar fields that must match as well, such as month 7; ``fiscal`` marks fiscal ones.
    """

    start: datetime | None = None
    end: datetime | None = None
    fields: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One filter.

    Attributes:
        label: the column or expression tested.
        op: as in plans; ``time`` for a time filter, ``has`` for partner rows, ``any`` for alternatives.
        values: constants compared with.
        kind: what the values are.
        negated: the test must not hold.
        period: for ``time``.
        other: words of what it is compared with, where that is no constant.
        parts: the members of ``any``; the inner filters of ``has``.
        shape: a field-like description for formatting the values (unit, currency, percent).
    """

    label: Words
    op: str
    values: tuple[Any, ...] = ()
    kind: Kind = "text"
    negated: bool = False
    period: Period | None = None
    other: Words | None = None
    parts: tuple[Condition, ...] = ()
    shape: Field | None = None

    def walk(self) -> Iterator[Condition]:
        """This condition and all inside it."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSet(Sequence[Fact]):
    """The facts of one answer and the ground they stand on.

    Attributes:
        items: the facts.
        fields: the result's columns in order.
        rows: the result's rows in order.
        conditions: filters on rows, joined by "and".
        keeps: filters on groups (HAVING).
        noun: what the rows asked about are called.
        task: what was asked for.
        top: number of rows asked for, or None.
        skip: rows left out before the first.
        order: sort keys in force.
        cut: whether groups beyond ``rows`` exist or may exist (top, limits, keep).
        truncated: whether a limit cut the result.
        rows_used: rows that passed the filters.
        rows_total: rows of the table.
        nulls: field -> rows used whose cell was missing.
        plan: hash of the plan.
    """

    items: tuple[Fact, ...] = ()
    fields: tuple[Field, ...]
    rows: tuple[Mapping[str, Any], ...]
    conditions: tuple[Condition, ...] = ()
    keeps: tuple[Condition, ...] = ()
    noun: Noun
    task: str = ""
    top: int | None = None
    skip: int = 0
    order: tuple[tuple[str, Direction], ...] = ()
    cut: bool = False
    truncated: bool = False
    rows_used: int | None = None
    rows_total: int | None = None
    nulls: Mapping[str, int] = field(default_factory=dict)
    plan: str = ""

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: Any) -> Any:
        return self.items[index]

    @property
    def groups(self) -> tuple[Field, ...]:
        """Fields the result is grouped by."""
        return tuple(f for f in self.fields if f.role == "breakdown")

    @property
    def figures(self) -> tuple[Field, ...]:
        """Fields that hold computed figures."""
        return tuple(f for f in self.fields if f.figure)

    def field(self, name: str) -> Field | None:
        """The field of that name, or None."""
        return next((f for f in self.fields if f.name == name), None)

    def is_named(self, row: Mapping[str, Any]) -> bool:
        """Whether the groups of a row are known; rows of a missing group win no comparison."""
        return all(row.get(f.name) is not None for f in self.groups)

    @property
    def time(self) -> Field | None:
        """The breakdown that runs along calendar time, or None."""
        return next((f for f in self.groups if on_calendar(f)), None)


_CYCLES = frozenset(
    {Grain.MONTH_OF_YEAR, Grain.QUARTER_OF_YEAR, Grain.DAY_OF_WEEK, Grain.DAY_OF_MONTH, Grain.HOUR_OF_DAY}
)


def on_calendar(field_: Field) -> bool:
    """Whether the cells are points of calendar time (not cycles such as the month of any year)."""
    return field_.kind == "date" and field_.grain not in _CYCLES


def in_cycle(field_: Field) -> bool:
    """Whether the cells are positions in a calendar cycle."""
    return field_.grain in _CYCLES


def as_datetime(value: Any) -> datetime | None:
    """A date cell as a datetime without zone; a whole number is a year; anything else None."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 9999:
        return datetime(value, 1, 1)
    return None
