"""Chinese sentences about results with breakdowns: rankings, shares, trends."""

from __future__ import annotations

from typing import Any

from datalect.answer.facts import compared_with, extreme_is_known, main_figure
from datalect.answer.formats import figure, group_name, percent
from datalect.answer.ground import FactSet, Field, on_calendar
from datalect.answer.model import Fact
from datalect.answer.pieces_zh import name_of, say
from datalect.answer.scope_zh import join, scope

_NAMED = 5  # groups named one by one
_TIED = 3


def one_breakdown(ground: FactSet) -> list[str]:
    """Sentences about groups of one breakdown."""
    shape = main_figure(ground)
    if shape is None:
        return []
    group = ground.groups[0]
    facts = {f.type: f for f in reversed(ground.items)}
    if "growth" in facts:
        return _growth(ground, shape, group)
    if "trend" in facts:
        return _trend(ground, shape, facts["trend"])
    if "distribution" in facts:
        return [_distribution(ground, shape, facts["distribution"])]
    if "rank" in facts:
        return _ranking(ground, shape, group, facts["rank"])
    only = ground.items[0]
    return [_for_one(ground, shape, only.focus[0], only.values["value"])] if only.focus else []


def _for_one(ground: FactSet, shape: Field, focus: Any, value: Any) -> str:
    return f"{scope(ground)}{name_of(ground, focus)}的{shape.phrase.zh}为{say(value, shape)}。"


def _word(shape: Field, end: str) -> str:
    if shape.fn in ("count", "distinct"):
        return "最多" if end == "max" else "最少"
    return "最高" if end == "max" else "最低"


def _ranking(ground: FactSet, shape: Field, group: Field, rank: Fact) -> list[str]:
    names = [name_of(ground, focus) for focus in rank.focus]
    values = tuple(rank.values["values"])
    figures = [say(v, shape) for v in values]
    end = "min" if rank.values["dir"] == "asc" else "max"
    lead = scope(ground)
    phrase = shape.phrase.zh
    if shape.fn == "share" or (ground.task in ("share", "composition") and _share(ground)):
        return _shares(ground, shape, rank, names)
    if len(names) == 1:
        if extreme_is_known(ground, shape, end) and ground.cut:
            return [f"{lead}{names[0]}的{phrase}{_word(shape, end)}，为{figures[0]}。"]
        return [_for_one(ground, shape, rank.focus[0], values[0])]
    if len(names) == 2 and not ground.cut:
        return [lead + _two(shape, names, values, figures)]
    if not extreme_is_known(ground, shape, end):
        pairs = [f"{n}（{f}）" for n, f in zip(names[:_NAMED], figures, strict=False)]
        return [f"{lead}部分分组的{phrase}：{join(pairs)}。"]
    tied = sum(1 for v in values if v == values[0])
    if tied == len(values) and not ground.cut:
        return [f"{lead}全部{len(names):,}个{group.label.zh}的{phrase}相同，均为{figures[0]}。"]
    if tied == len(values):
        more = f"；前{tied}个之后可能还有相同的分组"
        return [f"{lead}{join(names[:_NAMED])}的{phrase}并列{_word(shape, end)}，均为{figures[0]}{more}。"]
    if tied > 1:
        who = join(names[:tied]) if tied <= _TIED else f"{tied:,}个{group.label.zh}"
        said = [f"{lead}{who}的{phrase}并列{_word(shape, end)}，均为{figures[0]}。"]
    elif ground.cut and 2 <= len(names) <= _NAMED and not ground.keeps:
        pairs = [f"{n}（{f}）" for n, f in zip(names, figures, strict=True)]
        said = [f"{lead}{phrase}{_word(shape, end)}的{len(names)}个{group.label.zh}是{join(pairs)}。"]
    else:
        follow = [f"{n}（{f}）" for n, f in zip(names[1:3], figures[1:3], strict=True)]
        said = [f"{lead}{names[0]}的{phrase}{_word(shape, end)}，为{figures[0]}，其次是{join(follow)}。"]
    if not ground.cut and tied < len(names) and (len(names) > 3 or tied > 1):
        said.append(_last(shape, names, values, figures, group))
    return said


