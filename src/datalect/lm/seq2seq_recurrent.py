"""LSTM and GRU encoder-decoders with attention.

The attention is Luong's (2015, section 3.1, "general"), computed from the decoder's first layer, so that all
target positions are trained at once; upper layers and the output see what it found.

Names of dimensions: B batch, S source tokens, T target tokens, D width, H units of both directions together.
"""

from __future__ import annotations

import math
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from datalect.lm.recurrent import Layer
from datalect.lm.seq2seq import Decoded, Memory, Seq2SeqModel, inside_of
from datalect.lm.seq2seq_config import LSTMSeq2SeqConfig

# One (hidden,) or (hidden, cell) of each decoder layer, each (B, H).
DecoderState = tuple[tuple[Tensor, ...], ...]


class RecurrentSeq2Seq(Seq2SeqModel):
    """A bidirectional encoder and a decoder with attention."""

    config: LSTMSeq2SeqConfig

    def __init__(self, config: LSTMSeq2SeqConfig) -> None:
        super().__init__(config)
        cell, units = config.architecture.partition("-")[0], 2 * config.hidden
        self.cells = 2 if cell == "lstm" else 1
        inputs = [config.width, *[units] * (config.encoder_layers - 1)]
        self.forwards = nn.ModuleList(Layer(cell, width, config.hidden, 0.0) for width in inputs)
        self.backwards = nn.ModuleList(Layer(cell, width, config.hidden, 0.0) for width in inputs)
        upper = [2 * units] * (config.decoder_layers - 1)
        self.decoder = nn.ModuleList(Layer(cell, width, units, 0.0) for width in (config.width, *upper))
        self.bridge = nn.Linear(units, config.decoder_layers * units)
        self.key = nn.Linear(units, units, bias=False)
        self.out = nn.Linear(2 * units, config.width)

    def encode(self, ids_BS: Tensor, lengths_B: Tensor) -> Memory:
        """Read sources in both directions, the backward one from each source's own end."""
        inside = inside_of(ids_BS, lengths_B)
        place = torch.arange(ids_BS.shape[1], device=ids_BS.device)
        # Turns each source around inside its own length; padding stays where it is. It is its own inverse.
        turned = torch.where(inside, lengths_B[:, None] - 1 - place, place).T[..., None]
        x = self.embed_source(ids_BS).transpose(0, 1)
        for number, (ahead, back) in enumerate(zip(self.forwards, self.backwards, strict=True)):
            zeros = tuple(x.new_zeros(x.shape[1], self.config.hidden) for _ in range(self.cells))
            backward, _ = back(x.gather(0, turned.expand_as(x)), zeros)
            joined = torch.cat([ahead(x, zeros)[0], backward.gather(0, turned.expand_as(backward))], -1)
            joined = F.dropout(joined, self.config.dropout, self.training)
            x = joined if number == 0 else x + joined
        states = x.transpose(0, 1)
        return Memory(ids_BS, inside, states, self.key(states))

    def start(self, memory: Memory) -> DecoderState:
        """Hidden vectors from the mean of the encoder's, cells empty."""
        inside = memory.inside_BS[..., None]
        mean = (memory.states_BSD * inside).sum(1) / inside.sum(1)
        hidden = torch.tanh(self.bridge(mean)).chunk(self.config.decoder_layers, -1)
        empty = torch.zeros_like(hidden[0])
        return tuple((part.contiguous(), *[empty] * (self.cells - 1)) for part in hidden)

    def decode(self, ids_BT: Tensor, memory: Memory, state: Any) -> Decoded:
        """Read target tokens after those in the state."""
        drop, first = self.config.dropout, self.decoder[0]
        x, last = first(self.embed_target(ids_BT).transpose(0, 1), state[0])
        after = [last]
        query = x.transpose(0, 1)
        scores = query @ memory.keys.transpose(1, 2) / math.sqrt(query.shape[-1])
        attention = scores.masked_fill(~memory.inside_BS[:, None], -math.inf).softmax(-1)
        found = (attention @ memory.states_BSD).transpose(0, 1)
        for layer, own in zip(list(self.decoder)[1:], state[1:], strict=True):
            above, last = layer(F.dropout(torch.cat([x, found], -1), drop, self.training), own)
            after.append(last)
            x = x + above
        hidden = torch.tanh(self.out(F.dropout(torch.cat([x, found], -1), drop, self.training)))
        hidden = F.dropout(hidden.transpose(0, 1), drop, self.training)
        gate = cast(Tensor, self.pointer(hidden)) if self.config.copying else None
        return Decoded(hidden, attention, gate, tuple(after))

    def fused(self) -> dict[str, tuple[int, ...]]:
        """The gates of each layer."""
        return {
            f"{name}.{weight}": (layer.units,) * layer.gates
            for name, layer in self.named_modules()
            if isinstance(layer, Layer)
            for weight in ("weight_ih", "weight_hh")
        }
