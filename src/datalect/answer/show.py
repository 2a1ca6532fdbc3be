"""An answer in a terminal and in a notebook. Cells are shown, never executed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from datalect.answer.dates import date_text
from datalect.answer.formats import figure
from datalect.answer.ground import in_cycle
from datalect.answer.jsonable import jsonable
from datalect.answer.safetext import escape_html, visible
from datalect.engine.cells import plain_rows

if TYPE_CHECKING:
    from rich.console import RenderableType

    from datalect.answer.model import Answer

_ROWS_SHOWN = 20
_COLUMNS_SHOWN = 12
_CELL_WIDTH = 60
_HTML_ROWS = 100
_HTML_CELL = 2000

_WORDS = {
    "en": {
        "more": "… and {n} more rows",
        "wide": "… and {n} more columns: {names}",
        "read": "Read as: {text}",
        "sure": "Confidence {p} %",
        "rows": "{used} of {total} rows used",
        "cut": "the result was cut by a limit",
        "which": "Did you mean:",
        "also": "Other readings: {text}",
        "note": "Note: {text}",
        "sql": "SQL",
        "comma": "; ",
    },
    "zh": {
        "more": "……另有 {n} 行",
        "wide": "……另有 {n} 列：{names}",
        "read": "理解为：{text}",
        "sure": "置信度 {p}%",
        "rows": "使用了 {total} 行中的 {used} 行",
        "cut": "结果因上限被截断",
        "which": "您是想问：",
        "also": "其他理解：{text}",
        "note": "注意：{text}",
        "sql": "SQL",
        "comma": "；",
    },
}


def answer_text(answer: Answer) -> str:
    """The answer as plain text for a terminal without colours."""
    from rich.console import Console

    out = io.StringIO()
    console = Console(file=out, width=110, color_system=None, force_terminal=False, highlight=False)
    console.print(answer)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip().splitlines())


def answer_renderables(answer: Answer) -> Iterator[RenderableType]:
    """The answer for a rich console: sentences, table, then how it was understood."""
    from rich.text import Text

    words = _WORDS[answer.language]
    if answer.sentence:
        yield Text(visible(answer.sentence), style="bold")
    if answer.status != "answered":
        if answer.readings:
            yield Text(words["which"])
            for number, reading in enumerate(answer.readings, 1):
                yield Text(f"  {number}. {visible(reading)}")
    elif answer.table is not None and (answer.row_count > 1 or len(answer.columns) > 1):
        yield from _table(answer)
    if answer.readback:
        yield Text(words["read"].format(text=visible(answer.readback)), style="dim")
    if answer.status == "answered":
        yield Text("  ·  ".join(_standing(answer)), style="dim")
        if len(answer.readings) > 1:
            others = words["comma"].join(visible(r).rstrip(".。") for r in answer.readings[1:4])
            yield Text(words["also"].format(text=others), style="dim")
    for warning in answer.warnings:
        yield Text(words["note"].format(text=visible(warning)), style="yellow")


def _standing(answer: Answer) -> list[str]:
    words = _WORDS[answer.language]
    parts = [words["sure"].format(p=round(answer.confidence * 100))]
    if answer.rows_total is not None and answer.rows_used is not None:
        parts.append(words["rows"].format(used=f"{answer.rows_used:,}", total=f"{answer.rows_total:,}"))
    if answer.truncated:
        parts.append(words["cut"])
    return parts


def _table(answer: Answer) -> Iterator[RenderableType]:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    words = _WORDS[answer.language]
    labels = column_labels(answer)
    shown = labels[:_COLUMNS_SHOWN]
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    rows = plain_rows(answer.to_arrow().slice(0, _ROWS_SHOWN))
    names = answer.columns[:_COLUMNS_SHOWN]
    for name, label in zip(names, shown, strict=True):
        numeric = all(_is_number(row[name]) for row in rows)
        table.add_column(Text(visible(label)), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_short(cell_text(answer, name, row[name]))) for name in names))
    yield table
    if answer.row_count > _ROWS_SHOWN:
        yield Text(words["more"].format(n=f"{answer.row_count - _ROWS_SHOWN:,}"), style="dim")
    if len(labels) > _COLUMNS_SHOWN:
        hidden = ", ".join(visible(label) for label in labels[_COLUMNS_SHOWN:])
        yield Text(words["wide"].format(n=len(labels) - _COLUMNS_SHOWN, names=hidden), style="dim")


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _short(text: str) -> str:
    text = visible(text)
    return text if len(text) <= _CELL_WIDTH else text[: _CELL_WIDTH - 1] + "…"


def column_labels(answer: Answer) -> list[str]:
    """A heading for each column of the result, in the answer's language."""
    labels = {
        output.name: output.label_zh if answer.language == "zh" else output.label_en
        for output in answer.outputs
    }
    return [labels.get(name) or name for name in answer.columns]


