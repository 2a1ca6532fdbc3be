"""How closely numbers that were rounded must agree to be taken for equal, and trying that on a few rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datalect.data.quoting import identifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from datalect.report.finding import Context
    from datalect.report.reader import PlanResult
    from datalect.report.variables import Variable

PROBE = 192  # rows on which all candidates are tried
_FIRST = 12  # of which so many must already fit, but for one
LEAST_ROWS = 30
LEAST_MATCH = 0.98  # share of rows a formula must explain
_READ = 1_000  # values that tell how a column is rounded


def decimals(values: NDArray[np.float64]) -> int | None:
    """Decimals every value is rounded to, or None when they use full precision."""
    import numpy as np

    held = values[: 4 * _READ]
    held = held[~np.isnan(held)][:_READ]
    for digits in range(0, 7):
        if (np.abs(held - np.round(held, digits)) <= 1e-9 + 1e-12 * np.abs(held)).all():
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
    if known.sum() < LEAST_ROWS:
        return 0.0
    return float((np.abs(target - guess)[known] <= _tolerance(target)[known]).mean())


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


def agreement(
    context: Context, target: Variable, expression: Any, parts: Sequence[str]
) -> tuple[int, int, PlanResult | None, str]:
    """How many rows know a column and all parts of a formula, and in how many both agree, over all rows.

    The plan language refuses sums of unlike units, which tables hold all the same; SQL then counts.

    Returns:
        Rows known, rows equal, the plan's result where there is one, and the SQL otherwise.
    """
    test = close(target, expression)
    result = context.reader.run(
        {
            "get": [
                {"fn": "count", "as": "known", "where": [filled(n) for n in (target.key, *parts)]},
                {"fn": "count", "as": "equal", "where": [test]},
            ]
        },
        quiet=True,
    )
    if result is not None:
        return int(result.rows[0]["known"]), int(result.rows[0]["equal"]), result, ""
    known = " AND ".join(f"{identifier(n)} IS NOT NULL" for n in (target.key, *parts))
    equal = f"abs({identifier(target.key)} - ({as_sql(expression)})) <= {test['val']!r}"
    sql = (
        f"SELECT count(*) FILTER ({known}) AS known, count(*) FILTER ({equal}) AS equal "
        f"FROM {context.reader.name}"
    )
    rows = context.reader.try_rows(sql, what="a formula")
    return (int(rows[0]["known"]), int(rows[0]["equal"]), None, sql) if rows else (0, 0, None, sql)


def as_sql(expression: Any) -> str:
    """A formula as SQL over floating-point numbers."""
    if isinstance(expression, str):
        return f"{identifier(expression)}::DOUBLE"
    if not isinstance(expression, list):
        return repr(expression)
    left, right = (as_sql(part) for part in expression[1:])
    return f"({left} / nullif({right}, 0))" if expression[0] == "/" else f"({left} {expression[0]} {right})"


def arrays(*variables: Variable) -> list[NDArray[np.float64]]:
    """The numbers of variables that have them."""
    held = [v.numbers for v in variables]
    return [n for n in held if n is not None]


class Probe:
    """The first sampled rows of all columns, against which every candidate is tried.

    Args:
        held: values, (columns, rows).
    """

    def __init__(self, held: NDArray[np.float64]) -> None:
        import numpy as np

        digits = [decimals(row) for row in held]
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
        good: NDArray[np.bool_] = (total >= LEAST_ROWS) & ((close & known).sum(1) >= LEAST_MATCH * total)
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
