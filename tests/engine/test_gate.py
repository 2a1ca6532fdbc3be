"""The gate's reasons, its limits, and what keeps it honest when DuckDB changes."""

from __future__ import annotations

import json
import threading

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from legit_cases import by_hand
from sandbox_cases import hostile, make_workspace

from datalect.data.model import Catalog, Problem, Table
from datalect.engine import allowed
from datalect.engine.gate import DEEPEST_BRACKETS, LONGEST_TEXT, MOST_TOKENS, gate
from datalect.errors import DatalectError, GateError, LimitError


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    return make_workspace(tmp_path_factory.mktemp("gate")).catalog


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT * FROM sale", ["no table 'sale'", "sales"]),
        ("SELECT * FROM 订", ["no table '订'", "订单"]),
        ("SELECT * FROM '/etc/passwd'", ["no table '/etc/passwd'", "opened as sources"]),
        ("SELECT * FROM read_text('x')", ["read_text()", "files"]),
        ("SELECT getenv('HOME')", ["getenv()", "not allowed"]),
        ("SELECT summ(amount) FROM sales", ["summ()", "sum"]),
        ("DROP TABLE sales", ["Only a SELECT", "DROP"]),
        ("SELECT 1; SELECT 2", ["One statement", "2 statements"]),
        ("", ["no SQL"]),
        ("-- nothing", ["no SQL"]),
        ("SELECT ?", ["a parameter", "Write the value"]),
        ("SHOW TABLES", ["SHOW", "datalect describe"]),
        ("SELECT region FROM sales WHERE region = ‘East’；select 1", ["not valid", "Full-width punctuation"]),
        ("SELECT 1\nFROM sales\nWHERE ORDER", ["line 3"]),
        ("WITH d AS (DELETE FROM source.sales RETURNING *) FROM d", ["DELETE"]),
        ("SELECT 'a'::secret_type", ["the type secret_type"]),
        ("SELECT 1 \x00", ["U+0000"]),
        ("SELECT '\ud800'", ["U+D800"]),
        ("SELECT length(range(100000000))", ["sequence", "10,000,000"]),
        ("SELECT * FROM generate_series(-1000000000, 1000000000)", ["sequence"]),
    ],
)
def test_a_refusal_says_what_and_what_to_do(sql, words, catalog):
    with pytest.raises((GateError, LimitError)) as caught:
        gate(sql, catalog)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert caught.value.what and caught.value.next_step


@pytest.mark.parametrize(
    ("sql", "passes"),
    [
        ("WITH c AS (SELECT 1 AS x) SELECT * FROM c", True),
        ("WITH c AS (SELECT 1 AS x) SELECT * FROM C", True),
        ("WITH c AS (SELECT 1 AS x) SELECT * FROM main.c", False),
        ("WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a", False),
        ("WITH a AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b", True),
        ("WITH a AS (SELECT * FROM a) SELECT * FROM a", False),
        ("WITH RECURSIVE a AS (SELECT 1 x UNION SELECT x + 1 FROM a WHERE x < 3) SELECT * FROM a", True),
        ("SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a)", True),
        ("SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a), a", False),
        ("WITH a AS (SELECT 1) SELECT (SELECT * FROM a), (WITH b AS (FROM a) SELECT * FROM b)", True),
        ("SELECT (WITH b AS (SELECT 1) SELECT * FROM b) UNION SELECT * FROM b", False),
        ("(WITH b AS (SELECT 1) SELECT * FROM b) UNION ALL (SELECT * FROM b)", False),
        ("WITH b AS (SELECT 1) SELECT * FROM b UNION ALL SELECT * FROM b", True),
        ("WITH duckdb_settings AS (SELECT 1) SELECT * FROM duckdb_settings", True),
        ("SELECT * FROM sales AS duckdb_settings, duckdb_settings", False),
        ("SELECT * FROM sales s WHERE s.id IN (WITH z AS (SELECT 1) SELECT * FROM z)", True),
    ],
)
def test_names_of_common_table_expressions_have_their_scope(sql, passes, catalog):
    if passes:
        gate(sql, catalog)
    else:
        with pytest.raises(GateError):
            gate(sql, catalog)


def test_rows_kept_aside_can_be_read():
    problem = Problem(kind="ragged_rows", severity="warning", message="kept aside")
    catalog = Catalog(
        tables=(
            Table(name="数据", columns=(), rows=1, problems=(problem,)),
            Table(name="clean", columns=(), rows=1),
        )
    )
    gate('SELECT line, error FROM source."数据__rejected"', catalog)
    for name in (
        'main."数据__rejected"',
        '"数据__rejected"',
        "source.clean__rejected",
        "source.other__rejected",
    ):
        with pytest.raises(GateError):
            gate(f"SELECT * FROM {name}", catalog)


