"""The shapes a frame can take as a plan: lists, figures, breakdowns, rankings, shares, trends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from datalect.data.model import Column
from datalect.plan.model import Dates
from datalect.planner.lexical.build import Builder, tag_group, tag_measure
from datalect.planner.lexical.conditions import main_time, test_of
from datalect.planner.lexical.defaults import (
    label_column,
    label_columns,
    natural_aggregate,
    row_level,
    trend_grain,
)
from datalect.planner.lexical.draft import Draft, tables_in
from datalect.planner.lexical.frame import Group, Ref, Want
from datalect.planner.lexical.sequence import is_number, is_quantity, is_time

Shape = Callable[[], Draft | None]


def shapes(b: Builder) -> Iterator[Shape]:
    """Shapes worth trying for a frame, most specific first."""
    frame = b.frame
    steps = {name for name, _ in frame.steps}
    if "corr" in steps:
        yield lambda: correlation(b)
        yield lambda: pairs(b)
        return
    if "dist" in steps and not frame.rank:
        yield lambda: distribution(b)
        columns = sum(1 for w in frame.wants if w.kind == "col") + len(frame.groups)
        if columns >= 2:
            yield lambda: rows(b, 0.7)
            yield lambda: breakdown(b)
        return
    if "share" in steps:
        yield lambda: ratio(b)
        yield lambda: breakdown(b, 1.0 if frame.groups else 0.7)
        return
    measured = any(w.kind in ("agg", "count", "nested", "ratio") for w in frame.wants)
    derived = bool(steps & {"growth", "trend", "cumulative", "moving", "rank", "change"})
    if frame.rank is not None:
        yield lambda: top_rows(b)
        yield lambda: top_groups(b)
        yield lambda: extreme(b)
        return
    if measured or frame.groups or derived or frame.havings or frame.compare:
        yield lambda: breakdown(b)
        if not measured:
            yield lambda: rows(b, 0.55)
        return
    yield lambda: rows(b, 1.0)
    yield lambda: total(b)
    yield lambda: group_having(b)


# ---------------------------------------------------------------- rows


def _list_columns(b: Builder, draft: Draft) -> list[str]:
    out: list[str] = []
    for want in b.frame.wants:
        if want.kind == "implied":
            continue
        choice = b.scene.pick(want.ref, draft)
        if choice is None or choice.kind != "col" or choice.ref in out:
            continue
        draft.why[f"list.{choice.ref}"] = want.at
        out.append(choice.ref)
    implied = [w for w in b.frame.wants if w.kind == "implied" and w.ref is not None]
    for want in implied:
        if out and b.seq.items[want.at].text not in (
            "who",
            "when",
            "where",
            "谁",
            "何时",
            "哪里",
            "什么时候",
        ):
            continue
        column = b.picked(want.ref, draft)
        if column is not None and column.id not in out:
            draft.why[f"list.{column.id}"] = want.at
            out.append(column.id)
    return out


def _labels(b: Builder, draft: Draft) -> list[str]:
    """The columns that name the rows of the table asked for."""
    for name, at in b.frame.tables:
        table = b.catalog.table(name)
        if table is None:
            continue
        columns = label_columns(table)
        if columns:
            draft.why[f"list.{columns[0].id}"] = at
            return [c.id for c in columns]
        return [c.id for c in table.columns if not c.hidden][:20]
    return []


def rows(b: Builder, weight: float) -> Draft | None:
    """A list of rows with the columns asked for."""
    draft = Draft(weight=weight)
    columns = _list_columns(b, draft)
    if not columns and b.frame.groups:
        return None
    for group in b.frame.groups:
        column = b.picked(group.ref, draft) if group.ref is not None else None
        if column is not None and column.id not in columns:
            columns.append(column.id)
    if not columns:
        columns = _labels(b, draft)
        draft.weight *= 0.85
    if not columns:
        if not b.frame.filters:
            return None
        columns = _labels_of_filters(b, draft)
        draft.weight *= 0.7
        if not columns:
            return None
    draft.weight *= _too_many(b, columns)
    plan: dict[str, Any] = {"list": columns}
    if b.frame.distinct or (len(columns) == 1 and _repeats(b, columns[0])):
        plan["distinct"] = True
    if b.frame.sorting is not None:
        _sort_rows(b, draft, plan)
    if b.frame.limit:
        plan["top"] = b.frame.limit
    plan["task"] = "list"
    draft.plan = _with_show(b, plan)
    return draft


def _too_many(b: Builder, columns: list[str]) -> float:
    """How likely many numbers without a word about which rows are wanted one by one."""
    if len(columns) != 1 or b.frame.listing or b.frame.asks_which or b.frame.mark:
        return 1.0
    column = b.seq.column(columns[0])
    if column is None:
        return 1.0
    bounds = [
        f for f in b.frame.filters if f.kind == "number" and f.ref is not None and f.op not in ("=", "!=")
    ]
    if not is_quantity(column) and not row_level(column) and bounds:
        return 0.7
    if not is_quantity(column) or is_time(column):
        return 1.0
    expected = expected_rows(b)
    return 1.0 if expected <= 1.5 else 0.85 if expected <= 12 else 0.5


def _repeats(b: Builder, ref: str) -> bool:
    column = b.seq.column(ref)
    return (
        column is not None
        and not is_quantity(column)
        and not row_level(column)
        and not b.frame.filters
        and not is_time(column)
    )


def _labels_of_filters(b: Builder, draft: Draft) -> list[str]:
    for filter_ in b.frame.filters:
        column = b.picked(filter_.ref, draft)
        table = b.catalog.table(column.table) if column is not None else None
        label = label_column(table) if table is not None else None
        if label is not None and column is not None and label.id != column.id:
            return [label.id]
    return []


def _sort_rows(b: Builder, draft: Draft, plan: dict[str, Any]) -> None:
    sorting = b.frame.sorting
    if sorting is None:
        return
    target: str | None = None
    if sorting.by is not None:
        column = b.picked(sorting.by.ref, draft)
        target = column.id if column is not None else None
    elif sorting.axis == "x":
        target = plan["list"][0]
    elif sorting.axis == "y":
        target = plan["list"][min(1, len(plan["list"]) - 1)]
    else:
        numbers = [c for c in plan["list"] if (col := b.seq.column(c)) is not None and is_quantity(col)]
        target = (numbers or plan["list"])[0]
    if target is not None:
        plan["sort"] = [{"of": target, "dir": sorting.direction or "asc"}]


def top_rows(b: Builder) -> Draft | None:
    """The rows with the largest or smallest number: "the three most expensive cars"."""
    rank = b.frame.rank
    if rank is None:
        return None
    draft = Draft()
    if b.frame.groups or any(w.kind in ("agg", "count", "nested", "ratio") for w in b.frame.wants):
        return None
    if rank.by is not None and rank.by.kind != "col":
        return None
    by = b.picked(rank.by.ref, draft) if rank.by is not None else None
    columns = [c for c in _list_columns(b, draft)]
    entity = b.picked(rank.entity, draft) if rank.entity is not None else None
    if entity is not None:
        draft.why[f"list.{entity.id}"] = rank.at
        if entity.id not in columns:
            columns.insert(0, entity.id)
    if by is None:
        numbers = [c for c in columns if (col := b.seq.column(c)) is not None and is_quantity(col)]
        if len(numbers) != 1:
            return None
        by = b.seq.column(numbers[0])
    if by is None or not (is_quantity(by) or is_time(by)):
        return None
    shown = [c for c in columns if c != by.id]
    if not shown:
        table_name = rank.entity_table or next((t for t, _ in b.frame.tables), None)
        table = b.catalog.table(table_name or by.table)
        label = label_column(table) if table is not None else None
        if (
            rank.superlative
            and rank.entity_table is None
            and not b.frame.tables
            and not b.frame.asks_which
            and not b.frame.listing
            and not _adjective(b)
        ):
            draft.weight *= 0.55
        if label is None or label.id == by.id:
            if not rank.explicit_n:
                return None
        else:
            shown = [c.id for c in label_columns(table)] if table is not None else [label.id]
    head = b.seq.column(shown[0]) if shown else None
    if head is not None and head.table != by.table and b.scene.graph.distance(by.table, head.table):
        draft.weight *= 0.35  # many rows of the measured table belong to each of the things ranked
    if head is not None and not row_level(head) and len(shown) == 1 and not is_quantity(head):
        # a category with many rows: groups are meant, unless each row is a thing of its own
        many = head.profile.distinct > 0.6 * max(1, head.profile.rows)
        level = natural_aggregate(by)[0] == "avg" or is_time(by)
        alone = expected_rows(b) <= 1.3 * max(1, head.profile.distinct)
        draft.weight *= 0.97 if alone else 0.9 if level else 0.75 if many else 0.4
    if (
        any((c := b.seq.column(s)) is not None and is_quantity(c) and not is_time(c) for s in shown)
        and not rank.explicit_n
        and len(shown) == 1
    ):
        draft.weight *= 0.9
    plan: dict[str, Any] = {
        "list": [*shown, by.id],
        "sort": [{"of": by.id, "dir": rank.direction}],
        "top": rank.n,
    }
    if rank.skip:
        plan["skip"] = rank.skip
    draft.why[f"sort.{by.id}"] = rank.at
    plan["task"] = "extreme" if rank.n == 1 else "rank"
    draft.plan = _with_show(b, plan)
    return draft


def _adjective(b: Builder) -> bool:
    rank = b.frame.rank
    return rank is not None and bool(b.seq.cue(rank.at, "adj"))


# ---------------------------------------------------------------- groups


def top_groups(b: Builder) -> Draft | None:
    """The groups with the largest or smallest figure: "which city has the most orders"."""
    rank = b.frame.rank
    if rank is None:
        return None
    draft = Draft()
    groups: list[Group] = []
    if rank.entity is not None and rank.entity.choices:
        groups = [Group(rank.entity, at=rank.at)]
    elif rank.entity_table is not None:
        groups = [Group(None, table=rank.entity_table, at=rank.at)]
    within = [g for g in b.frame.groups]
    wants = list(b.frame.wants)
    if not groups and within:
        groups, within = within[:1], within[1:]
    if not groups:
        columns = [
            w
            for w in wants
            if w.kind == "col"
            and (c := b.picked(w.ref, draft)) is not None
            and (not is_quantity(c) or is_time(c))
        ]
        if columns:
            groups = [Group(columns[0].ref, at=columns[0].at)]
            wants.remove(columns[0])
            extra = [w for w in columns[1:]]
            wants = [w for w in wants if w not in extra]
            within = [Group(w.ref, at=w.at) for w in extra]
            if extra:
                draft.weight *= 0.7
        elif b.frame.tables:
            table = next((t for t, _ in b.frame.tables if rank.by is None or t != rank.by.table), None)
            if table is None:
                return None
            groups = [Group(None, table=table, at=b.frame.tables[0][1])]
    if not groups:
        return None
    measures: list[dict[str, Any]] = []
    if rank.by is not None:
        measure = b.measure(rank.by, draft)
        if measure is not None:
            measures.append(measure)
    for want in wants:
        if want.kind in ("agg", "count", "nested", "ratio"):
            measure = b.measure(want, draft)
            if measure is not None and measure not in measures:
                measures.append(measure)
        elif want.kind == "col" and rank.by is None and b.quantity_choice(want, draft) is not None:
            measure = b.measure(want, draft)
            if measure is not None:
                measures.append(measure)
    if not measures:
        if rank.by is None and not rank.explicit_n and not _common(b):
            draft.weight *= 0.5
        measures = [{"fn": "count"}]
        draft.note("Ranked by the number of rows.", "按行数排名。", 0.75 if not _common(b) else 1.0)
    tables = tables_in(measures, b.seq) | {str(m["_table"]) for m in measures if "_table" in m}
    taken: set[str] = set()
    by = [g for g in (b.group(x, draft, tables) for x in groups) if g is not None]
    if not by:
        return None
    first = b.seq.column(by[0]["col"])
    own = rank.by.ref.choices[0] if rank.by is not None and rank.by.kind == "col" and rank.by.ref else None
    if first is not None and own is not None:
        if measures[0].get("fn") == "avg":
            draft.weight *= 0.6
        if first.table in tables and expected_rows(b) <= 1.3 * max(1, first.profile.distinct):
            draft.weight *= 0.8
    if (
        first is not None
        and row_level(first)
        and measures[0].get("fn") in ("sum", "avg")
        and len({first.table, *tables}) == 1
    ):
        draft.weight *= 0.5
    plan: dict[str, Any] = {"by": by, "get": measures}
    if within and len(by) < 2:
        inner = b.group(within[0], draft, tables)
        if inner is not None and inner["col"] != by[0]["col"]:
            plan["by"] = [inner, *by]
            plan["top_per"] = tag_group(inner, b.seq, taken)
    for group in plan["by"]:
        tag_group(group, b.seq, taken)
    name = tag_measure(measures[0], b.seq, taken)
    plan["sort"] = [{"of": name, "dir": rank.direction}]
    plan["top"] = rank.n
    if rank.skip:
        plan["skip"] = rank.skip
    _havings(b, draft, plan, taken)
    plan["where"] = [
        {"not": {"col": g["col"], "op": "null"}}
        for g in by[:1]
        if (c := b.seq.column(g["col"])) is not None and c.profile.nulls
    ]
    plan["task"] = "extreme" if rank.n == 1 else "rank"
    draft.plan = _with_show(b, plan)
    return draft


def _common(b: Builder) -> bool:
    rank = b.frame.rank
    return rank is not None and any(
        w in b.seq.items[rank.at].text for w in ("common", "frequent", "popular", "often", "常见", "受欢迎")
    )


def extreme(b: Builder) -> Draft | None:
    """One largest or smallest number: "what is the highest price"."""
    rank = b.frame.rank
    if rank is None or rank.by is None or rank.entity is not None or rank.explicit_n or rank.by.kind != "col":
        return None
    draft = Draft()
    if (
        b.frame.asks_which
        or _adjective(b)
        or any(w.kind == "col" and w is not rank.by for w in b.frame.wants)
    ):
        draft.weight *= 0.4
    column = b.picked(rank.by.ref, draft)
    if column is None or (not is_quantity(column) and not is_time(column)):
        return None
    measure = {"fn": "max" if rank.direction == "desc" else "min", "col": column.id}
    draft.why[f"get.{column.id}"] = rank.by.at
    plan: dict[str, Any] = {"get": [measure], "task": "value"}
    by = [g for x in b.frame.groups[:2] if (g := b.group(x, draft, {column.table})) is not None]
    if by:
        plan["by"] = by
    if b.frame.tables and not by:
        draft.weight *= 0.9
    draft.plan = _with_show(b, plan)
    return draft


def total(b: Builder) -> Draft | None:
    """One figure for a column nobody named an aggregate for: "sales in 2023"."""
    draft = Draft()
    wants = [w for w in b.frame.wants if w.kind in ("col", "implied") and w.ref is not None]
    if len(wants) != 1 or (b.frame.listing and not b.frame.filters) or b.frame.asks_which:
        return None
    choice = b.quantity_choice(wants[0], draft)
    column = b.col(choice)
    if choice is None or (column is not None and is_time(column)):
        return None
    measure = b.measure(wants[0], draft)
    if measure is None:
        return None
    expected = expected_rows(b)
    if choice.kind == "metric":
        weight = 1.0
    elif measure.get("fn") == "sum" or choice.kind == "expr":
        weight = 0.3 if expected <= 1.5 else 0.95 if expected > 12 else 0.75
    else:
        weight = 0.2 if expected <= 1.5 else 0.8 if expected > 12 else 0.5
    if b.frame.listing:
        weight *= 0.7
    draft.weight *= weight
    draft.plan = _with_show(b, {"get": [measure], "task": "value"})
    return draft


def expected_rows(b: Builder) -> float:
    """About how many rows the conditions keep, judged from how often the values occur."""
    rows_ = float(max((t.rows for t in b.catalog.tables), default=0))
    for filter_ in b.frame.filters:
        if filter_.kind == "value" and not filter_.neg:
            counts = [max((h.count for h in g), default=0) for g in filter_.hits]
            total_ = sum(counts)
            if total_ and rows_:
                table = b.seq.column(filter_.hits[0][0].column)
                base = table.profile.rows if table is not None and table.profile.rows else rows_
                rows_ *= min(1.0, total_ / base)
        elif filter_.kind in ("time", "number") and filter_.ref is not None and filter_.op == "=":
            column = b.seq.column(filter_.ref.choices[0].ref) if filter_.ref.choices else None
            if column is not None and column.profile.distinct:
                rows_ /= column.profile.distinct
        elif filter_.kind == "time":
            rows_ *= 0.3
        elif filter_.kind in ("number", "bool"):
            rows_ *= 0.5
    return rows_


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
            and not (frame.listing or frame.asks_which or frame.havings)
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
    compared = _compared(b, draft)
    if compared is not None and not any(
        b.picked(g.ref, draft) is compared for g in groups if g.ref is not None
    ):
        groups.append(Group(Ref([c for c in _slot_of(b, compared)], 0, ""), at=-1))
    tables = tables_in(measures, b.seq) | {str(m["_table"]) for m in measures if "_table" in m}
    if not measures and frame.havings and groups:
        pass
    elif not measures:
        if not groups and not frame.havings and not steps:
            return None
        measures = [{"fn": "count"}]
        if frame.tables:
            measures = [{"fn": "count", "_table": frame.tables[0][0]}]
            draft.weight *= 0.9
        elif groups or steps:
            draft.note("Counted rows.", "统计了行数。", 0.7)
    ends = _ends(b, draft, tables) if {"growth", "change"} & set(steps) or frame.compare else None
    if ends is not None:
        return _between_ends(b, draft, measures, ends, groups)
    if "growth" in steps and (moment := _one_period(b, draft, tables)) is not None:
        return _against_before(b, draft, measures, moment, str(steps["growth"]))
    time_step = next((n for n in ("trend", "growth", "cumulative", "moving", "change") if n in steps), None)
    by: list[dict[str, Any]] = []
    taken: set[str] = set()
    for group in groups[:2]:
        made = b.group(group, draft, tables)
        if made is None:
            draft.weight *= 0.3
            continue
        if made not in by:
            by.append(made)
    if len(groups) > 2:
        draft.weight *= 0.4
    if frame.havings and not by:
        by = _having_groups(b, draft)
    if time_step is not None and not any(_timed(b, g) for g in by):
        date = main_time(b.scene, draft, tables or set(b.scene.graph.names))
        if date is None:
            return None
        made = {"col": date.id}
        grain = trend_grain(date)
        if time_step in ("moving", "cumulative") and not is_number(date):
            made["grain"] = _window_grain(b) or (grain.value if grain is not None else "month")
        elif grain is not None and not one_row_a_date(b, date):
            made["grain"] = grain.value
            if time_step == "growth" and steps.get("growth") == "year":
                made["grain"] = "year"
            elif time_step == "growth" and steps.get("growth") == "prev":
                made["grain"] = _period_grain(b)
        by.insert(0, made)
    plan: dict[str, Any] = {"get": measures}
    if by:
        plan["by"] = by[:2]
        for group in plan["by"]:
            tag_group(group, b.seq, taken)
    if (
        not by
        and len(measures) == 1
        and measures[0].get("fn") == "count"
        and frame.havings
        and not measures[0].get("of")
    ):
        draft.weight *= 0.4
    _havings(b, draft, plan, taken)
    _derive(b, draft, plan, taken)
    _sort_groups(b, draft, plan, taken)
    if frame.limit:
        plan["top"] = frame.limit
    plan["task"] = _task(b, plan)
    draft.plan = _with_show(b, plan)
    return draft


def _ends(b: Builder, draft: Draft, tables: set[str]) -> tuple[Any, Column, list[int]] | None:
    """Two years set against each other: the filter, its column and the years."""
    times = [f for f in b.frame.filters if f.kind == "time" and f.time is not None and not f.neg]
    mentions = [m for f in times for m in (f.time, *f.values) if m is not None]
    years = [m.years for m in mentions]
    if not times or any(y is None or y[0] is None or y[1] is None for y in years):
        return None
    spans = [(y[0], y[1]) for y in years if y is not None]
    points = sorted({int(v) for span in spans for v in span if v is not None})
    single = len(spans) == 1 and spans[0][0] != spans[0][1] and not b.frame.compare
    several = len(spans) == 2 and all(s[0] == s[1] for s in spans)
    if len(points) != 2 or not (single or several):
        return None
    ref = next((f.ref for f in times if f.ref is not None), None)
    column = b.picked(ref, draft) if ref is not None else main_time(b.scene, draft, tables)
    return (times, column, points) if column is not None else None


def _between_ends(
    b: Builder,
    draft: Draft,
    measures: list[dict[str, Any]],
    ends: tuple[Any, Column, list[int]],
    groups: list[Group],
) -> Draft | None:
    """The change of a figure from one year to another."""
    filters, column, points = ends
    group: dict[str, Any] = {"col": column.id}
    if is_number(column):
        test: dict[str, Any] = {"col": column.id, "op": "in", "val": points}
    else:
        group["grain"] = "year"
        test = {"any": [{"time": column.id, "in": {"year": p}} for p in points]}
    taken: set[str] = set()
    by = [group]
    for other in groups[:1]:
        made = b.group(other, draft, set())
        if made is not None and made["col"] != column.id:
            by.insert(0, made)
    for made in by:
        tag_group(made, b.seq, taken)
    of = tag_measure(measures[0], b.seq, taken)
    relative = "growth" in dict(b.frame.steps) or any(
        seq_text in b.seq.items[k].text
        for k in range(len(b.seq))
        for seq_text in ("%", "percent", "百分", "率", "幅")
    )
    step: dict[str, Any] = {"fn": "pct_change" if relative else "difference", "of": of, "over": group["as"]}
    if len(by) > 1:
        step["within"] = by[0]["as"]
    draft.plan = {
        "get": measures,
        "by": by,
        "where": [test],
        "then": [step],
        "_done": filters,
        "task": "growth",
    }
    return draft


def _one_period(b: Builder, draft: Draft, tables: set[str]) -> tuple[Any, Column, dict[str, Any]] | None:
    """The single year, quarter or month a change is asked for."""
    times = [f for f in b.frame.filters if f.kind == "time" and f.time is not None]
    if len(times) != 1 or times[0].values or b.frame.groups:
        return None
    span = times[0].time.span if times[0].time is not None else None
    if not isinstance(span, Dates) or span.year is None or span.day or span.week or span.half or span.fiscal:
        return None
    column = b.picked(times[0].ref, draft) if times[0].ref is not None else main_time(b.scene, draft, tables)
    if column is None:
        return None
    return times[0], column, span.model_dump(exclude_none=True, exclude_defaults=True)


def _against_before(
    b: Builder,
    draft: Draft,
    measures: list[dict[str, Any]],
    moment: tuple[Any, Column, dict[str, Any]],
    kind: str,
) -> Draft | None:
    """A period's change against the one before, or against the same one a year earlier."""
    filter_, column, span = moment
    year = int(span["year"])
    unit = "month" if "month" in span else "quarter" if "quarter" in span else "year"
    before = dict(span)
    if unit == "year" or kind == "year":
        before["year"] = year - 1
    elif span[unit] == 1:
        before.update({"year": year - 1, unit: 12 if unit == "month" else 4})
    else:
        before[unit] = span[unit] - 1
    group: dict[str, Any] = {"col": column.id}
    if is_number(column):
        if unit != "year":
            return None
        test: dict[str, Any] = {"col": column.id, "op": "in", "val": [year - 1, year]}
    else:
        group["grain"] = unit
        test = {"any": [{"time": column.id, "in": before}, {"time": column.id, "in": span}]}
    taken: set[str] = set()
    tag_group(group, b.seq, taken)
    of = tag_measure(measures[0], b.seq, taken)
    step = {"fn": "pct_change", "of": of, "over": group["as"]}
    draft.plan = {"get": measures[:1], "by": [group], "where": [test], "then": [step], "_done": [filter_],
                  "sort": [{"of": group["as"], "dir": "desc"}], "top": 1, "task": "growth"}  # fmt: skip
    return draft


