"""Grouping and measuring as SQL: one SELECT that gives every breakdown and measure under its output name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from datalect.plan import sql_tree as sql
from datalect.plan.checked import Atom, CheckedPlan, Part
from datalect.plan.model import Aggregate, Breakdown, Nested, Ratio, measure_name
from datalect.plan.sql_conditions import compare, compile_tests
from datalect.plan.sql_measures import Inputs, aggregate, aggregate_inputs, compile_breakdown
from datalect.plan.sql_rows import Context, View, view_of
from datalect.plan.walk import expr_of


def compile_grouped(checked: CheckedPlan, context: Context) -> exp.Select:
    """The grouped result of a checked plan, before derived steps."""
    names = [b.as_ or "" for b in checked.plan.by]
    if len(checked.parts) == 1 and checked.parts[0].each is None and not _nested(checked.parts[0]):
        return _flat(checked, checked.parts[0], names, context)
    parts = [_part(part, names, context) for part in checked.parts]
    source = parts[0] if len(parts) == 1 else _side_by_side(checked.parts, parts, names, context)
    alias = context.alias("parts")
    columns = [sql.aliased(sql.column(alias, n), n) for n in names]
    columns += [
        sql.aliased(_measure(checked, name, {s: sql.column(alias, s) for s in slots}), name)
        for name, slots in checked.slots.items()
    ]
    return sql.select(columns, sql.subquery(source, alias))


def _nested(part: Part) -> bool:
    return any(isinstance(atom.node, Nested) for atom in part.atoms)


def _measure(checked: CheckedPlan, name: str, slots: dict[str, exp.Expr]) -> exp.Expr:
    """A measure out of its atoms."""
    node = next(m for m in checked.plan.get if measure_name(m) == name)
    trees = list(slots.values())
    if not isinstance(node, Ratio):
        return trees[0]
    return sql.divided(trees[0], trees[1]) if node.fn == "ratio" else sql.less(trees[0], trees[1])


# ---------------------------------------------------------------- the usual case


def _flat(checked: CheckedPlan, part: Part, names: list[str], context: Context) -> exp.Select:
    view = view_of(context, part.root)
    columns = [sql.aliased(compile_breakdown(b, view), n) for b, n in zip(part.by, names, strict=True)]
    atoms = {atom.slot: _plain(atom.node, view) for atom in part.atoms}
    for name, slots in checked.slots.items():
        trees = {f"{i}": atoms[slot] for i, slot in enumerate(slots)}
        columns.append(sql.aliased(_measure(checked, name, trees), name))
    where = compile_tests(part.where, view)
    return view.rows.select(columns, where, group=len(names))


def _plain(node: Aggregate | Nested, view: View) -> exp.Expr:
    if isinstance(node, Nested):
        raise TypeError("two-level measures have a part of their own")
    return aggregate(node, aggregate_inputs(node, view, compile_tests(node.where, view)))


# ---------------------------------------------------------------- parts


@dataclass(slots=True)
class _Source:
    """Columns a part is computed from, and how to select from where they are."""

    by: list[exp.Expr]
    per: list[exp.Expr]
    inputs: list[Inputs]
    view: View | None
    where: exp.Expr | None
    derived: exp.Expr | None

    def select(self, columns: list[exp.Expr], group: int) -> exp.Select:
        if self.derived is not None:
            return sql.select(columns, self.derived, (), self.where, group)
        if self.view is None:
            raise TypeError("a source has rows or a derived table")
        return self.view.rows.select(columns, self.where, group)


def _part(part: Part, names: list[str], context: Context) -> exp.Select:
    """Breakdowns under their names and atoms under their slots."""
    source = _read(part, context)
    atom = part.atoms[0] if part.atoms else None
    if atom is not None and isinstance(atom.node, Nested):
        return _two_level(atom, atom.node, source, names, context)
    columns = [sql.aliased(tree, n) for tree, n in zip(source.by, names, strict=True)]
    for entry, inputs in zip(part.atoms, source.inputs, strict=True):
        if isinstance(entry.node, Aggregate):
            columns.append(sql.aliased(aggregate(entry.node, inputs), entry.slot))
    return source.select(columns, len(names))


def _read(part: Part, context: Context) -> _Source:
    view = view_of(context, part.root)
    by = [compile_breakdown(b, view) for b in part.by]
    tests = list(part.where)
    per: list[exp.Expr] = []
    inputs = []
    for atom in part.atoms:
        node = atom.node
        if isinstance(node, Nested):
            tests += node.where
            per = [compile_breakdown(_breakdown(p), view) for p in node.per]
            node = node.of
        inputs.append(aggregate_inputs(node, view, compile_tests(node.where, view)))
    conditions = [t for t in (compile_tests(tests, view),) if t is not None]
    conditions = [exp.Paren(this=c) if isinstance(c, exp.Or) else c for c in conditions]
    conditions += [sql.not_null(tree.copy()) for tree in per]
    if part.each is None:
        return _Source(by, per, inputs, view, sql.all_of(conditions), None)
    return _once(part, view, by, per, inputs, conditions, context)


def _breakdown(entry: str | Breakdown) -> Breakdown:
    return Breakdown(col=entry) if isinstance(entry, str) else entry


def _once(
    part: Part,
    view: View,
    by: list[exp.Expr],
    per: list[exp.Expr],
    inputs: list[Inputs],
    conditions: list[exp.Expr],
    context: Context,
) -> _Source:
    """Rows of the home table, each once per group, although the root repeats them."""
    path = context.names.table_path(part.each or "", part.root)
    home = view.alias(path)
    keys = [sql.column(home, column) for column in path.keys[-1].ref_columns]
    where = sql.all_of([*conditions, *(sql.not_null(key.copy()) for key in keys)])
    alias = context.alias("once")
    columns: list[exp.Expr] = []

    def carry(tree: exp.Expr, slot: str) -> exp.Expr:
        columns.append(sql.aliased(tree, slot))
        return sql.column(alias, slot)

    carried_by = [carry(tree, f"b{i}") for i, tree in enumerate(by)]
    carried_per = [carry(tree, f"p{i}") for i, tree in enumerate(per)]
    for i, key in enumerate(keys):
        carry(key, f"k{i}")
    carried = [
        Inputs(
            None if entry.value is None else carry(entry.value, f"x{i}"),
            None if entry.other is None else carry(entry.other, f"y{i}"),
            entry.typed,
            None if entry.filter is None else carry(entry.filter, f"f{i}"),
            entry.rows,
        )
        for i, entry in enumerate(inputs)
    ]
    inner = view.rows.select(columns, where, distinct=True)
    return _Source(carried_by, carried_per, carried, None, None, sql.subquery(inner, alias))


def _two_level(atom: Atom, node: Nested, source: _Source, names: list[str], context: Context) -> exp.Select:
    columns = [sql.aliased(tree, n) for tree, n in zip(source.by, names, strict=True)]
    columns += [sql.aliased(tree, f"per{i}") for i, tree in enumerate(source.per)]
    columns.append(sql.aliased(aggregate(node.of, source.inputs[0]), "inner_value"))
    inner = source.select(columns, len(columns) - 1)
    alias = context.alias("inner")
    value = sql.column(alias, "inner_value")
    kept = [compare(value.copy(), k.op, context.values.bind(k.val)) for k in node.keep]
    outer = [sql.aliased(sql.column(alias, n), n) for n in names]
    outer.append(sql.aliased(_over(node.fn, value), atom.slot))
    return sql.select(outer, sql.subquery(inner, alias), (), sql.all_of(kept), len(names))


def _over(fn: str, value: exp.Expr) -> exp.Expr:
    if fn == "count":
        return exp.Count(this=exp.Star())
    if fn in ("median", "stddev"):
        tree = sql.call("MEDIAN" if fn == "median" else "STDDEV_SAMP", sql.cast(value, "DOUBLE"))
        return sql.finite(tree) if fn == "stddev" else tree
    if fn == "avg":
        value = sql.cast(value, "DOUBLE")
    return {"sum": exp.Sum, "avg": exp.Avg, "min": exp.Min, "max": exp.Max}[fn](this=value)


# ---------------------------------------------------------------- several parts


def _side_by_side(
    parts: Sequence[Part], selects: list[exp.Select], names: list[str], context: Context
) -> exp.Select:
    """Parts joined on their breakdowns: missing counts are 0, other missing figures NULL."""
    slots = [(atom.slot, atom.node) for part in parts for atom in part.atoms]
    stacked: exp.Expr | None = None
    for part, select in zip(parts, selects, strict=True):
        alias = context.alias("part")
        own = {atom.slot for atom in part.atoms}
        columns = [sql.aliased(sql.column(alias, n), n) for n in names]
        columns += [
            sql.aliased(sql.column(alias, slot) if slot in own else exp.Null(), slot) for slot, _ in slots
        ]
        padded = sql.select(columns, sql.subquery(select, alias))
        stacked = padded if stacked is None else exp.Union(this=stacked, expression=padded, distinct=False)
    alias = context.alias("stacked")
    columns = [sql.aliased(sql.column(alias, n), n) for n in names]
    for slot, node in slots:
        tree = sql.call("ANY_VALUE", sql.column(alias, slot))
        if node.fn in ("count", "distinct"):
            tree = sql.call("COALESCE", tree, sql.number(0))
        columns.append(sql.aliased(tree, slot))
    if stacked is None:
        raise TypeError("a plan has at least one part")
    return sql.select(columns, sql.subquery(stacked, alias), (), None, len(names))


# ---------------------------------------------------------------- coverage


def compile_coverage(checked: CheckedPlan, context: Context) -> exp.Select:
    """One row: rows of the root, rows used, and missing values per measure."""
    first = checked.parts[0]
    view = view_of(context, first.root)
    where = compile_tests(first.where, view)
    columns = [
        sql.aliased(exp.Count(this=exp.Star()), "rows_total"),
        sql.aliased(_counted([where] if where is not None else []), "rows_used"),
    ]
    atoms = {atom.slot: (part, atom) for part in checked.parts for atom in part.atoms}
    for name, slots in checked.slots.items():
        missing = []
        for slot in slots:
            part, atom = atoms[slot]
            if _counts_rows(atom):
                missing.append(sql.number(0))
            elif part.root == first.root:
                missing.append(_missing(atom, view, part))
            else:
                other = view_of(context, part.root)
                counted = _missing(atom, other, part)
                missing.append(sql.scalar(other.rows.select([counted])))
        total = missing[0]
        for extra in missing[1:]:
            total = exp.Add(this=total, expression=extra)
        columns.append(sql.aliased(total, f"nulls_{name}"))
    return view.rows.select(columns)


def _counts_rows(atom: Atom) -> bool:
    node = atom.node.of if isinstance(atom.node, Nested) else atom.node
    return expr_of(node) is None


def _counted(conditions: list[exp.Expr]) -> exp.Expr:
    condition = sql.all_of([exp.Paren(this=c) if isinstance(c, exp.Or) else c for c in conditions])
    tree = exp.Count(this=exp.Star())
    return tree if condition is None else exp.Filter(this=tree, expression=exp.Where(this=condition))


def _missing(atom: Atom, view: View, part: Part) -> exp.Expr:
    node = atom.node
    tests = list(part.where)
    if isinstance(node, Nested):
        tests += node.where
        node = node.of
    tests += node.where
    inputs = aggregate_inputs(node, view)
    conditions = [c for c in (compile_tests(tests, view),) if c is not None]
    empty = [sql.is_null(tree) for tree in (inputs.value, inputs.other) if tree is not None]
    either = sql.any_of(empty)
    return _counted([*conditions, *([either] if either is not None else [])])
