"""Chinese sentences from facts: deterministic, one to three per answer."""

from __future__ import annotations

from typing import Any

from datalect.answer.formats import figure
from datalect.answer.ground import FactSet, Field
from datalect.answer.groups_zh import one_breakdown, two_breakdowns
from datalect.answer.lists_zh import list_sentence
from datalect.answer.model import Fact
from datalect.answer.pieces_zh import say
from datalect.answer.scope_zh import keeps, scope, split


def sentences(ground: FactSet) -> list[str]:
    """The answer's sentences, the main one first."""
    if ground.rows_total == 0:
        return [f"{ground.noun.table.zh}共有0条记录。"]
    facts = ground.items
    first = facts[0] if facts else None
    if first is None or first.type == "empty":
        return [_empty(ground, first)]
    said: list[str]
    if first.type == "list":
        said = [list_sentence(ground)]
    elif first.type in ("value", "correlation"):
        said = [_values(ground)]
    elif len(ground.groups) == 1:
        said = one_breakdown(ground)
    else:
        said = two_breakdowns(ground)
    missing = next((f for f in facts if f.type == "missingness"), None)
    if missing is not None and len(said) < 3:
        said.append(_left_out(ground, missing))
    return [s for s in said if s]


def _empty(ground: FactSet, fact: Fact | None) -> str:
    times, where = split(ground.conditions)
    if fact is not None and fact.measure:
        shape = ground.field(fact.measure)
        if shape is not None:
            return f"{scope(ground)}各组的{shape.phrase.zh}均缺失。"
    if ground.keeps and ground.rows_used != 0:
        return f"没有{keeps(ground)}的分组。"
    lead = "".join(f"{t}，" for t in times)
    which = f"{'且'.join(where)}的" if where else ""
    return f"{lead}没有{which}{ground.noun.zh}。"


def _left_out(ground: FactSet, fact: Fact) -> str:
    shape = ground.field(fact.measure)
    label = shape.label.zh if shape and shape.label.zh else "数值"
    return f"另有{int(fact.values['nulls']):,}条{ground.noun.zh}缺少{label}，未计入。"


def _values(ground: FactSet) -> str:
    row = ground.rows[0]
    figures = ground.figures
    if len(figures) == 1:
        return _value(ground, figures[0], row.get(figures[0].name))
    parts = []
    for shape in figures[:4]:
        value = row.get(shape.name)
        parts.append(f"{shape.phrase.zh}缺失" if value is None else f"{shape.phrase.zh}为{say(value, shape)}")
    return f"{scope(ground)}{'，'.join(parts)}。"


def _value(ground: FactSet, shape: Field, value: Any) -> str:
    times, where = split(ground.conditions)
    if value is None:
        if not ground.rows_used:
            return _empty(ground, None)
        return f"{scope(ground)}无法计算{shape.phrase.zh}。"
    if shape.counted is not None and not ground.keeps:
        lead = "".join(f"{t}，" for t in times)
        return lead + _how_many(ground, int(value), where)
    shown = figure(value, shape, "zh")
    if shape.fn == "corr":
        return f"{scope(ground)}{shape.phrase.zh}为{shown.text}，{_strength(float(value))}。"
    about = "约" if shown.rounded else ""
    exact = ""
    if shown.rounded and ("万" in shown.text or "亿" in shown.text):
        whole = figure(value, shape, "zh", exact=True)
        exact = f"（准确值为{whole.text}）" if not whole.rounded else ""
    return f"{scope(ground)}{shape.phrase.zh}{about}为{shown.text}{exact}。"


def _how_many(ground: FactSet, number: int, where: list[str]) -> str:
    noun = ground.noun.zh
    which = f"{'且'.join(where)}的" if where else ""
    if number == 0:
        return f"没有{which}{noun}。"
    if where:
        return f"{which}{noun}共有{number:,}条。"
    place = "" if noun != "记录" else ground.noun.table.zh
    return f"{place}共有{number:,}条{noun}。"


def _strength(r: float) -> str:
    size = abs(r)
    if size < 0.1:
        return "几乎没有线性相关"
    sign = "正" if r > 0 else "负"
    word = "很强" if size >= 0.8 else "较强" if size >= 0.6 else "中等" if size >= 0.4 else "较弱"
    return f"呈{word}的{sign}相关"
