"""What to show and how to group it: breakdowns, aggregates, counts, derived figures, plain columns."""

from __future__ import annotations

from datalect.data.model import SemanticType
from datalect.planner.lexical.defaults import label_column, natural_aggregate, row_level
from datalect.planner.lexical.frame import Choice, Filter, Frame, Group, Having, Ref, Want
from datalect.planner.lexical.parse_shape import kind_of_table
from datalect.planner.lexical.sequence import UNREAD, Sequence, is_quantity, is_time

_EACH = ("per", "by", "each", "every", "ly", "每", "各", "按", "逐", "分", "历年", "annual")


_APART = ("各自", "分别")
_KINDS = ("每种", "每类", "各种", "各类")


def read_groups(seq: Sequence, frame: Frame) -> None:
    """Read "by region", "for each department", "monthly", 各城市, 按月."""
    for at in range(len(seq)):
        if not seq.free(at) or len(frame.groups) >= 3:
            continue
        cue = seq.cue(at, "by")
        if cue is not None and not (seq.ref(at) is not None and seq.ref(at).choices[0].fit > 0.95):  # type: ignore[union-attr]
            _after_by(seq, frame, at, str(cue.argument))
            continue
        grain = seq.cue(at, "grain")
        if grain is None:
            continue
        text = seq.items[at].text
        exact = seq.ref(at, least=0.93)
        if (
            any(w in text for w in _EACH)
            or _ranked_grain(seq, frame, at)
            or str(grain.argument).endswith(("_of_week", "_of_day", "_of_year"))
            or (seq.cue(at - 1, "ask") and seq.items[at - 1].text.startswith(("which", "what", "哪")))
        ):
            if exact is not None and text in (
                "year",
                "month",
                "day",
                "week",
                "quarter",
                "年份",
                "月份",
                "星期",
            ):
                continue
            frame.groups.append(Group(None, grain=str(grain.argument), at=at))
            seq.use(at, "group")


def _ranked_grain(seq: Sequence, frame: Frame, at: int) -> bool:
    """Whether a unit of time is what is ranked: 利润最高的月份."""
    rank = frame.rank
    if rank is None or rank.entity is not None or rank.entity_table is not None or frame.groups:
        return False
    return seq.items[at].text[0] > "\u3000" and seq.content(at, -1, 1) == rank.at


def _after_by(seq: Sequence, frame: Frame, at: int, kind: str) -> None:
    following = seq.content(at, 1, 3)
    if following is not None and seq.items[following].text in ("块", "次", "人") and kind == "each":
        following = seq.content(following, 1, 1) or following  # 每块地
    if following is None or not seq.free(following):
        if kind == "each":
            seq.use(at, "noise")
        return
    if seq.items[at].text == "per" and seq.cue(following, "unit_noise") and not seq.thing(following):
        frame.unknown.append(following)  # "fare per mile" is another figure than the fare
        frame.penalty *= 0.5
        seq.use([at, following], "unknown")
        return
    if seq.items[at].text in _APART and seq.quantity(following) and not _few(seq, following):
        seq.use(at, "noise")  # 各自的均价: the figure of each thing named, no breakdown by the figure
        return
    if seq.items[at].text in _KINDS and seq.table(following) and seq.ref(following, least=0.9) is None:
        choices = seq.about(("species", "category", "type", "genre", "variety"), 0.85)
        if choices:  # 每种企鹅: by the column that tells the kinds of what a row is apart
            frame.groups.append(Group(Ref(choices, at, seq.items[at].text), at=at))
            seq.use([at, following], "group")
            return
    whole = seq.table(following) is not None and seq.ref(following, least=0.8) is None
    averaged = any((c := seq.cue(k, "agg")) and c.argument == "avg" for k in range(len(seq)))
    if kind == "each" and whole and averaged and seq.cue(following, "rows") and len(seq.catalog.tables) == 1:
        seq.use([at, following], "noise")  # 每只企鹅平均多重: over all of them
        return
    if kind == "each" and seq.cue(following, "rows") and not seq.thing(following):
        if len(seq.catalog.tables) == 1:
            seq.use(at, "noise")  # 每趟行程: the rows themselves
            return
    unknown_han = not seq.items[following].senses and seq.items[following].text[0] > "\u3000"
    if unknown_han and _names(seq, following + 1):
        frame.unknown.append(following)  # 各能源来源: the head of the compound is the header
        seq.use(following, "noun")
        following += 1
    taken = False
    position: int | None = following
    while position is not None and seq.free(position) and len(frame.groups) < 3:
        if (
            taken
            and (
                seq.cue(position, "agg", "count", "by")
                or (seq.quantity(position) and not _few(seq, position))
            )
            and not _year(seq, position)
        ):
            break
        group = _group_at(seq, position, kind)
        if group is None:
            break
        frame.groups.append(group)
        seq.use(position, "group")
        taken = True
        after = position + 1
        while after < len(seq) and seq.free(after) and (
            seq.cue(after, "and", "comma", "by") or seq.items[after].text in ("the", "of", "each")
        ) and not seq.cue(after, "count"):  # fmt: skip
            after += 1
        if (
            after == position + 1
            or after >= len(seq)
            or not seq.free(after)
            or (not seq.thing(after) and not seq.cue(after, "grain"))
        ):
            break
        if seq.cue(at, "by") and kind == "each" and not _and_only(seq, position, after):
            break
        position = after
    if taken:
        seq.use(at, "group")
    elif (
        kind == "each"
        and not seq.items[following].senses
        and seq.items[at].text not in ("不同", "分别", "各自")
    ):
        frame.unknown.append(at)
        frame.penalty *= 0.6
        seq.use(at, "unknown")


