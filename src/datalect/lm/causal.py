"""The seam between architectures that read left to right and what trains, evaluates and samples them.

Names of dimensions: B batch, T time (tokens), D width, V vocabulary.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from datalect.lm.config import ModelConfig

# What a model remembers of the tokens before: nested tuples, lists and dicts of tensors, None for nothing.
State = Any


class CausalModel(nn.Module, ABC):
    """A model of the next token given those before it.

    Training calls ``forward`` and ``nll``; generation calls ``start``, ``forward`` with the state and
    ``logits``.
    """

    config: ModelConfig
    carries_state: ClassVar[bool] = False
    """Whether training passes the state of one batch on to the next (truncated back-propagation in time)."""

    @property
    @abstractmethod
    def context(self) -> int | None:
        """Most tokens the model looks back on, None where unbounded."""

    @abstractmethod
    def start(self, batch: int, length: int) -> State:
        """The state before any token, with room for ``length`` tokens."""

    @abstractmethod
    def forward(self, ids_BT: Tensor, state: State = None) -> tuple[Tensor, State]:
        """Hidden vectors ``(B, T, D)`` and the state after the last token.

        Without a state a Transformer keeps none; a recurrent model starts from zeros and returns its last
        one.
        """

    @abstractmethod
    def logits(self, hidden: Tensor) -> Tensor:
        """Unnormalised log probabilities ``(..., V)`` in float32 from hidden vectors ``(..., D)``."""

    def nll(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """Negative log probability of each target in nats, shaped like ``targets``.

        Overridden where the full softmax is not needed (adaptive softmax).
        """
        logits = self.logits(hidden)
        return F.cross_entropy(logits.flatten(0, -2), targets.flatten(), reduction="none").view_as(targets)

    def prefill(self, rows: list[list[int]], room: int) -> tuple[Tensor, State]:
        """Read sequences of different lengths.

        Args:
            rows: ids of each, none empty.
            room: tokens the state has room for.

        Returns:
            The hidden vector ``(B, D)`` of each row's last token, and the state after it.
        """
        lengths = [len(row) for row in rows]
        device = next(self.parameters()).device
        padded = torch.zeros(len(rows), max(lengths), dtype=torch.long)
        for number, row in enumerate(rows):
            padded[number, : len(row)] = torch.tensor(row)
        hidden, state = self(padded.to(device), self.start(len(rows), room))
        last = torch.tensor(lengths, device=device) - 1
        return hidden[torch.arange(len(rows), device=device), last], self.trim(state, lengths)

    @abstractmethod
    def trim(self, state: State, lengths: list[int]) -> State:
        """The state without the padding after each row's length; ``prefill`` may be overridden instead."""

    def reorder(self, state: State, rows_B: Tensor) -> State:
        """The state with its rows picked by index, for beam search; batch is dimension 0 of every tensor."""
        return map_state(state, lambda tensor: tensor.index_select(0, rows_B))

    def learn_counts(self, counts_V: Tensor) -> None:
        """Take in how often each token occurs in the training text before the first step; may be ignored."""
        return

    def not_hidden(self) -> tuple[str, ...]:
        """Name prefixes of matrices that are no hidden layers (embeddings, heads): not for Muon."""
        return ("embedding", "head")

    def fused(self) -> dict[str, tuple[int, ...]]:
        """Row counts of matrices that are several in one, by parameter name: Muon treats each on its own."""
        return {}


def map_state(state: State, change: Any) -> State:
    """A state with each tensor replaced."""
    if isinstance(state, Tensor):
        return change(state)
    if isinstance(state, tuple | list):
        return type(state)(map_state(part, change) for part in state)
    if isinstance(state, dict):
        return {key: map_state(part, change) for key, part in state.items()}
    return state


def detach(state: State) -> State:
    """A state through which no gradient flows back."""
    return map_state(state, torch.Tensor.detach)


def count_parameters(model: nn.Module) -> int:
    """Trainable numbers in a model, shared ones once."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
