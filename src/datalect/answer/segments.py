"""A sentence as segments with the groups each is about."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from datalect.answer.figures import same_dimension
from datalect.answer.formats import plain_number
from datalect.answer.ground import Condition, FactSet, Field, as_datetime, in_cycle, on_calendar
from datalect.answer.mentions import Mention
from datalect.answer.read_dates import DateParts, names_moment, says_grain
from datalect.data.model import Grain
from datalect.plan.spans import shift

_BREAKS = frozenset({"and", "than", "from", "to", "next", "or"})
_KEEP = frozenset("“”\"‘’'-–·…=[]")

Context = dict[str, Any]


@dataclass(slots=True)
class Segment:
    """A stretch between separators.

    Attributes:
        opener: claims of the word that opens it ("than", "from"), or the mark.
        mentions: what it holds.
        own: groups named in it: field -> values in order.
        context: the group its figures are about when it names none itself.
    """

    opener: tuple[str, ...] = ()
    mark: str = ""
    mentions: list[Mention] = field(default_factory=list)
    own: dict[str, list[Any]] = field(default_factory=dict)
    before: Context = field(default_factory=dict)

    def kinds(self) -> set[str]:
        """All claims made by its words."""
        return {k for m in self.mentions for k in m.kinds} | set(self.opener)


def split_segments(mentions: list[Mention]) -> list[Segment]:
    """Cut at punctuation and at words such as "and", "than", "from" and "to"."""
    segments = [Segment()]
    for mention in mentions:
        if mention.kind == "stop" and mention.text not in _KEEP:
            segments.append(Segment(mark=mention.text))
        elif mention.kind == "word" and _BREAKS & set(mention.kinds):
            segments.append(Segment(opener=mention.kinds, mentions=[mention]))
        else:
            segments[-1].mentions.append(mention)
    return segments


def merge_bins(mentions: list[Mention], ground: FactSet) -> list[Mention]:
    """Two numbers with "to" between them that are the edges of a bin become the name of that bin."""
    bins = [f for f in ground.groups if f.width is not None]
    if not bins:
        return mentions
    shape = bins[0]
    plain = replace(shape, width=None)
    edges = [plain_number(r.get(shape.name)) for r in ground.rows]
    out: list[Mention] = []
    at = 0
    while at < len(mentions):
        first, joiner, second = [*mentions[at : at + 3], None, None, None][:3]
        if (
            first is not None and joiner is not None and second is not None
            and first.quantity is not None and second.quantity is not None
            and same_dimension(first.quantity, plain) and same_dimension(second.quantity, plain)
            and ("to" in joiner.kinds or "and" in joiner.kinds or joiner.text in "-–—~")
        ):  # fmt: skip
            low, high = first.quantity.value, second.quantity.value
            factor = shape.percent or 1.0
            top = shape.width or 0
            hit = [
                e
                for e in edges
                if e is not None and abs(e * factor - low) < 1e-6 and abs((e + top) * factor - high) < 1e-6
            ]
            if hit:
                refs = frozenset({(shape.name, hit[0])})
                out.append(
                    Mention(kind="name", start=first.start, end=second.end, text=first.text, refs=refs)
                )
                at += 3
                continue
        out.append(mentions[at])
        at += 1
    return out


# ---------------------------------------------------------------- dates


def date_refs(parts: DateParts, ground: FactSet) -> frozenset[tuple[str, Any]]:
    """The groups a date names: ``(field, cell)``; empty when it names none or more than one of a field."""
    refs: set[tuple[str, Any]] = set()
    for shape in ground.groups:
        cells = {row.get(shape.name) for row in ground.rows} - {None}
        if in_cycle(shape):
            hit = {c for c in cells if _in_cycle(parts, c, shape)}
        elif on_calendar(shape) and says_grain(parts, shape.grain):
            hit = {c for c in cells if (m := as_datetime(c)) and names_moment(parts, m, shape.grain)}
        else:
            continue
        if len(hit) == 1:
            refs.add((shape.name, hit.pop()))
    return frozenset(refs)


def _in_cycle(parts: DateParts, cell: Any, shape: Field) -> bool:
    named = {
        Grain.MONTH_OF_YEAR: parts.month,
        Grain.QUARTER_OF_YEAR: parts.quarter,
        Grain.DAY_OF_WEEK: parts.weekday,
        Grain.DAY_OF_MONTH: parts.day,
        Grain.HOUR_OF_DAY: parts.hour,
    }
    return shape.grain in named and named[shape.grain] == cell and parts.year is None


def interval_of(parts: DateParts) -> tuple[datetime, datetime] | None:
    """The stretch of the calendar a date with a year covers."""
    if parts.year is None or parts.weekday is not None:
        return None
    try:
        if parts.day is not None and parts.month is not None:
            start = datetime(
                parts.year, parts.month, parts.day, parts.hour or 0, parts.minute or 0, parts.second or 0
            )
            step = timedelta(hours=1) if parts.hour is not None else timedelta(days=1)
            return start, start + step
    except ValueError:
        return None
    if parts.month is not None:
        start = datetime(parts.year, parts.month, 1)
        return start, shift(start, Grain.MONTH, 1)
    if parts.quarter is not None or parts.half is not None:
        size = 3 if parts.quarter is not None else 6
        number = parts.quarter or parts.half or 1
        start = datetime(parts.year, size * (number - 1) + 1, 1)
        return start, shift(start, Grain.MONTH, size)
    start = datetime(parts.year, 1, 1)
    return start, shift(start, Grain.YEAR, 1)


def fits_condition(parts: DateParts, condition: Condition, others: list[DateParts]) -> bool:
    """Whether a date names a time filter: all of it, or one end while another date names the other end."""
    period = condition.period
    if period is None:
        moments = [as_datetime(v) for v in condition.values]
        grain = condition.shape.grain if condition.shape else None
        return any(m is not None and names_moment(parts, m, grain or Grain.SECOND) for m in moments) or any(
            not isinstance(v, datetime) and v == parts.year and parts.only_year for v in condition.values
        )
    if period.fields:
        named = {
            "year": parts.year, "half": parts.half, "quarter": parts.quarter, "month": parts.month,
            "day": parts.day, "weekday": parts.weekday, "hour": parts.hour,
        }  # fmt: skip
        given = {k: v for k, v in named.items() if v is not None}
        return bool(given) and all(period.fields.get(k) == v for k, v in given.items())
    span = interval_of(parts)
    if span is None:
        return False
    start_fits, end_fits = _same(span[0], period.start), _near(span, period.end)
    if start_fits and end_fits:
        return True
    spans = [s for s in map(interval_of, others) if s is not None]
    if start_fits:
        return period.end is None or any(_near(s, period.end) for s in spans)
    if end_fits:
        return period.start is None or any(_same(s[0], period.start) for s in spans)
    return False


def _same(moment: datetime, edge: datetime | None) -> bool:
    return edge is not None and moment == edge


def _near(span: tuple[datetime, datetime], edge: datetime | None) -> bool:
    """Whether a filter's end is the end of the span, or a moment inside its last unit ("up to today")."""
    if edge is None:
        return False
    return span[1] == edge or (span[0] < edge <= span[1] and span[1] - span[0] <= timedelta(days=1))


def rows_of(ground: FactSet, context: Context) -> list[Any]:
    """The rows of a group."""
    return [r for r in ground.rows if all(_equal(r.get(f), v) for f, v in context.items())]


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other) or (one is None and other is None)
