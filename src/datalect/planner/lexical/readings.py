"""From drafts to readings: checked, scored, without doubles."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any

from pydantic import ValidationError

from datalect.data.model import Catalog
from datalect.data.values import ValueIndex
from datalect.errors import PlanError
from datalect.plan.check import check
from datalect.plan.model import Plan
from datalect.planner.lexical.build import Builder
from datalect.planner.lexical.conditions import main_times, prepare_values
from datalect.planner.lexical.draft import Draft, Scene
from datalect.planner.lexical.frame import Choice, Frame, Ref
from datalect.planner.lexical.graph import TableGraph
from datalect.planner.lexical.sequence import Sequence, is_number, is_quantity, is_time
from datalect.planner.lexical.ways import named_path, way_named
from datalect.planner.linking.text import Normalised

_COMBINATIONS = 14
_CHECKED = 12
_REPAIRS = 2
_EITHER = 0.69  # what a way through other tables costs when the question does not say which


@dataclass(slots=True)
class Candidate:
    """A checked plan with its raw score and what it took for granted."""

    plan: Plan
    score: float
    notes: list[tuple[str, str]]
    key: str
    guesses: int = 0
    lost: int = 0


def _slots(frame: Frame) -> list[Ref]:
    refs: list[Ref] = []

    def add(ref: Ref | None) -> None:
        if ref is not None and len(ref.choices) > 1 and all(ref is not r for r in refs):
            refs.append(ref)

    for want in frame.wants:
        add(want.ref)
        add(want.per)
        if want.inner is not None:
            add(want.inner.ref)
    for group in frame.groups:
        add(group.ref)
    for filter_ in frame.filters:
        add(filter_.ref)
        add(filter_.than)
    for having in frame.havings:
        add(having.want.ref)
    if frame.rank is not None:
        add(frame.rank.entity)
        if frame.rank.by is not None:
            add(frame.rank.by.ref)
    if frame.sorting is not None and frame.sorting.by is not None:
        add(frame.sorting.by.ref)
    return refs


def candidates(
    frame: Frame, seq: Sequence, catalog: Catalog, values: ValueIndex, question: Normalised
) -> list[Candidate]:
    """All plans a frame may mean, best first."""
    graph = TableGraph(catalog)
    scene = Scene(frame, seq, graph, {})
    prepare_values(scene)
    slots = _slots(frame)
    options: list[list[Choice]] = [_ranked(ref, frame, seq) for ref in slots]
    keys = [id(ref) for ref in slots]
    if any(f.kind == "time" and f.ref is None for f in frame.filters) or any(
        g.ref is None and g.grain for g in frame.groups
    ):
        tables = _tables_named(frame, seq)
        times = main_times(scene, tables or set(graph.names))
        if len(times) > 1:
            each = [t for i, t in enumerate(times) if sum(o[0].table == t[0].table for o in times[:i]) < 2]
            options.append([Choice(c.id, s) for c, s in each[:4]])
            keys.append(-1000)
    ways = sorted(
        islice(product(*options), 4000), key=lambda way: -_fit([*way]) * _together(way, seq, graph)
    )[:_COMBINATIONS]
    drafts: list[tuple[Draft, float]] = []
    for way in ways or [()]:
        scene = Scene(frame, seq, graph, dict(zip(keys, way, strict=True)))
        for draft in Builder(scene).drafts():
            fit = _fit(draft.used) * _together(tuple(draft.used), seq, graph)
            drafts.append((draft, draft.weight * fit * frame.penalty))
    drafts.sort(key=lambda pair: -pair[1])
    found: dict[str, Candidate] = {}
    tried: set[str] = set()
    for draft, score in drafts:
        if len(found) >= 6 or len(tried) >= _CHECKED:
            break
        text = json.dumps(draft.plan, sort_keys=True, ensure_ascii=False, default=str)
        if text in tried:
            continue
        tried.add(text)
        candidate = checked_candidate(draft, score, seq, catalog, values, question)
        if candidate is not None and candidate.key not in found:
            found[candidate.key] = candidate
    return sorted(found.values(), key=lambda c: -c.score)


def _tables_named(frame: Frame, seq: Sequence) -> set[str]:
    refs = [w.ref for w in frame.wants] + [g.ref for g in frame.groups]
    tables = {w.table for w in frame.wants if w.table} | {t for t, _ in frame.tables}
    for ref in refs:
        column = seq.column(ref.choices[0].ref) if ref is not None and ref.choices else None
        if column is not None:
            tables.add(column.table)
    return tables


def _ranked(ref: Ref, frame: Frame, seq: Sequence) -> list[Choice]:
    """Choices of a slot, those of a table named in the question first."""
    named = {t for t, _ in frame.tables} | {w.table for w in frame.wants if w.table}
    named |= {h.want.table for h in frame.havings if h.want.table}
    if frame.rank is not None and frame.rank.entity_table:
        named.add(frame.rank.entity_table)

    def worth(choice: Choice) -> float:
        column = seq.column(choice.ref) if choice.kind == "col" else None
        return choice.fit * (1.06 if column is not None and column.table in named else 1.0)

    texts = [c for c in ref.choices if (col := seq.column(c.ref)) is not None and not is_number(col)]
    grouped = any(g.ref is ref for g in frame.groups)
    entity = grouped or (frame.rank is not None and frame.rank.entity is ref)
    homes = {c.table for x in ref.choices if (c := seq.column(x.ref)) is not None} & named
    adjusted = []
    for choice in ref.choices:
        column = seq.column(choice.ref) if choice.kind == "col" else None
        factor = 1.0
        if entity and texts and column is not None and is_quantity(column) and not is_time(column):
            factor = 0.75  # what things are counted or ranked by is rarely a measured number
        if grouped and texts and column is not None and is_number(column) and choice.fit < 0.95:
            factor *= 0.8  # people group by names rather than by their codes
        if column is not None and loose(column.table, seq):
            factor *= 0.88
        if column is not None and homes and column.table not in homes:
            factor *= 0.92  # "countries with more than 5 customers": theirs, not those of the employees
        adjusted.append(replace(choice, fit=choice.fit * factor) if factor < 1 else choice)
    return sorted(adjusted, key=lambda c: -worth(c))[:4]


def loose(table: str, seq: Sequence) -> bool:
    """Whether a table hangs on no other while others do: a view, or a copy somebody left."""
    keys = seq.catalog.foreign_keys
    return len(keys) >= 2 and not any(table in (k.table, k.ref_table) for k in keys)


def _fit(used: list[Choice]) -> float:
    score = 1.0
    for choice in used:
        score *= min(1.0, choice.fit) ** 0.8
    return score


def _together(used: tuple[Choice, ...], seq: Sequence, graph: TableGraph) -> float:
    """Columns of one table, or of tables near each other, are rather meant together."""
    tables = {c.table for u in used if u.kind == "col" and (c := seq.column(u.ref)) is not None}
    if len(tables) < 2:
        return 1.0
    start = graph.base(sorted(tables))
    return 0.5 if start is None else (1.0, 0.95, 0.82, 0.7, 0.6, 0.5, 0.4)[min(start[1], 6)]


def checked_candidate(
    draft: Draft, score: float, seq: Sequence, catalog: Catalog, values: ValueIndex, question: Normalised
) -> Candidate | None:
    """Check a draft, mending it where the checker says how; None when it cannot be a plan."""
    data, lost = draft.plan, draft.lost
    for _ in range(_REPAIRS + 1):
        try:
            plan = Plan.model_validate(data)
            checked = check(plan, catalog, values)
        except PlanError as error:
            repaired = _repair(data, error, question, seq)
            if repaired is None:
                return None
            data, factor = repaired
            score *= factor
            lost += factor == _EITHER
            continue
        except (ValidationError, RecursionError):
            return None
        why = _evidence(draft, checked.plan, seq, question)
        final = checked.plan.model_copy(update={"why": why})
        key = json.dumps(
            {k: v for k, v in checked.plan.to_json().items() if k not in ("why", "open", "task", "show")},
            sort_keys=True, ensure_ascii=False, default=str,
        )  # fmt: skip
        return Candidate(final, score, list(draft.notes), key, draft.guesses, lost)
    return None


def _repair(
    data: dict[str, Any], error: PlanError, question: Normalised, seq: Sequence
) -> tuple[dict[str, Any], float] | None:
    """Mend what the checker found: a join with several ways, a sum that means nothing."""
    if error.code in ("ambiguous_join", "ambiguous_column") and error.candidates:
        ways = [str(c) for c in error.candidates]
        named = named_path(ways, seq) or [w for w in ways if way_named(w.rpartition(">")[0], question.text)]
        instead = (named or ways)[0]
        wanted = str(error.received or "") or instead.rpartition(">")[2]
        if ">" not in instead and wanted == instead and "." in instead:
            wanted = instead.partition(".")[0]
            text = json.dumps(data, ensure_ascii=False, default=str)
            fixed = text.replace(f'"has": {json.dumps(wanted)}', f'"has": {json.dumps(instead)}')
            return (json.loads(fixed), 0.7) if fixed != text else None
        if wanted != instead:
            passed = {tuple(part.split(".")[0] for part in way.split(">")[1:]) for way in named or ways}
            factor = 0.95 if len(named or ways) == 1 else 0.7 if len(passed) == 1 else _EITHER
            return _replace(data, wanted, instead), factor
    if error.code in ("not_additive", "not_meaningful"):
        text = json.dumps(data, ensure_ascii=False, default=str)
        if '"fn": "sum"' in text:
            return json.loads(text.replace('"fn": "sum"', '"fn": "avg"')), 0.6
    return None


def _replace(node: Any, old: str, new: str) -> Any:
    if isinstance(node, dict):
        return {k: _replace(v, old, new) for k, v in node.items()}
    if isinstance(node, list):
        return [_replace(v, old, new) for v in node]
    return new if node == old else node


def _evidence(draft: Draft, plan: Plan, seq: Sequence, question: Normalised) -> dict[str, list[int]]:
    """Which stretch of the original question led to which slot."""
    out: dict[str, list[int]] = {}
    body = plan.to_json()
    for slot, at in draft.why.items():
        if not 0 <= at < len(seq):
            continue
        item = seq.items[at]
        start, end = question.original(item.start, item.end)
        for path in _paths(slot, body):
            out[path] = [start, end]
    return out


def _paths(slot: str, body: dict[str, Any]) -> list[str]:
    if slot.startswith("where["):
        index = int(slot[6:-1])
        return [f"where[{index}]"] if index < len(body.get("where", [])) else []
    part, _, ref = slot.partition(".")
    name = ref.rsplit(".", 1)[-1]
    found = []
    for index, node in enumerate(body.get(part, [])):
        text = node if isinstance(node, str) else json.dumps(node, ensure_ascii=False)
        if name in text:
            found.append(f"{part}[{index}]" if part in ("list", "sort") else f"{part}[{index}].col")
    return found[:1]
