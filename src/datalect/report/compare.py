"""What changed between two tables of the same kind: rows, columns, gaps, averages, shares, periods.

Both sides are told from exact figures of the catalog, so that nothing needs to be read again.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

from datalect.answer.ground import Words
from datalect.answer.labels import column_words
from datalect.answer.safetext import visible
from datalect.data.model import Column, SemanticType, Table
from datalect.data.profile import is_number, kind_of
from datalect.report.finding import Context, Finding, plain_shape, quoted, shape_of
from datalect.report.model import ChartSpec
from datalect.report.stats import normal_two_sided

S = SemanticType
_SHARE = plain_shape(percent=100)
_POINTS = 0.03  # change of a share worth a sentence
_SHIFT = 0.1  # change of an average in standard deviations
_NO_AVERAGE = frozenset({S.ID, S.CODE, S.YEAR, S.LATITUDE, S.LONGITUDE, S.CATEGORY, S.UNKNOWN})
_SHOWN = 5


def mine(context: Context, other: Table) -> list[Finding]:
    """All changes from the other table to the one reported on."""
    before = {c.name.casefold(): c for c in other.columns if not c.hidden}
    name = Words(en=visible(other.name), zh=visible(other.name))
    found = [*_rows(context, other, name), *_columns(context, before, name)]
    for column in context.reader.columns:
        old = before.get(column.name.casefold())
        if old is None:
            continue
        if kind_of(old.dtype) != kind_of(column.dtype) and is_number(old.dtype) != is_number(column.dtype):
            found.append(_type(context, column, old, name))
            continue
        found += changes(context, column, old, name)
        found += _period(context, column, old, name)
    return found


def changes(context: Context, column: Column, old: Column, name: Words) -> list[Finding]:
    """How a column differs from what it was: gaps, average, shares, values that came or went."""
    return [
        *_missing(context, column, old, name),
        *_average(context, column, old, name),
        *_shares(context, column, old, name),
        *_values(context, column, old, name),
    ]


def _finding(
    context: Context, form: str, columns: tuple[str, ...], name: Words, values: dict[str, Any], **more: Any
) -> Finding:
    names = {"other": name, **more.pop("names", {})}
    if columns and "column" not in names:
        names["column"] = column_words(context.column(columns[0]))
    return Finding(
        form=form,
        type="change",
        columns=columns,
        section="compare",
        values=values,
        names=names,
        n=context.rows,
        cluster=f"compare:{form}:{columns[0] if columns else ''}:{values.get('key', '')}",
        **more,
    )


def _rows(context: Context, other: Table, name: Words) -> list[Finding]:
    if not other.rows or not context.rows:
        return []
    change = context.rows / other.rows - 1
    form = "compare_rows" if abs(change) >= 0.005 else "compare_rows_alike"
    values = {"new": context.rows, "old": other.rows, "change": change}
    return [
        _finding(
            context,
            form,
            (),
            name,
            values,
            shapes={"change": _SHARE},
            effect=change,
            effect_name="share",
            impact=0.5 + 0.4 * min(1.0, abs(change)),
            surprise=0.6,
        )
    ]


def _columns(context: Context, before: dict[str, Column], name: Words) -> list[Finding]:
    now = {c.name.casefold(): c for c in context.reader.columns}
    found = []
    for form, these in (
        ("compare_added", [c for k, c in now.items() if k not in before]),
        ("compare_dropped", [c for k, c in before.items() if k not in now]),
    ):
        if these:
            names = {f"k{i}": quoted(c.name) for i, c in enumerate(these[:_SHOWN])}
            values = {"count": len(these), "key": form}
            found.append(
                _finding(
                    context, form, (), name, values, names=names, severity="warning", impact=0.8, surprise=0.8
                )
            )
    return found


def _type(context: Context, column: Column, old: Column, name: Words) -> Finding:
    kinds = {
        "text": Words(en="text", zh="文本"),
        "number": Words(en="a number", zh="数字"),
        "date": Words(en="a date", zh="日期"),
        "value": Words(en="another kind of value", zh="其他类型的值"),
    }
    names = {"now": kinds[_kind(column)], "was": kinds[_kind(old)]}
    return _finding(
        context,
        "compare_type",
        (column.name,),
        name,
        {},
        names=names,
        severity="warning",
        impact=0.8,
        surprise=0.8,
    )


def _kind(column: Column) -> str:
    kind = kind_of(column.dtype)
    return {"integer": "number", "float": "number", "text": "text", "temporal": "date", "zoned": "date"}.get(
        kind, "value"
    )


def _proportions_p(a: float, n: float, b: float, m: float) -> float:
    """Two-sided p value of the difference of two shares."""
    if not n or not m:
        return 1.0
    pooled = (a + b) / (n + m)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return normal_two_sided((a / n - b / m) / spread) if spread > 0 else 1.0


def _missing(context: Context, column: Column, old: Column, name: Words) -> list[Finding]:
    now, was = column.profile, old.profile
    if not now.rows or not was.rows:
        return []
    place = context.tests.add(_proportions_p(now.nulls, now.rows, was.nulls, was.rows))
    new, past = now.nulls / now.rows, was.nulls / was.rows
    if abs(new - past) < _POINTS:
        return []
    return [
        _finding(
            context,
            "compare_missing",
            (column.name,),
            name,
            {"new": new, "old": past},
            place=place,
            test="difference of shares",
            shapes={"new": _SHARE, "old": _SHARE},
            effect=new - past,
            effect_name="share",
            severity="warning" if new > past else "notice",
            impact=0.5 + 0.5 * abs(new - past),
            surprise=0.75,
        )
    ]


def _average(context: Context, column: Column, old: Column, name: Words) -> list[Finding]:
    now, was = column.profile, old.profile
    if column.meaning.type in _NO_AVERAGE or column.name in context.mask.personal:
        return []
    if now.mean is None or was.mean is None or not now.stddev or not was.stddev:
        return []
    n, m = now.rows - now.nulls, was.rows - was.nulls
    error = math.sqrt(now.stddev**2 / max(n, 1) + was.stddev**2 / max(m, 1))
    place = context.tests.add(normal_two_sided((now.mean - was.mean) / error) if error > 0 else 1.0)
    shift = (now.mean - was.mean) / math.sqrt((now.stddev**2 + was.stddev**2) / 2)
    if abs(shift) < _SHIFT:
        return []
    shape = shape_of(column, "avg")
    return [
        _finding(
            context,
            "compare_average",
            (column.name,),
            name,
            {"value": now.mean, "rest": was.mean},
            place=place,
            test="difference of means",
            shapes={"value": shape, "rest": shape},
            effect=shift,
            effect_name="standard_deviations",
            impact=0.45 + 0.4 * min(1.0, abs(shift)),
            surprise=0.7,
        )
    ]


def _shares(context: Context, column: Column, old: Column, name: Words) -> list[Finding]:
    """The value whose share changed most."""
    now, was = column.profile, old.profile
    if not (now.values_complete and was.values_complete) or len(now.values) > 60 or len(was.values) > 60:
        return []
    if is_number(column.dtype) and column.meaning.type not in (S.CATEGORY, S.CODE, S.BOOLEAN, S.ORDERED):
        return []
    a, b = dict(now.values), dict(was.values)
    n, m = sum(a.values()), sum(b.values())
    if not n or not m:
        return []
    changes = []
    for value in a.keys() & b.keys():
        place = context.tests.add(_proportions_p(a[value], n, b[value], m))
        changes.append((a[value] / n - b[value] / m, place, value))
    if not changes:
        return []
    change, place, value = max(changes, key=lambda c: (abs(c[0]), str(c[2])))
    if abs(change) < _POINTS:
        return []
    shown = sorted(a, key=lambda v: -a[v])[:10]
    return [
        _finding(
            context,
            "compare_share",
            (column.name,),
            name,
            {"new": a[value] / n, "old": b[value] / m},
            names={"value": context.value_name(column.name, value)},
            place=place,
            test="difference of shares",
            shapes={"new": _SHARE, "old": _SHARE},
            effect=change,
            effect_name="share",
            impact=0.45 + min(0.5, 2 * abs(change)),
            surprise=0.7,
            chart=ChartSpec(
                mark="bar",
                labels=tuple(context.value_name(column.name, v).en for v in shown),
                y=tuple(a[v] / n - b.get(v, 0) / m for v in shown),
                percent=True,
                x_title=column_words(column),
                y_title=Words(en="change of share", zh="占比变化"),
            ),
        )
    ]


def _values(context: Context, column: Column, old: Column, name: Words) -> list[Finding]:
    """Groups that came or went."""
    now, was = column.profile, old.profile
    complete = now.values_complete and was.values_complete
    if not complete or kind_of(column.dtype) != "text" or column.meaning.type in (S.TEXT, S.NAME):
        return []
    a, b = dict(now.values), dict(was.values)
    found = []
    for form, these, counts in (
        ("compare_new_values", [v for v in a if v not in b], a),
        ("compare_lost_values", [v for v in b if v not in a], b),
    ):
        if not these or len(these) > 0.5 * len(counts):
            continue
        these.sort(key=lambda v: (-counts[v], str(v)))
        names = {"value": context.value_name(column.name, these[0])}
        values = {"count": len(these), "rows": sum(counts[v] for v in these), "key": form}
        found.append(
            _finding(context, form, (column.name,), name, values, names=names, impact=0.5, surprise=0.65)
        )
    return found


def _period(context: Context, column: Column, old: Column, name: Words) -> list[Finding]:
    ends = (column.profile.minimum, column.profile.maximum, old.profile.minimum, old.profile.maximum)
    if not all(isinstance(e, date | datetime) for e in ends) or (ends[0] == ends[2] and ends[1] == ends[3]):
        return []
    keys = ("from", "to", "was_from", "was_to")
    values = {k: (e.date() if isinstance(e, datetime) else e) for k, e in zip(keys, ends, strict=True)}
    if values["from"] == values["was_from"] and values["to"] == values["was_to"]:
        return []
    return [_finding(context, "compare_period", (column.name,), name, values, impact=0.4, surprise=0.4)]
