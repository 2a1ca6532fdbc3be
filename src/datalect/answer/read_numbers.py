"""Numbers as they stand in sentences: digits, words, 万 and 亿, percent, currencies, units."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

Part = Literal["", "%", "points"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number read from a sentence.

    Attributes:
        value: its value, scale words applied; percentages keep their percent value (12 for 12 %).
        step: value of one unit of its last written digit.
        loose_step: the same with trailing zeros taken for rounding ("about 1,200").
        part: percent, percentage points or neither.
        currency: canonical sign, or "".
        unit: canonical unit, or "".
        ordinal: "third", 第三.
        times: "twice", 3倍.
        signed: a minus sign was written.
        words: written out, not in digits.
    """

    value: float
    step: float
    loose_step: float
    part: Part = ""
    currency: str = ""
    unit: str = ""
    ordinal: bool = False
    times: bool = False
    signed: bool = False
    words: bool = False


_SCALES = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "millions": 1e6, "bn": 1e9, "b": 1e9,
    "billion": 1e9, "trillion": 1e12, "百": 1e2, "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7,
    "亿": 1e8, "十亿": 1e9, "百亿": 1e10, "千亿": 1e11, "万亿": 1e12,
}  # fmt: skip
_CURRENCIES = {
    "$": "$", "us$": "$", "usd": "$", "dollar": "$", "dollars": "$", "美元": "$", "€": "€", "eur": "€",
    "euro": "€", "euros": "€", "欧元": "€", "£": "£", "gbp": "£", "pound": "£", "pounds": "£", "英镑": "£",
    "¥": "¥", "￥": "¥", "cny": "¥", "rmb": "¥", "yuan": "¥", "元": "¥", "人民币": "¥", "块": "¥",
    "jpy": "jpy",
    "yen": "jpy", "日元": "jpy", "hkd": "hkd", "港元": "hkd", "港币": "hkd", "inr": "₹",
    "₹": "₹", "rupees": "₹",
    "₩": "₩", "krw": "₩", "won": "₩", "韩元": "₩", "aud": "aud", "澳元": "aud", "cad": "cad", "加元": "cad",
    "twd": "twd", "新台币": "twd", "卢比": "₹", "sgd": "sgd", "chf": "chf",
}  # fmt: skip
_UNITS = {
    "min": "minute", "mins": "minute", "minute": "minute", "minutes": "minute", "分钟": "minute",
    "分": "minute",
    "hour": "hour", "hours": "hour", "hr": "hour", "hrs": "hour", "h": "hour", "小时": "hour",
    "second": "second", "seconds": "second", "sec": "second", "s": "second", "秒": "second",
    "millisecond": "ms", "milliseconds": "ms", "ms": "ms", "毫秒": "ms",
    "day": "day", "days": "day", "天": "day", "d": "day", "week": "week", "weeks": "week", "周": "week",
    "month": "month", "months": "month", "个月": "month", "year": "year", "years": "year",
    "mile": "mile", "miles": "mile", "mi": "mile", "英里": "mile", "km": "km", "kilometer": "km",
    "kilometers": "km", "kilometre": "km", "kilometres": "km", "公里": "km", "千米": "km", "m": "m",
    "meter": "m", "meters": "m", "metre": "m", "metres": "m", "米": "m", "cm": "cm", "厘米": "cm", "mm": "mm",
    "毫米": "mm", "ft": "foot", "foot": "foot", "feet": "foot", "英尺": "foot", "inch": "inch",
    "inches": "inch", "英寸": "inch", "in": "inch", "kg": "kg", "kilogram": "kg", "kilograms": "kg",
    "公斤": "kg",
    "千克": "kg", "g": "g", "gram": "g", "grams": "g", "克": "g", "t": "tonne", "ton": "tonne",
    "tons": "tonne",
    "tonne": "tonne", "tonnes": "tonne", "吨": "tonne", "lb": "pound", "lbs": "pound", "磅": "pound",
    "night": "night", "nights": "night", "晚": "night", "people": "person", "person": "person",
    "persons": "person", "人": "person", "mph": "mph", "英里/小时": "mph", "km/h": "km/h",
    "公里/小时": "km/h",
    "knots": "knot", "°c": "°c", "°f": "°f", "°": "°", "摄氏度": "°c", "degrees": "°",
    "m²": "m²", "sqm": "m²",
    "平方米": "m²", "平米": "m²", "litre": "l", "litres": "l", "liter": "l", "liters": "l",
    "l": "l", "升": "l",
    "kwh": "kwh", "twh": "twh", "mw": "mw", "gw": "gw", "hp": "hp", "mpg": "mpg", "毫升": "ml", "ml": "ml",
    "gb": "gb", "mb": "mb", "kb": "kb", "tb": "tb", "cal": "cal", "kcal": "kcal", "mg": "mg", "毫克": "mg",
}  # fmt: skip

