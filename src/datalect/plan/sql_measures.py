"""Aggregates and breakdowns as SQL."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from datalect.data.model import Grain
from datalect.plan import sql_tree as sql
from datalect.plan.model import Aggregate, Breakdown
from datalect.plan.spans import is_year_number
from datalect.plan.sql_expressions import compile_expression, part_of
from datalect.plan.sql_rows import View
from datalect.plan.types import CLOCK_GRAINS, CYCLES, Typed
from datalect.plan.walk import expr_of

_CYCLE_PARTS = {
    Grain.MONTH_OF_YEAR: "month",
    Grain.QUARTER_OF_YEAR: "quarter",
    Grain.DAY_OF_WEEK: "weekday",
    Grain.DAY_OF_MONTH: "day",
    Grain.HOUR_OF_DAY: "hour",
}
_SUM_FITS = 2.0**62


@dataclass(frozen=True, slots=True)
class Inputs:
    """What an aggregate is computed from.

    Attributes:
        value: the measured expression, None for counting rows.
        other: the second variable of a correlation.
        typed: type of the value.
        filter: the aggregate's own condition.
        rows: rows of the table at most, to choose the type of a sum.
    """

    value: exp.Expr | None
    other: exp.Expr | None
    typed: Typed | None
    filter: exp.Expr | None = None
    rows: int = 0

    def expressions(self) -> list[exp.Expr]:
        """All of them, in a fixed order."""
        return [e for e in (self.value, self.other, self.filter) if e is not None]


def aggregate_inputs(node: Aggregate, view: View, condition: exp.Expr | None = None) -> Inputs:
    """Compile what an aggregate reads; ``condition`` is its own filter, compiled by the caller."""
    expr = expr_of(node)
    rows = max((t.rows for t in view.rows.context.catalog.tables), default=0)
    if expr is None:
        return Inputs(None, None, None, condition, rows)
    value, typed = _number(expr, view)
    other = None if node.with_ is None else _number(node.with_, view)[0]
    return Inputs(value, other, typed, condition, rows)


def _number(expr: object, view: View) -> tuple[exp.Expr, Typed]:
    tree, typed = compile_expression(expr, view)
    if typed.kind == "number" and not typed.finite:
        tree = sql.finite(tree)
    return tree, typed


def aggregate(node: Aggregate, inputs: Inputs) -> exp.Expr:
    """An aggregate as SQL. Sums of whole numbers cannot overflow; NaN and infinities never reach it."""
    tree = _function(node, inputs)
    if inputs.filter is not None:
        tree = exp.Filter(this=tree, expression=exp.Where(this=inputs.filter))
    typed = inputs.typed
    if node.fn == "sum" and typed is not None and typed.kind == "number" and typed.integer:
        if typed.bound * max(inputs.rows, 1) < _SUM_FITS:
            return sql.cast(tree, "BIGINT")
    if node.fn in ("corr", "stddev"):  # DuckDB gives NaN where it is undefined
        return sql.finite(tree)
    return tree


def _function(node: Aggregate, inputs: Inputs) -> exp.Expr:
    value, typed = inputs.value, inputs.typed
    if value is None or typed is None:
        return exp.Count(this=exp.Star())
    if node.fn == "count":
        return exp.Count(this=value)
    if node.fn == "distinct":
        return exp.Count(this=exp.Distinct(expressions=[value]))
    if typed.kind == "boolean" and node.fn in ("sum", "avg"):
        value = sql.cast(value, "INTEGER")
    if node.fn in ("median", "percentile", "stddev", "corr", "avg") and _needs_double(typed):
        value = sql.cast(value, "DOUBLE")
    if node.fn == "median":
        return sql.call("MEDIAN", value)
    if node.fn == "percentile":
        return sql.call("QUANTILE_CONT", value, sql.number(node.p or 0.0))
    if node.fn == "stddev":
        return sql.call("STDDEV_SAMP", value)
    if node.fn == "corr" and inputs.other is not None:
        return sql.call("CORR", sql.cast(value, "DOUBLE"), sql.cast(inputs.other, "DOUBLE"))
    return {"sum": exp.Sum, "avg": exp.Avg, "min": exp.Min, "max": exp.Max}[node.fn](this=value)


def _needs_double(typed: Typed) -> bool:
    """DuckDB's quantiles of DECIMAL are rounded to its scale."""
    return typed.column is None or not typed.column.dtype.upper().startswith(
        ("DOUBLE", "BIGINT", "INTEGER", "BOOL")
    )


# ---------------------------------------------------------------- breakdowns


def compile_breakdown(node: Breakdown, view: View) -> exp.Expr:
    """A breakdown's value for each row."""
    tree, typed = compile_expression(expr_of(node), view)
    if node.grain is not None:
        if typed.column is not None and is_year_number(typed.column):
            return tree
        if node.grain in CYCLES:
            return part_of(_CYCLE_PARTS[node.grain], tree)
        started = sql.call("DATE_TRUNC", sql.word(node.grain.value), tree)
        return sql.cast(started, "TIMESTAMP" if node.grain in CLOCK_GRAINS else "DATE")
    if typed.kind == "number" and not typed.finite:
        tree = sql.finite(tree)
    if node.width is not None:
        return _bin(tree, node.width, whole=typed.integer and float(node.width).is_integer())
    return tree


def _bin(tree: exp.Expr, width: float, *, whole: bool) -> exp.Expr:
    """The lower edge of a bin.

    The position is rounded first, so that 0.3 falls into the bin from 0.3 at width 0.1.
    """
    position = exp.Div(this=sql.cast(tree, "DOUBLE"), expression=sql.number(width), typed=True, safe=False)
    place = sql.call("FLOOR", sql.call("ROUND", position, sql.number(9)))
    edge = exp.Mul(this=place, expression=sql.number(width))
    return sql.cast(edge, "BIGINT") if whole else sql.call("ROUND", edge, sql.number(12))
