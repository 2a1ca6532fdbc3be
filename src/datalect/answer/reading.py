"""A sentence read against its facts: segments with the groups they are about, ready to be proven."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from datalect.answer.facts import main_figure
from datalect.answer.formats import plain_number
from datalect.answer.ground import Condition, FactSet, Field, as_datetime, on_calendar
from datalect.answer.mentions import Mention, read_mentions
from datalect.answer.read_dates import DateParts, names_moment
from datalect.answer.read_numbers import read_quantity
from datalect.answer.segments import (
    Context,
    Segment,
    date_refs,
    fits_condition,
    interval_of,
    merge_bins,
    rows_of,
    split_segments,
)
from datalect.answer.vocabulary import Vocabulary

if TYPE_CHECKING:
    from datalect.planner.base import Language

AGGREGATES = {
    "sum": ("sum", "count"), "avg": ("avg",), "median": ("median",), "std": ("stddev",),
    "count": ("count", "distinct"), "distinct": ("distinct",), "percentile": ("percentile",),
    "cumulative": ("cumulative",), "moving": ("moving_average",),
}  # fmt: skip


@dataclass(slots=True)
class Point:
    """A group that the sentence names, at its place."""

    at: int
    context: Context
    rows: list[Any]

    def value(self, shape: Field) -> float | None:
        """The group's figure of that kind, or None where its rows have several or none."""
        values = {plain_number(row.get(shape.name)) for row in self.rows}
        only = values.pop() if len(values) == 1 else None
        return None if only is None else float(only)


