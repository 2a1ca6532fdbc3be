"""Evaluation that learns from the text it reads: the neural cache and dynamic evaluation.

Both predict each token before they learn from it, so their perplexities compare with those of a fixed model.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from datalect.errors import UsageError
from datalect.lm.causal import CausalModel, detach
from datalect.lm.config import Config
from datalect.lm.perplexity import Score, Tokens


@dataclass(frozen=True, kw_only=True)
class CacheConfig(Config):
    """The continuous cache of Grave et al. 2017, section 3."""

    window: int = 2000
    """Tokens it looks back on."""
    flatness: float = 0.3
    """Multiplies the similarity of hidden vectors (theta); smaller spreads the attention."""
    weight: float = 0.15
    """Share of the cache in the mixed probability (lambda)."""

    def __post_init__(self) -> None:
        self._within(1, 1_000_000, "window")
        self._within(0.0, 1e3, "flatness")
        self._within(0.0, 0.999, "weight")


@dataclass(frozen=True, kw_only=True)
class DynamicConfig(Config):
    """Dynamic evaluation: gradients divided by their root mean square, decay back (Krause et al. 2018)."""

    segment: int = 20
    """Tokens predicted between two updates."""
    lr: float = 3e-4
    """Learning rate of the normalised gradient."""
    decay: float = 5e-4
    """Share of the way back to the trained weights at each update."""
    memory: float = 0.999
    """Decay of the mean squared gradient that the updates are divided by."""
    eps: float = 1e-5
    """Added to the root of the mean squared gradient."""

    def __post_init__(self) -> None:
        self._within(1, 100_000, "segment")
        self._within(0.0, 10.0, "lr")
        self._within(0.0, 1.0, "decay")
        self._within(0.0, 0.999999, "memory")
        self._within(1e-12, 1.0, "eps")


def score_adaptively(
    model: CausalModel,
    tokens: Tokens,
    *,
    cache: CacheConfig | None = None,
    dynamic: DynamicConfig | None = None,
    length: int = 100,
) -> Score:
    """Negative log likelihood of every token but the first, read once from left to right.

    A recurrent model carries its state; a Transformer sees as many tokens before each stretch as its context
    has room for.

    Args:
        model: in evaluation mode; its weights are the same afterwards.
        tokens: the text.
        cache: mix in a neural cache.
        dynamic: update the weights while reading.
        length: tokens read at once where the weights are not updated.

    Raises:
        UsageError: fewer than two tokens.
    """
    last = len(tokens) - 1
    if last < 1:
        raise UsageError(
            "The text is too short to evaluate.", expected="at least 2 tokens", received=str(len(tokens))
        )
    memory = NeuralCache(cache) if cache else None
    step = dynamic.segment if dynamic else length
    if model.context is not None:
        step = max(1, min(step, model.context // 2))
    total = 0.0
    with _updates(model, dynamic) as update, torch.set_grad_enabled(dynamic is not None):
        for hidden, targets in _stretches(model, tokens, step):
            nll = model.nll(hidden, targets)
            scored = memory.mix(nll.detach()[0], hidden.detach()[0], targets[0]) if memory else nll.detach()
            total += float(scored.double().sum())
            update(nll)
    return Score(nll=total, tokens=last)


def _stretches(model: CausalModel, tokens: Tokens, step: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Hidden vectors ``(1, T, D)`` and targets ``(1, T)`` of stretch after stretch."""
    device, last, state = next(model.parameters()).device, len(tokens) - 1, None
    for start in range(0, last, step):
        count = min(step, last - start)
        before = 0 if model.carries_state else min(start, (model.context or step) - count)
        ids = torch.from_numpy(tokens.take(start - before, before + count + 1))[None].to(device)
        hidden, state = model(ids[:, :-1], state if model.carries_state else None)
        state = detach(state)
        yield hidden[:, before:], ids[:, before + 1 :]


class NeuralCache:
    """Remembers hidden vectors and the token that followed each."""

    def __init__(self, config: CacheConfig) -> None:
        self.config = config
        self._keys: Tensor | None = None  # (W, D)
        self._next: Tensor | None = None  # (W,)

    def mix(self, nll_T: Tensor, hidden_TD: Tensor, targets_T: Tensor) -> Tensor:
        """Mix the cache into the probabilities of the targets, then remember them.

        Args:
            nll_T: what the model alone gives, in nats.
            hidden_TD: the vectors the predictions were made from.
            targets_T: the tokens that came.

        Returns:
            Negative log probabilities of the targets, in nats.
        """
        c, hidden = self.config, hidden_TD.float()
        keys = hidden if self._keys is None else torch.cat([self._keys, hidden])
        after = targets_T if self._next is None else torch.cat([self._next, targets_T])
        held, count = len(keys) - len(hidden), len(hidden)
        # A position sees the ``window`` positions before its own: what followed those is known by then.
        age = torch.arange(held, held + count, device=keys.device)[:, None] - torch.arange(
            len(keys), device=keys.device
        )
        seen = (age > 0) & (age <= c.window)
        scores = (c.flatness * hidden @ keys.T).masked_fill(~seen, -math.inf)
        same = after[None, :] == targets_T[:, None]
        hit = scores.masked_fill(~same, -math.inf).logsumexp(-1)
        known = seen.any(-1)
        log_cache = torch.where(known, hit - torch.where(known, scores.logsumexp(-1), 0.0), -math.inf)
        # With an empty cache the model speaks alone.
        mixed = torch.logaddexp(math.log1p(-c.weight) - nll_T, _log(c.weight) + log_cache)
        self._keys, self._next = keys[-c.window :], after[-c.window :]
        return torch.where(known, -mixed, nll_T)


def _log(share: float) -> float:
    return math.log(share) if share else -math.inf


@contextmanager
def _updates(model: nn.Module, config: DynamicConfig | None) -> Iterator[Any]:
    """A function that learns from losses; the weights are put back in the end."""
    if config is None:
        yield lambda nll: None
        return
    weights: list[Tensor] = [p for p in model.parameters() if p.requires_grad]
    trained = [p.detach().clone() for p in weights]
    squares = [torch.zeros_like(p) for p in weights]
    seen = 0

    def update(nll: Tensor) -> None:
        nonlocal seen
        seen += 1
        found = torch.autograd.grad(nll.mean(), weights, allow_unused=True)
        gradients = [torch.zeros_like(w) if g is None else g for w, g in zip(weights, found, strict=True)]
        with torch.no_grad():
            share = max(1 - config.memory, 1 / seen)
            torch._foreach_mul_(squares, 1 - share)
            torch._foreach_addcmul_(squares, gradients, gradients, share)
            roots = torch._foreach_sqrt(squares)
            torch._foreach_add_(roots, config.eps)
            torch._foreach_lerp_(weights, trained, config.decay)
            torch._foreach_addcdiv_(weights, gradients, list(roots), -config.lr)

    try:
        yield update
    finally:
        with torch.no_grad():
            torch._foreach_copy_(weights, trained)
