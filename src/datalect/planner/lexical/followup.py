"""Questions that change the one before: "and in 2023?", "by month instead", 那上海呢, 按月看."""

from __future__ import annotations

import re
from typing import Any

from datalect.data.model import Catalog
from datalect.data.values import ValueIndex
from datalect.plan.model import Plan
from datalect.planner.lexical.build import Builder
from datalect.planner.lexical.conditions import prepare_values, test_of
from datalect.planner.lexical.draft import Draft, Scene, tables_in
from datalect.planner.lexical.frame import Filter, Frame, Group
from datalect.planner.lexical.graph import TableGraph
from datalect.planner.lexical.readings import Candidate, checked_candidate
from datalect.planner.lexical.sequence import Sequence, is_time
from datalect.planner.lexical.tags import tag_group, tag_measure
from datalect.planner.linking.text import Normalised

_OPENING = re.compile(
    r"^\s*(?:and|or|but|now|then|ok(?:ay)?|so|also|same|only|just|instead|what about|how about|and what about"
    r"|make (?:it|that)|change|switch|break (?:it|that|this) down|group (?:it|that|this)|show (?:it|that|this)|sort (?:it|that|this)"  # noqa: E501
    r"|without|exclude|excluding|as an?|in an?|for|by|in)\b"
    r"|^\s*(?:那|那么|换成|改成|改为|只看|只要|再|按|用|如果|仅|其中|同样|去掉|排除|不要|画成|做成)"
)
_CLOSING = re.compile(r"(?:呢|instead|only|too|as well|看|as well)\s*[?？.。!]*\s*$")


def is_followup(question: Normalised, frame: Frame, seq: Sequence) -> bool:
    """Whether a question leans on the one before: it opens or closes like one, or asks for nothing by itself."""  # noqa: E501
    asks = any(w.kind in ("agg", "count", "nested", "ratio") for w in frame.wants) or any(
        w.kind == "col" for w in frame.wants
    )
    changes = bool(frame.filters or frame.groups or frame.sorting or frame.mark or frame.rank)
    marked = bool(_OPENING.search(question.text) or _CLOSING.search(question.text))
    if any(seq.cue(at, "agg") for at in frame.unknown) and marked:
        return True
    ranked = frame.rank
    if ranked is not None and not marked and (ranked.entity is not None or ranked.entity_table is not None):
        return False  # "what is the best product?" names what it asks about
    if ranked is not None and not marked and ranked.by is not None:
        return False
    if frame.unknown and not marked:
        return False
    return (marked and (changes or asks)) or (changes and not asks and not frame.tables)


def follow(
    previous: Plan, frame: Frame, seq: Sequence, catalog: Catalog, values: ValueIndex, question: Normalised
) -> Candidate | None:
    """The plan before, changed as asked; None when nothing of it can be changed so."""
    graph = TableGraph(catalog)
    scene = Scene(frame, seq, graph, {})
    _prefer_known(frame, seq, previous)
    prepare_values(scene)
    _prefer_known(frame, seq, previous)
    builder = Builder(scene)
    draft = Draft()
    plan = previous.to_json()
    for slot in ("why", "open"):
        plan.pop(slot, None)
    base = plan["from"]
    changed = False
    for filter_ in frame.filters:
        changed = _change_filter(plan, filter_, scene, draft, base) or changed
    changed = _change_groups(plan, frame, builder, draft, base) or changed
    changed = _change_measure(plan, frame, builder, draft) or changed
    if frame.rank is not None and plan.get("get"):
        if not _rank_things(plan, frame, builder, draft, base):
            return None
        name = _name(plan, seq)
        plan["sort"] = [{"of": name, "dir": frame.rank.direction}]
        plan["top"] = frame.rank.n
        changed = True
    if frame.sorting is not None and plan.get("get"):
        axis = frame.sorting.axis == "x" and plan.get("by")
        name = tag_group(plan["by"][0], seq, set()) if axis else _name(plan, seq)
        plan["sort"] = [{"of": name, "dir": frame.sorting.direction or "asc"}]
        changed = True
    if frame.mark is not None:
        plan["show"] = {"mark": frame.mark}
        changed = True
    if not changed:
        return None
    plan.pop("task", None)
    draft.plan = plan
    return checked_candidate(draft, 0.85 * draft.weight, seq, catalog, values, question)


def _rank_things(plan: dict[str, Any], frame: Frame, builder: Builder, draft: Draft, base: str) -> bool:
    """Rank the things a question names instead of those before; False when they cannot be."""
    rank = frame.rank
    if rank is None or (rank.entity is None and rank.entity_table is None):
        return bool(plan.get("by"))
    made = builder.group(Group(rank.entity, table=rank.entity_table, at=rank.at), draft, {base})
    if made is None:
        return False
    if not any(_full(str(g.get("col", "")), base, builder.seq) == made["col"] for g in plan.get("by", [])):
        tag_group(made, builder.seq, set())
        plan["by"] = [made]
        for slot in ("then", "keep", "top_per"):
            plan.pop(slot, None)
    return True


