"""The second net: hostile texts that bypass the gate and run in the sandbox do no harm either."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sandbox_cases import CANARY, hostile, make_workspace, text_of
from sandbox_listener import Listener

from datalect.engine.base import Limits, Query
from datalect.engine.duckdb import DuckDBEngine
from datalect.errors import DatalectError, LimitError

LIMITS = Limits(seconds=0.5, memory_mb=320, rows=1_000, bytes=4_000_000)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a workspace, files to steal, and a listener; nothing of it may change."""
    folder = tmp_path_factory.mktemp("attack")
    workspace = make_workspace(folder)
    (folder / "planted.csv").write_text(f"secret\n{CANARY}\n")
    other = make_workspace(
        tmp_path_factory.mktemp("other"), (f"CREATE TABLE source.t AS SELECT '{CANARY}' AS x",)
    )
    (folder / "other.duckdb").write_bytes(other.database.read_bytes())
    listener = Listener()
    yield folder, workspace, listener
    listener.close()


@pytest.fixture(scope="module")
def engine(place):
    os.environ["DATALECT_CANARY"] = CANARY
    with DuckDBEngine(place[1], workers=1) as made:
        yield made
    del os.environ["DATALECT_CANARY"]


def fingerprint(folder: Path, content: bool = False) -> dict[str, object]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if content
        else (path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
    }


@pytest.mark.slow
@pytest.mark.parametrize("bombs", [pytest.param(False, id="tricks"), pytest.param(True, id="bombs")])
def test_nothing_is_read_written_reached_or_broken(place, engine, bombs):
    folder, workspace, listener = place
    secret_frame = canary_rows = _rows = [CANARY]  # noqa: F841  # names a replacement scan would look up
    places = {
        "canary": str(folder / "planted.csv"),
        "folder": str(folder),
        "database": str(workspace.database),
        "port": str(listener.port),
    }
    before, before_content = fingerprint(folder), fingerprint(folder, content=True)
    cases = [c for c in hostile(places) if c.only_sandbox == bombs]
    for case in cases:
        try:
            result = engine.execute(Query(sql=case.sql), LIMITS)
        except DatalectError as error:
            seen = str(error)
            assert str(folder) not in seen, case.label
        else:
            assert result.table.num_rows <= LIMITS.rows, case.label
            assert result.table.nbytes <= LIMITS.bytes, case.label
            seen = text_of(result.table.slice(0, 200))
        if CANARY not in case.sql:
            assert CANARY not in seen, case.label
        assert fingerprint(folder) == before, case.label
    assert len(cases) >= (30 if bombs else 150)
    assert fingerprint(folder, content=True) == before_content
    assert listener.visitors == 0
    rows = engine.execute(Query(sql="SELECT count(*) AS c, count(DISTINCT region) AS r FROM sales")).table
    assert rows.to_pylist() == [{"c": 2000, "r": 4}]


def test_a_query_leaves_nothing_to_the_next(engine):
    for sql in (
        "CREATE TEMP TABLE leftover AS SELECT 1 AS x",
        "CREATE TEMP MACRO upper(x) AS 'changed'",
        "SET VARIABLE leftover = 1",
        "PREPARE leftover AS SELECT 1",
    ):
        try:
            engine.execute(Query(sql=sql))
        except DatalectError:
            continue
    row = engine.execute(Query(sql="SELECT upper('a') AS u, getvariable('leftover') AS v")).table.to_pylist()
    assert row == [{"u": "A", "v": None}]
    for sql in ("SELECT * FROM leftover", "EXECUTE leftover"):
        with pytest.raises(DatalectError):
            engine.execute(Query(sql=sql))


@pytest.mark.slow
def test_time_limit_holds_for_every_kind_of_work(engine):
    for sql in (
        "SELECT count(*) FROM range(100000000) a, range(100000000) b",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
        "SELECT damerau_levenshtein(repeat('ab', 60000), repeat('ba', 60000))",
        "SELECT sleep_ms(60000)",
    ):
        with pytest.raises(LimitError) as caught:
            engine.execute(Query(sql=sql), Limits(seconds=0.3, memory_mb=1024))
        assert caught.value.limit in ("time", "memory"), sql


@pytest.mark.slow
def test_memory_of_the_worker_stays_within_its_limit(place):
    # Peak memory is known of processes that were waited for: the bombs go off below a process of their own.
    script = f"""
import resource, sys
from pathlib import Path
from datalect.data.model import Catalog, Workspace
from datalect.engine.base import Limits, Query
from datalect.engine.duckdb import DuckDBEngine
from datalect.errors import LimitError
workspace = Workspace(database=Path({str(place[1].database)!r}), catalog=Catalog(tables=()))
hit = 0
with DuckDBEngine(workspace, Limits(seconds=60, memory_mb=400), workers=1) as engine:
    for sql in (
        "SELECT list(range) FROM range(1000000000)",
        "SELECT repeat('a', 4000000000)",
        "SELECT length(string_agg(repeat('x', 1000000), '')) FROM range(100000)",
        "SELECT count(DISTINCT hash(range)) FROM range(1000000000)",
    ):
        try:
            engine.execute(Query(sql=sql))
        except LimitError as error:
            hit += error.limit == "memory"
print(hit, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    hit, peak_mb = map(int, done.stdout.split())
    assert hit == 4
    assert 200 < peak_mb <= 400
