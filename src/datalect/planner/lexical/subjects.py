"""Words that only say whose figure is asked for: "how much did customers spend", 均价两万以上的楼盘卖了多少套."""  # noqa: E501

from __future__ import annotations

from datalect.planner.lexical.frame import Frame, Sorting, Want
from datalect.planner.lexical.sequence import Sequence, is_time

_AUX = ("did", "do", "does")


def drop_subjects(seq: Sequence, frame: Frame) -> None:
    """Take the doer in "how much did customers spend" as no column to list."""
    figures = [w for w in frame.wants if _is_figure(seq, w)]
    if not figures or len(seq.catalog.tables) != 1 or frame.listing or frame.asks_which:
        return
    for want in list(frame.wants):
        if want.kind != "col" or want in figures or want.at < 1:
            continue
        led = any(seq.items[k].text.split()[-1] in _AUX and seq.items[k].text.startswith("how much")
                  for k in range(max(0, want.at - 3), want.at))  # fmt: skip
        described = (
            seq.items[want.at].text[0] > "\u3000"
            and seq.cue(want.at, "rows") is not None
            and seq.items[want.at - 1].text == "的"
            and seq.roles[want.at - 2] == "filter"
        )
        if led or described:
            frame.wants.remove(want)
            seq.use(want.at, "owner")


def _is_figure(seq: Sequence, want: Want) -> bool:
    if want.kind in ("agg", "count", "ratio", "nested"):
        return True
    return want.ref is not None and (
        want.ref.choices[0].kind == "expr" or (want.kind == "col" and seq.quantity(want.at))
    )


_FIRST = frozenset({"first", "首次", "第一次", "最早", "头一次", "第一回", "earliest"})
_LAST = frozenset({"last", "最后一次", "最后", "最近一次"})


def read_first_time(seq: Sequence, frame: Frame) -> None:
    """Read "in what year did X first exceed 60", 哪一年首次超过60: the earliest of the rows that do."""
    bounds = [f for f in frame.filters if f.kind in ("number", "than", "agg")]
    if not bounds or frame.rank is not None or frame.groups or frame.sorting is not None or frame.limit:
        return
    times = [
        w
        for w in frame.wants
        if w.ref is not None and (c := seq.column(w.ref.choices[0].ref)) is not None and is_time(c)
    ]
    word = next((k for k in range(len(seq)) if seq.items[k].text in _FIRST | _LAST), None)
    if word is None or len(times) != 1 or seq.roles[word] not in ("", "unknown", "noise"):
        return
    frame.sorting = Sorting(Want("col", ref=times[0].ref, at=times[0].at), None,
                            "asc" if seq.items[word].text in _FIRST else "desc")  # fmt: skip
    frame.limit = 1
    frame.unknown = [k for k in frame.unknown if k != word]
    seq.use(word, "sort")
