"""From pairs that the sample shows to findings counted on all rows, checked inside the main groups."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from datalect.answer.dates import date_text
from datalect.answer.ground import Words
from datalect.data.model import SemanticType
from datalect.report.finding import Context, Finding, plain_shape, shape_of
from datalect.report.mine.pairs import Inside, Pair, inside_segments, rank_correlation, related, search
from datalect.report.model import ChartSpec, Segments
from datalect.report.stats import Z99, normal_two_sided

if TYPE_CHECKING:
    from datalect.answer.ground import Field
    from datalect.report.variables import Variable

S = SemanticType
_BIRTH = re.compile(r"(?i)(^|[_\s])(dob|birth\w*|born)($|[_\s])|birth|出生|生日")
FALSE_DISCOVERY = 0.01
EXPLAINED = 0.35  # part of a relation that must be left inside the groups of every other category
_MOST_CONFIRMED = 60
_MOST_SHOWN = 14  # bars of one chart
_BY_VALUE = 30  # different values of a number up to which it is counted value by value
_SHARE = plain_shape(percent=100)


def mine(context: Context) -> list[Finding]:
    """Differences between groups, correlations and associations that survive the correction."""
    pairs = [p for p in search(context) if context.tests.adjusted(p.place) <= FALSE_DISCOVERY]
    pairs = _one_of_a_family(context, _spread_over_outcomes(context, pairs))[:_MOST_CONFIRMED]
    found: list[Finding] = []
    for pair in pairs:
        new = _confirmed(context, pair)
        for finding in new:
            finding.surprise *= 0.6 if _named_alike(pair) else 1.0
        if new and _second_hand(context, pair, pairs):
            for finding in new:
                finding.surprise *= 0.4
                finding.impact *= 0.7
        found += new
    return found


def _named_alike(pair: Pair) -> bool:
    """Whether the names say that both measure the same thing: temp_min and temp_max."""
    one, other = (
        {w for w in v.label.en.lower().split() if len(w) > 2 and w.isalpha()}
        for v in (pair.outcome, pair.factor)
    )
    return pair.kind in ("numbers", "categories") and bool(one & other)


def _second_hand(context: Context, pair: Pair, pairs: list[Pair]) -> bool:
    """Whether a third number, more strongly related to the outcome, leaves little of a relation of two numbers.

    Returns fall with the rating only because both follow the delay: the delay is the news.
    """
    x, y = pair.factor, pair.outcome
    if x.kind != "number" or y.kind not in ("number", "binary"):
        return False
    for other in pairs:
        if other.outcome.key != y.key or other.factor.key == x.key or other.factor.kind != "number":
            continue
        z = other.factor
        if other.strength <= pair.strength or related(context, x, z):
            continue
        r_xy, r_zy, r_xz = pair.effect, other.effect, rank_correlation(x, z)
        left = (r_xy - r_xz * r_zy) / math.sqrt(max((1 - r_xz**2) * (1 - r_zy**2), 1e-9))
        if abs(left) < 0.4 * abs(r_xy):
            return True
    return False


def _spread_over_outcomes(context: Context, pairs: list[Pair]) -> list[Pair]:
    """Strongest first, but no outcome or factor may fill the list alone."""
    ordered = sorted(pairs, key=lambda p: (-_wanted(context, p), -p.strength))
    met: dict[str, int] = {}
    later: list[Pair] = []
    out: list[Pair] = []
    for pair in ordered:
        met[pair.outcome.key] = met.get(pair.outcome.key, 0) + 1
        met[pair.factor.key] = met.get(pair.factor.key, 0) + 1
        many = max(met[pair.outcome.key], met[pair.factor.key]) > 12
        (later if many else out).append(pair)
    return out + later


def _one_of_a_family(context: Context, pairs: list[Pair]) -> list[Pair]:
    """Of pairs between the same two families of nearly equal columns the first: forty counts that grow with the
    size of a place make one fact, not hundreds. The target stands for itself."""
    family = families(context)
    seen: set[frozenset[str]] = set()
    kept = []
    for pair in pairs:
        both = frozenset(
            v.key if context.target in v.columns else family.get(v.key, v.key)
            for v in (pair.outcome, pair.factor)
        )
        if both not in seen:
            seen.add(both)
            kept.append(pair)
    return kept


def families(context: Context) -> dict[str, str]:
    """Column -> the first column of those it is nearly equal to, directly or through others."""
    family: dict[str, str] = {}

    def root(key: str) -> str:
        while family.get(key, key) != key:
            key = family[key]
        return key

    for both in context.alike:
        one, other = sorted(both)
        family[root(other)] = root(one)
    return {key: root(key) for key in family}


def _wanted(context: Context, pair: Pair) -> int:
    return int(bool(context.target) and context.target in (*pair.outcome.columns, *pair.factor.columns))


def level_tests(n1: float, n2: float, p1: float, p2: float) -> bool:
    """Whether two shares differ by more than chance at one in a million."""
    pooled = (n1 * p1 + n2 * p2) / (n1 + n2)
    variance = pooled * (1 - pooled) * (1 / n1 + 1 / n2)
    return variance > 0 and normal_two_sided((p1 - p2) / math.sqrt(variance)) < 1e-6


# ---------------------------------------------------------------- plans


def measure_of(variable: Variable) -> dict[str, Any]:
    """The plan's measure of an outcome: its average, or the share of yes."""
    if variable.kind == "binary":
        return {
            "fn": "ratio",
            "as": "value",
            "num": {"fn": "count", "where": [yes(variable)]},
            "den": {"fn": "count", "col": variable.columns[0]},
        }
    if variable.derived:
        return {"fn": "avg", "expr": variable.expression, "as": "value"}
    return {"fn": "avg", "col": variable.expression, "as": "value"}


