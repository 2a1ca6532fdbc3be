"""Checking what happens after grouping: derived steps, keep, sort and top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from datalect.data.model import Additivity, Grain, Meaning, SemanticType
from datalect.errors import PlanError
from datalect.plan.checked import OutputColumn
from datalect.plan.labels import Labels, given_name, unique_names
from datalect.plan.link import type_value
from datalect.plan.model import Keep, Plan, Sort, Step, step_name
from datalect.plan.names import fold, nearest
from datalect.plan.types import CYCLES, is_temporal

_OVER_TIME = frozenset({"difference", "pct_change", "cumulative", "moving_average", "contribution"})
_PERIOD_MONTHS = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}
_PERIOD_SECONDS = {
    Grain.SECOND: 1, Grain.MINUTE: 60, Grain.HOUR: 3600, Grain.DAY: 86_400, Grain.WEEK: 604_800,
}  # fmt: skip


def find_output(name: str, outputs: Sequence[OutputColumn], at: str) -> OutputColumn:
    """The output column a name means: exactly, without case, by its source column or by its end.

    Raises:
        PlanError: ``unknown_output``.
    """
    tests: tuple[Callable[[OutputColumn], bool], ...] = (
        lambda o: o.name == name,
        lambda o: fold(o.name) == fold(name),
        lambda o: o.role in ("breakdown", "list") and fold(o.source) == fold(name),
        lambda o: o.role in ("breakdown", "list") and fold(o.source.rpartition(".")[2]) == fold(name),
        lambda o: (
            o.role in ("breakdown", "list") and bool(o.source) and fold(name).endswith("." + fold(o.name))
        ),
        lambda o: o.role == "measure" and bool(o.source) and fold(o.source) == fold(name),
        lambda o: o.role == "measure" and fold(o.source.rpartition(".")[2]) == fold(name),
    )
    for test in tests:
        found = [output for output in outputs if test(output)]
        if len(found) == 1:
            return found[0]
    known = tuple(o.name for o in outputs)
    raise PlanError(
        f'The result has no column "{name}".',
        code="unknown_output",
        at=at,
        candidates=nearest(name, known) or known[:5],
        expected="one of " + ", ".join(known[:12]),
        received=name,
    )


def check_after(plan: Plan, outputs: list[OutputColumn], labels: Labels) -> tuple[Plan, list[OutputColumn]]:
    """Check ``then``, ``keep``, ``sort`` and ``top_per``; derived columns join the outputs."""
    outputs = list(outputs)
    names = unique_names(
        [o.name for o in outputs] + [step_name(s) for s in plan.then],
        [True] * len(outputs) + [s.as_ is not None for s in plan.then],
        "then",
    )[len(outputs) :]
    steps = []
    for index, (step, name) in enumerate(zip(plan.then, names, strict=True)):
        checked, output = _step(step, name, outputs, labels, f"then[{index}]")
        steps.append(checked)
        outputs.append(output)
    return (
        plan.model_copy(
            update={
                "then": steps,
                "keep": check_keep(plan.keep, outputs),
                "sort": [
                    Sort(of=find_output(s.of, outputs, f"sort[{i}].of").name, dir=s.dir)
                    for i, s in enumerate(plan.sort)
                ],
                "top_per": check_top_per(plan, outputs),
            }
        ),
        outputs,
    )


def check_top_per(plan: Plan, outputs: Sequence[OutputColumn]) -> str | None:
    """The column inside whose values ``top`` counts."""
    if plan.top_per is None:
        return None
    output = find_output(plan.top_per, outputs, "top_per")
    if output.role not in ("breakdown", "list"):
        raise PlanError(
            "top_per names a breakdown.",
            code="bad_top_per",
            at="top_per",
            candidates=tuple(o.name for o in outputs if o.role == "breakdown"),
            received=plan.top_per,
        )
    if plan.top is None:
        raise PlanError("top_per goes with top.", code="bad_top_per", at="top_per", expected="top as well")
    return output.name


def check_keep(keep: Sequence[Keep], outputs: Sequence[OutputColumn]) -> list[Keep]:
    """Conditions on output columns, with their values typed."""
    checked = []
    for index, condition in enumerate(keep):
        at = f"keep[{index}]"
        output = find_output(condition.of, outputs, f"{at}.of")
        changes: dict[str, Any] = {"of": output.name}
        if condition.op == "null":
            if condition.val is not None or condition.agg is not None:
                raise PlanError("op null takes no value.", code="bad_value", at=at)
        elif (condition.val is None) == (condition.agg is None):
            raise PlanError("A condition takes either val or agg.", code="bad_value", at=at)
        elif condition.agg is not None:
            if output.kind != "number" or condition.op == "between":
                raise PlanError(
                    f'"{output.name}" cannot be compared with a figure over all groups.',
                    code="type_mismatch",
                    at=at,
                    expected="a number",
                    received=output.kind,
                )
        else:
            changes["val"] = _kept_value(condition, output, at)
        checked.append(condition.model_copy(update=changes))
    return checked


def _kept_value(condition: Keep, output: OutputColumn, at: str) -> Any:
    values = condition.val if isinstance(condition.val, list) else [condition.val]
    if (
        (condition.op == "between") != isinstance(condition.val, list)
        or len(values) > 2
        or (condition.op == "between" and len(values) != 2)
    ):
        raise PlanError(
            "between takes two values, every other condition one.", code="bad_value", at=f"{at}.val"
        )
    typed = [type_value(value, output.kind, output.name, f"{at}.val") for value in values]
    return typed if condition.op == "between" else typed[0]


# ---------------------------------------------------------------- derived columns


def _step(
    step: Step, name: str, outputs: list[OutputColumn], labels: Labels, at: str
) -> tuple[Step, OutputColumn]:
    breakdowns = [o for o in outputs if o.role == "breakdown"]
    of = find_output(step.of, [o for o in outputs if o.role != "breakdown"], f"{at}.of")
    if of.kind != "number":
        raise PlanError(
            f'{step.fn} needs a number, and "{of.name}" is none.',
            code="type_mismatch",
            at=f"{at}.of",
            received=of.kind,
        )
    if not breakdowns:
        raise PlanError(
            f"{step.fn} compares groups, and the plan forms none.",
            code="needs_breakdown",
            at=at,
            expected="a breakdown in by",
            next_step="Use a ratio of two measures for the share of a whole.",
        )
    changes: dict[str, Any] = {"of": of.name, "as_": name}
    if step.fn in _OVER_TIME:
        over = _over(step, breakdowns, at)
        changes["over"] = over.name
        _check_period(step, over, at)
        if step.within is not None:
            changes["within"] = find_output(step.within, breakdowns, f"{at}.within").name
    else:
        if step.period is not None or step.over is not None:
            changes.update(period=None, over=None)
        if step.within is not None:
            changes["within"] = find_output(step.within, breakdowns, f"{at}.within").name
    if step.fn in ("share", "contribution") and not _adds_up(of):
        raise PlanError(
            f'"{of.name}" does not add up to a whole, so there is no {step.fn} of it.',
            code="not_additive",
            at=f"{at}.of",
            expected="a sum or a count",
            received=of.name,
        )
    checked = step.model_copy(update=changes)
    given = given_name(name, step_name(step.model_copy(update={"of": of.name, "as_": None})), "")
    english, chinese = labels.step(checked, [(o.name, o.label_en, o.label_zh) for o in outputs], given)
    output = OutputColumn(
        name=name,
        role="derived",
        meaning=_meaning(step, of),
        label_en=english,
        label_zh=chinese,
        source=of.source,
        measure=of.measure,
        step=checked,
    )
    return checked, output


def _adds_up(of: OutputColumn) -> bool:
    if of.meaning.additivity is not Additivity.NON:
        return True
    fn = getattr(of.measure, "fn", None)
    return fn in ("count", "sum", "distinct") and of.step is None


def _over(step: Step, breakdowns: list[OutputColumn], at: str) -> OutputColumn:
    if step.over is not None:
        return find_output(step.over, breakdowns, f"{at}.over")
    timed = [b for b in breakdowns if is_temporal(b.kind) or b.meaning.type is SemanticType.YEAR]
    cyclic = [b for b in breakdowns if b.meaning.grain in CYCLES]
    return (timed or cyclic or breakdowns)[0]


def _check_period(step: Step, over: OutputColumn, at: str) -> None:
    if step.period is None:
        return
    grain = over.meaning.grain if is_temporal(over.kind) or over.meaning.type is SemanticType.YEAR else None
    if over.meaning.type is SemanticType.YEAR and over.kind == "number":
        grain = Grain.YEAR
    elif over.kind == "date" and (over.breakdown is None or over.breakdown.grain is None):
        grain = Grain.DAY
    if step.period in CYCLES or grain is None or grain in CYCLES or not _fits(grain, step.period):
        raise PlanError(
            f'"{over.name}" has no steps of one {step.period.value}.',
            code="bad_period",
            at=f"{at}.period",
            expected="a time breakdown whose grain divides the period",
            received=f"{step.period.value} over {over.name}",
        )


def _fits(grain: Grain, period: Grain) -> bool:
    if grain in _PERIOD_MONTHS:
        return period in _PERIOD_MONTHS and _PERIOD_MONTHS[period] % _PERIOD_MONTHS[grain] == 0
    if grain is Grain.WEEK:
        return period in (Grain.WEEK, Grain.YEAR)
    if period in _PERIOD_MONTHS:
        return True
    return _PERIOD_SECONDS[period] % _PERIOD_SECONDS[grain] == 0


def _meaning(step: Step, of: OutputColumn) -> Meaning:
    if step.fn in ("share", "pct_change", "contribution"):
        return Meaning(type=SemanticType.RATIO)
    if step.fn == "rank":
        return Meaning(type=SemanticType.ORDERED)
    return replace(of.meaning, additivity=Additivity.NON)
