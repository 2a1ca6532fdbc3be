"""Tests as SQL conditions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlglot import exp

from datalect.data.model import Grain
from datalect.plan import sql_tree as sql
from datalect.plan.fanout import Link, link_tables
from datalect.plan.joins import Path
from datalect.plan.model import Aggregate, AnyOf, ColumnTest, HasTest, Not, Test, TimeTest
from datalect.plan.spans import Stretch, counts_from, is_year_number, resolve_span
from datalect.plan.sql_expressions import compile_expression, constant, moment, part_of
from datalect.plan.sql_measures import aggregate, aggregate_inputs
from datalect.plan.sql_rows import Rows, View, view_of
from datalect.plan.types import Kind, Typed, is_temporal, kind_of
from datalect.plan.walk import expr_of

_COMPARE: dict[str, type[exp.Binary]] = {
    "=": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
}  # fmt: skip
_INSIDE = {"contains": "CONTAINS", "starts": "STARTS_WITH", "ends": "ENDS_WITH"}


def compare(left: exp.Expr, op: str, right: exp.Expr) -> exp.Expr:
    """A comparison of two values."""
    return _COMPARE[op](this=sql.paren(left), expression=sql.paren(right))


def compile_tests(tests: Sequence[Test], view: View) -> exp.Expr | None:
    """All of an AND list; None when it is empty."""
    return sql.all_of([compile_test(test, view) for test in tests])


def compile_test(test: Test, view: View) -> exp.Expr:
    """One test."""
    if isinstance(test, AnyOf):
        either = sql.any_of([compile_test(part, view) for part in test.any])
        return either if either is not None else exp.false()
    if isinstance(test, Not):
        return sql.negated(compile_test(test.not_, view))
    if isinstance(test, HasTest):
        return _has(test, view)
    if isinstance(test, TimeTest):
        return _time(test, view)
    return _compare(test, view)


# ---------------------------------------------------------------- comparisons


def _compare(test: ColumnTest, view: View) -> exp.Expr:
    left, typed = compile_expression(expr_of(test), view)
    if typed.kind == "number" and not typed.finite:
        left = sql.finite(left)
    if test.op == "null":
        return sql.is_null(left)
    if test.agg is not None:
        return compare(left, test.op, _figure(test.agg, view))
    if test.than is not None:
        right, other = compile_expression(test.than, view, typed.kind)
        if other.kind == "number" and not other.finite:
            right = sql.finite(right)
        if test.op in _INSIDE:
            return _inside(test.op, left, right)
        return compare(left, test.op, right)
    values = test.val if isinstance(test.val, list) else [test.val]
    bound = [_bound(value, typed, view) for value in values]
    if test.op in _INSIDE:
        return _inside(test.op, left, bound[0])
    if is_temporal(typed.kind):
        left = _aligned(left, typed.kind, [str(value) for value in values])
    if test.op == "between":
        return exp.Between(this=sql.paren(left), low=bound[0], high=bound[1])
    if test.op == "in":
        return exp.In(this=sql.paren(left), expressions=bound)
    return compare(left, test.op, bound[0])


def _bound(value: object, typed: Typed, view: View) -> exp.Expr:
    tree = constant(value, typed.kind, view)
    if typed.column is not None and typed.column.dtype.upper() in ("FLOAT", "REAL"):
        return sql.cast(tree, "FLOAT")  # 0.1 in single precision is not 0.1 in double
    return tree


def _aligned(left: exp.Expr, kind: Kind, values: list[str]) -> exp.Expr:
    """A time beside a bare date is its day; a date beside a date-time is its first moment."""
    if kind == "timestamp" and all(len(value) == 10 for value in values):
        return sql.cast(left, "DATE")
    if kind == "date" and any(len(value) != 10 for value in values):
        return sql.cast(left, "TIMESTAMP")
    return left


def _inside(op: str, left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return sql.call(_INSIDE[op], sql.call("LOWER", left), sql.call("LOWER", right))


def _figure(node: Aggregate, view: View) -> exp.Expr:
    """One number computed over all rows of the table the aggregate names."""
    inner = view_of(view.rows.context, node.each or view.base)
    inputs = aggregate_inputs(node, inner)
    where = compile_tests(node.where, inner)
    return sql.scalar(inner.rows.select([aggregate(node, inputs)], where))


# ---------------------------------------------------------------- time


def _time(test: TimeTest, view: View) -> exp.Expr:
    reference = view.find(test.time)
    column = view.column(reference)
    context = view.rows.context
    now = counts_from(reference.column, context.catalog, context.given)
    stretch = resolve_span(test.in_, now, context.catalog.fiscal_year_start)
    if is_year_number(reference.column):
        return _years(stretch, column, view)
    kind = kind_of(reference.column.dtype)
    dtype = "DATE" if kind == "date" else "TIMESTAMP"
    conditions: list[exp.Expr] = []
    if stretch.start is not None:
        conditions.append(compare(column.copy(), ">=", _edge(stretch.start, dtype, view, up=True)))
    if stretch.end is not None:
        conditions.append(compare(column.copy(), "<", _edge(stretch.end, dtype, view, up=True)))
    fiscal = context.catalog.fiscal_year_start if stretch.fiscal else 1
    for field, value in stretch.fields:
        moved = column.copy()
        if fiscal != 1 and field in ("year", "half", "quarter"):
            months = sql.call("TO_MONTHS", sql.number((13 - fiscal) % 12))
            moved = exp.Paren(this=exp.Add(this=moved, expression=months))
        conditions.append(compare(part_of(field, moved), "=", context.values.bind(value)))
    both = sql.all_of(conditions)
    return both if both is not None else sql.not_null(column)


def _edge(edge: datetime, dtype: str, view: View, *, up: bool) -> exp.Expr:
    if dtype == "DATE":
        if edge.time() != datetime.min.time():  # a date counts as its first moment
            return moment(edge.isoformat(sep=" "), "TIMESTAMP", view)
        return moment(edge.date().isoformat(), "DATE", view)
    return moment(edge.isoformat(sep=" "), "TIMESTAMP", view)


def _years(stretch: Stretch, column: exp.Expr, view: View) -> exp.Expr:
    """A span on a column of year numbers: the years it touches."""
    bind = view.rows.context.values.bind
    conditions: list[exp.Expr] = []
    if stretch.start is not None:
        first = stretch.start
        whole = (first.month, first.day) == (1, 1)
        conditions.append(compare(column.copy(), ">=", bind(first.year if whole else first.year + 1)))
    if stretch.end is not None:
        last = stretch.end
        until = (
            last.year
            if (last.month, last.day) == (1, 1) and last.time() == datetime.min.time()
            else last.year + 1
        )
        conditions.append(compare(column.copy(), "<", bind(until)))
    for field, value in stretch.fields:
        if field == Grain.YEAR.value:
            conditions.append(compare(column.copy(), "=", bind(value)))
    both = sql.all_of(conditions)
    return both if both is not None else sql.not_null(column)


# ---------------------------------------------------------------- partners


def _has(test: HasTest, view: View) -> exp.Expr:
    context = view.rows.context
    of = Path(view.base) if test.of is None else context.names.table_path(test.of, view.base)
    link = link_tables(context.names, of.end, test.has, "")
    inner, conditions = _partners(link, view, of)
    found = compile_tests(test.where, inner)
    if found is not None:
        conditions.append(exp.Paren(this=found) if isinstance(found, exp.Or) else found)
    where = sql.all_of(conditions)
    if test.count is None:
        tree: exp.Expr = exp.Exists(this=inner.rows.select([sql.number(1)], where))
    else:
        number = sql.scalar(inner.rows.select([_count(link, inner)], where))
        tree = compare(number, test.count.op, context.values.bind(test.count.val))
    return sql.negated(tree) if test.neg else tree


def _partners(link: Link, view: View, of: Path) -> tuple[View, list[exp.Expr]]:
    """Rows of the partners, and the condition that ties them to the rows looking for them."""
    context = view.rows.context
    if link.back is None:
        key = link.forward.keys[-1]
        holder = view.alias(of.then(Path(link.forward.start, link.forward.keys[:-1])))
        inner = view_of(context, link.forward.end)
        pairs = [
            (sql.column(inner.alias(Path(inner.base)), ref), sql.column(holder, own))
            for own, ref in zip(key.columns, key.ref_columns, strict=True)
        ]
    else:
        rows = Rows(context, link.via)
        inner = View(rows, link.forward)
        key = link.back.keys[-1]
        holder = rows.alias_of(Path(link.via, link.back.keys[:-1]))
        outer = view.alias(of)
        pairs = [
            (sql.column(holder, own), sql.column(outer, ref))
            for own, ref in zip(key.columns, key.ref_columns, strict=True)
        ]
    conditions: list[exp.Expr] = [exp.EQ(this=left, expression=right) for left, right in pairs]
    if link.back is not None and link.forward.keys:
        partner = inner.alias(Path(inner.base))
        conditions += [sql.not_null(sql.column(partner, c)) for c in link.forward.keys[-1].ref_columns]
    return inner, conditions


def _count(link: Link, inner: View) -> exp.Expr:
    if link.back is None or not link.forward.keys:
        return exp.Count(this=exp.Star())
    partner = inner.alias(Path(inner.base))
    columns = [sql.column(partner, c) for c in link.forward.keys[-1].ref_columns]
    counted = columns[0] if len(columns) == 1 else exp.Tuple(expressions=columns)
    return exp.Count(this=exp.Distinct(expressions=[counted]))
