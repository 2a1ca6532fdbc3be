"""Columns computed from others: copies, products, sums, differences, quotients, steady proportions.

Candidates are sought on a few rows, sifted on the sample and counted on all rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any

from datalect.data.model import SemanticType
from datalect.report.finding import Context, Finding, plain_shape, shape_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from datalect.report.variables import Variable

_SHARE = plain_shape(percent=100)
_PROBE = 48  # rows on which all candidates are tried
_LEAST_ROWS = 30
_LEAST_MATCH = 0.98  # share of rows a formula must explain
_MOST_COLUMNS = 24  # columns among which three-part formulas are sought; two-part ones among three times as many
_LEAST_VALUES = 8
_STEADY = 0.5  # quartile range over median of a quotient that is still called a steady proportion


@dataclass(frozen=True, slots=True)
class Formula:
    """``target`` equals an expression over ``parts``; ``text`` writes it with ``{0}``, ``{1}``, ``{2}``."""

    target: str
    parts: tuple[str, ...]
    expression: Any
    text: str
    values: Any


def mine(context: Context) -> list[Finding]:
    """Copies, formulas and proportions. Fills ``context.same`` and ``context.derived``."""
    numbers = _numbers(context)
    if len(numbers) < 2:
        return []
    found = _copies(context, numbers)
    numbers = [v for v in numbers if v.key not in context.same]
    found += _formulas(context, numbers)
    found += _proportions(context, numbers)
    return found


def _numbers(context: Context) -> list[Variable]:
    """Numeric columns that vary. A part may have few values; what is computed needs more (``_degenerate``)."""
    import numpy as np

    held = []
    for variable in context.sample.variables:
        if variable.kind != "number" or variable.derived or variable.numbers is None:
            continue
        known = variable.numbers[~np.isnan(variable.numbers)]
        if known.size >= _LEAST_ROWS and np.unique(known[:20_000]).size >= 2:
            held.append(variable)
    return held


def _decimals(values: NDArray[np.float64]) -> int | None:
    """Decimals every value is rounded to, or None when they use full precision."""
    import numpy as np

    held = values[~np.isnan(values)][:2000]
    for digits in range(0, 7):
        if np.allclose(held, np.round(held, digits), rtol=1e-12, atol=1e-9):
            return digits
    return None


def _tolerance(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far a rounded value may lie from the formula that gave it."""
    import numpy as np

    digits = _decimals(values)
    step = 0.0 if digits is None else 0.5 * 10.0**-digits
    result: NDArray[np.float64] = step * 1.0001 + np.abs(values) * 1e-9 + 1e-12
    return result


def _match(target: NDArray[np.float64], guess: NDArray[np.float64]) -> float:
    import numpy as np

    known = ~np.isnan(target) & np.isfinite(guess)
    if known.sum() < _LEAST_ROWS:
        return 0.0
    return float((np.abs(target - guess)[known] <= _tolerance(target)[known]).mean())


# ---------------------------------------------------------------- copies


def _copies(context: Context, numbers: list[Variable]) -> list[Finding]:
    found = []
    for first, second in combinations(numbers, 2):
        if first.key in context.same or second.key in context.same or _few(first):
            continue
        a, b = _arrays(first, second)
        if _match(a, b) < 0.9999 or _match(b, a) < 0.9999:
            continue
        # The one that was text, or else the later one, is the copy.
        copy, origin = (first, second) if _was_text(first) and not _was_text(second) else (second, first)
        result = context.reader.run(
            {"get": [
                {"fn": "count", "as": "both", "where": [_filled(copy.key), _filled(origin.key)]},
                {"fn": "count", "as": "equal", "where": [_close(copy, origin.key)]},
            ]}
        )  # fmt: skip
        if result is None or not result.rows[0]["both"]:
            continue
        row = result.rows[0]
        if row["equal"] < 0.999 * row["both"]:
            continue
        context.same[copy.key] = origin.key
        found.append(
            Finding(
                form="copy_text" if _was_text(copy) else "copy", type="dependency",
                columns=(copy.key, origin.key), section="relations",
                values={"equal": row["equal"], "both": row["both"], "share": row["equal"] / row["both"]},
                names={"column": copy.label, "origin": origin.label}, shapes={"share": _SHARE}, n=row["both"],
                effect=row["equal"] / row["both"], effect_name="share", result=result, impact=0.55,
                surprise=0.6, cluster=f"formula:{copy.key}",
            )
        )  # fmt: skip
    return found


