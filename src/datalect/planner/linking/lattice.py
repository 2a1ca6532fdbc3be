"""Choose which stretches of a question mean something: the best cover of its tokens by mentions.

The same lattice segments Chinese: an edge is a catalogue term, a stored value, a number, a time or a
grammar cue,
and the path with the most (and longest, and best fitting) edges wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from datalect.planner.linking.tokens import Token


@dataclass(frozen=True, slots=True)
class Sense:
    """One thing a stretch of the question may stand for.

    Attributes:
        kind: ``col``, ``table``, ``metric``, ``value``, ``time``, ``num``, ``cue``, ``literal``, ``implied``.
        data: what it stands for; its type depends on the kind.
        score: how well it fits, 0..1.
    """

    kind: str
    data: Any
    score: float


@dataclass(slots=True)
class Mention:
    """An edge of the lattice: ``tokens[first:last]`` with one sense."""

    first: int
    last: int
    sense: Sense


@dataclass(slots=True)
class Item:
    """A stretch on the chosen path with all the senses it has.

    Attributes:
        first: first token.
        last: one past the last token.
        start: first position in the normalised text.
        end: one past its last position.
        text: as normalised.
        senses: best first; empty for a word nobody knows.
    """

    first: int
    last: int
    start: int
    end: int
    text: str
    senses: list[Sense] = field(default_factory=list)

    def get(self, kind: str) -> Sense | None:
        """The best sense of a kind."""
        return next((s for s in self.senses if s.kind == kind), None)

    def cue(self, *names: str) -> Any:
        """The argument of a cue sense with one of these names (True when it has none), or None."""
        for sense in self.senses:
            if sense.kind == "cue" and sense.data[0] in names:
                return sense.data[1] if sense.data[1] is not None else True
        return None


def _size(token: Token) -> float:
    if token.kind == "punct":
        return 0.2
    return 1.0 if token.kind == "han" else 2.0


def best_cover(tokens: Sequence[Token], mentions: Iterable[Mention], text: str) -> list[Item]:
    """The path through the tokens with the highest weight; unknown tokens become items without senses."""
    by_span: dict[tuple[int, int], list[Sense]] = {}
    for mention in mentions:
        by_span.setdefault((mention.first, mention.last), []).append(mention.sense)
    ending: list[list[tuple[int, list[Sense]]]] = [[] for _ in range(len(tokens) + 1)]
    for (first, last), senses in by_span.items():
        senses.sort(key=lambda s: -s.score)
        ending[last].append((first, senses))
    sizes = [_size(t) for t in tokens]
    best = [0.0] * (len(tokens) + 1)
    back: list[tuple[int, list[Sense]]] = [(0, [])] * (len(tokens) + 1)
    for position in range(1, len(tokens) + 1):
        best[position], back[position] = best[position - 1] - 0.6 * sizes[position - 1], (position - 1, [])
        for first, senses in ending[position]:
            size = sum(sizes[first:position])
            weight = (
                best[first] + size * senses[0].score + 0.5 * (position - first - 1) * senses[0].score - 0.1
            )
            if weight > best[position]:
                best[position], back[position] = weight, (first, senses)
    items: list[Item] = []
    position = len(tokens)
    while position > 0:
        first, senses = back[position]
        start, end = tokens[first].start, tokens[position - 1].end
        items.append(Item(first, position, start, end, text[start:end], senses))
        position = first
    items.reverse()
    return items
