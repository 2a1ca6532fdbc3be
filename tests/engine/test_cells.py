"""Cells beyond Python's calendar, from real queries."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from datalect.engine.cells import plain_columns, plain_rows


def cell(sql: str) -> Any:
    with duckdb.connect() as connection:
        return plain_columns(connection.sql(f"SELECT {sql} AS v").to_arrow_table())[0][0]


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("'infinity'::DATE", "infinity"),
        ("'-infinity'::DATE", "-infinity"),
        ("'infinity'::TIMESTAMP", "infinity"),
        ("'10000-01-01'::DATE", "10000-01-01"),
        ("'12345-02-28 05:06:07.25'::TIMESTAMP", "12345-02-28 05:06:07.25"),
        ("DATE '0044-03-15 (BC)'", "0044-03-15 (BC)"),
        ("INTERVAL '14 months 3 days 25 hours'", "1 year 2 months 3 days 25:00:00"),
        ("INTERVAL 0 days", "00:00:00"),
    ],
)
def test_what_python_cannot_hold_becomes_text(sql: str, text: str) -> None:
    assert cell(sql) == text


def test_nested_cells_keep_their_shape() -> None:
    assert cell("['infinity'::DATE, NULL]") == ["infinity", None]
    assert cell("{'a': 'infinity'::DATE, 'b': 1}") == {"a": "infinity", "b": 1}


@pytest.mark.parametrize("year", [-4712, -400, -1, 0, 1, 9999, 10_000, 100_000])
def test_far_years_read_as_the_engine_writes_them(year: int) -> None:
    sql = f"make_date({year}, 2, 28)"
    shown = cell(sql)
    assert (shown if isinstance(shown, str) else shown.isoformat()) == cell(f"{sql}::VARCHAR")


def test_rows_and_ordinary_cells_are_those_of_arrow() -> None:
    with duckdb.connect() as connection:
        table = connection.sql(
            "SELECT range AS n, DATE '2024-01-01' + range::INTEGER AS d, NULL AS e FROM range(3)"
        ).to_arrow_table()
    assert plain_rows(table) == table.to_pylist()
