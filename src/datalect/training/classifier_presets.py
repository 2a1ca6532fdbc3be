"""Recipes of text classifiers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from datalect.errors import UsageError
from datalect.lm.classifier_config import (
    BagConfig,
    ClassifierConfig,
    CNNClassifierConfig,
    EncoderConfig,
    GRUClassifierConfig,
    LSTMClassifierConfig,
    TransformerClassifierConfig,
)
from datalect.lm.config import TokenizerConfig
from datalect.training.config import DataConfig, OptimConfig, Recipe, RunConfig, ScheduleConfig


def bag() -> Recipe:
    """TF-IDF weighted n-grams of words and Chinese characters under a linear SVM (seconds)."""
    return _recipe(BagConfig(), lr=0.02, epochs=8, batch=32, extra={"loss": "hinge"})


def fasttext() -> Recipe:
    """Vectors of hashed word n-grams, averaged (fastText): small and quick for large data."""
    return _recipe(BagConfig(width=32, dropout=0.2), lr=0.01, epochs=10, batch=32)


def lstm() -> Recipe:
    """Bidirectional LSTM over words."""
    return _recipe(LSTMClassifierConfig(), lr=2e-3, epochs=8, batch=32)


def gru() -> Recipe:
    """Bidirectional GRU over words."""
    return _recipe(GRUClassifierConfig(), lr=2e-3, epochs=8, batch=32)


def cnn() -> Recipe:
    """Convolutions of several widths over words."""
    return _recipe(CNNClassifierConfig(dropout=0.5), lr=2e-3, epochs=6, batch=32)


def transformer() -> Recipe:
    """A small Transformer encoder over words."""
    return _recipe(TransformerClassifierConfig(), lr=1e-3, epochs=8, batch=32)


def encoder() -> Recipe:
    """A pre-trained encoder of the BERT form, tuned as a whole (--encoder FOLDER)."""
    return _recipe(EncoderConfig(), lr=5e-5, epochs=3, batch=16, decay=0.01)


def _recipe(
    model: ClassifierConfig,
    *,
    lr: float,
    epochs: float,
    batch: int,
    decay: float = 0.0,
    extra: dict[str, Any] | None = None,
) -> Recipe:
    return Recipe(
        task="classifier",
        model=model,
        tokenizer=TokenizerConfig(kind="word", vocab_size=20_000, min_count=2),
        data=DataConfig(batch=batch),
        optim=OptimConfig(name="adamw", lr=lr, beta2=0.99, weight_decay=decay),
        schedule=ScheduleConfig(name="linear", warmup=20),
        run=RunConfig(epochs=epochs, eval_every=200, checkpoint_every=200, patience=8),
        extra=extra or {},
    )


CLASSIFIERS: dict[str, Callable[[], Recipe]] = {
    "bag": bag,
    "fasttext": fasttext,
    "lstm": lstm,
    "gru": gru,
    "cnn": cnn,
    "transformer": transformer,
    "encoder": encoder,
}


def classifier_preset(name: str | None, architecture: str | None = None) -> Recipe:
    """A recipe by preset or architecture; they have the same names. ``bag`` when none is given.

    Raises:
        UsageError: there is none of that name.
    """
    chosen = name or architecture or "bag"
    if chosen not in CLASSIFIERS:
        raise UsageError("There is no such classifier.", expected=", ".join(CLASSIFIERS), received=chosen)
    made = CLASSIFIERS[chosen]()
    if name and architecture and made.model.architecture != f"{architecture}-classifier":
        raise UsageError(
            f"The preset {name} is for another architecture.",
            expected=made.model.architecture.removesuffix("-classifier"),
            received=architecture,
        )
    return made
