"""English sentences about results with breakdowns: rankings, shares, trends."""

from __future__ import annotations

from typing import Any

from datalect.answer.facts import compared_with, extreme_is_known, main_figure
from datalect.answer.formats import figure, group_name, percent
from datalect.answer.ground import FactSet, Field, on_calendar
from datalect.answer.labels import plural
from datalect.answer.model import Fact
from datalect.answer.pieces_en import begin, name_of, say, values_of
from datalect.answer.scope_en import join, scope
from datalect.data.model import Grain

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
    place = name_of(ground, focus)
    return begin(scope(ground), f"the {shape.phrase.en} for {place} is {say(value, shape)}.")


def _superlative(shape: Field, end: str) -> str:
    if shape.counted is not None and not shape.counted.generic:
        return f"the {'most' if end == 'max' else 'fewest'} {shape.counted.many}"
    return f"the {'highest' if end == 'max' else 'lowest'} {shape.phrase.en}"


def _ranking(ground: FactSet, shape: Field, group: Field, rank: Fact) -> list[str]:
    names = [name_of(ground, focus) for focus in rank.focus]
    values = values_of(rank)
    figures = [say(v, shape) for v in values]
    end = "min" if rank.values["dir"] == "asc" else "max"
    lead = scope(ground)
    if shape.fn == "share" or (ground.task in ("share", "composition") and _share(ground)):
        return _shares(ground, shape, rank, names)
    if len(names) == 1:
        if extreme_is_known(ground, shape, end) and ground.cut:
            return [f"{lead}{names[0]} has {_superlative(shape, end)}, {figures[0]}."]
        return [_for_one(ground, shape, rank.focus[0], values[0])]
    if len(names) == 2 and not ground.cut:
        return [lead + _two(shape, names, values, figures)]
    if not extreme_is_known(ground, shape, end):
        return [lead + _some(shape, names, figures)]
    tied = sum(1 for v in values if v == values[0])
    if tied == len(values) and not ground.cut:
        return [
            begin(lead, f"all {len(names):,} {_groups(group)} have the same {shape.phrase.en}, {figures[0]}.")
        ]
    if tied == len(values):
        each = "each " if tied > 1 else ""
        more = f"; groups beyond the first {tied} may have the same figure"
        return [f"{lead}{join(names[:_NAMED])} {each}have {_superlative(shape, end)}, {figures[0]}{more}."]
    if tied > 1:
        said = [lead + _tie(shape, group, names[:tied], figures[0], end)]
    elif ground.cut and 2 <= len(names) <= _NAMED and not ground.keeps:
        pairs = [f"{n} ({f})" for n, f in zip(names, figures, strict=True)]
        head = f"the {len(names)} {_groups(group)} with {_superlative(shape, end)} are {join(pairs)}."
        return [begin(lead, head)]
    else:
        follow = [f"{n} ({f})" for n, f in zip(names[1:3], figures[1:3], strict=True)]
        head = f"{names[0]} has {_superlative(shape, end)}, {figures[0]}"
        said = [f"{lead}{head}, followed by {join(follow)}."]
    if not ground.cut and tied < len(names) and (len(names) > 3 or tied > 1):
        said.append(_last(names, values, figures, group))
    return said


def _groups(group: Field) -> str:
    return plural(group.label.en)


def _two(shape: Field, names: list[str], values: tuple[Any, ...], figures: list[str]) -> str:
    if values[0] == values[1]:
        return f"{names[0]} and {names[1]} have the same {shape.phrase.en}, {figures[0]} each."
    high = 0 if values[0] > values[1] else 1
    low = 1 - high
    gap = _gap(shape, abs(values[0] - values[1]))
    return (
        f"{names[high]} has a higher {shape.phrase.en} ({figures[high]}) than {names[low]} ({figures[low]}), "
        f"a difference of {gap}."
    )


def _gap(shape: Field, difference: Any) -> str:
    if shape.percent:
        points = percent(float(difference) * shape.percent).text.removesuffix("%")
        return f"{points} percentage point{'' if points == '1' else 's'}"
    return say(difference, shape)


