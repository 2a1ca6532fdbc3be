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

from typing import Any, Literal

from pydantic import Field, model_validator

from datalect.plan.model_base import (
    ROW_OPERATORS,
    ColumnRef,
    CompareOp,
    Expr,
    Lit,
    Name,
    Node,
    Scalar,
    TestOp,
)
from datalect.plan.model_names import breakdown_name, item_name, measure_name, step_name
from datalect.plan.model_output import Keep, Open, Show, Sort, Step, StepFn, TextStage
from datalect.plan.model_rows import (
    Aggregate,
    AggregateFn,
    AnyOf,
    Breakdown,
    ColumnTest,
    HasTest,
    ListItem,
    Measure,
    MetricUse,
    Nested,
    Not,
    Ratio,
    Test,
    Threshold,
    TimeTest,
)
from datalect.plan.model_time import Calendar, Dates, Range, Rolling, Span, ToDate

__all__ = [
    "ROW_OPERATORS",
    "Aggregate",
    "AggregateFn",
    "AnyOf",
    "Breakdown",
    "Calendar",
    "ColumnRef",
    "ColumnTest",
    "CompareOp",
    "Dates",
    "Expr",
    "HasTest",
    "Keep",
    "ListItem",
    "Lit",
    "Measure",
    "MetricUse",
    "Name",
    "Nested",
    "Not",
    "Open",
    "Plan",
    "Range",
    "Ratio",
    "Rolling",
    "Scalar",
    "Show",
    "Sort",
    "Span",
    "Step",
    "StepFn",
    "Task",
    "Test",
    "TestOp",
    "TextStage",
    "Threshold",
    "TimeTest",
    "ToDate",
    "breakdown_name",
    "item_name",
    "measure_name",
    "step_name",
]

Task = Literal[
    "value", "list", "compare", "rank", "share", "trend", "growth", "distribution", "correlation",
    "composition", "extreme",
]  # fmt: skip


class Plan(Node):
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