def yes(variable: Variable) -> dict[str, Any]:
    """The plan's test that a yes/no column says yes; 0 and 1 stand for no and yes as well."""
    return {"col": variable.columns[0], "op": "=", "val": variable.levels[1]}


def _counted(variable: Variable) -> dict[str, Any]:
    return {"fn": "count", "col": variable.columns[-1], "as": "n"}


def _breakdown(variable: Variable) -> dict[str, Any]:
    if variable.grain is not None:
        return {"col": variable.expression, "grain": variable.grain.value, "as": "group"}
    if variable.derived:
        return {"expr": variable.expression, "as": "group"}
    return {"col": variable.expression, "as": "group"}


def value_shape(context: Context, variable: Variable) -> Field:
    """How averages (or shares) of a variable are written."""
    if variable.kind == "binary":
        return _SHARE
    if variable.column is None:
        return plain_shape(unit=variable.unit)
    shape = shape_of(variable.column, "avg")
    if variable.meaning is S.RATIO and _within_one(variable):
        return plain_shape(percent=100)
    return shape


def _within_one(variable: Variable) -> bool:
    profile = variable.column.profile if variable.column is not None else None
    return (
        profile is not None
        and isinstance(profile.minimum, int | float)
        and isinstance(profile.maximum, int | float)
        and 0 <= profile.minimum
        and profile.maximum <= 1
    )


def _confirmed(context: Context, pair: Pair) -> list[Finding]:
    if pair.kind == "categories":
        return _categories(context, pair)
    if pair.kind == "times":
        return []  # groups that come at different times are told through the missing pattern and the trend
    checked = inside_segments(context, pair)
    explaining = explained_by(checked)
    if explaining is not None and pair.factor.kind != "time":
        return _turned(context, pair, explaining) if turned_around(explaining) else []
    if pair.factor.kind == "category" or (pair.factor.kind == "binary"):
        return _groups(context, pair)
    return _numbers(context, pair)


def _common(context: Context, pair: Pair) -> dict[str, Any]:
    checked = inside_segments(context, pair)
    columns = tuple(dict.fromkeys((*pair.outcome.columns, *pair.factor.columns)))
    target = _wanted(context, pair) > 0
    return {
        "columns": columns,
        "section": "target" if target else "relations",
        "target": target,
        "place": pair.place,
        "segments": segments_of(context, checked),
        "interval": pair.interval,
    }


# ---------------------------------------------------------------- groups of a category


