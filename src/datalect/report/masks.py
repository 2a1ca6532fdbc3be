"""Hiding what identifies people before anything is drawn or written.

Columns of e-mail addresses, phone numbers, resident identity numbers and bank cards are masked whole; the
same patterns inside any other text are masked where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from datalect.data.model import Column, SemanticType

_EMAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63})+")
_RESIDENT = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])")
_PHONE_CN = re.compile(r"(?<![0-9])(?:\+?86[ \-]?)?1[3-9][0-9](?:[ \-]?[0-9]{4}){2}(?![0-9])")
_PHONE = re.compile(r"(?<![0-9A-Za-z])\+[0-9]{1,3}[ \-.]?(?:\(?[0-9]{1,4}\)?[ \-.]?){2,4}[0-9]{2,4}(?![0-9])")
_PHONE_US = re.compile(r"(?<![0-9])\(?[2-9][0-9]{2}\)?[ \-.][0-9]{3}[ \-.][0-9]{4}(?![0-9])")
_CARD = re.compile(r"(?<![0-9])(?:[0-9][ \-]?){12,18}[0-9](?![0-9])")
_SSN = re.compile(r"(?<![0-9])[0-9]{3}-[0-9]{2}-[0-9]{4}(?![0-9])")
_PERSONAL_NAMES = re.compile(
    r"(?i)(?:^|[_\s])(e-?mail|phone|mobile|tel|telephone|cell(?:phone)?|fax|ssn|passport|id[_ ]?card|"
    r"resident[_ ]?id|identity[_ ]?(?:number|no)|bank[_ ]?(?:card|account)|card[_ ]?(?:number|no)|iban|"
    r"credit[_ ]?card)(?:$|[_\s\d])|身份证|手机|电话|邮箱|银行卡|卡号|护照|银行账号"
)
_LONGEST = 10_000  # characters of a cell that are ever shown
_IDENTIFIER = 320  # no identifier is longer: an e-mail address at most
_LEAST = 0.5  # share of a column's frequent values that must look like an identifier


@dataclass(frozen=True, slots=True)
class Masker:
    """Masks values of personal columns, and personal patterns in all texts.

    Attributes:
        personal: names of the columns whose values identify people.
    """

    personal: frozenset[str] = frozenset()

    def value(self, column: str, value: Any) -> Any:
        """A cell as it may be shown."""
        if value is None or isinstance(value, bool):
            return value
        if column in self.personal:
            return mask_whole(str(value))
        if not isinstance(value, str):
            return value
        if len(value) <= _LONGEST:
            return mask_text(value)
        # Beyond what is shown so much is read that no identifier at the edge is cut in two.
        return mask_text(value[: _LONGEST + _IDENTIFIER])[: _LONGEST - _IDENTIFIER] + "…"


def masker(columns: Iterable[Column]) -> Masker:
    """The masker of a table: decides which columns identify people by meaning, name and values."""
    return Masker(frozenset(c.name for c in columns if _is_personal(c)))


def _is_personal(column: Column) -> bool:
    if column.meaning.type in (SemanticType.EMAIL, SemanticType.PHONE):
        return True
    held = [v if isinstance(v, str) else str(v) for v, _ in column.profile.values[:50] if v is not None]
    texts = [text[: 2 * _IDENTIFIER] for text in held]
    looks = sum(1 for t in texts if personal_kind(t))
    if texts and looks / len(texts) >= _LEAST:
        return True
    named = _PERSONAL_NAMES.search(column.name) is not None
    digits = sum(1 for t in texts if sum(ch.isdigit() for ch in t) >= 7)
    large = isinstance(column.profile.maximum, int) and column.profile.maximum >= 10**9
    return named and ((bool(texts) and digits / len(texts) >= _LEAST) or (not texts and large))


def personal_kind(text: str) -> str:
    """Which identifier of a person a whole text is: ``email``, ``resident_id``, ``phone``, ``card`` or ""."""
    held = text.strip()
    if _EMAIL.fullmatch(held):
        return "email"
    if _RESIDENT.fullmatch(held) and _resident_valid(held):
        return "resident_id"
    if _PHONE_CN.fullmatch(held) or _PHONE.fullmatch(held) or _PHONE_US.fullmatch(held):
        return "phone"
    if _CARD.fullmatch(held) and _luhn(held) and len(re.sub(r"\D", "", held)) >= 13:
        return "card"
    return "ssn" if _SSN.fullmatch(held) else ""


def mask_text(text: str) -> str:
    """A free text with every identifier of a person in it masked."""
    if "@" in text:
        text = _EMAIL.sub(lambda m: mask_whole(m[0]), text)
    if not any(ch.isdigit() for ch in text):
        return text
    text = _RESIDENT.sub(lambda m: mask_whole(m[0]), text)
    text = _CARD.sub(lambda m: mask_whole(m[0]) if _luhn(m[0]) else m[0], text)
    for pattern in (_PHONE_CN, _PHONE, _PHONE_US, _SSN):
        text = pattern.sub(lambda m: mask_whole(m[0]), text)
    return text


def mask_whole(text: str) -> str:
    """An identifier with its middle hidden: ``a…@…com``, ``138…00``."""
    held = text.strip()
    if "@" in held:
        name, _, domain = held.partition("@")
        return f"{name[:1]}…@…{domain.rpartition('.')[2]}" if "." in domain else f"{name[:1]}…@…"
    if len(held) < 7:
        return held[:1] + "…"
    return f"{held[:3]}…{held[-2:]}"


def _resident_valid(text: str) -> bool:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(d) * w for d, w in zip(text[:17], weights, strict=True))
    return "10X98765432"[total % 11] == text[17].upper()


def _luhn(text: str) -> bool:
    digits = [int(ch) for ch in text if ch.isdigit()]
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0 and len(set(digits)) > 1
