"""What an answer is made of: facts, a chart, and the answer itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa
    from rich.console import Console, ConsoleOptions, RenderResult

    from datalect.answer.ground import FactSet
    from datalect.plan.checked import OutputColumn
    from datalect.plan.model import Plan
    from datalect.planner.base import Language, Status

FactType = Literal[
    "value", "extreme", "rank", "difference", "share", "trend", "growth", "change_point", "spike",
    "seasonality", "distribution", "outlier", "correlation", "association", "composition", "missingness",
    "duplicate", "key", "dependency", "list", "empty",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that a result shows.

    Attributes:
        type: what kind of fact.
        plan: hash of the plan whose result it was read from.
        subspace: the filters in force, in words (the same in every fact of one answer).
        breakdown: output columns the result is grouped by.
        measure: output column the fact is about, or "".
        focus: the groups it is about, as pairs of output column and cell, one tuple per group.
        values: named figures, exactly as computed: ``{"value": 12.6}``, ``{"first": 3, "last": 9}``.
        n: rows of the result it was read from.
        effect: size of the effect where the type has one (slope sign, correlation coefficient).
        interval: confidence interval, where one was computed.
        test: name of the statistical test, where one was made.
        rows_used: rows of the table that the figures were computed from.
        rows_total: rows of the table.
    """

    type: FactType
    plan: str
    subspace: tuple[str, ...] = ()
    breakdown: tuple[str, ...] = ()
    measure: str = ""
    focus: tuple[tuple[tuple[str, Any], ...], ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    n: int = 0
    effect: float | None = None
    interval: tuple[float, float] | None = None
    test: str = ""
    rows_used: int | None = None
    rows_total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A Vega-Lite chart with its data inline.

    Attributes:
        spec: the Vega-Lite specification: data inline, no expressions, no addresses.
        notes: what the chart does not show as asked, in the answer's language.
        language: language of its titles and labels.
    """

    spec: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    language: Language = "en"

    @property
    def mark(self) -> str:
        """The Vega-Lite mark: ``bar``, ``line``, ``area``, ``point``, ``rect``, ``boxplot`` or ``arc``."""
        spec: Mapping[str, Any] = self.spec
        while "mark" not in spec:
            spec = spec["layer"][0]
        mark = spec["mark"]
        return str(mark["type"] if isinstance(mark, Mapping) else mark)

    @property
    def data(self) -> list[dict[str, Any]]:
        """The rows drawn."""
        return list(self.spec["data"]["values"])

    def to_svg(self, *, dark: bool = False) -> str:
        """The chart as SVG text, drawn offline; ``dark`` suits a dark page."""
        from datalect.answer.draw import to_svg

        return to_svg(self, on_dark=dark)

    def to_png(self, scale: float = 2.0) -> bytes:
        """The chart as PNG, drawn offline; ``scale`` is pixels per point (2 for sharp screens)."""
        from datalect.answer.draw import to_png

        return to_png(self, scale)

    def to_html(self) -> str:
        """One page that needs no network: the chart drawn by the Vega libraries inside it."""
        from datalect.answer.draw import to_html

        return to_html(self)

    def save(self, path: str | Path) -> Path:
        """Write the chart as ``.svg``, ``.png``, ``.html`` or ``.json``, by the suffix, in one step.

        Raises:
            UsageError: another suffix, or a folder that does not exist.
        """
        from datalect.answer.draw import save

        return save(self, Path(path))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"image/svg+xml": self.to_svg(), "text/plain": f"<Chart {self.mark}, {len(self.data)} rows>"}


@dataclass(eq=False, kw_only=True)
class Answer:
    """An answer to a question, with everything needed to trust or to doubt it.

    Attributes:
        status: ``answered``, ``ambiguous`` or ``refused``.
        language: language of the sentences.
        question: the question as typed.
        sentences: one to three sentences, each proven against the result.
        table: the result as an Arrow table, or None when nothing was computed.
        outputs: what each column of the table is.
        plan: what was computed, or None.
        sql: the SQL that ran; it runs as it stands over the same tables.
        readback: the plan in words.
        confidence: 0..1, how sure the planner is that this is what was asked.
        readings: the readings that were considered, best first, in words.
        warnings: what the reader should know before relying on the answer.
        rows_used: rows that passed the filters, or None when nothing was computed.
        rows_total: rows of the table asked about.
        truncated: whether rows of the result were cut by a limit.
        facts: what the sentences stand on.
    """

    status: Status
    language: Language
    question: str = ""
    sentences: tuple[str, ...] = ()
    table: pa.Table | None = None
    outputs: tuple[OutputColumn, ...] = ()
    plan: Plan | None = None
    sql: str = ""
    readback: str = ""
    confidence: float = 0.0
    readings: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    rows_used: int | None = None
    rows_total: int | None = None
    truncated: bool = False
    facts: FactSet | None = None

    @property
    def sentence(self) -> str:
        """All sentences as one text."""
        return ("" if self.language == "zh" else " ").join(self.sentences)

    @property
    def row_count(self) -> int:
        """Rows of the result."""
        return 0 if self.table is None else int(self.table.num_rows)

    @property
    def columns(self) -> list[str]:
        """Names of the result's columns."""
        return [] if self.table is None else list(self.table.column_names)

    @cached_property
    def chart(self) -> Chart | None:
        """The chart that fits the result, or None when there is nothing worth drawing."""
        from datalect.answer.charts import draw_chart

        return draw_chart(self)

    def to_arrow(self) -> pa.Table:
        """The result as a pyarrow table (an empty one when nothing was computed)."""
        if self.table is None:
            import pyarrow as pa

            return pa.table({})
        return self.table

    def to_pandas(self) -> Any:
        """The result as a pandas data frame.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        _need("pandas")
        return self.to_arrow().to_pandas()

    def to_polars(self) -> pl.DataFrame:
        """The result as a polars data frame.

        Raises:
            MissingExtraError: polars is not installed.
        """
        _need("polars")
        import polars as pl

        return pl.DataFrame(self.to_arrow())

    def rows(self) -> list[dict[str, Any]]:
        """The result as plain Python rows."""
        from datalect.engine.cells import plain_rows

        return [] if self.table is None else plain_rows(self.table)

    def to_json(self) -> dict[str, Any]:
        """The answer as JSON data, as ``datalect ask --json`` prints it."""
        from datalect.answer.jsonable import jsonable

        return {
            "status": self.status,
            "sentence": self.sentence,
            "language": self.language,
            "plan": None if self.plan is None else self.plan.to_json(),
            "sql": self.sql,
            "readback": self.readback,
            "columns": self.columns,
            "rows": [[jsonable(cell) for cell in row.values()] for row in self.rows()],
            "row_count": self.row_count,
            "rows_used": self.rows_used,
            "rows_total": self.rows_total,
            "chart": None if self.chart is None else jsonable(dict(self.chart.spec)),
            "confidence": round(float(self.confidence), 4),
            "readings": list(self.readings),
            "warnings": list(self.warnings),
        }

    def to_json_text(self) -> str:
        """``to_json`` as one line of text."""
        return json.dumps(self.to_json(), ensure_ascii=False, allow_nan=False)

    def to_csv(self, path: str | Path | None = None) -> str:
        """The result as CSV text that no spreadsheet runs as a formula; written to ``path`` when given."""
        from datalect.answer.export import to_csv

        return to_csv(self, None if path is None else Path(path))

    def to_html(self) -> str:
        """The answer as a fragment of HTML: sentences, chart, table, SQL. Nothing in it is executed."""
        from datalect.answer.show import answer_html

        return answer_html(self)

    def __str__(self) -> str:
        from datalect.answer.show import answer_text

        return answer_text(self)

    def __repr__(self) -> str:
        return f"<Answer {self.status}: {self.sentence!r}>"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from datalect.answer.show import answer_renderables

        yield from answer_renderables(self)

    def _repr_html_(self) -> str:
        return self.to_html()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self.to_html(), "text/plain": str(self)}


def _need(package: Literal["pandas", "polars"]) -> None:
    from importlib.util import find_spec

    if find_spec(package) is None:
        from datalect.errors import MissingExtraError

        raise MissingExtraError(package, f"Turning an answer into a {package} data frame")
