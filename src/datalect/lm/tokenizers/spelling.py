"""Spelling out what a vocabulary lacks: each UTF-8 byte as two of sixteen hexadecimal tokens.

Sixteen entries make every vocabulary complete, where 256 byte entries would outnumber a small alphabet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from datalect.errors import UsageError

DIGITS = 16


def utf8(text: str) -> bytes:
    """UTF-8 of a text.

    Raises:
        UsageError: it holds lone surrogates, which are no text.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            "The text holds a lone surrogate, which no encoding can write.",
            expected="Unicode text",
            received=f"U+{ord(text[error.start]):04X} at character {error.start}",
        ) from error


def spell(text: str, first: int) -> list[int]:
    """Ids of the hexadecimal digits of a text's UTF-8, the digit 0 being id ``first``."""
    return [first + digit for byte in utf8(text) for digit in (byte >> 4, byte & 15)]


def join(ids: Iterable[int], pieces: Sequence[str], first: int) -> str:
    """Text of ids: those below ``first`` are pieces, the next sixteen hexadecimal digits, others nothing."""
    out: list[str] = []
    digits: list[int] = []
    for number in ids:
        if first <= number < first + DIGITS:
            digits.append(number - first)
            continue
        if digits:
            out.append(_unspell(digits))
            digits = []
        if 0 <= number < first:
            out.append(pieces[number])
    if digits:
        out.append(_unspell(digits))
    return "".join(out)


def _unspell(digits: list[int]) -> str:
    whole = bytes(high << 4 | low for high, low in zip(digits[::2], digits[1::2], strict=False))
    return whole.decode(errors="replace") + ("\ufffd" if len(digits) % 2 else "")


def check_ids(ids: Sequence[int], vocab_size: int) -> None:
    """Refuse ids outside the vocabulary.

    Raises:
        UsageError: there is one.
    """
    if len(ids) and not (0 <= min(ids) and max(ids) < vocab_size):
        wrong = next(i for i in ids if not 0 <= i < vocab_size)
        raise UsageError(
            "A token id lies outside the vocabulary.", expected=f"0 to {vocab_size - 1}", received=str(wrong)
        )
