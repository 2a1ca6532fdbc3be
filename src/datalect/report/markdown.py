"""The report as Markdown, for pull requests, wikis and mail: the same sentences, no charts.

Marks inside names and cells are escaped, addresses do not become links, hidden characters are made visible:
a text from a table can neither format the report nor add to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from datalect.answer.ground import Words
from datalect.answer.safetext import visible
from datalect.report.page_columns import ColumnView, column_views
from datalect.report.page_facts import FactView, fact_views, problem_views
from datalect.report.page_sections import method_figures, sections_of, size_words
from datalect.report.page_words import SEVERITY_NAMES
from datalect.report.scales import share_text

if TYPE_CHECKING:
    from datalect.planner.base import Language
    from datalect.report.model import Report

_MARKS = str.maketrans({mark: "\\" + mark for mark in "\\`*_{}[]<>#|!~$&"})
_ADDRESS = re.compile(r"(?i)(?<=[a-z])(?=://)|(?<=www)(?=\.)")
_LIST_MARK = re.compile(r"^(\d{1,9})([.)])|^([-+])")


def to_markdown(report: Report, language: Language) -> str:
    """The report in one language as Markdown (CommonMark with tables).

    Args:
        report: what to write.
        language: ``en`` or ``zh``.
    """
    views = fact_views(report)
    headlines = [views[f.id] for f in report.headlines if f.id in views]
    shown = {view.fact.id for view in headlines}
    problems = problem_views(report.problems, views, shown)
    columns = column_views(report.columns, (), {})

    def say(words: Words) -> str:
        return escaped(words.in_(language))

    lines = [f"# {say(report.title)}", "", _about(report, language), ""]
    for section in sections_of(report, views, headlines, shown, columns):
        lines += [f"## {say(section.title)}", ""]
        if section.lead.en:
            lines += [say(section.lead), ""]
        if section.id == "headlines":
            lines += [f"{k}. {_stated(view, language)}" for k, view in enumerate(headlines, start=1)]
        elif section.id == "trust":
            for problem in problems:
                handled = f" {say(problem.handled)}" if problem.handled.en else ""
                lines.append(f"- **{say(SEVERITY_NAMES[problem.severity])}** {say(problem.message)}{handled}")
        elif section.id == "method":
            lines += [f"- {say(name)}: {say(value)}" for name, value in method_figures(report)]
        lines += [f"- {_stated(view, language)}" for view in section.facts]
        if section.id == "columns" and columns:
            lines += ["", *_table(columns, language)]
        lines.append("")
    lines += _queries(views.values(), language)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def escaped(text: str) -> str:
    """A text in which nothing is a mark of Markdown or HTML, on one line."""
    plain = " ".join(visible(text, keep_newlines=True).split()).translate(_MARKS)
    plain = _ADDRESS.sub("\\\\", plain)
    return _LIST_MARK.sub(lambda m: f"\\{m[3]}" if m[3] else f"{m[1]}\\{m[2]}", plain)


def fenced(code: str, name: str) -> list[str]:
    """A block of code whose fence is longer than any inside it."""
    shown = visible(code, keep_newlines=True)
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", shown)), 3)
    return [f"{fence}{name}", shown, fence]


def _about(report: Report, language: Language) -> str:
    parts = [size_words(report).in_(language), report.source, report.created[:16].replace("T", " ")]
    return " · ".join(escaped(part) for part in parts if part)


def _stated(view: FactView, language: Language) -> str:
    """A sentence, where it holds, and the number of its query."""
    text = escaped(view.sentence.in_(language))
    if view.held is not None:
        text += f" *{escaped(view.held.in_(language))}*"
    return f"{text} \\[{view.number}\\]" if view.fact.sql else text


def _table(columns: list[ColumnView], language: Language) -> Iterator[str]:
    if language == "zh":
        yield "| 列 | 含义 | 缺失 | 不同值 | 概况 |"
    else:
        yield "| column | meaning | missing | distinct | in short |"
    yield "|---|---|---:|---:|---|"
    for view in columns:
        c = view.profile
        about = "" if c.distinct_exact else "≈ "
        cells = (
            escaped(view.name), escaped(view.meaning.in_(language)), escaped(share_text(view.missing)),
            f"{about}{c.distinct:,}", escaped(c.sentence.in_(language)),
        )  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def _queries(views: Iterable[FactView], language: Language) -> list[str]:
    """The SQL behind each sentence, by the number it is stated with."""
    lines = ["## SQL", ""]
    for view in views:
        if view.fact.sql:
            lines += [f"\\[{view.number}\\] {escaped(view.sentence.in_(language))}", ""]
            lines += [*fenced(view.fact.sql, "sql"), ""]
    return lines if len(lines) > 2 else []