_EN_ONES = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen".split(),
        range(20),
        strict=True,
    )
)
_EN_TENS = dict(
    zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True)
)
_EN_ORDINALS = dict(
    zip("first second third fourth fifth sixth seventh eighth ninth tenth".split(), range(1, 11), strict=True)
)
_EN_FRACTIONS = {"half": 50.0, "third": 100 / 3, "quarter": 25.0, "thirds": 100 / 3, "quarters": 25.0}
_EN_TIMES = {"twice": 2.0, "double": 2.0, "doubled": 2.0, "thrice": 3.0, "triple": 3.0, "tripled": 3.0}
_ZH_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7,
"八": 8,
              "九": 9}  # fmt: skip
_ZH_SCALES = {"十": 10, "百": 100, "千": 1000}

_DIGITS = re.compile(
    r"(?P<sign>[-−–]\s?)?(?P<money>US\$|[$€£¥￥₹₩])?(?P<sign2>[-−])?"
    r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?P<exp>e[-+]?\d+|\s?[×x]\s?10(?:\^[-−]?\d+|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?"
)
_EXPONENT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")
_AFTER_SCALE = re.compile(
    r"\s?(?P<scale>thousand|millions?|billion|trillion|mn|bn|[kKMmBb](?![a-zA-Z/²])|万亿|十亿|百亿|千亿|千万|百万|十万|亿|万|千|百)"
    r"(?![a-z])"
)
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
_POINTS = re.compile(r"\s?(?:percentage[- ]points?|percent points?|pp\b|个百分点|百分点)")
_PERCENT = re.compile(r"\s?(?:%|％|percent\b|per cent\b)")
_TIMES = re.compile(r"\s?(?:times\b|x\b|×|倍)")
_WORD = re.compile(r"[A-Za-z°µ²/]+[²³]?")
_ZH_UNIT = re.compile(
    "|".join(sorted((re.escape(u) for u in _UNITS if not u.isascii()), key=len, reverse=True))
)
_ZH_MONEY = re.compile(
    "|".join(sorted((re.escape(u) for u in _CURRENCIES if not u.isascii()), key=len, reverse=True))
)
_ZH_NUMBER = re.compile(r"[零〇一二两三四五六七八九十百千万亿]+(?:点[零一二三四五六七八九]+)?")


def canonical_unit(unit: str | None) -> str:
    """One name for each unit, so that "min", "minutes" and 分钟 are the same."""
    if not unit:
        return ""
    return _UNITS.get(unit.strip().lower(), unit.strip().lower())


def canonical_currency(currency: str | None) -> str:
    """One sign for each currency."""
    if not currency:
        return ""
    return _CURRENCIES.get(currency.strip().lower(), currency.strip().lower())


def is_unit(word: str) -> bool:
    """Whether a word names a unit."""
    return word.lower() in _UNITS or word.lower() in _CURRENCIES


def read_quantity(
    text: str, start: int, own_units: frozenset[str] = frozenset()
) -> tuple[Quantity, int] | None:
    """The number that begins at ``start`` and where it ends, or None.

    Args:
        text: the sentence.
        start: where to look.
        own_units: units of the table that are no common unit, in lower case.
    """
    before = text[start - 1] if start else " "
    latin = before.isascii() and before.isalnum()
    found = _DIGITS.match(text, start)
    if found is not None and not latin:
        return _from_digits(text, found, own_units)
    if text[start].isascii() and text[start].isalpha() and not latin:
        return _from_words(text, start, own_units)
    return _from_chinese(text, start, own_units)


def _from_digits(text: str, found: re.Match[str], own: frozenset[str]) -> tuple[Quantity, int]:
    digits = found["number"].replace(",", "")
    negative = bool(found["sign"] or found["sign2"])
    exponent = _exponent(found["exp"] or "")
    value = float(f"{digits}e{exponent}")
    decimals = len(digits.partition(".")[2])
    step = float(f"1e{exponent - decimals}")
    end = found.end()
    ordinal = _ORDINAL.match(text, end)
    if ordinal is not None and not decimals:
        return Quantity(value=value, step=1, loose_step=1, ordinal=True), ordinal.end()
    if text[found.start() - 1 : found.start()] == "第":
        return Quantity(value=value, step=1, loose_step=1, ordinal=True), end
    quantity = Quantity(
        value=-value if negative else value,
        step=step,
        loose_step=_loose(digits, step),
        currency=canonical_currency(found["money"]),
        signed=negative,
    )
    return _suffixes(text, end, quantity, own)


def _exponent(written: str) -> int:
    """The power of ten of ``e+38``, ``× 10³⁸`` or ``× 10^38``; 0 for nothing."""
    found = re.search(r"(?:e|10\^?)([-+]?\d+)$", written.translate(_EXPONENT))
    return int(found[1]) if found else 0


def _loose(digits: str, step: float) -> float:
    if "." in digits:
        return step
    zeros = len(digits) - len(digits.rstrip("0"))
    return step * 10.0 ** min(zeros, max(0, len(digits) - 1))


def _suffixes(text: str, end: int, quantity: Quantity, own: frozenset[str]) -> tuple[Quantity, int]:
    while True:  # 万 may follow million-like words only once, 亿 may follow 万
        scale = _AFTER_SCALE.match(text, end)
        word = scale["scale"] if scale else ""
        if not scale or (
            word.isascii() and word in ("m", "b", "K", "k", "M", "B") and scale.group()[0] == " "
        ):
            break
        factor = _SCALES[word.lower()]
        quantity = replace(
            quantity,
            value=quantity.value * factor,
            step=quantity.step * factor,
            loose_step=quantity.loose_step * factor,
        )
        end = scale.end()
        if word.isascii():
            break
    for pattern, part in ((_POINTS, "points"), (_PERCENT, "%")):
        hit = pattern.match(text, end)
        if hit is not None:
            return replace(quantity, part=part), hit.end()  # type: ignore[arg-type]
    times = _TIMES.match(text, end)
    if times is not None:
        return replace(quantity, times=True), times.end()
    return _unit(text, end, quantity, own)


def _unit(text: str, end: int, quantity: Quantity, own: frozenset[str]) -> tuple[Quantity, int]:
    at = end + 1 if text[end : end + 1] == " " else end
    chinese = _ZH_MONEY.match(text, at)
    if chinese is not None:
        return replace(quantity, currency=canonical_currency(chinese.group())), chinese.end()
    for unit in sorted(own, key=len, reverse=True):
        follows = text[at + len(unit) : at + len(unit) + 1]
        if text[at : at + len(unit)].lower() == unit and not (
            unit[-1].isascii() and follows.isascii() and follows.isalpha()
        ):
            return replace(quantity, unit=canonical_unit(unit)), at + len(unit)
    named = _ZH_UNIT.match(text, at)
    if named is not None:
        return replace(quantity, unit=canonical_unit(named.group())), named.end()
    word = _WORD.match(text, at)
    if word is None:
        return quantity, end
    low = word.group().lower()
    if low in _CURRENCIES:
        return replace(quantity, currency=canonical_currency(low)), word.end()
    if low in _UNITS and low not in ("in", "a", "t", "d"):
        return replace(quantity, unit=canonical_unit(low)), word.end()
    return quantity, end


_EN_NUMBER_WORD = re.compile(r"[a-z]+(?:-[a-z]+)?", re.IGNORECASE)


def _from_words(text: str, start: int, own: frozenset[str]) -> tuple[Quantity, int] | None:
    word = _EN_NUMBER_WORD.match(text, start)
    if word is None:
        return None
    low = word.group().lower()
    base = low.split("-")[0]
    if low in _EN_TIMES:
        return Quantity(value=_EN_TIMES[low], step=0.1, loose_step=0.1, times=True, words=True), word.end()
    if base in _EN_ORDINALS and (low == base or not low.endswith(("s", "half"))):
        value = float(_EN_ORDINALS[base])
        return Quantity(value=value, step=1, loose_step=1, ordinal=True, words=True), start + len(base)
    if low == "half":
        return Quantity(value=50.0, step=1, loose_step=4, part="%", words=True), word.end()
    fraction = re.compile(r"(a|one|two|three)[ -](third|quarter|thirds|quarters)\b", re.IGNORECASE).match(
        text, start
    )
    if fraction is not None:
        many = {"a": 1, "one": 1, "two": 2, "three": 3}[fraction[1].lower()]
        value = many * _EN_FRACTIONS[fraction[2].lower()]
        return Quantity(value=value, step=1, loose_step=2, part="%", words=True), fraction.end()
    return _cardinal(text, start, own)


def _cardinal(text: str, start: int, own: frozenset[str]) -> tuple[Quantity, int] | None:
    total, current, end, seen = 0.0, 0.0, start, False
    position = start
    while True:
        word = _EN_NUMBER_WORD.match(text, position)
        if word is None:
            break
        pieces = word.group().lower().split("-")
        if all(p in _EN_ONES or p in _EN_TENS for p in pieces):
            current += sum(_EN_ONES.get(p, _EN_TENS.get(p, 0)) for p in pieces)
        elif seen and pieces == ["hundred"]:
            current = (current or 1) * 100
        elif seen and len(pieces) == 1 and pieces[0] in ("thousand", "million", "billion"):
            total += (current or 1) * _SCALES[pieces[0]]
            current = 0.0
        elif not (seen and pieces == ["and"]):
            break
        if pieces != ["and"]:
            seen, end = True, word.end()
        position = word.end() + 1 if text[word.end() : word.end() + 1] == " " else len(text)
    if not seen:
        return None
    value = total + current
    return _suffixes(text, end, Quantity(value=value, step=1, loose_step=1, words=True), own)


def _from_chinese(text: str, start: int, own: frozenset[str]) -> tuple[Quantity, int] | None:
    percent = re.compile(r"百分之([零〇一二两三四五六七八九十百点]+|\d+(?:\.\d+)?)").match(text, start)
    if percent is not None:
        value, step = _chinese_value(percent[1])
        return Quantity(value=value, step=step, loose_step=step, part="%", words=True), percent.end()
    fraction = re.compile(r"([二三四五六七八九十])分之([一二两三四五六七八九])").match(text, start)
    if fraction is not None:
        value = _chinese_value(fraction[2])[0] / _chinese_value(fraction[1])[0] * 100
        return Quantity(value=value, step=1, loose_step=2, part="%", words=True), fraction.end()
    if text.startswith("一半", start):
        return Quantity(value=50.0, step=1, loose_step=4, part="%", words=True), start + 2
    part = re.compile(r"([一二两三四五六七八九])成").match(text, start)
    if part is not None:
        value = _ZH_DIGITS[part[1]] * 10.0
        return Quantity(value=value, step=10, loose_step=10, part="%", words=True), part.end()
    if text[start] == "半" and text[start + 1 : start + 2] == "数":
        return Quantity(value=50.0, step=1, loose_step=4, part="%", words=True), start + 2
    found = _ZH_NUMBER.match(text, start)
    if found is None:
        return None
    value, step = _chinese_value(found.group())
    if text[start - 1 : start] == "第":
        return Quantity(value=value, step=1, loose_step=1, ordinal=True, words=True), found.end()
    return _suffixes(text, found.end(), Quantity(value=value, step=step, loose_step=step, words=True), own)


def _chinese_value(text: str) -> tuple[float, float]:
    if text[0].isdigit():
        return float(text), 10.0 ** -len(text.partition(".")[2])
    whole, _, decimals = text.partition("点")
    total, section, digit = 0.0, 0.0, 0.0
    for char in whole:
        if char in _ZH_DIGITS:
            digit = float(_ZH_DIGITS[char])
        elif char in _ZH_SCALES:
            section += (digit or 1) * _ZH_SCALES[char]
            digit = 0.0
        else:
            total = (total + section + digit) * (1e4 if char == "万" else 1e8)
            section = digit = 0.0
    value = total + section + digit
    step = 1.0
    for char in decimals:
        step /= 10
        value += _ZH_DIGITS[char] * step
    return value, step
