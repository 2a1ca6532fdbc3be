"""Counts: of rows, of things, of distinct values, and the bounds on them."""

from __future__ import annotations

from datalect.data.model import SemanticType
from datalect.planner.lexical.defaults import label_column, natural_aggregate, row_level
from datalect.planner.lexical.frame import Choice, Filter, Frame, Having, Ref, Want
from datalect.planner.lexical.parse_steps import told_by_piece
from datalect.planner.lexical.sequence import Sequence, is_quantity


def read_counts(seq: Sequence, frame: Frame) -> None:
    """Read "how many orders", "number of customers", 多少个城市."""
    for at in range(len(seq)):
        if not seq.free(at) or not seq.cue(at, "count"):
            continue
        if seq.ref(at, least=0.95, implied=False) is not None and not seq.items[at].text.startswith(
            ("number of", "how", "the number")
        ):
            continue
        text = seq.items[at].text
        figure = _figure_counted(seq, text, at)
        if figure is not None:
            whole = [k for k in range(at) if seq.free(k) and (c := seq.cue(k, "agg")) and c.argument == "sum"]
            kind, fn = ("agg", "sum") if whole else ("col", "")
            frame.wants.append(Want(kind, fn=fn, ref=figure, at=at))
            seq.use([*whole, at], "want")
            continue
        if text[0] > "\u3000" and seq.quantity(at) and not _after_thing(seq, at):
            continue  # 数量 as the name of a column
        if _summed_already(seq, frame, at):
            seq.use(at, "noise")  # 一共死亡多少人, "how many cases in total": the sum is read
            continue
        distinct = any(w in text for w in ("different", "distinct", "unique", "种"))
        target = _counted(seq, at, postfix=text[0] > "\u3000")
        if target is not None and seq.cue(target, "distinct"):
            distinct = True
            seq.use(target, "want")
            target = seq.content(target, 1, 2)
        while target is not None and seq.cue(target, "distinct", "agg") and seq.ref(target) is None:
            distinct = True
            seq.use(target, "want")
            target = seq.content(target, 1, 2)
        seq.use(at, "want")
        if target is not None and _qualifies(seq, target):
            frame.unknown.append(target)  # "rainy days" are days, of a kind the table may not tell
            seq.use(target, "unknown")
            target += 1
        verb = _verb_quantity(seq, at, target)
        if verb is not None and target is not None:
            # "how many people died": the verb names the number
            frame.wants.append(Want("agg", fn="sum", ref=seq.ref(verb), at=verb))
            seq.use(verb, "want")
            if target != verb and seq.free(target):
                seq.use(target, "noise")
            continue
        if target is None or not seq.free(target) or not (seq.thing(target) or not seq.items[target].senses):
            if target is not None and seq.roles[target] == "filter":
                frame.wants.append(Want("count", at=at))
                continue
            told = told_by_piece(seq, at) if target is None and len(seq.catalog.tables) > 1 else None
            frame.wants.append(Want("count", table=told, at=at))
            continue
        verb = next(
            (
                k
                for k in range(at + 1, min(len(seq), target + 4))
                if seq.free(k) and seq.has(k, "implied") and seq.quantity(k) and not seq.has(k, "value")
            ),
            None,
        )
        if verb is not None and (not seq.items[target].senses or target == verb):
            # "how many people died": the verb names the number
            frame.wants.append(Want("agg", fn="sum", ref=seq.ref(verb), at=verb))
            seq.use(verb, "want")
            if target != verb:
                seq.use(target, "noise")
            continue
        if not seq.items[target].senses:
            frame.wants.append(Want("count", at=at))
            frame.unknown.append(target)
            seq.use(target, "noun")
            continue
        seq.use(target, "want")
        table, ref = seq.table(target), seq.ref(target)
        if (
            table is not None
            and ref is not None
            and ref.choices[0].fit >= 0.8
            and not keylike(seq, ref, table)
        ):
            named, sure = seq.items[target].get("table").score, ref.choices[0].fit  # type: ignore[union-attr]
            weaker = named < sure - 0.05 and (sure >= 0.93 or named < 0.75)
            table = None if weaker or (sure >= 0.93 and seq.quantity(target)) else table
        if table is not None:
            frame.wants.append(Want("count", table=table, at=target, distinct=distinct))
            frame.tables.append((table, target))
        elif ref is not None and is_flag(seq, ref):
            frame.wants.append(Want("count", at=at))
            frame.filters.append(Filter("bool", ref, at=target))
        else:
            frame.wants.append(Want("count", ref=ref, distinct=True, at=target))
        # "how many different cities and countries"
        also = target + 1
        both = also + 1 < len(seq) and seq.quantity(target) and seq.quantity(also + 1)
        if (
            (distinct or (both and table is None))
            and also < len(seq)
            and seq.cue(also, "and")
            and seq.free(also + 1)
            and seq.thing(also + 1)
        ):
            seq.use([also, also + 1], "want")
            frame.wants.append(
                Want("count", ref=seq.ref(also + 1), table=seq.table(also + 1), distinct=True, at=also + 1)
            )
    _bound_on_groups(seq, frame)
    _count_thresholds(seq, frame)


def _figure_counted(seq: Sequence, text: str, at: int) -> Ref | None:
    """The column that holds the count asked for: 多少套 where a header says 套数."""
    if not text.endswith(tuple("套件场户次笔宗届")) or "多少" not in text:
        return None
    found = seq.index.terms.get(f"{text[-1]}数", {})
    choices = []
    for (kind, name), score in found.items():
        column = seq.column(name) if kind == "col" else None
        if column is not None and is_quantity(column) and f"{text[-1]}数" in column.name:
            choices.append(Choice(name, score))
    return Ref(sorted(choices, key=lambda c: -c.fit), at, text) if choices else None


