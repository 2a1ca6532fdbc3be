"""Two sets of rows side by side: weekends and weekdays, this quarter versus that one, one kind and the rest."""  # noqa: E501

from __future__ import annotations

from typing import Any

from datalect.plan.model import Dates
from datalect.planner.lexical.build import Builder
from datalect.planner.lexical.conditions import main_time, test_of
from datalect.planner.lexical.draft import Draft
from datalect.planner.lexical.frame import Filter, Frame
from datalect.planner.lexical.sequence import Sequence, is_number
from datalect.planner.lexical.tags import tag_group, tag_measure

_REST = frozenset({"rest", "others", "remainder", "其余", "其他", "其它", "剩下", "别的", "其余的", "其他的"})


def side_filters(frame: Frame) -> list[Filter]:
    """Conditions on time that no row can meet together: the stretches are set side by side."""
    times = [f for f in frame.filters if f.kind == "time" and f.time is not None and not f.neg]
    if len(times) != 2 or any(f.ref is not None for f in times):
        return []
    spans = [f.time.span.model_dump(exclude_none=True, exclude_defaults=True) for f in times if f.time]
    same_kind = set(spans[0]) == set(spans[1]) and type(times[0].time.span) is type(times[1].time.span)  # type: ignore[union-attr]
    return times if same_kind and spans[0] != spans[1] else []


def mark_sides(seq: Sequence, frame: Frame) -> None:
    """Take "higher than" between two stretches of time as a word of the comparison: no bound is meant."""
    times = side_filters(frame)
    if not times or frame.apart is not None:
        return
    first, last = sorted(f.at for f in times)
    for at in range(first + 1, last):
        if seq.free(at) and seq.cue(at, "cmp", "than", "adj_than"):
            seq.use(at, "step")
            frame.compare = True


def read_rest_of(seq: Sequence, frame: Frame) -> None:
    """Read "..., and what is it for the rest?": the same figure for all that the condition leaves out."""
    for at in list(frame.unknown):
        if seq.items[at].text not in _REST or at < 2:
            continue
        named = [f for f in frame.filters if f.kind in ("bool", "value") and not f.neg and f.at < at]
        if len(named) == 1 and not frame.groups and frame.rank is None:
            frame.rest = named[0]
            frame.unknown.remove(at)
            seq.use(at, "filter")
        return


def side_by_side(
    b: Builder, draft: Draft, measures: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[Filter]] | None:
    """The measure once for each side, and the conditions that were used up; None when there are no sides."""
    frame = b.frame
    names = set(b.scene.graph.names)
    if len(measures) != 1 or frame.groups or frame.apart is not None or frame.havings:
        return None
    if measures[0].get("fn") in ("ratio", "difference", "corr") or "metric" in measures[0]:
        return None
    if frame.rest is not None:
        test = test_of(frame.rest, b.scene, draft, names)
        tests = [test, {"not": test}] if test is not None else []
        used = [frame.rest]
    else:
        used = side_filters(frame)
        tests = [t for f in used if (t := test_of(f, b.scene, draft, names)) is not None]
    if len(tests) != 2:
        return None
    own = list(measures[0].get("where", []))
    return [{**measures[0], "where": [*own, test]} for test in tests], used


def between_months(
    b: Builder, draft: Draft, measures: list[dict[str, Any]], tables: set[str]
) -> Draft | None:
    """The change from one month or quarter to another: "grow from October to November 2011"."""
    times = sorted((f for f in b.frame.filters if f.kind == "time" and not f.neg), key=lambda f: f.at)
    mentions = [m for f in times for m in (f.time, *f.values) if m is not None]
    spans = [m.span for m in mentions if isinstance(m.span, Dates)]
    if len(mentions) != 2 or len(spans) != 2 or len(measures) != 1 or b.frame.groups:
        return None
    grain = "month" if all(s.month for s in spans) else "quarter" if all(s.quarter for s in spans) else None
    year = next((s.year for s in reversed(spans) if s.year is not None), None)
    if grain is None or year is None or any(s.day or s.hour for s in spans):
        return None
    date = main_time(b.scene, draft, tables)
    if date is None or is_number(date):
        return None
    stretches = [{"year": s.year or year, grain: getattr(s, grain)} for s in spans]
    group: dict[str, Any] = {"col": date.id, "grain": grain}
    taken: set[str] = set()
    tag_group(group, b.seq, taken)
    of = tag_measure(measures[0], b.seq, taken)
    relative = any(name in ("growth", "share") for name, _ in b.frame.steps)
    step = {"fn": "pct_change" if relative else "difference", "of": of, "over": group["as"]}
    test = {"any": [{"time": date.id, "in": stretch} for stretch in stretches]}
    draft.plan = {
        "get": measures, "by": [group], "where": [test], "then": [step], "_done": times, "task": "growth",
    }  # fmt: skip
    return draft
