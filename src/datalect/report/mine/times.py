"""How many rows there are over time, and how much of what they hold: which series, what is said of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from datalect.answer.ground import Words
from datalect.data.model import Additivity, Column, Grain, SemanticType
from datalect.data.profile import is_number
from datalect.report.finding import Context, Finding, plain_shape
from datalect.report.mine.course import fitted
from datalect.report.mine.events import gaps, spikes, step, trend
from datalect.report.mine.seasons import weekday
from datalect.report.mine.series import Series, same_course, series_of, summed
from datalect.report.model import ChartSpec

if TYPE_CHECKING:
    from datalect.report.variables import Variable


_SHARE = plain_shape(percent=100)
_STEP_FLOOR = 0.12  # in logarithms
_APART = 0.15  # in logarithms: how far a sum moves otherwise than the rows before it is news
_BIRTH = re.compile(r"(?i)(^|[_\s])(dob|birth\w*|born)($|[_\s])|birth|出生|生日")


def mine(context: Context) -> list[Finding]:
    """All findings about the number of rows over time."""
    found: list[Finding] = []
    seen: list[Series] = []
    for variable in _time_columns(context):
        sums = _measures(context) if not seen else ()
        series = series_of(context, variable, sums)
        if series is None or any(same_course(series, other) for other in seen):
            continue
        seen.append(series)
        of_rows = _of_series(context, series)
        found += of_rows
        for measure in sums:
            found += _news(_of_series(context, summed(series, measure)), of_rows)
        if series.grain is Grain.DAY and variable.column is not None:
            found += _hours(context, variable)
    return found


def _measures(context: Context) -> tuple[Column, ...]:
    """The main additive measure: money first, then what is filled most; parts of a sum last."""
    usable = [
        c
        for c in context.reader.columns
        if c.meaning.additivity is Additivity.ADDITIVE
        and is_number(c.dtype)
        and c.meaning.type is not SemanticType.BOOLEAN
        and c.name not in context.mask.personal
        and c.name not in context.same
        # Sums that may fall below zero have no logarithm.
        and isinstance(c.profile.minimum, int | float)
        and c.profile.minimum >= 0
        and c.profile.nulls <= 0.5 * c.profile.rows
    ]
    parts = {p for of in context.derived.values() for p in of}
    usable.sort(key=lambda c: (c.meaning.type is not SemanticType.MONEY, c.name in parts, c.profile.nulls))
    return tuple(usable[:1])


def _news(found: list[Finding], of_rows: list[Finding]) -> list[Finding]:
    """What sums show and rows do not: that more rows make larger sums is told by the rows."""
    news = []
    for finding in found:
        twin = next((f for f in of_rows if f.form.removesuffix("_rows") == finding.form[4:]), None)
        if twin is not None and finding.type == "trend":
            alike = abs((finding.effect or 0.0) - (twin.effect or 0.0)) < _APART
        elif twin is not None and finding.type in ("change_point", "spike"):
            apart = abs((finding.values["date"] - twin.values["date"]).days)
            alike = apart <= 3 and abs((finding.effect or 0.0) - (twin.effect or 0.0)) < _APART
        else:
            groups = {k: w for k, w in finding.names.items() if k.startswith("g")}
            alike = twin is not None and groups == {k: w for k, w in twin.names.items() if k.startswith("g")}
        if not alike:
            news.append(finding)
    return news


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
    if series.measure is None:
        found += gaps(context, series)
    for finding in found:
        finding.n = finding.n or int(np.sum(series.rows))
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
