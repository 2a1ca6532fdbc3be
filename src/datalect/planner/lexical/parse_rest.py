"""What is left when all else was read: flags, plain columns, a superlative without a figure."""

from __future__ import annotations

from datalect.plan.model import Dates
from datalect.planner.lexical.defaults import natural_aggregate
from datalect.planner.lexical.frame import Filter, Frame, Ref, Want
from datalect.planner.lexical.parse_counts import is_flag, keylike
from datalect.planner.lexical.parse_groups import is_time_word
from datalect.planner.lexical.sequence import UNREAD, Sequence, is_quantity, is_time
from datalect.planner.linking.dates import TimeMention


def _attributive(seq: Sequence, at: int) -> bool:
    """Whether a yes/no word qualifies what follows: 不抽烟的顾客, 国有且低风险的企业."""
    if at > 0 and seq.items[at - 1].text == "不":
        return True
    after = at + 1
    while after + 1 < len(seq) and (seq.cue(after, "and") or seq.roles[after] == "filter"):
        after += 1
    return after + 1 < len(seq) and seq.items[after].text == "的" and not seq.cue(after + 1, "share", "count")


def read_flags(seq: Sequence, frame: Frame) -> None:
    """Read yes/no columns used as conditions: "passengers who survived", "non-smokers"."""
    for at in range(len(seq)):
        if not seq.free(at):
            continue
        ref = seq.ref(at)
        if ref is None or not is_flag(seq, ref):
            continue
        following = seq.content(at, 1, 0)
        if following is not None and _kind_of(seq, at, following):
            seq.use(following, "modifier")
        rate = seq.items[at + 1].text in ("rate", "率", "ratio", "percentage") if at + 1 < len(seq) else False
        if rate:
            frame.steps.append(("share", None))
            seq.use(at + 1, "step")
        elif (seq.cue(at - 1, "by", "ask") and not (frame.wants or frame.steps)) or (
            seq.cue(at, "ask") and following is None
        ):
            continue
        elif not (
            frame.wants or frame.steps or frame.listing or frame.tables or frame.groups or frame.rank
        ) and not (_with(seq, at) or _attributive(seq, at)):
            continue
        neg = False
        for k in range(max(0, at - 2), at):
            if seq.free(k) and (seq.cue(k, "neg") or seq.items[k].text == "不"):
                neg = True
                seq.use(k, "filter")
        frame.filters.append(Filter("bool", ref, neg=neg, at=at))
        seq.use(at, "filter")


def _kind_of(seq: Sequence, at: int, head: int) -> bool:
    """Whether the next word only is the head of a compound: the "housing loan" of a column "housing"."""
    ref = seq.ref(head) if seq.free(head) and head == at + 1 else None
    return ref is not None and is_flag(seq, ref) and seq.best(head) is not seq.best(at)


def _with(seq: Sequence, at: int) -> bool:
    """Whether "with", "containing" or another condition leads to a yes/no column."""
    for k in range(at - 1, max(-1, at - 5), -1):
        if seq.roles[k] == "filter":
            return True
        if seq.cue(k, "has", "text"):
            if seq.free(k) and seq.cue(k, "text"):
                seq.use(k, "filter")
            return True
        if not seq.glue(k) and not seq.cue(k, "neg"):
            return False
    return False


