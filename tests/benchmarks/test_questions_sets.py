"""The set of our own and the readers of the public sets."""

from __future__ import annotations

import csv
import json
import lzma
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from question_sets import load_set, own
from question_sets.bins import bin_of
from question_sets.databases import run
from question_sets.files import read_records
from question_sets.nvbench import data_queries
from question_sets.spider import _shape
from shared_data import shared_data

RECORDS = own.records()


def write_xz(path: Path, records, *, as_list=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(records) if as_list else "\n".join(json.dumps(r, ensure_ascii=False) for r in records)
    path.write_bytes(lzma.compress(text.encode()))


def test_the_set_is_as_large_and_as_varied_as_published():
    assert len(RECORDS) >= 240
    assert len({r["id"] for r in RECORDS}) == len(RECORDS)
    languages = Counter(r["lang"] for r in RECORDS)
    assert min(languages.values()) >= 0.45 * len(RECORDS)
    assert len({tuple(r["tables"]) for r in RECORDS}) >= 14
    assert sum(r["status"] != "answered" for r in RECORDS) >= 25
    assert len({r["kind"] for r in RECORDS}) >= 25


def test_every_line_is_complete():
    for record in RECORDS:
        check_record(record)


def check_record(record):
    assert record["split"] in ("hard", own.split_of(record["id"]))
    assert record["question"].strip() and record["tables"]
    if record["status"] == "answered":
        for expected in (record["expected"], *record["alternatives"]):
            assert expected["sql"] and expected["columns"]
            assert expected["row_count"] >= len(expected["rows"]) > 0
            assert set(expected.get("optional", ())) < set(expected["columns"])
            assert set(expected.get("percent", ())) <= set(expected["columns"])
            assert expected.get("order_by", expected["columns"][0]) in expected["columns"]
    else:
        assert record["status"] in ("ambiguous", "refused") and record["note"]


@pytest.mark.shared
@pytest.mark.slow
def test_the_expected_sql_still_gives_the_stored_results(tmp_path):
    from question_sets.files import Unpacker

    shared_data("online_retail")
    assert own.differing(Unpacker(shared_data(), tmp_path)) == []


def test_wikisql_reads_a_held_back_part(tmp_path):
    table = {"id": "1-1", "header": ["team", "points"], "rows": [["reds", "3"]], "title": "a / league"}
    question = {"id": "q", "table_id": "1-1", "question": "points of the Reds?", "agg": "", "sel": "POINTS"}
    question |= {"conds": [["TEAM", "=", "Reds"]], "answer": ["3"]}
    write_xz(tmp_path / "set" / "exec_test.jsonl.xz", [question, question | {"answer": []}])
    write_xz(tmp_path / "set" / "tables.jsonl.xz", [table])
    loaded = load_set("wikisql", tmp_path / "set", tmp_path / "scratch", "test", None, 0)
    (case,) = loaded.cases
    assert sum(loaded.skipped.values()) == 1
    assert case.expected[0].rows == (("3",),) and case.kind == "look-up, 1 conditions"
    with Path(case.sources[0]).open(encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["team", "points"], ["reds", "3"]]


def test_retqa_finds_shared_tables_beside_the_tree(tmp_path):
    write_xz(tmp_path / "data" / "retqa" / "tables.jsonl.xz", [
        {"table": "甲表", "columns": ["名称", "值"], "rows": [["a", "1"]]},
    ])  # fmt: skip
    write_xz(tmp_path / "sealed" / "retqa" / "test.jsonl.xz", [
        {"query": "a的值？", "table_caption_label": "甲表", "SQL_result": [[1.0]], "intent": "", "SQL": ""},
        {"query": "两表", "table_caption_label": "['甲表', '乙表']", "SQL_result": [], "intent": ""},
    ])  # fmt: skip
    loaded = load_set("retqa", tmp_path / "sealed" / "retqa", tmp_path / "scratch", "test", None, 0)
    assert [c.question for c in loaded.cases] == ["a的值？"]
    assert loaded.skipped == {"whose table is missing": 1}


def test_retqa_takes_the_winner_or_all_with_the_winner_first(tmp_path):
    table = {"table": "表", "columns": ["名称", "值"], "rows": [["a", "2"], ["b", "10"], ["c", "30"]]}
    sql = 'SELECT "名称" FROM "表" WHERE "名称" IN (\'a\', \'b\') ORDER BY "值" DESC LIMIT 1;'
    record = {"query": "a和b谁高？", "table_caption_label": "表", "SQL_result": [["b"]], "intent": ""}
    write_xz(tmp_path / "tables.jsonl.xz", [table])
    write_xz(tmp_path / "test.jsonl.xz", [record | {"SQL": sql}])
    (case,) = load_set("retqa", tmp_path, tmp_path / "scratch", "test", None, 0).cases
    assert [e.rows for e in case.expected] == [(("b",),), (("b",), ("a",))]
    assert case.expected[1].ordered


def make_database(path: Path):
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE staff (name TEXT, pay INT, hired TEXT)")
        connection.executemany(
            "INSERT INTO staff VALUES (?, ?, ?)",
            [("a", 3, "2020-01-06"), ("b", 5, "2020-02-03"), ("c", 5, "2021-02-02")],
        )
    connection.close()


def test_spider_reads_lists_and_lines(tmp_path):
    make_database(tmp_path / "database" / "firm" / "firm.sqlite")
    records = [
        {"db_id": "firm", "question": "Who?", "query": "SELECT name FROM staff ORDER BY pay DESC"},
        {"db_id": "firm", "question": "broken", "query": "SELECT nothing FROM staff"},
        {"db_id": "gone", "question": "elsewhere", "query": "SELECT 1"},
    ]
    write_xz(tmp_path / "dev.json.xz", records, as_list=True)
    loaded = load_set("spider", tmp_path, tmp_path / "scratch", "dev", None, 0)
    assert [c.question for c in loaded.cases] == ["Who?"]
    assert loaded.skipped == {"whose database is missing": 1, "with faulty reference SQL": 1}
    write_xz(tmp_path / "variant.jsonl.xz", records)
    assert len(load_set("spider", tmp_path, tmp_path / "scratch", "variant", None, 0).cases) == 1


@pytest.mark.parametrize(
    ("sql", "shape"),
    [
        ("SELECT count(*) FROM a", ("one table", False, "", False)),
        ("SELECT x FROM a ORDER BY x DESC LIMIT 3", ("one table", True, "0", True)),
        ("SELECT x FROM a ORDER BY y DESC LIMIT 1", ("one table", False, "", True)),
        ("SELECT x, count(*) FROM a GROUP BY x ORDER BY count(*)", ("one table", True, "1", False)),
        ("SELECT x FROM a JOIN b ON a.i = b.i", ("join", False, "", True)),
        ("SELECT x FROM a WHERE y > (SELECT avg(y) FROM a)", ("nested", False, "", True)),
        ("SELECT x FROM a UNION SELECT x FROM b", ("set operation", False, "", True)),
    ],
)
def test_the_shape_of_reference_sql(sql, shape):
    kind, ordered, order_by, is_list = _shape(sql, 2)
    if kind == "nested":
        is_list = shape[3]
    assert (kind, ordered, order_by, is_list) == shape


@pytest.mark.parametrize(
    ("vql", "chart", "rows"),
    [
        ("BAR SELECT pay , COUNT(pay) FROM staff GROUP BY pay ORDER BY pay ASC", "Bar", [(3, 1), (5, 2)]),
        ("BAR SELECT hired , COUNT(hired) FROM staff BIN hired BY YEAR", "Bar", [(2020, 2), (2021, 1)]),
        ("BAR SELECT hired , AVG(pay) FROM staff BIN hired BY WEEKDAY", "Bar", [(1, 4.0), (2, 5.0)]),
        ("SCATTER SELECT pay , pay FROM staff", "Scatter", [(3, 3), (5, 5), (5, 5)]),
        (
            "BAR SELECT hired , SUM(pay) FROM staff GROUP BY name BIN hired BY YEAR",
            "Stacked Bar",
            [(2020, 3, "a"), (2020, 5, "b"), (2021, 5, "c")],
        ),
    ],
)  # fmt: skip
def test_the_data_of_a_chart(tmp_path, vql, chart, rows):
    make_database(tmp_path / "staff.sqlite")
    assert sorted(run(tmp_path / "staff.sqlite", data_queries(f"Visualize {vql}", chart)[0])[1]) == rows


def test_nvbench_reads_its_main_table_when_the_database_is_missing(tmp_path):
    record = {
        "id": "1",
        "db_id": "d",
        "main_table": "T",
        "chart": "Bar",
        "nl": ["y for x", ",", "y of each x"],
    }
    record["vql"] = "Visualize BAR SELECT x , y FROM T"
    table = {"db_id": "d", "table": "t", "columns": ["x", "y"], "ncnet_types": {"y": "numeric"}}
    write_xz(tmp_path / "dev.jsonl.xz", [record])
    write_xz(tmp_path / "tables.jsonl.xz", [table | {"rows": [["a", "1"], ["b", "None"]]}])
    cases = load_set("nvbench", tmp_path, tmp_path / "scratch", "dev", None, 0).cases
    assert [c.question for c in cases] == ["y for x", "y of each x"]
    assert cases[0].expected[0].rows == (("a", 1), ("b", None))


def test_bins_read_dates_as_databases_write_them():
    assert bin_of("8/29/2013 9:01", "month") == 8
    assert bin_of("2013-08-29 09:01:00", "weekday") == 4
    assert bin_of(2007, "year") == 2007
    assert bin_of("2013-08-29", "year-month") == "2013-08"
    assert bin_of("soon", "year") is None
    assert bin_of("2013-02-31", "year") is None


def test_lines_are_not_cut_inside_strings(tmp_path):
    (tmp_path / "x.jsonl").write_text('{"a": "b\u2028c"}\n{"a": "d"}\n', encoding="utf-8")
    assert [r["a"] for r in read_records(tmp_path / "x.jsonl")] == ["b\u2028c", "d"]
