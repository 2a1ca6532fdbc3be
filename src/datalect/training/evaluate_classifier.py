"""Figures of a saved classifier on labelled texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datalect.errors import CheckpointError
from datalect.lm.checkpoint import describe_model
from datalect.lm.classify import load_classifier
from datalect.training.classification import figures
from datalect.training.labelled import read_labelled
from datalect.training.labelled_parts import target_tensor


def evaluate_classifier(
    folder: Path, data: Path, *, text_column: str | None = None, label_column: str | None = None
) -> tuple[dict[str, Any], int]:
    """Metrics over every labelled text of a file, and how many there are.

    Args:
        folder: of the model.
        data: a file of the form of the training data.
        text_column: column of the text; None for the one the model was trained on, where the file has it.
        label_column: the same for the label.

    Raises:
        CheckpointError: no classifier, or a damaged one.
        SourceError: the file cannot be read.
        UsageError: a column is not there.
    """
    model = load_classifier(folder)
    extra = describe_model(folder).extra
    facts = [extra.get(name) for name in ("text_column", "label_column", "separator")]
    if not all(fact is None or (isinstance(fact, str) and fact) for fact in facts):
        raise CheckpointError(f"{folder.name}/config.json has a column or separator that is no text.")
    read = read_labelled(
        data,
        text_column=text_column or facts[0],
        label_column=label_column or facts[1],
        separator=facts[2],
    )
    targets = target_tensor(read.examples, model.labels, multi_label=model.multi_label)
    logits = model.logits([example.text for example in read.examples])
    metrics = figures(logits, targets, model.labels, model.temperature, multi_label=model.multi_label)
    return {**metrics, "labels": model.labels, "skipped": read.skipped}, len(read.examples)