class Reading:
    """What a sentence says, resolved against the ground."""

    def __init__(self, sentence: str, ground: FactSet, language: Language) -> None:
        self.ground = ground
        self.language = language
        self.sentence = sentence
        self.vocabulary = Vocabulary(ground, language)
        self.mentions = merge_bins(read_mentions(sentence, self.vocabulary, language), ground)
        self.problems: list[str] = []
        self.dates = [m.date for m in self.mentions if m.date is not None]
        self.segments = split_segments(self.mentions)
        self._resolve_dates()
        self._contexts()
        self.points = list(self._points())

    def say(self, problem: str) -> None:
        """Note a claim that is not proven."""
        self.problems.append(problem)

    # ------------------------------------------------------------ dates and groups

    def _resolve_dates(self) -> None:
        year = next((d.year for d in self.dates if d.year is not None), None)
        for segment in self.segments:
            for mention in segment.mentions:
                if mention.date is None:
                    continue
                mention.refs = date_refs(mention.date, self.ground)
                if mention.refs or self._known_date(mention.date, mention):
                    year = mention.date.year or year
                    continue
                if mention.date.year is None and year is not None:  # "from March to May 2013", 2013年3月到5月
                    full = replace(mention.date, year=year)
                    self.dates = [full if d is mention.date else d for d in self.dates]
                    mention.date = full
                    mention.refs = date_refs(full, self.ground)
                    if mention.refs or self._known_date(full, mention):
                        continue
                if mention.text.isdigit():  # four digits that name no known year may be a figure
                    found = read_quantity(self.sentence, mention.start, self.vocabulary.units)
                    if found is not None:
                        mention.kind, mention.quantity, mention.date = "number", found[0], None
                        continue
                self.say(f"the date “{mention.text}” is not in the facts")

    def _known_date(self, parts: DateParts, mention: Mention) -> bool:
        others = [
            d if d.year is not None else replace(d, year=parts.year) for d in self.dates if d is not parts
        ]
        for condition in self.conditions():
            if condition.period is not None or condition.kind == "date":
                if fits_condition(parts, condition, others):
                    return True
        for shape in self.ground.fields:
            if shape.kind == "date" and (shape.figure or shape.role == "list"):
                cells = (as_datetime(r.get(shape.name)) for r in self.ground.rows)
                if any(c is not None and names_moment(parts, c, shape.grain) for c in cells):
                    mention.extra["cell"] = shape.name
                    return True
        return parts.only_year and self._all_rows_in(parts)

    def _all_rows_in(self, parts: DateParts) -> bool:
        span = interval_of(parts)
        shape = next((f for f in self.ground.groups if on_calendar(f)), None)
        if span is None or shape is None:
            return False
        cells = [as_datetime(r.get(shape.name)) for r in self.ground.rows]
        return bool(cells) and all(c is not None and span[0] <= c < span[1] for c in cells)

    def conditions(self) -> Iterator[Condition]:
        """All filters, inner ones included."""
        for condition in (*self.ground.conditions, *self.ground.keeps):
            yield from condition.walk()

    def _contexts(self) -> None:
        running: Context = {}
        for segment in self.segments:
            segment.before = dict(running)
            for mention in segment.mentions:
                for name, value in mention.refs:
                    if name:
                        segment.own.setdefault(name, []).append(value)
            for name, values in segment.own.items():
                running[name] = values[-1]
            if len(running) > 1 and not rows_of(self.ground, running) and segment.own:
                running = {n: v[-1] for n, v in segment.own.items()}  # a new row of a list begins

    def _points(self) -> Iterator[Point]:
        found: list[tuple[int, Context, Context]] = []
        for index, segment in enumerate(self.segments):
            context = dict(segment.before)
            open_at: int | None = None
            fresh: Context = {}
            if found and self._goes_on(
                index, found[-1]
            ):  # "for East and Desk", 华东、桌子: one group of two names
                open_at, before, fresh = found.pop()
                context |= before
            for mention in segment.mentions:
                named = {name: value for name, value in mention.refs if name}
                if not named:
                    continue
                if open_at is not None and set(named) & set(
                    fresh
                ):  # the same kind of name again: a new group
                    found.append((open_at, dict(context), fresh))
                    open_at, fresh = None, {}
                open_at = mention.start if open_at is None else open_at
                fresh = fresh | named
                context |= named
            if open_at is not None:
                found.append((open_at, dict(context), fresh))
        yield from (self._point(at, context, fresh) for at, context, fresh in found)

    def _goes_on(self, index: int, last: tuple[int, Context, Context]) -> bool:
        """Whether a segment only adds a name of another kind to the group named right before it."""
        segment, previous = self.segments[index], self.segments[index - 1]
        joined = "and" in segment.opener or segment.mark == "、"
        ends = previous.mentions[-1].refs if previous.mentions else frozenset()
        disjoint = bool(segment.own) and not set(segment.own) & set(last[2])
        return joined and disjoint and any(name in last[2] for name, _ in ends)

    def _point(self, at: int, context: Context, fresh: Context) -> Point:
        rows = rows_of(self.ground, context)
        if rows:
            return Point(at, dict(context), rows)
        return Point(at, dict(fresh), rows_of(self.ground, fresh))

    def context_of(self, index: int, mention: Mention) -> Context:
        """The group a figure is about: named in its segment, before it, or else right after it."""
        segment = self.segments[index]
        context = dict(segment.before)
        for name, values in segment.own.items():
            context[name] = values[0] if len(values) == 1 else self._nearest(segment, mention, name)
        if segment.own and not rows_of(self.ground, context):
            context = {n: v for n, v in context.items() if n in segment.own}
        if not context:
            for later in self.segments[index + 1 :]:
                if later.own:
                    return {name: values[0] for name, values in later.own.items()}
                if any(m.quantity is not None for m in later.mentions):
                    break
        return context

    def _nearest(self, segment: Segment, mention: Mention, name: str) -> Any:
        best: tuple[int, Any] | None = None
        for other in segment.mentions:
            for ref, value in other.refs:
                if ref == name:
                    distance = mention.start - other.end if other.end <= mention.start else 1000 + other.start
                    if best is None or distance < best[0]:
                        best = (distance, value)
        return best[1] if best else None

    # ------------------------------------------------------------ figures meant

    def figures_meant(self, index: int) -> list[Field]:
        """The figures a segment may be about, from labels in it or before it."""
        figures = [f for f in self.ground.fields if f.figure or f.role == "list"]
        chosen: list[Field] | None = None
        for at in range(index, -1, -1):
            named = self._labelled(self.segments[at], figures)
            if named is not None:
                chosen = named
                break
        chosen = figures if chosen is None else chosen
        for kind, functions in AGGREGATES.items():
            if any(kind in m.kinds for m in self.segments[index].mentions):
                narrowed = [f for f in chosen if f.fn in functions or f.inner in functions]
                chosen = narrowed or chosen
        return [f for f in figures if f in chosen or any(f.of == c.name for c in chosen)]

    def _labelled(self, segment: Segment, figures: list[Field]) -> list[Field] | None:
        names = {f.name for f in figures if f.figure or f.kind != "text"}
        found: set[str] | None = None
        for mention in segment.mentions:
            tokens = set(mention.tokens & names)
            if mention.kind == "label" and tokens:
                found = tokens if found is None or not (found & tokens) or mention.whole else found & tokens
        return None if found is None else [f for f in figures if f.name in found]

    def main(self, index: int) -> list[Field]:
        """The computed figures that superlatives and comparisons of a segment speak of."""
        meant = [f for f in self.figures_meant(index) if f.figure]
        main = main_figure(self.ground)
        if len(meant) > 1 and main is not None and main in meant:
            return [main, *(f for f in meant if f is not main)]
        return meant

    def ranked(self, shape: Field) -> list[tuple[Any, float]]:
        """Rows that may be compared: those of known groups with a figure (all, where no group is known)."""
        known = self.known(shape)
        return [pair for pair in known if self.ground.is_named(pair[0])] or known

    def known(self, shape: Field) -> list[tuple[Any, float]]:
        """Rows with a figure, and the figure."""
        pairs = ((row, plain_number(row.get(shape.name))) for row in self.ground.rows)
        return [(row, float(value)) for row, value in pairs if value is not None]
