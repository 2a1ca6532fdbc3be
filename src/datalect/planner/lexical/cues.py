"""Grammar cues: the words that say what to do with columns and values, kept as data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from datalect.planner.linking.lattice import Mention, Sense
from datalect.planner.linking.mentions import Spans
from datalect.planner.linking.numbers import find_numbers
from datalect.planner.linking.tokens import tokenise

_NUMBER = (
    r"(?P<n>\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty"
    r"|[一二三四五六七八九十两百]+)"
)
_ORDINAL = r"(?P<n>first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|\d+(?:st|nd|rd|th))"
_FIT = 0.95


@dataclass(frozen=True, slots=True)
class Adjective:
    """An adjective that implies a column: superlative or comparative.

    Attributes:
        direction: ``desc`` when more of it means a larger number.
        about: concept keys, best first; a leading ``-`` turns the direction round.
    """

    direction: str
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A cue as written; compiled when a question first holds the letters it cannot do without.

    There are thousands of patterns, and a question meets a handful: compiling all of them took longer than
    answering.
    """

    text: str
    english: bool
    cue: str
    argument: object
    fit: float
    needs: str

    def find(self, question: str) -> Iterator[re.Match[str]]:
        """Where the cue occurs in a normalised question."""
        return _compile(self.text, self.english).finditer(question) if self.needs in question else iter(())


def _pattern(text: str, english: bool, cue: str, argument: object, fit: float) -> _Pattern:
    return _Pattern(text, english, cue, argument, fit, _needed(text))


def _needed(text: str) -> str:
    """The longest run of letters that every match of a pattern contains; "" when none is certain."""
    runs, depth = [""], 0
    for position, char in enumerate(text):
        before = text[position - 1] if position else ""
        if before == "\\":
            runs.append("")
        elif char in "([{":
            # {n} and {2,3} alike: what stands before a count need not occur
            if char == "{" and depth == 0:
                runs[-1] = runs[-1][:-1]
            depth += 1
            runs.append("")
        elif char in ")]}":
            depth -= 1
            runs.append("")
        elif char == "|" and depth == 0:
            return ""
        elif depth == 0 and char in "?*":
            runs[-1] = runs[-1][:-1]
            runs.append("")
        elif depth == 0 and (char.isalnum() or char == " "):
            runs[-1] += char
        elif depth == 0:
            runs.append("")
    return max(runs, key=len) if depth == 0 else ""  # a bracket among characters: too clever to judge


def _load(name: str) -> list[dict[str, object]]:
    data: list[dict[str, object]] = json.loads(
        files("datalect.planner.lexical").joinpath(name).read_text(encoding="utf-8")
    )
    return data


@lru_cache(maxsize=4096)
def _compile(text: str, english: bool) -> re.Pattern[str]:
    text = text.replace("{n}", _NUMBER).replace("{o}", _ORDINAL)
    return re.compile(rf"(?<!\w)(?:{text})(?!\w)" if english and text[-1] not in "<>=&~+;/,-" else text)


def _texts(line: dict[str, object], key: str) -> list[str]:
    found = line.get(key, [])
    return [str(x) for x in found] if isinstance(found, list) else []


