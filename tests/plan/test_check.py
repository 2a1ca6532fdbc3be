"""The rules of the checker, each with the code and the candidates a planner can act on."""

# ruff: noqa: E501 - plans and SQL read best one case a line
from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb
import pytest

from datalect.data.model import Additivity, Catalog, Meaning, SemanticType, Sentinel
from datalect.data.values import ValueHit, ValueMention
from datalect.errors import PlanError
from datalect.plan.check import check
from datalect.plan.model import Plan
from plan.catalogs import catalog_from_duckdb


def refuse(catalog: Catalog, plan: dict[str, Any], values: Any = None) -> PlanError:
    with pytest.raises(PlanError) as caught:
        check(Plan.model_validate(plan), catalog, values)
    error = caught.value
    assert error.what
    assert error.exit_code == 4
    return error


def counting(*where: dict[str, Any], start: str = "orders") -> dict[str, Any]:
    return {"from": start, "where": list(where), "get": [{"fn": "count"}]}


def measuring(**measure: Any) -> dict[str, Any]:
    return {"from": "orders", "get": [measure]}


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"from": "ordres", "get": [{"fn": "count"}]}, "unknown_table", "from"),
    (measuring(fn="sum", col="amonut"), "unknown_column", "get[0].col"),
    (measuring(fn="sum", col="status"), "type_mismatch", "get[0]"),
    (measuring(fn="avg", col="date"), "type_mismatch", "get[0]"),
    (measuring(fn="stddev", col="paid"), "type_mismatch", "get[0]"),
    (measuring(fn="max", col="paid"), "type_mismatch", "get[0]"),
    (measuring(fn="sum", col="id"), "not_meaningful", "get[0]"),
    (measuring(fn="avg", col="customer_id"), "not_meaningful", "get[0]"),
    (measuring(fn="corr", col="amount", **{"with": "id"}), "not_meaningful", "get[0].with"),
    (measuring(metric="profit"), "unknown_metric", "get[0].metric"),
    (measuring(fn="sum", expr=["+", "amount", "customers.credit"]), "mixed_units", "get[0].expr"),
    (measuring(fn="sum", expr=["+", "amount", "quantity"]), "mixed_units", "get[0].expr"),
    (measuring(fn="sum", expr=["*", "amount", "status"]), "type_mismatch", "get[0].expr"),
    (measuring(fn="sum", expr=["-", "date", "shipped"]), "type_mismatch", "get[0].expr"),
    (measuring(fn="sum", expr=["*", "amount", "id"]), "not_a_quantity", "get[0].expr"),
    (measuring(fn="sum", expr=["**", "amount", 2]), "bad_expression", "get[0].expr"),
    (measuring(fn="sum", expr=["/", "amount"]), "bad_expression", "get[0].expr"),
    (measuring(fn="avg", expr=["length", "amount"]), "type_mismatch", "get[0].expr"),
    (measuring(fn="avg", expr=["date_diff", "fortnight", "date", "shipped"]), "bad_expression", "get[0].expr"),
    (measuring(fn="avg", expr=["date_part", "month", "amount"]), "type_mismatch", "get[0].expr"),
    (counting({"col": "amount", "op": "=", "val": "many"}), "bad_value", "where[0].val"),
    (counting({"col": "amount", "op": "contains", "val": "1"}), "type_mismatch", "where[0]"),
    (counting({"col": "status", "op": ">", "val": 3}), "type_mismatch", "where[0].val"),
    (counting({"col": "status", "op": ">", "than": "amount"}), "type_mismatch", "where[0]"),
    (counting({"col": "amount", "op": "<", "than": "customers.credit"}), "mixed_units", "where[0]"),
    (counting({"col": "date", "op": "=", "val": "2024-02-30"}), "bad_value", "where[0].val"),
    (counting({"col": "date", "op": "=", "val": 2024}), "type_mismatch", "where[0].val"),
    (counting({"col": "paid", "op": "<", "val": True}), "type_mismatch", "where[0].val"),
    (counting({"col": "paid", "op": "=", "val": "maybe"}), "bad_value", "where[0].val"),
    (counting({"col": "amount", "op": "between", "val": [9, 1]}), "bad_value", "where[0].val"),
    (counting({"col": "amount", "op": "in", "val": list(range(6000))}), "too_many_values", "where[0].val"),
    (counting({"col": "amount", "op": "contains", "agg": {"fn": "avg", "col": "amount"}}), "type_mismatch", "where[0]"),
    (counting({"col": "status", "op": ">", "agg": {"fn": "avg", "col": "amount"}}), "type_mismatch", "where[0]"),
    (counting({"expr": ["+", 1, 1], "op": "null"}), "bad_expression", "where[0]"),
    (counting({"time": "amount", "in": {"last": 3, "unit": "month"}}), "not_a_time", "where[0].in"),
    (counting({"time": "date", "in": {"last": 3, "unit": "day_of_week"}}), "bad_grain", "where[0].in"),
    (counting({"time": "date", "in": {"from": "soon"}}), "bad_date", "where[0].in"),
    (counting({"time": "date", "in": {"from": "2024-05", "to": "2024-01"}}), "bad_date", "where[0].in"),
    (counting({"time": "date", "in": {"year": 2023, "month": 2, "day": 30}}), "bad_date", "where[0].in"),
    (counting({"has": "nobody"}), "unknown_table", "where[0].has"),
    ({"from": "orders", "by": [{"col": "amount", "grain": "month"}], "get": [{"fn": "count"}]}, "bad_grain", "by[0]"),
    ({"from": "orders", "by": [{"col": "status", "grain": "month"}], "get": [{"fn": "count"}]}, "bad_grain", "by[0]"),
    ({"from": "orders", "by": [{"col": "date", "grain": "hour"}], "get": [{"fn": "count"}]}, "bad_grain", "by[0]"),
    ({"from": "orders", "by": [{"col": "status", "bins": 5}], "get": [{"fn": "count"}]}, "bad_bins", "by[0]"),
    ({"from": "orders", "by": [{"expr": ["*", "amount", 2], "bins": 5}], "get": [{"fn": "count"}]}, "bad_bins", "by[0]"),
    ({"from": "orders", "get": [{"fn": "count", "as": "n"}, {"fn": "sum", "col": "amount", "as": "N"}]}, "duplicate_name", "get"),
    ({"from": "orders", "get": [{"fn": "count", "as": "a\x00b"}]}, "bad_name", "get"),
    ({"from": "orders", "get": [{"fn": "count"}], "sort": [{"of": "amount"}]}, "unknown_output", "sort[0].of"),
    ({"from": "orders", "get": [{"fn": "count"}], "then": [{"fn": "share", "of": "count"}]}, "needs_breakdown", "then[0]"),
    ({"from": "orders", "list": ["id"], "then": [{"fn": "rank", "of": "id"}]}, "needs_breakdown", "then"),
    ({"from": "orders", "by": [{"col": "status"}], "get": [{"fn": "avg", "col": "amount"}], "then": [{"fn": "share", "of": "avg_amount"}]}, "not_additive", "then[0].of"),
    ({"from": "orders", "by": [{"col": "status"}], "get": [{"fn": "max", "col": "date"}], "then": [{"fn": "rank", "of": "max_date"}]}, "type_mismatch", "then[0].of"),
    ({"from": "orders", "by": [{"col": "status"}], "get": [{"fn": "count"}], "then": [{"fn": "pct_change", "of": "count", "period": "year"}]}, "bad_period", "then[0].period"),
    ({"from": "orders", "by": [{"col": "date", "grain": "year"}], "get": [{"fn": "count"}], "then": [{"fn": "pct_change", "of": "count", "period": "month"}]}, "bad_period", "then[0].period"),
    ({"from": "orders", "by": [{"col": "date", "grain": "month_of_year"}], "get": [{"fn": "count"}], "then": [{"fn": "difference", "of": "count", "period": "year"}]}, "bad_period", "then[0].period"),
    ({"from": "orders", "by": [{"col": "status"}], "get": [{"fn": "count"}], "keep": [{"of": "count", "op": ">"}]}, "bad_value", "keep[0]"),
    ({"from": "orders", "by": [{"col": "status"}], "get": [{"fn": "count"}], "keep": [{"of": "count", "op": ">", "val": "x"}]}, "bad_value", "keep[0].val"),
    ({"from": "orders", "by": [{"col": "status"}], "get": [{"fn": "count"}], "keep": [{"of": "count", "op": "between", "val": 3}]}, "bad_value", "keep[0].val"),
    ({"from": "orders", "by": [{"col": "status"}], "get": [{"fn": "count"}], "keep": [{"of": "status", "op": ">", "agg": "avg"}]}, "type_mismatch", "keep[0]"),
    ({"from": "orders", "by": [{"col": "status"}], "get": [{"fn": "count"}], "top_per": "status"}, "bad_top_per", "top_per"),
    ({"from": "orders", "by": [{"col": "status"}], "get": [{"fn": "count"}], "top": 1, "top_per": "count"}, "bad_top_per", "top_per"),
    ({"from": "orders", "list": ["status"], "distinct": True, "sort": [{"of": "amount"}]}, "bad_sort", "sort[0].of"),
    ({"from": "orders", "get": [{"fn": "count"}], "text": [{"fn": "sentiment", "col": "status", "as": "mood"}]}, "unknown_function", "text[0].fn"),
    ({"from": "orders", "get": [{"fn": "avg", "of": {"fn": "max", "col": "date"}, "per": ["status"]}]}, "type_mismatch", "get[0].of"),
    ({"from": "orders", "get": [{"fn": "ratio", "num": {"fn": "max", "col": "date"}, "den": {"fn": "count"}}]}, "type_mismatch", "num"),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "code", "at"), REFUSED, ids=lambda v: v if isinstance(v, str) else "")
