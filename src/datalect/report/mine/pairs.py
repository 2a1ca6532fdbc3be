"""What goes with what: every pair of variables is tested on the sample, the winners are counted on all rows.

Rank correlation for two numbers, variance between groups on ranks for a category and a number, bias-corrected
Cramér's V for two categories. An effect must be large as well as certain: with a million rows everything is
significant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datalect.data.model import SemanticType
from datalect.report.finding import Context
from datalect.report.stats import correlation_interval, correlation_p, cramers_v, eta_squared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from datalect.report.variables import Variable

S = SemanticType
NUMBER_FLOOR = 0.12  # absolute rank correlation
ETA_FLOOR = 0.01  # share of variance between groups, for numbers
RATE_FLOOR = 0.0025  # the same for yes/no outcomes, whose variance is mostly chance
V_FLOOR = 0.1  # Cramér's V
ALIKE = 0.9  # rank correlation from which two numbers stand for the same
LEAST_ROWS = 40
_MOST_VARIABLES = 120
_CELLS = 300_000_000  # sampled rows times pairs: what bounds the search in columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A relation the sample shows.

    Attributes:
        outcome: what differs or moves.
        factor: what it goes with.
        kind: ``numbers``, ``groups`` (a number by category), ``rates`` (yes/no by category or number) or
            ``categories``.
        effect: rank correlation, share of variance or Cramér's V.
        place: its test in ``Context.tests``.
        n: sampled rows where both are known.
        strength: 0..1, comparable across kinds.
    """

    outcome: Variable
    factor: Variable
    kind: str
    effect: float
    place: int
    n: int
    strength: float
    interval: tuple[float, float] | None = None


def search(context: Context) -> list[Pair]:
    """All pairs whose effect is above the floor; their p values are corrected by the caller."""
    variables = [v for v in context.sample.variables if v.key not in context.same][:_MOST_VARIABLES]
    rows = _rows(context, variables)
    numbers = [v for v in variables if v.kind in ("number", "time")]
    binaries = [v for v in variables if v.kind == "binary"]
    categories = [v for v in variables if v.kind == "category"]
    plain = [v for v in categories if not v.derived]
    found = _number_pairs(context, numbers, rows)
    found += _binary_number(context, binaries, numbers, rows)
    found += _group_pairs(context, numbers + binaries, categories, rows)
    found += _category_pairs(context, plain, binaries, rows)
    return found


