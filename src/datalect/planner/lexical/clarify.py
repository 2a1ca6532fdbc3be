"""Parentheses that say a word again, and arithmetic between columns."""

from __future__ import annotations

from datalect.data.model import SemanticType
from datalect.planner.lexical.compounds import owned_headers
from datalect.planner.lexical.frame import Choice
from datalect.planner.lexical.sequence import Sequence, is_quantity, is_time
from datalect.planner.linking.lattice import Item, Sense
from datalect.planner.linking.tokens import split_header

_OPERATORS = {
    "*": "*", "x": "*", "×": "*", "乘": "*", "乘以": "*", "times": "*", "multiplied by": "*", "/": "/", "÷": "/",  # noqa: E501
    "除以": "/", "divided by": "/", "minus": "-", "减": "-", "减去": "-", "-": "-", "plus": "+", "加": "+",
    "加上": "+", "+": "+",
}  # fmt: skip
_KINDS = ("col", "table", "value", "metric", "expr", "time")


def clarify(seq: Sequence) -> Sequence:
    """Fold arithmetic into one item, and let a parenthesis decide what the words before it mean."""
    items = _years(_heads(_pieces(seq.items), seq), seq)
    seq = Sequence(items, seq.catalog, seq.index)
    items = _parentheses(_arithmetic(seq.items, seq), seq)
    seq = Sequence(items, seq.catalog, seq.index)
    items = _amounts(_differences(items, seq), seq)
    return owned_headers(Sequence(items, seq.catalog, seq.index))


def _pieces(items: list[Item]) -> list[Item]:
    """Let the word behind 多少块 tell pieces of something from money: 多少块地, 多少块钱."""
    for at, item in enumerate(items):
        if item.text not in ("多少块", "几块") or item.get("implied") is None:
            continue
        text = items[at + 1].text if at + 1 < len(items) else ""
        money = not text or not text[0].isalnum() or text.startswith(("钱", "人民币", "的"))
        item.senses = [s for s in item.senses if (s.kind == "implied") == money]
    return items


_HEADS = frozenset(
    "score scores rating ratings rate value values level levels figure figures number numbers".split()
)


def _heads(items: list[Item], seq: Sequence) -> list[Item]:
    """Let a general word follow the header it belongs to: the "IMDB score" is the column IMDB."""
    out: list[Item] = []
    for item in items:
        before = out[-1] if out else None
        exact = before.get("col") if before is not None else None
        column = seq.column(exact.data) if exact is not None and exact.score >= 0.97 else None
        own = max((s.score for s in item.senses if s.kind in ("col", "value", "metric")), default=0.0)
        if (
            column is not None
            and before is not None
            and item.text in _HEADS
            and own < 0.9
            and is_quantity(column)
        ):
            text = f"{before.text} {item.text}"
            out[-1] = Item(before.first, item.last, before.start, item.end, text, before.senses)
            continue
        out.append(item)
    return out


def _years(items: list[Item], seq: Sequence) -> list[Item]:
    """Let a year choose among headers that hold years: "murders in 2015" over 2014_murders, 2015_murders."""
    columns = [c for t in seq.catalog.tables for c in t.columns if not c.hidden]
    if any(is_time(c) for c in columns):
        return items
    out = list(items)
    for item in items:
        time = item.get("time")
        years = time.data.years if time is not None else None
        if years is None or years[0] is None or years[0] != years[1]:
            continue
        dated = {c.id for c in columns if str(years[0]) in split_header(c.name)}
        for other in out:
            chosen = [s for s in other.senses if s.kind == "col" and s.data in dated]
            if other is not item and chosen:
                other.senses = [
                    *(Sense(s.kind, s.data, max(s.score, 0.96)) for s in chosen),
                    *(s for s in other.senses if s.kind not in ("col", "table")),
                ]
                out.remove(item)
                break
    return out


def _operator(items: list[Item], at: int) -> tuple[str, int] | None:
    """An operator at an item, and the item after it."""
    for length in (2, 1):
        text = " ".join(i.text for i in items[at : at + length])
        joined = "".join(i.text for i in items[at : at + length])
        for form in (text, joined):
            if form in _OPERATORS and at + length <= len(items):
                return _OPERATORS[form], at + length
    return None


def _arithmetic(items: list[Item], seq: Sequence) -> list[Item]:
    out: list[Item] = []
    at = 0
    while at < len(items):
        found = _operator(items, at + 1) if at + 2 < len(items) and seq.quantity(at) else None
        if found is None or found[1] >= len(items) or not seq.quantity(found[1]):
            out.append(items[at])
            at += 1
            continue
        sign, following = found
        left, right = seq.ref(at), seq.ref(following)
        if any((c := seq.best(k)) is None or is_time(c) for k in (at, following)):
            out.append(items[at])
            at += 1
            continue
        if left is None or right is None or left.choices[0].kind != "col" or right.choices[0].kind != "col":
            out.append(items[at])
            at += 1
            continue
        fit = min(left.choices[0].fit, right.choices[0].fit)
        expr = [sign, left.choices[0].ref, right.choices[0].ref]
        choice = Choice("", fit, "expr", expr)
        first, last = items[at], items[following]
        out.append(
            Item(
                first.first,
                last.last,
                first.start,
                last.end,
                f"{first.text} {sign} {last.text}",
                [Sense("expr", choice, fit)],
            )
        )
        at = following + 1
    return out


