"""What running the readings of a question tells about which one was meant.

Readings that give the same figures are no ambiguity worth asking back about, and a reading that finds nothing
is rarely the one that was meant, unless the planner is all but certain of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from datalect.engine.base import QueryResult
from datalect.engine.cells import plain_columns
from datalect.errors import RefusedError

if TYPE_CHECKING:
    import pyarrow as pa

    from datalect.plan.check import CheckedPlan
    from datalect.plan.compile import CompiledPlan
    from datalect.plan.model import Plan
    from datalect.planner.base import Interpretation, Reading

Outcome: TypeAlias = "tuple[CheckedPlan, CompiledPlan, QueryResult, dict[str, Any]]"

# Readings compared with each other; more would cost more than asking back.
_COMPARED = 3
# A reading below this probability is not worth running unasked, whatever the others say.
_WORTH_RUNNING = 0.65
# From there on a reading is asked about only because of others as likely, so those alone are run.
_NEAR = 0.9
# A reading this sure may find nothing: then there is nothing.
_CERTAIN = 0.9

_NOTHING = {
    "en": "Read this way, the tables hold nothing that fits.",
    "zh": "按这种理解，表中没有符合的内容。",
}


def settle(
    interpretation: Interpretation, run: Callable[[Plan], Outcome]
) -> tuple[Interpretation, Outcome | None]:
    """Run the best readings and decide whether one may be answered.

    Args:
        interpretation: what the planner made of the question.
        run: checks, compiles and runs a plan.

    Returns:
        The interpretation with the answered reading first, and its outcome; the outcome is None when the
        question is to be asked back or refused.

    Raises:
        LimitError: a query hit its limit.
        RefusedError: the only reading cannot be run.
    """
    readings = interpretation.readings
    if interpretation.status == "refused" or not readings:
        return interpretation, None
    if interpretation.status == "answered":
        outcome = run(readings[0].plan)
        if (
            readings[0].score >= _CERTAIN
            or not finds_nothing(outcome)
            or may_find_nothing(readings[0].plan)
            or table_is_empty(outcome)
        ):
            return interpretation, outcome
        return replace(interpretation, status="ambiguous", reason=_NOTHING[interpretation.language]), None
    if readings[0].score < _WORTH_RUNNING:
        return interpretation, None
    rivals = [r for r in readings[:_COMPARED] if r.score >= _NEAR * readings[0].score]
    outcomes = _outcomes(tuple(rivals), run)
    filled = [(reading, outcome) for reading, outcome in outcomes if not finds_nothing(outcome)]
    if not filled or any(not _same(filled[0][1], other) for _, other in filled[1:]):
        return interpretation, None
    chosen, outcome = filled[0]
    rest = tuple(reading for reading in readings if reading is not chosen)
    return replace(interpretation, status="answered", readings=(chosen, *rest), reason=""), outcome


def finds_nothing(outcome: Outcome) -> bool:
    """No rows, or one row whose measures are all missing or zero."""
    table: pa.Table = outcome[2].table
    if table.num_rows != 1:
        return bool(table.num_rows == 0)
    measured = [c.name for c in outcome[1].outputs if c.role in ("measure", "derived")]
    return bool(measured) and all(table.column(name)[0].as_py() in (None, 0) for name in measured)


def table_is_empty(outcome: Outcome) -> bool:
    """Whether the table asked about has no rows at all: no reading would find anything."""
    return outcome[3].get("rows_total") == 0


def may_find_nothing(plan: Plan) -> bool:
    """Whether finding nothing is an answer: of things without partners, or past a bound, there may be none.

    A value that is stored somewhere but never together with the other conditions is rather misunderstood.
    """
    body = plan.to_json()
    tests = body.get("where", [])
    named = [t for t in _tests(tests) if t.get("op") in ("=", "in", "contains", "starts", "ends")]
    if any(isinstance(v, str) for t in named for v in _values(t)):
        return False
    bounds = body.get("keep") or [m for m in body.get("get", []) if m.get("keep")]
    return bool(bounds) or any("has" in t and (t.get("neg") or t.get("count")) for t in tests)


def _tests(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [t for part in node for t in _tests(part)]
    if isinstance(node, dict):
        return [node, *(t for part in node.values() for t in _tests(part))]
    return []


def _values(test: dict[str, Any]) -> list[Any]:
    value = test.get("val")
    return value if isinstance(value, list) else [value]


def _outcomes(readings: tuple[Reading, ...], run: Callable[[Plan], Outcome]) -> list[tuple[Reading, Outcome]]:
    done = []
    for reading in readings:
        try:
            done.append((reading, run(reading.plan)))
        except RefusedError:
            continue
    return done


def _same(one: Outcome, other: Outcome) -> bool:
    first: pa.Table = one[2].table
    second: pa.Table = other[2].table
    if (first.num_rows, first.num_columns) != (second.num_rows, second.num_columns):
        return False
    left, right = plain_columns(first), plain_columns(second)
    return left == right or _rows(left) == _rows(right)


def _rows(columns: list[list[Any]]) -> list[str]:
    """The rows in an order of their own: the order two readings list the same figures in is no difference."""
    return sorted(repr(row) for row in zip(*columns, strict=True))