def cell_text(answer: Answer, name: str, value: Any) -> str:
    """A cell as people read it in a table."""
    if value is None:
        return "–"
    if isinstance(value, bool | str):
        return str(value)
    shape = answer.facts.field(name) if answer.facts is not None else None
    if shape is not None and (shape.kind == "date" or in_cycle(shape)):
        return date_text(value, shape.grain, answer.language)
    if shape is not None and shape.percent and isinstance(value, int | float):
        return figure(value, shape, answer.language).text
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.2f}"
    return str(jsonable(value))


def answer_html(answer: Answer) -> str:
    """The answer as a fragment of HTML without scripts; the chart is an image, so nothing can run."""
    import base64

    words = _WORDS[answer.language]
    parts = [f'<div class="datalect-answer" lang="{"zh-CN" if answer.language == "zh" else "en"}">']
    if answer.sentence:
        parts.append(f"<p><strong>{escape_html(answer.sentence)}</strong></p>")
    if answer.status != "answered" and answer.readings:
        items = "".join(f"<li>{escape_html(reading)}</li>" for reading in answer.readings)
        parts.append(f"<p>{words['which']}</p><ol>{items}</ol>")
    if answer.chart is not None:
        image = base64.b64encode(answer.chart.to_svg().encode("utf-8")).decode("ascii")
        parts.append(
            f'<img alt="{escape_html(answer.sentence)}" style="max-width:100%" '
            f'src="data:image/svg+xml;base64,{image}">'
        )
        parts.extend(f"<p><small>{escape_html(note)}</small></p>" for note in answer.chart.notes)
    if answer.table is not None and answer.columns:
        parts.append(_html_table(answer))
    if answer.readback:
        parts.append(f"<p><small>{escape_html(words['read'].format(text=answer.readback))}</small></p>")
    if answer.status == "answered":
        parts.append(f"<p><small>{escape_html(' · '.join(_standing(answer)))}</small></p>")
    parts.extend(
        f"<p><small>{escape_html(words['note'].format(text=warning))}</small></p>"
        for warning in answer.warnings
    )
    if answer.sql:
        parts.append(f"<details><summary>SQL</summary><pre>{escape_html(answer.sql)}</pre></details>")
    parts.append("</div>")
    return "".join(parts)


def _html_table(answer: Answer) -> str:
    words = _WORDS[answer.language]
    head = "".join(f"<th>{escape_html(label)}</th>" for label in column_labels(answer))
    body: list[str] = []
    for row in plain_rows(answer.to_arrow().slice(0, _HTML_ROWS)):
        cells = "".join(
            f"<td{_align(value)}>{escape_html(cell_text(answer, name, value)[:_HTML_CELL])}</td>"
            for name, value in row.items()
        )
        body.append(f"<tr>{cells}</tr>")
    more = answer.row_count - _HTML_ROWS
    foot = f"<p><small>{words['more'].format(n=f'{more:,}')}</small></p>" if more > 0 else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>{foot}"


def _align(value: Any) -> str:
    return ' style="text-align:right"' if _is_number(value) and value is not None else ""
