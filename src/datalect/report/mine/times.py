"""How many rows there are over time: which columns, which series, and what is said of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from datalect.answer.ground import Words
from datalect.data.model import Grain, SemanticType
from datalect.report.finding import Context, Finding, plain_shape
from datalect.report.mine.course import fitted
from datalect.report.mine.events import gaps, spikes, step, trend
from datalect.report.mine.seasons import weekday
from datalect.report.mine.series import Series, same_course, series_of
from datalect.report.model import ChartSpec

if TYPE_CHECKING:
    from datalect.report.variables import Variable


_SHARE = plain_shape(percent=100)
_STEP_FLOOR = 0.12  # in logarithms
_BIRTH = re.compile(r"(?i)(^|[_\s])(dob|birth\w*|born)($|[_\s])|birth|出生|生日")


def mine(context: Context) -> list[Finding]:
    """All findings about the number of rows over time."""
    found: list[Finding] = []
    seen: list[Series] = []
    for variable in _time_columns(context):
        series = series_of(context, variable)
        if series is None or any(same_course(series, other) for other in seen):
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


def _of_series(context: Context, series: Series) -> list[Finding]:
    import numpy as np

    if series.counts.size < 12 or series.counts.max() == series.counts.min():
        return []
    fit = fitted(series)
    if fit is None:
        return []
    places = {
        "trend": context.tests.add(fit.slope_p),
        "step": context.tests.add(fit.step_p),
        "weekday": context.tests.add(fit.weekday_p),
    }
    found: list[Finding] = []
    found += trend(context, series, fit, places["trend"])
    if fit.step_at is not None and abs(fit.step) >= _STEP_FLOOR:
        found.append(step(context, series, fit, places["step"]))
    if fit.weekday is not None:
        found += weekday(context, series, fit, places["weekday"])
    found += spikes(context, series, fit)
    found += gaps(context, series)
    for finding in found:
        finding.n = finding.n or int(np.sum(series.counts))
    return found


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
