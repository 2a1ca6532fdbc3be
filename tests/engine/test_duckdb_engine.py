"""The engine as its users meet it: values, limits, cancelling, many threads, dying workers."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from sandbox_cases import CANARY, HIDDEN, catalog_of, make_workspace

from datalect.data.model import Catalog, Workspace
from datalect.engine.base import Limits, Query
from datalect.engine.duckdb import Cancellation, DuckDBEngine
from datalect.engine.gate import gate
from datalect.engine.messages import clean_message
from datalect.errors import (
    DatalectError,
    GateError,
    LimitError,
    RefusedError,
    SourceError,
    UsageError,
)
from datalect.testing import check_engine

ENDLESS = Query(sql="SELECT count(*) FROM range(10000000000) a, range(10000000000) b")
ONE = Query(sql="SELECT 1 AS x")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return make_workspace(tmp_path_factory.mktemp("engine"))


@pytest.fixture(scope="module")
def engine(workspace):
    with DuckDBEngine(workspace) as made:
        yield made


def value(engine, expression):
    return engine.execute(Query(sql=f"SELECT {expression} AS x")).table.column(0)[0].as_py()


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def wait_until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@pytest.mark.slow
def test_contract():
    check_engine(lambda workspace: DuckDBEngine(workspace))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("170141183460469231731687303715884105727::HUGEINT", Decimal(2**127 - 1)),
        ("(-170141183460469231731687303715884105727)::HUGEINT", Decimal(1 - 2**127)),
        ("'340282366920938463463374607431768211455'::UHUGEINT", str(2**128 - 1)),
        ("18446744073709551615::UBIGINT", 2**64 - 1),
        ("12345678901234567890.123456789::DECIMAL(38, 9)", Decimal("12345678901234567890.123456789")),
        ("'inf'::DOUBLE", math.inf),
        ("'0101'::BIT", "0101"),
        ("'\\xAA\\x00'::BLOB", b"\xaa\x00"),
        ("'b'::ENUM ('a', 'b')", "b"),
        ("{'a': 1, 'b': [1, NULL], 'c': {'d': 'x'}}", {"a": 1, "b": [1, None], "c": {"d": "x"}}),
        ("MAP {'k': [1, 2]}", [("k", [1, 2])]),
        ("[1, 2]::INTEGER[2]", [1, 2]),
        ("'6f2c1b1e-0000-4000-8000-000000000001'::UUID", "6f2c1b1e-0000-4000-8000-000000000001"),
        ("'{\"a\": 1}'::JSON", '{"a": 1}'),
        ("['1'::UHUGEINT, NULL]", "[1, NULL]"),
        ("{'BIT': 1, 'time_ns': 'x'}", {"BIT": 1, "time_ns": "x"}),
        ("'10:00:00.123456789'::TIME_NS", "10:00:00.123456789"),
        ("'10:00:00+08'::TIMETZ", "10:00:00+08"),
        ("123456789012345678901234567890123456789012::BIGNUM", "123456789012345678901234567890123456789012"),
        ("union_value(a := 1)", 1),
        ("NULL", None),
        ("1 / 0", math.inf),
        ("try(1 // 0)", None),
        ("-7 // 2", -3),
        ("sqrt(2::DOUBLE) * sqrt(2::DOUBLE) = 2", False),
        ("'中文😀'", "中文😀"),
    ],
)
def test_values_survive_the_trip(engine, expression, expected):
    assert value(engine, expression) == expected


def test_values_that_need_a_closer_look(engine):
    assert math.isnan(value(engine, "'nan'::DOUBLE"))
    interval = value(engine, "INTERVAL '1 year 2 months 3 days 4.5 seconds'")
    assert (interval.months, interval.days, interval.nanoseconds) == (14, 3, 4_500_000_000)
    instant = engine.execute(Query(sql="SELECT '2024-01-01 08:00:00+08'::TIMESTAMPTZ AS t")).table.column(0)[
        0
    ]
    assert instant.value == 1_704_067_200_000_000


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT 1 // 0", "Division by zero"),
        ("SELECT 9223372036854775807 + 1", "Overflow"),
        ("SELECT 170141183460469231731687303715884105727::HUGEINT + 1::HUGEINT", "Overflow"),
        ("SELECT 'abc'::INTEGER", "Could not convert"),
        ("SELECT 99999.99::DECIMAL(4, 2)", "Conversion Error"),
        ("SELECT nothing FROM sales", "nothing"),
        ("SELECT count（*） FROM sales", "Full-width punctuation"),
    ],
)
def test_undefined_arithmetic_and_mistakes_are_said(engine, sql, words):
    with pytest.raises(RefusedError, match="cannot be run") as caught:
        engine.execute(Query(sql=sql))
    assert words in str(caught.value)


def test_totals_of_nothing_are_missing_not_zero(engine):
    sql = "SELECT sum(amount) AS s, avg(amount) AS a, count(*) AS c, max(region) AS m FROM sales WHERE id < 0"
    assert engine.execute(Query(sql=sql)).table.to_pylist() == [{"s": None, "a": None, "c": 0, "m": None}]


def test_parameters_that_cannot_be_bound_are_refused(engine):
    with pytest.raises(RefusedError, match="parameter"):
        engine.execute(Query(sql="SELECT ?", params=(object(),)))
    with pytest.raises(RefusedError):
        engine.execute(Query(sql="SELECT ?, ?", params=(1,)))


def test_text_in_parameters_is_never_sql(engine):
    hostile = "'; DROP VIEW main.sales; --"
    sql = "SELECT count(*) AS c FROM sales WHERE region = ? OR product = ?"
    assert engine.execute(Query(sql=sql, params=(hostile, hostile))).table.to_pylist() == [{"c": 0}]


def test_messages_hold_no_paths():
    message = clean_message(
        'IO Error: No "/srv/secret data/w.duckdb": see /usr/lib/x.so and https://duckdb.org/a/b, or 1/2',
        (Path("/srv/secret data/w.duckdb"),),
    )
    assert message == 'IO Error: No "w.duckdb": see <path> and https://duckdb.org/a/b, or 1/2'


def test_wide_and_long_results_are_cut(engine):
    wide = engine.execute(Query(sql="SELECT repeat('x', 100000) FROM range(1000)"), Limits(bytes=1_000_000))
    assert wide.truncated and 0 < wide.table.num_rows < 11 and wide.table.nbytes <= 1_000_000
    one = engine.execute(Query(sql="SELECT repeat('x', 5000000)"), Limits(bytes=1_000_000))
    assert one.truncated and one.table.num_rows == 0
    long = engine.execute(Query(sql="SELECT range FROM range(1000000000000)"), Limits(rows=5_000))
    assert long.truncated and long.table.num_rows == 5_000


def test_a_killed_worker_is_replaced(engine):
    engine.execute(ONE)
    before = set(engine.worker_pids)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(alive(pid) for pid in before))
    for _ in range(3):
        assert engine.execute(ONE).table.num_rows == 1
    assert before.isdisjoint(engine.worker_pids)


def test_a_worker_killed_in_mid_query_gives_an_error_and_is_replaced(engine):
    with pytest.raises(LimitError), engine.stream(ENDLESS) as batches:
        for pid in engine.worker_pids:
            os.kill(pid, signal.SIGKILL)
        list(batches)
    with pytest.raises(RefusedError, match="crashed"), engine.stream(ENDLESS) as batches:
        for pid in engine.worker_pids:
            os.kill(pid, signal.SIGSEGV)
        list(batches)
    assert engine.execute(ONE).table.num_rows == 1


def test_a_query_can_be_cancelled_from_another_thread(workspace):
    with DuckDBEngine(workspace, workers=1) as engine:
        cancellation = Cancellation()
        caught = []

        def run():
            try:
                engine.execute(ENDLESS, cancellation=cancellation)
            except RefusedError as error:
                caught.append(error.what)

        thread = threading.Thread(target=run)
        thread.start()
        wait_until(lambda: engine.worker_pids)
        (pid,) = engine.worker_pids
        time.sleep(0.1)
        cancellation.cancel()
        thread.join(20)
        wait_until(lambda: not alive(pid))
        assert caught == ["The query was cancelled."]
        assert engine.execute(ONE).table.num_rows == 1
        with pytest.raises(RefusedError, match="cancelled"):
            engine.execute(ENDLESS, cancellation=cancellation)


def test_leaving_a_stream_ends_the_query(workspace):
    with DuckDBEngine(workspace, workers=1) as engine:
        with engine.stream(Query(sql="SELECT range FROM range(100000000000)")) as batches:
            next(batches)
            (pid,) = engine.worker_pids
        wait_until(lambda: not alive(pid))
        assert engine.execute(ONE).table.num_rows == 1


def test_many_threads_share_few_workers(workspace):
    results, errors = [], []

    def work(number):
        try:
            rows = engine.execute(Query(sql="SELECT sum(id) AS s, ? AS n FROM sales", params=(number,))).table
            results.append((number, rows.to_pylist()))
        except DatalectError as error:
            errors.append(error)

    with DuckDBEngine(workspace, workers=2) as engine:
        threads = [threading.Thread(target=work, args=(n,)) for n in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(engine.worker_pids) <= 2
    assert errors == []
    assert sorted(results) == [(n, [{"s": 1_999_000, "n": n}]) for n in range(30)]


def test_a_hundred_heavy_queries_wait_or_are_turned_away(workspace):
    outcomes = []

    def work():
        try:
            engine.execute(ENDLESS, Limits(seconds=0.4))
        except LimitError as error:
            outcomes.append((error.limit, error.retry_after))

    with DuckDBEngine(workspace, workers=1, queue=10) as engine:
        engine.execute(ONE)
        threads = [threading.Thread(target=work) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(outcomes) == 100
        turned_away = [retry for limit, retry in outcomes if limit == "queue"]
        assert len(turned_away) >= 80 and all(retry is not None and retry > 0 for retry in turned_away)
        assert any(limit == "time" for limit, _ in outcomes)
        assert engine.execute(ONE).table.num_rows == 1


def test_the_least_memory_is_enough_and_less_is_said(engine):
    least = Limits(memory_mb=128)
    rows = engine.execute(Query(sql="SELECT region, sum(amount) FROM sales GROUP BY ALL"), least).table
    assert rows.num_rows == 4
    with pytest.raises(UsageError, match="128 MiB"):
        engine.execute(ONE, Limits(memory_mb=100))


def test_closing_ends_all_workers_also_busy_ones(workspace):
    engine = DuckDBEngine(workspace, workers=2)
    caught = []

    def run():
        try:
            engine.execute(ENDLESS)
        except DatalectError as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    engine.execute(ONE)
    pids = engine.worker_pids
    assert pids
    engine.close()
    engine.close()
    thread.join(20)
    wait_until(lambda: not any(alive(pid) for pid in pids))
    assert len(caught) == 1
    with pytest.raises(DatalectError, match="closed"):
        engine.execute(ONE)
    with pytest.raises(DatalectError, match="closed"):
        engine.warm()


def test_workers_start_when_needed_and_can_be_warmed(workspace):
    with DuckDBEngine(workspace, workers=2) as engine:
        assert engine.worker_pids == ()
        engine.warm()
        engine.warm()
        assert len(engine.worker_pids) == 1
        (pid,) = engine.worker_pids
        engine.execute(ONE)
        assert engine.worker_pids == (pid,)


@pytest.mark.slow
def test_a_call_may_have_another_memory_limit(workspace):
    with DuckDBEngine(workspace, Limits(memory_mb=200), workers=1) as engine:
        big = Query(sql="SELECT length(repeat('x', 150000000)) AS n")
        with pytest.raises(LimitError, match="memory"):
            engine.execute(big)
        assert engine.execute(big, Limits(memory_mb=1_500)).table.to_pylist() == [{"n": 150_000_000}]
        with pytest.raises(LimitError, match="memory"):
            engine.execute(big)
        assert len(engine.worker_pids) <= 1


PARENT = """
import sys
from pathlib import Path
from datalect.data.model import Catalog, Workspace
from datalect.engine.base import Query
from datalect.engine.duckdb import DuckDBEngine
engine = DuckDBEngine(Workspace(database=Path(sys.argv[1]), catalog=Catalog(tables=())), workers=1)
engine.execute(Query(sql="SELECT 1"))
print(*engine.worker_pids, flush=True)
engine.execute(Query(sql="SELECT count(*) FROM range(10000000000) a, range(10000000000) b"))
"""


@pytest.mark.slow
def test_no_worker_outlives_a_parent_that_is_killed(workspace):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(workspace.database)], stdout=subprocess.PIPE, text=True
    )
    with parent:
        pid = int(parent.stdout.readline())
        assert alive(pid)
        time.sleep(0.3)  # the query is running now
        parent.kill()
    wait_until(lambda: not alive(pid))


def test_a_forked_child_has_workers_of_its_own(workspace):
    with DuckDBEngine(workspace, workers=1) as engine:
        engine.execute(ONE)
        (pid,) = engine.worker_pids
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads is the very point
            child = os.fork()
        if child == 0:
            try:
                good = engine.execute(ONE).table.num_rows == 1 and pid not in engine.worker_pids
                engine.close()
                os._exit(0 if good else 1)
            except BaseException:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert alive(pid)
        assert engine.execute(ONE).table.num_rows == 1
        assert engine.worker_pids == (pid,)


@pytest.mark.slow
def test_a_damaged_database_is_a_source_error(tmp_path):
    path = tmp_path / "broken.duckdb"
    path.write_bytes(b"DUCK" * 5_000)
    for content in (b"DUCK" * 5_000, b"", b"not a database at all"):
        path.write_bytes(content)
        engine = DuckDBEngine(Workspace(database=path, catalog=Catalog(tables=())))
        with engine, pytest.raises(SourceError) as caught:
            engine.execute(ONE)
        assert "broken.duckdb" in str(caught.value) and str(tmp_path) not in str(caught.value)
    missing = DuckDBEngine(Workspace(database=tmp_path / "absent.duckdb", catalog=Catalog(tables=())))
    with missing, pytest.raises(SourceError):
        missing.execute(ONE)


@pytest.fixture
def parquet(tmp_path):
    """A workspace whose tables are views over Parquet files, one good and one damaged."""
    good, bad, other = (tmp_path / name for name in ("好 'file.parquet", "bad.parquet", "other.parquet"))
    duckdb.sql("SELECT range AS n, 'row ' || range AS s FROM range(5000)").write_parquet(str(good))
    duckdb.sql(f"SELECT '{CANARY}' AS secret").write_parquet(str(other))
    content = bytearray(good.read_bytes())
    path = tmp_path / "w.duckdb"
    bad.write_bytes(content)
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA source")
        for name, file in (("good", good), ("bad", bad)):
            quoted = str(file).replace("'", "''")
            connection.execute(f"CREATE VIEW source.{name} AS SELECT * FROM read_parquet('{quoted}')")
            connection.execute(f"CREATE VIEW main.{name} AS SELECT * FROM source.{name}")
        catalog = catalog_of_open(connection)
    return Workspace(database=path, granted=(good, bad), catalog=catalog), bad, content, other


def catalog_of_open(connection):
    path = Path(
        connection.execute("SELECT path FROM duckdb_databases() WHERE database_name = 'w'").fetchall()[0][0]
    )
    connection.close()
    return catalog_of(path)


def test_granted_parquet_is_read_and_its_neighbours_are_not(parquet):
    workspace, _, _, other = parquet
    with DuckDBEngine(workspace, workers=1) as engine:
        result = engine.execute(gate("SELECT count(*) AS c, max(n) AS m FROM good", workspace.catalog))
        assert result.table.to_pylist() == [{"c": 5000, "m": 4999}]
        for sql in (f"SELECT * FROM read_parquet('{other}')", f"SELECT * FROM '{other}'"):
            with pytest.raises(RefusedError) as caught:
                engine.execute(Query(sql=sql))
            assert CANARY not in str(caught.value)


def test_hostile_parquet_does_not_take_the_service_down(parquet):
    workspace, bad, content, _ = parquet
    with DuckDBEngine(workspace, workers=1) as engine:
        for position in range(0, len(content), max(1, len(content) // 40)):
            damaged = bytearray(content)
            for i in range(position, min(position + 8, len(content))):
                damaged[i] ^= 0xFF
            bad.write_bytes(damaged)
            try:
                engine.execute(Query(sql="SELECT sum(n), max(s), count(*) FROM bad"), Limits(seconds=5))
            except DatalectError as error:
                assert str(bad.parent) not in str(error)
        for size in (0, 4, 100, len(content) // 2):
            bad.write_bytes(content[:size])
            with pytest.raises(DatalectError):
                engine.execute(Query(sql="SELECT * FROM bad"), Limits(seconds=5))
        assert engine.execute(Query(sql="SELECT count(*) AS c FROM good")).table.to_pylist() == [{"c": 5000}]


def test_hidden_columns_cannot_be_read(tmp_path):
    statement = f"CREATE TABLE source.people AS SELECT range AS id, '{HIDDEN}' || range AS pin FROM range(5)"
    workspace = make_workspace(tmp_path, (statement,), hidden=frozenset({"people.pin"}))
    with DuckDBEngine(workspace, workers=1) as engine:
        for sql in (
            "SELECT * FROM people",
            "FROM main.people",
            "SELECT * FROM source.people",
            "SELECT people FROM people",
            "SELECT p FROM people p",
            "SELECT COLUMNS(*) FROM people",
            "SELECT to_json(people) FROM people",
            "SUMMARIZE people",
            "DESCRIBE people",
            "SELECT p.* FROM people p, sales LIMIT 5",
            "SELECT unnest(people) FROM people",
            "SELECT * EXCLUDE (id) FROM (SELECT 1 AS one, * FROM people)",
            "SELECT count(*) FROM people NATURAL JOIN sales",
        ):
            table = engine.execute(gate(sql, workspace.catalog)).table
            assert HIDDEN not in str(table.to_pylist()), sql
            assert "pin" not in table.column_names, sql
        for sql in (
            "SELECT pin FROM people",
            "SELECT people.pin FROM people",
            "SELECT main.people.pin FROM main.people",
            "SELECT count(*) FROM people WHERE pin LIKE 'h%'",
            "SELECT id FROM people ORDER BY pin",
            "SELECT COLUMNS('p.n') FROM people",
            "SELECT pin FROM source.people",
            "SELECT people['pin'] FROM people",
            "SELECT * FROM _datalect.main.people",
            "SELECT _datalect.main.people.pin FROM people",
            "SELECT * FROM people, sales USING (pin)",
        ):
            with pytest.raises((GateError, RefusedError)) as caught:
                engine.execute(gate(sql, workspace.catalog))
            assert HIDDEN not in str(caught.value), sql
        assert engine.execute(gate("SELECT count(*) AS c FROM sales", workspace.catalog)).table.num_rows == 1


@pytest.mark.slow
def test_spilling_is_private_capped_and_cleaned_up(workspace, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sort = Query(
        sql="SELECT range AS r, hash(range) AS h, 'some text ' || range AS t FROM range(6000000) ORDER BY h"
    )
    limits = Limits(memory_mb=600, rows=10, seconds=60)
    with DuckDBEngine(workspace, limits, workers=1, threads=1) as engine, pytest.raises(LimitError):
        engine.execute(sort)
    assert list(tmp_path.iterdir()) == []
    with DuckDBEngine(workspace, limits, workers=1, threads=1, spill_mb=2_000) as engine:
        assert engine.execute(sort).table.num_rows == 10
        (folder,) = tmp_path.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        with pytest.raises(RefusedError):
            engine.execute(Query(sql=f"COPY (SELECT 1) TO '{tmp_path}/out.csv'"))
    assert list(tmp_path.iterdir()) == []
    with (
        DuckDBEngine(workspace, limits, workers=1, threads=1, spill_mb=20) as engine,
        pytest.raises(LimitError),
    ):
        engine.execute(sort)
    assert list(tmp_path.iterdir()) == []


def test_importing_the_engine_is_light():
    code = (
        "import sys, datalect.engine.duckdb, datalect.engine.gate; "
        "print(*('duckdb' in sys.modules, 'pyarrow' in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
