"""Sums over time: what they show that the number of rows does not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import datalect
from datalect.report.model import Report

_DAYS = 400


def sales(factor: np.ndarray, *, busy: tuple[int, float] | None = None) -> pa.Table:
    """About 20 rows a day whose amounts are scaled by the factor of their day."""
    random = np.random.default_rng(8)
    counts = random.poisson(20, _DAYS)
    if busy is not None:
        counts[busy[0] :] = random.poisson(20 * busy[1], _DAYS - busy[0])
    day = np.repeat(np.arange(_DAYS), counts)
    return pa.table(
        {
            "day": pa.array((np.datetime64("2023-01-02") + day).astype("datetime64[D]")),
            "amount_usd": (random.gamma(6, 8.0, day.size) * factor[day]).round(2),
            "shop": np.array(["a", "b", "c"], dtype=object)[random.integers(0, 3, day.size)],
        }
    )


def reported(table: pa.Table) -> Report:
    with datalect.open(("sales", table)) as data:
        return data.report()


def said(report: Report, type_: str) -> list[str]:
    facts = [f for f in report.facts if f.type == type_]
    return [f.sentence_en for f in facts] + [w.en for f in facts for w in f.also]


def test_a_step_of_amounts_alone_is_told_of_the_sum():
    factor = np.where(np.arange(_DAYS) >= 200, 1.8, 1.0)
    (step,) = [f for f in reported(sales(factor)).facts if f.type == "change_point"]
    assert "total amount" in step.sentence_en.casefold() and "higher" in step.sentence_en
    assert abs((step.values["date"] - np.datetime64("2023-07-21").astype(object)).days) <= 3
    assert step.values["change"] == pytest.approx(0.8, abs=0.15)
    assert step.plan is not None and "sum" in step.sql.casefold()
    assert "合计" in step.sentence_zh


def test_a_day_of_large_amounts_is_a_spike_of_the_sum():
    factor = np.where(np.arange(_DAYS) == 250, 6.0, 1.0)
    (told,) = said(reported(sales(factor)), "spike")
    assert "total amount" in told and "9 September 2023" in told


def test_amounts_that_are_larger_on_weekends():
    factor = np.where(np.arange(_DAYS) % 7 >= 5, 1.9, 1.0)
    told = said(reported(sales(factor)), "seasonality")
    assert any("Total amount" in t and "Saturday and Sunday" in t for t in told)


def test_more_rows_make_larger_sums_which_is_told_once():
    report = reported(sales(np.ones(_DAYS), busy=(200, 2.0)))
    told = said(report, "change_point")
    assert len(told) == 1 and "rows" in told[0]


def test_steady_amounts_are_not_told():
    report = reported(sales(np.ones(_DAYS)))
    assert not [f for f in report.facts if f.section == "time" and "amount" in f.sentence_en]
