"""A number or a yes/no along the groups of a category, and one category along another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from datalect.answer.ground import Words
from datalect.data.model import SemanticType
from datalect.report.finding import Context, Finding, plain_shape
from datalect.report.mine.inside import Inside
from datalect.report.mine.measures import (
    breakdown,
    counted,
    figure_name,
    group_name,
    impact,
    level_tests,
    measure_of,
    shared_fields,
    value_shape,
)
from datalect.report.mine.pairs import Pair
from datalect.report.model import ChartSpec
from datalect.report.variables import is_no_value

if TYPE_CHECKING:
    from datalect.answer.ground import Field


S = SemanticType
_LEAST_GROUP = 25  # rows of a group that is told or drawn
_MOST_SHOWN = 14  # bars of one chart
_SHARE = plain_shape(percent=100)


def groups(context: Context, pair: Pair, checked: list[Inside]) -> list[Finding]:
    """An outcome along the groups of a category: one group apart, or the highest and the lowest."""
    outcome, factor = pair.outcome, pair.factor
    spread = {"fn": "stddev", "col": outcome.expression, "as": "sd"}
    get = [measure_of(outcome), counted(outcome)]
    if outcome.kind != "binary" and not outcome.derived:
        get.append(spread)
    result = context.reader.run({"by": [breakdown(factor)], "get": get})
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
    common = shared_fields(context, pair, checked) | {
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
                names=name | {"group": group_name(context, factor, one["group"])},
                shapes=_shapes(shape, "value", "rest"),
                impact=impact(pair, values["value"], rest, one["n"] / total),
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
                "top": group_name(context, factor, top["group"]),
                "bottom": group_name(context, factor, bottom["group"]),
            },
            shapes=_shapes(shape, "high", "low"),
            impact=impact(pair, top["value"], bottom["value"], 0.5),
            surprise=0.45,
            **common,
        )
    ]


def _shapes(shape: Field, *keys: str) -> dict[str, Field]:
    return {k: shape for k in keys} | {"change": _SHARE, "points": plain_shape()}


def _compare(values: dict[str, Any], high: float, low: float, rate: bool, shape: Field) -> None:
    """Add the figures that set two values against each other."""
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
        labels=tuple(group_name(context, pair.factor, r["group"]).en for r in shown),
        labels_zh=tuple(group_name(context, pair.factor, r["group"]).zh for r in shown),
        y=tuple(float(r["value"]) for r in shown),
        highlight=kept,
        reference=mean,
        x_title=pair.factor.label,
        y_title=figure_name(pair.outcome),
        percent=value_shape(context, pair.outcome).percent == 100,
    )


def categories(context: Context, pair: Pair, checked: list[Inside]) -> list[Finding]:
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
        if n < max(_LEAST_GROUP, 0.01 * total) or not level_tests(n, total - n, inside, elsewhere):
            continue
        if is_no_value(r["group"]) or is_no_value(r["kind"]):
            continue
        # What moves most rows away from even: standardised residual per row.
        score = (inside - elsewhere) * math.sqrt(n / total)
        if inside >= 1.2 * elsewhere and (best is None or score > best[0]):
            best = (score, r, inside, elsewhere)
    if best is None:
        return []
    _, row, inside, elsewhere = best
    values = {"share": inside, "rest": elsewhere, "n": groups[row["group"]]}
    # A bar of three rows would outshine the group that is told.
    shown = sorted((g for g in groups if groups[g] >= _LEAST_GROUP), key=lambda g: -groups[g])[:_MOST_SHOWN]
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
            impact=impact(pair, inside, elsewhere, 0.5),
            surprise=0.5,
            cluster=f"pair:{outcome.key}|{factor.key}",
            chart=ChartSpec(
                mark="bar",
                labels=tuple(context.value_name(factor.columns[0], g).en for g in shown),
                labels_zh=tuple(context.value_name(factor.columns[0], g).zh for g in shown),
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
            **shared_fields(context, pair, checked),
        )
    ]
