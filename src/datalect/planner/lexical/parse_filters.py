"""Conditions: the order they are read in, comparisons and ranges."""

from __future__ import annotations

from datalect.data.model import SemanticType
from datalect.planner.lexical.cues import Adjective
from datalect.planner.lexical.frame import Choice, Filter, Frame, Having, Ref, Want
from datalect.planner.lexical.parse_gaps import (
    read_gaps,
    read_has_not,
    read_judgements,
    read_null,
    read_signs,
    read_text,
)
from datalect.planner.lexical.parse_values import (
    merge_alternatives,
    number_at,
    read_equalities,
    read_parts,
    read_times,
    read_values,
)
from datalect.planner.lexical.sequence import Sequence, is_number, is_quantity, is_time

_NOT = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "=": "!=", "!=": "="}


_UNIT_CONCEPTS = (
    (("year old", "years old", "岁"), ("age",)),
    (
        ("dollar", "usd", "yuan", "euro", "pound", "元", "块", "美元", "英镑"),
        ("price", "amount", "cost", "total"),
    ),
    (("minute", "分钟", "hour", "小时"), ("duration",)),
    (("kg", "公斤", "千克"), ("weight", "body mass")),
    (("km", "公里", "mile", "千米"), ("distance",)),
    (("people", "person", "人"), ("population", "party")),
)


def read_conditions(seq: Sequence, frame: Frame) -> None:
    """Read all conditions, the most specific forms first."""
    read_has_not(seq, frame)
    read_null(seq, frame)
    read_judgements(seq, frame)
    read_signs(seq, frame)
    read_gaps(seq, frame)
    read_text(seq, frame)
    _read_between(seq, frame)
    _read_comparisons(seq, frame)
    _read_than(seq, frame)
    read_values(seq, frame)
    read_parts(seq, frame)
    read_times(seq, frame)
    read_equalities(seq, frame)
    merge_alternatives(frame)


def _next_number(seq: Sequence, at: int, step: int, reach: int = 3) -> int | None:
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
        if not (seq.glue(position) or seq.cue(position, "unit_noise") or seq.items[position].text in "$€£¥"):
            return None
        position += step
    return None


def _read_comparisons(seq: Sequence, frame: Frame) -> None:
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
        _comparison(seq, frame, at, op, hint)


_MORE, _LESS = "高多大长重贵快", "低少小短轻慢"


def _read_than(seq: Sequence, frame: Frame) -> None:
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


def _comparison(seq: Sequence, frame: Frame, at: int, op: str, hint: Ref | None) -> None:
    number = _next_number(seq, at, 1)
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
        number = _next_number(seq, at, -1)
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
    left = _left_column(seq, at if number > at else number)
    right, right_role = _right_thing(seq, number if number > at else at)
    if number < at - 1 and seq.free(at - 1) and seq.thing(at - 1):
        # 2克拉以上: the column stands between its number and the comparison
        right, right_role = (
            at - 1,
            "column" if seq.quantity(at - 1) and seq.table(at - 1, 0.95) is None else "count",
        )
        left = None
    if value is None:
        return
    if hint is None and left is None and right is None:
        hint = _unit_hint(seq, number) or _age(seq, at, value)
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
        agg = _agg_of(seq, target)
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
        ref = _nearest_quantity(seq, at)
        if ref is None:
            return
        seq.use(used, "filter")
        frame.penalty *= 0.8
    _noise_after(seq, number)
    if ref is not None:
        frame.filters.append(
            Filter(
                "number",
                _comparable(seq, ref, percent=percent),
                op,
                [value],
                fn="percent" if percent else "",
                at=at,
            )
        )


def _noise_after(seq: Sequence, number: int) -> None:
    if number + 1 < len(seq) and seq.free(number + 1) and seq.cue(number + 1, "unit_noise"):
        seq.use(number + 1, "noise")


def _comparable(seq: Sequence, ref: Ref, *, percent: bool = False) -> Ref:
    if percent:
        ref = Ref(_percentages(seq, ref) or ref.choices, ref.at, ref.text)
    good = [
        c
        for c in ref.choices
        if c.kind != "col" or ((col := seq.column(c.ref)) is not None and (is_number(col) or is_time(col)))
    ]
    return Ref(good or ref.choices, ref.at, ref.text)


def _percentages(seq: Sequence, ref: Ref) -> list[Choice]:
    """Columns of the same table that hold shares and whose header contains the word, for "more than 90% women"."""  # noqa: E501
    shares = (SemanticType.PERCENT, SemanticType.RATIO)
    out = []
    for choice in ref.choices:
        column = seq.column(choice.ref)
        if column is None or column.meaning.type in shares:
            continue
        table = seq.catalog.table(column.table)
        for other in table.columns if table else ():
            inside = column.name.lower() in other.name.lower() and other is not column
            if inside and (
                other.meaning.type in shares
                or (
                    is_number(other)
                    and isinstance(other.profile.maximum, float)
                    and other.profile.maximum <= 1
                )
            ):
                out.append(Choice(other.id, choice.fit * 0.97))
    return out


def _directly_before(seq: Sequence, left: int, at: int) -> bool:
    return all(seq.glue(k) or seq.roles[k] for k in range(left + 1, at))


