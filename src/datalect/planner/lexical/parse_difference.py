"""How far two things lie apart, as one figure: "how much more A than B", A比B高多少, A和B相差多少."""

from __future__ import annotations

from datalect.planner.lexical.cues import Adjective
from datalect.planner.lexical.frame import Apart, Frame, Ref, Want
from datalect.planner.lexical.sequence import Sequence


def read_apart(seq: Sequence, frame: Frame) -> None:
    """Read the words that ask how far apart two things are; what the two are is read like any condition."""
    for at in range(len(seq)):
        if not seq.free(at) or not _asks(seq, at):
            continue
        cue = seq.cue(at, "apart")
        adjective = seq.cue(at, "apart_adj")
        if cue is None and adjective is None:
            continue
        if cue is not None and cue.argument == "" and _column_said(seq, at):
            continue
        sign, ref = (str(cue.argument), None) if cue is not None else _judged(seq, at)
        frame.apart = Apart(sign, at)
        seq.use(at, "step")
        if ref is not None and not any(seq.free(k) and seq.quantity(k) for k in range(len(seq))):
            average = next((k for k in range(len(seq)) if seq.free(k) and _average(seq, k)), None)
            if average is not None:
                seq.use(average, "want")
            frame.wants.append(
                Want(
                    "agg" if average is not None else "col",
                    fn="avg" if average is not None else "",
                    ref=ref,
                    at=at,
                )
            )
        elif cue is not None and seq.items[at].text.startswith("how many") and sign in ("+", "-"):
            _things(seq, frame, at)
        return


def implied_apart(seq: Sequence, frame: Frame) -> None:
    """Take 甲比乙重多少 for one figure where 重 was read with what stands before it: two things, 比, 多少 at the end."""  # noqa: E501
    if frame.apart is not None or frame.rank is not None or not frame.compare:
        return
    than = next((k for k in range(len(seq)) if seq.items[k].text == "比"), None)
    last = next((k for k in reversed(range(len(seq))) if any(c.isalnum() for c in seq.items[k].text)), None)
    if than is not None and last is not None and seq.items[last].text in ("多少", "几"):
        frame.apart = Apart("+", last)


def _asks(seq: Sequence, at: int) -> bool:
    """Whether the words ask by how much, rather than belong to a header or a stored value."""
    senses = seq.items[at].senses
    return not (senses and senses[0].kind in ("col", "metric", "value") and senses[0].score >= 0.95)


def _column_said(seq: Sequence, at: int) -> bool:
    """Whether a header of the table holds the difference already: "goal difference"."""
    return seq.ref(at, least=0.9, implied=False) is not None


def _judged(seq: Sequence, at: int) -> tuple[str, Ref | None]:
    cue = seq.cue(at, "apart_adj")
    if cue is None or not isinstance(cue.argument, Adjective):
        return "", None
    ref, direction = seq.adjective(cue.argument, at)
    return ("+" if direction == "desc" else "-"), ref


def _average(seq: Sequence, at: int) -> bool:
    cue = seq.cue(at, "agg")
    return cue is not None and cue.argument == "avg"


def _things(seq: Sequence, frame: Frame, at: int) -> None:
    """Read "how many more orders": the things are counted, unless they are a figure of their own."""
    following = seq.content(at, 1, 2)
    if following is None or not seq.free(following) or seq.quantity(following):
        return
    table, ref = seq.table(following), seq.ref(following, implied=False)
    if seq.has(following, "value"):
        return
    if table is not None:
        frame.wants.append(Want("count", table=table, at=following))
        frame.tables.append((table, following))
        seq.use(following, "want")
    elif ref is not None:
        frame.wants.append(Want("count", ref=ref, distinct=True, at=following))
        seq.use(following, "want")
    else:
        frame.wants.append(Want("count", at=at))
        if not seq.items[following].senses:
            frame.unknown.append(following)
            seq.use(following, "noun")
