"""What a single column shows: who holds most of it, how it is spread, what stands far out."""

from __future__ import annotations

import math
from typing import Any

from datalect.answer.ground import Words
from datalect.answer.labels import column_words
from datalect.data.model import Additivity, Column, SemanticType
from datalect.data.profile import is_number, kind_of
from datalect.data.quoting import identifier
from datalect.report.finding import Context, Finding, plain_shape, shape_of
from datalect.report.model import ChartSpec

S = SemanticType
_SHARE = plain_shape(percent=100)
_LEAST_THINGS = 200  # different values a column needs before its heavy tail is worth telling
_HEAVY = 0.5  # share of rows the top tenth holds before that is called concentrated
_MOST_GROUPS = 3_000_000  # different values that are counted exactly


def mine(context: Context) -> list[Finding]:
    """Concentration, imbalance, distribution shapes and outliers."""
    found: list[Finding] = []
    keys = {k[0] for k in context.reader.table.keys if len(k) == 1}
    for column in context.reader.columns:
        if column.name in context.same:
            continue
        if column.name not in keys:
            found += _concentration(context, column)
        found += _imbalance(context, column)
        if is_number(column.dtype):
            found += _spread(context, column)
    return found


def _concentration(context: Context, column: Column) -> list[Finding]:
    """The busiest tenth of the things a column names, and the rows they hold."""
    profile = column.profile
    groups = column.meaning.type in (S.ID, S.CODE, S.NAME, S.CATEGORY, S.EMAIL, S.URL)
    if not groups or kind_of(column.dtype) not in ("integer", "text", "uuid"):
        return []
    if not _LEAST_THINGS <= profile.distinct <= min(_MOST_GROUPS, 0.5 * (profile.rows - profile.nulls)):
        return []
    name = identifier(column.name)
    sql = (
        "SELECT count(*) AS things, sum(n) AS total, sum(n) FILTER (place <= 0.1) AS top, max(n) AS most, "
        "median(n) AS middle "
        "FROM (SELECT n, row_number() OVER (ORDER BY n DESC) / count(*) OVER () AS place "
        f"FROM (SELECT count(*) AS n FROM {context.reader.name} WHERE {name} IS NOT NULL GROUP BY {name}))"
    )
    rows = context.reader.try_rows(sql, what="concentration")
    if not rows or not rows[0]["total"]:
        return []
    row = rows[0]
    share = float(row["top"] or 0) / float(row["total"])
    if share < _HEAVY:
        return []
    label = column_words(column)
    return [
        Finding(
            form="concentration",
            type="concentration",
            columns=(column.name,),
            values={
                "share": share,
                "tenth": 10,
                "things": row["things"],
                "most": row["most"],
                "middle": float(row["middle"]),
            },
            names={"column": label},
            shapes={"share": _SHARE, "tenth": plain_shape(percent=1)},
            n=int(row["total"]),
            effect=share,
            effect_name="share",
            sql=sql,
            impact=0.45 + 0.5 * (share - _HEAVY),
            surprise=0.65,
            cluster=f"concentration:{column.name}",
        )
    ]


def _imbalance(context: Context, column: Column) -> list[Finding]:
    """One value holds nearly all rows."""
    profile = column.profile
    few = profile.values_complete and 2 <= len(profile.values) <= 20
    if not few or column.meaning.type in (S.ID, S.TEXT) or context.rows < 100:
        return []
    filled = profile.rows - profile.nulls
    if filled < 100:
        return []
    value, count = profile.values[0]
    share = count / filled
    least = 0.9
    if share < least:
        return []
    rest = filled - count
    result = context.reader.run({"by": [{"col": column.name}], "get": [{"fn": "count"}]})
    target = column.name == context.target
    return [
        Finding(
            form="imbalance",
            type="imbalance",
            columns=(column.name,),
            section="target" if target else "values",
            severity="notice" if target else "info",
            values={"share": share, "rest": rest, "rest_share": rest / filled},
            names={"column": column_words(column), "value": context.value_name(column.name, value)},
            shapes={"share": _SHARE, "rest_share": _SHARE},
            n=filled,
            effect=share,
            effect_name="share",
            result=result,
            impact=0.35,
            surprise=0.4,
            cluster=f"imbalance:{column.name}",
            target=target,
        )
    ]


