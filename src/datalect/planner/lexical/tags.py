"""The names measures and groups get in a plan."""

from __future__ import annotations

from typing import Any


def shorten(node: Any, base: str, seq: Any, key: str = "") -> Any:
    """References with the base table's name left out, helper keys dropped."""
    if isinstance(node, dict):
        return {k: (v if k in ("val", "op", "fn", "grain", "as", "of", "lit") and isinstance(v, str | int | float | bool) else shorten(v, base, seq, k))  # noqa: E501
                for k, v in node.items() if not k.startswith("_")}  # fmt: skip
    if isinstance(node, list):
        if key == "val":
            return node
        return [shorten(v, base, seq, key) for v in node]
    if isinstance(node, str) and node.startswith(base + "."):
        column = seq.column(node)
        return column.name if column is not None and column.table == base else node
    return node


def tag_measure(measure: dict[str, Any], seq: Any, taken: set[str]) -> str:
    """Give a measure an output name, so that sorting and steps can speak of it."""
    if "as" in measure:
        return str(measure["as"])
    inner = measure.get("of") if isinstance(measure.get("of"), dict) else measure
    column = (
        seq.column(inner["col"]) if isinstance(inner, dict) and isinstance(inner.get("col"), str) else None
    )
    name = measure.get("metric") or "_".join(
        str(p) for p in (measure.get("fn"), inner.get("fn") if inner is not measure and inner else None,
                         column.name if column is not None else None) if p
    )  # fmt: skip
    return _tag(measure, str(name), taken)


def tag_group(group: dict[str, Any], seq: Any, taken: set[str]) -> str:
    """Give a breakdown an output name."""
    if "as" in group:
        return str(group["as"])
    column = seq.column(group["col"]) if isinstance(group.get("col"), str) else None
    name = column.name if column is not None else "group"
    return _tag(group, f"{name}_{group['grain']}" if group.get("grain") else name, taken)


def _tag(node: dict[str, Any], name: str, taken: set[str]) -> str:
    unique, count = name[:180], 2
    while unique in taken:
        unique, count = f"{name[:180]}_{count}", count + 1
    taken.add(unique)
    node["as"] = unique
    return unique
