"""How many rows or groups there are, and which place a group has."""

from __future__ import annotations

from datalect.answer.facts import extreme_is_known
from datalect.answer.mentions import Mention
from datalect.answer.nearby import kinds_after, words_around, words_before
from datalect.answer.read_numbers import Quantity
from datalect.answer.reading import Reading


def is_count(reading: Reading, index: int, mention: Mention, quantity: Quantity) -> bool:
    """How many rows or groups there are, with the noun that says of what."""
    ground = reading.ground
    if quantity.part or quantity.unit or quantity.currency or quantity.times or quantity.step > 1:
        return False
    value = quantity.value
    at = reading.mentions.index(mention)
    near = words_around(reading, at)
    kinds = {k for m in near for k in m.kinds}
    groups = {f.name for f in ground.groups}
    of_groups = any(m.kind == "label" and m.tokens & groups for m in near) or _says_groups(near)
    of_rows = "rows" in kinds or any(m.kind == "label" and "" in m.tokens for m in near)
    segment = reading.segments[index]
    if of_groups or (ground.groups and not ground.figures):
        tied = _tied(reading, index)
        if "tie" in segment.kinds() | reading.segments[max(0, index - 1)].kinds():
            return value in tied or (
                bool(segment.own) is False and value == len(ground.rows) and len(tied) == 0
            )
        named = sum(ground.is_named(row) for row in ground.rows)
        if value in (len(ground.rows), named) and not ground.truncated:
            return True
    if near and ground.top is not None and value == ground.top == len(ground.rows):
        return True
    if value == len(ground.rows) and (not ground.groups) and not ground.figures:
        return True
    if of_rows and not segment.own:
        return _row_count(reading, value, kinds | segment.kinds() | kinds_after(reading, index))
    return value == len(ground.rows) and "max" in segment.kinds() and not segment.own


def _says_groups(near: list[Mention]) -> bool:
    return any(m.text in ("groups", "group", "分组", "个分组", "各组", "组") for m in near)


def _tied(reading: Reading, index: int) -> set[int]:
    counts = set()
    for shape in reading.main(index):
        values = [v for _, v in reading.ranked(shape)]
        if values:
            counts |= {values.count(max(values)), values.count(min(values))}
    return counts


def _row_count(reading: Reading, value: float, kinds: set[str]) -> bool:
    ground = reading.ground
    nulls = set(ground.nulls.values())
    if kinds & {"missing", "left out"}:
        unused = (ground.rows_total or 0) - (ground.rows_used or 0)
        return value in nulls or (value == unused and "missing" not in kinds)
    known = {ground.rows_used, ground.rows_total} - {None}
    if ground.rows_used is not None:
        known |= {ground.rows_used - n for n in nulls}
    counted = [f for f in ground.figures if f.counted is not None]
    return value in known and not (counted and ground.groups and value != ground.rows_used)


def is_rank(reading: Reading, index: int, mention: Mention, quantity: Quantity) -> bool:
    """For "third", the place of the group it stands with, counted from the end the sentence names."""
    context = reading.context_of(index, mention)
    kinds = reading.segments[index].kinds()
    if any(m.text.lower() in ("a", "an", "about") for m in words_before(reading, mention, 1)):
        return False  # "a second of all flights" is no place in an order
    for shape in reading.main(index):
        known = reading.ranked(shape)
        for row, value in known:
            if not context or any(row.get(n) != v for n, v in context.items()):
                continue
            above = 1 + sum(1 for _, v in known if v > value)
            below = 1 + sum(1 for _, v in known if v < value)
            place = below if "min" in kinds else above
            end = "min" if "min" in kinds else "max"
            if extreme_is_known(reading.ground, shape, end) and place == quantity.value:
                return True
    window = {m.text.lower() for m in words_before(reading, mention)}
    return bool(window & {"the"}) and quantity.value == 1 and "max" not in kinds and not context
