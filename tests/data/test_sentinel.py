"""Values that stand for "missing": removed only where nothing else is believable."""

from __future__ import annotations

from datetime import date

import pytest

from catalog_tools import catalog_of, column, connection_with, loaded
from datalect.data.catalog import build_catalog


def sentinels(select: str, name: str = "x"):
    found = catalog_of(select).tables[0].column(name)
    return {s.value: (s.count, s.treated_as_missing) for s in found.sentinels}, found


def numbers(name: str, values: list) -> str:
    return f'SELECT unnest({values}) AS "{name}"'


AGES = [23, 45, 31, 62, 18, 77, 54, 39, 41, 28] * 5


@pytest.mark.parametrize(
    ("name", "values", "marker", "treated"),
    [
        ("age", [*AGES, 999, 999], 999, True),
        ("age", [*AGES, -1, -1, -1], -1, True),
        ("x", [*AGES, -999, -999], -999, True),
        ("income", [1200, 3400, 5600, 900] * 9 + [999999] * 3, 999999, True),
        ("change", [*AGES, -1, -1, -1], -1, False),
    ],
)
def test_numeric_markers(name, values, marker, treated):
    found, _ = sentinels(numbers(name, values), name)
    assert found[marker] == (values.count(marker), treated)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("age", [*AGES, 99]),  # an old person
        ("x", [*AGES, 999]),  # once is no habit
        ("balance", [-1, -5, 30, 12, 999, 400, -80] * 5),
        ("customer_id", [1, 2, 3, 9999, 9999]),
        ("x", [900, 950, 999, 999, 1000, 870] * 5),
        ("score", [-1, 0, 1] * 20),
    ],
)
def test_ordinary_values_are_kept(name, values):
    found, kept = sentinels(numbers(name, values), name)
    assert not any(treated for _, treated in found.values())
    assert kept.profile.nulls == 0
    assert kept.profile.maximum == max(values)


def test_queries_see_null_and_figures_follow():
    connection = connection_with(t=numbers("age", [*AGES, 999, 999]))
    found = build_catalog(connection, loaded(connection)).tables[0].column("age")
    assert connection.execute("SELECT count(*), count(age), max(age) FROM main.t").fetchone() == (52, 50, 77)
    assert connection.execute("SELECT max(age) FROM source.t").fetchone() == (999,)
    assert (found.profile.nulls, found.profile.maximum) == (2, 77)
    assert "999 occurs 2 times" in found.sentinels[0].evidence


def test_filler_dates():
    days = "SELECT DATE '2023-01-01' + i::INTEGER AS day FROM range(300) r(i)"
    found, kept = sentinels(
        f"{days} UNION ALL SELECT DATE '9999-12-31' UNION ALL SELECT DATE '9999-12-31'", "day"
    )
    assert found[date(9999, 12, 31)] == (2, True)
    assert kept.profile.maximum < date(2024, 1, 1)
    found, _ = sentinels(
        f"{days} UNION ALL SELECT DATE '1900-01-01' UNION ALL SELECT DATE '1900-01-01'", "day"
    )
    assert found[date(1900, 1, 1)] == (2, True)
    found, _ = sentinels("SELECT DATE '1890-01-01' + i::INTEGER AS day FROM range(9000) r(i)", "day")
    assert found == {}


def test_words_in_text_are_reported_and_kept():
    found, kept = sentinels(column(["无", "红", "蓝", "无", "N/A", "None"] * 3))
    assert found == {"无": (6, False), "N/A": (3, False), "None": (3, False)}
    assert kept.profile.nulls == 0
    assert kept.profile.distinct == 5


def test_empty_text_is_missing():
    found, kept = sentinels(column(["", "red", "blue", "", "red"]))
    assert found == {"": (2, True)}
    assert kept.profile.nulls == 2
    assert {v for v, _ in kept.profile.values} == {"red", "blue"}


def test_a_lone_question_mark_is_missing_and_reported():
    select = column([" ?", "Gov", "?", "None", "who?", "\\N"])
    found, kept = sentinels(select)
    assert found == {" ?": (1, True), "?": (1, True), "\\N": (1, True), "None": (1, False)}
    assert kept.profile.nulls == 3
    assert {v for v, _ in kept.profile.values} == {"Gov", "None", "who?"}
    connection = connection_with(t=select)
    build_catalog(connection, loaded(connection))
    assert connection.execute("SELECT count(x) FROM main.t").fetchone() == (3,)
    assert connection.execute("SELECT count(x) FROM source.t").fetchone() == (6,)
