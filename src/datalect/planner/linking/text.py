"""Normalise a question without losing where each character came from."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datalect.data.meaning.chinese import simplified

if TYPE_CHECKING:
    from datalect.planner.base import Language

_PLAIN = str.maketrans(
    {
        "‘": "'", "’": "'", "‛": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "「": '"', "」": '"',
        "『": '"', "』": '"', "《": '"', "》": '"', "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "、": ",",  # noqa: E501
        "。": ".", "〇": "零", "○": "零", "≥": ">=", "≤": "<=", "≠": "!=", "～": "~", "〜": "~",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Normalised:
    """A question made comparable.

    Attributes:
        text: NFKC, lower case, simplified Chinese, plain quotes and dashes, control and invisible characters
            removed.
        offsets: position in the original of each character of ``text``, and one past the end.
        raw: the original.
    """

    text: str
    offsets: tuple[int, ...]
    raw: str

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that ``text[start:end]`` came from."""
        if end <= start:
            return self.offsets[start], self.offsets[start]
        return self.offsets[start], self.offsets[end - 1] + 1

    def position(self, original: int) -> int:
        """The first position in ``text`` at or after a position of the original."""
        low, high = 0, len(self.offsets) - 1
        while low < high:
            middle = (low + high) // 2
            if self.offsets[middle] < original:
                low = middle + 1
            else:
                high = middle
        return low


def fold(text: str) -> str:
    """The normal form of a term, for dictionaries."""
    return normalise(text).text.strip()


def normalise(raw: str) -> Normalised:
    """Normalise a text and keep the way back to the original offsets."""
    out: list[str] = []
    offsets: list[int] = []
    for position, char in enumerate(raw):
        if char.isascii():
            piece = char.lower() if char.isprintable() else " "
        else:
            category = unicodedata.category(char)
            if category in ("Cf", "Cc", "Cs", "Co", "Cn", "Mn"):
                continue
            piece = unicodedata.normalize("NFKC", char.translate(_PLAIN)).lower()
            piece = simplified("".join(c for c in piece.translate(_PLAIN) if c.isprintable()))
            if category in ("Zs", "Zl", "Zp"):
                piece = " "
        out.append(piece)
        offsets.extend([position] * len(piece))
    offsets.append(len(raw))
    return Normalised("".join(out), tuple(offsets), raw)


def is_han(char: str) -> bool:
    """Whether a character is a Chinese one."""
    return (
        "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf" or "\U00020000" <= char <= "\U0003134f"
    )


def detect_language(text: str) -> Language:
    """Chinese when Chinese characters carry the question, else English.

    Names of places or columns in the other script do not decide: a Chinese character counts like half a word.
    """
    han = sum(1 for c in text if is_han(c))
    words = 0
    inside = False
    for char in text:
        letter = char.isalpha() and not is_han(char)
        words += letter and not inside
        inside = letter
    return "zh" if han > words else "en"
