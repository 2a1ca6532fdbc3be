"""Filters of a frame as tests of a plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from datalect.data.model import Column, Grain, SemanticType
from datalect.data.values import ValueHit
from datalect.plan.model import Calendar, Dates, Range, Rolling
from datalect.planner.lexical.defaults import false_value, label_columns, time_columns, true_value
from datalect.planner.lexical.draft import Draft, Scene
from datalect.planner.lexical.frame import Choice, Filter, Ref
from datalect.planner.lexical.sequence import is_number
from datalect.planner.linking.dates import TimeMention


def prepare_values(scene: Scene) -> None:
    """Give every value filter a slot over the columns its values are stored in."""
    for filter_ in scene.frame.filters:
        if filter_.kind == "value" and filter_.ref is None:
            filter_.ref = value_slot(filter_, scene)


def value_slot(filter_: Filter, scene: Scene) -> Ref:
    """The columns that hold a value, or all values of a list, best first."""
    scores: dict[str, float] = {}
    groups = filter_.hits
    for group in groups:
        for hit in group:
            scores[hit.column] = max(scores.get(hit.column, 0.0), hit.score)
    whole = [c for c in scores if all(any(h.column == c for h in g) for g in groups)]
    choices = []
    for ref in whole or list(scores):
        column = scene.seq.column(ref)
        if column is None or column.hidden:
            continue
        fit = scores[ref]
        if column.meaning.type is SemanticType.TEXT:
            fit *= 0.9
        if column.meaning.type is SemanticType.ID:
            fit *= 0.95
        choices.append(Choice(ref, fit))
    if len(choices) > 1 and len(scene.seq.catalog.tables) > 1:
        choices = _named_things(choices, scene)
    choices.sort(key=lambda c: -c.fit)
    return Ref(choices[:4], filter_.at, scene.seq.items[filter_.at].text)


def _named_things(choices: list[Choice], scene: Scene) -> list[Choice]:
    """A name that several columns hold is rather that of a thing the rows asked for belong to.

    "Tracks by Metallica" asks for the artist's, rather than for a track or a composer of that name.
    """
    asked = [w.table for w in scene.frame.wants if w.table] + [t for t, _ in scene.frame.tables]
    out = []
    for choice in choices:
        column = scene.seq.column(choice.ref)
        table = scene.seq.catalog.table(column.table) if column is not None else None
        names = {c.id for c in label_columns(table)} if table is not None else set()
        factor = 1.0 if choice.ref in names else 0.85
        if asked and table is not None:
            own = table.name == asked[0]
            if own and choice.ref in names and scene.frame.wants:
                factor *= 0.75
            elif not own and scene.graph.distance(asked[0], table.name) is None:
                factor *= 0.9
        out.append(replace(choice, fit=choice.fit * factor))
    best = max(c.fit for c in out)
    return [replace(c, fit=c.fit / best * max(x.fit for x in choices)) for c in out] if best else choices


def test_of(filter_: Filter, scene: Scene, draft: Draft, tables: set[str]) -> dict[str, Any] | None:
    """A filter as plan JSON with full column ids, or None when it cannot be said."""
    if filter_.kind == "has":
        return {"has": filter_.table, "neg": filter_.neg} if filter_.neg else {"has": filter_.table}
    if filter_.kind == "time":
        return _time(filter_, scene, draft, tables)
    choice = scene.pick(filter_.ref, draft)
    if choice is None:
        return None
    left: dict[str, Any] = {"expr": choice.expr} if choice.kind == "expr" else {"col": choice.ref}
    column = scene.seq.column(choice.ref)
    if filter_.kind == "value":
        return _values(filter_, choice, left)
    if filter_.kind == "bool" and column is not None:
        value = false_value(column) if filter_.neg else true_value(column)
        return {**left, "op": "=", "val": value}
    if filter_.kind == "null":
        test: dict[str, Any] = {**left, "op": "null"}
        return {"not": test} if filter_.op == "notnull" else test
    if filter_.kind == "text":
        tests = [{**left, "op": filter_.op, "val": v} for v in filter_.values]
        test = tests[0] if len(tests) == 1 else {"any": tests}
        return {"not": test} if filter_.neg else test
    if filter_.kind == "agg":
        return {**left, "op": filter_.op, "agg": {"fn": filter_.fn, **left}}
    if filter_.kind == "than":
        other = scene.pick(filter_.than, draft)
        return {**left, "op": filter_.op, "than": other.expr or other.ref} if other is not None else None
    return _number(filter_, left, column)


def _number(filter_: Filter, left: dict[str, Any], column: Column | None) -> dict[str, Any] | None:
    values = filter_.values
    if (
        column is not None
        and not is_number(column)
        and column.dtype.upper().startswith(("DATE", "TIMESTAMP"))
    ):
        return _year_bound(filter_, left)
    if filter_.fn == "percent" and column is not None:
        top = column.profile.maximum
        if isinstance(top, int | float) and top <= 1.0:
            values = [round(v / 100, 10) for v in values]
    if filter_.op in ("between", "in"):
        return {**left, "op": filter_.op, "val": values}
    return {**left, "op": filter_.op, "val": values[0]}


def _year_bound(filter_: Filter, left: dict[str, Any]) -> dict[str, Any] | None:
    year = filter_.values[0]
    if not isinstance(year, int) or not 1000 <= year <= 9999 or "col" not in left:
        return None
    spans: dict[str, dict[str, Any]] = {
        ">": {"from": f"{year + 1}-01-01"}, ">=": {"from": f"{year}-01-01"}, "<": {"to": f"{year - 1}-12-31"},
        "<=": {"to": f"{year}-12-31"}, "=": {"year": year},
    }  # fmt: skip
    if filter_.op == "between":
        return {"time": left["col"], "in": {"from": f"{year}-01-01", "to": f"{filter_.values[1]}-12-31"}}
    span = spans.get(filter_.op)
    return {"time": left["col"], "in": span} if span else None


def _values(filter_: Filter, choice: Choice, left: dict[str, Any]) -> dict[str, Any] | None:
    values: list[Any] = []
    for group in filter_.hits:
        hits: list[ValueHit] = [h for h in group if h.column == choice.ref]
        if not hits:
            continue
        top = max(h.score for h in hits)
        for hit in hits:
            if hit.score >= top - 0.001 and hit.value not in values:
                values.append(hit.value)
    if not values:
        return None
    if len(values) == 1:
        return {**left, "op": "!=" if filter_.neg else "=", "val": values[0]}
    test = {**left, "op": "in", "val": values}
    return {"not": test} if filter_.neg else test


# ---------------------------------------------------------------- time


def main_time(scene: Scene, draft: Draft, tables: set[str], at: int = -1) -> Column | None:
    """The date that is meant when none is named: of the tables in play, else of any table they lead to."""
    key = -1000
    picked = scene.picks.get(key)
    if picked is not None and picked.ref:
        if picked not in draft.used:
            draft.used.append(picked)
        return scene.seq.column(picked.ref)
    found = main_times(scene, tables)
    return found[0][0] if found else None


def main_times(scene: Scene, tables: set[str]) -> list[tuple[Column, float]]:
    """Candidates for the main date, best first."""
    found = time_columns(scene.seq.catalog, tables)
    if found:
        return found
    near = {
        n
        for n in scene.graph.names
        for t in tables
        if scene.graph.distance(t, n) is not None or scene.graph.distance(n, t) is not None
    }
    return time_columns(scene.seq.catalog, near or set(scene.graph.names))


def _time(filter_: Filter, scene: Scene, draft: Draft, tables: set[str]) -> dict[str, Any] | None:
    mention = filter_.time
    if mention is None:
        return None
    if filter_.ref is not None:
        choice = scene.pick(filter_.ref, draft)
        column = scene.seq.column(choice.ref) if choice else None
    else:
        column = main_time(scene, draft, tables, filter_.at)
    if column is None:
        return None
    tests = [t for m in (mention, *filter_.values) if (t := time_test(column, m, scene)) is not None]
    if not tests:
        return None
    if any(_outside(column, m) for m in (mention, *filter_.values)):
        draft.note(f"{column.name} holds no such time.", f"{column.name}中没有这段时间。", 0.3)
    if len(tests) > 1 and all(t.get("op") == "=" for t in tests):
        tests = [{"col": column.id, "op": "in", "val": [t["val"] for t in tests]}]
    test = tests[0] if len(tests) == 1 else {"any": tests}
    return {"not": test} if filter_.neg else test


def _outside(column: Column, mention: TimeMention) -> bool:
    """Whether the years asked for lie outside what a column holds."""
    low, high = column.profile.minimum, column.profile.maximum
    first, last = (getattr(low, "year", low), getattr(high, "year", high))
    years = mention.years
    if years is None and isinstance(mention.span, Dates) and mention.span.year is not None:
        years = (mention.span.year, mention.span.year)
    if years is None or not isinstance(first, int | float) or not isinstance(last, int | float):
        return False
    return (years[0] is not None and years[0] > last) or (years[1] is not None and years[1] < first)


def time_test(column: Column, mention: TimeMention, scene: Scene) -> dict[str, Any] | None:
    """A stretch of time as a test on a date column or on a column of year numbers."""
    if not is_number(column) and column.dtype.upper().startswith(("DATE", "TIMESTAMP")):
        return {
            "time": column.id,
            "in": mention.span.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        }
    years = mention.years or _relative_years(column, mention, scene)
    if years is None or not is_number(column):
        return None
    low, high = years
    if low is not None and low == high:
        return {"col": column.id, "op": "=", "val": low}
    if low is not None and high is not None:
        return {"col": column.id, "op": "between", "val": [low, high]}
    if low is not None:
        return {"col": column.id, "op": ">=", "val": low}
    return {"col": column.id, "op": "<=", "val": high}


def _relative_years(
    column: Column, mention: TimeMention, scene: Scene
) -> tuple[int | None, int | None] | None:
    latest = column.profile.maximum
    now = (
        int(latest)
        if isinstance(latest, int | float)
        else scene.seq.catalog.as_of.year
        if scene.seq.catalog.as_of
        else None
    )
    if now is None:
        return None
    span = mention.span
    if isinstance(span, Calendar) and span.unit is Grain.YEAR:
        return now - span.ago, now - span.ago
    if isinstance(span, Rolling) and span.unit is Grain.YEAR:
        return now - span.last + 1, now
    if (
        isinstance(span, Dates)
        and span.year is not None
        and span.month is None
        and span.quarter is None
        and span.half is None
    ):
        return span.year, span.year
    if isinstance(span, Range) and mention.years:
        return mention.years
    return None
