"""Conditions: comparisons, ranges, values, times, texts, gaps and yes/no columns."""

from __future__ import annotations

from datalect.data.model import SemanticType
from datalect.data.values import ValueHit
from datalect.planner.lexical.cues import Adjective
from datalect.planner.lexical.frame import Choice, Filter, Frame, Having, Ref, Want
from datalect.planner.lexical.sequence import Sequence, is_number, is_quantity, is_time
from datalect.planner.linking.numbers import NumberMention, plain

_TURN = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
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
    _read_has_not(seq, frame)
    _read_null(seq, frame)
    _read_conditions(seq, frame)
    _read_gaps(seq, frame)
    _read_text(seq, frame)
    _read_between(seq, frame)
    _read_comparisons(seq, frame)
    _read_values(seq, frame)
    _read_parts(seq, frame)
    _read_times(seq, frame)
    _read_equalities(seq, frame)


def _number(seq: Sequence, at: int) -> int | float | None:
    number: NumberMention | None = seq.data(at, "num")
    if number is not None and not number.ordinal:
        return plain(number.value)
    time = seq.data(at, "time")
    if time is not None and time.years and time.years[0] is not None and time.years[0] == time.years[1]:
        return int(time.years[0])
    return None


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
        if _number(seq, position) is not None and (
            seq.has(position, "num") or seq.data(position, "time").bare
        ):
            return position
        if not (seq.glue(position) or seq.cue(position, "unit_noise") or seq.items[position].text in "$€£¥"):
            return None
        position += step
    return None


# ---------------------------------------------------------------- comparisons


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
    value = _number(seq, number)
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
        hint = _unit_hint(seq, number)
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
    if seq.items[number + 1].text.startswith(("time", "次")) if number + 1 < len(seq) else False:
        if left is None:
            frame.havings.append(Having(Want("count", at=at), op, float(value), at))
            seq.use([*used, number + 1], "having")
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


def _read_between(seq: Sequence, frame: Frame) -> None:
    for at in range(len(seq)):
        if not seq.free(at):
            continue
        if seq.cue(at, "between"):
            first = _next_number(seq, at, 1)
        elif seq.has(at, "num") and _number(seq, at) is not None and _range_after(seq, at) is not None:
            first = at
            if not _range_column_near(seq, at):
                continue
        else:
            continue
        if first is None:
            continue
        second = None
        for k in range(first + 1, min(len(seq), first + 5)):
            if seq.free(k) and _number(seq, k) is not None and seq.has(k, "num"):
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
        low, high = _number(seq, first), _number(seq, second)
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
    return _left_column(seq, at) is not None or _unit_hint(seq, at) is not None


def _read_equalities(seq: Sequence, frame: Frame) -> None:
    """Read "8 cylinders", "year is 2010", "week 5": a number standing by the column it is a value of."""
    for at in range(len(seq)):
        if not seq.free(at) or not (
            seq.has(at, "num") or (seq.has(at, "time") and seq.data(at, "time").bare)
        ):
            continue
        value = _number(seq, at)
        if value is None:
            continue
        before = seq.content(at, -1, 2)
        after = seq.content(at, 1, 0)
        if after is None and at + 2 < len(seq) and seq.items[at + 1].text == "in":
            after = seq.content(at, 1, 1)
        elif after is not None and not seq.thing(after) and seq.items[at + 1].text == "in":
            after = seq.content(at, 1, 1)
        for k in (before, after):
            if (
                k is None
                or not seq.free(k)
                or seq.ref(k, implied=False) is None
                or (seq.cue(k, "agg", "count") and k == before)
            ):
                continue
            if k == before and any(seq.cue(m, "comma", "and") for m in range(k + 1, at)):
                continue
            ref = seq.ref(k, implied=False)
            if (
                k == after
                and ref is not None
                and not seq.quantity(k)
                and (seq.table(k) is not None or seq.items[k].text.endswith("s"))
            ):
                continue  # "3 customers" counts them
            if k == after and frame.rank is not None and frame.rank.at < at:
                continue
            others = _number_list(seq, at)
            filter_ = _equality(seq, ref, value, at) if ref is not None else None
            if filter_ is None:
                continue
            if others and filter_.kind == "number":
                filter_.op, filter_.values = "in", [*filter_.values, *(_number(seq, o) for o in others)]
                seq.use(others, "filter")
            lead = seq.items[k - 1].text if k == before and k > 0 else ""
            turned = {"after": ">", "before": "<", "since": ">=", "until": "<=", "through": "<="}.get(lead)
            if turned is not None and filter_.kind == "number":
                filter_.op = turned
            elif seq.free(at - 1) and seq.cue(at - 1, "neg") is not None:
                filter_.op = "!="
                seq.use(at - 1, "filter")
            seq.use([at, k], "filter")
            frame.filters.append(filter_)
            break


