"""Conditions that compare: "more than 5", "older than 30", 超过一万, above the average."""

from __future__ import annotations

from datalect.planner.lexical.bound_column import (
    age_column,
    agg_of,
    comparable,
    left_column,
    nearest_quantity,
    right_thing,
    unit_hint,
)
from datalect.planner.lexical.cues import Adjective
from datalect.planner.lexical.durations import in_said_unit, is_duration
from datalect.planner.lexical.frame import Filter, Frame, Having, Ref, Want
from datalect.planner.lexical.parse_equalities import number_at
from datalect.planner.lexical.sequence import Sequence, is_number, is_time
from datalect.planner.lexical.units import time_size

_NOT = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "=": "!=", "!=": "="}


def next_number(seq: Sequence, at: int, step: int, reach: int = 3) -> int | None:
    """The next number on one side, past words that carry no meaning."""
    position = at + step
    for _ in range(reach):
        if not seq.free(position):
            return None
        if (
            step == -1
            and position == at - 1
            and (seq.quantity(position) or seq.table(position) is not None)
            and not seq.has(position, "num")
        ):
            position += step
            continue
        if number_at(seq, position) is not None and (
            seq.has(position, "num") or seq.data(position, "time").bare
        ):
            return position
        verb = step == 1 and not seq.items[position].senses and "\u3000" < seq.items[position].text[:1]
        if verb and len(seq.items[position].text) <= 2 and seq.items[position + 1 : position + 2]:
            position += step  # 至少拍过5部
            continue
        tense = seq.items[position].text in ("过", "了") and step == 1
        if not (
            tense
            or seq.glue(position)
            or seq.cue(position, "unit_noise")
            or seq.items[position].text in "$€£¥"
        ):
            return None
        position += step
    return None


def read_comparisons(seq: Sequence, frame: Frame) -> None:
    """Read "more than 5", "at least 3", 超过一万."""
    for at in range(len(seq)):
        if not seq.free(at):
            continue
        than = seq.cue(at, "adj_than")
        cue = seq.cue(at, "cmp")
        if than is None and cue is None:
            continue
        hint: Ref | None = None
        if than is not None and isinstance(than.argument, Adjective):
            hint, direction = seq.adjective(than.argument, at)
            op = ">" if direction == "desc" else "<"
        else:
            op = str(cue.argument) if cue is not None else ">"
        if op in ("=", "!=") and _identified(seq, frame, at, op):
            continue
        _comparison(seq, frame, at, op, hint)


def _identified(seq: Sequence, frame: Frame, at: int, op: str) -> bool:
    """Read "department number does not equal 40": ids are compared for being the same only."""
    left, right = seq.content(at, -1, 1), next_number(seq, at, 1)
    ref = seq.ref(left, implied=False) if left is not None and seq.free(left) else None
    if left is None or right is None or ref is None or seq.quantity(left):
        return False
    good = [c for c in ref.choices if (col := seq.column(c.ref)) is not None and is_number(col)]
    if not good:
        return False
    frame.filters.append(Filter("number", Ref(good, ref.at, ref.text), op, [number_at(seq, right)], at=at))
    seq.use([left, at, right], "filter")
    return True


_MORE, _LESS = "高多大长重贵快", "低少小短轻慢"


def read_than(seq: Sequence, frame: Frame) -> None:
    """Read 票房比预算高 and 均价比3万低: a figure against another column or a number."""
    for at in range(len(seq)):
        if seq.items[at].text != "比" or not seq.free(at):
            continue
        left, right = seq.content(at, -1, 1), seq.content(at, 1, 1)
        if left is None or right is None or not (seq.free(left) and seq.quantity(left) and seq.free(right)):
            continue
        after = seq.content(right, 1, 1)
        word = seq.items[after].text.removeprefix("更").removesuffix("的") if after is not None else ""
        if len(word) != 1 or word not in _MORE + _LESS or after is None:
            continue
        op = ">" if word in _MORE else "<"
        value = number_at(seq, right) if seq.has(right, "num") else None
        if value is not None:
            frame.filters.append(Filter("number", seq.ref(left), op, [value], at=at))
        elif seq.quantity(right):
            frame.filters.append(Filter("than", seq.ref(left), op, than=seq.ref(right), at=at))
        else:
            continue
        seq.use([left, at, right, after], "filter")