def _groups(context: Context, pair: Pair) -> list[Finding]:
    outcome, factor = pair.outcome, pair.factor
    spread = {"fn": "stddev", "col": outcome.expression, "as": "sd"}
    get = [measure_of(outcome), _counted(outcome)]
    if outcome.kind != "binary" and not outcome.derived:
        get.append(spread)
    result = context.reader.run({"by": [_breakdown(factor)], "get": get})
    if result is None:
        return []
    rows = [r for r in result.rows if r["group"] is not None and r["value"] is not None and r["n"] >= 25]
    if len(rows) < 2:
        return []
    rows.sort(key=lambda r: -r["value"])
    total = sum(r["n"] for r in rows)
    mean = sum(r["value"] * r["n"] for r in rows) / total
    one = _stands_out(rows, mean)
    shape = value_shape(context, outcome)
    name = {"outcome": outcome.label, "factor": factor.label}
    chart = _bars(context, pair, rows, mean, highlight=(rows.index(one),) if one else (0, len(rows) - 1))
    rate = outcome.kind == "binary"
    common = _common(context, pair) | {
        "type": "difference",
        "effect": pair.effect,
        "effect_name": "eta_squared",
        "n": total,
        "result": result,
        "test": "analysis of variance" if rate else "analysis of variance on ranks",
        "chart": chart,
        "cluster": f"pair:{outcome.key}|{factor.key}",
    }
    if one is not None and len(rows) > 2:
        rest_n = total - one["n"]
        rest = (mean * total - one["value"] * one["n"]) / rest_n
        values = {"value": one["value"], "rest": rest, "n": one["n"]}
        if not _large_enough(one["value"], rest, rows, rate):
            return []
        _compare(values, one["value"], rest, rate, shape)
        return [
            Finding(
                form=f"{'rate' if rate else 'average'}_one",
                values=values,
                names=name | {"group": _group_name(context, factor, one["group"])},
                shapes=_shapes(shape, "value", "rest"),
                impact=_impact(pair, values["value"], rest, one["n"] / total),
                surprise=0.6,
                **common,
            )
        ]
    top, bottom = rows[0], rows[-1]
    if not _large_enough(top["value"], bottom["value"], rows, rate):
        return []
    values = {"high": top["value"], "low": bottom["value"], "groups": len(rows)}
    _compare(values, top["value"], bottom["value"], rate, shape)
    return [
        Finding(
            form=f"{'rate' if rate else 'average'}_ends"
            if len(rows) > 2
            else f"{'rate' if rate else 'average'}_two",
            values=values,
            names=name
            | {
                "top": _group_name(context, factor, top["group"]),
                "bottom": _group_name(context, factor, bottom["group"]),
            },
            shapes=_shapes(shape, "high", "low"),
            impact=_impact(pair, top["value"], bottom["value"], 0.5),
            surprise=0.45,
            **common,
        )
    ]


def _shapes(shape: Field, *keys: str) -> dict[str, Field]:
    return {k: shape for k in keys} | {"change": _SHARE, "points": plain_shape()}


def _compare(values: dict[str, Any], high: float, low: float, rate: bool, shape: Field) -> None:
    """The figure that sets two values against each other: times for rates and amounts, else the difference."""
    if high > 0 and low > 0:
        values["times"] = max(high, low) / min(high, low)
        values["change"] = high / low - 1


def _stands_out(rows: list[dict[str, Any]], mean: float) -> dict[str, Any] | None:
    """The one group that lies apart from all others, if there is one."""
    if len(rows) < 3:
        return None
    values = [r["value"] for r in rows]
    top_gap, bottom_gap = values[0] - values[1], values[-2] - values[-1]
    span = values[0] - values[-1]
    if span <= 0:
        return None
    if top_gap >= bottom_gap and top_gap >= 0.6 * span:
        return rows[0]
    if bottom_gap > top_gap and bottom_gap >= 0.6 * span:
        return rows[-1]
    return None


def _large_enough(high: float, low: float, rows: list[dict[str, Any]], rate: bool) -> bool:
    """Whether the difference matters on the scale of the figure itself, not only by its certainty."""
    gap = abs(high - low)
    if rate:
        return gap >= 0.01 and (gap >= 0.05 or max(high, low) >= 1.25 * max(min(high, low), 1e-9))
    if "sd" in rows[0]:
        spread = max((r["sd"] or 0.0) for r in rows)
        if spread > 0 and gap / spread >= 0.15:
            return True
        return spread == 0 and gap > 0
    return gap > 0


