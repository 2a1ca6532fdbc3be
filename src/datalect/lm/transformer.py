"""The Transformer decoder, whole in one file.

Names of dimensions: B batch, T time (new tokens), S time (cached and new), H query heads, G key and value
heads, K width of a head, D width, V vocabulary.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from datalect.errors import UsageError
from datalect.lm.causal import CausalModel
from datalect.lm.config import TransformerConfig
from datalect.lm.gradients import SHORT, rms_norm, short_attention
from datalect.lm.layers import FeedForward, make_norm, rotary_table, rotate, sinusoidal_table


@dataclass
class Cache:
    """Keys and values of the tokens before, one pair per layer, with room for more."""

    keys: list[Tensor]
    """Each ``(B, G, S, K)``."""
    values: list[Tensor]
    lengths_B: Tensor
    """Tokens of each row that are filled."""
    uniform: int | None
    """The same number when all rows are equally long, else None."""


@dataclass(frozen=True)
class _Place:
    """Where the tokens of one forward pass stand; the same for all layers."""

    rotary: tuple[Tensor, Tensor] | None
    """Cosines and signed sines, broadcastable against ``(B, T, heads, K)``."""
    cache: Cache | None
    mask: Tensor | None
    """True where a query may look, ``(T, S)`` or ``(B, 1, T, S)``; None for plain causal or everything."""
    start: int | None
    """First new position when all rows agree, else None."""
    end: int
    """One after the last new position of any row."""
    rows_BT: Tensor
    """New positions per row when they do not agree, else empty."""


class Attention(nn.Module):
    """Causal multi-head attention, grouped when there are fewer key and value heads than query heads."""

    def __init__(self, config: TransformerConfig, layer: int) -> None:
        super().__init__()
        self.heads, self.groups, self.head_width = (
            config.heads,
            config.kv_heads or config.heads,
            config.head_width,
        )
        self.layer, self.dropout, self.qk_norm = layer, config.dropout, config.qk_norm
        self.eps = config.norm_eps
        self.qkv = nn.Linear(config.width, (self.heads + 2 * self.groups) * self.head_width, bias=config.bias)
        self.out = nn.Linear(config.width, config.width, bias=config.bias)

    def forward(self, x_BTD: Tensor, place: _Place) -> Tensor:
        """Attended values ``(B, T, D)``; fills the cache when there is one."""
        b, t, _ = x_BTD.shape
        heads = self.qkv(x_BTD).view(b, t, self.heads + 2 * self.groups, self.head_width)
        if self._short(heads, place):
            eps = self.eps if self.qk_norm else None
            return cast(Tensor, self.out(short_attention(heads, place.rotary, eps)))
        qk, v = heads.split([self.heads + self.groups, self.groups], 2)
        if self.qk_norm:
            qk = rms_norm(qk, None, self.eps)
        if place.rotary is not None:
            qk = rotate(qk, *place.rotary)
        q, k = qk.split([self.heads, self.groups], 2)
        q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)  # (B, H or G, T, K)
        if place.cache is not None:
            k, v = self._remember(k, v, place.cache, place)
        attended = self._attend(q, k, v, place)
        return cast(Tensor, self.out(attended.transpose(1, 2).reshape(b, t, -1)))

    def _short(self, heads: Tensor, place: _Place) -> bool:
        """Whether this is a training pass over few tokens on a CPU, where dense scores are fastest."""
        plain = place.cache is None and self.groups == self.heads and not (self.dropout and self.training)
        return plain and torch.is_grad_enabled() and heads.device.type == "cpu" and heads.shape[1] <= SHORT

    def _attend(self, q: Tensor, k: Tensor, v: Tensor, place: _Place) -> Tensor:
        """Scaled dot-product attention ``(B, H, T, K)``."""
        t, drop = q.shape[2], self.dropout if self.training else 0.0
        return F.scaled_dot_product_attention(
            q.to(v.dtype),
            k.to(v.dtype),
            v,
            attn_mask=place.mask,
            dropout_p=drop,
            is_causal=place.mask is None and bool(t > 1),
            enable_gqa=self.groups != self.heads,
        )

    def _remember(self, k: Tensor, v: Tensor, cache: Cache, place: _Place) -> tuple[Tensor, Tensor]:
        """Write new keys and values into the cache and return all of them."""
        keys, values = cache.keys[self.layer], cache.values[self.layer]
        t = k.shape[2]
        if place.start is not None:
            end = place.start + t
            keys[:, :, place.start : end], values[:, :, place.start : end] = k, v
            return keys[:, :, :end], values[:, :, :end]
        index = place.rows_BT[:, None, :, None].expand(-1, k.shape[1], -1, k.shape[3])
        keys.scatter_(2, index, k)
        values.scatter_(2, index, v)
        end = place.end
        return keys[:, :, :end], values[:, :, :end]


class Block(nn.Module):
    """Attention and feed-forward, each with a normalisation and a residual connection."""

    def __init__(self, config: TransformerConfig, layer: int) -> None:
        super().__init__()
        self.norm_first = config.norm_first
        self.attention_norm, self.ffn_norm = make_norm(config), make_norm(config)
        self.attention, self.ffn = Attention(config, layer), FeedForward(config)
        self.dropout = nn.Dropout(config.dropout) if config.dropout else nn.Identity()

    def forward(self, x_BTD: Tensor, place: _Place) -> Tensor:
        """Same shape as the input."""
        if self.norm_first:
            x_BTD = x_BTD + self.dropout(self.attention(self.attention_norm(x_BTD), place))
            return cast(Tensor, x_BTD + self.dropout(self.ffn(self.ffn_norm(x_BTD))))
        x_BTD = self.attention_norm(x_BTD + self.dropout(self.attention(x_BTD, place)))
        return cast(Tensor, self.ffn_norm(x_BTD + self.dropout(self.ffn(x_BTD))))


class Transformer(CausalModel):
    """A left-to-right Transformer language model."""

    config: TransformerConfig

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.width)
        if config.position == "learned":
            self.position_embedding = nn.Embedding(config.context, config.width)
        self.dropout = nn.Dropout(config.dropout) if config.dropout else nn.Identity()
        self.blocks = nn.ModuleList(Block(config, layer) for layer in range(config.layers))
        self.norm = make_norm(config) if config.norm_first else nn.Identity()
        if not config.tie:
            self.head = nn.Linear(config.width, config.vocab_size, bias=False)
        self._tables: dict[tuple[str, torch.device, torch.dtype], tuple[Tensor, ...]] = {}
        self._initialise()

    @property
    def context(self) -> int:
        """Most tokens the model looks back on."""
        return self.config.context

    def not_hidden(self) -> tuple[str, ...]:
        """Embeddings and the output layer."""
        return ("embedding", "position_embedding", "head")

    def fused(self) -> dict[str, tuple[int, ...]]:
        """Each head's queries, keys and values, and groups of feed-forward neurons half the width in number.

        Nothing couples the scales of these, small products are cheap, and the loss is the same: on Tiny
        Shakespeare the losses of paired steps differ by -0.002 +- 0.003 nats from those of whole
        feed-forward matrices.
        """
        c = self.config
        parts: dict[str, tuple[int, ...]] = {}
        rows = (2 if c.activation == "swiglu" else 1) * c.ffn
        group = c.width // 2
        for layer in range(c.layers):
            heads = c.heads + 2 * (c.kv_heads or c.heads)
            parts[f"blocks.{layer}.attention.qkv.weight"] = (c.head_width,) * heads
            if group and rows % group == 0:
                parts[f"blocks.{layer}.ffn.up.weight"] = (group,) * (rows // group)
        return parts

    def _initialise(self) -> None:
        c = self.config
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                nn.init.zeros_(parameter) if name.endswith("bias") else nn.init.ones_(parameter)
                continue
            deep = name.endswith(("attention.out.weight", "ffn.down.weight"))
            if deep and c.zero_init:
                nn.init.zeros_(parameter)
                continue
            hidden = not name.startswith(self.not_hidden())
            std = 1 / math.sqrt(parameter.shape[1]) if hidden and c.init == "fan_in" else 0.02
            # Radford et al. 2019, section 2.3: residual layers are scaled by 1 / sqrt(number of them).
            nn.init.normal_(parameter, std=std / math.sqrt(2 * c.layers) if deep else std)

    def start(self, batch: int, length: int) -> Cache:
        """An empty cache for ``batch`` rows of up to ``length`` tokens, of the weights' type and device."""
        c, like = self.config, self.embedding.weight
        shape = (batch, c.kv_heads or c.heads, min(length, c.context), c.head_width)
        return Cache(
            keys=[like.new_zeros(shape) for _ in range(c.layers)],
            values=[like.new_zeros(shape) for _ in range(c.layers)],
            lengths_B=torch.zeros(batch, dtype=torch.long, device=like.device),
            uniform=0,
        )

    def forward(self, ids_BT: Tensor, state: Cache | None = None) -> tuple[Tensor, Cache | None]:
        """Hidden vectors ``(B, T, D)``; with a cache, of the new tokens only.

        Raises:
            UsageError: more tokens than the context or the cache holds.
        """
        place = self._place(ids_BT, state)
        x = self.embedding(ids_BT)
        if self.config.position in ("learned", "sinusoidal"):
            x = x + self._positions(ids_BT.shape[1], place)
        x = self.dropout(x)
        for block in self.blocks:
            x = block(x, place)
        if state is not None:
            state.lengths_B = state.lengths_B + ids_BT.shape[1]
            state.uniform = None if state.uniform is None else state.uniform + ids_BT.shape[1]
        return self.norm(x), state

    def logits(self, hidden: Tensor) -> Tensor:
        """Unnormalised log probabilities ``(..., V)`` in float32."""
        weight = self.embedding.weight if self.config.tie else self.head.weight
        return F.linear(hidden, weight).float()

    def reorder(self, state: Cache, rows_B: Tensor) -> Cache:
        """The cache with its rows picked by index."""
        lengths_B = state.lengths_B.index_select(0, rows_B)
        alike = bool((lengths_B == lengths_B[0]).all())
        return Cache(
            keys=[k.index_select(0, rows_B) for k in state.keys],
            values=[v.index_select(0, rows_B) for v in state.values],
            lengths_B=lengths_B,
            uniform=int(lengths_B[0]) if alike else None,
        )

    def trim(self, state: Cache, lengths: list[int]) -> Cache:
        """Forget what lies beyond each row's length: the padding of shorter prompts."""
        state.lengths_B = torch.tensor(lengths, device=state.lengths_B.device)
        state.uniform = lengths[0] if len(set(lengths)) == 1 else None
        return state

    # ------------------------------------------------------------ positions

    def _place(self, ids_BT: Tensor, cache: Cache | None) -> _Place:
        t = ids_BT.shape[1]
        if cache is None:
            start: int | None = 0
            room, end = self.config.context, t
        else:
            start = cache.uniform
            room, end = cache.keys[0].shape[2], t + (int(cache.lengths_B.max()) if start is None else start)
        if end > room:
            raise UsageError(
                "The text is longer than the model's context.",
                expected=f"at most {room} tokens",
                received=str(end),
            )
        if start is not None or cache is None:
            mask = None
            if start and t > 1:
                mask = torch.ones(t, end, dtype=torch.bool, device=ids_BT.device).tril(start)
            return _Place(self.rotary(slice(start, end)), cache, mask, start, end, ids_BT.new_empty(0))
        rows_BT = cache.lengths_B[:, None] + torch.arange(t, device=ids_BT.device)
        seen = torch.arange(end, device=ids_BT.device) <= rows_BT[:, :, None]
        return _Place(self.rotary(rows_BT), cache, seen[:, None], None, end, rows_BT)

    def rotary(self, where: slice | Tensor) -> tuple[Tensor, Tensor] | None:
        """Cosines and signed sines of positions, with a dimension for heads; None if not rotary."""
        if self.config.position != "rotary":
            return None
        cos, sin = self._table("rotary")
        return cos[where].unsqueeze(-2), sin[where].unsqueeze(-2)

    def position_table(self) -> Tensor:
        """Vectors ``(context, D)`` of learned or sinusoidal positions."""
        learned = self.config.position == "learned"
        return self.position_embedding.weight if learned else self._table("sinusoidal")[0]

    def _positions(self, t: int, place: _Place) -> Tensor:
        table = self.position_table()
        if place.start is not None:
            return table[place.start : place.start + t]
        return table[place.rows_BT]

    def _table(self, kind: str) -> tuple[Tensor, ...]:
        """Tables of positions: computed when first needed, never saved."""
        like = self.embedding.weight
        key = (kind, like.device, like.dtype)
        if key not in self._tables:
            c = self.config
            if kind == "sinusoidal":
                made: tuple[Tensor, ...] = (sinusoidal_table(c.context, c.width),)
            else:
                cos, sin = rotary_table(c.context, c.head_width, c.rope_base)
                sin[:, : c.head_width // 2].neg_()
                made = (cos, sin)
            self._tables[key] = tuple(table.to(like.device, like.dtype) for table in made)
        return self._tables[key]
