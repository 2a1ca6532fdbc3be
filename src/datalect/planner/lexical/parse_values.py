"""Conditions that name a stored value, a number of a column, or a time."""

from __future__ import annotations

from datalect.data.values import ValueHit
from datalect.plan.model import Dates
from datalect.planner.lexical.frame import Choice, Filter, Frame, Ref
from datalect.planner.lexical.sequence import Sequence, is_number, is_time
from datalect.planner.linking.dates import TimeMention
from datalect.planner.linking.numbers import NumberMention, plain


def number_at(seq: Sequence, at: int) -> int | float | None:
    """The number or the bare year an item stands for."""
    number: NumberMention | None = seq.data(at, "num")
    if number is not None and not number.ordinal:
        return plain(number.value)
    time = seq.data(at, "time")
    if time is not None and time.years and time.years[0] is not None and time.years[0] == time.years[1]:
        return int(time.years[0])
    return None


def read_equalities(seq: Sequence, frame: Frame) -> None:
    """Read "8 cylinders", "year is 2010", "week 5": a number standing by the column it is a value of."""
    for at in range(len(seq)):
        if not seq.free(at) or not (
            seq.has(at, "num") or (seq.has(at, "time") and seq.data(at, "time").bare)
        ):
            continue
        value = number_at(seq, at)
        if value is None:
            continue
        start = at - 1 if seq.free(at - 1) and seq.cue(at - 1, "neg") else at
        before = seq.content(start, -1, 2)
        after = seq.content(at, 1, 0)
        if after is None and at + 2 < len(seq) and seq.items[at + 1].text == "in":
            after = seq.content(at, 1, 1)
        elif after is not None and not seq.thing(after) and seq.items[at + 1].text == "in":
            after = seq.content(at, 1, 1)
        for k in (before, after):
            if (
                k is None
                or not seq.free(k)
                or seq.ref(k, implied=False) is None
                or (seq.cue(k, "agg", "count") and k == before)
            ):
                continue
            if k == before and any(seq.cue(m, "comma", "and") for m in range(k + 1, at)):
                continue
            ref = seq.ref(k, implied=False)
            if (
                k == after
                and ref is not None
                and not seq.quantity(k)
                and (seq.table(k) is not None or seq.items[k].text.endswith("s"))
            ):
                continue  # "3 customers" counts them
            if k == after and frame.rank is not None and frame.rank.at < at:
                continue
            others = _number_list(seq, at)
            filter_ = _equality(seq, ref, value, at) if ref is not None else None
            if filter_ is None:
                continue
            if others and filter_.kind == "number":
                filter_.op, filter_.values = "in", [*filter_.values, *(number_at(seq, o) for o in others)]
                seq.use(others, "filter")
            lead = seq.items[k - 1].text if k == before and k > 0 else ""
            turned = {"after": ">", "before": "<", "since": ">=", "until": "<=", "through": "<="}.get(lead)
            if turned is not None and filter_.kind == "number":
                filter_.op = turned
            elif seq.free(at - 1) and seq.cue(at - 1, "neg") is not None:
                filter_.op = "!="
                seq.use(at - 1, "filter")
            seq.use([at, k], "filter")
            frame.filters.append(filter_)
            break


def _number_list(seq: Sequence, at: int) -> list[int]:
    """Further numbers in a list with one: "4 or 6 cylinders", read from either end."""
    out: list[int] = []
    for step in (-1, 1):
        k = at + step
        while (
            seq.free(k)
            and seq.cue(k, "or", "and", "comma")
            and seq.free(k + step)
            and seq.has(k + step, "num")
        ):
            out.append(k + step)
            k += 2 * step
    return out


def _equality(seq: Sequence, ref: Ref, value: int | float, at: int) -> Filter | None:
    good = []
    for choice in ref.choices:
        column = seq.column(choice.ref) if choice.kind == "col" else None
        if column is None:
            continue
        if is_number(column):
            low, high = column.profile.minimum, column.profile.maximum
            try:
                inside = low is None or high is None or low <= value <= high
            except TypeError:
                inside = True
            good.append(choice if inside else Choice(choice.ref, choice.fit * 0.7, choice.kind))
    if good:
        return Filter(
            "number", Ref(sorted(good, key=lambda c: -c.fit), ref.at, ref.text), "=", [value], at=at
        )
    hits: tuple[ValueHit, ...] | None = seq.data(at, "value")
    if hits:
        columns = {c.ref for c in ref.choices}
        kept = tuple(h for h in hits if h.column in columns)
        if kept:
            return Filter("value", None, "=", hits=[kept], at=at)
    return None


