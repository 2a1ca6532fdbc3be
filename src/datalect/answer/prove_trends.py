"""Words of change over time in a sentence are borne out by the figures: rose, fell, 增长, 下降."""

from __future__ import annotations

from datalect.answer.figures import CHANGES
from datalect.answer.formats import plain_number
from datalect.answer.ground import Field, on_calendar
from datalect.answer.mentions import Mention
from datalect.answer.reading import Point, Reading
from datalect.answer.segments import rows_of


def direction_holds(reading: Reading, index: int, mention: Mention, kind: str) -> bool:
    """Whether the figures went ``up`` or ``down`` where a word at this place says so."""
    segment = reading.segments[index]
    sign = 1 if kind == "up" else -1
    shapes = reading.main(index)
    if {"max", "min"} & segment.kinds() and any(f.fn in CHANGES for f in shapes):
        return True  # "the largest fall": proven as a superlative
    time = next((f for f in reading.ground.groups if on_calendar(f)), None)
    if time is None:
        return any(f.fn in CHANGES for f in reading.ground.figures) and _step_sign(
            reading, index, mention, sign
        )
    points = sorted(reading.points, key=lambda p: abs(p.at - mention.start))
    timed = [p for p in points if p.context.get(time.name) is not None]
    pair = _pair(timed, time)
    for shape in shapes:
        if shape.fn in CHANGES:
            continue
        if pair is not None:
            a, b = pair[0].value(shape), pair[1].value(shape)
            if a is not None and b is not None:
                return (b - a) * sign > 0
        ends = _ends(reading, shape, time)
        if not timed and ends is not None:
            return (ends[1] - ends[0]) * sign > 0
    if len(timed) >= 1:
        return _step_sign(reading, index, mention, sign) or _previous(reading, timed[0], time, shapes, sign)
    return _step_sign(reading, index, mention, sign)


def _pair(timed: list[Point], time: Field) -> tuple[Point, Point] | None:
    """The two moments nearest to a word of direction, in order of time, of the same group."""
    for other in timed[1:]:
        first, second = timed[0], other
        rest = {k: v for k, v in first.context.items() if k != time.name}
        if second.context[time.name] != first.context[time.name] and all(
            second.context.get(k, v) == v for k, v in rest.items()
        ):
            if first.context[time.name] > second.context[time.name]:
                first, second = second, first
            return first, second
    return None


def _ends(reading: Reading, shape: Field, time: Field) -> tuple[float, float] | None:
    if len(reading.ground.groups) != 1:
        return None
    known = sorted(
        ((r[time.name], v) for r, v in reading.known(shape) if r.get(time.name) is not None),
        key=lambda p: p[0],
    )
    return (known[0][1], known[-1][1]) if len(known) > 1 else None


def _step_sign(reading: Reading, index: int, mention: Mention, sign: int) -> bool:
    """The sign of a computed change, of the group the word stands with."""
    context = reading.context_of(index, mention)
    rows = rows_of(reading.ground, context)
    for shape in reading.ground.figures:
        if shape.fn in CHANGES and len(rows) == 1:
            value = plain_number(rows[0].get(shape.name))
            if value is not None:
                return float(value) * sign > 0
    return False


def _previous(reading: Reading, point: Point, time: Field, shapes: list[Field], sign: int) -> bool:
    """Against the moment before, where only one moment is named."""
    here = point.context[time.name]
    rest = {k: v for k, v in point.context.items() if k != time.name}
    earlier = [
        r for r in rows_of(reading.ground, rest) if r.get(time.name) is not None and r[time.name] < here
    ]
    if not earlier:
        return False
    row = max(earlier, key=lambda r: r[time.name])
    for shape in shapes:
        a, b = plain_number(row.get(shape.name)), point.value(shape)
        if a is not None and b is not None:
            return (b - float(a)) * sign > 0
    return False
