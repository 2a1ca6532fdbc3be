"""What is written on charts, in English and Chinese, and how it is made to fit."""

from __future__ import annotations

from datalect.answer.labels import is_chinese
from datalect.data.model import Grain

NOTES = {
    "en": {
        "no_pie": "A pie is only drawn for up to {slices} parts of a whole; bars show the same figures.",
        "no_log": "A logarithmic axis needs figures above zero; the axis is linear.",
        "other": "The {n} smallest groups are drawn together as “other”.",
        "top": "Only the first {n} of {all} groups are drawn.",
        "series": "Only the {n} largest of {all} series are drawn.",
        "points": "Only the first {n} of {all} rows are drawn.",
        "other_name": "other",
    },
    "zh": {
        "no_pie": "饼图只适合不超过{slices}个部分的整体，这里改用条形图。",
        "no_log": "对数坐标轴要求数值大于零，这里使用线性坐标轴。",
        "other": "最小的{n}个分组合并为“其他”。",
        "top": "共{all}个分组，图中只画了前{n}个。",
        "series": "共{all}个系列，图中只画了最大的{n}个。",
        "points": "共{all}行，图中只画了前{n}行。",
        "other_name": "其他",
    },
}
TIME_FORMATS: dict[str, dict[Grain, str]] = {
    "en": {
        Grain.YEAR: "%Y", Grain.QUARTER: "Q%q %Y", Grain.MONTH: "%b %Y", Grain.WEEK: "%-d %b %Y",
        Grain.DAY: "%-d %b %Y", Grain.HOUR: "%-d %b %H:%M", Grain.MINUTE: "%-d %b %H:%M",
        Grain.SECOND: "%H:%M:%S",
    },
    "zh": {
        Grain.YEAR: "%Y年", Grain.QUARTER: "%Y年%q季度", Grain.MONTH: "%Y年%-m月", Grain.WEEK: "%-m月%-d日",
        Grain.DAY: "%Y年%-m月%-d日", Grain.HOUR: "%-m月%-d日%H时", Grain.MINUTE: "%-d日 %H:%M",
        Grain.SECOND: "%H:%M:%S",
    },
}  # fmt: skip
GRAINS: dict[str, dict[Grain, str]] = {
    "en": {
        Grain.YEAR: "year", Grain.QUARTER: "quarter", Grain.MONTH: "month",
        Grain.WEEK: "week", Grain.DAY: "day",
        Grain.HOUR: "hour", Grain.MONTH_OF_YEAR: "month of the year",
        Grain.QUARTER_OF_YEAR: "quarter of the year",
        Grain.DAY_OF_WEEK: "day of the week", Grain.DAY_OF_MONTH: "day of the month",
        Grain.HOUR_OF_DAY: "hour of the day",
    },
    "zh": {
        Grain.YEAR: "年", Grain.QUARTER: "季度", Grain.MONTH: "月", Grain.WEEK: "周", Grain.DAY: "日",
        Grain.HOUR: "小时", Grain.MONTH_OF_YEAR: "月份", Grain.QUARTER_OF_YEAR: "季度",
        Grain.DAY_OF_WEEK: "星期",
        Grain.DAY_OF_MONTH: "日", Grain.HOUR_OF_DAY: "时段",
    },
}  # fmt: skip
FEW_TICKS = frozenset({Grain.YEAR, Grain.QUARTER, Grain.MONTH})


def path_of(name: str) -> str:
    """A column name as Vega-Lite's field syntax takes it: dots and brackets are escaped."""
    return name.replace("\\", "\\\\").replace(".", "\\.").replace("[", "\\[").replace("]", "\\]")


def width_of(text: str) -> int:
    """Width of a label in Latin letters; a Chinese character is two wide."""
    return sum(2 if is_chinese(char) else 1 for char in text)


def wrapped(text: str, width: int) -> str | list[str]:
    """Text in lines no wider than ``width`` Latin letters."""
    lines, line = [], ""
    for word in text.split(" ") if not is_chinese(text) else list(text):
        joined = f"{line} {word}" if line and not is_chinese(text) else line + word
        if line and width_of(joined) > width:
            lines.append(line)
            joined = word
        line = joined
    lines.append(line)
    return lines[0] if len(lines) == 1 else lines
