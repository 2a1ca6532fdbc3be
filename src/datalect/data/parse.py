"""Reading one cell or one word group: numbers with signs, currencies, magnitudes and units; yes and no.

The grammar here is the one ``convert_sql`` writes as SQL, so that a number in a question and the same number
in a column mean the same.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from datalect.data.meaning.chinese import simplified
from datalect.data.meaning.units import CURRENCIES, Unit, read_unit
from datalect.data.meaning.values import TRUE_WORDS
from datalect.data.model import Grain
from datalect.data.parse_time import parse_duration, parse_time

# full-width forms and look-alikes, and what they stand for
WIDE = "０１２３４５６７８９．，％＋－（）￥＄：／　\u00a0\u202f\u2009\u2007−"
NARROW = "0123456789.,%+-()¥$:/     -"
BLANKS = " \t\r\n"

GROUPED = {
    ".": r"[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}|[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,3}(?:'[0-9]{3})+|[0-9]+",
    ",": r"[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,3}(?:'[0-9]{3})+|[0-9]+",
}
NUMBER_GROUPS = ("open", "sign", "prefix", "sign2", "digits", "exp", "suffix", "close")
NUMBER = {
    mark: (
        r"^(\(?)([-+]?)([^0-9(+.,\-]*)([-+]?)"
        rf"((?:{GROUPED[mark]})(?:[{mark}][0-9]*)?|[{mark}][0-9]+)"
        r"([eE][-+]?[0-9]{1,3})?([^0-9(]*?[23]?)(\)?)$"
    )
    for mark in (".", ",")
}
_NUMBER = {mark: re.compile(pattern) for mark, pattern in NUMBER.items()}
_LEADING_ZERO = re.compile(r"0[0-9]+")

_MAGNITUDES = {
    "k": 3,
    "thousand": 3,
    "m": 6,
    "mn": 6,
    "mio": 6,
    "million": 6,
    "millions": 6,
    "b": 9,
    "bn": 9,
    "billion": 9,
    "billions": 9,
    "trillion": 12,
    "trillions": 12,
    "thousands": 3,
}
_CHINESE_MAGNITUDES = (
    ("万亿", 12),
    ("千亿", 11),
    ("百亿", 10),
    ("千万", 7),
    ("百万", 6),
    ("十万", 5),
    ("十亿", 9),
    ("亿", 8),
    ("万", 4),
    ("千", 3),
    ("百", 2),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a text stands for.

    Attributes:
        kind: ``number``, ``money``, ``percent``, ``date``, ``datetime``, ``time``, ``year``, ``duration`` or
            ``boolean``.
        value: float, date, datetime (UTC when a zone was given), time, int (year) or bool. Percent keeps the
            percent number; a duration is in ``unit``.
        unit: unit and currency of numbers.
        grain: calendar unit of dates.
        ambiguous: whether day and month could be the other way round.
    """

    kind: str
    value: float | int | bool | date | datetime | time
    unit: Unit | None = None
    grain: Grain | None = None
    ambiguous: bool = False


def plain(text: str) -> str:
    """``text`` without surrounding blanks and with full-width digits and signs made narrow."""
    return text.translate(_NARROWING).strip(BLANKS)


_NARROWING = str.maketrans(WIDE, NARROW)


@lru_cache(maxsize=4096)
def read_suffix(suffix: str, has_currency: bool = False) -> tuple[int, Unit | None] | None:
    """What stands behind a number: a power of ten and a unit, or None when it is not understood."""
    text = simplified(suffix.strip())
    if not text:
        return 0, None
    folded = text.casefold()
    unit = read_unit(text)
    if folded == "m" and not has_currency and text == "m":
        return 0, unit
    if folded in _MAGNITUDES:
        return _MAGNITUDES[folded], None
    for magnitude, power in _CHINESE_MAGNITUDES:
        if text.startswith(magnitude):
            rest = text[len(magnitude) :].strip()
            inner = read_unit(rest) if rest else None
            return (power, inner) if inner is not None or not rest else None
    head, _, rest = folded.partition(" ")
    if rest and head in _MAGNITUDES and len(head) > 1:
        inner = read_unit(rest)
        return (_MAGNITUDES[head], inner) if inner is not None else None
    if unit is not None and unit.text in ("million", "billion"):
        return None
    return (0, unit) if unit is not None else None