def _prefer_known(frame: Frame, seq: Sequence, previous: Plan) -> None:
    """Columns of the tables the plan before is about come first."""
    tables = {previous.from_} | tables_in(previous.to_json(), seq)
    for filter_ in frame.filters:
        if filter_.ref is not None:
            near = [
                c
                for c in filter_.ref.choices
                if (col := seq.column(c.ref)) is not None and col.table in tables
            ]
            filter_.ref.choices = near or filter_.ref.choices


def _name(plan: dict[str, Any], seq: Sequence) -> str:
    return tag_measure(plan["get"][0], seq, {str(g.get("as")) for g in plan.get("by", [])})


def _columns(test: Any) -> set[str]:
    if isinstance(test, dict):
        own = {str(test[k]) for k in ("col", "time") if isinstance(test.get(k), str)}
        return own.union(*(_columns(v) for v in test.values())) if test else own
    if isinstance(test, list):
        return set().union(*(_columns(v) for v in test)) if test else set()
    return set()


def _change_filter(plan: dict[str, Any], filter_: Filter, scene: Scene, draft: Draft, base: str) -> bool:
    if filter_.kind == "time" and filter_.ref is None:
        known = _time_columns(plan, scene.seq, base)
        tables = {base}
        if known:
            from datalect.planner.lexical.frame import Choice, Ref

            filter_.ref = Ref([Choice(known[0], 1.0)], filter_.at)
    else:
        tables = {base}
    test = test_of(filter_, scene, draft, tables)
    if test is None:
        return False
    columns = {_full(c, base, scene.seq) for c in _columns(test)}
    kept = [
        t for t in plan.get("where", []) if not ({_full(c, base, scene.seq) for c in _columns(t)} & columns)
    ]
    plan["where"] = [*kept, test]
    return True


def _full(ref: str, base: str, seq: Sequence) -> str:
    return ref if seq.column(ref) is not None else f"{base}.{ref}"


def _time_columns(plan: dict[str, Any], seq: Sequence, base: str) -> list[str]:
    """Date columns the plan already uses, so that a new time replaces the old one."""
    found = []
    for ref in [*_columns(plan.get("where", [])), *_columns(plan.get("by", []))]:
        full = _full(ref, base, seq)
        column = seq.column(full)
        if column is not None and is_time(column):
            found.append(full)
    return sorted(set(found))


def _change_groups(plan: dict[str, Any], frame: Frame, builder: Builder, draft: Draft, base: str) -> bool:
    made = []
    for group in frame.groups[:2]:
        if group.ref is None and group.table is None and group.grain:
            known = _time_columns(plan, builder.seq, base)
            if known:
                from datalect.planner.lexical.frame import Choice, Ref

                group.ref = Ref([Choice(known[0], 1.0)], group.at)
        new = builder.group(group, draft, {base})
        if new is not None:
            tag_group(new, builder.seq, set())
            made.append(new)
    if not made or "list" in plan:
        return False
    old = {g.get("as") for g in plan.get("by", [])}
    timed = [g for g in plan.get("by", []) if _is_time(g, builder, base)]
    if timed and len(made) == 1 and made[0].get("grain") and len(plan["by"]) > 1:
        plan["by"] = [made[0] if g in timed else g for g in plan["by"]]
    else:
        plan["by"] = made
    for slot in ("sort", "then", "keep"):
        if any(entry.get("of") in old or entry.get("over") in old for entry in plan.get(slot, [])):
            plan.pop(slot, None)
    if plan.get("top") and len(old) and not plan.get("sort"):
        plan.pop("top", None)
    plan.pop("top_per", None)
    return True


def _is_time(group: dict[str, Any], builder: Builder, base: str) -> bool:
    column = builder.seq.column(_full(str(group.get("col", "")), base, builder.seq))
    return column is not None and is_time(column)


def _change_measure(plan: dict[str, Any], frame: Frame, builder: Builder, draft: Draft) -> bool:
    wants = [w for w in frame.wants if w.kind in ("agg", "count", "col")]
    if not wants:
        for at in frame.unknown:
            cue = builder.seq.cue(at, "agg")
            if cue is not None and plan.get("get") and "col" in plan["get"][0]:
                plan["get"][0] = {"fn": str(cue.argument), "col": plan["get"][0]["col"]}
                plan.pop("sort", None)
                frame.unknown.remove(at)
                seq_role = builder.seq
                seq_role.use(at, "want")
                frame.penalty = 1.0
                return True
        return False
    measures = [m for w in wants if (m := builder.measure(w, draft)) is not None]
    if not measures or "get" not in plan:
        return False
    if (
        wants[0].kind == "col"
        and "fn" in plan["get"][0]
        and plan["get"][0]["fn"] in ("sum", "avg", "min", "max", "median")
    ):
        column = builder.picked(wants[0].ref, draft)
        if column is not None and "col" in measures[0]:
            measures[0]["fn"] = plan["get"][0]["fn"]
    taken: set[str] = {str(g.get("as")) for g in plan.get("by", [])}
    for measure in measures:
        tag_measure(measure, builder.seq, taken)
    plan["get"] = [{k: v for k, v in m.items() if not k.startswith("_")} for m in measures]
    for slot in ("sort", "keep", "then", "top"):
        plan.pop(slot, None)
    return True
