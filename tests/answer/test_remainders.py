"""Missing groups, shares and relative time in whole answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import datalect as dl
from answer.conftest import run

CSV = """ordered,shipped,city,amount,paid
2022-11-05,2022-12-01,Paris,10,yes
2023-10-05,2023-11-01,Rome,20,no
2023-12-30,2024-01-05,Oslo,30,yes
2023-12-01,2024-01-02,,900,no
"""


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dl.Dataset]:
    path: Path = tmp_path_factory.mktemp("orders") / "orders.csv"
    path.write_text(CSV, encoding="utf-8")
    with dl.open(str(path)) as data:
        yield data


BY_CITY: dict[str, Any] = {"from": "orders", "by": [{"col": "city"}], "get": [{"fn": "sum", "col": "amount"}]}


@pytest.mark.parametrize(
    ("language", "winner", "note"),
    [
        ("en", "Oslo has the highest total amount, 30", "without a known city (total amount 900)"),
        ("zh", "Oslo的amount总和最高，为30", "city缺失的行自成一组（amount总和为900）"),
    ],
)
def test_a_missing_group_wins_nothing_and_is_noted(
    orders: dl.Dataset, language: str, winner: str, note: str
) -> None:
    answer = run(orders, BY_CITY, language)
    assert winner in answer.sentence
    assert "900" not in answer.sentence
    assert any(note in warning for warning in answer.warnings)
    assert answer.row_count == 4


def test_a_share_is_taken_of_the_missing_group_too(orders: dl.Dataset) -> None:
    answer = run(orders, {**BY_CITY, "task": "share", "sort": [{"of": "sum_amount", "dir": "desc"}]})
    assert "Oslo accounts for 3.1%" in answer.sentence


def test_a_missing_group_fills_no_place_of_a_top_n(orders: dl.Dataset) -> None:
    answer = run(orders, {**BY_CITY, "sort": [{"of": "sum_amount", "dir": "desc"}], "top": 3})
    assert (
        "the 2 cities with the highest total amount are Oslo (30) and Rome (20)"
        in answer.sentence.replace("The", "the")
    )


def test_only_missing_groups_are_still_said(orders: dl.Dataset) -> None:
    answer = run(orders, {**BY_CITY, "where": [{"col": "city", "op": "null"}]})
    assert "900" in answer.sentence


@pytest.mark.parametrize(
    ("measure", "english", "chinese"),
    [
        ({"fn": "count"}, "share of orders where paid", "的部分占orders的比例"),
        ({"fn": "sum", "col": "amount"}, "share of total amount where paid", "的部分占amount的总和的比例"),
    ],
)
def test_a_part_of_its_own_whole_is_read_as_a_share(
    orders: dl.Dataset, measure: dict[str, Any], english: str, chinese: str
) -> None:
    part = {**measure, "where": [{"col": "paid", "op": "=", "val": True}]}
    plan = {"from": "orders", "get": [{"fn": "ratio", "num": part, "den": measure}]}
    answer = run(orders, plan)
    assert english in answer.readback.replace("Share", "share")
    assert "divided" not in answer.readback
    assert "%" in answer.sentence
    assert chinese in run(orders, plan, "zh").readback


@pytest.mark.parametrize(
    ("column", "year", "total"), [("ordered", 2023, 950), ("shipped", 2024, 930)], ids=["ordered", "shipped"]
)
def test_relative_time_counts_from_the_column_filtered(
    orders: dl.Dataset, column: str, year: int, total: int
) -> None:
    plan = {
        "from": "orders",
        "where": [{"time": column, "in": {"unit": "year", "ago": 0}}],
        "get": [{"fn": "sum", "col": "amount"}],
    }
    answer = run(orders, plan)
    assert answer.rows()[0]["sum_amount"] == total
    assert f"this year ({year})" in answer.readback
    assert f"In {year}" in answer.sentence
    latest = "2023-12-30" if column == "ordered" else "2024-01-05"
    assert f"Relative time counts from {latest}, the latest {column}." in answer.warnings
    assert f"相对时间从{latest}（{column}的最晚日期）算起。" in run(orders, plan, "zh").warnings


@pytest.mark.slow
def test_dates_beyond_the_calendar_are_shown_as_text(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "events.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE events AS SELECT * FROM (VALUES (1, DATE '2024-01-01'), (2, DATE '2024-02-01'), "
            "(3, 'infinity'::DATE), (4, '-infinity'::DATE), (5, '12000-01-01'::DATE)) t(id, day)"
        )
    with dl.open(str(path)) as data:
        grouped = {"from": "events", "by": [{"col": "day", "grain": "day"}], "get": [{"fn": "count"}]}
        later = {**grouped, "where": [{"col": "day", "op": ">", "val": "2000-01-01"}]}
        for plan in (grouped, later):
            answer = run(data, plan)
            days = [row[0] for row in answer.to_json()["rows"]]
            assert "infinity" in days
            assert "2024-01-01" in days
            assert answer.chart is None or answer.chart.to_svg()
            assert "infinity" in str(answer)
            assert "infinity" in answer.to_html()


GLOSSARY = """tables:
  orders: {synonyms: [订单]}
  customers:
    synonyms: [客户]
    columns: {kind: {label: customer kind, synonyms: [客户类别]}}
"""


def test_headers_follow_the_glossary_and_names_are_called_after_their_table(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("id,customer_id,minutes\n" + "".join(
        f"{n},C{n % 3},{n}\n" for n in range(1, 10)))  # fmt: skip
    (tmp_path / "customers.csv").write_text("customer_id,name,kind\nC0,Ada,a\nC1,Bo,b\nC2,Cy,b\n")
    (tmp_path / "words.yaml").write_text(GLOSSARY, encoding="utf-8")
    sources = [str(tmp_path / name) for name in ("orders.csv", "customers.csv")]
    with dl.open(*sources, glossary=tmp_path / "words.yaml") as data:
        kinds = {"from": "orders", "by": [{"col": "customers.kind", "as": "kind"}], "get": [{"fn": "count"}]}
        assert "客户类别" in str(run(data, kinds, "zh")).splitlines()[2]
        top = {"from": "orders", "by": [{"col": "customers.name"}], "get": [{"fn": "sum", "col": "minutes"}],
               "sort": [{"of": "sum_minutes", "dir": "desc"}], "top": 2}  # fmt: skip
        assert "The 2 customers with the highest total minutes" in run(data, top).sentence
        assert "最高的2个客户是" in run(data, top, "zh").sentence


def test_names_with_spaces_around_them_are_proven(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("id,work\n" + "".join(f"{n}, {'Gov' if n % 3 else 'US'}\n" for n in range(9)))
    with dl.open(str(path)) as data:
        answer = run(data, {"from": "people", "by": [{"col": "work"}], "get": [{"fn": "count"}]})
    assert answer.sentence.startswith("Gov has a higher number of people (6) than US (3)")
    assert not answer.warnings


def test_other_readings_are_joined_without_doubled_stops(orders: dl.Dataset) -> None:
    from dataclasses import replace

    for language, stop in (("en", ".;"), ("zh", "。；")):
        answer = replace(run(orders, BY_CITY, language), readings=("One.", "二。", "Three."))
        assert stop not in str(answer)
        assert "Three" in str(answer)
