"""What changed from one period of a table to another: rows, totals, gaps, averages, shares.

Both periods are counted on all rows in one query, and one more for each column of categories.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from datalect.answer.labels import column_words
from datalect.data.model import Additivity, Column, ColumnProfile, Grain, SemanticType
from datalect.data.profile import is_number, kind_of
from datalect.data.quoting import identifier
from datalect.errors import UsageError
from datalect.report.compare import changes
from datalect.report.finding import Context, Finding, plain_shape, shape_of
from datalect.report.periods import Period

if TYPE_CHECKING:
    from collections.abc import Sequence

S = SemanticType
_SHARE = plain_shape(percent=100)
_ALIKE = 0.02  # change of a total that is worth a sentence
_MOST_TOTALS = 3
_MOST_CATEGORIES = 60  # columns whose values are counted
_MOST_VALUES = 60
_CHUNK = 100  # columns a query
_TIMES = (S.DATE, S.DATETIME)
# Parts of the date differ between two periods by definition.
_CALENDAR = re.compile(
    r"(?i)(.*[_\s])?(year|yr|quarter|qtr|month|mon|week|day|date)|.*(年|年份|季度|月|月份|周|日|日期)"
)


def mine(context: Context, time: Column, earlier: Period, later: Period) -> list[Finding]:
    """All changes from the earlier to the later period, told apart by a column of dates."""
    counted = _counted(context, time, earlier, later)
    if counted is None:
        return []
    old_rows, new_rows = int(counted[0]["rows"]), int(counted[1]["rows"])
    found = [_rows(context, old_rows, new_rows)]
    found += _partial(context, time, later, counted[1])
    totals: list[Finding] = []
    for i, column in enumerate(context.reader.columns):
        if column.name == time.name or column.meaning.type in (*_TIMES, S.YEAR):
            continue
        if _CALENDAR.fullmatch(column.name):
            continue
        values = _values(context, column, time, earlier, later)
        was, now = (_side(column, i, counted[side], values[side]) for side in (0, 1))
        found += changes(context, now, was, earlier.name)
        sums = counted[0].get(f"sum{i}"), counted[1].get(f"sum{i}")
        totals += _total(context, column, *sums, new_rows / old_rows - 1)
    found += _told_once(context, totals)
    sql = _sql(context, time, earlier, later, ("count(*) AS rows",))
    for finding in found:
        finding.form = finding.form.replace("compare_", "period_")
        finding.names |= {"other": earlier.name, "now": later.name}
        finding.n = finding.n if finding.form == "period_partial" else old_rows + new_rows
        finding.sql = finding.sql or _finding_sql(context, finding, time, earlier, later) or sql
    return found


def time_column(context: Context, by: str | None, earlier: Period, later: Period) -> Column:
    """The column that tells when a row happened: the one asked for, or the first with rows in both.

    Raises:
        UsageError: the table has no column of dates, or no rows in one of the periods.
    """
    years = earlier.grain is later.grain is Grain.YEAR
    usable = [c for c in context.reader.columns if c.meaning.type in _TIMES and kind_of(c.dtype) != "text"]
    usable += [c for c in context.reader.columns if c.meaning.type is S.YEAR and is_number(c.dtype) and years]
    if by is not None:
        usable = [c for c in usable if c.name.casefold() == by.casefold()]
    if not usable:
        raise UsageError(
            "The periods cannot be compared: there is no column of dates"
            + (" of that name." if by is not None else "."),
            expected="a column of dates" + ("" if years else " (years alone only serve to compare years)"),
            received=by or "none",
            next_step="datalect describe lists all columns and what they mean",
        )
    for column in usable:
        sides = _aggregated(context, column, earlier, later, ())
        if len(sides) == 2:
            return column
    ends = usable[0].profile
    raise UsageError(
        "One of the two periods has no rows.",
        expected=f"periods between {_shown(ends.minimum)} and {_shown(ends.maximum)} ({usable[0].name})",
        received=f"{earlier.name.en} and {later.name.en}",
    )


def _shown(end: Any) -> str:
    return str(end.date() if isinstance(end, datetime) else end)


def _moment(column: Column) -> str:
    name = identifier(column.name)
    if is_number(column.dtype):
        return f"make_date({name}::INTEGER, 1, 1)"
    return f"{name}::TIMESTAMP" if kind_of(column.dtype) == "zoned" else name


def _sql(context: Context, time: Column, earlier: Period, later: Period, parts: Sequence[str]) -> str:
    """A query with one row for each period; rows of neither are left out."""
    moment = _moment(time)
    within = [
        f"({moment} >= DATE '{p.start.isoformat()}' AND {moment} < DATE '{p.stop.isoformat()}')"
        for p in (earlier, later)
    ]
    return (
        f"SELECT CASE WHEN {within[1]} THEN 1 ELSE 0 END AS period, {', '.join(parts)} "
        f"FROM {context.reader.name} WHERE {within[0]} OR {within[1]} GROUP BY ALL ORDER BY ALL"
    )


def _aggregated(
    context: Context, time: Column, earlier: Period, later: Period, parts: Sequence[str]
) -> dict[int, dict[str, Any]]:
    sql = _sql(context, time, earlier, later, ("count(*) AS rows", *parts))
    rows = context.reader.try_rows(sql, what="comparing two periods")
    return {int(row["period"]): row for row in rows or ()}


def _counted(
    context: Context, time: Column, earlier: Period, later: Period
) -> dict[int, dict[str, Any]] | None:
    """Rows, values, average, spread and sum of every column in both periods."""
    ends = (f"min({_moment(time)}) AS first", f"max({_moment(time)}) AS last")
    sides = _aggregated(context, time, earlier, later, ends)
    columns = list(enumerate(context.reader.columns))
    for start in range(0, len(columns), _CHUNK):
        parts: list[str] = []
        for i, column in columns[start : start + _CHUNK]:
            name = identifier(column.name)
            parts.append(f"count({name}) AS n{i}")
            if is_number(column.dtype):
                figure = f"{name}::DOUBLE"
                finite = f"CASE WHEN isfinite({figure}) THEN {figure} END"
                parts += [f"{fn}({finite}) AS {fn}{i}" for fn in ("avg", "stddev_samp", "sum")]
        more = _aggregated(context, time, earlier, later, parts)
        for side, row in more.items():
            sides[side] |= row
    return sides if len(sides) == 2 else None


def _values(
    context: Context, column: Column, time: Column, earlier: Period, later: Period
) -> tuple[dict[Any, int], dict[Any, int]]:
    """How often each value of a category occurs in both periods."""
    sides: tuple[dict[Any, int], dict[Any, int]] = ({}, {})
    profile = column.profile
    few = profile.values_complete and 1 < len(profile.values) <= _MOST_VALUES
    if not few or kind_of(column.dtype) == "nested":
        return sides
    parts = (f"{identifier(column.name)} AS value", "count(*) AS rows")
    rows = context.reader.try_rows(_sql(context, time, earlier, later, parts), what="comparing two periods")
    for row in rows or ():
        if row["value"] is not None:
            sides[int(row["period"])][row["value"]] = int(row["rows"])
    return sides


def _side(column: Column, place: int, row: dict[str, Any], values: dict[Any, int]) -> Column:
    """The column as it is in one period."""
    rows = int(row["rows"])
    profile = ColumnProfile(
        rows=rows,
        nulls=rows - int(row.get(f"n{place}", rows)),
        mean=row.get(f"avg{place}"),
        stddev=row.get(f"stddev_samp{place}"),
        values=tuple(sorted(values.items(), key=lambda item: -item[1])),
        values_complete=bool(values),
    )
    return replace(column, profile=profile)


def _finding(
    context: Context, form: str, columns: tuple[str, ...], values: dict[str, Any], **more: Any
) -> Finding:
    names = {"column": column_words(context.column(columns[0]))} if columns else {}
    return Finding(
        form=form,
        type="change",
        columns=columns,
        section="compare",
        values=values,
        names=names,
        cluster=f"{form}:{columns[0] if columns else ''}",
        **more,
    )


def _rows(context: Context, old: int, new: int) -> Finding:
    change = new / old - 1
    return _finding(
        context,
        "period_rows" if abs(change) >= 0.005 else "period_rows_alike",
        (),
        {"new": new, "old": old, "change": change},
        shapes={"change": _SHARE},
        effect=change,
        effect_name="share",
        impact=0.5 + 0.4 * min(1.0, abs(change)),
        surprise=0.6,
    )


def _total(
    context: Context, column: Column, old: float | None, new: float | None, rows_change: float
) -> list[Finding]:
    """The sum of an additive column, where it moved otherwise than the number of rows."""
    if column.meaning.additivity is not Additivity.ADDITIVE or column.name in context.mask.personal:
        return []
    if new is None or old is None or old <= 0 or new <= 0:
        return []
    change = new / old - 1
    money = column.meaning.type is S.MONEY
    if abs(change) < _ALIKE or (not money and abs(change - rows_change) < _ALIKE):
        return []
    shape = shape_of(column, "sum")
    return [
        _finding(
            context,
            "period_total",
            (column.name,),
            {"new": new, "old": old, "change": change},
            shapes={"new": shape, "old": shape, "change": _SHARE},
            effect=change,
            effect_name="share",
            impact=0.55 + 0.4 * min(1.0, abs(change)),
            surprise=0.65,
        )
    ]


def _told_once(context: Context, totals: list[Finding]) -> list[Finding]:
    """Totals that moved alike are told once: by money, or else by what moved most."""
    kept: list[Finding] = []
    totals.sort(key=lambda f: (f.shapes["new"].currency is None, -abs(f.values["change"])))
    for finding in totals:
        alike = any(abs(finding.values["change"] - k.values["change"]) < _ALIKE for k in kept)
        if not alike and finding.columns[0] not in context.same and len(kept) < _MOST_TOTALS:
            kept.append(finding)
    return kept


def _partial(context: Context, time: Column, later: Period, row: dict[str, Any]) -> list[Finding]:
    """A later period that the table does not reach the end of: its counts say less than they seem to."""
    last = row.get("last")
    day = last.date() if isinstance(last, datetime) else last
    if not isinstance(day, date) or time.meaning.type is S.YEAR:
        return []
    unit = {Grain.YEAR: 366, Grain.QUARTER: 92, Grain.MONTH: 31, Grain.WEEK: 7}
    slack = max(unit.get(time.meaning.grain or Grain.DAY, 1), round(0.1 * later.days))
    if (later.stop - timedelta(days=1) - day).days <= slack:
        return []
    return [
        _finding(
            context,
            "period_partial",
            (time.name,),
            {"to": day},
            severity="warning",
            n=int(row["rows"]),
            impact=0.9,
            surprise=0.8,
        )
    ]


def _finding_sql(context: Context, finding: Finding, time: Column, earlier: Period, later: Period) -> str:
    """The query that gives the figures of a finding."""
    if not finding.columns or finding.form == "period_partial":
        return ""
    name = identifier(finding.columns[0])
    parts = {
        "period_total": ("sum({0}) AS total",),
        "period_average": ("avg({0}) AS average", "stddev_samp({0}) AS spread", "count({0}) AS n"),
        "period_missing": ("count(*) AS rows", "count({0}) AS filled"),
    }.get(finding.form, ("{0} AS value", "count(*) AS rows"))
    return _sql(context, time, earlier, later, tuple(part.format(name) for part in parts))
