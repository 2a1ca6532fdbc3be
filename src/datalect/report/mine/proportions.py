"""Amounts that are a steady part of another amount."""

from __future__ import annotations

import re
from itertools import permutations
from typing import TYPE_CHECKING

from datalect.data.model import SemanticType
from datalect.report.finding import Context, Finding, plain_shape, shape_of
from datalect.report.mine.rounding import arrays

if TYPE_CHECKING:
    from datalect.report.variables import Variable


_SHARE = plain_shape(percent=100)
_MOST_COLUMNS = (
    24  # columns among which three-part formulas are sought; two-part ones among three times as many
)
# Degrees have no natural zero: a share of them means nothing.
_DEGREES = re.compile(r"(?i)(^|[_\s])(temp|temps|temperatures?|celsius|fahrenheit|degrees?)($|[_\s])|°|温")
_STEADY = 0.5  # quartile range over median of a quotient that is still called a steady proportion


def proportions(context: Context, numbers: list[Variable]) -> list[Finding]:
    """Amounts that are a steady part of another amount: a margin that is about a fifth of the total."""
    import numpy as np

    amounts = [
        v
        for v in numbers
        if v.meaning in (SemanticType.MONEY, SemanticType.COUNT, SemanticType.MEASURE)
        and v.numbers is not None
        and not _DEGREES.search(f"{v.label.en} {v.unit}")
    ][:_MOST_COLUMNS]
    found = []
    for part, whole in permutations(amounts, 2):
        a, b = arrays(part, whole)
        known = ~np.isnan(a) & ~np.isnan(b) & (b > 0)
        if known.sum() < 200 or part.key in context.derived.get(whole.key, ()):
            continue
        if whole.key in context.derived.get(part.key, ()):
            continue
        quotient = a[known] / b[known]
        low, middle, high = np.quantile(quotient, [0.25, 0.5, 0.75])
        if not 0.01 <= middle <= 0.95 or (high - low) / middle > _STEADY:
            continue
        wide = np.quantile(b[known], [0.1, 0.9])
        # Steady only means something where the whole itself varies a lot more than the quotient.
        if wide[0] <= 0 or np.log(wide[1] / wide[0]) < 4 * np.log(max(high / max(low, 1e-9), 1.0001)):
            continue
        finding = _proportion(context, part, whole)
        if finding is not None:
            found.append(finding)
    # The largest whole is the natural one: of several, keep the steadiest.
    found.sort(key=lambda f: f.values["spread"])
    kept: dict[str, Finding] = {}
    for finding in found:
        kept.setdefault(finding.columns[0], finding)
    for name, finding in kept.items():
        # What is a steady part of an amount goes with everything the amount goes with: that is no news.
        if finding.values["r"] >= 0.8:
            context.derived.setdefault(name, (finding.columns[1],))
    return list(kept.values())


def _proportion(context: Context, part: Variable, whole: Variable) -> Finding | None:
    from datalect.data.quoting import identifier

    a, b = identifier(part.key), identifier(whole.key)
    sql = (
        f"SELECT count(q) AS n, approx_quantile(q, 0.25) AS low, approx_quantile(q, 0.5) AS middle, "
        f"approx_quantile(q, 0.75) AS high, corr(x, y) AS r FROM (SELECT {a} AS x, {b} AS y, "
        f"CASE WHEN {b} > 0 THEN {a}::DOUBLE / {b} END AS q FROM {context.reader.name})"
    )
    rows = context.reader.try_rows(sql, what="proportions")
    if not rows or not rows[0]["middle"] or rows[0]["r"] is None or rows[0]["r"] < 0.5:
        return None
    row = rows[0]
    return Finding(
        form="proportion",
        type="proportion",
        columns=(part.key, whole.key),
        section="relations",
        values={
            "middle": row["middle"],
            "low": row["low"],
            "high": row["high"],
            "half": 50,
            "r": row["r"],
            "spread": (row["high"] - row["low"]) / row["middle"],
        },
        names={"column": part.label, "whole": whole.label},
        shapes={k: _SHARE for k in ("middle", "low", "high")}
        | {"half": plain_shape(percent=1), "mean": shape_of(context.column(part.key))},
        n=row["n"],
        effect=row["middle"],
        effect_name="share",
        sql=sql,
        impact=0.6,
        surprise=0.7,
        cluster=f"proportion:{part.key}",
    )
