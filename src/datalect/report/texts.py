"""Text columns: which languages, and which phrases come back, in English and Chinese."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datalect.data.model import Column
    from datalect.report.finding import Context

_READ = 4_000  # texts of the sample that are read
_SHOWN = 12
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’][A-Za-z]+)?")
_HAN = re.compile(r"[㐀-鿿]+")
_KANA = re.compile(r"[぀-ヿ]")
_HANGUL = re.compile(r"[가-힯]")
_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_STOP = frozenset(
    "a an and are as at be but by for from had has have he her his i if in is it its me my no not of on or "
    "our she so that the their them there they this to was we were what when which who will with would you "
    "your".split()
)
_STOP_ZH = frozenset("的了和是在我有也就都不这那你他她它们与及或被把对从到为之其以于而但并等着过吗呢吧啊")
_LONGEST_ZH = 4


def texts_of(context: Context, column: Column) -> list[str]:
    """The sampled texts that are read."""
    if column.name not in context.sample.arrow.column_names:
        return []
    return [t for t in context.sample.arrow.column(column.name).slice(0, _READ).to_pylist() if t]


def languages_of(context: Context, column: Column) -> dict[str, float]:
    """Scripts of the sampled texts as shares: ``latin``, ``zh`` (Chinese characters), ``ja`` ..."""
    counted = Counter(_language(t) for t in texts_of(context, column))
    total = sum(counted.values())
    return {k: n / total for k, n in counted.most_common() if total and n / total >= 0.005}


def _language(text: str) -> str:
    han = sum(len(m) for m in _HAN.findall(text))
    latin = sum(len(m) for m in _LATIN.findall(text))
    if _KANA.search(text):
        return "ja"
    if _HANGUL.search(text):
        return "ko"
    if _CYRILLIC.search(text):
        return "cyrillic"
    if han * 2 > latin and han:
        return "zh"
    return "latin" if latin else "other"


def frequent_phrases(context: Context, column: Column) -> tuple[tuple[str, int], ...]:
    """Phrases of one to three words (Chinese: two to four characters) that come back most.

    Chinese has no blanks: a string counts as a phrase when its neighbours vary on both sides and its
    characters come together far more often than chance, which needs no dictionary.
    """
    texts = texts_of(context, column)
    latin: Counter[str] = Counter()
    for text in texts:
        latin.update(_latin_phrases(text))
    least = max(3, len(texts) // 200)
    english = [(p, n) for p, n in latin.items() if n >= least]
    chinese = _chinese_phrases(texts, least)
    both = sorted([*english, *chinese], key=lambda p: (-p[1] * _weight(p[0]), p[0]))
    out: list[tuple[str, int]] = []
    for phrase, n in both:
        if any(phrase in longer and n < 1.3 * m for longer, m in out):
            continue
        out.append((context.mask.value(column.name, phrase), n))
        if len(out) == _SHOWN:
            break
    return tuple(out)


def _weight(phrase: str) -> float:
    """Longer phrases say more."""
    words = len(phrase.split())
    return 1.0 + 0.6 * (words - 1) if phrase.isascii() else 1.0 + 0.2 * (len(phrase) - 2)


def _latin_phrases(text: str) -> set[str]:
    found: set[str] = set()
    for clause in re.split(r"[.,;:!?()\n，。；：！？]", text.lower()):
        words = _LATIN.findall(clause)
        for size in (1, 2, 3):
            for i in range(len(words) - size + 1):
                part = words[i : i + size]
                if part[0] in _STOP or part[-1] in _STOP or (size == 1 and len(part[0]) < 3):
                    continue
                found.add(" ".join(part))
    return found


def _chinese_phrases(texts: list[str], least: int) -> list[tuple[str, int]]:
    documents: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    left: dict[str, set[str]] = {}
    right: dict[str, set[str]] = {}
    for text in texts:
        seen: set[str] = set()
        for run in _HAN.findall(text):
            characters.update(run)
            for size in range(2, _LONGEST_ZH + 1):
                for i in range(len(run) - size + 1):
                    part = run[i : i + size]
                    if part[0] in _STOP_ZH or part[-1] in _STOP_ZH:
                        continue
                    seen.add(part)
                    left.setdefault(part, set()).add(run[i - 1] if i else "^")
                    right.setdefault(part, set()).add(run[i + size] if i + size < len(run) else "$")
        documents.update(seen)
    total = sum(characters.values()) or 1
    out = []
    for part, n in documents.items():
        if n < least:
            continue
        chance = 1.0
        for ch in part:
            chance *= characters[ch] / total
        together = n / total
        edges = min(len(left[part]), len(right[part]))
        stands_alone = "^" in left[part] and "$" in right[part]
        if together > 8 * chance and (edges >= 3 or stands_alone):
            out.append((part, n))
    return out
