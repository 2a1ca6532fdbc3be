"""The built-in bilingual vocabulary: which words name the same kind of column.

The words live in ``concepts.json`` and, by domain, in ``words/*.txt``; one line is one concept with its
English and Chinese names, best first. Lines with the same first English name add to one concept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from datalect.planner.linking.stem import stem
from datalect.planner.linking.text import fold
from datalect.planner.linking.tokens import tokenise


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that columns are often about.

    Attributes:
        key: its first English name.
        en: English names.
        zh: Chinese names.
        near: keys of concepts that are often meant by the same words.
    """

    key: str
    en: tuple[str, ...]
    zh: tuple[str, ...]
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Concepts by name, abbreviations, and adjectives that imply a column.

    Attributes:
        concepts: by key.
        names: term key (see ``term_key``) -> keys of the concepts it names.
        expansions: abbreviation -> words.
        longest_zh: length of the longest Chinese name.
    """

    concepts: dict[str, Concept]
    names: dict[str, tuple[str, ...]]
    expansions: dict[str, str]
    longest_zh: int


def term_key(term: str) -> str:
    """Dictionary key of a term: stems joined by spaces for English, characters as they are for Chinese."""
    tokens = tokenise(fold(term))
    out = ""
    for token in tokens:
        if token.kind == "punct":
            continue
        if out and not (token.kind == "han" and out[-1] > "\u3000"):
            out += " "
        out += token.stem
    return out


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The built-in vocabulary, read once."""
    data = json.loads(files("datalect.planner.linking").joinpath("concepts.json").read_text(encoding="utf-8"))
    concepts: dict[str, Concept] = {}
    names: dict[str, list[str]] = {}
    for en, zh, near in (*_lines(data["concepts"]), *_domain_lines()):
        key = en[0]
        known = concepts.get(key, Concept(key, (), ()))
        concepts[key] = Concept(
            key,
            tuple(dict.fromkeys((*known.en, *en))),
            tuple(dict.fromkeys((*known.zh, *zh))),
            tuple(dict.fromkeys((*known.near, *near))),
        )
        for name in (*en, *zh):
            names.setdefault(term_key(name), []).append(key)
    longest = max(len(name) for concept in concepts.values() for name in concept.zh)
    return Vocabulary(
        concepts,
        {name: tuple(dict.fromkeys(keys)) for name, keys in names.items()},
        dict(data["abbreviations"]),
        longest,
    )


Line = tuple[list[str], list[str], list[str]]


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _lines(rows: list[list[str]]) -> Iterator[Line]:
    for en, zh, *near in rows:
        yield _names(en), _names(zh), _names(near[0]) if near else []


def _domain_lines() -> Iterator[Line]:
    folder = files("datalect.planner.linking").joinpath("words")
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                yield from _lines([line.split("|")])


@lru_cache(maxsize=4096)
def concepts_of(term: str) -> tuple[str, ...]:
    """Keys of the concepts a term names."""
    return vocabulary().names.get(term_key(term), ())


@lru_cache(maxsize=4096)
def synonyms(term: str) -> tuple[tuple[str, float], ...]:
    """Other names of the concepts of a term with how well they fit, best first."""
    words = vocabulary()
    out: dict[str, float] = {}
    for key in concepts_of(term):
        concept = words.concepts[key]
        for name in (*concept.en, *concept.zh):
            out[name] = max(out.get(name, 0.0), 0.88)
        for other in concept.near:
            if other in words.concepts:
                for name in (*words.concepts[other].en[:4], *words.concepts[other].zh[:4]):
                    out[name] = max(out.get(name, 0.0), 0.66)
    out.pop(term, None)
    return tuple(sorted(out.items(), key=lambda pair: -pair[1]))


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Stems of everyday words that are never taken for a part of a stored value."""
    data = json.loads(files("datalect.planner.linking").joinpath("concepts.json").read_text(encoding="utf-8"))
    return frozenset(stem(word) for word in data["common"].split())


def expand(word: str) -> str:
    """The words an abbreviation stands for, or the word itself."""
    return vocabulary().expansions.get(word, word)


def segment_chinese(text: str, *, whole: bool = True) -> list[str]:
    """Cut a Chinese term into known names by longest match; what is left over stays as single pieces.

    Args:
        text: the term, in normal form.
        whole: whether the term itself may be one piece.
    """
    words = vocabulary()
    parts: list[str] = []
    rest = ""
    position = 0
    while position < len(text):
        for length in range(min(words.longest_zh, len(text) - position), 1, -1):
            piece = text[position : position + length]
            if piece in words.names and (whole or length < len(text)):
                if rest:
                    parts.append(rest)
                    rest = ""
                parts.append(piece)
                position += length
                break
        else:
            rest += text[position]
            position += 1
    if rest:
        parts.append(rest)
    return parts


__all__ = ["Concept", "Vocabulary", "common_words", "concepts_of", "expand", "segment_chinese", "stem", "synonyms", "term_key",  # noqa: E501
           "vocabulary"]  # fmt: skip
