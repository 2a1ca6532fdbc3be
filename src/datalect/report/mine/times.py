"""How many rows there are over time: trend, level shifts, spikes, gaps, busy weekdays, months and hours.

The series is counted on all rows. One regression of the logarithm of the counts on a line, the weekdays and a
step tells trend, weekday and level apart, so that none is taken for another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from datalect.answer.ground import Field, Words
from datalect.answer.labels import column_words
from datalect.data.model import Grain, SemanticType
from datalect.report.finding import Context, Finding, plain_shape
from datalect.report.model import ChartSpec
from datalect.report.stats import f_sf, t_two_sided

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from datalect.report.reader import PlanResult
    from datalect.report.variables import Variable

_SHARE = plain_shape(percent=100)
_LEAST_DAYS = 56
_LEAST_MONTHS = 24
_MEAN_COUNT = 5.0  # rows per day a daily series needs
_TREND_FLOOR = 0.2  # change over the whole span that is worth a sentence
_STEP_FLOOR = 0.12  # in logarithms
_SPIKE_FLOOR = 2.0  # times the usual
_WEEKDAY_FLOOR = 1.15
_BIRTH = re.compile(r"(?i)(^|[_\s])(dob|birth\w*|born)($|[_\s])|birth|出生|生日")
_WEEKDAYS = (
    Words(en="Monday", zh="周一"),
    Words(en="Tuesday", zh="周二"),
    Words(en="Wednesday", zh="周三"),
    Words(en="Thursday", zh="周四"),
    Words(en="Friday", zh="周五"),
    Words(en="Saturday", zh="周六"),
    Words(en="Sunday", zh="周日"),
)


@dataclass(slots=True)
class Series:
    """Rows per day or month without gaps in the calendar; the ragged ends are cut off."""

    column: str
    label: Words
    grain: Grain
    dates: list[date]
    counts: NDArray[np.float64]
    result: PlanResult
    first: date
    last: date

    @property
    def weekday(self) -> NDArray[np.int64]:
        """0 (Monday) to 6 of each day."""
        import numpy as np

        return np.array([d.weekday() for d in self.dates])


def mine(context: Context) -> list[Finding]:
    """All findings about the number of rows over time."""
    found: list[Finding] = []
    seen: list[Series] = []
    for variable in _time_columns(context):
        series = _series(context, variable)
        if series is None or any(_same_course(series, other) for other in seen):
            continue
        seen.append(series)
        found += _of_series(context, series)
        if series.grain is Grain.DAY and variable.column is not None:
            found += _hours(context, variable)
    return found


def _time_columns(context: Context) -> list[Variable]:
    """Columns with times of events, the earliest first: what happens first sets the pace of what follows."""
    import numpy as np

    times = [
        v
        for v in context.sample.variables
        if v.kind == "time"
        and v.numbers is not None
        and np.isfinite(v.numbers).mean() > 0.5
        # When people were born is no event of the table.
        and not _BIRTH.search(v.key)
    ]
    return sorted(times, key=lambda v: float(np.nanmedian(v.numbers)) if v.numbers is not None else 0.0)[:3]


def _series(context: Context, variable: Variable) -> Series | None:
    import numpy as np

    column = context.column(variable.columns[0])
    low, high = _day(column.profile.minimum), _day(column.profile.maximum)
    if low is None or high is None:
        return None
    days = (high - low).days + 1
    filled = column.profile.rows - column.profile.nulls
    spread = variable.numbers
    if spread is not None and days > 20_000:  # a few absurd dates: look at where nearly all lie
        known = spread[~np.isnan(spread)]
        low, high = (_from_seconds(float(q)) for q in np.quantile(known, [0.002, 0.998]))
        days = (high - low).days + 1
    daily = days >= _LEAST_DAYS and filled / days >= _MEAN_COUNT and days <= 4_000
    months = (high.year - low.year) * 12 + high.month - low.month + 1
    if not daily and (months < _LEAST_MONTHS or filled / months < _MEAN_COUNT or months > 2_000):
        return None
    grain = Grain.DAY if daily else Grain.MONTH
    result = context.reader.run(
        {
            "where": [{"time": column.name, "in": {"from": low.isoformat(), "to": high.isoformat()}}],
            "by": [{"col": column.name, "grain": grain.value, "as": "period"}],
            "get": [{"fn": "count", "as": "rows"}],
        }
    )
    if result is None or len(result.rows) < 12:
        return None
    held = {d: int(r["rows"]) for r in result.rows if (d := _day(r["period"])) is not None}
    dates = _calendar(min(held), max(held), grain)
    if len(held) < 0.5 * len(dates):
        return None  # mostly empty days: a monthly or irregular table, not a daily one
    counts = np.array([held.get(d, 0) for d in dates], dtype=float)
    start, stop = _ragged(counts)
    return Series(
        column=column.name,
        label=column_words(column),
        grain=grain,
        dates=dates[start:stop],
        counts=counts[start:stop],
        result=result,
        first=low,
        last=high,
    )


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def _from_seconds(seconds: float) -> date:
    return date(1970, 1, 1) + timedelta(days=int(seconds // 86_400))


def _calendar(first: date, last: date, grain: Grain) -> list[date]:
    if grain is Grain.DAY:
        return [first + timedelta(days=i) for i in range((last - first).days + 1)]
    months = (last.year - first.year) * 12 + last.month - first.month
    return [
        date(first.year + (first.month - 1 + i) // 12, (first.month - 1 + i) % 12 + 1, 1)
        for i in range(months + 1)
    ]


def _ragged(counts: NDArray[np.float64]) -> tuple[int, int]:
    """The series without half-filled ends: they are no fall, only where the data begins and stops."""
    import numpy as np

    usual = float(np.median(counts[counts > 0])) if (counts > 0).any() else 0.0
    start, stop = 0, counts.size
    limit = max(14, counts.size // 20) if counts.size > 60 else 1
    while start < limit and counts[start] < 0.6 * usual:
        start += 1
    while counts.size - stop < limit and counts[stop - 1] < 0.6 * usual:
        stop -= 1
    return start, stop


def _same_course(one: Series, other: Series) -> bool:
    """Whether two columns count nearly the same: shipping follows ordering."""
    import numpy as np

    if one.grain is not other.grain:
        return False
    a = dict(zip(one.dates, one.counts, strict=True))
    b = dict(zip(other.dates, other.counts, strict=True))
    shared = sorted(a.keys() & b.keys())
    if len(shared) < 0.7 * min(len(a), len(b)) or len(shared) < 12:
        return False
    x = np.convolve([a[d] for d in shared], np.ones(7) / 7, mode="valid")
    y = np.convolve([b[d] for d in shared], np.ones(7) / 7, mode="valid")
    if x.std() == 0 or y.std() == 0:
        return True
    return max(float(np.corrcoef(x[k:], y[: y.size - k])[0, 1]) for k in range(0, 15)) > 0.7


# ---------------------------------------------------------------- one regression tells them apart


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


def _of_series(context: Context, series: Series) -> list[Finding]:
    import numpy as np

    if series.counts.size < 12 or series.counts.max() == series.counts.min():
        return []
    fit = _fit(series)
    if fit is None:
        return []
    places = {
        "trend": context.tests.add(fit.slope_p),
        "step": context.tests.add(fit.step_p),
        "weekday": context.tests.add(fit.weekday_p),
    }
    found: list[Finding] = []
    found += _trend(context, series, fit, places["trend"])
    if fit.step_at is not None and abs(fit.step) >= _STEP_FLOOR:
        found.append(_step(context, series, fit, places["step"]))
    if fit.weekday is not None:
        found += _weekday(context, series, fit, places["weekday"])
    found += _spikes(context, series, fit)
    found += _gaps(context, series)
    for finding in found:
        finding.n = finding.n or int(np.sum(series.counts))
    return found


def _fit(series: Series) -> Fit | None:
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
    base_rss, base_df = _rss(design(None), log, kept)
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

    return (groups[:, None] == np.arange(groups.max())[None, :]).astype(float)


def _solve(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    result: NDArray[np.float64] = np.linalg.lstsq(x, y, rcond=None)[0]
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


# ---------------------------------------------------------------- from the model to findings


def _common(series: Series, **more: Any) -> dict[str, Any]:
    return {"columns": (series.column,), "section": "time", "result": series.result, **more}


def _period_shape(series: Series) -> Field:
    return Field(
        name="", role="breakdown", kind="date", label=series.label, phrase=series.label, grain=series.grain
    )


def _trend(context: Context, series: Series, fit: Fit, place: int) -> list[Finding]:
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
            form="trend_rows",
            type="trend",
            **_common(
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
            names={"column": series.label},
            shapes={"change": _SHARE, "start": _period_shape(series), "end": _period_shape(series)},
            impact=0.5 + 0.3 * min(1.0, abs(np.log(last / first))),
            surprise=0.5,
            cluster=f"trend:{series.column}",
            chart=line_chart(context, series),
        )
    ]


def _step(context: Context, series: Series, fit: Fit, place: int) -> Finding:
    """A lasting change of level on one day, compared four weeks (or six months) before and after."""
    import numpy as np

    at = fit.step_at or 0
    reach = 28 if series.grain is Grain.DAY else 6
    usable = fit.kept
    before = series.counts[max(0, at - reach) : at][usable[max(0, at - reach) : at]]
    after = series.counts[at : at + reach][usable[at : at + reach]]
    low, high = float(np.mean(before)), float(np.mean(after))
    return Finding(
        form="change_point",
        type="change_point",
        **_common(series, effect=fit.step, effect_name="log_ratio", place=place, test="best single step"),
        values={
            "date": series.dates[at],
            "before": low,
            "after": high,
            "change": high / low - 1,
            "times": high / low,
            "reach": reach,
            "grain": series.grain.value,
        },
        names={"column": series.label},
        shapes={"change": _SHARE, "date": _period_shape(series)},
        impact=0.55 + 0.3 * min(1.0, abs(fit.step)),
        surprise=0.85,
        cluster=f"step:{series.column}",
        chart=line_chart(context, series, mark_at=at),
    )


def _weekday(context: Context, series: Series, fit: Fit, place: int) -> list[Finding]:
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
    if daily and (means <= 0.02 * float(np.median(means))).any():
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
    names: dict[str, Words] = {"column": series.label}
    names |= {f"g{i}": words[g] for i, g in enumerate(highlight)}
    return [
        Finding(
            form=f"{'weekday' if daily else 'month'}_{form}",
            type="seasonality",
            **_common(
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
            shapes={"change": _SHARE},
            impact=0.5 + 0.3 * min(1.0, abs(np.log(ratio)) * 2),
            surprise=0.55,
            cluster=f"season:{series.column}",
            chart=ChartSpec(
                mark="bar",
                labels=tuple(w.en for w in words),
                y=tuple(float(m) for m in means),
                highlight=highlight,
                reference=float(means[order].mean()),
                x_title=Words(en="weekday", zh="星期") if daily else Words(en="month", zh="月份"),
                y_title=Words(
                    en=f"{context.noun.many} per {'day' if daily else 'month'}",
                    zh=f"每{'天' if daily else '月'}{context.noun.zh}数",
                ),
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
            **_common(series),
            values={"groups": len(closed), "rows": rows, "usual": float(np.mean(np.delete(raw, closed)))},
            names=names,
            impact=0.5,
            surprise=0.55,
            cluster=f"season:{series.column}",
            chart=ChartSpec(
                mark="bar",
                labels=tuple(w.en for w in _WEEKDAYS),
                y=tuple(float(m) for m in raw),
                highlight=tuple(closed),
                x_title=Words(en="weekday", zh="星期"),
                y_title=Words(en=f"{context.noun.many} per day", zh=f"每天{context.noun.zh}数"),
            ),
        )
    ]


_MONTHS = tuple(
    Words(en=name, zh=f"{i + 1}月")
    for i, name in enumerate(
        "January February March April May June July August September October November December".split()
    )
)


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


def _spikes(context: Context, series: Series, fit: Fit) -> list[Finding]:
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
            form="spike",
            type="spike",
            **_common(series, effect=float(np.log(series.counts[at] / usual)), effect_name="log_ratio"),
            values={
                "date": series.dates[at],
                "count": int(series.counts[at]),
                "usual": usual,
                "times": float(series.counts[at]) / usual,
                "reach": 2 * reach,
                "others": count - 1,
                "grain": series.grain.value,
            },
            names={"column": series.label},
            shapes={"date": _period_shape(series)},
            impact=0.6 + 0.25 * min(1.0, float(np.log(series.counts[at] / usual)) / 2),
            surprise=0.9,
            cluster=f"spike:{series.column}",
            chart=line_chart(context, series, highlight=(at,)),
        )
    ]


def _gaps(context: Context, series: Series) -> list[Finding]:
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
            **_common(series),
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
            shapes={"start": _period_shape(series), "end": _period_shape(series)},
            impact=0.5,
            surprise=0.7,
            cluster=f"gap:{series.column}",
            chart=line_chart(context, series),
        )
    ]


def _hours(context: Context, variable: Variable) -> list[Finding]:
    """Hours of the day with clearly more rows than others."""
    import numpy as np

    if variable.column is None or variable.column.meaning.type is not SemanticType.DATETIME:
        return []
    if variable.column.meaning.grain not in (Grain.HOUR, Grain.MINUTE, Grain.SECOND):
        return []
    result = context.reader.run(
        {
            "by": [{"col": variable.columns[0], "grain": "hour_of_day", "as": "hour"}],
            "get": [{"fn": "count", "as": "rows"}],
            "where": [{"not": {"col": variable.columns[0], "op": "null"}}],
        }
    )
    if result is None:
        return []
    held = {int(r["hour"]): int(r["rows"]) for r in result.rows if r["hour"] is not None}
    counts = np.array([held.get(h, 0) for h in range(24)], dtype=float)
    total = counts.sum()
    if total < 500:
        return []
    # The eight hours in a row that hold most: evenly spread rows would give a third.
    windows = np.array([counts[np.arange(h, h + 8) % 24].sum() for h in range(24)]) / total
    start = int(np.argmax(windows))
    if windows[start] < 0.5 or (counts == 0).sum() >= 23:
        return []
    return [
        Finding(
            form="hours",
            type="seasonality",
            columns=variable.columns,
            section="time",
            result=result,
            values={"from": start, "to": (start + 8) % 24, "share": float(windows[start]), "even": 1 / 3},
            names={"column": variable.label},
            shapes={"share": _SHARE, "even": _SHARE},
            n=int(total),
            effect=float(windows[start]),
            effect_name="share",
            impact=0.45,
            surprise=0.4,
            cluster=f"hours:{variable.key}",
            chart=ChartSpec(
                mark="bar",
                labels=tuple(str(h) for h in range(24)),
                y=tuple(float(c) for c in counts),
                highlight=tuple((start + i) % 24 for i in range(8)),
                x_title=Words(en="hour", zh="小时"),
                y_title=context.noun_words(),
            ),
        )
    ]


def line_chart(
    context: Context, series: Series, *, highlight: tuple[int, ...] = (), mark_at: int | None = None
) -> ChartSpec:
    """The series as a line. Long series are drawn by weeks unless single days matter."""
    return ChartSpec(
        mark="line",
        labels=tuple(d.isoformat() for d in series.dates),
        y=tuple(float(c) for c in series.counts),
        highlight=highlight,
        mark_at=mark_at,
        x_title=series.label,
        y_title=Words(
            en=f"{context.noun.many} per {'day' if series.grain is Grain.DAY else 'month'}",
            zh=f"每{'天' if series.grain is Grain.DAY else '月'}{context.noun.zh}数",
        ),
    )
