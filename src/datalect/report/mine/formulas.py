"""Columns computed from others: copies, products, sums, differences, quotients.

Candidates are sought on a few rows, sifted on the sample and counted on all rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datalect.report.finding import Context, Finding, plain_shape
from datalect.report.mine.copies import copies
from datalect.report.mine.formula_search import Formula, evaluate, search
from datalect.report.mine.proportions import proportions
from datalect.report.mine.rounding import LEAST_MATCH, LEAST_ROWS, agreement, match

if TYPE_CHECKING:
    from datalect.report.variables import Variable


_SHARE = plain_shape(percent=100)
_LEAST_VALUES = 8


def mine(context: Context) -> list[Finding]:
    """Copies, formulas and proportions. Fills ``context.same`` and ``context.derived``."""
    numbers = _numbers(context)
    if len(numbers) < 2:
        return []
    found = copies(context, numbers)
    numbers = [v for v in numbers if v.key not in context.same]
    found += _formulas(context, numbers)
    found += proportions(context, numbers)
    return found


def _numbers(context: Context) -> list[Variable]:
    """Numeric columns that vary. What is computed needs more different values (``_degenerate``)."""
    import numpy as np

    held = []
    for variable in context.sample.variables:
        if variable.kind != "number" or variable.derived or variable.numbers is None:
            continue
        known = variable.numbers[~np.isnan(variable.numbers)]
        if known.size >= LEAST_ROWS and np.unique(known[:20_000]).size >= 2:
            held.append(variable)
    return held


def _formulas(context: Context, numbers: list[Variable]) -> list[Finding]:
    candidates = search(numbers)
    by_target: dict[str, list[tuple[float, int, Formula]]] = {}
    lookup = {v.key: v for v in numbers}
    for formula in candidates:
        target = lookup[formula.target].numbers
        if target is None:
            continue
        values = evaluate(formula.expression, lookup)
        share = match(target, values)
        if share >= LEAST_MATCH and not _degenerate(target, values, formula, lookup):
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


def _degenerate(target: Any, values: Any, formula: Formula, lookup: dict[str, Variable]) -> bool:
    """Whether a formula holds only because a part is nearly always 0 or 1, or is the whole target."""
    import numpy as np

    known = ~np.isnan(target) & np.isfinite(values)
    for name in formula.parts[:3]:
        part = lookup[name].numbers
        if part is None:
            continue
        held = part[known]
        trivial = max(float((held == 0).mean()), float((held == 1).mean())) if held.size else 1.0
        if trivial > 0.95 or match(target, part) > 0.95:
            return True
    varied = np.unique(target[known][:20_000]).size
    return varied < _LEAST_VALUES


def _confirmed(
    context: Context, target: Variable, formula: Formula, lookup: dict[str, Variable]
) -> Finding | None:
    known, equal, result, sql = agreement(context, target, formula.expression, formula.parts)
    if not known:
        return None
    share = min(1.0, equal / known)
    if share < LEAST_MATCH:
        return None
    names = {"column": target.label} | {f"p{i}": lookup[p].label for i, p in enumerate(formula.parts)}
    form = "sum" if formula.text == "sum" else "formula"
    if form == "sum":
        names = {
            "column": target.label,
            "p0": lookup[formula.parts[0]].label,
            "p1": lookup[formula.parts[-1]].label,
        }
    exceptions = known - equal
    return Finding(
        form=form if not exceptions else f"{form}_mostly",
        type="formula",
        columns=(target.key, *formula.parts),
        section="relations",
        severity="notice" if exceptions else "info",
        values={
            "known": known,
            "equal": equal,
            "share": share,
            "exceptions": max(exceptions, 0),
            "parts": len(formula.parts),
            "text": formula.text,
        },
        names=names,
        shapes={"share": _SHARE},
        n=known,
        effect=share,
        effect_name="share",
        result=result,
        sql=sql,
        impact=0.7,
        surprise=0.75,
        cluster=f"formula:{target.key}",
    )
