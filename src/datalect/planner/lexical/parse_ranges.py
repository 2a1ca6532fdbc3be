"""Ranges: "between 5 and 10", 5到10之间."""

from __future__ import annotations

from datalect.planner.lexical.bound_column import (
    comparable,
    left_column,
    nearest_quantity,
    right_thing,
    unit_hint,
)
from datalect.planner.lexical.frame import Filter, Frame
from datalect.planner.lexical.parse_comparisons import next_number, noise_after
from datalect.planner.lexical.parse_equalities import number_at
from datalect.planner.lexical.sequence import Sequence


def read_between(seq: Sequence, frame: Frame) -> None:
    """Read "between 5 and 10", 5到10之间."""
    for at in range(len(seq)):
        if not seq.free(at):
            continue
        if seq.cue(at, "between"):
            first = next_number(seq, at, 1)
        elif seq.has(at, "num") and number_at(seq, at) is not None and _range_after(seq, at) is not None:
            first = at
            if not _range_column_near(seq, at):
                continue
        else:
            continue
        if first is None:
            continue
        second = None
        for k in range(first + 1, min(len(seq), first + 5)):
            if seq.free(k) and number_at(seq, k) is not None and seq.has(k, "num"):
                second = k
                break
            if not (
                seq.cue(k, "and", "range_to", "unit_noise", "comma")
                or seq.items[k].text in "$€£¥"
                or seq.glue(k)
            ):
                break
        if second is None:
            continue
        low, high = number_at(seq, first), number_at(seq, second)
        left = left_column(seq, at)
        ref = seq.ref(left) if left is not None else None
        used = [*range(min(at, first), second + 1)]
        if ref is None:
            right, role = right_thing(seq, second)
            if right is not None and role == "column":
                ref, left = seq.ref(right), right
            else:
                ref = unit_hint(seq, second) or nearest_quantity(seq, at)
        if ref is None or low is None or high is None:
            continue
        low, high = (low, high) if low <= high else (high, low)
        seq.use([k for k in used if seq.free(k)], "filter")
        if left is not None:
            seq.use(left, "filter")
        noise_after(seq, second)
        frame.filters.append(Filter("number", comparable(seq, ref), "between", [low, high], at=at))


def _range_after(seq: Sequence, at: int) -> int | None:
    for k in range(at + 1, min(len(seq), at + 3)):
        if seq.free(k) and seq.cue(k, "range_to"):
            return k
        if not seq.cue(k, "unit_noise"):
            return None
    return None


def _range_column_near(seq: Sequence, at: int) -> bool:
    if left_column(seq, at) is not None or unit_hint(seq, at) is not None:
        return True
    return seq.has(at + 2, "num") and right_thing(seq, at + 2)[1] == "column"  # 30到40岁
