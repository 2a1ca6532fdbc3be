"""Small pieces of SQL syntax tree, and turning a finished tree into text.

Constants never become text inside a query: they are placeholders that carry their value, written ``?`` in the
query and as literals only in the SQL shown to people.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlglot import exp
from sqlglot.generators.duckdb import DuckDBGenerator

from datalect.engine.base import Query

_MARK = re.compile("\x00(\\d+)\x00")


class _Generator(DuckDBGenerator):
    """DuckDB's generator that leaves a mark where each bound constant stands."""

    def placeholder_sql(self, expression: exp.Placeholder) -> str:
        """A mark that no identifier can hold: the checker refuses control characters in names."""
        return f"\x00{expression.this}\x00"

    def ordered_sql(self, expression: exp.Ordered) -> str:
        """Direction and place of NULLs are always written, whatever the engine's default."""
        direction = "DESC" if expression.args.get("desc") else "ASC"
        return f"{self.sql(expression, 'this')} {direction} NULLS LAST"


class Values:
    """The constants of one query, in the order they were bound."""

    def __init__(self) -> None:
        self._values: list[str | int | float | bool] = []

    def bind(self, value: str | int | float | bool) -> exp.Expr:
        """A placeholder for a constant."""
        self._values.append(value)
        return exp.Placeholder(this=str(len(self._values) - 1))

    def query(self, tree: exp.Expr) -> Query:
        """The tree as a query with its parameters in the order of the text."""
        text = _Generator().generate(tree, copy=False)
        params = tuple(self._values[int(mark)] for mark in _MARK.findall(text))
        return Query(sql=_MARK.sub("?", text), params=params)

    def display(self, tree: exp.Expr) -> str:
        """The tree as pretty SQL with the constants written in."""
        text = _Generator(pretty=True).generate(tree, copy=False)
        return _MARK.sub(lambda mark: literal(self._values[int(mark[1])]), text)


