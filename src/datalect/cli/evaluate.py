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
    label_column: str | None = None,
    window: Literal["side-by-side", "sliding"] = "side-by-side",
    stride: int | None = None,
    cache: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    dynamic: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    beams: int = 4,
    length_penalty: float = 1.0,
    coverage: float = 0.0,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Measure a model on a file.

    The file has the form of the training data. A language model gets loss (nats per token), perplexity per
    token and word, and bits per byte, over every token of the file; a sequence-to-sequence model gets BLEU,
    chrF and ROUGE.

    For example:

      datalect evaluate shakespeare --data test.txt
      datalect evaluate shakespeare --data test.txt --window sliding --json
      datalect evaluate shakespeare --data test.txt --dynamic
      datalect evaluate moods --data reviews.csv
      datalect evaluate translator --data pairs.csv --beams 5

    Parameters
    ----------
    model
        Name or folder of a model.
    data
        Text file, JSONL, table or folder of them.
    text_column
        Column or field that holds the text, or the source.
    label_column
        Column or field that holds a classifier's labels, or the target.
    window
        How a text longer than the context is read: windows side by side, or sliding ones that give every
        token the most context (slower, better figures).
    stride
        Tokens by which sliding windows advance; without it a quarter of the context.
    cache
        Mix in a neural cache of the last 2,000 tokens (Grave et al. 2017).
    dynamic
        Let the model learn from what it has read (Krause et al. 2018); the saved model stays as it is.
    beams
        Sequence to sequence: width of the beam search; 1 takes the most probable token each time.
    length_penalty
        Sequence to sequence: power of the length that beam scores are divided by.
    coverage
        Sequence to sequence: how much leaving parts of the source out counts against a target.
    json
        Print one JSON object: task, metrics, n, seconds.
    """
    from datalect.lm.load import require_torch

    require_torch("Evaluating a model")
    from datalect.lm.adapt import CacheConfig, DynamicConfig
    from datalect.training.evaluate import evaluate_model

    made = evaluate_model(
        model,
        data,
        text_column=text_column,
        label_column=label_column,
        sliding=window == "sliding",
        stride=stride,
        cache=CacheConfig() if cache else None,
        dynamic=DynamicConfig() if dynamic else None,
        beams=beams,
        length_penalty=length_penalty,
        coverage=coverage,
    )
    if json:
        out_json(made)
        return 0
    plain = {k: v for k, v in made["metrics"].items() if isinstance(v, int | float | str)}
    out(grid(["metric", "value"], list(plain.items())))
    if "per_label" in made["metrics"]:
        rows = [(name, *row.values()) for name, row in made["metrics"]["per_label"].items()]
        out(grid(["label", "precision", "recall", "f1", "texts"], rows))
    out(f"{made['n']:,} {made['unit']} in {made['seconds']:.1f} s")
    return 0