def _impact(pair: Pair, high: float, low: float, share: float) -> float:
    """How strong the relation is and how much of the table it concerns."""
    reach = math.sqrt(max(min(share, 1 - share), 0.02) * 4)
    strength = pair.strength
    if pair.kind == "rates" and low > 0 and high > 0:
        # A rate that is ten times as high matters however rare the outcome is.
        strength = max(strength, min(1.0, abs(math.log(high / low)) / math.log(20)))
    return min(1.0, 0.25 + 0.55 * math.sqrt(min(1.0, strength)) * (0.6 + 0.4 * reach))


def _group_name(context: Context, factor: Variable, value: Any) -> Words:
    if factor.grain is not None:
        return Words(
            en=date_text(int(value), factor.grain, "en"), zh=date_text(int(value), factor.grain, "zh")
        )
    return context.value_name(factor.columns[0], value)


def _bars(
    context: Context, pair: Pair, rows: list[dict[str, Any]], mean: float, highlight: tuple[int, ...]
) -> ChartSpec:
    shown, kept = rows, highlight
    if len(rows) > _MOST_SHOWN:
        half = _MOST_SHOWN // 2
        shown = rows[:half] + rows[-half:]
        kept = tuple(i if i < half else len(shown) - (len(rows) - i) for i in highlight)
    ordered = pair.factor.meaning is S.ORDERED or pair.factor.grain is not None
    if ordered:
        names = [r["group"] for r in shown]
        shown = sorted(shown, key=lambda r: str(r["group"]) if isinstance(r["group"], str) else r["group"])
        kept = tuple(
            shown.index(next(r for r in shown if r["group"] == names[i])) for i in kept if i < len(names)
        )
    return ChartSpec(
        mark="bar",
        labels=tuple(_group_name(context, pair.factor, r["group"]).en for r in shown),
        y=tuple(float(r["value"]) for r in shown),
        highlight=kept,
        reference=mean,
        x_title=pair.factor.label,
        y_title=_figure_name(pair.outcome),
        percent=value_shape(context, pair.outcome).percent == 100,
    )


def _figure_name(variable: Variable) -> Words:
    if variable.kind == "binary":
        return Words(en=f"share with {variable.label.en}", zh=f"{variable.label.zh}的比例")
    return Words(en=f"average {variable.label.en}", zh=f"平均{variable.label.zh}")


# ---------------------------------------------------------------- Simpson's paradox


def _turned(context: Context, pair: Pair, inside: Inside) -> list[Finding]:
    """A correlation of two numbers that turns around inside the groups of a category, confirmed on all rows."""
    outcome, factor = pair.outcome, pair.factor
    plain = (
        outcome.kind == "number" and factor.kind == "number" and not outcome.derived and not factor.derived
    )
    if not plain:
        return []
    segment = inside.segment
    measure = {"fn": "corr", "col": outcome.columns[0], "with": factor.columns[0], "as": "r"}
    count = {"fn": "count", "as": "n"}
    result = context.reader.run({"by": [{"col": segment.expression, "as": "group"}], "get": [measure, count]})
    whole = context.reader.run({"get": [measure]})
    if result is None or whole is None or whole.rows[0]["r"] is None:
        return []
    overall = float(whole.rows[0]["r"])
    rows = [r for r in result.rows if r["group"] is not None and r["r"] is not None and r["n"] >= 30]
    opposite = [r for r in rows if r["r"] * overall < 0]
    if len(rows) < 2 or len(opposite) < 0.7 * len(rows) or overall * pair.effect <= 0:
        return []
    return [
        Finding(
            form="turned",
            type="correlation",
            columns=(*outcome.columns, *factor.columns, *segment.columns),
            section="relations",
            severity="notice",
            place=pair.place,
            test="rank correlation",
            values={"r": overall, "opposite": len(opposite), "groups": len(rows)},
            names={"outcome": outcome.label, "factor": factor.label, "segment": segment.label},
            effect=pair.effect,
            effect_name="spearman",
            interval=pair.interval,
            n=sum(r["n"] for r in rows),
            result=result,
            impact=0.75,
            surprise=0.95,
            cluster=f"pair:{outcome.key}|{factor.key}",
            target=_wanted(context, pair) > 0,
            segments=Segments(column=segment.columns[0], held=len(rows) - len(opposite), of=len(rows)),
            chart=ChartSpec(
                mark="bar",
                labels=tuple(context.value_name(segment.columns[0], r["group"]).en for r in rows),
                y=tuple(float(r["r"]) for r in rows),
                reference=overall,
                x_title=segment.label,
                y_title=Words(en="correlation", zh="相关系数"),
            ),
        )
    ]


