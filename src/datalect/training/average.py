"""Averaged weights: exponential moving average, or the mean since validation stalled (Merity et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import torch
from torch import Tensor, nn

from datalect.training.config import OptimConfig
from datalect.training.distributed import like


class Average:
    """Keeps an average of a module's parameters when the configuration wants one."""

    def __init__(self, module: nn.Module, config: OptimConfig) -> None:
        self._named = dict(module.named_parameters())
        self._config = config
        self._count = 0
        self._held: dict[str, Tensor] = {}
        if config.average == "ema":
            self._begin()

    @classmethod
    def make(cls, module: nn.Module, config: OptimConfig) -> Self:
        """The average a configuration asks for; without one it does nothing."""
        return cls(module, config)

    def _begin(self) -> None:
        self._held = {name: p.detach().clone() for name, p in self._named.items()}
        self._count = 1

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take the weights after a step in."""
        if not self._held:
            return
        self._count += 1
        # The first steps are far from the rest: until there are enough, the average is shorter.
        share = 1 / self._count
        if self._config.average == "ema":
            share = max(1 - self._config.ema_decay, 1 / (0.1 * step + 1))
        torch._foreach_lerp_(list(self._held.values()), list(self._named.values()), share)

    def evaluated(self, stale: int) -> None:
        """Start to average when validation has stalled."""
        if self._config.average == "asgd" and not self._held and stale >= self._config.asgd_patience:
            self._begin()

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The module has the averaged weights inside."""
        if not self._held:
            yield
            return
        with torch.no_grad():
            own = {name: p.detach().clone() for name, p in self._named.items()}
            for name, p in self._named.items():
                p.copy_(self._held[name])
            try:
                yield
            finally:
                for name, p in self._named.items():
                    p.copy_(own[name])

    def tensors(self) -> dict[str, Tensor]:
        """The averages, by parameter name."""
        return dict(self._held)

    def facts(self) -> dict[str, Any]:
        """How many steps are in it."""
        return {"count": self._count}

    def load(self, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        """Put back what ``tensors`` and ``facts`` gave."""
        device = next(iter(self._named.values())).device
        self._held = (
            {name: like(tensors[name].to(device), p) for name, p in self._named.items()} if tensors else {}
        )
        self._count = int(facts["count"])
