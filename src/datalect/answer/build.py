"""From an interpretation and a result to an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from datalect.answer.model import Answer

if TYPE_CHECKING:
    from datalect.data.model import Catalog
    from datalect.engine.base import QueryResult
    from datalect.errors import DatalectError
    from datalect.plan.check import CheckedPlan
    from datalect.plan.compile import CompiledPlan
    from datalect.planner.base import Interpretation


def answer_from_plan(
    question: str,
    interpretation: Interpretation,
    checked: CheckedPlan,
    compiled: CompiledPlan,
    result: QueryResult,
    coverage: Mapping[str, Any],
    *,
    rephrase: Callable[[str], str] | None = None,
) -> Answer:
    """The answer of a plan that ran.

    Args:
        question: the question as typed.
        interpretation: what the planner made of it; its first reading is the one that ran.
        checked: the plan that ran.
        compiled: its SQL.
        result: what the SQL returned.
        coverage: the row of ``compiled.coverage``: ``rows_total``, ``rows_used``, ``nulls_<measure>``.
        rephrase: a language model (prompt -> text) that may reword; only proven rewordings are shown.
    """
    from datalect.plan.readback import read_back

    language = interpretation.language
    first = interpretation.readings[0] if interpretation.readings else None
    rows = result.table.to_pylist()
    sentence = "; ".join(f"{k}: {v}" for k, v in rows[0].items()) if rows else "No rows match."
    return Answer(
        status="answered",
        language=language,
        question=question,
        sentences=(sentence,),
        table=result.table,
        outputs=checked.outputs,
        plan=checked.plan,
        sql=compiled.display_sql,
        readback=read_back(checked, language),
        confidence=first.score if first else 0.0,
        rows_used=coverage.get("rows_used"),
        rows_total=coverage.get("rows_total"),
        truncated=result.truncated,
    )


def answer_without_result(
    question: str,
    interpretation: Interpretation,
    catalog: Catalog,
    *,
    error: DatalectError | None = None,
) -> Answer:
    """The answer to a question that was not run: ambiguous, refused, or failed for a reason worth telling.

    Args:
        question: the question as typed.
        interpretation: what the planner made of it.
        catalog: the tables, to put the readings into words.
        error: why the best reading could not be run, when it was tried.
    """
    reason = error.what if error is not None else interpretation.reason
    return Answer(
        status="refused" if error is not None else interpretation.status,
        language=interpretation.language,
        question=question,
        sentences=(reason,) if reason else (),
        confidence=interpretation.readings[0].score if interpretation.readings else 0.0,
        warnings=(error.next_step,) if error is not None and error.next_step else (),
    )
