"""Running the readings of a question settles what words alone leave open."""

from __future__ import annotations

import pyarrow as pa
import pytest

import datalect as dl
from datalect.plan.model import Plan
from datalect.planner.base import Interpretation, Reading
from datalect.settle import settle

SHOP = pa.table(
    {
        "city": ["Rome", "Rome", "Oslo"],
        "net": [1.0, 2.0, 3.0],
        "gross": [1.0, 2.0, 3.0],
        "tax": [0.1, 0.2, 0.3],
    }
)


@pytest.fixture(scope="module")
def shop():
    with dl.open(("shop", SHOP), workers=1) as data:
        yield data


def total(column: str, score: float, city: str | None = None) -> Reading:
    where = [{"col": "city", "op": "contains", "val": city}] if city else []
    plan = {"from": "shop", "where": where, "get": [{"fn": "sum", "col": column, "as": "total"}]}
    return Reading(plan=Plan.model_validate(plan), score=score)


def settled(data, status, *readings):
    return settle(
        Interpretation(status=status, language="en", readings=readings), lambda plan: data._run(plan, None)
    )


def test_readings_with_equal_figures_are_answered(shop):
    found, outcome = settled(shop, "ambiguous", total("net", 0.8), total("gross", 0.79))
    assert found.status == "answered"
    assert outcome[2].table.column("total").to_pylist() == [6.0]


def test_readings_with_different_figures_are_asked_back(shop):
    found, outcome = settled(shop, "ambiguous", total("net", 0.8), total("tax", 0.79))
    assert (found.status, outcome) == ("ambiguous", None)


def test_a_reading_that_finds_nothing_gives_way_to_one_that_does(shop):
    empty, filled = total("net", 0.8, "Lima"), total("tax", 0.79)
    found, outcome = settled(shop, "ambiguous", empty, filled)
    assert found.status == "answered"
    assert found.readings == (filled, empty)
    assert outcome[2].table.column("total").to_pylist() == [pytest.approx(0.6)]


def test_weak_readings_are_not_run(shop):
    found, outcome = settled(shop, "ambiguous", total("net", 0.4), total("gross", 0.39))
    assert (found.status, outcome) == ("ambiguous", None)


def test_finding_nothing_is_an_answer_only_when_the_reading_is_certain(shop):
    unsure, _ = settled(shop, "answered", total("net", 0.8, "Lima"))
    assert unsure.status == "ambiguous"
    assert "nothing" in unsure.reason
    certain, outcome = settled(shop, "answered", total("net", 0.95, "Lima"))
    assert certain.status == "answered"
    assert outcome[2].table.column("total").to_pylist() == [None]


def test_none_past_a_bound_is_an_answer(shop):
    plan = {
        "from": "shop",
        "by": [{"col": "city"}],
        "get": [{"fn": "count", "as": "n"}],
        "keep": [{"of": "n", "op": ">", "val": 5}],
    }
    reading = Reading(plan=Plan.model_validate(plan), score=0.7)
    assert settled(shop, "answered", reading)[0].status == "answered"


def test_none_with_a_stored_value_is_asked_back(shop):
    assert settled(shop, "answered", total("net", 0.7, "Paris"))[0].status == "ambiguous"
