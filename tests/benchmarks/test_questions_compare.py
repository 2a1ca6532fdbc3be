"""The rules by which an answer counts as right."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from question_sets.case import Expected
from question_sets.compare import matches, normal, same


def expect(rows, **flags):
    columns = tuple(f"c{i}" for i in range(len(rows[0]))) if rows else ("c0",)
    return Expected(columns=flags.pop("columns", columns), rows=tuple(map(tuple, rows)), **flags)


def fits(expected, rows):
    return matches(expected, rows, len(rows[0]) if rows else len(expected.columns))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (12, 12.0),
        (12, "12"),
        ("1,234.5", 1234.5),
        ("$1,234.5", 1234.5),
        ("33.9%", 33.9),
        ("- 2", -2),
        (Decimal("3.10"), 3.1),
        (0.1 + 0.2, 0.3),
        (12.3456, 12.35),
        (date(2024, 3, 5), "2024-03-05"),
        (date(2024, 3, 5), "2024年3月5日"),
        (datetime(2024, 3, 5), date(2024, 3, 5)),
        (date(2024, 1, 1), 2024),
        (date(2024, 3, 1), "2024年03月"),
        (date(2024, 4, 1), "2024Q2"),
        (date(2024, 4, 1), "2024年二季度"),
        (date(2014, 10, 1), "10/1/2014"),
        (date(2014, 10, 1), "1/10/2014"),
        (date(1998, 6, 12), "Jun 12 1998"),
        (True, "yes"),
        (True, "是"),
        (False, 0),
        (False, "否"),
        (" Male", "male"),
        ("ＡＢＣ", "abc"),
        (None, float("nan")),
        (-0.0, 0),
    ],
)
def test_same_values(one, other):
    assert same(normal(one), normal(other))
    assert same(normal(other), normal(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (12, 13),
        (12, 12.5),
        (1.0, 1.04),
        (100, 1),
        (0.5, 0.53),
        ("12", "twelve"),
        (date(2024, 3, 5), date(2024, 3, 6)),
        (date(2024, 3, 5), 2024),
        (date(2024, 3, 5), 20240305),
        (True, 2),
        (True, "no"),
        ("yes", 1),
        (None, 0),
        (None, ""),
        ("abc", "abd"),
    ],
)
def test_different_values(one, other):
    assert not same(normal(one), normal(other))
    assert not same(normal(other), normal(one))


def test_columns_may_come_in_another_order_with_a_few_more():
    expected = expect([("a", 1), ("b", 2)])
    assert fits(expected, [(1, "a"), (2, "b")])
    assert fits(expected, [("a", 9, 1), ("b", 8, 2)])
    assert not fits(expected, [("a", 9, 9, 9, 9, 1), ("b", 8, 8, 8, 8, 2)])
    assert not fits(expected, [("a",), ("b",)])


def test_values_must_stand_in_the_right_rows():
    assert not fits(expect([("a", 1), ("b", 2)]), [("a", 2), ("b", 1)])


def test_missing_and_surplus_rows_are_wrong():
    expected = expect([("a", 1), ("b", 2)])
    assert not fits(expected, [("a", 1)])
    assert not fits(expected, [("a", 1), ("b", 2), ("c", 3)])
    assert not fits(expected, [("a", 1), ("b", 2), ("b", 2)])


def test_order_counts_only_where_it_was_asked_for():
    rows = [("a", 3), ("b", 2), ("c", 1)]
    assert fits(expect(rows), rows[::-1])
    assert not fits(expect(rows, ordered=True), rows[::-1])
    assert fits(expect(rows, ordered=True), rows)


def test_ties_may_fall_either_way():
    expected = expect([("a", 3), ("b", 3), ("c", 1)], ordered=True, order_by="c1")
    assert fits(expected, [("b", 3), ("a", 3), ("c", 1)])
    assert not fits(expected, [("c", 1), ("b", 3), ("a", 3)])


def test_optional_columns_may_be_left_out_but_not_wrong():
    expected = expect([("a", 3)], optional=frozenset({"c1"}))
    assert fits(expected, [("a",)])
    assert fits(expected, [("a", 3)])
    assert not fits(expected, [(3,)])


def test_percentages_may_be_fractions_all_alike():
    expected = expect([("a", 0.25), ("b", 0.75)], percent=frozenset({"c1"}))
    assert fits(expected, [("a", 25.0), ("b", 75.0)])
    assert not fits(expected, [("a", 25.0), ("b", 0.75)])
    assert not fits(expect([("a", 0.25)]), [("a", 25.0)])


def test_rows_with_missing_values_may_be_left_out():
    expected = expect([("a", 1), (None, 5)])
    assert fits(expected, [("a", 1)])
    assert fits(expect([("a", 1)]), [("a", 1), (None, 5)])
    assert not fits(expected, [(None, 5)])
    assert not fits(expected, [("a", 1), ("b", 5)])
    assert not fits(expect([(None,)]), [(3,)])
    assert fits(expect([(None,)]), [(None,)])


def test_empty_results():
    assert fits(expect([]), [])
    assert not fits(expect([]), [(1,)])
    assert not fits(expect([(1,)]), [])


def test_repeated_rows_are_of_no_account_when_the_case_says_so():
    expected = expect([("a",), ("a",), ("b",)], distinct=True)
    assert fits(expected, [("b",), ("a",)])
    assert not fits(expected, [("a",)])
    assert not fits(expect([("a",), ("a",), ("b",)]), [("b",), ("a",)])


cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3)),
    st.text(alphabet="abc上海 /-19", max_size=6),
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
)


@st.composite
def tables(draw):
    width = draw(st.integers(1, 4))
    return draw(st.lists(st.tuples(*[cells] * width), min_size=1, max_size=12))


@given(tables(), st.randoms(use_true_random=False))
def test_a_shuffled_table_is_still_the_same(rows, random):
    columns = list(range(len(rows[0])))
    random.shuffle(columns)
    shuffled = [tuple(row[c] for c in columns) for row in rows]
    random.shuffle(shuffled)
    assert fits(expect(rows), shuffled)


@given(tables(), st.data())
def test_a_changed_number_is_noticed(rows, data):
    rows = [(*row, index + 1) for index, row in enumerate(rows)]
    changed = data.draw(st.integers(0, len(rows) - 1))
    wrong = [(*row[:-1], row[-1] + (1000 if i == changed else 0)) for i, row in enumerate(rows)]
    # A row with a missing value may be left out, so only complete rows must be noticed.
    if None not in rows[changed]:
        assert not fits(expect(rows), wrong)
