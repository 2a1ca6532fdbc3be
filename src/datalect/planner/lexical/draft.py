"""Plan JSON under construction, with what it cost to get there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from datalect.planner.lexical.frame import Choice, Frame, Ref
from datalect.planner.lexical.graph import TableGraph
from datalect.planner.lexical.sequence import Sequence

Note = tuple[str, str]


@dataclass(slots=True)
class Draft:
    """One candidate plan as JSON data.

    Attributes:
        plan: the plan; references are full column ids.
        weight: how plausible the shape is, 0..1; the fit of the columns comes on top.
        notes: assumptions, (English, Chinese).
        why: slot -> item that led to it.
        used: choices the plan uses, by slot item.
        guesses: things taken for granted that may well be otherwise.
        lost: parts of the question that were read and found no place in the plan.
    """

    plan: dict[str, Any] = field(default_factory=dict)
    weight: float = 1.0
    notes: list[Note] = field(default_factory=list)
    why: dict[str, int] = field(default_factory=dict)
    used: list[Choice] = field(default_factory=list)
    guesses: int = 0
    lost: int = 0

    def note(self, english: str, chinese: str, weight: float = 1.0) -> None:
        """Take something for granted; one that costs weight counts as a guess."""
        self.notes.append((english, chinese))
        self.guesses += weight < 0.9
        self.weight *= weight

    def lose(self, weight: float) -> None:
        """Leave out a part of the question that was read: such a plan answers another question."""
        self.lost += 1
        self.weight *= weight


@dataclass(slots=True)
class Scene:
    """What building a plan needs besides the frame: the items, the key graph and the choice made for each slot."""  # noqa: E501

    frame: Frame
    seq: Sequence
    graph: TableGraph
    picks: dict[int, Choice]

    def pick(self, ref: Ref | None, draft: Draft) -> Choice | None:
        """The choice made for a slot."""
        if ref is None or not ref.choices:
            return None
        choice = self.picks.get(id(ref), ref.choices[0])
        if choice not in draft.used:
            draft.used.append(choice)
            if choice.note:
                draft.notes.append(choice.note)
        return choice


def table_of(ref: str, seq: Sequence) -> str:
    """The table of a column id."""
    column = seq.column(ref)
    return column.table if column is not None else ref.split(".", 1)[0]


def tables_in(node: Any, seq: Sequence) -> set[str]:
    """All tables whose columns a piece of plan JSON refers to by full id."""
    if isinstance(node, str):
        column = seq.column(node)
        return {column.table} if column is not None else set()
    if isinstance(node, dict):
        skip = ("val", "op", "fn", "grain", "as", "of", "has", "table")
        return set().union(*(tables_in(v, seq) for k, v in node.items() if k not in skip)) if node else set()
    if isinstance(node, list):
        return set().union(*(tables_in(v, seq) for v in node)) if node else set()
    return set()
