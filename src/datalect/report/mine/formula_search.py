"""Which formulas hold on the first sampled rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datalect.report.mine.rounding import PROBE, Probe, arrays

if TYPE_CHECKING:
    from datalect.report.variables import Variable


_LONGEST_RUN = 18  # columns of a total
# Columns among which three-part formulas are sought; two-part ones among three times as many.
_MOST_COLUMNS = 24


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
    matrix = np.stack(arrays(*ordered))[:, :PROBE]  # (columns, rows)
    probe = Probe(matrix)
    few = min(len(ordered), _MOST_COLUMNS)
    for i, a in enumerate(matrix):
        for text, both_ways, build, guesses in _pairs(a, matrix):
            for j, z in probe.possible(guesses, len(names)):
                if len({i, j, z}) < 3 or (both_ways and j < i) or z not in probe.matches(guesses[j]):
                    continue
                found.append(Formula(names[z], (names[i], names[j]), build(names[i], names[j]), text))
            if not both_ways or i >= few:
                continue
            for j in range(i + 1, few):
                start = build(names[i], names[j])
                for text3, build3, values3 in _triples(text, start, guesses[j], matrix[:few]):
                    for k, z in probe.possible(values3, few):
                        if len({i, j, k, z}) == 4 and z in probe.matches(values3[k]):
                            parts = (names[i], names[j], names[k])
                            found.append(Formula(names[z], parts, build3(names[k]), text3))
    return found + _runs(names, matrix, probe)


def _pairs(a: Any, others: Any) -> list[tuple[str, bool, Any, Any]]:
    """Two-part formulas of a column with each other: text, whether the order is free, plan, guesses."""
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return [
            ("{0} × {1}", True, lambda x, y: ["*", x, y], a * others),
            ("{0} + {1}", True, lambda x, y: ["+", x, y], a + others),
            ("{0} − {1}", False, lambda x, y: ["-", x, y], a - others),
            ("{0} ÷ {1}", False, lambda x, y: ["/", x, y], a / others),
            ("{0} ÷ {1} × 100", False, lambda x, y: ["*", ["/", x, y], 100], a / others * 100),
            ("{0} × (1 − {1})", False, lambda x, y: ["*", x, ["-", 1, y]], a * (1 - others)),
            ("{0} × (1 + {1})", False, lambda x, y: ["*", x, ["+", 1, y]], a * (1 + others)),
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


def _runs(names: list[str], matrix: Any, probe: Probe) -> list[Formula]:
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
