"""No hostile text passes the gate, and none takes long to refuse."""

from __future__ import annotations

import pytest
from sandbox_cases import hostile, make_workspace

from datalect.engine.gate import gate
from datalect.errors import DatalectError, GateError, LimitError

PLACES = {"canary": "/srv/planted.csv", "folder": "/srv", "database": "/srv/w.duckdb", "port": "9"}
CASES = hostile(PLACES)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    return make_workspace(tmp_path_factory.mktemp("gate")).catalog


def test_there_are_enough_cases():
    assert len(CASES) >= 150
    assert len({c.kind for c in CASES}) >= 15


@pytest.mark.parametrize("case", [c for c in CASES if not c.only_sandbox], ids=lambda c: f"line{c.line}")
def test_refused(case, catalog):
    with pytest.raises((GateError, LimitError)) as caught:
        gate(case.sql, catalog)
    assert caught.value.what
    assert len(str(caught.value)) < 2_000


@pytest.mark.parametrize("case", [c for c in CASES if c.only_sandbox], ids=lambda c: f"line{c.line}")
def test_bombs_are_refused_or_are_plain_selects(case, catalog):
    try:
        query = gate(case.sql, catalog)
    except DatalectError:
        return
    assert query.sql == case.sql
