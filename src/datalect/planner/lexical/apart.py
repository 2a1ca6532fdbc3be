"""Two things set against each other in one figure: their difference, or how many times one is the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from datalect.plan.model import Dates
from datalect.planner.lexical.build import Builder
from datalect.planner.lexical.conditions import test_of
from datalect.planner.lexical.draft import Draft
from datalect.planner.lexical.frame import Filter
from datalect.planner.linking.dates import TimeMention


@dataclass(slots=True)
class Sides:
    """The two things, as tests, and the conditions of the frame they came from."""

    first: dict[str, Any]
    second: dict[str, Any]
    used: list[Filter]
    dated: bool = False


def set_apart(b: Builder, draft: Draft, measure: dict[str, Any]) -> dict[str, Any] | None:
    """A measure of the one thing against the same measure of the other, or None when there are no two things.

    Args:
        b: the builder; its frame asks how far two things lie apart.
        draft: the plan under construction; the conditions that name the two things are marked as done.
        measure: what is measured of both.
    """
    apart = b.frame.apart
    if apart is None or measure.get("fn") in ("ratio", "difference", "corr") or "metric" in measure:
        return None
    sides = _sides(b, draft)
    if sides is None:
        return None
    draft.plan.setdefault("_done", []).extend(sides.used)
    one, other = sides.first, sides.second
    if apart.sign == "-" or (apart.sign == "" and sides.dated):
        one, other = other, one
    own = list(measure.get("where", []))
    return {
        "fn": "ratio" if apart.sign == "x" else "difference",
        "num": {**measure, "where": [*own, one]},
        "den": {**measure, "where": [*own, other]},
    }


def _sides(b: Builder, draft: Draft) -> Sides | None:
    names = set(b.scene.graph.names)
    filters = sorted(b.frame.filters, key=lambda f: f.at)
    times = [f for f in filters if f.kind == "time" and not f.neg and f.time is not None]
    flags = [f for f in filters if f.kind == "bool" and f.ref is not None]
    parts: list[list[Filter]] = []
    for filter_ in filters:
        if filter_.neg or filter_ in times:
            continue
        if filter_.kind == "value" and len(filter_.hits) == 2:
            parts.append([replace(filter_, hits=[group]) for group in filter_.hits])
        elif filter_.kind == "number" and filter_.op == "in" and len(filter_.values) == 2:
            parts.append([replace(filter_, op="=", values=[value]) for value in filter_.values])
        else:
            continue
        made = [test_of(part, b.scene, draft, names) for part in parts[-1]]
        if None not in made:
            return Sides(made[0] or {}, made[1] or {}, [filter_])
    if len(flags) == 2 and flags[0].neg != flags[1].neg and _same(flags):
        made = [test_of(flag, b.scene, draft, names) for flag in flags]
        return Sides(made[0] or {}, made[1] or {}, flags) if None not in made else None
    moments = [replace(f, time=m, values=[]) for f in times for m in (f.time, *f.values)]
    if len(moments) == 1 and (both := _ends(moments[0])) is not None:
        moments = both
    if len(moments) != 2:
        return None
    made = [test_of(moment, b.scene, draft, names) for moment in moments]
    if None in made or made[0] == made[1]:
        return None
    sides = Sides(made[0] or {}, made[1] or {}, times, dated=True)
    if _start(moments[0]) > _start(moments[1]):
        sides.dated = False  # the later one is named first
    return sides


def _same(flags: list[Filter]) -> bool:
    return len({f.ref.choices[0].ref for f in flags if f.ref is not None}) == 1


def _ends(filter_: Filter) -> list[Filter] | None:
    """Read "between 2010 and 2020" as the two years that are compared."""
    time = filter_.time
    years = time.years if time is not None else None
    if years is None or years[0] is None or years[1] is None or years[0] == years[1]:
        return None
    return [
        replace(filter_, time=TimeMention(0, 0, Dates(year=year), (year, year)), values=[])
        for year in (years[0], years[1])
    ]


def _start(filter_: Filter) -> tuple[int, ...]:
    span = filter_.time.span if filter_.time is not None else None
    if not isinstance(span, Dates):
        return ()
    return tuple(int(v or 0) for v in (span.year, span.half, span.quarter, span.month, span.day))
