"""Open tables and ask them: where the rooms meet.

data = open("sales.parquet", "customers.csv")
answer = data.ask("total sales by region in 2024")
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from datalect.engine.base import Limits, QueryResult
from datalect.engine.cells import plain_rows
from datalect.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from datalect.answer.model import Answer
    from datalect.data.model import Catalog, Workspace
    from datalect.data.progress import Progress
    from datalect.data.values import ValueIndex
    from datalect.data.workspace import OpenOptions
    from datalect.engine.base import Engine
    from datalect.plan.check import CheckedPlan
    from datalect.plan.compile import CompiledPlan
    from datalect.plan.model import Plan
    from datalect.planner.base import Language, Planner
    from datalect.report.model import Report


class Dataset:
    """Tables that are open for questions.

    Use as a context manager, or call ``close`` to end the worker processes. Safe to share between threads.

    Attributes:
        workspace: the queryable tables and their catalog.
        engine: what runs the queries.
        limits: what one query may use when ``ask`` or ``sql`` names no other.
    """

    def __init__(
        self,
        workspace: Workspace,
        engine: Engine,
        values: ValueIndex,
        planner: Planner | None,
        limits: Limits,
    ) -> None:
        self.workspace = workspace
        self.engine = engine
        self.values = values
        self._planner = planner
        self.limits = limits
        self._asked = workspace.catalog.asked()

    @property
    def planner(self) -> Planner:
        """What reads questions; the lexical planner is loaded when the first one comes."""
        if self._planner is None:
            from datalect.planner.lexical import LexicalPlanner

            self._planner = LexicalPlanner()
        return self._planner

    @property
    def catalog(self) -> Catalog:
        """What is known about the tables."""
        return self.workspace.catalog

    @property
    def asked(self) -> Catalog:
        """The catalog as questions see it: parts of a table only through that table."""
        return self._asked

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        tables = ", ".join(f"{t.name} ({t.rows:,} x {len(t.columns)})" for t in self.catalog.tables)
        return f"<Dataset {tables}>"

    def close(self) -> None:
        """End the worker processes. Calling it twice is harmless."""
        self.engine.close()

    def ask(
        self,
        question: str,
        *,
        language: Language | None = None,
        planner: Planner | None = None,
        previous: Answer | Plan | None = None,
        limits: Limits | None = None,
        rephrase: Callable[[str], str] | None = None,
    ) -> Answer:
        """Answer a question in plain words.

        Args:
            question: the question, in English or Chinese.
            language: language of the answer; None follows the question.
            planner: reads the question instead of ``self.planner``.
            previous: the answer (or plan) a follow-up question refers to.
            limits: what each query may use.
            rephrase: a language model (prompt -> text) that may reword the sentences. Each rewording is shown
                only if the verifier proves it; otherwise the template sentence stays.

        Returns:
            An answer with status ``answered``, ``ambiguous`` (the readings say between what) or ``refused``
            (the sentence says why).

        Raises:
            LimitError: a query hit its time or memory limit.
            ModelError: the planner's endpoint failed.
        """
        from datalect.answer.build import answer_from_plan, answer_without_result
        from datalect.planner.base import Question
        from datalect.settle import settle

        if not question.strip():
            raise UsageError(
                "The question is empty.",
                expected="a question in English or Chinese",
                next_step='ask something like "total sales by region"',
            )
        before: Any = getattr(previous, "plan", previous)
        on_part = before is not None and before.from_ in self.catalog.part_names
        catalog = self.catalog if on_part else self.asked
        interpretation = (planner or self.planner).interpret(
            Question(text=question, language=language, previous=before), catalog, self.values
        )
        try:
            interpretation, outcome = settle(interpretation, lambda plan: self._run(plan, limits, catalog))
        except RefusedError as error:
            return answer_without_result(question, interpretation, catalog, error=error)
        if outcome is None:
            return answer_without_result(question, interpretation, catalog)
        return answer_from_plan(question, interpretation, *outcome, rephrase=rephrase)

    def run(self, plan: Plan, *, language: Language = "en", limits: Limits | None = None) -> Answer:
        """Answer a plan that is already there, without reading a question.

        Raises:
            PlanError: the checker does not accept the plan.
            LimitError: a query hit its limit.
        """
        from datalect.answer.build import answer_from_plan
        from datalect.planner.base import Interpretation, Reading

        interpretation = Interpretation(
            status="answered", language=language, readings=(Reading(plan=plan, score=1.0),)
        )
        return answer_from_plan("", interpretation, *self._run(plan, limits))

    def report(
        self,
        target: str | None = None,
        *,
        table: str | None = None,
        compare: str | None = None,
        by: str | None = None,
        columns: Sequence[str] | None = None,
        sample: int | None = None,
        language: Language = "en",
        limits: Limits | None = None,
        progress: Progress | None = None,
    ) -> Report:
        """Find what matters in one table: ``data.report().save("report.html")``.

        Args:
            target: a column to explain.
            table: which table; the only one, or the largest, unless given.
            compare: another of the tables, or two periods of this one such as ``2023:2024``: what
                changed comes first.
            by: the column of dates that periods are told by; found unless given.
            columns: the columns to look at; all unless given.
            sample: rows relations are searched on; by the width of the table unless given.
            language: language the page opens in; it holds both.
            limits: what each query may use.
            progress: told which stage has begun.

        Raises:
            UsageError: the table, the target, a column or a period does not exist.
        """
        from datalect.report.build import build_report

        return build_report(
            self.catalog,
            self.engine,
            self.values,
            table=table,
            target=target,
            compare=compare,
            by=by,
            columns=columns,
            sample=sample,
            language=language,
            limits=limits,
            progress=progress,
        )

    def sql(self, sql: str, *, limits: Limits | None = None) -> QueryResult:
        """Run one SELECT over the tables, through the gate and the sandbox.

        Raises:
            GateError: the text is not a single read-only SELECT over these tables.
            RefusedError: the engine could not run it.
            LimitError: a limit was hit.
        """
        from datalect.engine.gate import gate

        return self.engine.execute(gate(sql, self.catalog), limits or self.limits)

    def describe(self, language: Language = "en") -> str:
        """Tables, columns, meanings, keys and problems as text."""
        from datalect.data.describe import describe

        return describe(self.catalog, language)

    def _run(
        self, plan: Plan, limits: Limits | None, catalog: Catalog | None = None
    ) -> tuple[CheckedPlan, CompiledPlan, QueryResult, dict[str, Any]]:
        from datalect.plan.check import check
        from datalect.plan.compile import compile_plan

        checked = check(plan, catalog or self.catalog, self.values)
        compiled = compile_plan(checked)
        result = self.engine.execute(compiled.query, limits or self.limits)
        counted = self.engine.execute(compiled.coverage, limits or self.limits)
        rows = plain_rows(counted.table)
        return checked, compiled, result, rows[0] if rows else {}


def open(
    *sources: Any,
    glossary: str | Path | None = None,
    limits: Limits | None = None,
    workers: int = 2,
    planner: Planner | None = None,
    options: OpenOptions | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Open files, folders, databases or data frames as one set of tables.

    Args:
        sources: paths, globs, ``-`` for standard input, database URLs, or objects with an Arrow stream
            (pandas, polars, pyarrow); ``(name, object)`` pairs name them.
        glossary: YAML file with synonyms, metrics, hidden columns and value aliases.
        limits: what one query may use.
        workers: worker processes kept warm.
        planner: reads questions; the built-in lexical planner unless given.
        options: how files are read.
        progress: told how far loading has come.

    Returns:
        A dataset to ask.

    Raises:
        UsageError: no source was given, or the glossary is wrong.
        SourceError: a source cannot be read.
        MissingExtraError: a source needs an optional dependency.
    """
    from datalect.data.value_index import build_value_index
    from datalect.data.workspace import OpenOptions, open_workspace
    from datalect.engine.duckdb import DuckDBEngine

    if not sources:
        raise UsageError(
            "No table was named.",
            expected="at least one file, folder, database or data frame",
            next_step='open("sales.csv")',
        )
    workspace = open_workspace(
        sources, glossary=glossary, options=options or OpenOptions(), progress=progress
    )
    chosen = limits or Limits()
    engine = DuckDBEngine(workspace, limits=chosen, workers=workers)
    values = build_value_index(workspace, engine)
    return Dataset(workspace, engine, values, planner, chosen)
