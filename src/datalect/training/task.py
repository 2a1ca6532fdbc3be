"""The seam between the training loop and what is trained.

The loop knows nothing of text. A task gives it batches, losses and evaluations; a language model, a
sequence-to-sequence model and a classifier are three tasks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


class Batch(Protocol):
    """A part of a step's examples."""

    @property
    def count(self) -> int:
        """Targets in it: tokens, or examples for classifiers. The loss is divided by their sum."""

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""


class Loss(NamedTuple):
    """What a forward pass gives."""

    total: Tensor
    """Sum of the losses of all targets, a scalar that gradients flow from."""
    carry: Any
    """State for the next batch of the same lane (recurrent models), or None."""


class Task(Protocol):
    """What the loop trains."""

    steps_per_epoch: int
    """Optimiser steps that see each training example once."""
    primary: str
    """The name in ``evaluate`` that decides which model is best."""
    greater_is_better: bool
    """Whether a higher ``primary`` is better."""

    def batches(self, step: int) -> list[Any]:
        """The micro-batches of a step: a pure function of the step, so that the step is the data position.

        Under several processes each gets its own rows; together they are the rows one process would get.
        """

    def loss(self, model: nn.Module, batch: Any, carry: Any) -> Loss:
        """Loss of a micro-batch, given what the same one of the step before carried over (detached)."""

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Figures on the validation part; must use no random numbers."""
