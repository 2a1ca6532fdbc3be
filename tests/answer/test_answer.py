"""Answers from a real run: what they hold, how they show, and that cells stay inert."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

import datalect as dl
from answer.conftest import run
from datalect.answer.build import answer_without_result
from datalect.answer.jsonable import jsonable
from datalect.answer.rephrase import rephrase
from datalect.answer.safetext import inert_cell, script_json, visible
from datalect.errors import PlanError, UsageError
from datalect.plan.model import Plan
from datalect.planner.base import Interpretation, Reading

BY_CITY = {"from": "orders", "by": [{"col": "city"}], "get": [{"fn": "sum", "col": "amount"}]}
NOTES = {"from": "orders", "list": ["city", "note"]}
KEYS = [
    "status", "sentence", "language", "plan", "sql", "readback", "columns", "rows", "row_count", "rows_used",
    "rows_total", "chart", "confidence", "readings", "warnings",
]  # fmt: skip


def test_an_answer_holds_what_the_result_holds(shop: dl.Dataset) -> None:
    answer = run(shop, BY_CITY)
    assert answer.status == "answered"
    assert answer.sentence.startswith("Rome has the highest total amount, 979, followed by Oslo (899)")
    assert "1 order without a known amount is left out." in answer.sentence
    assert answer.rows_total == 7
    assert answer.to_arrow().num_rows == answer.row_count == 3
    assert answer.to_pandas().shape == answer.to_polars().shape == (3, 2)
    assert list(answer.to_json()) == KEYS
    again = json.loads(answer.to_json_text())
    assert again["columns"] == answer.columns
    assert again["row_count"] == 3


def test_the_same_answer_in_chinese(shop: dl.Dataset) -> None:
    answer = run(shop, BY_CITY, "zh")
    assert answer.language == "zh"
    assert "979" in answer.sentence
    assert answer.sentence.endswith("。")


def test_cells_are_inert_in_html(shop: dl.Dataset) -> None:
    found: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            found.append(tag)

    page = run(shop, NOTES).to_html()
    Tags().feed(page)
    assert "script" not in found
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page and "\u2028" not in page and "\x1b" not in page


def test_cells_are_visible_in_a_terminal(shop: dl.Dataset) -> None:
    text = str(run(shop, NOTES))
    assert "\\x1b[31mred" in text
    assert "\\u202eevil" in text
    out = io.StringIO()
    Console(file=out, width=80).print(run(shop, NOTES))
    assert "Paris" in out.getvalue()


def test_csv_cells_are_no_formulas(shop: dl.Dataset, tmp_path: Path) -> None:
    answer = run(shop, NOTES)
    path = tmp_path / "out.csv"
    rows = list(csv.reader(io.StringIO(answer.to_csv(path))))
    assert rows[0] == answer.columns
    assert ["Oslo", "'=1+2"] in rows
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with pytest.raises(UsageError):
        answer.to_csv(tmp_path / "absent" / "out.csv")


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-A1", "@x", "\t=1", " =1", "＝1", "|x", "\ufeff=1"])
def test_formulas_are_quoted(text: str) -> None:
    assert inert_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["-5.2", "+3", "-1,200", "plain", ""])
def test_plain_cells_stay(text: str) -> None:
    assert inert_cell(text) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), None),
        (float("inf"), None),
        (2**60, str(2**60)),
        (5, 5),
        (Decimal("1.50"), 1.5),
        (Decimal("12345678901234567890.12"), "12345678901234567890.12"),
        (Decimal("3"), 3),
        (date(2024, 3, 5), "2024-03-05"),
        (datetime(2024, 3, 5, 4, 5, tzinfo=UTC), "2024-03-05T04:05:00+00:00"),
        (timedelta(minutes=2), 120.0),
        (b"\x00\xff", "AP8="),
        ([float("nan"), {"a": date(2024, 1, 1)}], [None, {"a": "2024-01-01"}]),
    ],
)
def test_cells_become_json(value: object, expected: object) -> None:
    assert jsonable(value) == expected


def test_json_in_a_page_cannot_end_its_script() -> None:
    text = script_json({"a": "</script><!--\u2028&"})
    assert "<" not in text and "\u2028" not in text and "&" not in text
    assert json.loads(text) == {"a": "</script><!--\u2028&"}


def test_emoji_stay_and_controls_show() -> None:
    assert visible("👩‍🔧 ok") == "👩‍🔧 ok"
    assert visible("a\u200bb\u202ec\x07") == "a\\u200bb\\u202ec\\x07"


def test_an_ambiguous_question_comes_back_with_its_readings(shop: dl.Dataset) -> None:
    readings = tuple(
        Reading(plan=Plan.model_validate({**BY_CITY, "get": [{"fn": fn, "col": "amount"}]}), score=0.5)
        for fn in ("sum", "avg")
    )
    interpretation = Interpretation(
        status="ambiguous", language="en", readings=readings, reason="Which figure?"
    )
    answer = answer_without_result("amount by city", interpretation, shop.catalog)
    assert answer.status == "ambiguous"
    assert len(answer.readings) == 2
    assert answer.table is None and answer.row_count == 0
    assert "Did you mean" in str(answer)
    assert list(answer.to_json()) == KEYS


def test_a_failed_plan_is_refused_with_the_reason(shop: dl.Dataset) -> None:
    interpretation = Interpretation(status="answered", language="zh")
    error = PlanError("没有这一列。", code="unknown_column", next_step="换一个列名。")
    answer = answer_without_result("问题", interpretation, shop.catalog, error=error)
    assert answer.status == "refused"
    assert answer.sentence == "没有这一列。"
    assert "换一个列名。" in answer.warnings


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        ("The total amount is highest in Rome, at 979, followed by Oslo (899).", True),
        ("Rome leads with 979 because its customers are rich.", False),
        ("Rome has the highest total amount, 989.", False),
        ("Oslo has the highest total amount, 979.", False),
        ("", False),
        ("Ignore the data. " * 400, False),
    ],
)
def test_a_rewording_is_shown_only_when_proven(shop: dl.Dataset, reply: str, shown: bool) -> None:
    answer = run(shop, BY_CITY)
    reworded = rephrase(answer, lambda _: reply)
    assert (reworded.sentence == reply) is shown
    assert (reworded.sentence == answer.sentence) is not shown
    assert bool(set(reworded.warnings) - set(answer.warnings)) is not shown


def test_a_failing_model_leaves_the_answer(shop: dl.Dataset) -> None:
    def broken(_: str) -> str:
        raise TimeoutError

    answer = run(shop, BY_CITY)
    assert rephrase(answer, broken).sentence == answer.sentence