@lru_cache(maxsize=1)
def _patterns() -> tuple[_Pattern, ...]:
    out: list[_Pattern] = []
    for line in _load("cues.json"):
        fit = float(str(line.get("q", _FIT)))
        for language in ("en", "zh"):
            for text in _texts(line, language):
                out.append(_pattern(text, language == "en", str(line["cue"]), line.get("arg"), fit))
    for line in _load("adjectives.json"):
        adjective = Adjective(str(line["dir"]), tuple(_texts(line, "about")))
        for key, cue, english in (
            ("en", "adj", True), ("zh", "adj", False), ("en_than", "adj_than", True), ("zh_than", "adj_than", False),  # noqa: E501
        ):  # fmt: skip
            for text in _texts(line, key):
                out.append(_pattern(text, english, cue, adjective, 0.96))
                if cue == "adj":
                    out.extend(_counted(text, adjective, english))
                out.extend(_measured_apart(text, cue, adjective, english))
    for line in _load("conditions.json"):
        condition = (tuple(_texts(line, "about")), str(line["op"]), line["val"])
        for language in ("en", "zh"):
            for text in _texts(line, language):
                out.append(_pattern(text, language == "en", "condition", condition, 0.93))
    for line in _load("verbs.json"):
        about = tuple(_texts(line, "about"))
        for language in ("en", "zh"):
            for text in _texts(line, language):
                out.append(
                    _pattern(text, language == "en", "verb", about, 0.75 if text.endswith("过") else 0.5)
                )
                if language == "zh":
                    out.append(_pattern(f"{text}[过了]", False, "verb", about, 0.75))
    for line in _load("implied.json"):
        about = tuple(_texts(line, "about"))
        for language in ("en", "zh"):
            for text in _texts(line, language):
                out.append(_pattern(text, language == "en", "implied", about, 0.8))
    return tuple(out)


def _counted(text: str, adjective: Adjective, english: bool) -> list[_Pattern]:
    forms = (
        [f"{{n}} {text}", f"{text} {{n}}", f"top {{n}} {text}"]
        if english
        else [f"{text}的?前?{{n}}[个名位家种部款条辆座所首场只]?"]
    )
    return [_pattern(form, english, "adj", adjective, 0.96) for form in forms]


def _measured_apart(text: str, cue: str, adjective: Adjective, english: bool) -> list[_Pattern]:
    """What asks by how much: "how much heavier" of "heavier than", 贵多少 of 最贵."""
    if english and cue == "adj_than" and text.endswith("(?: than)?"):
        form = f"how (?:much|many (?:years?|days?|hours?|minutes?|times)) {text.removesuffix('(?: than)?')}"
    elif not english and cue == "adj" and text[0] == "最" and len(text) == 2:
        form = f"{text[1]}(?:了|出)?(?:多少|几)(?:{_UNIT_ZH})?"
    else:
        return []
    return [_pattern(form, english, "apart_adj", adjective, 0.97)]


_UNIT_ZH = "钱|元|块钱?|公斤|千克|克|磅|岁|分钟|秒|小时|天|年|公里|千米|英里|米|厘米|毫米"


@dataclass(frozen=True, slots=True)
class Cue:
    """What a cue pattern found.

    Attributes:
        argument: as in the data file.
        number: the number it captured, or None.
    """

    argument: object
    number: float | None


def cue_mentions(text: str, spans: Spans) -> list[Mention]:
    """All cues in a normalised question."""
    found: list[Mention] = []
    for entry in _patterns():
        for match in entry.find(text):
            start, end = match.start(), match.end()
            while start < end and text[start] == " ":
                start += 1
            while end > start and text[end - 1] == " ":
                end -= 1
            span = spans.tokens(start, end)
            if span is None:
                continue
            captured = match.groupdict().get("n")
            number = _number(captured) if captured else None
            kind = "implied" if entry.cue == "implied" else "cue"
            found.append(Mention(*span, Sense(kind, (entry.cue, Cue(entry.argument, number)), entry.fit)))
    return found


def _number(text: str) -> float | None:
    numbers = find_numbers(tokenise(text))
    return numbers[0].value if numbers else None


_INNER = re.compile(r"[a-z']+")


@lru_cache(maxsize=1)
def plain_words() -> frozenset[str]:
    """Words of the grammar itself, which name stored values only when written so that no doubt remains."""
    words: set[str] = set()
    for line in _load("cues.json"):
        for text in _texts(line, "en"):
            cleaned = re.sub(r"\(\?P<\w+>|\\.|[\[\](){}?|*+^$<>=!:]", " ", text)
            words.update(_INNER.findall(cleaned))
    return frozenset(words)


def argument(items_cue: object) -> object:
    """The data-file argument of a cue."""
    return items_cue.argument if isinstance(items_cue, Cue) else None


__all__: Sequence[str] = ["Adjective", "Cue", "argument", "cue_mentions", "plain_words"]
