"""Columns computed from others: copies, products, sums, differences, quotients, steady proportions.

Candidates are sought on a few rows, sifted on the sample and counted on all rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any

from datalect.data.model import SemanticType
from datalect.report.finding import Context, Finding, plain_shape, quoted, shape_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from datalect.report.variables import Variable

_SHARE = plain_shape(percent=100)
_PROBE = 48  # rows on which all candidates are tried, four times over where values are missing
_FIRST = 12  # of which so many must already fit, but for one
_LONGEST_RUN = 18  # columns of a total
_LEAST_ROWS = 30
_LEAST_MATCH = 0.98  # share of rows a formula must explain
_MOST_COLUMNS = (
    24  # columns among which three-part formulas are sought; two-part ones among three times as many
)
_LEAST_VALUES = 8
_STEADY = 0.5  # quartile range over median of a quotient that is still called a steady proportion


@dataclass(frozen=True, slots=True)
class Formula:
    """``target`` equals an expression over ``parts``; ``text`` writes it with ``{0}``, ``{1}``, ``{2}``."""

    target: str
    parts: tuple[str, ...]
    expression: Any
    text: str


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
            {
                "get": [
                    {"fn": "count", "as": "both", "where": [_filled(copy.key), _filled(origin.key)]},
                    {"fn": "count", "as": "equal", "where": [_close(copy, origin.key)]},
                ]
            }
        )
        if result is None or not result.rows[0]["both"]:
            continue
        row = result.rows[0]
        if row["equal"] < 0.999 * row["both"]:
            continue
        context.same[copy.key] = origin.key
        names = {"column": copy.label, "origin": origin.label}
        if copy.column is not None and copy.column.conversion is not None and copy.column.conversion.examples:
            names["example"] = quoted(context.mask.value(copy.key, copy.column.conversion.examples[0][0]))
        found.append(
            Finding(
                form="copy_text" if "example" in names else "copy",
                type="dependency",
                columns=(copy.key, origin.key),
                section="relations",
                values={"equal": row["equal"], "both": row["both"], "share": row["equal"] / row["both"]},
                names=names,
                shapes={"share": _SHARE},
                n=row["both"],
                effect=row["equal"] / row["both"],
                effect_name="share",
                result=result,
                impact=0.65,
                surprise=0.65,
                cluster=f"{'text' if 'example' in names else 'formula'}:{copy.key}",
            )
        )
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
        values = evaluate(formula.expression, lookup)
        share = _match(target, values)
        if share >= _LEAST_MATCH and not _degenerate(target, values, formula, lookup):
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
    names = [v.key for v in ordered]
    matrix = np.stack(_arrays(*ordered))[:, : 4 * _PROBE]  # (columns, rows)
    probe = _Probe(matrix)
    few = min(len(ordered), _MOST_COLUMNS)
    for i, j in combinations(range(len(ordered)), 2):
        for text, build, values in _pairs(names[i], names[j], matrix[i], matrix[j]):
            for z in probe.matches(values):
                if z not in (i, j):
                    found.append(Formula(names[z], (names[i], names[j]), build, text))
            if j >= few or "÷" in text:
                continue
            for text3, build3, values3 in _triples(text, build, values, matrix[:few]):
                for k, z in probe.possible(values3, few):
                    if len({i, j, k, z}) == 4 and z in probe.matches(values3[k]):
                        parts = (names[i], names[j], names[k])
                        found.append(Formula(names[z], parts, build3(names[k]), text3))
    return found + _runs(names, matrix, probe)


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


def _triples(text: str, build: Any, values: Any, others: Any) -> list[tuple[str, Any, Any]]:
    """A two-part formula continued with each other column: (other columns, rows) of guesses."""
    product = "×" in text and "1 " not in text
    if product:
        return [
            (text + " × {2}", lambda z: ["*", build, z], values * others),
            (text + " × (1 − {2})", lambda z: ["*", build, ["-", 1, z]], values * (1 - others)),
            (text + " × (1 + {2})", lambda z: ["*", build, ["+", 1, z]], values * (1 + others)),
            (text + " − {2}", lambda z: ["-", build, z], values - others),
            (text + " + {2}", lambda z: ["+", build, z], values + others),
        ]
    if "+" in text and "1 " not in text:
        return [
            (text + " + {2}", lambda z: ["+", build, z], values + others),
            (text + " − {2}", lambda z: ["-", build, z], values - others),
        ]
    return []


def evaluate(expression: Any, lookup: dict[str, Variable]) -> Any:
    """A formula's expression over the whole sample."""
    import numpy as np

    if isinstance(expression, str):
        return lookup[expression].numbers
    if not isinstance(expression, list):
        return expression
    parts = [evaluate(part, lookup) for part in expression[1:]]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        total = parts[0]
        for part in parts[1:]:
            match expression[0]:
                case "+":
                    total = total + part
                case "-":
                    total = total - part
                case "*":
                    total = total * part
                case _:
                    total = total / part
    return total


