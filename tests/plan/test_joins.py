"""Joins inferred from the key graph, and the guard against counting rows several times."""

# ruff: noqa: E501 - plans and SQL read best one case a line
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from datalect.data.model import Additivity, Catalog, ForeignKey, Meaning, SemanticType
from datalect.errors import PlanError
from datalect.plan.check import check
from datalect.plan.compile import compile_plan
from datalect.plan.model import Plan
from plan.catalogs import catalog_from_duckdb, fk


def world(sql: str, *keys: ForeignKey, **rest: Any) -> tuple[duckdb.DuckDBPyConnection, Catalog]:
    connection = duckdb.connect()
    connection.execute(sql)
    return connection, catalog_from_duckdb(connection, foreign_keys=keys, **rest)


def answer(place: tuple[duckdb.DuckDBPyConnection, Catalog], plan: dict[str, Any]) -> list[tuple[Any, ...]]:
    compiled = compile_plan(check(Plan.model_validate(plan), place[1]))
    return place[0].execute(compiled.query.sql, list(compiled.query.params)).fetchall()


def refusal(place: tuple[duckdb.DuckDBPyConnection, Catalog], plan: dict[str, Any]) -> PlanError:
    with pytest.raises(PlanError) as caught:
        check(Plan.model_validate(plan), place[1])
    return caught.value


def codes(place: tuple[duckdb.DuckDBPyConnection, Catalog], plan: dict[str, Any]) -> list[str]:
    return [w.code for w in check(Plan.model_validate(plan), place[1]).warnings]


@pytest.fixture(scope="module")
def flights() -> Iterator[Any]:
    connection, catalog = world(
        """
        create table airports (code varchar, name varchar, city_id integer, height integer);
        insert into airports values ('A', 'Alpha', 1, 10), ('B', 'Beta', 2, 20), ('C', 'Gamma', 1, 30);
        create table cities (id integer, town varchar); insert into cities values (1, 'One'), (2, 'Two');
        create table flights (id integer, origin varchar, dest varchar, delay integer);
        insert into flights values (1, 'A', 'B', 5), (2, 'A', 'C', 7), (3, 'B', 'A', 0), (4, 'C', null, 9);
        """,
        fk("flights.origin", "airports.code"),
        fk("flights.dest", "airports.code", optional=True),
        fk("airports.city_id", "cities.id"),
    )
    yield connection, catalog
    connection.close()


# ---------------------------------------------------------------- role-playing keys


def test_several_ways_to_a_table_are_ambiguous_until_the_key_is_named(flights: Any) -> None:
    plan = {"from": "flights", "by": [{"col": "airports.name"}], "get": [{"fn": "count"}]}
    error = refusal(flights, plan)
    assert error.code == "ambiguous_join"
    assert error.candidates == ("origin>airports.name", "dest>airports.name")
    assert error.at == "by[0].col"
    plan["by"] = [{"col": error.candidates[1]}]
    assert answer(flights, plan) == [("Alpha", 1), ("Beta", 1), ("Gamma", 1), (None, 1)]


def test_both_roles_may_appear_in_one_plan(flights: Any) -> None:
    plan = {
        "from": "flights",
        "where": [{"col": "origin>airports.name", "op": "=", "val": "Alpha"}],
        "list": ["id", "dest>airports.name", "dest>airports.city_id>cities.town"],
        "sort": [{"of": "id"}],
    }
    assert answer(flights, plan) == [(1, "Beta", "Two"), (2, "Gamma", "One")]
    once = check(Plan.model_validate(plan), flights[1]).plan
    assert check(once, flights[1]).plan == once


def test_references_without_case_and_by_bare_name(flights: Any) -> None:
    plan = {"from": "Flights", "by": [{"col": "DEST>Airports.NAME"}], "get": [{"fn": "sum", "col": "Delay"}]}
    assert answer(flights, plan)[0] == ("Alpha", 0)
    plan = {"from": "airports", "by": [{"col": "town"}], "get": [{"fn": "count"}]}
    assert answer(flights, plan) == [("One", 2), ("Two", 1)]


def test_partners_by_one_of_several_keys(flights: Any) -> None:
    plan: dict[str, Any] = {"from": "airports", "where": [{"has": "flights"}], "list": ["code"]}
    error = refusal(flights, plan)
    assert error.code == "ambiguous_join"
    assert error.candidates == ("flights.origin", "flights.dest")
    plan["where"] = [{"has": "flights.dest", "neg": True}]
    assert answer(flights, plan) == []
    plan["where"] = [{"has": "flights.origin", "count": {"op": ">=", "val": 2}}]
    assert answer(flights, plan) == [("A",)]


