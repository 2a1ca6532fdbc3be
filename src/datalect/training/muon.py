"""Muon: momentum whose update is made orthogonal (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon).

Matrices of one shape are stacked, so that the few large products run at full speed also on a CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from datalect.training.distributed import is_sharded, like, whole

# Odd quintic steps, each the least-maximum-error approximation of 1 on the interval the step before leaves
# (the construction of Amsel et al. 2025, "The Polar Express"), computed by reweighted least squares for
# singular values from 0.004 to 1, which four steps leave within 0.87 and 1.14.
_STEPS = (
    (8.178033, -23.2456, 17.034563),
    (3.953103, -2.903311, 0.549727),
    (3.346082, -2.509035, 0.512363),
    (2.325269, -1.690921, 0.421198),
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
    for a, b, c in _STEPS:
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
        self._dtype = torch.bfloat16 if bfloat16_is_fast(self.param_groups[0]["params"][0]) else torch.float32

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Update every matrix that has a gradient; a closure is not called."""
        for group in self.param_groups:
            parameters = [p for p in group["params"] if p.grad is not None]
            if not parameters:
                continue
            if group["weight_decay"]:
                torch._foreach_mul_(parameters, 1 - group["lr"] * group["weight_decay"])
            stacks: dict[tuple[int, ...], list[tuple[Tensor, Tensor]]] = {}
            sharded: list[tuple[Tensor, Tensor]] = []
            for parameter, update in zip(
                parameters, self._momentum(parameters, group["momentum"]), strict=True
            ):
                rows = list(self._parts.get(parameter, (parameter.shape[0],)))
                moved: Tensor = parameter
                if is_sharded(update):
                    # A sharded matrix cannot be made orthogonal by parts: each process does the whole of it.
                    update = whole(update)
                    moved = torch.zeros_like(update)
                    sharded.append((parameter, moved))
                for target, piece in zip(pieces(moved, rows), pieces(update, rows), strict=True):
                    stacks.setdefault(tuple(piece.shape), []).append((target, piece))
            for shape, pairs in stacks.items():
                made = orthogonalise(torch.stack([piece for _, piece in pairs]), dtype=self._dtype).float()
                rate = group["lr"] * max(1.0, shape[0] / shape[1]) ** 0.5
                torch._foreach_add_([target for target, _ in pairs], list(made.unbind(0)), alpha=-rate)
            for parameter, moved in sharded:
                parameter.add_(like(moved, parameter))

    def _momentum(self, parameters: list[Tensor], momentum: float) -> list[Tensor]:
        """Nesterov momentum of each gradient; the gradients are used up."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        for parameter in parameters:
            if "momentum" not in self.state[parameter]:
                self.state[parameter]["momentum"] = torch.zeros_like(parameter)
        held = [self.state[parameter]["momentum"] for parameter in parameters]
        torch._foreach_lerp_(held, gradients, 1 - momentum)
        torch._foreach_lerp_(gradients, held, momentum)
        return gradients


def bfloat16_is_fast(like: Tensor) -> bool:
    """Whether products in bfloat16 beat float32 where a tensor lives; the update needs no more bits."""
    if like.device.type == "cpu":
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported() and torch.cpu._is_avx512_bf16_supported())
    return bool(torch.cuda.is_bf16_supported())


def pieces(matrix: Tensor, rows: list[int]) -> list[Tensor]:
    """Views of a matrix cut into so many rows each."""
    return list(torch.split(matrix, rows))
