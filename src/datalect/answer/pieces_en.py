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
    """A plain sentence that gives the only figure there is, or points at the table."""
    if not ground.rows:
        return "There is nothing that matches."
    if len(ground.rows) == 1 and len(ground.fields) == 1 and ground.figures:
        value = ground.rows[0].get(ground.fields[0].name)
        return (
            "The result is not known." if value is None else f"The result is {say(value, ground.fields[0])}."
        )
    return "The result is in the table."
