"""Small pieces that English sentences share."""

from __future__ import annotations

from typing import Any

from datalect.answer.formats import figure, group_name
from datalect.answer.ground import FactSet, Field
from datalect.answer.model import Fact


def counted(ground: FactSet, number: int) -> str:
    """What so many rows are called: "flight", "flights"."""
    return ground.noun.one if number == 1 else ground.noun.many


def begin(lead: str, rest: str) -> str:
    """A sentence from its scope and its rest, which starts in lower case."""
    return f"{lead}{rest}" if lead else f"{rest[0].upper()}{rest[1:]}"


def say(value: Any, shape: Field) -> str:
    """A figure with its unit."""
    return figure(value, shape, "en").text


def name_of(ground: FactSet, focus: tuple[tuple[str, Any], ...]) -> str:
    """The name of a group."""
    parts = []
    for name, value in focus:
        shape = ground.field(name)
        parts.append(group_name(value, shape, "en") if shape else str(value))
    return " and ".join(parts)


def values_of(fact: Fact) -> tuple[Any, ...]:
    """The figures of a ranking, in order."""
    return tuple(fact.values["values"])


def fallback(ground: FactSet) -> str:
    """A plain sentence that claims nothing but the size of the result."""
    number = len(ground.rows)
    if ground.truncated:
        return "The result is in the table."
    return f"The result has {number:,} {'row' if number == 1 else 'rows'}."