def _names(seq: Sequence, at: int) -> bool:
    """Whether an item is a header of words, not of numbers."""
    return seq.free(at) and seq.ref(at, least=0.75, implied=False) is not None and not seq.quantity(at)


def _and_only(seq: Sequence, first: int, last: int) -> bool:
    return all(
        seq.cue(k, "and", "by") or seq.items[k].text in ("the", "each") for k in range(first + 1, last)
    )


def _few(seq: Sequence, at: int) -> bool:
    """Whether a number takes so few values that it works as a category."""
    column = seq.best(at)
    return column is not None and column.profile.distinct <= 15


def _year(seq: Sequence, at: int) -> bool:
    column = seq.best(at)
    return column is not None and is_time(column)


def _group_at(seq: Sequence, at: int, kind: str) -> Group | None:
    grain = seq.cue(at, "grain")
    ref = seq.ref(at)
    if grain is not None and (ref is None or ref.choices[0].fit < 0.9):
        return Group(None, grain=str(grain.argument), at=at)
    entity = seq.items[at].get("table")
    if (
        entity is not None
        and entity.score >= 0.75
        and (ref is None or entity.score >= ref.choices[0].fit - 0.02)
        and not kind_of_table(seq, ref, str(entity.data))
    ):
        return Group(None, table=str(entity.data), at=at)
    if ref is not None:
        table = seq.table(at, 0.9)
        if table is not None and (
            ref.choices[0].fit < 0.8 or (table is not None and ref.choices[0].fit < 0.9)
        ):
            return Group(ref, table=table, at=at)
        return Group(ref, at=at)
    table = seq.table(at)
    if table is not None:
        return Group(None, table=table, at=at)
    if seq.has(at, "value") and kind == "by":
        return None
    return None


def merge_time_groups(seq: Sequence, frame: Frame) -> None:
    """A grain and a date named apart are one breakdown: 每年 ... (按Yr Sold), "which hour do most pickups happen"."""  # noqa: E501
    bare = next((g for g in frame.groups if g.ref is None and g.grain), None)
    if bare is None:
        return
    for group in frame.groups:
        column = seq.column(group.ref.choices[0].ref) if group.ref is not None and group.ref.choices else None
        if column is not None and is_time(column) and group.grain is None:
            bare.ref = group.ref
            frame.groups.remove(group)
            return
    entity = frame.rank.entity if frame.rank is not None else None
    column = seq.column(entity.choices[0].ref) if entity is not None and entity.choices else None
    if frame.rank is not None and column is not None and is_time(column):
        bare.ref, frame.rank.entity = entity, None