def _rows(context: Context, variables: list[Variable]) -> int:
    pairs = max(1, len(variables) * (len(variables) - 1) // 2)
    return max(min(4_000, context.sample.rows), min(context.sample.rows, _CELLS // pairs))


def wanted(context: Context, pair: Pair) -> int:
    """1 for a pair that concerns the column to explain, else 0."""
    return int(bool(context.target) and context.target in (*pair.outcome.columns, *pair.factor.columns))


def related(context: Context, one: Variable, other: Variable) -> bool:
    """Whether two variables share columns or a formula, so that a relation goes without saying."""
    shared = set(one.columns) & set(other.columns)
    if shared or frozenset((one.key, other.key)) in context.bound:
        return True
    for a in one.columns:
        for b in other.columns:
            if b in _ancestors(context, a) or a in _ancestors(context, b):
                return True
    return False


def _ancestors(context: Context, name: str) -> set[str]:
    found: set[str] = set()
    todo = [context.same.get(name, name)]
    while todo:
        for part in context.derived.get(todo.pop(), ()):
            if part not in found:
                found.add(part)
                todo.append(part)
    return found


# ---------------------------------------------------------------- two numbers


def _number_pairs(context: Context, numbers: list[Variable], rows: int) -> list[Pair]:
    import numpy as np

    if len(numbers) < 2 or rows < LEAST_ROWS:
        return []
    ranked = np.stack([v.ranks[:rows] for v in numbers])  # (variables, rows)
    known = ~np.isnan(ranked)
    complete = bool(known.all())
    found = []
    if complete:
        with np.errstate(invalid="ignore", divide="ignore"):  # a constant has no correlation
            matrix = np.atleast_2d(np.corrcoef(ranked))
    for i, one in enumerate(numbers):
        for j in range(i + 1, len(numbers)):
            other = numbers[j]
            if one.kind == "time" and other.kind == "time":
                continue
            if related(context, one, other):
                continue
            if complete:
                r, n = float(matrix[i, j]), rows
            else:
                both = known[i] & known[j]
                n = int(both.sum())
                if n < LEAST_ROWS:
                    continue
                r = correlation(ranked[i][both], ranked[j][both])
            if "time" in (one.kind, other.kind):
                r = _without_season(context, one, other, r, rows)
            if not np.isfinite(r) or n < LEAST_ROWS:
                continue
            place = context.tests.add(correlation_p(r, n))
            if abs(r) >= ALIKE:
                context.alike.add(frozenset((one.key, other.key)))
            if abs(r) < NUMBER_FLOOR:
                continue
            outcome, factor = _direction(context, one, other)
            found.append(
                Pair(
                    outcome=outcome,
                    factor=factor,
                    kind="numbers",
                    effect=r,
                    place=place,
                    n=n,
                    strength=abs(r),
                    interval=correlation_interval(r, n),
                )
            )
    return found


def _without_season(context: Context, one: Variable, other: Variable, r: float, rows: int) -> float:
    """The correlation of a number with time after its yearly course is taken off.

    A table from one winter to the next autumn would otherwise seem to grow warmer.
    """
    import numpy as np

    time, number = (one, other) if one.kind == "time" else (other, one)
    season = context.sample.variable(f"{time.key}@month_of_year")
    if season is None or season.codes is None:
        return r
    codes, values = season.codes[:rows], number.ranks[:rows]
    known = (codes >= 0) & ~np.isnan(values)
    counts = np.maximum(np.bincount(codes[known], minlength=len(season.levels)), 1)
    means = np.bincount(codes[known], weights=values[known], minlength=len(season.levels)) / counts
    left = values[known] - means[codes[known]]
    adjusted = correlation(left, time.ranks[:rows][known])
    return adjusted if abs(adjusted) < abs(r) else r


def rank_correlation(one: Variable, other: Variable) -> float:
    """Rank correlation of two numbers over the sampled rows where both are known; 0 where it is undefined."""
    import numpy as np

    known = ~np.isnan(one.ranks) & ~np.isnan(other.ranks)
    if known.sum() < LEAST_ROWS:
        return 0.0
    r = correlation(one.ranks[known], other.ranks[known])
    return r if math.isfinite(r) else 0.0


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Pearson's correlation; NaN where one does not vary."""
    import numpy as np

    # Sums of products instead of dot products: those wake a thread per core for a millisecond of work.
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else float("nan")


_OUTCOMES = {S.BOOLEAN: 6, S.ORDERED: 5, S.PERCENT: 4, S.RATIO: 3, S.RATE: 4, S.MONEY: 3, S.DURATION: 3}


def _direction(context: Context, one: Variable, other: Variable) -> tuple[Variable, Variable]:
    """Outcome and factor of two numbers: the target, judgements and results before circumstances."""

    def weight(variable: Variable) -> float:
        if context.target and context.target in variable.columns:
            return 100
        if variable.kind == "time" or variable.meaning is S.YEAR:
            return -5
        if variable.derived == "duration":
            return 1
        # Later columns are more often results of earlier ones.
        at = next((i for i, c in enumerate(context.reader.columns) if c.name == variable.columns[0]), 0)
        return _OUTCOMES.get(variable.meaning, 2) + at / 1000

    return (one, other) if weight(one) >= weight(other) else (other, one)


# ---------------------------------------------------------------- yes/no and numbers


def _binary_number(
    context: Context, binaries: list[Variable], numbers: list[Variable], rows: int
) -> list[Pair]:
    import numpy as np

    found = []
    for outcome in binaries:
        if outcome.numbers is None:
            continue
        y = outcome.numbers[:rows]
        for factor in numbers:
            if related(context, outcome, factor):
                continue
            x = factor.ranks[:rows]
            known = ~np.isnan(x) & ~np.isnan(y)
            n = int(known.sum())
            if n < LEAST_ROWS or min(y[known].sum(), n - y[known].sum()) < 15:
                continue
            r = correlation(x[known], y[known])
            if not np.isfinite(r):
                continue
            place = context.tests.add(correlation_p(r, n))
            if r * r < RATE_FLOOR:
                continue
            found.append(
                Pair(
                    outcome=outcome,
                    factor=factor,
                    kind="rates",
                    effect=r,
                    place=place,
                    n=n,
                    strength=_rate_strength(r, y[known]),
                    interval=correlation_interval(r, n),
                )
            )
    return found


def _rate_strength(r: float, y: NDArray[np.float64]) -> float:
    """A correlation with a rare outcome cannot be large: measured against what its rarity allows."""
    p = float(y.mean())
    rare = min(p, 1 - p)
    return float(min(1.0, abs(r) * (0.25 / max(rare * (1 - rare), 0.01)) ** 0.35))


# ---------------------------------------------------------------- groups


def _group_pairs(
    context: Context, outcomes: list[Variable], categories: list[Variable], rows: int
) -> list[Pair]:
    import numpy as np

    found = []
    for factor in categories:
        if factor.codes is None:
            continue
        codes = factor.codes[:rows]
        for outcome in outcomes:
            if related(context, outcome, factor) or outcome.numbers is None:
                continue
            binary = outcome.kind == "binary"
            values = outcome.numbers[:rows] if binary else outcome.ranks[:rows]
            known = (codes >= 0) & ~np.isnan(values)
            n = int(known.sum())
            if n < LEAST_ROWS:
                continue
            held = codes[known]
            counts = np.bincount(held, minlength=len(factor.levels))
            enough = counts >= (30 if binary else 8)
            if enough.sum() < 2:
                continue
            if not enough.all():
                keep = enough[held]
                held, y = held[keep], values[known][keep]
            else:
                y = values[known]
            share, p = eta_squared(held, y, len(factor.levels))
            place = context.tests.add(p)
            floor = RATE_FLOOR if binary else ETA_FLOOR
            # What pure chance gives is taken off (epsilon squared).
            share = max(0.0, 1 - (1 - share) * (y.size - 1) / max(y.size - int(enough.sum()), 1))
            if share < floor or outcome.kind == "time":
                if outcome.kind != "time" or share < 0.02:
                    continue
            if outcome.kind == "time":
                found.append(
                    Pair(
                        outcome=outcome,
                        factor=factor,
                        kind="times",
                        effect=share,
                        place=place,
                        n=n,
                        strength=share**0.5,
                    )
                )
                continue
            strength = _rate_strength(share**0.5, y) if binary else share**0.5
            found.append(
                Pair(
                    outcome=outcome,
                    factor=factor,
                    kind="rates" if binary else "groups",
                    effect=share,
                    place=place,
                    n=n,
                    strength=strength,
                )
            )
    return found


def _category_pairs(
    context: Context, categories: list[Variable], binaries: list[Variable], rows: int
) -> list[Pair]:
    import numpy as np

    found = []
    everything = categories + binaries
    for i, one in enumerate(everything):
        for other in everything[i + 1 :]:
            if (one.kind == "binary") != (other.kind == "binary"):
                continue  # told as rates
            if one.codes is None or other.codes is None or related(context, one, other):
                continue
            known = (one.codes[:rows] >= 0) & (other.codes[:rows] >= 0)
            n = int(known.sum())
            if n < LEAST_ROWS:
                continue
            a, b = one.codes[:rows][known], other.codes[:rows][known]
            width = len(other.levels)
            table = (
                np.bincount(a * width + b, minlength=len(one.levels) * width).reshape(-1, width).astype(float)
            )
            v, p = cramers_v(table)
            place = context.tests.add(p)
            if v < V_FLOOR:
                continue
            if one.kind == "binary":
                outcome, factor = _direction(context, one, other)
                found.append(
                    Pair(outcome=outcome, factor=factor, kind="rates", effect=v, place=place, n=n, strength=v)
                )
                continue
            # The one with fewer levels is easier to read as what the shares are of.
            outcome, factor = (one, other) if len(one.levels) <= len(other.levels) else (other, one)
            if context.target in factor.columns:
                outcome, factor = factor, outcome
            found.append(
                Pair(
                    outcome=outcome, factor=factor, kind="categories", effect=v, place=place, n=n, strength=v
                )
            )
    return found