def _slot_of(b: Builder, column: Column) -> list[Any]:
    from datalect.planner.lexical.frame import Choice

    return [Choice(column.id, 1.0)]


_APART = (
    "各是多少",
    "分别是多少",
    "分别",
    "各自",
    "各",
    "各为多少",
    "分别为多少",
    "respectively",
    "each",
    "哪个",
    "which",
)


def _compared(b: Builder, draft: Draft) -> Column | None:
    """The column whose values are set against each other, when two or more of one column are named."""
    flags = [f for f in b.frame.filters if f.kind == "bool" and f.ref is not None]
    if len({f.neg for f in flags}) == 2 and len({f.ref.choices[0].ref for f in flags if f.ref}) == 1:
        # 国企和非国企: both sides of a yes/no column
        b.frame.filters = [f for f in b.frame.filters if f not in flags]
        return b.picked(flags[0].ref, draft)
    for filter_ in b.frame.filters:
        if filter_.kind == "value" and len(filter_.hits) > 1 and not filter_.neg:
            apart = b.frame.compare or any(b.seq.items[k].text in _APART for k in range(len(b.seq)))
            averaged = any(w.kind == "agg" and w.fn != "sum" for w in b.frame.wants)
            if apart or (filter_.fn == "and" and averaged):
                return b.picked(filter_.ref, draft)
            if filter_.fn == "and":
                draft.weight *= 0.88
    return None


