"""Superlatives and rankings: "the five dearest", "third largest", 最高的三个."""

from __future__ import annotations

from datalect.planner.lexical.frame import Choice, Frame, Rank, Ref, Want
from datalect.planner.lexical.rank_entity import entity_at, read_entity
from datalect.planner.lexical.rank_metric import read_metric
from datalect.planner.lexical.sequence import Sequence, is_time
from datalect.planner.linking.stem import stem
from datalect.planner.linking.tokens import split_header
from datalect.planner.linking.vocabulary import expand


def read_rank(seq: Sequence, frame: Frame) -> None:
    """Read top and bottom N, superlatives and "the second highest"."""
    for at in range(len(seq)):
        if not seq.free(at) or frame.rank is not None:
            continue
        if (
            seq.items[at].senses
            and seq.items[at].senses[0].kind in ("col", "metric")
            and seq.items[at].senses[0].score >= 0.95
        ):
            continue
        if seq.items[at].text.startswith(("更", "较")) and not _asks_more(seq, at):
            continue
        adjective = seq.cue(at, "adj")
        if adjective is not None:
            by, direction = seq.adjective(adjective.argument, at)  # type: ignore[arg-type]
            rank = Rank("desc" if direction == "desc" else "asc", at=at, superlative=True)
            if adjective.number:
                rank.n, rank.explicit_n, rank.superlative = int(adjective.number), True, False
            measured = _measured(seq, at, by)
            if measured is not None:
                rank.by = Want("col", ref=seq.ref(measured), at=measured)
                seq.use(measured, "rank")
            elif by is not None:
                rank.by = Want("col", ref=by, at=at)
            elif seq.cue(at, "superl", "top") is None:
                frame.unknown.append(at)
            seq.use(at, "rank")
            _number_before(seq, at, rank)
            _nth(seq, at, rank)
            if measured is None:
                _confirm(seq, at, rank)
            if rank.by is None:
                read_metric(seq, at, rank, frame)
            if rank.entity is None and rank.entity_table is None:
                read_entity(seq, at, rank, frame)
            _averaged(seq, rank)
            _unheard(seq, at, frame)
            frame.rank = rank
            continue
        cue = seq.cue(at, "nth") or seq.cue(at, "top") or seq.cue(at, "superl")
        if cue is None or (seq.cue(at, "agg") is not None and _plain_extreme(seq, at)) or seq.cue(at, "dir"):
            continue
        rank = Rank("asc" if cue.argument == "asc" else "desc", at=at)
        if seq.cue(at, "nth"):
            rank.n, rank.skip, rank.explicit_n = 1, max(int(cue.number or 2) - 1, 0), True
        elif cue.number and seq.cue(at, "top"):
            rank.n, rank.explicit_n = max(int(cue.number), 1), True
        else:
            rank.superlative = True
        _number_before(seq, at, rank)
        seq.use(at, "rank")
        read_metric(seq, at, rank, frame)
        if rank.entity is None and rank.entity_table is None:
            read_entity(seq, at, rank, frame)
        if rank.by is None:
            rank.by = _implied_metric(seq, at)
        _averaged(seq, rank)
        _judged(seq, at, rank)
        if rank.by is None:
            _unheard(seq, at, frame)
        frame.rank = rank


def _asks_more(seq: Sequence, at: int) -> bool:
    """Whether 更高 asks which of the things named it is, rather than comparing with 比."""
    asked = any(seq.cue(k, "ask") and seq.items[k].text[0] in "哪谁" for k in range(at))
    if any(seq.items[k].text == "比" for k in range(at)) or (seq.items[at].text[0] == "较" and not asked):
        return False
    for k in range(at + 1, len(seq)):
        if seq.items[k].text.startswith("更") and seq.cue(k, "superl"):
            seq.use(k, "noise")  # 是甲的利润更高, 还是乙的利润更多: asked once
    return True


