"""Whether a relation holds inside the groups of other categories, or turns around there.

The latter is Simpson's paradox.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datalect.answer.ground import Words
from datalect.report.finding import Context, Finding
from datalect.report.mine.pairs import Pair, correlation, related, wanted
from datalect.report.model import ChartSpec, Segments
from datalect.report.stats import Z99

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from datalect.report.variables import Variable

_LEAST_INSIDE = 60  # sampled rows a group needs before a relation is looked at inside it
EXPLAINED = 0.35  # part of a relation that must be left inside the groups of every other category


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """A relation inside the groups of another category.

    Attributes:
        segment: the category.
        groups: level, signed effect (positive: the same direction as overall) and rows of each usable group.
        pooled: the effect inside the groups, averaged by their rows.
        overall: the effect over all rows, on the same scale.
    """

    segment: Variable
    groups: tuple[tuple[int, float, int], ...]
    pooled: float
    overall: float


def inside_segments(context: Context, pair: Pair) -> list[Inside]:
    """The relation inside the groups of every other category with few groups."""
    import numpy as np

    scores = _scores(pair)
    if scores is None:
        return []
    x, y = scores
    known = ~np.isnan(x) & ~np.isnan(y)
    if known.sum() < _LEAST_INSIDE:
        return []
    x, y = x[known], y[known]
    # Sums of squares are taken from centred values, or they would cancel.
    x, y = x - x.mean(), y - y.mean()
    overall = correlation(x, y)
    out = []
    for segment in context.sample.variables:
        if segment.kind not in ("category", "binary") or segment.codes is None or len(segment.levels) > 15:
            continue
        if (
            segment.key in (pair.outcome.key, pair.factor.key)
            or segment.key in context.same
            or segment.derived
        ):
            continue
        if related(context, segment, pair.outcome) or related(context, segment, pair.factor):
            continue
        groups = _inside(segment.codes[known], len(segment.levels), x, y)
        total = sum(n for _, _, n in groups)
        if len(groups) >= 2 and total >= 0.5 * x.size:
            pooled = sum(r * n for _, r, n in groups) / total
            out.append(Inside(segment=segment, groups=tuple(groups), pooled=pooled, overall=overall))
    return out


def _inside(
    codes: NDArray[np.int64], levels: int, x: NDArray[np.float64], y: NDArray[np.float64]
) -> list[tuple[int, float, int]]:
    """Correlation inside each group with enough rows, from sums by group."""
    import numpy as np

    held = codes >= 0
    codes, x, y = codes[held], x[held], y[held]
    n = np.bincount(codes, minlength=levels).astype(float)
    safe = np.maximum(n, 1)

    def by_group(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        means: NDArray[np.float64] = np.bincount(codes, weights=weights, minlength=levels) / safe
        return means

    mean_x, mean_y = by_group(x), by_group(y)
    var_x = by_group(x * x) - mean_x**2
    var_y = by_group(y * y) - mean_y**2
    both = by_group(x * y) - mean_x * mean_y
    out = []
    for level in range(levels):
        if n[level] < _LEAST_INSIDE or var_x[level] <= 1e-9 or var_y[level] <= 1e-12:
            continue
        out.append((level, float(both[level] / (var_x[level] * var_y[level]) ** 0.5), int(n[level])))
    return out


def _scores(pair: Pair) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Two numbers per row whose correlation has the sign of the relation.

    Groups are scored by the mean outcome of their group over the whole sample, so that a positive correlation
    inside a segment means the groups are in the same order there.
    """
    import numpy as np

    if pair.outcome.numbers is None:
        return None
    y = pair.outcome.numbers if pair.outcome.kind == "binary" else pair.outcome.ranks
    if pair.factor.kind in ("number", "time"):
        sign = 1.0 if pair.effect >= 0 else -1.0
        return pair.factor.ranks * sign, y
    if pair.factor.codes is None:
        return None
    codes = pair.factor.codes
    known = (codes >= 0) & ~np.isnan(y)
    counts = np.bincount(codes[known], minlength=len(pair.factor.levels))
    sums = np.bincount(codes[known], weights=y[known], minlength=len(pair.factor.levels))
    means = sums / np.maximum(counts, 1)
    scores: NDArray[np.float64] = np.where(codes >= 0, means[np.maximum(codes, 0)], np.nan)
    return scores, y


