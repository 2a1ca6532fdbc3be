"""Building blocks that several architectures share.

Names of dimensions: B batch, T time of queries, S time of keys, H heads, K width of a head, D width.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from datalect.lm.config import TransformerConfig
from datalect.lm.gradients import relu_squared, rms_norm


def make_norm(config: TransformerConfig) -> nn.Module:
    """The normalisation a configuration asks for, over the last dimension."""
    if config.norm == "rmsnorm":
        return RMSNorm(config.width, config.norm_eps)
    return nn.LayerNorm(config.width, eps=config.norm_eps, bias=config.bias)


class RMSNorm(nn.Module):
    """Root-mean-square normalisation with a learned scale."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as the input."""
        return rms_norm(x, self.weight, self.eps)


def naive_attention(q_BHTK: Tensor, k_BHSK: Tensor, v_BHSK: Tensor, mask_TS: Tensor | None = None) -> Tensor:
    """Scaled dot-product attention written out (Vaswani et al. 2017, equation 1); the reference for tests.

    Args:
        q_BHTK: queries.
        k_BHSK: keys, as many heads as queries.
        v_BHSK: values.
        mask_TS: true where a query may look; None for everywhere.

    Returns:
        The attended values ``(B, H, T, K)``.
    """
    scores = q_BHTK @ k_BHSK.transpose(-2, -1) / math.sqrt(q_BHTK.shape[-1])
    if mask_TS is not None:
        scores = scores.masked_fill(~mask_TS, -math.inf)
    return scores.softmax(-1) @ v_BHSK


def rotary_table(length: int, head_width: int, base: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines ``(length, K)`` of rotary positions (Su et al. 2021), both halves alike."""
    frequency = base ** (-torch.arange(0, head_width, 2, dtype=torch.float64) / head_width)
    angle = torch.outer(torch.arange(length, dtype=torch.float64), frequency)
    angle = torch.cat([angle, angle], -1)
    return angle.cos().float(), angle.sin().float()


def rotate(x: Tensor, cos: Tensor, signed_sin: Tensor) -> Tensor:
    """Turn each pair ``(i, i + K/2)`` of the last dimension by its position's angle.

    Args:
        x: ``(..., K)``.
        cos: cosines, broadcast against ``x``.
        signed_sin: sines whose first half is negated, so that one roll replaces a negation and a copy.
    """
    return torch.addcmul(x * cos, x.roll(x.shape[-1] // 2, -1), signed_sin)


def sinusoidal_table(length: int, width: int) -> Tensor:
    """Positions as sines and cosines ``(length, D)`` (Vaswani et al. 2017, section 3.5)."""
    frequency = 10_000.0 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angle = torch.outer(torch.arange(length, dtype=torch.float64), frequency)
    return torch.stack([angle.sin(), angle.cos()], -1).flatten(1)[:, :width].float()


class FeedForward(nn.Module):
    """The position-wise part of a Transformer block."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.activation = config.activation
        gated = config.activation == "swiglu"
        self.up = nn.Linear(config.width, (2 if gated else 1) * config.ffn, bias=config.bias)
        self.down = nn.Linear(config.ffn, config.width, bias=config.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as the input."""
        return cast(Tensor, self.down(activate(self.activation, self.up(x))))


def activate(name: str, x: Tensor) -> Tensor:
    """Apply an activation; SwiGLU halves the last dimension, the gate being its first half."""
    if name == "relu2":
        return relu_squared(x)
    if name == "swiglu":
        gate, value = x.chunk(2, -1)
        return F.silu(gate) * value
    return F.gelu(x, approximate="tanh" if name == "gelu_tanh" else "none")
