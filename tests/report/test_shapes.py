"""Tables that break others give a useful page or a clear sentence."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import datalect
from datalect.errors import UsageError


def made(table: pa.Table, **options):
    with datalect.open(("t", table)) as data:
        report = data.report(**options)
    assert "<!doctype html>" in report.to_html()
    assert report.to_json()["rows"] == table.num_rows
    assert report.to_markdown(language="zh")
    return report


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.string())}),
        pa.table({"a": [1], "b": ["x"]}),
        pa.table({"a": [1, 2]}),
        pa.table({"a": pa.nulls(50, pa.float64()), "b": pa.nulls(50, pa.string())}),
        pa.table({"a": [7] * 300, "b": ["same"] * 300}),
        pa.table(
            {"a": [float("inf"), float("-inf"), float("nan"), 1.0] * 60, "b": [True, False, None, True] * 60}
        ),
        pa.table({"姓名": ["张三", "李四", "王五"] * 80, "城市": ["北京", "上海", None] * 80}),
        pa.table({"text": ["x" * 100_000, "y" * 50_000] * 20, "n": list(range(40))}),
        pa.table({"nested": [[1, 2], [3]] * 30, "s": [{"a": 1}] * 60}),
    ],
    ids=[
        "no rows",
        "one row",
        "one column",
        "all missing",
        "constant",
        "infinite",
        "chinese",
        "long",
        "nested",
    ],
)
def test_odd_tables(table):
    report = made(table)
    assert len(report.columns) == table.num_columns


def test_no_value_means_it_is_said():
    report = made(pa.table({"a": pa.nulls(60, pa.float64()), "b": list(range(60))}))
    assert any("no value" in f.sentence_en for f in report.facts)


@pytest.mark.slow
def test_four_hundred_columns():
    random = np.random.default_rng(0)
    columns = {f"c{i}": random.normal(size=400).round(3) for i in range(398)}
    columns["total"] = columns["c1"] + columns["c2"]
    columns["kind"] = np.array(["a", "b"], dtype=object)[random.integers(0, 2, 400)]
    report = made(pa.table(columns))
    assert len(report.columns) == 400


def test_columns_can_be_chosen_and_mistaken():
    table = pa.table({"a": list(range(300)), "b": ["x", "y", "z"] * 100, "c": [1.5] * 300})
    report = made(table, columns=["A", "b"])
    assert [c.name for c in report.columns] == ["a", "b"]
    with pytest.raises(UsageError, match="no such column"):
        made(table, target="amount")


def test_the_same_report_twice():
    random = np.random.default_rng(3)
    table = pa.table(
        {
            "a": random.normal(size=2_000),
            "g": np.array(["u", "v"], dtype=object)[random.integers(0, 2, 2_000)],
        }
    )
    first, second = made(table), made(table)
    assert [f.to_json() for f in first.facts] == [f.to_json() for f in second.facts]
