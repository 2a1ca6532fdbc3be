"""Conditions on one column that exclude each other are alternatives."""

from __future__ import annotations

from datalect.planner.lexical.frame import Filter, Frame


def merge_alternatives(frame: Frame) -> None:
    """Join what no row can be at once: 四缸车和六缸车, 是甲公司还是乙公司, each as "one of these"."""
    kept: list[Filter] = []
    for filter_ in frame.filters:
        first = next((f for f in kept if _excludes(f, filter_)), None)
        if first is None:
            kept.append(filter_)
        elif filter_.kind == "number":
            first.op, first.values = "in", [*first.values, *filter_.values]
            first.fn = "and"
        else:
            common = _columns(first) & _columns(filter_)
            both = [*first.hits, *filter_.hits]
            first.hits = [tuple(h for h in g if h.column in common) for g in both]
            first.fn = "and"
    frame.filters = kept


def _excludes(first: Filter, second: Filter) -> bool:
    """Whether two conditions ask one column to be two things."""
    if first.kind != second.kind or first.neg or second.neg:
        return False
    if first.kind == "number" and second.op == "=" and first.op in ("=", "in"):
        same = first.ref is not None and second.ref is not None
        return same and first.ref.choices[0].ref == second.ref.choices[0].ref  # type: ignore[union-attr]
    return first.kind == "value" and first.op == second.op == "=" and _columns(first) == _columns(second)


def _columns(filter_: Filter) -> set[str]:
    """The columns all the values of a condition may be of."""
    return set.intersection(*({h.column for h in g} for g in filter_.hits)) if filter_.hits else set()
