"""Each word of direction, order, aggregation, denial or cause in a sentence is borne out by the figures."""

from __future__ import annotations

from typing import Any

from datalect.answer.facts import extreme_is_known
from datalect.answer.figures import CHANGES
from datalect.answer.formats import plain_number
from datalect.answer.mentions import Mention
from datalect.answer.prove_trends import direction_holds
from datalect.answer.reading import AGGREGATES, Point, Reading

_STRENGTH = ((0.8, "very strong"), (0.6, "strong"), (0.4, "moderate"), (0.1, "weak"), (0.0, "none"))
_TEXT_OPS = ("contains", "starts", "ends")


def prove_claims(reading: Reading) -> None:
    """Note every claim in words that is not proven."""
    for mention in reading.mentions:
        if mention.kind == "unknown":
            reading.say(f"“{mention.text}” is not in the facts")
        elif "cause" in mention.kinds:
            reading.say(f"“{mention.text}” claims a cause")
    for index, segment in enumerate(reading.segments):
        for mention in segment.mentions:
            for kind in mention.kinds:
                if not _holds(reading, index, mention, kind):
                    reading.say(f"“{mention.text}” is not borne out by the figures")
                    break
    _lists(reading)
    _denials_said(reading)


def _denials_said(reading: Reading) -> None:
    """A filter that denies must be said with its denial: "is not JFK" may not become "is JFK"."""
    kinds = {k for m in reading.mentions for k in m.kinds}
    for condition in reading.conditions():
        if condition.op.startswith("has") and condition.negated and not kinds & {"no", "missing"}:
            if condition.label.in_(reading.language).casefold() in reading.sentence.casefold():
                reading.say("a filter that leaves something out is named as if it kept it")
        denies = condition.negated != (condition.op == "!=")
        if not denies or not all(isinstance(v, str) for v in condition.values) or not condition.values:
            continue
        constants = {("", v) for v in condition.values}
        places = [i for i, m in enumerate(reading.mentions) if m.refs & constants]
        if not places:
            continue
        around = reading.mentions[max(0, places[0] - 6) : places[-1] + 5]
        if not any("no" in m.kinds for m in around):
            reading.say("a filter that leaves something out is named as if it kept it")


def _holds(reading: Reading, index: int, mention: Mention, kind: str) -> bool:
    if kind in ("up", "down"):
        return direction_holds(reading, index, mention, kind)
    if kind in ("max", "min"):
        return _superlative(reading, index, mention, kind)
    if kind in ("more", "less"):
        return _comparison(reading, index, mention, kind)
    if kind in AGGREGATES:
        return _aggregate(reading, index, mention, kind)
    if kind == "no":
        return _denial(reading, index)
    if kind == "next":
        return _following(reading, index, mention)
    if kind in ("tie", "flat"):
        return _same(reading, index, mention, kind)
    if kind == "majority":
        return _majority(reading, index, mention)
    if kind in _TEXT_OPS:
        return any(c.op == kind for c in reading.conditions())
    if kind.startswith(("strength:", "sign:")) or kind == "corr":
        return _correlation(reading, kind)
    if kind == "missing":
        return (
            bool(reading.ground.nulls)
            or any(c.op == "null" and not c.negated for c in reading.conditions())
            or any(c.op.startswith("has") and c.negated for c in reading.conditions())
            or _has_gaps(reading)
        )
    if kind in ("over", "under"):
        return _bound_on_date(reading, mention, kind)
    if kind == "known":
        denied = {"missing", "no"} & reading.segments[index].kinds()
        return bool(denied) or not any(c.op == "null" and not c.negated for c in reading.conditions())
    if kind == "left out":
        used, total = reading.ground.rows_used, reading.ground.rows_total
        return bool(reading.ground.nulls) or used != total
    if kind == "share":
        return any(f.additive or f.percent or f.fn == "ratio" for f in reading.ground.figures)
    return True


def _has_gaps(reading: Reading) -> bool:
    cells = [row.get(f.name) for row in reading.ground.rows for f in reading.ground.fields]
    return not cells or any(c is None or c == "" for c in cells)


# ---------------------------------------------------------------- order among groups


