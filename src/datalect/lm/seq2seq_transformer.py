"""The Transformer encoder-decoder, normalised first, with rotary positions.

Names of dimensions: B batch, S source tokens, T target tokens, P tokens before and now, H heads, K width of a
head, D width.
"""

from __future__ import annotations

import math
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from datalect.lm.layers import rotary_table, rotate
from datalect.lm.seq2seq import Decoded, Memory, Seq2SeqModel, inside_of, with_keys
from datalect.lm.seq2seq_config import TransformerSeq2SeqConfig

Rotary = tuple[Tensor, Tensor]


class SelfAttention(nn.Module):
    """Multi-head attention of a sequence to itself, with rotary positions."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(
        self, x_BTD: Tensor, rotary: Rotary, mask: Tensor | None, before: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Attended values ``(B, T, D)``, and keys and values ``(B, H, P, K)`` for the tokens after."""
        b, t, d = x_BTD.shape
        parts = self.qkv(x_BTD).view(b, t, 3, self.heads, d // self.heads)
        q, k = (rotate(parts[:, :, n], *rotary).transpose(1, 2) for n in (0, 1))
        v = parts[:, :, 2].transpose(1, 2)
        if before is not None:
            k, v = torch.cat([before[0], k], 2), torch.cat([before[1], v], 2)
        attended = F.scaled_dot_product_attention(q.to(v.dtype), k.to(v.dtype), v, attn_mask=mask)
        return cast(Tensor, self.out(attended.transpose(1, 2).reshape(b, t, d))), (k, v)


class CrossAttention(nn.Module):
    """Attention from target to source, whose weights are returned."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key_value = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def keys(self, states_BSD: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values ``(B, H, S, K)``, computed once for each source."""
        b, s, d = states_BSD.shape
        k, v = self.key_value(states_BSD).view(b, s, 2, self.heads, d // self.heads).unbind(2)
        return k.transpose(1, 2), v.transpose(1, 2)

    def forward(self, x_BTD: Tensor, k: Tensor, v: Tensor, inside_BS: Tensor) -> tuple[Tensor, Tensor]:
        """Attended values ``(B, T, D)`` and the mean of the heads' weights ``(B, T, S)``."""
        b, t, d = x_BTD.shape
        q = self.query(x_BTD).view(b, t, self.heads, d // self.heads).transpose(1, 2)
        scores = (q @ k.transpose(-2, -1)).float() / math.sqrt(d // self.heads)
        weights = scores.masked_fill(~inside_BS[:, None, None], -math.inf).softmax(-1)
        attended = (weights.to(v.dtype) @ v).transpose(1, 2).reshape(b, t, d)
        return cast(Tensor, self.out(attended)), weights.mean(1)


class FeedForward(nn.Module):
    """The position-wise part of a block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape as the input."""
        return cast(Tensor, self.down(F.gelu(self.up(x))))


class EncoderBlock(nn.Module):
    """Self-attention and feed-forward, each after a normalisation."""

    def __init__(self, config: TransformerSeq2SeqConfig) -> None:
        super().__init__()
        self.attention_norm, self.ffn_norm = nn.LayerNorm(config.width), nn.LayerNorm(config.width)
        self.attention = SelfAttention(config.width, config.heads)
        self.ffn, self.dropout = FeedForward(config.width), nn.Dropout(config.dropout)

    def forward(self, x_BSD: Tensor, rotary: Rotary, mask: Tensor) -> Tensor:
        """Same shape as the input."""
        attended, _ = self.attention(self.attention_norm(x_BSD), rotary, mask, None)
        x_BSD = x_BSD + self.dropout(attended)
        return cast(Tensor, x_BSD + self.dropout(self.ffn(self.ffn_norm(x_BSD))))


class DecoderBlock(nn.Module):
    """Causal self-attention, attention to the source, feed-forward, each after a normalisation."""

    def __init__(self, config: TransformerSeq2SeqConfig) -> None:
        super().__init__()
        width, heads = config.width, config.heads
        self.attention_norm, self.source_norm, self.ffn_norm = (nn.LayerNorm(width) for _ in range(3))
        self.attention, self.source = SelfAttention(width, heads), CrossAttention(width, heads)
        self.ffn, self.dropout = FeedForward(width), nn.Dropout(config.dropout)

    def forward(
        self,
        x_BTD: Tensor,
        rotary: Rotary,
        mask: Tensor | None,
        before: tuple[Tensor, Tensor] | None,
        source: tuple[Tensor, Tensor],
        inside_BS: Tensor,
    ) -> tuple[Tensor, tuple[Tensor, Tensor], Tensor]:
        """Same shape as the input, keys and values for the tokens after, and weights over the source."""
        attended, after = self.attention(self.attention_norm(x_BTD), rotary, mask, before)
        x_BTD = x_BTD + self.dropout(attended)
        attended, weights = self.source(self.source_norm(x_BTD), *source, inside_BS)
        x_BTD = x_BTD + self.dropout(attended)
        return x_BTD + self.dropout(self.ffn(self.ffn_norm(x_BTD))), after, weights


class TransformerSeq2Seq(Seq2SeqModel):
    """A Transformer encoder and decoder."""

    config: TransformerSeq2SeqConfig

    def __init__(self, config: TransformerSeq2SeqConfig) -> None:
        super().__init__(config)
        self.encoder = nn.ModuleList(EncoderBlock(config) for _ in range(config.encoder_layers))
        self.decoder = nn.ModuleList(DecoderBlock(config) for _ in range(config.decoder_layers))
        self.encoder_norm, self.decoder_norm = nn.LayerNorm(config.width), nn.LayerNorm(config.width)
        self._initialise()

    def _initialise(self) -> None:
        depth = 2 * self.config.encoder_layers + 3 * self.config.decoder_layers
        for name, parameter in self.named_parameters():
            if name.startswith(("embedding", "pointer")) or parameter.dim() < 2:
                continue
            std = 1 / math.sqrt(parameter.shape[1])
            deep = name.endswith(("out.weight", "down.weight"))
            nn.init.normal_(parameter, std=std / math.sqrt(depth) if deep else std)
            nn.init.zeros_(self.get_parameter(name.removesuffix("weight") + "bias"))

    def encode(self, ids_BS: Tensor, lengths_B: Tensor) -> Memory:
        """Read sources in both directions."""
        inside = inside_of(ids_BS, lengths_B)
        x = self.embed_source(ids_BS) * math.sqrt(self.config.width)
        rotary = self._rotary(0, ids_BS.shape[1], x)
        for block in self.encoder:
            x = block(x, rotary, inside[:, None, None])
        states = self.encoder_norm(x)
        keys = tuple(cast(DecoderBlock, block).source.keys(states) for block in self.decoder)
        return with_keys(Memory(ids_BS, inside, states), keys)

    def start(self, memory: Memory) -> tuple[()]:
        """Nothing is remembered yet."""
        return ()

    def decode(self, ids_BT: Tensor, memory: Memory, state: Any) -> Decoded:
        """Read target tokens after those in the state."""
        held = state[0][0].shape[2] if state else 0
        t = ids_BT.shape[1]
        x = self.embed_target(ids_BT) * math.sqrt(self.config.width)
        rotary = self._rotary(held, held + t, x)
        mask = torch.ones(t, held + t, dtype=torch.bool, device=x.device).tril(held) if t > 1 else None
        after, weights = [], x.new_zeros(0)
        for number, block in enumerate(self.decoder):
            before = state[number] if state else None
            x, own, weights = block(x, rotary, mask, before, memory.keys[number], memory.inside_BS)
            after.append(own)
        hidden = self.decoder_norm(x)
        gate = cast(Tensor, self.pointer(hidden)) if self.config.copying else None
        return Decoded(hidden, weights, gate, tuple(after))

    def _rotary(self, low: int, high: int, like: Tensor) -> Rotary:
        """Cosines and signed sines of positions, broadcastable against ``(B, T, H, K)``."""
        width = self.config.width // self.config.heads
        cos, sin = rotary_table(high, width, 10_000.0)
        sin[:, : width // 2].neg_()
        return cos[low:high, None].to(like), sin[low:high, None].to(like)

    def fused(self) -> dict[str, tuple[int, ...]]:
        """Queries, keys and values."""
        d = self.config.width
        parts = {f"{n}.qkv.weight": (d,) * 3 for n, m in self.named_modules() if isinstance(m, SelfAttention)}
        return parts | {
            f"{n}.key_value.weight": (d,) * 2
            for n, m in self.named_modules()
            if isinstance(m, CrossAttention)
        }
