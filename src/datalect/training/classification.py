"""Training a text classifier: parts without leakage, batches of similar length, weights, calibration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from datalect.errors import SourceError, UsageError
from datalect.lm.architectures import build
from datalect.lm.base import Tokenizer
from datalect.lm.calibration import fit_temperature, probabilities
from datalect.lm.causal import count_parameters
from datalect.lm.checkpoint import save_model
from datalect.lm.classification_metrics import multi_label_metrics, single_label_metrics
from datalect.lm.classifier import Bag, Classifier, Example, Inputs, SequenceClassifier
from datalect.lm.classifier_config import BagConfig, ClassifierConfig, EncoderConfig, SequenceConfig
from datalect.lm.classify import logits_of
from datalect.lm.embeddings import vectors_for_pieces
from datalect.lm.encoder import EncoderClassifier, load_pretrained, read_encoder_config
from datalect.lm.tokenizers import train_tokenizer
from datalect.lm.tokenizers.pretrained import PretrainedTokenizer
from datalect.training.config import Recipe
from datalect.training.labelled import Labelled, LabelledData, read_labelled
from datalect.training.labelled_parts import label_names, part_data, target_tensor
from datalect.training.language import Trained
from datalect.training.loop import Loop, Outcome, seed_everything
from datalect.training.metrics import Silent, Watcher
from datalect.training.runs import claimed_run
from datalect.training.task import Loss


@dataclass(frozen=True)
class TextBatch:
    """Inputs of a model, and what it should say."""

    inputs: Inputs
    targets: Tensor
    """Label of each text ``(B,)``, or 0 and 1 for each label ``(B, C)``."""

    @property
    def count(self) -> int:
        """Number of texts."""
        return len(self.targets)

    def to(self, device: torch.device) -> TextBatch:
        """The same on another device."""
        return TextBatch(tuple(part.to(device) for part in self.inputs), self.targets.to(device))


@dataclass(frozen=True, kw_only=True)
class Part:
    """The training or the validation part, as numbers."""

    examples: list[Example]
    targets: Tensor
    """``(N,)`` with -1 for unknown labels, or ``(N, C)``."""


class ClassificationTask:
    """Cross-entropy over labels, or over each label on its own; or the squared hinge loss of a linear SVM."""

    def __init__(
        self,
        collate: Callable[[Sequence[Example]], Inputs],
        train: Part,
        valid: Part,
        labels: list[str],
        recipe: Recipe,
    ) -> None:
        self._collate, self.train, self.valid, self.labels, self.recipe = (
            collate,
            train,
            valid,
            labels,
            recipe,
        )
        config = cast(ClassifierConfig, recipe.model)
        self.multi_label = config.multi_label
        extra = recipe.extra
        self.primary: str = extra.get("primary", "macro_f1" if self.multi_label else "accuracy")
        self.greater_is_better = self.primary not in ("nll", "ece")
        self.smoothing = float(extra.get("label_smoothing", 0.0))
        self.hinge = _choice(extra, "loss", ("cross_entropy", "hinge")) == "hinge"
        self.weights = _class_weights(extra, train.targets, len(labels))
        self.steps_per_epoch = max(1, len(train.examples) // recipe.data.batch)
        self._order: tuple[int, list[list[int]]] | None = None

    def batches(self, step: int) -> list[TextBatch]:
        """The micro-batches of a step: texts of similar length together, in a new order each epoch."""
        epoch, place = divmod(step, self.steps_per_epoch)
        if self._order is None or self._order[0] != epoch:
            self._order = (epoch, self._epoch(epoch))
        chosen = self._order[1][place]
        parts = np.array_split(np.array(chosen), min(self.recipe.data.accumulate, len(chosen)))
        return [self._batch(part.tolist()) for part in parts]

    def _epoch(self, epoch: int) -> list[list[int]]:
        drawn = np.random.default_rng([self.recipe.run.seed, epoch])
        order = drawn.permutation(len(self.train.examples))
        size = min(self.recipe.data.batch, len(order))
        made: list[list[int]] = []
        # Sorting inside pools of many batches keeps padding small and the order random.
        pool = size * 50
        for start in range(0, len(order), pool):
            inside = sorted(order[start : start + pool].tolist(), key=lambda i: self.train.examples[i].size)
            made += [inside[at : at + size] for at in range(0, len(inside), size)]
        made = [batch for batch in made if len(batch) == size]
        return [made[i] for i in drawn.permutation(len(made))][: self.steps_per_epoch]

    def _batch(self, chosen: list[int]) -> TextBatch:
        return TextBatch(self._collate([self.train.examples[i] for i in chosen]), self.train.targets[chosen])

    def loss(self, model: nn.Module, batch: TextBatch, carry: Any) -> Loss:
        """Summed loss of a batch: nats, or squared margins."""
        logits = model(*batch.inputs).float()
        weights = None if self.weights is None else self.weights.to(logits.device)
        if self.hinge:
            return Loss(_squared_hinge(logits, batch.targets, weights), None)
        if self.multi_label:
            wanted = batch.targets.float() * (1 - self.smoothing) + 0.5 * self.smoothing
            each = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none", pos_weight=weights)
            return Loss(each.sum(), None)
        total = F.cross_entropy(
            logits, batch.targets, weight=weights, label_smoothing=self.smoothing, reduction="sum"
        )
        return Loss(total, None)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Figures on the validation part, before calibration."""
        logits = logits_of(cast(Classifier, model), self.valid.examples)
        metrics = figures(logits, self.valid.targets, self.labels, 1.0, multi_label=self.multi_label)
        return {name: value for name, value in metrics.items() if isinstance(value, float)}


