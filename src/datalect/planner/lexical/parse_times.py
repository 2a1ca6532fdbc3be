"""Conditions on time: years, months, relative periods, parts of dates."""

from __future__ import annotations

from datalect.data.values import ValueHit
from datalect.plan.model import Dates
from datalect.planner.lexical.cues import Cue
from datalect.planner.lexical.frame import Choice, Filter, Frame, Ref
from datalect.planner.lexical.parse_values import column_beside, follows_by
from datalect.planner.lexical.sequence import Sequence, is_number, is_time
from datalect.planner.linking.dates import TimeMention


def read_parts(seq: Sequence, frame: Frame) -> None:
    """Read words that stored names contain: "toyota models"."""
    for at in range(len(seq)):
        part = seq.data(at, "part") if seq.free(at) else None
        if part is None:
            continue
        columns, word = part
        known = column_beside(seq, at, at, {c for c, _ in columns})
        if known is not None:
            own = {c.ref for c in (seq.ref(known) or Ref([], 0)).choices}
            columns = tuple(c for c in columns if c[0] in own) or columns
            seq.use(known, "filter")
        most = max(n for _, n in columns)
        choices = [Choice(c, 0.85 * (n / most) ** 0.2) for c, n in columns]
        seq.use(at, "filter")
        before = next((f for f in frame.filters if f.kind == "text" and f.op == "contains" and f.ref), None)
        if before is not None and before.ref is not None and _listed(seq, before.at, at):
            shared = [c for c in before.ref.choices if c.ref in {o.ref for o in choices}]
            if shared:  # "Texas or Florida": either will do
                before.ref.choices = shared
                before.values.append(word)
                continue
        frame.filters.append(Filter("text", Ref(choices, at, word), "contains", [word], at=at))


_WEEKDAYS = frozenset({"weekday", "weekdays", "week day", "week days", "on weekdays"})


def read_times(seq: Sequence, frame: Frame) -> None:
    """Read stretches of time, with the date column they belong to."""
    weekend = any(seq.cue(k, "weekdays") for k in range(len(seq)))
    for at in range(len(seq)):
        days = seq.cue(at, "weekdays") if seq.free(at) else None
        if days is None and weekend and seq.free(at) and seq.items[at].text in _WEEKDAYS:
            days = Cue("12345", None)  # "weekend fares and weekday fares": no breakdown by day
        if days is not None and not seq.has(at, "value"):
            first, *rest = [TimeMention(0, 0, Dates(weekday=int(d))) for d in str(days.argument)]
            frame.filters.append(Filter("time", None, time=first, values=list(rest), at=at))
            seq.use(at, "filter")
            continue
        time = seq.data(at, "time") if seq.free(at) else None
        if time is None:
            continue
        if _parts_of_date(seq, frame, time, at):
            continue
        if time.bare and seq.items[at].senses[0].kind in ("col", "table", "value"):
            continue
        ref = None
        named = None
        for step in (-1, 1):
            k = seq.content(at, step, 2)
            if k is None or not seq.free(k) or follows_by(seq, k) or seq.table(k, 0.8) is not None:
                continue
            column = seq.ref(k)
            if column is None:
                continue
            good = [
                c
                for c in column.choices
                if c.kind == "col" and (col := seq.column(c.ref)) is not None and is_time(col)
            ]
            if (
                len(good) < len(column.choices)
                and good
                and good[0].fit <= max(c.fit for c in column.choices if c not in good)
            ):
                continue
            if good and (step == -1 or seq.has(k, "implied") or k == at + 1):
                ref, named = Ref(good, column.at, column.text), k
                break
        if ref is None and not any(
            is_time(c) and not c.hidden for t in seq.catalog.tables for c in t.columns
        ):
            if time.bare:
                continue
            frame.unknown.append(at)
            frame.penalty *= 0.4
            seq.use(at, "unknown")
            continue
        neg = at > 0 and seq.free(at - 1) and seq.cue(at - 1, "neg") is not None
        if named is not None:
            seq.use(named, "filter")
        if neg:
            seq.use(at - 1, "filter")
        seq.use(at, "filter")
        previous = next((f for f in frame.filters if f.kind == "time" and _listed(seq, f.at, at)), None)
        if previous is not None and previous.time is not None:
            previous.values.append(time)
            continue
        frame.filters.append(Filter("time", ref, time=time, neg=neg, at=at))


def _parts_of_date(seq: Sequence, frame: Frame, time: TimeMention, at: int) -> bool:
    """Read "in July 2010" over a table that keeps year and month in columns of their own."""
    span = time.span
    if not isinstance(span, Dates) or span.month is None or span.quarter or span.half or span.weekday:
        return False
    columns = [c for t in seq.catalog.tables for c in t.columns if not c.hidden]
    if any(c.dtype.upper().startswith(("DATE", "TIMESTAMP")) for c in columns):
        return False
    found: list[Filter] = []
    for name, wanted in (("year", span.year), ("month", span.month), ("day", span.day)):
        if wanted is None:
            continue
        terms = seq.index.terms.get(name, {})
        column = next((c for c in columns if terms.get(("col", c.id), 0.0) >= 0.93), None)
        if column is None:
            return False
        ref = Ref([Choice(column.id, 0.97)], at, seq.items[at].text)
        if is_number(column):
            found.append(Filter("number", ref, "=", [wanted], at=at))
            continue
        spelled = [v for v, _ in column.profile.values if str(v).lower() in _month_names(wanted)]
        if name != "month" or not spelled:
            return False
        hit = ValueHit(column=column.id, value=spelled[0], count=0, score=1.0)
        found.append(Filter("value", ref, "=", hits=[(hit,)], at=at))
    frame.filters.extend(found)
    seq.use(at, "filter")
    return True


def _month_names(month: int) -> tuple[str, ...]:
    from calendar import month_abbr, month_name

    return (month_name[month].lower(), month_abbr[month].lower(), f"{month}月", f"{month:02d}", str(month))


def _listed(seq: Sequence, first: int, second: int) -> bool:
    """Whether two times stand in one list: "2010 and 2012", 2019年和2020年."""
    return first < second and all(
        seq.cue(k, "and", "or", "comma", "versus", "than")
        or seq.has(k, "time")
        or seq.items[k].text in ("in", "的", "年")
        for k in range(first + 1, second)
    )
