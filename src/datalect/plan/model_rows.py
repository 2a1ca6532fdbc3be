"""What a plan does with rows: filters, measures and breakdowns, which hold one another."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field, model_validator
from typing_extensions import TypeAliasType

from datalect.data.model import Grain
from datalect.plan.model_base import ColumnRef, CompareOp, Expr, Name, Node, Scalar, TestOp
from datalect.plan.model_time import Span

AggregateFn = Literal[
    "count", "distinct", "sum", "avg", "min", "max", "median", "percentile", "stddev", "corr"
]

# ---------------------------------------------------------------- filters


class ColumnTest(Node):
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


class TimeTest(Node):
    """Keep rows whose time lies in a span."""

    time: ColumnRef
    in_: Span = Field(alias="in")


class HasTest(Node):
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


class AnyOf(Node):
    """At least one holds. One level: the members are plain tests or their negations."""

    any: list[Test] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_level(self) -> AnyOf:
        if any(isinstance(t, AnyOf) or (isinstance(t, Not) and isinstance(t.not_, AnyOf)) for t in self.any):
            raise ValueError("any does not nest inside any")
        return self


class Not(Node):
    """The test does not hold. A row whose test is unknown (NULL) is left out, as in SQL."""

    not_: Test = Field(alias="not")


class Threshold(Node):
    """A comparison with a number."""

    op: CompareOp
    val: int | float


Test = TypeAliasType("Test", "ColumnTest | TimeTest | HasTest | AnyOf | Not")

# ---------------------------------------------------------------- measures


class Aggregate(Node):
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


class Nested(Node):
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


class Ratio(Node):
    """Two aggregates of the same group set against each other: their quotient, or their difference.

    The quotient is NULL where the denominator is 0; the ``difference`` is ``num`` minus ``den``.
    """

    fn: Literal["ratio", "difference"]
    num: Aggregate | Nested
    den: Aggregate | Nested
    as_: Name | None = Field(default=None, alias="as")


class MetricUse(Node):
    """A metric of the glossary."""

    metric: Name
    where: list[Test] = Field(default_factory=list)
    as_: Name | None = Field(default=None, alias="as")


Measure: TypeAlias = Aggregate | Nested | Ratio | MetricUse


class Breakdown(Node):
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


class ListItem(Node):
    """A computed column of a row list."""

    expr: Expr
    as_: Name | None = Field(default=None, alias="as")


for _model in (ColumnTest, HasTest, AnyOf, Not, Aggregate, Nested, Ratio):
    _model.model_rebuild()
