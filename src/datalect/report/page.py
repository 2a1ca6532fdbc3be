"""The page: one HTML file that opens from disk, needs no network and runs no script but its own.

Both languages stand in it; a switch shows one. Every text passes through the template's escaping. The policy in
its head allows the one style and the one script by their digests and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from datalect.answer.safetext import visible
from datalect.report.page_charts import chart_svg, spark_svg

if TYPE_CHECKING:
    from jinja2 import Environment

    from datalect.planner.base import Language
    from datalect.report.model import Report

_FOLDER = "templates"


def render(report: Report, language: Language) -> str:
    """The whole page as text, opening in a language."""
    style, script = _asset("report.css.j2"), _asset("report.js.j2")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src 'sha256-{_digest(style)}'",
            f"script-src 'sha256-{_digest(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return _environment().get_template("report.html.j2").render(
        report=report, language=language, style=style, script=script, policy=policy, **_helpers()
    )  # fmt: skip


def render_fragment(report: Report, language: Language) -> str:
    """Headlines and problems for a notebook: no script, no style of its own."""
    return _environment().get_template("fragment.html.j2").render(report=report, language=language, **_helpers())


def _helpers() -> dict[str, Any]:
    return {"chart": chart_svg, "spark": spark_svg}


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def _asset(name: str) -> str:
    return (resources.files("datalect.report") / _FOLDER / name).read_text(encoding="utf-8").strip()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("datalect.report", _FOLDER), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
        # Characters that steer the display are made visible wherever a text appears.
        finalize=lambda value: visible(value, keep_newlines=True) if type(value) is str else value,
    )  # fmt: skip
    environment.filters["grouped"] = lambda n: f"{n:,}"
    environment.filters["percent"] = lambda share: f"{100 * share:.1f}%"
    return environment
