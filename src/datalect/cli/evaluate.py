"""``datalect evaluate``: figures of a model on a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from datalect.cli.show import grid, out, out_json


def evaluate(
    model: str,
    *,
    data: Path,
    text_column: str | None = None,
    window: Literal["side-by-side", "sliding"] = "side-by-side",
    stride: int | None = None,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Measure a model on a file.

    The file has the form of the training data. A language model gets loss (nats per token), perplexity per
    token and word, and bits per byte, over every token of the file.

    For example:

      datalect evaluate shakespeare --data test.txt
      datalect evaluate shakespeare --data test.txt --window sliding --json

    Parameters
    ----------
    model
        Name or folder of a model.
    data
        Text file, JSONL, table or folder of them.
    text_column
        Column or field that holds the text.
    window
        How a text longer than the context is read: windows side by side, or sliding ones that give every
        token the most context (slower, better figures).
    stride
        Tokens by which sliding windows advance; without it a quarter of the context.
    json
        Print one JSON object: task, metrics, n, seconds.
    """
    from datalect.lm.load import require_torch

    require_torch("Evaluating a model")
    from datalect.training.evaluate import evaluate_model

    made = evaluate_model(model, data, text_column=text_column, sliding=window == "sliding", stride=stride)
    if json:
        out_json(made)
        return 0
    out(grid(["metric", "value"], list(made["metrics"].items())))
    out(f"{made['n']:,} {made['unit']} in {made['seconds']:.1f} s")
    return 0
