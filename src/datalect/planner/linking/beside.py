"""Stored values right beside their header: "try bonus of 9", "when the result was D", "+22 Try Diff".

One or two characters, scores and part numbers are too slight to be looked for everywhere; beside the header
of the very column that holds them they can mean nothing else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from datalect.data.model import Catalog
from datalect.data.values import ValueHit, ValueIndex
from datalect.planner.linking.lattice import Item, Mention, Sense
from datalect.planner.linking.mentions import Spans
from datalect.planner.linking.text import Normalised
from datalect.planner.linking.tokens import Token

_LINKS = frozenset(
    "is was are were be being of = : as \" ' equals equal a an the value 是 为 等于 叫".split()
)
_ENDS = frozenset(
    ", ; ? ! and or but when where with who which that for from in on at by ， 。 ？ 、 和 且 的".split()
)
_QUOTES = frozenset("\"'")
_DASHES = str.maketrans("–—−‐‑", "-----")
_MARKS = frozenset("\"',;?!.，。？、:")
_REACH = 14  # tokens a value beside its header may have
_BEFORE = 5  # tokens a value before its header may have
_LEAST = 0.9  # how well the header must be named
_SLIGHT = 0.97  # how well, where the value only stands before it


def beside_mentions(
    question: Normalised, tokens: Sequence[Token], items: Sequence[Item], catalog: Catalog, values: ValueIndex
) -> list[Mention]:
    """Values of text columns named next to their header.

    Args:
        question: its normalised text.
        tokens: of the question.
        items: the best cover so far.
        catalog: the tables.
        values: finds stored values.
    """
    spans = Spans(tokens)
    found: list[Mention] = []
    for item in items:
        columns = _text_columns(item, catalog)
        if not columns:
            continue
        for first, last in (*_after(tokens, item.last), *_before(tokens, item.first)):
            if last <= item.first and item.senses[0].score < _SLIGHT:
                continue
            start, end = question.original(tokens[first].start, tokens[last - 1].end)
            hits = _stored(question.raw[start:end], columns, catalog, values)
            span = spans.tokens(tokens[first].start, tokens[last - 1].end)
            if hits and span is not None:
                found.append(Mention(*span, Sense("value", hits, 0.99 if last > item.first else 0.95)))
                break
    return found


def _text_columns(item: Item, catalog: Catalog) -> list[str]:
    out = []
    for sense in item.senses:
        column = catalog.column(sense.data) if sense.kind == "col" and sense.score >= _LEAST else None
        if column is not None and column.dtype.upper() == "VARCHAR" and not column.hidden:
            out.append(column.id)
    return out


def _after(tokens: Sequence[Token], first: int) -> Iterator[tuple[int, int]]:
    """Stretches behind a header, the longest first."""
    while first < len(tokens) and tokens[first].text in _LINKS:
        first += 1
        if tokens[first - 1].text in _QUOTES:
            break  # "A" is no article
    longest = min(len(tokens), first + _REACH)
    for last in range(longest, first, -1):
        if (last < len(tokens) and _joined(tokens, last)) or tokens[last - 1].text in _MARKS:
            continue
        slight = last - first == 1 and len(tokens[first].text) <= 2
        if slight and last < len(tokens) and tokens[last].text not in _ENDS | _QUOTES:
            continue
        yield first, last


def _before(tokens: Sequence[Token], last: int) -> Iterator[tuple[int, int]]:
    """Stretches before a header that hold a digit or a sign, the longest first."""
    for first in range(max(0, last - _BEFORE), last):
        if first and _joined(tokens, first):
            continue
        if any(t.kind == "number" for t in tokens[first:last]):
            yield first, last


def _joined(tokens: Sequence[Token], at: int) -> bool:
    """Whether a token is written onto the one before it."""
    before, here = tokens[at - 1], tokens[at]
    close = before.end == here.start
    return close and "han" not in (before.kind, here.kind) and "punct" not in (before.kind, here.kind)


def _stored(text: str, columns: Sequence[str], catalog: Catalog, values: ValueIndex) -> tuple[ValueHit, ...]:
    """Values of these columns that are written so, or so but for blanks and points: "71-66" for "71 - 66"."""
    if not any(c.isalnum() for c in text):
        return ()
    hits = tuple(h for h in values.find(text, columns=columns) if h.score >= 1.0)
    wanted = _squeezed(text)
    if hits or len(wanted) < 2:
        return hits
    return tuple(
        ValueHit(column=column.id, value=value, count=count, score=1.0)
        for ref in columns
        if (column := catalog.column(ref)) is not None
        for value, count in column.profile.values
        if _squeezed(str(value)) == wanted
    )


def _squeezed(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_DASHES)
    return "".join(c for c in folded if not c.isspace() and c not in "\"'.")
