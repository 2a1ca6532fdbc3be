"""What is known about the tables: the vocabulary that every other room speaks.

Frozen values only; nothing here reads a file or runs a query.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any


class SemanticType(StrEnum):
    """What the values of a column stand for."""

    ID = "id"  # identifies a row or a thing; never summed or averaged
    CODE = "code"  # a short code from a scheme (postal code, ISO country, SKU)
    CATEGORY = "category"
    ORDERED = "ordered"  # categories with an order (low < medium < high, 1-5 ratings)
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"  # time of day
    YEAR = "year"  # a calendar year stored as a number
    DURATION = "duration"
    COUNT = "count"  # whole numbers of things
    MONEY = "money"
    PERCENT = "percent"
    RATIO = "ratio"  # a part of something, 0..1, or a quotient
    RATE = "rate"  # per unit of something: price per night, km/h
    MEASURE = "measure"  # a number with a physical unit, or a plain quantity
    LATITUDE = "latitude"
    LONGITUDE = "longitude"
    TEXT = "text"  # free text
    NAME = "name"  # names of persons, places, products: nearly distinct short text
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    UNKNOWN = "unknown"  # nothing but missing values


class Additivity(StrEnum):
    """Whether a sum over rows means something."""

    ADDITIVE = "additive"
    SEMI = "semi"  # a stock or balance: summable, but not over time
    NON = "non"


class Grain(StrEnum):
    """Units of calendar time, and the cycles inside them."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"
    SECOND = "second"
    # cycles: 1..12, 1..4, 1 (Monday)..7, 0..23
    MONTH_OF_YEAR = "month_of_year"
    QUARTER_OF_YEAR = "quarter_of_year"
    DAY_OF_WEEK = "day_of_week"
    DAY_OF_MONTH = "day_of_month"
    HOUR_OF_DAY = "hour_of_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a column means.

    Attributes:
        type: the semantic type.
        unit: a unit as shown to people (``kg``, ``minutes``, ``nights``), or None.
        currency: ISO 4217 code or the symbol found, for money.
        grain: finest calendar unit that varies, for dates and times.
        additivity: whether sums over rows mean something.
        order: the values in their order, for ordered categories.
        evidence: why this was concluded, in plain words, one short sentence.
        confidence: 0..1.
    """

    type: SemanticType
    unit: str | None = None
    currency: str | None = None
    grain: Grain | None = None
    additivity: Additivity = Additivity.NON
    order: tuple[Any, ...] = ()
    evidence: str = ""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentinel:
    """A value that stands for "missing" (999, -1, "N/A", "无").

    Attributes:
        value: the value as it is stored in the queried column (or the original text).
        count: rows that hold it.
        evidence: why it is taken for a marker.
        treated_as_missing: whether queries over the column see NULL instead of it.
    """

    value: Any
    count: int
    evidence: str
    treated_as_missing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How text was turned into typed values. The original text stays queryable.

    Attributes:
        kind: what was read, such as ``money``, ``percent``, ``chinese_date``.
        original: the column that keeps the original text.
        converted: rows converted.
        failed: rows whose text could not be read and became NULL.
        examples: pairs of original text and converted value.
        failures: the first texts that could not be read.
    """

    kind: str
    original: str
    converted: int
    failed: int
    examples: tuple[tuple[str, str], ...] = ()
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """Statistics of one column.

    Attributes:
        rows: rows of the table.
        nulls: missing values, sentinels treated as missing included.
        distinct: number of distinct non-null values.
        distinct_exact: False when ``distinct`` comes from a sketch.
        minimum: smallest value (numbers, dates) or None.
        maximum: largest value or None.
        mean: arithmetic mean of numbers.
        stddev: sample standard deviation of numbers.
        quantiles: probability -> value, for numbers.
        values: distinct values with their counts, most frequent first; all of them when
            ``values_complete``, else only the most frequent.
        values_complete: whether ``values`` holds every distinct value.
        sampled: whether figures other than rows and nulls come from a sample.
    """

    rows: int
    nulls: int = 0
    distinct: int = 0
    distinct_exact: bool = True
    minimum: Any = None
    maximum: Any = None
    mean: float | None = None
    stddev: float | None = None
    quantiles: Mapping[float, float] = field(default_factory=dict)
    values: tuple[tuple[Any, int], ...] = ()
    values_complete: bool = False
    sampled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes:
        table: name of its table.
        name: name as queried (the header of the source, made unique).
        dtype: DuckDB type as queried, such as ``BIGINT``, ``DOUBLE``, ``VARCHAR``, ``DATE``, ``TIMESTAMP``.
        label: name for people, when the glossary or the source gives one.
        synonyms: other words for it in any language, from the glossary.
        value_aliases: word -> stored value, from the glossary.
        hidden: never linked, listed or answered.
    """

    table: str
    name: str
    dtype: str
    meaning: Meaning
    profile: ColumnProfile
    label: str = ""
    description: str = ""
    synonyms: tuple[str, ...] = ()
    value_aliases: Mapping[str, Any] = field(default_factory=dict)
    hidden: bool = False
    sentinels: tuple[Sentinel, ...] = ()
    conversion: Conversion | None = None

    @property
    def id(self) -> str:
        """Catalogue id, ``table.column``."""
        return f"{self.table}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something found while reading a source that a user should know.

    Attributes:
        kind: a stable name: ``ragged_rows``, ``bad_bytes``, ``duplicate_header``, ``conversion_failed`` ...
        severity: ``info``, ``warning`` or ``serious``.
        message: one sentence in English.
        count: how many rows or cells.
        examples: first cases, with line numbers where there are lines.
        column: the column concerned, or "".
    """

    kind: str
    severity: str
    message: str
    count: int = 0
    examples: tuple[str, ...] = ()
    column: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table.

    Attributes:
        name: name as queried: the stem of the file, made unique and never empty.
        rows: number of rows.
        source: where it came from, for people.
        keys: sets of columns that identify a row, exact, smallest first; the first is the primary key.
        label: name for people.
        synonyms: other words for it, from the glossary.
        parts: names of the tables whose rows this view shows together; empty for a table of its own.
    """

    name: str
    columns: tuple[Column, ...]
    rows: int
    source: str = ""
    keys: tuple[tuple[str, ...], ...] = ()
    label: str = ""
    description: str = ""
    synonyms: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    parts: tuple[str, ...] = ()

    def column(self, name: str) -> Column | None:
        """The column of that exact name, or None."""
        return next((c for c in self.columns if c.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """Every non-null value of ``table.columns`` occurs in ``ref_table.ref_columns``, which is a key there.

    Attributes:
        declared: stated by the database or the glossary; otherwise found by containment.
        coverage: share of non-null values that are contained (1.0 unless declared).
        optional: whether some rows have no partner (null or dangling).
    """

    table: str
    columns: tuple[str, ...]
    ref_table: str
    ref_columns: tuple[str, ...]
    declared: bool = False
    coverage: float = 1.0
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A measure the user defined in the glossary.

    Attributes:
        name: identifier used in plans.
        measure: the measure as plan JSON (see ``plan.model.Measure``), e.g.
            ``{"fn": "ratio", "num": {...}, "den": {...}}``.
        table: the table it is computed over.
        unit: unit or currency shown to people.
        format: ``percent``, ``money``, ``number`` or "".
    """

    name: str
    measure: Mapping[str, Any]
    table: str
    label: str = ""
    synonyms: tuple[str, ...] = ()
    unit: str | None = None
    format: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All tables of one session and how they hang together.

    Attributes:
        as_of: the moment relative time counts from when the user names none: the latest date in the data
            where that lies in the past, else now.
        fiscal_year_start: first month of the fiscal year, 1..12.
    """

    tables: tuple[Table, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    metrics: tuple[Metric, ...] = ()
    as_of: datetime | None = None
    fiscal_year_start: int = 1

    def table(self, name: str) -> Table | None:
        """The table of that exact name, or None."""
        return next((t for t in self.tables if t.name == name), None)

    def column(self, column_id: str) -> Column | None:
        """The column with that id (``table.column``), or None."""
        for table in self.tables:
            if column_id.startswith(table.name + "."):
                found = table.column(column_id[len(table.name) + 1 :])
                if found is not None:
                    return found
        return None

    @property
    def part_names(self) -> frozenset[str]:
        """Tables whose rows another table shows together with others."""
        return frozenset(name for table in self.tables for name in table.parts)

    def asked(self) -> Catalog:
        """The catalog questions are asked of: tables that are parts of another are seen through it alone."""
        parts = self.part_names
        if not parts:
            return self
        return replace(
            self,
            tables=tuple(t for t in self.tables if t.name not in parts),
            foreign_keys=tuple(k for k in self.foreign_keys if not {k.table, k.ref_table} & parts),
            metrics=tuple(m for m in self.metrics if m.table not in parts),
        )

    def metric(self, name: str) -> Metric | None:
        """The metric of that exact name, or None."""
        return next((m for m in self.metrics if m.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Tables made queryable: what an engine opens.

    Attributes:
        database: DuckDB file that holds the tables, or views over granted files.
        granted: files the views read, the only ones an engine may open besides ``database``.
        catalog: what is known about the tables.
    """

    database: Path
    granted: tuple[Path, ...] = ()
    catalog: Catalog