def read_rest(seq: Sequence, frame: Frame) -> None:
    """Read what is left: plain columns to show, words that only qualify."""
    for at in range(len(seq)):
        if not seq.free(at):
            continue
        item = seq.items[at]
        if not item.senses:
            if any(c.isalnum() for c in item.text):
                frame.unknown.append(at)
                frame.penalty *= _loss(seq, at)
                seq.use(at, "unknown")
            continue
        if seq.cue(at, "rows") and not seq.has(at, "value") and (not seq.thing(at) or _date_of_rows(seq, at)):
            alone = len(seq.catalog.tables) == 1
            if alone and not any(seq.cue(k, "count") for k in (at - 1, at + 1, at + 2)):
                frame.penalty *= 0.93
            else:
                frame.unknown.append(at)  # what the rows are, by a name the table does not know
            seq.use(at, "noun" if alone else "unknown")
            continue
        table, ref = seq.table(at), seq.ref(at, implied=False)
        aided = any(seq.items[k].text in ("do", "does", "did") for k in range(at))  # "does a plane make"
        loosely = table is not None and item.get("table").score < 0.9  # type: ignore[union-attr]
        if seq.cue(at, "verb") and loosely and seq.table(at - 1, 0.9) is not None and item.text.isascii():
            seq.use(at, "verb")  # "departments employ": no table called like the verb
            continue
        if seq.cue(at, "verb") and table is None and (ref is None or aided or ref.choices[0].fit < 0.7):
            seq.use(at, "verb")  # what ties the things of two tables together
            continue
        noise = seq.glue(at) or (bool(seq.cue_names(at)) and item.senses[0].kind == "cue")
        if (
            ref is not None
            and seq.cue(at, "grain")
            and is_time_word(seq, at)
            and ref.choices[0].fit >= 0.85
            and not (frame.wants or frame.groups or frame.rank or frame.steps or frame.havings)
        ):
            frame.wants.append(Want("col", ref=ref, at=at))  # "days with wind over 8": which days
            seq.use(at, "want")
            continue
        if table is not None and ref is not None and seq.quantity(at) and seq.cue(at - 1, "ask", "agg"):
            table = None  # 多少小费 over a table called tips asks for the figure
        if table is not None and (ref is None or item.get("table").score >= ref.choices[0].fit - 0.05):  # type: ignore[union-attr]
            frame.tables.append((table, at))
            seq.use(at, "table")
            if ref is not None and ref.choices[0].fit >= 0.9 and len(seq.catalog.tables) > 1:
                continue
            if ref is not None and ref.choices[0].fit >= 0.9 and not keylike(seq, ref, table):
                frame.wants.append(Want("col", ref=ref, at=at))
            continue
        if _asks_also(seq, frame, at):
            frame.wants.append(Want("agg", fn="sum", ref=seq.ref(at), at=at))
            seq.use(at, "want")
            continue
        if (
            (frame.wants or frame.havings)
            and seq.has(at, "implied")
            and (ref is None or ref.choices[0].fit < 0.9)
        ):
            seq.use(at, "implied")  # the verb of what is counted or measured already: "sold", "ordered"
            continue
        if ref is not None and frame.filters and frame.wants and _owner(seq, at):
            seq.use(at, "owner")
            continue
        if ref is not None and not seq.quantity(at) and _modifier(seq, frame, at):
            seq.use(at, "modifier")
            continue
        if seq.cue(at, "unit_noise") and seq.items[at - 1].text == "多少" and frame.wants:
            seq.use(at, "noise")  # 平均延误多少分钟: only the unit
            continue
        if seq.cue(at, "rows") and seq.roles[at - 1] == "filter" and _figure_follows(seq, frame, at):
            seq.use(at, "owner")  # 技术类产品的销售额: the figure of those, not a list of products
            continue
        if ref is not None and _head_of_value(seq, frame, at):
            seq.use(at, "modifier")  # "bought Technology products": the word belongs to the value
            continue
        named = seq.cue(at, "count") is not None and seq.quantity(at)
        if ref is not None and (named or not (noise and ref.choices[0].fit < 0.9)):
            frame.wants.append(Want("col", ref=ref, at=at))
            seq.use(at, "want")
            continue
        if seq.has(at, "implied"):
            frame.wants.append(Want("implied", ref=seq.ref(at), at=at))
            seq.use(at, "implied")
            continue
        if frame.apart is not None and seq.cue(at, "between", "than"):
            seq.use(at, "noise")  # what stands there is set apart already
            continue
        if seq.has(at, "value") and not noise:
            frame.unknown.append(at)
            continue
        if seq.has(at, "num") and _counts_named(seq, frame, at):
            seq.use(at, "noise")
            continue
        if seq.has(at, "num") and _year_of_things(seq, frame, at):
            continue
        if seq.has(at, "num") and not noise:
            frame.unknown.append(at)
            frame.penalty *= 0.55
            continue
        if (
            item.text in ("中有", "里有", "中带", "里带")
            and at + 1 < len(seq)
            and seq.roles[at + 1] == "filter"
        ):
            seq.use(at, "noise")  # 客户中有贷款的: the condition was read
            continue
        if (
            item.senses[0].kind == "cue"
            and seq.cue_names(at) & set(UNREAD)
            and not seq.cue_names(at) & {"stop", "noise"}
        ):
            # a condition or an order that was heard but could not be placed must not be passed over in
            # silence
            frame.unknown.append(at)
            frame.penalty *= 0.5


def _year_of_things(seq: Sequence, frame: Frame, at: int) -> bool:
    """Read "the 2012 guests" as those of 2012, where a table tells years and holds that one."""
    number = seq.data(at, "num")
    if number.percent or number.ordinal or not 1000 <= number.value <= 2200 or number.value % 1:
        return False
    if len(seq.catalog.tables) != 1 or at + 1 >= len(seq):
        return False
    after = seq.roles[at + 1] in ("table", "want", "noun", "group", "unknown", "") and seq.items[at + 1].text
    if not after or not after[0].isalpha() or any(f.kind == "time" for f in frame.filters):
        return False
    year = int(number.value)
    times = [c for t in seq.catalog.tables for c in t.columns if is_time(c) and not c.hidden]
    ends = [(getattr(c.profile.minimum, "year", c.profile.minimum),
             getattr(c.profile.maximum, "year", c.profile.maximum)) for c in times]  # fmt: skip
    held = any(isinstance(a, int | float) and isinstance(b, int | float) and a <= year <= b for a, b in ends)
    if not held:
        return False
    frame.filters.append(Filter("time", None, time=TimeMention(0, 0, Dates(year=year), (year, year)), at=at))
    seq.use(at, "filter")
    return True


