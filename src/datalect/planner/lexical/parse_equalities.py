"""A number standing by the column it is a value of: "8 cylinders", "week 5"."""

from __future__ import annotations

from datalect.data.values import ValueHit
from datalect.planner.lexical.frame import Choice, Filter, Frame, Ref
from datalect.planner.lexical.sequence import Sequence, is_number
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
                and not _held(seq, at, ref)
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
                listed = [number_at(seq, o) for o in sorted([at, *others])]
                filter_.op, filter_.values = "in", listed
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


def _held(seq: Sequence, at: int, ref: Ref) -> bool:
    """Whether a column named here holds the number as a text."""
    columns = {c.ref for c in ref.choices}
    return any(h.column in columns for h in seq.data(at, "value") or ())


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
