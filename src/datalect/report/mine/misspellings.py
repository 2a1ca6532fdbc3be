"""Rare values spelt almost like a frequent one of the same column: what typing errors leave behind.

A rare value counts as near when few letters, not side by side, separate it from a value at least ten times
as frequent. Digits tell things apart (tract 12 is not tract 13), and so do the letters of codes, signs of
scripts where one sign is a word, plurals, and the given names of people.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from datalect.answer.labels import column_words
from datalect.data.model import Column, SemanticType
from datalect.data.profile import kind_of
from datalect.report.finding import Context, Finding, plain_shape, quoted
from datalect.report.mine.quality import folded
from datalect.report.model import ChartSpec

_SHARE = plain_shape(percent=100)
_TYPES = frozenset({SemanticType.CATEGORY, SemanticType.CODE, SemanticType.ORDERED, SemanticType.NAME})
_LEAST_LENGTH = 5  # letters of the frequent value
_LETTERS_PER_EDIT = 5
_LETTERS_OF_A_WORD = 4  # one edit for so many letters of a word
_MOST_EDITS = 3
_LEAST_ROWS = 10  # of the frequent value
_RATIO = 10  # how many times as frequent it must be
_MOST_COMPARED = 400
_LAST_WORD_SIGN = 0x2E80  # from here on one sign is a syllable or a word
_WORD = re.compile(r"[^\W_]+")
_MOST_SHARE = 0.2  # where so many rows hold near spellings, they are ways of writing and no slips


def misspellings(context: Context, column: Column) -> list[Finding]:
    """The rare values of a column that may be misspelt, told together."""
    profile = column.profile
    if kind_of(column.dtype) != "text" or column.meaning.type not in _TYPES or not profile.values_complete:
        return []
    if column.name in context.mask.personal:
        return []
    pairs = _pairs([(v, n) for v, n in profile.values if isinstance(v, str)], column.meaning.type)
    stray = sum(rare[1] for _, rare in pairs)
    filled = profile.rows - profile.nulls
    if not pairs or stray > _MOST_SHARE * filled:
        return []
    pairs.sort(key=lambda p: (-p[1][1], -p[0][1], p[1][0]))
    usual, rare = pairs[0]
    spellings = [context.mask.value(column.name, text) for text, _ in (usual, rare)]
    names = {"column": column_words(column)} | {f"s{i}": quoted(s) for i, s in enumerate(spellings)}
    values: dict[str, Any] = {
        "count": len(pairs), "stray": stray, "share": stray / filled,
        "spellings": 2, "n0": usual[1], "n1": rare[1],
    }  # fmt: skip
    near = [text for _, (text, _) in pairs[:50]]
    return [
        Finding(
            form="misspelt",
            type="variants",
            columns=(column.name,),
            section="trust",
            severity="warning" if len(pairs) > 1 else "notice",
            values=values,
            names=names,
            shapes={"share": _SHARE},
            n=filled,
            effect=values["share"],
            effect_name="share",
            result=context.reader.run(
                {
                    "where": [{"col": column.name, "op": "in", "val": near}],
                    "by": [{"col": column.name}],
                    "get": [{"fn": "count"}],
                }
            ),
            impact=0.4 + 0.5 * min(1.0, values["share"] * 10),
            surprise=0.8 if len(pairs) > 1 else 0.5,
            cluster=f"misspelt:{column.name}",
            chart=ChartSpec(
                mark="bar",
                labels=tuple(f"“{s}”" for s in spellings),
                y=(float(usual[1]), float(rare[1])),
                highlight=(1,),
                x_title=names["column"],
                y_title=context.noun_words(),
            ),
        )
    ]


Counted = tuple[str, int]


def _pairs(values: list[Counted], meaning: SemanticType) -> list[tuple[Counted, Counted]]:
    """Each near rare value with the frequent one it comes closest to."""
    from rapidfuzz.distance import OSA

    usable = [(v, n) for v, n in values if len(v) >= _LEAST_LENGTH - 1 and not _is_given_name(v, meaning)]
    frequent = [(v, n) for v, n in usable if n >= _LEAST_ROWS and len(v) >= _LEAST_LENGTH][:_MOST_COMPARED]
    found = []
    for text, count in usable:
        best: tuple[int, Counted] | None = None
        for usual in frequent:
            if usual[1] < _RATIO * count:
                break  # the values come by frequency
            limit = min(_MOST_EDITS, len(usual[0]) // _LETTERS_PER_EDIT)
            if abs(len(usual[0]) - len(text)) > limit or folded(text) == folded(usual[0]):
                continue
            distance = OSA.distance(text.casefold(), usual[0].casefold(), score_cutoff=limit)
            if distance <= limit and (best is None or distance < best[0]) and _is_slip(text, usual[0]):
                best = (distance, usual)
        if best is not None:
            found.append((best[1], (text, count)))
    return found


def _is_given_name(text: str, meaning: SemanticType) -> bool:
    """Names of people differ by one letter: Michele is not Michelle."""
    return meaning is SemanticType.NAME and not any(ch.isspace() for ch in text.strip())


def _is_slip(rare: str, usual: str) -> bool:
    """Whether letters that stand apart from each other, and no digits or word signs, tell the two apart."""
    from rapidfuzz.distance import Levenshtein

    if len(rare) == len(usual) and any(
        a.isupper() and b.isupper() and before.islower()
        for before, (a, b) in zip(usual, zip(usual[1:], rare[1:], strict=True), strict=False)
        if a != b
    ):
        return False  # FuseA and FuseP are two names
    rare, usual = rare.casefold(), usual.casefold()
    if rare in (usual + "s", usual + "es") or usual in (rare + "s", rare + "es"):
        return False
    operations = Levenshtein.editops(usual, rare)
    places = [o.src_pos for o in operations]
    swapped = len(places) == 2 and sorted(usual) == sorted(rare)
    if not swapped and any(b - a < 2 for a, b in pairwise(places)):
        return False
    if not _few_in_each_word(usual, places):
        return False
    for operation in operations:
        at = operation.src_pos
        before = usual[at] if operation.tag != "insert" else ""
        after = rare[operation.dest_pos] if operation.tag != "delete" else ""
        both = before + after
        if any(ord(ch) >= _LAST_WORD_SIGN for ch in both) or not any(ch.isalpha() for ch in both):
            return False
        if not _may_slip(usual, at, before, after):
            return False
    return True


def _few_in_each_word(usual: str, places: list[int]) -> bool:
    """Whether no word changes in more than one of four letters, nor the whole text in its first letter.

    Beers and Henrys, a.m. and p.m., Portland and Cortland are different names.
    """
    if 0 in places and usual[:1].isalpha():
        return False
    for word in _WORD.finditer(usual):
        changed = sum(word.start() <= p < word.end() for p in places)
        if changed > len(word[0]) // _LETTERS_OF_A_WORD and word[0].isalpha():
            return False
    return True


def _may_slip(usual: str, at: int, before: str, after: str) -> bool:
    """Whether a changed sign is a fault there: codes such as 85123A differ by a letter on purpose."""
    words = [w for w in _WORD.finditer(usual) if w.start() <= at <= w.end()]
    digits = [any(ch.isdigit() for ch in w[0]) for w in words]
    if before.isdigit():
        return after.isalpha() and all(w[0].isdigit() for w in words)
    return not any(digits) and not after.isdigit()
