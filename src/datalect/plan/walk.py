"""Going through the parts of a plan without knowing what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from datalect.plan.model import (
    Aggregate,
    AnyOf,
    Breakdown,
    ColumnTest,
    HasTest,
    Lit,
    Not,
    Ratio,
    Test,
    TimeTest,
)

Rename = Callable[[str], str]

_UNIT_FIRST = ("date_diff", "date_part")


def operands(expr: list[Any]) -> list[Any]:
    """The parts of a prefix list that are expressions: not the operator, not the unit of a date function."""
    return expr[2:] if expr[0] in _UNIT_FIRST else expr[1:]


def expr_refs(expr: Any) -> Iterator[str]:
    """Every column reference of an expression."""
    if isinstance(expr, str):
        yield expr
    elif isinstance(expr, list):
        for part in operands(expr):
            yield from expr_refs(part)


def map_expr(expr: Any, rename: Rename) -> Any:
    """The expression with every reference renamed."""
    if isinstance(expr, str):
        return rename(expr)
    if isinstance(expr, list):
        head = len(expr) - len(operands(expr))
        return [*expr[:head], *(map_expr(part, rename) for part in expr[head:])]
    return expr


def expr_of(node: ColumnTest | Aggregate | Breakdown) -> Any:
    """The expression of a node that has either ``col`` or ``expr``; None when it has neither."""
    return node.col if node.col is not None else node.expr


def test_refs(test: Test) -> Iterator[str]:
    """References of a test that start at the test's own base; those inside ``has`` and ``agg`` do not."""
    if isinstance(test, TimeTest):
        yield test.time
    elif isinstance(test, ColumnTest):
        yield from expr_refs(expr_of(test))
        if test.than is not None:
            yield from expr_refs(test.than)
    elif isinstance(test, AnyOf):
        for part in test.any:
            yield from test_refs(part)
    elif isinstance(test, Not):
        yield from test_refs(test.not_)


def map_test(test: Test, rename: Rename) -> Test:
    """The test with every reference of its own base renamed."""
    if isinstance(test, TimeTest):
        return test.model_copy(update={"time": rename(test.time)})
    if isinstance(test, ColumnTest):
        changes: dict[str, Any] = {}
        if test.col is not None:
            changes["col"] = rename(test.col)
        else:
            changes["expr"] = map_expr(test.expr, rename)
        if test.than is not None:
            changes["than"] = map_expr(test.than, rename)
        return test.model_copy(update=changes)
    if isinstance(test, AnyOf):
        return test.model_copy(update={"any": [map_test(part, rename) for part in test.any]})
    if isinstance(test, Not):
        return test.model_copy(update={"not_": map_test(test.not_, rename)})
    return test


def contains_subquery(test: Test) -> bool:
    """Whether a test looks at rows other than its own (``has`` or ``agg``)."""
    if isinstance(test, HasTest):
        return True
    if isinstance(test, ColumnTest):
        return test.agg is not None
    if isinstance(test, AnyOf):
        return any(contains_subquery(part) for part in test.any)
    if isinstance(test, Not):
        return contains_subquery(test.not_)
    return False


def expr_depth(expr: Any) -> int:
    """Nesting depth of an expression; a reference or a number has depth 1."""
    if not isinstance(expr, list):
        return 1
    return 1 + max((expr_depth(part) for part in expr), default=0)


def is_constant(expr: Any) -> bool:
    """Whether an expression reads no column."""
    if isinstance(expr, (Lit, int, float)):
        return True
    return isinstance(expr, list) and all(is_constant(part) for part in operands(expr))


def is_share(ratio: Ratio) -> bool:
    """Whether a ratio is a part of its own whole: the same figure of the same rows, once with a filter."""
    num, den = ratio.num, ratio.den
    if ratio.fn != "ratio" or not (isinstance(num, Aggregate) and isinstance(den, Aggregate)):
        return False
    same = (num.fn, num.col, num.expr, num.each) == (den.fn, den.col, den.expr, den.each)
    return same and bool(num.where) and not den.where and num.fn in ("count", "sum", "distinct")
