"""Typing errors and broken rules are found; codes, names, plurals and numbers are left in peace."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import datalect
from datalect.data.model import SemanticType
from datalect.report.mine.misspellings import _pairs
from datalect.report.model import Report


def report_of(**columns) -> Report:
    with datalect.open(("records", pa.table(columns))) as data:
        return data.report()


def near(usual: str, rare: str, meaning: SemanticType = SemanticType.CATEGORY) -> bool:
    return bool(_pairs([(usual, 200), (rare, 2)], meaning))


@pytest.mark.parametrize(
    ("usual", "rare"),
    [
        ("birmingham", "birminghxm"),
        ("acute care hospitals", "acuxe care hospixals"),
        ("heart attack", "heart attak"),
        ("voluntary", "volutnary"),
        ("35631", "3563x"),
        ("München", "Müncheen"),
    ],
)
def test_slips_are_found(usual, rare):
    assert near(usual, rare)


@pytest.mark.parametrize(
    ("usual", "rare"),
    [
        ("tract 12", "tract 13"),
        ("85123A", "85123B"),
        ("oranges", "orange"),
        ("within walls", "without walls"),
        ("north", "south"),
        ("上海市浦东新区", "上海市浦西新区"),
        ("Oslo", "Osla"),
        ("Grand Theft", "GRAND THEFT"),
        ("Portland", "Cortland"),
        ("Two Beers Brewing Company", "Two Henrys Brewing Company"),
        ("7:10 p.m.", "7:10 a.m."),
        ("FuseA", "FuseP"),
    ],
)
def test_other_values_are_no_slips(usual, rare):
    assert not near(usual, rare)


def test_given_names_are_left_in_peace():
    assert not near("Michelle", "Michele", SemanticType.NAME)


def test_a_value_must_be_rare_beside_the_usual_one():
    assert not _pairs([("heart attack", 200), ("heart attak", 40)], SemanticType.CATEGORY)


@pytest.fixture(scope="module")
def wards() -> Report:
    random = np.random.default_rng(3)
    ward = random.integers(0, 12, 3_000)
    names = np.array([f"{a} {b}" for a in ("upper", "lower", "inner") for b in ("hillside", "riverbank",
                      "meadows", "orchard")], dtype=object)[ward]  # fmt: skip
    city = np.array(["Oslo", "Rome", "Lima", "Bern", "Cairo", "Delhi"], dtype=object)[ward % 6]
    names[7], names[90], city[11], city[400] = "upper hilxside", "lower rverbank", "Lima", "Lima"
    return report_of(line=np.arange(1, 3_001), ward=names, city=city, cost=random.gamma(2, 30, 3_000))


def test_the_report_tells_them_in_both_languages(wards):
    (fact,) = [f for f in wards.facts if "misspelt" in f.sentence_en]
    assert fact.values["count"] == 2 and fact.values["stray"] == 2
    assert "may be misspelt" in fact.sentence_en and "拼写错误" in fact.sentence_zh
    assert any(p.kind == "variants" and p.column == "ward" for p in wards.problems)


def test_a_rule_with_exceptions_is_told_with_their_number(wards):
    (fact,) = [f for f in wards.facts if "nearly always settles" in f.sentence_en and f.columns[0] == "city"]
    assert 1 <= fact.values["exceptions"] <= 2
    assert fact.values["rows"] == 3_000


def test_rules_are_not_seen_in_shuffled_columns():
    random = np.random.default_rng(4)
    a = np.array([f"a{i}" for i in random.integers(0, 20, 3_000)], dtype=object)
    b = np.where(random.random(3_000) < 0.97, "usual", "other").astype(object)
    assert not [f for f in report_of(a=a, b=b).facts if f.type == "dependency"]


def test_a_count_of_the_rows_has_no_average(wards):
    assert not [f for f in wards.facts if "line" in f.columns and f.type in ("difference", "correlation")]


def test_rows_that_must_repeat_are_no_news():
    random = np.random.default_rng(5)
    report = report_of(grade=random.integers(1, 6, 500), group=random.choice(["a", "b"], 500))
    assert not [f for f in report.facts if f.type == "duplicate"]


def test_nearly_all_is_not_all():
    from datalect.report.finding import plain_shape
    from datalect.report.words import written

    assert written(8286 / 8287, plain_shape(percent=100), "en") == "99.99%"
    assert written(1.0, plain_shape(percent=100), "en") == "100%"


def test_an_average_of_averages_is_said_once_and_degrees_have_no_share():
    random = np.random.default_rng(6)
    low = random.normal(60, 12, 2_000).round(1)
    report = report_of(
        average_min_temp=low,
        average_max_temp=(low * 1.2 + random.normal(0, 2, 2_000)).round(1),
        site=np.where(low > 60, "valley", "summit"),
    )
    texts = [t for f in report.facts for t in (f.sentence_en, f.sentence_zh)]
    assert any("verage min temp" in t or "verage max temp" in t for t in texts)
    assert not any("average average" in t.lower() or "平均average" in t for t in texts)
    assert not [f for f in report.facts if f.type == "proportion"]


def test_the_year_of_a_row_and_codes_of_places_have_no_average():
    random = np.random.default_rng(7)
    kind = np.array(["a", "b", "c"], dtype=object)[random.integers(0, 3, 3_000)]
    late = (kind == "a").astype(int)
    report = report_of(
        kind=kind,
        year=2000 + random.integers(0, 20, 3_000) + 5 * late,
        county_fp=random.integers(1, 300, 3_000) + 100 * late,
        day=random.integers(1, 29, 3_000),
        cost=random.gamma(2, 10, 3_000) + 5 * late,
    )
    assert not [
        f for f in report.facts if f.columns[0] in ("year", "county_fp") and "verage" in f.sentence_en
    ]
    assert [f for f in report.facts if f.columns[0] == "cost"]


def test_a_small_group_that_stands_far_out_is_the_one_told():
    random = np.random.default_rng(9)
    owner = np.array(["private"] * 260 + ["church"] * 300 + ["state"] * 410 + ["local"] * 30, dtype=object)
    odds = {"private": 0.25, "church": 0.1, "state": 0.1, "local": 0.97}
    open_ = np.where(random.random(1_000) < [odds[o] for o in owner], "closed", "open").astype(object)
    open_[:20] = "NULL"
    (fact,) = [f for f in report_of(owner=owner, desk=open_).facts if f.type == "association"]
    assert "local" in fact.names
    assert "NULL" not in fact.sentence_en
