"""Columns that hold the same numbers as another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalect.report.finding import Context, Finding, plain_shape, quoted
from datalect.report.mine.rounding import PROBE, Probe, agreement, arrays, match

if TYPE_CHECKING:
    from datalect.report.variables import Variable


_SHARE = plain_shape(percent=100)
_LEAST_VALUES = 8


def copies(context: Context, numbers: list[Variable]) -> list[Finding]:
    """Numeric columns that repeat another, the text form of a number first. Fills ``context.same``."""
    import numpy as np

    found = []
    probe = Probe(np.stack(arrays(*numbers))[:, :PROBE])
    likely = [(i, j) for i, v in enumerate(arrays(*numbers)) for j in probe.matches(v) if i < j]
    for first, second in ((numbers[i], numbers[j]) for i, j in likely):
        if first.key in context.same or second.key in context.same or _few(first):
            continue
        a, b = arrays(first, second)
        if match(a, b) < 0.9999 or match(b, a) < 0.9999:
            continue
        # The one that was text, or else the later one, is the copy.
        copy, origin = (first, second) if _was_text(first) and not _was_text(second) else (second, first)
        both, equal, result, sql = agreement(context, copy, origin.key, (origin.key,))
        if not both or equal < 0.999 * both:
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
                values={"equal": equal, "both": both, "share": equal / both},
                names=names,
                shapes={"share": _SHARE},
                n=both,
                effect=equal / both,
                effect_name="share",
                result=result,
                sql=sql,
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
