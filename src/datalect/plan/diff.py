"""Follow-up questions as differences between plans: "and by region?", "only 2023", "the top five instead"."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any, Literal

from pydantic import Field, ValidationError

from datalect.data.model import Grain
from datalect.errors import PlanError
from datalect.plan.model import (
    Breakdown,
    Measure,
    MetricUse,
    Nested,
    Plan,
    Ratio,
    Show,
    Test,
    breakdown_name,
    measure_name,
    step_name,
)
from datalect.plan.model_base import Node

ListField = Literal["where", "by", "get", "list", "then", "keep", "sort", "text", "open"]
ScalarField = Literal["from", "distinct", "top", "skip", "top_per", "task", "show", "why", "version"]
_LISTS: tuple[ListField, ...] = ("where", "by", "get", "list", "then", "keep", "sort", "text", "open")


class Edit(Node):
    """One change of a list of the plan.

    Attributes:
        field: the list.
        op: ``add`` puts ``value`` before position ``index``, ``remove`` takes that entry out, ``replace``
            both.
        index: position in the list as the earlier edits left it; for ``add``, -1 is the end.
        value: the new entry as plan JSON.
    """

    field: ListField
    op: Literal["add", "remove", "replace"]
    index: int = -1
    value: Any = None


class PlanDiff(Node):
    """What changes from one plan to the next.

    Attributes:
        set: new values of single fields as plan JSON; null puts the default back.
        edits: changes of lists, applied in order.
    """

    set: dict[ScalarField, Any] = Field(default_factory=dict)
    edits: list[Edit] = Field(default_factory=list)

    def then(self, other: PlanDiff) -> PlanDiff:
        """This change followed by another."""
        return PlanDiff(set={**self.set, **other.set}, edits=[*self.edits, *other.edits])


def diff(old: Plan, new: Plan) -> PlanDiff:
    """The change that turns one plan into another: applied to the first, it gives the second."""
    before, after = old.to_json(), new.to_json()
    changed: dict[Any, Any] = {}
    for name in dict.fromkeys((*before, *after)):
        if name not in _LISTS and before.get(name) != after.get(name):
            changed[name] = after.get(name)
    edits: list[Edit] = []
    for field in _LISTS:
        edits += _list_edits(field, before.get(field, []), after.get(field, []))
    return PlanDiff(set=changed, edits=edits)


def _list_edits(field: ListField, before: list[Any], after: list[Any]) -> list[Edit]:
    matcher = SequenceMatcher(a=[repr(x) for x in before], b=[repr(x) for x in after], autojunk=False)
    edits: list[Edit] = []
    moved = 0
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        common = min(i2 - i1, j2 - j1)
        for step in range(common):
            edits.append(Edit(field=field, op="replace", index=i1 + step + moved, value=after[j1 + step]))
        for _ in range(i1 + common, i2):
            edits.append(Edit(field=field, op="remove", index=i1 + common + moved))
        for step in range(common, j2 - j1):
            edits.append(Edit(field=field, op="add", index=i1 + step + moved, value=after[j1 + step]))
        moved += (j2 - j1) - (i2 - i1)
    return edits


def apply(plan: Plan, change: PlanDiff) -> Plan:
    """The plan with a change made.

    Raises:
        PlanError: ``bad_diff`` when the change does not fit the plan.
    """
    data = plan.to_json()
    for name, value in change.set.items():
        if value is None:
            data.pop(name, None)
        else:
            data[name] = value
    for edit in change.edits:
        entries = list(data.get(edit.field, []))
        index = len(entries) if edit.op == "add" and edit.index == -1 else edit.index
        if not 0 <= index < len(entries) + (edit.op == "add"):
            raise PlanError(
                f"There is no entry {edit.index} in {edit.field} to {edit.op}.",
                code="bad_diff",
                at=edit.field,
                received=edit.model_dump_json(exclude_defaults=True),
            )
        if edit.op != "add":
            del entries[index]
        if edit.op != "remove":
            entries.insert(index, edit.value)
        data[edit.field] = entries
    data = {name: value for name, value in data.items() if value != [] or name not in _LISTS}
    try:
        return Plan.model_validate(data)
    except ValidationError as error:
        raise PlanError(
            f"The change does not lead to a plan: {error.errors()[0]['msg']}", code="bad_diff"
        ) from None


# ---------------------------------------------------------------- the usual follow-ups


def _json(node: Any) -> Any:
    return (
        node if isinstance(node, str) else node.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    )


def replace_measure(plan: Plan, index: int, measure: Measure) -> PlanDiff:
    """Measure something else.

    What was derived from, kept or sorted by the old measure follows the new one.
    """
    if not 0 <= index < len(plan.get):
        raise PlanError(f"There is no measure {index}.", code="bad_diff", at="get", received=str(index))
    old, new = measure_name(plan.get[index]), measure_name(measure)
    edits = [Edit(field="get", op="replace", index=index, value=_measure_json(measure))]
    return PlanDiff(edits=[*edits, *_renamed(plan, old, new)])


def _measure_json(measure: Measure) -> Any:
    data = _json(measure)
    if isinstance(measure, MetricUse | Nested | Ratio):
        return data
    return {"fn": measure.fn, **data}


def add_filter(test: Test) -> PlanDiff:
    """One more condition."""
    return PlanDiff(edits=[Edit(field="where", op="add", value=_json(test))])


def replace_filter(plan: Plan, test: Test) -> PlanDiff:
    """A condition in the place of the ones about the same column; added when there is none."""
    about = _subject(test)
    places = [i for i, old in enumerate(plan.where) if about is not None and _subject(old) == about]
    if not places:
        return add_filter(test)
    edits = [Edit(field="where", op="remove", index=i) for i in reversed(places[1:])]
    return PlanDiff(edits=[*edits, Edit(field="where", op="replace", index=places[0], value=_json(test))])


def _subject(test: Test) -> str | None:
    found = getattr(test, "time", None) or getattr(test, "col", None) or getattr(test, "has", None)
    if found is not None:
        return str(found)
    inner = getattr(test, "not_", None)
    return None if inner is None else _subject(inner)


def change_breakdown(plan: Plan, breakdowns: Sequence[Breakdown]) -> PlanDiff:
    """Group by something else; the measures stay."""
    edits = [Edit(field="by", op="remove", index=i) for i in reversed(range(len(plan.by)))]
    edits += [Edit(field="by", op="add", value=_json(b)) for b in breakdowns]
    left = {breakdown_name(b) for b in plan.by} - {breakdown_name(b) for b in breakdowns}
    edits += [
        Edit(field="sort", op="remove", index=i)
        for i in reversed(range(len(plan.sort)))
        if plan.sort[i].of in left
    ]
    over = [i for i, s in enumerate(plan.then) if {s.over, s.within} & left]
    for i in over:
        step = plan.then[i]
        changes = {k: None for k in ("over", "within") if getattr(step, k) in left}
        edits.append(Edit(field="then", op="replace", index=i, value=_json(step.model_copy(update=changes))))
    dropped: dict[Any, Any] = {"top_per": None} if plan.top_per in left else {}
    return PlanDiff(set=dropped, edits=edits)


def change_grain(plan: Plan, grain: Grain) -> PlanDiff:
    """The same times by another grain."""
    for index, old in enumerate(plan.by):
        if old.grain is not None:
            new = old.model_copy(update={"grain": grain, "as_": None})
            edits = [Edit(field="by", op="replace", index=index, value=_json(new))]
            return PlanDiff(edits=[*edits, *_renamed(plan, breakdown_name(old), breakdown_name(new))])
    raise PlanError("The plan has no breakdown by time.", code="bad_diff", at="by")


def change_top(top: int | None, skip: int = 0) -> PlanDiff:
    """Show another number of rows; None shows all."""
    return PlanDiff(set={"top": top, "skip": skip or None})


def change_chart(show: Show) -> PlanDiff:
    """Ask for another chart."""
    return PlanDiff(set={"show": _json(show) or None})


def _renamed(plan: Plan, old: str, new: str) -> list[Edit]:
    """Edits that make every mention of an output follow its new name."""
    edits: list[Edit] = []
    if old == new:
        return edits
    names = {old: new}
    for index, step in enumerate(plan.then):
        changes = {k: names[v] for k in ("of", "over", "within") if (v := getattr(step, k)) in names}
        if changes:
            changed = step.model_copy(update=changes)
            names[step_name(step)] = step_name(changed)
            edits.append(Edit(field="then", op="replace", index=index, value=_json(changed)))
    for index, keep in enumerate(plan.keep):
        if keep.of in names:
            value = _json(keep.model_copy(update={"of": names[keep.of]}))
            edits.append(Edit(field="keep", op="replace", index=index, value=value))
    for index, sort in enumerate(plan.sort):
        if sort.of in names:
            value = _json(sort.model_copy(update={"of": names[sort.of]}))
            edits.append(Edit(field="sort", op="replace", index=index, value=value))
    return edits