def read_odd_time(seq: Sequence, frame: Frame) -> None:
    """Read 一个多小时 and 两小时以上 of how long a thing took: more than so many."""
    for at in range(1, len(seq)):
        if seq.items[at].text not in ("多", "个多") or not seq.free(at):
            continue
        number = at - 1 if seq.has(at - 1, "num") else at - 2
        if number < 0 or not seq.free(number) or not seq.has(number, "num"):
            continue
        hint, value = unit_hint(seq, at - 1), number_at(seq, number)
        if hint is None or value is None or seq.cue(at + 1, "unit_noise") is None:
            continue
        frame.filters.append(Filter("number", hint, ">", [value], at=number))
        seq.use([k for k in range(number, at + 2) if seq.free(k)], "filter")
    for at in range(len(seq) - 2):
        cue = seq.cue(at, "adj_than", "cmp") if seq.free(at) else None
        if cue is None or seq.items[at + 1].text not in ("a", "an") or not seq.cue(at + 2, "unit_noise"):
            continue
        hint, size = unit_hint(seq, at + 1), time_size(seq.items[at + 2].text)
        if hint is None or size is None or not is_duration(hint.choices[0]):
            continue
        argument = cue.argument
        shorter = argument.direction == "asc" if isinstance(argument, Adjective) else str(argument) in "<="
        choices = [in_said_unit(c, size) for c in hint.choices]
        op = "<" if shorter else ">"
        frame.filters.append(Filter("number", Ref(choices, at), op, [1], at=at))
        seq.use([at, at + 1, at + 2], "filter")


def _comparison(seq: Sequence, frame: Frame, at: int, op: str, hint: Ref | None) -> None:
    number = next_number(seq, at, 1)
    han = seq.items[at].text[0] > "\u3000"
    if number is None and seq.items[at].text in (
        "以上",
        "以下",
        "及以上",
        "及以下",
        "或以上",
        "或以下",
        "以内",
        "之内",
        "之上",
        "或更多",
        "或更少",
        "不到",
        "不足",
    ):
        number = next_number(seq, at, -1)
        if number is not None and op in (">", "<") and seq.items[at].text in ("以上", "之上"):
            op = ">="
    used = [at]
    previous = at - 1
    negated = seq.free(previous) and seq.cue(previous, "neg") is not None
    if negated:
        used.append(previous)
        op = _NOT.get(op, op)
    if number is None:
        _against_average(seq, frame, at, op, hint, used)
        return
    value = number_at(seq, number)
    after_number = seq.cue(number + 1, "cmp_post") if number + 1 < len(seq) else None
    if (
        after_number is None
        and seq.cue(number + 1, "cmp") is not None
        and seq.items[number + 1].text.endswith(("以上", "以下"))
    ):
        used.append(number + 1)
    if after_number is not None:
        op = str(after_number.argument)
        used.append(number + 1)
    used.append(number)
    percent = seq.data(number, "num") is not None and seq.data(number, "num").percent
    left = left_column(seq, at if number > at else number)
    right, right_role = right_thing(seq, number if number > at else at)
    if number < at - 1 and seq.free(at - 1) and seq.thing(at - 1):
        # 2克拉以上: the column stands between its number and the comparison
        right, right_role = (
            at - 1,
            "column" if seq.quantity(at - 1) and seq.table(at - 1, 0.95) is None else "count",
        )
        left = None
    if value is None:
        return
    seq.use([k for k in range(at + 1, number) if seq.free(k) and not seq.glue(k)], "noise")
    if hint is None and left is None and right is None:
        hint = unit_hint(seq, number) or age_column(seq, at, value)
    if right is not None and right_role == "count" and (left is None or not han) and hint is None:
        want = Want(
            "count",
            table=seq.table(right),
            ref=None if seq.table(right) else seq.ref(right),
            distinct=True,
            at=right,
        )
        if left is None or not _directly_before(seq, left, min(at, number)):
            frame.havings.append(Having(want, op, float(value), at))
            seq.use([*used, right], "having")
            return
    once = seq.items[number].text in ("once", "twice", "thrice")
    if once or (number + 1 < len(seq) and seq.items[number + 1].text.startswith(("time", "次"))):
        if left is None:
            frame.havings.append(Having(Want("count", at=at), op, float(value), at))
            seq.use(used if once else [*used, number + 1], "having")
            return
    counted = seq.content(at, -1, 0) if han and number > at else None
    if counted is not None and seq.free(counted) and hint is None and left is None:
        if seq.cue(counted, "count") and seq.items[counted].text.endswith(("数", "数量", "数目", "量")):
            # 行程数不少于150趟: a bound on how many rows there are
            frame.havings.append(Having(Want("count", at=counted), op, float(value), at))
            noise_after(seq, number)
            seq.use([*used, counted], "having")
            return
    if (
        left is None
        and hint is None
        and counted is not None
        and seq.free(counted)
        and seq.table(counted, 0.55) is not None
    ):
        # 市超过15个: how many of the table's rows
        frame.havings.append(
            Having(Want("count", table=seq.table(counted, 0.55), at=counted), op, float(value), at)
        )
        seq.use([*used, counted], "having")
        return
    target = left if left is not None and (hint is None or _directly_before(seq, left, at)) else None
    if target is not None:
        if seq.items[at].text.startswith(("add", "sum")):
            total = Want("agg", fn="sum", ref=seq.ref(target), at=target)
            frame.havings.append(Having(total, op, float(value), at))
            seq.use([*used, target], "having")
            return
        agg = agg_of(seq, target)
        if agg is not None:
            fn, agg_at = agg
            if fn == "count":
                want = Want(
                    "count",
                    table=seq.table(target),
                    ref=None if seq.table(target) else seq.ref(target),
                    distinct=True,
                    at=target,
                )
            else:
                want = Want("agg", fn=fn, ref=seq.ref(target), at=target)
            frame.havings.append(Having(want, op, float(value), at))
            seq.use([*used, target, agg_at], "having")
            return
        if not seq.quantity(target):
            column = seq.best(target)
            if seq.table(target) is not None or column is None or not is_time(column):
                frame.havings.append(
                    Having(Want("count", table=seq.table(target), ref=None if seq.table(target) else seq.ref(target),  # noqa: E501
                                distinct=True, at=target), op, float(value), at))  # fmt: skip
                seq.use([*used, target], "having")
                return
        ref = seq.ref(target)
        seq.use([*used, target], "filter")
    elif hint is not None:
        ref = hint
        seq.use(used, "filter")
    elif right is not None and right_role == "column":
        ref = seq.ref(right)
        seq.use([*used, right], "filter")
    else:
        unknown = number + 1
        while unknown < len(seq) and seq.glue(unknown):
            unknown += 1
        if (
            number > at
            and unknown < len(seq)
            and seq.free(unknown)
            and not seq.items[unknown].senses
            and len(seq.catalog.tables) == 1
        ):
            # "species with more than 100 birds": the rows, by a name the table does not know
            frame.havings.append(Having(Want("count", at=at), op, float(value), at))
            frame.unknown.append(unknown)
            seq.use([*used, unknown], "noun")
            return
        ref = nearest_quantity(seq, at)
        if ref is None:
            return
        seq.use(used, "filter")
        frame.penalty *= 0.8
    noise_after(seq, number)
    if ref is not None:
        frame.filters.append(
            Filter(
                "number",
                comparable(seq, ref, percent=percent),
                op,
                [value],
                fn="percent" if percent else "",
                at=at,
            )
        )


