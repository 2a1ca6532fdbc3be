"""Words that usually stand for "no value" in a cell."""

from __future__ import annotations

MISSING_WORDS = (
    "",
    *"n/a n.a. n.a na #n/a <na> nan null (null) none (none) nil missing".split(),
    *"unknown undefined unspecified".split(),
    *"- -- --- — – ? ?? . .. … * \\n (blank) #value! #ref! #div/0!".split(),
    "not available",
    "not applicable",
    "not reported",
    "not known",
    "no data",
    *"无 无数据 空 空值 未知 不详 不明 暂无 暂缺 缺失 未填 未填写 未提供 未公布".split(),
)
# Among numbers or dates an infinity is no value anything can be computed with; among words it is just a word.
INFINITY_WORDS = tuple(
    sign + word for sign in ("", "+", "-", "−") for word in ("inf", "infinity", "∞", "无穷", "无穷大")
)
_KNOWN = frozenset(MISSING_WORDS)
_INFINITE = frozenset(INFINITY_WORDS)
# Marks that are no word of any language and no category anybody would choose.
_MARKS = frozenset({"?", "??", "？", "\\N", "#N/A", "#VALUE!", "#REF!", "#DIV/0!"})


def is_missing_mark(text: str) -> bool:
    """Whether a text is a mark that can only stand for "no value", such as a lone question mark."""
    return text.strip() in _MARKS


def is_missing_word(text: str) -> bool:
    """Whether a text usually stands for "no value"."""
    return text.strip().casefold() in _KNOWN


def is_infinity_word(text: str) -> bool:
    """Whether a text stands for an infinity: ``inf``, ``-Infinity``, ``∞``."""
    return text.strip().casefold() in _INFINITE


def stands_for_none(text: str) -> bool:
    """Whether a text among numbers or dates is none: a word for "missing", or an infinity."""
    return is_missing_word(text) or is_infinity_word(text)
