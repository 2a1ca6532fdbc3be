"""Columns that hold the same numbers as another, and how closely rounded numbers must agree."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from datalect.report.finding import Context, Finding, plain_shape, quoted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from datalect.report.variables import Variable


_SHARE = plain_shape(percent=100)
_LEAST_ROWS = 30
_LEAST_VALUES = 8


def decimals(values: NDArray[np.float64]) -> int | None:
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

    digits = decimals(values)
    step = 0.0 if digits is None else 0.5 * 10.0**-digits
    result: NDArray[np.float64] = step * 1.0001 + np.abs(values) * 1e-9 + 1e-12
    return result


def match(target: NDArray[np.float64], guess: NDArray[np.float64]) -> float:
    """Share of rows, where both are known, in which a column equals a guess within its rounding."""
    import numpy as np

    known = ~np.isnan(target) & np.isfinite(guess)
    if known.sum() < _LEAST_ROWS:
        return 0.0
    return float((np.abs(target - guess)[known] <= _tolerance(target)[known]).mean())


def copies(context: Context, numbers: list[Variable]) -> list[Finding]:
    """Numeric columns that repeat another, the text form of a number first. Fills ``context.same``."""
    found = []
    for first, second in combinations(numbers, 2):
        if first.key in context.same or second.key in context.same or _few(first):
            continue
        a, b = arrays(first, second)
        if match(a, b) < 0.9999 or match(b, a) < 0.9999:
            continue
        # The one that was text, or else the later one, is the copy.
        copy, origin = (first, second) if _was_text(first) and not _was_text(second) else (second, first)
        result = context.reader.run(
            {
                "get": [
                    {"fn": "count", "as": "both", "where": [filled(copy.key), filled(origin.key)]},
                    {"fn": "count", "as": "equal", "where": [close(copy, origin.key)]},
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


def filled(name: str) -> dict[str, Any]:
    """A test that a column has a value."""
    return {"not": {"col": name, "op": "null"}}


def close(target: Variable, expression: Any) -> dict[str, Any]:
    """A test that a column lies within its rounding of an expression."""
    import numpy as np

    numbers = target.numbers
    if numbers is None:
        raise ValueError(f"{target.key} has no numbers")
    digits = decimals(numbers)
    largest = float(np.nanmax(np.abs(numbers)))
    limit = (0.0 if digits is None else 0.5001 * 10.0**-digits) + largest * 1e-9 + 1e-12
    return {"expr": ["abs", ["-", target.key, expression]], "op": "<=", "val": float(f"{limit:.6g}")}


def arrays(*variables: Variable) -> list[NDArray[np.float64]]:
    """The numbers of variables that have them."""
    held = [v.numbers for v in variables]
    return [n for n in held if n is not None]