def _number_list(seq: Sequence, at: int) -> list[int]:
    """Further numbers in a list with one: "4 or 6 cylinders", read from either end."""
    out: list[int] = []
    for step in (-1, 1):
        k = at + step
        while (
            seq.free(k)
            and seq.cue(k, "or", "and", "comma")
            and seq.free(k + step)
            and seq.has(k + step, "num")
        ):
            out.append(k + step)
            k += 2 * step
    return out


def _equality(seq: Sequence, ref: Ref, value: int | float, at: int) -> Filter | None:
    good = []
    for choice in ref.choices:
        column = seq.column(choice.ref) if choice.kind == "col" else None
        if column is None:
            continue
        if is_number(column):
            low, high = column.profile.minimum, column.profile.maximum
            try:
                inside = low is None or high is None or low <= value <= high
            except TypeError:
                inside = True
            good.append(choice if inside else Choice(choice.ref, choice.fit * 0.7, choice.kind))
    if good:
        return Filter(
            "number", Ref(sorted(good, key=lambda c: -c.fit), ref.at, ref.text), "=", [value], at=at
        )
    hits: tuple[ValueHit, ...] | None = seq.data(at, "value")
    if hits:
        columns = {c.ref for c in ref.choices}
        kept = tuple(h for h in hits if h.column in columns)
        if kept:
            return Filter("value", None, "=", hits=[kept], at=at)
    return None


# ---------------------------------------------------------------- values


def _wants_value(seq: Sequence, at: int) -> bool:
    item = seq.items[at]
    value = item.get("value")
    if value is None or value.score < 0.5:
        return False
    others = [s for s in item.senses if s.kind in ("col", "table", "metric")]
    best = max((s.score for s in others), default=0.0)
    dated = any(
        c.dtype.upper().startswith(("DATE", "TIMESTAMP")) for t in seq.catalog.tables for c in t.columns
    )
    leading = ("cue", "time", "implied") if dated else ("cue", "implied")
    if item.senses[0].kind in leading and value.score < 0.93 and not others:
        return False
    if seq.has(at, "time") and not seq.data(at, "time").bare and dated:
        return False
    if item.get("num") is not None and item.last - item.first == 1:
        return False
    if best >= 0.9:
        # "Region East" against "by country": a header that is also a stored value stays a header after
        # "by", "each"
        before = seq.content(at, -1, 1)
        named = (
            before is not None
            and seq.ref(before) is not None
            and {h.column for h in value.data} & {c.ref for c in (seq.ref(before) or Ref([], 0)).choices}
        )
        return bool(named)
    return value.score >= best - 0.05 or best < 0.8


def _read_values(seq: Sequence, frame: Frame) -> None:
    at = 0
    while at < len(seq):
        if not seq.free(at) or not _wants_value(seq, at):
            at += 1
            continue
        group = [at]
        position = at + 1
        while position < len(seq):
            if seq.free(position) and _wants_value(seq, position):
                if not _share_column(seq, at, position):
                    break
                group.append(position)
            elif not (
                seq.free(position)
                and (seq.cue(position, "and", "or", "comma", "versus", "than") or _article(seq, position))
            ):
                noun = seq.free(position) and (
                    not seq.items[position].senses or seq.table(position) is not None
                )
                joined = seq.free(position + 1) and seq.cue(position + 1, "and", "or", "versus", "than")
                if not (noun and joined):
                    break
                if not seq.items[position].senses:
                    seq.use(position, "noise")
            position += 1
        _value_filter(seq, frame, group)
        at = group[-1] + 1


def _article(seq: Sequence, at: int) -> bool:
    return seq.items[at].text in (
        "the",
        "a",
        "in",
        "from",
        "for",
        "of",
        "with",
        "的",
        "在",
        "/",
        "&",
    ) and seq.glue(at)