# ---------------------------------------------------------------- measures


def read_wants(seq: Sequence, frame: Frame) -> None:
    """Read derived figures, aggregates and counts, then what is left over."""
    _read_ratio(seq, frame)
    _read_steps(seq, frame)
    _read_intervals(seq, frame)
    _read_two_level(seq, frame)
    _read_aggregates(seq, frame)
    _read_counts(seq, frame)
    _read_late_aggregates(seq, frame)
    _read_flags(seq, frame)
    _read_rest(seq, frame)


def _read_steps(seq: Sequence, frame: Frame) -> None:
    for at in range(len(seq)):
        if not seq.free(at):
            continue
        if seq.ref(at, least=0.95, implied=False) is not None:
            continue
        for name in (
            "share",
            "growth",
            "trend",
            "cumulative",
            "moving",
            "corr",
            "dist",
            "diff",
            "rank",
            "change",
            "versus",
        ):
            cue = seq.cue(at, name)
            if cue is None:
                continue
            if name == "growth":
                known = next((s for s in frame.steps if s[0] == "growth"), None)
                if known is None or known[1] == "plain":
                    frame.steps = [s for s in frame.steps if s[0] != "growth"]
                    frame.steps.append(("growth", str(cue.argument)))
            elif name == "moving":
                frame.steps.append(("moving", int(cue.number or 3)))
            elif name in ("diff", "versus"):
                frame.compare = True
            elif name == "share" and any(n in ("growth", "change") for n, _ in frame.steps):
                frame.steps.append(("growth", "plain"))  # 增长了百分之几
            else:
                frame.steps.append((name, None))
            seq.use(at, "step")
            break


def _read_intervals(seq: Sequence, frame: Frame) -> None:
    """Read "days from order to delivery", 从下单到发货的天数: a date difference."""
    for at in range(len(seq)):
        if not seq.free(at):
            continue
        text = seq.items[at].text
        unit = next(
            (u for words, u in _INTERVAL if any(text.startswith(w) or text.endswith(w) for w in words)), None
        )
        if unit is None:
            continue
        dates = [k for k in range(len(seq)) if seq.free(k) and k != at and _date(seq, k) is not None]
        if len(dates) < 2 or not any(
            seq.items[k].text in ("between", "from", "从", "到", "to", "and", "和", "until", "till")
            for k in range(len(seq))
        ):
            continue
        first, second = dates[0], dates[1]
        a, b = _date(seq, first), _date(seq, second)
        if a is None or b is None or a == b:
            continue
        expr = ["date_diff", unit, a, b]
        ref = Ref([Choice("", 0.9, "expr", expr)], at, text)
        fn = ""
        for k in range(at):
            cue = seq.cue(k, "agg") if seq.free(k) else None
            if cue is not None:
                fn = str(cue.argument)
                seq.use(k, "want")
        frame.wants.append(Want("agg", fn=fn or "avg", ref=ref, at=at))
        seq.use([at, first, second], "want")
        for k in range(min(at, first), second):
            if seq.free(k) and (seq.cue(k, "between", "and", "range_to", "of", "count")):
                seq.use(k, "noise")
        return


_INTERVAL = (
    (("days", "天数", "几天", "多少天"), "day"),
    (("hours", "小时数"), "hour"),
    (("months", "月数"), "month"),
)


def _date(seq: Sequence, at: int) -> str | None:
    ref = seq.ref(at)
    for choice in ref.choices if ref else ():
        column = seq.column(choice.ref) if choice.kind == "col" else None
        if column is not None and column.dtype.upper().startswith(("DATE", "TIMESTAMP")):
            return choice.ref
    return None


