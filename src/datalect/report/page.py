"""The report as one HTML page that opens from disk and asks nothing of anyone.

Every value that reaches a template is made visible (no control, bidirectional or zero-width character
survives) and escaped, whoever forgets to; the page's own script and style are named by their hashes in its
policy, and nothing else may run or load. Both languages are in the page; which one shows is a matter of
style, so the switch works without the script too.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from datalect.answer.ground import Words
from datalect.answer.safetext import visible
from datalect.report.markup import both, harmless, script_data, trusted
from datalect.report.model import SEVERITIES, Report
from datalect.report.page_columns import column_views
from datalect.report.page_facts import FactView, fact_views, problem_views
from datalect.report.page_sections import (
    kinds_of,
    method_figures,
    sections_of,
    size_words,
    stage_figures,
    text_views,
    time_views,
)
from datalect.report.page_words import SEVERITY_NAMES
from datalect.report.scales import share_text
from datalect.report.svg import draw

if TYPE_CHECKING:
    from markupsafe import Markup

    from datalect.planner.base import Language

_PACKAGE = "datalect.report"
_EMPTY = Words(
    en="The table has columns but no rows: there is nothing to report.",
    zh="这张表有列但没有数据行，没有可以报告的内容。",
)
_NOTHING = Words(
    en="Nothing in this table stands out strongly and certainly enough to open a report with.",
    zh="这张表中没有足够突出而又可靠、值得放在开头的发现。",
)


def render(report: Report, language: Language) -> str:
    """The whole page.

    Args:
        report: what to show.
        language: the language it opens in; the reader may switch.
    """
    views = fact_views(report)
    headlines = [views[f.id] for f in report.headlines if f.id in views]
    shown = {view.fact.id for view in headlines}
    problems = problem_views(report.problems, views, shown)
    columns = column_views(report.columns, report.facts, {key: view.anchor for key, view in views.items()})
    css, js = _asset("page.css"), _asset("page.js")
    counts = {s: sum(1 for p in problems if p.severity == s) for s in SEVERITIES}
    return _page_environment().get_template("page.html.j2").render(
        report=report, language=language, policy=policy(css, js), css=trusted(css), js=trusted(js),
        titles={"en": _title(report, "en"), "zh": _title(report, "zh")}, size=size_words(report),
        created=_day(report.created), headlines=headlines,
        nothing=_NOTHING if report.rows else _EMPTY, problems=problems,
        severities=[(s, n) for s, n in counts.items() if n], severity_names=SEVERITY_NAMES,
        sections=sections_of(report, views, headlines, shown, columns), columns=columns,
        kinds=kinds_of(columns), times=time_views(columns), texts=text_views(columns),
        method=method_figures(report), stages=stage_figures(report), versions=_versions(report),
        data=script_data(_script_data(report, views.values())),
    )  # fmt: skip


def render_fragment(report: Report, language: Language) -> str:
    """The headlines and the worst problems, for a notebook's cell: no script at all."""
    headlines = [
        (f.sentence(language), draw(f.chart, language), f.chart.y_title.in_(language) if f.chart else "")
        for f in report.headlines
    ]
    return _page_environment().get_template("fragment.html.j2").render(
        report=report, language=language, css=trusted(_asset("fragment.css")), size=size_words(report),
        headlines=headlines, nothing=_NOTHING if report.rows else _EMPTY,
        problems=problem_views(report.problems, {}, set())[:3], severity_names=SEVERITY_NAMES,
    )  # fmt: skip


def policy(css: str, js: str) -> str:
    """What the page may do: run its own script, use its own style, and nothing else."""
    return (
        f"default-src 'none'; script-src '{_digest(js)}'; style-src '{_digest(css)}'; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


@cache
def _asset(name: str) -> str:
    return resources.files(_PACKAGE).joinpath("templates", name).read_text(encoding="utf-8")


# ---------------------------------------------------------------- templates


@cache
def _page_environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(_PACKAGE), autoescape=True, undefined=StrictUndefined, finalize=harmless,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    environment.globals |= {"both": both, "t": _phrase, "share": share_text}
    return environment


def _phrase(en: str, zh: str) -> Markup:
    return both(Words(en=en, zh=zh))


# ---------------------------------------------------------------- what the page is made of


def _title(report: Report, language: Language) -> str:
    name = report.title.in_(language) or report.table
    return f"{name} · 数据报告" if language == "zh" else f"{name} · report"


def _day(created: str) -> str:
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return created
    return f"{moment:%Y-%m-%d %H:%M}"


def _versions(report: Report) -> list[tuple[Words, Words]]:
    return [(Words(en=n, zh=n), Words(en=v, zh=v)) for n, v in report.method.versions.items()]


def _script_data(report: Report, views: Iterable[FactView]) -> dict[str, Any]:
    """What the script cannot read off the page: its words, and code with characters that do not show."""
    exact: dict[str, str] = {}
    for view in views:
        for name, text in (("sql", view.fact.sql), ("python", view.fact.python)):
            if text != visible(text, keep_newlines=True):
                exact[f"{view.anchor}-{name}"] = text
    return {
        "titles": {"en": visible(_title(report, "en")), "zh-CN": visible(_title(report, "zh"))},
        "copied": {"en": "Copied", "zh-CN": "已复制"},
        "failed": {
            "en": "Copying was not possible; select the text instead",
            "zh-CN": "无法复制，请选中文字后复制",
        },
        "found": {"en": "{n} of {all} columns", "zh-CN": "{all} 列中的 {n} 列"},
        "exact": exact,
    }
