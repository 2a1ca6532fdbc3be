"""What the values of a column say, whatever it is called."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}\.[A-Za-z]{2,24}")
_URL = re.compile(r"(https?|ftp)://\S+|www\.\S+\.\S+", re.I)
_UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.I)
_PHONE = re.compile(
    r"(\+?\d{1,3}[ \-.]?)?(\(\d{2,5}\)|\d{2,5})[ \-.]?\d{3,4}[ \-.]?\d{3,4}( ?(x|ext\.?) ?\d+)?"
)
_CODE = re.compile(r"(?=.*\d)[A-Z0-9][A-Z0-9\-_/]{1,19}", re.I)
_LETTERS = re.compile(r"[A-Z]{1,4}")
_DIGITS = re.compile(r"\d+")

SCALES: tuple[tuple[str, ...], ...] = (
    ("very low", "low", "medium", "high", "very high"),
    ("very low", "low", "moderate", "high", "very high"),
    ("low", "mid", "high"),
    ("low", "normal", "high"),
    ("none", "mild", "moderate", "severe"),
    ("minor", "moderate", "major", "critical"),
    ("minor", "major", "serious", "fatal"),
    ("low", "medium", "high", "critical", "urgent"),
    ("xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl"),
    ("extra small", "small", "medium", "large", "extra large"),
    ("poor", "fair", "good", "very good", "excellent"),
    ("poor", "fair", "good", "very good", "premium", "ideal"),
    ("very poor", "poor", "average", "good", "excellent"),
    ("bad", "average", "good"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("very dissatisfied", "dissatisfied", "neutral", "satisfied", "very satisfied"),
    ("never", "rarely", "sometimes", "often", "always"),
    ("negative", "neutral", "positive"),
    ("slow", "medium", "fast"),
    ("light", "moderate", "heavy"),
    ("beginner", "intermediate", "advanced", "expert"),
    ("junior", "mid", "senior", "lead", "principal"),
    ("freshman", "sophomore", "junior", "senior", "graduate"),
    ("bronze", "silver", "gold", "platinum", "diamond"),
    ("first", "second", "third", "fourth", "fifth"),
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    ("mon", "tues", "wed", "thur", "fri", "sat", "sun"),
    ("thur", "fri", "sat", "sun"),
    (
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
        "november", "december",
    ),
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    ("spring", "summer", "autumn", "winter"),
    ("spring", "summer", "fall", "winter"),
    ("morning", "afternoon", "evening", "night"),
    ("q1", "q2", "q3", "q4"),
    ("非常低", "低", "中", "高", "非常高"),
    ("很低", "较低", "中等", "较高", "很高"),
    ("低", "较低", "中", "较高", "高"),
    ("小", "中", "大", "特大"),
    ("差", "中", "良", "优"),
    ("不及格", "及格", "中等", "良好", "优秀"),
    ("较差", "一般", "良好", "优秀"),
    ("非常不满意", "不满意", "一般", "满意", "非常满意"),
    ("差评", "中评", "好评"),
    ("轻微", "一般", "严重", "特别严重"),
    ("轻度", "中度", "重度"),
    ("小学", "初中", "高中", "大专", "本科", "硕士", "博士"),
    ("小学", "初中", "中专", "高中", "专科", "本科", "硕士", "博士"),
    ("小学", "初中", "高中", "大专", "本科", "研究生"),
    ("学士", "硕士", "博士"),
    ("初级", "中级", "高级", "特级"),
    ("普通", "银卡", "金卡", "白金", "钻石"),
    ("一级", "二级", "三级", "四级", "五级"),
    ("一线", "二线", "三线", "四线", "五线"),
    ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
    ("一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月", "十二月"),
    ("1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"),
    ("春", "夏", "秋", "冬"),
    ("春季", "夏季", "秋季", "冬季"),
    ("一季度", "二季度", "三季度", "四季度"),
    ("第一季度", "第二季度", "第三季度", "第四季度"),
    ("优", "良", "轻度污染", "中度污染", "重度污染", "严重污染"),
)  # fmt: skip

TRUE_WORDS = {"yes": "no", "y": "n", "true": "false", "t": "f", "是": "否", "对": "错", "真": "假"}


def share(values: Sequence[Any], pattern: re.Pattern[str]) -> float:
    """Share of the values the whole of which fits a pattern."""
    return sum(bool(pattern.fullmatch(str(v).strip())) for v in values) / len(values) if values else 0.0


def looks_like(values: Sequence[Any]) -> str:
    """What a sample of texts looks like: email, url, uuid, phone, code, letters, digits, or ""."""
    texts = [str(v) for v in values]
    for name, pattern in (("email", _EMAIL), ("url", _URL), ("uuid", _UUID), ("digits", _DIGITS)):
        if share(texts, pattern) > 0.9:
            return name
    if share(texts, _PHONE) > 0.9 and _digits_per_value(texts) >= 7:
        return "phone"
    if share(texts, _CODE) > 0.95:
        return "code"
    return "letters" if share(texts, _LETTERS) > 0.95 else ""


def _digits_per_value(texts: Sequence[str]) -> float:
    return sum(sum(c.isdigit() for c in t) for t in texts) / max(len(texts), 1)


def known_order(values: Sequence[Any]) -> tuple[Any, ...]:
    """The values in their order when they all belong to one well-known scale, else ()."""
    folded = {str(v).strip().casefold(): v for v in values}
    if len(folded) < 2 or len(folded) != len(values):
        return ()
    for scale in SCALES:
        if len(folded) <= len(scale) and folded.keys() <= set(scale):
            # two words of a long scale may be there by chance ("may", "s"); ask for a fair part of it
            if len(folded) * 3 >= len(scale) or len(folded) >= 4:
                return tuple(folded[word] for word in scale if word in folded)
    return _numbered_order(values)


_NUMBERED = re.compile(
    r"(?:level|grade|class|tier|stage|year|group|g|l|p)[ \-]?(\d{1,2})|(\d{1,2})(?:st|nd|rd|th)?", re.I
)
_BOUND = r"\$?([0-9][0-9,]*(?:\.\d+)?) ?(?:k|%|岁|元|万|years?)?"
_RANGE = re.compile(rf"{_BOUND} ?(?:-|–|~|to|至|到) ?{_BOUND}", re.I)
_OPEN_RANGE = re.compile(
    rf"(?:(?P<below><|≤|under |below |less than )|>|≥|over )? ?{_BOUND} ?"
    r"(?P<end>\+|及?以上|及?以下|or (?:more|older|over|less|under|younger)|and (?:over|above|older))?",
    re.I,
)


def _numbered_order(values: Sequence[Any]) -> tuple[Any, ...]:
    """``Grade 1 .. Grade 6`` and ranges such as ``0-17, 18-24, 25+`` in order."""
    texts = [str(value).strip() for value in values]
    numbered = [_NUMBERED.fullmatch(text) for text in texts]
    if all(numbered) and len(texts) > 1:
        keys = [float(next(g for g in found.groups() if g)) for found in numbered if found]
        ranked = sorted(zip(keys, values, strict=True), key=lambda pair: pair[0])
        return tuple(value for _, value in ranked)
    ranges = [_as_range(text) for text in texts]
    known = [(*bounds, value) for bounds, value in zip(ranges, values, strict=True) if bounds is not None]
    if len(known) < 3 or len(known) < len(texts):
        return ()
    known.sort(key=lambda r: r[:2])
    # scores such as 3 - 2 look like ranges, but do not follow one another
    if any(after[0] < before[1] for before, after in itertools.pairwise(known)):
        return ()
    return tuple(value for _, _, value in known)


def _as_range(text: str) -> tuple[float, float] | None:
    found = _RANGE.fullmatch(text)
    if found is not None:
        low, high = (float(g.replace(",", "")) for g in found.groups())
        return (low, high) if low < high else None
    found = _OPEN_RANGE.fullmatch(text)
    if found is None:
        return None
    bound = float(found.group(2).replace(",", ""))
    end = (found.group("end") or "").casefold()
    below = bool(found.group("below")) or end in ("及以下", "以下", "or less", "or under", "or younger")
    return (float("-inf"), bound) if below else (bound, bound)


def true_false(values: Sequence[Any]) -> tuple[Any, Any] | None:
    """The value for no and the value for yes when a column holds just such a pair, else None."""
    folded = {str(v).strip().casefold(): v for v in values}
    for yes, no in TRUE_WORDS.items():
        if set(folded) == {yes, no}:
            return folded[no], folded[yes]
    return None