def _wants_value(seq: Sequence, at: int) -> bool:
    item = seq.items[at]
    value = item.get("value")
    if value is None or value.score < 0.5:
        return False
    others = [s for s in item.senses if s.kind in ("col", "table", "metric")]
    best = max((s.score for s in others), default=0.0)
    dated = any(
        c.dtype.upper().startswith(("DATE", "TIMESTAMP")) for t in seq.catalog.tables for c in t.columns
    )
    leading = ("cue", "time", "implied") if dated else ("cue", "implied")
    if item.senses[0].kind in leading and value.score < 0.93 and not others:
        return False
    if seq.has(at, "time") and not seq.data(at, "time").bare and dated:
        return False
    if item.get("num") is not None and item.last - item.first == 1:
        return False
    if best >= 0.9:
        # "Region East" against "by country": a header that is also a stored value stays a header after
        # "by", "each"
        before = seq.content(at, -1, 1)
        named = (
            before is not None
            and seq.ref(before) is not None
            and {h.column for h in value.data} & {c.ref for c in (seq.ref(before) or Ref([], 0)).choices}
        )
        return bool(named)
    return value.score >= best - 0.05 or best < 0.8


def read_values(seq: Sequence, frame: Frame) -> None:
    """Read stored values, alone or in a list."""
    at = 0
    while at < len(seq):
        if not seq.free(at) or not _wants_value(seq, at):
            at += 1
            continue
        group = [at]
        position = at + 1
        while position < len(seq):
            if seq.free(position) and _wants_value(seq, position):
                if not _share_column(seq, at, position):
                    break
                group.append(position)
            elif not (
                seq.free(position)
                and (seq.cue(position, "and", "or", "comma", "versus", "than") or _article(seq, position))
            ):
                noun = seq.free(position) and (
                    not seq.items[position].senses or seq.table(position) is not None
                )
                joined = seq.free(position + 1) and seq.cue(position + 1, "and", "or", "versus", "than")
                if not (noun and joined):
                    break
                if not seq.items[position].senses:
                    seq.use(position, "noise")
            position += 1
        _value_filter(seq, frame, group)
        at = group[-1] + 1
    _merge_opposites(frame)


def _merge_opposites(frame: Frame) -> None:
    """Take two values of one column for a comparison: no row holds both "AAPL" and "MSFT"."""
    plain: list[Filter] = []
    for filter_ in [f for f in frame.filters if f.kind == "value" and not f.neg and f.op == "="]:
        columns = {h.column for g in filter_.hits for h in g}
        named = {str(h.value) for g in filter_.hits for h in g}
        same = next(
            (
                o
                for o in plain
                if len(columns) == 1
                and columns == {h.column for g in o.hits for h in g}
                and not named & {str(h.value) for g in o.hits for h in g}
            ),
            None,
        )
        if same is None:
            plain.append(filter_)
            continue
        same.hits = [*same.hits, *filter_.hits]
        same.fn = same.fn or "and"
        frame.compare = True
        frame.filters.remove(filter_)


def _article(seq: Sequence, at: int) -> bool:
    return seq.items[at].text in (
        "the",
        "a",
        "in",
        "from",
        "for",
        "of",
        "with",
        "的",
        "在",
        "/",
        "&",
    ) and seq.glue(at)


def _share_column(seq: Sequence, first: int, second: int) -> bool:
    a = {h.column for h in seq.data(first, "value")}
    b = {h.column for h in seq.data(second, "value")}
    return bool(a & b)


