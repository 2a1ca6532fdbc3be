"""What one order comes to on average: "average order value", 客单价, 平均每单金额."""

from __future__ import annotations

from datalect.planner.lexical.defaults import natural_aggregate
from datalect.planner.lexical.frame import Choice, Frame, Ref, Want
from datalect.planner.lexical.sequence import Sequence

_BASKETS = frozenset(
    "order orders invoice invoices basket baskets transaction transactions cart receipt ticket 订单 发票 交易".split()  # noqa: E501
)
_WORTH = frozenset(
    "value values amount amounts revenue sales total totals spend 金额 额 价值 销售额 总额".split()
)
_SIZE = frozenset({"size", "sizes", "数量", "件数"})
_ALONE = frozenset({"客单价", "aov", "平均客单价"})
_KEYS = ("order id", "order number", "invoice number", "invoice", "transaction id", "order")
_MONEY = ("sales", "revenue", "amount", "total price", "total")


def read_order_value(seq: Sequence, frame: Frame) -> None:
    """Read an average over orders where a row is but a line of one."""
    for at in range(len(seq)):
        found = _phrase(seq, at)
        if found is None:
            continue
        used, size = found
        key = _basket(seq)
        figure = _figure(seq, used, size=size)
        if key is None or figure is None:
            return
        inner = Want("agg", fn="sum", ref=figure, at=used[-1])
        frame.wants.append(Want("nested", fn="avg", at=at, per=key, inner=inner))
        seq.use(used, "want")
        return


def _phrase(seq: Sequence, at: int) -> tuple[list[int], bool] | None:
    """The items of "average order value", and whether its size is meant."""
    if not seq.free(at):
        return None
    if seq.items[at].text in _ALONE:
        return [at], False
    agg = seq.cue(at, "agg")
    if agg is None or agg.argument != "avg" or at + 2 >= len(seq):
        return None
    things, worth = seq.items[at + 1], seq.items[at + 2]
    if things.text not in _BASKETS or not (seq.free(at + 1) and seq.free(at + 2)):
        return None
    if worth.text in _WORTH | _SIZE:
        return [at, at + 1, at + 2], worth.text in _SIZE
    return None


def _basket(seq: Sequence) -> Ref | None:
    """The column that tells orders apart, where an order has several rows."""
    for choice in seq.about(_KEYS, 0.92):
        column = seq.column(choice.ref)
        words = column.name.lower() if column is not None else ""
        keyed = words.endswith(("id", "no", "number", "编号", "号", "key", "code", "num"))
        if column is not None and keyed and column.profile.distinct < 0.98 * max(1, column.profile.rows):
            return Ref([Choice(choice.ref, 0.9)], -1, column.name)
    return None


def _figure(seq: Sequence, used: list[int], *, size: bool) -> Ref | None:
    """What an order adds up to."""
    said = seq.ref(used[-1], least=0.85)
    if said is not None and said.choices[0].kind == "expr":
        return said
    for choice in seq.about(("quantity",) if size else _MONEY, 0.92):
        column = seq.column(choice.ref)
        if column is not None and natural_aggregate(column)[0] == "sum":
            return Ref([choice], used[-1], column.name)
    return None
