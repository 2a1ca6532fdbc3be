"""Training a sequence-to-sequence model: pairs without leakage, batches of like lengths, final figures."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from datalect.errors import UsageError
from datalect.lm.architectures import build
from datalect.lm.base import GenerationOptions, Tokenizer
from datalect.lm.causal import count_parameters
from datalect.lm.checkpoint import save_model
from datalect.lm.seq2seq import IGNORED, Decoded, Memory, Seq2SeqModel, coverage_losses, pad
from datalect.lm.seq2seq_config import Seq2SeqConfig
from datalect.lm.seq2seq_metrics import text_metrics
from datalect.lm.tokenizers import train_tokenizer
from datalect.lm.transduce import Transducer, source_ids, spaced
from datalect.training.config import Recipe
from datalect.training.language import Trained
from datalect.training.loop import Loop, Outcome, seed_everything
from datalect.training.metrics import Silent, Watcher
from datalect.training.pairs import Pair, PairedData, read_pairs
from datalect.training.runs import claimed_run
from datalect.training.split import is_valid
from datalect.training.task import Loss

# Texts written in the end to tell BLEU and ROUGE on the validation part.
_WRITTEN = 200
_POOL = 100


@dataclass(frozen=True)
class PairBatch:
    """Sources and targets, padded."""

    ids_BS: Tensor
    lengths_B: Tensor
    inputs_BT: Tensor
    """Targets shifted to the right, the end token first."""
    targets_BT: Tensor
    """The end token last; ``IGNORED`` at padding."""

    @property
    def count(self) -> int:
        """Target tokens."""
        return int((self.targets_BT != IGNORED).sum())

    def to(self, device: torch.device) -> PairBatch:
        """The same on another device."""
        parts = (self.ids_BS, self.lengths_B, self.inputs_BT, self.targets_BT)
        return PairBatch(*(part.to(device) for part in parts))


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """Pairs as tokens, each ending with the end token."""

    sources: list[list[int]]
    targets: list[list[int]]
    cut: int
    """Pairs of which an end was cut off."""

    def batch(self, chosen: Sequence[int], start_id: int) -> PairBatch:
        """Some of the pairs side by side."""
        ids, lengths = pad([self.sources[n] for n in chosen])
        targets, _ = pad([self.targets[n] for n in chosen], IGNORED)
        starts = torch.full((len(chosen), 1), start_id)
        inputs = torch.cat([starts, targets[:, :-1].clamp(min=0)], 1)
        return PairBatch(ids, lengths, inputs, targets)

    def size(self, number: int) -> int:
        """Tokens of the longer side."""
        return max(len(self.sources[number]), len(self.targets[number]))


class TransductionTask:
    """Next-token prediction on the target side, given the source."""

    primary = "loss"
    greater_is_better = False

    def __init__(self, train: Encoded, valid: Encoded, end_id: int, recipe: Recipe) -> None:
        self.train, self.valid, self.end_id, self.recipe = train, valid, end_id, recipe
        self.smoothing = _share(recipe.extra, "label_smoothing")
        self.coverage = _share(recipe.extra, "coverage_loss", most=100.0)
        self._epochs: dict[int, list[list[int]]] = {}
        self._starts = [0]
        """First step of each epoch known so far, and the step after the last."""
        self.steps_per_epoch = len(self._epoch(0))

    def batches(self, step: int) -> list[PairBatch]:
        """The micro-batches of a step: pairs of similar length together, in a new order each epoch."""
        while self._starts[-1] <= step:
            self._starts.append(self._starts[-1] + len(self._epoch(len(self._starts) - 1)))
        epoch = bisect_right(self._starts, step) - 1
        chosen = self._epoch(epoch)[step - self._starts[epoch]]
        parts = np.array_split(np.array(chosen), min(self.recipe.data.accumulate, len(chosen)))
        return [self.train.batch(part.tolist(), self.end_id) for part in parts]

    def _epoch(self, epoch: int) -> list[list[int]]:
        if epoch in self._epochs:
            return self._epochs[epoch]
        drawn = np.random.default_rng([self.recipe.run.seed, epoch])
        order = drawn.permutation(len(self.train.sources)).tolist()
        made: list[list[int]] = []
        # Sorting inside pools of many batches keeps padding small and the order random.
        pool = self.recipe.data.batch * _POOL
        for start in range(0, len(order), pool):
            inside = sorted(order[start : start + pool], key=lambda n: (self.train.size(n), n))
            made += self._cut(inside, self.train)
        shuffled = [made[n] for n in drawn.permutation(len(made))]
        self._epochs = {epoch: shuffled}
        return shuffled

    def _cut(self, order: Sequence[int], part: Encoded) -> list[list[int]]:
        """Batches of at most ``data.batch`` pairs, or of at most ``data.batch_tokens`` padded tokens."""
        data, made, held = self.recipe.data, list[list[int]](), list[int]()
        longest = 0
        for number in order:
            longest = max(longest, part.size(number))
            full = (
                longest * (len(held) + 1) > data.batch_tokens
                if data.batch_tokens
                else len(held) == data.batch
            )
            if held and full:
                made.append(held)
                held, longest = [], part.size(number)
            held.append(number)
        return [*made, held] if held else made

    def loss(self, model: nn.Module, batch: PairBatch, carry: Any) -> Loss:
        """Summed smoothed loss of the target tokens, in nats."""
        seq2seq = cast(Seq2SeqModel, model)
        decoded, memory = _forward(model, batch)
        _, losses = seq2seq.losses(decoded, memory, batch.targets_BT, smoothing=self.smoothing)
        total = losses.sum()
        if self.coverage:
            again = coverage_losses(decoded.attention_BTS.float()) * (batch.targets_BT != IGNORED)
            total = total + self.coverage * again.sum()
        return Loss(total, None)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Loss without smoothing (nats per target token) and perplexity over the whole validation part."""
        seq2seq = cast(Seq2SeqModel, model)
        device = next(model.parameters()).device
        order = sorted(range(len(self.valid.sources)), key=self.valid.size)
        total, count = 0.0, 0
        for chosen in self._cut(order, self.valid):
            batch = self.valid.batch(chosen, self.end_id).to(device)
            decoded, memory = _forward(model, batch)
            nll, _ = seq2seq.losses(decoded, memory, batch.targets_BT)
            total, count = total + float(nll.double().sum()), count + batch.count
        mean = total / count
        return {"loss": mean, "perplexity": float(np.exp(min(mean, 700.0)))}


