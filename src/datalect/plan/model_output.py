"""What a plan does with its result: derived columns, conditions, order and charts; and what was left open."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from datalect.data.model import Grain
from datalect.plan.model_base import ColumnRef, CompareOp, Name, Node, Scalar

StepFn = Literal["share", "rank", "difference", "pct_change", "cumulative", "moving_average", "contribution"]


class Step(Node):
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


class Keep(Node):
    """A condition on an output column (HAVING). ``agg`` compares with that figure over all groups."""

    of: Name
    op: CompareOp | Literal["between", "null"]
    val: Scalar | list[Scalar] | None = None
    agg: Literal["avg", "median", "min", "max"] | None = None
    neg: bool = False


class Sort(Node):
    """Order of the rows shown; missing values come last either way."""

    of: Name
    dir: Literal["asc", "desc"] = "asc"


class TextStage(Node):
    """A language-model function over a text column that becomes a virtual column."""

    fn: Name
    col: ColumnRef
    as_: Name = Field(alias="as")
    options: dict[str, Scalar | list[Scalar]] = Field(default_factory=dict)


class Show(Node):
    """The chart asked for; ``auto`` leaves the choice to the rules, ``none`` wants no chart."""

    mark: Literal["auto", "none", "bar", "line", "area", "point", "histogram", "box", "heatmap", "pie"] = (
        "auto"
    )
    x: Name | None = None
    y: Name | None = None
    color: Name | None = None
    stack: bool | None = None
    log: bool = False


class Open(Node):
    """A slot the planner was unsure of, with its options and their probabilities, best first."""

    at: Name
    options: list[tuple[Any, float]]