def literal(value: str | int | float | bool) -> str:
    """A constant as SQL text."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"CAST('{value!r}' AS DOUBLE)" if "e" in repr(value) else f"CAST({value!r} AS DOUBLE)"
    if isinstance(value, int):
        return str(value) if value >= 0 else f"({value})"
    pieces = ["'" + piece.replace("'", "''") + "'" for piece in value.split("\x00")]
    return pieces[0] if len(pieces) == 1 else "(" + " || chr(0) || ".join(pieces) + ")"


# ---------------------------------------------------------------- pieces


def name(text: str) -> exp.Identifier:
    """A quoted identifier."""
    return exp.Identifier(this=text, quoted=True)


def column(alias: str, text: str) -> exp.Expr:
    """A column of an aliased table."""
    return exp.Column(this=name(text), table=name(alias))


def bare(text: str) -> exp.Expr:
    """A column of the only table, or an output column."""
    return exp.Column(this=name(text))


def aliased(expression: exp.Expr, text: str) -> exp.Expr:
    """An expression under an output name."""
    return exp.Alias(this=expression, alias=name(text))


def table(text: str, alias: str) -> exp.Expr:
    """A table under an alias."""
    return exp.Table(this=name(text), alias=exp.TableAlias(this=name(alias)))


def subquery(select: exp.Expr, alias: str) -> exp.Expr:
    """A select in the place of a table."""
    return exp.Subquery(this=select, alias=exp.TableAlias(this=name(alias)))


def scalar(select: exp.Expr) -> exp.Expr:
    """A select in the place of a value."""
    return exp.Subquery(this=select)


def call(function: str, *arguments: exp.Expr) -> exp.Expr:
    """A function of DuckDB, by its own name."""
    return exp.Anonymous(this=function, expressions=list(arguments))


def word(text: str) -> exp.Expr:
    """A fixed text of ours (a unit of time); never anything a user wrote."""
    return exp.Literal.string(text)


def number(value: int | float) -> exp.Expr:
    """A fixed number that belongs to the form of the query: a position, a lag, a width."""
    if value < 0:
        return exp.Paren(this=exp.Neg(this=number(-value)))
    return exp.Literal.number(value)


def cast(expression: exp.Expr, dtype: str) -> exp.Expr:
    """A cast to a DuckDB type."""
    return exp.Cast(this=expression, to=exp.DataType.build(dtype, dialect="duckdb"))


def paren(expression: exp.Expr) -> exp.Expr:
    """An expression in brackets where it is not a single thing."""
    single = (
        exp.Column,
        exp.Placeholder,
        exp.Literal,
        exp.Anonymous,
        exp.Func,
        exp.Paren,
        exp.Cast,
        exp.Subquery,
    )
    return expression if isinstance(expression, single) else exp.Paren(this=expression)


def all_of(conditions: Sequence[exp.Expr]) -> exp.Expr | None:
    """Conditions joined by AND; None for none."""
    return _joined(exp.And, conditions)


def any_of(conditions: Sequence[exp.Expr]) -> exp.Expr | None:
    """Conditions joined by OR; None for none."""
    return _joined(exp.Or, conditions)


def _joined(kind: type[exp.Connector], conditions: Sequence[exp.Expr]) -> exp.Expr | None:
    if not conditions:
        return None
    result = _operand(conditions[0], alone=len(conditions) == 1)
    for condition in conditions[1:]:
        result = kind(this=result, expression=_operand(condition))
    return result


def _operand(condition: exp.Expr, *, alone: bool = False) -> exp.Expr:
    return exp.Paren(this=condition) if isinstance(condition, exp.Connector) and not alone else condition


def negated(condition: exp.Expr) -> exp.Expr:
    """NOT of a condition."""
    return exp.Not(this=exp.Paren(this=condition))


def is_null(expression: exp.Expr) -> exp.Expr:
    """IS NULL."""
    return exp.Is(this=paren(expression), expression=exp.Null())


def not_null(expression: exp.Expr) -> exp.Expr:
    """IS NOT NULL."""
    return exp.Not(this=is_null(expression))


def divided(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """True division; NULL where the divisor is 0."""
    divisor = exp.Nullif(this=cast(right, "DOUBLE"), expression=exp.Literal.number(0))
    return exp.Div(this=cast(left, "DOUBLE"), expression=divisor, typed=True, safe=False)


def less(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """One figure minus another, in a type in which the extremes of whole numbers do not overflow."""
    return exp.Sub(this=cast(left, "DOUBLE"), expression=cast(right, "DOUBLE"))


def finite(expression: exp.Expr) -> exp.Expr:
    """The value, or NULL where it is NaN or infinite."""
    return exp.Case(
        ifs=[exp.If(this=call("ISFINITE", expression.copy()), true=expression)],
    )


def select(
    columns: Sequence[exp.Expr],
    source: exp.Expr,
    joins: Sequence[exp.Expr] = (),
    where: exp.Expr | None = None,
    group: int = 0,
    distinct: bool = False,
) -> exp.Select:
    """A SELECT; ``group`` groups by the first so many columns."""
    tree = exp.Select(expressions=list(columns))
    tree.set("from_", exp.From(this=source))
    if joins:
        tree.set("joins", list(joins))
    if where is not None:
        tree.set("where", exp.Where(this=where))
    if group:
        tree.set("group", exp.Group(expressions=[exp.Literal.number(i + 1) for i in range(group)]))
    if distinct:
        tree.set("distinct", exp.Distinct())
    return tree


def ordered(expression: exp.Expr, direction: str) -> exp.Expr:
    """An ORDER BY term; missing values last."""
    return exp.Ordered(this=expression, desc=direction == "desc", nulls_first=False)


def window(
    function: exp.Expr,
    partition: Sequence[exp.Expr],
    order: Sequence[exp.Expr] = (),
    preceding: int | None = None,
) -> exp.Expr:
    """A window function; ``preceding`` frames so many rows before up to the current one, -1 all of them."""
    tree = exp.Window(this=function, over="OVER")
    if partition:
        tree.set("partition_by", list(partition))
    if order:
        tree.set("order", exp.Order(expressions=list(order)))
    if preceding is not None:
        start: Any = "UNBOUNDED" if preceding < 0 else exp.Literal.number(preceding)
        tree.set(
            "spec",
            exp.WindowSpec(kind="ROWS", start=start, start_side="PRECEDING", end="CURRENT ROW"),
        )
    return tree
