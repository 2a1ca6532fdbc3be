"""Answers as one HTML page that needs nothing besides itself: no script, no request, light and dark."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from datalect import Answer, Catalog
from datalect.answer.export import write_in_one_step
from datalect.answer.safetext import visible
from datalect.answer.show import cell_text, column_labels

_ROWS = 12


def write_page(path: Path, answers: Sequence[Answer], catalog: Catalog) -> Path:
    """Write the page and return its path. Every text from the data is escaped."""
    folder = Path(__file__).parent
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, trim_blocks=True)
    environment.filters["visible"] = lambda text: visible(str(text), keep_newlines=True)
    page = environment.get_template("page.html.j2").render(
        answers=[_card(answer) for answer in answers],
        tables=[(table.name, f"{table.rows:,}", len(table.columns)) for table in catalog.tables],
        style=(folder / "page.css").read_text(encoding="utf-8"),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_in_one_step(path, page.encode("utf-8"))
    return path


def _card(answer: Answer) -> dict[str, object]:
    """What the template shows of one answer."""
    rows = answer.rows()
    return {
        "answer": answer,
        "chart": _data_address(answer, dark=False),
        "dark_chart": _data_address(answer, dark=True),
        "labels": column_labels(answer),
        "rows": [[cell_text(answer, name, value) for name, value in row.items()] for row in rows[:_ROWS]],
        "numeric": [all(_is_number(row[name]) for row in rows) for name in answer.columns],
        "more": max(0, len(rows) - _ROWS),
        "sure": round(answer.confidence * 100),
    }


def _data_address(answer: Answer, *, dark: bool) -> str:
    if answer.chart is None:
        return ""
    return "data:image/svg+xml;base64," + base64.b64encode(answer.chart.to_svg(dark=dark).encode()).decode()


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