def _read_two_level(seq: Sequence, frame: Frame) -> None:
    """Read "average number of orders per customer", 每个客户平均下多少单."""
    for at in range(len(seq)):
        agg = seq.cue(at, "agg") if seq.free(at) else None
        if agg is None or agg.argument not in ("avg", "median", "max", "min"):
            continue
        inner = seq.content(at, 1, 2)
        group_after = inner is not None and seq.roles[inner] == "group"
        if group_after:
            inner = next((k for k in range(at, len(seq)) if seq.free(k) and seq.cue(k, "count")), None)
        if inner is None or not seq.free(inner):
            continue
        counted: int | None = None
        if seq.cue(inner, "count"):
            counted = seq.content(inner, 1, 2)
            if counted is None or not seq.free(counted):
                counted = None
        elif seq.table(inner, 0.8) is not None and not seq.quantity(inner):
            after = seq.content(inner, 1, 1)
            if after is not None and (seq.quantity(after) or seq.items[after].senses == []):
                continue
            counted, inner = inner, at
        else:
            continue
        group = next((g for g in frame.groups if g.at > at), None) or (
            frame.groups[-1] if frame.groups else None
        )
        if group is None or (counted is None and inner == at):
            continue
        if counted is not None and seq.quantity(counted) and seq.table(counted, 0.9) is None:
            continue
        table = seq.table(counted) if counted is not None else None
        ref = seq.ref(counted) if counted is not None and table is None else None
        want = Want("nested", fn=str(agg.argument), at=at, table=table, per=group.ref, per_grain=group.grain,
                    inner=Want("count", table=table, ref=ref, distinct=True, at=at))  # fmt: skip
        if group.table is not None and want.per is None:
            want.per = Ref([], group.at, group.table)
        frame.groups.remove(group)
        frame.wants.append(want)
        seq.use([at, inner], "want")
        if counted is not None:
            seq.use(counted, "want")


def _read_counts(seq: Sequence, frame: Frame) -> None:
    for at in range(len(seq)):
        if not seq.free(at) or not seq.cue(at, "count"):
            continue
        if seq.ref(at, least=0.95, implied=False) is not None and not seq.items[at].text.startswith(
            ("number of", "how", "the number")
        ):
            continue
        text = seq.items[at].text
        figure = _figure_counted(seq, text, at)
        if figure is not None:
            whole = [k for k in range(at) if seq.free(k) and (c := seq.cue(k, "agg")) and c.argument == "sum"]
            kind, fn = ("agg", "sum") if whole else ("col", "")
            frame.wants.append(Want(kind, fn=fn, ref=figure, at=at))
            seq.use([*whole, at], "want")
            continue
        if text[0] > "\u3000" and seq.quantity(at) and not _after_thing(seq, at):
            continue  # 数量 as the name of a column
        distinct = any(w in text for w in ("different", "distinct", "unique", "种"))
        target = _counted(seq, at, postfix=text[0] > "\u3000")
        if target is not None and seq.cue(target, "distinct"):
            distinct = True
            seq.use(target, "want")
            target = seq.content(target, 1, 2)
        while target is not None and seq.cue(target, "distinct", "agg") and seq.ref(target) is None:
            distinct = True
            seq.use(target, "want")
            target = seq.content(target, 1, 2)
        seq.use(at, "want")
        if target is not None and _qualifies(seq, target):
            frame.unknown.append(target)  # "rainy days" are days, of a kind the table may not tell
            seq.use(target, "unknown")
            target += 1
        verb = _verb_quantity(seq, at, target)
        if verb is not None and target is not None:
            # "how many people died": the verb names the number
            frame.wants.append(Want("agg", fn="sum", ref=seq.ref(verb), at=verb))
            seq.use(verb, "want")
            if target != verb and seq.free(target):
                seq.use(target, "noise")
            continue
        if target is None or not seq.free(target) or not (seq.thing(target) or not seq.items[target].senses):
            if target is not None and seq.roles[target] == "filter":
                frame.wants.append(Want("count", at=at))
                continue
            frame.wants.append(Want("count", at=at))
            continue
        verb = next(
            (
                k
                for k in range(at + 1, min(len(seq), target + 4))
                if seq.free(k) and seq.has(k, "implied") and seq.quantity(k) and not seq.has(k, "value")
            ),
            None,
        )
        if verb is not None and (not seq.items[target].senses or target == verb):
            # "how many people died": the verb names the number
            frame.wants.append(Want("agg", fn="sum", ref=seq.ref(verb), at=verb))
            seq.use(verb, "want")
            if target != verb:
                seq.use(target, "noise")
            continue
        if not seq.items[target].senses:
            frame.wants.append(Want("count", at=at))
            frame.unknown.append(target)
            seq.use(target, "noun")
            continue
        seq.use(target, "want")
        table, ref = seq.table(target), seq.ref(target)
        if (
            table is not None
            and ref is not None
            and ref.choices[0].fit >= 0.93
            and not _keylike(seq, ref, table)
        ):
            weaker = seq.items[target].get("table").score < ref.choices[0].fit - 0.05  # type: ignore[union-attr]
            table = None if weaker or seq.quantity(target) else table
        if table is not None:
            frame.wants.append(Want("count", table=table, at=target, distinct=distinct))
            frame.tables.append((table, target))
        elif ref is not None and _flag(seq, ref):
            frame.wants.append(Want("count", at=at))
            frame.filters.append(Filter("bool", ref, at=target))
        else:
            frame.wants.append(Want("count", ref=ref, distinct=True, at=target))
        # "how many different cities and countries"
        also = target + 1
        if (
            distinct
            and also < len(seq)
            and seq.cue(also, "and")
            and seq.free(also + 1)
            and seq.thing(also + 1)
        ):
            seq.use([also, also + 1], "want")
            frame.wants.append(
                Want("count", ref=seq.ref(also + 1), table=seq.table(also + 1), distinct=True, at=also + 1)
            )
    _bound_on_groups(seq, frame)
    _count_thresholds(seq, frame)


