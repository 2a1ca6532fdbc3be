"""The glossary: what it changes, and how it complains."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_tools import catalog_of
from datalect.data.glossary import MAX_BYTES, Glossary
from datalect.data.glossary_metric import parse_metric
from datalect.data.model import Additivity, SemanticType
from datalect.errors import UsageError

ORDERS = (
    "SELECT i AS order_id, 1 + i % 9 AS customer_id, i * 10.0 AS amount, i * 2.0 AS profit, "
    "CASE WHEN i % 3 = 0 THEN 'P' ELSE 'O' END AS status, ['S', 'M', 'L'][1 + i % 3] AS size, "
    "i % 50 AS stock_level, 'n' AS internal_note FROM range(90) r(i)"
)
CUSTOMERS = "SELECT i AS id, 'c' || i AS name FROM range(1, 8) r(i)"


def build(text: str):
    return catalog_of(glossary=Glossary.parse(text), orders=ORDERS, customers=CUSTOMERS)


def documented() -> str:
    page = Path(__file__).resolve().parents[2] / "docs" / "glossary.md"
    return re.search(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.S).group(1)


def test_the_documented_example_works():
    catalog = build(documented())
    orders = catalog.table("orders")
    assert catalog.fiscal_year_start == 4
    assert (orders.label, orders.synonyms) == ("Orders", ("purchases", "订单"))
    amount = orders.column("amount")
    assert (amount.meaning.type, amount.meaning.unit, amount.meaning.currency) == (
        SemanticType.MONEY,
        "元",
        "CNY",
    )
    assert amount.synonyms == ("sales", "turnover", "销售额", "金额")
    assert orders.column("status").value_aliases == {"paid": "P", "已付款": "P", "open": "O"}
    assert orders.column("size").meaning.order == ("S", "M", "L")
    assert orders.column("stock_level").meaning.additivity is Additivity.SEMI
    assert orders.column("internal_note").hidden
    margin, paid, each = catalog.metrics
    assert margin.measure == {
        "fn": "ratio",
        "num": {"fn": "sum", "col": "profit"},
        "den": {"fn": "sum", "col": "amount"},
    }
    assert (margin.table, margin.format, margin.synonyms) == ("orders", "percent", ("margin", "毛利率"))
    assert paid.measure["where"] == [{"col": "status", "op": "=", "val": "P"}]
    assert paid.table == "orders"
    assert each.measure == {"fn": "avg", "of": {"fn": "count"}, "per": ["customer_id"]}
    (key,) = catalog.foreign_keys
    assert (key.table, key.ref_table, key.declared, key.optional) == ("orders", "customers", True, True)
    assert key.coverage == pytest.approx(70 / 90)


@pytest.mark.parametrize("metric", ["gross_margin", "paid_sales", "orders_per_customer"])
def test_metrics_are_measures_of_plans(metric):
    from pydantic import TypeAdapter

    from datalect.plan.model import Measure

    TypeAdapter(Measure).validate_python(dict(build(documented()).metric(metric).measure))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("tables:\n  order:\n    label: x", 3, "orders"),
        ("tables:\n  orders:\n    columns:\n      amonut: {label: x}", 4, "amount"),
        ("tabels: {}", 1, "tables"),
        ("tables:\n  orders:\n    colums: {}", 3, "columns"),
        ("tables:\n  orders:\n    columns:\n      amount:\n        type: mony", 5, "money"),
        ("tables:\n  orders:\n    columns:\n      amount:\n        hidden: perhaps", 5, "true or false"),
        ("fiscal_year_start: 13", 1, "1 to 12"),
        ("fiscal_year_start: [1]", 1, "single value"),
        ("tables:\n  - orders", 2, "name: ..."),
        ("metrics:\n  m: {table: orders}", 2, "expression"),
        ("metrics:\n  m:\n    expression: sum(amuont)", 3, "amount"),
        ("metrics:\n  m:\n    expression: total(amount)", 3, "sum"),
        ("metrics:\n  m:\n    expression: sum(amount) - sum(profit)", 3, "inside the aggregate"),
        ("metrics:\n  m:\n    expression: count(*)", 3, "table:"),
        ("metrics:\n  m:\n    expression: sum(amount)\n    format: euro", 4, "percent"),
        ("foreign_keys:\n  - from: orders.customer\n    to: customers.id", 2, "customer_id"),
        ("foreign_keys:\n  - from: orders\n    to: customers.id", 2, "table.column"),
        ("foreign_keys:\n  - from: orders.customer_id", 2, "'to'"),
        ("tables:\n  orders: {}\n  orders: {}", 3, "twice"),
        ("tables: &a {}\nmetrics: *a", 1, "aliases"),
        ("tables:\n\t- x", 2, "YAML"),
        ("tables: {", 1, "YAML"),
        ("tables: !!python/object:os.system {}", 1, "tags"),
    ],
)
def test_complaints_name_the_line_and_what_would_be_right(text, line, words):
    with pytest.raises(UsageError) as caught:
        build(text)
    assert f"line {line}" in str(caught.value)
    assert words in str(caught.value)
    assert caught.value.next_step


def test_alias_bombs_depth_and_size_are_refused(tmp_path):
    bomb = "a: &a [x,x]\n" + "\n".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)},*{chr(97 + i)}]" for i in range(20)
    )
    with pytest.raises(UsageError, match="aliases"):
        Glossary.parse(bomb)
    with pytest.raises(UsageError, match="deeply"):
        Glossary.parse("tables: " + "[" * 500 + "]" * 500)
    file = tmp_path / "big.yaml"
    file.write_text("# " + "x" * MAX_BYTES, encoding="utf-8")
    with pytest.raises(UsageError, match="too large"):
        Glossary.read(file)
    with pytest.raises(UsageError, match="cannot be read"):
        Glossary.read(tmp_path / "none.yaml")
    file.write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(UsageError, match="cannot be read"):
        Glossary.read(file)


def test_an_empty_glossary_changes_nothing(tmp_path):
    file = tmp_path / "g.yaml"
    file.write_text("\ufeff# nothing yet\n", encoding="utf-8")
    glossary = Glossary.read(file)
    assert (glossary.tables, glossary.metrics, glossary.fiscal_year_start) == ({}, {}, 1)
    Glossary.parse("tables:\nmetrics:\nforeign_keys:\n")


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("count(*)", {"fn": "count"}),
        ("count(distinct customer_id)", {"fn": "distinct", "col": "customer_id"}),
        ("avg(数量)", {"fn": "avg", "col": "数量"}),
        ('sum("Unit price" * qty)', {"fn": "sum", "expr": ["*", "Unit price", "qty"]}),
        ("sum(a - b * (c + 2))", {"fn": "sum", "expr": ["-", "a", ["*", "b", ["+", "c", 2]]]}),
        ("percentile(x, 0.9)", {"fn": "percentile", "col": "x", "p": 0.9}),
        ("median(t.x)", {"fn": "median", "col": "t.x"}),
        (
            "count(* where a != 'it''s' and b >= -1.5)",
            {
                "fn": "count",
                "where": [{"col": "a", "op": "!=", "val": "it's"}, {"col": "b", "op": ">=", "val": -1.5}],
            },
        ),
    ],
)  # fmt: skip
def test_expressions(text, measure):
    assert parse_metric(text) == measure


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=40), st.text("sumavgcount()*/+-,.'\" where=x1", max_size=40)))
def test_any_text_is_an_expression_or_a_clear_complaint(text):
    try:
        assert parse_metric(text)["fn"]
    except UsageError as error:
        assert error.expected


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_glossary_or_a_clear_complaint(text):
    try:
        Glossary.parse(text)
    except UsageError as error:
        assert error.next_step
