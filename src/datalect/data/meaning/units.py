"""Units and currencies as they are written in headers and cells."""

from __future__ import annotations

import re
from dataclasses import dataclass

# spelling -> unit as shown; safe as the last word of a header (``weight_kg``) and after a number (``12 kg``)
_SPELLINGS = {
    "kg": "kg kgs kilogram kilograms kilo kilos 公斤 千克",
    "mg": "mg milligram milligrams 毫克",
    "lb": "lb lbs pound pounds 磅",
    "oz": "oz oz. ounce ounces 盎司",
    "t": "ton tons tonne tonnes 吨",
    "万吨": "万吨",
    "g": "gram grams gms 克",
    "km": "km kms kilometer kilometers kilometre kilometres 公里 千米",
    "m": "meter meters metre metres 米",
    "cm": "cm cms centimeter centimeters centimetre centimetres 厘米",
    "mm": "mm millimeter millimeters millimetre millimetres 毫米",
    "mi": "mi mile miles 英里",
    "ft": "ft feet foot 英尺",
    "in": "inch inches 英寸",
    "sq ft": "sqft sq.ft. sf ft2 ft² 平方英尺",
    "m²": "sqm m2 m² ㎡ 平方米 平米",
    "km²": "sqkm km2 km² 平方公里 平方千米",
    "亩": "亩",
    "ha": "ha hectare hectares 公顷",
    "acres": "acre acres 英亩",
    "L": "liter liters litre litres 升",
    "mL": "ml 毫升",
    "gal": "gal gallon gallons 加仑",
    "m³": "m3 m³ 立方米",
    "°C": "°c ℃ celsius 摄氏度",
    "°F": "°f ℉ fahrenheit 华氏度",
    "kWh": "kwh 千瓦时 度电",
    "MWh": "mwh",
    "GWh": "gwh",
    "TWh": "twh",
    "kW": "kw 千瓦",
    "MW": "megawatt megawatts 兆瓦",
    "GW": "gw",
    "hp": "hp bhp 马力",
    "cc": "cc",
    "Hz": "hz 赫兹",
    "GHz": "ghz",
    "dB": "db 分贝",
    "KB": "kb",
    "MB": "mb",
    "GB": "gb",
    "TB": "tb",
    "bytes": "byte bytes 字节",
    "mph": "mph",
    "km/h": "kmh kph km/h kmph 公里/小时",
    "mpg": "mpg",
    "ppm": "ppm",
    "hPa": "hpa",
    "mmHg": "mmhg",
    "岁": "岁 周岁",
    "人": "人 万人次",
    "万人": "万人",
    "亿人": "亿人",
    "cal": "cal calories 卡路里",
    "kcal": "kcal 千卡 大卡",
    "carats": "ct carat carats 克拉",
}
_DURATIONS = {
    "ms": "ms millisecond milliseconds msec 毫秒",
    "seconds": "sec secs second seconds 秒 秒钟",
    "minutes": "min mins minute minutes 分钟",
    "hours": "hr hrs hour hours 小时",
    "days": "day days 天",
    "weeks": "week weeks wk wks 周",
    "months": "month months mos 个月",
    "years": "year years yrs yr 年",
}
# only believable next to a number or in brackets, or after a word of that dimension
_SHORT = {
    "g": "g",
    "t": "t",
    "m": "m",
    "l": "L",
    "c": "°C",
    "f": "°F",
    "w": "W",
    "v": "V",
    "s": "seconds",
    "h": "hours",
}
_SHORT_AFTER = {
    "g": "mass weight protein fat sugar",
    "t": "weight mass",
    "m": "height length distance depth width elevation altitude radius",
    "l": "volume",
    "c": "temp temperature",
    "f": "temp temperature",
    "w": "power",
    "v": "voltage",
    "s": "time duration length elapsed",
    "h": "time duration elapsed",
}
_CURRENCIES = {
    "USD": "usd us$ $ dollar dollars 美元 美金",
    "CNY": "cny rmb yuan cn¥ ¥ 元 人民币 块 块钱 圆",
    "EUR": "eur € euro euros 欧元",
    "GBP": "gbp £ sterling 英镑",
    "JPY": "jpy yen 日元 円",
    "HKD": "hkd hk$ 港元 港币",
    "TWD": "twd nt$ 新台币 台币",
    "INR": "inr ₹ rs rs. rupee rupees 卢比",
    "KRW": "krw ₩ won 韩元",
    "CAD": "cad c$ 加元",
    "AUD": "aud a$ 澳元",
    "CHF": "chf 瑞士法郎",
    "RUB": "rub ₽ 卢布",
    "SGD": "sgd s$ 新加坡元",
    "BRL": "brl r$",
}
_MAGNITUDES = ("万亿", "千万", "百万", "十万", "万", "亿", "千", "百")
_WORDS = r"thousands?|millions?|billions?|trillions?|mn|bn"
_ENGLISH_MAGNITUDES = re.compile(rf"^({_WORDS}|k|m|b)\b(?: of)?\s*(.*)$|^(.*?)\s*({_WORDS})$")


