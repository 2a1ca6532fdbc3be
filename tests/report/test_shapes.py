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


def test_dates_in_five_forms_in_one_column():
    forms = ("2024-03-{0:02d}", "{0} March 2024", "03/{0:02d}/2024", "2024年3月{0}日", "Mar {0}, 2024")
    texts = [forms[i % 5].format(1 + i // 5 % 28) for i in range(1_000)]
    report = made(pa.table({"when": texts, "n": list(range(1_000))}))
    told = " ".join([f.sentence_en for f in report.facts] + [p.message.en for p in report.problems])
    # Whether they can be read or not, that they are not plain dates is told.
    assert "when" in told.casefold() and "date" in told.casefold()


def test_mixed_types_in_one_column():
    texts = [("17", "2024-01-05", "red", "4.5 kg", "", "true", None)[i % 7] for i in range(700)]
    report = made(pa.table({"mixed": pa.array(texts, pa.string()), "n": [i % 13 for i in range(700)]}))
    (mixed,) = [c for c in report.columns if c.name == "mixed"]
    assert mixed.missing >= 100
    assert not any(f.effect_name == "r" and "mixed" in f.columns for f in report.facts)


def test_mixed_types_from_a_file(tmp_path):
    rows = ["1,x", "two,3", ",", "3.5,2024-01-01", '"4,5",', "NaN,-", "1e400,∞"] * 60
    (tmp_path / "mixed.csv").write_text("a,b\n" + "\n".join(rows), encoding="utf-8")
    with datalect.open(tmp_path / "mixed.csv") as data:
        report = data.report()
    assert report.rows == 420
    assert len(report.columns) == 2
    assert "<!doctype html>" in report.to_html()


@pytest.mark.slow
def test_cells_of_a_megabyte():
    cells = [(f"<b>{i}</b> " + chr(65 + i % 26) * 40) * 25_000 for i in range(30)]
    report = made(pa.table({"text": cells, "n": list(range(30))}))
    assert min(len(c) for c in cells) > 1_000_000
    # A cell of a megabyte is cut wherever it is shown.
    assert len(report.to_html()) < 1_500_000
    assert len(report.to_markdown(language="en")) < 100_000


@pytest.mark.slow
def test_ten_million_distinct_texts(tmp_path):
    import duckdb

    path = str(tmp_path / "texts.parquet").replace("'", "''")
    duckdb.execute(
        "COPY (SELECT 'k' || md5(i::VARCHAR) AS code, i % 7 AS shop FROM range(10000000) t(i)) "
        f"TO '{path}' (FORMAT parquet)"
    )
    with datalect.open(tmp_path / "texts.parquet") as data:
        report = data.report()
    assert report.rows == 10_000_000
    (code,) = [c for c in report.columns if c.name == "code"]
    assert code.distinct == pytest.approx(10_000_000, rel=0.03)
    assert len(report.to_html()) < 1_500_000
