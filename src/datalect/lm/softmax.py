"""The output layer: a full softmax, or an adaptive one whose rare words are only looked at when they are due.

Names of dimensions: N positions, D width, V vocabulary, K clusters.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class TokenSoftmax(nn.Module):
    """Probabilities of tokens from hidden vectors; the matrix of output vectors is lent by the model.

    With cutoffs it is the adaptive softmax of Grave et al. 2017, with output vectors of full width so that
    they can be tied to the input embedding. The head holds the most frequent tokens and an entry for each
    cluster of rarer ones.

    Args:
        vocab_size: V.
        width: D.
        cutoffs: ids at which clusters start; none for a full softmax.
    """

    def __init__(self, vocab_size: int, width: int, cutoffs: tuple[int, ...] = ()) -> None:
        super().__init__()
        bounds = [0, *cutoffs, vocab_size]
        self.sizes = [high - low for low, high in pairwise(bounds)]
        self.starts = bounds[1:-1]
        self.bias = nn.Parameter(torch.zeros(vocab_size))
        if cutoffs:
            self.cluster = nn.Parameter(torch.zeros(len(cutoffs), width))
            self.cluster_bias = nn.Parameter(torch.zeros(len(cutoffs)))

    @torch.no_grad()
    def learn_counts(self, counts_V: Tensor) -> None:
        """Set the biases so that tokens are as probable as they are frequent while hidden vectors are zero.

        Args:
            counts_V: how often each token occurs in the training text.
        """
        chances = (counts_V.double() + 1) / (counts_V.sum() + len(counts_V))
        self.bias.copy_(chances.log())
        if self.starts:
            rest = torch.split(chances, self.sizes)[1:]
            self.cluster_bias.copy_(torch.stack([part.sum() for part in rest]).log())

    def logits(self, hidden: Tensor, weight_VD: Tensor) -> Tensor:
        """Unnormalised log probabilities ``(..., V)`` in float32."""
        if not self.starts:
            return F.linear(hidden, weight_VD, self.bias).float()
        parts = self._parts(weight_VD)
        head = self._head(hidden, *parts[0]).log_softmax(-1)
        pieces = [head[..., : self.sizes[0]]]
        for k, (rows, bias) in enumerate(parts[1:]):
            within = F.linear(hidden, rows, bias).float().log_softmax(-1)
            pieces.append(within + head[..., self.sizes[0] + k, None])
        return torch.cat(pieces, -1)

    def nll(self, hidden: Tensor, targets: Tensor, weight_VD: Tensor) -> Tensor:
        """Negative log probability of each target in nats, shaped like ``targets``."""
        flat, wanted = hidden.flatten(0, -2), targets.flatten()
        if not self.starts:
            scores = F.linear(flat, weight_VD, self.bias).float()
            return F.cross_entropy(scores, wanted, reduction="none").view_as(targets)
        parts = self._parts(weight_VD)
        starts = torch.tensor(self.starts, device=wanted.device)
        cluster_N = torch.bucketize(wanted, starts, right=True)  # 0 for the head
        first = torch.where(cluster_N == 0, wanted, self.sizes[0] + cluster_N - 1)
        losses = F.cross_entropy(self._head(flat, *parts[0]), first, reduction="none")
        for k, (rows, bias) in enumerate(parts[1:], 1):
            chosen = (cluster_N == k).nonzero().squeeze(1)
            if len(chosen):
                scores = F.linear(flat.index_select(0, chosen), rows, bias).float()
                within = wanted.index_select(0, chosen) - self.starts[k - 1]
                losses = losses.index_add(0, chosen, F.cross_entropy(scores, within, reduction="none"))
        return losses.view_as(targets)

    def _parts(self, weight_VD: Tensor) -> list[tuple[Tensor, Tensor]]:
        # One split, whose gradient is one concatenation; slices would each have a gradient of V x D zeros.
        return list(zip(torch.split(weight_VD, self.sizes), torch.split(self.bias, self.sizes), strict=True))

    def _head(self, hidden: Tensor, rows: Tensor, bias: Tensor) -> Tensor:
        weight, whole = torch.cat([rows, self.cluster]), torch.cat([bias, self.cluster_bias])
        return F.linear(hidden, weight, whole).float()
