"""A number or a yes/no along another number, and along time."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from datalect.data.model import SemanticType
from datalect.report.finding import Context, Finding, shape_of
from datalect.report.mine.inside import Inside
from datalect.report.mine.measures import (
    breakdown,
    counted,
    factor_shape,
    figure_name,
    impact,
    measure_of,
    shared_fields,
    value_shape,
    yes,
)
from datalect.report.mine.pairs import Pair
from datalect.report.model import ChartSpec

if TYPE_CHECKING:
    from datalect.report.variables import Variable


_BIRTH = re.compile(r"(?i)(^|[_\s])(dob|birth\w*|born)($|[_\s])|birth|出生|生日")
_LEAST_ALONG = 0.5  # rank correlation of the averages of months or weeks with their order
_BY_VALUE = 30  # different values of a number up to which it is counted value by value


def numbers(context: Context, pair: Pair, checked: list[Inside]) -> list[Finding]:
    """An outcome along a number: value by value where there are few, else by fifths."""
    outcome, factor = pair.outcome, pair.factor
    if factor.kind == "time" or outcome.kind == "time":
        return over_time(context, pair, checked)
    few = _few_values(factor)
    rate = outcome.kind == "binary"
    if few:
        result = context.reader.run(
            {"by": [breakdown(factor)], "get": [measure_of(outcome), counted(outcome)]}
        )
        if result is None:
            return []
        known = [r for r in result.rows if r["group"] is not None and r["value"] is not None]
        least = max(30, 0.002 * sum(r["n"] for r in known))
        points = [(float(r["group"]), float(r["value"]), int(r["n"])) for r in known if r["n"] >= least]
    else:
        edges = _edges(factor)
        if len(edges) < 3:
            return []
        result = context.reader.run({"get": _by_edges(outcome, factor, edges)})
        if result is None:
            return []
        row = result.rows[0]
        middles = _middles(factor, edges)
        points = [
            (middles[i], float(row[f"v{i}"]), int(row[f"n{i}"]))
            for i in range(len(edges) - 1)
            if row[f"v{i}"] is not None and row[f"n{i}"] >= 20
        ]
    if len(points) < 2:
        return []
    points.sort()
    first, last = points[0], points[-1]
    # The ends must differ in the direction the sample shows.
    if (last[1] - first[1]) * pair.effect <= 0:
        return []
    if not rate and _as_good_as_equal(outcome, first[1], last[1]):
        return []
    values: dict[str, Any] = {"r": pair.effect, "x0": first[0], "x1": last[0], "y0": first[1], "y1": last[1]}
    form = f"{'rate' if rate else 'number'}_{'steps' if few else 'fifths'}"
    if not few:
        values |= {"part": 5}
    total = sum(p[2] for p in points)
    shape = value_shape(context, outcome)
    span = max(first[1], last[1]) / max(min(first[1], last[1]), 1e-12) if min(first[1], last[1]) > 0 else 10.0
    if rate and (abs(last[1] - first[1]) < 0.01 or span < 1.25):
        return []
    return [
        Finding(
            form=form,
            type="correlation",
            values=values,
            names={"outcome": outcome.label, "factor": factor.label},
            shapes={
                "y0": shape,
                "y1": shape,
                "x0": factor_shape(context, factor),
                "x1": factor_shape(context, factor),
            },
            effect=pair.effect,
            effect_name="pearson_of_ranks" if rate else "spearman",
            n=total,
            result=result,
            test="rank correlation",
            impact=impact(pair, last[1], first[1], 0.5),
            surprise=0.6 if factor.derived else 0.5,
            cluster=f"pair:{outcome.key}|{factor.key}",
            chart=ChartSpec(
                mark="dots",
                x=tuple(p[0] for p in points),
                y=tuple(p[1] for p in points),
                x_title=factor.label,
                y_title=figure_name(outcome),
                percent=shape.percent == 100,
                highlight=(0, len(points) - 1),
            ),
            **shared_fields(context, pair, checked),
        )
    ]


def _as_good_as_equal(outcome: Variable, one: float, other: float) -> bool:
    """Whether two averages hardly differ, beside their size and beside how much single values differ."""
    import numpy as np

    if outcome.numbers is None:
        return False
    apart = abs(one - other)
    return apart < 0.05 * max(abs(one), abs(other)) and apart < 0.1 * float(np.nanstd(outcome.numbers))


def _few_values(variable: Variable) -> bool:
    import numpy as np

    if variable.numbers is None:
        return False
    known = variable.numbers[~np.isnan(variable.numbers)]
    return np.unique(known).size <= _BY_VALUE


def _edges(factor: Variable, parts: int = 5) -> list[float]:
    """Edges of fifths, taken from the sample; a heap at one value makes fewer of them."""
    import numpy as np

    if factor.numbers is None:
        return []
    known = factor.numbers[~np.isnan(factor.numbers)]
    if known.size == 0:
        return []
    cut = np.quantile(known, np.linspace(0, 1, parts + 1)[1:-1])
    inner = sorted({float(f"{c:.6g}") for c in cut})
    low, high = float(known.min()), float(known.max())
    inner = [c for c in inner if low < c <= high]
    return [-math.inf, *inner, math.inf]


def _middles(factor: Variable, edges: list[float]) -> list[float]:
    import numpy as np

    if factor.numbers is None:
        return []
    known = factor.numbers[~np.isnan(factor.numbers)]
    out = []
    for low, high in pairwise(edges):
        inside = known[(known >= low) & (known < high)]
        out.append(float(np.median(inside)) if inside.size else float("nan"))
    return out


def _by_edges(outcome: Variable, factor: Variable, edges: list[float]) -> list[dict[str, Any]]:
    get: list[dict[str, Any]] = []
    subject = {"expr": factor.expression} if factor.derived else {"col": factor.expression}
    for i, (low, high) in enumerate(pairwise(edges)):
        where: list[dict[str, Any]] = [{"not": {**subject, "op": "null"}}]
        if math.isfinite(low):
            where.append({**subject, "op": ">=", "val": low})
        if math.isfinite(high):
            where.append({**subject, "op": "<", "val": high})
        if outcome.kind == "binary":
            num = {"fn": "count", "where": [*where, yes(outcome)]}
            den = {"fn": "count", "col": outcome.columns[0], "where": where}
            get.append({"fn": "ratio", "num": num, "den": den, "as": f"v{i}"})
        else:
            get.append({**measure_of(outcome), "where": where, "as": f"v{i}"})
        get.append({**counted(outcome), "where": where, "as": f"n{i}"})
    return get


def _goes_on(averages: list[float], effect: float) -> bool:
    """Whether the averages of months or weeks keep to one way.

    In little more than a year the course of the seasons cannot be taken off: from July to June it first falls
    and then rises, and neither end is news.
    """
    import numpy as np

    from datalect.report.stats import ranks

    if len(averages) < 6:
        return True
    along = float(np.corrcoef(np.arange(len(averages)), ranks(np.asarray(averages)))[0, 1])
    return along * effect > 0 and abs(along) >= _LEAST_ALONG


def over_time(context: Context, pair: Pair, checked: list[Inside]) -> list[Finding]:
    """A number that rises or falls over the span of the table: first and last tenth of time."""
    outcome, time = (pair.outcome, pair.factor) if pair.factor.kind == "time" else (pair.factor, pair.outcome)
    if _BIRTH.search(time.key):
        return []  # how old people are is told by their age
    if (
        outcome.meaning is SemanticType.YEAR
        or outcome.kind == "time"
        or outcome.column is None
        or time.column is None
        or time.numbers is None
    ):
        return []
    import numpy as np

    known = time.numbers[~np.isnan(time.numbers)]
    span_days = float(known.max() - known.min()) / 86_400
    grain = "year" if span_days > 1000 else "month" if span_days > 120 else "week"
    if span_days < 28:
        return []
    result = context.reader.run(
        {
            "by": [{"col": time.columns[0], "grain": grain, "as": "period"}],
            "get": [measure_of(outcome), counted(outcome)],
        }
    )
    if result is None:
        return []
    rows = [r for r in result.rows if r["period"] is not None and r["value"] is not None]
    least = 0.2 * float(np.median([r["n"] for r in rows])) if rows else 0
    rows = [r for r in rows if r["n"] >= max(5, least)]
    if len(rows) < 4 or (rows[-1]["value"] - rows[0]["value"]) * pair.effect <= 0:
        return []
    if grain != "year" and not _goes_on([float(r["value"]) for r in rows], pair.effect):
        return []
    first, last = float(rows[0]["value"]), float(rows[-1]["value"])
    shape = value_shape(context, outcome)
    from dataclasses import replace

    from datalect.data.model import Grain

    date_shape = replace(shape_of(time.column), grain=Grain(grain))
    return [
        Finding(
            form="rate_over_time" if outcome.kind == "binary" else "number_over_time",
            type="trend",
            values={
                "y0": first,
                "y1": last,
                "start": rows[0]["period"],
                "end": rows[-1]["period"],
                "r": pair.effect,
                "grain": grain,
            },
            names={"outcome": outcome.label, "factor": time.label},
            shapes={"y0": shape, "y1": shape, "start": date_shape, "end": date_shape},
            effect=pair.effect,
            effect_name="spearman",
            n=sum(r["n"] for r in rows),
            result=result,
            test="rank correlation",
            impact=impact(pair, last, first, 0.5),
            surprise=0.55,
            cluster=f"pair:{outcome.key}|time",
            chart=ChartSpec(
                mark="line",
                labels=tuple(str(r["period"])[:10] for r in rows),
                y=tuple(float(r["value"]) for r in rows),
                x_title=time.label,
                y_title=figure_name(outcome),
                percent=shape.percent == 100,
            ),
            **(shared_fields(context, pair, checked) | {"section": "time"}),
        )
    ]
