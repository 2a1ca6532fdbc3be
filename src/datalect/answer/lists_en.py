"""English sentences about row lists and distinct groups."""

from __future__ import annotations

from typing import Any

from datalect.answer.dates import date_text
from datalect.answer.facts import list_name
from datalect.answer.formats import figure, group_name
from datalect.answer.ground import FactSet, Field
from datalect.answer.labels import plural, singular
from datalect.answer.pieces_en import begin, counted, fallback
from datalect.answer.scope_en import join, scope

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
            f"the {f.label.en} is {_cell_text(row.get(f.name), f)}"
            for f in shown
            if row.get(f.name) is not None
        ]
        return begin(lead, join(parts) + ".") if parts else fallback(ground)
    number = len(rows)
    if ground.truncated or (ground.cut and ground.rows_used is not None and ground.rows_used > number):
        used = f" of {ground.rows_used:,}" if ground.rows_used else ""
        return begin(lead, f"the table lists {number:,}{used} {ground.noun.many}.")
    return begin(lead, f"there {'is' if number == 1 else 'are'} {number:,} {counted(ground, number)}.")


def _cell_text(value: Any, shape: Field) -> str:
    if shape.kind == "number":
        return figure(value, shape, "en").text
    if shape.kind == "boolean":
        return "true" if value else "false"
    if shape.kind == "date":
        return date_text(value, shape.grain, "en")
    return group_name(value, shape, "en")


def _top_rows(ground: FactSet, key: Field, name: Field | None) -> str:
    rows = ground.rows
    word = "highest" if ground.order[0][1] == "desc" else "lowest"
    if key.kind == "date":
        word = "latest" if ground.order[0][1] == "desc" else "earliest"
    lead = scope(ground)
    if name is None:
        first, last = (_cell_text(row.get(key.name), key) for row in (rows[0], rows[-1]))
        if len(rows) == 1:
            return begin(lead, f"the {word} {key.label.en} is {first}.")
        return begin(
            lead,
            f"the {len(rows):,} {ground.noun.many} with the {word} {key.label.en} "
            f"run from {first} to {last}.",
        )
    pairs = [
        f"{group_name(row.get(name.name), name, 'en')} ({_cell_text(row.get(key.name), key)})"
        for row in rows[:_NAMED]
    ]
    if not name.naming:  # rows of a kind, not things with a name
        kind = name.label.en
        if len(rows) == 1:
            value = _cell_text(rows[0].get(key.name), key)
            place = group_name(rows[0].get(name.name), name, "en")
            return begin(lead, f"the {word} {key.label.en} is {value}, for {kind} {place}.")
        listed = join(pairs) if len(rows) <= _NAMED else join(pairs[:3])
        first = "" if len(rows) <= _NAMED else "first "
        said = f"the {len(rows):,} {ground.noun.many} with the {word} {key.label.en}"
        return begin(lead, f"{said} have {first}{kind} {listed}.")
    if len(rows) == 1:
        return begin(lead, f"the {ground.noun.one} with the {word} {key.label.en} is {pairs[0]}.")
    if len(rows) <= _NAMED:
        return begin(
            lead, f"the {len(rows):,} {ground.noun.many} with the {word} {key.label.en} are {join(pairs)}."
        )
    return begin(
        lead,
        f"of the {len(rows):,} {ground.noun.many} with the {word} {key.label.en}, "
        f"the first are {join(pairs[:3])}.",
    )


def _one_column(ground: FactSet, shape: Field) -> str:
    cells = [_cell_text(r.get(shape.name), shape) for r in ground.rows if r.get(shape.name) is not None]
    lead = scope(ground)
    if not cells:
        return begin(lead, f"the {shape.label.en} is not known.")
    unique = list(dict.fromkeys(cells))
    if len(unique) == 1:
        return begin(lead, f"the {singular(shape.label.en)} is {unique[0]}.")
    if len(unique) <= _LISTED and not ground.truncated:
        return begin(lead, f"the {plural(shape.label.en)} are {join(unique)}.")
    return begin(lead, f"the table lists {len(cells):,} {plural(shape.label.en)}.")


def _distinct_groups(ground: FactSet) -> str:
    lead = scope(ground)
    number = len(ground.rows)
    if len(ground.groups) > 1 or ground.truncated:
        return begin(lead, f"the table lists {number:,} groups.")
    group = ground.groups[0]
    names = [group_name(row.get(group.name), group, "en") for row in ground.rows]
    if number == 1:
        return begin(lead, f"the only {singular(group.label.en)} is {names[0]}.")
    if number <= _LISTED:
        return begin(lead, f"there are {number} different {plural(group.label.en)}: {join(names)}.")
    return begin(lead, f"there are {number:,} different {plural(group.label.en)}.")
