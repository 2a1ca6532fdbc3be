"""Recurrent language models: RNN, LSTM and GRU with the regularisation of AWD-LSTM (Merity et al. 2018).

Names of dimensions: B batch, T time, D width of a layer's input or output, H units of a layer, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from datalect.lm.causal import CausalModel, map_state
from datalect.lm.config import RecurrentConfig
from datalect.lm.softmax import TokenSoftmax

# Of each layer: (hidden,) or, for the LSTM, (hidden, cell), each (B, H).
LayerState = tuple[Tensor, ...]
RecurrentState = tuple[LayerState, ...]

# Cell -> (gates, states, torch's kernel). The order of gates is torch's: input, forget, cell, output in an
# LSTM; reset, update, new in a GRU.
_CELLS: dict[str, tuple[int, int, Callable[..., Any]]] = {
    "rnn": (1, 1, torch.rnn_tanh),
    "lstm": (4, 2, torch.lstm),
    "gru": (3, 1, torch.gru),
}


class Layer(nn.Module):
    """One recurrent layer, with dropout on its hidden-to-hidden weights.

    Parameters are named and laid out as in ``torch.nn.LSTM``.
    """

    def __init__(self, cell: str, inputs: int, units: int, weight_dropout: float) -> None:
        super().__init__()
        self.gates, self.states, self.kernel = _CELLS[cell]
        self.units, self.weight_dropout = units, weight_dropout
        self.weight_ih = nn.Parameter(torch.empty(self.gates * units, inputs))
        self.weight_hh = nn.Parameter(torch.empty(self.gates * units, units))
        self.bias_ih = nn.Parameter(torch.empty(self.gates * units))
        self.bias_hh = nn.Parameter(torch.empty(self.gates * units))
        self._initialise()

    @torch.no_grad()
    def _initialise(self) -> None:
        bound = 1 / math.sqrt(self.units)
        for gate in torch.split(self.weight_ih, self.units):
            nn.init.uniform_(gate, -bound, bound)
        for gate in torch.split(self.weight_hh, self.units):
            nn.init.orthogonal_(gate)
        nn.init.zeros_(self.bias_ih)
        nn.init.zeros_(self.bias_hh)
        if (
            self.gates == 4
        ):  # an open forget gate lets gradients reach far from the start (Jozefowicz et al. 2015)
            nn.init.ones_(self.bias_ih[self.units : 2 * self.units])

    def forward(self, x_TBD: Tensor, state: LayerState) -> tuple[Tensor, LayerState]:
        """Outputs ``(T, B, H)`` and the state after the last step."""
        recurrent = F.dropout(self.weight_hh, self.weight_dropout, self.training)
        weights = [self.weight_ih, recurrent, self.bias_ih, self.bias_hh]
        first = [part.unsqueeze(0) for part in state]
        out_TBH, *last = self.kernel(
            x_TBD, first if self.states == 2 else first[0], weights, True, 1, 0.0, self.training, False, False
        )
        return cast(Tensor, out_TBH), tuple(part.squeeze(0) for part in last)


class Recurrent(CausalModel):
    """A recurrent language model; its state is carried from one stretch of text to the next."""

    config: RecurrentConfig
    carries_state: ClassVar[bool] = True

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.width)
        inputs = (config.width, *config.units[:-1])
        self.layers = nn.ModuleList(
            Layer(config.architecture, before, units, config.weight_dropout)
            for before, units in zip(inputs, config.units, strict=True)
        )
        if not config.tie:
            self.head = nn.Linear(config.units[-1], config.vocab_size, bias=False)
            nn.init.uniform_(self.head.weight, -0.1, 0.1)
        self.softmax = TokenSoftmax(config.vocab_size, config.units[-1], config.cutoffs)
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)

    @property
    def context(self) -> None:
        """There is no bound on how far it looks back."""
        return None

    def start(self, batch: int, length: int) -> RecurrentState:
        """Zeros."""
        like = self.embedding.weight
        return tuple(
            tuple(like.new_zeros(batch, layer.units) for _ in range(layer.states))
            for layer in cast(list[Layer], self.layers)
        )

    def forward(self, ids_BT: Tensor, state: RecurrentState | None = None) -> tuple[Tensor, RecurrentState]:
        """Hidden vectors ``(B, T, D)`` and the state after the last token."""
        before = self.start(ids_BT.shape[0], ids_BT.shape[1]) if state is None else state
        c = self.config
        x = self._drop(self._embed(ids_BT.T), c.dropout_input)
        after = []
        for number, (layer, own) in enumerate(zip(self.layers, before, strict=True)):
            x, last = layer(x, own)
            after.append(last)
            x = self._drop(x, c.dropout if number == c.layers - 1 else c.dropout_hidden)
        return x.transpose(0, 1), tuple(after)

    def prefill(self, rows: list[list[int]], room: int) -> tuple[Tensor, RecurrentState]:
        """Read sequences of different lengths; the state of each is taken where it ends."""
        lengths = torch.tensor([len(row) for row in rows])
        order = lengths.argsort(stable=True)
        device = self.embedding.weight.device
        state, read, hidden, ended = self.start(len(rows), room), 0, [], []
        left = order
        for length in sorted(set(lengths.tolist())):
            ids_BT = torch.tensor([rows[row][read:length] for row in left.tolist()], device=device)
            out, state = self(ids_BT, state)
            done = int((lengths[left] == length).sum())
            hidden.append(out[:done, -1])
            ended.append(map_state(state, lambda part, done=done: part[:done]))
            state = map_state(state, lambda part, done=done: part[done:])
            left, read = left[done:], length
        back = order.argsort().to(device)
        joined = tuple(
            tuple(torch.cat(parts).index_select(0, back) for parts in zip(*layers, strict=True))
            for layers in zip(*ended, strict=True)
        )
        return torch.cat(hidden).index_select(0, back), joined

    def trim(self, state: RecurrentState, lengths: list[int]) -> RecurrentState:
        """The same state: ``prefill`` reads no padding."""
        return state

    def _embed(self, ids_TB: Tensor) -> Tensor:
        # Output vectors have to be small; as inputs, the same vectors would hardly move the gates at first.
        weight, scale = self.embedding.weight, math.sqrt(self.config.width)
        embedded, share = F.embedding(ids_TB, weight) * scale, self.config.dropout_embedding
        if not (self.training and share):
            return embedded
        kept_V1 = weight.new_empty(len(weight), 1).bernoulli_(1 - share).div_(1 - share)
        # Scaling the few rows that are looked up costs less than scaling the whole vocabulary.
        return embedded * F.embedding(ids_TB, kept_V1)

    def _drop(self, x_TBD: Tensor, share: float) -> Tensor:
        if not (self.training and share):
            return x_TBD
        if not self.config.locked:
            return F.dropout(x_TBD, share)
        mask_1BD = x_TBD.new_empty(1, *x_TBD.shape[1:]).bernoulli_(1 - share).div_(1 - share)
        return x_TBD * mask_1BD

    def _output(self) -> Tensor:
        return self.embedding.weight if self.config.tie else self.head.weight

    def logits(self, hidden: Tensor) -> Tensor:
        """Unnormalised log probabilities ``(..., V)`` in float32; normalised with an adaptive softmax."""
        return self.softmax.logits(hidden, self._output())

    def nll(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """Negative log probability of each target in nats."""
        return self.softmax.nll(hidden, targets, self._output())

    def learn_counts(self, counts_V: Tensor) -> None:
        """Start from the frequencies of tokens in the training text, which training then need not learn."""
        self.softmax.learn_counts(counts_V)

    def not_hidden(self) -> tuple[str, ...]:
        """Embeddings and the output layer."""
        return ("embedding", "head", "softmax")

    def fused(self) -> dict[str, tuple[int, ...]]:
        """The gates of each layer."""
        return {
            f"layers.{number}.{name}": (layer.units,) * layer.gates
            for number, layer in enumerate(cast(list[Layer], self.layers))
            for name in ("weight_ih", "weight_hh")
        }