def _two(shape: Field, names: list[str], values: tuple[Any, ...], figures: list[str]) -> str:
    phrase = shape.phrase.zh
    if values[0] == values[1]:
        return f"{names[0]}和{names[1]}的{phrase}相同，均为{figures[0]}。"
    high = 0 if values[0] > values[1] else 1
    low = 1 - high
    gap = abs(values[0] - values[1])
    if shape.percent:
        text = f"{percent(float(gap) * shape.percent).text.removesuffix('%')}个百分点"
    else:
        text = say(gap, shape)
    word = "多于" if shape.fn in ("count", "distinct") else "高于"
    return f"{names[high]}的{phrase}（{figures[high]}）{word}{names[low]}（{figures[low]}），相差{text}。"


def _last(shape: Field, names: list[str], values: tuple[Any, ...], figures: list[str], group: Field) -> str:
    word = _word(shape, "min" if values[-1] < values[0] else "max")
    same = [n for n, v in zip(names, values, strict=True) if v == values[-1]]
    if len(same) > _TIED:
        return f"并列{word}的有{len(same):,}个{group.label.zh}，均为{figures[-1]}。"
    each = "均为" if len(same) > 1 else ""
    return f"{word}的是{join(same)}（{each}{figures[-1]}）。"


def _share(ground: FactSet) -> Fact | None:
    return next((f for f in ground.items if f.type == "share"), None)


def _whole(ground: FactSet, shape: Field) -> str:
    base = ground.field(shape.of) if shape.of else shape
    if base is None:
        return "总体"
    return f"全部{base.counted.zh}" if base.counted is not None else base.phrase.zh


def _shares(ground: FactSet, shape: Field, rank: Fact, names: list[str]) -> list[str]:
    values = tuple(rank.values["values"])
    if shape.fn == "share":
        shares = [figure(v, shape, "zh").text for v in values]
    else:
        fact = _share(ground)
        total = fact.values["total"] if fact else 1
        shares = [percent(v / total * 100).text for v in values]
    lead = scope(ground)
    whole = _whole(ground, shape)
    if len(names) == 1:
        return [f"{lead}{names[0]}占{whole}的{shares[0]}。"]
    if len(set(values)) == 1:
        return [f"{lead}{join(names[:_NAMED])}各占{whole}的{shares[0]}。"]
    follow = [f"{n}（{s}）" for n, s in zip(names[1:3], shares[1:3], strict=True)]
    smallest = "，占比最低" if rank.values["dir"] == "asc" else ""
    return [f"{lead}{names[0]}占{whole}的{shares[0]}{smallest}，其次是{join(follow)}。"]


# ---------------------------------------------------------------- over time


def _trend(ground: FactSet, shape: Field, fact: Fact) -> list[str]:
    first, last = (name_of(ground, focus) for focus in fact.focus)
    start, end = fact.values["first"], fact.values["last"]
    lead = scope(ground, time=False)
    phrase = shape.phrase.zh
    if fact.values["direction"] == "flat":
        head = f"{first}和{last}的{phrase}相同，均为{say(start, shape)}。"
    else:
        up = fact.values["direction"] == "up"
        change = fact.values.get("change")
        by = f"，{'上升' if up else '下降'}{percent(abs(change) * 100).text}" if change is not None else ""
        head = (
            f"{phrase}从{first}的{say(start, shape)}{'增至' if up else '降至'}{last}的{say(end, shape)}{by}。"
        )
    said = [lead + head]
    if len(ground.rows) > 2:
        said += _peaks(ground, shape)
    return said


