"""The names and labels that an answer's own table and filters bring into its sentences."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from datalect.answer.ground import Condition, FactSet, Field, in_cycle
from datalect.answer.lexicon import lexicon
from datalect.answer.safetext import visible

if TYPE_CHECKING:
    from datalect.planner.base import Language

_CUT = 79  # long names are shown cut, with an ellipsis
_CJK = re.compile(r"[\u3400-\u9fff]+")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_COMMON = frozenset(
    {"of", "the", "a", "an", "in", "by", "per", "and", "or", "to", "for", "with", "is", "on", "id"}
)

Refs = frozenset[tuple[str, Any]]


class Vocabulary:
    """Names of groups and filter constants, labels of columns, and where they occur in a sentence."""

    def __init__(self, ground: FactSet, language: Language) -> None:
        self.ground = ground
        self.language = language
        self._names: dict[str, set[tuple[str, Any]]] = defaultdict(set)
        self._labels: dict[str, set[str]] = defaultdict(set)
        self._whole: set[str] = set()
        self._gather_names()
        self._gather_labels()
        self._lengths = _by_first(self._names)
        self._label_lengths = _by_first(self._labels)
        self.units = frozenset(f.unit.lower() for f in self._shapes() if f.unit and not f.unit.isspace())
        self.knows_years = any(f.kind == "date" or in_cycle(f) for f in self._shapes()) or any(
            c.kind == "date" or c.op == "time" for c in self._conditions()
        )

    def _shapes(self) -> Iterator[Field]:
        yield from self.ground.fields
        for condition in self._conditions():
            if condition.shape is not None:
                yield condition.shape

    def _conditions(self) -> Iterator[Condition]:
        for condition in (*self.ground.conditions, *self.ground.keeps):
            yield from condition.walk()

    # ------------------------------------------------------------ names

    def _gather_names(self) -> None:
        for field in self.ground.fields:
            named = field.kind in ("text", "boolean") or _coded(field)
            for row in self.ground.rows:
                value = row.get(field.name)
                if not named and (value is not None or field.figure):
                    continue
                for surface in _surfaces(value, field, self.language):
                    self._names[surface.casefold()].add((field.name, _key(value)))
        for condition in self._conditions():
            for value in condition.values:
                if isinstance(value, str | bool):
                    for surface in _surfaces(value, condition.shape, self.language):
                        self._names[surface.casefold()].add(("", value))

    def name_at(self, text: str, at: int) -> tuple[int, Refs] | None:
        """The longest name at a place: where it ends and what it names."""
        folded = text.casefold()
        if len(folded) != len(text):  # folding changed positions (ß): compare exactly
            folded = text
        for length in self._lengths.get(folded[at], ()):
            piece = folded[at : at + length]
            if len(piece) < length or piece not in self._names or not _stands_alone(text, at, at + length):
                continue
            written = text[at : at + length]
            refs = self._names[piece]
            if length <= 3 and written.isascii():  # short codes only as stored: "US" is not "us"
                refs = {r for r in refs if str(r[1]).strip() == written or not isinstance(r[1], str)}
            if refs:
                return at + length, frozenset(refs)
        return None

    # ------------------------------------------------------------ labels

    def _gather_labels(self) -> None:
        for field in self.ground.fields:
            for words in {field.label, field.phrase}:
                self._add_label(
                    words.in_(self.language), field.name, whole=words == field.phrase and field.figure
                )
            self._add_label(field.name, field.name, whole=False)
            if field.counted is not None:
                for form in (field.counted.one, field.counted.many):
                    self._add_label(form, field.name, whole=False)
                self._add_label(field.counted.zh, field.name, whole=False)
        for condition in self._conditions():
            self._add_label(condition.label.in_(self.language), "", whole=False)
            if condition.other is not None:
                self._add_label(condition.other.in_(self.language), "", whole=True)
        noun = self.ground.noun
        for form in (noun.one, noun.many, noun.zh, noun.table.in_(self.language)):
            self._add_label(form, "", whole=False)

    def _add_label(self, label: str, field: str, *, whole: bool) -> None:
        label = label.strip()
        if not label:
            return
        self._labels[label.casefold()].add(field)
        if whole:
            self._whole.add(label.casefold())
        for word in _LATIN.findall(label):
            low = word.casefold()
            claims = set(lexicon("en").get(low, ())) - {"plain"}
            if low not in _COMMON and not claims and low not in _CLAIMS:
                for form in (low, low + "s", low + "es", low[:-1] + "ies", low.removesuffix("s")):
                    self._labels[form].add(field)
        for run in _CJK.findall(label):
            for start in range(len(run)):
                for end in range(start + 2, len(run) + 1):
                    if not any(claim in run[start:end] for claim in _CLAIMS_ZH):
                        self._labels[run[start:end]].add(field)

    def label_at(self, text: str, at: int) -> tuple[int, frozenset[str], bool] | None:
        """The longest label at a place: its end, the fields it names, whether it is a whole figure."""
        folded = text.casefold()
        if len(folded) != len(text):
            folded = text
        for length in self._label_lengths.get(folded[at], ()):
            piece = folded[at : at + length]
            if len(piece) == length and piece in self._labels and _stands_alone(text, at, at + length):
                return at + length, frozenset(self._labels[piece]), piece in self._whole
        return None


# Words inside labels that are claims of their own: they must be proven, not waved through as vocabulary.
_CLAIMS = frozenset(
    "total average mean median maximum minimum highest lowest number count different distinct earliest "
    "latest standard deviation correlation share rank percent change difference "
    "cumulative moving contribution "
    "most least sum up down growth increase decrease more less no not".split()
)
_CLAIMS_ZH = (
    "总", "平均", "中位", "最大", "最小", "最高", "最低", "最早", "最晚", "不同",
    "标准差", "相关", "占比",
    "排名", "变化",
    "累计", "合计", "数量", "增长", "下降",
)  # fmt: skip


def _by_first(names: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    lengths: dict[str, set[int]] = defaultdict(set)
    for name in names:
        if name:
            lengths[name[0]].add(len(name))
    return {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}


def _coded(field: Field) -> bool:
    return field.kind == "number" and not field.figure and not field.width and not in_cycle(field)


def _key(value: Any) -> Any:
    return value


def _surfaces(value: Any, field: Field | None, language: Language) -> Iterator[str]:
    """The ways a cell may be written as a name."""
    label = field.label.in_(language) if field is not None else ""
    if value is None:
        yield f"(no {label})" if language == "en" else f"（{label}缺失）"
        return
    if isinstance(value, bool):
        words = {"en": ("yes", "true") if value else ("no", "false"), "zh": ("是",) if value else ("否",)}
        for word in words[language]:
            yield from (f"{label} = {word}", f"{label}为{word}", f"{label} is {word}", f"{label}: {word}")
        return
    if isinstance(value, int | float):
        number = f"{value:g}" if isinstance(value, float) else str(value)
        if label:
            yield from (f"{label} {number}", f"{label}{number}", f"{label}为{number}", f"{label} = {number}")
        return
    text = str(value).strip()
    shown = visible(text)
    for form in {text, shown, shown[:_CUT] + "…" if len(shown) > _CUT else shown}:
        if not form:
            yield "(blank)" if language == "en" else "（空白）"
        elif _numeric(form):
            yield from (f"“{form}”", f'"{form}"')  # bare, it would read as a figure
        else:
            yield form


def _numeric(text: str) -> bool:
    return bool(re.fullmatch(r"[\d.,%\-−+$€£¥\s]+", text))


def _stands_alone(text: str, start: int, end: int) -> bool:
    def latin(char: str) -> bool:
        return char.isascii() and (char.isalnum() or char == "_")

    before = start and latin(text[start]) and latin(text[start - 1])
    after = end < len(text) and latin(text[end - 1]) and latin(text[end])
    return not (before or after)
