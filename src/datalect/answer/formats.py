"""Figures and names of groups as people write them, in both languages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from datalect.answer.dates import date_text
from datalect.answer.ground import Field, in_cycle
from datalect.answer.labels import singular
from datalect.answer.safetext import visible
from datalect.data.model import Grain

if TYPE_CHECKING:
    from datalect.planner.base import Language

_NAME_LENGTH = 80

_SCALES: dict[str, tuple[tuple[float, str], ...]] = {
    "en": ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")),
    "zh": ((1e12, "万亿"), (1e8, "亿"), (1e6, "万")),
}
_POWERS_FROM = 1e15  # beyond, powers of ten; readers do not count groups of three zeros
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_FACTOR = {"万": 1e4, "亿": 1e8, "万亿": 1e12, " million": 1e6, " billion": 1e9, " trillion": 1e12}

UNITS_EN = {
    "min": "minutes", "mins": "minutes", "minute": "minutes", "minutes": "minutes",
    "h": "hours", "hr": "hours", "hrs": "hours", "hour": "hours", "hours": "hours",
    "s": "seconds", "sec": "seconds", "second": "seconds", "seconds": "seconds",
    "day": "days", "days": "days", "d": "days", "week": "weeks", "weeks": "weeks",
    "month": "months", "months": "months", "year": "years", "years": "years",
    "mi": "miles", "mile": "miles", "miles": "miles", "night": "nights", "nights": "nights",
    "分钟": "minutes", "小时": "hours", "秒": "seconds", "天": "days", "英里": "miles", "公里": "km",
    "千米": "km", "米": "m", "公斤": "kg", "千克": "kg", "克": "g", "吨": "t", "平方米": "m²", "人": "people",
    "元": "yuan", "年": "years", "月": "months",
}  # fmt: skip
UNITS_ZH = {
    "minutes": "分钟", "hours": "小时", "seconds": "秒", "days": "天", "weeks": "周", "months": "个月",
    "years": "年", "miles": "英里", "nights": "晚", "km": "公里", "m": "米", "cm": "厘米", "mm": "毫米",
    "kg": "公斤", "g": "克", "t": "吨", "m²": "平方米", "people": "人", "persons": "人", "lb": "磅",
    "lbs": "磅", "ft": "英尺", "in": "英寸", "mph": "英里/小时", "km/h": "公里/小时", "yuan": "元", "L": "升",
}  # fmt: skip
CURRENCY_SIGNS = {
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "CNY": "¥",
    "RMB": "¥",
    "JPY": "¥",
    "INR": "₹",
    "KRW": "₩",
}
CURRENCY_ZH = {
    "USD": "美元", "EUR": "欧元", "GBP": "英镑", "CNY": "元", "RMB": "元", "JPY": "日元", "HKD": "港元",
    "AUD": "澳元", "CAD": "加元", "INR": "卢比", "KRW": "韩元", "TWD": "新台币",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as text, and whether digits were dropped."""

    text: str
    rounded: bool