def test_plans_that_break_a_rule_are_refused(shop: Any, plan: dict[str, Any], code: str, at: str) -> None:
    error = refuse(shop[1], plan)
    assert (error.code, error.at) == (code, at)


def test_names_that_are_nearly_right_come_back_as_candidates(shop: Any) -> None:
    assert refuse(shop[1], {"from": "ordres", "get": [{"fn": "count"}]}).candidates[0] == "orders"
    assert refuse(shop[1], measuring(fn="sum", col="amonut")).candidates[0] == "amount"
    assert refuse(shop[1], measuring(fn="sum", col="regoin")).candidates[0] == "customers.region"
    error = refuse(shop[1], {"from": "customers", "get": [{"fn": "sum", "col": "amount"}]})
    assert error.code == "ambiguous_column"
    assert set(error.candidates) == {"orders.amount", "refunds.amount"}


def test_a_sum_of_parts_is_refused_and_one_of_unsure_parts_is_not() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table t as select 0.5 as share, 2020 as year, 3.5 as lat, 4 as stars, 7 as code"
        )
        sure = {
            "t.share": SemanticType.PERCENT, "t.year": SemanticType.YEAR, "t.lat": SemanticType.LATITUDE,
            "t.code": SemanticType.CODE, "t.stars": SemanticType.ORDERED,
        }  # fmt: skip
        for name, kind in sure.items():
            meaning = Meaning(type=kind)
            column = name[2:]
            plan = {"from": "t", "get": [{"fn": "sum", "col": column}]}
            catalog = catalog_from_duckdb(connection, meanings={name: meaning})
            if kind is SemanticType.ORDERED:
                assert [w.code for w in check(Plan.model_validate(plan), catalog).warnings] == [
                    "not_additive"
                ]
                continue
            assert refuse(catalog, plan).code in ("not_additive", "not_meaningful")
            catalog = catalog_from_duckdb(connection, meanings={name: replace(meaning, confidence=0.4)})
            warned = check(Plan.model_validate(plan), catalog).warnings
            assert [w.code for w in warned] in (["not_additive"], ["not_meaningful"])
            assert all(w.message_en and w.message_zh for w in warned)


