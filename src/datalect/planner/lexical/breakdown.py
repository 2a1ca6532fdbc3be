"""Figures by group: breakdowns with their bounds, steps and order."""

from __future__ import annotations

from typing import Any

from datalect.data.model import Column
from datalect.planner.lexical.apart import set_apart
from datalect.planner.lexical.build import Builder
from datalect.planner.lexical.conditions import main_time
from datalect.planner.lexical.defaults import (
    label_column,
    lone_quantity,
    natural_aggregate,
    row_level,
    trend_grain,
)
from datalect.planner.lexical.derived import (
    against_before,
    between_ends,
    ends,
    one_period,
    one_row_a_date,
    period_grain,
    timed,
    window_grain,
    with_show,
)
from datalect.planner.lexical.draft import Draft, tables_in
from datalect.planner.lexical.frame import Filter, Group, Ref, Want
from datalect.planner.lexical.named_rank import keep_named, named_in_rank
from datalect.planner.lexical.one_by_one import compared_column, times_apart
from datalect.planner.lexical.sequence import is_number, is_quantity, is_time
from datalect.planner.lexical.sides import between_months, side_by_side
from datalect.planner.lexical.tags import tag_group, tag_measure
from datalect.planner.lexical.things import telling_columns, told_apart


def present(b: Builder, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Conditions that leave out rows without a group: what has no name wins no ranking."""
    optional = {key.ref_table for key in b.catalog.foreign_keys if key.optional}
    return [
        {"not": {"col": g["col"], "op": "null"}}
        for g in groups
        if (c := b.seq.column(g["col"])) is not None and (c.profile.nulls or c.table in optional)
    ]


def lone_measure(b: Builder, draft: Draft) -> dict[str, Any] | None:
    """The natural aggregate of the only number a table measures."""
    column = lone_quantity(b.catalog)
    if column is None:
        return None
    name, _ = natural_aggregate(column)
    draft.note(f"Took {column.name} as what is asked for.", f"以{column.name}为所问的数量。", 0.8)
    return {"fn": name, "col": column.id}


def breakdown(b: Builder, weight: float = 1.0) -> Draft | None:
    """Figures, for the whole or by group, with what is derived from them."""
    draft = Draft(weight=weight)
    frame = b.frame
    steps = dict(frame.steps)
    measures: list[dict[str, Any]] = []
    for want in frame.wants:
        if want.kind in ("agg", "count", "nested", "ratio"):
            measure = b.measure(want, draft)
            if measure is None:
                draft.weight *= 0.3
            elif measure not in measures:
                measures.append(measure)
    groups = list(frame.groups)
    plain: list[Want] = []
    for want in frame.wants:
        if want.kind != "col":
            continue
        column = b.picked(want.ref, draft)
        choice = b.scene.pick(want.ref, draft)
        if (choice is not None and choice.kind != "col") or (
            column is not None and is_quantity(column) and not is_time(column)
        ):
            plain.append(want)
        elif (
            column is not None
            and row_level(column)
            and not (frame.listing or frame.asks_which or frame.havings or frame.mark)
        ):
            # "all companies' total debt": the thing a row is about, not a breakdown
            continue
        elif column is not None and not any(
            b.picked(g.ref, draft) is column for g in groups if g.ref is not None
        ):
            if len(groups) < 2:
                groups.append(Group(want.ref, at=want.at))
                draft.weight *= 0.9 if frame.listing or b.frame.asks_which or frame.havings else 0.72
            else:
                draft.weight *= 0.5
    for having in frame.havings:
        if not measures and not plain and having.want.kind == "agg":
            pass
    if plain and (not measures or groups):
        for want in plain:
            if any(
                m.get("col") == (b.scene.pick(want.ref, draft) or want).__dict__.get("ref")
                for m in measures
                if False
            ):
                continue
            measure = b.measure(want, draft)
            if measure is not None and measure not in measures:
                measures.append(measure)
                if any(w.kind in ("agg", "count", "nested", "ratio") for w in frame.wants):
                    draft.weight *= 0.7
    elif plain:
        draft.weight *= 0.5
    place = named_in_rank(b, draft)
    if place is not None:
        groups = [place[1]]
        draft.plan["_done"] = [place[0]]
    compared = compared_column(b, draft) if place is None else None
    if compared is not None and not any(
        b.picked(g.ref, draft) is compared for g in groups if g.ref is not None
    ):
        groups.append(Group(Ref([c for c in _slot_of(b, compared)], 0, ""), at=-1))
    if not groups and (counted := counted_bars(b, draft)) is not None:
        groups.append(counted)
    tables = tables_in(measures, b.seq) | {str(m["_table"]) for m in measures if "_table" in m}
    named = times_apart(b, draft, tables) if not groups and frame.apart is None else None
    if named is not None:
        groups.append(named)
    if not measures and frame.havings and (groups or _having_groups(b, Draft())):
        pass
    elif not measures:
        if not groups and not frame.havings and not steps and frame.apart is None:
            return None
        changing = {"growth", "trend", "change", "cumulative", "moving"} & set(steps)
        measures = [{"fn": "count"}]
        if changing and not frame.tables and (lone := lone_measure(b, draft)) is not None:
            measures = [lone]
        elif frame.tables:
            measures = [{"fn": "count", "_table": frame.tables[0][0]}]
            above = groups and groups[0].table and b.scene.graph.distance(groups[0].table, frame.tables[0][0])
            draft.weight *= 0.3 if above else 0.9  # each album has but one artist: who that is, is asked
        elif groups or steps:
            draft.note("Counted rows.", "统计了行数。", 0.7)
    if frame.apart is not None and measures:
        one = set_apart(b, draft, measures[0]) if len(measures) == 1 else None
        if one is None:
            draft.lose(0.45)  # one figure is asked for, and the two things it lies between were not found
        else:
            measures = [one]
            done = draft.plan["_done"]
            groups = [g for g in groups if not _split_by(b, g, done)]
    two_ends = ends(b, draft, tables) if {"growth", "change"} & set(steps) or frame.compare else None
    if two_ends is not None:
        return between_ends(b, draft, measures, two_ends, groups)
    if {"growth", "change"} & set(steps) and (
        months := between_months(b, draft, measures, tables)
    ) is not None:
        return months
    if not steps.keys() - {"versus"} and (sides := side_by_side(b, draft, measures)) is not None:
        measures, used = sides
        draft.plan["_done"] = [*draft.plan.get("_done", []), *used]
    if "growth" in steps and (moment := one_period(b, draft, tables)) is not None:
        return against_before(b, draft, measures, moment, str(steps["growth"]))
    time_step = next((n for n in ("trend", "growth", "cumulative", "moving", "change") if n in steps), None)
    by: list[dict[str, Any]] = []
    taken: set[str] = set()
    for group in groups[:2]:
        made = b.group(group, draft, tables)
        if made is None:
            draft.lose(0.3)
            continue
        if made not in by:
            by.append(made)
    measures = [_rows_of(m, by, b) for m in measures]
    if len(by) == len(groups) == 1 and groups[0].table and (things := b.catalog.table(groups[0].table)):
        by = told_apart(by[0], things)
    if len(groups) > 2:
        draft.lose(0.4)
    if frame.havings and not by and not any(m.get("keep") for m in measures):
        by = _having_groups(b, draft)
    if time_step is not None and not any(timed(b, g) for g in by):
        date = main_time(b.scene, draft, tables or set(b.scene.graph.names))
        if date is None:
            return None
        made = {"col": date.id}
        grain = trend_grain(date)
        if time_step in ("moving", "cumulative") and not is_number(date):
            made["grain"] = window_grain(b) or (grain.value if grain is not None else "month")
        elif grain is not None and not one_row_a_date(b, date):
            made["grain"] = grain.value
            if time_step == "growth" and steps.get("growth") == "year":
                made["grain"] = "year"
            elif time_step == "growth" and steps.get("growth") == "prev":
                made["grain"] = period_grain(b)
        by.insert(0, made)
    plan: dict[str, Any] = {"get": measures, **draft.plan}
    if by:
        plan["by"] = by[:2]
        for group in plan["by"]:
            tag_group(group, b.seq, taken)
    if frame.havings:
        plan["where"] = present(b, by[:2])
    if (
        not by
        and len(measures) == 1
        and measures[0].get("fn") == "count"
        and frame.havings
        and not measures[0].get("of")
    ):
        draft.weight *= 0.4
    havings(b, draft, plan, taken)
    if place is not None and by:
        keep_named(b, place[0], plan, taken)
    _derive(b, draft, plan, taken)
    _sort_groups(b, draft, plan, taken)
    if frame.limit:
        plan["top"] = frame.limit
    plan["task"] = _task(b, plan)
    draft.plan = with_show(b, plan)
    return draft


def _split_by(b: Builder, group: Group, done: list[Filter]) -> bool:
    """Whether a breakdown only tells the two things apart that are set against each other already."""
    column = b.picked(group.ref, Draft()) if group.ref is not None else None
    refs = {f.ref.choices[0].ref for f in done if f.ref is not None and f.ref.choices}
    return column is not None and column.id in refs


_BARS = ("bar", "pie", "line", "area")


def counted_bars(b: Builder, draft: Draft) -> Group | None:
    """What a chart of "the number of counties" has a bar for: each county, not one for all."""
    wants = b.frame.wants
    axis = b.frame.sorting is not None and b.frame.sorting.axis is not None
    if len(wants) != 1 or wants[0].kind != "count" or wants[0].ref is None:
        return None
    if not (b.frame.mark in _BARS or axis) or b.frame.compare:
        return None
    column = b.picked(wants[0].ref, draft)
    if column is None or (is_quantity(column) and not is_time(column)):
        return None
    return Group(wants[0].ref, at=wants[0].at)


def _rows_of(measure: dict[str, Any], by: list[dict[str, Any]], b: Builder) -> dict[str, Any]:
    """A count of the values a breakdown is by is a count of rows: each group has one of them."""
    column = (
        b.seq.column(measure["col"]) if measure.get("fn") == "distinct" and "where" not in measure else None
    )
    if column is None or not any(g["col"] == column.id and "grain" not in g for g in by):
        return measure
    return {"fn": "count", "_table": column.table}


def _slot_of(b: Builder, column: Column) -> list[Any]:
    from datalect.planner.lexical.frame import Choice

    return [Choice(column.id, 1.0)]


def _having_groups(b: Builder, draft: Draft) -> list[dict[str, Any]]:
    named = list(b.frame.tables)
    if any(b.seq.items[h.at].text[:1] > "\u3000" for h in b.frame.havings):
        # 平均工资超过九万的系: what is asked for stands last
        named.sort(key=lambda pair: pair[1] < b.frame.havings[0].at)
    for name, at in named:
        table = b.catalog.table(name)
        column = next(iter(telling_columns(table)), None) if table is not None else None
        counted = {h.want.table for h in b.frame.havings}
        if column is not None and name not in counted:
            draft.why[f"by.{column.id}"] = at
            return told_apart({"col": column.id}, table) if table is not None else []
    if len(b.catalog.tables) == 1 and not b.frame.wants:
        # "players suspended more than once": each name stands for a player
        column = label_column(b.catalog.tables[0])
        if column is not None and not row_level(column):
            draft.note(f"Took each {column.name} as one.", f"以每个{column.name}为一个。", 0.85)
            return [{"col": column.id}]
    return []


def havings(b: Builder, draft: Draft, plan: dict[str, Any], taken: set[str]) -> None:
    """Put the bounds on groups into the plan."""
    for having in b.frame.havings:
        if any(m.get("keep") for m in plan["get"]):
            continue
        measure = b.measure(having.want, draft)
        if measure is None or not plan.get("by"):
            draft.lose(0.4)
            continue
        same = next((m for m in plan["get"] if {k: v for k, v in m.items() if k != "as"} == measure), None)
        if same is None:
            plan["get"].append(measure)
            same = measure
        value = int(having.value) if float(having.value).is_integer() else having.value
        plan.setdefault("keep", []).append(
            {"of": tag_measure(same, b.seq, taken), "op": having.op, "val": value}
        )


def _derive(b: Builder, draft: Draft, plan: dict[str, Any], taken: set[str]) -> None:
    for name, argument in b.frame.steps:
        of = tag_measure(plan["get"][0], b.seq, taken)
        by = plan.get("by", [])
        if name == "share" and by:
            step: dict[str, Any] = {"fn": "share", "of": of}
        elif name == "rank" and by:
            step = {"fn": "rank", "of": of}
        elif name == "rank":
            draft.lose(0.4)  # the place of something, among nothing
            continue
        elif name == "growth" and by:
            over = next((g for g in by if timed(b, g)), None)
            if over is None:
                continue
            step = {"fn": "pct_change", "of": of, "over": over["as"]}
            if argument == "year" and over.get("grain") in ("month", "quarter", "week", "day"):
                step["period"] = "year"
        elif name == "cumulative" and by:
            step = {"fn": "cumulative", "of": of}
        elif name == "moving" and by:
            step = {"fn": "moving_average", "of": of, "window": max(2, int(argument))}
        else:
            continue
        plan.setdefault("then", []).append(step)


def _sort_groups(b: Builder, draft: Draft, plan: dict[str, Any], taken: set[str]) -> None:
    sorting = b.frame.sorting
    by = plan.get("by", [])
    if sorting is None or not by:
        return
    target = None
    if sorting.axis == "x":
        target = by[0]["as"]
    elif sorting.axis == "y" or (sorting.by is not None and sorting.by.kind == "count"):
        target = tag_measure(plan["get"][0], b.seq, taken)
    elif sorting.by is not None:
        column = b.picked(sorting.by.ref, draft)
        group = next((g for g in by if column is not None and g["col"] == column.id), None)
        if group is not None:
            target = group["as"]
        else:
            measure = next((m for m in plan["get"] if column is not None and m.get("col") == column.id), None)
            if measure is None and column is not None and is_quantity(column):
                measure = b.measure(sorting.by, draft)
                if measure is not None:
                    plan["get"].append(measure)
            target = tag_measure(measure, b.seq, taken) if measure is not None else None
    if target is None:
        target = tag_measure(plan["get"][0], b.seq, taken)
    plan["sort"] = [{"of": target, "dir": sorting.direction or "asc"}]


def _task(b: Builder, plan: dict[str, Any]) -> str:
    names = [n for n, _ in b.frame.steps]
    for name, task in (
        ("share", "share"),
        ("growth", "growth"),
        ("trend", "trend"),
        ("rank", "rank"),
        ("change", "trend"),
    ):
        if name in names:
            return task
    if b.frame.compare:
        return "compare"
    by = plan.get("by", [])
    return "value" if not by else "trend" if timed(b, by[0]) else "compare"


def group_having(b: Builder) -> Draft | None:
    """Groups whose total passes a bound: "states with more than 10,000 profit", 利润超过1万的州."""
    draft = Draft()
    bounds = [
        f
        for f in b.frame.filters
        if f.kind == "number" and f.op not in ("=", "!=") and f.ref is not None and f.fn != "percent"
    ]
    columns = [w for w in b.frame.wants if w.kind == "col"]
    if len(bounds) != 1 or len(columns) != 1:
        return None
    entity = b.picked(columns[0].ref, draft)
    column = b.picked(bounds[0].ref, draft)
    if entity is None or column is None or is_quantity(entity) or row_level(entity):
        return None
    name, sure = natural_aggregate(column)
    if name != "sum":
        draft.weight *= 0.5
    draft.weight *= 0.85 + 0.15 * sure
    measure = {"fn": name, "col": column.id}
    taken: set[str] = set()
    group = {"col": entity.id}
    plan: dict[str, Any] = {"by": [group], "get": [measure], "_done": bounds, "task": "compare"}
    tag_group(group, b.seq, taken)
    of = tag_measure(measure, b.seq, taken)
    value = bounds[0].values
    plan["keep"] = [{"of": of, "op": bounds[0].op, "val": value if bounds[0].op == "between" else value[0]}]
    draft.plan = with_show(b, plan)
    return draft