def test_an_unknown_table_is_not_looked_for_on_disk(catalog, tmp_path):
    bait = tmp_path / "bait.csv"
    bait.write_text("a\n1\n")
    with pytest.raises(GateError, match="no table"):
        gate(f"SELECT * FROM '{bait}'", catalog)
    with pytest.raises(GateError, match="no table"):
        gate("SELECT * FROM anything", Catalog(tables=()))


def test_limits_are_where_they_are_said_to_be(catalog):
    within = "SELECT " + "(" * (DEEPEST_BRACKETS - 1) + "1" + ")" * (DEEPEST_BRACKETS - 1)
    gate(within, catalog)
    with pytest.raises(LimitError):
        gate("SELECT " + "(" * (DEEPEST_BRACKETS + 1) + "1" + ")" * (DEEPEST_BRACKETS + 1), catalog)
    gate("SELECT '" + "x" * (LONGEST_TEXT - 10) + "'", catalog)
    with pytest.raises(LimitError):
        gate("SELECT '" + "x" * LONGEST_TEXT + "'", catalog)
    gate("SELECT 1 IN (" + ",".join("1" for _ in range(MOST_TOKENS // 2 - 10)) + ")", catalog)
    with pytest.raises(LimitError):
        gate("SELECT 1 IN (" + ",".join("1" for _ in range(MOST_TOKENS // 2 + 10)) + ")", catalog)


def test_brackets_in_quotes_and_comments_are_not_counted(catalog):
    many = "(" * 500
    gate(f'SELECT \'{many}\', $${many}$$, "id" AS "{many}" FROM sales -- {many}\n/* {many} */', catalog)


def test_brackets_in_quotes_do_not_hide_others(catalog):
    with pytest.raises(LimitError):
        gate("SELECT " + "( ')' || " * 300 + "1" + ")" * 300, catalog)


def test_every_allowed_function_exists():
    known = {
        name.lower()
        for (name,) in duckdb.sql("SELECT DISTINCT function_name FROM duckdb_functions()").fetchall()
    }
    made_by_the_parser = {"!", "->", "<>"}
    assert allowed.FUNCTIONS - known - made_by_the_parser == set()
    assert allowed.TABLE_FUNCTIONS <= known


def test_nothing_dangerous_is_allowed():
    dangerous = (
        "read_", "parquet_", "pragma_", "duckdb_", "sniff", "glob", "getenv", "setting", "variable", "secret",
        "query", "serialize", "nextval", "currval", "scan", "sleep", "log_message", "write_", "external",
        "privilege", "inet_", "__internal", "current_connection", "txid", "checkpoint", "logging",
    )  # fmt: skip
    for name in allowed.FUNCTIONS | allowed.TABLE_FUNCTIONS:
        assert not any(word in name for word in dangerous), name
    assert {"read_csv", "query", "getvariable", "current_setting"}.isdisjoint(allowed.FUNCTIONS)


def test_table_functions_that_read_are_not_among_the_scalars():
    tables = {
        name
        for (name,) in duckdb.sql(
            "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN ('table', 'pragma')"
        ).fetchall()
    }
    # These exist as scalar or aggregate functions too; in FROM they are refused all the same.
    both = {"unnest", "range", "generate_series", "histogram", "repeat"}
    assert (tables & allowed.FUNCTIONS) <= both


MUTATIONS = [
    c.sql
    for c in hostile({"canary": "/x", "folder": "/x", "database": "/x", "port": "1"})
    if len(c.sql) < 300
]


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_but_our_errors_comes_out(catalog, data):
    """Texts cut, doubled and mixed from good and bad SQL never raise anything else, and never crash."""
    pieces = data.draw(st.lists(st.sampled_from(MUTATIONS + by_hand()), min_size=1, max_size=3))
    text = " ".join(pieces)
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, len(text)))
    insert = data.draw(st.text(max_size=5))
    sql = text[:start] + insert + text[stop:]
    try:
        query = gate(sql, catalog)
    except DatalectError as error:
        assert isinstance(error, GateError | LimitError)
    else:
        tree = json.loads(duckdb.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()[0][0])
        assert query.sql == sql and len(tree["statements"]) == 1
        assert not any(word in json.dumps(tree) for word in ("INSERT_QUERY", "DELETE_QUERY", "UPDATE_QUERY"))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_answered(catalog, text):
    try:
        gate(text, catalog)
    except (GateError, LimitError) as error:
        assert error.what


def test_many_threads_at_once(catalog):
    failures = []

    def work():
        for sql in ("SELECT region FROM sales", "SELECT * FROM nowhere", "DROP TABLE sales"):
            for _ in range(20):
                try:
                    gate(sql, catalog)
                except GateError:
                    if sql.startswith("SELECT region"):
                        failures.append(sql)
                else:
                    if not sql.startswith("SELECT region"):
                        failures.append(sql)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
