"""Which formulas hold on the first sampled rows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from datalect.report.mine.copies import arrays, decimals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from datalect.report.variables import Variable


_PROBE = 48  # rows on which all candidates are tried, four times over where values are missing
_FIRST = 12  # of which so many must already fit, but for one
_LONGEST_RUN = 18  # columns of a total
_LEAST_ROWS = 30
_LEAST_MATCH = 0.98  # share of rows a formula must explain
_MOST_COLUMNS = (
    24  # columns among which three-part formulas are sought; two-part ones among three times as many
)


@dataclass(frozen=True, slots=True)
class Formula:
    """``target`` equals an expression over ``parts``; ``text`` writes it with ``{0}``, ``{1}``, ``{2}``."""

    target: str
    parts: tuple[str, ...]
    expression: Any
    text: str


def search(numbers: list[Variable]) -> list[Formula]:
    """Formulas that hold on the probe rows."""
    import numpy as np

    found: list[Formula] = []
    ordered = numbers[: 3 * _MOST_COLUMNS]
    names = [v.key for v in ordered]
    matrix = np.stack(arrays(*ordered))[:, : 4 * _PROBE]  # (columns, rows)
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
