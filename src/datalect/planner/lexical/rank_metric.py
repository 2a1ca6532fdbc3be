"""The figure a ranking goes by."""

from __future__ import annotations

from datalect.planner.lexical.defaults import lone_quantity
from datalect.planner.lexical.frame import Frame, Rank, Want
from datalect.planner.lexical.sequence import Sequence

_JUDGED = frozenset({"最好", "最差", "最强", "最弱", "最佳", "更好", "更差"})

_JUDGED_EN = ("best", "worst", "popular", "common", "frequent")


def is_value(seq: Sequence, at: int) -> bool:
    """Whether an item is rather a stored value than a header."""
    item = seq.items[at]
    value = item.get("value")
    others = max((s.score for s in item.senses if s.kind in ("col", "table", "metric")), default=0.0)
    return value is not None and value.score > 0.9 and others < 0.85


def _is_metric(seq: Sequence, at: int | None) -> bool:
    return (
        at is not None
        and seq.free(at)
        and (seq.quantity(at) or seq.cue(at, "count", "agg") is not None or seq.table(at) is not None)
    )


def read_metric(seq: Sequence, at: int, rank: Rank, frame: Frame) -> None:
    """Find what a superlative is about: "most orders", "highest average price", 销售额最高."""
    after, before = seq.content(at, 1, 2), seq.content(at, -1, 3)
    if after is not None and is_value(seq, after):
        after = seq.content(after, 1, 1)
    han = seq.items[at].text[0] > "\u3000"
    if rank.explicit_n and not han and not any(w in seq.items[at].text for w in ("est", "most", "least")):
        # "top 5 cities by sales": the thing follows, what it is ranked by comes after "by" or "with the
        # highest"
        by = _after_by(seq, at, rank)
        if by is not None:
            rank.by = by
        return
    choice: Want | None = None
    if han:
        near = before if before is not None and _adjacent_han(seq, before, at) else None
        judged = seq.items[at].text.removesuffix("的") in _JUDGED
        choice = _metric_ending(seq, near)
        if choice is not None and judged and choice.kind == "count" and choice.table is not None:
            seq.use(choice.at, "")  # 哪个客户最好: nothing says that the best is the most
            choice = None
        elif choice is None and after is not None and seq.free(after):
            choice = _metric_at(seq, after)
            if (
                choice is not None
                and choice.kind == "count"
                and choice.ref is None
                and choice.table is not None
            ):
                seq.use(after, "")
                choice = None
        if choice is None:
            choice = _after_by(seq, at)
    else:
        counts = any(w in seq.items[at].text for w in ("most", "few", "least", "more", "many", "number"))
        if after is not None and seq.free(after) and seq.table(after, 0.95) is not None:
            ref = seq.ref(after)
            if counts and ref is not None and ref.choices[0].fit < 0.93:
                choice = Want("count", table=seq.table(after), at=after)
                seq.use(after, "rank")
            elif counts or (ref is not None and seq.quantity(after)):
                choice = _metric_at(seq, after)
        else:
            ref = seq.ref(after) if after is not None and seq.quantity(after) else None
            if ref is not None and ref.choices[0].fit < 0.85 and not seq.has(after or 0, "implied"):
                choice = _after_by(seq, at)  # "biggest customers in terms of sales"
            if choice is None:
                choice = _metric_at(seq, after) if after is not None else None
        subject = before is not None and seq.cue(before - 1, "ask") is not None and _has(seq, before, at)
        close = before is not None and at - before <= 4 and not subject
        if choice is None and before is not None and close and _has_is(seq, before, at):
            choice = _metric_ending(seq, before)
        if choice is None:
            choice = _after_by(seq, at)
        told = choice is not None and choice.kind == "count" and choice.table is not None
        if choice is not None and told and any(w in seq.items[at].text for w in _JUDGED_EN):
            seq.use(choice.at, "")  # "the most popular product": the product is what is ranked
            choice = None
    if choice is None and any(
        w in seq.items[at].text
        for w in ("most common", "frequent", "popular", "often", "常见", "受欢迎", "热门", "最火")
    ):
        beside = at - 1 if seq.free(at - 1) and seq.quantity(at - 1) and not seq.cue(at - 1, "ask") else None
        choice = _metric_at(seq, beside) or Want("count", at=at)  # "has appeared most often": appearances
    if (
        choice is None
        and not han
        and seq.items[at].text in ("most", "the most", "fewest", "least", "the least")
    ):
        choice = _things_unknown(seq, after, frame)
    rank.by = choice


def _has(seq: Sequence, before: int, at: int) -> bool:
    return any(seq.cue(k, "has") for k in range(before + 1, at))


def _things_unknown(seq: Sequence, at: int | None, frame: Frame) -> Want | None:
    """The rows of the only table, by a name it does not know: "the most discoveries"."""
    if at is None or not seq.free(at) or len(seq.catalog.tables) != 1:
        return None
    people = seq.items[at].text in ("people", "persons") and not seq.thing(at)
    if people and not any(seq.free(k) and seq.quantity(k) for k in range(max(0, at - 4), at)):
        seq.use(at, "rank")
        return Want("count", at=at)
    if seq.items[at].senses or not seq.items[at].text.endswith("s") or lone_quantity(seq.catalog) is not None:
        return None
    frame.unknown.append(at)
    seq.use(at, "noun")
    return Want("count", at=at)


