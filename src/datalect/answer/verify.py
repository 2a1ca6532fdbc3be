"""Whether a sentence may be shown: every claim in it maps to a fact.

The verifier reads the sentence itself (numbers, dates, names, words of direction), binds each to the group it
stands with, and looks for the cell, count, filter or listed derivation that bears it out. Its vocabulary is
closed: a word that is neither known to claim nothing nor part of the answer's own table fails the sentence.
Listed derivations: difference, ratio, percentage of a whole or of a change, sum, rank, and rounding to the
precision shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from datalect.answer.ground import FactSet
from datalect.answer.prove_claims import prove_claims
from datalect.answer.prove_numbers import prove_numbers
from datalect.answer.reading import Reading
from datalect.answer.vocabulary import Vocabulary

if TYPE_CHECKING:
    from datalect.answer.model import Answer
    from datalect.planner.base import Language

_LONGEST = 2000  # characters; a longer "sentence" is no sentence


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
    """Check each number, date, name, unit, direction and order in a sentence against the facts.

    Args:
        sentence: one sentence, or several of one answer.
        facts: the facts of an answer, or the answer.
        language: language of the sentence.
    """
    ground = facts if isinstance(facts, FactSet) else facts.facts
    if ground is None:
        return Verdict(False, ("there are no facts",))
    if not sentence.strip():
        return Verdict(False, ("there is no sentence",))
    if len(sentence) > _LONGEST:
        return Verdict(False, ("the sentence is too long",))
    problems: list[str] = []
    for part in split_sentences(sentence, language, Vocabulary(ground, language)):
        reading = Reading(part, ground, language)
        prove_numbers(reading)
        prove_claims(reading)
        problems += reading.problems
    return Verdict(not problems, tuple(dict.fromkeys(problems)))


def split_sentences(text: str, language: Language, vocabulary: Vocabulary | None = None) -> list[str]:
    """Cut a text into sentences; with a vocabulary never inside a name such as "St. Louis"."""
    import re

    text = text.strip()
    pattern = r"(?<=[。！？])" if language == "zh" else r"(?<=[.!?])\s+(?=[A-Z0-9“−$€£¥])"
    inside = _inside_names(text, vocabulary) if vocabulary is not None else set()
    cuts = [cut for cut in re.finditer(pattern, text) if cut.start() not in inside]
    starts, ends = [0, *(cut.end() for cut in cuts)], [*(cut.start() for cut in cuts), len(text)]
    parts = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    return [part for part in parts if part.strip()]


def _inside_names(text: str, vocabulary: Vocabulary) -> set[int]:
    """Places with a part of the same name before and behind."""
    places: set[int] = set()
    at = 0
    while at < len(text):
        name = vocabulary.name_at(text, at)
        if name is None:
            at += 1
        else:
            places.update(range(at + 1, name[0]))
            at = max(name[0], at + 1)
    return places
