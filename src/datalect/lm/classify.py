"""Using a trained classifier: texts in, labels with calibrated probabilities out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from datalect.errors import CheckpointError
from datalect.lm.base import Tokenizer
from datalect.lm.calibration import probabilities
from datalect.lm.checkpoint import load_saved
from datalect.lm.classifier import Classifier, Example
from datalect.lm.store import find_model

_BATCH_SIZE, _BATCH_TEXTS = 16_384, 512


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a classifier says of a text."""

    labels: tuple[str, ...]
    """The most probable label; with several labels per text, all from one half on."""
    probabilities: dict[str, float]
    """Of every label."""


class TrainedClassifier:
    """A classifier with its tokenizer, its labels and its temperature.

    Args:
        module: in evaluation mode.
        tokenizer: None for a bag of n-grams.
        labels: in the order of the logits.
        temperature: that logits are divided by.
        name: for people.
    """

    def __init__(
        self,
        module: Classifier,
        tokenizer: Tokenizer | None,
        labels: Sequence[str],
        temperature: float = 1.0,
        name: str = "classifier",
    ) -> None:
        self.module, self.tokenizer = module.eval(), tokenizer
        self.labels, self.temperature, self.name = list(labels), temperature, name

    @property
    def multi_label(self) -> bool:
        """Whether a text may have several labels or none."""
        return self.module.config.multi_label

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Labels of texts; what one gets does not depend on those beside it."""
        chances_NC = probabilities(self.logits(texts), self.temperature, multi_label=self.multi_label)
        return [self._prediction(row) for row in chances_NC.tolist()]

    def logits(self, texts: Sequence[str]) -> Tensor:
        """Logits ``(N, C)`` in float32, on the CPU, before calibration."""
        return logits_of(self.module, [self.module.example(text, self.tokenizer) for text in texts])

    def _prediction(self, row: list[float]) -> Prediction:
        by_label = dict(zip(self.labels, row, strict=True))
        if self.multi_label:
            return Prediction(
                labels=tuple(k for k, p in by_label.items() if p >= 0.5), probabilities=by_label
            )
        return Prediction(labels=(max(by_label, key=lambda k: by_label[k]),), probabilities=by_label)


@torch.no_grad()
def logits_of(module: Classifier, examples: Sequence[Example]) -> Tensor:
    """Logits ``(N, C)`` of examples, computed in batches of similar length."""
    made = torch.zeros(len(examples), module.config.labels)
    device = next(module.parameters()).device
    for chosen in by_size(examples):
        inputs = module.collate([examples[i] for i in chosen])
        made[chosen] = module(*(part.to(device) for part in inputs)).float().cpu()
    return made


def by_size(examples: Sequence[Example]) -> Iterator[list[int]]:
    """Indices in batches of similar length, short ones first, each of a bounded padded size."""
    batch: list[int] = []
    for index in sorted(range(len(examples)), key=lambda i: examples[i].size):
        if batch and (len(batch) == _BATCH_TEXTS or (len(batch) + 1) * examples[index].size > _BATCH_SIZE):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def load_classifier(model: str | Path) -> TrainedClassifier:
    """Open a trained classifier by name or folder.

    Raises:
        CheckpointError: there is none, it is damaged, or it is no classifier.
    """
    saved = load_saved(find_model(str(model)))
    extra = saved.description.extra
    if not isinstance(saved.module, Classifier):
        raise CheckpointError(
            f"{saved.folder.name} is no classifier.",
            expected="a model of the task classifier",
            received=saved.description.task,
        )
    labels, temperature = extra.get("labels"), extra.get("temperature", 1.0)
    count = saved.module.config.labels
    if (
        not isinstance(labels, list)
        or len(labels) != count
        or not all(isinstance(name, str) for name in labels)
        or len(set(labels)) != count
    ):
        raise CheckpointError(f"{saved.folder.name}/config.json does not name its {count} labels.")
    if isinstance(temperature, bool) or not isinstance(temperature, int | float) or not _sound(temperature):
        raise CheckpointError(f"{saved.folder.name}/config.json has no sound temperature.")
    tokenizer = saved.tokenizers.get("tokenizer")
    return TrainedClassifier(saved.module, tokenizer, labels, float(temperature), saved.folder.name)


def _sound(temperature: float) -> bool:
    return math.isfinite(temperature) and temperature > 0