def _value_filter(seq: Sequence, frame: Frame, group: list[int]) -> None:
    hits = [tuple(seq.data(k, "value")) for k in group]
    common = set.intersection(*({h.column for h in g} for g in hits)) if len(hits) > 1 else set()
    if common:
        hits = [tuple(h for h in g if h.column in common) for g in hits]
    named = _column_beside(seq, group[0], group[-1], {h.column for h in hits[0]})
    if named is not None:
        ref = seq.ref(named)
        columns = {c.ref for c in ref.choices} if ref is not None else set()
        hits = [tuple(h for h in g if h.column in columns) or g for g in hits]
        seq.use(named, "filter")
    neg = False
    for k in range(group[0] - 1, max(-1, group[0] - 4), -1):
        if not seq.free(k):
            if k != named:
                break
            continue
        if seq.cue(k, "neg") and any(seq.items[k].text.split()[-1] in str(h.value).lower() for h in hits[0]):
            seq.use(k, "filter")  # "no suspect identified" is itself the stored value
            break
        if seq.cue(k, "neg") or (seq.cue(k, "cmp") and str(seq.cue(k, "cmp").argument) == "!="):  # type: ignore[union-attr]
            neg = True
            seq.use(k, "filter")
            break
        if not (seq.glue(k) or k == named):
            break
    after = group[-1] + 1
    if after < len(seq) and seq.items[after].text in ("除外", "以外", "之外", "外"):
        neg = True
        seq.use(after, "filter")
    joined = False
    for k in range(group[0], group[-1] + 1):
        if seq.cue(k, "versus", "than"):
            frame.compare = True
        joined = joined or seq.cue(k, "and") is not None
        if seq.free(k):
            seq.use(k, "filter")
    named_twice = {(h.column, str(h.value)) for g in hits for h in g}
    for other in frame.filters:
        if other.kind == "value" and len(other.hits) == len(hits) == 1:
            again = {(h.column, str(h.value)) for g in other.hits for h in g} & named_twice
            if again:  # 技术类(Technology): one value, said twice
                other.hits = [tuple(h for h in other.hits[0] if (h.column, str(h.value)) in again)]
                return
    frame.filters.append(
        Filter(
            "value", None, "!=" if neg else "=", hits=hits, neg=neg, at=group[0], fn="and" if joined else ""
        )
    )


def _column_beside(seq: Sequence, first: int, last: int, columns: set[str]) -> int | None:
    """A header named next to its value: "the region East", "East region", 城市为北京."""
    for start, step in ((first, -1), (last, 1)):
        position = start + step
        for _ in range(3):
            if not 0 <= position < len(seq) or not seq.free(position):
                break
            ref = seq.ref(position, implied=True)
            if ref is not None and {c.ref for c in ref.choices} & columns:
                asked = seq.cue(position - 1, "ask", "by") if position > 0 else None
                if (step == 1 and (asked or seq.cue(position, "by"))) or _grouped(seq, position):
                    break
                return position
            connective = seq.cue(position, "is", "stop", "whose", "neg") or (
                step == -1 and seq.items[position].text in ("of", "in", "from", "'s", "=", "=", "for", '"', "'", "by")  # noqa: E501
            ) or seq.items[position].text in ('"', "'")  # fmt: skip
            equal = seq.cue(position, "cmp")
            if not connective and not (equal and str(equal.argument) in ("=", "!=")):
                break
            if step == 1 and seq.items[position].text not in ('"', "'"):
                break
            position += step
    return None


def _grouped(seq: Sequence, at: int) -> bool:
    return at > 0 and seq.free(at - 1) and seq.cue(at - 1, "by") is not None and seq.cue(at - 1, "is") is None


def read_parts(seq: Sequence, frame: Frame) -> None:
    """Read words that stored names contain: "toyota models"."""
    for at in range(len(seq)):
        part = seq.data(at, "part") if seq.free(at) else None
        if part is None:
            continue
        columns, word = part
        known = _column_beside(seq, at, at, {c for c, _ in columns})
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


def read_times(seq: Sequence, frame: Frame) -> None:
    """Read stretches of time, with the date column they belong to."""
    for at in range(len(seq)):
        days = seq.cue(at, "weekdays") if seq.free(at) else None
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
            if k is None or not seq.free(k) or _grouped(seq, k) or seq.table(k, 0.8) is not None:
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


def merge_alternatives(frame: Frame) -> None:
    """Join what no row can be at once: 四缸车和六缸车, 是甲公司还是乙公司, each as "one of these"."""
    kept: list[Filter] = []
    for filter_ in frame.filters:
        first = next((f for f in kept if _excludes(f, filter_)), None)
        if first is None:
            kept.append(filter_)
        elif filter_.kind == "number":
            first.op, first.values = "in", [*first.values, *filter_.values]
            first.fn = "and"
        else:
            common = _columns(first) & _columns(filter_)
            both = [*first.hits, *filter_.hits]
            first.hits = [tuple(h for h in g if h.column in common) for g in both]
            first.fn = "and"
    frame.filters = kept


def _excludes(first: Filter, second: Filter) -> bool:
    """Whether two conditions ask one column to be two things."""
    if first.kind != second.kind or first.neg or second.neg:
        return False
    if first.kind == "number" and second.op == "=" and first.op in ("=", "in"):
        same = first.ref is not None and second.ref is not None
        return same and first.ref.choices[0].ref == second.ref.choices[0].ref  # type: ignore[union-attr]
    return first.kind == "value" and first.op == second.op == "=" and _columns(first) == _columns(second)


def _columns(filter_: Filter) -> set[str]:
    """The columns all the values of a condition may be of."""
    return set.intersection(*({h.column for h in g} for g in filter_.hits)) if filter_.hits else set()