def _share_column(seq: Sequence, first: int, second: int) -> bool:
    a = {h.column for h in seq.data(first, "value")}
    b = {h.column for h in seq.data(second, "value")}
    return bool(a & b)


def _value_filter(seq: Sequence, frame: Frame, group: list[int]) -> None:
    hits = [tuple(seq.data(k, "value")) for k in group]
    common = set.intersection(*({h.column for h in g} for g in hits)) if len(hits) > 1 else set()
    if common:
        hits = [tuple(h for h in g if h.column in common) for g in hits]
    named = _column_beside(seq, group[0], group[-1], {h.column for h in hits[0]})
    if named is not None:
        ref = seq.ref(named)
        columns = {c.ref for c in ref.choices} if ref is not None else set()
        hits = [tuple(h for h in g if h.column in columns) or g for g in hits]
        seq.use(named, "filter")
    neg = False
    for k in range(group[0] - 1, max(-1, group[0] - 4), -1):
        if not seq.free(k):
            if k != named:
                break
            continue
        if seq.cue(k, "neg") and any(seq.items[k].text.split()[-1] in str(h.value).lower() for h in hits[0]):
            seq.use(k, "filter")  # "no suspect identified" is itself the stored value
            break
        if seq.cue(k, "neg") or (seq.cue(k, "cmp") and str(seq.cue(k, "cmp").argument) == "!="):  # type: ignore[union-attr]
            neg = True
            seq.use(k, "filter")
            break
        if not (seq.glue(k) or k == named):
            break
    after = group[-1] + 1
    if after < len(seq) and seq.items[after].text in ("除外", "以外", "之外", "外"):
        neg = True
        seq.use(after, "filter")
    joined = False
    for k in range(group[0], group[-1] + 1):
        if seq.cue(k, "versus", "than"):
            frame.compare = True
        joined = joined or seq.cue(k, "and") is not None
        if seq.free(k):
            seq.use(k, "filter")
    named_twice = {(h.column, str(h.value)) for g in hits for h in g}
    for other in frame.filters:
        if other.kind == "value" and len(other.hits) == len(hits) == 1:
            again = {(h.column, str(h.value)) for g in other.hits for h in g} & named_twice
            if again:  # 技术类(Technology): one value, said twice
                other.hits = [tuple(h for h in other.hits[0] if (h.column, str(h.value)) in again)]
                return
    frame.filters.append(
        Filter(
            "value", None, "!=" if neg else "=", hits=hits, neg=neg, at=group[0], fn="and" if joined else ""
        )
    )


def _column_beside(seq: Sequence, first: int, last: int, columns: set[str]) -> int | None:
    """A header named next to its value: "the region East", "East region", 城市为北京."""
    for start, step in ((first, -1), (last, 1)):
        position = start + step
        for _ in range(3):
            if not 0 <= position < len(seq) or not seq.free(position):
                break
            ref = seq.ref(position, implied=True)
            if ref is not None and {c.ref for c in ref.choices} & columns:
                asked = seq.cue(position - 1, "ask", "by") if position > 0 else None
                if (step == 1 and (asked or seq.cue(position, "by"))) or _grouped(seq, position):
                    break
                return position
            connective = seq.cue(position, "is", "stop", "whose", "neg") or (
                step == -1 and seq.items[position].text in ("of", "in", "from", "'s", "=", "=", "for", '"', "'", "by")  # noqa: E501
            ) or seq.items[position].text in ('"', "'")  # fmt: skip
            equal = seq.cue(position, "cmp")
            if not connective and not (equal and str(equal.argument) in ("=", "!=")):
                break
            if step == 1 and seq.items[position].text not in ('"', "'"):
                break
            position += step
    return None


def _grouped(seq: Sequence, at: int) -> bool:
    return at > 0 and seq.free(at - 1) and seq.cue(at - 1, "by") is not None and seq.cue(at - 1, "is") is None


def _read_parts(seq: Sequence, frame: Frame) -> None:
    """Read words that stored names contain: "toyota models"."""
    for at in range(len(seq)):
        part = seq.data(at, "part") if seq.free(at) else None
        if part is None:
            continue
        columns, word = part
        known = _column_beside(seq, at, at, {c for c, _ in columns})
        if known is not None:
            own = {c.ref for c in (seq.ref(known) or Ref([], 0)).choices}
            columns = tuple(c for c in columns if c[0] in own) or columns
            seq.use(known, "filter")
        most = max(n for _, n in columns)
        choices = [Choice(c, 0.85 * (n / most) ** 0.2) for c, n in columns]
        frame.filters.append(Filter("text", Ref(choices, at, word), "contains", [word], at=at))
        seq.use(at, "filter")


