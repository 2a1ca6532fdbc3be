"""Charts, orders and cuts: the parts of a question about how the answer is shown."""

from __future__ import annotations

from datalect.data.model import Column
from datalect.planner.lexical.defaults import grouping_column, lone_quantity
from datalect.planner.lexical.frame import Choice, Frame, Group, Rank, Ref, Sorting, Want
from datalect.planner.lexical.sequence import Sequence, is_quantity, is_time
from datalect.planner.linking.stem import stem
from datalect.planner.linking.tokens import split_header
from datalect.planner.linking.vocabulary import expand


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
                _metric(seq, at, rank, frame)
            if rank.entity is None and rank.entity_table is None:
                _entity(seq, at, rank, frame)
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
        _metric(seq, at, rank, frame)
        if rank.entity is None and rank.entity_table is None:
            _entity(seq, at, rank, frame)
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


def _metric(seq: Sequence, at: int, rank: Rank, frame: Frame) -> None:
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
        choice = _metric_ending(seq, near)
        if choice is None and after is not None and seq.free(after):
            choice = _metric_at(seq, after)
            if (
                choice is not None
                and choice.kind == "count"
                and choice.ref is None
                and choice.table is not None
            ):
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
            choice = _metric_at(seq, after) if after is not None else None
        subject = before is not None and seq.cue(before - 1, "ask") is not None and _has(seq, before, at)
        close = before is not None and at - before <= 4 and not subject
        if choice is None and before is not None and close and _has_is(seq, before, at):
            choice = _metric_ending(seq, before)
        if choice is None:
            choice = _after_by(seq, at)
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


def _entity(seq: Sequence, at: int, rank: Rank, frame: Frame) -> None:
    """Find the things ranked: "which city", "top 5 cities", 最高的三个城市."""
    han = seq.items[at].text[0] > "\u3000"
    asked = _asked(seq, at)
    of_kind = _asked_kind(seq, at) if han else None
    if of_kind is None and asked is None and han and (k := _asked_time(seq, at)) is not None:
        frame.groups.append(Group(None, grain="year" if "年" in seq.items[k].text else "day", at=k))
        seq.use(k, "entity")
        return
    if of_kind is not None and (asked is None or seq.ref(asked) is None):
        rank.entity = of_kind
        seq.use([k for k in (of_kind.at, asked) if k is not None], "entity")
        return
    if asked is not None:
        rank.entity, rank.entity_table = entity_at(seq, asked)
        seq.use(asked, "entity")
        return
    after = seq.content(at, 1, 3)
    if after is not None and (seq.roles[after] == "rank" or not seq.free(after)):
        after = None
    order: list[int | None] = []
    if han or rank.explicit_n or seq.cue(at, "adj") is not None or seq.cue(at, "superl") is not None:
        order.append(after)
    for position in order:
        if position is None or not seq.free(position):
            continue
        grain = seq.cue(position, "grain")
        if grain is not None and (seq.ref(position, least=0.85) is None):
            continue
        table = seq.table(position)
        ref = seq.ref(position)
        if ref is None and table is None:
            continue
        if (
            seq.quantity(position)
            and table is None
            and not han
            and rank.by is not None
            and not _keyish(seq, position)
        ):
            continue
        if seq.quantity(position) and table is None and rank.by is None:
            # "highest price": the number itself
            continue
        if han and table is not None and ref is None and _names_column(seq, position + 1):
            seq.use(position, "modifier")  # 飞机型号: the models, not the planes
            position += 1
        rank.entity, rank.entity_table = entity_at(seq, position)
        seq.use(position, "entity")
        return


def _names_column(seq: Sequence, at: int) -> bool:
    """Whether an item is a header of words, not of numbers."""
    return seq.free(at) and seq.ref(at, least=0.75, implied=False) is not None and not seq.quantity(at)


def _asked_time(seq: Sequence, at: int) -> int | None:
    """Where 哪一年 or 哪天 stands before what is ranked."""
    wanted = ("哪一年", "哪年", "哪天", "哪一天")
    return next((k for k in range(at) if seq.free(k) and seq.items[k].text in wanted), None)


def _asked_kind(seq: Sequence, at: int) -> Ref | None:
    """The column that 哪种, 哪一年 and 哪天 ask for by themselves."""
    for k in range(len(seq)):
        text = seq.items[k].text
        if not seq.free(k) or not seq.cue(k, "ask"):
            continue
        if text in ("哪种", "哪类", "哪一种", "哪一类"):
            choices = seq.about(("species", "category", "type", "genre", "variety"), 0.85)
            return Ref(choices, k, text) if choices else None
        if k < at and text in ("哪一年", "哪年", "哪天", "哪一天"):
            ref = seq.ref(k)
            found = [c for c in ref.choices if (col := seq.column(c.ref)) and _dated(col)] if ref else []
            return Ref(found, k, text) if found else None
    return None


def _dated(column: Column) -> bool:
    """Whether things can be told apart by the dates of a column: a date, a year, or days by name."""
    return is_time(column) or not is_quantity(column)


def entity_at(seq: Sequence, at: int) -> tuple[Ref | None, str | None]:
    """The things an item names: a table's rows, or the values of a column, whichever fits better."""
    ref = seq.ref(at)
    table = seq.items[at].get("table")
    if (
        table is not None
        and table.score >= 0.66
        and (ref is None or table.score >= ref.choices[0].fit - 0.02)
        and not kind_of_table(seq, ref, str(table.data))
        and (ref is None or _nameable(seq, str(table.data)))
    ):
        return None, str(table.data)
    return ref, None


def _nameable(seq: Sequence, table: str) -> bool:
    """Whether the rows of a table can be called by a name."""
    found = seq.catalog.table(table)
    return found is not None and grouping_column(found) is not None


def kind_of_table(seq: Sequence, ref: Ref | None, table: str) -> bool:
    """Whether a header called like its own table holds kinds, not names, of the table's rows."""
    column = seq.column(ref.choices[0].ref) if ref is not None and ref.choices[0].kind == "col" else None
    return (
        column is not None
        and column.table == table
        and ref is not None
        and ref.choices[0].fit >= 0.95
        and column.profile.distinct <= 0.5 * max(1, column.profile.rows)
    )


def _asked(seq: Sequence, at: int) -> int | None:
    """The thing after "which" or 哪个, when it is a thing that can be ranked."""
    for k in range(len(seq)):
        if not seq.cue(k, "ask") or not seq.items[k].text.startswith(("which", "what", "哪")):
            continue
        following = (
            seq.content(k, 1, 0)
            if not seq.items[k].text.startswith("what")
            else (k + 1 if k + 1 < len(seq) else None)
        )
        if following is None or not seq.free(following) or following == at or not seq.thing(following):
            continue
        if seq.quantity(following) and seq.table(following) is None and not _keyish(seq, following):
            continue
        if seq.cue(following, "count", "agg", "superl"):
            continue
        return following
    return None


def _keyish(seq: Sequence, at: int) -> bool:
    column = seq.best(at)
    if column is not None and seq.cue(at, "grain") and column.profile.distinct <= 53:
        return True  # a month of the year is a number by which things are grouped
    return column is not None and column.meaning.type.value in ("year", "id", "date")