def noise_after(seq: Sequence, number: int) -> None:
    """Take a unit word behind a number as read."""
    if number + 1 < len(seq) and seq.free(number + 1) and seq.cue(number + 1, "unit_noise"):
        seq.use(number + 1, "noise")


def _directly_before(seq: Sequence, left: int, at: int) -> bool:
    return all(seq.glue(k) or seq.roles[k] for k in range(left + 1, at))


def _against_average(
    seq: Sequence, frame: Frame, at: int, op: str, hint: Ref | None, used: list[int]
) -> None:
    """Read "above the average price", 高于平均工资, "longer than X" between two columns."""
    position = at + 1
    fn_at = None
    for k in range(position, min(len(seq), position + 4)):
        if seq.free(k) and seq.cue(k, "agg", "avgref") is not None:
            fn_at = k
            break
        if not seq.glue(k):
            break
    left = left_column(seq, at)
    if fn_at is not None:
        fn = seq.cue(fn_at, "agg")
        name = str(fn.argument) if fn is not None else "avg"
        after = seq.content(fn_at, 1, 2)
        right = after if after is not None and seq.free(after) and seq.quantity(after) else None
        ref = seq.ref(left) if left is not None else hint or (seq.ref(right) if right is not None else None)
        if ref is None or name not in ("avg", "median", "max", "min"):
            return
        seq.use([*used, fn_at], "filter")
        if left is not None:
            seq.use(left, "filter")
        if right is not None:
            seq.use(right, "filter")
        frame.filters.append(Filter("agg", ref, op, fn=name, at=at))
        return
    if left is None and _first_than_second(seq, frame, at, op, used):
        return
    right_at = seq.content(at, 1, 1)
    if seq.items[at].text in ("over", "under", "above", "below", "beyond"):
        return
    if (
        left is not None
        and right_at is not None
        and seq.free(right_at)
        and seq.quantity(right_at)
        and seq.quantity(left)
    ):
        frame.filters.append(Filter("than", seq.ref(left), op, than=seq.ref(right_at), at=at))
        seq.use([*used, left, right_at], "filter")


def _first_than_second(seq: Sequence, frame: Frame, at: int, op: str, used: list[int]) -> bool:
    """Read "more wine than beer": both numbers stand behind the comparison."""
    first = seq.content(at, 1, 0)
    if first is None or not seq.free(first) or not seq.quantity(first):
        return False
    than = next((k for k in range(first + 1, min(len(seq), first + 3)) if seq.items[k].text == "than"), None)
    second = seq.content(than, 1, 1) if than is not None else None
    if than is None or second is None or not seq.free(second) or not seq.quantity(second):
        return False
    frame.filters.append(Filter("than", seq.ref(first), op, than=seq.ref(second), at=at))
    seq.use([*used, first, second], "filter")
    return True