def _figure_counted(seq: Sequence, text: str, at: int) -> Ref | None:
    """The column that holds the count asked for: 多少套 where a header says 套数."""
    if not text.endswith(tuple("套件场户次笔宗届")) or "多少" not in text:
        return None
    found = seq.index.terms.get(f"{text[-1]}数", {})
    choices = []
    for (kind, name), score in found.items():
        column = seq.column(name) if kind == "col" else None
        if column is not None and is_quantity(column) and f"{text[-1]}数" in column.name:
            choices.append(Choice(name, score))
    return Ref(sorted(choices, key=lambda c: -c.fit), at, text) if choices else None


def _qualifies(seq: Sequence, at: int) -> bool:
    """Whether a loosely known number word only describes the dates counted right behind it."""
    ref = seq.ref(at, implied=False)
    loosely = ref is not None and ref.choices[0].fit < 0.85 and seq.quantity(at) and not seq.has(at, "value")
    return loosely and seq.free(at + 1) and seq.cue(at + 1, "grain") is not None


def _verb_quantity(seq: Sequence, at: int, target: int | None) -> int | None:
    """A verb after "how many people" that names a number of its own: died, attended."""
    if (
        target is None
        or not seq.free(target)
        or seq.table(target) is not None
        or (seq.ref(target, implied=False) is not None)
    ):
        return None
    nobody = not seq.items[target].senses or seq.cue(target, "unit_noise") or seq.has(target, "implied")
    for k in range(target, min(len(seq), target + 3)):
        if nobody and seq.free(k) and seq.has(k, "implied") and seq.quantity(k) and not seq.has(k, "value"):
            return k
    return None


def _after_thing(seq: Sequence, at: int) -> bool:
    before = seq.content(at, -1, 1)
    return (
        before is not None
        and (seq.thing(before) or seq.roles[before] == "filter")
        and seq.cue(before + 1, "and") is None
    )


def _keylike(seq: Sequence, ref: Ref, table: str) -> bool:
    column = seq.column(ref.choices[0].ref)
    return column is not None and column.table == table and column.meaning.type is SemanticType.ID


def _flag(seq: Sequence, ref: Ref) -> bool:
    column = seq.column(ref.choices[0].ref) if ref.choices and ref.choices[0].kind == "col" else None
    return column is not None and column.meaning.type is SemanticType.BOOLEAN


