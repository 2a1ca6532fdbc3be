"""Things and times named together and asked for one by one: "2020 and 2022 respectively", 各是多少."""

from __future__ import annotations

from datalect.data.model import Column
from datalect.plan.model import Dates, Range, Rolling
from datalect.planner.lexical.build import Builder
from datalect.planner.lexical.conditions import main_time
from datalect.planner.lexical.draft import Draft
from datalect.planner.lexical.frame import Choice, Group, Ref, Want
from datalect.planner.lexical.sequence import is_number

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


def one_by_one(b: Builder) -> bool:
    """Whether things named together are asked for one by one: "respectively", 分别."""
    return any(
        i.text in _APART or i.text.startswith("各有") or "分别" in i.text or "各自" in i.text
        for i in b.seq.items
    )


def several_apart(b: Builder) -> bool:
    """Whether two or more values of one column are named and asked for one by one."""
    return one_by_one(b) and any(f.kind == "value" and len(f.hits) > 1 and not f.neg for f in b.frame.filters)


def quotients_apart(b: Builder) -> bool:
    """Whether one column over another is asked for of several things named: their fatality rates."""
    return any(w.kind == "col" and _quotient(w) for w in b.frame.wants) and any(
        f.kind == "value" and len(f.hits) > 1 and f.fn == "and" and not f.neg for f in b.frame.filters
    )


def several_times(b: Builder, draft: Draft, tables: set[str]) -> Column | None:
    """The column of a condition on two times or a stretch of them: 2020年和2022年, "from May to July"."""
    for filter_ in b.frame.filters:
        if filter_.kind != "time" or filter_.neg or filter_.time is None:
            continue
        if filter_.values or isinstance(filter_.time.span, Range | Rolling):
            if filter_.ref is not None:
                return b.picked(filter_.ref, draft)
            return main_time(b.scene, draft, tables or set(b.scene.graph.names), filter_.at)
    return None


def times_apart(b: Builder, draft: Draft, tables: set[str]) -> Group | None:
    """A breakdown by the times that are named one by one."""
    named = next((f for f in b.frame.filters if f.kind == "time" and f.values and not f.neg), None)
    if named is None or named.time is None or not (one_by_one(b) or b.frame.compare):
        return None
    column = several_times(b, draft, tables)
    if column is None:
        return None
    spans = [m.span for m in (named.time, *named.values)]
    if not all(isinstance(s, Dates) and s.year is not None for s in spans):
        return None
    grain = None
    if not is_number(column):
        units = ("day", "month", "quarter", "year")
        grain = next(u for u in units if any(getattr(s, u, None) is not None for s in spans))
    return Group(Ref([Choice(column.id, 1.0)], named.at, ""), grain=grain, at=named.at)


def _quotient(want: Want) -> bool:
    """Whether a figure is one column over another: no two things share one."""
    choice = want.ref.choices[0] if want.ref is not None and want.ref.choices else None
    return choice is not None and choice.kind == "expr" and bool(choice.expr) and choice.expr[0] == "/"


def compared_column(b: Builder, draft: Draft) -> Column | None:
    """The column whose values are set against each other, when two or more of one column are named."""
    flags = [f for f in b.frame.filters if f.kind == "bool" and f.ref is not None]
    if len({f.neg for f in flags}) == 2 and len({f.ref.choices[0].ref for f in flags if f.ref}) == 1:
        # 国企和非国企: both sides of a yes/no column
        b.frame.filters = [f for f in b.frame.filters if f not in flags]
        return b.picked(flags[0].ref, draft)
    for filter_ in b.frame.filters:
        listed = filter_.kind == "number" and filter_.op == "in" and filter_.fn == "and"
        if listed and one_by_one(b):
            return b.picked(filter_.ref, draft)  # 四缸车和六缸车分别
        if filter_.kind == "value" and len(filter_.hits) > 1 and not filter_.neg:
            averaged = any(
                (w.kind == "agg" and w.fn != "sum") or w.kind == "ratio" or _quotient(w)
                for w in b.frame.wants
            )
            if b.frame.compare or one_by_one(b) or (filter_.fn == "and" and averaged):
                return b.picked(filter_.ref, draft)
            if filter_.fn == "and":
                draft.weight *= 0.88
    return None
