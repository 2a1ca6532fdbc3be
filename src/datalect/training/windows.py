"""Which tokens each step sees: pure functions of the step, so that resuming needs no saved position.

B sequences of T tokens; inputs and targets overlap by all but one token.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from datalect.errors import UsageError
from datalect.training.config import DataConfig
from datalect.training.shards import TokenShards


@dataclass(frozen=True)
class Window:
    """Inputs and next tokens, ``(B, T)`` each."""

    inputs: Tensor
    targets: Tensor
    fresh: bool = False
    """Whether a carried state must be forgotten, because the text does not continue the one before."""

    @property
    def count(self) -> int:
        """Target tokens."""
        return self.targets.numel()

    def to(self, device: torch.device) -> Window:
        """The same on another device."""
        if device.type == "cpu":
            return self
        return Window(
            self.inputs.to(device, non_blocking=True), self.targets.to(device, non_blocking=True), self.fresh
        )


class Windows:
    """Training windows over shards.

    Args:
        shards: the training tokens.
        config: batch, length, order and accumulation.
        seed: decides the order.
        rank: this process.
        world: number of processes; each takes an equal share of the rows.
    """

    def __init__(
        self, shards: TokenShards, config: DataConfig, seed: int, rank: int = 0, world: int = 1
    ) -> None:
        self.shards, self.config, self.seed = shards, config, seed
        self.rank, self.world = rank, world
        self.parts = config.accumulate * world
        if config.batch % self.parts:
            raise UsageError(
                "The batch cannot be shared out evenly.",
                expected=f"a multiple of accumulate x processes = {self.parts}",
                received=f"batch {config.batch}",
            )
        needed = config.batch + 1 if config.order == "stream" else config.length + 1
        if len(shards) < needed:
            raise UsageError(
                "The training text is too short.",
                expected=f"at least {needed} tokens",
                received=f"{len(shards)} tokens",
                next_step="give more text, or shorten --set data.length=N and data.batch=N",
            )
        lane = (len(shards) - 1) // config.batch
        self.length = min(config.length, lane) if config.order == "stream" else config.length
        usable = (
            lane // self.length
            if config.order == "stream"
            else (len(shards) - 1) // config.length // config.batch
        )
        self.steps_per_epoch = max(1, usable)
        self._order: tuple[int, NDArray[np.int64]] | None = None

    def batches(self, step: int) -> list[Window]:
        """The micro-batches of a step that belong to this process."""
        starts = self._starts(step)
        per_part = self.config.batch // self.parts
        fresh = self.config.order != "stream" or step % self.steps_per_epoch == 0
        made = []
        for micro in range(self.config.accumulate):
            first = (micro * self.world + self.rank) * per_part
            ids = torch.from_numpy(self.shards.windows(starts[first : first + per_part], self.length + 1))
            made.append(Window(ids[:, :-1], ids[:, 1:], fresh))
        return made

    def _starts(self, step: int) -> NDArray[np.int64]:
        batch, length = self.config.batch, self.length
        if self.config.order == "random":
            drawn = np.random.default_rng([self.seed, step])
            return drawn.integers(0, len(self.shards) - length, batch)
        epoch, place = divmod(step, self.steps_per_epoch)
        if self.config.order == "stream":
            lane = (len(self.shards) - 1) // batch
            return np.arange(batch) * lane + place * length
        order = self._epoch_order(epoch)
        return order[(place * batch + np.arange(batch)) % len(order)]

    def _epoch_order(self, epoch: int) -> NDArray[np.int64]:
        """Starts of windows that tile the text, shifted and shuffled anew each epoch."""
        if self._order is None or self._order[0] != epoch:
            drawn = np.random.default_rng([self.seed, epoch])
            shift = int(drawn.integers(0, min(self.length, len(self.shards) - self.length)))
            starts = np.arange(shift, len(self.shards) - self.length, self.length)
            self._order = (epoch, drawn.permutation(starts))
        return self._order[1]
