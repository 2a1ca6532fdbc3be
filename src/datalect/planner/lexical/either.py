"""Conditions on different columns joined by "or": "paid over 8000 and insured, or not of department 40"."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

from datalect.planner.lexical.sequence import Sequence

Placed = tuple[dict[str, Any], set[str], int]
_MOST = 4  # conditions in one disjunction


def either(tests: list[Placed], seq: Sequence) -> list[Placed]:
    """Tests with those that "or" joins made into one, or several, of which each row must meet one.

    "and" binds closer than "or", and a plan keeps one level of alternatives: (A and B) or C is said as
    (A or C) and (B or C).

    Args:
        tests: each with the tables it needs and the item it came from.
        seq: the items of the question.
    """
    ordered = sorted(tests, key=lambda t: t[2])
    for at, (left, right) in enumerate(pairwise(ordered)):
        if not _between(seq, left[2], right[2], "or"):
            continue
        first = [left]
        while at - len(first) >= 0 and _between(seq, ordered[at - len(first)][2], first[0][2], "and"):
            first.insert(0, ordered[at - len(first)])
        second = [right]
        for following in ordered[at + 2 :]:
            if not _between(seq, second[-1][2], following[2], "and"):
                break
            second.append(following)
        joined = [*first, *second]
        if len(joined) > _MOST or any("has" in t or "any" in t for t, _, _ in joined):
            return tests
        made: list[Placed] = [({"any": [a[0], b[0]]}, a[1] | b[1], a[2]) for a, b in product(first, second)]
        return [*(t for t in tests if t not in joined), *made]
    return tests


def _between(seq: Sequence, first: int, last: int, cue: str) -> bool:
    """Whether a joining word nothing else has used stands between two conditions, and no other clause."""
    inside = range(first + 1, last)
    joins = [k for k in inside if seq.roles[k] in ("", "noise") and seq.cue(k, cue)]
    return len(joins) == 1 and all(
        seq.roles[k] in ("filter", "table") or (seq.roles[k] in ("", "noise") and (seq.glue(k) or k in joins))
        for k in inside
    )