def _left_column(seq: Sequence, at: int) -> int | None:
    """The quantity a comparison belongs to, on its left: the column right before, or the subject further off."""  # noqa: E501
    position = at - 1
    steps = 0
    while position >= 0 and steps < 5:
        if seq.roles[position] in ("having", "filter", "rank"):
            return None
        if seq.free(position):
            if (seq.quantity(position) or _time_column(seq, position)) and seq.cue(position, "ask") is None:
                return position
            if seq.cue(position, "count") and not seq.glue(position):
                previous = seq.content(position, -1, 1)
                if (
                    previous is not None
                    and seq.free(previous)
                    and seq.thing(previous)
                    and seq.items[at].text[0] > "\u3000"
                ):
                    return previous
            if not seq.glue(position) and not seq.cue(position, "neg", "agg", "of", "exists"):
                return None
        position -= 1
        steps += 1
    return None


def _time_column(seq: Sequence, at: int) -> bool:
    column = seq.best(at)
    return column is not None and is_time(column) and seq.cue(at, "grain") is None


def _right_thing(seq: Sequence, number: int) -> tuple[int | None, str]:
    position = number + 1
    for _ in range(4):
        if not seq.free(position):
            return None, ""
        if seq.cue(position, "unit_noise") and not seq.thing(position):
            position += 1
            continue
        if seq.quantity(position):
            if seq.table(position, 0.95) is not None:
                return position, "count"
            return position, "column"
        if seq.table(position) is not None or (
            seq.ref(position, implied=False) is not None and seq.data(position, "value") is None
        ):
            return position, "count"
        if seq.cue_names(position) & {"stop", "distinct"} or seq.items[position].text in ("的", "of"):
            position += 1
            continue
        return None, ""
    return None, ""


def _agg_of(seq: Sequence, at: int) -> tuple[str, int] | None:
    """An aggregate word that belongs to a column next to it."""
    for k in (at - 1, at - 2, at + 1, at + 2):
        if not seq.free(k) or (abs(k - at) == 2 and not seq.glue((k + at) // 2)):
            continue
        agg = seq.cue(k, "agg")
        if agg is not None and seq.ref(k) is None:
            return str(agg.argument), k
        if seq.cue(k, "count") and not seq.quantity(at):
            return "count", k
    return None


def _age(seq: Sequence, at: int, value: int | float) -> Ref | None:
    """The age that "are under 25" and "aged over 60" speak of."""
    said = seq.items[at].text.split()[0] in ("is", "are", "was", "were", "aged")
    if not (said or (at > 0 and seq.items[at - 1].text in ("aged", "is", "are", "was", "were"))):
        return None
    ages = [
        c for c in seq.about(("age",), 0.85) if (col := seq.column(c.ref)) is not None and is_quantity(col)
    ]
    return Ref(ages, at) if ages and 0 < value <= 120 else None


def _unit_hint(seq: Sequence, number: int) -> Ref | None:
    near = " ".join(seq.items[k].text for k in range(max(0, number - 1), min(len(seq), number + 3)))
    for words, concepts in _UNIT_CONCEPTS:
        if any(w in near for w in words):
            choices = [
                c
                for c in seq.about(concepts, 0.85)
                if (col := seq.column(c.ref)) is not None and is_quantity(col)
            ]
            if choices:
                return Ref(choices, number)
    if "$" in near or "¥" in near:
        choices = [
            Choice(c.id, 0.7)
            for t in seq.catalog.tables
            for c in t.columns
            if c.meaning.type is SemanticType.MONEY and not c.hidden
        ]
        if len(choices) == 1:
            return Ref(choices, number)
    return None


def _nearest_quantity(seq: Sequence, at: int) -> Ref | None:
    for step in (-1, 1):
        position = at + step
        while 0 <= position < len(seq) and abs(position - at) <= 6:
            if seq.free(position) and seq.quantity(position):
                return seq.ref(position)
            position += step
    return None


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
    left = _left_column(seq, at)
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


def _read_between(seq: Sequence, frame: Frame) -> None:
    for at in range(len(seq)):
        if not seq.free(at):
            continue
        if seq.cue(at, "between"):
            first = _next_number(seq, at, 1)
        elif seq.has(at, "num") and number_at(seq, at) is not None and _range_after(seq, at) is not None:
            first = at
            if not _range_column_near(seq, at):
                continue
        else:
            continue
        if first is None:
            continue
        second = None
        for k in range(first + 1, min(len(seq), first + 5)):
            if seq.free(k) and number_at(seq, k) is not None and seq.has(k, "num"):
                second = k
                break
            if not (
                seq.cue(k, "and", "range_to", "unit_noise", "comma")
                or seq.items[k].text in "$€£¥"
                or seq.glue(k)
            ):
                break
        if second is None:
            continue
        low, high = number_at(seq, first), number_at(seq, second)
        left = _left_column(seq, at)
        ref = seq.ref(left) if left is not None else None
        used = [*range(min(at, first), second + 1)]
        if ref is None:
            right, role = _right_thing(seq, second)
            if right is not None and role == "column":
                ref, left = seq.ref(right), right
            else:
                ref = _unit_hint(seq, second) or _nearest_quantity(seq, at)
        if ref is None or low is None or high is None:
            continue
        low, high = (low, high) if low <= high else (high, low)
        seq.use([k for k in used if seq.free(k)], "filter")
        if left is not None:
            seq.use(left, "filter")
        _noise_after(seq, second)
        frame.filters.append(Filter("number", _comparable(seq, ref), "between", [low, high], at=at))


def _range_after(seq: Sequence, at: int) -> int | None:
    for k in range(at + 1, min(len(seq), at + 3)):
        if seq.free(k) and seq.cue(k, "range_to"):
            return k
        if not seq.cue(k, "unit_noise"):
            return None
    return None


def _range_column_near(seq: Sequence, at: int) -> bool:
    if _left_column(seq, at) is not None or _unit_hint(seq, at) is not None:
        return True
    return seq.has(at + 2, "num") and _right_thing(seq, at + 2)[1] == "column"  # 30到40岁
