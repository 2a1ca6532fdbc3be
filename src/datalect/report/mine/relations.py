"""From pairs that the sample shows to findings counted on all rows, checked inside the main groups."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from datalect.data.model import SemanticType
from datalect.report.finding import Context, Finding
from datalect.report.mine.along import numbers
from datalect.report.mine.groups import categories, groups
from datalect.report.mine.inside import explained_by, inside_segments, turned, turned_around
from datalect.report.mine.pairs import Pair, rank_correlation, related, search, wanted

if TYPE_CHECKING:
    from datalect.report.variables import Variable

FALSE_DISCOVERY = 0.01
_MOST_CONFIRMED = 60
_BARE_YEARS = frozenset({"year", "years", "yr", "yyyy", "年", "年份", "年度"})


def mine(context: Context) -> list[Finding]:
    """Differences between groups, correlations and associations that survive the correction."""
    pairs = [p for p in search(context) if context.tests.adjusted(p.place) <= FALSE_DISCOVERY]
    pairs = _one_of_a_family(context, _spread_over_outcomes(context, pairs))[:_MOST_CONFIRMED]
    found: list[Finding] = []
    for pair in pairs:
        new = _confirmed(context, pair)
        for finding in new:
            finding.surprise *= 0.6 if _named_alike(pair) else 1.0
        if new and _second_hand(context, pair, pairs):
            for finding in new:
                finding.surprise *= 0.4
                finding.impact *= 0.7
        found += new
    return found


def is_bare_year(variable: Variable) -> bool:
    """Whether a column is nothing but the year of a row; the year of building is a measure."""
    return variable.meaning is SemanticType.YEAR and variable.label.en.lower() in _BARE_YEARS


def _named_alike(pair: Pair) -> bool:
    """Whether the names say that both measure the same thing: temp_min and temp_max."""
    one, other = (
        {w for w in v.label.en.lower().split() if len(w) > 2 and w.isalpha()}
        for v in (pair.outcome, pair.factor)
    )
    return pair.kind in ("numbers", "categories") and bool(one & other)


def _second_hand(context: Context, pair: Pair, pairs: list[Pair]) -> bool:
    """Whether a third number that goes with the outcome more strongly leaves little of a relation.

    Returns fall with the rating only because both follow the delay: the delay is the news.
    """
    x, y = pair.factor, pair.outcome
    if x.kind != "number" or y.kind not in ("number", "binary"):
        return False
    for other in pairs:
        if other.outcome.key != y.key or other.factor.key == x.key or other.factor.kind != "number":
            continue
        z = other.factor
        if other.strength <= pair.strength or related(context, x, z):
            continue
        r_xy, r_zy, r_xz = pair.effect, other.effect, rank_correlation(x, z)
        left = (r_xy - r_xz * r_zy) / math.sqrt(max((1 - r_xz**2) * (1 - r_zy**2), 1e-9))
        if abs(left) < 0.4 * abs(r_xy):
            return True
    return False


def _spread_over_outcomes(context: Context, pairs: list[Pair]) -> list[Pair]:
    """Strongest first, but no outcome or factor may fill the list alone."""
    ordered = sorted(pairs, key=lambda p: (-wanted(context, p), -p.strength))
    met: dict[str, int] = {}
    later: list[Pair] = []
    out: list[Pair] = []
    for pair in ordered:
        met[pair.outcome.key] = met.get(pair.outcome.key, 0) + 1
        met[pair.factor.key] = met.get(pair.factor.key, 0) + 1
        many = max(met[pair.outcome.key], met[pair.factor.key]) > 12
        (later if many else out).append(pair)
    return out + later


def _one_of_a_family(context: Context, pairs: list[Pair]) -> list[Pair]:
    """The first pair between the same two families of nearly equal columns.

    Forty counts that grow with the size of a place make one fact, not hundreds. The target stands for itself.
    """
    family = families(context)
    seen: set[frozenset[str]] = set()
    kept = []
    for pair in pairs:
        both = frozenset(
            v.key if context.target in v.columns else family.get(v.key, v.key)
            for v in (pair.outcome, pair.factor)
        )
        if both not in seen:
            seen.add(both)
            kept.append(pair)
    return kept


def families(context: Context) -> dict[str, str]:
    """Column -> the first column of those it is nearly equal to, directly or through others."""
    family: dict[str, str] = {}

    def root(key: str) -> str:
        while family.get(key, key) != key:
            key = family[key]
        return key

    for both in context.alike:
        one, other = sorted(both)
        family[root(other)] = root(one)
    return {key: root(key) for key in family}


def _confirmed(context: Context, pair: Pair) -> list[Finding]:
    if pair.kind == "times":
        return []  # groups that come at different times are told through the missing pattern and the trend
    if pair.kind != "categories" and is_bare_year(pair.outcome) and not wanted(context, pair):
        return []  # the average of when rows come says nothing
    checked = inside_segments(context, pair)
    if pair.kind == "categories":
        return categories(context, pair, checked)
    explaining = explained_by(checked)
    if explaining is not None and pair.factor.kind != "time":
        return turned(context, pair, explaining) if turned_around(explaining) else []
    if pair.factor.kind == "category" or (pair.factor.kind == "binary"):
        return groups(context, pair, checked)
    return numbers(context, pair, checked)
