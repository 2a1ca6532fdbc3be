"""Checking a plan that lists rows."""

from __future__ import annotations

from typing import Any

from datalect.errors import PlanError
from datalect.plan import notices
from datalect.plan.after import check_keep, check_top_per
from datalect.plan.checked import CheckedPlan, OutputColumn, Part
from datalect.plan.expressions import Scope, Unreachable
from datalect.plan.fanout import choose_root, fan_out
from datalect.plan.joins import format_reference
from datalect.plan.labels import Labels, given_name, unique_names
from datalect.plan.model import ListItem, Plan, Sort, item_name
from datalect.plan.names import fold
from datalect.plan.tools import Tools
from datalect.plan.walk import expr_refs


def check_list(plan: Plan, tools: Tools) -> CheckedPlan:
    """Check a plan with ``list``."""
    if plan.then:
        raise PlanError(
            "Derived steps work on groups, and a row list forms none.",
            code="needs_breakdown",
            at="then",
            next_step="Use by and get instead of list.",
        )
    start = plan.from_
    exprs = [item if isinstance(item, str) else item.expr for item in plan.list_]
    touched = [
        tools.names.find(text, start, f"list[{i}]")[0].table
        for i, expr in enumerate(exprs)
        for text in expr_refs(expr)
    ]
    needed = list(dict.fromkeys(touched or [start]))
    root = choose_root(tools.names.graph, [start, *needed], needed)
    if root is None:
        raise fan_out(needed)
    scope = Scope(root, (start, root))
    names = unique_names(
        [item_name(item) for item in plan.list_],
        [isinstance(item, ListItem) and item.as_ is not None for item in plan.list_],
        "list",
    )
    labels = Labels(tools.catalog, tools.names)
    items: list[ListItem] = []
    outputs: list[OutputColumn] = []
    for index, (expr, name) in enumerate(zip(exprs, names, strict=True)):
        try:
            checked, typed = tools.expressions.check(expr, scope, f"list[{index}]")
        except Unreachable as missing:
            raise fan_out([root, missing.column.table]) from missing
        items.append(ListItem(expr=checked, as_=name))
        automatic = item_name(ListItem(expr=checked))
        bare = automatic.rpartition(".")[2] if isinstance(checked, str) else automatic
        given = None if name == bare else given_name(name, automatic, root)
        english, chinese = labels.item(checked, root, given)
        outputs.append(
            OutputColumn(
                name=name,
                role="list",
                meaning=typed.meaning,
                label_en=english,
                label_zh=chinese,
                kind=typed.kind,
                source=typed.source,
            )
        )
    where = tools.conditions.check_all(plan.where, scope, "where")
    sort, hidden = _sort(plan, outputs, [item.expr for item in items], scope, tools)
    written = plan.model_copy(
        update={
            "from_": root,
            "where": where,
            "list_": items,
            "keep": check_keep(plan.keep, outputs),
            "sort": sort,
            "top_per": check_top_per(plan, outputs),
        }
    )
    moved = [notices.moved_from(start, root)] if root != start else []
    return CheckedPlan(
        plan=written,
        catalog=tools.catalog,
        outputs=tuple(outputs),
        warnings=tools.notices(moved),
        parts=(Part(root=root, each=None, where=tuple(where), by=(), atoms=()),),
        sort_columns=hidden,
    )


def _sort(
    plan: Plan, outputs: list[OutputColumn], exprs: list[Any], scope: Scope, tools: Tools
) -> tuple[list[Sort], dict[str, str]]:
    """Sort keys: output names, or references to columns that are not shown."""
    sort: list[Sort] = []
    hidden: dict[str, str] = {}
    for index, key in enumerate(plan.sort):
        at = f"sort[{index}].of"
        shown = [o.name for o in outputs if fold(o.name) == fold(key.of)]
        if len(shown) == 1 or key.of in shown:
            sort.append(Sort(of=key.of if key.of in shown else shown[0], dir=key.dir))
            continue
        try:
            reference = tools.expressions.reference(key.of, scope, at)
        except Unreachable as missing:
            raise fan_out([scope.root, missing.column.table]) from missing
        text = format_reference(reference, tools.names.graph)
        if text in exprs:
            sort.append(Sort(of=outputs[exprs.index(text)].name, dir=key.dir))
            continue
        if plan.distinct:
            raise PlanError(
                "A list without repeats can only be sorted by what it shows.",
                code="bad_sort",
                at=at,
                candidates=tuple(o.name for o in outputs),
                received=key.of,
            )
        hidden[text] = text
        sort.append(Sort(of=text, dir=key.dir))
    return sort, hidden
