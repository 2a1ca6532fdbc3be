"""Drawing a chart: SVG, PNG and a page that needs no network."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalect.answer.export import write_in_one_step
from datalect.answer.safetext import escape_html, script_json
from datalect.errors import UsageError

if TYPE_CHECKING:
    from datalect.answer.model import Chart

_BOOT = (
    "const spec = JSON.parse(document.getElementById('chart-spec').textContent);"
    "vegaEmbed('#chart', spec, {renderer: 'svg', actions: false, ast: true}).catch((error) => {"
    "document.getElementById('chart').textContent = String(error); });"
)


def to_svg(chart: Chart, *, on_dark: bool = False) -> str:
    """The chart as SVG. Text stays text, so the reader's own fonts draw Chinese.

    Args:
        chart: the chart.
        on_dark: draw it for a dark page, without a ground of its own.
    """
    import vl_convert

    from datalect.answer.dark import dark

    spec = json.dumps(dark(chart.spec), ensure_ascii=False, allow_nan=False) if on_dark else _spec(chart)
    return str(vl_convert.vegalite_to_svg(spec, vl_version=_version(), allowed_base_urls=[]))


def to_png(chart: Chart, scale: float) -> bytes:
    """The chart as PNG at ``scale`` pixels per point.

    Raises:
        UsageError: a scale that is not between 0.1 and 10.
    """
    if not 0.1 <= scale <= 10:
        raise UsageError("The scale of a PNG is out of range.", expected="0.1 to 10", received=str(scale))
    import vl_convert

    from datalect.answer.fonts import register_fonts, warn_without_chinese
    from datalect.answer.labels import is_chinese

    register_fonts()
    if is_chinese(_spec(chart)):
        warn_without_chinese()
    return bytes(
        vl_convert.vegalite_to_png(_spec(chart), vl_version=_version(), scale=scale, allowed_base_urls=[])
    )


def _spec(chart: Chart) -> str:
    return json.dumps(chart.spec, ensure_ascii=False, allow_nan=False)


@cache
def _version() -> str:
    """The Vega-Lite version the specs are written for: 6 where the renderer has it, else its newest."""
    import vl_convert

    known = [v for v in vl_convert.get_vegalite_versions() if v.startswith("6")]
    return str(max(known or vl_convert.get_vegalite_versions()))


@cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, out of the renderer's own package."""
    import vl_convert

    script = str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=_version()))
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def script_hash(script: str) -> str:
    """The Content-Security-Policy source that allows exactly this inline script."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def to_html(chart: Chart) -> str:
    """One page with the libraries inside; its policy forbids every request and every other script."""
    bundle = _bundle()
    policy = (
        f"default-src 'none'; script-src {script_hash(bundle)} {script_hash(_BOOT)}; "
        "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    title = escape_html(_title(chart))
    language = "zh-CN" if chart.language == "zh" else "en"
    notes = "".join(f"<p>{escape_html(note)}</p>" for note in chart.notes)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n"
        "<style>body{font-family:system-ui,'Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif;"
        "margin:2rem;color:#222}</style>\n</head>\n<body>\n"
        f'<div id="chart"></div>\n{notes}\n'
        f'<script type="application/json" id="chart-spec">{script_json(dict(chart.spec))}</script>\n'
        f"<script>{bundle}</script>\n<script>{_BOOT}</script>\n</body>\n</html>\n"
    )


def _title(chart: Chart) -> str:
    title: Any = chart.spec.get("title", "")
    if isinstance(title, dict):
        title = title.get("text", "")
    return " ".join(title) if isinstance(title, list) else str(title)


def save(chart: Chart, path: Path) -> Path:
    """Write the chart in the form its suffix names, in one step."""
    suffix = path.suffix.lower()
    if suffix == ".svg":
        content = to_svg(chart).encode("utf-8")
    elif suffix == ".png":
        content = to_png(chart, 2.0)
    elif suffix in (".html", ".htm"):
        content = to_html(chart).encode("utf-8")
    elif suffix == ".json":
        content = json.dumps(chart.spec, ensure_ascii=False, indent=2, allow_nan=False).encode("utf-8")
    else:
        raise UsageError(
            "The form of the chart file is not known.",
            expected="a path that ends in .svg, .png, .html or .json",
            received=str(path),
        )
    write_in_one_step(path, content)
    return path
