"""Sequence-to-sequence models: what encoder-decoders share, copying included.

A batch holds sources padded on the right; what a source gets does not depend on its padding or on the sources
beside it. The decoder starts from the end token, as fairseq's do.

Names of dimensions: B batch, S source tokens, T target tokens, D width, V target vocabulary.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from datalect.errors import UsageError
from datalect.lm.causal import State, map_state
from datalect.lm.seq2seq_config import Seq2SeqConfig

IGNORED = -100  # marks target positions that are padding, as in torch's cross_entropy


@dataclass(frozen=True)
class Memory:
    """An encoded batch of sources."""

    ids_BS: Tensor
    inside_BS: Tensor
    """True where a source token stands, false at padding."""
    states_BSD: Tensor
    keys: Any = None
    """What the decoder's attention computes once for each source: nested tuples of tensors, batch first."""

    def pick(self, rows_B: Tensor) -> Memory:
        """The memory with its rows picked by index, for beam search."""
        parts = (self.ids_BS, self.inside_BS, self.states_BSD, self.keys)
        return Memory(*map_state(parts, lambda part: part.index_select(0, rows_B)))


@dataclass(frozen=True)
class Decoded:
    """What the decoder makes of target tokens."""

    hidden_BTD: Tensor
    attention_BTS: Tensor
    """How much each position looks at each source token; sums to 1 over S."""
    generate_BT1: Tensor | None
    """Logit of generating instead of copying; None without copying."""
    state: State
    """What the next tokens need."""


class Seq2SeqModel(nn.Module, ABC):
    """An encoder, a decoder with attention, and optionally a pointer into the source."""

    config: Seq2SeqConfig

    def __init__(self, config: Seq2SeqConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.width)
        nn.init.normal_(self.embedding.weight, std=1 / math.sqrt(config.width))
        if config.source_vocab_size:
            self.embedding_source = nn.Embedding(config.source_vocab_size, config.width)
            nn.init.normal_(self.embedding_source.weight, std=1 / math.sqrt(config.width))
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        if config.copying:
            self.pointer = nn.Linear(config.width, 1)
            # Copying starts improbable: at first attention points nowhere in particular.
            nn.init.constant_(self.pointer.bias, 2.0)

    @abstractmethod
    def encode(self, ids_BS: Tensor, lengths_B: Tensor) -> Memory:
        """Read sources, padded on the right."""

    @abstractmethod
    def start(self, memory: Memory) -> State:
        """The decoder's state before its first token."""

    @abstractmethod
    def decode(self, ids_BT: Tensor, memory: Memory, state: State) -> Decoded:
        """Read target tokens after those in the state."""

    def forward(self, ids_BS: Tensor, lengths_B: Tensor, inputs_BT: Tensor) -> tuple[Decoded, Memory]:
        """Encode sources and read shifted targets, all at once (teacher forcing)."""
        memory = self.encode(ids_BS, lengths_B)
        return self.decode(inputs_BT, memory, self.start(memory)), memory

    def embed_source(self, ids_BS: Tensor) -> Tensor:
        """Embedded source tokens, after dropout."""
        table = self.embedding_source if self.config.source_vocab_size else self.embedding
        return F.dropout(table(ids_BS), self.config.dropout, self.training)

    def embed_target(self, ids_BT: Tensor) -> Tensor:
        """Embedded target tokens, after dropout."""
        return F.dropout(self.embedding(ids_BT), self.config.dropout, self.training)

    def vocabulary_logits(self, hidden_BTD: Tensor) -> Tensor:
        """Logits ``(B, T, V)`` of generating; the output layer is the target embedding (Press, Wolf 2017)."""
        return F.linear(hidden_BTD, self.embedding.weight, self.bias).float()

    def log_probabilities(self, decoded: Decoded, memory: Memory) -> Tensor:
        """Log probabilities ``(B, T, V)`` in nats of the next token, copies included."""
        generated = self.vocabulary_logits(decoded.hidden_BTD).log_softmax(-1)
        if decoded.generate_BT1 is None:
            return generated
        gate = decoded.generate_BT1.float()
        places = memory.ids_BS[:, None].expand(-1, decoded.attention_BTS.shape[1], -1)
        copied = torch.zeros_like(generated).scatter_add_(-1, places, decoded.attention_BTS.float())
        return (gate.sigmoid() * generated.exp() + (-gate).sigmoid() * copied).clamp(min=1e-30).log()

    def losses(
        self, decoded: Decoded, memory: Memory, targets_BT: Tensor, *, smoothing: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Negative log likelihood and training loss of each target ``(B, T)`` in nats, 0 at padding.

        Args:
            decoded: of the targets shifted by one.
            memory: of the sources.
            targets_BT: ``IGNORED`` at padding.
            smoothing: share of the target spread evenly over the vocabulary (Szegedy et al. 2016). With
                copying it is spread over what is generated, so that nothing is pushed into random copies.
        """
        inside = targets_BT != IGNORED
        wanted = targets_BT.where(inside, 0)
        logits = self.vocabulary_logits(decoded.hidden_BTD)
        normaliser = logits.logsumexp(-1)
        nll = normaliser - logits.gather(-1, wanted[..., None]).squeeze(-1)
        if decoded.generate_BT1 is not None:
            gate = decoded.generate_BT1.squeeze(-1).float()
            same = memory.ids_BS[:, None] == wanted[..., None]
            copied = (decoded.attention_BTS.float() * same).sum(-1)
            nll = -(gate.sigmoid() * (-nll).exp() + (-gate).sigmoid() * copied).clamp(min=1e-30).log()
        loss = nll
        if smoothing:
            loss = (1 - smoothing) * nll + smoothing * (normaliser - logits.mean(-1))
        return nll * inside, loss * inside

    def not_hidden(self) -> tuple[str, ...]:
        """Name prefixes of matrices that are no hidden layers: not for Muon."""
        return ("embedding", "pointer")

    def fused(self) -> dict[str, tuple[int, ...]]:
        """Row counts of matrices that are several in one, by parameter name."""
        return {}


def coverage_losses(attention_BTS: Tensor) -> Tensor:
    """How much each step looks at what was looked at before, ``(B, T)`` (See et al. 2017, equation 12)."""
    before = attention_BTS.cumsum(1) - attention_BTS
    return torch.minimum(attention_BTS, before).sum(-1)


def pad(rows: Sequence[Sequence[int]], fill: int = 0) -> tuple[Tensor, Tensor]:
    """Rows of ids, padded on the right to ``(B, longest)``, and their lengths ``(B,)``.

    Raises:
        UsageError: a row is empty.
    """
    if not rows or not all(len(row) for row in rows):
        raise UsageError("A text has no tokens.", expected="at least one for each text")
    padded = torch.full((len(rows), max(len(row) for row in rows)), fill, dtype=torch.long)
    for number, row in enumerate(rows):
        padded[number, : len(row)] = torch.tensor(row, dtype=torch.long)
    return padded, torch.tensor([len(row) for row in rows])


def inside_of(ids_BS: Tensor, lengths_B: Tensor) -> Tensor:
    """True where a token stands."""
    return torch.arange(ids_BS.shape[1], device=ids_BS.device) < lengths_B[:, None]


def with_keys(memory: Memory, keys: Any) -> Memory:
    """A memory with what attention computes once."""
    return replace(memory, keys=keys)