def plain_number(value: Any) -> float | int | None:
    """A cell as a finite number, or None."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        if not value.is_finite():
            return None
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    return None


def figure(value: Any, shape: Field, language: Language, *, exact: bool = False) -> Shown:
    """A cell of a figure with its unit, currency or percent sign.

    Args:
        value: the cell.
        shape: the column it comes from.
        language: language of the reader.
        exact: write all digits, in place of millions or 万.
    """
    if shape.kind == "date":
        return Shown(date_text(value, shape.grain, language), rounded=False)
    number = plain_number(value)
    if number is None:
        return Shown(group_name(value, shape, language), rounded=False)
    if shape.percent:
        return percent(float(number) * shape.percent)
    shown = count(number, language, exact=exact, money=bool(shape.currency))
    if shape.currency:
        return Shown(_money(shown.text, shape.currency, language), shown.rounded)
    if shape.unit:
        return Shown(_with_unit(shown.text, shape.unit, language), shown.rounded)
    return shown


def percent(value: float) -> Shown:
    """A percentage: one decimal, two below one percent."""
    size = abs(value)
    if size >= _POWERS_FROM:
        shown = power_of_ten(value)
        return Shown(shown.text + "%", shown.rounded)
    decimals = 1 if size >= 1 or size == 0 else 2 if size >= 0.01 else 4
    text = _trim(f"{value:,.{decimals}f}")
    return Shown(_minus(text) + "%", rounded=not _same(text, value))


def count(number: float | int, language: Language, *, exact: bool = False, money: bool = False) -> Shown:
    """A bare number with thousands separators, or in millions and 万 when large."""
    size = abs(number)
    if not exact:
        if size >= _POWERS_FROM:
            return power_of_ten(number)
        for limit, word in _SCALES[language]:
            if size >= limit:
                scaled = number / _FACTOR[word]
                decimals = 2 if abs(scaled) < 100 else 1 if abs(scaled) < 1000 else 0
                text = _trim(f"{scaled:,.{decimals}f}")
                same = _same(text, scaled) and float(text.replace(",", "")) * _FACTOR[word] == number
                return Shown(_minus(text) + word, rounded=not same)
    if isinstance(number, int) or number == int(number):
        return Shown(_minus(f"{int(number):,}"), rounded=False)
    if money:
        text = f"{number:,.2f}"
    elif size >= 10_000 and not exact:
        text = f"{number:,.0f}"
    elif size >= 100 and not exact:
        text = _trim(f"{number:,.1f}")
    elif size >= 1 or exact:
        text = _trim(f"{number:,.2f}")
    elif size >= 1e-6:
        text = _trim(f"{number:.{2 - math.floor(math.log10(size))}f}")
    else:
        return power_of_ten(number)
    return Shown(_minus(text), rounded=not _same(text, number))


def power_of_ten(number: float | int) -> Shown:
    """A very large or very small number: ``1.7 × 10³⁸``, three digits at most."""
    mantissa, _, exponent = f"{number:.2e}".partition("e")
    text = f"{_minus(_trim(mantissa))} × 10{str(int(exponent)).translate(SUPERSCRIPTS)}"
    return Shown(text, rounded=not math.isclose(float(f"{mantissa}e{exponent}"), number, rel_tol=1e-12))


def _same(text: str, value: float) -> bool:
    return math.isclose(float(text.replace(",", "")), value, rel_tol=1e-12)


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _minus(text: str) -> str:
    if text.startswith("-") and not any(char in "123456789" for char in text):
        return text[1:]  # -0.0 rounds to plain zero
    return text.replace("-", "−", 1) if text.startswith("-") else text


def _money(text: str, currency: str, language: Language) -> str:
    code = currency.upper()
    if language == "zh" and code in CURRENCY_ZH:
        return text + CURRENCY_ZH[code]
    sign = CURRENCY_SIGNS.get(code, currency)
    if sign.isalpha() and sign.isascii():
        return f"{text} {sign}" if language == "en" else text + sign
    if len(sign) == 1 and sign in "元円":
        return text + sign if language == "zh" else f"{text} yuan"
    return f"−{sign}{text[1:]}" if text.startswith("−") else sign + text


def unit_name(unit: str, language: Language) -> str:
    """A unit as readers of a language write it: ``min`` is minutes, 分钟."""
    english = UNITS_EN.get(unit, unit)
    if language == "en":
        return english
    return unit if not unit.isascii() else UNITS_ZH.get(english, english)


def _with_unit(text: str, unit: str, language: Language) -> str:
    english = UNITS_EN.get(unit, unit)
    if language == "zh":
        chinese = unit_name(unit, "zh")
        return text + chinese if not chinese.isascii() else f"{text} {chinese}"
    if english in ("°", "°C", "°F", "%"):
        return text + english
    if text in ("1", "−1"):
        english = singular(english)
    return f"{text} {english}"


# ---------------------------------------------------------------- names of groups


def group_name(value: Any, shape: Field, language: Language) -> str:
    """A group's name as it stands in a sentence."""
    if value is None:
        return f"（{shape.label.zh}缺失）" if language == "zh" else f"(no {shape.label.en})"
    if isinstance(value, bool):
        return _boolean(value, shape, language)
    if shape.width is not None:
        return _bin(value, shape, language)
    if shape.kind == "date" or in_cycle(shape):
        return date_text(value, shape.grain, language)
    number = plain_number(value)
    if number is not None:
        return _numbered(number, shape, language)
    return name_text(str(value), language)


def name_text(text: str, language: Language) -> str:
    """A stored text inside a sentence: cut when very long, quoted when its own marks could mislead."""
    shown = visible(text.strip()) or ("（空白）" if language == "zh" else "(blank)")
    if len(shown) > _NAME_LENGTH:
        shown = shown[: _NAME_LENGTH - 1] + "…"
    misleading = (
        any(mark in shown for mark in ',;，；、。：“”"()（）') or shown[:1].isdigit() or shown != text.strip()
    )
    return f"“{shown}”" if misleading else shown


def _boolean(value: bool, shape: Field, language: Language) -> str:
    if language == "zh":
        return f"{shape.label.zh}为{'是' if value else '否'}"
    return f"{shape.label.en} = {'yes' if value else 'no'}"


def _bin(value: Any, shape: Field, language: Language) -> str:
    low = plain_number(value)
    if low is None or shape.width is None:
        return str(value)
    plain = Field(name="", role="list", kind="number", label=shape.label, phrase=shape.phrase)
    start = figure(low, plain, language, exact=True).text
    high = round(low + shape.width, 10)
    if language == "zh":
        return f"{start}至{figure(_whole(high), shape_end(shape), language, exact=True).text}"
    return f"{start} to {figure(_whole(high), shape_end(shape), language, exact=True).text}"


def _whole(value: float) -> float | int:
    return int(value) if value == int(value) else value


def shape_end(shape: Field) -> Field:
    """The shape of a bin's edge: the unit stays, the bin does not."""
    return Field(
        name="", role="list", kind="number", label=shape.label, phrase=shape.phrase, unit=shape.unit,
        currency=shape.currency, percent=shape.percent,
    )  # fmt: skip


def _numbered(number: float | int, shape: Field, language: Language) -> str:
    text = f"{number:g}" if isinstance(number, float) else str(number)
    if shape.grain is Grain.YEAR:
        return f"{text}年" if language == "zh" else text
    return f"{shape.label.zh}为{text}" if language == "zh" else f"{shape.label.en} {text}"