def _counted(seq: Sequence, at: int, *, postfix: bool) -> int | None:
    after = seq.content(at, 1, 3)
    if postfix:
        text = seq.items[at].text
        closing = text.endswith(("量", "数目", "数")) or text.startswith(
            ("的", "有几", "总数", "一共", "总共", "共有")
        )
        before = seq.content(at, -1, 2)
        if (
            closing
            and before is not None
            and seq.free(before)
            and seq.thing(before)
            and seq.cue(before - 1, "by") is None
        ):
            return before
        if after is not None and seq.free(after) and seq.thing(after) and seq.cue(at + 1, "comma") is None:
            return after
        if before is not None and seq.free(before) and seq.thing(before) and not seq.quantity(before):
            return before
        if after is not None and seq.free(after) and seq.cue(after, "distinct"):
            return after
        return after if after is not None and seq.free(after) and not seq.items[after].senses else None
    return after


def _bound_on_groups(seq: Sequence, frame: Frame) -> None:
    """Read a bound no single row reaches as one on totals: 销售额超过5万的州有几个."""
    want = frame.wants[0] if len(frame.wants) == 1 else None
    if want is None or want.kind != "count" or want.ref is None or frame.groups or frame.havings:
        return
    for filter_ in frame.filters:
        column = seq.column(filter_.ref.choices[0].ref) if filter_.kind == "number" and filter_.ref else None
        if column is None or filter_.op not in (">", ">=") or natural_aggregate(column)[0] != "sum":
            continue
        highest = column.profile.maximum
        if isinstance(highest, int | float) and float(filter_.values[0]) > highest:
            total = Want("agg", fn="sum", ref=filter_.ref, at=filter_.at)
            frame.havings.append(Having(total, filter_.op, float(filter_.values[0]), filter_.at))
            frame.filters.remove(filter_)
            return


def _count_thresholds(seq: Sequence, frame: Frame) -> None:
    """Turn "how many customers have at least three orders" into a count of things that have so many."""
    if len(frame.havings) != 1 or frame.groups:
        return
    having = frame.havings[0]
    want = next((w for w in frame.wants if w.kind == "count"), None)
    if want is None or having.want.kind not in ("count", "agg") or len(frame.wants) != 1:
        return
    if want.ref is None and want.table is None and len(seq.catalog.tables) == 1:
        # "how many players were suspended at least three times": each name stands for a player
        label = label_column(seq.catalog.tables[0])
        if label is not None and not row_level(label):
            want.ref = Ref([Choice(label.id, 0.8)], want.at)
    if want.ref is None and want.table is None:
        return
    frame.wants = [Want("nested", fn="count", at=want.at, table=want.table, per=want.ref or Ref([], want.at, want.table or ""),  # noqa: E501
                        inner=having.want)]  # fmt: skip


def _read_aggregates(seq: Sequence, frame: Frame) -> None:
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
            if following is not None and not seq.items[following].senses:
                frame.unknown.append(at)
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


def _read_late_aggregates(seq: Sequence, frame: Frame) -> None:
    """What is left of aggregate words once counts are read is emphasis: "in total", 一共."""
    for at in range(len(seq)):
        cue = seq.cue(at, "agg") if seq.free(at) else None
        if cue is not None and cue.argument == "sum" and seq.ref(at, least=0.9) is None:
            seq.use(at, "noise")


def _read_ratio(seq: Sequence, frame: Frame) -> None:
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
        if seq.free(k) and seq.quantity(k):
            return k
    return None


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


def _attributive(seq: Sequence, at: int) -> bool:
    """Whether a yes/no word qualifies what follows: 不抽烟的顾客, 国有且低风险的企业."""
    if at > 0 and seq.items[at - 1].text == "不":
        return True
    after = at + 1
    while after + 1 < len(seq) and (seq.cue(after, "and") or seq.roles[after] == "filter"):
        after += 1
    return after + 1 < len(seq) and seq.items[after].text == "的" and not seq.cue(after + 1, "share", "count")