# ---------------------------------------------------------------- along a number


def _numbers(context: Context, pair: Pair) -> list[Finding]:
    """An outcome along a number: value by value where there are few, else by fifths."""
    outcome, factor = pair.outcome, pair.factor
    if factor.kind == "time" or outcome.kind == "time":
        return _over_time(context, pair)
    few = _few_values(factor)
    rate = outcome.kind == "binary"
    if few:
        result = context.reader.run(
            {"by": [_breakdown(factor)], "get": [measure_of(outcome), _counted(outcome)]}
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
                "x0": _factor_shape(context, factor),
                "x1": _factor_shape(context, factor),
            },
            effect=pair.effect,
            effect_name="pearson_of_ranks" if rate else "spearman",
            n=total,
            result=result,
            test="rank correlation",
            impact=_impact(pair, last[1], first[1], 0.5),
            surprise=0.6 if factor.derived else 0.5,
            cluster=f"pair:{outcome.key}|{factor.key}",
            chart=ChartSpec(
                mark="dots",
                x=tuple(p[0] for p in points),
                y=tuple(p[1] for p in points),
                x_title=factor.label,
                y_title=_figure_name(outcome),
                percent=shape.percent == 100,
                highlight=(0, len(points) - 1),
            ),
            **_common(context, pair),
        )
    ]


def _few_values(variable: Variable) -> bool:
    import numpy as np

    if variable.numbers is None:
        return False
    known = variable.numbers[~np.isnan(variable.numbers)]
    return np.unique(known).size <= _BY_VALUE


def _factor_shape(context: Context, factor: Variable) -> Field:
    if factor.column is None:
        return plain_shape(unit=factor.unit)
    if factor.meaning is S.RATIO and _within_one(factor):
        return plain_shape(percent=100)
    return shape_of(factor.column)


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
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = known[(known >= low) & (known < high)]
        out.append(float(np.median(inside)) if inside.size else float("nan"))
    return out


def _by_edges(outcome: Variable, factor: Variable, edges: list[float]) -> list[dict[str, Any]]:
    get: list[dict[str, Any]] = []
    subject = {"expr": factor.expression} if factor.derived else {"col": factor.expression}
    for i, (low, high) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
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
        get.append({**_counted(outcome), "where": where, "as": f"n{i}"})
    return get


def _over_time(context: Context, pair: Pair) -> list[Finding]:
    """A number that rises or falls over the span of the table: first and last tenth of time."""
    outcome, time = (pair.outcome, pair.factor) if pair.factor.kind == "time" else (pair.factor, pair.outcome)
    if _BIRTH.search(time.key):
        return []  # how old people are is told by their age
    if outcome.kind == "time" or outcome.column is None or time.column is None or time.numbers is None:
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
            "get": [measure_of(outcome), _counted(outcome)],
        }
    )
    if result is None:
        return []
    rows = [r for r in result.rows if r["period"] is not None and r["value"] is not None]
    least = 0.2 * float(np.median([r["n"] for r in rows])) if rows else 0
    rows = [r for r in rows if r["n"] >= max(5, least)]
    if len(rows) < 4 or (rows[-1]["value"] - rows[0]["value"]) * pair.effect <= 0:
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
            impact=_impact(pair, last, first, 0.5),
            surprise=0.55,
            cluster=f"pair:{outcome.key}|time",
            chart=ChartSpec(
                mark="line",
                labels=tuple(str(r["period"])[:10] for r in rows),
                y=tuple(float(r["value"]) for r in rows),
                x_title=time.label,
                y_title=_figure_name(outcome),
                percent=shape.percent == 100,
            ),
            **(_common(context, pair) | {"section": "time"}),
        )
    ]


# ---------------------------------------------------------------- two categories