_WINDOW_UNITS = (("day", "day"), ("week", "week"), ("month", "month"), ("quarter", "quarter"), ("year", "year"),  # noqa: E501
                 ("日", "day"), ("天", "day"), ("周", "week"), ("月", "month"), ("季", "quarter"), ("年", "year"))  # fmt: skip  # noqa: E501


def _window_grain(b: Builder) -> str | None:
    """The unit of a moving average: "7-day", 3个月."""
    for at in range(len(b.seq)):
        if b.seq.cue(at, "moving"):
            return next((g for word, g in _WINDOW_UNITS if word in b.seq.items[at].text), None)
    return None


def _period_grain(b: Builder) -> str:
    """The unit of a change from period to period: "quarter over quarter", 月环比."""
    for at in range(len(b.seq)):
        if b.seq.cue(at, "growth"):
            text = b.seq.items[at].text
            for words, grain in (
                (("week", "周"), "week"),
                (("quarter", "qoq", "q/q", "季"), "quarter"),
                (("day", "日"), "day"),
            ):
                if any(w in text for w in words):
                    return grain
    return "month"


def one_row_a_date(b: Builder, date: Column) -> bool:
    """Whether the rows asked for have one row for each date, so that nothing needs adding up."""
    table = b.catalog.table(date.table)
    fixed = set()
    for filter_ in b.frame.filters:
        if filter_.kind == "value" and not filter_.neg and len(filter_.hits) == 1 and filter_.ref is not None:
            column = b.seq.column(filter_.ref.choices[0].ref)
            if column is not None:
                fixed.add(column.name)
    keys = table.keys if table is not None else ()
    return date.profile.distinct <= 400 and any(
        date.name in key and set(key) <= {date.name} | fixed for key in keys
    )


