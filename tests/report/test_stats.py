"""Tail probabilities against published values, corrections and effect sizes against plain definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalect.report import stats


@pytest.mark.parametrize(
    ("x", "df", "expected"),
    [
        (3.841458820694124, 1, 0.05),
        (18.307038053275146, 10, 0.05),
        (6.634896601021213, 1, 0.01),
        (50.0, 3, 7.989179e-11),
        (900.0, 1000, 0.98928276),
        (0.0, 5, 1.0),
    ],
)
def test_chi_square_tails(x, df, expected):
    assert stats.chi2_sf(x, df) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("x", "df1", "df2", "expected"),
    [(4.964602743730711, 1, 10, 0.05), (2.866081402015661, 4, 20, 0.05), (10.0, 2, 100, 1.2**-50)],
)
def test_f_tails(x, df1, df2, expected):
    assert stats.f_sf(x, df1, df2) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("t", "df", "expected"), [(2.2281388519649385, 10, 0.05), (1.96, 1e7, 0.05), (63.657, 1, 0.01)]
)
def test_t_tails(t, df, expected):
    assert stats.t_two_sided(t, df) == pytest.approx(expected, rel=2e-3)


def test_f_with_one_numerator_degree_is_t_squared():
    for t in (0.3, 1.7, 4.0):
        assert stats.f_sf(t * t, 1, 17) == pytest.approx(stats.t_two_sided(t, 17), rel=1e-9)


def test_correction_of_many_tests_is_the_step_up_of_benjamini_and_hochberg():
    p = np.array([0.01, 0.02, 0.03, 0.5])
    assert stats.adjusted_p(p) == pytest.approx([0.04, 0.04, 0.04, 0.5])
    assert stats.adjusted_p(p[::-1]) == pytest.approx([0.5, 0.04, 0.04, 0.04])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_corrected_p_values_keep_their_order_and_never_fall(values):
    p = np.array(values)
    corrected = stats.adjusted_p(p)
    assert (corrected >= p - 1e-12).all() and (corrected <= 1).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(corrected[order]) >= -1e-12).all()


@given(st.lists(st.one_of(st.integers(-5, 5), st.none()), max_size=40))
def test_ranks_average_ties_and_leave_gaps(values):
    array = np.array([math.nan if v is None else v for v in values], dtype=float)
    got = stats.ranks(array)
    known = [v for v in values if v is not None]
    for value, rank in zip(values, got, strict=True):
        if value is None:
            assert math.isnan(rank)
        else:
            below, same = sum(v < value for v in known), known.count(value)
            assert rank == below + (same - 1) / 2


def test_variance_between_groups_matches_its_definition():
    codes = np.array([0, 0, 1, 1, 2, 2])
    values = np.array([1.0, 2.0, 4.0, 5.0, 9.0, 9.0])
    mean = values.mean()
    between = sum(2 * (values[codes == g].mean() - mean) ** 2 for g in range(3))
    share, p = stats.eta_squared(codes, values, 3)
    assert share == pytest.approx(between / ((values - mean) ** 2).sum())
    assert 0 < p < 0.01


def test_cramers_v_is_one_for_copies_and_near_nothing_for_chance():
    assert stats.cramers_v(np.diag([50.0, 50.0]))[0] == pytest.approx(1, abs=0.02)
    random = np.random.default_rng(1)
    table = np.histogram2d(random.integers(0, 4, 4000), random.integers(0, 5, 4000), bins=(4, 5))[0]
    v, p = stats.cramers_v(table)
    assert v < 0.05 and p > 0.001


def test_p_values_of_chance_are_even():
    """Of many tests on nothing about one in a hundred falls below one in a hundred."""
    random = np.random.default_rng(7)
    small = sum(
        stats.correlation_p(float(np.corrcoef(random.normal(size=(2, 60)))[0, 1]), 60) < 0.01
        for _ in range(3000)
    )
    assert 12 <= small <= 55


def test_intervals_hold_their_estimate():
    low, high = stats.correlation_interval(0.4, 200)
    assert low < 0.4 < high
    low, high = stats.proportion_interval(3, 100)
    assert 0 < low < 0.03 < high < 0.15
