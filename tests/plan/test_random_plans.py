"""Random plans over random tables give what a naive evaluator gives."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datalect.data.model import Catalog, ColumnProfile
from datalect.errors import PlanError
from datalect.plan.check import check
from datalect.plan.compile import compile_plan
from datalect.plan.model import Plan
from plan.catalogs import catalog_from_duckdb, fk
from plan.naive import Naive
from plan.strategies import AS_OF, plans, tables

TYPES = {
    "stores": "id bigint, city varchar, size double, opened date",
    "sales": 'id bigint, store_id bigint, day date, "at" timestamp, qty integer, price double, '
    "kind varchar, ok boolean",
    "returns": "id bigint, sale_id bigint, fee bigint",
}


def _empty() -> Catalog:
    with duckdb.connect() as connection:
        for name, types in TYPES.items():
            connection.execute(f"create table {name} ({types})")
        return catalog_from_duckdb(connection, foreign_keys=KEYS, as_of=AS_OF)


KEYS = (fk("sales.store_id", "stores.id", optional=True), fk("returns.sale_id", "sales.id"))
EMPTY = _empty()
REFUSED = {"mixed_units", "not_additive"}
"""Rules that random plans may break: days added to weeks, shares of a sum that does not add up."""


@pytest.fixture(scope="module")
def connection() -> Any:
    connection = duckdb.connect()
    for name, types in TYPES.items():
        connection.execute(f"create table {name} ({types})")
    yield connection
    connection.close()


def fill(connection: Any, rows: dict[str, list[dict[str, Any]]]) -> Catalog:
    for name, content in rows.items():
        connection.execute(f"truncate {name}")
        if content:
            marks = "(" + ", ".join("?" for _ in content[0]) + ")"
            values = [value for row in content for value in row.values()]
            connection.execute(f"insert into {name} values " + ", ".join(marks for _ in content), values)
    return catalog_of(rows)


def catalog_of(rows: dict[str, list[dict[str, Any]]]) -> Catalog:
    """The empty catalog with the row counts and ranges of these rows."""
    tables = []
    for table in EMPTY.tables:
        content = rows[table.name]
        columns = []
        for column in table.columns:
            known = [r[column.name] for r in content if r[column.name] is not None]
            ranged = bool(known) and not isinstance(known[0], (str, bool))
            profile = ColumnProfile(
                rows=len(content),
                nulls=len(content) - len(known),
                distinct=len(set(known)),
                minimum=min(known) if ranged else None,
                maximum=max(known) if ranged else None,
            )
            columns.append(replace(column, profile=profile))
        tables.append(replace(table, columns=tuple(columns), rows=len(content), keys=(("id",),)))
    return replace(EMPTY, tables=tuple(tables))


def run(connection: Any, catalog: Catalog, data: dict[str, Any]) -> tuple[list[str], list[tuple[Any, ...]]]:
    compiled = compile_plan(check(Plan.model_validate(data), catalog), AS_OF)
    rows = connection.execute(compiled.query.sql, list(compiled.query.params)).fetchall()
    return [o.name for o in compiled.outputs], [tuple(plain(v) for v in row) for row in rows]


def plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value
    return value


def same(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
    return bool(left == right)


def order_free(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    def key(row: tuple[Any, ...]) -> list[tuple[int, str]]:
        return [(v is None, "" if v is None else sortable(v)) for v in row]

    return sorted(rows, key=key)


def sortable(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value + 1e6:020.6f}"
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def check_one(connection: Any, catalog: Catalog, rows: dict[str, list[dict[str, Any]]], data: Any) -> None:
    try:
        names, got = run(connection, catalog, data)
    except PlanError as error:
        if error.code not in REFUSED:
            raise
        return
    expected = [tuple(r[n] for n in names) for r in Naive(rows, AS_OF).evaluate(data)]
    if "list" in data or not data.get("by"):
        got, expected = order_free(got), order_free(expected)
    assert len(got) == len(expected), (data, got, expected)
    for left, right in zip(got, expected, strict=True):
        assert all(same(a, b) for a, b in zip(left, right, strict=True)), (data, got, expected)


def profile(examples: int) -> Any:
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[
            HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
        ],
    )  # fmt: skip


several = st.lists(plans(), min_size=1, max_size=5)


def check_several(connection: Any, rows: Any, data: list[Any]) -> None:
    catalog = fill(connection, rows)
    for plan in data:
        check_one(connection, catalog, rows, plan)


@pytest.mark.slow
@profile(70)
@given(rows=tables(), data=several)
def test_random_plans_agree_with_the_naive_evaluator(connection: Any, rows: Any, data: Any) -> None:
    check_several(connection, rows, data)


@pytest.mark.slow
@profile(1500)
@given(rows=tables(), data=several)
def test_many_random_plans_agree_with_the_naive_evaluator(connection: Any, rows: Any, data: Any) -> None:
    check_several(connection, rows, data)