def _bound_points(reading: Reading, index: int, mention: Mention) -> list[Point]:
    """The groups a superlative speaks of: in its own segment, else right after it, else before it."""
    segment = reading.segments[index]
    spans = [(m.start, m.end) for m in segment.mentions]
    own = [p for p in reading.points if spans and spans[0][0] <= p.at < spans[-1][1]]
    if own:
        # "JFK and LGA have the highest": names joined by "and" in the segments before belong to it too
        return [*_joined_before(reading, index), *own] if mention.start > own[0].at else own
    if index + 1 < len(reading.segments):
        after = reading.segments[index + 1]
        starts = after.mentions[0].start if after.mentions else -1
        ends = after.mentions[-1].end if after.mentions else -1
        points = [p for p in reading.points if starts <= p.at < ends]
        has_claim = {"max", "min"} & after.kinds()
        figures = [m for m in after.mentions if m.quantity is not None]
        leads = after.mark in (",", "，", "(", "（", ":", "：") or "next" not in after.opener
        if (
            points
            and not has_claim
            and leads
            and not figures
            and not {"than", "from", "to"} & set(after.opener)
        ):
            if not (segment.before and "next" in after.kinds()):
                return points
    before = [p for p in reading.points if spans and p.at < spans[0][0]]
    return before[-1:]


def _joined_before(reading: Reading, index: int) -> list[Point]:
    out: list[Point] = []
    at = index
    while at > 0:
        segment = reading.segments[at]
        joined = "and" in segment.opener or segment.mark in ("、", ",")
        previous = reading.segments[at - 1]
        plain = not any(m.quantity is not None or set(m.kinds) & {"max", "min"} for m in previous.mentions)
        if not (joined and plain and previous.own) or _is_scope(previous):
            break
        spans = (previous.mentions[0].start, previous.mentions[-1].end)
        out = [p for p in reading.points if spans[0] <= p.at < spans[1]] + out
        at -= 1
    return out


def _is_scope(segment: Any) -> bool:
    """Whether a segment only names filters: every group named in it is also a filter's constant."""
    named = [m for m in segment.mentions if m.refs]
    return bool(named) and all(any(f == "" for f, _ in m.refs) for m in named)


def _superlative(reading: Reading, index: int, mention: Mention, kind: str) -> bool:
    ground = reading.ground
    segment = reading.segments[index]
    if not ground.groups:
        return _single_superlative(reading, mention, kind)
    points = _bound_points(reading, index, mention)
    top = next(
        (m.quantity.value for m in segment.mentions if m.quantity is not None and m.quantity.value >= 1
         and m.quantity.step == 1 and not m.quantity.part and not m.quantity.ordinal), None,
    )  # fmt: skip
    ordinal = next(
        (m.quantity.value for m in segment.mentions if m.quantity is not None and m.quantity.ordinal), None
    )
    falls = "down" in segment.kinds()
    for shape in reading.main(index):
        if falls and shape.fn in CHANGES:
            kind = "min" if kind == "max" else "max"
        known = [v for _, v in reading.ranked(shape)]
        if not known or not extreme_is_known(ground, shape, kind):
            continue
        if ordinal is not None:
            return True  # the place itself is proven with the number
        best = max(known) if kind == "max" else min(known)
        if top is not None and top == len(known) and ground.cut:
            return True  # "the 5 carriers with the highest ...": all rows shown
        if top is not None and top > 1 and top < len(known) and len(points) != 1:
            limit = sorted(known, reverse=kind == "max")[int(top) - 1]
            values = [p.value(shape) for p in reading.points]
            return all(v is not None and (v >= limit if kind == "max" else v <= limit) for v in values)
        if points and all(p.value(shape) == best for p in points):
            return known.count(best) == 1 or _tie_said(reading, points, known.count(best))
        if not points and _says_extreme(reading, index):
            return True
        return False
    return False


def _tie_said(reading: Reading, points: list[Point], tied: int) -> bool:
    kinds = {k for m in reading.mentions for k in m.kinds}
    named = {tuple(sorted(map(str, p.context.items()))) for p in points}
    return len(named) >= tied or bool(kinds & {"tie", "each", "flat"})


