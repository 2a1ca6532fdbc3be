"""Probabilities that mean what they say: one temperature, fitted on texts the model was not trained on.

Guo et al. 2017, section 4.2; names of dimensions: N texts, C labels.
"""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn import functional as F


def probabilities(logits_NC: Tensor, temperature: float, *, multi_label: bool) -> Tensor:
    """Calibrated probabilities ``(N, C)``, float64."""
    scaled = logits_NC.double() / temperature
    return scaled.sigmoid() if multi_label else scaled.softmax(-1)


def fit_temperature(logits_NC: Tensor, targets: Tensor, *, multi_label: bool) -> float:
    """The temperature from 0.05 to 20 that makes the targets most likely; 1 where there are no texts.

    Args:
        logits_NC: unnormalised.
        targets: label of each text ``(N,)``, or 0 and 1 for each label ``(N, C)``.
        multi_label: which of the two.
    """
    if not len(logits_NC):
        return 1.0
    logits = logits_NC.double()

    def nll(log_temperature: float) -> float:
        scaled = logits / math.exp(log_temperature)
        if multi_label:
            return float(F.binary_cross_entropy_with_logits(scaled, targets.double()))
        return float(F.cross_entropy(scaled, targets))

    # The likelihood has one peak in the inverse temperature, so a golden-section search finds it.
    low, high, ratio = math.log(0.05), math.log(20.0), (math.sqrt(5) - 1) / 2
    for _ in range(60):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if nll(left) <= nll(right):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)
