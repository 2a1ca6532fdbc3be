"""What a column name alone says about its values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from datalect.data.meaning import vocabulary as v
from datalect.data.meaning.names import read_header, singular
from datalect.data.meaning.units import Unit, read_unit, unit_of_words
from datalect.data.model import Additivity, SemanticType

_CJK = re.compile(r"[㐀-鿿]")
_UNIT_PRICES = frozenset(
    "unit list retail average avg mean share stock market closing opening close open".split()
)
_FLAGS = frozenset("is has was are did can should had have does".split())
# heads that stay the last word whatever comes before: ``debt_to_income_ratio``, ``recorded_by_staff_id``
_LAST_HEADS = frozenset("ratio rate percentage percent pct index score id code".split())
_FLAG_STARTS = ("是否", "有无", "能否", "可否", "已")


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing a name may mean.

    Attributes:
        type: the semantic type.
        additivity: stated by the words, or None to take the type's own.
        strength: 0..1; 1 when the head of the name says it.
        word: the word that says it.
    """

    type: SemanticType
    additivity: Additivity | None
    strength: float
    word: str


@dataclass(frozen=True, slots=True)
class NameReading:
    """All a name says.

    Attributes:
        hints: strongest first.
        unit: unit in brackets or in the last words.
        averaged: an average, extreme or other summary, so never added up.
        cumulative: a running total or a stock at a moment.
        per: ``x per y``.
    """

    hints: tuple[Hint, ...]
    unit: Unit | None
    averaged: bool
    cumulative: bool
    per: bool

    def has(self, *types: SemanticType) -> bool:
        """Whether any hint is of one of these types."""
        return any(h.type in types for h in self.hints)


@lru_cache(maxsize=8192)
def read_name(name: str) -> NameReading:
    """Read a column name."""
    header = read_header(name)
    words = header.words
    unit = _bracket_unit(header.bracket)
    if unit is None:
        found = unit_of_words(words)
        if found is not None:
            unit, taken = found
            words = words[:-taken]
    chinese = any(_CJK.match(w) for w in words)
    hints = _chinese_hints(words) if chinese else []
    if words and (not chinese or words[-1].isascii()):
        hints = _english_hints(words) + hints
    joined = "".join(w for w in words if _CJK.match(w))
    averaged = bool(v.AVERAGES & set(words)) or any(a in joined for a in v.CHINESE_AVERAGES)
    cumulative = bool(v.CUMULATIVE & set(words)) or any(a in joined for a in v.CHINESE_CUMULATIVE)
    per = "per" in (*words, *header.bracket.casefold().split()) or "/" in header.bracket
    hints.sort(key=lambda h: -h.strength)
    return NameReading(tuple(hints), unit, averaged, cumulative, per)


def _bracket_unit(bracket: str) -> Unit | None:
    """The unit in brackets, a remark after it left out: ``TWh - direct method`` is TWh."""
    if not bracket:
        return None
    unit = read_unit(bracket)
    if unit is None:
        first = re.split(r"\s*[-–,;，；]\s+|\s+[-–]", bracket, maxsplit=1)[0]
        unit = read_unit(first) if first != bracket else None
    return unit


def _hints_of(whats: tuple[str, ...], strength: float, word: str) -> list[Hint]:
    hints = []
    for what in whats:
        kind, _, trait = what.partition(" ")
        additivity = Additivity(trait) if trait else None
        hints.append(Hint(SemanticType(kind), additivity, strength, word))
    return hints