def test_the_home_is_reached_by_the_key_that_was_named(flights: Any) -> None:
    plan = {"from": "flights", "get": [{"fn": "avg", "col": "dest>airports.height"}]}
    assert answer(flights, plan) == [(20.0,)]
    assert codes(flights, plan) == ["counted_once"]


def test_an_unknown_key_names_the_ones_there_are(flights: Any) -> None:
    error = refusal(flights, {"from": "flights", "list": ["via>airports.name"]})
    assert error.code == "unknown_join"
    assert "origin>airports" in error.candidates


# ---------------------------------------------------------------- other shapes of keys


def test_composite_keys() -> None:
    place = world(
        """
        create table lines (a integer, b integer, cost integer); insert into lines values (1,1,5),(1,2,6),(2,1,7);
        create table heads (a integer, b integer, who varchar); insert into heads values (1,1,'x'),(1,2,'y'),(2,1,'x');
        """,
        fk("lines.a,b", "heads.a,b"),
    )
    plan: dict[str, Any] = {
        "from": "lines",
        "by": [{"col": "heads.who"}],
        "get": [{"fn": "sum", "col": "cost"}],
    }
    assert answer(place, plan) == [("x", 12), ("y", 6)]
    plan = {
        "from": "heads",
        "where": [{"has": "lines", "where": [{"col": "cost", "op": ">", "val": 6}]}],
        "list": ["who"],
    }
    assert answer(place, plan) == [("x",)]


def test_a_table_that_points_at_itself() -> None:
    place = world(
        """
        create table staff (id integer, name varchar, boss integer);
        insert into staff values (1,'Ann',null),(2,'Bo',1),(3,'Cy',1),(4,'Di',2);
        """,
        fk("staff.boss", "staff.id", optional=True),
    )
    plan: dict[str, Any] = {"from": "staff", "list": ["name", "boss>staff.name"], "sort": [{"of": "name"}]}
    assert answer(place, plan) == [("Ann", None), ("Bo", "Ann"), ("Cy", "Ann"), ("Di", "Bo")]
    plan = {"from": "staff", "where": [{"has": "staff", "count": {"op": ">=", "val": 2}}], "list": ["name"]}
    assert answer(place, plan) == [("Ann",)]
    once = check(Plan.model_validate(plan), place[1]).plan
    assert check(once, place[1]).plan == once


def test_two_equally_near_bridges_are_ambiguous() -> None:
    place = world(
        """
        create table people (id integer, name varchar); create table clubs (id integer, title varchar);
        create table members (person integer, club integer); create table fans (person integer, club integer);
        insert into people values (1,'a'); insert into clubs values (1,'c');
        insert into members values (1,1); insert into fans values (1,1);
        """,
        fk("members.person", "people.id"),
        fk("members.club", "clubs.id"),
        fk("fans.person", "people.id"),
        fk("fans.club", "clubs.id"),
    )
    error = refusal(place, {"from": "people", "list": ["name", "clubs.title"]})
    assert error.code == "ambiguous_join"
    assert set(error.candidates) == {"members", "fans"}
    assert answer(place, {"from": "members", "list": ["people.name", "clubs.title"]}) == [("a", "c")]


def test_tables_that_do_not_hang_together_are_refused() -> None:
    place = world(
        "create table a (x integer); create table b (y integer); insert into a values (1); insert into b values (1)"
    )
    error = refusal(place, {"from": "a", "by": [{"col": "b.y"}], "get": [{"fn": "sum", "col": "x"}]})
    assert error.code == "fan_out"
    error = refusal(place, {"from": "a", "list": ["x", "b.y"]})
    assert error.code == "fan_out"
    error = refusal(place, {"from": "a", "where": [{"has": "b"}], "list": ["x"]})
    assert error.code == "fan_out"


# ---------------------------------------------------------------- nothing is counted twice


def test_a_measure_on_the_many_side_moves_the_plan_there(shop: Any) -> None:
    plan: dict[str, Any] = {
        "from": "customers",
        "by": [{"col": "region"}],
        "get": [{"fn": "sum", "col": "orders.amount"}],
    }
    checked = check(Plan.model_validate(plan), shop[1])
    assert checked.plan.from_ == "orders"
    assert [w.code for w in checked.warnings] == ["moved_from"]
    assert sum(v or 0 for _, v in answer(shop, plan)) == 820.5