def figures(
    logits: Tensor, targets: Tensor, labels: list[str], temperature: float, *, multi_label: bool
) -> dict[str, Any]:
    """Metrics of logits ``(N, C)`` against targets, after calibration with a temperature."""
    chances = probabilities(logits, temperature, multi_label=multi_label).numpy()
    if multi_label:
        return multi_label_metrics(chances, targets.numpy().astype(bool), labels)
    return single_label_metrics(chances, targets.numpy(), labels)


def _choice(extra: dict[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    """What ``extra`` says, the first when it says nothing.

    Raises:
        UsageError: something else.
    """
    chosen = extra.get(name, allowed[0])
    if chosen not in allowed:
        raise UsageError(f"{name} is unknown.", expected=", ".join(allowed), received=str(chosen)[:60])
    return str(chosen)


def _squared_hinge(logits: Tensor, targets: Tensor, weights: Tensor | None) -> Tensor:
    """Each label against the rest, summed (Rifkin and Klautau 2004); weights count where a label is held."""
    held = targets if targets.dim() == 2 else F.one_hot(targets, logits.shape[1])
    each = (1 - (2 * held - 1) * logits).clamp(min=0).square()
    return (each if weights is None else each * torch.where(held > 0, weights, 1.0)).sum()


def _class_weights(extra: dict[str, Any], targets: Tensor, labels: int) -> Tensor | None:
    """Weights whose mean over training texts is 1.

    Raises:
        UsageError: an unknown kind.
    """
    kind = _choice(extra, "class_weights", ("none", "balanced", "sqrt"))
    if kind == "none":
        return None
    if targets.dim() == 2:
        held = targets.sum(0).clamp(min=1).float()
        ratio = (len(targets) - held).clamp(min=1) / held
        return ratio if kind == "balanced" else ratio.sqrt()
    counts = torch.bincount(targets, minlength=labels).clamp(min=1).float()
    weights = 1 / counts if kind == "balanced" else 1 / counts.sqrt()
    return weights / weights[targets].mean()


def train_classifier(
    data: Path,
    recipe: Recipe,
    folder: Path,
    *,
    valid: Path | None = None,
    licence: str = "not stated",
    watcher: Watcher | None = None,
    seconds: float | None = None,
    restart: bool = False,
) -> Trained:
    """Train, calibrate, evaluate and save a classifier; resumes when the folder holds an unfinished run.

    Args:
        data: labelled texts, see `read_labelled`.
        recipe: what and how. ``extra`` may hold ``separator`` (several labels in a cell), ``class_weights``
            (none, balanced, sqrt), ``loss`` (cross_entropy, hinge), ``label_smoothing``, ``primary`` (the
            figure that decides which weights are best), ``encoder`` (Hugging Face folder of an
            encoder-classifier) and ``vectors`` (word vectors that the embedding starts from;
            ``model.freeze_embedding`` keeps them).
        folder: the model folder.
        valid: validation texts; without it a part of ``data`` is kept aside.
        licence: of the data, for the model card.
        watcher: told how it goes.
        seconds: wall-clock budget.
        restart: forget an earlier run in the folder.

    Raises:
        SourceError: the data cannot be read.
        UsageError: the recipe does not fit the data.
        ModelError: training diverged.
    """
    told = watcher or Silent()
    if recipe.run.threads:
        torch.set_num_threads(recipe.run.threads)
    with claimed_run(folder, recipe, restart=restart) as run:
        read = _read(data, recipe)
        held = _read(valid, recipe) if valid else None
        train, rest, parted = part_data(read, held, recipe.data.valid, recipe.run.seed, told.note)
        labels = label_names(train)
        several = read.several
        seed_everything(recipe.run.seed)
        module, tokenizer = make_classifier(recipe, [e.text for e in train], len(labels), several, told.note)
        recipe = replace(recipe, model=module.config)
        parts = [
            Part(
                examples=[module.example(e.text, tokenizer) for e in part],
                targets=target_tensor(part, labels, multi_label=several),
            )
            for part in (train, rest)
        ]
        if isinstance(module, Bag):
            hot = parts[0].targets if several else F.one_hot(parts[0].targets, len(labels)).float()
            module.learn_counts(parts[0].examples, hot)
        task = ClassificationTask(module.collate, parts[0], parts[1], labels, recipe)
        told.note(
            f"{len(train):,} texts to train on, {len(rest):,} to validate ({parted}), {len(labels)} labels."
        )
        outcome = Loop(module, task, recipe, run, told).fit(seconds=seconds)
        facts = {
            "source": data.name,
            "validation": valid.name if valid else parted,
            "licence": licence,
            "training texts": len(train),
            "validation texts": len(rest),
            "rows left out": read.skipped,
            **{f"training {name}": n for name, n in _most(train)},
        }
        columns = {"text_column": read.text_column, "label_column": read.label_column}
        return _save(module.to("cpu"), tokenizer, labels, parts[1], recipe, folder, outcome, facts, columns)


def _read(path: Path, recipe: Recipe) -> LabelledData:
    separator = recipe.extra.get("separator")
    if separator is not None and (not isinstance(separator, str) or not separator):
        raise UsageError("extra.separator is no text.", received=str(separator)[:60])
    return read_labelled(
        path,
        text_column=recipe.data.text_column,
        label_column=recipe.data.label_column,
        separator=separator,
    )


def _most(train: Sequence[Labelled]) -> list[tuple[str, int]]:
    counts = Counter(label for example in train for label in example.labels)
    return [(f"label {name[:40]!r}", n) for name, n in counts.most_common(20)]


def make_classifier(
    recipe: Recipe, texts: Sequence[str], labels: int, several: bool, note: Callable[[str], None]
) -> tuple[Classifier, Tokenizer | None]:
    """A fresh model and its tokenizer.

    Raises:
        UsageError: the recipe is for no classifier.
        CheckpointError: the pre-trained encoder cannot be read.
    """
    config = recipe.model
    if not isinstance(config, ClassifierConfig):
        raise UsageError(
            "The recipe is for no classifier.",
            expected="bag, lstm, gru, cnn, transformer or encoder",
            received=config.architecture,
        )
    config = replace(config, labels=labels, multi_label=several)
    if isinstance(config, BagConfig):
        return cast(Classifier, build(config)), None
    if isinstance(config, EncoderConfig):
        named = recipe.extra.get("encoder")
        if not isinstance(named, str):
            raise UsageError("Which pre-trained encoder?", next_step="--encoder FOLDER (Hugging Face form)")
        source = Path(named).expanduser()
        if not source.is_dir():
            raise SourceError(f"{named} is no folder.", expected="a Hugging Face folder of the BERT form")
        told = read_encoder_config(source)
        config = replace(config, **told, length=min(config.length, told["positions"]))
        module = cast(EncoderClassifier, build(config))
        load_pretrained(module, source)
        return module, PretrainedTokenizer.from_folder(source)
    return _sequence_classifier(cast(SequenceConfig, config), recipe, texts, note)


def _sequence_classifier(
    config: SequenceConfig, recipe: Recipe, texts: Sequence[str], note: Callable[[str], None]
) -> tuple[Classifier, Tokenizer]:
    """A model over tokens, with a tokenizer made from the texts and, where named, pre-trained vectors."""
    spelt = (" " + (text.lower() if config.lowercase else text).strip() for text in texts)
    tokenizer = train_tokenizer(recipe.tokenizer, spelt)
    config = replace(config, vocab_size=tokenizer.vocab_size)
    named = recipe.extra.get("vectors")
    if named is None:
        return cast(Classifier, build(config)), tokenizer
    pieces = [tokenizer.decode([number]) for number in range(tokenizer.vocab_size)]
    matrix, found = vectors_for_pieces(Path(str(named)).expanduser(), pieces)
    note(f"Vectors for {found:,} of {len(pieces):,} pieces, {matrix.shape[1]} wide.")
    module = cast(SequenceClassifier, build(replace(config, width=matrix.shape[1])))
    with torch.no_grad():
        module.embedding.weight.copy_(torch.from_numpy(matrix))
    return module, tokenizer


def _save(
    module: nn.Module,
    tokenizer: Tokenizer | None,
    labels: list[str],
    valid: Part,
    recipe: Recipe,
    folder: Path,
    outcome: Outcome,
    facts: dict[str, Any],
    columns: dict[str, str | None],
) -> Trained:
    classifier = cast(Classifier, module)
    several = classifier.config.multi_label
    logits = logits_of(classifier, valid.examples)
    known = torch.arange(len(logits)) if several else (valid.targets >= 0).nonzero().squeeze(1)
    temperature = fit_temperature(logits[known], valid.targets[known], multi_label=several)
    metrics = figures(logits, valid.targets, labels, temperature, multi_label=several)
    valid_figures = {name: value for name, value in metrics.items() if isinstance(value, float)}
    valid_figures["ece"] = crossed_calibration_error(logits, valid.targets, labels, multi_label=several)
    save_model(
        folder,
        classifier,
        {} if tokenizer is None else {"tokenizer": tokenizer},
        task="classifier",
        config=classifier.config,
        training={
            "recipe": recipe.to_dict(),
            "data": facts,
            "figures": {f"validation {k}": v for k, v in valid_figures.items()}
            | {
                "temperature": temperature,
                "parameters": count_parameters(classifier),
                "training texts seen": outcome.progress.tokens,
                "steps": outcome.progress.step,
                "CPU seconds": round(outcome.progress.cpu_seconds, 1),
            },
        },
        extra={
            "labels": labels,
            "temperature": temperature,
            "separator": recipe.extra.get("separator"),
            **columns,
        },
    )
    return Trained(
        folder=folder, parameters=count_parameters(classifier), outcome=outcome, valid=valid_figures
    )


def crossed_calibration_error(
    logits: Tensor, targets: Tensor, labels: list[str], *, multi_label: bool
) -> float:
    """Calibration error where each half of the texts is calibrated with the temperature of the other half."""
    places = torch.arange(len(logits))
    errors = []
    for side in (0, 1):
        fitted, judged = places[places % 2 == side], places[places % 2 != side]
        known = fitted if multi_label else fitted[targets[fitted] >= 0]
        if not len(judged):
            continue
        temperature = fit_temperature(logits[known], targets[known], multi_label=multi_label)
        made = figures(logits[judged], targets[judged], labels, temperature, multi_label=multi_label)
        errors.append(float(made["ece"]))
    return sum(errors) / max(1, len(errors))
