"""Expressions of a plan: every reference found, every part typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from datalect.data.model import Additivity, Column, Meaning, SemanticType
from datalect.errors import PlanError
from datalect.plan.joins import Path, Reference, format_reference
from datalect.plan.model import ROW_OPERATORS, Lit
from datalect.plan.names import Names
from datalect.plan.types import (
    CLOCK_PARTS,
    DATE_PARTS,
    DIFF_UNITS,
    Typed,
    combine,
    is_temporal,
    type_of_column,
    type_of_constant,
)
from datalect.plan.walk import expr_depth

MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Scope:
    """Where the references of a node are looked up and where they are written from.

    Attributes:
        root: the table whose rows are read; references are written so that they start here.
        bases: tables the author's references may start at, tried in turn.
        lead: the way from the root to the first base, when it is known to be a particular one.
        name_root: ``has`` tests name the table whose rows need partners even when it is the root, because the
            node they belong to starts elsewhere.
    """

    root: str
    bases: tuple[str, ...]
    lead: Path | None = None
    name_root: bool = False


class Unreachable(Exception):
    """A column exists but no many-to-one path leads there from the root."""

    def __init__(self, column: Column) -> None:
        self.column = column
        super().__init__(column.id)


def locate(names: Names, text: str, scope: Scope, at: str) -> tuple[Column, Path | None]:
    """The column a reference means and the path to it from the scope's root, None when there is none."""
    first: PlanError | None = None
    missing: Column | None = None
    for base in scope.bases:
        try:
            column, path = names.find(text, base, at)
        except PlanError as error:
            first = first or error
            continue
        if path is not None and scope.lead is not None and base == scope.bases[0]:
            return column, scope.lead.then(path)
        moved = _from_root(names, base, path, column, scope.root, at)
        if moved is not None:
            return column, moved
        missing = missing or column
    if missing is not None:
        return missing, None
    if first is None:
        raise PlanError(f'"{text}" has no table to start at.', code="unknown_column", at=at, received=text)
    raise first


def _from_root(names: Names, base: str, path: Path | None, column: Column, root: str, at: str) -> Path | None:
    """A path that starts at ``base``, made to start at ``root``."""
    if base == root:
        return path
    ways = names.graph.paths(root, base)
    if path is not None and ways:
        if len(ways) > 1:
            raise names.ambiguous(tuple(way.then(path) for way in ways), column.name, at)
        return ways[0].then(path)
    direct = names.graph.paths(root, column.table)
    if len(direct) > 1:
        raise names.ambiguous(direct, column.name, at)
    return direct[0] if direct else None


class Expressions:
    """Resolves and types expressions within one catalog."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def reference(self, text: str, scope: Scope, at: str) -> Reference:
        """The column a reference means, by a many-to-one path from the root.

        Raises:
            Unreachable: when only a path that repeats rows leads there.
        """
        column, path = locate(self.names, text, scope, at)
        if path is None:
            raise Unreachable(column)
        return Reference(path, column)

    def check(self, expr: Any, scope: Scope, at: str) -> tuple[Any, Typed]:
        """The expression with qualified references, and its type."""
        if expr_depth(expr) > MAX_DEPTH:
            raise PlanError(
                "The expression is nested too deeply.",
                code="too_deep",
                at=at,
                expected=f"at most {MAX_DEPTH} levels",
            )
        return self._check(expr, scope, at)

    def _check(self, expr: Any, scope: Scope, at: str) -> tuple[Any, Typed]:
        if isinstance(expr, str):
            reference = self.reference(expr, scope, at)
            return format_reference(reference, self.names.graph), type_of_column(reference.column)
        if isinstance(expr, Lit):
            return expr, type_of_constant(expr.lit)
        if isinstance(expr, (int, float)):
            return expr, type_of_constant(expr)
        if not expr or not isinstance(expr[0], str) or expr[0] not in ROW_OPERATORS:
            raise PlanError(
                "An expression starts with its operator.",
                code="bad_expression",
                at=at,
                expected="one of " + ", ".join(ROW_OPERATORS),
                received=str(expr[0]) if expr else "an empty list",
            )
        return self._operation(expr[0], expr[1:], scope, at)

    def _operation(self, operator: str, rest: list[Any], scope: Scope, at: str) -> tuple[Any, Typed]:
        if operator in ("date_diff", "date_part"):
            return self._date_function(operator, rest, scope, at)
        low, high = {"+": (2, 10), "*": (2, 10), "-": (1, 10), "/": (2, 2), "now": (0, 0)}.get(
            operator, (1, 1)
        )
        if not low <= len(rest) <= high:
            raise PlanError(
                f"{operator} takes {low if low == high else f'{low} to {high}'} operands.",
                code="bad_expression",
                at=at,
                received=f"{len(rest)} operands",
            )
        checked = [self._check(part, scope, at) for part in rest]
        parts = [operator, *(part for part, _ in checked)]
        types = [typed for _, typed in checked]
        if operator == "now":
            return parts, Typed("timestamp", Meaning(type=SemanticType.DATETIME))
        if operator == "length":
            if types[0].kind != "text":
                raise PlanError(
                    "length needs a text.",
                    code="type_mismatch",
                    at=at,
                    expected="text",
                    received=types[0].kind,
                )
            meaning = Meaning(type=SemanticType.COUNT, unit="characters", additivity=Additivity.ADDITIVE)
            return parts, Typed("number", meaning, integer=True, bound=2.0**31)
        if operator == "abs" or len(types) == 1:
            result = combine("-", types[0], type_of_constant(0), at)
            return parts, result
        result = types[0]
        for typed in types[1:]:
            result = combine(operator, result, typed, at)
        return parts, result

    def _date_function(self, operator: str, rest: list[Any], scope: Scope, at: str) -> tuple[Any, Typed]:
        units = DIFF_UNITS if operator == "date_diff" else DATE_PARTS
        wanted = 3 if operator == "date_diff" else 2
        if len(rest) != wanted or rest[0] not in units:
            raise PlanError(
                f"{operator} takes a unit and {wanted - 1} date{'s' if wanted == 3 else ''}.",
                code="bad_expression",
                at=at,
                expected="a unit out of " + ", ".join(units),
                received=str(rest[0]) if rest else "nothing",
            )
        unit = rest[0]
        checked = [self._date(part, unit, scope, at) for part in rest[1:]]
        parts = [operator, unit, *(part for part, _ in checked)]
        if operator == "date_diff":
            meaning = Meaning(type=SemanticType.DURATION, unit=f"{unit}s", additivity=Additivity.ADDITIVE)
            return parts, Typed("number", meaning, integer=True, bound=2.0**62)
        kind = SemanticType.YEAR if unit == "year" else SemanticType.ORDERED
        return parts, Typed("number", Meaning(type=kind), integer=True, bound=10_000.0)

    def _date(self, expr: Any, unit: str, scope: Scope, at: str) -> tuple[Any, Typed]:
        if isinstance(expr, Lit):
            from datalect.plan.link import type_value

            return Lit(lit=type_value(expr.lit, "timestamp", "the date", at)), Typed(
                "timestamp", Meaning(type=SemanticType.DATETIME)
            )
        part, typed = self._check(expr, scope, at)
        clock = typed.kind == "time" and unit in CLOCK_PARTS
        if not is_temporal(typed.kind) and not clock:
            raise PlanError(
                "Only dates and times have calendar units.",
                code="type_mismatch",
                at=at,
                expected="a date or a time",
                received=f"{typed.source or 'a value'} of kind {typed.kind}",
            )
        return part, typed
