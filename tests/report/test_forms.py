"""Dates and times written in several forms are told; those written alike, and other texts, are not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

import datalect
from datalect.report.mine.forms import form_of
from datalect.report.model import Report


def report_of(texts: list[str]) -> Report:
    flight = np.arange(len(texts)) % 7
    with datalect.open(("flights", pa.table({"flight": flight, "left": texts}))) as data:
        return data.report()


def told(report: Report) -> list[str]:
    return [f.sentence_en for f in report.facts if "dates or times" in f.sentence_en]


def times(count: int) -> list[tuple[int, int]]:
    random = np.random.default_rng(2)
    return list(zip(random.integers(1, 12, count), random.integers(10, 60, count), strict=True))


def test_a_form_has_no_figures_and_no_letters():
    assert form_of("7:10 a.m.") == form_of("12:05  P.M.") != form_of("12/2/11 7:10a")


def test_several_forms_are_told_with_their_rows():
    texts = [f"{h}:{m} a.m." for h, m in times(300)] + [f"Dec {h} - {h}:{m}" for h, m in times(60)]
    (sentence,) = told(report_of(texts))
    assert "2 forms" in sentence and "(300 rows)" in sentence and "(60 rows)" in sentence


def test_one_form_is_no_news():
    assert not told(report_of([f"{h}:{m} a.m." for h, m in times(300)]))


def test_addresses_are_no_dates():
    assert not told(report_of([f"{h} Main Street {'East' if m % 2 else ''}" for h, m in times(300)]))


def test_one_year_of_seasons_is_no_trend():
    random = np.random.default_rng(8)
    day = np.arange(365)
    warmth = 55 + 20 * np.cos(day / 365 * 2 * np.pi) - day * 0.01 + random.normal(0, 3, 365)
    growth = day * 0.1 + random.normal(0, 3, 365)
    dates = np.datetime64("2014-07-01") + day.astype("timedelta64[D]")
    table = pa.table({"day": pa.array(dates, pa.date32()), "warmth": warmth, "growth": growth})
    with datalect.open(("weather", table)) as data:
        trends = {f.columns[0] for f in data.report().facts if f.type == "trend"}
    assert trends == {"growth"}