def test_units_must_agree_in_sums_and_differences() -> None:
    with duckdb.connect() as connection:
        connection.execute("create table t as select 1.5 as a, 2.5 as b, 3.0 as c, 0.1 as d")
        meanings = {
            "t.a": Meaning(type=SemanticType.MEASURE, unit="kg", additivity=Additivity.ADDITIVE),
            "t.b": Meaning(type=SemanticType.MEASURE, unit="km", additivity=Additivity.ADDITIVE),
            "t.c": Meaning(type=SemanticType.MONEY, currency="EUR", additivity=Additivity.ADDITIVE),
            "t.d": Meaning(type=SemanticType.PERCENT),
        }
        catalog = catalog_from_duckdb(connection, meanings=meanings)

        def meaning(expr: Any) -> Meaning:
            plan = {"from": "t", "get": [{"fn": "sum", "expr": expr, "as": "x"}]}
            return check(Plan.model_validate(plan), catalog).outputs[0].meaning

        for pair in (["+", "a", "b"], ["-", "c", "d"]):
            assert refuse(catalog, {"from": "t", "get": [{"fn": "sum", "expr": pair}]}).code == "mixed_units"
        assert meaning(["*", "c", ["-", 1, "d"]]).currency == "EUR"
        assert meaning(["*", "a", 2]).unit == "kg"
        assert meaning(["*", "a", "c"]).type is SemanticType.MONEY
        ratio = {
            "from": "t",
            "get": [{"fn": "ratio", "num": {"fn": "sum", "col": "c"}, "den": {"fn": "sum", "col": "a"}}],
        }
        output = check(Plan.model_validate(ratio), catalog).outputs[0].meaning
        assert (output.type, output.unit) == (SemanticType.RATE, "EUR/kg")