def _says_extreme(reading: Reading, index: int) -> bool:
    """Without a group named, the figure itself is what is claimed; it is proven as a number."""
    segments = reading.segments[index : index + 2]
    return any(m.quantity is not None for s in segments for m in s.mentions)


def _single_superlative(reading: Reading, mention: Mention, kind: str) -> bool:
    ground = reading.ground
    if any(f.fn == kind for f in ground.figures):
        return True
    if ground.figures or not ground.order:
        return False
    direction = ground.order[0][1]
    return direction == ("desc" if kind == "max" else "asc")


def _comparison(reading: Reading, index: int, mention: Mention, kind: str) -> bool:
    at = reading.mentions.index(mention)
    compared = reading.language == "zh" and any("than" in m.kinds for m in reading.mentions[:at])
    if not compared and _number_follows(reading, mention):
        return True  # "more than 100": proven with the number
    before = [p for p in reading.points if p.at < mention.start]
    after = [p for p in reading.points if p.at > mention.start]
    than = [m for m in reading.mentions if "than" in m.kinds]
    shapes = reading.main(index)
    if than and than[-1].start < mention.start and reading.language == "zh":  # A 比 B 高
        first = [p for p in before if p.at < than[-1].start]
        second = [p for p in before if p.at > than[-1].start]
        one, other = (first[-1] if first else None), (second[0] if second else None)
    else:
        one, other = (before[-1] if before else None), (after[0] if after else None)
    if one is None and other is not None and len(after) > 1:
        one, other = after[1], after[0]
    if one is not None and other is None and len(reading.ground.rows) == 2 and shapes:
        rest = [r for r in reading.ground.rows if r not in one.rows]
        other = Point(0, {}, rest)
    if one is None or other is None:
        previous = reading.mentions[max(0, at - 1) : at]
        if any(c.other is not None or c.values for c in reading.conditions()):
            return _filter_word(reading, mention, kind)
        return bool(previous and previous[0].quantity is not None and previous[0].quantity.times)
    for shape in shapes:
        a, b = one.value(shape), other.value(shape)
        if a is not None and b is not None:
            return a > b if kind == "more" else a < b
    return _filter_word(reading, mention, kind)


def _filter_word(reading: Reading, mention: Mention, kind: str) -> bool:
    """The comparison a filter makes."""
    ops = (">", ">=") if kind == "more" else ("<", "<=")
    return any(
        c.op.removeprefix("has") in ops and (c.other is not None or c.kind == "date")
        for c in reading.conditions()
    )


def _number_follows(reading: Reading, mention: Mention) -> bool:
    at = reading.mentions.index(mention)
    for other in reading.mentions[at + 1 : at + 4]:
        if other.quantity is not None or other.date is not None:
            return other.date is None or _filter_word(
                reading, mention, "more" if "more" in mention.kinds else "less"
            )
        if "than" not in other.kinds and "about" not in other.kinds and other.kind != "stop":
            return False
    return False


def _bound_on_date(reading: Reading, mention: Mention, kind: str) -> bool:
    """A filter such as "no earlier than 2011"; bounds on numbers are proven with the number."""
    at = reading.mentions.index(mention)
    after = reading.mentions[at + 1 : at + 2]
    if not after or after[0].date is None or "to" in mention.kinds:
        return True
    ops = (">", ">=") if kind == "over" else ("<", "<=")
    dated = [c for c in reading.conditions() if c.kind == "date" and c.op in ("<", "<=", ">", ">=")]
    return any((c.op in ops) != c.negated for c in dated) or not dated


def _following(reading: Reading, index: int, mention: Mention) -> bool:
    """After "followed by", the next group is next in order."""
    after = [p for p in reading.points if p.at > mention.start]
    before = [p for p in reading.points if p.at < mention.start]
    if not after or not before:
        return True
    for shape in reading.main(index):
        a, b = before[-1].value(shape), after[0].value(shape)
        if a is None or b is None:
            continue
        low, high = min(a, b), max(a, b)
        return not any(low < v < high for _, v in reading.ranked(shape))
    return False


