"""Figures of a saved sequence-to-sequence model on pairs of texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from datalect.lm.base import GenerationOptions
from datalect.lm.checkpoint import describe_model
from datalect.lm.seq2seq_metrics import text_metrics
from datalect.lm.transduce import load_transducer
from datalect.training.config import DataConfig, Recipe
from datalect.training.pairs import read_pairs
from datalect.training.transduction import TransductionTask, encode_pairs


def evaluate_seq2seq(
    folder: Path,
    data: Path,
    *,
    source: str | None = None,
    target: str | None = None,
    beams: int = 4,
    length_penalty: float = 1.0,
    coverage: float = 0.0,
) -> tuple[dict[str, Any], int]:
    """Metrics over every pair of a file, and how many there are.

    Args:
        folder: of the model.
        data: a file of the form of the training data.
        source: column of the source; None for the one the model was trained on.
        target: the same for the target.
        beams: width of the beam search; 1 writes greedily.
        length_penalty: power of the length that beam scores are divided by.
        coverage: weight of the coverage penalty.

    Raises:
        CheckpointError: no sequence-to-sequence model, or a damaged one.
        SourceError: the file cannot be read.
        UsageError: a column is not there.
    """
    model = load_transducer(str(folder))
    extra = describe_model(folder).extra
    # Columns of another name are found anew only when the file lacks those of the training data.
    read = read_pairs(
        data,
        source=source or extra.get("source_column"),
        target=target or extra.get("target_column"),
    )
    options = GenerationOptions(
        max_tokens=1_000_000, temperature=0.0, beams=beams, length_penalty=length_penalty
    )
    written = model.outputs([pair.source for pair in read.pairs], options, coverage=coverage)
    metrics = text_metrics([one.text for one in written], [pair.targets for pair in read.pairs])
    tokenizers = (
        {"source": model.source, "target": model.target}
        if model.source is not model.target
        else {"tokenizer": model.target}
    )
    encoded = encode_pairs(read.pairs, tokenizers, model.module.config)
    task = TransductionTask(
        encoded, encoded, model.target.end_id, Recipe(data=DataConfig(batch=32, batch_tokens=4096))
    )
    with torch.no_grad():
        likelihood = task.evaluate(model.module)
    return {**metrics, **likelihood, "beams": beams, "skipped": read.skipped}, len(read.pairs)