def _asks_also(seq: Sequence, frame: Frame, at: int) -> bool:
    """Whether a second figure is asked for behind a count: 拿了几块地, 花了多少钱."""
    counted = [w for w in frame.wants if w.kind == "count" and w.at < at]
    if not counted or not seq.has(at, "implied") or "多少" not in seq.items[at].text or frame.rank:
        return False
    column = seq.best(at)
    apart = any(seq.cue(k, "comma", "and") for k in range(counted[-1].at + 1, at))
    return apart and column is not None and natural_aggregate(column)[0] == "sum"


def _head_of_value(seq: Sequence, frame: Frame, at: int) -> bool:
    """Whether a header only says what kind of thing the value right before it is of."""
    figures = [w for w in frame.wants if w.kind in ("count", "agg", "nested", "ratio")]
    if not figures or frame.listing or frame.asks_which or at == 0 or seq.quantity(at):
        return False
    return seq.roles[at - 1] == "filter" and seq.has(at - 1, "value") and seq.items[at].text.isascii()


def _counts_named(seq: Sequence, frame: Frame, at: int) -> bool:
    """Whether a number only says how many values were named before it: 甲和乙两个小区."""
    number = seq.data(at, "num")
    return any(f.kind == "value" and len(f.hits) == number.value > 1 and f.at < at for f in frame.filters)


def _loss(seq: Sequence, at: int) -> float:
    """What is left of a reading that passes over a Chinese word: most where it says which things are meant."""  # noqa: E501
    text = seq.items[at].text
    if len(text) < 2 or text[0] < "\u3000":
        return 1.0
    return 0.4 if at + 1 < len(seq) and seq.items[at + 1].text == "的" else 0.75


def _figure_follows(seq: Sequence, frame: Frame, at: int) -> bool:
    """Whether a question that lists nothing asks for a number after a word for the rows."""
    if at == 0 or frame.listing or frame.asks_which or frame.groups or seq.quantity(at):
        return False
    return len(seq.catalog.tables) == 1 and any(
        seq.quantity(k) and seq.roles[k] in ("", "want") for k in range(at + 1, len(seq))
    )


def _date_of_rows(seq: Sequence, at: int) -> bool:
    """Whether a word for the rows only is a part of a date's header: 订单 over a column "order date"."""
    ref, column = seq.ref(at, implied=False), seq.best(at)
    if ref is None or column is None or seq.table(at) is not None or len(seq.catalog.tables) != 1:
        return False
    return is_time(column) and ref.choices[0].fit < 0.85


def _owner(seq: Sequence, at: int) -> bool:
    """Whether a header only says whose figure is asked for: "the capacity of the unit that started in 1987"."""  # noqa: E501
    k = at - 1
    while k >= 0 and seq.items[k].text in ("the", "a", "an", "his", "their"):
        k -= 1
    if k < 0 or seq.items[k].text not in ("of", "for", "in", "from", "at", "on"):
        return False
    return any(seq.roles[m] == "want" for m in range(k))


def _modifier(seq: Sequence, frame: Frame, at: int) -> bool:
    """Whether a header only qualifies the number right after it: "product sales", 产品销售额."""
    after = at + 1
    if frame.listing or frame.asks_which or after >= len(seq) or seq.roles[after] not in ("", "want"):
        return False
    return (
        seq.quantity(after)
        and seq.cue(after, "agg", "count") is None
        and seq.ref(after, implied=False) is not None
    )


def leftover_superlative(seq: Sequence, frame: Frame) -> None:
    """Read "maximum" without a thing it belongs to as an aggregate of the only quantity wanted."""
    if frame.rank is None or frame.rank.by is not None or frame.rank.entity is not None:
        return
    quantities = [w for w in frame.wants if w.kind == "col" and w.ref and _quantity(seq, w.ref)]
    if len(quantities) == 1:
        frame.rank.by = quantities[0]


def _quantity(seq: Sequence, ref: Ref) -> bool:
    column = seq.column(ref.choices[0].ref) if ref.choices and ref.choices[0].kind == "col" else None
    return column is not None and is_quantity(column)
