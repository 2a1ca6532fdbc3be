"""Aggregates: "average price", "total of X", ratios of two figures."""

from __future__ import annotations

from datalect.planner.lexical.frame import Frame, Want
from datalect.planner.lexical.sequence import Sequence


def read_aggregates(seq: Sequence, frame: Frame) -> None:
    """Read "average price", "total of X", 平均价格."""
    pending: list[tuple[str, int, float | None]] = []
    for at in range(len(seq)):
        if not seq.free(at):
            continue
        agg = seq.cue(at, "agg")
        percentile = seq.cue(at, "percentile")
        if agg is None and percentile is None:
            continue
        exact = seq.ref(at, least=0.95, implied=False)
        following = seq.content(at, 1, 3)
        if exact is not None and (
            following is None or not seq.free(following) or not seq.quantity(following)
        ):
            continue
        fn = str(agg.argument) if agg is not None else "percentile"
        p = (percentile.number or 50) / 100 if percentile is not None else None
        if p is not None and not 0 <= p <= 1:
            continue
        target = _aggregated(seq, at)
        if target is None:
            if following is not None and seq.free(following) and seq.cue(following, "agg", "percentile"):
                pending.append((fn, at, p))
                continue
            if fn == "sum":
                continue
            if following is not None and (not seq.items[following].senses or _no_figure(seq, following)):
                frame.unknown.append(at)
                frame.doubts += _unknown_figure(seq, following)
            continue
        ref = seq.ref(target)
        for name, where, level in (*pending, (fn, at, p)):
            frame.wants.append(Want("agg", fn=name, ref=ref, p=level, at=target))
            seq.use(where, "want")
        pending = []
        seq.use(target, "want")
        _also(seq, frame, target, fn, p)
    for _fn, at, _p in pending:
        frame.unknown.append(at)


def read_late_aggregates(seq: Sequence, frame: Frame) -> None:
    """What is left of aggregate words once counts are read is emphasis: "in total", 一共."""
    for at in range(len(seq)):
        cue = seq.cue(at, "agg") if seq.free(at) else None
        if cue is not None and cue.argument == "sum" and seq.ref(at, least=0.9) is None:
            following = seq.content(at, 1, 1)
            if seq.items[at].text.startswith(("sum", "the sum")) and _no_figure(seq, following):
                frame.unknown.append(at)  # ids have no sum
            seq.use(at, "noise")


def _no_figure(seq: Sequence, at: int | None) -> bool:
    """Whether an item names a column that holds nothing to add up or average: ids, names."""
    column = seq.best(at)
    return column is not None and not seq.quantity(at) and seq.table(at) is None


def read_ratio(seq: Sequence, frame: Frame) -> None:
    """Read "tip as a percentage of fare", 小费占车费的比例: one sum over another."""
    for at in range(len(seq)):
        if not seq.free(at) or not seq.cue(at, "share"):
            continue
        before, after = seq.content(at, -1, 2), seq.content(at, 1, 2)
        if before is None or after is None or not (seq.free(before) and seq.free(after)):
            continue
        if not (seq.quantity(before) and seq.quantity(after)) or seq.cue(before - 1, "by"):
            continue
        if seq.best(before) is seq.best(after) is not None:
            seq.use(after, "noise")  # 家具的利润占总利润: the whole is the same figure
            continue
        frame.wants.append(
            Want("ratio", ref=seq.ref(before), inner=Want("col", ref=seq.ref(after), at=after), at=before)
        )
        seq.use([at, before, after], "want")
        for k in range(after + 1, len(seq)):
            if seq.free(k) and seq.cue(k, "share") and seq.glue(k) is False:
                seq.use(k, "noise")
        frame.steps = [s for s in frame.steps if s[0] != "share"]
    _read_quotient(seq, frame)


def _read_quotient(seq: Sequence, frame: Frame) -> None:
    """Read "ratio of tip to fare", "men to women ratio", 人均: one number over another."""
    for at in range(len(seq)):
        if not seq.free(at) or not seq.cue(at, "quotient"):
            continue
        first = seq.content(at, 1, 2)
        if first is None or not (seq.free(first) and seq.quantity(first)):
            second = seq.content(at, -1, 1)
            first = seq.content(second, -1, 2) if second is not None else None
        else:
            second = seq.content(first, 1, 2)
        if first is None or second is None or not (seq.free(first) and seq.free(second)):
            continue
        apart = [seq.items[k].text for k in range(first + 1, second)]
        joined = {"to", "-", "and", "over", "per", "/", ":", "vs", "和", "与", "对", "比", "跟"} & set(apart)
        if not joined or not (seq.quantity(first) and seq.quantity(second)):
            continue
        below = Want("col", ref=seq.ref(second), at=second)
        frame.wants.append(Want("ratio", ref=seq.ref(first), inner=below, at=first))
        seq.use([k for k in range(min(at, first), max(at, second) + 1) if seq.free(k)], "want")


def _aggregated(seq: Sequence, at: int) -> int | None:
    """The column an aggregate word belongs to: after it in both languages, or right before it in Chinese."""
    following = seq.content(at, 1, 4)
    if (
        following is not None
        and seq.free(following)
        and seq.cue(following, "count")
        and not seq.quantity(following)
    ):
        beyond = seq.content(following, 1, 2)
        if beyond is not None and seq.free(beyond) and seq.quantity(beyond):
            seq.use(following, "noise")
            return beyond
    if following is not None and seq.free(following) and seq.quantity(following):
        if not any(seq.cue(k, "comma") for k in range(at + 1, following)):
            return following
    before = seq.content(at, -1, 2)
    if before is not None and seq.free(before) and seq.quantity(before):
        return before
    before_used = before
    if before_used is not None and seq.roles[before_used] == "want" and seq.quantity(before_used):
        if any(seq.cue(k, "agg") for k in range(max(0, at - 3), at)):
            return before_used
    for k in range(at + 1, min(len(seq), at + 6)):
        if seq.free(k) and seq.cue(k, "comma", "by"):
            break
        if _unknown_figure(seq, k):
            return None  # "average price of a new car" over a table without prices
        if seq.free(k) and seq.quantity(k):
            return k
    return None


def _unknown_figure(seq: Sequence, at: int) -> bool:
    """Whether a noun nobody knows owns what follows: "price of", "speed in"."""
    item = seq.items[at]
    nameless = seq.free(at) and not item.senses and item.text.isascii() and item.text.isalpha()
    return nameless and len(item.text) > 2 and at + 1 < len(seq) and seq.items[at + 1].text == "of"


def _also(seq: Sequence, frame: Frame, target: int, fn: str, p: float | None) -> None:
    """Read on in "average price and weight", "average, minimum and maximum" behind a column."""
    position = target + 1
    while position < len(seq) and seq.free(position) and seq.cue(position, "and", "comma"):
        following = seq.content(position, 1, 1) if not seq.quantity(position + 1) else position + 1
        if (
            following is None
            or not seq.free(following)
            or not seq.quantity(following)
            or seq.cue(following, "agg", "count")
        ):
            break
        frame.wants.append(Want("agg", fn=fn, ref=seq.ref(following), p=p, at=following))
        seq.use(following, "want")
        position = following + 1
