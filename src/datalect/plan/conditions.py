"""Tests of a plan: references resolved, values typed and linked, the many side turned into partners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from datalect.data.model import Column, SemanticType
from datalect.data.values import ValueIndex
from datalect.errors import PlanError
from datalect.plan import notices
from datalect.plan.checked import Notice
from datalect.plan.expressions import Expressions, Scope, Unreachable, locate
from datalect.plan.fanout import choose_root, fan_out, has_name, link_tables
from datalect.plan.joins import Path, format_path, format_reference
from datalect.plan.link import link_text, type_value
from datalect.plan.model import Aggregate, AnyOf, ColumnTest, HasTest, Lit, Not, Test, TimeTest
from datalect.plan.names import Names
from datalect.plan.spans import check_span, counts_from, is_relative
from datalect.plan.types import Typed, is_temporal
from datalect.plan.walk import expr_of, is_constant, test_refs

CheckAggregate = Callable[[Aggregate, str, str], Aggregate]
"""Checks an aggregate that is compared with, given the table it starts from and where it stands."""

_ORDERED_OPS = ("<", "<=", ">", ">=", "between")
_TEXT_OPS = ("contains", "starts", "ends")
_NEGATE = "negate"
MAX_VALUES = 5000
"""Values in one ``in`` test."""


class Conditions:
    """Checks the tests of one plan."""

    def __init__(
        self,
        names: Names,
        expressions: Expressions,
        values: ValueIndex | None,
        check_aggregate: CheckAggregate,
    ) -> None:
        self._names = names
        self._expressions = expressions
        self._values = values
        self._check_aggregate = check_aggregate
        self.notices: list[Notice] = []

    def check_all(self, tests: list[Test], scope: Scope, at: str) -> list[Test]:
        """All tests of an AND list, written from the scope's root."""
        checked: list[Test] = []
        partners: dict[str, int] = {}
        for index, test in enumerate(tests):
            result, converted = self._place(test, scope, f"{at}[{index}]")
            if converted and isinstance(result, HasTest):
                if result.has in partners:  # one partner has to pass all of them
                    before = checked[partners[result.has]]
                    if isinstance(before, HasTest):
                        joined = before.model_copy(update={"where": [*before.where, *result.where]})
                        checked[partners[result.has]] = joined
                        continue
                partners[result.has] = len(checked)
            checked.append(result)
        return checked

    def _place(self, test: Test, scope: Scope, at: str) -> tuple[Test, bool]:
        """One test; True when it speaks of the many side and was turned into a ``has``."""
        if isinstance(test, AnyOf):
            parts = [self._place(part, scope, f"{at}.any[{i}]")[0] for i, part in enumerate(test.any)]
            return AnyOf(any=parts), False
        if isinstance(test, Not):
            return Not(not_=self._place(test.not_, scope, f"{at}.not")[0]), False
        if isinstance(test, HasTest):
            return self._has(test, scope, at), False
        try:
            return self._leaf(test, scope, at), False
        except Unreachable as missing:
            return self._as_partners(test, missing.column, scope, at), True

    def _leaf(self, test: ColumnTest | TimeTest, scope: Scope, at: str) -> Test:
        if isinstance(test, TimeTest):
            return self._time(test, scope, at)
        return self._compare(test, scope, at)

    def _as_partners(self, test: ColumnTest | TimeTest, column: Column, scope: Scope, at: str) -> HasTest:
        """A test on a table whose rows repeat: at least one partner row passes it."""
        tables = [column.table]
        for text in test_refs(test):
            found, _ = locate(self._names, text, scope, at)
            tables.append(found.table)
        graph = self._names.graph
        via = choose_root(graph, list(dict.fromkeys(tables)), [scope.root, *tables])
        if via is None:
            raise fan_out(list(dict.fromkeys([scope.root, *tables])))
        link = link_tables(self._names, scope.root, via, at)
        inner = self._leaf(test, Scope(via, (via, *scope.bases)), at)
        of = scope.root if scope.name_root else None
        return HasTest(has=has_name(link, self._names), of=of, where=[inner])

    # ------------------------------------------------------------ partners

    def _has(self, test: HasTest, scope: Scope, at: str) -> HasTest:
        of = self._partner_base(test, scope, at)
        named = scope.name_root or scope.bases[0] != scope.root
        link = link_tables(self._names, of.end, test.has, f"{at}.has")
        partner = link.forward.end
        where = self.check_all(test.where, Scope(partner, (partner,)), f"{at}.where")
        return test.model_copy(
            update={
                "has": has_name(link, self._names),
                "of": format_path(of, self._names.graph) if of.keys or named else None,
                "where": where,
            }
        )

    def _partner_base(self, test: HasTest, scope: Scope, at: str) -> Path:
        """The way from the root to the table whose rows must have partners."""
        if test.of is not None:
            for base in scope.bases:
                try:
                    inner = self._names.table_path(test.of, base)
                except PlanError:
                    continue
                return self._way(scope.root, base, at).then(inner)
            raise PlanError(
                f'"{test.of}" cannot be reached.', code="unknown_table", at=f"{at}.of", received=test.of
            )
        return self._way(scope.root, scope.bases[0], at)

    def _way(self, root: str, base: str, at: str) -> Path:
        ways = self._names.graph.paths(root, base)
        if not ways:
            raise fan_out([root, base])
        if len(ways) > 1:
            raise self._names.ambiguous(ways, "", at)
        return ways[0]

    # ------------------------------------------------------------ time

    def _time(self, test: TimeTest, scope: Scope, at: str) -> TimeTest:
        reference = self._expressions.reference(test.time, scope, f"{at}.time")
        check_span(test.in_, reference.column, f"{at}.in")
        if is_relative(test.in_):
            moment = counts_from(reference.column, self._names.catalog)
            self.notices.append(notices.time_counts_from(reference.column, moment))
        return test.model_copy(update={"time": format_reference(reference, self._names.graph)})

    # ------------------------------------------------------------ comparisons

    def _compare(self, test: ColumnTest, scope: Scope, at: str) -> Test:
        slot = "col" if test.col is not None else "expr"
        expr, typed = self._expressions.check(expr_of(test), scope, f"{at}.{slot}")
        changes: dict[str, Any] = {slot: expr}
        name = typed.source or "the expression"
        if test.op in _TEXT_OPS and typed.kind != "text":
            raise PlanError(
                f"{test.op} looks inside texts, and {name} is no text.",
                code="type_mismatch",
                at=at,
                expected="a text column",
                received=f"{name} of kind {typed.kind}",
            )
        if test.agg is not None:
            changes["agg"] = self._aggregate(test, typed, scope, at)
        elif test.than is not None:
            changes["than"] = self._than(test, typed, scope, at)
        elif test.op != "null":
            changes.update(self._value(test, typed, name, f"{at}.val"))
        elif is_constant(expr):
            raise PlanError("A test needs a column.", code="bad_expression", at=at)
        negate = changes.pop(_NEGATE, False)
        result = test.model_copy(update=changes)
        return Not(not_=result) if negate else result

    def _aggregate(self, test: ColumnTest, typed: Typed, scope: Scope, at: str) -> Aggregate:
        if test.agg is None or test.op not in ("=", "!=", "<", "<=", ">", ">="):
            raise PlanError(
                f"{test.op} does not compare with one figure.", code="bad_operator", at=at, received=test.op
            )
        if typed.kind != "number" and not (is_temporal(typed.kind) and test.agg.fn in ("min", "max")):
            if not (typed.kind == "text" and test.agg.fn in ("min", "max")):
                raise PlanError(
                    "Only numbers can be compared with this figure.",
                    code="type_mismatch",
                    at=at,
                    expected="a number",
                    received=typed.kind,
                )
        return self._check_aggregate(test.agg, scope.bases[0], f"{at}.agg")

    def _than(self, test: ColumnTest, typed: Typed, scope: Scope, at: str) -> Any:
        if test.op in ("in", "between"):
            raise PlanError(
                f"{test.op} takes values, not an expression.", code="bad_operator", at=at, received=test.op
            )
        if isinstance(test.than, Lit):
            value = type_value(test.than.lit, typed.kind, typed.source, f"{at}.than")
            return Lit(lit=value)
        expr, other = self._expressions.check(test.than, scope, f"{at}.than")
        if typed.kind != other.kind and not (is_temporal(typed.kind) and is_temporal(other.kind)):
            raise PlanError(
                f"A {typed.kind} cannot be compared with a {other.kind}.",
                code="type_mismatch",
                at=at,
                expected=typed.kind,
                received=other.kind,
            )
        a, b = typed.meaning, other.meaning
        for left, right in ((a.currency, b.currency), (a.unit, b.unit)):
            if left and right and left != right:
                raise PlanError(
                    f"{left} cannot be compared with {right}.",
                    code="mixed_units",
                    at=at,
                    expected="the same unit on both sides",
                    received=f"{left} and {right}",
                )
        return expr

    def _value(self, test: ColumnTest, typed: Typed, name: str, at: str) -> dict[str, Any]:
        if typed.kind in ("interval", "other") or (
            typed.kind == "boolean" and test.op not in ("=", "!=", "in")
        ):
            raise PlanError(
                f"{name} cannot be tested with {test.op}.", code="type_mismatch", at=at, received=typed.kind
            )
        given = test.val if isinstance(test.val, list) else [test.val]
        if len(given) > MAX_VALUES:
            raise PlanError(
                "The list of values is too long.",
                code="too_many_values",
                at=at,
                expected=f"at most {MAX_VALUES:,}",
                received=f"{len(given):,}",
            )
        if typed.kind == "text":
            return self._text_value(test, given, typed, name, at)
        values = [type_value(value, typed.kind, name, at) for value in given]
        if test.op == "between" and values[0] > values[1]:
            raise PlanError(
                "The first bound of between lies above the second.",
                code="bad_value",
                at=at,
                expected="the smaller value first",
                received=f"{values[0]}, {values[1]}",
            )
        return {"val": values if isinstance(test.val, list) else values[0]}

    def _text_value(
        self, test: ColumnTest, given: list[Any], typed: Typed, name: str, at: str
    ) -> dict[str, Any]:
        column = typed.column
        if test.op in _ORDERED_OPS and any(not isinstance(value, str) for value in given):
            raise PlanError(
                f"{name} holds text, which is not ordered like numbers.",
                code="type_mismatch",
                at=at,
                expected="a text",
                received=repr(test.val),
            )
        values = [type_value(value, "text", name, at) for value in given]
        if test.op in _ORDERED_OPS and column is not None and column.meaning.type is SemanticType.ORDERED:
            chosen = _in_order(test.op, values, column)
            if chosen is not None:
                return {"op": "in", "val": chosen}
        if test.op not in ("=", "!=", "in") or column is None:
            return {"val": values if isinstance(test.val, list) else values[0]}
        stored: list[Any] = []
        for value in values:
            linked = link_text(value, column, self._values, at)
            self.notices.extend(linked.notices)
            stored.extend(v for v in linked.values if v not in stored)
        if test.op == "!=" and len(stored) > 1:
            return {"op": "in", "val": stored, _NEGATE: True}
        if test.op == "in" or len(stored) > 1:
            return {"op": "in", "val": stored}
        return {"val": stored[0]}


def _in_order(op: str, values: list[str], column: Column) -> list[Any] | None:
    """Values of an ordered category that lie on the right side of the ones given.

    None when those are unknown.
    """
    order = [str(value) for value in column.meaning.order]
    if any(value not in order for value in values):
        return None
    places = [order.index(value) for value in values]
    first = places[0]
    keeps: dict[str, Callable[[int], bool]] = {
        "<": lambda i: i < first,
        "<=": lambda i: i <= first,
        ">": lambda i: i > first,
        ">=": lambda i: i >= first,
        "between": lambda i: first <= i <= places[-1],
    }
    chosen = [value for i, value in enumerate(column.meaning.order) if keeps[op](i)]
    return chosen or None