_BAD_WHEN_HIGH = frozenset(
    stem(w)
    for w in "delay cost expense price error crime death loss damage debt complaint defect refund injury"
    " accident failure unemployment poverty pollution emission churn cancellation fatality theft wait".split()
) | {"延误", "成本", "损失", "犯罪", "死亡", "失业", "投诉", "污染", "事故"}


def _judged(seq: Sequence, at: int, rank: Rank) -> None:
    """Turn "worst delay" round: of some things the most is the worst."""
    if not any(w in seq.items[at].text for w in ("worst", "best", "最差", "最糟", "最严重")):
        return
    column = seq.best(rank.by.at) if rank.by is not None and rank.by.at >= 0 else None
    words = {stem(part) for w in split_header(column.name) for part in expand(w).split()} if column else set()
    if words & _BAD_WHEN_HIGH:
        rank.direction = "asc" if "best" in seq.items[at].text else "desc"


def rank_named(frame: Frame) -> None:
    """Let a ranking without a thing of its own order the values named: 是甲的利润更高, 还是乙的."""
    rank = frame.rank
    if rank is None or rank.entity is not None or rank.entity_table is not None:
        return
    named = next((f for f in frame.filters if f.kind == "value" and len(f.hits) > 1 and not f.neg), None)
    if named is not None:
        common = set.intersection(*({h.column for h in g} for g in named.hits))
        choices = [Choice(h.column, h.score) for h in named.hits[0] if h.column in common]
        rank.entity = Ref(choices, rank.at) if choices else None


def _measured(seq: Sequence, at: int, by: Ref | None) -> int | None:
    """The number beside an adjective that says what it speaks of: "longest orbital period", 喙最长."""
    if seq.items[at].text[0] > "\u3000" and seq.free(at - 1) and seq.quantity(at - 1):
        if seq.ref(at - 1, least=0.6, implied=False) is not None and not seq.table(at - 1, 0.9):
            return at - 1  # 喙最长, 票价最贵
    known = {c.ref for c in by.choices} if by is not None else set()
    column = seq.best(at + 1) if seq.free(at + 1) else None
    ref = seq.ref(at + 1, least=0.75, implied=False)
    if column is None or ref is None or known & {c.ref for c in ref.choices}:
        return None
    return at + 1 if seq.quantity(at + 1) and not is_time(column) and not seq.table(at + 1, 0.9) else None


def _nth(seq: Sequence, at: int, rank: Rank) -> None:
    """Take the ordinal in "second most populous"."""
    number = seq.data(at - 1, "num") if seq.free(at - 1) else None
    if number is not None and number.ordinal and 1 <= number.value <= 1000:
        rank.n, rank.skip, rank.explicit_n = 1, int(number.value) - 1, True
        seq.use(at - 1, "rank")


def _unheard(seq: Sequence, at: int, frame: Frame) -> None:
    """Doubt a ranking by a word that nobody knows: 溢价率最高 over a table without it."""
    before = seq.items[at - 1] if at > 0 else None
    if before is not None and not before.senses and before.text[-1:] > "\u3000" and before.text[-1].isalnum():
        frame.penalty *= 0.35


def _averaged(seq: Sequence, rank: Rank) -> None:
    """Take "on average" as said of what things are ranked by."""
    if rank.by is None or rank.by.kind != "col":
        return
    for k in range(len(seq)):
        cue = seq.cue(k, "agg") if seq.free(k) else None
        if cue is None or seq.ref(k) is not None or cue.argument not in ("avg", "median"):
            continue
        following = seq.content(k, 1, 2)
        if following is None or not seq.quantity(following) or not seq.free(following):
            rank.by = Want("agg", fn=str(cue.argument), ref=rank.by.ref, at=rank.by.at)
            seq.use(k, "rank")
            return