class _Probe:
    """The first sampled rows of all columns, against which every candidate is tried.

    Args:
        held: values, (columns, rows).
    """

    def __init__(self, held: NDArray[np.float64]) -> None:
        import numpy as np

        digits = [_decimals(row) for row in held]
        steps = np.array([0.0 if d is None else 10.0**-d for d in digits])
        self._held = held
        self._known = ~np.isnan(held)
        # Cents and whole numbers may differ by half a step, full precision only by what computing loses.
        self._within = 0.5001 * steps[:, None] + 1e-9 * np.abs(held) + 1e-12

    def matches(self, values: NDArray[np.float64]) -> list[int]:
        """Columns that nearly always equal the guess where both are known."""
        import numpy as np

        guess = values[: self._held.shape[1]]
        finite = np.isfinite(guess)
        known = self._known & finite[None, :]
        with np.errstate(invalid="ignore"):
            close = np.abs(self._held - guess[None, :]) <= self._within
        total = known.sum(1)
        good: NDArray[np.bool_] = (total >= _LEAST_ROWS) & ((close & known).sum(1) >= _LEAST_MATCH * total)
        return [int(k) for k in np.flatnonzero(good)]

    def possible(self, guesses: NDArray[np.float64], few: int) -> list[tuple[int, int]]:
        """Pairs of guess and column that the very first rows do not rule out.

        Args:
            guesses: (guesses, rows).
            few: only the first so many columns are tried.
        """
        import numpy as np

        first = guesses[:, None, :_FIRST]
        held = self._held[None, :few, :_FIRST]
        with np.errstate(invalid="ignore"):
            far = np.abs(held - first) > self._within[None, :few, :_FIRST]  # False where either is missing
        return [(int(k), int(z)) for k, z in np.argwhere(far.sum(2) <= 1)]


def _runs(names: list[str], matrix: Any, probe: _Probe) -> list[Formula]:
    """Totals over four or more neighbouring columns, as in statistical tables."""
    import numpy as np

    found = []
    sums = np.concatenate([np.zeros((1, matrix.shape[1])), np.cumsum(np.nan_to_num(matrix), axis=0)])
    for i in range(len(names)):
        for j in range(i + 4, min(len(names), i + _LONGEST_RUN) + 1):
            for z in probe.matches(sums[j] - sums[i]):
                if not i <= z < j:
                    expression: Any = names[i]
                    for name in names[i + 1 : j]:
                        expression = ["+", expression, name]
                    found.append(Formula(names[z], tuple(names[i:j]), expression, "sum"))
    return found


def _degenerate(target: Any, values: Any, formula: Formula, lookup: dict[str, Variable]) -> bool:
    """Whether the formula holds only because a part is nearly always 0 or 1, or the target follows one part."""
    import numpy as np

    known = ~np.isnan(target) & np.isfinite(values)
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
        {
            "get": [
                {"fn": "count", "as": "known", "where": tests},
                {"fn": "count", "as": "equal", "where": [_close(target, formula.expression)]},
            ]
        }
    )
    if result is None or not result.rows[0]["known"]:
        return None
    row = result.rows[0]
    share = min(1.0, row["equal"] / row["known"])
    if share < _LEAST_MATCH:
        return None
    names = {"column": target.label} | {f"p{i}": lookup[p].label for i, p in enumerate(formula.parts)}
    form = "sum" if formula.text == "sum" else "formula"
    if form == "sum":
        names = {
            "column": target.label,
            "p0": lookup[formula.parts[0]].label,
            "p1": lookup[formula.parts[-1]].label,
        }
    exceptions = row["known"] - row["equal"]
    return Finding(
        form=form if not exceptions else f"{form}_mostly",
        type="formula",
        columns=(target.key, *formula.parts),
        section="relations",
        severity="notice" if exceptions else "info",
        values={
            "known": row["known"],
            "equal": row["equal"],
            "share": share,
            "exceptions": max(exceptions, 0),
            "parts": len(formula.parts),
            "text": formula.text,
        },
        names=names,
        shapes={"share": _SHARE},
        n=row["known"],
        effect=share,
        effect_name="share",
        result=result,
        impact=0.7,
        surprise=0.75,
        cluster=f"formula:{target.key}",
    )


# ---------------------------------------------------------------- proportions


def _proportions(context: Context, numbers: list[Variable]) -> list[Finding]:
    """Amounts that are a steady part of another amount: a margin that is about a fifth of the total."""
    import numpy as np

    amounts = [
        v
        for v in numbers
        if v.meaning in (SemanticType.MONEY, SemanticType.COUNT, SemanticType.MEASURE)
        and v.numbers is not None
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