def _read_flags(seq: Sequence, frame: Frame) -> None:
    """Read yes/no columns used as conditions: "passengers who survived", "non-smokers"."""
    for at in range(len(seq)):
        if not seq.free(at):
            continue
        ref = seq.ref(at)
        if ref is None or not _flag(seq, ref):
            continue
        following = seq.content(at, 1, 0)
        rate = seq.items[at + 1].text in ("rate", "率", "ratio", "percentage") if at + 1 < len(seq) else False
        if rate:
            frame.steps.append(("share", None))
            seq.use(at + 1, "step")
        elif (seq.cue(at - 1, "by", "ask") and not (frame.wants or frame.steps)) or (
            seq.cue(at, "ask") and following is None
        ):
            continue
        elif not (
            frame.wants or frame.steps or frame.listing or frame.tables or frame.groups or frame.rank
        ) and not (_with(seq, at) or _attributive(seq, at)):
            continue
        neg = False
        for k in range(max(0, at - 2), at):
            if seq.free(k) and (seq.cue(k, "neg") or seq.items[k].text == "不"):
                neg = True
                seq.use(k, "filter")
        frame.filters.append(Filter("bool", ref, neg=neg, at=at))
        seq.use(at, "filter")


def _with(seq: Sequence, at: int) -> bool:
    """Whether "with", "containing" or another condition leads to a yes/no column."""
    for k in range(at - 1, max(-1, at - 5), -1):
        if seq.roles[k] == "filter":
            return True
        if seq.cue(k, "has", "text"):
            if seq.free(k) and seq.cue(k, "text"):
                seq.use(k, "filter")
            return True
        if not seq.glue(k) and not seq.cue(k, "neg"):
            return False
    return False


def _read_rest(seq: Sequence, frame: Frame) -> None:
    for at in range(len(seq)):
        if not seq.free(at):
            continue
        item = seq.items[at]
        if not item.senses:
            if any(c.isalnum() for c in item.text):
                frame.unknown.append(at)
                frame.penalty *= _loss(seq, at)
                seq.use(at, "unknown")
            continue
        if seq.cue(at, "rows") and not seq.has(at, "value") and (not seq.thing(at) or _date_of_rows(seq, at)):
            alone = len(seq.catalog.tables) == 1
            if alone and not any(seq.cue(k, "count") for k in (at - 1, at + 1, at + 2)):
                frame.penalty *= 0.93
            else:
                frame.unknown.append(at)  # what the rows are, by a name the table does not know
            seq.use(at, "noun" if alone else "unknown")
            continue
        table, ref = seq.table(at), seq.ref(at, implied=False)
        noise = seq.glue(at) or (bool(seq.cue_names(at)) and item.senses[0].kind == "cue")
        if (
            ref is not None
            and seq.cue(at, "grain")
            and _year(seq, at)
            and ref.choices[0].fit >= 0.85
            and not (frame.wants or frame.groups or frame.rank or frame.steps or frame.havings)
        ):
            frame.wants.append(Want("col", ref=ref, at=at))  # "days with wind over 8": which days
            seq.use(at, "want")
            continue
        if table is not None and ref is not None and seq.quantity(at) and seq.cue(at - 1, "ask", "agg"):
            table = None  # 多少小费 over a table called tips asks for the figure
        if table is not None and (ref is None or item.get("table").score >= ref.choices[0].fit - 0.05):  # type: ignore[union-attr]
            frame.tables.append((table, at))
            seq.use(at, "table")
            if ref is not None and ref.choices[0].fit >= 0.9 and len(seq.catalog.tables) > 1:
                continue
            if ref is not None and ref.choices[0].fit >= 0.9 and not _keylike(seq, ref, table):
                frame.wants.append(Want("col", ref=ref, at=at))
            continue
        if (
            (frame.wants or frame.havings)
            and seq.has(at, "implied")
            and (ref is None or ref.choices[0].fit < 0.9)
        ):
            seq.use(at, "implied")  # the verb of what is counted or measured already: "sold", "ordered"
            continue
        if ref is not None and frame.filters and frame.wants and _owner(seq, at):
            seq.use(at, "owner")
            continue
        if ref is not None and not seq.quantity(at) and _modifier(seq, frame, at):
            seq.use(at, "modifier")
            continue
        if seq.cue(at, "unit_noise") and seq.items[at - 1].text == "多少" and frame.wants:
            seq.use(at, "noise")  # 平均延误多少分钟: only the unit
            continue
        if seq.cue(at, "rows") and seq.roles[at - 1] == "filter" and _figure_follows(seq, frame, at):
            seq.use(at, "owner")  # 技术类产品的销售额: the figure of those, not a list of products
            continue
        named = seq.cue(at, "count") is not None and seq.quantity(at)
        if ref is not None and (named or not (noise and ref.choices[0].fit < 0.9)):
            frame.wants.append(Want("col", ref=ref, at=at))
            seq.use(at, "want")
            continue
        if seq.has(at, "implied"):
            frame.wants.append(Want("implied", ref=seq.ref(at), at=at))
            seq.use(at, "implied")
            continue
        if seq.has(at, "value") and not noise:
            frame.unknown.append(at)
            continue
        if seq.has(at, "num") and _counts_named(seq, frame, at):
            seq.use(at, "noise")
            continue
        if seq.has(at, "num") and not noise:
            frame.unknown.append(at)
            frame.penalty *= 0.55
            continue
        if (
            item.senses[0].kind == "cue"
            and seq.cue_names(at) & set(UNREAD)
            and not seq.cue_names(at) & {"stop", "noise"}
        ):
            # a condition or an order that was heard but could not be placed must not be passed over in
            # silence
            frame.unknown.append(at)
            frame.penalty *= 0.5


