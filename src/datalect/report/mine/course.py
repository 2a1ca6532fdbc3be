"""One regression of the logarithm of counts on a line, a cycle and a step.

It tells them apart, so that none is taken for another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datalect.data.model import Grain
from datalect.report.mine.series import Series
from datalect.report.stats import f_sf, t_two_sided

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_LEAST_DAYS = 56
_STEP_FLOOR = 0.12  # in logarithms


@dataclass(slots=True)
class Fit:
    """The model of a series: log(count) = line + weekday + step."""

    residuals: NDArray[np.float64]
    slope: float  # per step of the series
    slope_p: float
    step: float
    step_at: int | None
    step_p: float
    weekday: NDArray[np.float64] | None
    weekday_p: float
    usual: NDArray[np.float64]  # what the model expects of each count
    kept: NDArray[np.bool_]  # what the model was fitted to: spikes and empty days are not


def fitted(series: Series) -> Fit | None:
    """Fit a series; None where it is too short."""
    import numpy as np

    n = series.counts.size
    kept = series.counts > 0
    log = np.log(np.maximum(series.counts, 0.5))
    t = (np.arange(n) - n / 2) / n
    days = series.grain is Grain.DAY and n >= _LEAST_DAYS
    cycle = _dummies(series.weekday) if days else None
    if series.grain is Grain.MONTH and n >= 36:
        cycle = _dummies(np.array([d.month - 1 for d in series.dates]))

    def design(step: int | None, line: bool = True, season: bool = True) -> NDArray[np.float64]:
        parts = [np.ones(n)]
        if line:
            parts.append(t)
        if step is not None:
            parts.append((np.arange(n) >= step).astype(float))
        if season and cycle is not None:
            parts.extend(cycle.T)
        return np.column_stack(parts)

    # Spikes would bend every line: leave out what lies far off, twice.
    for _ in range(2):
        x = design(None)
        if kept.sum() < x.shape[1] + 8:
            return None
        residuals = log - x @ _solve(x[kept], log[kept])
        spread = 1.4826 * float(np.median(np.abs(residuals[kept] - np.median(residuals[kept])))) or 1e-9
        # A step shifts many residuals a little; a spike shifts few a lot.
        kept = (series.counts > 0) & (np.abs(residuals) <= 6 * spread)
    base_rss, _ = _rss(design(None), log, kept)
    at, step_rss = _best_step(design, log, kept)
    inflation = _inflation(residuals[kept])
    step_p, step, chosen = 1.0, 0.0, None
    if at is not None:
        x = design(at)
        beta = _solve(x[kept], log[kept])
        df = kept.sum() - x.shape[1]
        f = (base_rss - step_rss) / max(step_rss / max(df, 1), 1e-300) / _inflation((log - x @ beta)[kept])
        # The best of many places: Bonferroni over them, halved, for neighbours are nearly one test.
        step_p = min(1.0, f_sf(float(f), 1, float(df)) * n / 2)
        step = float(beta[2])
        if step_p < 1e-4 and abs(step) >= _STEP_FLOOR:
            chosen = at
    x = design(chosen)
    beta = _solve(x[kept], log[kept])
    residuals = log - x @ beta
    inflation = _inflation(residuals[kept])
    slope_p = _coefficient_p(x[kept], residuals[kept], float(beta[1]), 1, inflation)
    weekday, weekday_p = None, 1.0
    if cycle is not None:
        full_rss, full_df = _rss(x, log, kept)
        plain_rss, _ = _rss(design(chosen, season=False), log, kept)
        used = cycle.shape[1]
        f = (plain_rss - full_rss) / used / max(full_rss / max(full_df, 1), 1e-300) / max(1.0, inflation)
        weekday_p = f_sf(float(f), used, float(full_df))
        effects = np.concatenate([beta[-used:], [0.0]])
        weekday = effects - effects.mean()
    return Fit(
        residuals=residuals,
        slope=float(beta[1]) / n,
        slope_p=slope_p,
        step=step,
        step_at=chosen,
        step_p=step_p,
        weekday=weekday,
        weekday_p=weekday_p,
        usual=np.exp(x @ beta),
        kept=kept,
    )


def _dummies(groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """One column per group but the last."""
    import numpy as np

    result: NDArray[np.float64] = (groups[:, None] == np.arange(groups.max())[None, :]).astype(float)
    return result


def _solve(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    result: NDArray[np.float64] = np.asarray(np.linalg.lstsq(x, y, rcond=None)[0], dtype=np.float64)
    return result


def _rss(x: NDArray[np.float64], y: NDArray[np.float64], kept: NDArray[np.bool_]) -> tuple[float, int]:
    beta = _solve(x[kept], y[kept])
    return float(((y[kept] - x[kept] @ beta) ** 2).sum()), int(kept.sum() - x.shape[1])


def _best_step(design: Any, log: NDArray[np.float64], kept: NDArray[np.bool_]) -> tuple[int | None, float]:
    """Where one step lowers the residuals most, away from the ends."""
    import numpy as np

    n = log.size
    margin = max(7, n // 12)
    if n < 3 * margin:
        return None, 0.0
    x = design(None)[kept]
    y = log[kept]
    q, _ = np.linalg.qr(x)
    rest = y - q @ (q.T @ y)
    places = np.arange(margin, n - margin)
    index = np.flatnonzero(kept)
    steps = (index[:, None] >= places[None, :]).astype(float)
    steps -= q @ (q.T @ steps)
    norm = (steps**2).sum(0)
    gain = np.where(norm > 1e-9, (steps.T @ rest) ** 2 / np.maximum(norm, 1e-9), 0.0)
    best = int(np.argmax(gain))
    return int(places[best]), float((rest**2).sum() - gain[best])


def _inflation(residuals: NDArray[np.float64]) -> float:
    """How much neighbouring days alike shrink what the series proves (lag-one autocorrelation)."""
    import numpy as np

    if residuals.size < 10 or residuals.std() == 0:
        return 1.0
    r = float(np.corrcoef(residuals[:-1], residuals[1:])[0, 1])
    r = min(max(r, 0.0), 0.97)
    return (1 + r) / (1 - r)


def _coefficient_p(
    x: NDArray[np.float64], residuals: NDArray[np.float64], beta: float, at: int, inflation: float
) -> float:
    import numpy as np

    df = x.shape[0] - x.shape[1]
    variance = float((residuals**2).sum()) / max(df, 1) * float(np.linalg.pinv(x.T @ x)[at, at]) * inflation
    if variance <= 0:
        return 0.0 if beta else 1.0
    return t_two_sided(beta / variance**0.5, max(df / inflation, 2))