def _confirm(seq: Sequence, at: int, rank: Rank) -> None:
    """Let a column named beside an adjective decide what it speaks of: "latest date", 最冷的一天(temp_min最低)."""  # noqa: E501
    if rank.by is None or rank.by.ref is None:
        return
    choices = {c.ref for c in rank.by.ref.choices}
    for k in [at + 1, *range(at + 2, len(seq))]:
        if not seq.free(k) or seq.ref(k, implied=False) is None:
            continue
        ref = seq.ref(k, implied=False)
        same = [c for c in ref.choices if c.ref in choices] if ref is not None else []
        if same and (k == at + 1 or seq.cue(k + 1, "superl", "adj") if k + 1 < len(seq) else k == at + 1):
            rank.by = Want("col", ref=Ref(same, k, seq.items[k].text), at=k)
            seq.use(k, "rank")
            if k + 1 < len(seq) and seq.free(k + 1) and seq.cue(k + 1, "superl"):
                seq.use(k + 1, "rank")
            return


def _implied_metric(seq: Sequence, at: int) -> Want | None:
    """The number a verb stands for: "who spent the most"."""
    for k in (at - 1, at - 2, at + 1):
        if seq.free(k) and seq.has(k, "implied") and seq.quantity(k):
            seq.use(k, "rank")
            return Want("col", ref=seq.ref(k), at=k)
    return None


def _number_before(seq: Sequence, at: int, rank: Rank) -> None:
    """Take "the 3 ..." or 三个 standing next to a superlative."""
    if rank.explicit_n:
        return
    _number_of_things(seq, at, rank)
    if rank.explicit_n:
        return
    for k in (at - 1, at + 1, at + 2):
        if not seq.free(k) or not seq.has(k, "num"):
            continue
        if k == at + 2 and not seq.glue(at + 1):
            continue
        number = seq.data(k, "num")
        following = (
            k + 1 < len(seq)
            and seq.cue(k + 1, "unit_noise") is not None
            and seq.items[k + 1].text not in "个名位"
        )
        if (
            number.ordinal
            or number.percent
            or number.value != int(number.value)
            or number.value < 1
            or following
        ):
            continue
        rank.n, rank.explicit_n, rank.superlative = int(number.value), True, False
        seq.use(k, "rank")
        return


def _number_of_things(seq: Sequence, at: int, rank: Rank) -> None:
    """Take the number in "which 3 customers spent the most", "5 states with the highest premiums"."""
    for k in range(at):
        number = seq.data(k, "num") if seq.free(k) else None
        if (
            number is None
            or number.ordinal
            or number.percent
            or number.value != int(number.value)
            or not 1 <= number.value <= 1000
        ):
            continue
        led = (
            k == 0
            or seq.cue(k - 1, "ask", "list", "stop", "top") is not None
            or seq.items[k - 1].text in ("的", "前", ",")
        )
        following = seq.content(k, 1, seq.items[k].text > "\u3000")  # 三个城市
        if (
            led
            and following is not None
            and following < at
            and (seq.thing(following) or not seq.items[following].senses)
            and not seq.cue(k + 1, "unit_noise")
        ):
            rank.n, rank.explicit_n, rank.superlative = int(number.value), True, False
            seq.use(k, "rank")
            if (
                rank.entity is None
                and rank.entity_table is None
                and seq.free(following)
                and seq.thing(following)
            ):
                rank.entity, rank.entity_table = entity_at(seq, following)
                seq.use(following, "entity")
            return


def _plain_extreme(seq: Sequence, at: int) -> bool:
    """Whether "maximum price" is an aggregate rather than a superlative over things."""
    asked = any(seq.cue(k, "ask") and seq.items[k].text.startswith(("which", "哪", "who")) for k in range(at))
    with_before = at > 0 and seq.cue(at - 1, "has", "whose") is not None
    before = at > 1 and seq.cue(at - 1, "stop") is not None and seq.cue(at - 2, "has", "whose") is not None
    return not (asked or with_before or before)
