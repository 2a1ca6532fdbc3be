"""Finding stored values from words: the seam value linking stands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueHit:
    """A stored value that fits some words.

    Attributes:
        column: id of the column (``table.column``).
        value: the value exactly as stored.
        count: rows that hold it, when known, else 0.
        score: 1.0 for equality after normalisation (NFKC, case, spaces, punctuation, glossary alias), less
            for near matches.
    """

    column: str
    value: Any
    count: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueMention:
    """A stretch of a question, ``text[start:end]``, that names stored values."""

    start: int
    end: int
    hits: tuple[ValueHit, ...]


@runtime_checkable
class ValueIndex(Protocol):
    """Looks up stored text values of all visible columns."""

    def find(self, text: str, *, columns: Sequence[str] | None = None) -> tuple[ValueHit, ...]:
        """Values equal to ``text`` after normalisation, best first."""
        ...

    def nearest(
        self, text: str, *, columns: Sequence[str] | None = None, limit: int = 5
    ) -> tuple[ValueHit, ...]:
        """Values most like ``text`` (typos, word order, parts), best first."""
        ...

    def mentions(self, question: str) -> tuple[ValueMention, ...]:
        """All stretches of a question that equal a stored value, longest first; they may overlap."""
        ...
