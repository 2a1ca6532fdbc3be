"""Whether a written number is a figure of the result, at the precision shown."""

from __future__ import annotations

from typing import Any

from datalect.answer.formats import plain_number
from datalect.answer.ground import Field
from datalect.answer.read_numbers import Quantity, canonical_currency, canonical_unit

_LOOSE = 0.05  # "about 1,200" may stand for anything that rounds to it, but not further than this
_COARSE = 0.125  # a figure may not be rounded away: "0 %" for 0.4 % is no rounding
_BOUND = 0.1  # "over 1,200" must be near 1,200 ...
_NEAR = 0.05  # ... and "nearly 1,200" nearer


def same_value(quantity: Quantity, target: float, bound: str = "") -> bool:
    """Whether a written number stands for a value.

    Args:
        quantity: the number as written.
        target: the value.
        bound: ``about``, ``over``, ``under``, ``nearly`` or "" as the words before it say.
    """
    written = quantity.value
    if bound == "over":
        return written <= target * (1 + 1e-12) and target - written <= _BOUND * abs(target)
    if bound in ("under", "nearly"):
        limit = _NEAR if bound == "nearly" else _BOUND
        return written >= target * (1 - 1e-12) and written - target <= limit * abs(target)
    error = abs(written - target)
    slack = 1e-9 * max(min(1.0, quantity.step), abs(target))
    if error <= 0.5 * quantity.step + slack:
        nothing = abs(target) < 1e-9 < quantity.step  # 0.000 for what floats leave of a difference
        return nothing or error <= max(_COARSE * abs(target), slack)
    if bound == "about":
        return error <= 0.5 * quantity.loose_step + slack and error <= _LOOSE * abs(target)
    return False


def same_dimension(quantity: Quantity, shape: Field) -> bool:
    """Whether percent sign, unit and currency of a written number fit a column."""
    if quantity.times:
        return False
    if shape.percent:
        return quantity.part == "%" and not quantity.unit and not quantity.currency
    if quantity.part:
        return False
    if quantity.currency:
        own = {canonical_currency(shape.currency), canonical_currency(shape.unit)} - {""}
        return quantity.currency in own
    if quantity.unit:
        return bool(shape.unit) and quantity.unit == canonical_unit(shape.unit)
    return True


def is_cell(quantity: Quantity, value: Any, shape: Field, bound: str, *, turned: str = "") -> bool:
    """Whether a written number is a cell of a column.

    Args:
        quantity: the number as written.
        value: the cell.
        shape: its column.
        bound: see ``same_value``.
        turned: ``up`` or ``down`` when a word of direction stands with it, so that its sign may be left out.
    """
    number = plain_number(value)
    if number is None or not same_dimension(quantity, shape):
        return False
    target = float(number) * (shape.percent or 1.0)
    if same_value(quantity, target, bound):
        return not (turned == "up" and target < 0 and shape.fn in CHANGES)
    if turned == "down" and target < 0:
        return same_value(quantity, -target, bound)
    return False


CHANGES = frozenset({"pct_change", "difference", "contribution"})


def difference_fits(quantity: Quantity, one: float, other: float, shape: Field, bound: str) -> bool:
    """Whether a written number is the distance between two cells, in the right dimension."""
    gap = abs(one - other) * (shape.percent or 1.0)
    if shape.percent:
        return quantity.part == "points" and same_value(quantity, gap, bound)
    return quantity.part == "" and same_dimension(quantity, shape) and same_value(quantity, gap, bound)


def change_fits(quantity: Quantity, before: float, after: float, bound: str) -> bool:
    """Whether a written percentage is the relative change from one cell to another."""
    if quantity.part != "%" or before == 0:
        return False
    return same_value(quantity, abs(after - before) / abs(before) * 100, bound)


def ratio_fits(quantity: Quantity, one: float, other: float, bound: str) -> bool:
    """Whether a written multiple is one cell over another."""
    if not quantity.times or other == 0:
        return False
    target = one / other
    return same_value(quantity, target, bound) or (
        bound == "about" and abs(quantity.value - target) <= 0.1 * target
    )
