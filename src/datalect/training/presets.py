"""Recipes by name. A preset is a function, so that it can be read, called and changed like any other code."""

from __future__ import annotations

from collections.abc import Callable

from datalect.errors import UsageError
from datalect.lm.config import TokenizerConfig, TransformerConfig
from datalect.training.config import DataConfig, OptimConfig, Recipe, RunConfig, ScheduleConfig


def shakespeare_char_cpu() -> Recipe:
    """A small character Transformer: the size and the 1.5 million tokens of nanoGPT's CPU recipe (2-3 CPU minutes)."""
    return Recipe(
        model=TransformerConfig(context=64, layers=4, heads=4, width=128, qk_norm=True, zero_init=True),
        tokenizer=TokenizerConfig(kind="char"),
        data=DataConfig(batch=12, length=64, split="tail"),
        optim=OptimConfig(name="muon", lr=6e-3, muon_lr=0.02, weight_decay=0.0),
        schedule=ScheduleConfig(name="linear", warmup=20),
        run=RunConfig(steps=2000, eval_every=500, checkpoint_every=500, threads=1),
    )


PRESETS: dict[str, Callable[[], Recipe]] = {"shakespeare-char-cpu": shakespeare_char_cpu}


def preset(name: str) -> Recipe:
    """A recipe by name.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in PRESETS:
        raise UsageError("There is no such preset.", expected=", ".join(PRESETS), received=name)
    return PRESETS[name]()
