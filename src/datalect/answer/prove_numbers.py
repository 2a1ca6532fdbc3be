"""Each number of a sentence is a cell, a count, a filter's constant or a listed derivation."""

from __future__ import annotations

from datalect.answer.facts import extreme_is_known
from datalect.answer.figures import (
    CHANGES,
    change_fits,
    difference_fits,
    is_cell,
    ratio_fits,
    same_dimension,
    same_value,
)
from datalect.answer.formats import plain_number
from datalect.answer.ground import Condition, Field, on_calendar
from datalect.answer.mentions import Mention
from datalect.answer.read_numbers import Quantity
from datalect.answer.reading import Reading
from datalect.answer.segments import rows_of

_STRICT_OVER = frozenset(
    (
        "more than|above|over|exceeding|exceeds|greater|higher|more|after|later|高于|超过|大于|多于|"
        "晚于|超出|逾"
    ).split("|")
)
_WEAK_OVER = frozenset(
    (
        "at least|no less than|no fewer than|not less than|no earlier than|not before|or more|"
        "upwards of|至少|不低于|不少于|以上|不小于|不早于"
    ).split("|")
)
_STRICT_UNDER = frozenset(
    (
        "less than|fewer than|below|under|less|lower|fewer|smaller|before|earlier|低于|少于|小于|"
        "早于|不到|不足"
    ).split("|")
)
_WEAK_UNDER = frozenset(
    (
        "at most|no more than|not more than|no later than|not after|up to|or less|or fewer|至多|"
        "不超过|不高于|以下|不多于|以内|不大于|不晚于"
    ).split("|")
)


def prove_numbers(reading: Reading) -> None:
    """Note every number that is not proven."""
    listed = _listed_in_order(reading)
    for index, segment in enumerate(reading.segments):
        for mention in segment.mentions:
            if mention.quantity is None or mention in listed:
                continue
            if not _proven(reading, index, mention, mention.quantity):
                reading.say(f"the number “{mention.text}” is not in the facts where it stands")


def _listed_in_order(reading: Reading) -> list[Mention]:
    """Names first and figures after ("A and B had 3 and 5, respectively"): pair them in order."""
    if not any("respectively" in m.kinds for m in reading.mentions):
        return []
    numbers = [m for m in reading.mentions if m.quantity is not None and not m.quantity.ordinal]
    points = reading.points[-len(numbers) :] if numbers else []
    if len(points) != len(numbers):
        return []
    figures = [f for f in reading.ground.fields if f.figure]
    for number, point in zip(numbers, points, strict=True):
        quantity = number.quantity
        if quantity is None or len(point.rows) != 1:
            return []
        if not any(is_cell(quantity, point.rows[0].get(f.name), f, "") for f in figures):
            return []
    return numbers


def bound_of(reading: Reading, mention: Mention) -> str:
    """The words that loosen a number: about, over, under, nearly."""
    at = reading.mentions.index(mention)
    around = reading.mentions[max(0, at - 2) : at] + reading.mentions[at + 1 : at + 2]
    for other in reversed(around):
        after = other.start > mention.start
        if after and other.text not in (
            "左右",
            "上下",
            "以上",
            "or more",
            "or less",
            "以下",
            "多",
            "or fewer",
        ):
            continue
        for kind, bound in (
            ("about", "about"), ("nearly", "nearly"), ("slightly over", "over"), ("over", "over"),
            ("under", "under"),
        ):  # fmt: skip
            if kind in other.kinds:
                return bound
    return ""


def _window(reading: Reading, mention: Mention, size: int = 6) -> list[Mention]:
    """What stands right before a number, back to the last mark."""
    at = reading.mentions.index(mention)
    out: list[Mention] = []
    for other in reversed(reading.mentions[max(0, at - size) : at]):
        if other.kind == "stop" and other.text in ",;.()，；。（）":
            break
        out.append(other)
    return out


def _proven(reading: Reading, index: int, mention: Mention, quantity: Quantity) -> bool:
    bound = bound_of(reading, mention)
    kinds = reading.segments[index].kinds()
    if quantity.ordinal:
        return _rank(reading, index, mention, quantity)
    return (
        _constant(reading, mention, quantity)
        or _cell(reading, index, mention, quantity, bound)
        or _count(reading, index, mention, quantity)
        or _derived(reading, index, mention, quantity, bound, kinds)
    )


# ---------------------------------------------------------------- constants and cells


