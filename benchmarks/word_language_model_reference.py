"""A plain loop with the recipe of the PyTorch word-language-model example, as the rival in benchmarks.

The recipe (https://github.com/pytorch/examples/tree/main/word_language_model): embedding, two LSTM layers,
tied softmax over all words, dropout 0.2, weights uniform in [-0.1, 0.1], 20 streams of 35 tokens with carried
state, SGD at 20 with the gradient clipped to 0.25, the rate quartered when validation does not improve after
an epoch, evaluation on 10 streams.
"""

from __future__ import annotations

import math
import time
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class WordLanguageModel(nn.Module):
    """Embedding, LSTM and a softmax over all words that shares the embedding's weights."""

    def __init__(self, words: int, width: int, layers: int = 2, dropout: float = 0.2) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.embedding = nn.Embedding(words, width)
        self.lstm = nn.LSTM(width, width, layers, dropout=dropout)
        self.decoder = nn.Linear(width, words)
        self.decoder.weight = self.embedding.weight
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)

    def forward(self, ids_TB: Tensor, state: Any) -> tuple[Tensor, Any]:
        out, state = self.lstm(self.dropout(self.embedding(ids_TB)), state)
        return self.decoder(self.dropout(out)), state


def streams(ids: Tensor, count: int) -> Tensor:
    """``(T, count)``: the text cut into equally long columns."""
    length = len(ids) // count
    return ids[: length * count].view(count, length).T.contiguous()


@torch.no_grad()
def evaluate(model: WordLanguageModel, ids: Tensor) -> float:
    """Nats per token over 10 streams with carried state."""
    model.eval()
    text, state, total = streams(ids, 10), None, 0.0
    for start in range(0, len(text) - 1, 35):
        length = min(35, len(text) - 1 - start)
        logits, state = model(text[start : start + length], state)
        targets = text[start + 1 : start + 1 + length]
        total += length * float(F.cross_entropy(logits.flatten(0, 1), targets.flatten()))
    model.train()
    return total / (len(text) - 1)


def train(
    train_ids: Tensor, valid_ids: Tensor, words: int, *, width: int, tokens: int, seed: int
) -> dict[str, Any]:
    """Train on so many tokens and evaluate.

    Returns:
        Parameters, tokens, CPU seconds of training alone, and validation perplexity.
    """
    torch.manual_seed(seed)
    model = WordLanguageModel(words, width)
    text, rate, best = streams(train_ids, 20), 20.0, math.inf
    done, began, evaluating, state, start = 0, time.process_time(), 0.0, None, 0
    while done < tokens:
        if start >= len(text) - 1:  # an epoch is over
            paused = time.process_time()
            loss = evaluate(model, valid_ids)
            evaluating += time.process_time() - paused
            rate, best, state, start = (rate, loss, None, 0) if loss < best else (rate / 4, best, None, 0)
        length = min(35, len(text) - 1 - start)
        state = None if state is None else tuple(part.detach() for part in state)
        model.zero_grad()
        logits, state = model(text[start : start + length], state)
        targets = text[start + 1 : start + 1 + length]
        F.cross_entropy(logits.flatten(0, 1), targets.flatten()).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(parameter.grad, alpha=-rate)
        done, start = done + targets.numel(), start + length
    cpu = time.process_time() - began - evaluating
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "tokens": done,
        "cpu_seconds": round(cpu, 1),
        "perplexity": round(math.exp(evaluate(model, valid_ids)), 2),
    }
