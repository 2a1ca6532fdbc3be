"""The seam between a question and the plans that might answer it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from datalect.data.model import Catalog
    from datalect.data.values import ValueIndex
    from datalect.plan.model import Plan

Language = Literal["en", "zh"]
Status = Literal["answered", "ambiguous", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as typed.

    Attributes:
        text: the words, untouched.
        language: language of the reader, or None to detect it.
        previous: the plan of the question before, for follow-ups.
    """

    text: str
    language: Language | None = None
    previous: Plan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One way to understand a question.

    Attributes:
        plan: a plan that passes the checker.
        score: 0..1, comparable between the readings of one question and calibrated so that readings with
            0.8 are right about eight times in ten.
        unused: words of the question that no part of the plan came from (stop words left out).
        assumptions: what was taken for granted, one sentence each, in the question's language.
    """

    plan: Plan
    score: float
    unused: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpretation:
    """What a planner made of a question.

    Attributes:
        status: ``answered`` when the first reading may be run without asking back, ``ambiguous`` when several
            readings are about equally good, ``refused`` when none is good enough.
        language: language of the question.
        readings: best first; empty when refused for good.
        reason: for people, in the question's language, when not ``answered``.
        unused: words of the question that were not understood.
    """

    status: Status
    language: Language
    readings: tuple[Reading, ...] = ()
    reason: str = ""
    unused: tuple[str, ...] = field(default=())


@runtime_checkable
class Planner(Protocol):
    """Turns a question into plans. ``datalect.testing.check_planner`` is the contract.

    Deterministic for the same question, catalog and values; never raises for any text; every reading's plan
    passes the checker.
    """

    name: str

    def interpret(self, question: Question, catalog: Catalog, values: ValueIndex) -> Interpretation:
        """Read a question over a catalog."""
        ...
