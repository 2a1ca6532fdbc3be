"""Which facts matter most: impact, certainty and surprise; and which of several that say the same is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from datalect.report.finding import Context, Finding
from datalect.report.mine.pairs import rank_correlation, related

if TYPE_CHECKING:
    from datalect.report.model import ReportFact

HEADLINES = 5
_SAME_KIND = 0.95  # each further fact of the same kind, or about the same column, weighs a little less
_CLOSE = 0.7  # rank correlation from which a column and what it is computed from stand for the same
_SAME_COLUMN = 0.97


def ranked(context: Context, findings: Sequence[Finding]) -> list[tuple[Finding, float, list[Finding]]]:
    """Findings in order of importance with what was merged into each.

    Args:
        context: tests and relations between columns.
        findings: all findings; the same cluster says the same thing.
    """
    weighed = sorted(
        ((importance(context, f), i, f) for i, f in enumerate(findings)), key=lambda t: (-t[0], t[1])
    )
    kept: list[tuple[Finding, float, list[Finding]]] = []
    for weight, _, finding in weighed:
        twin = next((k for k in kept if _says_the_same(context, k[0], finding)), None)
        if twin is not None:
            twin[2].append(finding)
            continue
        kept.append((finding, weight, []))
    return _spread(kept)


def importance(context: Context, finding: Finding) -> float:
    """Impact x certainty x surprise, 0..1; what concerns the target weighs more."""
    certainty = 1.0
    if finding.place is not None:
        p = context.tests.adjusted(finding.place)
        certainty = 1.0 if p < 1e-6 else 0.9 if p < 1e-3 else 0.75
    held = finding.segments
    if held is not None and held.of and held.held < held.of:
        certainty *= 0.6 + 0.4 * held.held / held.of
    weight: float = finding.impact**0.6 * finding.surprise**0.4 * certainty
    if finding.target or finding.section == "compare":
        weight = min(1.0, weight * 1.4 + 0.1)
    return min(1.0, weight)


def _says_the_same(context: Context, one: Finding, other: Finding) -> bool:
    if one.cluster and one.cluster == other.cluster:
        return True
    a, b = _pair(one), _pair(other)
    if a is None or b is None:
        return one.form == other.form and _same_column(context, one, other)
    # The same factor with outcomes that are computed from (or nearly proportional to) each other.
    return (_alike(context, a[0], b[0]) and _alike(context, a[1], b[1])) or (
        _alike(context, a[0], b[1]) and _alike(context, a[1], b[0])
    )


def _pair(finding: Finding) -> tuple[str, str] | None:
    """Outcome and factor of a relation, as the miner of pairs named them."""
    if not finding.cluster.startswith("pair:"):
        return None
    outcome, _, factor = finding.cluster[5:].partition("|")
    return outcome, factor


def _same_column(context: Context, one: Finding, other: Finding) -> bool:
    if one.form not in ("concentration", "heavy_amount") or not one.columns or not other.columns:
        return False
    return _alike(context, one.columns[0], other.columns[0])


def _alike(context: Context, one: str, other: str) -> bool:
    """Whether two variables stand for the same: equal, nearly so, or one computed from the other."""
    if one == other:
        return True
    if frozenset((one, other)) in context.alike:
        return True
    a, b = context.sample.variable(one), context.sample.variable(other)
    if a is None or b is None or a.kind != "number" or b.kind != "number" or not related(context, a, b):
        return False
    if abs(rank_correlation(a, b)) < _CLOSE:
        return False
    context.alike.add(frozenset((one, other)))
    return True


def _spread(kept: list[tuple[Finding, float, list[Finding]]]) -> list[tuple[Finding, float, list[Finding]]]:
    """Order anew, each time taking the best after what was already told is discounted."""
    left = list(kept)
    out: list[tuple[Finding, float, list[Finding]]] = []
    forms: dict[str, int] = {}
    columns: dict[str, int] = {}
    while left:
        best = max(
            range(len(left)),
            key=lambda i: (
                left[i][1]
                * _SAME_KIND ** forms.get(left[i][0].type, 0)
                * _SAME_COLUMN ** max((columns.get(c, 0) for c in left[i][0].columns[:2]), default=0),
                -i,
            ),
        )
        finding, weight, merged = left.pop(best)
        discount = _SAME_KIND ** forms.get(finding.type, 0)
        out.append((finding, weight * discount, merged))
        forms[finding.type] = forms.get(finding.type, 0) + 1
        for column in finding.columns[:2]:
            columns[column] = columns.get(column, 0) + 1
    # The figure shown falls along the list, as the order does.
    ceiling = 1.0
    falling = []
    for finding, weight, merged in out:
        ceiling = min(ceiling, weight)
        falling.append((finding, ceiling, merged))
    return falling


def headlines(facts: Sequence[ReportFact], most: int = HEADLINES) -> tuple[ReportFact, ...]:
    """The facts a page opens with: the most important, of different kinds as far as there are."""
    chosen: list[ReportFact] = []
    for limit in (1, 2, most):
        for fact in facts:
            if len(chosen) == most:
                break
            plain = fact.type in ("key", "constant", "foreign_key", "value") and limit < most
            if fact in chosen or plain:
                continue
            # In a comparison the changes are what is asked for.
            allowed = max(limit, most - 1) if fact.type == "change" else limit
            if sum(1 for c in chosen if c.type == fact.type) < allowed:
                chosen.append(fact)
    order = {id(f): i for i, f in enumerate(facts)}
    return tuple(sorted(chosen, key=lambda f: order[id(f)]))
