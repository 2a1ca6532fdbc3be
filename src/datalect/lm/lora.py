"""Low-rank adaptation: train small matrices beside frozen ones, then add them up (Hu et al. 2022)."""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from datalect.errors import UsageError


class LowRank(nn.Module):
    """A frozen linear layer and a trained update of low rank; at first the update is zero.

    Args:
        base: the layer.
        rank: of the update.
        alpha: the update is multiplied by ``alpha / rank``.
        dropout: on the update's input.
    """

    def __init__(self, base: nn.Linear, rank: int, alpha: float, dropout: float) -> None:
        super().__init__()
        self.base, self.scale, self.dropout = base, alpha / rank, dropout
        self.down = nn.Parameter(torch.empty(rank, base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        """Same as the base layer, plus the update."""
        low = F.linear(F.dropout(x, self.dropout, self.training), self.down)
        return cast(Tensor, self.base(x)) + F.linear(low, self.up) * self.scale

    def merged(self) -> nn.Linear:
        """The base layer with the update added to its weight."""
        with torch.no_grad():
            self.base.weight += self.scale * self.up @ self.down
        return self.base


def add_lora(module: nn.Module, *, rank: int = 8, alpha: float = 16.0, dropout: float = 0.0) -> int:
    """Freeze a model and put an update beside each of its linear layers.

    Args:
        module: changed in place.
        rank: of each update.
        alpha: scale of the updates, over ``rank``.
        dropout: on the updates' inputs.

    Returns:
        Trainable numbers.

    Raises:
        UsageError: the rank or alpha is out of range, or there is no linear layer.
    """
    if not (1 <= rank <= 4096 and math.isfinite(alpha) and alpha > 0 and 0 <= dropout < 1):
        raise UsageError(
            "The low-rank update is out of range.",
            expected="rank 1 to 4096, alpha above 0, dropout below 1",
            received=f"rank {rank}, alpha {alpha:g}, dropout {dropout:g}",
        )
    linear = [name for name, part in module.named_modules() if type(part) is nn.Linear]
    # The output layer stays: it is tied, or as large as the rest together.
    linear = [name for name in linear if name != "head"]
    if not linear:
        raise UsageError("The model has no linear layer to adapt.")
    module.requires_grad_(False)
    for name in linear:
        base = module.get_submodule(name)
        if isinstance(base, nn.Linear):
            owner, _, leaf = name.rpartition(".")
            setattr(module.get_submodule(owner), leaf, LowRank(base, rank, alpha, dropout))
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def merge_lora(module: nn.Module) -> None:
    """Add every update to its layer; the model has its old form again, and nothing is frozen."""
    for name, part in list(module.named_modules()):
        if isinstance(part, LowRank):
            owner, _, leaf = name.rpartition(".")
            setattr(module.get_submodule(owner), leaf, part.merged())
    module.requires_grad_(True)
