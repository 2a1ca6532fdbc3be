"""Sentences about plans, kept in a golden file."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from datalect.plan.check import check
from datalect.plan.model import Plan
from datalect.plan.readback import read_back
from plan.readback_cases import CASES, GOLDEN

KEPT = json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_every_case_is_kept() -> None:
    assert [case["plan"] for case in KEPT] == CASES


@pytest.mark.parametrize("case", KEPT, ids=lambda c: c["en"][:40])
def test_sentences_are_as_kept(shop: Any, case: dict[str, Any]) -> None:
    checked = check(Plan.model_validate(case["plan"]), shop[1])
    assert read_back(checked, "en") == case["en"]
    assert read_back(checked, "zh") == case["zh"]


def test_relative_time_is_resolved_from_the_moment_given(shop: Any) -> None:
    plan = {
        "from": "orders",
        "where": [{"time": "date", "in": {"ago": 1, "unit": "month"}}],
        "get": [{"fn": "count"}],
    }
    checked = check(Plan.model_validate(plan), shop[1])
    assert "(December 2019)" in read_back(checked, "en", datetime(2020, 1, 31))
    assert "（2019年12月）" in read_back(checked, "zh", datetime(2020, 1, 31))


def test_labels_of_the_reader_s_language_are_used(shop: Any) -> None:
    tables = tuple(
        replace(
            t,
            label={"orders": "Orders placed"}.get(t.name, ""),
            synonyms=("订单",) if t.name == "orders" else (),
            columns=tuple(
                replace(c, label="Turnover", synonyms=("销售额",)) if c.id == "orders.amount" else c
                for c in t.columns
            ),
        )
        for t in shop[1].tables
    )
    checked = check(
        Plan.model_validate({"from": "orders", "get": [{"fn": "sum", "col": "amount"}]}),
        replace(shop[1], tables=tables),
    )
    assert read_back(checked, "en") == "Total Turnover in Orders placed."
    assert read_back(checked, "zh") == "在订单中计算销售额的总和。"
    assert (checked.outputs[0].label_en, checked.outputs[0].label_zh) == ("total Turnover", "销售额的总和")


def test_the_key_is_named_where_several_lead_to_a_table() -> None:
    import duckdb

    from plan.catalogs import catalog_from_duckdb, fk

    with duckdb.connect() as connection:
        connection.execute(
            "create table a (id integer, name varchar); create table f (src integer, dst integer)"
        )
        catalog = catalog_from_duckdb(connection, foreign_keys=(fk("f.src", "a.id"), fk("f.dst", "a.id")))
    plan = {
        "from": "f",
        "by": [{"col": "dst>a.name"}],
        "get": [{"fn": "count"}],
        "where": [{"col": "src>a.name", "op": "null"}],
    }
    checked = check(Plan.model_validate(plan), catalog)
    assert (
        read_back(checked, "en")
        == "Number of f for each name of a (via dst), where name of a (via src) is missing."
    )
    assert read_back(checked, "zh") == "在f中，a（经src）的name缺失：按a（经dst）的name分组计算f的行数。"
