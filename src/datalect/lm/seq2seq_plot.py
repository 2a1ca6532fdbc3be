"""Where a sequence-to-sequence model looked while it wrote, as a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalect.errors import LimitError, UsageError

if TYPE_CHECKING:
    from datalect.lm.transduce import Output

_SUFFIXES = (".html", ".svg", ".png", ".json")
_MOST_CELLS = 20_000
_CELL = 18


def attention_chart(output: Output) -> Any:
    """An Altair heat map: columns are source pieces, rows target pieces, and darker is more weight.

    Raises:
        LimitError: too many pieces to be seen.
    """
    import altair as alt

    rows, columns = output.attention.shape
    if rows * columns > _MOST_CELLS:
        raise LimitError(
            "The attention is too large to be drawn.",
            limit="length",
            expected=f"at most {_MOST_CELLS:,} cells",
            received=f"{rows} x {columns}",
            next_step="draw it for a shorter text",
        )
    cells = [
        {
            "source": column,
            "target": row,
            "from": output.source_pieces[column].strip(),
            "to": output.target_pieces[row].strip(),
            "weight": round(float(output.attention[row, column]), 5),
        }
        for row in range(rows)
        for column in range(columns)
    ]
    return (
        alt.Chart(alt.InlineData(values=cells))
        .mark_rect()
        .encode(
            x=_axis(alt.X, "source", output.source_pieces, "Source"),
            y=_axis(alt.Y, "target", output.target_pieces, "Written"),
            color=alt.Color("weight:Q", title="Attention", scale=alt.Scale(scheme="blues", domain=[0, 1])),
            tooltip=["from:N", "to:N", "weight:Q"],
        )
        .properties(width=_CELL * columns, height=_CELL * rows)
    )


def _axis(channel: Any, field: str, pieces: Sequence[str], title: str) -> Any:
    """Positions as the scale, so that a word that stands twice has two places, and pieces as labels."""
    import json

    import altair as alt

    shown = json.dumps([piece.strip() or "␣" for piece in pieces], ensure_ascii=False)
    top = field == "source"
    axis = alt.Axis(
        labelExpr=f"{shown}[datum.value]", labelAngle=-45 if top else 0, orient="top" if top else "left"
    )
    return channel(f"{field}:O", title=title, axis=axis)


def save_attention(output: Output, path: Path) -> None:
    """Write the heat map as HTML, SVG, PNG or a Vega-Lite JSON, by the file's suffix.

    Raises:
        UsageError: another suffix.
        LimitError: the file cannot be written.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(
            "The attention cannot be drawn in this form.",
            expected=", ".join(_SUFFIXES),
            received=path.suffix or path.name,
        )
    page = path.suffix.lower() == ".html"
    chart = attention_chart(_marked(output) if page else output)
    try:
        if page:
            path.write_text(_unmarked(chart.to_html(inline=True)), encoding="utf-8")
        else:
            chart.save(str(path))
    except OSError as error:
        raise LimitError(
            f"{path.name} could not be written.", limit="disk", received=str(error)[:200]
        ) from error


# Pages carry the chart as JSON inside a script, where a text that spells the end of the script would end it.
# A character that no text needs stands for "<" until JSON can say it harmlessly.
_MARK = "\ue000"


def _marked(output: Output) -> Output:
    return replace(
        output,
        source_pieces=[piece.replace("<", _MARK) for piece in output.source_pieces],
        target_pieces=[piece.replace("<", _MARK) for piece in output.target_pieces],
    )


def _unmarked(page: str) -> str:
    return page.replace(_MARK, "\\u003c").replace("\\ue000", "\\u003c")
