"""Text classifiers: a bag of n-grams, and bodies that read tokens in order (LSTM, GRU, CNN, Transformer).

What a text gets does not depend on the texts beside it in a batch: padding is never read.

Names of dimensions: B texts, T tokens, D width, C labels, N n-grams of all texts together, V buckets.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from datalect.errors import UsageError
from datalect.lm.base import Tokenizer
from datalect.lm.classifier_config import (
    BagConfig,
    ClassifierConfig,
    CNNClassifierConfig,
    LSTMClassifierConfig,
    SequenceConfig,
    TransformerClassifierConfig,
)
from datalect.lm.layers import rotary_table, rotate
from datalect.lm.ngrams import features
from datalect.lm.recurrent import Layer


@dataclass(frozen=True)
class Example:
    """A text as numbers."""

    ids: Tensor
    """Tokens or buckets, int64."""
    weights: Tensor | None = None
    """One for each bucket, float32."""

    @property
    def size(self) -> int:
        """What it costs to compute, roughly."""
        return len(self.ids)


Inputs = tuple[Tensor, ...]


class Classifier(nn.Module, ABC):
    """A model of a text's labels."""

    config: ClassifierConfig

    def __init__(self, config: ClassifierConfig) -> None:
        super().__init__()
        if not config.labels:
            raise UsageError("The classifier has no labels yet.", expected="labels of at least 1")
        self.config = config

    @abstractmethod
    def example(self, text: str, tokenizer: Tokenizer | None) -> Example:
        """A text as this model reads it."""

    @abstractmethod
    def collate(self, examples: Sequence[Example]) -> Inputs:
        """Arguments of ``forward`` for a batch."""

    def fused(self) -> dict[str, tuple[int, ...]]:
        """Row counts of stacked matrices, by parameter name."""
        return {}

    def not_hidden(self) -> tuple[str, ...]:
        """Name prefixes of matrices that are no hidden layers."""
        return ("embedding", "table", "head")


# ---------------------------------------------------------------- bag of n-grams


class Bag(Classifier):
    """TF-IDF weighted n-grams, then a linear classifier, with or without vectors in between."""

    config: BagConfig
    idf: Tensor
    prior: Tensor

    def __init__(self, config: BagConfig) -> None:
        super().__init__(config)
        linear = not config.width
        columns = config.labels if linear else config.width
        self.table = nn.Parameter(torch.empty(config.vocab_size, columns))
        nn.init.ones_(self.table) if linear else nn.init.normal_(self.table, std=1 / math.sqrt(columns))
        self.register_buffer("idf", torch.ones(config.vocab_size))
        if linear:
            self.register_buffer("prior", torch.zeros(config.vocab_size, columns))
            self.bias = nn.Parameter(torch.zeros(columns))
        else:
            self.head = nn.Linear(columns, config.labels)
            nn.init.zeros_(self.head.weight)
            nn.init.zeros_(self.head.bias)

    @torch.no_grad()
    def learn_counts(self, examples: Sequence[Example], targets_BC: Tensor) -> None:
        """Set inverse document frequencies, and the naive Bayes ratios of a linear bag, from training texts.

        Args:
            examples: all of them.
            targets_BC: 1 where a text has a label, else 0.
        """
        documents = torch.zeros(self.config.vocab_size)
        held = torch.zeros(self.config.vocab_size, self.config.labels)
        for example, target_C in zip(examples, targets_BC, strict=True):
            documents[example.ids] += 1
            held[example.ids] += target_C
        # Buckets never seen in training weigh nothing: what stands in them was given no meaning.
        idf = torch.log((1 + len(examples)) / (1 + documents)) + 1
        self.idf.copy_(torch.where(documents > 0, idf, 0.0))
        if self.config.width:
            return
        share = targets_BC.mean(0).clamp(0.5 / len(examples), 1 - 0.5 / len(examples))
        self.bias.copy_(share.logit() if self.config.multi_label else share.log())
        if not self.config.naive_bayes:
            self.prior.fill_(1.0)
            self.table.zero_()
            return
        inside = (held + 1) / (held.sum(0) + self.config.vocab_size)
        outside_counts = documents[:, None] - held + 1
        outside = outside_counts / (documents.sum() - held.sum(0) + self.config.vocab_size)
        self.prior.copy_(torch.where(documents[:, None] > 0, (inside / outside).log(), 0.0))

    def example(self, text: str, tokenizer: Tokenizer | None = None) -> Example:
        """Its n-grams."""
        ids, weights = features(text, self.config)
        return Example(torch.from_numpy(ids), torch.from_numpy(weights))

    def collate(self, examples: Sequence[Example]) -> Inputs:
        """Buckets ``(N,)``, their weights and where each text starts ``(B,)``."""
        sizes = torch.tensor([0, *[len(e.ids) for e in examples[:-1]]])
        weights = torch.cat([cast(Tensor, e.weights) for e in examples])
        return torch.cat([e.ids for e in examples]), weights, sizes.cumsum(0)

    def forward(self, ids_N: Tensor, weights_N: Tensor, starts_B: Tensor) -> Tensor:
        """Logits ``(B, C)``."""
        weights = weights_N * self.idf[ids_N]
        ends = torch.cat([starts_B[1:], torch.tensor([len(ids_N)], device=starts_B.device)])
        row_N = torch.repeat_interleave(torch.arange(len(starts_B), device=ids_N.device), ends - starts_B)
        squares = weights.new_zeros(len(starts_B)).index_add(0, row_N, weights.square())
        weights = weights / squares.sqrt().clamp(min=1e-6)[row_N]
        if not self.config.width:
            weights = F.dropout(weights, self.config.dropout, self.training)
        table = self.table if self.config.width else self.table * self.prior
        summed = F.embedding_bag(ids_N, table, starts_B, mode="sum", per_sample_weights=weights)
        if not self.config.width:
            return summed + self.bias
        return cast(Tensor, self.head(F.dropout(summed, self.config.dropout, self.training)))


