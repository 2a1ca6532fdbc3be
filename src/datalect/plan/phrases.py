"""What the wordings of both languages share: labels of columns, values as text, stretches of the calendar."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from datalect.data.model import Catalog, Column, Grain, SemanticType
from datalect.errors import PlanError
from datalect.plan.joins import Reference, key_text
from datalect.plan.model import (
    Aggregate,
    AnyOf,
    Breakdown,
    ColumnTest,
    HasTest,
    Keep,
    ListItem,
    Lit,
    Measure,
    MetricUse,
    Nested,
    Not,
    Ratio,
    Step,
    Test,
    TimeTest,
    item_name,
    measure_name,
)
from datalect.plan.names import Names
from datalect.plan.spans import Stretch, counts_from, resolve_span
from datalect.plan.types import is_temporal, kind_of
from datalect.plan.walk import expr_of, is_share

_HAN = re.compile(r"[\u3400-\u9fff]")
_EXACT_TYPES = frozenset({SemanticType.YEAR, SemanticType.ID, SemanticType.CODE, SemanticType.PHONE})


def has_han(text: str) -> bool:
    """Whether a text holds Chinese characters."""
    return bool(_HAN.search(text))


@dataclass(frozen=True)
class Phrases(ABC):
    """Turns the parts of a checked plan into noun phrases and conditions of one language.

    Attributes:
        catalog: the tables.
        names: resolves references.
        as_of: the moment that is now.
        outputs: output name -> how it is spoken of.
        given: the moment relative time counts from on every column, or None for each column's own.
    """

    catalog: Catalog
    names: Names
    as_of: datetime
    outputs: dict[str, str] = field(default_factory=dict)
    given: datetime | None = None

    chinese: ClassVar[bool] = False

    # ------------------------------------------------------------ names

    def label(self, item: Any) -> str:
        """The name of a table, column or metric for people of this language."""
        words = [item.label, *item.synonyms]
        fitting = [word for word in words if word and has_han(word) == self.chinese]
        if fitting and (self.chinese or has_han(item.name)):
            return str(fitting[0])
        if item.label and not has_han(item.label):
            return str(item.label)
        return item.name.replace("_", " ").strip() or str(item.name)

    def table(self, name: str) -> str:
        """A table for people."""
        found = self.catalog.table(name)
        return name if found is None else self.label(found)

    def find(self, text: str, base: str) -> Reference | None:
        """The column a reference means, or None."""
        try:
            return self.names.forward(text, base)
        except PlanError:
            return None

    def column(self, text: str, base: str, *, outside: bool = False) -> str:
        """A column for people, with its table and the key that leads there when it is not of the base table.

        ``outside`` names the table in any case.
        """
        reference = self.find(text, base)
        if reference is None:
            return text
        label = self.label(reference.column)
        path = reference.path
        if not path.keys and not outside:
            return label
        ways = self.names.graph.paths(path.start, path.end)
        via = "" if ways == (path,) else key_text(path.keys[0])
        return self.of_table(label, self.table(path.end), via)

    def value(self, value: Any, column: Column | None = None) -> str:
        """A constant as text."""
        if isinstance(value, bool):
            return self.truth(value)
        if isinstance(value, (int, float)):
            exact = column is not None and column.meaning.type in _EXACT_TYPES
            if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
                value = int(value)
            return str(value) if exact else f"{value:,}"
        return self.quoted(str(value))

    # ------------------------------------------------------------ dispatch

    def test(self, test: Test, base: str) -> str:
        """A test as a condition."""
        if isinstance(test, AnyOf):
            return self.either([self.test(part, base) for part in test.any])
        if isinstance(test, Not):
            inner = test.not_
            if isinstance(inner, ColumnTest) and inner.op == "null":
                return self.present(self.expression(expr_of(inner), base))
            return self.denied(self.test(inner, base))
        if isinstance(test, HasTest):
            return self.has(test, base)
        if isinstance(test, TimeTest):
            return self.time(test, base)
        return self.comparison(test, base)

    def tests(self, tests: Sequence[Test], base: str) -> str:
        """Tests that must all hold."""
        return self.both([self._bracketed(test, base, alone=len(tests) == 1) for test in tests])

    def _bracketed(self, test: Test, base: str, *, alone: bool) -> str:
        """A condition, in brackets where an "and" after it could be taken for part of it."""
        text = self.test(test, base)
        loose = isinstance(test, (AnyOf, Not)) or (isinstance(test, HasTest) and bool(test.where))
        return self.bracketed(text) if loose and not alone else text

    def is_dated(self, expr: Any, base: str) -> bool:
        """Whether an expression is a bare column of dates or times."""
        reference = self.find(expr, base) if isinstance(expr, str) else None
        return reference is not None and is_temporal(kind_of(reference.column.dtype))

    def measure(self, node: Measure, base: str) -> str:
        """A measure as a noun phrase."""
        if isinstance(node, MetricUse):
            return node.metric
        if isinstance(node, Ratio):
            if is_share(node) and isinstance(node.num, Aggregate) and isinstance(node.den, Aggregate):
                return self.part(self._whole(node.den, base), self.tests(node.num.where, base))
            joined = self.ratio if node.fn == "ratio" else self.less
            return joined(self.measure(node.num, base), self.measure(node.den, base))
        if isinstance(node, Nested):
            return self.nested(node, base)
        return self.aggregate(node, base)

    def _whole(self, node: Aggregate, base: str) -> str:
        """What a share is a part of: the rows themselves rather than their number."""
        if expr_of(node) is None and node.each is None:
            return self.table(base)
        return self.aggregate(node, base)

    def named(self, node: Measure, base: str) -> str:
        """A measure that is shown: under the name it was given, with what it computes in brackets."""
        phrase = self.measure(node, base)
        label = self.output(measure_name(node))
        return phrase if label == phrase else self.explained(label, phrase)

    def aggregate(self, node: Aggregate, base: str) -> str:
        """An aggregate as a noun phrase with its own filter."""
        home = base if node.each is None else node.each.rpartition(">")[2]
        expr = expr_of(node)
        outside = home != base
        of = self.table(home) if expr is None else self.expression(expr, home, outside=outside)
        other = "" if node.with_ is None else self.column(node.with_, home, outside=outside)
        dated = self.is_dated(expr, home)
        phrase = self.figure(node, of, other, rows=expr is None, dated=dated)
        if expr is not None and node.each is not None and self._weighted(node, home):
            phrase = self.per_row(phrase, self.table(home))
        return self.filtered(phrase, self.tests(node.where, base)) if node.where else phrase

    def _weighted(self, node: Aggregate, home: str) -> bool:
        """Whether the column measured lies on the one side of the rows it is measured over."""
        if node.col is None:
            return False
        reference = self.find(node.col, home)
        return reference is not None and bool(reference.path.keys)

    def breakdown(self, node: str | Breakdown, base: str) -> str:
        """A breakdown as a noun phrase."""
        if isinstance(node, str):
            return self.column(node, base)
        of = self.expression(expr_of(node), base)
        if node.grain is not None:
            return self.at_grain(of, node.grain)
        return of if node.width is None else self.in_bins(of, self.value(node.width))

    def expression(self, expr: Any, base: str, *, outside: bool = False) -> str:
        """A row-wise expression."""
        if isinstance(expr, str):
            return self.column(expr, base, outside=outside)
        if isinstance(expr, Lit):
            return self.value(expr.lit)
        if isinstance(expr, (int, float)):
            return self.value(expr)
        operator = expr[0]
        if operator in ("date_diff", "date_part"):
            parts = [self.expression(part, base, outside=outside) for part in expr[2:]]
            return self.date_function(operator, str(expr[1]), parts)
        parts = [
            f"({text})" if isinstance(part, list) and part[0] in "+-*/" else text
            for part, text in ((part, self.expression(part, base, outside=outside)) for part in expr[1:])
        ]
        if operator in ("length", "abs", "now"):
            return self.function(operator, parts)
        sign = {"*": " × ", "/": " ÷ ", "-": " − ", "+": " + "}[operator]
        return f"−{parts[0]}" if len(parts) == 1 else sign.join(parts)

    def output(self, name: str) -> str:
        """How an output column is spoken of."""
        return self.outputs.get(name, name)

    def shown(self, item: str | ListItem, base: str) -> str:
        """A column of a row list, explained when it was given a name of its own."""
        expr = item if isinstance(item, str) else item.expr
        phrase, label = self.expression(expr, base), self.output(item_name(item))
        return phrase if label == phrase else self.explained(label, phrase)

    def sort_key(self, name: str, base: str) -> str:
        """A sort key: an output, or for row lists a column that is not shown."""
        return self.outputs[name] if name in self.outputs else self.column(name, base)

    # ------------------------------------------------------------ time

    def stretch(self, test: TimeTest, base: str) -> Stretch:
        """The stretch a filter on time means at the moment of reference."""
        reference = self.find(test.time, base)
        now = self.as_of if reference is None else counts_from(reference.column, self.catalog, self.given)
        return resolve_span(test.in_, now, self.catalog.fiscal_year_start)

    def last_moment(self, end: datetime) -> datetime:
        """The last moment that is still inside, as a day or as a time."""
        return end - (timedelta(days=1) if end.time() == datetime.min.time() else timedelta(microseconds=1))

    def whole_unit(self, stretch: Stretch) -> Grain | None:
        """The calendar unit a stretch fills exactly: year, month or day."""
        start, end = stretch.start, stretch.end
        if start is None or end is None or start.time() != datetime.min.time():
            return None
        if end - start == timedelta(days=1):
            return Grain.DAY
        if start.day != 1 or end.day != 1 or end.time() != datetime.min.time():
            return None
        months = (end.year - start.year) * 12 + end.month - start.month
        if months == 1:
            return Grain.MONTH
        return Grain.YEAR if months == 12 and start.month == 1 else None

    # ------------------------------------------------------------ words of the language

    @abstractmethod
    def quoted(self, text: str) -> str:
        """A text in quotation marks."""

    @abstractmethod
    def truth(self, value: bool) -> str:
        """True or false."""

    @abstractmethod
    def explained(self, label: str, phrase: str) -> str:
        """A name with its meaning in brackets."""

    @abstractmethod
    def of_table(self, column: str, table: str, via: str) -> str:
        """A column of another table."""

    @abstractmethod
    def either(self, parts: Sequence[str]) -> str:
        """At least one of several conditions."""

    @abstractmethod
    def both(self, parts: Sequence[str]) -> str:
        """All of several conditions."""

    @abstractmethod
    def bracketed(self, condition: str) -> str:
        """A condition in brackets."""

    @abstractmethod
    def present(self, subject: str) -> str:
        """Something is not missing."""

    @abstractmethod
    def denied(self, condition: str) -> str:
        """The opposite of a condition."""

    @abstractmethod
    def has(self, test: HasTest, base: str) -> str:
        """A condition about partner rows."""

    @abstractmethod
    def time(self, test: TimeTest, base: str) -> str:
        """A condition about time."""

    @abstractmethod
    def comparison(self, test: ColumnTest, base: str) -> str:
        """A comparison."""

    @abstractmethod
    def ratio(self, num: str, den: str) -> str:
        """A quotient of two figures."""

    @abstractmethod
    def less(self, num: str, den: str) -> str:
        """A difference of two figures."""

    @abstractmethod
    def part(self, whole: str, condition: str) -> str:
        """The share of a whole that meets a condition."""

    @abstractmethod
    def nested(self, node: Nested, base: str) -> str:
        """A two-level measure."""

    @abstractmethod
    def figure(self, node: Aggregate, of: str, other: str, *, rows: bool, dated: bool) -> str:
        """An aggregate of something."""

    @abstractmethod
    def per_row(self, phrase: str, table: str) -> str:
        """A figure taken over the rows of a table that repeats the values."""

    @abstractmethod
    def filtered(self, phrase: str, condition: str) -> str:
        """A figure with its own filter."""

    @abstractmethod
    def at_grain(self, of: str, grain: Grain) -> str:
        """A time at a grain."""

    @abstractmethod
    def in_bins(self, of: str, width: str) -> str:
        """A number in bins."""

    @abstractmethod
    def date_function(self, operator: str, unit: str, parts: Sequence[str]) -> str:
        """A date difference or a calendar field."""

    @abstractmethod
    def function(self, operator: str, parts: Sequence[str]) -> str:
        """A row-wise function."""

    @abstractmethod
    def step(self, step: Step) -> str:
        """A derived column as a noun phrase."""

    @abstractmethod
    def keep(self, keep: Keep) -> str:
        """A condition on groups."""