def test_outputs_say_what_they_are(shop: Any) -> None:
    plan = {
        "from": "orders",
        "by": [{"col": "date", "grain": "month"}, {"col": "customers.region"}],
        "get": [{"fn": "count"}, {"fn": "sum", "col": "amount"}, {"fn": "max", "col": "shipped"}],
        "then": [{"fn": "pct_change", "of": "sum_amount"}],
    }
    outputs = check(Plan.model_validate(plan), shop[1]).outputs
    assert [(o.name, o.role, o.kind, o.source) for o in outputs] == [
        ("date_month", "breakdown", "date", "orders.date"),
        ("customers.region", "breakdown", "text", "customers.region"),
        ("count", "measure", "number", ""),
        ("sum_amount", "measure", "number", "orders.amount"),
        ("max_shipped", "measure", "timestamp", "orders.shipped"),
        ("pct_change_sum_amount", "derived", "number", "orders.amount"),
    ]
    assert outputs[0].meaning.grain == "month"
    assert outputs[3].meaning.currency == "USD"
    assert outputs[5].meaning.type is SemanticType.RATIO
    assert (outputs[3].label_en, outputs[3].label_zh) == ("total amount", "amount的总和")


def test_equal_automatic_names_are_told_apart(shop: Any) -> None:
    plan = {
        "from": "orders",
        "get": [{"fn": "count"}, {"fn": "count", "where": [{"col": "paid", "op": "=", "val": True}]}],
    }
    assert [o.name for o in check(Plan.model_validate(plan), shop[1]).outputs] == ["count", "count_2"]


# ---------------------------------------------------------------- values


class Index:
    """A value index over a fixed list, as the data room's would answer."""

    def __init__(self, stored: list[str]) -> None:
        self.stored = stored

    def find(self, text: str, *, columns: Any = None) -> tuple[ValueHit, ...]:
        return tuple(
            ValueHit(column=columns[0], value=v, count=1, score=1.0)
            for v in self.stored
            if v.casefold() == text.casefold()
        )

    def nearest(self, text: str, *, columns: Any = None, limit: int = 5) -> tuple[ValueHit, ...]:
        return tuple(ValueHit(column=columns[0], value=v, count=1, score=0.5) for v in self.stored[:limit])

    def mentions(self, question: str) -> tuple[ValueMention, ...]:
        return ()


def linked(catalog: Catalog, test: dict[str, Any], values: Any = None) -> tuple[dict[str, Any], list[str]]:
    checked = check(Plan.model_validate(counting(test)), catalog, values)
    return checked.plan.to_json()["where"][0], [w.code for w in checked.warnings]


def test_values_are_linked_to_what_is_stored(shop: Any) -> None:
    catalog = shop[1]
    assert linked(catalog, {"col": "status", "op": "=", "val": "open"}) == (
        {"col": "orders.status", "op": "=", "val": "open"}, [],
    )  # fmt: skip
    assert linked(catalog, {"col": "status", "op": "=", "val": " ＯＰＥＮ"})[0]["val"] == "open"
    assert linked(catalog, {"col": "status", "op": "in", "val": ["Open", "late"]})[0]["val"] == [
        "open",
        "late",
    ]
    assert linked(catalog, {"col": "status", "op": "!=", "val": "LATE"}) == (
        {"col": "orders.status", "op": "!=", "val": "late"}, ["value_linked"],
    )  # fmt: skip


