"""Conditions on partner rows said by a verb: "customers who never ordered", 下过三次以上单的客户."""

from __future__ import annotations

from datalect.planner.lexical.frame import Filter, Frame, Having, Want
from datalect.planner.lexical.graph import TableGraph, partner_table
from datalect.planner.lexical.parse_equalities import number_at
from datalect.planner.lexical.sequence import Sequence
from datalect.planner.lexical.things import hanging_tables
from datalect.planner.linking.vocabulary import term_key

_RELATIVE = ("who", "that", "which", "whom")
_ANYTHING = frozenset({"anything", "something", "thing", "things", "东西", "任何东西", "商品", "任何"})
_LEAST = 0.6


def read_relatives(seq: Sequence, frame: Frame) -> None:
    """Take "who" right behind a thing as what joins its clause, not as a question for a name."""
    for at in range(1, len(seq)):
        place = (
            seq.items[at].text == "where" and seq.cue(at + 1, "neg") is not None
        )  # "stations where no trip"
        named = place or seq.items[at].text in _RELATIVE
        if seq.free(at) and named and seq.thing(at - 1) and not seq.glue(at - 1):
            if at + 1 < len(seq):
                seq.use(at, "noise")


def read_never(seq: Sequence, frame: Frame) -> None:
    """Read "tracks that were never sold", 从来没下过单的客户: no partner rows."""
    for at in range(len(seq)):
        if not seq.free(at) or not seq.cue(at, "neg"):
            continue
        verb = next(
            (
                k
                for k in range(at + 1, min(len(seq), at + 5))
                if seq.free(k) and seq.cue(k, "verb") and all(_passed(seq, m) for m in range(at + 1, k))
            ),
            None,
        )
        if verb is not None:
            owner = owner_table(seq, at)
            partner = told_partner(seq, verb, owner) if owner is not None else None
            if partner is not None:
                frame.filters.append(Filter("has", table=partner, neg=True, at=at))
                seq.use([k for k in range(at, verb + 1) if seq.free(k)], "filter")
                _object(seq, verb)


def _passed(seq: Sequence, at: int) -> bool:
    return seq.glue(at) or seq.items[at].text in ("been", "ever", "yet", "any", "actually")


def _object(seq: Sequence, verb: int) -> None:
    """Take what the verb is done to as said with it: "placed an order" over invoices, "bought anything"."""
    after = seq.content(verb, 1, 2)
    if after is None or not seq.free(after) or seq.items[after].senses:
        return
    if _named_by(seq, after, verb):
        seq.use(after, "filter")


def read_none(seq: Sequence, frame: Frame) -> None:
    """Read 一个老师都没有, where the partners stand before the negation."""
    for at in range(len(seq)):
        if seq.free(at) and seq.cue(at, "neg"):
            _none_at_all(seq, frame, at)


def _none_at_all(seq: Sequence, frame: Frame, at: int) -> None:
    if seq.items[at].text[0] != "没" or at < 2 or seq.items[at - 1].text not in ("都", "也"):
        return
    for k in range(at - 2, max(-1, at - 7), -1):
        table = seq.table(k, 0.7) if seq.free(k) else None
        others = {t for m in range(len(seq)) if m != k and (t := seq.table(m, 0.65)) is not None}
        if table is None or not others - {table}:
            continue
        partner = next((p for o in sorted(others) if (p := _tied(seq, table, o)) is not None), None)
        if partner is None:
            continue
        frame.filters.append(Filter("has", table=partner, neg=True, at=at))
        seq.use([m for m in range(k, at + 1) if seq.free(m)], "filter")
        lead = k - 2 if k > 1 and seq.glue(k - 1) else k - 1
        if seq.free(lead) and seq.has(lead, "num"):
            seq.use(lead, "filter")
        return


def owner_table(seq: Sequence, at: int) -> str | None:
    """The table whose things a clause speaks of: before it in English, behind it in Chinese."""
    return next(iter(_others(seq, at)), None)


def told_partner(seq: Sequence, verb: int, owner: str) -> str | None:
    """The table that tells which things of another did what a verb says: "ordered" and orders.

    Where no table is called like what the verb does, the only table that hangs on the owner is taken.
    """
    cue = seq.cue(verb, "verb")
    about = cue.argument if cue is not None and isinstance(cue.argument, tuple) else ()
    for noun in about:
        found = seq.index.terms.get(term_key(noun), {})
        tables = sorted((-s, name) for (kind, name), s in found.items() if kind == "table" and s >= _LEAST)
        for _, name in tables:
            partner = _tied(seq, name, owner) if name != owner else None
            if partner is not None:
                return partner
    below = hanging_tables(seq.catalog, owner)
    return below[0] if len(below) == 1 else None


def _tied(seq: Sequence, name: str, owner: str) -> str | None:
    """The table whose rows tie a named table to its owner: itself, what joins both, or what leads to both."""
    if partner := partner_table(seq.catalog, name, owner):
        return partner
    graph = TableGraph(seq.catalog)
    if graph.distance(name, owner):
        return name
    return None


_TIMES = frozenset({"time", "times", "occasion", "occasions", "次", "回", "单", "笔", "趟"})
_ONCE = {"once": 1, "twice": 2, "thrice": 3}
_EXACTLY = frozenset({"only", "just", "exactly", "只", "仅", "只有", "仅有"})
_NOT = {">": "<=", "<": ">=", ">=": "<", "<=": ">"}


