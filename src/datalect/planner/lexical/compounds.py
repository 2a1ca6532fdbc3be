"""A thing and a header of its own, said as one: 客户城市, 员工姓名."""

from __future__ import annotations

from datalect.planner.lexical.defaults import label_columns
from datalect.planner.lexical.sequence import Sequence
from datalect.planner.linking.lattice import Item, Sense

_NAMES = frozenset({"姓名", "名字", "名称", "名"})


def owned_headers(seq: Sequence) -> Sequence:
    """Join a table's name and the header right behind it, which then is the table's own."""
    if len(seq.catalog.tables) < 2:
        return seq
    out: list[Item] = []
    for item in seq.items:
        before = out[-1] if out else None
        senses = _own(seq, before, item) if before is not None else []
        if before is not None and senses:
            text = f"{before.text}{item.text}"
            out[-1] = Item(before.first, item.last, before.start, item.end, text, senses)
        else:
            out.append(item)
    return Sequence(out, seq.catalog, seq.index)


def _own(seq: Sequence, before: Item, item: Item) -> list[Sense]:
    """What a header means when it is that of the table named right before it."""
    named = before.get("table")
    if named is None or named.score < 0.8 or before.senses[0] is not named or before.text[-1] < "\u3000":
        return []
    if before.end != item.start or not item.senses or item.senses[0].kind != "col":
        return []
    table = seq.catalog.table(str(named.data))
    labels = label_columns(table) if table is not None else []
    if item.text in _NAMES and labels:
        return [Sense("col", labels[0].id, 0.93)]
    kept = [
        s
        for s in item.senses
        if s.kind == "col" and s.score >= 0.75 and (c := seq.column(str(s.data))) and c.table == named.data
    ]
    return [*kept, *(s for s in item.senses if s.kind in ("cue", "implied"))] if kept else []