def _few(variable: Variable) -> bool:
    """Whether a column has so few values that equality with another may be chance."""
    import numpy as np

    numbers = variable.numbers
    return numbers is None or np.unique(numbers[~np.isnan(numbers)][:20_000]).size < _LEAST_VALUES


def _was_text(variable: Variable) -> bool:
    return variable.column is not None and variable.column.conversion is not None


def _filled(name: str) -> dict[str, Any]:
    return {"not": {"col": name, "op": "null"}}


def _close(target: Variable, expression: Any) -> dict[str, Any]:
    """A test that a column lies within its rounding of an expression."""
    import numpy as np

    numbers = target.numbers
    if numbers is None:
        raise ValueError(f"{target.key} has no numbers")
    digits = _decimals(numbers)
    largest = float(np.nanmax(np.abs(numbers)))
    limit = (0.0 if digits is None else 0.5001 * 10.0**-digits) + largest * 1e-9 + 1e-12
    return {"expr": ["abs", ["-", target.key, expression]], "op": "<=", "val": float(f"{limit:.6g}")}


def _arrays(*variables: Variable) -> list[NDArray[np.float64]]:
    held = [v.numbers for v in variables]
    return [n for n in held if n is not None]


# ---------------------------------------------------------------- formulas


def _formulas(context: Context, numbers: list[Variable]) -> list[Finding]:
    candidates = _search(numbers)
    by_target: dict[str, list[tuple[float, int, Formula]]] = {}
    lookup = {v.key: v for v in numbers}
    for formula in candidates:
        target = lookup[formula.target].numbers
        if target is None:
            continue
        share = _match(target, formula.values)
        if share >= _LEAST_MATCH and not _degenerate(target, formula, lookup):
            by_target.setdefault(formula.target, []).append((share, len(formula.parts), formula))
    found = []
    for options in by_target.values():
        options.sort(key=lambda o: (o[1], -o[0], _awkward(o[2])))
        formula = options[0][2]
        # c = a + b is the same as a = c - b: the first one told stands for all.
        family = frozenset((formula.target, *formula.parts))
        if any(family == frozenset((t, *p)) for t, p in context.derived.items()):
            continue
        finding = _confirmed(context, lookup[formula.target], formula, lookup)
        if finding is not None:
            context.derived[formula.target] = formula.parts
            found.append(finding)
    return found


def _awkward(formula: Formula) -> int:
    """Sums and products before differences, differences before quotients."""
    return formula.text.count("÷") * 4 + formula.text.count("−") * 2 + formula.text.count("×")


def _search(numbers: list[Variable]) -> list[Formula]:
    """Formulas that hold on the probe rows."""
    import numpy as np

    found: list[Formula] = []
    ordered = numbers[: 3 * _MOST_COLUMNS]
    matrix = np.stack(_arrays(*ordered))  # (columns, rows)
    names = [v.key for v in ordered]
    for i, j in combinations(range(len(ordered)), 2):
        a, b = matrix[i], matrix[j]
        for text, build, values in _pairs(names[i], names[j], a, b):
            probes = _probes(values, matrix)
            for k in np.flatnonzero(probes):
                if k not in (i, j):
                    found.append(Formula(names[k], (names[i], names[j]), build, text, values))
    few = min(len(ordered), _MOST_COLUMNS)
    for i, j in combinations(range(few), 2):
        for text, build, values in _pairs(names[i], names[j], matrix[i], matrix[j]):
            if "÷" in text:
                continue
            for k in range(few):
                if k in (i, j):
                    continue
                for text3, build3, values3 in _triples(text, build, names[k], values, matrix[k]):
                    for z in np.flatnonzero(_probes(values3, matrix[:few])):
                        if z not in (i, j, k):
                            parts = (names[i], names[j], names[k])
                            found.append(Formula(names[z], parts, build3, text3, values3))
    return found + _runs(ordered, matrix)


