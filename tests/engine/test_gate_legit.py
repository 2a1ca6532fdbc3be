"""Legitimate queries pass the gate and run."""

from __future__ import annotations

import pytest
from legit_cases import by_hand, generated
from sandbox_cases import make_workspace

from datalect.engine.base import Limits
from datalect.engine.duckdb import DuckDBEngine
from datalect.engine.gate import gate
from shared_data import shared_data

LIMITS = Limits(rows=200)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return make_workspace(tmp_path_factory.mktemp("legit"))


@pytest.fixture(scope="module")
def engine(workspace):
    with DuckDBEngine(workspace, workers=1) as made:
        yield made


@pytest.mark.parametrize("sql", by_hand())
def test_by_hand(sql, workspace, engine):
    query = gate(sql, workspace.catalog)
    assert query.sql == sql
    assert engine.execute(query, LIMITS).table.num_columns > 0


@pytest.mark.slow
def test_generated(workspace, engine):
    queries = list(generated(workspace.catalog))
    assert len(queries) > 300
    for sql in queries:
        assert engine.execute(gate(sql, workspace.catalog), LIMITS).table.num_columns > 0, sql


@pytest.mark.shared
@pytest.mark.slow
def test_a_thousand_over_real_tables(tmp_path):
    folders = [shared_data("vega_datasets"), shared_data("chinese_tables")]
    files = [f for folder in folders for f in sorted(folder.glob("*.csv"))]
    statements = tuple(
        f'CREATE TABLE source."{path.stem}" AS FROM {reading(path)}' for path in files if readable(path)
    )
    workspace = make_workspace(tmp_path, statements)
    queries = list(generated(workspace.catalog))
    assert len(queries) >= 1_000
    with DuckDBEngine(workspace) as engine:
        for sql in queries[:: max(1, len(queries) // 1_500)]:
            assert engine.execute(gate(sql, workspace.catalog), LIMITS).table.num_columns > 0, sql


def readable(path):
    import duckdb

    try:
        duckdb.sql(f"DESCRIBE FROM {reading(path)}").fetchall()
    except duckdb.Error:
        return False
    return path.stat().st_size < 5_000_000


def reading(path):
    return f"read_csv('{path}', sample_size = -1, ignore_errors = true)"
