"""From and to: which of two columns or keys that hold the same places is meant."""

from __future__ import annotations

from typing import Any

from datalect.data.model import Catalog
from datalect.planner.lexical.frame import Filter, Frame
from datalect.planner.lexical.sequence import Sequence
from datalect.planner.linking.stem import stem
from datalect.planner.linking.tokens import split_header, tokenise
from datalect.planner.linking.vocabulary import expand

_FROM = frozenset("from origin source start departure depart orig pickup begin sender home src dep".split())
_LEAVING = frozenset({"from", "left", "leaving", "leave", "departing", "departed"})
_REACHING = frozenset({"to", "into", "reaching", "reached", "entering"})
_TO = frozenset(
    "to destination target end terminal arrival arrive dest dropoff receiver away dst arr".split()
)


def read_ways(seq: Sequence, frame: Frame) -> None:
    """Let "from" and "to" choose between two columns that hold the same places."""
    for filter_ in frame.filters:
        if filter_.kind != "value" or filter_.ref is not None:
            continue
        groups = []
        parts: list[Filter] = []
        for index, hits in enumerate(filter_.hits):
            way = _way_before(seq, filter_.at, index)
            kept = tuple(h for h in hits if way and set(split_header(h.column.rsplit(".", 1)[-1])) & way)
            if way and kept:
                place = _place_of(seq, filter_.at, index)
                parts.append(Filter("value", None, filter_.op, hits=[kept], neg=filter_.neg, at=place, fn=""))
            else:
                groups.append(hits)
        if len(parts) > 1 and len({h.column for p in parts for g in p.hits for h in g}) == 1:
            return  # "more from London than from Paris": two places of one column
        if (parts and len(parts) + bool(groups) > 1) or (parts and not groups):
            if groups:
                filter_.hits = groups
            else:
                first = parts.pop(0)
                filter_.hits, filter_.at = first.hits, first.at
            frame.unknown = [k for k in frame.unknown if seq.roles[k] != "filter"]
            frame.filters.extend(parts)
            if any(f.hits[0][0].column != filter_.hits[0][0].column for f in parts):
                frame.compare = False
            return


def read_key_ways(seq: Sequence, frame: Frame) -> None:
    """Let "from" and "to" choose between two keys that lead to the same places: flights and their airports."""  # noqa: E501
    for filter_ in list(frame.filters):
        if filter_.kind != "value" or filter_.ref is not None or filter_.way:
            continue
        if not all(any(_two_keys(seq.catalog, h.column) for h in hits) for hits in filter_.hits):
            continue
        ways = [_way_before(seq, filter_.at, index) or frozenset() for index in range(len(filter_.hits))]
        filter_.hits = [
            tuple(h for h in hits if _two_keys(seq.catalog, h.column)) if way else hits
            for way, hits in zip(ways, filter_.hits, strict=True)
        ]
        if len(ways) == 1 or len(set(ways)) == 1:
            filter_.way = ways[0]
            continue
        first, *others = zip(ways, filter_.hits, strict=True)
        for index, (way, hits) in enumerate(others, 1):
            place = _place_of(seq, filter_.at, index)
            frame.filters.append(Filter("value", None, filter_.op, hits=[hits], neg=filter_.neg, at=place))
            frame.filters[-1].way = way
        filter_.way, filter_.hits, filter_.fn = first[0], [first[1]], ""
        frame.compare = False


def _two_keys(catalog: Catalog, ref: str) -> bool:
    """Whether two keys of one table lead to the table of a column; its own key stands in the rows themselves."""  # noqa: E501
    there, _, name = ref.partition(".")
    leading = [k for k in catalog.foreign_keys if k.ref_table == there and len(k.columns) == 1]
    tables = [k.table for k in leading]
    return len(tables) > len(set(tables)) and all(name not in k.ref_columns for k in leading)


def by_way(test: dict[str, Any], way: frozenset[str], base: str, seq: Sequence) -> dict[str, Any]:
    """A test on another table's column, reached by the key that "from" or "to" asks for.

    Args:
        test: plan JSON with full column ids.
        way: words of the header of the key; empty when nothing was said.
        base: the table the plan starts from.
        seq: the items of the question.
    """
    column = seq.column(str(test.get("col", "")))
    if not way or column is None or column.table == base:
        return test
    direct = [
        k
        for k in seq.catalog.foreign_keys
        if k.table == base and len(k.columns) == 1 and k.ref_table == column.table
    ]
    meant = [k for k in direct if _key_words(k.columns[0]) & way]
    told = [k for k in meant if column.name not in k.ref_columns] or meant  # by id and by name alike
    if len(direct) < 2 or not told or len({k.ref_columns for k in told}) < len(told):
        return test
    return {**test, "col": f"{told[-1].columns[0]}>{column.id}"}


def _key_words(name: str) -> set[str]:
    words = split_header(name)
    return {part for word in words for part in expand(word).split()} | set(words)