def _same(reading: Reading, index: int, mention: Mention, kind: str) -> bool:
    ground = reading.ground
    named = [p for p in reading.points if not _scope_point(reading, p)]
    for shape in reading.main(index):
        values = [v for p in named if (v := p.value(shape)) is not None]
        if kind == "tie" and not values:
            return True  # "5 carriers are tied": the count is proven as a number
        if len(values) >= 2:
            best = [v for v in values if values.count(v) >= 2]
            return bool(best) and (kind == "flat" or values[0] == values[1] or len(best) == len(values))
        if len(values) == 1 and shape.fn in CHANGES:
            return values[0] == 0
        known = [v for _, v in reading.ranked(shape)]
        if known and len(set(known)) == 1 and len(known) > 1:
            return True
        step = next((f for f in ground.figures if f.of == shape.name and f.fn in CHANGES), None)
        if step is not None and named and named[-1].value(step) == 0:
            return True
    return False


def _scope_point(reading: Reading, point: Point) -> bool:
    mention = next((m for m in reading.mentions if m.start == point.at), None)
    return mention is not None and any(f == "" for f, _ in mention.refs)


def _majority(reading: Reading, index: int, mention: Mention) -> bool:
    points = _bound_points(reading, index, mention)
    for shape in reading.main(index):
        known = [v for _, v in reading.known(shape)]
        if points and shape.additive and not reading.ground.cut and sum(known) > 0:
            value = points[-1].value(shape)
            return value is not None and value / sum(known) > 0.5
    return False


def _lists(reading: Reading) -> None:
    """A bare name that is neither in a row nor in a filter cannot occur: the vocabulary holds no others."""
    for point in reading.points:
        if not point.rows:
            reading.say("groups are named together that do not occur together")
    names = [m for m in reading.mentions if m.refs or "or" in m.kinds]
    for before, word, after in zip(names, names[1:], names[2:], strict=False):
        if "or" in word.kinds and before.refs and before.refs == after.refs:
            reading.say(f"“{after.text}” is named twice in a list of alternatives")


# ---------------------------------------------------------------- aggregation, denial, correlation


def _aggregate(reading: Reading, index: int, mention: Mention, kind: str) -> bool:
    ground = reading.ground
    functions = AGGREGATES[kind]
    meant = reading.main(index) or list(ground.figures)
    inner = (
        ("sum",) if kind == "sum" else functions
    )  # "total" of an average of counts is not said of the counts
    if any(f.fn in functions or f.inner in inner for f in meant):
        return True
    bases = [ground.field(f.of) for f in meant if f.of]
    if any(b is not None and (b.fn in functions or b.inner in inner) for b in bases):
        return True
    if kind == "distinct":
        return bool(ground.groups) and not ground.figures
    if kind == "count":
        return not ground.figures
    if kind == "sum":
        near = reading.segments[index]
        additive = any(f.additive for f in meant)
        rows = any("rows" in m.kinds or (m.kind == "label" and "" in m.tokens) for m in near.mentions)
        return additive or (
            rows
            and not near.own
            and mention.text.lower() in ("in total", "共计", "总共", "一共", "altogether")
        )
    return False


def _denial(reading: Reading, index: int) -> bool:
    """Words such as "no" stand only where a filter denies, cells are missing or nothing was found."""
    ground = reading.ground
    kinds = reading.segments[index].kinds()
    near = kinds | (reading.segments[index + 1].kinds() if index + 1 < len(reading.segments) else set())
    negative = [
        c for c in reading.conditions()
        if c.negated or c.op in ("!=", "null", "has!=") or (c.kind == "boolean" and False in c.values)
    ]  # fmt: skip
    if negative:
        return True
    if near & {"missing", "left out"} and ground.nulls:
        return True
    if not ground.rows or ground.rows_used == 0:
        return True
    return bool(ground.figures) and all(
        row.get(f.name) in (None, 0) for row in ground.rows for f in ground.figures
    )


def _correlation(reading: Reading, kind: str) -> bool:
    shapes = [f for f in reading.ground.figures if f.fn == "corr"]
    if not shapes:
        return False
    value = plain_number(reading.ground.rows[0].get(shapes[0].name)) if reading.ground.rows else None
    if kind == "corr":
        return True
    if value is None:
        return False
    if kind.startswith("sign:"):
        return (value > 0) == (kind == "sign:+")
    size = abs(float(value))
    return kind.removeprefix("strength:") == next(word for limit, word in _STRENGTH if size >= limit)
