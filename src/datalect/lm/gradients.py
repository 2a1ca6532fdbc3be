"""Hot spots of training with their gradients written out, for CPUs.

torch has fused kernels of these for GPUs; on a CPU its own backward passes cost two to five times as much as
the few dense operations below. `tests/lm/test_gradients.py` checks each against torch by finite differences
and against the plain formula.

Names of dimensions: B batch, T time, H heads, K width of a head.
"""

from __future__ import annotations

import math
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional as F

# Up to here a dense score matrix per head is faster than the tiled kernel, and small enough to keep.
SHORT = 128


def rms_norm(x: Tensor, weight: Tensor | None, eps: float) -> Tensor:
    """``x / sqrt(mean(x^2) + eps) * weight`` over the last dimension (Zhang and Sennrich 2019).

    Under autocast the result has the low-precision type that the next product wants; statistics stay float32.
    """
    if x.device.type != "cpu" or not torch.is_grad_enabled():
        return F.rms_norm(x, (x.shape[-1],), None if weight is None else weight.to(x.dtype), eps)
    dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
    return cast(Tensor, _RmsNorm.apply(x, weight, eps, dtype))  # type: ignore[no-untyped-call]


class _RmsNorm(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor | None, eps: float, dtype: torch.dtype) -> Tensor:
        whole = x.float() if x.dtype is torch.bfloat16 else x
        scale = (whole.square().mean(-1, keepdim=True) + eps).rsqrt_()
        normal = whole * scale
        ctx.save_for_backward(normal, scale, weight)
        ctx.dtype = x.dtype
        return (normal if weight is None else normal * weight).to(dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        normal, scale, weight = ctx.saved_tensors
        whole = gradient.to(normal.dtype)
        product = whole * normal
        for_weight = None
        if weight is not None:
            for_weight = product.flatten(0, -2).sum(0)
            whole = whole * weight
            product = product * weight
        inner = torch.addcmul(whole, normal, product.mean(-1, keepdim=True), value=-1)
        return (inner * scale).to(ctx.dtype), for_weight, None, None


def relu_squared(x: Tensor) -> Tensor:
    """``max(x, 0)^2`` (So et al. 2021)."""
    if not torch.is_grad_enabled():
        return F.relu(x).square()
    return cast(Tensor, _ReluSquared.apply(x))  # type: ignore[no-untyped-call]


class _ReluSquared(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        positive = F.relu(x)
        ctx.save_for_backward(positive)
        return positive.square()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (positive,) = ctx.saved_tensors
        return cast(Tensor, (gradient * positive).mul_(2))


def short_attention(heads_BTNK: Tensor, rotary: tuple[Tensor, Tensor] | None, eps: float | None) -> Tensor:
    """Causal self-attention from projected heads, the whole score matrix kept for the backward pass.

    Args:
        heads_BTNK: ``N = 3 H`` heads: queries, then keys, then values.
        rotary: cosines and signed sines, broadcastable against the heads, or None.
        eps: of the RMS normalisation of queries and keys, or None for none.

    Returns:
        Attended values ``(B, T, H K)`` of the same type.
    """
    return cast(Tensor, _ShortAttention.apply(heads_BTNK, *(rotary or (None, None)), eps))  # type: ignore[no-untyped-call]


class _ShortAttention(Function):
    @staticmethod
    def forward(ctx: Any, heads: Tensor, cos: Tensor | None, sin: Tensor | None, eps: float | None) -> Tensor:
        b, t, n, width = heads.shape
        h = n // 3
        normal, scale = heads[:, :, : 2 * h], None
        if eps is not None:
            normal = normal.float() if normal.dtype is torch.bfloat16 else normal
            scale = (normal.square().mean(-1, keepdim=True) + eps).rsqrt_()
            normal = normal * scale
        turned = normal if cos is None or sin is None else _turn(normal, cos, sin)
        q, k = (_heads_first(part, heads.dtype) for part in (turned[:, :, :h], turned[:, :, h:]))
        v = _heads_first(heads[:, :, 2 * h :], heads.dtype)
        ctx.scale = 1 / math.sqrt(width)
        later = torch.full((t, t), -math.inf, dtype=heads.dtype).triu_(1)
        weights = torch.baddbmm(later, q, k.mT, alpha=ctx.scale).softmax(-1)
        ctx.save_for_backward(q, k, v, weights, cos, sin, scale, None if eps is None else normal)
        return torch.bmm(weights, v).view(b, h, t, width).transpose(1, 2).reshape(b, t, h * width)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v, weights, cos, sin, scale, normal = ctx.saved_tensors
        b, t, _ = gradient.shape
        width, h = q.shape[2], gradient.shape[2] // q.shape[2]
        gradient = _heads_first(gradient.view(b, t, h, width), v.dtype)
        made = gradient.new_empty(b, t, 3 * h, width)
        made[:, :, 2 * h :] = torch.bmm(weights.mT, gradient).view(b, h, t, width).transpose(1, 2)
        scores = torch._softmax_backward_data(torch.bmm(gradient, v.mT), weights, -1, weights.dtype)
        scores.mul_(ctx.scale)
        turned = torch.empty(b, t, 2 * h, width, dtype=made.dtype if normal is None else normal.dtype)
        turned[:, :, :h] = torch.bmm(scores, k).view(b, h, t, width).transpose(1, 2)
        turned[:, :, h:] = torch.bmm(scores.mT, q).view(b, h, t, width).transpose(1, 2)
        if cos is not None:
            turned = _turn(turned, cos, -sin)
        if normal is not None:
            inner = (turned * normal).mean(-1, keepdim=True)
            turned = torch.addcmul(turned, normal, inner, value=-1) * scale
        made[:, :, : 2 * h] = turned
        return made, None, None, None


def _turn(x: Tensor, cos: Tensor, signed_sin: Tensor) -> Tensor:
    return torch.addcmul(x * cos, x.roll(x.shape[-1] // 2, -1), signed_sin)


def _heads_first(x_BTHK: Tensor, dtype: torch.dtype) -> Tensor:
    """``(B H, T, K)``, contiguous."""
    b, t, h, width = x_BTHK.shape
    return torch.empty(b, h, t, width, dtype=dtype).copy_(x_BTHK.transpose(1, 2)).view(b * h, t, width)
