"""Evaluating a saved model on a file."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from datalect.errors import CheckpointError, UsageError
from datalect.lm.adapt import CacheConfig, DynamicConfig, score_adaptively
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
    label_column: str | None = None,
    sliding: bool = False,
    stride: int | None = None,
    cache: CacheConfig | None = None,
    dynamic: DynamicConfig | None = None,
    beams: int = 4,
    length_penalty: float = 1.0,
    coverage: float = 0.0,
) -> dict[str, Any]:
    """Figures of a model on a file.

    Args:
        model: name or folder.
        data: a file of the form the model was trained on.
        text_column: column or field of the text, or of the source.
        label_column: column or field of a classifier's labels, or of the target.
        sliding: language models: give every token as much context as the stride allows.
        stride: tokens by which sliding windows advance.
        cache: language models: mix in a neural cache.
        dynamic: language models: update the weights while reading.
        beams: sequence to sequence: width of the beam search.
        length_penalty: sequence to sequence: power of the length that beam scores are divided by.
        coverage: sequence to sequence: weight of the coverage penalty.

    Returns:
        ``task``, ``metrics``, ``n`` (predicted tokens or examples), ``unit``, ``seconds``.

    Raises:
        CheckpointError: there is no such model, or it is damaged.
        SourceError: the file cannot be read.
        UsageError: the model's task cannot be evaluated this way.
    """
    began = time.monotonic()
    saved = load_saved(find_model(model))
    task, unit = saved.description.task, "tokens"
    metrics: dict[str, Any]
    if task == "lm":
        metrics, n = _language(saved, data, text_column, sliding, stride, cache, dynamic)
    elif task == "classifier":
        from datalect.training.evaluate_classifier import evaluate_classifier

        unit = "texts"
        metrics, n = evaluate_classifier(
            saved.folder, data, text_column=text_column, label_column=label_column
        )
    elif task == "seq2seq":
        from datalect.training.evaluate_seq2seq import evaluate_seq2seq

        unit = "pairs"
        metrics, n = evaluate_seq2seq(
            saved.folder,
            data,
            source=text_column,
            target=label_column,
            beams=beams,
            length_penalty=length_penalty,
            coverage=coverage,
        )
    else:
        raise UsageError("This task is not known.", expected="lm, classifier or seq2seq", received=task)
    return {
        "task": task,
        "metrics": metrics,
        "n": n,
        "unit": unit,
        "seconds": round(time.monotonic() - began, 3),
    }


def _language(
    saved: SavedModel,
    data: Path,
    column: str | None,
    sliding: bool,
    stride: int | None,
    cache: CacheConfig | None,
    dynamic: DynamicConfig | None,
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
        if cache is not None or dynamic is not None:
            scored = score_adaptively(module, shards, cache=cache, dynamic=dynamic)
        else:
            advance = (stride or max(1, length // 4)) if sliding else None
            scored = score(module, shards, length=length, stride=advance)
    return scored.metrics(bytes_=size["bytes"], words=size["words"]), scored.tokens
