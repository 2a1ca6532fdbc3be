"""Row-wise expressions as SQL.

Whole numbers are widened before they can overflow; everything else is computed in DOUBLE, where a quotient
by 0 is NULL.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from datalect.data.model import Meaning, SemanticType
from datalect.plan import sql_tree as sql
from datalect.plan.model import Lit
from datalect.plan.sql_rows import View
from datalect.plan.types import Kind, Typed, combine, type_of_column, type_of_constant
from datalect.plan.walk import operands

_PLAIN = Meaning(type=SemanticType.MEASURE)
_PARTS = {"weekday": "isodow", "day_of_year": "doy"}
_FRACTIONS = {"hour": 3600, "minute": 60, "second": 1}
_ARITHMETIC: dict[str, type[exp.Binary]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}


def compile_expression(expr: Any, view: View, kind: Kind = "number") -> tuple[exp.Expr, Typed]:
    """An expression of a checked plan as SQL, with its type.

    Args:
        expr: the expression.
        view: what its references start at.
        kind: kind of what a constant is compared with.
    """
    if isinstance(expr, str):
        reference = view.find(expr)
        typed = type_of_column(reference.column)
        column = view.column(reference)
        if typed.kind == "text" and not reference.column.dtype.upper().startswith("VARCHAR"):
            column = sql.cast(column, "VARCHAR")
        return column, typed
    if isinstance(expr, Lit):
        return constant(expr.lit, kind, view), type_of_constant(expr.lit)
    if isinstance(expr, (int, float)):
        return view.rows.context.values.bind(expr), type_of_constant(expr)
    operator = expr[0]
    if operator == "now":
        return moment(view.rows.context.as_of.isoformat(sep=" "), "TIMESTAMP", view), Typed(
            "timestamp", _PLAIN
        )
    if operator == "date_diff":
        return _date_diff(expr, view)
    if operator == "date_part":
        return _date_part(expr, view)
    parts = [compile_expression(part, view) for part in operands(expr)]
    if operator == "length":
        return call_length(parts[0][0]), Typed("number", _PLAIN, integer=True, bound=2.0**31)
    if operator == "abs":
        tree, typed = parts[0]
        return sql.call("ABS", _wide(tree, typed)), typed
    return _arithmetic(operator, parts)


def call_length(text: exp.Expr) -> exp.Expr:
    """Number of characters of a text."""
    return sql.call("LENGTH", text)


def moment(text: str, dtype: str, view: View) -> exp.Expr:
    """A bound date or time."""
    return sql.cast(view.rows.context.values.bind(text), dtype)


def constant(value: Any, kind: Kind, view: View) -> exp.Expr:
    """A constant of a checked plan, bound and cast to the kind it is compared with."""
    if kind in ("date", "timestamp") and isinstance(value, str):
        return moment(value, "DATE" if len(value) == 10 else "TIMESTAMP", view)
    if kind == "time" and isinstance(value, str):
        return moment(value, "TIME", view)
    return view.rows.context.values.bind(value)


# ---------------------------------------------------------------- arithmetic


def _wide(tree: exp.Expr, typed: Typed) -> exp.Expr:
    """An operand in a type in which the operation cannot overflow."""
    if not typed.integer:
        return tree if _is_double(typed) else sql.cast(tree, "DOUBLE")
    return sql.cast(tree, "BIGINT") if typed.bound < 2.0**62 else sql.cast(tree, "HUGEINT")


def _is_double(typed: Typed) -> bool:
    return typed.column is None or typed.column.dtype.upper() == "DOUBLE"


def _arithmetic(operator: str, parts: list[tuple[exp.Expr, Typed]]) -> tuple[exp.Expr, Typed]:
    tree, typed = parts[0]
    if len(parts) == 1:
        return exp.Neg(this=exp.Paren(this=_wide(tree, typed))), combine("-", typed, type_of_constant(0), "")
    for right, right_typed in parts[1:]:
        result = combine(operator, typed, right_typed, "")
        if operator == "/":
            tree = sql.divided(tree, right)
        else:
            kind = _ARITHMETIC[operator]
            tree = kind(
                this=sql.paren(_operand(tree, typed, result)),
                expression=sql.paren(_operand(right, right_typed, result)),
            )
        typed = result
    return tree, typed


def _operand(tree: exp.Expr, typed: Typed, result: Typed) -> exp.Expr:
    if not result.integer:
        return tree if _is_double(typed) and not typed.integer else sql.cast(tree, "DOUBLE")
    if isinstance(tree, exp.Placeholder):
        return sql.cast(tree, "BIGINT" if result.bound < 2.0**62 else "HUGEINT")
    own = typed.column.dtype.upper() if typed.column is not None else ""
    if result.bound < 2.0**62:
        return tree if own in ("BIGINT", "") else sql.cast(tree, "BIGINT")
    return sql.cast(tree, "HUGEINT")


# ---------------------------------------------------------------- dates


def _date_diff(expr: list[Any], view: View) -> tuple[exp.Expr, Typed]:
    """Later minus earlier.

    Days are calendar days, weeks and longer units complete ones, hours and shorter units exact with their
    fraction.
    """
    unit = expr[1]
    (start, first), (end, second) = (compile_expression(part, view, "timestamp") for part in expr[2:])
    if unit in _FRACTIONS:
        if "time" not in (first.kind, second.kind):
            start, end = sql.cast(start, "TIMESTAMP"), sql.cast(end, "TIMESTAMP")
        seconds = exp.Sub(this=sql.call("EPOCH", end), expression=sql.call("EPOCH", start))
        tree: exp.Expr = exp.Div(
            this=exp.Paren(this=seconds), expression=sql.number(_FRACTIONS[unit]), typed=True, safe=False
        )
        return tree, Typed("number", Meaning(type=SemanticType.DURATION, unit=f"{unit}s"))
    start, end = sql.cast(start, "DATE"), sql.cast(end, "DATE")
    function = "DATE_DIFF" if unit == "day" else "DATE_SUB"
    typed = Typed("number", Meaning(type=SemanticType.DURATION, unit=f"{unit}s"), integer=True, bound=2.0**62)
    return sql.call(function, sql.word(unit), start, end), typed


def _date_part(expr: list[Any], view: View) -> tuple[exp.Expr, Typed]:
    tree, _ = compile_expression(expr[2], view, "timestamp")
    return part_of(expr[1], tree), Typed("number", _PLAIN, integer=True, bound=10_000.0)


def part_of(part: str, tree: exp.Expr) -> exp.Expr:
    """A calendar field of a date: whole numbers, weeks after ISO 8601, weekday 1 for Monday."""
    if part == "half":
        quarter = sql.call("DATE_PART", sql.word("quarter"), tree)
        return exp.Case(
            ifs=[exp.If(this=exp.LTE(this=quarter, expression=sql.number(2)), true=sql.number(1)),
                 exp.If(this=sql.not_null(quarter.copy()), true=sql.number(2))]
        )  # fmt: skip
    return sql.call("DATE_PART", sql.word(_PARTS.get(part, part)), tree)
