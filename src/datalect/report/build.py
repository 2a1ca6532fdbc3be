"""From an open table to a report: profile, sample, mining, ranking, words."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from datalect.answer.ground import Words
from datalect.answer.labels import table_noun
from datalect.answer.safetext import visible
from datalect.data.describe_zh import problem_text
from datalect.data.model import Catalog, Table
from datalect.data.progress import Progress, SilentProgress
from datalect.engine.base import Limits
from datalect.errors import UsageError
from datalect.report import compare_periods
from datalect.report.columns import profiles
from datalect.report.finding import Context, Finding, Tests, shortened
from datalect.report.masks import masker
from datalect.report.mine.relations import FALSE_DISCOVERY
from datalect.report.model import Evidence, Method, Problem, Report, ReportFact, Severity
from datalect.report.prove import problems
from datalect.report.rank import ranked
from datalect.report.reader import TableReader
from datalect.report.variables import build_sample
from datalect.report.words import sentence

if TYPE_CHECKING:
    from datalect.data.values import ValueIndex
    from datalect.engine.base import Engine
    from datalect.planner.base import Language
    from datalect.report.periods import Period

MEMORY_MB = 512
SECONDS = 300.0
MOST_FACTS = 40
_EVIDENCE_ROWS = 12
_MOST_ALSO = 5  # merged sentences that are kept with the one that stands for them
_SEVERITY: dict[str, Severity] = {"info": "info", "warning": "warning", "serious": "serious"}
_STAGES = {
    "profile": Words(en="Looking at the columns", zh="查看各列"),
    "sample": Words(en="Drawing a sample", zh="抽取样本"),
    "formulas": Words(en="Looking for formulas", zh="查找公式"),
    "quality": Words(en="Checking what can be trusted", zh="检查可信度"),
    "values": Words(en="Looking at values", zh="查看取值"),
    "times": Words(en="Looking along time", zh="查看时间变化"),
    "relations": Words(en="Looking for what goes together", zh="查找关联"),
    "compare": Words(en="Comparing", zh="进行比较"),
    "words": Words(en="Putting it into words", zh="组织语句"),
}


def build_report(
    catalog: Catalog,
    engine: Engine,
    values: ValueIndex | None,
    *,
    table: str | None = None,
    target: str | None = None,
    compare: str | None = None,
    by: str | None = None,
    columns: Sequence[str] | None = None,
    sample: int | None = None,
    language: Language = "en",
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Report:
    """Find what matters in one table.

    Args:
        catalog: what is known about the tables.
        engine: what runs the queries.
        values: finds stored values, for the checker of plans.
        table: which table; the only one, or the largest, unless given.
        target: a column to explain.
        compare: another of the tables, or two periods such as ``2023:2024``: what changed comes first.
        by: the column of dates that periods are told by; the first that has rows in both unless given.
        columns: the columns to look at; all unless given.
        sample: rows relations are searched on; by the width of the table unless given.
        language: language the page opens in.
        limits: what one query may use.
        progress: told which stage has begun.

    Raises:
        UsageError: the table, the target, a column or a period does not exist.
    """
    other, periods = _compared(catalog, compare, by)
    chosen = _narrowed(_table(catalog, table, other), columns, target)
    if by is not None:
        _narrowed(chosen, [by], None)
    told = progress or SilentProgress()
    clock = _Clock(told, language)
    reader = TableReader(
        catalog,
        chosen,
        engine,
        values,
        limits or Limits(seconds=SECONDS, memory_mb=MEMORY_MB),
        sample_rows=sample,
    )
    with clock.stage("sample"):
        drawn = build_sample(reader.sample(reader.columns), reader.columns, chosen.rows)
    context = Context(
        reader=reader,
        sample=drawn,
        tests=Tests(),
        mask=masker(reader.columns),
        noun=table_noun(chosen, chosen.name),
        target=target or "",
    )
    with clock.stage("profile"):
        described = profiles(context)
    # Asked first: that a period has no rows is told before the work is done.
    time_column = None if periods is None else compare_periods.time_column(context, by, *periods)
    findings = _mined(context, clock, other)
    if periods is not None and time_column is not None:
        with clock.stage("compare"):
            findings += compare_periods.mine(context, time_column, *periods)
    findings = _certain(context, findings)
    with clock.stage("words"):
        facts = _facts(context, findings)
        doubts = _problems(context, chosen, facts)
    return Report(
        table=chosen.name,
        title=_title(chosen),
        source=visible(chosen.source.rsplit("/", 1)[-1]),
        rows=chosen.rows,
        columns=described,
        facts=facts,
        problems=doubts,
        keys=chosen.keys,
        target=target or "",
        compared=other.name if other is not None else periods[0].name.in_(language) if periods else "",
        language=language,
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
        method=Method(
            sampled=drawn.rows,
            tests=len(context.tests.values),
            false_discovery_rate=FALSE_DISCOVERY,
            seconds=clock.seconds,
            queries=reader.queries,
            versions=_versions(),
            left_out=tuple(Words(en=f, zh=f) for f in dict.fromkeys(reader.failures)),
        ),
    )


def _table(catalog: Catalog, name: str | None, other: Table | None = None) -> Table:
    if not catalog.tables:
        raise UsageError("There is no table to report on.", next_step="name a source that holds one")
    if name is None:
        rest = [t for t in catalog.tables if t is not other] or list(catalog.tables)
        return max(rest, key=lambda t: t.rows)
    found = catalog.table(name) or next(
        (t for t in catalog.tables if t.name.casefold() == name.casefold()), None
    )
    if found is None:
        raise UsageError(
            "There is no table of that name.",
            received=name,
            expected="one of " + ", ".join(t.name for t in catalog.tables),
        )
    return found


def _compared(
    catalog: Catalog, compare: str | None, by: str | None
) -> tuple[Table | None, tuple[Period, Period] | None]:
    """What is compared with: another table, or one period with another. A table of that name comes first."""
    known = {t.name.casefold() for t in catalog.tables}
    periods = None
    if compare is not None and compare.casefold() not in known:
        from datalect.report.periods import periods_of

        periods = periods_of(compare)
    if by is not None and periods is None:
        raise UsageError(
            "A column of dates was named, but no periods to compare.",
            expected="two periods such as 2023:2024",
            received=compare or "none",
        )
    return (None if compare is None or periods else _table(catalog, compare)), periods


def _narrowed(table: Table, columns: Sequence[str] | None, target: str | None) -> Table:
    """The table with only the columns asked for; names are matched without regard to case."""
    known = {c.name.casefold(): c for c in table.columns if not c.hidden}
    for name in [*(columns or ()), *([target] if target else [])]:
        if name.casefold() not in known:
            from rapidfuzz import process

            near = [m[0] for m in process.extract(name.casefold(), list(known), limit=3)]
            raise UsageError(
                "The table has no such column.",
                received=name,
                expected="one of " + ", ".join(known[n].name for n in near),
                next_step="datalect describe lists all columns",
            )
    if not columns:
        return table
    wanted = {n.casefold() for n in columns} | ({target.casefold()} if target else set())
    kept = tuple(c for c in table.columns if c.name.casefold() in wanted)
    names = {c.name for c in kept}
    return replace(table, columns=kept, keys=tuple(k for k in table.keys if set(k) <= names))


def _title(table: Table) -> Words:
    label = table.label or table.name
    return Words(en=visible(label), zh=visible(label))


class _Clock:
    """Tells progress and keeps the seconds of each stage."""

    def __init__(self, progress: Progress, language: Language) -> None:
        self._progress = progress
        self._language = language
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._progress.start(_STAGES[name].in_(self._language), None)
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun
            self._progress.finish()


def _mined(context: Context, clock: _Clock, other: Table | None) -> list[Finding]:
    """All findings. Formulas come first: what follows from a formula is no news to the others."""
    from datalect.report.mine import (
        formulas,
        keys,
        languages,
        missing,
        quality,
        relations,
        target,
        times,
        values,
    )

    found: list[Finding] = []
    for stage, miners in (
        ("formulas", (formulas.mine,)),
        ("quality", (quality.mine, keys.mine, missing.mine)),
        ("values", (values.mine, languages.mine)),
        ("times", (times.mine,)),
        ("relations", (relations.mine,)),
    ):
        with clock.stage(stage):
            for mine in miners:
                found += mine(context)
    found += target.mine(context, found)
    if other is not None:
        from datalect.report import compare

        # The other table is the same kind of thing: that its keys fit is no news.
        found = [f for f in found if f.form != "foreign_key"]
        with clock.stage("compare"):
            found += compare.mine(context, other)
    return found


def _certain(context: Context, found: list[Finding]) -> list[Finding]:
    """What passes its test; tests are corrected once all are made."""
    for finding in found:
        finding.names = {k: shortened(w) for k, w in finding.names.items()}
    return [f for f in found if f.place is None or context.tests.adjusted(f.place) <= FALSE_DISCOVERY]


def _facts(context: Context, findings: list[Finding]) -> tuple[ReportFact, ...]:
    facts: list[ReportFact] = []
    for finding, importance, merged in ranked(context, findings):
        fact = _fact(context, finding, importance, merged)
        if fact is not None:
            facts.append(replace(fact, id=f"f{len(facts) + 1}"))
        if len(facts) == MOST_FACTS:
            break
    return tuple(facts)


def _fact(context: Context, finding: Finding, importance: float, merged: list[Finding]) -> ReportFact | None:
    """The fact with its sentences, or None where a sentence cannot be proven."""
    said: dict[Language, str] = {}
    languages: tuple[Language, ...] = ("en", "zh")
    for language in languages:
        text = sentence(finding, language)
        wrong = problems(text, finding, language)
        if wrong:
            context.reader.failures.append(
                f"a sentence about {', '.join(finding.columns)} was not proven: {wrong[0]}"
            )
            return None
        said[language] = text
    result = finding.result
    also = tuple(Words(en=sentence(m, "en"), zh=sentence(m, "zh")) for m in merged[:_MOST_ALSO])
    p = None if finding.place is None else context.tests.adjusted(finding.place)
    return ReportFact(
        type=finding.type,
        sentence_en=said["en"],
        sentence_zh=said["zh"],
        columns=finding.columns,
        section=finding.section,
        severity=finding.severity,
        values=dict(finding.values),
        names=tuple(w.en for w in finding.names.values()),
        effect=finding.effect,
        effect_name=finding.effect_name,
        interval=finding.interval,
        p_adjusted=p,
        test=finding.test,
        n=finding.n,
        exact=finding.exact,
        plan=result.plan if result is not None else None,
        sql=result.sql if result is not None else finding.sql,
        python=_python(context, finding),
        importance=round(importance, 4),
        segments=finding.segments,
        evidence=_evidence(context, finding),
        chart=finding.chart,
        also=also,
    )


def _python(context: Context, finding: Finding) -> str:
    source = context.reader.table.source.rsplit("/", 1)[-1] or context.reader.table.name
    head = f"import datalect\n\ndata = datalect.open({source!r})\n"
    if finding.result is not None:
        plan = finding.result.plan.to_json()
        return f"from datalect.plan.model import Plan\n{head}data.run(Plan.model_validate({plan!r}))"
    return f"{head}data.sql({finding.sql!r}).table" if finding.sql else ""


def _evidence(context: Context, finding: Finding) -> Evidence:
    """The first rows of the result, masked."""
    if finding.result is None or not finding.result.rows:
        return finding.evidence
    rows = finding.result.rows
    columns = tuple(rows[0])
    source = {"group": finding.columns[-1] if finding.columns else ""}

    def cell(name: str, value: Any) -> Any:
        column = name if name in context.mask.personal else source.get(name, name)
        return context.mask.value(column, value)

    shown = tuple(tuple(cell(name, row[name]) for name in columns) for row in rows[:_EVIDENCE_ROWS])
    return Evidence(columns=columns, rows=shown, more=max(0, len(rows) - _EVIDENCE_ROWS))


def _problems(context: Context, table: Table, facts: tuple[ReportFact, ...]) -> tuple[Problem, ...]:
    """What the loader reported and what mining found, the worst first."""
    found = []
    for problem in table.problems:
        message = f"{problem.column}: {problem.message}" if problem.column else problem.message
        found.append(
            Problem(
                kind=problem.kind,
                severity=_SEVERITY.get(problem.severity, "notice"),
                message=Words(
                    en=visible(context.mask.value("", message)),
                    zh=visible(context.mask.value("", problem_text(problem))),
                ),
                column=problem.column,
                count=problem.count,
            )
        )
    for fact in facts:
        if fact.severity != "info":
            share = fact.values.get("share")
            found.append(
                Problem(
                    kind=fact.type,
                    severity=fact.severity,
                    message=Words(en=fact.sentence_en, zh=fact.sentence_zh),
                    column=fact.columns[0] if fact.columns else "",
                    count=int(fact.values.get("count") or fact.values.get("missing") or 0),
                    share=float(share) if isinstance(share, float) else None,
                    fact=fact.id,
                )
            )
    order = {"serious": 0, "warning": 1, "notice": 2, "info": 3}
    return tuple(sorted(found, key=lambda p: order[p.severity]))


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("datalect", "duckdb", "pyarrow", "numpy")}
