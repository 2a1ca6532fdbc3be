"""Evaluating a saved model on a file."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from datalect.errors import CheckpointError, UsageError
from datalect.lm.causal import CausalModel
from datalect.lm.checkpoint import SavedModel, load_saved
from datalect.lm.perplexity import score
from datalect.lm.store import find_model
from datalect.training.shards import read_shards, write_shards
from datalect.training.text import open_corpus


def evaluate_model(
    model: str,
    data: Path,
    *,
    text_column: str | None = None,
    sliding: bool = False,
    stride: int | None = None,
) -> dict[str, Any]:
    """Figures of a model on a file.

    Args:
        model: name or folder.
        data: a file of the form the model was trained on.
        text_column: column or field of the text.
        sliding: language models: give every token as much context as the stride allows.
        stride: tokens by which sliding windows advance.

    Returns:
        ``task``, ``metrics``, ``n`` (predicted tokens or examples), ``unit``, ``seconds``.

    Raises:
        CheckpointError: there is no such model, or it is damaged.
        SourceError: the file cannot be read.
        UsageError: the model's task cannot be evaluated this way.
    """
    began = time.monotonic()
    saved = load_saved(find_model(model))
    if saved.description.task != "lm":
        raise UsageError("This task is not known.", expected="lm", received=saved.description.task)
    metrics, n = _language(saved, data, text_column, sliding, stride)
    return {
        "task": "lm",
        "metrics": metrics,
        "n": n,
        "unit": "tokens",
        "seconds": round(time.monotonic() - began, 3),
    }


def _language(
    saved: SavedModel, data: Path, column: str | None, sliding: bool, stride: int | None
) -> tuple[dict[str, float], int]:
    module = saved.module
    if not isinstance(module, CausalModel):
        raise CheckpointError(
            f"{saved.folder.name} is no language model.", expected="an architecture for the task lm"
        )
    corpus = open_corpus(data, column)
    several = sum(1 for _ in zip(range(2), corpus.documents(), strict=False)) == 2
    length = module.context or 256
    with tempfile.TemporaryDirectory(prefix="datalect-evaluate-") as scratch:
        shards = write_shards(Path(scratch), "text", corpus.documents(), saved.tokenizer, separate=several)
        _, size = read_shards(Path(scratch), "text")
        advance = (stride or max(1, length // 4)) if sliding else None
        scored = score(module, shards, length=length, stride=advance)
    return scored.metrics(bytes_=size["bytes"], words=size["words"]), scored.tokens
