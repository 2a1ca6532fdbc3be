"""The place of one thing among all: "where does Ohio rank by sales", 甲公司的利润排第几."""

from __future__ import annotations

from typing import Any

from datalect.planner.lexical.build import Builder
from datalect.planner.lexical.draft import Draft
from datalect.planner.lexical.frame import Choice, Filter, Frame, Group, Ref
from datalect.planner.lexical.tags import tag_group


def named_in_rank(b: Builder, draft: Draft) -> tuple[Filter, Group] | None:
    """The condition that names the thing whose place is asked for, and the breakdown it is ranked in."""
    if not any(name == "rank" for name, _ in b.frame.steps) or b.frame.groups or b.frame.rank is not None:
        return None
    named: list[tuple[int, Filter, str]] = []
    for filter_ in b.frame.filters:
        if filter_.kind != "value" or filter_.neg or filter_.op != "=":
            continue
        column = b.picked(filter_.ref, draft)
        if column is not None:
            named.append((column.profile.distinct, filter_, column.id))
    if not named:
        return None
    _, filter_, ref = max(named, key=lambda n: n[0])
    return filter_, Group(Ref([Choice(ref, 1.0)], filter_.at, ""), at=filter_.at)


def keep_named(b: Builder, filter_: Filter, plan: dict[str, Any], taken: set[str]) -> None:
    """Show the places of the things named only, after all have been ranked."""
    of = tag_group(plan["by"][0], b.seq, taken)
    column = plan["by"][0]["col"]
    values = [h.value for group in filter_.hits for h in group if h.column == column]
    if values:
        one = len(values) == 1
        plan.setdefault("keep", []).append(
            {"of": of, "op": "=" if one else "in", "val": values[0] if one else values}
        )


def place_by(frame: Frame) -> None:
    """Take "rank in sales" behind "where does Ohio" as the figure, no order of a list."""
    sorting = frame.sorting
    named = any(f.kind == "value" and not f.neg for f in frame.filters)
    if not any(name == "rank" for name, _ in frame.steps) or not named or sorting is None:
        return
    if sorting.by is None or frame.groups or any(w.kind not in ("col", "count") for w in frame.wants):
        return
    frame.wants, frame.sorting = [sorting.by], None
