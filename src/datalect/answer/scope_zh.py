"""What an answer is restricted to, in Chinese: filters and time."""

from __future__ import annotations

from typing import Any

from datalect.answer.dates import period_text
from datalect.answer.formats import figure, group_name, name_text
from datalect.answer.ground import Condition, FactSet, Field

_COMPARE = {"<": "低于", "<=": "不超过", ">": "高于", ">=": "不低于"}
_COMPARE_DATE = {"<": "早于", "<=": "不晚于", ">": "晚于", ">=": "不早于"}
_COUNTED = {"=": "恰好", "!=": "不是", "<": "少于", "<=": "至多", ">": "超过", ">=": "至少"}


def join(parts: list[str], word: str = "和") -> str:
    """A list as Chinese writes it: 甲、乙和丙."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{'、'.join(parts[:-1])}{word}{parts[-1]}"


def scope(ground: FactSet, *, time: bool = True) -> str:
    """Time and filters before a sentence: 2013年，origin为JFK的记录中.

    Args:
        ground: the facts.
        time: whether to name the time; a sentence about a course of time names its ends anyway.
    """
    times, where = split(ground.conditions)
    parts = list(times) if time else []
    if where:
        parts.append(f"{'且'.join(where)}的{ground.noun.zh}中")
    if ground.keeps:
        parts.append(f"{keeps(ground)}的分组中")
    return "".join(f"{part}，" for part in parts)


def keeps(ground: FactSet) -> str:
    """Filters on groups: 总金额高于100."""
    return "且".join(f"{c.label.zh}{_comparison(c)}" for c in ground.keeps)


def split(conditions: tuple[Condition, ...]) -> tuple[list[str], list[str]]:
    """Filters as adverbials of time and as clauses."""
    named = [c for c in conditions if c.op == "time" and not c.negated]
    times = [time_phrase(c) for c in named]
    if len({c.label.zh for c in named}) > 1:
        times = [f"{c.label.zh}为{t}" for c, t in zip(named, times, strict=True)]
    where = [clause(c) for c in conditions if c.op != "time" or c.negated]
    return [t for t in times if t], where


def time_phrase(condition: Condition) -> str:
    """A time filter: 2024年3月."""
    return period_text(condition.period, "zh") if condition.period else ""


def clause(condition: Condition) -> str:
    """One filter as a clause: origin为JFK."""
    if condition.op == "any":
        inner = "或".join(part(member) for member in condition.parts)
        return f"并非（{inner}）" if condition.negated else f"（{inner}）"
    if condition.op == "time":
        return f"{condition.label.zh}不是{time_phrase(condition)}"
    if condition.op.startswith("has"):
        return _has(condition)
    return f"{condition.label.zh}{_comparison(condition)}"


def part(condition: Condition) -> str:
    """A filter as a clause, filters on time and on partner rows included."""
    if condition.op == "time" and not condition.negated:
        return f"{condition.label.zh}为{time_phrase(condition)}"
    return clause(condition)


def _comparison(c: Condition) -> str:
    op, negated = c.op, c.negated
    values = [value_text(v, c) for v in c.values]
    if op == "null":
        return "不缺失" if negated else "缺失"
    if c.other is not None:
        table = _COMPARE_DATE if c.kind == "date" else _COMPARE
        word = {"=": "等于", "!=": "不等于"}.get(op) or table[op]
        return f"{'并非' if negated else ''}{word}{c.other.zh}"
    if op in ("=", "!="):
        return f"{'不是' if (op == '!=') != negated else '为'}{values[0]}"
    if op == "in":
        return f"{'不是' if negated else '为'}{join(values, '或')}"
    if op == "between":
        return f"{'不' if negated else ''}在{values[0]}至{values[1]}之间"
    if op in ("contains", "starts", "ends"):
        text = f"“{c.values[0]}”"
        form = {"contains": "包含{}", "starts": "以{}开头", "ends": "以{}结尾"}[op].format(text)
        return f"不{form}" if negated else form
    table = _COMPARE_DATE if c.kind == "date" else _COMPARE
    return f"{'并非' if negated else ''}{table[op]}{values[0]}"


def value_text(value: Any, condition: Condition) -> str:
    """A constant of a filter."""
    shape = condition.shape or Field(
        name="", role="list", kind="number", label=condition.label, phrase=condition.label
    )
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, str):
        return name_text(value, "zh")
    if shape.kind == "date":
        return group_name(value, shape, "zh")
    return figure(value, shape, "zh", exact=True).text


def _has(c: Condition) -> str:
    inner = [part(member) for member in c.parts]
    which = f"{'且'.join(inner)}的" if inner else ""
    have = "没有" if c.negated else "有"
    if c.op != "has":
        number = f"{c.values[0]:,}" if isinstance(c.values[0], int) else f"{c.values[0]:g}"
        return f"{have}{_COUNTED[c.op[3:]]}{number}条{which}{c.label.zh}"
    return f"{have}{which}{c.label.zh}"
