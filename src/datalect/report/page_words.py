"""The page's own words: names of types, effects and severities in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalect.answer.ground import Words
from datalect.data.describe_zh import MEANINGS
from datalect.data.model import SemanticType

if TYPE_CHECKING:
    from datalect.report.model import Section, Severity

SEVERITY_NAMES: dict[Severity, Words] = {
    "serious": Words(en="Serious", zh="严重"),
    "warning": Words(en="Warning", zh="警告"),
    "notice": Words(en="Notice", zh="注意"),
    "info": Words(en="For information", zh="供参考"),
}

# One and several, as counted in a sentence.
SEVERITY_COUNTS: dict[Severity, Words] = {
    "serious": Words(en="serious|serious", zh="严重"),
    "warning": Words(en="warning|warnings", zh="警告"),
    "notice": Words(en="notice|notices", zh="注意"),
    "info": Words(en="for information|for information", zh="供参考"),
}

SECTION_TITLES: dict[Section, Words] = {
    "trust": Words(en="Can I trust this table?", zh="这张表可信吗？"),
    "compare": Words(en="What changed", zh="有什么变化"),
    "values": Words(en="Columns", zh="各列"),
    "relations": Words(en="Relations", zh="列与列的关系"),
    "time": Words(en="Time", zh="时间"),
    "text": Words(en="Text", zh="文本"),
    "target": Words(en="Target", zh="目标列"),
}

_MEANINGS_EN = {
    SemanticType.ID: "identifier", SemanticType.CODE: "code", SemanticType.CATEGORY: "category",
    SemanticType.ORDERED: "ordered category", SemanticType.BOOLEAN: "yes or no", SemanticType.DATE: "date",
    SemanticType.DATETIME: "date and time", SemanticType.TIME: "time of day", SemanticType.YEAR: "year",
    SemanticType.DURATION: "duration", SemanticType.COUNT: "count", SemanticType.MONEY: "money",
    SemanticType.PERCENT: "percentage", SemanticType.RATIO: "ratio", SemanticType.RATE: "rate",
    SemanticType.MEASURE: "measure", SemanticType.LATITUDE: "latitude", SemanticType.LONGITUDE: "longitude",
    SemanticType.TEXT: "text", SemanticType.NAME: "name", SemanticType.EMAIL: "e-mail address",
    SemanticType.PHONE: "phone number", SemanticType.URL: "web address", SemanticType.UNKNOWN: "unknown",
}  # fmt: skip

EFFECT_NAMES = {
    "spearman": Words(en="Spearman rank correlation", zh="斯皮尔曼等级相关系数"),
    "pearson": Words(en="Pearson correlation", zh="皮尔逊相关系数"),
    "eta_squared": Words(en="Share of variance between groups (η²)", zh="组间方差占比（η²）"),
    "cramers_v": Words(en="Cramér’s V", zh="克莱姆 V 系数"),
    "log_ratio": Words(en="Logarithm of the ratio", zh="比值的对数"),
    "ratio": Words(en="Ratio", zh="比值"),
    "share": Words(en="Share", zh="占比"),
    "pearson_of_ranks": Words(en="Correlation of ranks", zh="等级的相关系数"),
    "quartile_ranges": Words(en="Distance in interquartile ranges", zh="以四分位距计的距离"),
    "standard_deviations": Words(en="Difference in standard deviations", zh="以标准差计的差值"),
    "gini": Words(en="Gini coefficient", zh="基尼系数"),
    "difference": Words(en="Difference", zh="差值"),
}

# What queries of the report call their columns.
RESULT_NAMES = {
    "n": Words(en="rows", zh="行数"),
    "rows": Words(en="rows", zh="行数"),
    "group": Words(en="group", zh="组"),
    "kind": Words(en="kind", zh="类别"),
    "value": Words(en="figure", zh="数值"),
    "period": Words(en="period", zh="时段"),
    "hour": Words(en="hour", zh="小时"),
    "r": Words(en="correlation", zh="相关系数"),
    "sd": Words(en="standard deviation", zh="标准差"),
    "filled": Words(en="with a value", zh="有值"),
    "known": Words(en="rows with all parts", zh="各项齐全的行"),
    "both": Words(en="rows with both", zh="两列均有值的行"),
    "equal": Words(en="rows that agree", zh="相符的行"),
}

TEST_NAMES = {
    "rank correlation": "等级相关检验",
    "chi-square": "卡方检验",
    "analysis of variance": "方差分析",
    "analysis of variance on ranks": "等级的方差分析",
    "difference of means": "均值之差的检验",
    "difference of shares": "比例之差的检验",
    "analysis of variance of log counts": "计数对数的方差分析",
    "regression of log counts": "计数对数的回归",
    "best single step": "最佳单一断点",
}

STAGE_NAMES = {
    "sample": "抽样", "profile": "各列概况", "formulas": "公式", "quality": "数据质量", "keys": "键",
    "missing": "缺失", "values": "取值", "relations": "关系", "pairs": "成对搜寻", "times": "时间",
    "compare": "比较", "rank": "排序", "words": "成句",
}  # fmt: skip

LANGUAGE_NAMES = {
    "en": Words(en="English", zh="英文"),
    "latin": Words(en="Latin letters", zh="拉丁字母"),
    "zh": Words(en="Chinese", zh="中文"),
    "ja": Words(en="Japanese", zh="日文"),
    "ko": Words(en="Korean", zh="韩文"),
    "cyrillic": Words(en="Cyrillic letters", zh="西里尔字母"),
    "other": Words(en="other", zh="其他"),
    "mixed": Words(en="mixed", zh="混合"),
    "none": Words(en="no words", zh="无文字"),
}


def meaning_words(meaning: str) -> Words:
    """What a column means; a type not known here keeps its name."""
    try:
        known = SemanticType(meaning)
    except ValueError:
        return Words(en=meaning, zh=meaning)
    return Words(en=_MEANINGS_EN[known], zh=MEANINGS[known])


def effect_words(name: str) -> Words:
    """The name of an effect's scale."""
    plain = name.replace("_", " ")
    return EFFECT_NAMES.get(name, Words(en=plain, zh=plain))


def test_words(name: str) -> Words:
    """The name of a statistical test; one not known here keeps its English name."""
    plain = name.replace("_", " ")
    return Words(en=plain, zh=TEST_NAMES.get(plain, plain))


def stage_words(name: str) -> Words:
    """The name of a step of making the report."""
    plain = name.replace("_", " ")
    return Words(en=plain, zh=STAGE_NAMES.get(name, plain))


def language_words(name: str) -> Words:
    """The name of a language."""
    return LANGUAGE_NAMES.get(name, Words(en=name, zh=name))