def _categories(context: Context, pair: Pair) -> list[Finding]:
    """The cell that is most over-represented: its share inside a group against its share elsewhere."""
    outcome, factor = pair.outcome, pair.factor
    result = context.reader.run(
        {
            "by": [{"col": factor.expression, "as": "group"}, {"col": outcome.expression, "as": "kind"}],
            "get": [{"fn": "count", "as": "n"}],
        }
    )
    if result is None:
        return []
    rows = [r for r in result.rows if r["group"] is not None and r["kind"] is not None]
    groups: dict[Any, int] = {}
    kinds: dict[Any, int] = {}
    for r in rows:
        groups[r["group"]] = groups.get(r["group"], 0) + r["n"]
        kinds[r["kind"]] = kinds.get(r["kind"], 0) + r["n"]
    total = sum(groups.values())
    best: tuple[float, dict[str, Any], float, float] | None = None
    for r in rows:
        n = groups[r["group"]]
        inside, elsewhere = r["n"] / n, (kinds[r["kind"]] - r["n"]) / max(total - n, 1)
        if n < max(50, 0.01 * total) or not level_tests(n, total - n, inside, elsewhere):
            continue
        # What moves most rows away from even: standardised residual per row.
        score = (inside - elsewhere) * math.sqrt(n / total)
        if inside >= 1.2 * elsewhere and (best is None or score > best[0]):
            best = (score, r, inside, elsewhere)
    if best is None:
        return []
    _, row, inside, elsewhere = best
    values = {"share": inside, "rest": elsewhere, "n": groups[row["group"]]}
    shown = sorted(groups, key=lambda g: -groups[g])[:_MOST_SHOWN]
    if row["group"] not in shown:
        shown[-1] = row["group"]
    held = {r["group"]: r["n"] / groups[r["group"]] for r in rows if r["kind"] == row["kind"]}
    shown.sort(key=lambda g: -held.get(g, 0.0))
    return [
        Finding(
            form="category_share",
            type="association",
            values=values,
            names={
                "outcome": outcome.label,
                "factor": factor.label,
                "kind": context.value_name(outcome.columns[0], row["kind"]),
                "group": context.value_name(factor.columns[0], row["group"]),
            },
            shapes={"share": _SHARE, "rest": _SHARE},
            effect=pair.effect,
            effect_name="cramers_v",
            n=total,
            result=result,
            test="chi-square",
            impact=_impact(pair, inside, elsewhere, 0.5),
            surprise=0.5,
            cluster=f"pair:{outcome.key}|{factor.key}",
            chart=ChartSpec(
                mark="bar",
                labels=tuple(context.value_name(factor.columns[0], g).en for g in shown),
                y=tuple(held.get(g, 0.0) for g in shown),
                highlight=(shown.index(row["group"]),),
                percent=True,
                reference=kinds[row["kind"]] / total,
                x_title=factor.label,
                y_title=Words(
                    en=f"share of {context.value_name(outcome.columns[0], row['kind']).en}",
                    zh=f"{context.value_name(outcome.columns[0], row['kind']).zh}的比例",
                ),
            ),
            **_common(context, pair),
        )
    ]


# ---------------------------------------------------------------- inside the main groups


def segments_of(context: Context, checked: list[Inside]) -> Segments | None:
    """The column inside whose groups the relation holds least."""
    worst: tuple[float, Segments] | None = None
    for inside in checked:
        # Only a clear opposite counts against it; near zero may be chance.
        against = [level for level, r, n in inside.groups if r < 0 and abs(r) * math.sqrt(n) > Z99]
        held = sum(1 for _, r, _ in inside.groups if r > 0)
        share = held / len(inside.groups)
        if worst is None or share < worst[0]:
            column = inside.segment.columns[0]
            names = tuple(context.value_name(column, inside.segment.levels[level]).en for level in against)
            segments = Segments(
                column=column, held=held, of=len(inside.groups), against=names, columns=len(checked)
            )
            worst = (share, segments)
    return worst[1] if worst else None


def explained_by(checked: list[Inside]) -> Inside | None:
    """The category that explains a relation away: inside its groups little or the opposite of it is left."""
    weakest = min(checked, key=lambda i: i.pooled / i.overall if i.overall else 1.0, default=None)
    if weakest is None or not weakest.overall or weakest.pooled >= EXPLAINED * weakest.overall:
        return None
    return weakest


def turned_around(inside: Inside) -> bool:
    """Simpson's paradox: the opposite direction in most groups, and clearly so on average."""
    rows = sum(n for _, _, n in inside.groups)
    opposite = sum(1 for _, r, _ in inside.groups if r < 0)
    return opposite > 0.7 * len(inside.groups) and inside.pooled * math.sqrt(rows) < -5
