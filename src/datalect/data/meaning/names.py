"""Reading column names: words, brackets and units, in English and Chinese."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from datalect.data.meaning.chinese import simplified

_BRACKETS = re.compile(r"[(\[{【（]\s*([^()\[\]{}【】（）]{1,30}?)\s*[)\]}】）]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PIECES = re.compile(r"[a-z]+|[0-9]+|[㐀-鿿]+|[%#$€£¥°]")


@dataclass(frozen=True, slots=True)
class HeaderName:
    """A column name taken apart.

    Attributes:
        words: lower-case English words, digits and whole runs of Chinese characters, brackets left out.
        bracket: text inside the last pair of brackets, as written, or "".
    """

    words: tuple[str, ...]
    bracket: str


@lru_cache(maxsize=4096)
def read_header(name: str) -> HeaderName:
    """Take a column name apart: ``salesAmount (USD)`` -> words ``sales amount``, bracket ``USD``.

    Traditional characters come back simplified: ``金額`` -> ``金额``.
    """
    text = simplified(unicodedata.normalize("NFKC", name))
    found = _BRACKETS.findall(text)
    bare = _BRACKETS.sub(" ", text)
    words = _split(bare) or _split(text)
    return HeaderName(words, found[-1].strip() if found else "")


def _split(text: str) -> tuple[str, ...]:
    spaced = _CAMEL.sub(" ", text).casefold()
    return tuple(_PIECES.findall(spaced))


def tokens(name: str) -> tuple[str, ...]:
    """The words of a name, lower-case: ``orderID`` -> ``("order", "id")``; Chinese runs stay whole."""
    return read_header(name).words


def singular(word: str) -> str:
    """A simple English singular: ``cities`` -> ``city``, ``boxes`` -> ``box``, ``status`` stays."""
    if len(word) <= 3 or not word.isascii() or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word
