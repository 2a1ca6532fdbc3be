"""What a question asks for, before columns are chosen for good: the frame the parser fills."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from datalect.data.values import ValueHit
from datalect.planner.linking.dates import TimeMention

Direction = Literal["asc", "desc"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to fill a slot: a column, a metric or a computed expression, with its fit.

    Attributes:
        ref: column id (``table.column``), metric name, or "" for an expression.
        fit: 0..1.
        kind: ``col``, ``metric`` or ``expr``.
        expr: the row-wise expression, for ``expr``; references are column ids.
        note: assumption that comes with it, (English, Chinese), or None.
    """

    ref: str
    fit: float
    kind: str = "col"
    expr: Any = None
    note: tuple[str, str] | None = None


@dataclass(slots=True)
class Ref:
    """A slot for a column with the ways to fill it, best first; ``at`` is the item it came from."""

    choices: list[Choice]
    at: int
    text: str = ""


@dataclass(slots=True)
class Want:
    """One thing to show: a plain column, a count, or an aggregate.

    Attributes:
        kind: ``col``, ``count`` (rows or distinct things) or ``agg``.
        fn: aggregate function, for ``agg``.
        ref: the column, or None for a count of rows.
        table: the table counted, when one was named.
        per: inner grouping of a two-level aggregate.
        distinct: whether different things are counted.
        threshold: comparison on the inner count, for counting things that have so many.
        p: percentile, 0..1.
    """

    kind: str
    fn: str = ""
    ref: Ref | None = None
    table: str | None = None
    per: Ref | None = None
    per_grain: str | None = None
    inner: Want | None = None
    distinct: bool = False
    p: float | None = None
    at: int = -1


@dataclass(slots=True)
class Group:
    """A breakdown: a column, a time at a grain (no column named: the main date), or bins."""

    ref: Ref | None
    grain: str | None = None
    bins: int | None = None
    table: str | None = None
    at: int = -1


@dataclass(slots=True)
class Filter:
    """A condition.

    Attributes:
        kind: ``value``, ``number``, ``time``, ``null``, ``text``, ``bool``, ``agg``, ``than`` or ``has``.
        ref: the column, or None when it follows from the value or is the main date.
        hits: stored values, for ``value``; several groups are an OR list.
        way: header words of the key that leads to the values, said by "from" or "to".
    """

    kind: str
    ref: Ref | None = None
    op: str = "="
    values: list[Any] = field(default_factory=list)
    hits: list[tuple[ValueHit, ...]] = field(default_factory=list)
    time: TimeMention | None = None
    than: Ref | None = None
    fn: str = "avg"
    table: str | None = None
    neg: bool = False
    at: int = -1
    way: frozenset[str] = frozenset()


@dataclass(slots=True)
class Rank:
    """Top or bottom: how many, which way, by what."""

    direction: Direction
    n: int = 1
    skip: int = 0
    by: Want | None = None
    at: int = -1
    entity: Ref | None = None
    entity_table: str | None = None
    explicit_n: bool = False
    superlative: bool = False


@dataclass(slots=True)
class Sorting:
    """A requested order: by a thing, an axis of the chart, or whatever is measured."""

    by: Want | None
    axis: str | None
    direction: Direction | None


@dataclass(slots=True)
class Having:
    """A condition on a group: ``more than 100 orders``."""

    want: Want
    op: str
    value: float
    at: int = -1


@dataclass(slots=True)
class Apart:
    """How far two things lie apart, as one figure.

    Attributes:
        sign: ``+`` how much more the first has, ``-`` how much less, ``x`` how many times as much; ""
            says no direction.
    """

    sign: str
    at: int = -1


@dataclass(slots=True)
class Frame:
    """Everything a question asks for."""

    wants: list[Want] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    rank: Rank | None = None
    sorting: Sorting | None = None
    havings: list[Having] = field(default_factory=list)
    steps: list[tuple[str, Any]] = field(default_factory=list)
    tables: list[tuple[str, int]] = field(default_factory=list)
    mark: str | None = None
    listing: bool = False
    whole: bool = False
    asks_which: bool = False
    asks_exists: bool = False
    distinct: bool = False
    compare: bool = False
    apart: Apart | None = None
    rest: Filter | None = None
    limit: int | None = None
    task: str | None = None
    unknown: list[int] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    penalty: float = 1.0
    doubts: int = 0