def segments_of(context: Context, checked: list[Inside]) -> Segments | None:
    """The column inside whose groups the relation holds least."""
    worst: tuple[float, Segments] | None = None
    for inside in checked:
        # Only a clear opposite counts against it; near zero may be chance.
        against = [level for level, r, n in inside.groups if r < 0 and abs(r) * math.sqrt(n) > Z99]
        held = sum(1 for _, r, _ in inside.groups if r > 0)
        share = held / len(inside.groups)
        if worst is None or share < worst[0]:
            column = inside.segment.columns[0]
            names = tuple(context.value_name(column, inside.segment.levels[level]).en for level in against)
            segments = Segments(
                column=column, held=held, of=len(inside.groups), against=names, columns=len(checked)
            )
            worst = (share, segments)
    return worst[1] if worst else None


def explained_by(checked: list[Inside]) -> Inside | None:
    """The category that explains a relation away: inside its groups little or the opposite of it is left."""
    weakest = min(checked, key=lambda i: i.pooled / i.overall if i.overall else 1.0, default=None)
    if weakest is None or not weakest.overall or weakest.pooled >= EXPLAINED * weakest.overall:
        return None
    return weakest


def turned_around(inside: Inside) -> bool:
    """Simpson's paradox: the opposite direction in most groups, and clearly so on average."""
    rows = sum(n for _, _, n in inside.groups)
    opposite = sum(1 for _, r, _ in inside.groups if r < 0)
    return opposite > 0.7 * len(inside.groups) and inside.pooled * math.sqrt(rows) < -5


def turned(context: Context, pair: Pair, inside: Inside) -> list[Finding]:
    """A correlation that turns around inside the groups of a category, confirmed on all rows."""
    outcome, factor = pair.outcome, pair.factor
    plain = (
        outcome.kind == "number" and factor.kind == "number" and not outcome.derived and not factor.derived
    )
    if not plain:
        return []
    segment = inside.segment
    measure = {"fn": "corr", "col": outcome.columns[0], "with": factor.columns[0], "as": "r"}
    count = {"fn": "count", "as": "n"}
    result = context.reader.run({"by": [{"col": segment.expression, "as": "group"}], "get": [measure, count]})
    whole = context.reader.run({"get": [measure]})
    if result is None or whole is None or whole.rows[0]["r"] is None:
        return []
    overall = float(whole.rows[0]["r"])
    rows = [r for r in result.rows if r["group"] is not None and r["r"] is not None and r["n"] >= 30]
    opposite = [r for r in rows if r["r"] * overall < 0]
    if len(rows) < 2 or len(opposite) < 0.7 * len(rows) or overall * pair.effect <= 0:
        return []
    return [
        Finding(
            form="turned",
            type="correlation",
            columns=(*outcome.columns, *factor.columns, *segment.columns),
            section="relations",
            severity="notice",
            place=pair.place,
            test="rank correlation",
            values={"r": overall, "opposite": len(opposite), "groups": len(rows)},
            names={"outcome": outcome.label, "factor": factor.label, "segment": segment.label},
            effect=pair.effect,
            effect_name="spearman",
            interval=pair.interval,
            n=sum(r["n"] for r in rows),
            result=result,
            impact=0.75,
            surprise=0.95,
            cluster=f"pair:{outcome.key}|{factor.key}",
            target=wanted(context, pair) > 0,
            segments=Segments(column=segment.columns[0], held=len(rows) - len(opposite), of=len(rows)),
            chart=ChartSpec(
                mark="bar",
                labels=tuple(context.value_name(segment.columns[0], r["group"]).en for r in rows),
                labels_zh=tuple(context.value_name(segment.columns[0], r["group"]).zh for r in rows),
                y=tuple(float(r["r"]) for r in rows),
                reference=overall,
                x_title=segment.label,
                y_title=Words(en="correlation", zh="相关系数"),
            ),
        )
    ]