def _forward(model: nn.Module, batch: PairBatch) -> tuple[Decoded, Memory]:
    made: tuple[Decoded, Memory] = model(batch.ids_BS, batch.lengths_B, batch.inputs_BT)
    return made


def _share(extra: dict[str, Any], name: str, most: float = 0.9) -> float:
    value = extra.get(name, 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise UsageError(
            f"extra.{name} is out of range.", expected=f"0 to {most:g}", received=str(value)[:60]
        )
    return float(value)


# ---------------------------------------------------------------- data


def part_pairs(
    data: PairedData, held: PairedData | None, share: float, seed: int, note: Callable[[str], None]
) -> tuple[list[Pair], list[Pair], str]:
    """Training and validation pairs with every source on one side only, and how they were parted.

    Raises:
        UsageError: a part would be empty.
    """
    if held is None:
        sides = [is_valid(pair.source, share, seed) for pair in data.pairs]
        train = [pair for pair, side in zip(data.pairs, sides, strict=True) if not side]
        valid = [pair for pair, side in zip(data.pairs, sides, strict=True) if side]
        parted = "by source, copies on one side"
    else:
        kept = {_words(pair.source) for pair in held.pairs}
        train = [pair for pair in data.pairs if _words(pair.source) not in kept]
        valid, parted = held.pairs, "a file of its own"
        if len(train) < len(data.pairs):
            left = len(data.pairs) - len(train)
            note(f"{left:,} training pairs whose source stands in the validation file too are left out.")
    if not train or not valid:
        raise UsageError(
            "There are too few pairs for a training and a validation part.",
            received=f"{len(train)} and {len(valid)} pairs",
            next_step="give more pairs, name --valid FILE, or --set data.valid=0.3",
        )
    return train, valid, parted


def _words(text: str) -> str:
    return " ".join(text.casefold().split())


def make_tokenizers(recipe: Recipe, train: Sequence[Pair]) -> dict[str, Tokenizer]:
    """One tokenizer for both sides, or one for each.

    Raises:
        UsageError: ``extra.vocabulary`` is unknown.
    """
    kind = recipe.extra.get("vocabulary", "shared")
    sources, targets = (spaced(p.source) for p in train), (spaced(p.targets[0]) for p in train)
    if kind == "shared":
        both = (text for pair in train for text in (spaced(pair.source), spaced(pair.targets[0])))
        return {"tokenizer": train_tokenizer(recipe.tokenizer, both)}
    if kind == "separate":
        return {
            "source": train_tokenizer(recipe.tokenizer, sources),
            "target": train_tokenizer(recipe.tokenizer, targets),
        }
    raise UsageError("extra.vocabulary is unknown.", expected="shared or separate", received=str(kind)[:60])


def encode_pairs(pairs: Sequence[Pair], tokenizers: dict[str, Tokenizer], config: Seq2SeqConfig) -> Encoded:
    """Pairs as tokens, cut to the model's lengths; a target that was cut has no end token."""
    first = tokenizers.get("source") or tokenizers["tokenizer"]
    second = tokenizers.get("target") or tokenizers["tokenizer"]
    sources, targets, cut = [], [], 0
    for pair in pairs:
        source = source_ids(pair.source, first, config.source_length)
        target = [*second.encode(spaced(pair.targets[0])), second.end_id]
        cut += len(source) == config.source_length or len(target) > config.target_length
        sources.append(source)
        targets.append(target[: config.target_length])
    return Encoded(sources=sources, targets=targets, cut=cut)


# ---------------------------------------------------------------- training


def train_seq2seq(
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
    """Train, evaluate and save a sequence-to-sequence model; resumes an unfinished run in the folder.

    Args:
        data: pairs of texts, see `read_pairs`; ``data.text_column`` and ``data.label_column`` of the recipe
            name source and target.
        recipe: what and how. ``extra`` may hold ``vocabulary`` (shared or separate), ``label_smoothing`` and
            ``coverage_loss`` (weight of looking twice at the same place).
        folder: the model folder.
        valid: validation pairs; without it a part of ``data`` is kept aside.
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
    if not isinstance(recipe.model, Seq2SeqConfig):
        raise UsageError(
            "The recipe is for no sequence-to-sequence model.",
            expected="transformer, lstm or gru",
            received=recipe.model.architecture,
        )
    with claimed_run(folder, recipe, restart=restart) as run:
        columns = {"source": recipe.data.text_column, "target": recipe.data.label_column}
        read = read_pairs(data, **columns)
        held = read_pairs(valid, **columns) if valid else None
        train, rest, parted = part_pairs(read, held, recipe.data.valid, recipe.run.seed, told.note)
        tokenizers = make_tokenizers(recipe, train)
        config = _sized(recipe.model, tokenizers)
        recipe = replace(recipe, model=config)
        parts = [encode_pairs(part, tokenizers, config) for part in (train, rest)]
        seed_everything(recipe.run.seed)
        module = cast(Seq2SeqModel, build(config))
        end_id = (tokenizers.get("target") or tokenizers["tokenizer"]).end_id
        task = TransductionTask(parts[0], parts[1], end_id, recipe)
        told.note(f"{len(train):,} pairs to train on, {len(rest):,} to validate ({parted}).")
        if parts[0].cut:
            told.note(f"{parts[0].cut:,} training pairs are longer than the model reads and were cut.")
        outcome = Loop(module, task, recipe, run, told).fit(seconds=seconds)
        figures = outcome.progress.best_figures | validation_texts(
            Transducer(module.to("cpu"), tokenizers), rest
        )
        facts = {
            "source": data.name,
            "validation": valid.name if valid else parted,
            "licence": licence,
            "training pairs": len(train),
            "validation pairs": len(rest),
            "rows left out": read.skipped,
            "training pairs cut": parts[0].cut,
        }
        return _save(module, tokenizers, recipe, folder, outcome, figures, facts, read)


def _sized(config: Seq2SeqConfig, tokenizers: dict[str, Tokenizer]) -> Seq2SeqConfig:
    if "tokenizer" in tokenizers:
        return replace(config, vocab_size=tokenizers["tokenizer"].vocab_size)
    sizes = {name: tokenizers[name].vocab_size for name in ("source", "target")}
    return replace(config, vocab_size=sizes["target"], source_vocab_size=sizes["source"])


def validation_texts(model: Transducer, pairs: Sequence[Pair]) -> dict[str, float]:
    """BLEU, chrF and ROUGE of greedily written texts for the first validation pairs."""
    chosen = pairs[:_WRITTEN]
    written = model.outputs([p.source for p in chosen], GenerationOptions(temperature=0.0, max_tokens=1000))
    made = text_metrics([one.text for one in written], [p.targets for p in chosen])
    return {name: value for name, value in made.items() if isinstance(value, float)}


def _save(
    module: Seq2SeqModel,
    tokenizers: dict[str, Tokenizer],
    recipe: Recipe,
    folder: Path,
    outcome: Outcome,
    figures: dict[str, float],
    facts: dict[str, Any],
    read: PairedData,
) -> Trained:
    parameters = count_parameters(module)
    save_model(
        folder,
        module,
        tokenizers,
        task="seq2seq",
        config=recipe.model,
        training={
            "recipe": recipe.to_dict(),
            "data": facts,
            "figures": {f"validation {name}": value for name, value in figures.items()}
            | {
                "parameters": parameters,
                "training target tokens seen": outcome.progress.tokens,
                "steps": outcome.progress.step,
                "CPU seconds": round(outcome.progress.cpu_seconds, 1),
            },
        },
        extra={"source_column": read.source, "target_column": read.target},
    )
    return Trained(folder=folder, parameters=parameters, outcome=outcome, valid=figures)
