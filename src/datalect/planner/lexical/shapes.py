"""The shapes a frame can take as a plan, and those that give one figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from datalect.planner.lexical.breakdown import breakdown, group_having
from datalect.planner.lexical.build import Builder
from datalect.planner.lexical.derived import (
    correlation,
    distribution,
    expected_rows,
    ratio,
    splits,
    two_numbers,
    with_show,
)
from datalect.planner.lexical.draft import Draft
from datalect.planner.lexical.extremes import extreme, top_rows
from datalect.planner.lexical.grouped import top_groups
from datalect.planner.lexical.one_by_one import quotients_apart, several_apart
from datalect.planner.lexical.row_lists import rows
from datalect.planner.lexical.sequence import is_quantity, is_time
from datalect.planner.lexical.sides import side_filters
from datalect.planner.lexical.top_share import top_share

Shape = Callable[[], Draft | None]


def shapes(b: Builder) -> Iterator[Shape]:
    """Shapes worth trying for a frame, most specific first."""
    frame = b.frame
    steps = {name for name, _ in frame.steps}
    if "corr" in steps:
        yield lambda: correlation(b)
        yield lambda: pairs(b)
        return
    if "dist" in steps and not frame.rank and any(w.kind == "agg" for w in frame.wants):
        yield lambda: breakdown(
            b, 1.2
        )  # "the distribution of origin and the average price" is the latter by the former
        return
    if "dist" in steps and not frame.rank:
        yield lambda: distribution(b)
        columns = sum(1 for w in frame.wants if w.kind == "col") + len(frame.groups)
        if columns >= 2:
            yield lambda: rows(b, 0.7 if _measures(b) else 1.0)
            yield lambda: breakdown(b)
        return
    if "share" in steps:
        if frame.mark == "pie" and sum(1 for w in frame.wants if w.kind == "col") == 2 and not frame.groups:
            yield lambda: rows(b, 0.97)  # "a pie of the proportion of name and price": each with its figure
        yield lambda: top_share(b) if frame.rank is not None else ratio(b)
        yield lambda: breakdown(b, 1.0 if frame.groups and not splits(b) else 0.7)
        return
    measured = any(w.kind in ("agg", "count", "nested", "ratio") for w in frame.wants)
    derived = bool(steps & {"growth", "trend", "cumulative", "moving", "rank", "change"})
    if frame.rank is not None:
        yield lambda: top_rows(b)
        yield lambda: top_groups(b)
        yield lambda: extreme(b)
        return
    if frame.apart is not None:
        yield lambda: breakdown(b)
        return
    sided = frame.rest is not None or bool(side_filters(frame))
    if measured or frame.groups or derived or frame.havings or frame.compare or sided:
        yield lambda: breakdown(b)
        if not measured:
            yield lambda: rows(b, 0.55)
        return
    yield lambda: rows(b, 1.0)
    yield lambda: total(b)
    if quotients_apart(b):
        yield lambda: breakdown(b)
    elif several_apart(b):
        yield lambda: breakdown(b, 0.78)
    yield lambda: group_having(b)


def _measures(b: Builder) -> bool:
    """Whether one of the columns asked for holds figures."""
    columns = [b.picked(w.ref, Draft()) for w in b.frame.wants if w.kind == "col"]
    return any(c is not None and is_quantity(c) and not is_time(c) for c in columns)


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
    listed = any(f.kind == "value" and f.fn == "and" and len(f.hits) > 1 for f in b.frame.filters)
    if listed and measure.get("fn") in ("avg", "ratio"):
        weight *= 0.5  # nobody wants the level of two countries taken together
    if b.frame.listing:
        weight *= 0.7
    if b.frame.distinct:
        weight *= 0.3
    if several_apart(b):
        weight *= 0.4
    draft.weight *= weight
    draft.plan = with_show(b, {"get": [measure], "task": "value"})
    return draft


def pairs(b: Builder) -> Draft | None:
    """Both numbers row by row, for a scatter plot; or one figure by the values of a category."""
    draft = Draft(weight=0.8 if b.frame.mark in ("point", "auto") else 0.55)
    found = two_numbers(b, draft)
    if len(found) == 2:
        refs = [w.ref for w in b.frame.wants if w.kind == "col"] + [g.ref for g in b.frame.groups if g.ref]
        others = [b.picked(ref, draft) for ref in refs]
        extra = [c.id for c in others if c is not None and c not in found]
        draft.plan = with_show(b, {"list": [*(c.id for c in found), *extra], "task": "correlation"})
        return draft
    if len(found) == 1:
        return breakdown(b)
    return None