def _english_hints(words: tuple[str, ...]) -> list[Hint]:
    plain = _bare([singular(w) for w in words if not w.isdigit() and w.isascii()])
    if not plain:
        return []
    first_after = next((i for i, w in enumerate(plain) if i and w in v.PREPOSITIONS), len(plain))
    if plain[-1] in _LAST_HEADS:
        first_after = len(plain)
    segment, rest = plain[:first_after], plain[first_after:]
    hints: list[Hint] = []
    if rest and rest[0] == "per" and len(rest) > 1:
        hints.append(Hint(SemanticType.RATE, Additivity.NON, 1.0, "per"))
    hints += _counting(segment, rest)
    if plain[0] in _FLAGS and len(plain) > 1:
        hints.append(Hint(SemanticType.BOOLEAN, None, 0.9, plain[0]))
    for distance, word in enumerate(reversed(segment)):
        strength = 1.0 if distance == 0 else 0.55 - 0.05 * min(distance, 4)
        for hint in _word_hints(word, strength):
            if hint.type is SemanticType.MONEY and word == "price" and _UNIT_PRICES & set(segment):
                hint = Hint(hint.type, Additivity.NON, strength, f"unit {word}")
            hints.append(hint)
    for word in rest[1:]:
        hints += _word_hints(word, 0.25)
    return hints


_TIMES = frozenset("year month day week quarter date".split())


def _bare(words: list[str]) -> list[str]:
    """The words without a "value" that says nothing: ``yearvalue`` and ``month_value`` are the year, the month."""  # noqa: E501
    last = words[-1] if words else ""
    if last.removesuffix("value") in _TIMES:
        return [*words[:-1], last.removesuffix("value")]
    return words[:-1] if last == "value" and words[-2:-1] and words[-2] in _TIMES else words


def _word_hints(word: str, strength: float) -> list[Hint]:
    if word in v.ENGLISH_WORDS:
        return _hints_of(v.ENGLISH_WORDS[word], strength, word)
    if len(word) < 5:
        return []
    # words written together: ``orderdate``, ``customerid``
    for cut in range(2, len(word) - 1):
        head, tail = word[:cut], word[cut:]
        known = head in v.ENGLISH_WORDS or head in v.NUMBERED_THINGS or head in v.COUNTERS
        if known and tail in v.ENGLISH_WORDS and len(head) > 2:
            return _hints_of(v.ENGLISH_WORDS[tail], strength * 0.9, tail)
    return []


def _counting(segment: list[str], rest: list[str]) -> list[Hint]:
    """``number of seats`` and ``num_seats`` count; ``invoice number`` and ``order no`` identify."""
    if not segment:
        return []
    head = segment[-1]
    if head in ("number", "num", "no", "nr"):
        if len(segment) > 1:
            if {"phone", "telephone", "mobile", "tel", "fax", "contact", "cell"} & set(segment[:-1]):
                return [Hint(SemanticType.PHONE, None, 1.0, head)]
            if v.NUMBERED_THINGS & set(segment[:-1]):
                return [Hint(SemanticType.ID, None, 1.0, head)]
            return [Hint(SemanticType.COUNT, None, 0.6, head), Hint(SemanticType.ID, None, 0.4, head)]
        if rest[:1] == ["of"] or (rest[:1] == ["in"] and head == "number"):
            return [Hint(SemanticType.COUNT, None, 1.0, f"{head} of")]
        return [Hint(SemanticType.ID, None, 0.6, head)]
    if segment[0] in ("number", "num", "no", "nr", "n", "nb", "count", "cnt", "#") and len(segment) > 1:
        return [Hint(SemanticType.COUNT, None, 0.9, segment[0])]
    return []


def _chinese_hints(words: tuple[str, ...]) -> list[Hint]:
    runs = [w for w in words if _CJK.match(w)]
    if runs[0].startswith(_FLAG_STARTS):
        return [Hint(SemanticType.BOOLEAN, None, 1.0, runs[0][:2])]
    last = runs[-1]
    for size in range(min(v.LONGEST_ENDING, len(last)), 0, -1):
        ending = last[-size:]
        if ending in v.CHINESE_ENDINGS:
            return _hints_of(v.CHINESE_ENDINGS[ending], 1.0 if size > 1 or len(last) > 1 else 0.8, ending)
    found: list[Hint] = []
    text = "".join(runs)
    for size in range(min(v.LONGEST_ENDING, len(text)), 1, -1):
        for start in range(len(text) - size + 1):
            piece = text[start : start + size]
            if piece in v.CHINESE_ENDINGS:
                found += _hints_of(v.CHINESE_ENDINGS[piece], 0.45, piece)
        if found:
            break
    return found
