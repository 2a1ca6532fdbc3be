"""The filters of a checked plan, as values that sentences can name and the verifier can check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from datalect.answer.fields import shape_of
from datalect.answer.ground import Condition, Words
from datalect.answer.labels import (
    column_words,
    expression_words,
    find_column,
    measure_words,
    reference_words,
    table_noun,
)
from datalect.answer.periods import period_of, read_moment
from datalect.data.model import Catalog
from datalect.plan.model import AnyOf, ColumnTest, HasTest, Keep, Not, TimeTest
from datalect.plan.spans import counts_from

_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def conditions_of(tests: Iterable[Any], catalog: Catalog, *, as_of: datetime | None) -> tuple[Condition, ...]:
    """The tests of a plan's ``where``, in order."""
    return tuple(_condition(test, catalog, as_of) for test in tests)


def _condition(test: Any, catalog: Catalog, as_of: datetime | None) -> Condition:
    if isinstance(test, Not):
        inner = _condition(test.not_, catalog, as_of)
        if inner.op in _OPPOSITE and not inner.negated:
            return replace(inner, op=_OPPOSITE[inner.op])
        return replace(inner, negated=not inner.negated)
    if isinstance(test, AnyOf):
        parts = tuple(_condition(part, catalog, as_of) for part in test.any)
        return Condition(label=Words(en="", zh=""), op="any", parts=parts)
    if isinstance(test, TimeTest):
        column = find_column(catalog, test.time)
        label = column_words(column) if column else reference_words(catalog, test.time)
        now = counts_from(column, catalog) if column else as_of or catalog.as_of
        period = period_of(test.in_, now, catalog.fiscal_year_start)
        return Condition(label=label, op="time", kind="date", period=period)
    if isinstance(test, HasTest):
        table = test.has.split(">")[-1]
        noun = table_noun(catalog.table(table), table)
        label = Words(en=noun.table.en if noun.generic else noun.many, zh=noun.table.zh)
        count = () if test.count is None else (test.count.val,)
        return Condition(
            label=label,
            op="has" if test.count is None else f"has{test.count.op}",
            values=count,
            kind="number",
            negated=test.neg,
            parts=conditions_of(test.where, catalog, as_of=as_of),
        )
    return _column_condition(test, catalog)


def _column_condition(test: ColumnTest, catalog: Catalog) -> Condition:
    if test.col is not None:
        label = reference_words(catalog, test.col)
        column = find_column(catalog, test.col)
    else:
        label, column = expression_words(test.expr, catalog), None
    shape = shape_of(column, label)
    other: Words | None = None
    if test.than is not None:
        other = expression_words(test.than, catalog)
    elif test.agg is not None:
        table = test.col.split(">")[-1].rpartition(".")[0] if test.col else ""
        other = measure_words(test.agg, catalog, table_noun(catalog.table(table), table or "rows"))
    given = test.val if isinstance(test.val, list) else [] if test.val is None else [test.val]
    values = tuple(_constant(value, shape.kind) for value in given)
    kind = shape.kind if column is not None else _kind(values)
    return Condition(label=label, op=test.op, values=values, kind=kind, other=other, shape=shape)


def _constant(value: Any, kind: str) -> Any:
    if kind == "date" and isinstance(value, str):
        moment = read_moment(value)
        return value if moment is None else moment
    return value


def _kind(values: tuple[Any, ...]) -> Any:
    if values and all(isinstance(v, bool) for v in values):
        return "boolean"
    return "number" if all(isinstance(v, int | float) for v in values) else "text"


def keep_condition(keep: Keep, label: Words, shape: Any) -> Condition:
    """A filter on groups (HAVING)."""
    given = keep.val if isinstance(keep.val, list) else [] if keep.val is None else [keep.val]
    other = None
    if keep.agg is not None:
        english = {"avg": "average", "median": "median", "min": "lowest", "max": "highest"}[keep.agg]
        chinese = {"avg": "平均值", "median": "中位数", "min": "最小值", "max": "最大值"}[keep.agg]
        other = Words(en=f"the {english} over all groups", zh=f"各组的{chinese}")
    return Condition(
        label=label,
        op=keep.op,
        values=tuple(given),
        kind="number",
        negated=keep.neg,
        other=other,
        shape=shape,
    )
