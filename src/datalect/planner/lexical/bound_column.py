"""The column a bound is put on."""

from __future__ import annotations

from datalect.data.model import SemanticType
from datalect.planner.lexical.durations import is_duration
from datalect.planner.lexical.frame import Choice, Ref
from datalect.planner.lexical.sequence import Sequence, is_number, is_quantity, is_time

_UNIT_CONCEPTS = (
    (("year old", "years old", "岁"), ("age",)),
    (
        ("dollar", "usd", "yuan", "euro", "pound", "元", "块", "美元", "英镑"),
        ("price", "amount", "cost", "total"),
    ),
    (("minute", "分钟", "hour", "小时"), ("duration",)),
    (("kg", "公斤", "千克"), ("weight", "body mass")),
    (("km", "公里", "mile", "千米"), ("distance",)),
    (("people", "person", "人"), ("population", "party")),
)


def comparable(seq: Sequence, ref: Ref, *, percent: bool = False) -> Ref:
    """The column as one a bound can be put on: percentages when a percent sign stands by."""
    if percent:
        ref = Ref(_percentages(seq, ref) or ref.choices, ref.at, ref.text)
    good = [
        c
        for c in ref.choices
        if c.kind != "col" or ((col := seq.column(c.ref)) is not None and (is_number(col) or is_time(col)))
    ]
    return Ref(good or ref.choices, ref.at, ref.text)


def _percentages(seq: Sequence, ref: Ref) -> list[Choice]:
    """Columns of the same table that hold shares and whose header contains the word, for "more than 90% women"."""  # noqa: E501
    shares = (SemanticType.PERCENT, SemanticType.RATIO)
    out = []
    for choice in ref.choices:
        column = seq.column(choice.ref)
        if column is None or column.meaning.type in shares:
            continue
        table = seq.catalog.table(column.table)
        for other in table.columns if table else ():
            inside = column.name.lower() in other.name.lower() and other is not column
            if inside and (
                other.meaning.type in shares
                or (
                    is_number(other)
                    and isinstance(other.profile.maximum, float)
                    and other.profile.maximum <= 1
                )
            ):
                out.append(Choice(other.id, choice.fit * 0.97))
    return out


def left_column(seq: Sequence, at: int) -> int | None:
    """The quantity a comparison belongs to, on its left: the column right before, or the subject further off."""  # noqa: E501
    position = at - 1
    steps = 0
    while position >= 0 and steps < 5:
        if seq.roles[position] in ("having", "filter", "rank"):
            return None
        if seq.free(position):
            if (seq.quantity(position) or _time_column(seq, position)) and seq.cue(position, "ask") is None:
                return position
            if seq.cue(position, "count") and not seq.glue(position):
                previous = seq.content(position, -1, 1)
                if (
                    previous is not None
                    and seq.free(previous)
                    and seq.thing(previous)
                    and seq.items[at].text[0] > "\u3000"
                ):
                    return previous
            if not seq.glue(position) and not seq.cue(position, "neg", "agg", "of", "exists"):
                return None
        position -= 1
        steps += 1
    return None


def _time_column(seq: Sequence, at: int) -> bool:
    column = seq.best(at)
    return column is not None and is_time(column) and seq.cue(at, "grain") is None


def right_thing(seq: Sequence, number: int) -> tuple[int | None, str]:
    """What stands right of a number: the item and the word between."""
    position = number + 1
    for _ in range(4):
        if not seq.free(position):
            return None, ""
        if seq.cue(position, "unit_noise") and not seq.thing(position):
            position += 1
            continue
        if seq.quantity(position):
            if seq.table(position, 0.95) is not None:
                return position, "count"
            return position, "column"
        if seq.table(position) is not None or (
            seq.ref(position, implied=False) is not None and seq.data(position, "value") is None
        ):
            return position, "count"
        if seq.cue_names(position) & {"stop", "distinct"} or seq.items[position].text in ("的", "of"):
            position += 1
            continue
        return None, ""
    return None, ""


def agg_of(seq: Sequence, at: int) -> tuple[str, int] | None:
    """An aggregate word that belongs to a column next to it."""
    for k in (at - 1, at - 2, at + 1, at + 2):
        if not seq.free(k) or (abs(k - at) == 2 and not seq.glue((k + at) // 2)):
            continue
        agg = seq.cue(k, "agg")
        if agg is not None and seq.ref(k) is None:
            return str(agg.argument), k
        if seq.cue(k, "count") and not seq.quantity(at):
            return "count", k
    return None


def age_column(seq: Sequence, at: int, value: int | float) -> Ref | None:
    """The age that "are under 25" and "aged over 60" speak of."""
    said = seq.items[at].text.split()[0] in ("is", "are", "was", "were", "aged")
    if not (said or (at > 0 and seq.items[at - 1].text in ("aged", "is", "are", "was", "were"))):
        return None
    ages = [
        c for c in seq.about(("age",), 0.85) if (col := seq.column(c.ref)) is not None and is_quantity(col)
    ]
    return Ref(ages, at) if ages and 0 < value <= 120 else None


def unit_hint(seq: Sequence, number: int) -> Ref | None:
    """The column a unit beside the number speaks of: 岁 an age, minutes a duration."""
    near = " ".join(seq.items[k].text for k in range(max(0, number - 1), min(len(seq), number + 3)))
    for words, concepts in _UNIT_CONCEPTS:
        if any(w in near for w in words):
            choices = [
                c
                for c in seq.about(concepts, 0.85)
                if is_duration(c) or ((col := seq.column(c.ref)) is not None and is_quantity(col))
            ]
            if choices:
                return Ref(choices, number)
    if "$" in near or "¥" in near:
        choices = [
            Choice(c.id, 0.7)
            for t in seq.catalog.tables
            for c in t.columns
            if c.meaning.type is SemanticType.MONEY and not c.hidden
        ]
        if len(choices) == 1:
            return Ref(choices, number)
    return None


def nearest_quantity(seq: Sequence, at: int) -> Ref | None:
    """The nearest column of numbers on either side."""
    for step in (-1, 1):
        position = at + step
        while 0 <= position < len(seq) and abs(position - at) <= 6:
            if seq.free(position) and seq.quantity(position):
                return seq.ref(position)
            position += step
    return None
