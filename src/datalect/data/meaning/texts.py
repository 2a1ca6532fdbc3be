"""Meaning of text columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalect.data.meaning.hints import NameReading
from datalect.data.meaning.values import known_order, looks_like, true_false
from datalect.data.missing import is_missing_word
from datalect.data.model import Meaning, SemanticType

if TYPE_CHECKING:
    from datalect.data.meaning.decide import Evidence

S = SemanticType
LONG_TEXT = 60  # characters a cell has on average above which it is free text
LONG_CHINESE = 30
_HEAD = 2_000  # characters of a text that tell its script


def decide_text(evidence: Evidence, reading: NameReading) -> Meaning:
    """Identifier, code, category, order, name, free text or a contact detail."""
    sample = [str(v) for v in (evidence.sample or evidence.values)]
    shape = looks_like(sample)
    repeats = evidence.distinct / max(evidence.filled, 1)
    if shape in ("email", "url"):
        return Meaning(type=S(shape), evidence=f"the values are {shape} addresses")
    if shape == "uuid":
        return Meaning(type=S.ID, evidence="the values are universally unique identifiers")
    if shape in ("phone", "digits") and reading.has(S.PHONE):
        return Meaning(type=S.PHONE, evidence="named as a telephone number, and the values look like one")
    labelled = any(h.type in (S.ID, S.CODE, S.PHONE) and h.strength > 0.8 for h in reading.hints[:1])
    if evidence.complete and not labelled:
        pair = true_false(evidence.values)
        if pair is not None:
            return Meaning(type=S.BOOLEAN, order=pair, evidence=f"only {pair[0]} and {pair[1]} occur")
        order = known_order([v for v in evidence.values if not is_missing_word(str(v))])
        if order:
            return Meaning(
                type=S.ORDERED,
                order=order,
                evidence=f"the values form a known scale from {order[0]} to {order[-1]}",
            )
    return _by_name(evidence, reading, sample, shape, repeats) or _by_values(evidence, sample, shape, repeats)


def _is_long(sample: list[str], factor: float = 1.0) -> bool:
    if not sample:
        return False
    mean = sum(map(len, sample)) / len(sample)
    heads = [s[:_HEAD] for s in sample]
    chinese = sum(sum(c > "⺀" for c in s) for s in heads) > sum(map(len, heads)) / 2
    return mean > factor * (LONG_CHINESE if chinese else LONG_TEXT)


def _by_name(
    evidence: Evidence, reading: NameReading, sample: list[str], shape: str, repeats: float
) -> Meaning | None:
    few = evidence.distinct <= 50 and repeats < 0.5
    long = _is_long(sample)
    spaced = sum(" " in s.strip() for s in sample) > 0.5 * len(sample)
    for hint in reading.hints:
        if hint.strength < 0.5:
            break
        why = f'the name says "{hint.word}"'
        if hint.type is S.ID and not long and not (spaced and shape == ""):
            return Meaning(type=S.ID, evidence=why, confidence=0.5 + hint.strength / 2)
        short = sum(map(len, sample)) <= 12 * len(sample)
        if hint.type is S.CODE and not long and (not spaced or (short and hint.strength == 1.0)):
            return Meaning(type=S.CODE, evidence=why, confidence=0.5 + hint.strength / 2)
        if hint.type is S.TEXT and (
            long or (not few and (repeats > 0.5 or evidence.distinct > 1000) and _is_long(sample, 0.6))
        ):
            return Meaning(type=S.TEXT, evidence=why, confidence=0.5 + hint.strength / 2)
        if hint.type is S.NAME and not long:
            kind = S.NAME if repeats >= 0.5 or evidence.distinct > 50 else S.CATEGORY
            return Meaning(type=kind, evidence=why, confidence=0.8)
        if (
            hint.type in (S.EMAIL, S.URL, S.PHONE)
            and repeats > 0.5
            and not spaced
            and hint.type is not S.PHONE
        ):
            return Meaning(type=hint.type, evidence=why, confidence=0.6)
        if hint.type is S.CATEGORY and not long:
            kind = S.NAME if repeats > 0.9 and evidence.filled >= 20 else S.CATEGORY
            return Meaning(type=kind, evidence=why, confidence=0.9)
    return None


def _by_values(evidence: Evidence, sample: list[str], shape: str, repeats: float) -> Meaning:
    if shape == "phone" and repeats > 0.5:
        return Meaning(type=S.PHONE, evidence="the values look like telephone numbers", confidence=0.6)
    if _is_long(sample) and (repeats > 0.2 or evidence.distinct > 1000):
        return Meaning(type=S.TEXT, evidence="long texts", confidence=0.9)
    if repeats > 0.95 and evidence.filled >= 20 and shape in ("code", "digits"):
        return Meaning(type=S.ID, evidence="a different code in almost every row", confidence=0.7)
    if shape in ("code", "digits") and evidence.distinct > 20:
        return Meaning(type=S.CODE, evidence="short codes", confidence=0.6)
    if repeats > 0.6 and evidence.filled >= 10:
        return Meaning(type=S.NAME, evidence="short texts, nearly all different", confidence=0.7)
    return Meaning(type=S.CATEGORY, evidence="short texts that repeat", confidence=0.8)