def _spread(context: Context, column: Column) -> list[Finding]:
    """Skew, heaps at one value and values far out, of a numeric column."""
    import numpy as np

    variable = context.sample.variable(column.name)
    if variable is None or variable.kind != "number" or variable.numbers is None:
        return []
    held = variable.numbers[~np.isnan(variable.numbers)]
    if held.size < 200 or np.unique(held[:5000]).size < 12:
        return []
    found: list[Finding] = []
    quarters = np.quantile(held, [0.01, 0.25, 0.5, 0.75, 0.99])
    label, shape = column_words(column), shape_of(column)
    mean, middle = column.profile.mean, float(quarters[2])
    chart = histogram_chart(held, label, context)
    amounts = column.meaning.additivity is Additivity.ADDITIVE and float(held.min()) >= 0
    if amounts and mean is not None and middle > 0 and mean / middle >= 2:
        share, sql = _top_share(context, column)
        if share is not None:
            found.append(
                Finding(
                    form="heavy_amount",
                    type="concentration",
                    columns=(column.name,),
                    values={"tenth": 10, "share": share, "mean": mean},
                    names={"column": label},
                    shapes={"share": _SHARE, "mean": shape, "tenth": plain_shape(percent=1)},
                    n=column.profile.rows - column.profile.nulls,
                    effect=share,
                    effect_name="share",
                    sql=sql,
                    chart=chart,
                    impact=0.35 + 0.4 * max(0.0, share - 0.4),
                    surprise=0.4,
                    cluster=f"spread:{column.name}",
                )
            )
    found += _far_out(context, column, held, quarters, chart)
    found += _heap(context, column, held, chart)
    found += _odd_signs(context, column, held)
    return found


def _heap(context: Context, column: Column, held: Any, chart: ChartSpec) -> list[Finding]:
    """Many rows with exactly the largest or smallest value: amounts that were cut off there."""
    import numpy as np

    low, high = column.profile.minimum, column.profile.maximum
    if (
        not isinstance(low, int | float)
        or not isinstance(high, int | float)
        or column.meaning.type is S.ORDERED
    ):
        return []
    natural = (
        {0}
        | ({100} if column.meaning.type in (S.PERCENT, S.RATIO, S.RATE) else set())
        | ({1} if column.meaning.type is S.RATIO else set())
    )
    different, counts = np.unique(held, return_counts=True)
    if different.size < 40:
        return []
    for side, end, place, beside in (
        ("high", high, -1, counts[-5:-1]),
        ("low", low, 0, counts[1:5]),
    ):
        share = counts[place] / held.size
        # Zero and the whole are where many amounts end by nature; elsewhere a heap beside thin neighbours was
        # made.
        if (
            different[place] != end
            or end in natural
            or share < 0.01
            or counts[place] < 5 * max(beside.mean(), 1)
        ):
            continue
        result = context.reader.run(
            {"get": [{"fn": "count"}], "where": [{"col": column.name, "op": "=", "val": end}]}
        )
        if result is None or not result.rows[0]["count"]:
            continue
        count = int(result.rows[0]["count"])
        filled = column.profile.rows - column.profile.nulls
        return [
            Finding(
                form=f"heap_{side}",
                type="outlier",
                columns=(column.name,),
                section="trust",
                severity="notice",
                values={"count": count, "share": count / filled, "end": end},
                names={"column": column_words(column)},
                shapes={"share": _SHARE, "end": shape_of(column)},
                n=filled,
                effect=count / filled,
                effect_name="share",
                result=result,
                chart=chart,
                impact=0.5,
                surprise=0.75,
                cluster=f"heap:{column.name}",
            )
        ]
    return []