def read_prefix(prefix: str) -> Unit | bool | None:
    """What stands before a number: a currency, None for nothing, False when it is not understood."""
    text = simplified(prefix.strip().casefold())
    if not text:
        return None
    if text in CURRENCIES and text not in ("块", "块钱"):
        return Unit(None, CURRENCIES[text], "money")
    return False


def match_number(text: str, decimal: str = ".") -> tuple[str, ...] | None:
    """The parts of a number (see ``NUMBER_GROUPS``) in narrow text, or None."""
    found = _NUMBER[decimal].match(text)
    if found is None:
        return None
    parts = tuple(g or "" for g in found.groups())
    if bool(parts[0]) != bool(parts[7]) or (parts[1] and parts[3]):
        return None
    return parts


def number_value(parts: tuple[str, ...], power: int, decimal: str = ".") -> float:
    """The value of matched parts times ten to the ``power``, correctly rounded."""
    negative = bool(parts[0]) != ("-" in (parts[1], parts[3]))
    digits = parts[4]
    for mark in ",. '":
        if mark != decimal:
            digits = digits.replace(mark, "")
    digits = digits.replace(decimal, ".")
    exponent = power + int(parts[5][1:] or 0) if parts[5] else power
    return float(f"{'-' if negative else ''}{digits}e{exponent}")


def parse_number(text: str, *, decimal: str | None = None) -> Parsed | None:
    """A number with optional currency, magnitude and unit: ``¥1,234.00``, ``3.5万``, ``(1,200)``, ``12%``.

    Args:
        text: the text.
        decimal: the decimal mark; None tries the point first and then the comma.
    """
    bare = plain(text)
    for mark in (decimal,) if decimal else (".", ","):
        parts = match_number(bare, mark)
        if parts is None:
            continue
        before = read_prefix(parts[2])
        if before is False:
            return None
        currency = before if isinstance(before, Unit) else None
        after = read_suffix(parts[6], currency is not None)
        if after is None:
            return None
        power, unit = after
        if currency is not None and unit is not None and unit.family == "percent":
            return None
        value = number_value(parts, power, mark)
        if not math.isfinite(value):
            return None
        unit = currency or unit
        kind = {"money": "money", "percent": "percent"}.get(unit.family, "number") if unit else "number"
        return Parsed(kind=kind, value=value, unit=unit)
    return None


def has_leading_zero(text: str) -> bool:
    """Whether a text is digits with a leading zero, as in ``007``: a code, not a number."""
    return _LEADING_ZERO.fullmatch(plain(text)) is not None


def parse_boolean(text: str) -> bool | None:
    """Yes or no, in words of either language, or None."""
    folded = text.strip().casefold()
    if folded in TRUE_WORDS:
        return True
    return False if folded in TRUE_WORDS.values() else None


def parse_value(text: str, *, day_first: bool | None = None, decimal: str | None = None) -> Parsed | None:
    """What a text stands for, or None when it is just text.

    Args:
        text: a cell, or a few words of a question.
        day_first: order of day and month in ``03/05/2024``; None reads the month first where that is
            possible.
        decimal: decimal mark of numbers; None accepts both where they cannot be confused.
    """
    if not text or len(text) > 80:
        return None
    bare = plain(text)
    moment = parse_time(bare, day_first=day_first)
    if moment is None and not has_leading_zero(bare):
        number = parse_number(bare, decimal=decimal)
        if number is not None:
            return number
    if moment is not None:
        return Parsed(kind=moment.kind, value=moment.value, grain=moment.grain, ambiguous=moment.ambiguous)
    span: Any = parse_duration(bare)
    if span is not None:
        seconds, unit, size = span
        return Parsed(kind="duration", value=seconds / size, unit=Unit(unit, None, "duration"))
    flag = parse_boolean(bare)
    return None if flag is None else Parsed(kind="boolean", value=flag)
