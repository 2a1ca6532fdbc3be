"""What an answer is restricted to, in English: filters and time."""

from __future__ import annotations

from typing import Any

from datalect.answer.dates import period_text
from datalect.answer.formats import figure, group_name, name_text
from datalect.answer.ground import Condition, FactSet, Field, Words

_COMPARE = {"<": "below", "<=": "at most", ">": "above", ">=": "at least"}
_COMPARE_DATE = {"<": "before", "<=": "no later than", ">": "after", ">=": "no earlier than"}
_COUNTED = {
    "=": "exactly",
    "!=": "other than",
    "<": "fewer than",
    "<=": "at most",
    ">": "more than",
    ">=": "at least",
}


def join(parts: list[str], word: str = "and") -> str:
    """A list as English writes it: "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def scope(ground: FactSet, *, time: bool = True) -> str:
    """Time and filters before a sentence: "In 2013, among flights where origin is JFK, ", or "".

    Args:
        ground: the facts.
        time: whether to name the time; a sentence about a course of time names its ends anyway.
    """
    times, having, where = split(ground.conditions)
    lead = ", ".join(times) if time else ""
    among = ""
    if having or where:
        among = f"among {rows_named(ground, having, where)}"
    groups = keeps(ground)
    whole = ", ".join(part for part in (lead, among, groups) if part)
    return f"{whole[0].upper()}{whole[1:]}, " if whole else ""


def rows_named(ground: FactSet, having: list[str], where: list[str]) -> str:
    """The rows asked about with their filters: "flights with orders where origin is JFK"."""
    text = ground.noun.many
    if having:
        text += " " + join(having)
    if where:
        text += " where " + " and ".join(where)
    return text


def keeps(ground: FactSet) -> str:
    """Filters on groups: "counting only carriers with total sales above 100"."""
    if not ground.keeps:
        return ""
    parts = [f"{c.label.en} {_comparison(c).removeprefix('is ')}" for c in ground.keeps]
    return f"among groups with {join(parts)}"


def split(conditions: tuple[Condition, ...]) -> tuple[list[str], list[str], list[str]]:
    """Filters as adverbials of time, as "with orders" phrases and as clauses after "where"."""
    times = [time_phrase(c) for c in conditions if c.op == "time" and not c.negated]
    having = [_has(c) for c in conditions if c.op.startswith("has")]
    where = [clause(c) for c in conditions if not c.op.startswith("has") and (c.op != "time" or c.negated)]
    named = [c for c in conditions if c.op == "time" and not c.negated]
    if len({c.label.en for c in named}) > 1:  # two time columns: say which is which
        times = [f"with {c.label.en} {t}" for c, t in zip(named, times, strict=True)]
    return [t for t in times if t], having, where


def time_phrase(condition: Condition) -> str:
    """A time filter: "in March 2024"."""
    return period_text(condition.period, "en") if condition.period else ""


def clause(condition: Condition) -> str:
    """One filter as a clause: "origin is JFK"."""
    if condition.op == "any":
        inner = " or ".join(part(member) for member in condition.parts)
        return f"it is not true that {inner}" if condition.negated else f"({inner})"
    if condition.op == "time":
        return f"{condition.label.en} is not {time_phrase(condition)}"
    return f"{condition.label.en} {_comparison(condition)}"


def part(condition: Condition) -> str:
    """A filter as a clause, filters on time and on partner rows included."""
    if condition.op == "time" and not condition.negated:
        return f"{condition.label.en} is {time_phrase(condition)}"
    if condition.op.startswith("has"):
        return f"there are rows {_has(condition)}"
    return clause(condition)


def _comparison(c: Condition) -> str:
    op, negated = c.op, c.negated
    values = [value_text(v, c) for v in c.values]
    if op == "null":
        return "is known" if negated else "is missing"
    if c.other is not None:
        target = c.other.en if c.other.en.startswith("the ") else f"the {c.other.en}"
        table = _COMPARE_DATE if c.kind == "date" else _COMPARE
        word = {"=": "equals", "!=": "is not"}.get(op) or f"is {table[op]}"
        return f"does not fit: {word} {target}" if negated else f"{word} {target}"
    if op in ("=", "!="):
        is_not = (op == "!=") != negated
        return f"{'is not' if is_not else 'is'} {values[0]}"
    if op == "in":
        return f"is none of {join(values, 'and')}" if negated else f"is {join(values, 'or')}"
    if op == "between":
        return f"is {'not ' if negated else ''}between {values[0]} and {values[1]}"
    if op in ("contains", "starts", "ends"):
        quoted = f"“{c.values[0]}”"
        if negated:
            return {
                "contains": "does not contain",
                "starts": "does not start with",
                "ends": "does not end with",
            }[op] + f" {quoted}"
        return {"contains": "contains", "starts": "starts with", "ends": "ends with"}[op] + f" {quoted}"
    table = _COMPARE_DATE if c.kind == "date" else _COMPARE
    return f"is {'not ' if negated else ''}{table[op]} {values[0]}"


def value_text(value: Any, condition: Condition) -> str:
    """A constant of a filter."""
    shape = condition.shape or _plain(condition.label)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return name_text(value, "en")
    if shape.kind == "date":
        return group_name(value, shape, "en")
    return figure(value, shape, "en", exact=True).text


def _plain(label: Words) -> Field:
    return Field(name="", role="list", kind="number", label=label, phrase=label)


def _has(c: Condition) -> str:
    inner = [part(member) for member in c.parts]
    where = f" where {' and '.join(inner)}" if inner else ""
    if c.op != "has":
        number = f"{c.values[0]:,}" if isinstance(c.values[0], int) else f"{c.values[0]:g}"
        return f"{'without' if c.negated else 'with'} {_COUNTED[c.op[3:]]} {number} {c.label.en}{where}"
    return f"{'without' if c.negated else 'with'} {c.label.en}{where}"
