"""Breakdowns: "by region", "for each department", "monthly", 各城市, 按月."""

from __future__ import annotations

from datalect.planner.lexical.frame import Frame, Group, Ref, Want
from datalect.planner.lexical.rank_entity import kind_of_table
from datalect.planner.lexical.sequence import Sequence, is_time

_EACH = ("per", "by", "each", "every", "ly", "每", "各", "按", "逐", "分", "历年", "annual")


_APART = ("各自", "分别")


_PIECES = frozenset("块次人架台部名位张首本只辆家件条场笔间座所支艘列匹棵套份门个")

_KINDS = ("每种", "每类", "各种", "各类")


def read_groups(seq: Sequence, frame: Frame) -> None:
    """Read "by region", "for each department", "monthly", 各城市, 按月."""
    for at in range(len(seq)):
        if not seq.free(at) or len(frame.groups) >= 3:
            continue
        cue = seq.cue(at, "by")
        if seq.items[at].text == "among" and at + 1 < len(seq) and seq.items[at + 1].text == "all":
            continue  # "among all guests": the whole, no breakdown
        if cue is not None and not (seq.ref(at) is not None and seq.ref(at).choices[0].fit > 0.95):  # type: ignore[union-attr]
            _after_by(seq, frame, at, str(cue.argument))
            continue
        grain = seq.cue(at, "grain")
        text = seq.items[at].text
        whole = seq.ref(at, least=0.85) if text[0] in "各每" and len(text) > 1 and grain is None else None
        if whole is not None and not seq.quantity(at):
            frame.groups.append(Group(whole, at=at))  # 各国: the word for each is a part of the name
            seq.use(at, "group")
            continue
        if grain is None:
            continue
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
    if following is not None and seq.items[following].text in _PIECES and kind == "each":
        following = seq.content(following, 1, 1) or following  # 每块地, 每架飞机
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
            and not is_time_word(seq, position)
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


def is_time_word(seq: Sequence, at: int) -> bool:
    """Whether the item's best column is a time."""
    column = seq.best(at)
    return column is not None and is_time(column)


def _group_at(seq: Sequence, at: int, kind: str) -> Group | None:
    grain = seq.cue(at, "grain")
    ref = seq.ref(at, least=0.4 if kind == "by" else 0.5)
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


def _about(want: Want, column: str) -> bool:
    return want.ref is not None and bool(want.ref.choices) and want.ref.choices[0].ref == column


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
    beside = seq.content(bare.at, -1, 1)
    for want in frame.wants:
        column = seq.column(want.ref.choices[0].ref) if want.ref is not None and want.ref.choices else None
        if want.kind == "col" and want.at == beside and column is not None and is_time(column):
            bare.ref = want.ref  # "hire date by weekday"
            frame.wants = [w for w in frame.wants if w.kind != "col" or not _about(w, column.id)]
            return
    entity = frame.rank.entity if frame.rank is not None else None
    column = seq.column(entity.choices[0].ref) if entity is not None and entity.choices else None
    if frame.rank is not None and column is not None and is_time(column):
        bare.ref, frame.rank.entity = entity, None
