"""How stored values and the words of a question are compared, and where in a question a value may stand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from datalect.data.meaning.names import singular

LONGEST = 80  # normalised characters of a value that is looked for inside a question
QUESTION = 1_000  # characters of a question that are looked at

_DROPPED = frozenset("'’‘`\"“”.·")
_WORD = re.compile(r"[a-z0-9]")
_OTHER = re.compile(r"[^\w+#%$€£¥&.]|_")
_POINT = re.compile(r"(?<![0-9])\.|\.(?![0-9])")
_DROP = {ord(char): None for char in _DROPPED - {"."}}
# words no value is meant by unless it is written in exactly its own letters (the state IN, the grade A)
_FUNCTION_WORDS = frozenset(
    "a an the is are was were be been am do does did done have has had can could will would shall "
    "should may might must not no nor and or but if then than that this these those there here it its "
    "he she they we you i me my our your their his her them us him in on at of to for from by with "
    "about into over under between after before during per as so such what which who whom whose when "
    "where why how many much more most less least all any each every some few top total number count "
    "average mean sum show list give find tell get make name names first last next other same only also "
    "just new old best worst high low highest lowest year month day week date time".split()
)


def normalise(text: str) -> str:
    """``text`` as it is compared: NFKC, case folded, quotes and points dropped, other marks as one space."""
    if not text.isascii() and ("." in text or not unicodedata.is_normalized("NFKC", text)):
        return "".join(char for char, _ in _folded(text)).strip()
    # the same for ordinary texts, a whole text at a time: columns have many values
    folded = _POINT.sub("", text.casefold()).translate(_DROP)
    return " ".join(_OTHER.sub(_mark_or_blank, folded).split())


def _mark_or_blank(found: re.Match[str]) -> str:
    return found[0] if unicodedata.category(found[0])[0] == "M" else " "


def _folded(text: str) -> Iterator[tuple[str, int]]:
    """Normalised characters, each with the position of the character it comes from."""
    blank = True
    for position, original in enumerate(text):
        for char in unicodedata.normalize("NFKC", original).casefold():
            if char in _DROPPED and not _between_digits(text, position):
                continue
            if char.isalnum() or char in "+#%$€£¥&." or unicodedata.category(char)[0] == "M":
                blank = False
                yield char, position
            elif not blank:
                blank = True
                yield " ", position


def _between_digits(text: str, position: int) -> bool:
    return (
        text[position] == "."
        and 0 < position < len(text) - 1
        and text[position - 1].isdigit()
        and text[position + 1].isdigit()
    )


def singular_form(key: str) -> str:
    """A normalised value with its last English word in the singular."""
    head, _, last = key.rpartition(" ")
    single = singular(last)
    return f"{head} {single}" if head else single


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a question: its normalised text and where it stands."""

    key: str
    start: int
    end: int


def spans(question: str, longest: int, starts: AbstractSet[str]) -> Iterator[Span]:
    """All stretches of a question that may be a value.

    English stretches begin and end between words; Chinese ones anywhere.

    Args:
        question: the question as typed.
        longest: normalised characters of the longest value.
        starts: first two normalised characters of all values (one for values of one); other stretches are
            left out.
    """
    folded = list(_folded(question[:QUESTION]))
    text = "".join(char for char, _ in folded)
    places = [place for _, place in folded]
    limit = min(longest, LONGEST)
    for start in range(len(text)):
        if text[start] == " " or (start and _inside_word(text, start)):
            continue
        if text[start : start + 2] not in starts and text[start] not in starts:
            continue
        for end in range(start + 1, min(len(text), start + limit) + 1):
            if text[end - 1] == " " or (end < len(text) and _inside_word(text, end)):
                continue
            yield Span(text[start:end], places[start], places[end - 1] + 1)


def _inside_word(text: str, at: int) -> bool:
    return bool(_WORD.match(text[at - 1]) and _WORD.match(text[at]))


def places(text: str, word: str) -> Iterator[tuple[int, int]]:
    """Where a word stands in a text, both in lower case; English words only between word boundaries."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        before = start > 0 and _inside_word(text, start)
        if not before and not (end < len(text) and _inside_word(text, end)):
            yield start, end
        start = text.find(word, start + 1)


def says_it(written: str, value: str) -> bool:
    """Whether a stretch that equals a value after normalisation may be meant as that value.

    Function words and one or two letters must be written as the value is; one or two digits never count,
    since they are numbers first.
    """
    folded = written.casefold()
    if folded.isascii() and folded.isdigit() and len(folded) <= 2:
        return False
    if folded in _FUNCTION_WORDS or (folded.isascii() and len(folded) <= 2):
        return written == value
    return True
