"""The words a proven sentence may use, and what each claims.

The lists (``lexicon_en.txt``, ``lexicon_zh.txt``) are closed on purpose: a word that is neither there nor in
the table's own vocabulary is an invention until someone has thought about it. Words under ``[plain]`` claim
nothing.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datalect.planner.base import Language


@cache
def lexicon(language: Language) -> dict[str, tuple[str, ...]]:
    """Phrase in lower case -> the kinds of claims it may make."""
    found: dict[str, list[str]] = {}
    kind = ""
    text = files("datalect.answer").joinpath(f"lexicon_{language}.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            kind = line[1:-1]
            continue
        for phrase in filter(None, (part.strip() for part in line.split("|"))):
            kinds = found.setdefault(phrase, [])
            if kind != "plain" or not kinds:
                kinds.append(kind)
    return {phrase: tuple(kinds) for phrase, kinds in found.items()}


@cache
def longest(language: Language) -> int:
    """Length of the longest phrase."""
    return max(map(len, lexicon(language)))
