"""The picture of a run: training loss and validation figure over the steps, as SVG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datalect.lm.files import write_bytes
from datalect.training.metrics import read_metrics

_MOST_POINTS = 400


def plot_run(run: Path) -> Path | None:
    """Draw ``metrics.jsonl`` of a run into ``run.svg`` beside it.

    Args:
        run: the run folder.

    Returns:
        The picture, or None when nothing was logged.
    """
    rows = plot_rows(read_metrics(run / "metrics.jsonl"))
    if not rows:
        return None
    import altair as alt
    import vl_convert

    data = alt.Data(values=rows)  # type: ignore[no-untyped-call]
    colour = alt.Color("what:N", title=None, scale=alt.Scale(range=["#7aa6c2", "#c0392b"]))
    lines = (
        alt.Chart(data)
        .mark_line()
        .encode(
            x=alt.X("step:Q", title="step"),
            y=alt.Y("value:Q", title="loss", scale=alt.Scale(zero=False)),
            color=colour,
        )
    )
    points = lines.transform_filter("datum.what == 'validation'").mark_circle(size=40)
    chart = (lines + points).properties(width=560, height=300, title="Training run")
    picture = run / "run.svg"
    write_bytes(picture, vl_convert.vegalite_to_svg(chart.to_json()).encode())
    return picture


def plot_rows(metrics: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Points of both curves; the training loss is averaged over neighbours when there are many."""
    losses = [(line["step"], line["loss"]) for line in metrics if line.get("loss") is not None]
    size = max(1, -(-len(losses) // _MOST_POINTS))
    rows = []
    for first in range(0, len(losses), size):
        part = losses[first : first + size]
        rows.append({"step": part[-1][0], "value": sum(v for _, v in part) / len(part), "what": "training"})
    rows += [
        {"step": line["step"], "value": line["valid"], "what": "validation"}
        for line in metrics
        if line.get("valid") is not None
    ]
    return rows
