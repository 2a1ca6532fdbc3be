"""Text that is safe and aligned, whatever the cells hold."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalect.cli.show import cell, error_object, fit, grid, safe, to_json, width
from datalect.errors import LimitError, MissingExtraError, PlanError


@given(st.text())
def test_safe_text_cannot_steer_a_terminal(text):
    shown = safe(text)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in shown)
    assert not set(shown) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u2028\u2029"
    )


@given(st.text(max_size=80), st.integers(min_value=2, max_value=40))
def test_cut_text_fits(text, limit):
    assert width(fit(safe(text), limit)) <= limit


@given(
    st.lists(
        st.tuples(st.text(max_size=20), st.none() | st.floats() | st.integers(), st.booleans()), max_size=8
    )
)
def test_every_line_of_a_grid_starts_its_columns_at_the_same_place(rows):
    lines = grid(["名称", "amount", "ok"], rows).split("\n")
    assert len(lines) == len(rows) + 2
    assert all(width(line) <= width(lines[1]) for line in lines)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (1234567, "1,234,567"),
        (0.1 + 0.2, "0.3"),
        (1234.5, "1,234.5"),
        (-0.5, "-0.5"),
        (1e20, "1e+20"),
        (1e-9, "1e-09"),
        (Decimal("12.30"), "12.3"),
        (True, "true"),
        (date(2024, 3, 5), "2024-03-05"),
        (datetime(2024, 3, 5), "2024-03-05"),
        (datetime(2024, 3, 5, 1, 2), "2024-03-05 01:02:00"),
        ("a\nb\tc", "a\\x0ab\\x09c"),
    ],
)
def test_cells_as_people_read_them(value, shown):
    assert cell(value) == shown


@pytest.mark.slow
@given(st.recursive(st.none() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=10))
def test_json_is_always_valid(value):
    json.loads(to_json(value))


def test_errors_carry_what_a_program_needs():
    error = error_object(PlanError("w", code="c", at="get[0]", candidates=("x",), next_step="n"))["error"]
    assert (error["code"], error["at"], error["candidates"], error["next"]) == ("c", "get[0]", ["x"], "n")
    assert error_object(LimitError("w", limit="time"))["error"]["limit"] == "time"
    assert error_object(MissingExtraError("files", "f"))["error"]["extra"] == "files"
