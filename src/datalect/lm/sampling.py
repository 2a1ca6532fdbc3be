"""From logits to the next token: penalties, filters, draws."""

from __future__ import annotations

import torch
from torch import Tensor

from datalect.lm.base import GenerationOptions


def penalise(logits_V: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """Make tokens already seen less likely (Keskar et al. 2019, section 4.1).

    Args:
        logits_V: of one row.
        seen: ids that occurred, in prompt or continuation.
        penalty: above 1 to discourage.
    """
    if penalty == 1.0 or not len(seen):
        return logits_V
    logits_V = logits_V.clone()
    values = logits_V[seen]
    logits_V[seen] = torch.where(values > 0, values / penalty, values * penalty)
    return logits_V


def filtered(logits_V: Tensor, options: GenerationOptions) -> Tensor:
    """Probabilities after temperature, top-k, top-p and min-p; what is filtered out has none.

    Args:
        logits_V: of one row, after penalties; the temperature must not be 0.
        options: the filters.
    """
    logits = logits_V.double() / options.temperature
    if options.top_k and options.top_k < len(logits):
        # Ties at the edge all stay: which of them a sort puts first is no reason.
        least = torch.topk(logits, options.top_k).values[-1]
        logits = logits.masked_fill(logits < least, -torch.inf)
    if options.top_p < 1.0:
        ordered, order = torch.sort(logits, descending=True, stable=True)
        before = ordered.softmax(-1).cumsum(-1) - ordered.softmax(-1)
        logits = logits.index_fill(0, order[before >= options.top_p], -torch.inf)
    probabilities = logits.softmax(-1)
    if options.min_p:
        probabilities = probabilities * (probabilities >= options.min_p * probabilities.max())
        probabilities = probabilities / probabilities.sum()
    return probabilities


class Draws:
    """Random numbers of one generation: its own generator, so that rows do not disturb each other.

    Args:
        seed: None draws one.
        row: number of the prompt among those given together.
    """

    def __init__(self, seed: int | None, row: int) -> None:
        self._generator = torch.Generator()
        if seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed((seed * 1_000_003 + row) % 2**63)

    def next(self, logits_V: Tensor, seen: Tensor, options: GenerationOptions) -> int:
        """The next token of a row: the most probable at temperature 0, else a draw."""
        logits_V = penalise(logits_V, seen, options.repetition_penalty)
        if options.temperature == 0:
            return int(logits_V.argmax())
        probabilities = filtered(logits_V, options)
        place = torch.rand((), generator=self._generator, dtype=torch.float64)
        # Inverse transform: one number per token, whatever the vocabulary's size.
        return min(
            int(torch.searchsorted(probabilities.cumsum(0), place, right=True)),
            int(probabilities.nonzero()[-1]),
        )