def _some(shape: Field, names: list[str], figures: list[str]) -> str:
    pairs = [f"{n} ({f})" for n, f in zip(names[:_NAMED], figures, strict=False)]
    first = f"the {shape.phrase.en} of some groups: "
    return f"{first[0].upper()}{first[1:]}{join(pairs)}."


def _tie(shape: Field, group: Field, names: list[str], shown: str, end: str) -> str:
    if len(names) <= _TIED:
        return f"{join(names)} are tied for {_superlative(shape, end)}, {shown} each."
    return f"{len(names):,} {_groups(group)} are tied for {_superlative(shape, end)}, {shown} each."


def _last(names: list[str], values: tuple[Any, ...], figures: list[str], group: Field) -> str:
    lowest = values[-1]
    word = "lowest" if values[-1] < values[0] else "highest"
    same = [n for n, v in zip(names, values, strict=True) if v == lowest]
    if len(same) > _TIED:
        return f"The {word} figure, {figures[-1]}, is shared by {len(same):,} {_groups(group)}."
    verb = "is" if len(same) == 1 else "are"
    return f"The {word} {verb} {join(same)} ({figures[-1]}{' each' if len(same) > 1 else ''})."


def _share(ground: FactSet) -> Fact | None:
    return next((f for f in ground.items if f.type == "share"), None)


def _whole(ground: FactSet, shape: Field) -> str:
    base = ground.field(shape.of) if shape.of else shape
    if base is None:
        return "the total"
    if base.counted is not None:
        return f"all {base.counted.many}"
    return f"the {base.phrase.en}"


def _shares(ground: FactSet, shape: Field, rank: Fact, names: list[str]) -> list[str]:
    if shape.fn == "share":
        shares = [figure(v, shape, "en").text for v in values_of(rank)]
    else:
        fact = _share(ground)
        total = fact.values["total"] if fact else 1
        shares = [percent(v / total * 100).text for v in values_of(rank)]
    lead = scope(ground)
    head = f"{names[0]} accounts for {shares[0]} of {_whole(ground, shape)}"
    if len(names) == 1:
        return [f"{lead}{head}."]
    follow = [f"{n} ({s})" for n, s in zip(names[1:3], shares[1:3], strict=True)]
    if rank.values["dir"] == "asc":
        return [f"{lead}{head}, the smallest share, followed by {join(follow)}."]
    if len(set(values_of(rank))) == 1:
        return [f"{lead}{join(names[:_NAMED])} each account for {shares[0]} of {_whole(ground, shape)}."]
    return [f"{lead}{head}, followed by {join(follow)}."]


# ---------------------------------------------------------------- over time


def _trend(ground: FactSet, shape: Field, fact: Fact) -> list[str]:
    first, last = (when(focus[0][1], ground.groups[0]) for focus in fact.focus)
    start, end = fact.values["first"], fact.values["last"]
    lead = scope(ground, time=False)
    subject = f"the {shape.phrase.en}"
    if fact.values["direction"] == "flat":
        head = f"{subject} was the same {first} and {last}, {say(start, shape)}."
    else:
        verb = "rose" if fact.values["direction"] == "up" else "fell"
        change = fact.values.get("change")
        sign = "up" if verb == "rose" else "down"
        by = f", {sign} {percent(abs(change) * 100).text}" if change is not None else ""
        head = f"{subject} {verb} from {say(start, shape)} {first} to {say(end, shape)} {last}{by}."
    said = [begin(lead, head)]
    if len(ground.rows) > 2:
        said += _peaks(ground, shape)
    return said


def when(value: Any, shape: Field) -> str:
    """A moment with its preposition: "in March 2024", "on 4 March 2024"."""
    text = group_name(value, shape, "en")
    fine = shape.grain in (None, Grain.DAY, Grain.HOUR, Grain.MINUTE, Grain.SECOND)
    return f"on {text}" if fine and shape.kind == "date" else f"in {text}"