def test_a_measure_on_the_one_side_counts_each_row_once(shop: Any) -> None:
    plan: dict[str, Any] = {"from": "orders", "get": [{"fn": "sum", "col": "customers.credit"}]}
    assert answer(shop, plan) == [(100 + 250.5 + 80,)]  # Eve has no order, Cy no credit
    plan["by"] = [{"col": "status"}]
    assert dict(answer(shop, plan))["shipped"] == 350.5


def test_weights_are_asked_for_with_each(shop: Any) -> None:
    plan: dict[str, Any] = {"from": "items", "get": [{"fn": "avg", "col": "products.price", "each": "items"}]}
    prices = [4.5, 12, 4.5, 40, 12, 4.5, 40]
    assert answer(shop, plan)[0][0] == pytest.approx(sum(prices) / 7)
    plan["get"] = [{"fn": "avg", "col": "products.price"}]
    assert answer(shop, plan)[0][0] == pytest.approx((4.5 + 12 + 40) / 3)


def test_people_counted_over_a_bridge_are_counted_once_per_group(shop: Any) -> None:
    plan = {"from": "customers", "by": [{"col": "products.category"}], "get": [{"fn": "count"}]}
    expected = (
        shop[0]
        .execute(
            """select p.category, count(distinct o.customer_id) from items i join products p on p.id = i.product_id
           join orders o on o.id = i.order_id group by 1 order by 1"""
        )
        .fetchall()
    )
    assert answer(shop, plan) == expected
    assert codes(shop, plan) == ["moved_from", "counted_once"]


def test_measures_of_two_tables_are_computed_apart(shop: Any) -> None:
    plan: dict[str, Any] = {
        "from": "customers",
        "by": [{"col": "region"}],
        "get": [
            {"fn": "sum", "col": "orders.amount", "as": "sold"},
            {"fn": "sum", "col": "refunds.amount", "as": "back"},
            {"fn": "count", "as": "people"},
        ],
    }
    assert answer(shop, plan) == [
        ("East", 580.5, 25.0, 2), ("North", None, None, 1), ("West", 180.0, 200.0, 1), (None, 60.0, None, 1),
    ]  # fmt: skip
    assert codes(shop, plan) == ["computed_apart"]
    plan["by"] = []
    assert answer(shop, plan) == [(820.5, 225.0, 5)]


def test_a_ratio_of_two_tables(shop: Any) -> None:
    plan = {
        "from": "customers",
        "get": [
            {
                "fn": "ratio",
                "num": {"fn": "sum", "col": "orders.amount"},
                "den": {"fn": "count"},
                "as": "per_head",
            }
        ],
    }
    assert answer(shop, plan) == [(820.5 / 5,)]


def test_tests_on_the_many_side_ask_for_one_partner_that_passes_them_all(shop: Any) -> None:
    plan: dict[str, Any] = {
        "from": "customers",
        "where": [
            {"col": "orders.status", "op": "=", "val": "open"},
            {"col": "orders.amount", "op": "<", "val": 100},
        ],
        "list": ["name"],
    }
    assert answer(shop, plan) == [("Cy",)]  # Ann has an open order and a cheap one, but no cheap open one
    checked = check(Plan.model_validate(plan), shop[1]).plan.to_json()["where"]
    assert [t["has"] for t in checked] == ["orders"]
    plan["where"] = [{"not": {"col": "orders.status", "op": "=", "val": "open"}}]
    assert answer(shop, plan) == [("Bo",), ("王芳",), ("Eve",)]


def test_tests_reach_over_a_bridge(shop: Any) -> None:
    plan: dict[str, Any] = {
        "from": "customers",
        "where": [{"col": "products.title", "op": "=", "val": "Lamp"}],
        "list": ["name"],
    }
    assert answer(shop, plan) == [("Ann",), ("Bo",)]
    plan["where"] = [{"has": "products", "count": {"op": ">=", "val": 3}}]
    assert answer(shop, plan) == [("Ann",)]
    plan["where"] = [{"has": "products", "where": [{"col": "price", "op": "<", "val": 10}], "neg": True}]
    assert answer(shop, plan) == [("Bo",), ("王芳",), ("Eve",)]


