"""Tail probabilities, correction for many tests, and effect sizes. All on plain floats and numpy arrays.

Incomplete gamma and beta functions follow the series and continued fractions of Abramowitz and Stegun
(6.5.29, 6.5.31, 26.5.8), evaluated with Lentz's method.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TINY = 1e-300
_EPSILON = 1e-14
_ROUNDS = 10_000
Z99 = 2.5758293035489004  # two-sided 99 % of the normal distribution


def normal_sf(z: float) -> float:
    """P(Z > z) of the standard normal distribution."""
    return 0.5 * math.erfc(z / math.sqrt(2))


def normal_two_sided(z: float) -> float:
    """P(|Z| > |z|) of the standard normal distribution."""
    return math.erfc(abs(z) / math.sqrt(2))


def chi2_sf(x: float, df: float) -> float:
    """P(X > x) of the chi-square distribution with ``df`` degrees of freedom."""
    if x <= 0:
        return 1.0
    return _gamma_upper(df / 2, x / 2)


def f_sf(x: float, df1: float, df2: float) -> float:
    """P(X > x) of the F distribution."""
    if x <= 0 or df1 <= 0 or df2 <= 0:
        return 1.0
    return _beta_regularised(df2 / (df2 + df1 * x), df2 / 2, df1 / 2)


def t_two_sided(t: float, df: float) -> float:
    """P(|T| > |t|) of Student's t distribution."""
    if df <= 0:
        return 1.0
    return _beta_regularised(df / (df + t * t), df / 2, 0.5)


def correlation_p(r: float, n: int) -> float:
    """Two-sided p value of a correlation coefficient over ``n`` pairs (t approximation)."""
    if n < 4:
        return 1.0
    if abs(r) >= 1:
        return 0.0
    return t_two_sided(r * math.sqrt((n - 2) / (1 - r * r)), n - 2)


def correlation_interval(r: float, n: int, z: float = Z99) -> tuple[float, float]:
    """Confidence interval of a correlation coefficient (Fisher's transformation)."""
    if n < 5 or abs(r) >= 1:
        return (max(-1.0, r), min(1.0, r))
    centre, half = math.atanh(r), z / math.sqrt(n - 3)
    return (math.tanh(centre - half), math.tanh(centre + half))


def proportion_interval(successes: float, n: float, z: float = Z99) -> tuple[float, float]:
    """Wilson's interval of a proportion."""
    if n <= 0:
        return (0.0, 1.0)
    p, square = successes / n, z * z
    middle = (p + square / (2 * n)) / (1 + square / n)
    half = z / (1 + square / n) * math.sqrt(p * (1 - p) / n + square / (4 * n * n))
    return (max(0.0, middle - half), min(1.0, middle + half))


def adjusted_p(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """P values corrected for their number (Benjamini and Hochberg 1995, step-up)."""
    import numpy as np

    if p.size == 0:
        return p
    order = np.argsort(p)
    raised = p[order] * p.size / np.arange(1, p.size + 1)
    lowest = np.minimum.accumulate(raised[::-1])[::-1]
    out = np.empty_like(lowest)
    out[order] = np.minimum(lowest, 1.0)
    return out


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 0 with ties averaged; NaN stays NaN."""
    import numpy as np

    out = np.full(values.shape, np.nan)
    known = np.flatnonzero(~np.isnan(values))
    if known.size == 0:
        return out
    held = values[known]
    order = np.argsort(held, kind="stable")
    ordered = held[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    ends = np.concatenate((starts[1:], [ordered.size]))
    mean = np.repeat((starts + ends - 1) / 2, ends - starts)
    out[known[order]] = mean
    return out


def eta_squared(codes: NDArray[np.int64], values: NDArray[np.float64], groups: int) -> tuple[float, float]:
    """Share of variance between groups and its p value (one-way analysis of variance).

    Args:
        codes: group of each row, 0..groups-1, none missing.
        values: value of each row, none missing.
        groups: number of groups.
    """
    import numpy as np

    n = values.size
    counts = np.bincount(codes, minlength=groups).astype(float)
    used = int((counts > 0).sum())
    if n <= used or used < 2:
        return 0.0, 1.0
    sums = np.bincount(codes, weights=values, minlength=groups)
    mean = values.mean()
    total = float(((values - mean) ** 2).sum())
    if total <= 0:
        return 0.0, 1.0
    held = counts > 0
    between = float((counts[held] * (sums[held] / counts[held] - mean) ** 2).sum())
    within = max(total - between, 0.0)
    share = min(between / total, 1.0)
    if within <= total * 1e-12:
        return share, 0.0
    statistic = (between / (used - 1)) / (within / (n - used))
    return share, f_sf(statistic, used - 1, n - used)


def cramers_v(table: NDArray[np.float64]) -> tuple[float, float]:
    """Bias-corrected Cramér's V (Bergsma 2013) of a contingency table and the p value of chi-square."""
    import numpy as np

    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    rows, columns = table.shape
    n = float(table.sum())
    if rows < 2 or columns < 2 or n < 2:
        return 0.0, 1.0
    expected = np.outer(table.sum(1), table.sum(0)) / n
    statistic = float(((table - expected) ** 2 / expected).sum())
    freedom = (rows - 1) * (columns - 1)
    phi = max(0.0, statistic / n - freedom / (n - 1))
    corrected = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    v = math.sqrt(phi / corrected) if corrected > 0 else 0.0
    # The chi-square approximation needs cells that are not nearly empty (Cochran): else nothing is claimed.
    if (expected < 1).mean() > 0.2:
        return min(v, 1.0), 1.0
    return min(v, 1.0), chi2_sf(statistic, freedom)


# ---------------------------------------------------------------- special functions


def _gamma_upper(a: float, x: float) -> float:
    """Regularised upper incomplete gamma function Q(a, x)."""
    front = math.exp(-x + a * math.log(x) - math.lgamma(a))
    if x < a + 1:
        term = total = 1.0 / a
        for k in range(1, _ROUNDS):
            term *= x / (a + k)
            total += term
            if abs(term) < abs(total) * _EPSILON:
                break
        return max(0.0, 1.0 - total * front)
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    h = d
    for k in range(1, _ROUNDS):
        an = -k * (k - a)
        b += 2
        d = an * d + b
        d = _TINY if abs(d) < _TINY else d
        c = b + an / c
        c = _TINY if abs(c) < _TINY else c
        d = 1 / d
        h *= d * c
        if abs(d * c - 1) < _EPSILON:
            break
    return min(1.0, front * h)


def _beta_regularised(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function I_x(a, b)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    if x < (a + 1) / (a + b + 2):
        return min(1.0, math.exp(log_front) * _beta_fraction(x, a, b) / a)
    return max(0.0, 1.0 - math.exp(log_front) * _beta_fraction(1 - x, b, a) / b)


def _beta_fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (_TINY if abs(d) < _TINY else d)
    h = d
    for m in range(1, _ROUNDS):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + numerator * d
            d = 1 / (_TINY if abs(d) < _TINY else d)
            c = 1 + numerator / c
            c = _TINY if abs(c) < _TINY else c
            h *= d * c
        if abs(d * c - 1) < _EPSILON:
            break
    return h