def _pairs(x: str, y: str, a: Any, b: Any) -> list[tuple[str, Any, Any]]:
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return [
            ("{0} × {1}", ["*", x, y], a * b),
            ("{0} + {1}", ["+", x, y], a + b),
            ("{0} − {1}", ["-", x, y], a - b),
            ("{1} − {0}", ["-", y, x], b - a),
            ("{0} ÷ {1}", ["/", x, y], a / b),
            ("{1} ÷ {0}", ["/", y, x], b / a),
            ("{0} × (1 − {1})", ["*", x, ["-", 1, y]], a * (1 - b)),
            ("{1} × (1 − {0})", ["*", y, ["-", 1, x]], b * (1 - a)),
            ("{0} × (1 + {1})", ["*", x, ["+", 1, y]], a * (1 + b)),
            ("{1} × (1 + {0})", ["*", y, ["+", 1, x]], b * (1 + a)),
            ("{0} ÷ {1} × 100", ["*", ["/", x, y], 100], a / b * 100),
            ("{1} ÷ {0} × 100", ["*", ["/", y, x], 100], b / a * 100),
        ]


def _triples(text: str, build: Any, z: str, values: Any, c: Any) -> list[tuple[str, Any, Any]]:
    if "×" in text and "1 " not in text:
        return [
            (text + " × {2}", ["*", build, z], values * c),
            (text + " × (1 − {2})", ["*", build, ["-", 1, z]], values * (1 - c)),
            (text + " × (1 + {2})", ["*", build, ["+", 1, z]], values * (1 + c)),
            (text + " − {2}", ["-", build, z], values - c),
            (text + " + {2}", ["+", build, z], values + c),
        ]
    if "+" in text and "1 " not in text:
        return [(text + " + {2}", ["+", build, z], values + c), (text + " − {2}", ["-", build, z], values - c)]
    return []


def _probes(values: Any, matrix: Any) -> Any:
    """For each column, whether the guess matches on the first rows where both are known."""
    import numpy as np

    guess, held = values[: 4 * _PROBE], matrix[:, : 4 * _PROBE]
    known = np.isfinite(guess)[None, :] & ~np.isnan(held)
    with np.errstate(invalid="ignore"):
        # Six decimals is the coarsest an exact column is rounded to; cents and whole numbers are looser.
        close = np.abs(held - guess[None, :]) <= 0.5001 * _steps(held)[:, None] + 1e-9 * np.abs(held) + 1e-12
    total = known.sum(1)
    return (total >= min(_PROBE, _LEAST_ROWS)) & ((close & known).sum(1) >= _LEAST_MATCH * total)


def _steps(held: Any) -> Any:
    import numpy as np

    out = []
    for row in held:
        digits = _decimals(row)
        out.append(0.0 if digits is None else 10.0**-digits)
    return np.array(out)


def _runs(ordered: list[Variable], matrix: Any) -> list[Formula]:
    """Totals over four or more neighbouring columns, as in statistical tables."""
    import numpy as np

    found = []
    filled = np.nan_to_num(matrix)
    sums = np.concatenate([np.zeros((1, matrix.shape[1])), np.cumsum(filled, axis=0)])
    names = [v.key for v in ordered]
    count = len(ordered)
    for i in range(count):
        for j in range(i + 4, min(count, i + 40) + 1):
            values = sums[j] - sums[i]
            for z in np.flatnonzero(_probes(values, matrix)):
                if not i <= z < j:
                    parts = tuple(names[i:j])
                    expression: Any = parts[0]
                    for name in parts[1:]:
                        expression = ["+", expression, name]
                    found.append(Formula(names[z], parts, expression, "sum", values))
    return found