def test_partners_belong_to_the_table_the_plan_names_even_when_it_is_read_from_another(shop: Any) -> None:
    plan = {
        "from": "customers",
        "where": [{"has": "refunds"}],
        "get": [{"fn": "sum", "col": "orders.amount"}],
    }
    assert answer(shop, plan) == [(120.5 + 80 + 300 + 200 - 20,)]  # all orders of Ann and Bo
    once = check(Plan.model_validate(plan), shop[1]).plan
    assert check(once, shop[1]).plan == once
    plan["from"] = "orders"
    assert answer(shop, plan) == [(320.5,)]


def test_a_comparison_figure_is_taken_over_its_own_table(shop: Any) -> None:
    plan = {
        "from": "items",
        "where": [{"col": "products.price", "op": ">", "agg": {"fn": "avg", "col": "products.price"}}],
        "get": [{"fn": "count"}],
    }
    assert answer(shop, plan) == [(2,)]  # above (4.5 + 12 + 40) / 3, not above the average over items


def test_metrics_of_the_glossary(shop: Any) -> None:
    from dataclasses import replace

    from datalect.data.model import Metric

    metrics = (
        Metric(name="basket", table="orders", label="Basket size", synonyms=("客单价",),
               measure={"fn": "ratio", "num": {"fn": "sum", "col": "amount"}, "den": {"fn": "count", "col": "amount"}}),
        Metric(name="loop", table="orders", measure={"metric": "basket"}),
        Metric(name="broken", table="orders", measure={"fn": "sum"}),
    )  # fmt: skip
    place = (shop[0], replace(shop[1], metrics=metrics))
    plan: dict[str, Any] = {"from": "customers", "by": [{"col": "region"}], "get": [{"metric": "Basket"}]}
    assert dict(answer(place, plan))["East"] == pytest.approx(580.5 / 4)
    output = check(Plan.model_validate(plan), place[1]).outputs[1]
    assert (output.name, output.label_en, output.label_zh) == ("Basket", "Basket", "Basket")
    plan["get"] = [{"metric": "basket", "where": [{"col": "status", "op": "=", "val": "shipped"}]}]
    assert dict(answer(place, plan))["East"] == pytest.approx(190)
    output = check(Plan.model_validate(plan), place[1]).outputs[1]
    assert (output.label_en, output.label_zh) == ("Basket size", "客单价")
    assert refusal(place, {"from": "orders", "get": [{"metric": "baskit"}]}).candidates[0] == "basket"
    assert refusal(place, {"from": "orders", "get": [{"metric": "loop"}]}).code == "bad_metric"
    assert refusal(place, {"from": "orders", "get": [{"metric": "broken"}]}).code == "bad_metric"


def test_hidden_columns_do_not_exist(shop: Any) -> None:
    from dataclasses import replace

    tables = tuple(
        replace(t, columns=tuple(replace(c, hidden=c.name == "credit") for c in t.columns))
        for t in shop[1].tables
    )
    place = (shop[0], replace(shop[1], tables=tables))
    error = refusal(place, {"from": "customers", "get": [{"fn": "sum", "col": "credit"}]})
    assert error.code == "unknown_column"
    assert "credit" not in str(error.candidates) + error.expected


def test_additive_figures_stay_with_their_table(shop: Any) -> None:
    assert shop[1].column("customers.credit").meaning == Meaning(  # type: ignore[union-attr]
        type=SemanticType.MONEY, currency="EUR", additivity=Additivity.SEMI
    )
    assert "semi_additive" in codes(shop, {"from": "customers", "get": [{"fn": "sum", "col": "credit"}]})


def test_partners_of_a_table_that_the_measure_does_not_reach_are_refused(shop: Any) -> None:
    plan = {
        "from": "products",
        "where": [{"has": "items", "neg": True}],
        "get": [{"fn": "sum", "col": "orders.amount"}],
    }
    assert refusal(shop, plan).code == "fan_out"


def test_filters_of_a_measure_mean_the_same_when_checked_again(shop: Any) -> None:
    plan = {
        "from": "orders",
        "by": [{"col": "status"}],
        "get": [
            {
                "fn": "avg",
                "col": "customers.credit",
                "where": [{"col": "refunds.amount", "op": ">", "val": 100}],
                "as": "x",
            }
        ],
    }
    once = check(Plan.model_validate(plan), shop[1])
    assert check(once.plan, shop[1]).parts == once.parts
    assert answer(shop, plan) == [("late", None), ("open", None), ("shipped", 250.5), (None, None)]
