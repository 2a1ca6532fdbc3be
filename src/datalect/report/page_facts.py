"""Facts and problems prepared for the page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from datalect.answer.formats import count, percent
from datalect.answer.ground import Words
from datalect.report.model import SEVERITIES, Evidence, Problem, Report, ReportFact, Severity
from datalect.report.page_columns import rows_text, value_text
from datalect.report.page_words import effect_words
from datalect.report.svg import draw

_SHARES = frozenset({"share", "eta_squared"})
_MOST_ROWS = 8  # rows of evidence shown
_MOST_COLUMNS = 8


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
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemView:
    """One problem, or a finding of the same standing, with the fact that shows it.

    Attributes:
        severity: how much it should worry.
        message: one sentence.
        handled: what was done about it; empty when it was left alone.
        rows: rows or cells concerned.
        share: their part of the table, or empty.
        view: the fact that shows it, to be opened here.
        above: the fact is shown further up the page; its anchor.
    """

    severity: Severity
    message: Words
    handled: Words
    rows: str
    share: str
    view: FactView | None
    above: str


def fact_views(report: Report) -> dict[str, FactView]:
    """Every fact by id, in order of importance."""
    meanings = {column.name: column.meaning for column in report.columns}
    views: dict[str, FactView] = {}
    for number, fact in enumerate(report.facts, start=1):
        header, rows, more = _evidence(fact.evidence, meanings)
        views[fact.id or f"f{number}"] = FactView(
            anchor=f"f{number}", number=number, fact=fact,
            sentence=Words(en=fact.sentence_en, zh=fact.sentence_zh), chart=draw(fact.chart),
            certainty=tuple(_certainty(fact)), header=header, rows=rows, more=more,
        )  # fmt: skip
    return views


def _evidence(
    evidence: Evidence, meanings: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...], int]:
    header = evidence.columns[:_MOST_COLUMNS]
    rows = tuple(
        tuple(_cell(value, meanings.get(name, "")) for name, value in zip(header, row, strict=False))
        for row in evidence.rows[:_MOST_ROWS]
    )
    return header, rows, evidence.more + max(len(evidence.rows) - _MOST_ROWS, 0)


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
        plain = fact.test.replace("_", " ")
        yield Words(en="Test", zh="检验"), Words(en=plain, zh=plain)
    if fact.n:
        n = rows_text(fact.n)
        if fact.exact:
            yield Words(en="Rows", zh="行数"), Words(en=f"{n.en}, all counted", zh=f"{n.zh}，全部计算")
        else:
            yield Words(en="Rows", zh="行数"), Words(en=f"{n.en}, sampled", zh=f"{n.zh}，抽样")
    if fact.segments is not None and fact.segments.of:
        held, of, column = fact.segments.held, fact.segments.of, fact.segments.column
        against = ", ".join(fact.segments.against[:4])
        yield (
            Words(en="Same direction", zh="方向一致"),
            Words(
                en=f"in {held} of {of} groups of {column}" + (f"; not in {against}" if against else ""),
                zh=f"{column}的 {of} 组中有 {held} 组" + (f"；例外：{against}" if against else ""),
            ),
        )


def _effect(value: float, share: bool) -> Words:
    if share:
        return Words(en=percent(value * 100).text, zh=percent(value * 100).text)
    rounded = round(value, 3) if abs(value) >= 0.01 else value
    return Words(en=count(rounded, "en").text, zh=count(rounded, "zh").text)


def _p_value(p: float) -> Words:
    text = "< 0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.01 else f"{p:.3f}"
    return Words(en=text, zh=text)


# ---------------------------------------------------------------- problems


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
                severity=problem.severity, message=problem.message, handled=problem.handled,
                rows=f"{problem.count:,}" if problem.count else "",
                share=percent(problem.share * 100).text if problem.share is not None else "",
                view=view, above=above,
            )
        )  # fmt: skip
    return placed