def _qualifies(seq: Sequence, at: int) -> bool:
    """Whether a loosely known number word only describes the dates counted right behind it."""
    ref = seq.ref(at, implied=False)
    loosely = ref is not None and ref.choices[0].fit < 0.85 and seq.quantity(at) and not seq.has(at, "value")
    return loosely and seq.free(at + 1) and seq.cue(at + 1, "grain") is not None


def _verb_quantity(seq: Sequence, at: int, target: int | None) -> int | None:
    """A verb after "how many people" that names a number of its own: died, attended."""
    if (
        target is None
        or not seq.free(target)
        or seq.table(target) is not None
        or (seq.ref(target, implied=False) is not None)
    ):
        return None
    nobody = not seq.items[target].senses or seq.cue(target, "unit_noise") or seq.has(target, "implied")
    for k in range(target, min(len(seq), target + 3)):
        if nobody and seq.free(k) and seq.has(k, "implied") and seq.quantity(k) and not seq.has(k, "value"):
            return k
    return None


def _after_thing(seq: Sequence, at: int) -> bool:
    before = seq.content(at, -1, 1)
    return (
        before is not None
        and (seq.thing(before) or seq.roles[before] == "filter")
        and seq.cue(before + 1, "and") is None
    )


def keylike(seq: Sequence, ref: Ref, table: str) -> bool:
    """Whether the column is an id of the table."""
    column = seq.column(ref.choices[0].ref)
    return column is not None and column.table == table and column.meaning.type is SemanticType.ID


def is_flag(seq: Sequence, ref: Ref) -> bool:
    """Whether the column holds yes and no."""
    column = seq.column(ref.choices[0].ref) if ref.choices and ref.choices[0].kind == "col" else None
    return column is not None and column.meaning.type is SemanticType.BOOLEAN


def _counted(seq: Sequence, at: int, *, postfix: bool) -> int | None:
    after = seq.content(at, 1, 3)
    if postfix:
        text = seq.items[at].text
        closing = text.endswith(("量", "数目", "数")) or text.startswith(
            ("的", "有几", "总数", "一共", "总共", "共有")
        )
        before = seq.content(at, -1, 2)
        if (
            closing
            and before is not None
            and seq.free(before)
            and seq.thing(before)
            and seq.cue(before - 1, "by") is None
        ):
            return before
        if after is not None and seq.free(after) and seq.thing(after) and seq.cue(at + 1, "comma") is None:
            return after
        if before is not None and seq.free(before) and seq.thing(before) and not seq.quantity(before):
            return before
        if after is not None and seq.free(after) and seq.cue(after, "distinct"):
            return after
        if after is None and before is not None and text in _HOW_MUCH and seq.free(before):
            return before if seq.quantity(before) else None  # 疑似病例有多少: the figure itself
        return after if after is not None and seq.free(after) and not seq.items[after].senses else None
    return after


_HOW_MUCH = (
    "有多少",
    "多少",
    "总共有多少",
    "一共有多少",
    "共有多少",
    "总共多少",
    "一共多少",
    "总共有",
    "有多少例",
    "多少例",
)


def _summed_already(seq: Sequence, frame: Frame, at: int) -> bool:
    """Whether the things counted next to an item are a figure whose sum was asked for and read."""
    sums = {w.at for w in frame.wants if w.kind == "agg" and w.fn == "sum"}
    after, before = seq.content(at, 1, 2), seq.content(at, -1, 2)
    if seq.items[at].text[0] < "\u3000":
        return after in sums
    return before in sums and (after is None or not seq.free(after) or not seq.thing(after))


def _bound_on_groups(seq: Sequence, frame: Frame) -> None:
    """Read a bound no single row reaches as one on totals: 销售额超过5万的州有几个."""
    want = frame.wants[0] if len(frame.wants) == 1 else None
    if want is None or want.kind != "count" or want.ref is None or frame.groups or frame.havings:
        return
    counted = seq.column(want.ref.choices[0].ref) if want.ref.choices else None
    if counted is not None and row_level(counted):
        return
    for filter_ in frame.filters:
        column = seq.column(filter_.ref.choices[0].ref) if filter_.kind == "number" and filter_.ref else None
        if column is None or filter_.op not in (">", ">=") or natural_aggregate(column)[0] != "sum":
            continue
        highest = column.profile.maximum
        if isinstance(highest, int | float) and float(filter_.values[0]) > highest:
            total = Want("agg", fn="sum", ref=filter_.ref, at=filter_.at)
            frame.havings.append(Having(total, filter_.op, float(filter_.values[0]), filter_.at))
            frame.filters.remove(filter_)
            return


def _count_thresholds(seq: Sequence, frame: Frame) -> None:
    """Turn "how many customers have at least three orders" into a count of things that have so many."""
    if len(frame.havings) != 1 or frame.groups:
        return
    having = frame.havings[0]
    want = next((w for w in frame.wants if w.kind == "count"), None)
    if want is None or having.want.kind not in ("count", "agg") or len(frame.wants) != 1:
        return
    if want.ref is None and want.table is None and len(seq.catalog.tables) == 1:
        # "how many players were suspended at least three times": each name stands for a player
        label = label_column(seq.catalog.tables[0])
        if label is not None and not row_level(label):
            want.ref = Ref([Choice(label.id, 0.8)], want.at)
    if want.ref is None and want.table is None:
        return
    frame.wants = [Want("nested", fn="count", at=want.at, table=want.table, per=want.ref or Ref([], want.at, want.table or ""),  # noqa: E501
                        inner=having.want)]  # fmt: skip
