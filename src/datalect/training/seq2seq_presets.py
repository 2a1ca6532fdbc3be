"""Recipes of sequence-to-sequence models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from datalect.errors import UsageError
from datalect.lm.config import TokenizerConfig
from datalect.lm.seq2seq_config import (
    GRUSeq2SeqConfig,
    LSTMSeq2SeqConfig,
    Seq2SeqConfig,
    TransformerSeq2SeqConfig,
)
from datalect.training.config import DataConfig, OptimConfig, Recipe, RunConfig, ScheduleConfig


def transformer() -> Recipe:
    """Transformer encoder-decoder for translation: 3 and 3 layers, shared subwords, label smoothing."""
    return _recipe(TransformerSeq2SeqConfig(source_length=128, dropout=0.2), lr=1e-3, epochs=15)


def lstm() -> Recipe:
    """LSTM encoder-decoder with attention, shared subwords, label smoothing."""
    return _recipe(LSTMSeq2SeqConfig(source_length=128, dropout=0.3), lr=1.5e-3, epochs=10)


def gru() -> Recipe:
    """GRU encoder-decoder with attention, shared subwords, label smoothing."""
    return _recipe(GRUSeq2SeqConfig(source_length=128, dropout=0.3), lr=1.5e-3, epochs=10)


def summary() -> Recipe:
    """LSTM with attention, copying and coverage loss (pointer-generator) for summaries and headlines."""
    model = LSTMSeq2SeqConfig(source_length=400, target_length=100, dropout=0.3, copying=True)
    return _recipe(model, lr=1.5e-3, epochs=12, coverage_loss=0.2)


def translate_cpu() -> Recipe:
    """A small Transformer for some ten thousand sentence pairs on two cores (about 35 CPU minutes)."""
    model = TransformerSeq2SeqConfig(
        width=192, source_length=96, target_length=96, dropout=0.2, encoder_layers=2, decoder_layers=2
    )
    return _recipe(model, lr=1.5e-3, epochs=8, vocabulary=6000)


def _recipe(
    model: Seq2SeqConfig, *, lr: float, epochs: float, vocabulary: int = 8000, coverage_loss: float = 0.0
) -> Recipe:
    extra: dict[str, Any] = {"vocabulary": "shared", "label_smoothing": 0.1, "coverage_loss": coverage_loss}
    return Recipe(
        task="seq2seq",
        model=model,
        tokenizer=TokenizerConfig(kind="bpe", vocab_size=vocabulary),
        data=DataConfig(batch=64, batch_tokens=2048, valid=0.05),
        optim=OptimConfig(name="adamw", lr=lr, beta2=0.98, weight_decay=0.01, average="ema", ema_decay=0.995),
        schedule=ScheduleConfig(name="linear", warmup=200),
        run=RunConfig(epochs=epochs, eval_every=500, checkpoint_every=500, patience=6),
        extra=extra,
    )


SEQ2SEQ: dict[str, Callable[[], Recipe]] = {
    "transformer": transformer,
    "lstm": lstm,
    "gru": gru,
    "summary": summary,
    "translate-cpu": translate_cpu,
}


def seq2seq_preset(name: str | None, architecture: str | None = None) -> Recipe:
    """A recipe by preset or architecture; ``transformer`` when none is given.

    Raises:
        UsageError: there is none of that name, or it is for another architecture.
    """
    chosen = name or architecture or "transformer"
    if chosen not in SEQ2SEQ:
        raise UsageError("There is no such recipe.", expected=", ".join(SEQ2SEQ), received=chosen)
    made = SEQ2SEQ[chosen]()
    if name and architecture and made.model.architecture != f"{architecture}-seq2seq":
        raise UsageError(
            f"The preset {name} is for another architecture.",
            expected=made.model.architecture.removesuffix("-seq2seq"),
            received=architecture,
        )
    return made