# ---------------------------------------------------------------- token sequences


class SequenceClassifier(Classifier):
    """Embedding, a body, mean and max pooling, a linear layer."""

    config: SequenceConfig

    def __init__(self, config: SequenceConfig, pooled: int) -> None:
        super().__init__(config)
        self.embedding = nn.Embedding(config.vocab_size, config.width)
        nn.init.normal_(self.embedding.weight, std=1 / math.sqrt(config.width))
        self.embedding.weight.requires_grad_(not config.freeze_embedding)
        self.head = nn.Linear(pooled, config.labels)
        nn.init.zeros_(self.head.bias)

    @abstractmethod
    def read(self, x_BTD: Tensor, inside_BT: Tensor, lengths_B: Tensor) -> Tensor:
        """The pooled vector ``(B, D)`` of embedded tokens, those outside being zero."""

    def example(self, text: str, tokenizer: Tokenizer | None) -> Example:
        """Its tokens; a text without any is read as the end alone."""
        if tokenizer is None:
            raise UsageError(
                "The classifier's tokenizer is missing.", expected="the tokenizer it was made with"
            )
        # A leading space makes the first word the same token as elsewhere.
        ids = tokenizer.encode(" " + (text.lower() if self.config.lowercase else text).strip())
        return Example(torch.tensor(both_ends(ids, self.config.length) or [tokenizer.end_id]))

    def collate(self, examples: Sequence[Example]) -> Inputs:
        """Tokens ``(B, T)``, padded, and how many each text has ``(B,)``."""
        ids = nn.utils.rnn.pad_sequence([e.ids for e in examples], batch_first=True)
        return ids, torch.tensor([len(e.ids) for e in examples])

    def forward(self, ids_BT: Tensor, lengths_B: Tensor) -> Tensor:
        """Logits ``(B, C)``."""
        inside_BT = torch.arange(ids_BT.shape[1], device=ids_BT.device) < lengths_B[:, None]
        x = F.dropout(self.embedding(ids_BT), self.config.dropout_embedding, self.training)
        pooled = self.read(x * inside_BT[..., None], inside_BT, lengths_B)
        return cast(Tensor, self.head(F.dropout(pooled, self.config.dropout, self.training)))


def both_ends(ids: list[int], length: int) -> list[int]:
    """At most ``length`` tokens: of a longer text the first and the last, where its point often stands."""
    if len(ids) <= length:
        return ids
    first = (length + 1) // 2
    return ids[:first] + ids[len(ids) - (length - first) :]


def mean_and_max(x_BTD: Tensor, inside_BT: Tensor) -> Tensor:
    """Mean and maximum over the tokens inside, ``(B, 2 D)``."""
    inside = inside_BT[..., None]
    mean = (x_BTD * inside).sum(1) / inside.sum(1)
    return torch.cat([mean, x_BTD.masked_fill(~inside, -math.inf).amax(1)], -1)