_JOINS = frozenset({"and", "to", "than", "vs", "versus", "和", "与", "跟", "比", "同", "减", "减去"})


def _differences(items: list[Item], seq: Sequence) -> list[Item]:
    """Fold two figures that are set apart into one: "difference between A and B", A与B之差, "more A than B"."""  # noqa: E501
    for at in range(len(items)):
        cue = seq.cue(at, "apart")
        if cue is None or cue.argument == "x" or items[at].senses[0].kind in ("col", "metric", "value"):
            continue
        han = items[at].text[0] > "\u3000"
        found = _two_figures(items, seq, at, -1 if han else 1)
        if found is None:
            continue
        first, second = found
        left, right = seq.ref(first), seq.ref(second)
        if left is None or right is None or left.choices[0].ref == right.choices[0].ref:
            continue
        above, below = (right, left) if cue.argument == "-" else (left, right)
        fit = min(left.choices[0].fit, right.choices[0].fit)
        expr = ["-", above.choices[0].ref, below.choices[0].ref]
        start, end = items[first], items[second]
        text = f"{items[first].text} - {items[second].text}"
        folded = Item(
            start.first,
            end.last,
            start.start,
            end.end,
            text,
            [Sense("expr", Choice("", fit, "expr", expr), fit)],
        )
        kept = [i for k, i in enumerate(items) if k < first or k > second]
        place = first
        for k, item in enumerate(items):
            between = at < k < first or second < k < at
            if k == at or (between and (seq.cue(k, "between") or item.text in ("between", "的", "之间"))):
                kept.remove(item)
                place -= k < first
        kept.insert(place, folded)
        return kept
    return items


_AMOUNTS = frozenset("amount revenue sales turnover spending spend total price value worth".split()) | {
    "金额", "销售额", "总额", "营业额", "收入", "总金额", "销售金额", "营收", "成交额", "消费额", "消费金额",
    "总价",
}  # fmt: skip


_SPENT = frozenset({"spent", "spend", "spends", "spending", "花费", "消费", "花了多少钱", "花多少钱"})


def _amounts(items: list[Item], seq: Sequence) -> list[Item]:
    """Let an amount no header holds be the quantity times the unit price, where a table keeps these two."""
    for item in items:
        words = item.text.split()
        spent = item.get("implied") is not None and item.text in _SPENT
        named = bool(words) and (item.text in _AMOUNTS or words[-1] in _AMOUNTS - {"value", "price", "worth"})
        if not (spent or named):
            continue
        if any(s.kind in ("col", "metric", "expr") and s.score >= 0.8 for s in item.senses):
            continue
        factors = _factors(seq)
        if factors is not None:
            note = ("Took quantity times unit price as the amount.", "以数量乘以单价为金额。")
            choice = Choice("", 0.88, "expr", ["*", *factors], note)
            kept = [s for s in item.senses if s.kind not in ("col", "table")]
            item.senses = [Sense("expr", choice, 0.88), *kept]
    return items


def _factors(seq: Sequence) -> tuple[str, str] | None:
    """A quantity and a unit price of one table that has no amount."""
    quantity = [c for c in seq.about(("quantity",), 1.0) if c.fit >= 0.85]
    price = [c for c in seq.about(("unit price",), 1.0) if c.fit >= 0.85]
    if len(seq.catalog.tables) != 1 or not quantity or not price or quantity[0].ref == price[0].ref:
        return None
    columns = [seq.column(c.ref) for c in (quantity[0], price[0])]
    return (quantity[0].ref, price[0].ref) if all(c is not None and is_quantity(c) for c in columns) else None


def _two_figures(items: list[Item], seq: Sequence, at: int, step: int) -> tuple[int, int] | None:
    """The two figures next to a word that sets them apart, in the order they are written."""
    near = [k for k in range(at + step, at + 9 * step, step) if 0 <= k < len(items)]
    figures: list[int] = []
    for k in near:
        column = seq.best(k)
        plain = column is not None and is_quantity(column) and not is_time(column)
        if plain and seq.cue(k, "agg", "count", "grain", "superl") is None and not seq.has(k, "value"):
            figures.append(k)
            if len(figures) == 2:
                break
        elif not (seq.glue(k) or items[k].text in _JOINS or seq.cue(k, "between", "agg", "than")):
            return None
    if len(figures) < 2:
        return None
    first, second = sorted(figures)
    if not any(items[k].text in _JOINS for k in range(first + 1, second)):
        return None
    return (first, second)