# ---------------------------------------------------------------- times


def _read_times(seq: Sequence, frame: Frame) -> None:
    for at in range(len(seq)):
        time = seq.data(at, "time") if seq.free(at) else None
        if time is None:
            continue
        if time.bare and seq.items[at].senses[0].kind in ("col", "table", "value"):
            continue
        ref = None
        named = None
        for step in (-1, 1):
            k = seq.content(at, step, 2)
            if k is None or not seq.free(k) or _grouped(seq, k) or seq.table(k, 0.8) is not None:
                continue
            column = seq.ref(k)
            if column is None:
                continue
            good = [
                c
                for c in column.choices
                if c.kind == "col" and (col := seq.column(c.ref)) is not None and is_time(col)
            ]
            if (
                len(good) < len(column.choices)
                and good
                and good[0].fit <= max(c.fit for c in column.choices if c not in good)
            ):
                continue
            if good and (step == -1 or seq.has(k, "implied") or k == at + 1):
                ref, named = Ref(good, column.at, column.text), k
                break
        if ref is None and not any(
            is_time(c) and not c.hidden for t in seq.catalog.tables for c in t.columns
        ):
            if time.bare:
                continue
            frame.unknown.append(at)
            frame.penalty *= 0.4
            seq.use(at, "unknown")
            continue
        neg = at > 0 and seq.free(at - 1) and seq.cue(at - 1, "neg") is not None
        if named is not None:
            seq.use(named, "filter")
        if neg:
            seq.use(at - 1, "filter")
        seq.use(at, "filter")
        previous = next((f for f in frame.filters if f.kind == "time" and _listed(seq, f.at, at)), None)
        if previous is not None and previous.time is not None:
            previous.values.append(time)
            continue
        frame.filters.append(Filter("time", ref, time=time, neg=neg, at=at))


def _listed(seq: Sequence, first: int, second: int) -> bool:
    """Whether two times stand in one list: "2010 and 2012", 2019年和2020年."""
    return first < second and all(
        seq.cue(k, "and", "or", "comma", "versus", "than")
        or seq.has(k, "time")
        or seq.items[k].text in ("in", "的", "年")
        for k in range(first + 1, second)
    )


# ---------------------------------------------------------------- gaps, texts, partners


def _read_null(seq: Sequence, frame: Frame) -> None:
    for at in range(len(seq)):
        if not seq.free(at):
            continue
        for name, op in (("notnull", "notnull"), ("null", "null")):
            if not seq.cue(at, name):
                continue
            order = (
                (1, -1)
                if seq.items[at].text.startswith(("missing", "缺", "blank", "null", "unknown", "空"))
                else (-1, 1)
            )
            for step in order:
                k = seq.content(at, step, 2)
                if k is not None and seq.free(k) and seq.ref(k, implied=False) is not None:
                    frame.filters.append(Filter("null", seq.ref(k), op, at=at))
                    seq.use([at, k], "filter")
                    break
            break


def _read_conditions(seq: Sequence, frame: Frame) -> None:
    """Read words that are a condition by themselves: loss-making, 亏损."""
    for at in range(len(seq)):
        cue = seq.cue(at, "condition") if seq.free(at) else None
        if cue is None or not isinstance(cue.argument, tuple):
            continue
        about, op, value = cue.argument
        choices = [
            c for c in seq.about(about, 0.9) if (col := seq.column(c.ref)) is not None and is_quantity(col)
        ]
        if choices:
            frame.filters.append(Filter("number", Ref(choices, at, seq.items[at].text), op, [value], at=at))
            seq.use(at, "filter")


