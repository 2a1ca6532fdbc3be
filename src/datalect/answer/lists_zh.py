"""Chinese sentences about row lists and distinct groups."""

from __future__ import annotations

from typing import Any

from datalect.answer.dates import date_text
from datalect.answer.facts import list_name
from datalect.answer.formats import figure, group_name
from datalect.answer.ground import FactSet, Field
from datalect.answer.pieces_zh import fallback
from datalect.answer.scope_zh import join, scope

_NAMED = 5  # rows named one by one
_LISTED = 8


def list_sentence(ground: FactSet) -> str:
    """One sentence about the rows shown."""
    if ground.groups:
        return _distinct_groups(ground)
    lead = scope(ground)
    shown = [f for f in ground.fields if f.role == "list"]
    rows = ground.rows
    if len(shown) == 1:
        return _one_column(ground, shown[0])
    name = list_name(ground)
    key = ground.field(ground.order[0][0]) if ground.order else None
    if key is not None and key.kind != "text" and ground.cut and ground.top is not None:
        return _top_rows(ground, key, name)
    if len(rows) == 1 and len(shown) <= 6:
        row = rows[0]
        parts = [
            f"{f.label.zh}为{_cell_text(row.get(f.name), f)}" for f in shown if row.get(f.name) is not None
        ]
        return f"{lead}{'，'.join(parts)}。" if parts else fallback(ground)
    number = len(rows)
    if ground.truncated or (ground.cut and ground.rows_used is not None and ground.rows_used > number):
        used = f"{ground.rows_used:,}条{ground.noun.zh}中的" if ground.rows_used else ""
        return f"{lead}表中列出了{used}{number:,}条。"
    return f"{lead}共有{number:,}条{ground.noun.zh}。"


def _cell_text(value: Any, shape: Field) -> str:
    if shape.kind == "number":
        return figure(value, shape, "zh").text
    if shape.kind == "boolean":
        return "是" if value else "否"
    if shape.kind == "date":
        return date_text(value, shape.grain, "zh")
    return group_name(value, shape, "zh")


def _top_rows(ground: FactSet, key: Field, name: Field | None) -> str:
    rows = ground.rows
    down = ground.order[0][1] == "desc"
    word = ("最晚" if down else "最早") if key.kind == "date" else ("最高" if down else "最低")
    lead = scope(ground)
    noun, label = ground.noun.zh, key.label.zh
    if name is None:
        first, last = (_cell_text(row.get(key.name), key) for row in (rows[0], rows[-1]))
        if len(rows) == 1:
            return f"{lead}{word}的{label}为{first}。"
        return f"{lead}{label}{word}的{len(rows):,}条{noun}，从{first}到{last}。"
    pairs = [
        f"{group_name(row.get(name.name), name, 'zh')}（{_cell_text(row.get(key.name), key)}）"
        for row in rows[:_NAMED]
    ]
    if not name.naming:  # rows of a kind, not things with a name
        listed = join(pairs) if len(rows) <= _NAMED else join(pairs[:3])
        first = "" if len(rows) <= _NAMED else "排在前面的"
        some = "" if len(rows) == 1 else f"{len(rows):,}条"
        return f"{lead}{label}{word}的{some}{noun}中，{first}{name.label.zh}为{listed}。"
    if len(rows) == 1:
        return f"{lead}{label}{word}的{noun}是{pairs[0]}。"
    if len(rows) <= _NAMED:
        return f"{lead}{label}{word}的{len(rows):,}条{noun}是{join(pairs)}。"
    return f"{lead}{label}{word}的{len(rows):,}条{noun}中，排在前面的是{join(pairs[:3])}。"


def _one_column(ground: FactSet, shape: Field) -> str:
    cells = [_cell_text(r.get(shape.name), shape) for r in ground.rows if r.get(shape.name) is not None]
    lead = scope(ground)
    if not cells:
        return f"{lead}{shape.label.zh}缺失。"
    unique = list(dict.fromkeys(cells))
    if len(unique) == 1:
        return f"{lead}{shape.label.zh}为{unique[0]}。"
    if len(unique) <= _LISTED and not ground.truncated:
        return f"{lead}{shape.label.zh}有{join(unique)}。"
    return f"{lead}表中列出了{len(cells):,}条{shape.label.zh}。"


def _distinct_groups(ground: FactSet) -> str:
    lead = scope(ground)
    number = len(ground.rows)
    if len(ground.groups) > 1 or ground.truncated:
        return f"{lead}表中列出了{number:,}个分组。"
    group = ground.groups[0]
    names = [group_name(row.get(group.name), group, "zh") for row in ground.rows]
    if number == 1:
        return f"{lead}唯一的{group.label.zh}是{names[0]}。"
    if number <= _LISTED:
        return f"{lead}共有{number}个不同的{group.label.zh}：{join(names)}。"
    return f"{lead}共有{number:,}个不同的{group.label.zh}。"
