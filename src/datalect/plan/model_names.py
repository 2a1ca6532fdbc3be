"""What the columns of a plan's result are called."""

from __future__ import annotations

from typing import Any

from datalect.plan.model_base import Lit
from datalect.plan.model_output import Step
from datalect.plan.model_rows import Breakdown, ListItem, Measure, MetricUse, Nested, Ratio


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
