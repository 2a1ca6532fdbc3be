"""Numbers in a question: digits, English and Chinese number words, 万/亿, k/m/bn, per cent, ordinals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from datalect.planner.linking.tokens import Token

_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,  # noqa: E501
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,  # noqa: E501
}  # fmt: skip
_SCALES = {
    "hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 10**9, "trillion": 10**12,
    "dozen": 12, "k": 1_000, "m": 1_000_000, "mn": 1_000_000, "bn": 10**9, "b": 10**9,
}  # fmt: skip
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10,
}  # fmt: skip
_TIMES = {"once": 1, "twice": 2, "thrice": 3}
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "俩": 2, "壹": 1, "贰": 2, "叁": 3}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_BIG = {"万": 10**4, "亿": 10**8, "萬": 10**4, "億": 10**8}
_PASSING = frozenset("过超破逾上近")
_NOT_TENTHS = frozenset({"成交", "成员", "成立", "成本", "成年", "成绩", "成为", "成功"})
_HAN = set(_DIGITS) | set(_SMALL) | set(_BIG) | set("点半")


@dataclass(frozen=True, slots=True)
class NumberMention:
    """A number named by ``tokens[start:end]``.

    Attributes:
        value: the number; per cent is not divided by 100.
        percent: whether a per cent sign or word belongs to it.
        ordinal: "third", "3rd", "第三".
    """

    start: int
    end: int
    value: float
    percent: bool = False
    ordinal: bool = False


def plain(value: float) -> int | float:
    """The number without a needless fraction."""
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value


def find_numbers(tokens: Sequence[Token]) -> list[NumberMention]:
    """All numbers in order, each as long as it goes."""
    found: list[NumberMention] = []
    position = 0
    while position < len(tokens):
        mention = _read(tokens, position)
        if mention is None:
            position += 1
            continue
        found.append(mention)
        position = mention.end
    return found


def _read(tokens: Sequence[Token], at: int) -> NumberMention | None:
    text = tokens[at].text
    if text in ("-", "−", "负", "minus", "negative") and _below_zero(tokens, at):
        inner = _read(tokens, at + 1)
        return replace(inner, start=at, value=-abs(inner.value)) if inner and not inner.ordinal else None
    if tokens[at].kind == "han":
        if _joined(tokens, at, 3) == "百分之":
            inner = _read(tokens, at + 3) if at + 3 < len(tokens) else None
            return NumberMention(at, inner.end, inner.value, percent=True) if inner else None
        if text == "第" and at + 1 < len(tokens):
            inner = _read(tokens, at + 1)
            return NumberMention(at, inner.end, inner.value, ordinal=True) if inner else None
        return _chinese(tokens, at)
    if tokens[at].kind == "number":
        return _digits(tokens, at)
    if text in _ORDINALS:
        return NumberMention(at, at + 1, _ORDINALS[text], ordinal=True)
    if (
        text in _UNITS
        or text in _TENS
        or (text == "half" and _next(tokens, at + 1, "a") and _scale(tokens, at + 2))
    ):
        return _words(tokens, at)
    if text in _TIMES and at > 0 and tokens[at - 1].text in ("than", "least", "most", "exactly", "only"):
        return NumberMention(at, at + 1, _TIMES[text])
    if text in ("a", "an") and _scale(tokens, at + 1) and len(tokens[at + 1].text) > 2:
        return NumberMention(at, at + 2, _SCALES[tokens[at + 1].text])
    return None


def _below_zero(tokens: Sequence[Token], at: int) -> bool:
    """Whether a sign belongs to the number behind it: "below -10" but not "2010-2012" or "A-10"."""
    if at + 1 >= len(tokens) or tokens[at + 1].kind != "number":
        return False
    if tokens[at].kind != "punct":
        return True
    if tokens[at + 1].start != tokens[at].end or at == 0:
        return False
    before = tokens[at - 1]
    apart = before.end < tokens[at].start or before.kind == "han" or before.text in "<>=("
    return apart and before.kind != "number"


def _joined(tokens: Sequence[Token], at: int, count: int) -> str:
    return "".join(t.text for t in tokens[at : at + count])


def _next(tokens: Sequence[Token], at: int, text: str) -> bool:
    return at < len(tokens) and tokens[at].text == text


def _scale(tokens: Sequence[Token], at: int) -> int:
    return _SCALES.get(tokens[at].text, 0) if at < len(tokens) else 0


def _adjacent(tokens: Sequence[Token], at: int) -> bool:
    return 0 < at < len(tokens) and tokens[at - 1].end == tokens[at].start


def _digits(tokens: Sequence[Token], at: int) -> NumberMention:
    value = float(tokens[at].text.replace(",", ""))
    start, end = at, at + 1
    previous = tokens[at - 1].text if at > 0 else ""
    if previous == "-" and _adjacent(tokens, at):
        before = tokens[at - 2] if at > 1 else None
        if before is None or before.end < tokens[at - 1].start:
            value, start = -value, at - 1
    if end < len(tokens):
        word = tokens[end].text
        if word in ("st", "nd", "rd", "th") and _adjacent(tokens, end):
            return NumberMention(start, end + 1, value, ordinal=True)
        short = word in ("k", "m", "b", "mn", "bn")
        if word in _SCALES and (not short or _adjacent(tokens, end)):
            value, end = value * _SCALES[word], end + 1
        else:
            while end < len(tokens) and tokens[end].text in {**_SMALL, **_BIG}:
                value, end = value * {**_SMALL, **_BIG}[tokens[end].text], end + 1
    if end < len(tokens) and tokens[end].text in ("%", "percent", "pct"):
        return NumberMention(start, end + 1, value, percent=True)
    if _next(tokens, end, "per") and _next(tokens, end + 1, "cent"):
        return NumberMention(start, end + 2, value, percent=True)
    return NumberMention(start, end, value)


def _words(tokens: Sequence[Token], at: int) -> NumberMention:
    total, current, position = 0.0, 0.0, at
    while position < len(tokens):
        word = tokens[position].text
        if word == "half":
            current, position = 0.5, position + 2
            continue
        if word in _UNITS:
            current += _UNITS[word]
        elif word in _TENS:
            current += _TENS[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word in _SCALES and len(word) > 2:
            total, current = total + max(current, 1) * _SCALES[word], 0.0
        elif (
            word == "-"
            and position > at
            and tokens[position - 1].text in _TENS
            and position + 1 < len(tokens)
        ):
            if tokens[position + 1].text not in _UNITS:
                break
        else:
            break
        position += 1
    percent = position < len(tokens) and tokens[position].text in ("%", "percent", "pct")
    return NumberMention(at, position + percent, total + current, percent=percent)


def _chinese(tokens: Sequence[Token], at: int) -> NumberMention | None:
    end = at
    while end < len(tokens) and tokens[end].kind == "han" and tokens[end].text in _HAN:
        end += 1
    text = _joined(tokens, at, end - at)
    if text[:1] in _BIG and at > 0 and tokens[at - 1].text in _PASSING:
        return NumberMention(at, at + 1, _BIG[text[0]])  # 人口过亿
    while text:
        value = chinese_number(text)
        if value is not None:
            after = at + len(text)
            tenths = _next(tokens, after, "成") and _joined(tokens, after, 2) not in _NOT_TENTHS
            if tenths and value <= 10:
                return NumberMention(at, after + 1, value * 10, percent=True)  # 三成
            return NumberMention(at, at + len(text), value)
        text = text[:-1]
    return None


def chinese_number(text: str) -> float | None:
    """The value of a Chinese numeral, or None.

    >>> chinese_number("三千五百"), chinese_number("二零二四"), chinese_number("一点五亿")
    (3500.0, 2024.0, 150000000.0)
    """
    match = re.fullmatch(r"(.*?)点(零?[一二三四五六七八九零]+)([万亿]*)", text)
    if match:
        whole = chinese_number(match[1]) if match[1] else None
        if whole is None:
            return None
        value = float(f"{int(whole)}." + "".join(str(_DIGITS[c]) for c in match[2]))
        for big in match[3]:
            value *= _BIG[big]
        return value
    if not text or any(c not in _DIGITS and c not in _SMALL and c not in _BIG for c in text):
        return None
    if all(c in _DIGITS for c in text):
        return float("".join(str(_DIGITS[c]) for c in text)) if len(text) != 2 or text[0] == "零" else None
    if text[0] in _BIG or (text[0] in _SMALL and text[0] != "十" and len(text) == 1):
        return None
    total, section, digit = 0.0, 0.0, 0.0
    last_unit = 0
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in _SMALL:
            section += (digit or 1) * _SMALL[char]
            digit, last_unit = 0.0, _SMALL[char]
        else:
            total = (total + section + digit) * _BIG[char]
            section, digit, last_unit = 0.0, 0.0, _BIG[char]
    if digit and last_unit >= 100 and "零" not in text[-2:]:
        digit *= last_unit / 10  # 三千五 is 3500
    return total + section + digit
