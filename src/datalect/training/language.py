"""Training a language model from text: prepares shards, runs the loop, writes the model folder."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from datalect.lm.architectures import build
from datalect.lm.base import Tokenizer
from datalect.lm.causal import CausalModel, count_parameters, detach
from datalect.lm.checkpoint import save_model
from datalect.lm.perplexity import score
from datalect.training.config import Recipe
from datalect.training.distributed import Team
from datalect.training.loop import Loop, Outcome, seed_everything
from datalect.training.metrics import Silent, Watcher
from datalect.training.prepare import Prepared, prepare
from datalect.training.runs import RUN, claimed_run
from datalect.training.shards import TokenShards
from datalect.training.task import Loss
from datalect.training.windows import Window, Windows


class LanguageTask:
    """Next-token prediction over shards."""

    primary = "loss"
    greater_is_better = False

    def __init__(
        self,
        train: TokenShards,
        valid: TokenShards,
        valid_size: dict[str, int],
        recipe: Recipe,
        team: Team | None = None,
    ) -> None:
        self.valid, self.valid_size, self.recipe = valid, valid_size, recipe
        rank, world = (team.rank, team.world) if team else (0, 1)
        self._windows = Windows(train, recipe.data, recipe.run.seed, rank, world)
        self.steps_per_epoch = self._windows.steps_per_epoch

    def batches(self, step: int) -> list[Window]:
        """Windows of a step."""
        return self._windows.batches(step)

    def loss(self, model: nn.Module, batch: Window, carry: Any) -> Loss:
        """Summed negative log likelihood of the next tokens, in nats."""
        causal = cast(CausalModel, model)
        if not causal.carries_state:
            hidden, _ = causal(batch.inputs)
            return Loss(causal.nll(hidden, batch.targets).sum(), None)
        hidden, state = causal(batch.inputs, None if batch.fresh else carry)
        return Loss(causal.nll(hidden, batch.targets).sum(), detach(state))

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Loss and perplexity over the whole validation part, windows side by side."""
        scored = score(cast(CausalModel, model), self.valid, length=self.recipe.data.length)
        return scored.metrics(bytes_=self.valid_size["bytes"], words=self.valid_size["words"])


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What training left behind."""

    folder: Path
    parameters: int
    outcome: Outcome
    valid: dict[str, float]

    def summary(self) -> dict[str, Any]:
        """The JSON line that ``datalect train`` ends with."""
        p = self.outcome.progress
        return {
            "model": str(self.folder),
            "parameters": self.parameters,
            "tokens": p.tokens,
            "steps": p.step,
            "stopped": self.outcome.stopped,
            "cpu_seconds": round(p.cpu_seconds, 2),
            "seconds": round(p.seconds, 2),
            "valid": self.valid,
        }


def train_language_model(
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
    """Train, evaluate and save a language model; resumes when the folder holds an unfinished run.

    Args:
        data: a text file, JSONL, table or folder of them.
        recipe: what and how.
        folder: the model folder; its subfolder ``run`` holds shards, checkpoints and metrics.
        valid: validation text; without it a part of ``data`` is kept aside.
        licence: of the data, for the model card.
        watcher: told how it goes.
        seconds: wall-clock budget.
        restart: forget an earlier run in the folder.

    Under torchrun several processes train together; only the first one writes and tells.

    Raises:
        SourceError: the data cannot be read.
        UsageError: the recipe does not fit the data.
        ModelError: training diverged, or another process ended.
    """
    with Team.join(recipe.run) as team:
        told = watcher if watcher and team.first else Silent()
        if recipe.run.threads:
            torch.set_num_threads(recipe.run.threads)
        # The first process claims the folder and prepares the data; then the others find both.
        if not team.first:
            team.wait()
        claim = claimed_run(folder, recipe, restart=restart) if team.first else nullcontext(folder / RUN)
        with claim as run:
            return _train(data, recipe, folder, run, valid, licence, told, seconds, team)


def _train(
    data: Path,
    recipe: Recipe,
    folder: Path,
    run: Path,
    valid: Path | None,
    licence: str,
    told: Watcher,
    seconds: float | None,
    team: Team,
) -> Trained:
    ready = prepare(data, recipe, run, valid=valid, note=told.note)
    if team.first:
        team.wait()
    recipe = replace(recipe, model=replace(recipe.model, vocab_size=ready.tokenizer.vocab_size))
    seed_everything(recipe.run.seed)
    module = cast(CausalModel, build(recipe.model))
    module.learn_counts(torch.from_numpy(ready.train.counts(ready.tokenizer.vocab_size)))
    task = LanguageTask(ready.train, ready.valid, ready.valid_size, recipe, team)
    outcome = Loop(module, task, recipe, run, told, team).fit(seconds=seconds)
    if not team.first:
        figures = outcome.progress.best_figures
        return Trained(folder=folder, parameters=count_parameters(module), outcome=outcome, valid=figures)
    facts = data_facts(data, valid, ready, licence)
    return save_language_model(module, ready.tokenizer, recipe, folder, outcome, facts)


def save_language_model(
    module: CausalModel,
    tokenizer: Tokenizer,
    recipe: Recipe,
    folder: Path,
    outcome: Outcome,
    facts: dict[str, Any],
) -> Trained:
    """Write the model folder of a run that has ended; ``facts`` tell of its data."""
    figures = outcome.progress.best_figures
    save_model(
        folder,
        module.to("cpu"),
        {"tokenizer": tokenizer},
        task="lm",
        config=recipe.model,
        training={
            "recipe": recipe.to_dict(),
            "data": facts,
            "figures": {f"validation {k}": v for k, v in figures.items()}
            | {
                "parameters": count_parameters(module),
                "training tokens": outcome.progress.tokens,
                "steps": outcome.progress.step,
                "CPU seconds": round(outcome.progress.cpu_seconds, 1),
            },
        },
    )
    return Trained(
        folder=folder,
        parameters=count_parameters(module),
        outcome=outcome,
        valid=figures,
    )


def data_facts(data: Path, valid: Path | None, ready: Prepared, licence: str) -> dict[str, Any]:
    """What the model card says of the data."""
    return {
        "source": data.name,
        "validation": valid.name if valid else ready.parted,
        "licence": licence,
        "digest": ready.digest,
        **{f"training {k}": v for k, v in ready.train_size.items()},
        **{f"validation {k}": v for k, v in ready.valid_size.items()},
    }