def _counts_named(seq: Sequence, frame: Frame, at: int) -> bool:
    """Whether a number only says how many values were named before it: 甲和乙两个小区."""
    number = seq.data(at, "num")
    return any(f.kind == "value" and len(f.hits) == number.value > 1 and f.at < at for f in frame.filters)


def _loss(seq: Sequence, at: int) -> float:
    """What is left of a reading that passes over a Chinese word: most where it says which things are meant."""  # noqa: E501
    text = seq.items[at].text
    if len(text) < 2 or text[0] < "\u3000":
        return 1.0
    return 0.4 if at + 1 < len(seq) and seq.items[at + 1].text == "的" else 0.75


def _figure_follows(seq: Sequence, frame: Frame, at: int) -> bool:
    """Whether a question that lists nothing asks for a number after a word for the rows."""
    if at == 0 or frame.listing or frame.asks_which or frame.groups or seq.quantity(at):
        return False
    return len(seq.catalog.tables) == 1 and any(
        seq.quantity(k) and seq.roles[k] in ("", "want") for k in range(at + 1, len(seq))
    )


def _date_of_rows(seq: Sequence, at: int) -> bool:
    """Whether a word for the rows only is a part of a date's header: 订单 over a column "order date"."""
    ref, column = seq.ref(at, implied=False), seq.best(at)
    if ref is None or column is None or seq.table(at) is not None or len(seq.catalog.tables) != 1:
        return False
    return is_time(column) and ref.choices[0].fit < 0.85


def _owner(seq: Sequence, at: int) -> bool:
    """Whether a header only says whose figure is asked for: "the capacity of the unit that started in 1987"."""  # noqa: E501
    k = at - 1
    while k >= 0 and seq.items[k].text in ("the", "a", "an", "his", "their"):
        k -= 1
    if k < 0 or seq.items[k].text not in ("of", "for", "in", "from", "at", "on"):
        return False
    return any(seq.roles[m] == "want" for m in range(k))


def _modifier(seq: Sequence, frame: Frame, at: int) -> bool:
    """Whether a header only qualifies the number right after it: "product sales", 产品销售额."""
    after = at + 1
    if frame.listing or frame.asks_which or after >= len(seq) or seq.roles[after] not in ("", "want"):
        return False
    return (
        seq.quantity(after)
        and seq.cue(after, "agg", "count") is None
        and seq.ref(after, implied=False) is not None
    )


def leftover_superlative(seq: Sequence, frame: Frame) -> None:
    """Read "maximum" without a thing it belongs to as an aggregate of the only quantity wanted."""
    if frame.rank is None or frame.rank.by is not None or frame.rank.entity is not None:
        return
    quantities = [w for w in frame.wants if w.kind == "col" and w.ref and _quantity(seq, w.ref)]
    if len(quantities) == 1:
        frame.rank.by = quantities[0]


def _quantity(seq: Sequence, ref: Ref) -> bool:
    column = seq.column(ref.choices[0].ref) if ref.choices and ref.choices[0].kind == "col" else None
    return column is not None and is_quantity(column)


__all__ = ["Having", "leftover_superlative", "read_groups", "read_wants"]
