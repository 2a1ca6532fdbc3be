"""Which values are missing, and what their absence goes with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datalect.answer.labels import column_words
from datalect.data.model import Column
from datalect.report.finding import Context, Finding, plain_shape
from datalect.report.mine.measures import level_tests
from datalect.report.mine.pairs import correlation
from datalect.report.model import ChartSpec
from datalect.report.stats import chi2_sf, correlation_p

if TYPE_CHECKING:
    from datalect.report.variables import Variable

_SHARE = plain_shape(percent=100)
_LEAST_SHARE = 0.002  # missing share from which its pattern is looked at
_NOTICE, _WARNING = 0.2, 0.5
_RATIO = 2.0  # times the share elsewhere that is worth a sentence
_LEAST_MISSING = 30


def mine(context: Context) -> list[Finding]:
    """Much missing, missing together, and missing where something else holds."""
    found: list[Finding] = []
    gaps = [c for c in context.reader.columns if _patterned(context, c)]
    together = _together(context, gaps)
    for finding in together:
        found.append(finding)
    explained: set[str] = {c for f in together for c in f.columns[1:]}
    for column in gaps:
        if column.name in explained:
            continue
        pattern = _by_group(context, column)
        found += pattern
        # A gap that is wholly explained needs no second sentence about its size.
        if not any(f.form == "missing_only" for f in pattern):
            found += _amount(context, column)
    return found


def _patterned(context: Context, column: Column) -> bool:
    profile = column.profile
    if column.name in context.same or column.name not in context.sample.missing or not profile.rows:
        return False
    share = profile.nulls / profile.rows
    return _LEAST_SHARE <= share < 1 and profile.nulls >= min(_LEAST_MISSING, profile.rows // 3 + 1)


def _amount(context: Context, column: Column) -> list[Finding]:
    profile = column.profile
    share = profile.nulls / profile.rows
    if share < _NOTICE and column.name != context.target:
        return []
    if profile.distinct == 1 and profile.distinct_exact:
        return []  # that it is one value or missing is told already
    result = context.reader.stated(
        {"get": [{"fn": "count", "as": "rows"}, {"fn": "count", "col": column.name, "as": "filled"}]}
    )
    return [
        Finding(
            form="missing_share",
            type="missingness",
            columns=(column.name,),
            section="trust",
            severity="warning" if share >= _WARNING else "notice",
            values={"share": share, "missing": profile.nulls},
            names={"column": column_words(column)},
            shapes={"share": _SHARE},
            n=profile.rows,
            effect=share,
            effect_name="share",
            result=result,
            impact=0.2 + 0.5 * share,
            surprise=0.4,
            cluster=f"missing:{column.name}",
        )
    ]


def _together(context: Context, columns: list[Column]) -> list[Finding]:
    """Columns that are missing in the same rows, told once for each set."""
    import numpy as np

    sets: dict[bytes, list[Column]] = {}
    for column in columns:
        sets.setdefault(np.packbits(context.sample.missing[column.name]).tobytes(), []).append(column)
    found = []
    for members in sets.values():
        lacking = int(context.sample.missing[members[0].name].sum())
        same = len({c.profile.nulls for c in members}) == 1
        if len(members) < 2 or not same or lacking < 20:
            continue
        if any(context.derived.get(a.name) for a in members):
            continue  # what is computed from a gap is a gap
        first, last = members[0], members[-1]
        share = first.profile.nulls / first.profile.rows
        result = context.reader.run(
            {
                "get": [
                    {
                        "fn": "count",
                        "as": "all",
                        "where": [{"col": c.name, "op": "null"} for c in members[:20]],
                    },
                    {"fn": "count", "as": "first", "where": [{"col": first.name, "op": "null"}]},
                ]
            }
        )
        if result is None or result.rows[0]["all"] != result.rows[0]["first"]:
            continue
        found.append(
            Finding(
                form="missing_together" if len(members) == 2 else "missing_together_many",
                type="missingness",
                columns=tuple(c.name for c in members),
                section="trust",
                severity="notice",
                values={"count": len(members), "missing": first.profile.nulls, "share": share},
                names={"column": column_words(first), "other": column_words(last)},
                shapes={"share": _SHARE},
                n=first.profile.rows,
                effect=share,
                effect_name="share",
                result=result,
                impact=0.4 + 0.2 * share,
                surprise=0.6,
                cluster=f"missing:{first.name}",
            )
        )
    return found


def _by_group(context: Context, column: Column) -> list[Finding]:
    """The category (or number) the absence of a value goes with most."""
    import numpy as np

    lacks = context.sample.missing[column.name].astype(float)
    best: tuple[float, int, Variable] | None = None
    for factor in context.sample.variables:
        if column.name in factor.columns or factor.key in context.same or factor.derived:
            continue
        if factor.codes is not None and factor.kind in ("category", "binary"):
            known = factor.codes >= 0
            if known.sum() < 100:
                continue
            codes = factor.codes[known]
            counts = np.bincount(codes, minlength=len(factor.levels)).astype(float)
            missing = np.bincount(codes, weights=lacks[known], minlength=len(factor.levels))
            usable = counts >= 25
            if usable.sum() < 2:
                continue
            p0 = missing[usable].sum() / counts[usable].sum()
            if not 0 < p0 < 1:
                continue
            statistic = float(((missing - counts * p0)[usable] ** 2 / (counts * p0 * (1 - p0))[usable]).sum())
            place = context.tests.add(chi2_sf(statistic, float(usable.sum() - 1)))
            strength = statistic / counts[usable].sum()
            if best is None or strength > best[0]:
                best = (strength, place, factor)
        elif factor.kind in ("number", "time") and factor.numbers is not None:
            known = ~np.isnan(factor.ranks)
            if known.sum() < 100 or not 15 <= lacks[known].sum() <= known.sum() - 15:
                continue
            r = correlation(factor.ranks[known], lacks[known])
            context.tests.add(1.0 if np.isnan(r) else correlation_p(r, int(known.sum())))
    if best is None or best[0] < 0.01:
        return []
    return _confirmed(context, column, best[2], best[1], best[0])


def _confirmed(
    context: Context, column: Column, factor: Variable, place: int, strength: float
) -> list[Finding]:
    result = context.reader.run(
        {
            "by": [{"col": factor.expression, "as": "group"}],
            "get": [{"fn": "count", "as": "rows"}, {"fn": "count", "col": column.name, "as": "filled"}],
        }
    )
    if result is None:
        return []
    rows = [r for r in result.rows if r["group"] is not None and r["rows"] >= 10]
    if len(rows) < 2:
        return []
    total, filled = sum(r["rows"] for r in rows), sum(r["filled"] for r in rows)
    present = [r for r in rows if r["filled"]]
    absent = [r for r in rows if not r["filled"]]
    names = {"column": column_words(column), "factor": factor.label}
    shares = {r["group"]: 1 - r["filled"] / r["rows"] for r in rows}
    common: dict[str, Any] = {
        "type": "missingness",
        "columns": (column.name, factor.columns[0]),
        "section": "trust",
        "effect": strength**0.5,
        "effect_name": "cramers_v",
        "place": place,
        "test": "chi-square",
        "n": total,
        "result": result,
        "cluster": f"missing:{column.name}",
    }
    chart = _chart(context, column, factor, shares)
    if absent and len(present) == 1 and present[0]["filled"] >= 0.5 * present[0]["rows"]:
        full = present[0]["filled"] == present[0]["rows"]
        return [
            Finding(
                form="missing_only" if full else "missing_only_mostly",
                severity="info",
                **common,
                chart=chart,
                values={"filled": filled, "within": present[0]["filled"] / present[0]["rows"], "rows": total},
                names=names | {"group": context.value_name(factor.columns[0], present[0]["group"])},
                shapes={"within": _SHARE},
                impact=0.65,
                surprise=0.75,
            )
        ]
    top = max(rows, key=lambda r: (shares[r["group"]], r["rows"]))
    rest_rows = total - top["rows"]
    rest = (rest_rows - (filled - top["filled"])) / rest_rows
    share = shares[top["group"]]
    if share < _RATIO * rest or share - rest < 0.03 or not level_tests(top["rows"], rest_rows, share, rest):
        return []
    if not top["filled"]:
        # A group that has few of the gaps must not stand for all of them.
        small = top["rows"] < 0.1 * (total - filled)
        return [
            Finding(
                form="missing_where",
                severity="notice",
                **common,
                chart=chart,
                values={"rows": top["rows"], "rest": rest},
                names=names | {"group": context.value_name(factor.columns[0], top["group"])},
                shapes={"rest": _SHARE},
                impact=0.2 if small else 0.55,
                surprise=0.3 if small else 0.7,
            )
        ]
    return [
        Finding(
            form="missing_more",
            severity="notice",
            **common,
            chart=chart,
            values={"share": share, "rest": rest, "rows": top["rows"]},
            names=names | {"group": context.value_name(factor.columns[0], top["group"])},
            shapes={"share": _SHARE, "rest": _SHARE},
            impact=0.45,
            surprise=0.65,
        )
    ]


def _chart(context: Context, column: Column, factor: Variable, shares: dict[Any, float]) -> ChartSpec:
    from datalect.answer.ground import Words

    shown = sorted(shares.items(), key=lambda p: -p[1])[:12]
    label = column_words(column)
    return ChartSpec(
        mark="bar",
        percent=True,
        x_title=factor.label,
        labels=tuple(context.value_name(factor.columns[0], g).en for g, _ in shown),
        labels_zh=tuple(context.value_name(factor.columns[0], g).zh for g, _ in shown),
        y=tuple(s for _, s in shown),
        highlight=(0,),
        y_title=Words(en=f"share without {label.en}", zh=f"缺少{label.zh}的比例"),
    )
