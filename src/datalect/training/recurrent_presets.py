"""Recipes of recurrent language models."""

from __future__ import annotations

from datalect.lm.config import GRUConfig, LSTMConfig, RecurrentConfig, RNNConfig, TokenizerConfig
from datalect.training.config import DataConfig, OptimConfig, Recipe, RunConfig, ScheduleConfig


def lstm_cpu() -> Recipe:
    """A 2-layer subword LSTM with carried state for some megabytes of text (15 CPU minutes)."""
    return _small(LSTMConfig(width=256, dropout=0.1))


def gru_cpu() -> Recipe:
    """A 2-layer subword GRU with carried state, otherwise like lstm-cpu."""
    return _small(GRUConfig(width=256, dropout=0.1))


def rnn_cpu() -> Recipe:
    """A 2-layer plain recurrent network with carried state, otherwise like lstm-cpu."""
    return _small(RNNConfig(width=256, dropout=0.1))


def _small(model: RecurrentConfig) -> Recipe:
    return Recipe(
        model=model,
        tokenizer=TokenizerConfig(kind="bpe", vocab_size=4096),
        data=DataConfig(batch=16, length=64, order="stream"),
        optim=OptimConfig(name="adamw", lr=4e-3, beta2=0.99, weight_decay=0.0, clip=0.5),
        schedule=ScheduleConfig(name="linear", warmup=50),
        run=RunConfig(steps=2400, eval_every=400, checkpoint_every=400, patience=3),
    )


def wikitext2_lstm_7m() -> Recipe:
    """A 2 x 200 LSTM, adaptive softmax over the 33 k words of WikiText-2 (7 M parameters, 10 CPU minutes)."""
    return _words(200, 0.004)


def wikitext2_lstm_13m() -> Recipe:
    """A 2 x 330 LSTM, adaptive softmax over the 33 k words of WikiText-2 (13 M parameters)."""
    return _words(330, 0.003)


def _words(width: int, lr: float) -> Recipe:
    return Recipe(
        model=LSTMConfig(width=width, cutoffs=(1000, 3000, 8000, 16000), dropout=0.1, dropout_input=0.1),
        tokenizer=TokenizerConfig(kind="word", closed=True, vocab_size=0),
        data=DataConfig(batch=20, length=35, order="stream"),
        optim=OptimConfig(name="adamw", lr=lr, beta2=0.99, weight_decay=0.0, clip=0.5),
        schedule=ScheduleConfig(name="linear", warmup=50),
        run=RunConfig(epochs=1, eval_every=1500, checkpoint_every=1500, threads=1),
    )


def wikitext2_lstm_33m_gpu() -> Recipe:
    """AWD-LSTM at 33 M parameters for WikiText-2 on a GPU (Merity et al. 2018), some hours."""
    return Recipe(
        model=LSTMConfig(
            width=400,
            hidden=1150,
            layers=3,
            dropout=0.4,
            dropout_hidden=0.2,
            dropout_input=0.65,
            dropout_embedding=0.1,
            weight_dropout=0.5,
        ),
        tokenizer=TokenizerConfig(kind="word", closed=True, vocab_size=0),
        data=DataConfig(batch=80, length=70, order="stream"),
        optim=OptimConfig(
            name="adamw", lr=3e-3, beta2=0.99, weight_decay=1.2e-4, clip=0.25, average="ema", ema_decay=0.999
        ),
        schedule=ScheduleConfig(name="cosine", warmup=500),
        run=RunConfig(epochs=300, eval_every=1000, checkpoint_every=1000, device="cuda"),
    )


RECURRENT = {
    "lstm-cpu": lstm_cpu,
    "gru-cpu": gru_cpu,
    "rnn-cpu": rnn_cpu,
    "wikitext2-lstm-7m": wikitext2_lstm_7m,
    "wikitext2-lstm-13m": wikitext2_lstm_13m,
    "wikitext2-lstm-33m-gpu": wikitext2_lstm_33m_gpu,
}
