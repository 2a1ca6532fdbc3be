"""Conditions on what is missing, on texts, and on partner rows."""

from __future__ import annotations

from datalect.data.model import SemanticType
from datalect.planner.lexical.frame import Choice, Filter, Frame, Ref, Want
from datalect.planner.lexical.graph import partner_table
from datalect.planner.lexical.sequence import Sequence, is_number, is_quantity
from datalect.planner.lexical.ways import partner_by_way


def read_null(seq: Sequence, frame: Frame) -> None:
    """Read "price is missing", 价格缺失: a column named with a word for what is not there."""
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
                    out = next(
                        (m for m in range(max(0, k - 4), k) if seq.free(m) and seq.cue(m, "neg")), None
                    )
                    if out is not None and op == "null":
                        op = "notnull"  # "leaving out those whose deck is unknown"
                        seq.use([m for m in range(out, k) if seq.free(m)], "filter")
                    frame.filters.append(Filter("null", seq.ref(k), op, at=at))
                    seq.use([at, k], "filter")
                    break
            break


def read_judgements(seq: Sequence, frame: Frame) -> None:
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


def read_signs(seq: Sequence, frame: Frame) -> None:
    """Read 为负 and 为正 behind a figure."""
    for at in range(len(seq)):
        cue = seq.cue(at, "sign") if seq.free(at) else None
        k = seq.content(at, -1, 1) if cue is not None else None
        if cue is not None and k is not None and seq.free(k) and seq.quantity(k):
            frame.filters.append(Filter("number", seq.ref(k), str(cue.argument), [0], at=at))
            seq.use([at, k], "filter")


def read_gaps(seq: Sequence, frame: Frame) -> None:
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


def read_text(seq: Sequence, frame: Frame) -> None:
    """Read "contains", "starts with", "ends with" and the piece of text they speak of."""
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
        others = _or_else(seq, position) if literal and not quoted else []
        before = seq.content(at, -1, 2)
        inside = _inside(seq, (others or literal)[-1]) if literal else None
        if inside is not None:
            before = inside
        ref = seq.ref(before) if before is not None and seq.free(before) else None
        if not literal or (seq.quantity(literal[0]) and not quoted):
            continue
        unknown = all(not seq.items[k].senses or quoted or len(seq.items[k].text) == 1 for k in literal)
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
            Filter(
                "text",
                Ref(good, ref.at, ref.text),
                str(cue.argument),
                [text, *(_raw(seq, [k]) for k in others)],
                neg=neg,
                at=at,
            )
        )
        seq.use([at, *literal, *others], "filter")
        if before is not None and seq.ref(before) is not None and seq.free(before):
            if _shown(seq, before):
                frame.wants.append(Want("col", ref=ref, at=before))
            seq.use(before, "filter")


def _or_else(seq: Sequence, at: int) -> list[int]:
    """Further pieces of text that will do as well: "the letters D or S"."""
    out: list[int] = []
    while seq.free(at) and seq.cue(at, "or", "comma") and seq.free(at + 1) and not seq.items[at + 1].senses:
        out.append(at + 1)
        at += 2
    return out


def _inside(seq: Sequence, at: int) -> int | None:
    """The column a piece of text is looked for in: "the letter D in their first name"."""
    k = seq.content(at, 1, 2)
    words = [seq.items[i].text for i in range(at + 1, k)] if k is not None else []
    if k is None or not {"in", "within", "inside"} & set(words) or seq.ref(k, implied=False) is None:
        return None
    return k


def _shown(seq: Sequence, at: int) -> bool:
    """Whether the column of a condition is also what is to be listed: "show all titles that contain ..."."""
    k = at - 1
    while k >= 0 and (seq.glue(k) or seq.cue(k, "distinct")) and not seq.cue(k, "ask", "list"):
        k -= 1
    return k >= 0 and seq.cue(k, "ask", "list") is not None


def _raw(seq: Sequence, positions: list[int]) -> str:
    text, end = "", None
    for k in positions:
        item = seq.items[k]
        if end is not None and item.start > end:
            text += " "
        text += item.text
        end = item.end
    return text


def read_has_not(seq: Sequence, frame: Frame) -> None:
    """Read "customers without orders", 没有订单的客户."""
    for at in range(len(seq)):
        if not seq.free(at) or not seq.cue(at, "neg"):
            continue
        following = None
        for k in range(at + 1, min(len(seq), at + 6)):
            if seq.table(k, 0.7) is not None and seq.free(k):
                following = k
                break
            if not (
                seq.glue(k)
                or seq.has(k, "implied")
                or not seq.items[k].senses
                or seq.cue(k, "has", "count", "verb")
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
            bridge = next((b for o in sorted(others) if (b := partner_table(seq.catalog, table, o))), None)
            if bridge is None:
                continue
            table = bridge
        partner = partner_by_way(seq, table, following)
        frame.filters.append(Filter("has", table=partner, neg=True, at=at))
        seq.use([k for k in range(at, following + 1) if seq.free(k)], "filter")
