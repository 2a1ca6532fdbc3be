"""One token for one row of a Transformer on a CPU: the case people wait for, without what it does not need.

The time goes into reading every weight once. Weights are laid out so that a row times a matrix reads memory
in order, which is a quarter faster than the layout of training; modules, masks and batches are left out. The
result equals the general pass but for rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from datalect.lm.gradients import rms_norm
from datalect.lm.layers import activate, rotate
from datalect.lm.transformer import Block, Cache, Transformer


@dataclass(frozen=True)
class _Layer:
    """Weights of a block, matrices transposed."""

    norms: tuple[tuple[Tensor, Tensor | None], tuple[Tensor, Tensor | None]]
    qkv: tuple[Tensor, Tensor | None]
    out: tuple[Tensor, Tensor | None]
    up: tuple[Tensor, Tensor | None]
    down: tuple[Tensor, Tensor | None]


class OneRow:
    """A Transformer's step for a batch of one.

    Args:
        model: in evaluation mode, on the CPU, normalising before its sublayers; see ``fits``.
    """

    def __init__(self, model: Transformer) -> None:
        self.model, self.config = model, model.config
        self._of = _fingerprint(model)
        self._layers = [_layer(block) for block in model.blocks if isinstance(block, Block)]

    @staticmethod
    def fits(model: object) -> bool:
        """Whether a model can be stepped this way."""
        return (
            isinstance(model, Transformer)
            and model.config.norm_first
            and not model.training
            and model.embedding.weight.device.type == "cpu"
        )

    def current(self) -> bool:
        """Whether the model's weights are still those that were laid out."""
        return self._of == _fingerprint(self.model)

    def __call__(self, token: int, cache: Cache) -> Tensor:
        """Add a token to the cache.

        Returns:
            Its hidden vector ``(1, D)``.
        """
        c, place = self.config, cache.uniform or 0
        x = self.model.embedding.weight[token][None]
        if c.position in ("learned", "sinusoidal"):
            x = x + self.model.position_table()[place]
        rotary = self.model.rotary(slice(place, place + 1))
        groups = c.kv_heads or c.heads
        for number, layer in enumerate(self._layers):
            heads = _times(self._norm(x, layer.norms[0]), layer.qkv).view(1, 1, -1, c.head_width)
            qk, v = heads[:, :, : c.heads + groups], heads[:, :, c.heads + groups :]
            if c.qk_norm:
                qk = rms_norm(qk, None, c.norm_eps)
            if rotary is not None:
                qk = rotate(qk, *rotary)
            keys, values = cache.keys[number], cache.values[number]
            keys[0, :, place], values[0, :, place] = qk[0, 0, c.heads :], v[0, 0]
            attended = F.scaled_dot_product_attention(
                qk[:, :, : c.heads].transpose(1, 2),
                keys[:, :, : place + 1],
                values[:, :, : place + 1],
                enable_gqa=groups != c.heads,
            )
            x = _onto(x, attended.view(1, -1), layer.out)
            inner = activate(c.activation, _times(self._norm(x, layer.norms[1]), layer.up))
            x = _onto(x, inner, layer.down)
        cache.lengths_B = cache.lengths_B + 1
        cache.uniform = place + 1
        hidden: Tensor = self.model.norm(x)
        return hidden

    def _norm(self, x: Tensor, norm: tuple[Tensor, Tensor | None]) -> Tensor:
        if self.config.norm == "rmsnorm":
            return rms_norm(x, norm[0], self.config.norm_eps)
        return F.layer_norm(x, (x.shape[-1],), norm[0], norm[1], self.config.norm_eps)


def _times(x: Tensor, layer: tuple[Tensor, Tensor | None]) -> Tensor:
    weight, bias = layer
    return torch.mm(x, weight) if bias is None else torch.addmm(bias, x, weight)


def _onto(x: Tensor, y: Tensor, layer: tuple[Tensor, Tensor | None]) -> Tensor:
    weight, bias = layer
    made = torch.addmm(x, y, weight)
    return made if bias is None else made.add_(bias)


def _layer(block: Block) -> _Layer:
    attention, ffn = block.attention, block.ffn
    norms = tuple((n.weight, getattr(n, "bias", None)) for n in (block.attention_norm, block.ffn_norm))
    matrices = (
        (layer.weight.detach().t().contiguous(), layer.bias)
        for layer in (attention.qkv, attention.out, ffn.up, ffn.down)
    )
    return _Layer(norms, *matrices)  # type: ignore[arg-type]


def _fingerprint(model: Transformer) -> tuple[tuple[int, int], ...]:
    return tuple((p.data_ptr(), p._version) for p in model.parameters())
