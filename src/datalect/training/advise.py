"""What to train: architecture, size, vocabulary and time, from the data, the task and this machine.

Rules with their reasons, no model: sizes follow the amount of text (Hoffmann et al. 2022 find about 20
tokens per parameter best for one pass; with several passes over little text the useful size grows slowly,
Muennighoff et al. 2023), times follow a speed measured here and now.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datalect.errors import UsageError
from datalect.training.text import Corpus, open_corpus

_SAMPLE_CHARACTERS = 2_000_000
_PASSES = 6
# Width and layers of the sizes that are advised, smallest first.
_SIZES = ((64, 2), (128, 4), (192, 4), (256, 6), (384, 6), (512, 8), (768, 12))


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A recipe in words and options, with reasons."""

    task: str
    characters: int
    documents: int
    chinese: float
    """Share of characters that are Chinese."""
    gflops: float
    """Billions of multiplications and additions per second of one thread, measured."""
    tokenizer: str
    vocab_size: int
    width: int
    layers: int
    context: int
    steps: int
    batch: int
    parameters: int
    tokens: int
    minutes: float
    """CPU minutes the training is expected to take."""
    reasons: tuple[str, ...]

    def command(self, data: str) -> str:
        """The command that trains it."""
        options = {
            "tokenizer.kind": self.tokenizer,
            "tokenizer.vocab_size": self.vocab_size,
            "model.width": self.width,
            "model.layers": self.layers,
            "model.context": self.context,
            "data.length": self.context,
            "data.batch": self.batch,
        }
        sets = " ".join(f"--set {name}={value}" for name, value in options.items())
        return f"datalect train lm {data} --arch transformer --steps {self.steps} {sets}"


def advise(data: Path, *, minutes: float | None = None, column: str | None = None) -> Advice:
    """Advise on a language model.

    Args:
        data: the text.
        minutes: CPU minutes to spend; without it as many as six passes need, at most half an hour.
        column: column or field of the text.

    Raises:
        SourceError: the data cannot be read.
        UsageError: there is too little text, or the budget is senseless.
    """
    if minutes is not None and not 0 < minutes < 1e6:
        raise UsageError("The budget is out of range.", expected="minutes above 0", received=str(minutes))
    characters, documents, chinese, distinct = measure_text(open_corpus(data, column))
    if characters < 1000:
        raise UsageError(
            "There is too little text to train on.", expected="1,000 characters", received=str(characters)
        )
    gflops = measure_speed()
    reasons = [f"{characters:,} characters in {documents:,} documents, {chinese:.0%} Chinese"]
    kind, vocabulary, per_token = _tokenizer(characters, chinese, distinct, reasons)
    tokens = max(1, round(0.9 * characters / per_token))
    budget = minutes if minutes is not None else 30.0
    # Training takes about six operations per parameter and token (Kaplan et al. 2020), at half of the peak
    # measured.
    affordable = budget * 60 * gflops * 1e9 * 0.5
    width, layers = _SIZES[0]
    for wider, deeper in _SIZES:
        size = _parameters(wider, deeper, vocabulary)
        learnable = size <= max(60_000, _PASSES * tokens / 3)
        if learnable and 6 * size * min(_PASSES * tokens, 20 * size) <= affordable:
            width, layers = wider, deeper
    parameters = _parameters(width, layers, vocabulary)
    shown = min(_PASSES * tokens, affordable / (6 * parameters))
    reasons.append(
        f"{parameters / 1e6:.2f} M parameters: the largest that {tokens:,} tokens, {_PASSES} passes and "
        f"{budget:g} minutes can teach"
    )
    context = 256 if kind != "char" or tokens > 3_000_000 else 128
    batch = 16 if tokens * _PASSES > 16 * context * 200 else 4
    steps = max(20, round(shown / (batch * context)))
    needed = 6 * parameters * steps * batch * context / (gflops * 1e9 * 0.5) / 60
    reasons.append(f"{gflops:.0f} GFLOP/s on one thread measured now; half of that is reached in training")
    return Advice(
        task="lm",
        characters=characters,
        documents=documents,
        chinese=chinese,
        gflops=gflops,
        tokenizer=kind,
        vocab_size=vocabulary,
        width=width,
        layers=layers,
        context=context,
        steps=steps,
        batch=batch,
        parameters=parameters,
        tokens=steps * batch * context,
        minutes=needed,
        reasons=tuple(reasons),
    )


def _tokenizer(characters: int, chinese: float, distinct: int, reasons: list[str]) -> tuple[str, int, float]:
    """Kind, vocabulary and characters per token."""
    if characters < 2_000_000 and distinct < 500:
        reasons.append("characters as tokens: too little text to learn words from")
        return "char", distinct + 17, 1.0
    steps = ((1e6, 1024), (5e6, 4096), (5e7, 8192))
    vocabulary = next((size for limit, size in steps if characters < limit), 16384)
    reasons.append(f"subwords (BPE) of {vocabulary:,}: enough text to learn them, and shorter sequences")
    return "bpe", vocabulary, 1.4 if chinese > 0.3 else 3.3


def _parameters(width: int, layers: int, vocabulary: int) -> int:
    return 12 * layers * width * width + vocabulary * width


def measure_text(corpus: Corpus) -> tuple[int, int, float, int]:
    """Characters, documents, share of Chinese characters, distinct characters; the last two from a sample."""
    characters = documents = 0
    sample: list[str] = []
    held = 0
    for text in corpus.documents():
        characters += len(text)
        documents += 1
        if held < _SAMPLE_CHARACTERS:
            sample.append(text[: _SAMPLE_CHARACTERS - held])
            held += len(sample[-1])
    whole = "".join(sample)
    chinese = sum("㐀" <= c <= "鿿" for c in whole) / max(1, len(whole))
    return characters, documents, chinese, len(set(whole))


def measure_speed(seconds: float = 0.3) -> float:
    """Billions of multiplications and additions per CPU second of one thread, in training's shapes."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        a, b = torch.randn(512, 256), torch.randn(256, 512)
        done, began = 0, time.process_time()
        while time.process_time() - began < seconds:
            torch.mm(a, b)
            done += 1
        return 2 * 512 * 256 * 512 * done / (time.process_time() - began) / 1e9
    finally:
        torch.set_num_threads(threads)


def advice_object(advice: Advice, data: str) -> dict[str, Any]:
    """What ``--json`` prints."""
    return {**vars(advice), "cores": os.cpu_count(), "command": advice.command(data)}