def _read_gaps(seq: Sequence, frame: Frame) -> None:
    """Read "have no payment method", 没有客户编号: a column that is empty."""
    for at in range(len(seq)):
        if (
            not seq.free(at)
            or not seq.cue(at, "neg")
            or seq.items[at].text
            in (
                "not",
                "不是",
                "非",
                "除",
                "除了",
                "except",
                "excluding",
                "other than",
                "never",
                "以外",
                "之外",
            )
        ):
            continue
        k = seq.content(at, 1, 2)
        skipped: list[int] = []
        while k is not None and seq.free(k) and not seq.items[k].senses and len(skipped) < 2:
            skipped.append(k)  # a verb nobody needs: 没有披露营业收入
            k = seq.content(k, 1, 0)
        if k is None or not seq.free(k) or seq.has(k, "value") or seq.table(k, 0.95) is not None:
            continue
        column = seq.best(k)
        if column is None or column.meaning.type is SemanticType.BOOLEAN:
            continue
        if is_quantity(column) and not column.profile.nulls:
            frame.filters.append(Filter("number", seq.ref(k), "=", [0], at=at))
        elif column.profile.nulls:
            frame.filters.append(Filter("null", seq.ref(k), "null", at=at))
        else:
            continue
        seq.use([at, k, *skipped], "filter")


def _read_text(seq: Sequence, frame: Frame) -> None:
    for at in range(len(seq)):
        cue = seq.cue(at, "text") if seq.free(at) else None
        if cue is None:
            continue
        position = at + 1
        literal: list[int] = []
        quoted = False
        while position < len(seq) and len(literal) < 6:
            text = seq.items[position].text
            if text in ('"', "'"):
                if literal:
                    break
                quoted = True
                position += 1
                continue
            if (
                not quoted
                and literal
                and (seq.glue(position) or seq.cue(position, "noise") or seq.items[position].senses)
            ):
                break
            if not quoted and not literal and seq.glue(position) and text not in ("a", "i"):
                position += 1
                continue
            literal.append(position)
            position += 1
        before = seq.content(at, -1, 2)
        ref = seq.ref(before) if before is not None and seq.free(before) else None
        if not literal or (seq.quantity(literal[0]) and not quoted):
            continue
        unknown = all(not seq.items[k].senses or quoted for k in literal)
        if cue.argument == "contains" and not quoted and not unknown:
            continue
        if ref is None:
            names = [
                Choice(c.id, 0.7) for t in seq.catalog.tables for c in t.columns
                if c.meaning.type in (SemanticType.NAME, SemanticType.TEXT) and not c.hidden
            ]  # fmt: skip
            if not names:
                continue
            ref = Ref(names[:3], at)
        good = [
            c
            for c in ref.choices
            if c.kind == "col" and (col := seq.column(c.ref)) is not None and not is_number(col)
        ]
        if not good:
            continue
        text = _raw(seq, literal)
        neg = seq.free(at - 1) and seq.cue(at - 1, "neg") is not None
        if neg:
            seq.use(at - 1, "filter")
        frame.filters.append(
            Filter("text", Ref(good, ref.at, ref.text), str(cue.argument), [text], neg=neg, at=at)
        )
        seq.use([at, *literal], "filter")
        if before is not None and seq.ref(before) is not None and seq.free(before):
            seq.use(before, "filter")


def _raw(seq: Sequence, positions: list[int]) -> str:
    text, end = "", None
    for k in positions:
        item = seq.items[k]
        if end is not None and item.start > end:
            text += " "
        text += item.text
        end = item.end
    return text


def _read_has_not(seq: Sequence, frame: Frame) -> None:
    """Read "customers without orders", 没有订单的客户."""
    if len(seq.catalog.tables) < 2:
        return
    for at in range(len(seq)):
        if not seq.free(at) or not seq.cue(at, "neg"):
            continue
        following = None
        for k in range(at + 1, min(len(seq), at + 6)):
            if seq.table(k, 0.7) is not None and seq.free(k):
                following = k
                break
            if not (
                seq.glue(k) or seq.has(k, "implied") or not seq.items[k].senses or seq.cue(k, "has", "count")
            ):
                break
        if following is None:
            continue
        table = seq.table(following, 0.7)
        others = {t for k in range(len(seq)) if k != following and (t := seq.table(k, 0.8)) is not None}
        if table is None or not others - {table}:
            continue
        if not any(
            {key.table, key.ref_table} == {table, other}
            for key in seq.catalog.foreign_keys
            for other in others
        ):
            continue
        frame.filters.append(Filter("has", table=table, neg=True, at=at))
        seq.use([k for k in range(at, following + 1) if seq.free(k)], "filter")
