"""Muon: momentum whose update is made orthogonal (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon).

Matrices of one shape are stacked, so that the few large products run at full speed also on a CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

# Coefficients of the five quintic steps, each optimal for the interval the one before leaves (Amsel et al.
# 2025, "Polar Express", table of section 4; computed there for singular values of at least 1e-3).
_POLAR_EXPRESS = (
    (8.28721201814563, -23.595886519098837, 17.300387312530933),
    (4.107059111542203, -2.9478499167379106, 0.5448431082926601),
    (3.9486908534822946, -2.908902115962949, 0.5518191394370137),
    (3.3184196573706015, -2.488488024314874, 0.51004894012372),
    (2.300652019954817, -1.6689039845747493, 0.4188073119525673),
)
_SAFETY = 1.01


def orthogonalise(matrices: Tensor, *, dtype: torch.dtype = torch.float32) -> Tensor:
    """The nearest (semi-)orthogonal matrix to each of a stack, approximately: singular values end near 1.

    Args:
        matrices: shape ``(N, rows, columns)``.
        dtype: type of the products.

    Returns:
        The same shape, in ``dtype``.
    """
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.to(dtype)
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) * _SAFETY + 1e-7)
    for a, b, c in _POLAR_EXPRESS:
        gram = torch.bmm(x, x.mT)
        poly = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        x = torch.baddbmm(x, poly, x, beta=a)
    return x.mT if tall else x


class Muon(Optimizer):
    """Nesterov momentum made orthogonal, for matrices inside the network.

    Args:
        parameters: the matrices.
        lr: learning rate, in units of the update's spectral norm.
        momentum: of the gradient.
        weight_decay: decoupled.
        parts: row counts of parameters that are several matrices stacked.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        *,
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        parts: Mapping[nn.Parameter, tuple[int, ...]] | None = None,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self._parts = dict(parts or {})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Update every matrix that has a gradient; a closure is not called."""
        for group in self.param_groups:
            stacks: dict[tuple[int, ...], list[tuple[Tensor, Tensor]]] = {}
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                update = self._momentum(parameter, group["momentum"])
                rows = list(self._parts.get(parameter, (parameter.shape[0],)))
                for target, piece in zip(pieces(parameter, rows), pieces(update, rows), strict=True):
                    stacks.setdefault(tuple(piece.shape), []).append((target, piece))
            for shape, pairs in stacks.items():
                made = orthogonalise(torch.stack([piece for _, piece in pairs]))
                rate = group["lr"] * max(1.0, shape[0] / shape[1]) ** 0.5
                targets = [target for target, _ in pairs]
                if group["weight_decay"]:
                    torch._foreach_mul_(targets, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(targets, list(made.unbind(0)), alpha=-rate)

    def _momentum(self, parameter: nn.Parameter, momentum: float) -> Tensor:
        state, gradient = self.state[parameter], parameter.grad
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        held = state["momentum"].lerp_(gradient, 1 - momentum)
        return gradient.lerp(held, momentum)  # type: ignore[union-attr]


def pieces(matrix: Tensor, rows: list[int]) -> list[Tensor]:
    """Views of a matrix cut into so many rows each."""
    return list(torch.split(matrix, rows))  # type: ignore[no-untyped-call]
