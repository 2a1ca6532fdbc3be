"""Names for people: columns, tables and figures in both languages."""

from __future__ import annotations

import re
from typing import Any

from datalect.answer.ground import Noun, Words
from datalect.answer.safetext import visible
from datalect.data.model import Catalog, Column, Table
from datalect.plan.model import Aggregate, Lit, MetricUse, Nested, Ratio

_CJK = re.compile(r"[\u3400-\u9fff]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ACRONYM = re.compile(r"[A-Z]{2,}[0-9]*s?|[A-Z][0-9]+")
# Ends that look plural and are not.
_NOT_PLURAL = ("ss", "us", "is", "news", "status", "series", "address", "gross", "sales")


def is_chinese(text: str) -> bool:
    """Whether a text holds Chinese characters."""
    return bool(_CJK.search(text))


def humanise(name: str) -> str:
    """A column or table name as words: ``unit_price`` and ``UnitPrice`` become ``unit price``."""
    text = visible(name).strip()
    if is_chinese(text):
        return text.replace("_", "")
    if " " not in text:
        text = _CAMEL.sub(" ", text)
    words = re.sub(r"[_\s]+", " ", text).strip().split(" ")
    return " ".join(w if _ACRONYM.fullmatch(w) and len(words) >= 1 else w.lower() for w in words) or name


def column_words(column: Column) -> Words:
    """The name of a column in both languages, the glossary's first."""
    names = [n for n in (column.label, *column.synonyms) if n]
    english = column.label if column.label and not is_chinese(column.label) else humanise(column.name)
    chinese = next((n for n in names if is_chinese(n)), "") or column.label or humanise(column.name)
    if is_chinese(english):
        english = next((n for n in names if not is_chinese(n)), english)
    return Words(en=visible(english), zh=visible(chinese))


def reference_words(catalog: Catalog, reference: str) -> Words:
    """The name of what a plan's reference points to; the table is named when columns share a name."""
    column = find_column(catalog, reference)
    if column is None:
        last = re.split(r"[>.]", reference)[-1]
        return Words(en=humanise(last), zh=humanise(last))
    words = column_words(column)
    if ">" in reference:
        key = humanise(re.split(r"[.]", reference.split(">")[0])[-1])
        if key not in words.en:
            return Words(en=f"{key} {words.en}", zh=f"{key}的{words.zh}")
    return words


def group_words(catalog: Catalog, reference: str) -> Words:
    """The name of what rows are grouped by: the names of customers are customers."""
    words = reference_words(catalog, reference)
    column = find_column(catalog, reference)
    table = catalog.table(column.table) if column is not None else None
    if column is None or table is None or ">" in reference:
        return words
    if column.label or column.name.casefold() != "name":
        return words
    noun = table_noun(table, table.name)
    if noun.generic:
        return words
    chinese = next((s for s in (table.label, *table.synonyms) if is_chinese(s)), words.zh)
    return Words(en=noun.one, zh=chinese)


def find_column(catalog: Catalog, reference: str) -> Column | None:
    """The column a checked reference points to."""
    return catalog.column(reference.split(">")[-1])


def plural(word: str) -> str:
    """An English noun phrase in the plural (its last word)."""
    low = word.lower()
    if looks_plural(word):
        return word
    if low.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if low.endswith("y") and low[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def looks_plural(word: str) -> bool:
    """Whether an English noun phrase ends in a plural."""
    low = word.lower()
    return (low.endswith("s") and not low.endswith(_NOT_PLURAL)) or low.endswith("people")


def singular(word: str) -> str:
    """An English plural in the singular."""
    if not looks_plural(word):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word[:-6] + "person" if word.endswith("people") else word[:-1]


def table_noun(table: Table | None, name: str) -> Noun:
    """What the rows of a table are called: ``flights``, 订单; plain rows where its name is no plural."""
    label = (table.label if table else "") or ""
    names = [n for n in (label, *(table.synonyms if table else ())) if n]
    english = humanise(label if label and not is_chinese(label) else name)
    chinese = next((n for n in names if is_chinese(n)), "")
    table_words = Words(en=visible(english), zh=visible(chinese or (name if is_chinese(name) else english)))
    words = english.split()
    generic = not (looks_plural(english) and len(words) <= 2 and english.replace(" ", "").isalpha())
    if generic or is_chinese(english):
        return Noun(one="row", many="rows", zh=chinese or "记录", generic=True, table=table_words)
    return Noun(one=singular(english), many=english, zh=chinese or "记录", generic=False, table=table_words)


# ---------------------------------------------------------------- figures

_ZH_SUPERLATIVE = {"min": "最小", "max": "最大"}


def measure_words(measure: Any, catalog: Catalog, noun: Noun, *, date: bool = False) -> Words:
    """What a measure is called, as a noun phrase: "average unit price", 平均单价."""
    if isinstance(measure, MetricUse):
        metric = catalog.metric(measure.metric)
        name = humanise((metric.label if metric else "") or measure.metric)
        chinese = next((s for s in (metric.synonyms if metric else ()) if is_chinese(s)), name)
        return Words(en=name, zh=chinese)
    if isinstance(measure, Ratio):
        top = measure_words(measure.num, catalog, noun)
        bottom = measure_words(measure.den, catalog, noun)
        if measure.as_ and not is_generated(measure.as_):
            return Words(en=humanise(measure.as_), zh=humanise(measure.as_))
        if measure.fn == "difference":
            english = f"difference between the {top.en} and the {bottom.en}"
            return Words(en=english, zh=f"{top.zh}与{bottom.zh}之差")
        return Words(en=f"ratio of {top.en} to {bottom.en}", zh=f"{top.zh}与{bottom.zh}之比")
    if isinstance(measure, Nested):
        return _nested_words(measure, catalog, noun)
    return _aggregate_words(measure, catalog, noun, date=date)


def is_generated(name: str) -> bool:
    """Whether a ratio's name was made up from its parts rather than given."""
    return "_per_" in name or "_minus_" in name or "." in name


def subject_words(measure: Aggregate, catalog: Catalog) -> Words:
    """The column or expression an aggregate is taken of."""
    if measure.col is not None:
        return reference_words(catalog, measure.col)
    if measure.expr is not None:
        return expression_words(measure.expr, catalog)
    return Words(en="", zh="")


_OPERATORS = {"*": " × ", "+": " + ", "-": " − ", "/": " ÷ "}
_ZH_UNITS = {
    "year": "年", "quarter": "季度", "month": "月", "week": "周", "day": "天", "hour": "小时",
    "minute": "分钟", "second": "秒", "weekday": "星期", "half": "半年", "day_of_year": "年内日序",
}  # fmt: skip


def expression_words(expr: Any, catalog: Catalog) -> Words:
    """A row-wise expression in words."""
    if isinstance(expr, Lit):
        return Words(en=str(expr.lit), zh=str(expr.lit))
    if isinstance(expr, int | float):
        return Words(en=f"{expr:g}", zh=f"{expr:g}")
    if isinstance(expr, str):
        return reference_words(catalog, expr)
    head, *rest = expr
    if head in _OPERATORS:
        parts = [expression_words(part, catalog) for part in rest]
        sign = _OPERATORS[str(head)]
        return Words(en=sign.join(p.en for p in parts), zh=sign.join(p.zh for p in parts))
    if head == "date_diff":
        unit, start, end = rest
        a, b = expression_words(start, catalog), expression_words(end, catalog)
        return Words(
            en=f"{plural(str(unit))} from {a.en} to {b.en}",
            zh=f"{a.zh}到{b.zh}的{_ZH_UNITS.get(str(unit), str(unit))}数",
        )
    if head == "date_part":
        unit, of = rest
        inner = expression_words(of, catalog)
        return Words(
            en=f"{humanise(str(unit))} of {inner.en}", zh=f"{inner.zh}的{_ZH_UNITS.get(str(unit), str(unit))}"
        )
    inner = expression_words(rest[0], catalog) if rest else Words(en="now", zh="当前时间")
    named = {"length": ("length of ", "的长度"), "abs": ("absolute value of ", "的绝对值")}
    before, after = named.get(str(head), ("", ""))
    return Words(en=before + inner.en, zh=inner.zh + after)


def _aggregate_words(measure: Aggregate, catalog: Catalog, noun: Noun, *, date: bool) -> Words:
    of = subject_words(measure, catalog)
    if measure.expr is not None and measure.as_ and "." not in measure.as_:
        of = Words(en=humanise(measure.as_), zh=humanise(measure.as_))
    fn = measure.fn
    if fn == "count":
        if not of.en:
            return Words(en=f"number of {noun.many}", zh=f"{noun.zh}数")
        return Words(en=f"number of {noun.many} with a known {of.en}", zh=f"有{of.zh}的{noun.zh}数")
    if fn == "distinct":
        return Words(en=f"number of different {plural(of.en)}", zh=f"不同{of.zh}的数量")
    if fn == "corr":
        other = reference_words(catalog, measure.with_ or "")
        return Words(en=f"correlation between {of.en} and {other.en}", zh=f"{of.zh}与{other.zh}的相关系数")
    if fn == "percentile":
        rank = f"{(measure.p or 0) * 100:g}"
        return Words(en=f"{ordinal(rank)} percentile of {of.en}", zh=f"{of.zh}的第{rank}百分位数")
    if fn in ("min", "max"):
        english = {"min": "earliest", "max": "latest"} if date else {"min": "minimum", "max": "maximum"}
        chinese = {"min": "最早", "max": "最晚"} if date else _ZH_SUPERLATIVE
        return Words(en=_once(english[fn], of.en), zh=_once(chinese[fn], of.zh))
    table = {
        "sum": ("total", "总"),
        "avg": ("average", "平均"),
        "median": ("median", "中位"),
        "stddev": ("standard deviation of", "标准差"),
    }
    english_word, chinese_word = table[fn]
    if fn == "median":
        return Words(en=_once("median", of.en), zh=f"{of.zh}中位数")
    if fn == "stddev":
        return Words(en=f"{english_word} {of.en}", zh=f"{of.zh}的标准差")
    if fn == "sum" and not is_chinese(of.zh):
        return Words(en=_once(english_word, of.en), zh=f"{of.zh}总和")
    return Words(en=_once(english_word, of.en), zh=_once(chinese_word, of.zh))


def _once(word: str, phrase: str) -> str:
    """The word before the phrase, unless the phrase starts with it already."""
    if phrase.lower().startswith(word):
        return phrase
    return f"{word}{phrase}" if is_chinese(word) else f"{word} {phrase}"


def ordinal(number: str) -> str:
    """An English ordinal in digits: 1st, 2nd, 90th."""
    if not number.isdigit():
        return number + "th"
    last, teens = int(number) % 10, int(number) % 100
    ending = "th" if 10 <= teens <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(last, "th")
    return number + ending


def _nested_words(measure: Nested, catalog: Catalog, noun: Noun) -> Words:
    first = measure.per[0]
    reference = first if isinstance(first, str) else (first.col or "")
    per = reference_words(catalog, reference)
    per_en = re.sub(r"\s?(id|ID|key|code)$", "", per.en) or per.en
    per_zh = re.sub(r"(ID|id|编号|代码)$", "", per.zh).strip() or per.zh
    inner = _aggregate_words(measure.of, catalog, noun, date=False)
    if measure.fn == "count":
        return Words(en=f"number of {plural(per_en)}", zh=f"{per_zh}数")
    english = {
        "avg": "average", "sum": "total", "min": "minimum", "max": "maximum", "median": "median",
        "stddev": "standard deviation of the",
    }[measure.fn]  # fmt: skip
    chinese = {
        "avg": "平均", "sum": "合计", "min": "最小", "max": "最大", "median": "中位", "stddev": "标准差",
    }[measure.fn]  # fmt: skip
    if measure.fn in ("median", "stddev"):
        tail = "中位数" if measure.fn == "median" else "标准差"
        return Words(en=f"{english} {inner.en} per {per_en}", zh=f"每个{per_zh}的{inner.zh}的{tail}")
    return Words(en=f"{english} {inner.en} per {per_en}", zh=f"每个{per_zh}的{chinese}{inner.zh}")