def partner_by_way(seq: Sequence, table: str, at: int) -> str:
    """The partner table with the key that a verb behind it asks for: "where no trip has started".

    Args:
        seq: the items of the question.
        table: the partner table.
        at: the item that names it; a verb behind it is taken as read.
    """
    for k in range(at + 1, min(len(seq), at + 5)):
        words = set(seq.items[k].text.split())
        way = _FROM if words & _STARTS else _TO if words & _ENDS else None
        if way is not None and seq.free(k):
            keys = [key for key in seq.catalog.foreign_keys if key.table == table and len(key.columns) == 1]
            meant = [key for key in keys if _key_words(key.columns[0]) & way]
            ids = [key for key in meant if "id" in split_header(key.columns[0])] or meant
            if len(ids) == 1:
                seq.use([m for m in range(at + 1, k + 1) if seq.free(m)], "filter")
                return f"{table}.{ids[0].columns[0]}"
        if not (seq.glue(k) or seq.cue(k, "has") or seq.items[k].text in ("ever", "has", "have")):
            break
    return table


def named_path(ways: list[str], seq: Sequence) -> list[str]:
    """The ways between tables that pass a table the question names: the customer's city, not the clerk's."""
    named = {t for at in range(len(seq)) if (t := seq.table(at, 0.85)) is not None}
    named -= {t for t in named if all(f">{t}." in way for way in ways)}
    return [way for way in ways if any(f">{t}." in way for t in named)]


def way_named(key: str, question: str) -> bool:
    """Whether a question says which of several keys it means: "to airports ...", "departure airport"."""
    parts = {part for word in split_header(key) for part in expand(word).split()}
    stems = {stem(word) for word in parts}
    words = [token.text for token in tokenise(question) if token.kind == "word"]
    if stems & {stem(word) for word in words}:
        return True
    return bool("from" in words and parts & _FROM) != bool("to" in words and parts & _TO)


def _place_of(seq: Sequence, first: int, index: int) -> int:
    """The item of the n-th value of a list."""
    places = [k for k in range(first, len(seq)) if seq.has(k, "value")]
    return places[index] if index < len(places) else first


def _way_before(seq: Sequence, first: int, index: int) -> frozenset[str] | None:
    """The words of headers that the preposition before the n-th value of a list asks for."""
    seen = -1
    for k in range(first, len(seq)):
        if seq.has(k, "value"):
            seen += 1
            if seen == index:
                return _way_at(seq, k)
    return None


_STARTS = frozenset(
    "start starts started starting begin begins began depart departs departed leave leaves left".split()
)
_ENDS = frozenset(
    "end ends ended ending finish finished arrive arrives arrived arriving terminate terminated".split()
)
_STARTS_ZH = ("从", "自", "由")
_ENDS_ZH = ("到", "去", "至", "前往", "抵达", "到达", "飞往", "开往", "飞到", "飞去")
_STARTING_ZH = ("上车", "出发", "起飞", "起始", "始发", "发车", "上客", "启程", "出境")
_ENDING_ZH = ("下车", "降落", "终点", "结束", "到达", "抵达", "入境")


def _way_at(seq: Sequence, at: int) -> frozenset[str] | None:
    """Whether the words around a place say that things start or end there: "ended in", 从, 上车, 到."""
    before = seq.items[at - 1].text if at > 0 else ""
    if before in _LEAVING or before in _REACHING:
        _verb_before(seq, at - 2)
        return _FROM if before in _LEAVING else _TO
    for k in range(at - 1, max(-1, at - 4), -1):
        words = set(seq.items[k].text.split())
        way = _FROM if words & _STARTS else _TO if words & _ENDS else None
        if way is not None:
            if seq.free(k) or seq.roles[k] == "unknown":
                seq.use(k, "filter")
            return way
        if not seq.glue(k):
            break
    for k in range(at + 1, min(len(seq), at + 4)):
        text = seq.items[k].text
        way = _FROM if text in _STARTING_ZH else _TO if text in _ENDING_ZH else None
        if way is not None and (seq.free(k) or seq.roles[k] == "unknown"):
            seq.use(k, "filter")
            return way
        if not (seq.glue(k) or seq.table(k) is not None):
            break
    return _way_before_han(seq, at, before)


def _way_before_han(seq: Sequence, at: int, before: str) -> frozenset[str] | None:
    pair = (seq.items[at - 2].text if at > 1 else "") + before
    for text, first in ((pair, at - 2), (before, at - 1)):
        way = _FROM if text in _STARTS_ZH else _TO if text in _ENDS_ZH else None
        if way is not None:
            seq.use(range(max(first, 0), at), "filter")
            return way
    return None


def _verb_before(seq: Sequence, at: int) -> None:
    """Take "departing" in "departing from" as said by the preposition."""
    if 0 <= at < len(seq) and set(seq.items[at].text.split()) & (_STARTS | _ENDS | _DEPARTING):
        if seq.free(at) or seq.roles[at] == "unknown":
            seq.use(at, "filter")


_DEPARTING = frozenset("departing leaving starting arriving ending going flying headed heading bound".split())