class RecurrentClassifier(SequenceClassifier):
    """LSTM or GRU in both directions; the backward one starts at each text's own end."""

    config: LSTMClassifierConfig

    def __init__(self, config: LSTMClassifierConfig) -> None:
        super().__init__(config, 4 * config.hidden)
        cell = config.architecture.partition("-")[0]
        self.states = 2 if cell == "lstm" else 1
        inputs = [config.width, *[2 * config.hidden] * (config.layers - 1)]
        self.forwards = nn.ModuleList(Layer(cell, width, config.hidden, 0.0) for width in inputs)
        self.backwards = nn.ModuleList(Layer(cell, width, config.hidden, 0.0) for width in inputs)

    def read(self, x_BTD: Tensor, inside_BT: Tensor, lengths_B: Tensor) -> Tensor:
        """Mean and maximum of both directions."""
        time = torch.arange(x_BTD.shape[1], device=x_BTD.device)
        # Turns each text around inside its own length; padding stays where it is. It is its own inverse.
        turned_TB1 = torch.where(inside_BT, lengths_B[:, None] - 1 - time, time).T[..., None]
        x = x_BTD.transpose(0, 1)
        for ahead, back in zip(self.forwards, self.backwards, strict=True):
            start = tuple(x.new_zeros(x.shape[1], self.config.hidden) for _ in range(self.states))
            backward, _ = back(x.gather(0, turned_TB1.expand_as(x)), start)
            backward = backward.gather(0, turned_TB1.expand_as(backward))
            x = torch.cat([ahead(x, start)[0], backward], -1)
        return mean_and_max(x.transpose(0, 1), inside_BT)


class CNNClassifier(SequenceClassifier):
    """Convolutions with max pooling."""

    config: CNNClassifierConfig

    def __init__(self, config: CNNClassifierConfig) -> None:
        super().__init__(config, config.filters * len(config.kernels))
        self.convolutions = nn.ModuleList(
            nn.Conv1d(config.width, config.filters, kernel) for kernel in config.kernels
        )

    def read(self, x_BTD: Tensor, inside_BT: Tensor, lengths_B: Tensor) -> Tensor:
        """The largest response of each filter."""
        x = x_BTD.transpose(1, 2)
        pooled = []
        for kernel, convolution in zip(self.config.kernels, self.convolutions, strict=True):
            # Zeros on both sides let filters see a text's ends, and texts shorter than the filter.
            response = F.relu(convolution(F.pad(x, (kernel - 1, kernel - 1))))
            places = torch.arange(response.shape[-1], device=x.device) < lengths_B[:, None] + kernel - 1
            pooled.append(response.masked_fill(~places[:, None], 0.0).amax(-1))
        return torch.cat(pooled, -1)


class EncoderBlock(nn.Module):
    """Self-attention in both directions and a feed-forward part, each after a normalisation."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.attention_norm, self.ffn_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x_BTD: Tensor, rotary: tuple[Tensor, Tensor], seen_B11T: Tensor) -> Tensor:
        """Same shape as the input."""
        b, t, d = x_BTD.shape
        heads = self.qkv(self.attention_norm(x_BTD)).view(b, t, 3, self.heads, d // self.heads)
        q, k = (rotate(heads[:, :, n], *rotary).transpose(1, 2) for n in (0, 1))
        attended = F.scaled_dot_product_attention(q, k, heads[:, :, 2].transpose(1, 2), attn_mask=seen_B11T)
        drop = self.dropout if self.training else 0.0
        x_BTD = x_BTD + F.dropout(self.out(attended.transpose(1, 2).reshape(b, t, d)), drop)
        return x_BTD + F.dropout(self.down(F.gelu(self.up(self.ffn_norm(x_BTD)))), drop)


class TransformerClassifier(SequenceClassifier):
    """A small Transformer encoder."""

    config: TransformerClassifierConfig

    def __init__(self, config: TransformerClassifierConfig) -> None:
        super().__init__(config, 2 * config.width)
        self.blocks = nn.ModuleList(
            EncoderBlock(config.width, config.heads, config.dropout_embedding) for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.width)

    def read(self, x_BTD: Tensor, inside_BT: Tensor, lengths_B: Tensor) -> Tensor:
        """Mean and maximum of the last block."""
        head_width = self.config.width // self.config.heads
        cos, sin = rotary_table(x_BTD.shape[1], head_width, 10_000.0)
        sin = torch.cat([-sin[:, : head_width // 2], sin[:, head_width // 2 :]], -1)
        rotary: Any = tuple(table[:, None].to(x_BTD) for table in (cos, sin))
        x = x_BTD * math.sqrt(self.config.width)
        for block in self.blocks:
            x = block(x, rotary, inside_BT[:, None, None])
        return mean_and_max(self.norm(x), inside_BT)
