"""Reading a sentence into mentions: names, dates, numbers, labels and words that claim something."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from datalect.answer.lexicon import lexicon, longest
from datalect.answer.read_dates import DateParts, read_date
from datalect.answer.read_numbers import Quantity, is_unit, read_quantity
from datalect.answer.vocabulary import Vocabulary

if TYPE_CHECKING:
    from datalect.planner.base import Language

MentionKind = Literal["name", "date", "number", "label", "word", "stop", "unknown"]


@dataclass(slots=True, kw_only=True)
class Mention:
    """A stretch of a sentence.

    Attributes:
        kind: what it is.
        start: first character.
        end: the one after its last.
        text: the characters.
        refs: for names, ``(field, value)`` of the cells it names; field "" stands for a filter's constant.
        tokens: for labels, the fields whose name it is part of; "" for filters and the table.
        whole: for labels, whether the entire phrase of a figure was written.
        date: for dates.
        quantity: for numbers.
        kinds: for words, the claims they may make.
    """

    kind: MentionKind
    start: int
    end: int
    text: str
    refs: frozenset[tuple[str, Any]] = frozenset()
    tokens: frozenset[str] = frozenset()
    whole: bool = False
    date: DateParts | None = None
    quantity: Quantity | None = None
    kinds: tuple[str, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)


_STOPS = ",;:.!?()（），。；：、！？“”\"‘’'[]–—·…=-"
_ENGLISH_WORD = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’][a-z]+)?")


def read_mentions(sentence: str, vocabulary: Vocabulary, language: Language) -> list[Mention]:
    """All mentions of a sentence in order. Nothing is skipped: what cannot be read is ``unknown``."""
    found: list[Mention] = []
    at = 0
    while at < len(sentence):
        if sentence[at].isspace():
            at += 1
            continue
        mention = _next(sentence, at, vocabulary, language, found)
        found.append(mention)
        at = mention.end
    return found


def _next(text: str, at: int, vocabulary: Vocabulary, language: Language, before: list[Mention]) -> Mention:
    name = vocabulary.name_at(text, at)
    label = vocabulary.label_at(text, at)
    word = _word_at(text, at, language)
    date = read_date(text, at)
    if name is not None and (label is None or name[0] >= label[0]) and _name_wins(text, at, name, word, date):
        end, refs = name
        return Mention(kind="name", start=at, end=end, text=text[at:end], refs=refs)
    if (
        date is not None
        and not _is_number(text, at, date, vocabulary)
        and (label is None or date[1] > label[0])
    ):
        return Mention(kind="date", start=at, end=date[1], text=text[at : date[1]], date=date[0])
    if label is not None and (word is None or label[0] >= word[0] or label[2]):
        end, tokens, whole = label
        return Mention(kind="label", start=at, end=end, text=text[at:end], tokens=tokens, whole=whole)
    quantity = read_quantity(text, at, vocabulary.units) if _may_be_number(text, at, word) else None
    if quantity is not None and (word is None or quantity[1] > word[0] or text[at].isdigit()):
        return Mention(
            kind="number", start=at, end=quantity[1], text=text[at : quantity[1]], quantity=quantity[0]
        )
    if word is not None:
        return Mention(kind="word", start=at, end=word[0], text=text[at : word[0]], kinds=word[1])
    if text[at] in "'’" and text[at + 1 : at + 2] == "s" and not text[at + 2 : at + 3].isalnum():
        return Mention(kind="word", start=at, end=at + 2, text=text[at : at + 2], kinds=("plain",))
    if text[at] in _STOPS:
        return Mention(kind="stop", start=at, end=at + 1, text=text[at])
    unit = _ENGLISH_WORD.match(text, at)
    end = unit.end() if unit is not None else at + 1
    if unit is not None and is_unit(unit.group()) and before and before[-1].kind == "number":
        return Mention(kind="unknown", start=at, end=end, text=text[at:end])
    return Mention(kind="unknown", start=at, end=end, text=text[at:end])


def _may_be_number(text: str, at: int, word: tuple[int, tuple[str, ...]] | None) -> bool:
    if text[at].isascii() and text[at].isalpha():
        return not (at and text[at - 1].isalnum() and text[at - 1].isascii())
    return word is None or word[0] - at < 2 or text[at].isdigit() or text[at] in "−-$€£¥"


def _name_wins(text: str, at: int, name: Any, word: Any, date: Any) -> bool:
    """A stored text that is also an ordinary word or a date is a name only when written as it is stored."""
    if date is not None and date[1] >= name[0]:
        return any(isinstance(value, str) and value == text[at : name[0]] for _, value in name[1])
    if word is None or word[0] < name[0]:
        return True
    return any(str(value) == text[at : name[0]] for _, value in name[1])


def _is_number(text: str, at: int, date: tuple[DateParts, int], vocabulary: Vocabulary) -> bool:
    """Four digits alone are a year only where the answer knows years; else they are a number."""
    if not text[at : date[1]].isdigit():
        return False
    follows = text[date[1] : date[1] + 2]
    return not vocabulary.knows_years or (follows[:1] in tuple(",%％万亿.") and follows[1:2].isdigit())


def _word_at(text: str, at: int, language: Language) -> tuple[int, tuple[str, ...]] | None:
    table = lexicon(language)
    lower = text.lower()
    for length in range(min(longest(language), len(text) - at), 0, -1):
        phrase = lower[at : at + length]
        if phrase in table and _whole_word(text, at, at + length):
            return at + length, table[phrase]
    return None


def _whole_word(text: str, start: int, end: int) -> bool:
    """Latin letters must not go on before or after."""

    def latin(char: str) -> bool:
        return char.isascii() and (char.isalnum() or char == "_")

    first_ok = not (start and latin(text[start]) and latin(text[start - 1]))
    return first_ok and not (end < len(text) and latin(text[end - 1]) and latin(text[end]))