def _odd_signs(context: Context, column: Column, held: Any) -> list[Finding]:
    """A few values below zero (or exactly zero) among amounts that are otherwise above it."""
    if column.meaning.type not in (S.MONEY, S.COUNT, S.MEASURE, S.DURATION, S.RATE):
        return []
    negative = float((held < 0).mean())
    zero = float((held == 0).mean())
    low = column.profile.minimum
    below = isinstance(low, int | float) and low < 0 and negative <= 0.05
    none = (
        not below
        and column.meaning.type is S.MONEY
        and 0 < zero <= 0.02
        and isinstance(low, int | float)
        and low >= 0
    )
    if not below and not none:
        return []
    op = "<" if below else "="
    result = context.reader.run(
        {"get": [{"fn": "count"}], "where": [{"col": column.name, "op": op, "val": 0}]}
    )
    filled = column.profile.rows - column.profile.nulls
    if result is None or not 0 < result.rows[0]["count"] <= 0.05 * filled:
        return []
    count = int(result.rows[0]["count"])
    values: dict[str, Any] = {"count": count, "share": count / filled, "zero": 0}
    if below:
        values["low"] = low
    return [
        Finding(
            form="negatives" if below else "zeros",
            type="outlier",
            columns=(column.name,),
            section="trust",
            severity="notice",
            values=values,
            names={"column": column_words(column)},
            shapes={"share": _SHARE, "low": shape_of(column)},
            n=filled,
            effect=count / filled,
            effect_name="share",
            result=result,
            impact=0.45,
            surprise=0.55,
            cluster=f"sign:{column.name}",
        )
    ]


def _top_share(context: Context, column: Column) -> tuple[float | None, str]:
    """Part of the sum that the largest tenth makes up, and the SQL that tells."""
    name = identifier(column.name)
    sql = (
        "SELECT sum(v) FILTER (v >= edge) / sum(v) AS share "
        f"FROM (SELECT {name} AS v FROM {context.reader.name}), "
        f"(SELECT approx_quantile({name}, 0.9) AS edge FROM {context.reader.name})"
    )
    rows = context.reader.try_rows(sql, what="the largest amounts")
    share = rows[0]["share"] if rows else None
    return (float(share) if share is not None and 0 < float(share) < 1 else None), sql


def _far_out(context: Context, column: Column, held: Any, quarters: Any, chart: ChartSpec) -> list[Finding]:
    """A few values far outside of where all others lie, on a logarithmic scale where the column is skewed."""
    import numpy as np

    low, high = column.profile.minimum, column.profile.maximum
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return []
    log = held.min() > 0 and float(low) > 0
    scale = (lambda v: math.log(v)) if log else float
    q1, q3 = scale(float(quarters[1])), scale(float(quarters[3]))
    width = q3 - q1
    if width <= 0:
        return []
    ends = {"high": (scale(float(high)) - q3) / width, "low": (q1 - scale(float(low))) / width}
    side = max(ends, key=lambda k: ends[k])
    if ends[side] < 10:
        return []
    limit = None
    for reach in (6, 10, 20, 50, 100, 200):
        edge = q3 + reach * width if side == "high" else q1 - reach * width
        tried = math.exp(min(edge, 700.0)) if log else edge
        share = float((held > tried).mean() if side == "high" else (held < tried).mean())
        # Few enough to be outliers, and the farthest well beyond the limit: else it is a tail.
        if share <= 0.0005 and ends[side] >= 1.5 * reach and np.isfinite(tried):
            limit = tried
            break
    if limit is None:
        return []
    op = ">" if side == "high" else "<"
    limit = float(f"{limit:.3g}")
    result = context.reader.run(
        {"get": [{"fn": "count"}], "where": [{"col": column.name, "op": op, "val": limit}]}
    )
    if result is None or not result.rows[0]["count"]:
        return []
    count = result.rows[0]["count"]
    shape = shape_of(column)
    return [
        Finding(
            form=f"outlier_{side}",
            type="outlier",
            columns=(column.name,),
            section="values",
            severity="notice",
            values={
                "count": count,
                "limit": limit,
                "end": high if side == "high" else low,
                "middle": float(quarters[2]),
            },
            names={"column": column_words(column)},
            shapes={"limit": shape, "end": shape, "middle": shape},
            n=context.rows,
            effect=ends[side],
            effect_name="quartile_ranges",
            result=result,
            chart=chart,
            impact=0.45,
            surprise=0.6,
            cluster=f"outlier:{column.name}",
        )
    ]


def histogram_chart(held: Any, label: Words, context: Context, bins: int = 24) -> ChartSpec:
    """Where the sampled values lie, between the first and the last hundredth."""
    import numpy as np

    low, high = np.quantile(held, [0.005, 0.995])
    counts, edges = np.histogram(held, bins=bins, range=(low, high if high > low else low + 1))
    return ChartSpec(
        mark="histogram",
        y=tuple(float(c) for c in counts),
        edges=tuple(float(e) for e in edges),
        x_title=label,
        y_title=context.noun_words(),
    )