def _constant(reading: Reading, mention: Mention, quantity: Quantity) -> bool:
    """A number of a filter, with the comparison the filter makes."""
    window = _window(reading, mention)
    at = reading.mentions.index(mention)
    after = reading.mentions[at + 1 : at + 2]
    texts = {m.text.lower() for m in (*window, *after)}
    for condition in reading.conditions():
        numbers = [plain_number(v) for v in condition.values]
        period = condition.period.fields if condition.period else {}
        numbers += [v for k, v in period.items() if k != "fiscal"]
        shape = condition.shape
        for number in numbers:
            if number is None:
                continue
            factor = shape.percent if shape is not None and shape.percent else 1.0
            if abs(quantity.value - number * factor) > 1e-9 * max(1.0, abs(number)):
                continue
            if shape is not None and not _counts(condition) and not same_dimension(quantity, shape):
                continue
            if _compares(condition, texts, window):
                return True
    return False


def _counts(condition: Condition) -> bool:
    return condition.op.startswith("has")


def _compares(condition: Condition, texts: set[str], window: list[Mention]) -> bool:
    op = condition.op.removeprefix("has")
    if condition.negated and op in ("<", "<=", ">", ">="):
        return any("no" in m.kinds for m in window)
    over, weak_over = bool(texts & _STRICT_OVER), bool(texts & _WEAK_OVER)
    under, weak_under = bool(texts & _STRICT_UNDER), bool(texts & _WEAK_UNDER)
    if op == ">":
        return over and not (weak_over or under or weak_under)
    if op == ">=":
        return weak_over and not (under or weak_under)
    if op == "<":
        return under and not (weak_under or over or weak_over)
    if op == "<=":
        return weak_under and not (over or weak_over)
    if over or under or weak_over or weak_under:
        return False
    labelled = any(m.kind == "label" for m in window)
    return labelled or op in ("between", "in", "time")


def _cell(reading: Reading, index: int, mention: Mention, quantity: Quantity, bound: str) -> bool:
    """A cell of the group the number stands with."""
    ground = reading.ground
    shapes = reading.figures_meant(index)
    turned = _turned(reading, index)
    context = reading.context_of(index, mention)
    rows = rows_of(ground, context) if context else list(ground.rows)
    lists = all(f.role == "list" for f in ground.fields)
    unique = len(rows) == 1 or (lists and (bool(context) or len(ground.fields) == 1))
    if unique and any(
        is_cell(quantity, row.get(f.name), f, bound, turned=turned) for row in rows for f in shapes
    ):
        return True
    same = [f for f in shapes if rows and len({row.get(f.name) for row in rows}) == 1]
    if any(is_cell(quantity, rows[0].get(f.name), f, bound, turned=turned) for f in same):
        return True  # "100 each": every row has it
    if _extreme_cell(reading, index, quantity, bound, turned):
        return True
    return _end_cell(reading, index, quantity, bound)


def _turned(reading: Reading, index: int) -> str:
    for at in (index, index - 1):
        if at >= 0:
            kinds = reading.segments[at].kinds()
            if "down" in kinds:
                return "down"
            if "up" in kinds:
                return "up"
    return ""


def _extreme_cell(reading: Reading, index: int, quantity: Quantity, bound: str, turned: str) -> bool:
    """The largest or smallest figure, where the segment says so and names no group of its own."""
    segment = reading.segments[index]
    if segment.own:
        return False
    kinds = segment.kinds()
    before = reading.segments[index - 1] if index else segment
    if not segment.before and not before.own:
        kinds = kinds | before.kinds()
    for shape in reading.main(index):
        known = reading.ranked(shape)
        for end, pick in (("max", max), ("min", min)):
            if known and end in kinds and extreme_is_known(reading.ground, shape, end):
                value = pick(v for _, v in known)
                if turned == "down" and shape.fn in CHANGES:
                    value = min(v for _, v in known)
                if is_cell(quantity, value, shape, bound, turned=turned):
                    return True
    return False


def _end_cell(reading: Reading, index: int, quantity: Quantity, bound: str) -> bool:
    """In "from 3 to 9", the first and the last figure, where no group is named."""
    ground = reading.ground
    time = next((f for f in ground.groups if on_calendar(f)), None)
    rows = list(ground.rows)
    if time is not None and len(ground.groups) == 1:
        rows = sorted((r for r in rows if r.get(time.name) is not None), key=lambda r: r[time.name])
    elif ground.groups or not ground.order:
        return False
    segment = reading.segments[index]
    if segment.own:
        return False
    if len(reading.points) == 2 and all(len(p.rows) == 1 for p in reading.points):
        rows = [p.rows[0] for p in reading.points]  # "between March and May, from 3 to 9"
    opener = segment.opener
    ends = [rows[0]] if "from" in opener else [rows[-1]] if "to" in opener else []
    return any(
        is_cell(quantity, row.get(f.name), f, bound) for row in ends for f in reading.figures_meant(index)
    )


