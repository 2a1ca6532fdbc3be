"""What is said of rows that belong to no known group: a note, never a place in a ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalect.answer.facts import main_figure
from datalect.answer.formats import figure, plain_number
from datalect.answer.ground import FactSet

if TYPE_CHECKING:
    from datalect.planner.base import Language


def missing_group_note(ground: FactSet, language: Language) -> str:
    """One sentence on the groups that the answer's sentences leave out, or "" when there are none."""
    shape = main_figure(ground)
    rows = [row for row in ground.rows if not ground.is_named(row)]
    if shape is None or not ground.groups or not rows or len(rows) == len(ground.rows):
        return ""
    names = [g.label.in_(language) for g in ground.groups if any(row.get(g.name) is None for row in rows)]
    value = rows[0].get(shape.name) if len(rows) == 1 else None
    shown = "" if plain_number(value) is None else figure(value, shape, language).text
    if language == "zh":
        whose = f"（{shape.phrase.zh}为{shown}）" if shown else ""
        return f"{'或'.join(names)}缺失的行自成一组{whose}，不参与句中的比较。"
    whose = f" ({shape.phrase.en} {shown})" if shown else ""
    return f"Rows without a known {' or '.join(names)}{whose} are left out of comparisons in the sentences."
