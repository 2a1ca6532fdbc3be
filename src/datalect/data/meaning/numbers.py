"""Meaning of numeric columns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from datalect.data.meaning.hints import Hint, NameReading, read_name
from datalect.data.meaning.names import singular, tokens
from datalect.data.meaning.units import Unit
from datalect.data.model import Additivity, Grain, Meaning, SemanticType
from datalect.data.profile import kind_of

if TYPE_CHECKING:
    from datalect.data.meaning.decide import Evidence

S, A = SemanticType, Additivity
_ADDITIVE = frozenset({S.MONEY, S.COUNT, S.MEASURE, S.DURATION})
_PARTS = frozenset(
    "share proportion fraction probability prob confidence likelihood odds 率 占比 比例 比重 百分比 比率 "
    "份额 市场份额 概率 几率 同比 环比 增速 增幅 涨幅 涨跌幅 百分点 百分数".split()
)
_RATINGS = frozenset(
    "rating score star quality grade level satisfaction happiness 评分 得分 分数 星级 满意度 成绩".split()
)
_TOTALS = frozenset({"total", "sum", "value", "合计", "总计", "小计", "总数"})
_TRADE = frozenset(
    "invoice order sale payment purchase bill receipt transaction expense budget donation "
    "订单 发票 销售 账单 采购 交易 支付".split()
)
# numbers under these headers name groups; under other names of groups (league, team) they count something
_GROUPINGS = frozenset(
    "category type kind group status gender sex ethnicity region district zone ward department dept segment "
    "类型 类别 分类 种类 状态 性别 部门 区 区域 地区 班级".split()
)
_QUOTES = frozenset("open high low close adjclose 开盘 开盘价 收盘 收盘价 最高价 最低价".split())
_QUOTE_NAMES = _QUOTES | {"price", "adj", "adjusted", "day"}
# header word -> (cycle, smallest, largest)
_CYCLES = {
    "month": (Grain.MONTH_OF_YEAR, 1, 12),
    "mon": (Grain.MONTH_OF_YEAR, 1, 12),
    "mo": (Grain.MONTH_OF_YEAR, 1, 12),
    "mth": (Grain.MONTH_OF_YEAR, 1, 12),
    "dy": (Grain.DAY_OF_MONTH, 1, 31),
    "月": (Grain.MONTH_OF_YEAR, 1, 12),
    "月份": (Grain.MONTH_OF_YEAR, 1, 12),
    "quarter": (Grain.QUARTER_OF_YEAR, 1, 4),
    "qtr": (Grain.QUARTER_OF_YEAR, 1, 4),
    "季度": (Grain.QUARTER_OF_YEAR, 1, 4),
    "weekday": (Grain.DAY_OF_WEEK, 0, 7),
    "dayofweek": (Grain.DAY_OF_WEEK, 0, 7),
    "dow": (Grain.DAY_OF_WEEK, 0, 7),
    "星期": (Grain.DAY_OF_WEEK, 0, 7),
    "周几": (Grain.DAY_OF_WEEK, 0, 7),
    "day": (Grain.DAY_OF_MONTH, 1, 31),
    "日": (Grain.DAY_OF_MONTH, 1, 31),
    "hour": (Grain.HOUR_OF_DAY, 0, 24),
    "小时": (Grain.HOUR_OF_DAY, 0, 24),
    "时": (Grain.HOUR_OF_DAY, 0, 24),
}
_DURATION_WORDS = {
    "day": "days",
    "hour": "hours",
    "minute": "minutes",
    "min": "minutes",
    "second": "seconds",
    "sec": "seconds",
    "week": "weeks",
    "month": "months",
    "year": "years",
    "天数": "天",
    "工期": "天",
    "月数": "个月",
    "年限": "年",
    "工龄": "年",
    "小时数": "小时",
    "分钟数": "分钟",
}


def decide_number(evidence: Evidence, reading: NameReading) -> Meaning:
    """Identifier, code, count, money, share, rate, measure, coordinate, year or order."""
    unit = evidence.unit or reading.unit
    whole = _is_whole(evidence)
    found = _cycle(evidence, whole)
    if found is None and _is_quote(evidence):
        found = Meaning(type=S.MONEY, evidence="one of the prices of a trading period", confidence=0.8)
    if found is None and unit is not None and unit.family in ("percent", "money"):
        found = _by_unit(evidence, reading, unit)
    if found is None:
        for hint in reading.hints:
            found = _fit(hint, evidence, reading, unit, whole)
            if found is not None:
                break
    if found is None or found.confidence < 0.55:
        by_value = _by_unit(evidence, reading, unit) or _by_values(evidence, whole)
        if found is None or by_value.confidence > found.confidence:
            found = by_value
    return _finish(found, evidence, reading, unit)


def _is_whole(evidence: Evidence) -> bool:
    if kind_of(evidence.dtype) == "integer":
        return True
    numbers = [v for v in (*evidence.values, *evidence.sample) if v is not None]
    return bool(numbers) and all(float(v).is_integer() for v in numbers)


def _bounds(evidence: Evidence) -> tuple[float, float]:
    low = float(evidence.minimum) if evidence.minimum is not None else 0.0
    high = float(evidence.maximum) if evidence.maximum is not None else 0.0
    return low, high


def _cycle(evidence: Evidence, whole: bool) -> Meaning | None:
    """Months 1..12, weekdays, hours: positions in a calendar cycle, never quantities."""
    if not whole:
        return None
    words = read_header_words(evidence.name)
    low, high = _bounds(evidence)
    for word in reversed(words):
        if word in _CYCLES:
            grain, first, last = _CYCLES[word]
            if first <= low and high <= last and len(words) <= 3 and evidence.distinct > 1:
                return Meaning(
                    type=S.ORDERED,
                    grain=grain,
                    order=tuple(sorted(evidence.values)) if evidence.complete else (),
                    evidence=f'named "{word}" and all values lie in {first} to {last}',
                    confidence=0.9,
                )
    return None


def read_header_words(name: str) -> tuple[str, ...]:
    """Words of a header; for Chinese runs also their last one or two characters."""
    found: list[str] = []
    for word in tokens(name):
        found.append(word)
        if not word.isascii() and len(word) > 2:
            found += [word[-1:], word[-2:]]
    return tuple(found)


def _fit(hint: Hint, e: Evidence, reading: NameReading, unit: Unit | None, whole: bool) -> Meaning | None:
    """The meaning a hint stands for when type and values allow it."""
    low, high = _bounds(e)
    why = f'the name says "{hint.word}"'
    sure = 0.4 + hint.strength / 2
    made = Meaning(type=hint.type, additivity=hint.additivity or A.NON, evidence=why, confidence=sure)
    flag = e.complete and {float(v) for v in e.values} <= {0.0, 1.0}
    if flag and e.distinct == 2 and hint.type not in (S.COUNT, S.ID, S.CODE):
        return _flag(0.8)
    match hint.type:
        case S.COUNT if whole and hint.word in ("num", "no", "nr", "number") and e.distinct == e.filled >= 5:
            return None  # a different number in every row identifies it
        case S.ID | S.CODE:
            if hint.word in ("number", "num", "no") and hint.strength < 0.7 and e.distinct < e.filled:
                return replace(made, type=S.COUNT, additivity=A.ADDITIVE) if whole and low >= 0 else None
            return made if whole else None
        case S.COUNT:
            # returned goods are counted below zero
            if whole and (low >= 0 or hint.word in ("quantity", "qty", "数量", "销量")):
                return replace(made, additivity=hint.additivity or A.ADDITIVE)
            return replace(
                made, type=S.MEASURE, additivity=hint.additivity or A.ADDITIVE, confidence=sure * 0.9
            )
        case S.MONEY:
            if unit is not None and unit.family in ("percent", "physical", "duration"):
                return None
            if hint.word in ("discount", "折扣", "markup", "margin") and -1 <= low and high <= 1:
                return replace(made, type=S.RATIO, evidence=f"{why}, and the values lie in -1 to 1")
            return replace(made, additivity=hint.additivity or A.ADDITIVE)
        case S.PERCENT:
            if -1 <= low and high <= 1 and not (whole and high == 1):
                return replace(made, type=S.RATIO, evidence=f"{why}, and the values lie in -1 to 1")
            return replace(made, unit="%")
        case S.RATIO:
            return _ratio(made, hint, e, whole)
        case S.LATITUDE:
            return made if -90 <= low and high <= 90 else None
        case S.LONGITUDE:
            return made if -180 <= low and high <= 180 else None
        case S.YEAR:
            if whole and low >= 1000 and high <= 2200:
                return replace(made, grain=Grain.YEAR)
            if whole and 0 <= low and high <= 99 and hint.word != "season" and "years" not in tokens(e.name):
                return replace(made, type=S.ORDERED, evidence=f"{why}, two digits each")
            if whole and low >= 0 and high <= 200 and hint.word == "season":
                return replace(made, type=S.ORDERED)
            return None
        case S.ORDERED:
            if not whole:
                return replace(made, type=S.MEASURE)
            return replace(made, order=tuple(sorted(e.values)) if e.complete and len(e.values) <= 30 else ())
        case S.PHONE:
            return made if whole and high >= 1e6 else None
        case S.DURATION:
            return replace(made, additivity=A.ADDITIVE)
        case S.MEASURE if hint.word in _TOTALS and not whole and _is_about_money(e):
            return replace(made, type=S.MONEY, additivity=A.ADDITIVE, evidence=f"{why}, in a table of money")
        case S.MEASURE if unit is not None and unit.family == "rate":
            return None
        case S.MEASURE:
            if (
                hint.word in _RATINGS
                and whole
                and e.complete
                and 1 < e.distinct <= 11
                and 0 <= low
                and high <= 10
            ):
                order = tuple(sorted(e.values))
                return replace(
                    made, type=S.ORDERED, order=order, evidence=f"{why}, whole numbers to {high:g}"
                )
            return replace(made, additivity=hint.additivity or A.ADDITIVE)
        case S.RATE:
            return made
        case S.DATETIME if hint.word == "time":
            return replace(made, type=S.DURATION, additivity=A.ADDITIVE, confidence=sure * 0.8)
        case S.DATE if hint.word == "day" and hint.strength == 1.0:
            return replace(made, type=S.DURATION, unit="days", additivity=A.ADDITIVE, confidence=sure * 0.8)
        case S.CATEGORY if whole and hint.strength >= 0.8:
            if any(word.isascii() and word != singular(word) == hint.word for word in tokens(e.name)):
                return replace(made, type=S.COUNT, additivity=A.ADDITIVE, confidence=sure * 0.8)
            if hint.word in _GROUPINGS and e.distinct <= 60:
                return replace(made, confidence=sure * 0.8)
    return None


def _ratio(made: Meaning, hint: Hint, e: Evidence, whole: bool) -> Meaning | None:
    low, high = _bounds(e)
    if hint.word == "share" and whole and high > 100:
        return replace(made, type=S.COUNT, additivity=A.ADDITIVE, confidence=0.6)
    if hint.word in _PARTS and (high > 1.5 or low < -1.5):
        return replace(made, type=S.PERCENT, unit="%", evidence=f"{made.evidence}, values up to {high:g}")
    return made


def _by_unit(e: Evidence, reading: NameReading, unit: Unit | None) -> Meaning | None:
    if unit is None:
        return None
    kind = {
        "percent": S.PERCENT,
        "money": S.MONEY,
        "duration": S.DURATION,
        "rate": S.RATE,
        "physical": S.MEASURE,
    }[unit.family]
    if kind is S.MONEY:
        money = next((h for h in reading.hints if h.type is S.MONEY), None)
        additivity = (money.additivity if money else None) or A.ADDITIVE
    else:
        named = next((h for h in reading.hints if h.type is kind), None)
        additivity = (named.additivity if named else None) or (A.ADDITIVE if kind in _ADDITIVE else A.NON)
    shown = unit.text or unit.currency
    return Meaning(type=kind, additivity=additivity, evidence=f"given in {shown}", confidence=0.85)


def _flag(confidence: float) -> Meaning:
    """Zeros and ones: their sum counts the ones, their mean is a share."""
    return Meaning(
        type=S.BOOLEAN,
        additivity=A.ADDITIVE,
        order=(0, 1),
        evidence="only 0 and 1 occur",
        confidence=confidence,
    )


def _by_values(e: Evidence, whole: bool) -> Meaning:
    low, high = _bounds(e)
    if e.complete and {float(v) for v in e.values} == {0.0, 1.0}:
        return _flag(0.7)
    header = read_header_words(e.name)
    if (
        whole
        and e.distinct == e.filled
        and (not header or header[0] in ("unnamed", "index", "column", "row"))
    ):
        return Meaning(type=S.ID, evidence="a different whole number in every row", confidence=0.7)
    if whole and 1900 <= low and high <= 2100 and e.distinct > 2:
        return Meaning(
            type=S.YEAR, grain=Grain.YEAR, evidence=f"whole numbers from {low:g} to {high:g}", confidence=0.6
        )
    if whole and low >= 0:
        return Meaning(
            type=S.MEASURE,
            additivity=A.ADDITIVE,
            evidence="whole numbers, nothing else known",
            confidence=0.4,
        )
    return Meaning(
        type=S.MEASURE, additivity=A.ADDITIVE, evidence="numbers, nothing else known", confidence=0.4
    )


def _finish(found: Meaning, e: Evidence, reading: NameReading, unit: Unit | None) -> Meaning:
    """Add unit and currency, and take additivity back where the name or the table forbids a sum."""
    additivity = found.additivity
    if found.type in _ADDITIVE and additivity is A.ADDITIVE:
        if reading.averaged or reading.per or _is_unit_price(e, reading):
            additivity = A.NON
        elif reading.cumulative:
            additivity = A.SEMI
    shown, currency = found.unit, found.currency
    if unit is not None and found.type in (*_ADDITIVE, S.RATE, S.PERCENT):
        shown, currency = unit.text or shown, unit.currency or currency
    if found.type is S.DURATION and shown is None:
        shown = next((_DURATION_WORDS[w] for w in read_header_words(e.name) if w in _DURATION_WORDS), None)
    if found.type is S.RATIO and unit is not None and unit.family == "percent":
        found, shown = replace(found, type=S.PERCENT), "%"
    return replace(found, additivity=additivity, unit=shown, currency=currency)


def _is_about_money(e: Evidence) -> bool:
    """Whether most named numbers beside it are money, or the table is one of trade."""
    if any(singular(word) in _TRADE for word in tokens(e.table)):
        return True
    return sum(any(h.type is S.MONEY for h in read_name(name).hints[:1]) for name in e.siblings) >= 2


def _is_quote(e: Evidence) -> bool:
    """Opening, highest, lowest and closing prices stand together."""
    named = [
        bool(set(w := tokens(name)) & _QUOTES) and set(w) <= _QUOTE_NAMES for name in (e.name, *e.siblings)
    ]
    return named[0] and sum(named) >= 3


def _is_unit_price(e: Evidence, reading: NameReading) -> bool:
    """A price beside a quantity is the price of one piece, so its sum means nothing."""
    if not any(h.type is S.MONEY and h.word in ("price", "价格", "售价", "价") for h in reading.hints):
        return False
    return any(
        h.word in ("qty", "quantity", "数量", "销量", "件数")
        for name in e.siblings
        for h in read_name(name).hints[:1]
    )
