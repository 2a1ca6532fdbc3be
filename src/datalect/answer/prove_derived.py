"""Numbers that no cell holds: differences, changes, multiples, shares and sums of cells."""

from __future__ import annotations

from datalect.answer.figures import change_fits, difference_fits, is_cell, ratio_fits, same_value
from datalect.answer.formats import plain_number
from datalect.answer.ground import Field, on_calendar
from datalect.answer.mentions import Mention
from datalect.answer.nearby import kinds_after
from datalect.answer.read_numbers import Quantity
from datalect.answer.reading import Reading

_DIRECTED = frozenset({"up", "down", "more", "less"})


def is_derived(
    reading: Reading, index: int, mention: Mention, quantity: Quantity, bound: str, kinds: set[str]
) -> bool:
    """Whether a number follows from cells by a derivation the words around it name."""
    near = kinds | reading.segments[max(0, index - 1)].kinds() | kinds_after(reading, index)
    for shape in reading.main(index):
        if (
            quantity.part == "%"
            and not shape.percent
            and _share(reading, index, mention, quantity, shape, bound)
        ):
            return True
        if _between_groups(reading, quantity, shape, bound, near):
            return True
        if "sum" in near and _total(reading, index, quantity, shape, bound):
            return True
    return False


def _between_groups(reading: Reading, quantity: Quantity, shape: Field, bound: str, near: set[str]) -> bool:
    """Differences, changes and multiples of two groups that the sentence names (or of both ends of time)."""
    cells: list[float] = []
    for point in reading.points:
        value = plain_number(point.rows[0].get(shape.name)) if len(point.rows) == 1 else None
        if value is not None and float(value) not in cells:
            cells.append(float(value))
    if len(cells) < 2:
        cells += [v for v in _ends(reading, shape) if v not in cells]
    if len(cells) < 2 and len(reading.ground.rows) == 2:
        cells = [v for _, v in reading.known(shape)]
    for at, one in enumerate(cells):
        for other in cells[at + 1 :]:
            if near & _DIRECTED | near & {"diff"} and difference_fits(quantity, one, other, shape, bound):
                return True
            if _change_holds(quantity, one, other, shape, bound, near & _DIRECTED):
                return True
            if ratio_fits(quantity, one, other, bound):  # "A is twice B": the first named over the second
                return True
    return False


def _change_holds(
    quantity: Quantity, one: float, other: float, shape: Field, bound: str, directed: set[str]
) -> bool:
    """A percentage by which one cell differs from another, measured against the one it is compared with.

    With "more than" and "less than" that is the second named; with "rose" and "fell" the earlier, which words
    may put first or second.
    """
    if shape.percent:
        return False
    if directed & {"more", "less"} and change_fits(quantity, other, one, bound):
        return bool(directed & ({"more", "up"} if one > other else {"less", "down"}))
    if not directed & {"up", "down"}:
        return False
    forward = change_fits(quantity, one, other, bound) and ("up" if other > one else "down") in directed
    backward = change_fits(quantity, other, one, bound) and ("up" if one > other else "down") in directed
    return forward or backward


def _ends(reading: Reading, shape: Field) -> list[float]:
    ground = reading.ground
    time = next((f for f in ground.groups if on_calendar(f)), None)
    if time is None or len(ground.groups) != 1:
        return []
    known = sorted(
        ((r, v) for r, v in reading.known(shape) if r.get(time.name) is not None),
        key=lambda p: p[0][time.name],
    )
    return [known[0][1], known[-1][1]] if len(known) > 1 else []


def _whole_known(reading: Reading, shape: Field) -> bool:
    return shape.additive and not reading.ground.cut and not reading.ground.keeps


def _share(
    reading: Reading, index: int, mention: Mention, quantity: Quantity, shape: Field, bound: str
) -> bool:
    """A part of the whole: one group's figure, or several groups' together, over the sum of all."""
    if not _whole_known(reading, shape) or reading.segments[index].kinds() & {"up", "down", "more", "less"}:
        return False
    known = reading.known(shape)
    total = sum(v for _, v in known)
    if total <= 0:
        return False
    context = reading.context_of(index, mention)
    chosen = [v for row, v in known if context and all(row.get(n) == c for n, c in context.items())]
    if len(chosen) == 1 and same_value(quantity, chosen[0] / total * 100, bound):
        return True
    together = {id(p.rows[0]): p.rows[0].get(shape.name) for p in reading.points if len(p.rows) == 1}
    numbers = [float(v) for v in map(plain_number, together.values()) if v is not None]
    summed = "sum" in {k for s in reading.segments for k in s.kinds()}
    return summed and len(numbers) > 1 and same_value(quantity, sum(numbers) / total * 100, bound)


def _total(reading: Reading, index: int, quantity: Quantity, shape: Field, bound: str) -> bool:
    """The sum of all groups, or of the groups the sentence names."""
    if not _whole_known(reading, shape):
        return False
    known = reading.known(shape)
    sums = [sum(v for _, v in known)]
    named = {
        id(p.rows[0]): plain_number(p.rows[0].get(shape.name)) for p in reading.points if len(p.rows) == 1
    }
    numbers = [float(v) for v in named.values() if v is not None]
    if len(numbers) > 1:
        sums.append(sum(numbers))
    return any(is_cell(quantity, value, shape, bound) for value in sums)
