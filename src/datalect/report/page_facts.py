"""Facts and problems prepared for the page."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from datalect.answer.formats import count
from datalect.answer.ground import Words
from datalect.report.model import (
    SEVERITIES,
    ChartSpec,
    Problem,
    Report,
    ReportFact,
    Segments,
    Severity,
)
from datalect.report.page_columns import rows_text, short, value_text
from datalect.report.page_words import RESULT_NAMES, effect_words, test_words
from datalect.report.scales import figure, share_text
from datalect.report.svg import draw

_SHARES = frozenset({"share", "eta_squared"})
_MENDABLE = frozenset({"duplicate", "variants", "outlier"})  # what a reader may expect to have been mended
_STEP = re.compile("[vn][0-9]+")
_MOST_ROWS = 8  # rows of evidence shown
_MOST_COLUMNS = 8
_GROUP_NAMES = frozenset({"group", "kind", "period", "value"})  # what queries of the report call groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of evidence."""

    text: Words
    number: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FactView:
    """One fact as the templates read it.

    Attributes:
        anchor: its place on the page.
        number: its place in the ranking, from 1.
        fact: what it was made from.
        sentence: what it says.
        chart: its drawing, or nothing.
        certainty: name and value pairs that say how sure it is.
        held: in which groups it holds, where that was looked at.
        reference: the height of the dotted line in the chart, where there is one.
        header: column names of the evidence.
        rows: cells of the evidence.
        more: rows of the result that are not shown.
    """

    anchor: str
    number: int
    fact: ReportFact
    sentence: Words
    chart: Markup
    certainty: tuple[tuple[Words, Words], ...]
    held: Words | None
    reference: Words | None
    header: tuple[Words, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: int

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns of the evidence hold numbers."""
        return tuple(any(row[k].number for row in self.rows if k < len(row)) for k in range(len(self.header)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemView:
    """One problem, or a finding of the same standing, with the fact that shows it.

    Attributes:
        severity: how much it should worry.
        message: one sentence.
        handled: what was done about it, or that it was left alone; empty where the message says so itself.
        times: how often it occurs, where the sentence of a fact does not say so already.
        share: their part of the table, or empty.
        view: the fact that shows it, to be opened here.
        above: the fact is shown further up the page; its anchor.
    """

    severity: Severity
    message: Words
    handled: Words
    times: str
    share: str
    view: FactView | None
    above: str


def fact_views(report: Report) -> dict[str, FactView]:
    """Every fact by id, in order of importance."""
    meanings = {column.name: column.meaning for column in report.columns}
    labels = {column.name: column.label for column in report.columns}
    views: dict[str, FactView] = {}
    for number, fact in enumerate(report.facts, start=1):
        header, rows, more = _evidence(fact, meanings)
        views[fact.id or f"f{number}"] = FactView(
            anchor=f"f{number}", number=number, fact=fact,
            sentence=Words(en=fact.sentence_en, zh=fact.sentence_zh), chart=draw(fact.chart),
            certainty=tuple(_certainty(fact)), held=_held(fact.segments, labels),
            reference=_reference(fact.chart), header=header, rows=rows, more=more,
        )  # fmt: skip
    return views


def _reference(chart: ChartSpec | None) -> Words | None:
    if chart is None or chart.reference is None or not math.isfinite(chart.reference):
        return None
    return figure(chart.reference, as_percent=chart.percent)


def _evidence(
    fact: ReportFact, meanings: Mapping[str, str]
) -> tuple[tuple[Words, ...], tuple[tuple[Cell, ...], ...], int]:
    """Header, cells and the number of rows that are not shown."""
    evidence = fact.evidence
    steps = _steps(fact)
    if steps is not None:
        return (*steps, 0)
    names = evidence.columns[:_MOST_COLUMNS]
    rows = tuple(
        tuple(_cell(value, _meaning(name, meanings)) for name, value in zip(names, row, strict=False))
        for row in evidence.rows[:_MOST_ROWS]
    )
    header = tuple(_heading(name, fact, meanings) for name in names)
    return header, rows, evidence.more + max(len(evidence.rows) - _MOST_ROWS, 0)


def _heading(name: str, fact: ReportFact, meanings: Mapping[str, str]) -> Words:
    """What a column of a result is called; queries of the report use the same few names everywhere."""
    plain = Words(en=short(name), zh=short(name))
    if name in meanings:
        return plain
    chart = fact.chart
    if name == "group" and chart is not None and chart.x_title.en:
        return chart.x_title
    if name == "value" and chart is not None and chart.y_title.en:
        return chart.y_title
    return RESULT_NAMES.get(name, plain)


def _steps(fact: ReportFact) -> tuple[tuple[Words, ...], tuple[tuple[Cell, ...], ...]] | None:
    """A result of one row that holds a figure and its rows for each step along x, as one row a step."""
    evidence, chart = fact.evidence, fact.chart
    if len(evidence.rows) != 1 or chart is None:
        return None
    held = dict(zip(evidence.columns, evidence.rows[0], strict=False))
    count = sum(1 for name in held if _STEP.fullmatch(name)) // 2
    if count < 2 or set(held) != {f"{letter}{k}" for letter in "vn" for k in range(count)}:
        return None
    header: tuple[Words, ...] = (chart.y_title, RESULT_NAMES["n"])
    rows = tuple((_cell(held[f"v{k}"], ""), _cell(held[f"n{k}"], "")) for k in range(count))
    if len(chart.x) == count:
        places = [Cell(text=figure(x), number=True) for x in chart.x]
        return (chart.x_title, *header), tuple((place, *row) for place, row in zip(places, rows, strict=True))
    return header, rows


def _meaning(name: str, meanings: Mapping[str, str]) -> str:
    """What a column of a result holds; names of groups are no amounts, so they keep their digits together."""
    return "code" if name in _GROUP_NAMES else meanings.get(name, "")


def _cell(value: Any, meaning: str) -> Cell:
    number = not isinstance(value, str | bool) and value is not None and not hasattr(value, "isoformat")
    return Cell(text=value_text(value, meaning), number=number)


# ---------------------------------------------------------------- how sure


def _certainty(fact: ReportFact) -> Iterator[tuple[Words, Words]]:
    shares = fact.effect_name in _SHARES
    if fact.effect is not None and fact.effect_name and math.isfinite(fact.effect):
        yield effect_words(fact.effect_name), _effect(fact.effect, shares)
    if fact.interval is not None and all(math.isfinite(v) for v in fact.interval):
        low, high = (_effect(v, shares) for v in fact.interval)
        yield (
            Words(en="99 % interval", zh="99% 置信区间"),
            Words(en=f"{low.en} to {high.en}", zh=f"{low.zh} 至 {high.zh}"),
        )
    if fact.p_adjusted is not None and math.isfinite(fact.p_adjusted):
        yield Words(en="Adjusted p", zh="校正后的 p 值"), _p_value(fact.p_adjusted)
    if fact.test:
        yield Words(en="Test", zh="检验"), test_words(fact.test)
    if fact.n:
        n = rows_text(fact.n)
        if fact.exact:
            yield Words(en="Rows", zh="行数"), Words(en=f"{n.en}, all counted", zh=f"{n.zh}，全部计算")
        else:
            yield Words(en="Rows", zh="行数"), Words(en=f"{n.en}, sampled", zh=f"{n.zh}，抽样")


def _held(segments: Segments | None, labels: Mapping[str, Words]) -> Words | None:
    """In how many groups of another column the relation has the same direction."""
    if segments is None or not segments.of:
        return None
    name = labels.get(segments.column, Words(en=segments.column, zh=segments.column))
    held, of, looked = segments.held, segments.of, segments.columns
    if held >= of:
        if looked > 1:
            return Words(
                en=f"Holds in every group of the {looked} columns it was looked at in",
                zh=f"在所考察的 {looked} 列的每一组中都成立",
            )
        return Words(en=f"Holds in all {of} groups of {name.en}", zh=f"在{name.zh}的全部 {of} 组中都成立")
    en, zh = f"Holds in {held} of {of} groups of {name.en}", f"在{name.zh}的 {of} 组中有 {held} 组成立"
    against = segments.against[:4]
    if against:
        en += f"; not in {', '.join(against)}"
        zh += f"；例外：{'、'.join(against)}"
    if looked > 1:
        en += f" (of {looked} columns looked at, the one where it holds least)"
        zh += f"（考察了 {looked} 列，这一列中成立的组最少）"
    return Words(en=en, zh=zh)


def _effect(value: float, share: bool) -> Words:
    if share:
        return Words(en=share_text(value), zh=share_text(value))
    rounded = round(value, 3) if abs(value) >= 0.01 else value
    return Words(en=count(rounded, "en").text, zh=count(rounded, "zh").text)


def _p_value(p: float) -> Words:
    text = "< 0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.01 else f"{p:.3f}"
    return Words(en=text, zh=text)


# ---------------------------------------------------------------- problems


def _handled(problem: Problem) -> Words:
    """What was done. What reading found says so itself; what mining found was only looked at."""
    if problem.handled.en or not problem.fact or problem.kind not in _MENDABLE:
        return problem.handled
    return Words(en="Left as it is.", zh="未作改动。")


def problem_views(
    problems: Sequence[Problem], views: Mapping[str, FactView], shown: set[str]
) -> list[ProblemView]:
    """The problems, the worst first, each with its fact; facts get into ``shown`` as they are placed."""
    placed = []
    for problem in sorted(problems, key=lambda p: SEVERITIES.index(p.severity)):
        view = views.get(problem.fact)
        above = ""
        if view is not None and problem.fact in shown:
            above, view = view.anchor, None
        elif view is not None:
            shown.add(problem.fact)
        placed.append(
            ProblemView(
                severity=problem.severity, message=problem.message, handled=_handled(problem),
                times=f"{problem.count:,} ×" if problem.count > 1 and not problem.fact else "",
                share=share_text(problem.share) if problem.share is not None else "",
                view=view, above=above,
            )
        )  # fmt: skip
    return placed
