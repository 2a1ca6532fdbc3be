"""From a name, a type and values to a meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from datalect.data.meaning.names import tokens
from datalect.data.model import Additivity, Grain, Meaning, SemanticType
from datalect.data.profile import kind_of

S, A = SemanticType, Additivity


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about a column when its meaning is decided.

    Attributes:
        rows: rows of the table.
        filled: rows with a value.
        distinct: (approximate) number of distinct values.
        sample: some of the values.
    """

    name: str
    dtype: str
    rows: int
    filled: int
    distinct: int
    minimum: Any = None
    maximum: Any = None
    sample: Sequence[Any] = field(default=())


def decide_meaning(evidence: Evidence) -> Meaning:
    """What a column stands for."""
    words = tokens(evidence.name)
    kind = kind_of(evidence.dtype)
    joined = " ".join(words)

    def says(*needles: str) -> bool:
        return any(n in words if n.isascii() else n in joined for n in needles)

    if evidence.filled == 0:
        return Meaning(type=S.UNKNOWN, evidence="no values")
    if kind == "boolean":
        return Meaning(type=S.BOOLEAN, evidence="true and false")
    if kind in ("temporal", "zoned"):
        if evidence.dtype == "TIME":
            return Meaning(type=S.TIME, evidence="times of day")
        if evidence.dtype == "DATE":
            return Meaning(type=S.DATE, grain=Grain.DAY, evidence="dates")
        return Meaning(type=S.DATETIME, grain=Grain.SECOND, evidence="date-times")
    if kind in ("integer", "float"):
        if says("id", "编号", "号", "uuid"):
            return Meaning(type=S.ID, evidence="named as an identifier")
        if says("code", "zip", "代码", "编码"):
            return Meaning(type=S.CODE, evidence="named as a code")
        if says("year", "年份") and kind == "integer":
            return Meaning(type=S.YEAR, grain=Grain.YEAR, evidence="named year")
        if says("lat", "latitude", "纬度"):
            return Meaning(type=S.LATITUDE, evidence="named latitude")
        if says("lon", "lng", "longitude", "经度"):
            return Meaning(type=S.LONGITUDE, evidence="named longitude")
        if says("percent", "pct", "%", "百分比", "占比"):
            return Meaning(type=S.PERCENT, unit="%", evidence="named percent")
        if says("rate", "per", "率"):
            return Meaning(type=S.RATE, evidence="named rate")
        if says("ratio", "share"):
            return Meaning(type=S.RATIO, evidence="named ratio")
        if says("price", "amount", "cost", "revenue", "sales", "fare", "total", "金额", "额", "价", "费"):
            return Meaning(type=S.MONEY, additivity=A.ADDITIVE, evidence="named as money")
        if says("count", "qty", "quantity", "num", "数量", "人数", "数"):
            return Meaning(type=S.COUNT, additivity=A.ADDITIVE, evidence="named as a count")
        return Meaning(type=S.MEASURE, additivity=A.ADDITIVE, evidence="numbers")
    if kind == "text":
        share = evidence.distinct / max(evidence.filled, 1)
        lengths = [len(str(v)) for v in evidence.sample] or [0]
        if says("email") or all("@" in str(v) for v in evidence.sample):
            return Meaning(type=S.EMAIL, evidence="e-mail addresses")
        if says("id", "编号"):
            return Meaning(type=S.ID, evidence="named as an identifier")
        if sum(lengths) / len(lengths) > 60:
            return Meaning(type=S.TEXT, evidence="long texts")
        if share > 0.8 and evidence.filled > 20:
            return Meaning(type=S.NAME, evidence="short, nearly distinct texts")
        return Meaning(type=S.CATEGORY, evidence="repeating short texts")
    return Meaning(type=S.TEXT, evidence="nested values", confidence=0.3)
