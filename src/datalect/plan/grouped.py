"""Checking a plan that groups and measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from datalect.errors import PlanError
from datalect.plan import notices
from datalect.plan.after import check_after
from datalect.plan.breakdowns import Breakdowns, WrittenBreakdown
from datalect.plan.checked import Atom, CheckedPlan, Notice, OutputColumn, Part
from datalect.plan.expressions import Scope
from datalect.plan.fanout import choose_root, fan_out
from datalect.plan.joins import format_path
from datalect.plan.labels import Labels, given_name, unique_names
from datalect.plan.measures import Draft, Written
from datalect.plan.model import (
    Aggregate,
    Breakdown,
    Measure,
    Nested,
    Plan,
    Ratio,
    breakdown_name,
    measure_name,
)
from datalect.plan.tools import Tools
from datalect.plan.types import Kind, difference_meaning, ratio_meaning
from datalect.plan.walk import expr_of, expr_refs


@dataclass(slots=True)
class _Group:
    """Atoms that one query can compute together."""

    root: str
    each: str | None
    drafts: list[tuple[str, Draft, str]] = field(default_factory=list)


def check_grouped(plan: Plan, tools: Tools) -> CheckedPlan:
    """Check a plan with ``by`` or ``get``."""
    start = plan.from_
    shown = [
        tools.names.find(text, start, f"by[{i}].col")[0].table
        for i, breakdown in enumerate(plan.by)
        for text in expr_refs(expr_of(breakdown))
    ]
    shown = list(dict.fromkeys(shown))
    measures = [tools.measures.expand(m, start, f"get[{i}]") for i, m in enumerate(plan.get)]
    groups, slots = _group(measures, start, shown, tools)
    root = _plan_from(groups, start, shown, tools)
    parts, written = _write_parts(plan, groups, root, tools)
    scope = Scope(root, (start,))
    writer = Breakdowns(tools.names, tools.expressions)
    breakdowns = [writer.write(b, scope, f"by[{i}]") for i, b in enumerate(plan.by)]
    names = unique_names(
        [breakdown_name(b) for b in plan.by] + [measure_name(m) for m in plan.get],
        [b.as_ is not None for b in plan.by] + [m.as_ is not None for m in plan.get],
        "get",
    )
    by = [
        b.node.model_copy(update={"as_": name})
        for b, name in zip(breakdowns, names[: len(plan.by)], strict=True)
    ]
    get: list[Measure] = []
    labels = Labels(tools.catalog, tools.names)
    outputs = [_breakdown_output(node, b, root, labels) for node, b in zip(by, breakdowns, strict=True)]
    by_name: dict[str, tuple[str, ...]] = {}
    for measure, own, name in zip(measures, slots, names[len(plan.by) :], strict=True):
        node, output = _measure_output(measure, [written[s] for s in own], name, root, labels)
        get.append(node)
        outputs.append(output)
        by_name[name] = own
    parts = [
        Part(root=p.root, each=p.each, where=p.where, by=tuple(_named(p.by, by)), atoms=p.atoms)
        for p in parts
    ]
    where = max(parts, key=lambda part: len(tools.names.graph.reachable(part.root))).where
    checked = plan.model_copy(update={"from_": root, "where": list(where), "by": by, "get": get})
    checked, outputs = check_after(checked, outputs, labels)
    return CheckedPlan(
        plan=checked,
        catalog=tools.catalog,
        outputs=tuple(outputs),
        warnings=tools.notices(_notices(plan, parts, breakdowns, root)),
        parts=tuple(parts),
        slots=by_name,
    )


def _named(written: Sequence[Breakdown], named: Sequence[Breakdown]) -> list[Breakdown]:
    return [w.model_copy(update={"as_": n.as_}) for w, n in zip(written, named, strict=True)]


# ---------------------------------------------------------------- parts


def _atoms(measure: Aggregate | Nested | Ratio, at: str) -> list[tuple[Aggregate | Nested, str]]:
    if isinstance(measure, Ratio):
        return [(measure.num, f"{at}.num"), (measure.den, f"{at}.den")]
    return [(measure, at)]


def _group(
    measures: Sequence[Aggregate | Nested | Ratio], start: str, shown: Sequence[str], tools: Tools
) -> tuple[list[_Group], list[tuple[str, ...]]]:
    """Atoms put together by the query that can compute them; and the slots of each measure."""
    groups: dict[tuple[Any, ...], _Group] = {}
    slots: list[tuple[str, ...]] = []
    count = 0
    for index, measure in enumerate(measures):
        own = []
        for node, at in _atoms(measure, f"get[{index}]"):
            draft = tools.measures.draft(node, start, shown, at)
            each = format_path(draft.home, tools.names.graph) if draft.repeats else None
            alone = isinstance(node, Nested) or (each is not None and bool(node.where))
            key = (draft.root, each, count if alone else -1)
            slot = f"a{count}"
            groups.setdefault(key, _Group(draft.root, each)).drafts.append((slot, draft, at))
            own.append(slot)
            count += 1
        slots.append(tuple(own))
    return list(groups.values()), slots


def _plan_from(groups: list[_Group], start: str, shown: Sequence[str], tools: Tools) -> str:
    """The table the checked plan starts from, such that checking it again finds the same roots."""
    reach = tools.names.graph.reachable
    roots = list(dict.fromkeys(group.root for group in groups))
    if len(roots) > 1:
        if all(table in reach(start) for table in shown):
            return start
        return min(roots, key=lambda root: sum(other in reach(root) for other in roots))
    if roots:
        return roots[0]
    root = choose_root(tools.names.graph, [start, *shown], shown)
    if root is None:
        raise fan_out(shown)
    return root


def _write_parts(
    plan: Plan, groups: list[_Group], root: str, tools: Tools
) -> tuple[list[Part], dict[str, Written]]:
    start = plan.from_
    parts: list[Part] = []
    written: dict[str, Written] = {}
    for group in groups or [_Group(root, None)]:
        scope = Scope(group.root, (start,))
        breakdowns = Breakdowns(tools.names, tools.expressions)
        by = [breakdowns.write(b, scope, f"by[{i}]") for i, b in enumerate(plan.by)]
        where = tools.conditions.check_all(plan.where, scope, "where")
        atoms = []
        for slot, draft, at in group.drafts:
            written[slot] = tools.measures.write(draft, root, (start,), at)
            atoms.append(Atom(slot=slot, node=written[slot].rooted))
        parts.append(
            Part(
                root=group.root,
                each=group.each,
                where=tuple(where),
                by=tuple(b.node for b in by),
                atoms=tuple(atoms),
            )
        )
    return parts, written


# ---------------------------------------------------------------- outputs


def _breakdown_output(node: Breakdown, written: WrittenBreakdown, root: str, labels: Labels) -> OutputColumn:
    name = node.as_ or ""
    unnamed = node.model_copy(update={"as_": None})
    given = given_name(name, breakdown_name(unnamed), root)
    if node.col is not None:
        bare = unnamed.model_copy(update={"col": node.col.rpartition(".")[2]})
        given = None if name == breakdown_name(bare) else given
    english, chinese = labels.breakdown(node, root, given)
    return OutputColumn(
        name=name,
        role="breakdown",
        meaning=written.meaning,
        label_en=english,
        label_zh=chinese,
        kind=written.kind,
        source=written.source,
        breakdown=node,
    )


def _measure_output(
    measure: Aggregate | Nested | Ratio, atoms: list[Written], name: str, root: str, labels: Labels
) -> tuple[Measure, OutputColumn]:
    node: Measure
    if isinstance(measure, Ratio):
        for atom, side in zip(atoms, ("num", "den"), strict=True):
            if atom.kind != "number":
                raise PlanError(
                    "Only numbers can be divided or subtracted.",
                    code="type_mismatch",
                    at=side,
                    received=atom.kind,
                )
        join = ratio_meaning if measure.fn == "ratio" else difference_meaning
        meaning = join(atoms[0].meaning, atoms[1].meaning)
        node = measure.model_copy(update={"num": atoms[0].planned, "den": atoms[1].planned, "as_": name})
        kind: Kind = "number"
        source = ""
    else:
        meaning, kind, source = atoms[0].meaning, atoms[0].kind, atoms[0].source
        node = atoms[0].planned.model_copy(update={"as_": name})
    given = given_name(name, measure_name(node.model_copy(update={"as_": None})), root)
    english, chinese = labels.measure(node, root, given)
    output = OutputColumn(
        name=name,
        role="measure",
        meaning=meaning,
        label_en=english,
        label_zh=chinese,
        kind=kind,
        source=source,
        measure=node,
    )
    return node, output


def _notices(
    plan: Plan, parts: Sequence[Part], breakdowns: Sequence[WrittenBreakdown], root: str
) -> list[Notice]:
    found = []
    roots = list(dict.fromkeys(part.root for part in parts))
    if len(roots) > 1:
        found.append(notices.separate_tables(roots))
    elif root != plan.from_:
        found.append(notices.moved_from(plan.from_, root))
    for part in parts:
        if part.each is not None:
            found.append(notices.counted_once(part.each.rpartition(">")[2], part.root))
    return found