def _table(groups: dict[str, str]) -> dict[str, str]:
    return {spelling: unit for unit, spellings in groups.items() for spelling in spellings.split()}


UNITS = _table(_SPELLINGS)
DURATION_UNITS = _table(_DURATIONS)
CURRENCIES = _table(_CURRENCIES)
SHORT_UNITS = _SHORT
_TIMED = frozenset("time duration runtime length delay elapsed run wait age tenure".split())
_AFTER = {unit: frozenset(words.split()) for unit, words in _SHORT_AFTER.items()}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit found in a header or a cell.

    Attributes:
        text: the unit as shown (``kg``, ``万元``, ``minutes``), or None when only a currency was found.
        currency: ISO 4217 code or None.
        family: ``physical``, ``duration``, ``money``, ``percent`` or ``rate``.
    """

    text: str | None
    currency: str | None
    family: str


def read_unit(text: str) -> Unit | None:
    """The unit a short text stands for (``km/h``, ``万元``, ``US$ millions``, ``%``), or None."""
    bare = text.strip()
    folded = bare.casefold().strip("() ")
    if folded in ("%", "percent", "pct", "per cent", "percentage", "百分比", "％"):
        return Unit("%", None, "percent")
    if re.match(r"[%％](?: of)? \w", folded):
        return Unit("%", None, "percent")  # ``% of electricity``
    if folded in ("‰",):
        return Unit("‰", None, "rate")
    if folded in CURRENCIES:
        return Unit(None, CURRENCIES[folded], "money")
    if folded in DURATION_UNITS:
        return Unit(DURATION_UNITS[folded], None, "duration")
    if folded in UNITS:
        family = "rate" if UNITS[folded] in ("mph", "km/h", "mpg", "ppm") else "physical"
        return Unit(UNITS[folded], None, family)
    if folded in SHORT_UNITS:
        unit = SHORT_UNITS[folded]
        return Unit(unit, None, "duration" if unit in ("seconds", "hours") else "physical")
    for magnitude in _MAGNITUDES:
        rest = folded.removeprefix(magnitude)
        if rest != folded and rest:
            inner = read_unit(rest)
            if inner is not None:
                return Unit(magnitude + rest, inner.currency, inner.family)
    if re.fullmatch(r"[^/]+/[^/]+", folded) or re.search(r"\bper\b", folded):
        head, _, _ = re.split(r"(/|\bper\b)", folded, maxsplit=1)
        inner = read_unit(head)
        return Unit(bare, inner.currency if inner else None, "rate")
    scaled = _ENGLISH_MAGNITUDES.match(folded)
    if scaled:
        rest = (scaled.group(2) or scaled.group(3) or "").strip(" ,")
        magnitude = (scaled.group(1) or scaled.group(4) or "").strip()
        if not rest:
            return Unit(bare, None, "physical") if len(magnitude) > 1 else None
        inner = read_unit(rest)
        if inner is not None:
            return Unit(bare, inner.currency, inner.family)
    return None


def unit_of_words(words: tuple[str, ...]) -> tuple[Unit, int] | None:
    """The unit the last words of a header name, and how many words it takes: ``weight kg`` -> kg, 1."""
    if len(words) == 1 and words[0].endswith("s") and len(words[0]) > 3:
        known = words[0] in DURATION_UNITS or UNITS.get(words[0]) == "bytes"
        unit = read_unit(words[0]) if known else None
        return (unit, 1) if unit is not None else None  # ``minutes``, ``days``: the name is the unit
    if len(words) < 2:
        return None
    last, before = words[-1], words[:-1]
    if last in _AFTER and _AFTER[last] & set(before):
        unit = read_unit(last)
        return (unit, 1) if unit is not None else None
    if last in ("%",):
        return Unit("%", None, "percent"), 1
    if last in ("$", "€", "£", "¥"):
        return Unit(None, CURRENCIES[last], "money"), 1
    if last in ("min", "sec", "mo") and not _TIMED & set(before):
        return None  # ``temp_min`` is the smallest, not minutes
    if len(last) > 1 and last.isascii() and (last in UNITS or last in DURATION_UNITS or last in CURRENCIES):
        if last in DURATION_UNITS and last in (
            "year",
            "month",
            "day",
            "week",
            "hour",
            "minute",
            "second",
            "yr",
        ):
            return None  # ``birth year``, ``order day`` are calendar fields, not lengths of time
        unit = read_unit(last)
        return (unit, 1) if unit is not None else None
    return None
