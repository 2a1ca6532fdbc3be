"""The usual follow-up questions as plan differences."""

from __future__ import annotations

from typing import Any

import pytest

from datalect.data.model import Grain
from datalect.errors import PlanError
from datalect.plan.canonical import canonical, plan_hash
from datalect.plan.check import check
from datalect.plan.diff import (
    Edit,
    PlanDiff,
    add_filter,
    apply,
    change_breakdown,
    change_chart,
    change_grain,
    change_top,
    replace_filter,
    replace_measure,
)
from datalect.plan.model import Aggregate, Breakdown, ColumnTest, Plan, Show, TimeTest

PLAN = Plan.model_validate(
    {
        "from": "orders",
        "where": [{"col": "status", "op": "=", "val": "open"}],
        "by": [{"col": "date", "grain": "month"}],
        "get": [{"fn": "sum", "col": "amount"}],
        "then": [
            {"fn": "share", "of": "sum_amount"},
            {"fn": "difference", "of": "share_sum_amount", "over": "date_month"},
        ],
        "keep": [{"of": "sum_amount", "op": ">", "val": 3}],
        "sort": [{"of": "sum_amount", "dir": "desc"}, {"of": "date_month"}],
        "top": 3,
    }
)


def test_another_measure_takes_its_steps_and_order_along(shop: Any) -> None:
    changed = apply(PLAN, replace_measure(PLAN, 0, Aggregate(fn="count")))
    data = changed.to_json()
    assert data["get"] == [{"fn": "count"}]
    assert [s["of"] for s in data["then"]] == ["count", "share_count"]
    assert data["keep"][0]["of"] == "count"
    assert data["sort"][0]["of"] == "count"
    check(changed, shop[1])


def test_filters_are_added_or_replaced() -> None:
    more = ColumnTest(col="amount", op=">", val=10)
    assert len(apply(PLAN, add_filter(more)).where) == 2
    assert apply(PLAN, replace_filter(PLAN, more)).where == [*PLAN.where, more]
    other = ColumnTest(col="status", op="=", val="late")
    assert apply(PLAN, replace_filter(PLAN, other)).where == [other]
    time = TimeTest.model_validate({"time": "date", "in": {"year": 2023}})
    later = TimeTest.model_validate({"time": "date", "in": {"year": 2024}})
    twice = apply(apply(PLAN, add_filter(time)), add_filter(time))
    assert apply(twice, replace_filter(twice, later)).where == [*PLAN.where, later]


def test_the_breakdown_grain_top_and_chart_change(shop: Any) -> None:
    by_region = apply(PLAN, change_breakdown(PLAN, [Breakdown(col="customers.region")]))
    assert [b.col for b in by_region.by] == ["customers.region"]
    assert [s.of for s in by_region.sort] == ["sum_amount"]
    assert by_region.then[1].over is None
    check(by_region, shop[1])
    yearly = apply(PLAN, change_grain(PLAN, Grain.YEAR))
    assert yearly.by[0].grain is Grain.YEAR
    assert (yearly.then[1].over, yearly.sort[1].of) == ("date_year", "date_year")
    check(yearly, shop[1])
    assert apply(PLAN, change_top(10)).top == 10
    assert apply(PLAN, change_top(None)).top is None
    assert apply(PLAN, change_chart(Show(mark="line"))).show.mark == "line"
    assert apply(PLAN, change_top(5).then(change_chart(Show(mark="bar")))).top == 5


def test_changes_that_do_not_fit_are_refused() -> None:
    for change in (
        PlanDiff(edits=[Edit(field="where", op="remove", index=7)]),
        PlanDiff(edits=[Edit(field="get", op="add", value={"fn": "nonsense"})]),
        PlanDiff(set={"top": -1}),
        PlanDiff(edits=[Edit(field="list", op="add", value="id")]),
    ):
        with pytest.raises(PlanError) as caught:
            apply(PLAN, change)
        assert caught.value.code == "bad_diff"
    with pytest.raises(PlanError):
        replace_measure(PLAN, 3, Aggregate(fn="count"))
    with pytest.raises(PlanError):
        change_grain(Plan.model_validate({"from": "orders", "get": [{"fn": "count"}]}), Grain.YEAR)


def parsed(**data: Any) -> Plan:
    return Plan.model_validate({"from": "t", "get": [{"fn": "count"}], **data})


def test_plans_that_mean_the_same_have_one_hash() -> None:
    a, b = {"col": "x", "op": "=", "val": 1}, {"col": "y", "op": "in", "val": ["p", "q"]}
    same = [
        parsed(where=[a, b]),
        parsed(where=[b, a, a]),
        parsed(
            where=[{"col": "y", "op": "in", "val": ["q", "p", "q"]}, {"expr": "x", "op": "in", "val": [1.0]}]
        ),
        parsed(
            where=[{"any": [a]}, {"not": {"not": b}}],
            why={"from": [0, 2]},
            show={"mark": "bar"},
            task="value",
        ),
        parsed(where=[a, b], open=[{"at": "get[0]", "options": [["x", 0.5]]}]),
    ]
    assert len({plan_hash(plan) for plan in same}) == 1
    different = [
        parsed(where=[a]),
        parsed(where=[{"any": [a, b]}]),
        parsed(where=[{"not": a}, b]),
        parsed(where=[a, b], top=1),
        parsed(where=[a, {**b, "val": ["p", "q", "r"]}]),
    ]
    assert len({plan_hash(plan) for plan in [same[0], *different]}) == 6
    assert plan_hash(parsed(where=[{"expr": ["+", "x", "y"], "op": ">", "val": 1}])) == plan_hash(
        parsed(where=[{"expr": ["+", "y", "x"], "op": ">", "val": 1}])
    )
    assert plan_hash(parsed(where=[{"expr": ["-", "x", "y"], "op": ">", "val": 1}])) != plan_hash(
        parsed(where=[{"expr": ["-", "y", "x"], "op": ">", "val": 1}])
    )
    assert canonical(same[1]) == canonical(same[0])