def _adjacent_han(seq: Sequence, before: int, at: int) -> bool:
    return all(seq.glue(k) for k in range(before + 1, at))


def _has_is(seq: Sequence, before: int, at: int) -> bool:
    return any(seq.cue(k, "is", "has") for k in range(before + 1, at))


def _metric_at(seq: Sequence, at: int | None) -> Want | None:
    """A measure that starts at an item: [agg] column, "number of" things, or a table to count."""
    if at is None or not seq.free(at):
        return None
    agg = seq.cue(at, "agg")
    if agg is not None:
        following = seq.content(at, 1, 2)
        if following is not None and seq.free(following) and seq.quantity(following):
            seq.use([at, following], "rank")
            return Want("agg", fn=str(agg.argument), ref=seq.ref(following), at=following)
        if following is not None and seq.free(following) and seq.cue(following, "count"):
            seq.use(at, "rank")
            at = following
        elif following is not None and seq.free(following) and seq.table(following):
            seq.use([at, following], "rank")
            return Want("count", table=seq.table(following), at=following)
    if seq.cue(at, "count") and not seq.quantity(at):
        following = seq.content(at, 1, 2)
        seq.use(at, "rank")
        if following is not None and seq.free(following) and seq.cue(following, "by") is None:
            if seq.quantity(following) and seq.table(following, 0.9) is None:
                seq.use(following, "rank")
                return Want("col", ref=seq.ref(following), at=following)
            table, ref = seq.table(following), seq.ref(following)
            if table is not None:
                seq.use(following, "rank")
                return Want("count", table=table, ref=None, at=following)
            if ref is not None:
                seq.use(following, "rank")
                return Want("count", ref=ref, distinct=True, at=following)
            if not seq.items[following].senses:
                seq.use(following, "noise")
        return Want("count", at=at)
    if seq.quantity(at):
        seq.use(at, "rank")
        return Want("col", ref=seq.ref(at), at=at)
    table = seq.table(at, 0.8)
    if table is not None:
        seq.use(at, "rank")
        return Want("count", table=table, at=at)
    return None


def _metric_ending(seq: Sequence, at: int | None) -> Want | None:
    """A measure that ends at an item, the way it stands before a Chinese superlative."""
    if at is None or not seq.free(at):
        return None
    if seq.cue(at, "count") and not seq.quantity(at):
        previous = seq.content(at, -1, 1)
        seq.use(at, "rank")
        if previous is not None and seq.free(previous):
            table, ref = seq.table(previous), seq.ref(previous)
            if table is not None or (ref is not None and seq.cue(previous, "by") is None):
                seq.use(previous, "rank")
                if seq.quantity(previous) and table is None:
                    return Want("col", ref=ref, at=previous)
                return Want(
                    "count", table=table, ref=None if table else ref, distinct=table is None, at=previous
                )
        return Want("count", at=at)
    agg = seq.cue(at, "agg")
    if agg is not None and seq.ref(at) is None:
        previous = seq.content(at, -1, 1)
        if previous is not None and seq.free(previous) and seq.quantity(previous):
            seq.use([at, previous], "rank")
            return Want("agg", fn=str(agg.argument), ref=seq.ref(previous), at=previous)
        return None
    if seq.quantity(at):
        before = seq.content(at, -1, 0)
        fn = seq.cue(before, "agg") if before is not None and seq.free(before) else None
        if fn is not None and before is not None:
            seq.use(before, "rank")
            seq.use(at, "rank")
            return Want("agg", fn=str(fn.argument), ref=seq.ref(at), at=at)
        seq.use(at, "rank")
        return Want("col", ref=seq.ref(at), at=at)
    if seq.table(at, 0.7) is not None and seq.ref(at, least=0.95) is None:
        seq.use(at, "rank")
        return Want("count", table=seq.table(at), at=at)
    return None


def _after_by(seq: Sequence, at: int, rank: Rank | None = None) -> Want | None:
    """What things are ranked by when it stands apart: "top 5 majors with the lowest rate" also turns the order."""  # noqa: E501
    for k in range(at + 1, len(seq)):
        if seq.free(k) and seq.cue(k, "by") is not None and str(seq.cue(k, "by").argument) == "by":  # type: ignore[union-attr]
            following = seq.content(k, 1, 2)
            if _is_metric(seq, following) and seq.table(following, 0.95) is None:
                want = _metric_at(seq, following)
                if want is not None:
                    seq.use(k, "rank")
                    return want
        if seq.free(k) and seq.cue(k, "superl") is not None:
            following = seq.content(k, 1, 2)
            if _is_metric(seq, following):
                want = _metric_at(seq, following)
                if want is not None:
                    seq.use(k, "rank")
                    if rank is not None:
                        lowest = seq.cue(k, "superl").argument == "asc"  # type: ignore[union-attr]
                        rank.direction = "asc" if lowest else "desc"
                    return want
    for k in range(at - 1, -1, -1):
        # 按销售额排名前五的城市
        cue = seq.cue(k, "by", "sortby")
        if seq.free(k) and cue is not None and cue.argument != "each":
            following = seq.content(k, 1, 1)
            if following is not None and following < at and _is_metric(seq, following):
                want = _metric_at(seq, following)
                if want is not None:
                    seq.use(k, "rank")
                    return want
    return None
