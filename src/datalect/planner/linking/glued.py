"""Headers whose words are written together: ``totalsalesnew``, ``numberofcars``."""

from __future__ import annotations

from functools import lru_cache

from datalect.planner.linking.stem import stem
from datalect.planner.linking.tokens import split_header
from datalect.planner.linking.vocabulary import common_words, vocabulary

_JOINTS = frozenset("of per in and by to for the no num avg min max pct id new old net".split())
_ENDINGS = frozenset(
    "ship age able men man hood ness less ion ions port ports".split()
)  # of words, not words
_SHORTEST = 3  # shorter pieces are only believed when they are joints
_LEAST = 7  # shorter words are words of their own


def header_words(name: str) -> list[str]:
    """The words of a header, also those that are written together.

    >>> header_words("totalsalesnew"), header_words("numberofcars"), header_words("origin")
    (['total', 'sales', 'new'], ['number', 'of', 'cars'], ['origin'])
    """
    words = [piece for word in split_header(name) for piece in _pieces(word)]
    # a "value" behind a word says nothing: newvalue is the new, yearvalue the year
    return words[:-1] if len(words) > 1 and words[-1] == "value" and name.islower() else words


@lru_cache(maxsize=4096)
def _pieces(word: str) -> tuple[str, ...]:
    """A word taken apart into known words, as few as possible, or the word itself."""
    if len(word) < _LEAST or not (word.isascii() and word.isalpha()) or _known(word):
        return (word,)
    best: list[tuple[str, ...] | None] = [(), *([None] * len(word))]
    for end in range(1, len(word) + 1):
        for start in range(end):
            before, piece = best[start], word[start:end]
            if before is None or not (piece in _JOINTS or (len(piece) >= _SHORTEST and _known(piece))):
                continue
            kept = best[end]
            if kept is None or _cost((*before, piece)) < _cost(kept):
                best[end] = (*before, piece)
    found = best[-1]
    if found is None or found[-1] in _ENDINGS:
        return (word,)
    # "carpet" is no pet of a car: two short pieces are chance, three or long ones are not
    long = all(len(piece) > _SHORTEST for piece in found)
    return found if long or len(found) > 2 or _typical(found) else (word,)


def _cost(pieces: tuple[str, ...]) -> tuple[int, int]:
    return len(pieces), -max(len(p) for p in pieces)


def _typical(pieces: tuple[str, ...]) -> bool:
    """Whether short pieces still make a header: ``newvalue``, ``totalnew``, ``orderid``."""
    return len(pieces) == 2 and (pieces[0] in _JOINTS or pieces[1] in _JOINTS or pieces[1] == "value")


@lru_cache(maxsize=1)
def _single() -> frozenset[str]:
    """Stems of the single words of the vocabulary."""
    words = vocabulary()
    named = {part for key in words.names for part in key.split(" ") if part.isascii() and part.isalpha()}
    return frozenset(
        named | {stem(w) for w in words.expansions} | common_words() | {"value", "total", "number"}
    )


def _known(word: str) -> bool:
    return stem(word) in _single()