def _degenerate(target: Any, formula: Formula, lookup: dict[str, Variable]) -> bool:
    """Whether the formula holds only because a part is nearly always 0 or 1, or the target follows one part."""
    import numpy as np

    known = ~np.isnan(target) & np.isfinite(formula.values)
    for name in formula.parts[:3]:
        part = lookup[name].numbers
        if part is None:
            continue
        held = part[known]
        trivial = max(float((held == 0).mean()), float((held == 1).mean())) if held.size else 1.0
        if trivial > 0.95 or _match(target, part) > 0.95:
            return True
    varied = np.unique(target[known][:20_000]).size
    return varied < _LEAST_VALUES


def _confirmed(
    context: Context, target: Variable, formula: Formula, lookup: dict[str, Variable]
) -> Finding | None:
    tests = [_filled(target.key), *(_filled(p) for p in formula.parts)]
    result = context.reader.run(
        {"get": [
            {"fn": "count", "as": "known", "where": tests},
            {"fn": "count", "as": "equal", "where": [_close(target, formula.expression)]},
        ]}
    )  # fmt: skip
    if result is None or not result.rows[0]["known"]:
        return None
    row = result.rows[0]
    share = min(1.0, row["equal"] / row["known"])
    if share < _LEAST_MATCH:
        return None
    names = {"column": target.label} | {f"p{i}": lookup[p].label for i, p in enumerate(formula.parts)}
    form = "sum" if formula.text == "sum" else "formula"
    if form == "sum":
        names = {"column": target.label, "p0": lookup[formula.parts[0]].label,
                 "p1": lookup[formula.parts[-1]].label}  # fmt: skip
    exceptions = row["known"] - row["equal"]
    return Finding(
        form=form if not exceptions else f"{form}_mostly", type="formula",
        columns=(target.key, *formula.parts), section="relations",
        severity="notice" if exceptions else "info",
        values={"known": row["known"], "equal": row["equal"], "share": share, "exceptions": max(exceptions, 0),
                "parts": len(formula.parts), "text": formula.text},
        names=names, shapes={"share": _SHARE}, n=row["known"], effect=share, effect_name="share", result=result,
        impact=0.7, surprise=0.75, cluster=f"formula:{target.key}",
    )  # fmt: skip


# ---------------------------------------------------------------- proportions


def _proportions(context: Context, numbers: list[Variable]) -> list[Finding]:
    """Amounts that are a steady part of another amount: a margin that is about a fifth of the total."""
    import numpy as np

    amounts = [
        v
        for v in numbers
        if v.meaning in (SemanticType.MONEY, SemanticType.COUNT, SemanticType.MEASURE) and v.numbers is not None
    ][:_MOST_COLUMNS]
    found = []
    for part, whole in permutations(amounts, 2):
        a, b = _arrays(part, whole)
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
    for part, finding in kept.items():
        # What is a steady part of an amount goes with everything the amount goes with: that is no news.
        if finding.values["r"] >= 0.8:
            context.derived.setdefault(part, (finding.columns[1],))
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
        form="proportion", type="proportion", columns=(part.key, whole.key), section="relations",
        values={"middle": row["middle"], "low": row["low"], "high": row["high"], "half": 50, "r": row["r"],
                "spread": (row["high"] - row["low"]) / row["middle"]},
        names={"column": part.label, "whole": whole.label},
        shapes={k: _SHARE for k in ("middle", "low", "high")} | {"half": plain_shape(percent=1),
                                                                 "mean": shape_of(context.column(part.key))},
        n=row["n"], effect=row["middle"], effect_name="share", sql=sql, impact=0.6, surprise=0.7,
        cluster=f"proportion:{part.key}",
    )  # fmt: skip