def test_an_unknown_value_is_never_a_silent_empty_result(shop: Any) -> None:
    for test in (
        {"op": "=", "val": "shiped"},
        {"op": "!=", "val": "shiped"},
        {"op": "in", "val": ["open", "shiped"]},
    ):
        error = refuse(shop[1], counting({"col": "status", **test}))
        assert (error.code, error.at, error.candidates[0]) == ("unknown_value", "where[0].val", "shipped")
    error = refuse(shop[1], counting({"col": "customers.name", "op": "=", "val": "王方"}))
    assert error.code == "unknown_value"


def incomplete(catalog: Catalog, kind: SemanticType = SemanticType.CATEGORY) -> Catalog:
    tables = tuple(
        replace(
            t,
            columns=tuple(
                replace(
                    c,
                    meaning=replace(c.meaning, type=kind),
                    profile=replace(c.profile, values=(), values_complete=False),
                )
                if c.name == "status"
                else c
                for c in t.columns
            ),
        )
        for t in catalog.tables
    )
    return replace(catalog, tables=tables)


def test_the_value_index_decides_where_the_profile_is_incomplete(shop: Any) -> None:
    catalog = incomplete(shop[1])
    test = {"col": "status", "op": "=", "val": "Gone"}
    assert linked(catalog, test)[1] == ["unverified_value"]
    error = refuse(catalog, counting(test), Index(["open", "shipped"]))
    assert (error.code, error.candidates) == ("unknown_value", ("open", "shipped"))
    assert linked(catalog, test, Index(["gone", "GONE"])) == (
        {"col": "orders.status", "op": "in", "val": ["gone", "GONE"]}, ["value_linked"],
    )  # fmt: skip
    assert linked(catalog, {**test, "op": "!="}, Index(["gone", "GONE"]))[0] == {
        "not": {"col": "orders.status", "op": "in", "val": ["gone", "GONE"]}
    }
    assert linked(incomplete(shop[1], SemanticType.TEXT), test, Index([]))[1] == ["unverified_value"]


def test_aliases_of_the_glossary_and_markers_of_missing_values(shop: Any) -> None:
    status = shop[1].column("orders.status")
    changed = replace(
        status,
        value_aliases={"已发货": "shipped"},
        sentinels=(Sentinel(value="N/A", count=2, evidence="a marker", treated_as_missing=True),),
    )
    tables = tuple(
        replace(t, columns=tuple(changed if c.id == status.id else c for c in t.columns))
        for t in shop[1].tables
    )
    catalog = replace(shop[1], tables=tables)
    assert linked(catalog, {"col": "status", "op": "=", "val": "已发货"})[0]["val"] == "shipped"
    error = refuse(catalog, counting({"col": "status", "op": "=", "val": "n/a"}))
    assert error.code == "missing_marker"
    assert "null" in error.next_step


@pytest.mark.parametrize(
    ("test", "value"),
    [
        ({"col": "amount", "op": ">", "val": "1,200.50"}, 1200.5),
        ({"col": "quantity", "op": "=", "val": "３"}, 3),
        ({"col": "date", "op": "=", "val": "20240305"}, "2024-03-05"),
        ({"col": "shipped", "op": ">", "val": "2024-03-05T10:30"}, "2024-03-05 10:30:00"),
        ({"col": "shipped", "op": ">", "val": "2024-03-05T10:30+08:00"}, "2024-03-05 02:30:00"),
        ({"col": "paid", "op": "=", "val": "是"}, True),
        ({"col": "paid", "op": "=", "val": 0}, False),
    ],
)
def test_values_take_the_type_of_their_column(shop: Any, test: dict[str, Any], value: Any) -> None:
    assert linked(shop[1], test)[0]["val"] == value


def test_ordered_categories_are_compared_in_their_order() -> None:
    with duckdb.connect() as connection:
        connection.execute("create table t as select * from (values ('low'), ('mid'), ('high')) v(level)")
        order = Meaning(type=SemanticType.ORDERED, order=("low", "mid", "high"))
        catalog = catalog_from_duckdb(connection, meanings={"t.level": order})
        plan = {"from": "t", "where": [{"col": "level", "op": ">=", "val": "mid"}], "get": [{"fn": "count"}]}
        assert check(Plan.model_validate(plan), catalog).plan.to_json()["where"] == [
            {"col": "t.level", "op": "in", "val": ["mid", "high"]}
        ]
