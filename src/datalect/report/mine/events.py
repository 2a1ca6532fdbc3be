"""What a series shows: growth, a lasting step, single days far above the usual, days without any row."""

from __future__ import annotations

from datalect.data.model import Grain
from datalect.report.finding import Context, Finding, plain_shape
from datalect.report.mine.course import Fit
from datalect.report.mine.series import (
    Series,
    amounts,
    line_chart,
    period_shape,
    series_fields,
    series_form,
    series_names,
)

_SHARE = plain_shape(percent=100)
_TREND_FLOOR = 0.2  # change over the whole span that is worth a sentence
_SPIKE_FLOOR = 2.0  # times the usual


def trend(context: Context, series: Series, fit: Fit, place: int) -> list[Finding]:
    """Growth over the span: the first and the last part compared, said only if the line is not flat."""
    import numpy as np

    n = series.counts.size
    part = max(n // 10, 7 if series.grain is Grain.DAY else 3)
    part -= part % 7 if series.grain is Grain.DAY and part >= 14 else 0
    first, last = float(np.mean(series.counts[:part])), float(np.mean(series.counts[-part:]))
    total = fit.slope * n
    if (
        first <= 0
        or last <= 0
        or abs(np.log(last / first)) < np.log(1 + _TREND_FLOOR)
        or total * (last - first) <= 0
    ):
        return []
    return [
        Finding(
            form=series_form(series, "trend_rows"),
            type="trend",
            **series_fields(
                series,
                effect=float(np.log(last / first)),
                effect_name="log_ratio",
                place=place,
                test="regression of log counts",
            ),
            values={
                "first": first,
                "last": last,
                "change": last / first - 1,
                "times": last / first,
                "span": part,
                "start": series.dates[0],
                "end": series.dates[-1],
                "grain": series.grain.value,
            },
            names=series_names(series),
            shapes={
                "change": _SHARE,
                "start": period_shape(series),
                "end": period_shape(series),
                **amounts(series, "first", "last"),
            },
            impact=0.5 + 0.3 * min(1.0, abs(np.log(last / first))),
            surprise=0.5,
            cluster=f"trend:{series.key}",
            chart=line_chart(context, series),
        )
    ]


def step(context: Context, series: Series, fit: Fit, place: int) -> Finding:
    """A lasting change of level on one day, compared four weeks (or six months) before and after."""
    import numpy as np

    at = fit.step_at or 0
    # All days of both sides, empty ones too, so that anyone who counts finds the same averages.
    reach = max(1, min(28 if series.grain is Grain.DAY else 6, at, series.counts.size - at))
    before, after = series.counts[at - reach : at], series.counts[at : at + reach]
    low, high = float(np.mean(before)), float(np.mean(after))
    return Finding(
        form=series_form(series, "change_point"),
        type="change_point",
        **series_fields(
            series, effect=fit.step, effect_name="log_ratio", place=place, test="best single step"
        ),
        values={
            "date": series.dates[at],
            "before": low,
            "after": high,
            "change": high / low - 1,
            "times": high / low,
            "reach": reach,
            "grain": series.grain.value,
        },
        names=series_names(series),
        shapes={"change": _SHARE, "date": period_shape(series), **amounts(series, "before", "after")},
        impact=0.55 + 0.3 * min(1.0, abs(fit.step)),
        surprise=0.85,
        cluster=f"step:{series.key}",
        chart=line_chart(context, series, mark_at=at),
    )


def spikes(context: Context, series: Series, fit: Fit) -> list[Finding]:
    """Single days far above what trend, weekday and level lead to expect."""
    import numpy as np

    spread = 1.4826 * float(np.median(np.abs(fit.residuals[fit.kept]))) or 1e-9
    with np.errstate(divide="ignore"):
        ratio = np.where(fit.usual > 0, series.counts / fit.usual, 1.0)
    far = (fit.residuals > 8 * spread) & (ratio >= _SPIKE_FLOOR)
    count = int(far.sum())
    if count == 0 or count > max(3, series.counts.size // 50):
        return []
    at = int(np.argmax(np.where(far, ratio, 0)))
    reach = 14 if series.grain is Grain.DAY else 3
    around = np.concatenate([series.counts[max(0, at - reach) : at], series.counts[at + 1 : at + 1 + reach]])
    usual = float(np.median(around))
    if usual <= 0 or series.counts[at] / usual < _SPIKE_FLOOR:
        return []
    return [
        Finding(
            form=series_form(series, "spike"),
            type="spike",
            **series_fields(series, effect=float(np.log(series.counts[at] / usual)), effect_name="log_ratio"),
            values={
                "date": series.dates[at],
                "count": int(series.counts[at]) if series.measure is None else float(series.counts[at]),
                "usual": usual,
                "times": float(series.counts[at]) / usual,
                "reach": 2 * reach,
                "others": count - 1,
                "grain": series.grain.value,
            },
            names=series_names(series),
            shapes={"date": period_shape(series), **amounts(series, "count", "usual")},
            impact=0.6 + 0.25 * min(1.0, float(np.log(series.counts[at] / usual)) / 2),
            surprise=0.9,
            cluster=f"spike:{series.key}",
            chart=line_chart(context, series, highlight=(at,)),
        )
    ]


def gaps(context: Context, series: Series) -> list[Finding]:
    """Days without any row in a series that otherwise has some every day."""
    import numpy as np

    empty = np.flatnonzero(series.counts == 0)
    if not 1 <= empty.size <= 0.1 * series.counts.size or np.median(series.counts) < 20:
        return []
    runs = np.split(empty, np.flatnonzero(np.diff(empty) > 1) + 1)
    longest = max(runs, key=lambda run: run.size)
    return [
        Finding(
            form="gap_one" if empty.size == 1 else "gap",
            type="missingness",
            **series_fields(series),
            severity="warning",
            values={
                "days": int(empty.size),
                "length": int(longest.size),
                "start": series.dates[int(longest[0])],
                "end": series.dates[int(longest[-1])],
                "usual": float(np.median(series.counts)),
                "grain": series.grain.value,
            },
            names={"column": series.label},
            shapes={"start": period_shape(series), "end": period_shape(series)},
            impact=0.5,
            surprise=0.7,
            cluster=f"gap:{series.column}",
            chart=line_chart(context, series),
        )
    ]