def _timed(b: Builder, group: dict[str, Any]) -> bool:
    column = b.seq.column(group["col"])
    return column is not None and is_time(column)


def _having_groups(b: Builder, draft: Draft) -> list[dict[str, Any]]:
    for name, at in b.frame.tables:
        table = b.catalog.table(name)
        column = label_column(table) if table is not None else None
        counted = {h.want.table for h in b.frame.havings}
        if column is not None and name not in counted:
            draft.why[f"by.{column.id}"] = at
            return [{"col": column.id}]
    return []


def _havings(b: Builder, draft: Draft, plan: dict[str, Any], taken: set[str]) -> None:
    for having in b.frame.havings:
        if any(m.get("keep") for m in plan["get"]):
            continue
        measure = b.measure(having.want, draft)
        if measure is None or not plan.get("by"):
            draft.weight *= 0.4
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
        elif name == "growth" and by:
            over = next((g for g in by if _timed(b, g)), None)
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
    return "value" if not by else "trend" if _timed(b, by[0]) else "compare"


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
    draft.plan = _with_show(b, plan)
    return draft


# ---------------------------------------------------------------- shares, distributions, correlations


def ratio(b: Builder) -> Draft | None:
    """A part of a whole: "what percentage of passengers survived", 女性占比."""
    draft = Draft()
    parts = [f for f in b.frame.filters if f.kind in ("value", "bool", "number", "null", "text", "agg")]
    if not parts or b.frame.rank is not None:
        return None
    if b.frame.groups and not any(f.kind == "bool" for f in parts):
        draft.weight *= 0.8
    share_at = next(
        (k for k in range(len(b.seq)) if b.seq.cue(k, "share") or b.seq.items[k].text in ("rate", "率")), 0
    )
    if len(parts) > 1:
        han = any(c > "\u3000" for c in b.seq.items[share_at].text)
        after = [f for f in parts if f.at > share_at] or parts
        before = [f for f in parts if f.at < share_at] or parts
        parts = [before[-1]] if han else [after[-1]]
        draft.weight *= 0.8
    measure: dict[str, Any] = {"fn": "count"}
    for want in b.frame.wants:
        if want.kind in ("agg", "count"):
            made = b.measure(want, draft)
            if made is not None and made.get("fn") in ("sum", "count"):
                measure = made
        elif want.kind == "col" and b.quantity_choice(want, draft) is not None:
            made = b.measure(want, draft)
            if made is not None and made.get("fn") == "sum":
                measure = made
    tests = [t for f in parts if (t := test_of(f, b.scene, draft, set(b.scene.graph.names))) is not None]
    if not tests:
        return None
    table = next(iter(sorted(tables_in(tests, b.seq))), None)
    if measure.get("fn") == "count" and table is not None and "_table" not in measure:
        measure = {"fn": "count", "_table": table}
    whole = {"fn": "ratio", "num": {**measure, "where": tests}, "den": dict(measure)}
    plan: dict[str, Any] = {"get": [whole], "task": "share", "_done": parts}
    by = [g for x in b.frame.groups[:2] if (g := b.group(x, draft, tables_in(tests, b.seq))) is not None]
    compared = _compared(b, draft)
    if (
        compared is not None
        and compared.id not in [g["col"] for g in by]
        and not any(b.picked(f.ref, draft) is compared for f in parts)
    ):
        by.append({"col": compared.id})
    if by:
        plan["by"] = by[:2]
    draft.plan = _with_show(b, plan)
    return draft


