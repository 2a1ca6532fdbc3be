"""What mining hands to ranking and to words: a fact before it is worded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from datalect.answer.ground import Field, Kind, Words
from datalect.answer.labels import column_words
from datalect.answer.safetext import visible
from datalect.data.model import Column, Grain, SemanticType
from datalect.data.profile import kind_of
from datalect.report.model import NO_EVIDENCE, ChartSpec, Evidence, FactType, Section, Segments, Severity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from datalect.answer.ground import Noun
    from datalect.report.masks import Masker
    from datalect.report.reader import PlanResult, TableReader
    from datalect.report.variables import Sample

_NAME_LENGTH = 60
_YEAR_NAMES = re.compile(r"(?i)(^|[_\s])(yr|year)($|[_\s])|年份|年度")


@dataclass(slots=True)
class Tests:
    """All p values of a report, so that each is corrected for the number of all."""

    values: list[float] = field(default_factory=list)
    _adjusted: Any = None

    def add(self, p: float) -> int:
        """Register one test and get its place."""
        self.values.append(p)
        self._adjusted = None
        return len(self.values) - 1

    def adjusted(self, place: int) -> float:
        """The p value at a place, corrected for all tests made so far."""
        import numpy as np

        from datalect.report.stats import adjusted_p

        if self._adjusted is None:
            self._adjusted = adjusted_p(np.asarray(self.values, dtype=float))
        return float(self._adjusted[place])


@dataclass(slots=True)
class Finding:
    """A fact before it is worded.

    Attributes:
        form: which sentence says it; see ``words_en`` and ``words_zh``.
        type: what kind of fact.
        columns: the columns it is about, the most important first.
        values: every figure, exactly as computed. Keys are what sentences call them.
        names: every name, in both languages.
        shapes: how figures are written (unit, currency, percent), by the key of ``values``.
        impact: 0..1, how much of the table, or of what is counted in it, this concerns.
        surprise: 0..1, how little it goes without saying.
        place: its test in ``Tests``; None for what is exact.
        cluster: findings with the same cluster say nearly the same; the first in rank stays.
        target: whether it concerns the column to explain.
    """

    form: str
    type: FactType
    columns: tuple[str, ...]
    section: Section = "values"
    severity: Severity = "info"
    values: dict[str, Any] = field(default_factory=dict)
    names: dict[str, Words] = field(default_factory=dict)
    shapes: dict[str, Field] = field(default_factory=dict)
    effect: float | None = None
    effect_name: str = ""
    interval: tuple[float, float] | None = None
    place: int | None = None
    test: str = ""
    n: int = 0
    exact: bool = True
    result: PlanResult | None = None
    sql: str = ""
    rows: tuple[Mapping[str, Any], ...] = ()
    chart: ChartSpec | None = None
    segments: Segments | None = None
    impact: float = 0.5
    surprise: float = 0.5
    cluster: str = ""
    target: bool = False
    evidence: Evidence = NO_EVIDENCE


@dataclass(slots=True)
class Context:
    """What every miner works with.

    Attributes:
        reader: asks the table.
        sample: the sampled rows.
        tests: p values of the whole report.
        mask: hides what identifies people.
        noun: what the rows are called.
        target: the column to explain, or "".
        derived: columns that are computed from others -> those others; filled by the miner of formulas.
        same: columns that hold the same values as another -> that other.
        bound: pairs of columns of which one follows from the other: a relation between them is no news.
        alike: pairs of columns so close that a relation of one is a relation of the other.
    """

    reader: TableReader
    sample: Sample
    tests: Tests
    mask: Masker
    noun: Noun
    target: str = ""
    derived: dict[str, tuple[str, ...]] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)
    bound: set[frozenset[str]] = field(default_factory=set)
    alike: set[frozenset[str]] = field(default_factory=set)

    @property
    def rows(self) -> int:
        """Rows of the table."""
        return self.reader.table.rows

    def column(self, name: str) -> Column:
        """A column of the table."""
        found = self.reader.table.column(name)
        if found is None:
            raise KeyError(name)
        return found

    def noun_words(self) -> Words:
        """What the rows are called, for titles."""
        return Words(en=self.noun.many, zh=f"{self.noun.zh}数")

    def present(self, name: str) -> NDArray[np.bool_]:
        """Which sampled rows have a value."""
        result: NDArray[np.bool_] = ~self.sample.missing[name]
        return result

    def value_name(self, column: str, value: Any) -> Words:
        """A stored value as it may stand in a sentence: cut, masked, quoted where it could mislead."""
        from datalect.answer.formats import group_name, name_text

        if value is None:
            return Words(en="(missing)", zh="（缺失）")
        if isinstance(value, bool):
            return Words(en="yes" if value else "no", zh="是" if value else "否")
        if isinstance(value, str):
            value = self.mask.value(column, value)
            value = value if len(value) <= _NAME_LENGTH else value[: _NAME_LENGTH - 1] + "…"
            return Words(en=name_text(value, "en"), zh=name_text(value, "zh"))
        if column in self.mask.personal:
            return Words(en=self.mask.value(column, value), zh=self.mask.value(column, value))
        if isinstance(value, int | float):
            shown = f"{value:.12g}" if isinstance(value, float) else str(value)
            return Words(en=shown, zh=shown)
        shape = shape_of(self.column(column))
        return Words(en=group_name(value, shape, "en"), zh=group_name(value, shape, "zh"))


def shape_of(column: Column, fn: str = "") -> Field:
    """How cells of a column are written."""
    meaning = column.meaning
    percent = {SemanticType.PERCENT: 1.0}.get(meaning.type, 0.0)
    kinds: dict[str, Kind] = {
        "integer": "number",
        "float": "number",
        "temporal": "date",
        "zoned": "date",
        "boolean": "boolean",
    }
    label = column_words(column)
    return Field(
        name=column.name,
        role="measure" if fn else "list",
        kind=kinds.get(kind_of(column.dtype), "text"),
        label=label,
        phrase=label,
        fn=fn,
        # Miles per gallon are not gallons.
        unit=meaning.unit if meaning.type is not SemanticType.PERCENT and " per " not in label.en else None,
        currency=meaning.currency,
        percent=percent,
        grain=meaning.grain or (Grain.YEAR if _holds_years(column) else None),
    )


def _holds_years(column: Column) -> bool:
    """Whether whole numbers are years by their name and range, whatever else was made of them."""
    low, high = column.profile.minimum, column.profile.maximum
    return (
        column.meaning.grain is None
        and isinstance(low, int | float)
        and isinstance(high, int | float)
        and 1000 <= low <= high <= 2999
        and _YEAR_NAMES.search(column.name) is not None
    )


def plain_shape(percent: float = 0.0, unit: str | None = None) -> Field:
    """How a figure without a column is written."""
    none = Words(en="", zh="")
    return Field(name="", role="measure", kind="number", label=none, phrase=none, percent=percent, unit=unit)


def quoted(text: str) -> Words:
    """A stored text shown with its blanks, in quotation marks."""
    shown = visible(text)
    shown = shown if len(shown) <= _NAME_LENGTH else shown[: _NAME_LENGTH - 1] + "…"
    return Words(en=f"“{shown}”", zh=f"“{shown}”")


def shortened(words: Words) -> Words:
    """A name that fits into a sentence: questions of a survey are cut."""
    return Words(en=_cut(words.en), zh=_cut(words.zh))


def _cut(text: str) -> str:
    return text if len(text) <= _NAME_LENGTH + 2 else text[: _NAME_LENGTH - 1].rstrip() + "…"
