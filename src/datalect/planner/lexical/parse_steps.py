"""Figures made of figures: steps over time, intervals between dates, averages of counts."""

from __future__ import annotations

from datalect.data.model import SemanticType
from datalect.planner.lexical.defaults import natural_aggregate
from datalect.planner.lexical.frame import Choice, Frame, Group, Ref, Want
from datalect.planner.lexical.sequence import Sequence, is_quantity
from datalect.planner.linking.tokens import split_header


def read_steps(seq: Sequence, frame: Frame) -> None:
    """Read steps over time: growth, year on year, running totals."""
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
    if any(n == "growth" for n, _ in frame.steps) and not frame.groups:
        # "by what percentage did it grow": the growth is no share of anything
        asked = any(seq.cue(k, "share") and seq.items[k].text.startswith("what p") for k in range(len(seq)))
        frame.steps = [s for s in frame.steps if s[0] != "share" or not asked]


def read_intervals(seq: Sequence, frame: Frame) -> None:
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


def read_average_of_totals(seq: Sequence, frame: Frame) -> None:
    """Read "average sales per customer", 平均每张订单的销售额: what each adds up to, on average."""
    for at in range(len(seq)):
        agg = seq.cue(at, "agg") if seq.free(at) else None
        if agg is None or agg.argument != "avg" or len(frame.groups) != 1 or frame.rank is not None:
            continue
        group = frame.groups[0]
        first = seq.content(at, 1, 2)
        han = seq.items[at].text[0] > "\u3000"
        if han and (first is None or seq.roles[first] != "group"):
            continue
        figure = next((k for k in range(at + 1, len(seq)) if seq.free(k) and seq.quantity(k)), None)
        column = seq.best(figure)
        if figure is None or column is None or natural_aggregate(column)[0] != "sum":
            continue
        if not (group.ref is not None and (han or _many(seq, group.ref)) and (han or figure < group.at)):
            continue
        if group.grain is not None or (han and seq.table(group.at, 0.9) is not None):
            continue
        inner = Want("agg", fn="sum", ref=seq.ref(figure), at=figure)
        frame.wants.append(Want("nested", fn="avg", at=at, per=group.ref, inner=inner))
        frame.groups.remove(group)
        seq.use([at, figure], "want")
        return


def _many(seq: Sequence, ref: Ref) -> bool:
    """Whether the things are orders or people, too many to be shown one by one."""
    kinds = (SemanticType.ID, SemanticType.NAME, SemanticType.CODE)
    for choice in ref.choices:
        column = seq.column(choice.ref) if choice.kind == "col" else None
        if column is None or column.profile.distinct <= 30 or is_quantity(column):
            continue
        last = split_header(column.name)[-1:]
        return column.meaning.type in kinds or last in (["name"], ["id"], ["名称"], ["姓名"])
    return False


def read_two_level(seq: Sequence, frame: Frame) -> None:
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
    _read_spread(seq, frame)


_ONE = frozenset({"a", "an", "one", "the average", "一", "一个", "一位", "一名", "一家"})


def _read_spread(seq: Sequence, frame: Frame) -> None:
    """Read "how many orders does a customer place on average", 一个客户平均下几单: the words stand apart."""
    for at in range(len(seq)):
        agg = seq.cue(at, "agg") if seq.free(at) else None
        if agg is None or agg.argument not in ("avg", "median") or seq.ref(at, least=0.9) is not None:
            continue
        following = seq.content(at, 1, 1)
        if following is not None and seq.free(following) and seq.quantity(following):
            continue
        for k in range(len(seq)):
            if not seq.free(k) or not seq.cue(k, "count") or seq.quantity(k):
                continue
            counted = seq.content(k, 1, 2)
            if counted is not None and (not seq.free(counted) or counted == at):
                counted = None
            if counted is not None and seq.quantity(counted) and seq.table(counted, 0.9) is None:
                frame.wants.append(Want("agg", fn=str(agg.argument), ref=seq.ref(counted), at=counted))
                seq.use([at, k, counted], "want")
                return
            table = seq.table(counted) if counted is not None else told_by_piece(seq, k)
            if table is None:
                continue
            group = frame.groups.pop() if frame.groups else _one_of(seq, counted)
            if group is None:
                continue
            per = group.ref if group.table is None else Ref([], group.at, group.table)
            frame.wants.append(
                Want("nested", fn=str(agg.argument), at=at, table=table, per=per, per_grain=group.grain,
                     inner=Want("count", table=table, distinct=True, at=at))
            )  # fmt: skip
            seq.use([at, k, *([counted] if counted is not None else [])], "want")
            return


def _one_of(seq: Sequence, counted: int | None) -> Group | None:
    """The things "a customer" and 一个客户 speak of, when an average is asked for each."""
    for k in range(1, len(seq)):
        table = seq.table(k, 0.75) if seq.free(k) and k != counted else None
        lead = k - 1
        while lead > 0 and seq.items[lead].text in _PIECES and seq.free(lead):
            lead -= 1
        if table is not None and seq.free(lead) and seq.items[lead].text in _ONE:
            seq.use([*range(lead, k + 1)], "group")
            return Group(None, table=table, at=k)
    return None


_PIECES = frozenset("个位名家张首部本只辆件条场笔次架台间座所支艘列匹棵套份门")
_KINDS_OF_PIECE = {
    "单": "订单",
    "首": "歌曲",
    "部": "电影",
    "本": "书",
    "班": "航班",
    "趟": "行程",
    "场": "比赛",
}


def told_by_piece(seq: Sequence, at: int) -> str | None:
    """The table whose things are counted in such pieces: 多少单 speaks of orders, 几首 of songs."""
    noun = _KINDS_OF_PIECE.get(seq.items[at].text[-1])
    found = seq.index.terms.get(noun, {}) if noun else {}
    tables = sorted((-s, name) for (kind, name), s in found.items() if kind == "table" and s >= 0.7)
    return tables[0][1] if tables and (len(tables) == 1 or tables[1][0] > tables[0][0]) else None
