"""Small pieces that Chinese sentences share."""

from __future__ import annotations

from typing import Any

from datalect.answer.formats import figure, group_name
from datalect.answer.ground import FactSet, Field


def say(value: Any, shape: Field) -> str:
    """A figure with its unit."""
    return figure(value, shape, "zh").text


def name_of(ground: FactSet, focus: tuple[tuple[str, Any], ...]) -> str:
    """The name of a group."""
    parts = []
    for name, value in focus:
        shape = ground.field(name)
        parts.append(group_name(value, shape, "zh") if shape else str(value))
    return "、".join(parts)


def fallback(ground: FactSet) -> str:
    """A plain sentence that gives the only figure there is, or points at the table."""
    if not ground.rows:
        return "没有符合的记录。"
    if len(ground.rows) == 1 and len(ground.fields) == 1 and ground.figures:
        value = ground.rows[0].get(ground.fields[0].name)
        return "结果缺失。" if value is None else f"结果为{say(value, ground.fields[0])}。"
    return "结果见表格。"
