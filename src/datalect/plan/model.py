"""Plan v1: the one typed form every question takes before anything is computed.

A plan is a closed JSON object. Column references are strings:

    "amount"               a column of the ``from`` table
    "customers.region"     a column of another table, reached over the key graph
    "dest>airports.name"   the same, when several keys lead there: start at the key column ``dest``

Row-wise expressions are a reference, a number, ``{"lit": value}`` or a prefix list:
``["*", "quantity", "unit_price"]``, ``["date_diff", "day", "ordered", "delivered"]`` (delivered minus
ordered), ``["date_part", "month", "ordered"]``, ``["length", "title"]``, ``["abs", x]``, ``["now"]``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import TypeAliasType

from datalect.data.model import Grain

Scalar: TypeAlias = str | int | float | bool
ColumnRef: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]
CompareOp = Literal["=", "!=", "<", "<=", ">", ">="]
TestOp = Literal["=", "!=", "<", "<=", ">", ">=", "between", "in", "contains", "starts", "ends", "null"]
AggregateFn = Literal[
    "count", "distinct", "sum", "avg", "min", "max", "median", "percentile", "stddev", "corr"
]
StepFn = Literal["share", "rank", "difference", "pct_change", "cumulative", "moving_average", "contribution"]
ROW_OPERATORS = ("+", "-", "*", "/", "date_diff", "date_part", "length", "abs", "now")


class _Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class Lit(_Node):
    """A constant inside an expression (dates and texts; numbers stand bare)."""

    lit: Scalar


Expr = TypeAliasType("Expr", "ColumnRef | int | float | Lit | list[Expr]")


# ---------------------------------------------------------------- time


class Rolling(_Node):
    """The last n units up to and including the moment of reference: ``{"last": 3, "unit": "month"}``."""

    last: int = Field(ge=1, le=100_000)
    unit: Grain


class Calendar(_Node):
    """A whole calendar unit counted back: 0 this year, 1 last year, -1 next year. ``span`` units long."""

    ago: int = Field(ge=-1000, le=1000)
    unit: Grain
    span: int = Field(default=1, ge=1, le=1000)
    fiscal: bool = False


class ToDate(_Node):
    """From the start of the current unit up to the moment of reference: year to date, month to date.

    ``ago`` shifts it: ``{"to_date": "year", "ago": 1}`` is the same stretch of last year.
    """

    to_date: Grain
    ago: int = Field(default=0, ge=0, le=1000)
    fiscal: bool = False


class Dates(_Node):
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


class Range(_Node):
    """ISO dates or date-times, both ends included; a date as the end includes that whole day."""

    from_: str | None = Field(default=None, alias="from")
    to: str | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Range:
        if self.from_ is None and self.to is None:
            raise ValueError("a range needs from, to or both")
        return self


Span: TypeAlias = Rolling | Calendar | ToDate | Dates | Range

# ---------------------------------------------------------------- filters


class ColumnTest(_Node):
    """Compare a column or expression of each row with constants, another expression, or one aggregate.

    ``val`` is a scalar, a list for ``in``, a pair for ``between`` (ends included) and absent for ``null``.
    ``than`` compares with an expression of the same row. ``agg`` compares with a single number computed over
    the whole table (or over the rows of its own ``where``). ``contains``, ``starts`` and ``ends`` ignore
    case.
    """

    col: ColumnRef | None = None
    expr: Expr | None = None
    op: TestOp
    val: Scalar | list[Scalar] | None = None
    than: Expr | None = None
    agg: Aggregate | None = None

    @model_validator(mode="after")
    def _shape(self) -> ColumnTest:
        if (self.col is None) == (self.expr is None):
            raise ValueError("give exactly one of col and expr")
        given = sum(x is not None for x in (self.val, self.than, self.agg))
        if self.op == "null":
            if given:
                raise ValueError("op null takes no value")
            return self
        if given != 1:
            raise ValueError("give exactly one of val, than and agg")
        if self.op == "in" and not (isinstance(self.val, list) and self.val):
            raise ValueError("op in needs a list of at least one value")
        if self.op == "between" and not (isinstance(self.val, list) and len(self.val) == 2):
            raise ValueError("op between needs a list of two values")
        if self.op not in ("in", "between") and isinstance(self.val, list):
            raise ValueError(f"op {self.op} takes one value")
        return self


class TimeTest(_Node):
    """Keep rows whose time lies in a span."""

    time: ColumnRef
    in_: Span = Field(alias="in")


class HasTest(_Node):
    """Keep rows that have (or, with ``neg``, have no) partner rows in another table.

    ``count`` asks for a number of partners: ``{"op": ">=", "val": 3}``. ``has`` names the table, or
    ``table.key_column`` where several keys connect the two. ``of`` names the table whose rows must have the
    partners when it is not the one the plan starts from.
    """

    has: Name
    of: ColumnRef | None = None
    where: list[Test] = Field(default_factory=list)
    neg: bool = False
    count: Threshold | None = None


class AnyOf(_Node):
    """At least one holds. One level: the members are plain tests or their negations."""

    any: list[Test] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_level(self) -> AnyOf:
        if any(isinstance(t, AnyOf) or (isinstance(t, Not) and isinstance(t.not_, AnyOf)) for t in self.any):
            raise ValueError("any does not nest inside any")
        return self


class Not(_Node):
    """The test does not hold. A row whose test is unknown (NULL) is left out, as in SQL."""

    not_: Test = Field(alias="not")


class Threshold(_Node):
    """A comparison with a number."""

    op: CompareOp
    val: int | float


Test = TypeAliasType("Test", "ColumnTest | TimeTest | HasTest | AnyOf | Not")

# ---------------------------------------------------------------- measures


class Aggregate(_Node):
    """One aggregate over the rows of a group.

    ``count`` without a column counts rows, with one its non-null values; ``distinct`` counts distinct
    non-null values; ``percentile`` needs ``p`` in 0..1 (continuous); ``corr`` needs ``with`` (Pearson).

    ``each`` names the table whose rows are measured when it is not the one the columns suggest: a column of a
    table on the "one" side of a join is otherwise taken once for each row of its own table, never once per
    joined row. References of an aggregate with ``each`` start at that table.
    """

    fn: AggregateFn
    col: ColumnRef | None = None
    expr: Expr | None = None
    with_: ColumnRef | None = Field(default=None, alias="with")
    p: float | None = Field(default=None, ge=0, le=1)
    each: ColumnRef | None = None
    where: list[Test] = Field(default_factory=list)
    as_: Name | None = Field(default=None, alias="as")

    @model_validator(mode="after")
    def _shape(self) -> Aggregate:
        if self.col is not None and self.expr is not None:
            raise ValueError("give at most one of col and expr")
        if self.fn != "count" and self.col is None and self.expr is None:
            raise ValueError(f"{self.fn} needs col or expr")
        if (self.fn == "percentile") != (self.p is not None):
            raise ValueError("p goes with percentile, and percentile needs it")
        if (self.fn == "corr") != (self.with_ is not None):
            raise ValueError("with goes with corr, and corr needs it")
        return self


class Nested(_Node):
    """An aggregate of an aggregate: first ``of`` for each combination of ``per``, then ``fn`` over those.

    ``{"fn": "avg", "of": {"fn": "count"}, "per": ["customer_id"]}`` is orders per customer;
    ``{"fn": "count", "of": {"fn": "count"}, "per": ["customer_id"], "keep": [{"op": ">=", "val": 3}]}``
    counts the customers with at least three orders. Groups are formed inside each group of the plan's
    breakdown.
    """

    fn: Literal["count", "sum", "avg", "min", "max", "median", "stddev"]
    of: Aggregate
    per: list[ColumnRef | Breakdown] = Field(min_length=1, max_length=3)
    keep: list[Threshold] = Field(default_factory=list)
    where: list[Test] = Field(default_factory=list)
    as_: Name | None = Field(default=None, alias="as")


class Ratio(_Node):
    """Two aggregates of the same group set against each other: their quotient, or their difference.

    The quotient is NULL where the denominator is 0; the ``difference`` is ``num`` minus ``den``.
    """

    fn: Literal["ratio", "difference"]
    num: Aggregate | Nested
    den: Aggregate | Nested
    as_: Name | None = Field(default=None, alias="as")


class MetricUse(_Node):
    """A metric of the glossary."""

    metric: Name
    where: list[Test] = Field(default_factory=list)
    as_: Name | None = Field(default=None, alias="as")


Measure: TypeAlias = Aggregate | Nested | Ratio | MetricUse


class Breakdown(_Node):
    """What to group by: a column, a time at a grain, or a number in bins.

    ``bins`` asks for about that many bins of round width, ``width`` for bins of exactly that width,
    aligned at 0; a bin is labelled by its lower edge.
    """

    col: ColumnRef | None = None
    expr: Expr | None = None
    grain: Grain | None = None
    bins: int | None = Field(default=None, ge=2, le=200)
    width: float | None = Field(default=None, gt=0)
    as_: Name | None = Field(default=None, alias="as")

    @model_validator(mode="after")
    def _shape(self) -> Breakdown:
        if (self.col is None) == (self.expr is None):
            raise ValueError("give exactly one of col and expr")
        if sum(x is not None for x in (self.grain, self.bins, self.width)) > 1:
            raise ValueError("give at most one of grain, bins and width")
        return self


class ListItem(_Node):
    """A computed column of a row list."""

    expr: Expr
    as_: Name | None = Field(default=None, alias="as")


# ---------------------------------------------------------------- after grouping


class Step(_Node):
    """A derived column over the grouped result, computed before ``keep``, ``sort`` and ``top``.

    Attributes:
        of: the measure (or earlier step) it is derived from.
        over: breakdown whose order counts (difference, pct_change, cumulative, moving_average); default: the
            first time breakdown, else the first breakdown.
        within: breakdown inside whose groups it is computed (share within a region); default: all rows.
        lag: how many positions back (difference, pct_change).
        period: calendar distance instead of positions: ``year`` compares with the same time a year before.
        window: positions in a moving average, the current one included.
        dir: direction of a rank; ``desc`` gives rank 1 to the largest. Equal values share a rank.
    """

    fn: StepFn
    of: Name
    over: Name | None = None
    within: Name | None = None
    lag: int = Field(default=1, ge=1, le=1000)
    period: Grain | None = None
    window: int = Field(default=3, ge=2, le=1000)
    dir: Literal["asc", "desc"] = "desc"
    as_: Name | None = Field(default=None, alias="as")


class Keep(_Node):
    """A condition on an output column (HAVING). ``agg`` compares with that figure over all groups."""

    of: Name
    op: CompareOp | Literal["between", "null"]
    val: Scalar | list[Scalar] | None = None
    agg: Literal["avg", "median", "min", "max"] | None = None
    neg: bool = False


class Sort(_Node):
    """Order of the rows shown; missing values come last either way."""

    of: Name
    dir: Literal["asc", "desc"] = "asc"


# ---------------------------------------------------------------- language-model columns, charts, evidence


class TextStage(_Node):
    """A language-model function over a text column that becomes a virtual column."""

    fn: Name
    col: ColumnRef
    as_: Name = Field(alias="as")
    options: dict[str, Scalar | list[Scalar]] = Field(default_factory=dict)


class Show(_Node):
    """The chart asked for; ``auto`` leaves the choice to the rules, ``none`` wants no chart."""

    mark: Literal["auto", "none", "bar", "line", "area", "point", "histogram", "box", "heatmap", "pie"] = (
        "auto"
    )
    x: Name | None = None
    y: Name | None = None
    color: Name | None = None
    stack: bool | None = None
    log: bool = False


class Open(_Node):
    """A slot the planner was unsure of, with its options and their probabilities, best first."""

    at: Name
    options: list[tuple[Any, float]]


Task = Literal[
    "value", "list", "compare", "rank", "share", "trend", "growth", "distribution", "correlation",
    "composition", "extreme",
]  # fmt: skip


class Plan(_Node):
    """What to compute, and nothing about how.

    Order of meaning: ``where`` (AND) keeps rows; ``by`` groups; ``get`` measures each group (no ``by``: one
    group); or ``list`` shows rows (``distinct`` removes repeats); ``then`` derives; ``keep`` filters groups;
    ``sort``, ``skip`` and ``top`` cut (``top_per``: inside each value of that breakdown).
    ``by`` without ``get`` lists the distinct groups.
    """

    version: Literal[1] = 1
    from_: Name = Field(alias="from")
    where: list[Test] = Field(default_factory=list, max_length=50)
    by: list[Breakdown] = Field(default_factory=list, max_length=2)
    get: list[Measure] = Field(default_factory=list, max_length=20)
    list_: list[ColumnRef | ListItem] = Field(default_factory=list, alias="list", max_length=200)
    distinct: bool = False
    then: list[Step] = Field(default_factory=list, max_length=10)
    keep: list[Keep] = Field(default_factory=list, max_length=20)
    sort: list[Sort] = Field(default_factory=list, max_length=5)
    top: int | None = Field(default=None, ge=1, le=1_000_000)
    skip: int = Field(default=0, ge=0, le=1_000_000)
    top_per: Name | None = None
    text: list[TextStage] = Field(default_factory=list, max_length=5)
    task: Task | None = None
    show: Show = Show()
    why: dict[str, list[int]] = Field(default_factory=dict)
    open: list[Open] = Field(default_factory=list)

    @model_validator(mode="after")
    def _shape(self) -> Plan:
        if self.list_ and (self.get or self.by):
            raise ValueError("list shows rows and does not go with get or by")
        if not (self.list_ or self.get or self.by):
            raise ValueError("say what to show: get, by or list")
        return self

    def to_json(self) -> dict[str, Any]:
        """The plan as plain JSON data, defaults left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