# ---------------------------------------------------------------- counts and ranks


def _count(reading: Reading, index: int, mention: Mention, quantity: Quantity) -> bool:
    """How many rows or groups there are, with the noun that says of what."""
    ground = reading.ground
    if quantity.part or quantity.unit or quantity.currency or quantity.times or quantity.step > 1:
        return False
    value = quantity.value
    at = reading.mentions.index(mention)
    near = _around(reading, at)
    kinds = {k for m in near for k in m.kinds}
    groups = {f.name for f in ground.groups}
    of_groups = any(m.kind == "label" and m.tokens & groups for m in near) or _says_groups(near)
    of_rows = "rows" in kinds or any(m.kind == "label" and "" in m.tokens for m in near)
    segment = reading.segments[index]
    if of_groups or (ground.groups and not ground.figures):
        tied = _tied(reading, index)
        if "tie" in segment.kinds() | reading.segments[max(0, index - 1)].kinds():
            return value in tied or (
                bool(segment.own) is False and value == len(ground.rows) and len(tied) == 0
            )
        named = sum(ground.is_named(row) for row in ground.rows)
        if value in (len(ground.rows), named) and not ground.truncated:
            return True
    if near and ground.top is not None and value == ground.top == len(ground.rows):
        return True
    if value == len(ground.rows) and (not ground.groups) and not ground.figures:
        return True
    if of_rows and not segment.own:
        return _row_count(reading, value, kinds | segment.kinds() | _after(reading, index))
    return value == len(ground.rows) and "max" in segment.kinds() and not segment.own


def _around(reading: Reading, at: int) -> list[Mention]:
    """What stands with a number, up to the marks around it."""
    before = list(_window(reading, reading.mentions[at], 2))
    after: list[Mention] = []
    for other in reading.mentions[at + 1 : at + 5]:
        if other.kind == "stop" and other.text in ",;.:()，；。：（）":
            break
        after.append(other)
    return before + after


def _says_groups(near: list[Mention]) -> bool:
    return any(m.text in ("groups", "group", "分组", "个分组", "各组", "组") for m in near)


def _after(reading: Reading, index: int) -> set[str]:
    later = reading.segments[index + 1 : index + 3]
    return {k for s in later for k in s.kinds()}


def _tied(reading: Reading, index: int) -> set[int]:
    counts = set()
    for shape in reading.main(index):
        values = [v for _, v in reading.ranked(shape)]
        if values:
            counts |= {values.count(max(values)), values.count(min(values))}
    return counts


def _row_count(reading: Reading, value: float, kinds: set[str]) -> bool:
    ground = reading.ground
    nulls = set(ground.nulls.values())
    if kinds & {"missing", "left out"}:
        unused = (ground.rows_total or 0) - (ground.rows_used or 0)
        return value in nulls or (value == unused and "missing" not in kinds)
    known = {ground.rows_used, ground.rows_total} - {None}
    if ground.rows_used is not None:
        known |= {ground.rows_used - n for n in nulls}
    counted = [f for f in ground.figures if f.counted is not None]
    return value in known and not (counted and ground.groups and value != ground.rows_used)


def _rank(reading: Reading, index: int, mention: Mention, quantity: Quantity) -> bool:
    """For "third", the place of the group it stands with, counted from the end the sentence names."""
    context = reading.context_of(index, mention)
    kinds = reading.segments[index].kinds()
    if any(m.text.lower() in ("a", "an", "about") for m in _window(reading, mention, 1)):
        return False  # "a second of all flights" is no place in an order
    for shape in reading.main(index):
        known = reading.ranked(shape)
        for row, value in known:
            if not context or any(row.get(n) != v for n, v in context.items()):
                continue
            above = 1 + sum(1 for _, v in known if v > value)
            below = 1 + sum(1 for _, v in known if v < value)
            place = below if "min" in kinds else above
            end = "min" if "min" in kinds else "max"
            if extreme_is_known(reading.ground, shape, end) and place == quantity.value:
                return True
    window = {m.text.lower() for m in _window(reading, mention)}
    return bool(window & {"the"}) and quantity.value == 1 and "max" not in kinds and not context


# ---------------------------------------------------------------- derivations


