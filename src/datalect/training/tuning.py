"""Fine-tuning a language model on text with low-rank updates; the result is a whole model of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from datalect.errors import CheckpointError, UsageError
from datalect.lm.base import Tokenizer
from datalect.lm.causal import CausalModel
from datalect.lm.checkpoint import load_saved
from datalect.lm.lora import add_lora, merge_lora
from datalect.lm.pretrained import is_native, load_native
from datalect.lm.store import find_model
from datalect.training.config import DataConfig, OptimConfig, Recipe, RunConfig, ScheduleConfig
from datalect.training.language import LanguageTask, Trained, data_facts, save_language_model
from datalect.training.loop import Loop, seed_everything
from datalect.training.metrics import Silent, Watcher
from datalect.training.prepare import prepare
from datalect.training.runs import claimed_run

_PREFIX = "hf:"


def open_base(base: str) -> tuple[CausalModel, Tokenizer]:
    """The model that is tuned: one of ours by name or folder, or ``hf:FOLDER`` of the GPT-2 or Llama layout.

    Raises:
        CheckpointError: there is none, it is damaged, or it is no model that can be tuned here.
    """
    if base.startswith(_PREFIX):
        folder = Path(base.removeprefix(_PREFIX)).expanduser()
        if not folder.is_dir() or not is_native(folder):
            raise CheckpointError(
                f"{base} cannot be tuned.",
                expected="a folder of the GPT-2 or Llama layout with model.safetensors and tokenizer.json",
            )
        return load_native(folder)
    saved = load_saved(find_model(base))
    if not isinstance(saved.module, CausalModel):
        raise CheckpointError(
            f"{saved.folder.name} cannot be tuned.",
            expected="a language model",
            received=saved.description.task,
        )
    return saved.module, saved.tokenizer


def tuning_recipe(base: str, module: CausalModel) -> Recipe:
    """A recipe for short tuning runs; its ``model`` is the base's."""
    length = min(128, module.context or 128)
    return Recipe(
        model=module.config,
        data=DataConfig(batch=8, length=length),
        optim=OptimConfig(name="adamw", lr=2e-3, weight_decay=0.0),
        schedule=ScheduleConfig(name="linear", warmup=10),
        run=RunConfig(steps=200, eval_every=50, checkpoint_every=50, patience=3),
        extra={"base": base, "rank": 8, "alpha": 16.0, "dropout": 0.0},
    )


def tune_language_model(
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
    """Tune, evaluate and save a language model; resumes when the folder holds an unfinished run.

    Args:
        data: text, as for training from scratch.
        recipe: of `tuning_recipe`; ``extra`` holds ``base``, ``rank``, ``alpha`` and ``dropout``.
        folder: the new model's folder; the base stays as it is.
        valid: validation text; without it a part of ``data`` is kept aside.
        licence: of the data, for the model card.
        watcher: told how it goes.
        seconds: wall-clock budget.
        restart: forget an earlier run in the folder.

    Raises:
        CheckpointError: the base cannot be opened.
        SourceError: the data cannot be read.
        UsageError: the recipe does not fit.
        ModelError: training diverged.
    """
    told = watcher or Silent()
    if recipe.run.threads:
        torch.set_num_threads(recipe.run.threads)
    module, tokenizer = open_base(str(recipe.extra.get("base", "")))
    if module.config != recipe.model:
        raise UsageError(
            "The base is another model than the recipe's.", next_step="leave --set model.* out when tuning"
        )
    if module.context is not None and recipe.data.length > module.context:
        raise UsageError(
            "data.length is more than the base looks back on.",
            expected=f"at most {module.context}",
            received=str(recipe.data.length),
        )
    with claimed_run(folder, recipe, restart=restart) as run:
        ready = prepare(data, recipe, run, valid=valid, note=told.note, tokenizer=tokenizer)
        seed_everything(recipe.run.seed)
        few = add_lora(
            module,
            rank=int(_number(recipe.extra, "rank")),
            alpha=_number(recipe.extra, "alpha"),
            dropout=_number(recipe.extra, "dropout"),
        )
        told.note(f"Tuning {few:,} numbers beside {recipe.extra['base']}.")
        task = LanguageTask(ready.train, ready.valid, ready.valid_size, recipe)
        before = task.evaluate(module.eval())
        outcome = Loop(module, task, recipe, run, told).fit(seconds=seconds)
        merge_lora(module.to("cpu"))
        facts = data_facts(data, valid, ready, licence) | {
            "base": recipe.extra["base"],
            "numbers tuned": few,
            "validation loss of the base": before["loss"],
        }
        config = replace(recipe.model, vocab_size=tokenizer.vocab_size)
        return save_language_model(module, tokenizer, replace(recipe, model=config), folder, outcome, facts)


def _number(extra: dict[str, Any], name: str) -> float:
    value = extra.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"extra.{name} is no number.", received=str(value)[:60])
    return float(value)
