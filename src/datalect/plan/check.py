"""The checker: from a plan as written to one that may be compiled.

Every reference is resolved, every type checked, every value linked, and every measure given the table
whose rows it is taken over, so that nothing is counted twice through a join.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datalect.data.model import Catalog
from datalect.data.values import ValueIndex
from datalect.errors import PlanError
from datalect.plan.checked import CheckedPlan, Notice, OutputColumn
from datalect.plan.conditions import Conditions
from datalect.plan.expressions import Expressions
from datalect.plan.grouped import check_grouped
from datalect.plan.lists import check_list
from datalect.plan.measures import Measures
from datalect.plan.model import Plan
from datalect.plan.names import Names
from datalect.plan.tools import Tools

__all__ = ["CheckedPlan", "Notice", "OutputColumn", "check"]


def check(
    plan: Plan,
    catalog: Catalog,
    values: ValueIndex | None = None,
    functions: Mapping[str, Any] | None = None,
) -> CheckedPlan:
    """Check a plan against a catalog.

    Args:
        plan: the plan as a planner or a person wrote it.
        catalog: the tables.
        values: finds stored values; without it only the values in the profiles are known.
        functions: language-model functions over text columns, by name; none are built in.

    Raises:
        PlanError: with a stable ``code``, the place in the plan and the nearest things that would have
            been right.
    """
    _refuse_text_stages(plan, functions or {})
    names = Names(catalog)
    expressions = Expressions(names)
    measures = Measures(names, expressions)
    conditions = Conditions(names, expressions, values, measures.check_compared)
    measures.connect(conditions)
    tools = Tools(catalog, names, expressions, conditions, measures)
    plan = plan.model_copy(update={"from_": names.table(plan.from_, "from").name})
    return check_list(plan, tools) if plan.list_ else check_grouped(plan, tools)


def _refuse_text_stages(plan: Plan, functions: Mapping[str, Any]) -> None:
    for index, stage in enumerate(plan.text):
        if stage.fn not in functions:
            raise PlanError(
                f'No language-model function "{stage.fn}" is available.',
                code="unknown_function",
                at=f"text[{index}].fn",
                candidates=tuple(functions),
                expected="a registered function" if functions else "a plan without text stages",
                received=stage.fn,
                next_step="Ask about the columns as they are.",
            )