for _model in (ColumnTest, HasTest, AnyOf, Not, Aggregate, Nested, Ratio, Plan):
    _model.model_rebuild()


def _slug(expr: Any) -> str:
    if isinstance(expr, Lit):
        return str(expr.lit)
    if isinstance(expr, list):
        return "_".join(_slug(part) for part in expr)
    return str(expr)


def measure_name(measure: Measure) -> str:
    """The output name of a measure: its ``as``, else one built from what it computes."""
    if measure.as_ is not None:
        return measure.as_
    if isinstance(measure, MetricUse):
        return measure.metric
    if isinstance(measure, Ratio):
        joint = "per" if measure.fn == "ratio" else "minus"
        return f"{measure_name(measure.num)}_{joint}_{measure_name(measure.den)}"
    if isinstance(measure, Nested):
        return f"{measure.fn}_{measure_name(measure.of)}"
    of = measure.col if measure.expr is None else _slug(measure.expr)
    return measure.fn if of is None else f"{measure.fn}_{of}"


def breakdown_name(breakdown: Breakdown) -> str:
    """The output name of a breakdown: its ``as``, else the column with its grain."""
    if breakdown.as_ is not None:
        return breakdown.as_
    of = breakdown.col if breakdown.expr is None else _slug(breakdown.expr)
    return f"{of}_{breakdown.grain.value}" if breakdown.grain is not None else str(of)


def item_name(item: str | ListItem) -> str:
    """The output name of an entry of ``list``."""
    if isinstance(item, str):
        return item
    return item.as_ if item.as_ is not None else _slug(item.expr)


def step_name(step: Step) -> str:
    """The output name of a derived step."""
    return step.as_ if step.as_ is not None else f"{step.fn}_{step.of}"
