"""English sentences from facts: deterministic, one to three per answer."""

from __future__ import annotations

from typing import Any

from datalect.answer.formats import figure
from datalect.answer.ground import FactSet, Field
from datalect.answer.groups_en import one_breakdown, two_breakdowns
from datalect.answer.lists_en import list_sentence
from datalect.answer.model import Fact
from datalect.answer.pieces_en import begin, counted, say
from datalect.answer.scope_en import join, keeps, rows_named, scope, split


def sentences(ground: FactSet) -> list[str]:
    """The answer's sentences, the main one first."""
    if ground.rows_total == 0:
        return [f"There are 0 rows in {ground.noun.table.en}."]
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
    times, having, where = split(ground.conditions)
    if fact is not None and fact.measure:
        shape = ground.field(fact.measure)
        if shape is not None:
            return begin(scope(ground), f"the {shape.phrase.en} is not known for any group.")
    if ground.keeps and ground.rows_used != 0:
        return begin("", f"no groups were found {keeps(ground)}.".replace("among groups ", ""))
    lead = f"{times[0][0].upper()}{times[0][1:]}, " if times else ""
    return begin(lead, f"there are no {rows_named(ground, having, where)}.")


def _left_out(ground: FactSet, fact: Fact) -> str:
    shape = ground.field(fact.measure)
    number = int(fact.values["nulls"])
    label = shape.label.en if shape and shape.label.en else "value"
    verb = "is" if number == 1 else "are"
    return f"{number:,} {counted(ground, number)} without a known {label} {verb} left out."


# ---------------------------------------------------------------- one figure


def _values(ground: FactSet) -> str:
    row = ground.rows[0]
    figures = ground.figures
    if len(figures) == 1:
        return _value(ground, figures[0], row.get(figures[0].name))
    parts = []
    for shape in figures[:4]:
        value = row.get(shape.name)
        parts.append(
            f"the {shape.phrase.en} is not known"
            if value is None
            else f"the {shape.phrase.en} is {say(value, shape)}"
        )
    return begin(scope(ground), join(parts) + ".")


def _value(ground: FactSet, shape: Field, value: Any) -> str:
    times, having, where = split(ground.conditions)
    if value is None:
        rows = ground.rows_used or 0
        if rows == 0:
            return _empty(ground, None)
        return begin(scope(ground), f"the {shape.phrase.en} cannot be computed from the rows that match.")
    if shape.counted is not None and not ground.keeps:
        lead = f"{', '.join(times)[0].upper()}{', '.join(times)[1:]}, " if times else ""
        return begin(lead, _how_many(ground, int(value), having, where))
    shown = figure(value, shape, "en")
    if shape.fn == "corr":
        return begin(scope(ground), f"the {shape.phrase.en} is {shown.text}, {_strength(float(value))}.")
    about = "about " if shown.rounded else ""
    exact = ""
    if shown.rounded and "illion" in shown.text:
        whole = figure(value, shape, "en", exact=True)
        exact = f" (exactly {whole.text})" if not whole.rounded else ""
    return begin(scope(ground), f"the {shape.phrase.en} is {about}{shown.text}{exact}.")


def _how_many(ground: FactSet, number: int, having: list[str], where: list[str]) -> str:
    named = rows_named(ground, having, where)
    if number == 0:
        return f"there are no {named}."
    if number == 1:
        return f"there is 1 {ground.noun.one}{named[len(ground.noun.many) :]}."
    place = ""
    if ground.noun.generic and not where and not having:
        place = f" in {ground.noun.table.en}"
    return f"there are {number:,} {named}{place}."


def _strength(r: float) -> str:
    size = abs(r)
    sign = "positive" if r > 0 else "negative"
    if size < 0.1:
        return "practically no linear association"
    word = (
        "very strong" if size >= 0.8 else "strong" if size >= 0.6 else "moderate" if size >= 0.4 else "weak"
    )
    return f"a {word} {sign} association"
