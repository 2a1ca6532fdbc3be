"""Figures of a classifier: accuracy, F1, calibration, confusion.

Names of dimensions: N texts, C labels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_BINS = 15
_SMALLEST = 1e-12


def single_label_metrics(
    probabilities_NC: NDArray[np.float64], truth_N: NDArray[np.int64], labels: list[str]
) -> dict[str, Any]:
    """Figures where each text has one label.

    Args:
        probabilities_NC: rows sum to 1.
        truth_N: index of the true label; -1 for one the model does not know, which is always wrong.
        labels: names.

    Returns:
        ``accuracy``, ``macro_f1`` (mean over labels in the truth or the predictions), ``nll`` in nats over
        texts with known labels, ``ece`` (expected calibration error, Guo et al. 2017), ``unknown``
        (texts with unknown labels), ``per_label`` and ``confusion`` (rows true, columns predicted).
    """
    n, c = probabilities_NC.shape
    predicted = probabilities_NC.argmax(1)
    right = predicted == truth_N
    known = truth_N >= 0
    confusion = np.zeros((c, c), np.int64)
    np.add.at(confusion, (truth_N[known], predicted[known]), 1)
    hit = np.diag(confusion)
    counted = np.bincount(predicted, minlength=c)
    per_label, scores = _per_label(hit, counted, confusion.sum(1), labels)
    chosen = probabilities_NC[np.arange(n), np.maximum(truth_N, 0)][known]
    return {
        "accuracy": float(right.mean()),
        "macro_f1": float(np.mean(scores)) if scores else 0.0,
        "nll": float(-np.log(np.maximum(chosen, _SMALLEST)).mean()) if known.any() else 0.0,
        "ece": calibration_error(probabilities_NC.max(1), right),
        "unknown": int((~known).sum()),
        "per_label": per_label,
        "confusion": confusion.tolist(),
    }


def multi_label_metrics(
    probabilities_NC: NDArray[np.float64], truth_NC: NDArray[np.bool_], labels: list[str]
) -> dict[str, Any]:
    """Figures where a text may have several labels or none; predicted are those from one half on.

    Returns:
        ``accuracy`` (all labels of a text right), ``micro_f1``, ``macro_f1``, ``nll`` and ``ece`` over single
        decisions, and ``per_label``.
    """
    predicted = probabilities_NC >= 0.5
    hit = (predicted & truth_NC).sum(0)
    counted, support = predicted.sum(0), truth_NC.sum(0)
    per_label, scores = _per_label(hit, counted, support, labels)
    own = np.where(truth_NC, probabilities_NC, 1 - probabilities_NC)
    total = int(counted.sum() + support.sum())
    return {
        "accuracy": float((predicted == truth_NC).all(1).mean()),
        "micro_f1": float(2 * hit.sum() / total) if total else 1.0,
        "macro_f1": float(np.mean(scores)) if scores else 0.0,
        "nll": float(-np.log(np.maximum(own, _SMALLEST)).mean()),
        "ece": calibration_error(
            np.maximum(probabilities_NC, 1 - probabilities_NC).ravel(), (predicted == truth_NC).ravel()
        ),
        "per_label": per_label,
    }


def calibration_error(confidence_N: NDArray[np.float64], right_N: NDArray[np.bool_]) -> float:
    """Mean distance between confidence and accuracy over 15 equally wide bins, weighted by their size."""
    place = np.minimum((confidence_N * _BINS).astype(np.int64), _BINS - 1)
    size = np.bincount(place, minlength=_BINS)
    gap = np.abs(
        np.bincount(place, confidence_N, minlength=_BINS) - np.bincount(place, right_N, minlength=_BINS)
    )
    return float(gap.sum() / max(1, size.sum()))


def _per_label(
    hit_C: NDArray[Any], predicted_C: NDArray[Any], support_C: NDArray[Any], labels: list[str]
) -> tuple[dict[str, dict[str, float]], list[float]]:
    made, scores = {}, []
    for name, hit, predicted, support in zip(
        labels, hit_C.tolist(), predicted_C.tolist(), support_C.tolist(), strict=True
    ):
        f1 = 2 * hit / (predicted + support) if predicted + support else 0.0
        if predicted + support:
            scores.append(f1)
        made[name] = {
            "precision": hit / predicted if predicted else 0.0,
            "recall": hit / support if support else 0.0,
            "f1": f1,
            "support": support,
        }
    return made, scores
