"""One form for plans that mean the same, and a hash of it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from datalect.plan.model import (
    Aggregate,
    AnyOf,
    Breakdown,
    ColumnTest,
    HasTest,
    Lit,
    Measure,
    MetricUse,
    Nested,
    Not,
    Plan,
    Ratio,
    Test,
)

_NOT_MEANT = frozenset({"why", "open", "show", "task"})
_COMMUTE = ("+", "*")


def canonical(plan: Plan) -> Plan:
    """The plan in the one form that all plans with the same meaning share.

    The order of AND tests, of alternatives in ``any``, of values in ``in`` and of operands of + and * does
    not matter; repeats are dropped; ``in`` with one value is ``=``; a double ``not`` is none. Evidence, open
    slots, the chart and the task do not belong to the meaning and are left out.
    """
    return plan.model_copy(
        update={
            "where": _tests(plan.where),
            "by": [_breakdown(b) for b in plan.by],
            "get": [_measure(m) for m in plan.get],
            "list_": [
                item if isinstance(item, str) else item.model_copy(update={"expr": _expr(item.expr)})
                for item in plan.list_
            ],
            "keep": _sorted(plan.keep),
            **{name: Plan.model_fields[name].get_default(call_default_factory=True) for name in _NOT_MEANT},
        }
    )


def plan_hash(plan: Plan) -> str:
    """SHA-256 of the canonical form, 64 hexadecimal digits."""
    data = canonical(plan).to_json()
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


# ---------------------------------------------------------------- parts


def _key(node: Any) -> str:
    data = node.model_dump(mode="json", by_alias=True) if hasattr(node, "model_dump") else node
    return json.dumps(data, sort_keys=True, ensure_ascii=False)


def _sorted(nodes: list[Any]) -> list[Any]:
    unique = {_key(node): node for node in nodes}
    return [unique[key] for key in sorted(unique)]


def _tests(tests: list[Test]) -> list[Test]:
    return _sorted([_test(test) for test in tests])


def _test(test: Test) -> Test:
    if isinstance(test, AnyOf):
        parts = _tests(test.any)
        return parts[0] if len(parts) == 1 else test.model_copy(update={"any": parts})
    if isinstance(test, Not):
        inner = _test(test.not_)
        if isinstance(inner, Not):
            return inner.not_
        if isinstance(inner, HasTest):
            return inner.model_copy(update={"neg": not inner.neg})
        return test.model_copy(update={"not_": inner})
    if isinstance(test, HasTest):
        return test.model_copy(update={"where": _tests(test.where)})
    if isinstance(test, ColumnTest):
        return _column_test(test)
    return test


def _column_test(test: ColumnTest) -> ColumnTest:
    changes: dict[str, Any] = {}
    if isinstance(test.expr, str):
        changes.update(col=test.expr, expr=None)
    elif test.expr is not None:
        changes["expr"] = _expr(test.expr)
    if test.than is not None:
        changes["than"] = _expr(test.than)
    if test.agg is not None:
        changes["agg"] = _aggregate(test.agg)
    if test.op == "in" and isinstance(test.val, list):
        values = list({_key(_number(value)): _number(value) for value in test.val}.values())
        values.sort(key=_key)
        changes.update({"op": "=", "val": values[0]} if len(values) == 1 else {"val": values})
    elif isinstance(test.val, list):
        changes["val"] = [_number(value) for value in test.val]
    elif test.val is not None:
        changes["val"] = _number(test.val)
    return test.model_copy(update=changes)


def _number(value: Any) -> Any:
    """Whole numbers without a fraction, so that 3.0 and 3 are one."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _expr(expr: Any) -> Any:
    if isinstance(expr, list) and expr:
        parts = [expr[0], *(_expr(part) for part in expr[1:])]
        return [parts[0], *sorted(parts[1:], key=_key)] if parts[0] in _COMMUTE else parts
    if isinstance(expr, Lit):
        return expr
    return _number(expr)


def _breakdown(node: Breakdown) -> Breakdown:
    if isinstance(node.expr, str):
        return node.model_copy(update={"col": node.expr, "expr": None})
    return node if node.expr is None else node.model_copy(update={"expr": _expr(node.expr)})


def _aggregate(node: Aggregate) -> Aggregate:
    changes: dict[str, Any] = {"where": _tests(node.where)}
    if isinstance(node.expr, str):
        changes.update(col=node.expr, expr=None)
    elif node.expr is not None:
        changes["expr"] = _expr(node.expr)
    return node.model_copy(update=changes)


def _measure(node: Measure) -> Measure:
    if isinstance(node, Aggregate):
        return _aggregate(node)
    if isinstance(node, Nested):
        return node.model_copy(
            update={"of": _aggregate(node.of), "where": _tests(node.where), "keep": _sorted(node.keep)}
        )
    if isinstance(node, Ratio):
        return node.model_copy(update={"num": _measure(node.num), "den": _measure(node.den)})
    if isinstance(node, MetricUse):
        return node.model_copy(update={"where": _tests(node.where)})
    return node
