"""The things a ranking ranks."""

from __future__ import annotations

from datalect.data.model import Column
from datalect.planner.lexical.defaults import grouping_column, row_level
from datalect.planner.lexical.frame import Frame, Group, Rank, Ref
from datalect.planner.lexical.sequence import Sequence, is_quantity, is_time


def read_entity(seq: Sequence, at: int, rank: Rank, frame: Frame) -> None:
    """Find the things ranked: "which city", "top 5 cities", 最高的三个城市."""
    han = seq.items[at].text[0] > "\u3000"
    asked = _asked(seq, at)
    of_kind = _asked_kind(seq, at) if han else None
    if of_kind is None and asked is None and han and (k := _asked_time(seq, at)) is not None:
        frame.groups.append(Group(None, grain="year" if "年" in seq.items[k].text else "day", at=k))
        seq.use(k, "entity")
        return
    if not han and asked is None and (when := _asked_when(seq, at)) is not None:
        frame.groups.append(Group(None, grain=when[1], at=when[0]))
        seq.use(when[0], "entity")
        frame.asks_which = True
        return
    if of_kind is not None and (asked is None or seq.ref(asked) is None):
        rank.entity = of_kind
        seq.use([k for k in (of_kind.at, asked) if k is not None], "entity")
        return
    if asked is not None:
        if han and _heads_compound(seq, asked + 1):
            seq.use(asked, "modifier")  # 哪个音乐流派卖得最好: the genres, not the music
            asked += 1
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
            names = (
                [c for c in ref.choices if (col := seq.column(c.ref)) and not is_quantity(col)] if ref else []
            )
            if ref is not None and names and ref.choices[0].fit < 0.85:
                rank.entity = Ref(names, position, ref.text)  # "biggest customers": no sales per customer
                seq.use(position, "entity")
                return
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


def _heads_compound(seq: Sequence, at: int) -> bool:
    """Whether a thing named right behind another is what is asked for: nothing but a verb is said of it."""
    if not seq.free(at) or not seq.thing(at) or seq.quantity(at) or seq.glue(at):
        return False
    after = at + 1
    return after < len(seq) and (seq.cue(after, "adj", "verb") is not None or seq.has(after, "implied"))


def _names_column(seq: Sequence, at: int) -> bool:
    """Whether an item is a header of words, not of numbers."""
    return seq.free(at) and seq.ref(at, least=0.75, implied=False) is not None and not seq.quantity(at)


def _asked_time(seq: Sequence, at: int) -> int | None:
    """Where 哪一年 or 哪天 stands before what is ranked."""
    wanted = ("哪一年", "哪年", "哪天", "哪一天")
    return next((k for k in range(at) if seq.free(k) and seq.items[k].text in wanted), None)


_WHEN = frozenset({"on which day", "on what day", "what day", "which day", "on which date", "on what date",
                   "in which year", "in what year", "what year", "which year"})  # fmt: skip


def _asked_when(seq: Sequence, at: int) -> tuple[int, str] | None:
    """Where "on which day" and "in what year" stand before what is ranked, over rows of which a day has many."""  # noqa: E501
    k = next((k for k in range(at) if seq.free(k) and seq.items[k].text in _WHEN), None)
    if k is None:
        return None
    ref = seq.ref(k)
    named = {c.ref for c in ref.choices} if ref is not None else set()
    dated = [c for t in seq.catalog.tables for c in t.columns
             if not c.hidden and c.dtype.upper().startswith(("DATE", "TIMESTAMP"))]  # fmt: skip
    if not dated or any(c.id in named and row_level(c) and "TIME" not in c.dtype.upper() for c in dated):
        return None
    return k, "year" if "year" in seq.items[k].text else "day"


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
