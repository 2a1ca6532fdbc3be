"""Values in plans that go to, or come from, a model that must not see cells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datalect.data.model import Catalog
    from datalect.data.values import ValueIndex
    from datalect.errors import PlanError
    from datalect.plan.model import Plan

# Keys of a plan under which constants stand; everything else is names, functions and structure.
_CONSTANTS = frozenset({"val", "lit"})
_PLACEHOLDER = re.compile(r"<value (\d+)>")
_MOST_NEAR = 3
_NEAR = 0.6


class Placeholders:
    """Stand-ins such as ``<value 1>`` for constants, and the way back."""

    def __init__(self) -> None:
        self._values: list[Any] = []

    def hide(self, plan: Any) -> Any:
        """The plan as JSON data with every text constant replaced by a stand-in."""
        return self._walk(plan, constant=False)

    def reveal(self, plan: Any) -> Any:
        """The plan with every stand-in replaced by its constant."""
        if isinstance(plan, dict):
            return {key: self.reveal(part) for key, part in plan.items()}
        if isinstance(plan, list):
            return [self.reveal(part) for part in plan]
        if isinstance(plan, str) and (match := _PLACEHOLDER.fullmatch(plan.strip())):
            number = int(match.group(1))
            if 1 <= number <= len(self._values):
                return self._values[number - 1]
        return plan

    def hide_text(self, text: str) -> str:
        """A message in which no hidden constant occurs."""
        for number, value in enumerate(self._values, 1):
            text = text.replace(str(value), f"<value {number}>")
        return text

    def _walk(self, part: Any, *, constant: bool) -> Any:
        if isinstance(part, dict):
            return {key: self._walk(value, constant=key in _CONSTANTS) for key, value in part.items()}
        if isinstance(part, list):
            return [self._walk(value, constant=constant) for value in part]
        if constant and isinstance(part, str):
            if part not in self._values:
                self._values.append(part)
            return f"<value {self._values.index(part) + 1}>"
        return part


def link_nearest(
    plan: Plan, error: PlanError, catalog: Catalog, values: ValueIndex
) -> list[tuple[Plan, dict[str, str]]]:
    """Plans with a value that is not stored replaced by the stored ones most like it.

    Args:
        plan: the plan the checker did not accept.
        error: what it said; only ``unknown_value`` is treated here.
        catalog: the tables.
        values: the stored values.

    Returns:
        At most three checked plans, nearest first, each with a sentence per language that says so.
    """
    from datalect.errors import PlanError as Refused
    from datalect.plan.check import check
    from datalect.plan.model import Plan

    if error.code != "unknown_value":
        return []
    asked, column = _asked_value(plan, error)
    if asked is None:
        return []
    found = []
    for hit in values.nearest(asked, columns=[column] if catalog.column(column) else None, limit=_MOST_NEAR):
        if hit.score < _NEAR:
            continue
        changed = _replace(plan.to_json(), asked, hit.value)
        try:
            checked = check(Plan.model_validate(changed), catalog, values)
        except (Refused, ValueError):
            continue
        found.append(
            (
                checked.plan,
                {
                    "en": f"“{asked}” was taken for the stored value “{hit.value}”.",
                    "zh": f"把“{asked}”理解为已有的值“{hit.value}”。",
                },
            )
        )
    return found


def _asked_value(plan: Plan, error: PlanError) -> tuple[str | None, str]:
    """The constant the checker could not link, and the column it was meant for."""
    node: Any = plan.to_json()
    owner: Any = node
    for name, index in re.findall(r"([A-Za-z_]+)|\[(\d+)\]", error.at):
        owner = node if isinstance(node, dict) else owner
        try:
            node = node[name] if name else node[int(index)]
        except (KeyError, IndexError, TypeError):
            return None, ""
    if isinstance(node, dict):
        owner, node = node, node.get("val")
    column = owner.get("col", "") if isinstance(owner, dict) else ""
    if isinstance(column, str) and column and "." not in column:
        column = f"{plan.from_}.{column}"
    return (node if isinstance(node, str) else None), str(column).rpartition(">")[2]


def _replace(part: Any, old: str, new: Any, *, constant: bool = False) -> Any:
    if isinstance(part, dict):
        return {key: _replace(value, old, new, constant=key in _CONSTANTS) for key, value in part.items()}
    if isinstance(part, list):
        return [_replace(value, old, new, constant=constant) for value in part]
    return new if constant and part == old else part