def read_partner_counts(seq: Sequence, frame: Frame) -> None:
    """Read how many partners a thing must have: "ordered at least 3 times", 下过三次以上订单."""
    for at in range(len(seq)):
        bound = _bound(seq, at) if seq.free(at) else None
        if bound is None:
            continue
        op, value, used = bound
        first, last = min(used), max(used)
        behind = _counted_before(seq, at, first, last)
        if behind is not None:
            frame.havings.append(
                Having(Want("count", table=seq.table(behind), at=behind), op, float(value), at)
            )
            seq.use([*used, behind], "having")
            continue
        after = last + 1
        while after < len(seq) and (
            seq.items[after].text in ("的", "different", "of") or _classifier(seq, after)
        ):
            used.append(after)
            after += 1
        verb = next((k for k in (first - 1, first - 2) if seq.free(k) and seq.cue(k, "verb")), None)
        counted = seq.table(after, 0.7) if seq.free(after) and not seq.cue(after, "unit_noise") else None
        times = any(seq.items[k].text in _TIMES | set(_ONCE) for k in used)
        if counted is not None and (verb is not None or op == "="):
            owner = next((t for t in _others(seq, after) if t != counted), None)
            partner = counted if owner is not None and _tied(seq, counted, owner) else None
            used.append(after)
        elif verb is not None and (times or _named_by(seq, after, verb)):
            owner = owner_table(seq, verb)
            partner = told_partner(seq, verb, owner) if owner is not None else None
            if seq.free(after) and _named_by(seq, after, verb):
                used.append(after)
        else:
            continue
        if partner is None:
            continue
        frame.havings.append(Having(Want("count", table=partner, at=at), op, float(value), at))
        seq.use([k for k in [*used, *([verb] if verb is not None else [])] if seq.free(k)], "having")


def _counted_before(seq: Sequence, at: int, first: int, last: int) -> int | None:
    """The things counted in 客户超过5个的国家, which stand before the bound."""
    if seq.items[at].text[0] < "\u3000" or last + 2 >= len(seq) or seq.items[last + 1].text != "的":
        return None
    before = seq.content(first, -1, 1)
    named = before is not None and seq.free(before) and seq.table(before, 0.7) is not None
    return before if named and not seq.quantity(before) and seq.thing(last + 2) else None


def _bound(seq: Sequence, at: int) -> tuple[str, int | float, list[int]] | None:
    """A comparison with a number that starts or ends at an item: operator, number and the items it takes."""
    cue = seq.cue(at, "cmp")
    text = seq.items[at].text
    if cue is None and text in _EXACTLY:
        k = at + 1 + (seq.items[at + 1].text == "有" if at + 1 < len(seq) else 0)
        value = number_at(seq, k) if seq.free(k) else None
        return ("=", value, list(range(at, k + 1))) if value is not None else None
    if cue is None:
        return None
    op = str(cue.argument)
    used = [at]
    if seq.free(at - 1) and seq.cue(at - 1, "neg"):
        op = _NOT.get(op, op)
        used.append(at - 1)
    k = at + 1
    if seq.free(k) and seq.items[k].text in _ONCE:
        return op, _ONCE[seq.items[k].text], [*used, k]
    forward = seq.free(k) and number_at(seq, k) is not None
    if not forward:
        if not text.startswith(("以", "及以", "或")):
            return None
        k = at - 1
        while k > at - 3 and _classifier(seq, k):
            used.append(k)
            k -= 1
        op = {">": ">=", "<": "<"}.get(op, op)
    value = number_at(seq, k) if seq.free(k) and seq.has(k, "num") else None
    if value is None:
        return None
    used.append(k)
    if forward:
        k += 1
        if seq.free(k) and _classifier(seq, k):
            used.append(k)
            k += 1
        post = (
            seq.cue(k, "cmp_post") or (seq.cue(k, "cmp") if seq.items[k].text.startswith("以") else None)
            if seq.free(k)
            else None
        )
        if post is not None:
            op = ">=" if str(post.argument).startswith(">") else "<="
            used.append(k)
    return op, value, used


def _classifier(seq: Sequence, at: int) -> bool:
    """Whether an item only says in what pieces things are counted: times, 次, 张."""
    if not seq.free(at):
        return False
    text = seq.items[at].text
    return text in _TIMES or (len(text) == 1 and text in "个名位张首部本只辆家件条场笔")


def _named_by(seq: Sequence, at: int, verb: int) -> bool:
    """Whether an item is what the verb is done to, by a name the tables do not know."""
    if not seq.free(at):
        return False
    cue = seq.cue(verb, "verb")
    about = cue.argument if cue is not None and isinstance(cue.argument, tuple) else ()
    text = seq.items[at].text
    return text in _ANYTHING or text == "单" or term_key(text) in {term_key(n) for n in about}


def _others(seq: Sequence, at: int) -> list[str]:
    """Tables named elsewhere: before first in English, behind first in Chinese."""
    han = seq.items[at].text[0] > "\u3000"
    before = [t for k in range(at - 1, -1, -1) if (t := seq.table(k, 0.75)) is not None]
    after = [t for k in range(at + 1, len(seq)) if (t := seq.table(k, 0.75)) is not None]
    return [*after, *before] if han else [*before, *after]
