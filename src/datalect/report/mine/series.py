"""Rows, or the sum of a measure, per day or month: on all rows, without gaps in the calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from datalect.answer.ground import Field, Words
from datalect.answer.labels import column_words
from datalect.data.model import Column, Grain
from datalect.report.finding import Context, shape_of
from datalect.report.model import ChartSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from datalect.report.reader import PlanResult
    from datalect.report.variables import Variable


_LEAST_DAYS = 56
_LEAST_MONTHS = 24
_MEAN_COUNT = 5.0  # rows per day a daily series needs


@dataclass(slots=True)
class Series:
    """Rows per day or month without gaps in the calendar; the ragged ends are cut off.

    Attributes:
        column: the column of times.
        counts: rows, or the sum of ``measure``, of each period.
        rows: rows of each period.
        measure: the column that is summed; None where rows are counted.
        sums: the sums of each measure asked for, by its name.
    """

    column: str
    label: Words
    grain: Grain
    dates: list[date]
    counts: NDArray[np.float64]
    result: PlanResult
    first: date
    last: date
    rows: NDArray[np.float64]
    measure: Column | None = None
    sums: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What tells this series from others in clusters of findings."""
        return self.column if self.measure is None else f"{self.column}|{self.measure.name}"

    @property
    def weekday(self) -> NDArray[np.int64]:
        """0 (Monday) to 6 of each day."""
        import numpy as np

        return np.array([d.weekday() for d in self.dates])


def series_of(context: Context, variable: Variable, measures: Sequence[Column] = ()) -> Series | None:
    """The series of a time column; None where the table is too short, too thin or too patchy for one."""
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
            "get": [
                {"fn": "count", "as": "rows"},
                *({"fn": "sum", "col": m.name, "as": f"sum{i}"} for i, m in enumerate(measures)),
            ],
        }
    )
    if result is None or len(result.rows) < 12:
        return None
    by_day = {d: r for r in result.rows if (d := _day(r["period"])) is not None}
    held = {d: int(r["rows"]) for d, r in by_day.items()}
    dates = _calendar(min(held), max(held), grain)
    if len(held) < 0.5 * len(dates):
        return None  # mostly empty days: a monthly or irregular table, not a daily one
    counts = np.array([held.get(d, 0) for d in dates], dtype=float)
    start, stop = _ragged(counts)
    sums = {
        m.name: np.array([float((by_day.get(d) or {}).get(f"sum{i}") or 0.0) for d in dates])[start:stop]
        for i, m in enumerate(measures)
    }
    return Series(
        column=column.name,
        label=column_words(column),
        grain=grain,
        dates=dates[start:stop],
        counts=counts[start:stop],
        result=result,
        first=low,
        last=high,
        rows=counts[start:stop],
        sums=sums,
    )


def summed(series: Series, measure: Column) -> Series:
    """The same periods with the sum of a measure in place of the number of rows."""
    return replace(series, counts=series.sums[measure.name], measure=measure)


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


def same_course(one: Series, other: Series) -> bool:
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


def series_fields(series: Series, **more: Any) -> dict[str, Any]:
    """What every finding of a series holds."""
    columns = (series.column,) if series.measure is None else (series.measure.name, series.column)
    return {"columns": columns, "section": "time", "result": series.result, **more}


def series_form(series: Series, form: str) -> str:
    """The form that says it of rows, or of a sum."""
    return form if series.measure is None else f"sum_{form.removesuffix('_rows')}"


def series_names(series: Series) -> dict[str, Words]:
    """The names a sentence about a series may hold."""
    if series.measure is None:
        return {"column": series.label}
    return {"column": series.label, "measure": column_words(series.measure)}


def amounts(series: Series, *keys: str) -> dict[str, Field]:
    """How figures of a series are written: sums have the unit of what is summed."""
    if series.measure is None:
        return {}
    return dict.fromkeys(keys, shape_of(series.measure, "sum"))


def period_shape(series: Series) -> Field:
    """How periods of a series are written."""
    return Field(
        name="", role="breakdown", kind="date", label=series.label, phrase=series.label, grain=series.grain
    )


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
        y_title=series_title(context, series),
    )


def series_title(context: Context, series: Series) -> Words:
    """What is drawn upwards."""
    day = series.grain is Grain.DAY
    what = Words(en=context.noun.many, zh=f"{context.noun.zh}数")
    if series.measure is not None:
        label = column_words(series.measure)
        what = Words(en=f"total {label.en}", zh=f"{label.zh}合计")
    return Words(en=f"{what.en} per {'day' if day else 'month'}", zh=f"每{'天' if day else '月'}{what.zh}")
