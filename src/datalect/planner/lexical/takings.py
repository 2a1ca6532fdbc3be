"""What a business takes in where no header says so: revenue over order lines of price and quantity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from datalect.data.model import Catalog, Column, Table
from datalect.planner.lexical.defaults import natural_aggregate
from datalect.planner.lexical.frame import Choice, Frame, Ref, Want
from datalect.planner.lexical.graph import TableGraph
from datalect.planner.lexical.sequence import Sequence, is_quantity, is_time
from datalect.planner.linking.lattice import Mention, Sense
from datalect.planner.linking.mentions import Spans
from datalect.planner.linking.stem import stem
from datalect.planner.linking.tokens import split_header
from datalect.planner.linking.vocabulary import expand

_FIT = 0.86
_WORDS = re.compile(
    r"\b(?:(?:total |overall |rental |sales )?(?:revenues?|income|takings|turnover|proceeds|earnings)"
    r"|sales (?:revenue|amount|value|volume)|(?:most |more |least |less )?money(?: spent| earned| made)?"
    r"|spen(?:t|d|ds|ding)|br(?:ought|ing|ings) in|spending|pa(?:id|ys?))\b"
    r"|(?:总)?(?:销售额|销售收入|营业额|营收|销售金额|租金收入|租赁收入|收入|进账|流水)"
    r"|(?:付款|支付|交易|订单|租赁|实付)(?:总)?(?:金额|额)|花的?钱|赚的?钱|付的?钱|卖的?钱|花费|消费额|消费金额|消费"
    r"|(?:总共|一共)?[花卖付赚](?:费|出)?了?(?:总共|一共)?多少钱|带来了?多少(?:收入|钱)"
)
_LEAD = re.compile(r"(?:most |more |least |less |total |overall |总共|一共|总)")
_QUANTITY = frozenset({"quantity", "qty", "unit", "数量", "件数"})
_PRICE = frozenset({"price", "单价", "售价", "价格"})
_MONEY = frozenset({"amount", "total", "payment", "paid", "金额", "总额", "总价", "总计", "实付"})
_PLAIN = frozenset(
    "amount total payment paid order invoice sale sales bill grand sum usd eur cny rmb gbp money transaction"
    " 金额 总额 总价 总计 实付 订单 支付 付款 发票".split()
)


def takings_mentions(text: str, spans: Spans, catalog: Catalog) -> list[Mention]:
    """Words for money taken or spent, with the figures of the tables that hold it.

    Args:
        text: the normalised question.
        spans: its tokens.
        catalog: several tables; one alone has a header for its money or none.

    Returns:
        mentions of columns and of price times quantity; none where the tables record no payments or sales.
    """
    found = list(_WORDS.finditer(text))
    choices = takings(catalog) if found else []
    out: list[Mention] = []
    for match in found if choices else ():
        lead = _LEAD.match(match.group())
        span = spans.tokens(match.start() + (lead.end() if lead else 0), match.end())
        for choice in choices:
            kind = choice.kind
            sense = Sense(kind, choice.ref if kind == "col" else choice, choice.fit)
            if span is not None:
                out.append(Mention(*span, sense))
    return out


def takings(catalog: Catalog) -> list[Choice]:
    """The figures that say what was paid: an amount, or price times quantity less the discount."""
    if len(catalog.tables) < 2:
        return []
    # views repeat the figures of the tables that the database itself ties together
    told = [key for key in catalog.foreign_keys if key.declared] or list(catalog.foreign_keys)
    pointing = {key.table for key in told}
    tables = [t for t in catalog.tables if t.name in pointing]
    kept = [t for t in tables if _lines(t) is not None]
    lines = [Choice("", _FIT, "expr", _lines(t), _note(t)) for t in kept]
    above = {key.ref_table for key in told if key.table in {t.name for t in kept}}
    whole = [t for t in tables if not kept or t in kept or t.name in above]
    return [*lines, *(Choice(c.id, _FIT + 0.03) for t in whole for c in _amounts(t))]


def _note(table: Table) -> tuple[str, str]:
    return (
        f"Took price times quantity of {table.name} as the money.",
        f"以{table.name}的单价乘以数量作为金额。",
    )


def _words(column: Column) -> set[str]:
    return {stem(part) for word in split_header(column.name) for part in expand(word).split()}


def _figures(table: Table) -> list[Column]:
    return [c for c in table.columns if not c.hidden and is_quantity(c) and not is_time(c)]


def _lines(table: Table) -> Any:
    """Price times quantity, less a discount kept as a fraction."""
    figures = _figures(table)
    many = [c for c in figures if _words(c) & {stem(w) for w in _QUANTITY} and not _words(c) & _prices()]
    price = [c for c in figures if _words(c) & _prices()]
    if len(many) != 1 or len(price) != 1:
        return None
    worth: Any = ["*", price[0].id, many[0].id]
    for column in figures:
        top = column.profile.maximum
        if "discount" in column.name.lower() and isinstance(top, int | float) and 0 < top < 1:
            worth = ["*", worth, ["-", 1, column.id]]
    return worth


def _prices() -> set[str]:
    return {stem(w) for w in _PRICE}


def _amounts(table: Table) -> list[Column]:
    """Columns called nothing but amount, total or payment, which add up."""
    own = {stem(w) for w in split_header(table.name)}
    plain = {stem(w) for w in _PLAIN} | own
    money = {stem(w) for w in _MONEY}
    return [
        c
        for c in _figures(table)
        if _words(c) & money and _words(c) <= plain and natural_aggregate(c)[0] == "sum"
    ]


# ---------------------------------------------------------------- in a frame


def settle_takings(seq: Sequence, frame: Frame) -> None:
    """Take one of the figures for money, added up: the amount of each sale, or the lines where only they tell."""  # noqa: E501
    refs = [r for r in _refs(frame) if _said(seq, r)]
    if not refs:
        return
    for at, item in enumerate(seq.items):
        if item.text.endswith(("多少钱", "多少元", "多少块钱")) and seq.roles[at] == "implied":
            seq.use(at, "noise")  # 消费多少钱: the figure is named
    amounts = _reached(seq, frame)
    for ref in refs:
        lines = [c for c in ref.choices if c.kind == "expr"]
        plain = [c for c in ref.choices if c.kind == "col" and c.ref in amounts]
        others = [c for c in ref.choices if c.kind != "col" or c.ref not in amounts]
        if plain and lines:
            ref.choices = plain
        elif lines and all(c.kind == "expr" or c.fit <= _FIT + 0.03 for c in others):
            ref.choices = lines
    kept: list[Want] = []
    for want in frame.wants:
        money = want.ref is not None and any(want.ref is r for r in refs)
        if money and any(k.ref is not None and k.ref.choices == want.ref.choices for k in kept):  # type: ignore[union-attr]
            continue  # "how much revenue has each rep brought in": said twice
        if money and want.kind in ("col", "implied"):
            _say_total(seq, want.ref)
            want = Want("agg", fn="sum", ref=want.ref, at=want.at)
        kept.append(want)
    frame.wants = kept
    _for_each(seq, frame, refs)
    rank = frame.rank
    by = rank.by if rank is not None else None
    if rank is not None and by is not None and by.kind == "col" and any(by.ref is r for r in refs):
        if rank.entity is not None or rank.entity_table is not None or frame.tables or frame.groups:
            rank.by = Want("agg", fn="sum", ref=by.ref, at=by.at)


def _say_total(seq: Sequence, ref: Ref | None) -> None:
    for k, choice in enumerate(ref.choices if ref is not None else ()):
        column = seq.column(choice.ref)
        if ref is not None and column is not None and choice.note is None:
            note = (f"Took the total of {column.name}.", f"取了{column.name}的合计。")
            ref.choices[k] = replace(choice, note=note)


_SPENT = re.compile(r"spen|[花付]|消费")


def _for_each(seq: Sequence, frame: Frame, refs: list[Ref]) -> None:
    """Average what each thing adds up to: the "average spending per customer" is no average invoice."""
    want = frame.wants[0] if len(frame.wants) == 1 else None
    group = frame.groups[0] if len(frame.groups) == 1 else None
    if want is None or group is None or group.table is None or frame.rank or frame.steps:
        return
    if want.kind == "agg" and want.fn == "avg" and any(want.ref is r for r in refs):
        if want.ref is not None and _SPENT.match(seq.items[want.ref.at].text):
            inner = Want("agg", fn="sum", ref=want.ref, at=want.at)
            each = Ref([], group.at, group.table)
            frame.wants = [Want("nested", fn="avg", at=want.at, table=group.table, per=each, inner=inner)]
            frame.groups = []


def _said(seq: Sequence, ref: Ref) -> bool:
    """Whether a slot comes from a word for money taken or spent."""
    if not 0 <= ref.at < len(seq) or _WORDS.fullmatch(seq.items[ref.at].text) is None:
        return False
    return all(c.fit <= _FIT + 0.03 for c in ref.choices)  # no header says it in so many words


def _refs(frame: Frame) -> Iterator[Ref]:
    for want in (*frame.wants, *(h.want for h in frame.havings)):
        yield from (r for r in (want.ref, want.inner.ref if want.inner else None) if r is not None)
    for by in (frame.rank.by if frame.rank else None, frame.sorting.by if frame.sorting else None):
        if by is not None and by.ref is not None:
            yield by.ref
    yield from (f.ref for f in frame.filters if f.ref is not None)


def _reached(seq: Sequence, frame: Frame) -> set[str]:
    """The amounts from whose rows everything else the question names is reached."""
    graph = TableGraph(seq.catalog)
    needs: list[set[str]] = [{t} for t, _ in frame.tables]
    refs = [g.ref for g in frame.groups] + [f.ref for f in frame.filters if f.kind != "number"]
    if frame.rank is not None:
        refs.append(frame.rank.entity)
        needs.extend({t} for t in (frame.rank.entity_table,) if t)
    needs.extend({g.table} for g in frame.groups if g.table)
    needs.extend({_table(h.column) for g in f.hits for h in g} for f in frame.filters if f.hits)
    needs.extend({_table(c.ref) for c in r.choices if c.kind == "col"} for r in refs if r is not None)
    return {
        c.ref
        for c in takings(seq.catalog)
        if c.kind == "col"
        and all(any(graph.distance(_table(c.ref), t) is not None for t in need) for need in needs if need)
    }


def _table(ref: str) -> str:
    return ref.partition(".")[0]