def _peaks(ground: FactSet, shape: Field) -> list[str]:
    parts = []
    for fact in ground.items:
        if fact.type == "extreme" and len(fact.focus) == 1:
            word = _word(shape, fact.values["end"])
            parts.append(f"{word}的是{name_of(ground, fact.focus[0])}（{say(fact.values['value'], shape)}）")
    return [f"{'，'.join(parts)}。"] if parts else []


def _growth(ground: FactSet, shape: Field, group: Field) -> list[str]:
    base = ground.field(shape.of)
    rows = [r for r in ground.rows if r.get(shape.name) is not None and r.get(group.name) is not None]
    rows.sort(key=lambda r: r[group.name])
    last = rows[-1]
    place = group_name(last[group.name], group, "zh")
    change = last[shape.name]
    subject = base.phrase.zh if base else shape.label.zh
    earlier = compared_with(ground, shape, group, last)
    before = "" if earlier is None else group_name(earlier, group, "zh")
    amount = figure(abs(change), shape, "zh").text
    if change == 0:
        moved = f"与{before}持平" if before else "没有变化"
    else:
        moved = f"{f'比{before}' if before else ''}{'上升' if change > 0 else '下降'}{amount}"
    value = f"为{say(last[base.name], base)}，" if base else ""
    said = [f"{scope(ground, time=False)}{place}的{subject}{value}{moved}。"]
    if len(rows) > 2:
        said += _swings(shape, group, rows)
    return said


def _swings(shape: Field, group: Field, rows: list[Any]) -> list[str]:
    parts = []
    best = max(rows, key=lambda r: r[shape.name])
    worst = min(rows, key=lambda r: r[shape.name])
    if best[shape.name] > 0:
        shown = figure(best[shape.name], shape, "zh").text
        parts.append(f"最大升幅出现在{group_name(best[group.name], group, 'zh')}，为{shown}")
    if worst[shape.name] < 0:
        shown = figure(abs(worst[shape.name]), shape, "zh").text
        parts.append(f"最大降幅出现在{group_name(worst[group.name], group, 'zh')}，为{shown}")
    return ["；".join(parts) + "。"] if parts else []


def _distribution(ground: FactSet, shape: Field, fact: Fact) -> str:
    group = ground.groups[0]
    place = name_of(ground, fact.focus[0])
    value = say(fact.values["value"], shape)
    if shape.counted is None:
        return f"{scope(ground)}{shape.phrase.zh}最高的{group.label.zh}区间是{place}，为{value}。"
    part = f"（{percent(fact.values['share'] * 100).text}）" if "share" in fact.values else ""
    return f"{scope(ground)}{group.label.zh}最常见的区间是{place}，有{value}条{ground.noun.zh}{part}。"


# ---------------------------------------------------------------- two breakdowns


def two_breakdowns(ground: FactSet) -> list[str]:
    """Sentences about groups of two breakdowns."""
    shape = main_figure(ground)
    if shape is None:
        return []
    parts: list[str] = []
    for fact in ground.items:
        if fact.type == "extreme" and len(fact.focus) == 1:
            subject = "" if parts else shape.phrase.zh
            word = _word(shape, fact.values["end"])
            cell = _cell(ground, fact.focus[0])
            parts.append(f"{subject}{word}的是{cell}，为{say(fact.values['value'], shape)}")
    if parts:
        return [f"{scope(ground)}{'；'.join(parts)}。"]
    return [f"{scope(ground)}表中列出了{len(ground.rows):,}个分组的{shape.phrase.zh}。"]


def _cell(ground: FactSet, focus: Any) -> str:
    shapes = [ground.field(name) for name, _ in focus]
    named = [(s, group_name(v, s, "zh")) for s, (_, v) in zip(shapes, focus, strict=True) if s]
    times = [text for shape, text in named if on_calendar(shape)]
    plain = [text for shape, text in named if not on_calendar(shape)]
    return "的".join(["、".join(part) for part in (times, plain) if part])
