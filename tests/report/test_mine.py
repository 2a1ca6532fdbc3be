"""Planted facts are found and told rightly; on shuffled copies nothing is claimed to go together."""

from __future__ import annotations

import pyarrow as pa
import pytest

import datalect
from datalect.report.model import Report
from report.planted import clinic, paradox, shuffled


def report_of(table: pa.Table, name: str = "visits", **options) -> Report:
    with datalect.open((name, table)) as data:
        return data.report(**options)


@pytest.fixture(scope="module")
def visits() -> Report:
    return report_of(clinic())


def one(report: Report, form_type: str, *columns: str):
    """The facts of a type that are about these columns."""
    return [f for f in report.facts if f.type == form_type and set(columns) <= set(f.columns)]


def test_a_spike_is_told_with_its_date(visits):
    (fact,) = one(visits, "spike", "visit_date")
    assert "22 July 2022" in fact.sentence_en
    assert "2022年7月22日" in fact.sentence_zh


def test_a_lasting_step_is_told_with_its_date_and_size(visits):
    (fact,) = one(visits, "change_point", "visit_date")
    assert str(fact.values["date"]).startswith("2023-02")
    assert 0.35 < fact.values["change"] < 0.95


def test_days_without_rows_are_told(visits):
    (fact,) = [f for f in one(visits, "seasonality", "visit_date") if "Sunday" in f.sentence_en]
    assert "周日" in fact.sentence_zh


def test_a_number_along_another(visits):
    (fact,) = one(visits, "correlation", "satisfaction", "wait_minutes")
    assert fact.effect < -0.4
    assert "falls" in fact.sentence_en and "下降" in fact.sentence_zh
    assert fact.segments.held == fact.segments.of
    assert fact.interval[0] <= fact.effect <= fact.interval[1]


def test_a_rate_along_a_number(visits):
    (fact,) = one(visits, "correlation", "came_back", "wait_minutes")
    assert "more frequent" in fact.sentence_en


def test_one_group_apart(visits):
    facts = one(visits, "difference", "ward")
    assert any("east" in f.sentence_en and "higher" in f.sentence_en for f in facts)


def test_formulas_are_exact_and_counted_on_all_rows(visits):
    formulas = one(visits, "formula")
    assert any({f.columns[0], *f.columns[1:]} == {"bill", "fee", "tax"} for f in formulas)
    assert all(f.p_adjusted is None and f.n == 12_000 for f in formulas)


def test_quality_is_told(visits):
    (sentinel,) = one(visits, "sentinel", "age")
    assert "−99" in sentinel.sentence_en
    (spelling,) = one(visits, "variants", "status")
    assert "“Open”" in spelling.sentence_en and "“open”" in spelling.sentence_en
    assert {p.column for p in visits.problems} >= {"age", "status"}


def test_missing_values_that_follow_another_column(visits):
    (fact,) = one(visits, "missingness", "policy")
    assert "only where insured is yes" in fact.sentence_en


def test_structure_is_told(visits):
    assert one(visits, "key", "visit_id")
    assert one(visits, "concentration", "patient")
    assert one(visits, "dependency", "ward", "city")


def test_figures_of_a_fact_come_from_all_rows(visits):
    (fact,) = one(visits, "missingness", "policy")
    assert fact.values["filled"] == pa.compute.sum(clinic()["insured"]).as_py()


def test_every_fact_carries_what_a_reader_needs(visits):
    assert len(visits.facts) > 10
    for fact in visits.facts:
        assert fact.sentence_en.endswith(".") and fact.sentence_zh.endswith("。")
        assert fact.id and 0 <= fact.importance <= 1
        assert fact.sql
        assert fact.p_adjusted is None or fact.p_adjusted <= 0.01
    weights = [f.importance for f in visits.facts]
    assert weights == sorted(weights, reverse=True)
    assert not visits.method.left_out


def test_plans_of_facts_can_be_run_again(visits):
    with datalect.open(("visits", clinic())) as data:
        for fact in visits.facts[:8]:
            if fact.plan is not None:
                assert data.run(fact.plan).status == "answered"


def test_telephone_numbers_are_masked_everywhere(visits):
    text = visits.to_html() + str(visits.to_json()) + visits.to_markdown()
    assert "13800000" not in text
    assert next(c for c in visits.columns if c.name == "phone").masked


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_goes_together_on_a_shuffled_copy(seed):
    report = report_of(shuffled(clinic(6_000), seed))
    claimed = [f.sentence_en for f in report.facts if len(f.columns) > 1]
    assert claimed == []


def test_a_relation_that_turns_around_inside_groups_is_told_as_that():
    report = report_of(paradox(), "trials")
    (fact,) = one(report, "correlation", "dose", "recovery")
    assert "opposite" in fact.sentence_en and "相反" in fact.sentence_zh
    assert fact.segments.held == 0


def test_a_target_comes_first():
    report = report_of(clinic(4_000), target="came_back")
    assert report.target == "came_back"
    assert any("wait_minutes" in f.columns for f in report.facts if f.section == "target")


def test_a_column_that_holds_the_answer_is_warned_of():
    table = clinic(3_000)
    table = table.append_column("returned", table["came_back"].cast(pa.int64()).cast(pa.string()))
    report = report_of(table, target="came_back")
    (leak,) = [f for f in report.facts if f.type == "leak"]
    assert leak.columns == ("returned", "came_back") and leak.severity == "warning"


def test_unlike_units_in_a_formula_are_counted_by_sql():
    rows = clinic(2_000)
    fee = rows["fee"].to_numpy()
    share = (rows["wait_minutes"].to_numpy() % 40) / 100
    table = pa.table({"fee": fee, "discount_rate": share, "kept": fee - share})
    facts = one(report_of(table), "formula", "kept")
    assert facts and facts[0].n == 2_000 and facts[0].sql


def test_texts_in_two_languages_are_told():
    words = ["the screen is clear and the sound is good", "物流很快，包装也很好，推荐购买"]
    texts = [f"{words[i % 2]} {'，'.join(str(i + k) for k in range(4))}" for i in range(400)]
    report = report_of(pa.table({"n": list(range(400)), "review": texts}))
    facts = [f for f in report.facts if f.section == "text"]
    assert facts and "Chinese" in facts[0].sentence_en and "中文" in facts[0].sentence_zh
    review = next(c for c in report.columns if c.name == "review")
    assert set(review.languages) == {"zh", "latin"} and review.phrases
