"""What a report is made of: facts, columns, problems and the report itself.

Frozen values only: mining fills them, ranking orders them, the page and the exports read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from datalect.answer.ground import Words

if TYPE_CHECKING:
    import pyarrow as pa

    from datalect.plan.model import Plan
    from datalect.planner.base import Language

FactType = Literal[
    "value",
    "extreme",
    "rank",
    "difference",
    "share",
    "concentration",
    "trend",
    "change_point",
    "spike",
    "seasonality",
    "distribution",
    "outlier",
    "correlation",
    "association",
    "missingness",
    "duplicate",
    "variants",
    "sentinel",
    "stored_as_text",
    "key",
    "foreign_key",
    "dependency",
    "formula",
    "proportion",
    "imbalance",
    "constant",
    "leak",
    "change",
]
Severity = Literal["info", "notice", "warning", "serious"]
Section = Literal["trust", "values", "relations", "time", "text", "target", "compare"]
_NOTHING = Words(en="", zh="")

Mark = Literal["bar", "line", "histogram", "dots"]

SEVERITIES: tuple[Severity, ...] = ("serious", "warning", "notice", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSpec:
    """A small chart without any wording of its own but its titles.

    Attributes:
        mark: ``bar`` (one bar a label), ``line`` and ``dots`` (y over x), ``histogram`` (``edges`` and y).
        labels: names of the bars, or ISO dates or numbers as text along x.
        labels_zh: the same in Chinese, one for one; empty where one wording serves both languages.
        y: heights, one for each label (for each bin of a histogram); None is a gap.
        x: numeric positions along x for ``line`` and ``dots``, when they are not evenly spaced.
        edges: bin edges of a histogram, one more than ``y``.
        highlight: positions the sentence speaks of.
        reference: a height to compare with, drawn as a thin line.
        mark_at: position along ``labels`` where something changes, drawn as a vertical line.
        x_title: what runs along x.
        y_title: what the heights are.
        percent: whether heights are fractions shown as percent.
    """

    mark: Mark
    labels: tuple[str, ...] = ()
    labels_zh: tuple[str, ...] = ()
    y: tuple[float | None, ...] = ()
    x: tuple[float, ...] = ()
    edges: tuple[float, ...] = ()
    highlight: tuple[int, ...] = ()
    reference: float | None = None
    mark_at: int | None = None
    x_title: Words = _NOTHING
    y_title: Words = _NOTHING
    percent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """Whether a relation has the same direction inside the groups of another column.

    Attributes:
        column: the column whose groups were looked at; with several, the one where it held least.
        held: groups in which the direction is the same.
        of: groups with enough rows to tell.
        against: groups with the opposite direction, masked.
        columns: how many columns were looked at.
    """

    column: str
    held: int
    of: int
    against: tuple[str, ...] = ()
    columns: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A few rows of the result a fact was read from, identifiers of people masked."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    more: int = 0  # rows of the result that are not shown


NO_EVIDENCE = Evidence()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFact:
    """One thing worth knowing about a table.

    Attributes:
        id: stable within a report: ``f1`` is the most important.
        type: what kind of fact.
        sentence_en: the fact in English, proven against ``values`` and ``names``.
        sentence_zh: the same in Chinese.
        columns: the columns it is about.
        section: where the page shows it.
        severity: how much it should worry; ``info`` for facts that are no problem.
        values: every figure a sentence may state, exactly as computed.
        names: every name (column labels, groups) a sentence may state, as shown.
        effect: size of the effect on the scale named by ``effect_name``.
        effect_name: ``spearman``, ``eta_squared``, ``cramers_v``, ``log_ratio``, ``share`` ... or "".
        interval: 99 % confidence interval of the effect.
        p_adjusted: p value corrected for all tests of the report; None for exact facts.
        test: name of the test made, or "".
        n: rows the figures were computed from.
        exact: whether the figures come from all rows; else from the sample.
        plan: what was computed, to ask on from; None where the plan language has no form for it.
        sql: the SQL that ran.
        python: the same in Python.
        importance: 0..1, the order of the list.
        segments: whether it holds inside the main groups.
        evidence: rows of the result.
        chart: what to draw, or None.
        also: sentences of facts that say nearly the same and were merged into this one.
    """

    id: str = ""
    type: FactType
    sentence_en: str
    sentence_zh: str
    columns: tuple[str, ...]
    section: Section = "values"
    severity: Severity = "info"
    values: Mapping[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    effect: float | None = None
    effect_name: str = ""
    interval: tuple[float, float] | None = None
    p_adjusted: float | None = None
    test: str = ""
    n: int = 0
    exact: bool = True
    plan: Plan | None = None
    sql: str = ""
    python: str = ""
    importance: float = 0.0
    segments: Segments | None = None
    evidence: Evidence = NO_EVIDENCE
    chart: ChartSpec | None = None
    also: tuple[Words, ...] = ()

    def sentence(self, language: Language) -> str:
        """The sentence in one language."""
        return self.sentence_zh if language == "zh" else self.sentence_en

    def to_json(self) -> dict[str, Any]:
        """The fact as JSON data."""
        from datalect.report.export import fact_json

        return fact_json(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """One column as the page shows it. Everything a person could be known by is masked already.

    Attributes:
        name: name as queried.
        label: name for people.
        dtype: DuckDB type.
        meaning: semantic type, such as ``money``.
        unit: unit or currency as shown, or "".
        rows: rows of the table.
        missing: rows without a value, markers such as 999 included.
        distinct: distinct values.
        distinct_exact: False when ``distinct`` is an estimate of a sketch.
        unique: whether the column alone is a proven key.
        minimum: smallest value (numbers, dates).
        maximum: largest value.
        mean: arithmetic mean.
        stddev: sample standard deviation.
        quantiles: probability -> value.
        zeros: rows with the value 0, for numbers.
        negatives: rows below 0, for numbers.
        top: most frequent values with their rows, masked.
        top_complete: whether ``top`` holds every value.
        histogram: edges and counts of a numeric or time column; empty otherwise.
        edges: bin edges as numbers (seconds since 1970 for times).
        histogram_sampled: whether the histogram's counts come from the sample.
        lengths: shortest, median and longest text in characters.
        gaps: for dates: days between first and last without any row; None where that is not counted.
        masked: whether its values identify people and are never shown whole.
        sampled: whether figures other than rows, missing, extremes and means come from a sample.
        problems: sentences about what is wrong with it.
        sentence: the column in one sentence.
        phrases: for texts: frequent phrases with the number of sampled rows that hold them.
        languages: for texts: language -> share of sampled rows.
    """

    name: str
    label: Words
    dtype: str
    meaning: str
    unit: str = ""
    rows: int = 0
    missing: int = 0
    distinct: int = 0
    distinct_exact: bool = True
    unique: bool = False
    minimum: Any = None
    maximum: Any = None
    mean: float | None = None
    stddev: float | None = None
    quantiles: Mapping[float, float] = field(default_factory=dict)
    zeros: int | None = None
    negatives: int | None = None
    top: tuple[tuple[str, int], ...] = ()
    top_complete: bool = False
    histogram: tuple[int, ...] = ()
    edges: tuple[float, ...] = ()
    histogram_sampled: bool = False
    lengths: tuple[int, int, int] | None = None
    gaps: int | None = None
    masked: bool = False
    sampled: bool = False
    problems: tuple[Words, ...] = ()
    sentence: Words = _NOTHING
    phrases: tuple[tuple[str, int], ...] = ()
    languages: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The profile as JSON data."""
        from datalect.report.export import column_json

        return column_json(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A reason to doubt the table, the worst first.

    Attributes:
        kind: a stable name, such as ``sentinel`` or ``ragged_rows``.
        severity: how much it should worry.
        message: one sentence.
        column: the column concerned, or "".
        count: rows or cells concerned.
        share: part of the rows concerned, 0..1, where that has a meaning.
        handled: what was done about it, or "" when it was left alone.
        fact: id of the fact that shows it, or "".
    """

    kind: str
    severity: Severity
    message: Words
    column: str = ""
    count: int = 0
    share: float | None = None
    handled: Words = _NOTHING
    fact: str = ""

    def to_json(self) -> dict[str, Any]:
        """The problem as JSON data."""
        from datalect.report.export import problem_json

        return problem_json(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How the report was made, for its appendix.

    Attributes:
        sampled: rows relations were searched on; equal to the rows of the table when all were.
        tests: statistical tests made.
        false_discovery_rate: the rate they are held to.
        seconds: wall-clock seconds by stage, in order.
        queries: number of queries run.
        versions: of Datalect and what computed.
        left_out: columns or steps that were left out, with the reason.
    """

    sampled: int = 0
    tests: int = 0
    false_discovery_rate: float = 0.01
    seconds: Mapping[str, float] = field(default_factory=dict)
    queries: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """What matters in one table.

    Attributes:
        table: name of the table as queried.
        title: name for people.
        source: where it came from, without its folder.
        rows: rows of the table.
        columns: its columns in order.
        facts: what was found, the most important first.
        problems: reasons to doubt the table, the worst first.
        keys: sets of columns that identify a row.
        target: the column to explain, or "".
        compared: name of the table compared with, or "".
        language: language the page opens in.
        created: ISO time the report was made.
        method: how it was made.
    """

    table: str
    title: Words
    source: str = ""
    rows: int = 0
    columns: tuple[ColumnProfile, ...] = ()
    facts: tuple[ReportFact, ...] = ()
    problems: tuple[Problem, ...] = ()
    keys: tuple[tuple[str, ...], ...] = ()
    target: str = ""
    compared: str = ""
    language: Language = "en"
    created: str = ""
    method: Method = Method()

    @property
    def headlines(self) -> tuple[ReportFact, ...]:
        """The five facts the page opens with."""
        from datalect.report.rank import headlines

        return headlines(self.facts)

    @property
    def seconds(self) -> float:
        """Wall-clock seconds the report took."""
        return sum(self.method.seconds.values())

    def to_json(self) -> dict[str, Any]:
        """The report as JSON data, as ``datalect report --json`` writes it."""
        from datalect.report.export import report_json

        return report_json(self)

    def to_html(self, *, language: Language | None = None) -> str:
        """The page as text: it needs no network and runs no script but its own."""
        from datalect.report.page import render

        return render(self, language or self.language)

    def to_markdown(self, *, language: Language | None = None) -> str:
        """The report as Markdown text."""
        from datalect.report.markdown import to_markdown

        return to_markdown(self, language or self.language)

    def to_arrow(self) -> pa.Table:
        """The facts as an Arrow table, one row each."""
        from datalect.report.export import facts_table

        return facts_table(self.facts)

    def to_frame(self) -> Any:
        """The facts as a pandas data frame.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        from datalect.report.export import facts_frame

        return facts_frame(self.facts)

    def save(self, path: str | Path, *, language: Language | None = None) -> Path:
        """Write ``.html``, ``.json`` or ``.md``, by the suffix, in one step.

        Raises:
            UsageError: another suffix, or a folder that does not exist.
        """
        from datalect.report.export import save

        return save(self, Path(path), language or self.language)

    def __repr__(self) -> str:
        return f"<Report {self.table}: {self.rows:,} rows, {len(self.facts)} facts>"

    def _repr_html_(self) -> str:
        from datalect.report.page import render_fragment

        return render_fragment(self, self.language)
