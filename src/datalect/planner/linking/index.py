"""Which terms name which table, column or metric of a catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice, product

from datalect.data.model import Catalog, Column, SemanticType, Table
from datalect.planner.linking.glued import header_words
from datalect.planner.linking.text import fold, is_han
from datalect.planner.linking.tokens import split_header
from datalect.planner.linking.vocabulary import expand, segment_chinese, synonyms, term_key

Target = tuple[str, str]  # ("col", "table.column") | ("table", name) | ("metric", name)

_UNIT_WORDS = frozenset(
    "usd eur gbp cny rmb lbs lb kg kgs g mg cm mm km mi mph kmh sqft sqm cc cu in inches inch feet ft hours hrs mins"  # noqa: E501
    " secs sec pct percent dollars pounds kilograms pound kilogram celsius fahrenheit k m mm millions thousands"  # noqa: E501
    " million thousand mw gwh twh kwh sq meters metres meter 万元 元 亿元 万 平方米 公里 千米 千克 公斤 米 分钟 天 人 个".split()  # noqa: E501
)
_TABLE_SUFFIX = re.compile(r"(?:信息|数据|明细|记录|情况|统计|资料|清单|名单)*(?:表|单)?$")
_TABLE_WORDS = frozenset(
    "data dataset table tables list info csv raw clean cleaned final report records file set".split()
)
_YES_NO = ("是否", "有无")
_KEY_WORDS = frozenset({"id", "key", "code", "no", "number", "fk", "编号", "编码", "号", "代码"})
_NAME_WORDS = frozenset({"name", "title", "label", "description", "名称", "名", "姓名", "标题"})
_LINKERS = frozenset({"of", "the", "in", "per", "and", "for", "to", "a", "by", "的"})
_MAX_COMBINATIONS = 60


@dataclass(slots=True)
class TermIndex:
    """Terms of one catalogue.

    Attributes:
        terms: term key -> target -> fit, 0..1.
        words: every English word that is part of a term, for typos.
        longest_words: most words in an English term.
        longest_han: most characters in a Chinese term.
    """

    terms: dict[str, dict[Target, float]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    longest_words: int = 1
    longest_han: int = 1

    def add(self, term: str, target: Target, fit: float) -> None:
        """Let a term name a target."""
        key = term_key(term)
        if not key:
            return
        known = self.terms.setdefault(key, {})
        if fit <= known.get(target, 0.0):
            return
        known[target] = fit
        if any(is_han(c) for c in key):
            self.longest_han = max(self.longest_han, len(key))
        words = key.split(" ")
        self.longest_words = max(self.longest_words, len(words))
        self.words.update(w for w in words if w.isascii() and w.isalpha() and len(w) >= 4)


_RECENT: list[tuple[Catalog, TermIndex]] = []
_KEPT = 8


def term_index(catalog: Catalog) -> TermIndex:
    """The terms of a catalogue; built once per catalogue object."""
    for known, index in _RECENT:
        if known is catalog:
            return index
    index = _build(catalog)
    _RECENT.insert(0, (catalog, index))
    del _RECENT[_KEPT:]
    return index


def _build(catalog: Catalog) -> TermIndex:
    index = TermIndex()
    links = {
        (key.table, key.columns[0]): key.ref_table for key in catalog.foreign_keys if len(key.columns) == 1
    }
    for table in catalog.tables:
        _add_table(index, table)
        for column in table.columns:
            if not column.hidden:
                _add_column(index, table, column, linked=(table.name, column.name) in links)
    for table in catalog.tables if len(catalog.tables) > 1 else ():
        _add_owned(index, table)
    for table in catalog.tables:
        _rows_first(index, table)
        _things_of_ids(index, table)
    for (table_name, column_name), other in links.items():
        # "customer" in orders.customer_id speaks of the customers it points at
        words = [w for w in split_header(column_name) if w not in _KEY_WORDS]
        if words and other != table_name and catalog.table(other) is not None:
            index.add(_joined(words), ("table", other), 0.86)
            for name, score in synonyms(_joined(words)):
                index.add(name, ("table", other), 0.86 * score)
    for metric in catalog.metrics:
        for term, fit in ((metric.name, 1.0), (metric.label, 1.0), *((s, 0.99) for s in metric.synonyms)):
            if term:
                index.add(" ".join(split_header(term)), ("metric", metric.name), fit)
    return index


def _add_owned(index: TermIndex, table: Table) -> None:
    """Let "plane model", "customer country" and 飞机型号 name a column of the planes and the customers."""
    from datalect.planner.lexical.defaults import label_columns

    own = [w for w in split_header(table.name) if w not in _TABLE_WORDS]
    if not own:
        return
    whose = [(_joined(own), 1.0), *(n for n in synonyms(_joined(own)) if n[1] > 0.8)][:6]
    named = [c for c in label_columns(table) if c.meaning.type is not SemanticType.ID]
    if named:
        for owner, sure in whose:
            for word in ("名称", "名字", "姓名", "名") if is_han(owner[0]) else ("name", "title"):
                index.add(_joined([owner, word]), ("col", named[0].id), 0.93 * sure)
    for column in table.columns:
        words = split_header(column.name)
        if column.hidden or not words:
            continue
        spelled = _joined([part for word in words for part in expand(word).split()])
        names = [(spelled, 1.0), *(n for n in synonyms(spelled) if n[1] > 0.8)][:6]
        for owner, sure in whose:
            for name, score in names:
                if is_han(owner[0]) == is_han(name[0]):
                    index.add(_joined([owner, name]), ("col", column.id), 0.97 * min(sure, score))
                    known = index.terms.get(term_key(_joined([owner, name])), {})
                    if (
                        known.get(("table", table.name), 1.0) < 0.95
                    ):  # 飞机型号 is a column where there is one
                        known[("table", table.name)] *= 0.8


def _rows_first(index: TermIndex, table: Table) -> None:
    """Let "flights" speak of the rows of a table rather than of its column of flight numbers."""
    for column in table.columns:
        same = term_key(column.name) == term_key(table.name) and fold(column.name) != fold(table.name)
        if not same or "INT" not in column.dtype.upper():
            continue
        mine, rows = ("col", column.id), ("table", table.name)
        for targets in index.terms.values():
            if mine in targets and rows in targets:
                targets[mine] = min(targets[mine], 0.45 * targets[rows])
        for word in ("number", "no", "id"):
            index.add(f"{column.name} {word}", mine, 0.97)
        for name, score in synonyms(column.name):
            if is_han(name[0]):
                index.add(f"{name}号", mine, score)


def _things_of_ids(index: TermIndex, table: Table) -> None:
    """Let "orders" mean the column Order ID rather than Order Date, where none holds their names."""
    visible = [c for c in table.columns if not c.hidden]
    for column in visible:
        words = split_header(column.name)
        thing = [w for w in words if w not in _KEY_WORDS]
        if len(thing) != 1 or len(words) != 2 or words[-1] not in _KEY_WORDS:
            continue
        others = [split_header(c.name) for c in visible if c is not column]
        if thing in others or any(o[:1] == thing and o[-1] in _NAME_WORDS for o in others):
            continue
        for name, score in ((thing[0], 1.0), *synonyms(thing[0])):
            known = index.terms.setdefault(term_key(name), {})
            if ("table", table.name) in known or score <= 0.8:
                continue
            index.add(name, ("col", column.id), 0.86 * score)
            for other in visible:
                if split_header(other.name)[:1] == thing and other is not column:
                    target = ("col", other.id)
                    known[target] = min(known.get(target, 0.0), 0.6 * score)


def _add_table(index: TermIndex, table: Table) -> None:
    target = ("table", table.name)
    for term in (table.label, *table.synonyms):
        if term:
            index.add(term, target, 0.99)
    words = split_header(table.name)
    _add_words(index, words, target, parts=0.95, head_only=True)
    telling = [w for w in words if w not in _TABLE_WORDS and not w.isdigit()]
    if telling and len(telling) < len(words) and all(w.isascii() for w in telling):
        _add_words(index, telling, target, parts=0.95, head_only=True, fit=0.97)
    for word in words:
        bare = _TABLE_SUFFIX.sub("", word)
        if bare and bare != word:
            _add_words(index, [bare], target, parts=0.95, head_only=True, fit=0.97)


def _add_column(index: TermIndex, table: Table, column: Column, *, linked: bool) -> None:
    target = ("col", column.id)
    for term in (column.label, *column.synonyms):
        if term:
            index.add(" ".join(split_header(term)), target, 0.99)
            index.add(term, target, 0.99)
    words = split_header(column.name)
    if not words:  # a header of signs only can be asked for by its exact text or a glossary name
        index.add(column.name, target, 0.99)
        return
    if words[0].startswith(_YES_NO) and len(words[0]) > 2:
        _add_words(
            index,
            [words[0].removeprefix("是否").removeprefix("有无"), *words[1:]],
            target,
            parts=0.78,
            fit=0.97,
        )
    if words[0] in ("is", "has", "was") and len(words) > 1:
        _add_words(index, words[1:], target, parts=0.78, fit=0.97)
    glued = header_words(column.name)
    if glued != words:
        _add_words(index, glued, target, parts=0.78, fit=0.97)
    # a column that is nothing but the key of its table is what the table itself is called by, less so
    parts = 0.62 if linked or column.meaning.type in (SemanticType.ID, SemanticType.CODE) else 0.78
    _add_words(index, words, target, parts=parts)
    for word in words:
        if "总" in word[1:-1]:  # 营业总成本 is the 营业成本, or the 总营业成本
            bare = word[0] + word[1:].replace("总", "", 1)
            _add_words(index, [bare], target, parts=parts, fit=0.92)
            _add_words(index, [f"总{bare}"], target, parts=parts, fit=0.95)
    if len(words) > 2 and words[-1] in ("code", "cd"):
        _add_words(index, words[:-1], target, parts=parts, fit=0.93)  # the product type in product_type_code
    prefix = {term_key(w) for w in split_header(table.name)}
    rest = [w for w in words if term_key(w) not in prefix]
    if rest and len(rest) < len(words):
        _add_words(index, rest, target, parts=parts, fit=0.95)


def _add_words(
    index: TermIndex,
    words: list[str],
    target: Target,
    *,
    parts: float,
    fit: float = 1.0,
    head_only: bool = False,
) -> None:
    if not words:
        return
    index.add(" ".join(words), target, fit)
    if len(words) > 1 and all(w.isascii() for w in words):
        index.add("".join(words), target, fit * 0.97)
    spelled = [part for word in words for part in expand(word).split()]
    index.add(" ".join(spelled), target, fit * 0.985)
    core = [w for w in spelled if w not in _UNIT_WORDS] or spelled
    if core != spelled:
        index.add(" ".join(core), target, fit * 0.96)
    core = [piece for word in core for piece in _pieces(word)]
    content = [w for i, w in enumerate(core) if w not in _LINKERS or i in (0, len(core) - 1)]
    if content and content != core:
        index.add(" ".join(content), target, fit * 0.95)
    if len(content) == 2 and not head_only and all(w.isascii() and len(w) > 2 for w in content):
        turned = f"{content[1]} {content[0]}"
        index.add(turned, target, fit * 0.93)  # temp_max is the "max temp"
        for name, score in synonyms(turned):
            if is_han(name[0]):
                index.add(name, target, fit * score)
        if len(words) == 2:
            for first, second in product(*({w, expand(w)} for w in reversed(words))):
                index.add(f"{first} {second}", target, fit * 0.93)
    _add_synonyms(index, core, target, fit)
    if core != words and len(words) > 1:
        for name, score in synonyms(_joined(words)):
            index.add(name, target, fit * score)
    if len(content) == 1 and is_han(content[0][0]) and len(content[0]) > 2:
        content = segment_chinese(content[0], whole=False)
    if len(content) > 1:
        _add_parts(index, content, target, fit * parts, head_only=head_only)


def _pieces(word: str) -> list[str]:
    return segment_chinese(word) if is_han(word[0]) else [word]


def _joined(words: Iterable[str]) -> str:
    out = ""
    for word in words:
        out += word if not out or (is_han(out[-1]) and is_han(word[0])) else " " + word
    return out


def _add_synonyms(index: TermIndex, words: list[str], target: Target, fit: float) -> None:
    whole = _joined(words)
    for name, score in synonyms(whole):
        index.add(name, target, fit * score)
    if not 2 <= len(words) <= 4:
        return
    # word by word: "customer city" is also 客户城市, and "客户城市" is also "client town"
    choices = []
    for word in words:
        known = [(word, 1.0), *synonyms(word)]
        choices.append([n for n in known if n[1] > 0.8][:9])
    for combination in islice(product(*choices), 1, _MAX_COMBINATIONS * 4):
        spelled = [name for name, _ in combination]
        if len({is_han(n[0]) for n in spelled}) > 1:
            continue
        score = min(s for _, s in combination)
        index.add(_joined(spelled), target, fit * score * 0.95)


def _add_parts(index: TermIndex, words: list[str], target: Target, fit: float, *, head_only: bool) -> None:
    size = sum(len(w) for w in words)
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            part = words[start:end]
            if len(part) == len(words) or (head_only and end != len(words)):
                continue
            share = sum(len(w) for w in part) / size
            head = end == len(words)
            score = fit * (0.8 + 0.15 * share + (0.05 if head else 0.0) + 0.04 * (len(part) - 1))
            if len(part) == 1 and part[0].isascii() and (len(part[0]) < 3 or part[0].isdigit()):
                score *= 0.6
            index.add(_joined(part), target, score)
            for name, close in synonyms(_joined(part)):
                if close > 0.8:
                    index.add(name, target, score * close)