def distribution(b: Builder) -> Draft | None:
    """How values are spread: counts by bin or by category."""
    draft = Draft()
    refs = [w.ref for w in b.frame.wants if w.kind == "col" and w.ref is not None]
    refs += [g.ref for g in b.frame.groups if g.ref is not None]
    columns: list[Column] = []
    for ref in refs:
        column = b.picked(ref, draft)
        if column is not None and column not in columns:
            columns.append(column)
    if not columns or len(columns) > 2 or any(w.kind == "agg" for w in b.frame.wants):
        return None
    by: list[dict[str, Any]] = []
    for column in columns:
        group: dict[str, Any] = {"col": column.id}
        if column.dtype.upper().startswith(("DATE", "TIMESTAMP")):
            grain = trend_grain(column)
            if grain is not None:
                group["grain"] = grain.value
        elif (
            is_quantity(column) and is_number(column) and column.profile.distinct > 15 and not is_time(column)
        ):
            width = next(
                (c.number for k in range(len(b.seq)) if (c := b.seq.cue(k, "bin_width")) and c.number), None
            )
            bins = next(
                (c.number for k in range(len(b.seq)) if (c := b.seq.cue(k, "bins")) and c.number), None
            )
            if width:
                group["width"] = float(width)
            else:
                group["bins"] = int(bins) if bins and 2 <= bins <= 200 else 10
        by.append(group)
    if len(columns) == 2 and b.frame.mark not in (None, "histogram"):
        draft.weight *= 0.5
    draft.plan = _with_show(b, {"by": by, "get": [{"fn": "count"}], "task": "distribution"})
    return draft


