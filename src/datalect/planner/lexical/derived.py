"""Shares, changes, distributions, correlations, and what they need to know about a frame."""

from __future__ import annotations

from typing import Any

from datalect.data.model import Column
from datalect.plan.model import Dates
from datalect.planner.lexical.build import Builder
from datalect.planner.lexical.conditions import main_time, test_of
from datalect.planner.lexical.defaults import (
    trend_grain,
)
from datalect.planner.lexical.draft import Draft, tables_in
from datalect.planner.lexical.frame import Filter, Group
from datalect.planner.lexical.one_by_one import compared_column
from datalect.planner.lexical.sequence import is_number, is_quantity, is_time
from datalect.planner.lexical.tags import tag_group, tag_measure


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


def ends(b: Builder, draft: Draft, tables: set[str]) -> tuple[Any, Column, list[int]] | None:
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


def between_ends(
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


def one_period(b: Builder, draft: Draft, tables: set[str]) -> tuple[Any, Column, dict[str, Any]] | None:
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


def against_before(
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


_WINDOW_UNITS = (("day", "day"), ("week", "week"), ("month", "month"), ("quarter", "quarter"), ("year", "year"),  # noqa: E501
                 ("日", "day"), ("天", "day"), ("周", "week"), ("月", "month"), ("季", "quarter"), ("年", "year"))  # fmt: skip  # noqa: E501


def window_grain(b: Builder) -> str | None:
    """The unit of a moving average: "7-day", 3个月."""
    for at in range(len(b.seq)):
        if b.seq.cue(at, "moving"):
            return next((g for word, g in _WINDOW_UNITS if word in b.seq.items[at].text), None)
    return None


def period_grain(b: Builder) -> str:
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


def timed(b: Builder, group: dict[str, Any]) -> bool:
    """Whether a breakdown is over time."""
    column = b.seq.column(group["col"])
    return column is not None and is_time(column)


def ratio(b: Builder) -> Draft | None:
    """A part of a whole: "what percentage of passengers survived", 女性占比."""
    draft = Draft()
    parts = [
        f for f in b.frame.filters if f.kind in ("value", "bool", "number", "null", "text", "agg", "than")
    ]
    known = [f for f in parts if not (f.kind == "null" and f.op == "notnull")]
    parts = known or parts  # "leaving out those whose deck is unknown" says the whole, not the part
    if not parts or b.frame.rank is not None:
        return None
    share_at = next(
        (k for k in range(len(b.seq)) if b.seq.cue(k, "share") or b.seq.items[k].text in ("rate", "率")), 0
    )
    if b.frame.groups and not splits(b, share_at):
        draft.weight *= 0.8
    if len(parts) > 1:
        parts, sure = part_of_whole(b, sorted(parts, key=lambda f: f.at), share_at)
        draft.weight *= sure
    measure: dict[str, Any] = {"fn": "count"}
    for want in b.frame.wants:
        if want.kind in ("agg", "count"):
            made = b.measure(want, draft)
            if made is not None and made.get("fn") in ("sum", "count"):
                measure = made
        elif want.kind == "col" and b.quantity_choice(want, draft) is not None:
            if b.seq.cue(want.at, "rows"):
                continue  # 乘客: the people, one a row
            if any(b.picked(f.ref, draft) is b.picked(want.ref, draft) for f in parts if f.ref is not None):
                continue  # the share of those whose costs pass their income: of companies, not of costs
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
    compared = compared_column(b, draft)
    if (
        compared is not None
        and compared.id not in [g["col"] for g in by]
        and not any(b.picked(f.ref, draft) is compared for f in parts)
    ):
        by.append({"col": compared.id})
    if by:
        plan["by"] = by[:2]
    draft.plan = with_show(b, plan)
    return draft


_OF_THESE = frozenset(
    {"中", "里", "当中", "之中", "里面", "其中", "里的", "中的", "内", "who", "that", "which", "with"}
)


def part_of_whole(b: Builder, filters: list[Filter], share_at: int) -> tuple[list[Filter], float]:
    """Which of several conditions say the part, and which the whole: "share of married clients with a loan".

    Args:
        b: the builder.
        filters: the conditions, in the order they are written.
        share_at: the item that asks for the share.

    Returns:
        The conditions of the part, and how sure that is, 0..1.
    """
    han = any(c > "\u3000" for c in b.seq.items[share_at].text)
    after = [f for f in filters if f.at > share_at]
    side = (after or filters) if not han else (after or [f for f in filters if f.at < share_at] or filters)
    part = [side[-1]]
    both = (
        any(b.seq.items[k].text in ("both", "都", "同时") for k in range(share_at, side[-1].at)) and not han
    )
    for filter_ in reversed(side[:-1]):
        if filter_.kind == "value" and len(filter_.hits) > 1 and filter_.fn == "and":
            break  # 男性和女性的生还率: two wholes set side by side
        if not (both or _one_condition(b, filter_, part[0], han)):
            break
        part.insert(0, filter_)
    sure = 0.95 if len(part) < len(side) or len(side) < len(filters) or not han else 0.85
    return part, sure


def _one_condition(b: Builder, first: Filter, second: Filter, han: bool) -> bool:
    """Whether two conditions stand together as one: "both a car and a house", 未婚且有房的."""
    between = range(first.at + 1, second.at)
    joined = any(b.seq.cue(k, "and", "comma") for k in between)
    for k in between:
        text = b.seq.items[k].text
        heard = b.seq.roles[k] == "filter" and any(b.seq.has(k, s) for s in ("value", "num", "col", "time"))
        if heard or b.seq.cue(k, "and", "comma") or text in ("to", "的", "都", "both"):
            continue
        if text in _OF_THESE or (not han and b.seq.cue(k, "has") and not joined):
            return False
        if not b.seq.glue(k):
            return False
    return True


def splits(b: Builder, share_at: int | None = None) -> bool:
    """Whether a condition parts each group in two: "share of flights over an hour late by carrier"."""
    if share_at is None:
        share_at = next((k for k in range(len(b.seq)) if b.seq.cue(k, "share")), 0)
    following = b.seq.content(share_at, 1, 3)
    return any(
        f.kind in ("bool", "number", "null", "text", "agg") or (f.kind == "value" and f.at == following)
        for f in b.frame.filters
    )


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
    draft.plan = with_show(b, {"by": by, "get": [{"fn": "count"}], "task": "distribution"})
    return draft


def two_numbers(b: Builder, draft: Draft) -> list[Column]:
    """The different number columns a question names."""
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
    found = two_numbers(b, draft)
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


def with_show(b: Builder, plan: dict[str, Any]) -> dict[str, Any]:
    """The plan with the chart that was asked for."""
    if b.frame.mark is not None and b.frame.mark != "auto":
        plan["show"] = {"mark": b.frame.mark}
    return plan
