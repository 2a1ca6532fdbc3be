"""What changed between two tables, in words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import datalect
from datalect.report.model import Report


def months(rows: int, *, later: bool) -> pa.Table:
    random = np.random.default_rng(11 if later else 10)
    start = np.datetime64("2024-06-01" if later else "2024-05-01")
    columns = {
        "order": np.arange(rows),
        "day": pa.array(start + random.integers(0, 30, rows).astype("timedelta64[D]"), pa.date32()),
        "shop": np.array(["mill", "port", "square"], dtype=object)[
            random.choice(3, rows, p=[0.5, 0.3, 0.2] if later else [0.3, 0.5, 0.2])
        ],
        "amount": random.gamma(4, 12.0 if later else 8.0, rows).round(2),
        "weight": random.normal(5, 1, rows).round(2),
    }
    note = np.where(random.random(rows) < (0.4 if later else 0.1), None, "ok then")
    columns["note"] = pa.array([None if n is None else f"{n} {i % 7}" for i, n in enumerate(note)])
    columns["rider" if later else "driver"] = random.integers(0, 9, rows)
    return pa.table(columns)


@pytest.fixture(scope="module")
def compared() -> Report:
    with datalect.open(("june", months(3_000, later=True)), ("may", months(4_000, later=False))) as data:
        return data.report(table="june", compare="may")


def said(report: Report, *words: str) -> list[str]:
    return [
        f.sentence_en for f in report.facts if f.type == "change" and all(w in f.sentence_en for w in words)
    ]


def test_rows_and_columns(compared):
    assert said(compared, "25% fewer", "may")
    assert said(compared, "new", "rider")
    assert said(compared, "gone", "driver")


def test_what_shifted_is_told_and_what_did_not_is_not(compared):
    assert said(compared, "Average amount is higher")
    assert said(compared, "Note is missing more often")
    assert said(compared, "Shop is")
    assert not said(compared, "weight")


def test_changes_come_first(compared):
    assert compared.compared == "may"
    assert compared.facts[0].type == "change"
    assert sum(f.type == "change" for f in compared.headlines) >= 3


def test_equal_tables_have_not_changed():
    table = months(2_000, later=True)
    with datalect.open(("one", table), ("two", table)) as data:
        report = data.report(table="one", compare="two")
    assert [f.values["change"] for f in report.facts if f.type == "change"] == [0]
