"""How well a left-to-right model predicts a text: likelihood of every token, and what follows from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from datalect.errors import UsageError
from datalect.lm.causal import CausalModel, detach


class Tokens(Protocol):
    """Ids that may not fit into memory."""

    def __len__(self) -> int:
        """Number of ids."""

    def take(self, start: int, length: int) -> NDArray[np.int64]:
        """Ids from ``start`` on; fewer at the end."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """Likelihood of a text."""

    nll: float
    """Sum over all predicted tokens, in nats."""
    tokens: int
    """Tokens predicted: all but the first."""

    @property
    def loss(self) -> float:
        """Nats per token."""
        return self.nll / max(1, self.tokens)

    def metrics(self, *, bytes_: int = 0, words: int = 0) -> dict[str, float]:
        """Loss, perplexity per token, and per word and bits per byte where the text's size is known."""
        made = {"loss": self.loss, "perplexity": _exp(self.loss)}
        if words:
            made["word_perplexity"] = _exp(self.nll / words)
        if bytes_:
            made["bits_per_byte"] = self.nll / math.log(2) / bytes_
        return made


def _exp(value: float) -> float:
    return math.exp(min(value, 700.0))  # beyond that it is no number, and of no use


class IdArray:
    """Ids in memory, as `Tokens`."""

    def __init__(self, ids: list[int]) -> None:
        self._ids = np.asarray(ids, np.int64)

    def __len__(self) -> int:
        return len(self._ids)

    def take(self, start: int, length: int) -> NDArray[np.int64]:
        """Ids from ``start`` on; fewer at the end."""
        return self._ids[start : start + length]


@torch.no_grad()
def score(
    model: CausalModel, tokens: Tokens, *, length: int, stride: int | None = None, batch: int = 32
) -> Score:
    """Negative log likelihood of every token but the first, given those before it in its window.

    Args:
        model: in evaluation mode.
        tokens: the text.
        length: tokens of context per window; at most the model's context.
        stride: tokens by which windows advance. None for windows side by side, each predicted from its start;
            less than ``length`` for sliding windows, where every token but the first window's sees at least
            ``length - stride`` tokens before it. Models that carry state ignore it: they read the text
            through.
        batch: windows computed at once.

    Raises:
        UsageError: fewer than two tokens.
    """
    if len(tokens) < 2:
        raise UsageError(
            "The text is too short to evaluate.", expected="at least 2 tokens", received=str(len(tokens))
        )
    device = next(model.parameters()).device
    if model.carries_state:
        return _through(model, tokens, length, device)
    length = min(length, model.context or length)
    step = min(stride or length, length)
    last = len(tokens) - 1
    total = 0.0
    # The first window counts whole; later ones only their last ``step`` targets.
    firsts = [0, *range(step, max(step, last - length + step), step)] if last > length else [0]
    pending: list[tuple[int, int]] = []
    for number, start in enumerate(firsts):
        scored = min(length, last - start) if number == 0 else min(step, last - start - (length - step))
        pending.append((start, scored))
        full = start + length <= last
        if len(pending) == batch or not full or number == len(firsts) - 1:
            total += _windows(model, tokens, pending, length, device)
            pending = []
    return Score(nll=total, tokens=last)


def _windows(
    model: CausalModel, tokens: Tokens, pending: list[tuple[int, int]], length: int, device: torch.device
) -> float:
    groups: dict[tuple[int, int], list[NDArray[np.int64]]] = {}
    for start, scored in pending:
        ids = tokens.take(start, length + 1)
        groups.setdefault((len(ids), scored), []).append(ids)
    total = 0.0
    for (_, scored), rows in groups.items():
        ids_BT = torch.from_numpy(np.stack(rows)).to(device)
        hidden, _ = model(ids_BT[:, :-1])
        total += float(model.nll(hidden[:, -scored:], ids_BT[:, -scored:]).double().sum())
    return total


def _through(model: CausalModel, tokens: Tokens, length: int, device: torch.device) -> Score:
    state, total, last = None, 0.0, len(tokens) - 1
    for start in range(0, last, length):
        ids_BT = torch.from_numpy(tokens.take(start, length + 1))[None].to(device)
        hidden, state = model(ids_BT[:, :-1], state)
        state = detach(state)
        total += float(model.nll(hidden, ids_BT[:, 1:]).double().sum())
    return Score(nll=total, tokens=last)


def token_nll(model: CausalModel, ids: list[int]) -> Tensor:
    """Negative log likelihood of each token but the first of one text no longer than the context, in nats."""
    ids_BT = torch.tensor([ids], device=next(model.parameters()).device)
    with torch.no_grad():
        hidden, _ = model(ids_BT[:, :-1])
        return model.nll(hidden, ids_BT[:, 1:])[0]