def _two_numbers(b: Builder, draft: Draft) -> list[Column]:
    refs = [w.ref for w in b.frame.wants if w.ref is not None] + [
        g.ref for g in b.frame.groups if g.ref is not None
    ]
    found: list[Column] = []
    for ref in refs:
        column = b.picked(ref, draft)
        if column is not None and column not in found and (is_quantity(column) or is_number(column)):
            found.append(column)
    return found


def correlation(b: Builder) -> Draft | None:
    """How strongly two numbers go together."""
    draft = Draft()
    found = _two_numbers(b, draft)
    if len(found) != 2:
        return None
    measure = {"fn": "corr", "col": found[0].id, "with": found[1].id}
    plan: dict[str, Any] = {"get": [measure], "task": "correlation"}
    by = [
        g
        for x in b.frame.groups
        if (c := b.picked(x.ref, draft)) is not None
        and c not in found
        and (g := b.group(x, draft, {c.table}))
    ]
    if by:
        plan["by"] = by[:1]
    if b.frame.mark in ("point", "line", "bar"):
        draft.weight *= 0.6
    draft.plan = plan
    return draft


def pairs(b: Builder) -> Draft | None:
    """Both numbers row by row, for a scatter plot; or one figure by the values of a category."""
    draft = Draft(weight=0.8 if b.frame.mark in ("point", "auto") else 0.55)
    found = _two_numbers(b, draft)
    if len(found) == 2:
        others = [b.picked(w.ref, draft) for w in b.frame.wants if w.kind == "col"]
        extra = [c.id for c in others if c is not None and c not in found]
        draft.plan = _with_show(b, {"list": [*(c.id for c in found), *extra], "task": "correlation"})
        return draft
    if len(found) == 1:
        return breakdown(b)
    return None


def _with_show(b: Builder, plan: dict[str, Any]) -> dict[str, Any]:
    if b.frame.mark is not None and b.frame.mark != "auto":
        plan["show"] = {"mark": b.frame.mark}
    return plan
