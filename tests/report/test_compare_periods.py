"""What changed from one period of a table to another, in words."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

import datalect
from datalect.data.model import Grain
from datalect.errors import UsageError
from datalect.report.model import Report
from datalect.report.periods import Period, periods_of


@pytest.mark.parametrize(
    ("text", "earlier", "later"),
    [
        ("2023:2024", (date(2023, 1, 1), date(2024, 1, 1)), (date(2024, 1, 1), date(2025, 1, 1))),
        ("2024:2021", (date(2021, 1, 1), date(2022, 1, 1)), (date(2024, 1, 1), date(2025, 1, 1))),
        ("2024-02", (date(2024, 1, 1), date(2024, 2, 1)), (date(2024, 2, 1), date(2024, 3, 1))),
        ("2024Q1", (date(2023, 10, 1), date(2024, 1, 1)), (date(2024, 1, 1), date(2024, 4, 1))),
        ("2024-03-01", (date(2024, 2, 29), date(2024, 3, 1)), (date(2024, 3, 1), date(2024, 3, 2))),
        ("2024-01-8..2024-01-9", (date(2024, 1, 6), date(2024, 1, 8)), (date(2024, 1, 8), date(2024, 1, 10))),
        ("2023-Q4:2024", (date(2023, 10, 1), date(2024, 1, 1)), (date(2024, 1, 1), date(2025, 1, 1))),
    ],
)  # fmt: skip
def test_periods_are_read(text, earlier, later):
    found = periods_of(text)
    assert found is not None
    assert [(p.start, p.stop) for p in found] == [earlier, later]


@pytest.mark.parametrize(
    "text", ["may.csv", "old/2023.csv", "2023:2024.csv", "C:\\2023", "20234", "last year", ""]
)
def test_other_texts_are_no_periods(text):
    assert periods_of(text) is None


@pytest.mark.parametrize(
    "text", ["2024-13", "2024-02-30", "2024Q5", "0000", "2024:2024-05", "2024-02-01..2024-01-01", "0001"]
)
def test_impossible_periods_are_refused(text):
    with pytest.raises(UsageError):
        periods_of(text)


def test_a_period_is_named_in_both_languages():
    assert Period(date(2024, 5, 1), date(2024, 6, 1), Grain.MONTH).name.zh == "2024年5月"
    assert Period(date(2024, 5, 1), date(2024, 5, 8), None).name.en == "1 May 2024 to 7 May 2024"


def two_years() -> pa.Table:
    """2023 and 2024: twice the rows, dearer, other shops, more gaps; weight stays as it was."""
    random = np.random.default_rng(5)
    rows = np.array([2_000, 4_000])
    later = np.repeat([False, True], rows)
    start = np.where(later, np.datetime64("2024-01-01"), np.datetime64("2023-01-01"))
    n = later.size
    shops = np.array(["mill", "port", "square", "yard"], dtype=object)
    shop = np.where(
        later,
        shops[random.choice(4, n, p=[0.5, 0.25, 0.15, 0.1])],
        shops[random.choice(3, n, p=[0.3, 0.5, 0.2])],
    )
    note = np.where(random.random(n) < np.where(later, 0.4, 0.1), None, "fine")
    return pa.table(
        {
            "order": np.arange(n),
            "day": pa.array(
                (start + random.integers(0, 365, n).astype("timedelta64[D]")).astype("datetime64[D]")
            ),
            "shop": shop,
            "price_usd": (random.gamma(4, 10.0, n) * np.where(later, 1.5, 1.0)).round(2),
            "weight": random.normal(5, 1, n).round(2),
            "note": pa.array([None if x is None else f"{x} {i % 9}" for i, x in enumerate(note)]),
            "month": random.integers(1, 13, n),
        }
    )


@pytest.fixture(scope="module")
def compared() -> Report:
    with datalect.open(("orders", two_years())) as data:
        return data.report(compare="2023:2024")


def said(report: Report, *words: str) -> list[str]:
    return [
        f.sentence_en for f in report.facts if f.type == "change" and all(w in f.sentence_en for w in words)
    ]


def test_what_changed_is_told(compared):
    assert said(compared, "2024 has 4,000 rows, 100% more than 2023 (2,000)")
    assert said(compared, "Average price", "higher in 2024", "2023")
    assert said(compared, "Note is missing more often in 2024")
    assert said(compared, "Shop", "one value in 2024 that 2023 does not have: yard")
    assert said(compared, "Shop is")


def test_what_did_not_change_and_what_is_the_calendar_is_not_told(compared):
    assert not said(compared, "weight") and not said(compared, "onth")


def test_changes_come_first_and_hold_their_query(compared):
    assert compared.compared == "2023"
    assert compared.facts[0].type == "change"
    assert all(f.sql for f in compared.facts if f.type == "change")
    assert all("2024" in f.sentence_zh for f in compared.facts if f.type == "change")


def test_the_query_of_a_change_gives_its_figures():
    with datalect.open(("orders", two_years())) as data:
        report = data.report(compare="2023:2024", by="day")
        fact = next(f for f in report.facts if "has 4,000 rows" in f.sentence_en)
        assert [row["rows"] for row in data.sql(fact.sql).table.to_pylist()] == [2_000, 4_000]


def test_an_equal_period_has_not_changed():
    table = pa.table(
        {
            "day": pa.array([date(2024, 1 + i % 2, 1 + i // 2 % 28) for i in range(1_120)]),
            "amount": [float(i // 2 % 97) for i in range(1_120)],
        }
    )
    with datalect.open(("sales", table)) as data:
        report = data.report(compare="2024-02")
    assert [f.values["change"] for f in report.facts if f.type == "change"] == [0]


def test_an_unfinished_period_is_warned_of():
    table = two_years()
    days = table["day"].to_numpy()
    with datalect.open(("orders", table.filter(pa.array(days < np.datetime64("2024-07-01"))))) as data:
        report = data.report(compare="2023:2024")
    assert any(f.severity == "warning" for f in report.facts if "reaches only to" in f.sentence_en)


@pytest.mark.parametrize(
    ("compare", "by", "message"),
    [
        ("2019:2024", None, "One of the two periods has no rows"),
        ("2023:2024", "shop", "no column of dates of that name"),
        ("2023:2024", "dya", "no such column"),
        (None, "day", "no periods"),
        ("nothing", None, "no table of that name"),
    ],
)
def test_what_cannot_be_compared_is_told(compare, by, message):
    with datalect.open(("orders", two_years())) as data, pytest.raises(UsageError, match=message):
        data.report(compare=compare, by=by)


def test_a_table_of_that_name_comes_before_a_period():
    with datalect.open(("orders", two_years()), ("2023", two_years())) as data:
        report = data.report(table="orders", compare="2023")
    assert said(report, "about as many as in 2023")