def _peaks(ground: FactSet, shape: Field) -> list[str]:
    parts = []
    for fact in ground.items:
        if fact.type == "extreme" and len(fact.focus) == 1:
            word = "highest" if fact.values["end"] == "max" else "lowest"
            parts.append(
                f"{word} {when(fact.focus[0][0][1], ground.groups[0])} ({say(fact.values['value'], shape)})"
            )
    return [f"It was {join(parts)}."] if parts else []


def _growth(ground: FactSet, shape: Field, group: Field) -> list[str]:
    base = ground.field(shape.of)
    rows = [r for r in ground.rows if r.get(shape.name) is not None and r.get(group.name) is not None]
    rows.sort(key=lambda r: r[group.name])
    last = rows[-1]
    place = when(last[group.name], group)
    change = last[shape.name]
    earlier = compared_with(ground, shape, group, last)
    before = "" if earlier is None else f" on {group_name(earlier, group, 'en')}"
    subject = base.phrase.en if base else shape.label.en
    amount = figure(abs(change), shape, "en").text
    if change == 0:
        moved = f"unchanged{before.replace(' on ', ' from ', 1)}"
    else:
        moved = f"{'up' if change > 0 else 'down'} {amount}{before}"
    value = f" was {say(last[base.name], base)}," if base else " was"
    head = f"{place} the {subject}{value} {moved}."
    said = [begin(scope(ground, time=False), head)]
    if len(rows) > 2:
        said += _swings(shape, group, rows)
    return said


def _swings(shape: Field, group: Field, rows: list[Any]) -> list[str]:
    parts = []
    best = max(rows, key=lambda r: r[shape.name])
    worst = min(rows, key=lambda r: r[shape.name])
    if best[shape.name] > 0:
        parts.append(
            f"the largest rise was {figure(best[shape.name], shape, 'en').text} "
            f"{when(best[group.name], group)}"
        )
    if worst[shape.name] < 0:
        parts.append(
            f"the largest fall was {figure(abs(worst[shape.name]), shape, 'en').text} "
            f"{when(worst[group.name], group)}"
        )
    return [begin("", join(parts) + ".")] if parts else []


def _distribution(ground: FactSet, shape: Field, fact: Fact) -> str:
    group = ground.groups[0]
    place = name_of(ground, fact.focus[0])
    part = ""
    if "share" in fact.values:
        part = f" ({percent(fact.values['share'] * 100).text})"
    what = (
        f"{say(fact.values['value'], shape)} {ground.noun.many}"
        if shape.counted is not None
        else f"{shape.phrase.en} {say(fact.values['value'], shape)}"
    )
    if shape.counted is None:
        return begin(
            scope(ground), f"the highest {shape.phrase.en} is {say(fact.values['value'], shape)}, "
            f"for {group.label.en} {place}.",
        )  # fmt: skip
    return begin(scope(ground), f"the most common range of {group.label.en} is {place}, with {what}{part}.")


# ---------------------------------------------------------------- two breakdowns


def two_breakdowns(ground: FactSet) -> list[str]:
    """Sentences about groups of two breakdowns."""
    shape = main_figure(ground)
    if shape is None:
        return []
    parts: list[str] = []
    for fact in ground.items:
        if fact.type == "extreme" and len(fact.focus) == 1:
            word = "highest" if fact.values["end"] == "max" else "lowest"
            subject = f"the {word} {shape.phrase.en}" if not parts else f"the {word}"
            parts.append(
                f"{subject} is {say(fact.values['value'], shape)}, for {_cell(ground, fact.focus[0])}"
            )
    if parts:
        return [begin(scope(ground), "; ".join(parts) + ".")]
    return [begin(scope(ground), f"the {shape.phrase.en} is given for {len(ground.rows):,} groups.")]


def _cell(ground: FactSet, focus: Any) -> str:
    shapes = [ground.field(name) for name, _ in focus]
    named = [(s, group_name(v, s, "en")) for s, (_, v) in zip(shapes, focus, strict=True) if s]
    plain = [text for shape, text in named if not on_calendar(shape)]
    times = [text for shape, text in named if on_calendar(shape)]
    return " in ".join([" and ".join(plain), *times]) if plain else " and ".join(times)
