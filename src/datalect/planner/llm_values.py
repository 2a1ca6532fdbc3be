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
) -> list[tuple[Plan, float, dict[str, str]]]:
    """Plans with a value that is not stored replaced by the stored ones most like it.

    Args:
        plan: the plan the checker did not accept.
        error: what it said; only ``unknown_value`` is treated here.
        catalog: the tables.
        values: the stored values.

    Returns:
        At most three checked plans, most alike first, each with its likeness (0..1) and a sentence per
        language that says what was taken for what.
    """
    if error.code != "unknown_value":
        return []
    from rapidfuzz.fuzz import WRatio

    from datalect.errors import PlanError as NotAccepted
    from datalect.plan.check import check
    from datalect.plan.model import Plan

    asked = error.received
    found = []
    for stored in error.candidates:
        likeness = WRatio(str(stored).casefold(), asked.casefold()) / 100
        if likeness < _NEAR:
            continue
        try:
            changed = Plan.model_validate(_replace(plan.to_json(), asked, stored))
            checked = check(changed, catalog, values)
        except (NotAccepted, ValueError):
            continue
        note = {
            "en": f"“{asked}” was taken for the stored value “{stored}”.",
            "zh": f"把“{asked}”理解为已有的值“{stored}”。",
        }
        found.append((checked.plan, likeness, note))
    return sorted(found, key=lambda item: -item[1])[:_MOST_NEAR]


def _replace(part: Any, old: str, new: Any, *, constant: bool = False) -> Any:
    if isinstance(part, dict):
        return {key: _replace(value, old, new, constant=key in _CONSTANTS) for key, value in part.items()}
    if isinstance(part, list):
        return [_replace(value, old, new, constant=constant) for value in part]
    return new if constant and part == old else part
