"""Both ends of a number: the gap between the highest and the lowest, or the two themselves."""

from __future__ import annotations

from datalect.planner.lexical.frame import Frame, Want
from datalect.planner.lexical.sequence import Sequence

_APART = frozenset(
    "difference differences gap spread range distance 相差 差距 差额 之差 差值 差 极差".split()
)
_BETWEEN = frozenset("and to between the of in a 和 与 的 之间 到".split())


def read_span(seq: Sequence, frame: Frame) -> None:
    """Read "gap between the highest and lowest price", 最高价和最低价的差距: both extremes."""
    for high in range(len(seq)):
        if not seq.free(high) or _extreme(seq, high) is None:
            continue
        low = next((k for k in range(high + 1, min(len(seq), high + 5)) if _extreme(seq, k)), None)
        if low is None or _extreme(seq, low) == _extreme(seq, high):
            continue
        numbers = [k for k in range(high + 1, min(len(seq), low + 3)) if k != low and seq.quantity(k)]
        if not numbers and high > 0 and seq.quantity(high - 1):
            numbers = [high - 1]
        apart = next((k for k in range(len(seq)) if _says_apart(seq, k) and not high < k < low), None)
        if not numbers or len({str(seq.best(k)) for k in numbers}) > 1:
            continue
        ref = seq.ref(numbers[-1])
        if apart is None:
            asked = frame.asks_which or any(seq.cue(k, "ask") and k > 0 for k in range(high))
            if asked or not any(seq.cue(k, "and") for k in range(high + 1, low)):
                continue  # "highest and lowest price" asks for both
            for k in (high, low):
                frame.wants.append(Want("agg", fn=str(_extreme(seq, k)), ref=ref, at=k))
            seq.use([high, low, *numbers], "want")
            return
        frame.wants.append(Want("ratio", fn="difference", ref=ref, at=numbers[-1]))
        seq.use([high, low, apart, *numbers], "want")
        for k in range(min(apart, high), max(apart, low) + 1):
            if seq.free(k) and (seq.items[k].text in _BETWEEN or seq.cue(k, "between", "and")):
                seq.use(k, "noise")
        return


def _extreme(seq: Sequence, at: int) -> str | None:
    """Whether an item says largest or smallest."""
    cue = seq.cue(at, "superl") or seq.cue(at, "agg")
    found = {"desc": "max", "asc": "min", "max": "max", "min": "min"}.get(str(cue.argument)) if cue else None
    return found


def _says_apart(seq: Sequence, at: int) -> bool:
    return seq.free(at) and (
        bool(seq.cue(at, "diff", "apart")) or bool(_APART & set(seq.items[at].text.split()))
    )
