"""Keys and foreign keys: proven on all rows, with names that fit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_tools import catalog_of, connection_with, loaded
from datalect.data.catalog import build_catalog
from datalect.data.model import ForeignKey, SemanticType


def links(catalog):
    return {(f.table, *f.columns, f.ref_table, *f.ref_columns) for f in catalog.foreign_keys}


def test_single_keys_come_before_others():
    table = catalog_of("SELECT i + 1 AS id, 'n' || i AS name, i % 3 AS kind FROM range(50) r(i)").tables[0]
    assert table.keys[0] == ("id",)
    assert ("name",) in table.keys


def test_one_repeated_or_missing_value_is_no_key():
    repeated = "SELECT CASE WHEN i = 49999 THEN 0 ELSE i END AS id FROM range(50000) r(i)"
    assert catalog_of(repeated).tables[0].keys == ()
    missing = "SELECT CASE WHEN i = 7 THEN NULL ELSE i END AS id FROM range(500) r(i)"
    assert catalog_of(missing).tables[0].keys == ()


def test_keys_are_counted_even_where_sketches_are_off():
    table = catalog_of("SELECT i AS id, i % 250000 AS nearly_id FROM range(250001) r(i)").tables[0]
    assert table.keys == (("id",),)


def test_measures_are_no_keys():
    table = catalog_of(
        "SELECT 'a' || (i % 9) AS label, i * 1.5 AS price, i * 7 AS quantity FROM range(60) r(i)"
    ).tables[0]
    assert table.keys == ()


def test_keys_of_several_columns():
    table = catalog_of(
        "SELECT 'c' || c AS country, 2000 + y AS year, c * y AS population FROM range(12) a(c), range(9) b(y)"
    ).tables[0]
    assert table.keys == (("country", "year"),)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=25))
def test_every_key_identifies_every_row(rows):
    values = ", ".join(f"({a}, 'v{b}')" for a, b in rows)
    connection = connection_with(t=f"SELECT * FROM (VALUES {values}) v(a_id, b_code)")
    for key in build_catalog(connection, loaded(connection)).tables[0].keys:
        chosen = [tuple(row[("a_id", "b_code").index(c)] for c in key) for row in rows]
        assert len(set(chosen)) == len(rows)


CUSTOMERS = "SELECT i AS customer_id, 'c' || i AS name FROM range(1, 41) r(i)"
ORDERS = "SELECT i AS order_id, 1 + i % 40 AS customer_id, 1 + i % 10 AS quantity FROM range(200) r(i)"


def test_a_foreign_key_is_found_and_small_numbers_are_not_taken_for_one():
    catalog = catalog_of(customers=CUSTOMERS, orders=ORDERS)
    assert links(catalog) == {("orders", "customer_id", "customers", "customer_id")}
    found = catalog.foreign_keys[0]
    assert (found.coverage, found.optional, found.declared) == (1.0, False, False)


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        (
            {"cities": "SELECT i AS code, 'n' || i AS name FROM range(9) r(i)",
             "streets": "SELECT i * 3 AS id, i % 9 AS cityCode FROM range(40) r(i)"},
            {("streets", "cityCode", "cities", "code")},
        ),
        (
            {"car_makers": "SELECT i AS id, 'm' || i AS maker FROM range(1, 9) r(i)",
             "models": "SELECT i AS model_id, 1 + i % 8 AS maker FROM range(100, 130) r(i)"},
            {("models", "maker", "car_makers", "id")},
        ),
        (
            {"staff": "SELECT i AS staff_id, 's' || i AS name FROM range(1, 9) r(i)",
             "log": "SELECT i AS log_id, 1 + i % 8 AS recorded_by_staff_id FROM range(100, 130) r(i)"},
            {("log", "recorded_by_staff_id", "staff", "staff_id")},
        ),
        (
            {"客户": "SELECT i AS 编号, '客' || i AS 姓名 FROM range(1, 9) r(i)",
             "订单": "SELECT 'd' || i AS 订单号, 1 + i % 8 AS 客户编号 FROM range(30) r(i)"},
            {("订单", "客户编号", "客户", "编号")},
        ),
        (
            {"employees": "SELECT i AS employee_id, nullif(i // 2, 0) AS manager_id FROM range(1, 30) r(i)"},
            {("employees", "manager_id", "employees", "employee_id")},
        ),
    ],
)  # fmt: skip
def test_names_that_lead_to_a_table(tables, expected):
    assert links(catalog_of(**tables)) == expected


def test_two_roles_of_one_table():
    codes = ", ".join(f"'{a}{b}X'" for a in "ABCDEF" for b in "FGHIJ")
    catalog = catalog_of(
        airports=f"SELECT unnest([{codes}]) AS iata, 'somewhere' AS city",
        flights=f"SELECT i AS flight_id, [{codes}][1 + i % 30] AS origin, [{codes}][1 + i % 23] AS dest "
        "FROM range(200) r(i)",
    )
    assert links(catalog) == {
        ("flights", "origin", "airports", "iata"),
        ("flights", "dest", "airports", "iata"),
    }


def test_dangling_values_make_it_optional():
    customer = "CASE WHEN i < 4 THEN 900 + i ELSE 1 + i % 40 END"
    orders = f"SELECT i AS order_id, {customer} AS customer_id FROM range(200) r(i)"
    found = catalog_of(customers=CUSTOMERS, orders=orders).foreign_keys[0]
    assert (found.coverage, found.optional) == (0.98, True)
    many = orders.replace("i < 4", "i < 20")
    assert catalog_of(customers=CUSTOMERS, orders=many).foreign_keys == ()


def test_missing_values_make_it_optional():
    orders = (
        "SELECT i AS order_id, CASE WHEN i % 2 = 0 THEN 1 + i % 40 END AS customer_id FROM range(200) r(i)"
    )
    found = catalog_of(customers=CUSTOMERS, orders=orders).foreign_keys[0]
    assert (found.coverage, found.optional) == (1.0, True)


def test_a_column_that_leads_away_is_an_identifier():
    catalog = catalog_of(
        makers="SELECT i AS id, 'm' || i AS label FROM range(1, 9) r(i)",
        models="SELECT i AS model_id, 1 + i % 8 AS maker FROM range(100, 130) r(i)",
    )
    assert catalog.column("models.maker").meaning.type is SemanticType.ID


def test_declared_keys_are_kept():
    connection = connection_with(a="SELECT i AS x FROM range(9) r(i)", b="SELECT i AS y FROM range(9) r(i)")
    declared = ForeignKey(table="b", columns=("y",), ref_table="a", ref_columns=("x",), declared=True)
    tables = loaded(connection, declared_keys=(("x",),), declared_foreign_keys=())
    tables[1] = type(tables[1])(name="b", rows=9, source="b", declared_foreign_keys=(declared,))
    catalog = build_catalog(connection, tables)
    assert catalog.foreign_keys == (declared,)
    assert catalog.tables[0].keys[0] == ("x",)
