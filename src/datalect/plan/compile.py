"""The compiler: from a checked plan to DuckDB SQL with bound parameters."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from datalect.plan.checked import CheckedPlan, CompiledPlan

if TYPE_CHECKING:
    from sqlglot import exp

    from datalect.plan.sql_rows import Context

__all__ = ["CompiledPlan", "compile_plan"]


def compile_plan(checked: CheckedPlan, as_of: datetime | None = None) -> CompiledPlan:
    """Compile a checked plan.

    Args:
        checked: what ``check`` returned.
        as_of: the moment relative time counts from; default: the latest date of the column filtered, unless
            the catalog's moment (or now) comes before it.

    Returns:
        The query, the same for people, and a query that counts what was used.
    """
    from datalect.plan.sql_rows import Context
    from datalect.plan.sql_tree import Values

    moment = as_of or checked.catalog.as_of or datetime.now().replace(microsecond=0)
    context = Context(checked.catalog, _names(checked), Values(), moment, as_of)
    tree = _tree(checked, context)
    coverage = Context(checked.catalog, context.names, Values(), moment, as_of)
    return CompiledPlan(
        query=context.values.query(tree),
        display_sql=context.values.display(tree),
        coverage=coverage.values.query(_coverage(checked, coverage)),
        outputs=checked.outputs,
    )


def _names(checked: CheckedPlan) -> Any:
    from datalect.plan.names import Names

    return Names(checked.catalog)


def _tree(checked: CheckedPlan, context: Context) -> exp.Expr:
    from datalect.plan.sql_finish import finish_grouped, finish_list
    from datalect.plan.sql_grouped import compile_grouped

    if checked.plan.list_:
        return finish_list(checked, context)
    return finish_grouped(checked, compile_grouped(checked, context), context)


def _coverage(checked: CheckedPlan, context: Context) -> exp.Expr:
    from datalect.plan.sql_grouped import compile_coverage

    return compile_coverage(checked, context)
