"""Statistics of columns: exact where they say so."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_tools import catalog_of, connection_with
from datalect.data import profile
from datalect.data.profile import figures, kind_of, profile_columns


def profile_of(select: str, rows: int):
    connection = connection_with(t=select)
    shape = [(r[0], r[1]) for r in connection.execute("DESCRIBE source.t").fetchall()]
    return profile_columns(connection, "source.t", figures(connection, "source.t", shape, rows))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-1000, 1000)), min_size=1, max_size=60))
def test_figures_are_those_of_the_values(values):
    found = profile_of(
        f"SELECT unnest({['NULL' if v is None else v for v in values]}::BIGINT[]) AS x".replace(
            "'NULL'", "NULL"
        ),
        len(values),
    )["x"]
    filled = [v for v in values if v is not None]
    assert (found.rows, found.nulls) == (len(values), len(values) - len(filled))
    assert (found.distinct, found.distinct_exact, found.values_complete) == (len(set(filled)), True, True)
    assert dict(found.values) == Counter(filled)
    if filled:
        assert (found.minimum, found.maximum) == (min(filled), max(filled))
        assert math.isclose(found.mean, sum(filled) / len(filled), abs_tol=1e-9)
        assert found.quantiles[0.5] == pytest.approx(sorted(filled)[len(filled) // 2], abs=2000)


def test_infinities_and_nan_do_not_poison_the_figures():
    found = profile_of("SELECT unnest([1.0, 2.0, 'nan'::DOUBLE, 'inf'::DOUBLE, 1e300]) AS x", 5)["x"]
    assert (found.minimum, found.maximum) == (1.0, 1e300)
    assert math.isfinite(found.mean)
    assert found.nulls == 0


def test_columns_of_many_values_list_the_most_frequent(monkeypatch):
    monkeypatch.setattr(profile, "COMPLETE_VALUES", 50)
    monkeypatch.setattr(profile, "FREQUENT_VALUES", 10)
    found = profile_of(
        "SELECT CASE WHEN i < 40 THEN 'often' ELSE 'v' || i END AS x FROM range(1000) r(i)", 1000
    )["x"]
    assert not found.values_complete
    assert len(found.values) == 10
    assert found.values[0] == ("often", 40)
    assert (found.distinct, found.distinct_exact) == (961, True)


def test_large_tables_mark_what_is_not_exact(monkeypatch):
    monkeypatch.setattr(profile, "SMALL_TABLE", 1000)
    select = "SELECT i AS id, 'name ' || i AS name, i % 7 AS few FROM range(50000) r(i)"
    found = profile_of(select, 50000)
    assert (found["few"].distinct, found["few"].distinct_exact, found["few"].values_complete) == (
        7,
        True,
        True,
    )
    assert not found["id"].distinct_exact
    assert 45_000 < found["id"].distinct <= 50_000
    assert found["name"].sampled
    assert (found["id"].minimum, found["id"].maximum) == (0, 49999)
    assert found["id"].quantiles[0.5] == pytest.approx(25000, rel=0.1)


def test_kinds_of_types():
    kinds = {
        "integer": ["BIGINT", "UTINYINT", "HUGEINT"],
        "float": ["DOUBLE", "DECIMAL(18,3)"],
        "temporal": ["DATE", "TIMESTAMP_NS"],
        "zoned": ["TIMESTAMP WITH TIME ZONE"],
        "text": ["VARCHAR", "ENUM('a', 'b')"],
        "nested": ["INTEGER[]", "STRUCT(a INTEGER)", "MAP(VARCHAR, INTEGER)", "BLOB", "ENUM('a')[]"],
        "uuid": ["UUID"],
        "boolean": ["BOOLEAN"],
        "interval": ["INTERVAL"],
    }
    assert all(kind_of(dtype) == kind for kind, dtypes in kinds.items() for dtype in dtypes)


def test_every_type_of_duckdb_gets_through():
    catalog = catalog_of("SELECT * FROM test_all_types()")
    assert len(catalog.tables[0].columns) > 40
    assert all(c.profile.rows == 3 for c in catalog.tables[0].columns)


@pytest.mark.slow
def test_wide_tables():
    catalog = catalog_of(
        "SELECT " + ", ".join(f"i + {k} AS c{k}" for k in range(130)) + " FROM range(20) r(i)"
    )
    assert [c.profile.minimum for c in catalog.tables[0].columns] == list(range(130))


def test_empty_tables():
    table = catalog_of("SELECT 1 AS a, 'x' AS b WHERE false").tables[0]
    assert [(c.profile.rows, c.profile.nulls, c.profile.distinct) for c in table.columns] == [(0, 0, 0)] * 2
    assert table.keys == ()