def _derived(
    reading: Reading, index: int, mention: Mention, quantity: Quantity, bound: str, kinds: set[str]
) -> bool:
    near = kinds | reading.segments[max(0, index - 1)].kinds() | _after(reading, index)
    for shape in reading.main(index):
        if (
            quantity.part == "%"
            and not shape.percent
            and _share(reading, index, mention, quantity, shape, bound)
        ):
            return True
        if _between_groups(reading, quantity, shape, bound, near):
            return True
        if "sum" in near and _total(reading, index, quantity, shape, bound):
            return True
    return False


def _between_groups(reading: Reading, quantity: Quantity, shape: Field, bound: str, near: set[str]) -> bool:
    """Differences, changes and multiples of two groups that the sentence names (or of both ends of time)."""
    cells: list[float] = []
    for point in reading.points:
        value = plain_number(point.rows[0].get(shape.name)) if len(point.rows) == 1 else None
        if value is not None and float(value) not in cells:
            cells.append(float(value))
    if len(cells) < 2:
        cells += [v for v in _ends(reading, shape) if v not in cells]
    if len(cells) < 2 and len(reading.ground.rows) == 2:
        cells = [v for _, v in reading.known(shape)]
    for at, one in enumerate(cells):
        for other in cells[at + 1 :]:
            if near & _DIRECTED | near & {"diff"} and difference_fits(quantity, one, other, shape, bound):
                return True
            if _change_holds(quantity, one, other, shape, bound, near & _DIRECTED):
                return True
            if ratio_fits(quantity, one, other, bound):  # "A is twice B": the first named over the second
                return True
    return False


_DIRECTED = frozenset({"up", "down", "more", "less"})


def _change_holds(
    quantity: Quantity, one: float, other: float, shape: Field, bound: str, directed: set[str]
) -> bool:
    """A percentage by which one cell differs from another, measured against the one it is compared with.

    With "more than" and "less than" that is the second named; with "rose" and "fell" the earlier, which words
    may put first or second.
    """
    if shape.percent:
        return False
    if directed & {"more", "less"} and change_fits(quantity, other, one, bound):
        return bool(directed & ({"more", "up"} if one > other else {"less", "down"}))
    if not directed & {"up", "down"}:
        return False
    forward = change_fits(quantity, one, other, bound) and ("up" if other > one else "down") in directed
    backward = change_fits(quantity, other, one, bound) and ("up" if one > other else "down") in directed
    return forward or backward


def _ends(reading: Reading, shape: Field) -> list[float]:
    ground = reading.ground
    time = next((f for f in ground.groups if on_calendar(f)), None)
    if time is None or len(ground.groups) != 1:
        return []
    known = sorted(
        ((r, v) for r, v in reading.known(shape) if r.get(time.name) is not None),
        key=lambda p: p[0][time.name],
    )
    return [known[0][1], known[-1][1]] if len(known) > 1 else []


def _whole_known(reading: Reading, shape: Field) -> bool:
    return shape.additive and not reading.ground.cut and not reading.ground.keeps


def _share(
    reading: Reading, index: int, mention: Mention, quantity: Quantity, shape: Field, bound: str
) -> bool:
    """A part of the whole: one group's figure, or several groups' together, over the sum of all."""
    if not _whole_known(reading, shape) or reading.segments[index].kinds() & {"up", "down", "more", "less"}:
        return False
    known = reading.known(shape)
    total = sum(v for _, v in known)
    if total <= 0:
        return False
    context = reading.context_of(index, mention)
    chosen = [v for row, v in known if context and all(row.get(n) == c for n, c in context.items())]
    if len(chosen) == 1 and same_value(quantity, chosen[0] / total * 100, bound):
        return True
    together = {id(p.rows[0]): p.rows[0].get(shape.name) for p in reading.points if len(p.rows) == 1}
    numbers = [float(v) for v in map(plain_number, together.values()) if v is not None]
    summed = "sum" in {k for s in reading.segments for k in s.kinds()}
    return summed and len(numbers) > 1 and same_value(quantity, sum(numbers) / total * 100, bound)


def _total(reading: Reading, index: int, quantity: Quantity, shape: Field, bound: str) -> bool:
    """The sum of all groups, or of the groups the sentence names."""
    if not _whole_known(reading, shape):
        return False
    known = reading.known(shape)
    sums = [sum(v for _, v in known)]
    named = {
        id(p.rows[0]): plain_number(p.rows[0].get(shape.name)) for p in reading.points if len(p.rows) == 1
    }
    numbers = [float(v) for v in named.values() if v is not None]
    if len(numbers) > 1:
        sums.append(sum(numbers))
    return any(is_cell(quantity, value, shape, bound) for value in sums)
