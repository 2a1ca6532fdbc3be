"""One figure over another that a unit stands for, and averages weighted by a column: "fare per mile", 按套数加权."""  # noqa: E501

from __future__ import annotations

from datalect.planner.lexical.frame import Choice, Frame, Ref, Want
from datalect.planner.lexical.sequence import Sequence, is_quantity

_ABOUT = (
    ("mile miles km kilometer kilometers kilometre kilometres 英里 公里 千米", ("distance",)),
    ("minute minutes hour hours 分钟 小时", ("duration",)),
    ("kg kilo kilogram kilograms pound pounds lb 公斤 千克 磅", ("weight",)),
    ("sqft sqm 平方米 平米 平", ("area", "transaction area")),
    ("passenger passengers person people head guest guests 人 乘客", ("passengers", "party", "population")),
    ("unit units item items piece pieces 件 套", ("quantity",)),
)  # fmt: skip
_PER = frozenset({"per", "a", "each", "every", "每", "平均每", "每一"})
_WEIGHTED = ("加权", "weighted")


def read_per_unit(seq: Sequence, frame: Frame) -> None:
    """Read "fare per mile" and 每英里车费: the sum of one column over the sum of another."""
    for at in range(1, len(seq)):
        if not seq.free(at) or seq.items[at - 1].text not in _PER or not seq.free(at - 1):
            continue
        below = _figure_of(seq, at)
        if below is None:
            continue
        han = seq.items[at].text[0] > "\u3000"
        above = _money_beside(seq, at, 1 if han else -1)
        if above is None:
            continue
        ref = seq.ref(above)
        if ref is None or below.ref in {c.ref for c in ref.choices} or ref.choices[0].kind != "col":
            continue
        expr = ["/", ref.choices[0].ref, below.ref]
        fit = min(ref.choices[0].fit, below.fit, 0.9)
        frame.wants.append(
            Want("col", ref=Ref([Choice("", fit, "expr", expr)], at, seq.items[at].text), at=at)
        )
        seq.use([at - 1, at, above], "want")
        for k in range(len(seq)):
            agg = seq.cue(k, "agg") if seq.free(k) else None
            if agg is not None and agg.argument == "avg":
                seq.use(k, "want")
            elif seq.free(k) and seq.has(k, "implied") and k > min(at, above):
                seq.use(k, "noise")  # 每英里车费多少钱
        return


def _figure_of(seq: Sequence, at: int) -> Choice | None:
    """The column a unit is measured in: the distance for miles."""
    text = seq.items[at].text
    ref = seq.ref(at, least=0.85, implied=False)
    if ref is not None and seq.quantity(at) and text.endswith("s") is False and seq.table(at) is None:
        return ref.choices[0] if ref.choices[0].kind == "col" and _adds_up(seq, ref.choices[0]) else None
    for words, about in _ABOUT:
        if text in words.split():
            found = [c for c in seq.about(about, 0.92) if (col := seq.column(c.ref)) and is_quantity(col)]
            return found[0] if found else None
    return None


def _adds_up(seq: Sequence, choice: Choice) -> bool:
    from datalect.planner.lexical.defaults import natural_aggregate

    column = seq.column(choice.ref)
    return column is not None and natural_aggregate(column)[0] == "sum"


def _money_beside(seq: Sequence, at: int, step: int) -> int | None:
    """The figure that is divided: before "per mile", behind 每英里."""
    start = at if step == 1 else at - 1
    for k in (start + step, start + 2 * step, start + 3 * step):
        if not seq.free(k):
            return None
        if seq.quantity(k) and not seq.has(k, "implied"):
            return k
        if not (seq.glue(k) or seq.cue(k, "agg") or seq.items[k].text in ("的", "平均")):
            return None
    return None


def read_weighted(seq: Sequence, frame: Frame) -> None:
    """Read "average price weighted by quantity", 按成交套数加权的均价: the products' sum over the weights'."""  # noqa: E501
    for at in range(len(seq)):
        if not seq.free(at) or not seq.items[at].text.startswith(_WEIGHTED):
            continue
        weight = _weight(seq, at)
        if weight is None:
            continue
        figure = next(
            (k for k in sorted(range(len(seq)), key=lambda k: abs(k - at))
             if k != weight and seq.free(k) and seq.quantity(k) and not seq.has(k, "value")), None
        )  # fmt: skip
        left, right = seq.ref(figure), seq.ref(weight)
        if figure is None or left is None or right is None or left.choices[0].kind != "col":
            continue
        top = ["*", left.choices[0].ref, right.choices[0].ref]
        fit = min(left.choices[0].fit, right.choices[0].fit)
        above = Ref([Choice("", fit, "expr", top)], at, seq.items[at].text)
        frame.wants.append(Want("ratio", ref=above, inner=Want("col", ref=right, at=weight), at=figure))
        seq.use([at, weight, figure], "want")
        for k in range(len(seq)):
            if seq.free(k) and ((c := seq.cue(k, "agg")) is not None and c.argument == "avg"):
                seq.use(k, "want")
            elif seq.free(k) and seq.cue(k, "by") and abs(k - weight) <= 2:
                seq.use(k, "noise")
        return


def _weight(seq: Sequence, at: int) -> int | None:
    """The column that weighs: behind "weighted by", between 按 and 加权."""
    order = (1, -1) if seq.items[at].text.isascii() else (-1, 1)
    for step in order:
        for k in (at + step, at + 2 * step, at + 3 * step):
            if seq.free(k) and seq.quantity(k):
                return k
            if not (seq.free(k) and (seq.glue(k) or seq.cue(k, "by"))):
                break
    return None
