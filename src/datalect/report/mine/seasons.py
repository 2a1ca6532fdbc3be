"""Weekdays and months with more or fewer rows than others, and days on which there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalect.answer.ground import Words
from datalect.data.model import Grain
from datalect.report.finding import Context, Finding, plain_shape
from datalect.report.mine.course import Fit
from datalect.report.mine.series import (
    Series,
    amounts,
    series_fields,
    series_form,
    series_names,
    series_title,
)
from datalect.report.model import ChartSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_SHARE = plain_shape(percent=100)
_WEEKDAY_FLOOR = 1.15
_WEEKDAYS = (
    Words(en="Monday", zh="周一"),
    Words(en="Tuesday", zh="周二"),
    Words(en="Wednesday", zh="周三"),
    Words(en="Thursday", zh="周四"),
    Words(en="Friday", zh="周五"),
    Words(en="Saturday", zh="周六"),
    Words(en="Sunday", zh="周日"),
)
_MONTHS = tuple(
    Words(en=name, zh=f"{i + 1}月")
    for i, name in enumerate(
        "January February March April May June July August September October November December".split()
    )
)


def weekday(context: Context, series: Series, fit: Fit, place: int) -> list[Finding]:
    """Weekdays (or months of the year) with more or fewer rows than the others."""
    import numpy as np

    if fit.weekday is None:
        return []
    daily = series.grain is Grain.DAY
    group = series.weekday if daily else np.array([d.month - 1 for d in series.dates])
    size = 7 if daily else 12
    means = np.array(
        [
            float(np.mean(series.counts[(group == g) & fit.kept])) if ((group == g) & fit.kept).any() else 0.0
            for g in range(size)
        ]
    )
    if series.measure is None and daily and (means <= 0.02 * float(np.median(means))).any():
        return _closed(context, series, means)
    if means.min() <= 0:
        return []
    order = np.argsort(means)
    # The busiest (or quietest) groups are named together when a clear gap parts them from the rest.
    chosen, form = _parted(means)
    rest = [g for g in range(size) if g not in chosen]
    ratio = float(np.mean(means[chosen]) / np.mean(means[rest]))
    if max(ratio, 1 / ratio) < _WEEKDAY_FLOOR:
        return []
    words = _WEEKDAYS if daily else _MONTHS
    highlight = tuple(int(g) for g in chosen)
    names = series_names(series) | {f"g{i}": words[g] for i, g in enumerate(highlight)}
    return [
        Finding(
            form=series_form(series, f"{'weekday' if daily else 'month'}_{form}"),
            type="seasonality",
            **series_fields(
                series,
                effect=float(np.log(ratio)),
                effect_name="log_ratio",
                place=place,
                test="analysis of variance of log counts",
            ),
            values={
                "ratio": ratio,
                "change": ratio - 1,
                "in": float(np.mean(means[chosen])),
                "out": float(np.mean(means[rest])),
                "groups": len(highlight),
            },
            names=names,
            shapes={"change": _SHARE, **amounts(series, "in", "out")},
            impact=0.5 + 0.3 * min(1.0, abs(np.log(ratio)) * 2),
            surprise=0.55,
            cluster=f"season:{series.key}",
            chart=ChartSpec(
                mark="bar",
                labels=tuple(w.en for w in words),
                labels_zh=tuple(w.zh for w in words),
                y=tuple(float(m) for m in means),
                highlight=highlight,
                reference=float(means[order].mean()),
                x_title=Words(en="weekday", zh="星期") if daily else Words(en="month", zh="月份"),
                y_title=series_title(context, series),
            ),
        )
    ]


def _closed(context: Context, series: Series, means: NDArray[np.float64]) -> list[Finding]:
    """Weekdays on which there is next to nothing."""
    import numpy as np

    raw = np.array([float(series.counts[series.weekday == g].mean()) for g in range(7)])
    closed = [g for g in range(7) if raw[g] <= 0.02 * float(np.median(raw[raw > 0]))]
    if not 1 <= len(closed) <= 3:
        return []
    rows = int(sum(series.counts[series.weekday == g].sum() for g in closed))
    names: dict[str, Words] = {"column": series.label} | {f"g{i}": _WEEKDAYS[g] for i, g in enumerate(closed)}
    return [
        Finding(
            form="closed_days" if rows == 0 else "closed_days_nearly",
            type="seasonality",
            **series_fields(series),
            values={"groups": len(closed), "rows": rows, "usual": float(np.mean(np.delete(raw, closed)))},
            names=names,
            impact=0.5,
            surprise=0.55,
            cluster=f"season:{series.column}",
            chart=ChartSpec(
                mark="bar",
                labels=tuple(w.en for w in _WEEKDAYS),
                labels_zh=tuple(w.zh for w in _WEEKDAYS),
                y=tuple(float(m) for m in raw),
                highlight=tuple(closed),
                x_title=Words(en="weekday", zh="星期"),
                y_title=Words(en=f"{context.noun.many} per day", zh=f"每天{context.noun.zh}数"),
            ),
        )
    ]


def _parted(means: NDArray[np.float64]) -> tuple[list[int], str]:
    """The groups beyond the widest gap, at most three of them, at the top or at the bottom."""
    import numpy as np

    order = np.argsort(means)
    gaps = np.diff(np.log(means[order]))
    size = means.size
    most = 3 if size == 7 else 4
    top = max(range(1, most + 1), key=lambda k: gaps[size - 1 - k])
    bottom = max(range(1, most + 1), key=lambda k: gaps[k - 1])
    if gaps[size - 1 - top] >= gaps[bottom - 1]:
        return sorted(int(g) for g in order[size - top :]), "busy"
    return sorted(int(g) for g in order[:bottom]), "quiet"
