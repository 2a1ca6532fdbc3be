"""The outermost part of a query: derived steps, conditions on groups, order, and cutting."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from datalect.plan import sql_tree as sql
from datalect.plan.checked import CheckedPlan, OutputColumn
from datalect.plan.joins import Path
from datalect.plan.link import parse_moment
from datalect.plan.model import Keep, ListItem, Plan
from datalect.plan.sql_conditions import compare, compile_tests
from datalect.plan.sql_expressions import compile_expression
from datalect.plan.sql_rows import Context, View, view_of
from datalect.plan.sql_steps import Steps

_POSITION = "position in group"


def finish_grouped(checked: CheckedPlan, grouped: exp.Select, context: Context) -> exp.Expr:
    """A grouped result with its steps, conditions, order and cut."""
    plan = checked.plan
    names = [o.name for o in checked.outputs if o.step is None]
    order = _order(plan, [o.name for o in checked.outputs if o.role == "breakdown"])
    if not plan.then and not plan.keep and plan.top_per is None:
        return _cut(grouped, [sql.ordered(sql.bare(n), d) for n, d in order], plan)
    layers: list[tuple[str, exp.Expr]] = [("grouped", grouped)]
    steps = Steps(checked.outputs)
    for index, step in enumerate(plan.then):
        layers.append((f"step{index + 1}", steps.add(step, layers[-1][0], names)))
        names.append(step.as_ or "")
    return _layered(checked, layers, names, order, context)


def finish_list(checked: CheckedPlan, context: Context) -> exp.Expr:
    """A row list with its conditions, order and cut."""
    plan = checked.plan
    view = view_of(context, plan.from_)
    items = [item for item in plan.list_ if isinstance(item, ListItem)]
    columns = [sql.aliased(compile_expression(i.expr, view)[0], i.as_ or "") for i in items]
    names = [o.name for o in checked.outputs]
    hidden = {text: compile_expression(text, view)[0] for text in checked.sort_columns.values()}
    keys = _row_keys(checked, view) if not plan.distinct else {}
    ties = list(keys) or names
    where = compile_tests(plan.where, view)
    # distinct rows come in any order the hash table likes; the same question shall give the same list
    sorting = bool(plan.sort) or plan.distinct or (plan.top is not None and view.rows.joined)
    order: list[tuple[str, str]] = [(s.of, s.dir) for s in plan.sort]
    order += [(n, "asc") for n in ties if n not in [s.of for s in plan.sort]] if sorting else []
    if not plan.keep and plan.top_per is None:
        tree = view.rows.select(columns, where, distinct=plan.distinct)
        shown = {**hidden, **keys}
        terms = [sql.ordered(shown[n].copy() if n in shown else sql.bare(n), d) for n, d in order]
        return _cut(tree, terms, plan)
    extra = {**hidden, **keys}
    columns += [sql.aliased(tree, n) for n, tree in extra.items()]
    inner = view.rows.select(columns, where, distinct=plan.distinct)
    if plan.top_per is not None and plan.top_per not in [n for n, _ in order[:1]]:
        order = [(plan.top_per, "asc"), *[o for o in order if o[0] != plan.top_per]]
    return _layered(checked, [("listed", inner)], [*names, *extra], order, context)


def _row_keys(checked: CheckedPlan, view: View) -> dict[str, exp.Expr]:
    """Columns that settle ties between rows, under names no output has."""
    table = checked.catalog.table(checked.plan.from_)
    if table is None or not table.keys:
        return {}
    taken = {o.name.casefold() for o in checked.outputs}
    alias = view.alias(Path(view.base))
    found = {}
    for column in table.keys[0]:
        name = f"key {column}"
        while name.casefold() in taken:
            name += "_"
        found[name] = sql.column(alias, column)
    return found


def _order(plan: Plan, breakdowns: Sequence[str]) -> list[tuple[str, str]]:
    """The order asked for, ties settled by the breakdowns."""
    order: list[tuple[str, str]] = [(s.of, s.dir) for s in plan.sort]
    if plan.top_per is not None and plan.top_per not in [n for n, _ in order[:1]]:
        order = [(plan.top_per, "asc"), *[o for o in order if o[0] != plan.top_per]]
    taken = [n for n, _ in order]
    return order + [(n, "asc") for n in breakdowns if n not in taken]


def _cut(tree: exp.Select, order: Sequence[exp.Expr], plan: Plan) -> exp.Select:
    if order:
        tree.set("order", exp.Order(expressions=list(order)))
    if plan.top_per is None:
        if plan.top is not None:
            tree.set("limit", exp.Limit(expression=sql.number(plan.top)))
        if plan.skip:
            tree.set("offset", exp.Offset(expression=sql.number(plan.skip)))
    return tree


def _layered(
    checked: CheckedPlan,
    layers: list[tuple[str, exp.Expr]],
    names: list[str],
    order: list[tuple[str, str]],
    context: Context,
) -> exp.Expr:
    plan = checked.plan
    source = layers[-1][0]
    where = sql.all_of([_kept(k, checked.output(k.of), source, context) for k in plan.keep])
    if plan.top_per is not None:
        inside = [o for o in order if o[0] != plan.top_per]
        position = sql.window(
            sql.call("ROW_NUMBER"),
            [sql.bare(plan.top_per)],
            [sql.ordered(sql.bare(n), d) for n, d in inside],
        )
        columns = [*(sql.bare(n) for n in names), sql.aliased(position, _POSITION)]
        layers.append(("placed", sql.select(columns, sql.table(source, source), (), where)))
        source = "placed"
        first, last = sql.number(plan.skip), sql.number(plan.skip + (plan.top or 0))
        place = sql.bare(_POSITION)
        where = sql.all_of(
            [compare(place, ">", first), compare(place.copy(), "<=", last)]
            if plan.skip
            else [compare(place, "<=", last)]
        )
    shown = [sql.bare(o.name) for o in checked.outputs]
    tree = sql.select(shown, sql.table(source, source), (), where)
    tree = _cut(tree, [sql.ordered(sql.bare(n), d) for n, d in order], plan)
    ctes = [exp.CTE(this=select, alias=exp.TableAlias(this=sql.name(layer))) for layer, select in layers]
    tree.set("with_", exp.With(expressions=ctes))
    return tree


def _kept(keep: Keep, output: OutputColumn | None, source: str, context: Context) -> exp.Expr:
    value = sql.bare(keep.of)
    if keep.op == "null":
        tree = sql.is_null(value)
    elif keep.agg is not None:
        figure = sql.call(keep.agg.upper(), sql.bare(keep.of))
        tree = compare(value, keep.op, sql.scalar(sql.select([figure], sql.table(source, source))))
    else:
        given = keep.val if isinstance(keep.val, list) else [keep.val]
        bound = [_bound(v, output, context) for v in given]
        if keep.op == "between":
            tree = exp.Between(this=value, low=bound[0], high=bound[1])
        else:
            tree = compare(value, keep.op, bound[0])
    return sql.negated(tree) if keep.neg else tree


def _bound(value: object, output: OutputColumn | None, context: Context) -> exp.Expr:
    tree = context.values.bind(value)  # type: ignore[arg-type]
    if output is not None and output.kind in ("date", "timestamp") and isinstance(value, str):
        return sql.cast(tree, "DATE" if len(value) == 10 and parse_moment(value) else "TIMESTAMP")
    if output is not None and output.kind == "time":
        return sql.cast(tree, "TIME")
    return tree
