"""Recipes by name. A preset is a function, so that it can be read, called and changed like any other code."""

from __future__ import annotations

from collections.abc import Callable

from datalect.errors import UsageError
from datalect.lm.config import TokenizerConfig, TransformerConfig
from datalect.training.config import DataConfig, OptimConfig, Recipe, RunConfig, ScheduleConfig
from datalect.training.recurrent_presets import RECURRENT


def shakespeare_char_cpu() -> Recipe:
    """A small character Transformer, of the size and tokens of nanoGPT's CPU recipe (3 CPU minutes)."""
    return Recipe(
        model=TransformerConfig(context=64, layers=4, heads=4, width=128, qk_norm=True, zero_init=True),
        tokenizer=TokenizerConfig(kind="char"),
        data=DataConfig(batch=12, length=64, split="tail"),
        optim=OptimConfig(name="muon", lr=6e-3, muon_lr=0.02, weight_decay=0.0),
        schedule=ScheduleConfig(name="linear", warmup=20),
        run=RunConfig(steps=2000, eval_every=500, checkpoint_every=500, threads=1, precision="bfloat16"),
    )


def transformer_cpu() -> Recipe:
    """A 4-layer subword Transformer for some megabytes of text on a laptop (about 15 CPU minutes)."""
    return Recipe(
        model=TransformerConfig(context=256, layers=4, heads=4, width=256, qk_norm=True, zero_init=True),
        tokenizer=TokenizerConfig(kind="bpe", vocab_size=4096),
        data=DataConfig(batch=16, length=256),
        optim=OptimConfig(name="muon", lr=4e-3, muon_lr=0.02, weight_decay=0.0),
        schedule=ScheduleConfig(name="linear", warmup=20),
        run=RunConfig(steps=600, eval_every=100, checkpoint_every=100, patience=3),
    )


PRESETS: dict[str, Callable[[], Recipe]] = {
    "shakespeare-char-cpu": shakespeare_char_cpu,
    "transformer-cpu": transformer_cpu,
    **RECURRENT,
}
# What is taken for an architecture when no preset is named.
OF_ARCHITECTURE = {"transformer": "transformer-cpu", "lstm": "lstm-cpu", "gru": "gru-cpu", "rnn": "rnn-cpu"}


def preset(name: str | None, architecture: str | None = None) -> Recipe:
    """A recipe by name, or the usual one of an architecture.

    Raises:
        UsageError: there is none of that name, or it is for another architecture.
    """
    if name is None:
        chosen = architecture or "transformer"
        if chosen not in OF_ARCHITECTURE:
            raise UsageError(
                "There is no such architecture.", expected=", ".join(OF_ARCHITECTURE), received=chosen
            )
        name = OF_ARCHITECTURE[chosen]
    if name not in PRESETS:
        raise UsageError("There is no such preset.", expected=", ".join(PRESETS), received=name)
    made = PRESETS[name]()
    if architecture is not None and made.model.architecture != architecture:
        raise UsageError(
            f"The preset {name} is for another architecture.",
            expected=made.model.architecture,
            received=architecture,
            next_step="leave --preset or --arch out",
        )
    return made
