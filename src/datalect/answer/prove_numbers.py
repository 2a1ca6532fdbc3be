"""Each number of a sentence is a cell, a count, a filter's constant or a listed derivation."""

from __future__ import annotations

from datalect.answer.facts import extreme_is_known
from datalect.answer.figures import CHANGES, is_cell
from datalect.answer.ground import on_calendar
from datalect.answer.mentions import Mention
from datalect.answer.nearby import bound_of
from datalect.answer.prove_constants import is_constant
from datalect.answer.prove_counts import is_count, is_rank
from datalect.answer.prove_derived import is_derived
from datalect.answer.read_numbers import Quantity
from datalect.answer.reading import Reading
from datalect.answer.segments import rows_of


def prove_numbers(reading: Reading) -> None:
    """Note every number that is not proven."""
    listed = _listed_in_order(reading)
    for index, segment in enumerate(reading.segments):
        for mention in segment.mentions:
            if mention.quantity is None or mention in listed:
                continue
            if not _proven(reading, index, mention, mention.quantity):
                reading.say(f"the number “{mention.text}” is not in the facts where it stands")


def _listed_in_order(reading: Reading) -> list[Mention]:
    """Names first and figures after ("A and B had 3 and 5, respectively"): pair them in order."""
    if not any("respectively" in m.kinds for m in reading.mentions):
        return []
    numbers = [m for m in reading.mentions if m.quantity is not None and not m.quantity.ordinal]
    points = reading.points[-len(numbers) :] if numbers else []
    if len(points) != len(numbers):
        return []
    figures = [f for f in reading.ground.fields if f.figure]
    for number, point in zip(numbers, points, strict=True):
        quantity = number.quantity
        if quantity is None or len(point.rows) != 1:
            return []
        if not any(is_cell(quantity, point.rows[0].get(f.name), f, "") for f in figures):
            return []
    return numbers


def _proven(reading: Reading, index: int, mention: Mention, quantity: Quantity) -> bool:
    bound = bound_of(reading, mention)
    kinds = reading.segments[index].kinds()
    if quantity.ordinal:
        return is_rank(reading, index, mention, quantity)
    return (
        is_constant(reading, mention, quantity)
        or _cell(reading, index, mention, quantity, bound)
        or is_count(reading, index, mention, quantity)
        or is_derived(reading, index, mention, quantity, bound, kinds)
    )


def _cell(reading: Reading, index: int, mention: Mention, quantity: Quantity, bound: str) -> bool:
    """A cell of the group the number stands with."""
    ground = reading.ground
    shapes = reading.figures_meant(index)
    turned = _turned(reading, index)
    context = reading.context_of(index, mention)
    rows = rows_of(ground, context) if context else list(ground.rows)
    lists = all(f.role == "list" for f in ground.fields)
    unique = len(rows) == 1 or (lists and (bool(context) or len(ground.fields) == 1))
    if unique and any(
        is_cell(quantity, row.get(f.name), f, bound, turned=turned) for row in rows for f in shapes
    ):
        return True
    same = [f for f in shapes if rows and len({row.get(f.name) for row in rows}) == 1]
    if any(is_cell(quantity, rows[0].get(f.name), f, bound, turned=turned) for f in same):
        return True  # "100 each": every row has it
    if _extreme_cell(reading, index, quantity, bound, turned):
        return True
    return _end_cell(reading, index, quantity, bound)


def _turned(reading: Reading, index: int) -> str:
    for at in (index, index - 1):
        if at >= 0:
            kinds = reading.segments[at].kinds()
            if "down" in kinds:
                return "down"
            if "up" in kinds:
                return "up"
    return ""


def _extreme_cell(reading: Reading, index: int, quantity: Quantity, bound: str, turned: str) -> bool:
    """The largest or smallest figure, where the segment says so and names no group of its own."""
    segment = reading.segments[index]
    if segment.own:
        return False
    kinds = segment.kinds()
    before = reading.segments[index - 1] if index else segment
    if not segment.before and not before.own:
        kinds = kinds | before.kinds()
    for shape in reading.main(index):
        known = reading.ranked(shape)
        for end, pick in (("max", max), ("min", min)):
            if known and end in kinds and extreme_is_known(reading.ground, shape, end):
                value = pick(v for _, v in known)
                if turned == "down" and shape.fn in CHANGES:
                    value = min(v for _, v in known)
                if is_cell(quantity, value, shape, bound, turned=turned):
                    return True
    return False


def _end_cell(reading: Reading, index: int, quantity: Quantity, bound: str) -> bool:
    """In "from 3 to 9", the first and the last figure, where no group is named."""
    ground = reading.ground
    time = next((f for f in ground.groups if on_calendar(f)), None)
    rows = list(ground.rows)
    if time is not None and len(ground.groups) == 1:
        rows = sorted((r for r in rows if r.get(time.name) is not None), key=lambda r: r[time.name])
    elif ground.groups or not ground.order:
        return False
    segment = reading.segments[index]
    if segment.own:
        return False
    if len(reading.points) == 2 and all(len(p.rows) == 1 for p in reading.points):
        rows = [p.rows[0] for p in reading.points]  # "between March and May, from 3 to 9"
    opener = segment.opener
    ends = [rows[0]] if "from" in opener else [rows[-1]] if "to" in opener else []
    return any(
        is_cell(quantity, row.get(f.name), f, bound) for row in ends for f in reading.figures_meant(index)
    )
