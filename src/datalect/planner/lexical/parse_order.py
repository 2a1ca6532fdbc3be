"""How the answer is shown: charts, orders and cuts."""

from __future__ import annotations

from datalect.planner.lexical.frame import Frame, Sorting, Want
from datalect.planner.lexical.sequence import Sequence


def read_chart(seq: Sequence, frame: Frame) -> None:
    """Take chart words out; a named kind of chart beats "chart"."""
    for at in range(len(seq)):
        cue = seq.cue(at, "chart")
        if cue is None or (seq.data(at, "value") is not None and seq.items[at].get("value").score > 0.9):  # type: ignore[union-attr]
            continue
        mark = str(cue.argument)
        if frame.mark in (None, "auto"):
            frame.mark = mark
        seq.use(at, "chart")


def read_sort(seq: Sequence, frame: Frame) -> None:
    """Read "sorted by X descending", "from high to low by the y-axis", 按X降序排列."""
    for at in range(len(seq)):
        if not seq.free(at) or seq.cue(at, "sort", "sortby", "dir") is None:
            continue
        cluster = _cluster(seq, at)
        direction = None
        for k in cluster:
            cue = seq.cue(k, "dir")
            if cue is not None:
                direction = str(cue.argument)
        axis = next((str(c.argument) for k in cluster if (c := seq.cue(k, "axis")) is not None), None)
        by = None if axis else _sort_target(seq, cluster)
        if direction is None and by is None and axis is None:
            if seq.cue(at, "sort"):
                seq.use(at, "noise")
            continue
        for k in cluster:
            if seq.free(k):
                seq.use(k, "sort")
        frame.sorting = Sorting(by, axis, "desc" if direction == "desc" else "asc" if direction else None)


def _cluster(seq: Sequence, at: int) -> list[int]:
    """The items that belong to one sorting phrase."""
    out = [at]
    seen_target = False
    position = at + 1
    while position < len(seq) and seq.free(position) and len(out) < 9:
        names = seq.cue_names(position)
        if names & {"dir", "axis"}:
            out.append(position)
            seen_target = True
        elif names & {"sort", "by", "of", "stop", "is", "noise", "agg", "count", "distinct"} and not seq.has(
            position, "value"
        ):
            if names & {"sort", "by"} and seen_target and not names & {"sort"}:
                break
            out.append(position)
            if seq.ref(position) is not None:
                seen_target = True
        elif seq.thing(position) and (
            not seen_target or seq.cue(position - 1, "of") or seq.cue(at, "sortby")
        ):
            out.append(position)
            seen_target = True
        elif not seq.items[position].senses and not seq.items[position].text.isalnum():
            if seq.items[position].text in ".?!;":
                break
            out.append(position)
        else:
            break
        position += 1
    # a direction found first may have its verb before it: "list in ascending", "rank total from low to high"
    before = at - 1
    while before >= 0 and seq.free(before) and seq.cue_names(before) & {"sort", "axis"} and len(out) < 12:
        out.insert(0, before)
        before -= 1
    if not seen_target or (len(out) and all(not seq.thing(k) and seq.cue(k, "axis") is None for k in out)):
        # "price descending": the column stands right before
        previous = seq.content(at, -1, 1) if not seq.cue(at - 1, "comma") else None
        if (
            previous is not None
            and seq.free(previous)
            and seq.cue(previous, "by") is None
            and seq.thing(previous)
        ):
            by = seq.content(previous, -1, 1)
            if (
                by is not None
                and seq.free(by)
                and seq.items[by].text in ("by", "按", "按照", "sort by", "sorted by")
            ):
                out[:0] = [by, previous]
    while out and seq.cue_names(out[-1]) & {"stop", "of", "by", "is"} and not seq.thing(out[-1]):
        out.pop()
    return out or [at]


def _sort_target(seq: Sequence, cluster: list[int]) -> Want | None:
    fn = None
    for k in cluster:
        agg = seq.cue(k, "agg")
        if agg is not None and not (seq.ref(k) is not None and k == cluster[-1]):
            fn = str(agg.argument)
            continue
        if seq.cue(k, "count"):
            return Want("count", ref=None, at=k)
        ref = seq.ref(k)
        if ref is not None:
            return Want("agg" if fn else "col", fn=fn or "", ref=ref, at=k)
        table = seq.table(k)
        if table is not None:
            return Want("count", table=table, at=k)
    return None


def read_limit(seq: Sequence, frame: Frame) -> None:
    """Read "only 5 rows", 任意三条."""
    for at in range(len(seq)):
        cue = seq.cue(at, "limit") if seq.free(at) else None
        if cue is not None and cue.number:
            frame.limit = int(cue.number)
            seq.use(at, "limit")