def _parentheses(items: list[Item], seq: Sequence) -> list[Item]:
    out: list[Item] = []
    at = 0
    while at < len(items):
        if items[at].text != "(" or not out:
            out.append(items[at])
            at += 1
            continue
        close = next((k for k in range(at + 1, min(len(items), at + 10)) if items[k].text == ")"), None)
        inside = items[at + 1 : close] if close is not None else []
        meaning = [i for i in inside if any(s.kind in _KINDS for s in i.senses)]
        unknown = [i for i in inside if not i.senses and any(c.isalnum() for c in i.text)]
        spoken = [i for i in inside if any(c.isalnum() for c in i.text)]
        if close is not None and len(spoken) > 4 and len(meaning) * 3 <= len(spoken):
            at = close + 1  # a remark: "(an order can have several lines)"
            continue
        if (
            close is None
            or len(meaning) != 1
            or any(
                s.kind == "cue" and s.data[0] in ("superl", "top", "cmp") for i in inside for s in i.senses
            )
        ):
            if (
                close is not None
                and not meaning
                and len(unknown) == len([i for i in inside if any(c.isalnum() for c in i.text)])
            ):
                at = close + 1  # a remark in words nobody knows
                continue
            out.append(items[at])
            at += 1
            continue
        senses = [s for s in meaning[0].senses if s.kind in _KINDS]
        top = max((s.score for s in senses if s.kind == "col"), default=0.0)
        senses = [s for s in senses if s.kind != "col" or s.score >= top - 0.01]
        stored = max((s.score for s in senses if s.kind == "value"), default=0.0)
        if stored >= 0.95 and top < 0.9:
            senses = [s for s in senses if s.kind != "col"]  # a stored value, not a part of some header
            _fold_name(out)
        before = next((i for i in reversed(out) if any(c.isalnum() for c in i.text)), None)
        before = _computed(out, before, senses, seq)
        grouped = any(s.kind == "cue" and s.data[0] == "by" for i in inside for s in i.senses)
        if before is not None and not grouped and _replaceable(before, senses):
            rate = before.text.endswith(("rate", "率", "ratio")) and any(_yes_no(s, seq) for s in senses)
            left = before.start
            while (
                len(out) > 1 and out[-1] is before and out[-2].end >= left - 1 and _part_of(out[-2], senses)
            ):
                left = out[-2].start
                del out[-2]
            kept = [s for s in before.senses if s.kind == "cue" and s.data[0] == "by"]
            best = max(s.score for s in senses)
            sure = [
                Sense(s.kind, s.data, max(s.score, 0.99) if s.score >= best - 0.1 else s.score)
                for s in senses
            ]
            before.senses = [*sure, *kept]
            if rate:
                out.append(Item(before.first, before.last, before.end, before.end, "rate", []))
        else:
            out.extend(inside)
        at = close + 1
    return out


def _computed(out: list[Item], before: Item | None, senses: list[Sense], seq: Sequence) -> Item | None:
    """The figure that a parenthesis with arithmetic explains: "total revenue per category (price * quantity)"."""  # noqa: E501
    if before is None or any(s.kind != "expr" for s in senses) or not before.senses:
        return before
    figures = [i for i in out[-7:] if i is not before and i.get("expr") is not None]
    return figures[-1] if figures and before.get("expr") is None else before


def _fold_name(out: list[Item]) -> None:
    """Make one item of the Chinese words that name what a parenthesis gives as stored: 首都国际机场(Capital ...)."""  # noqa: E501
    first = len(out)
    while first > 0 and len(out) - first < 6 and out[first - 1].text[-1:] > "\u3000":
        item = out[first - 1]
        near = first == len(out) or item.end == out[first].start
        grammar = item.senses and all(s.kind == "cue" for s in item.senses)
        if not near or grammar or not item.text[-1].isalnum():
            break
        first -= 1
    unknown = next((k for k in range(first, len(out)) if not out[k].senses), None)
    if unknown is None:
        return
    start = unknown - 1 if unknown > first and out[unknown - 1].get("value") is not None else unknown
    text = "".join(item.text for item in out[start:])
    folded = Item(out[start].first, out[-1].last, out[start].start, out[-1].end, text, [])
    out[start:] = [folded]


def _part_of(item: Item, senses: list[Sense]) -> bool:
    """Whether a word before a clarified one names a part of the same header: 专业 before 大类(Major_category)."""  # noqa: E501
    own = [str(s.data).rsplit(".", 1)[-1].lower() for s in item.senses if s.kind == "col"]
    new = [str(s.data).rsplit(".", 1)[-1].lower() for s in senses if s.kind == "col"]
    parts = [str(p).rsplit(".", 1)[-1].lower() for s in senses if s.kind == "expr" for p in s.data.expr[1:]]
    return any(o != n and o in n for o in own for n in new) or bool(set(own) & set(parts))


def _yes_no(sense: Sense, seq: Sequence) -> bool:
    column = seq.column(str(sense.data)) if sense.kind == "col" else None
    return column is not None and column.meaning.type is SemanticType.BOOLEAN


def _replaceable(item: Item, senses: list[Sense]) -> bool:
    if not item.senses:
        return True
    own = {s.kind for s in item.senses}
    new = {s.kind for s in senses}
    if (own & {"table"} and new & {"col"}) or own & new or own & {"implied", "part"}:
        return True
    return bool(own & {"col", "metric"} and new & {"expr"}) or (
        not own & {"num", "time", "value"} and own <= {"cue"} and bool(new & {"expr", "col"})
    )
