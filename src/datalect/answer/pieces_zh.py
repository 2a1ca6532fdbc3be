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
    """A plain sentence that claims nothing but the size of the result."""
    return "结果见表格。" if ground.truncated else f"结果共有{len(ground.rows):,}行。"
