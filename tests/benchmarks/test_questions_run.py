"""The script end to end: real tables, real questions, the answers judged."""

from __future__ import annotations

import csv
import json

import pytest
from test_questions_sets import write_xz

import questions
from shared_data import shared_data


def last_line(output: str) -> dict:
    return json.loads(output.strip().splitlines()[-1])


def test_a_public_set_is_asked_and_counted(tmp_path, capsys):
    table = {"id": "1-1", "title": "league", "header": ["team", "points"]}
    table["rows"] = [[f"team {c}", str(3 * i)] for i, c in enumerate("abcdefgh", 1)]
    asked = {"table_id": "1-1", "sel": "POINTS", "conds": [], "agg": "MAX"}
    write_xz(tmp_path / "tables.jsonl.xz", [table])
    write_xz(
        tmp_path / "test.jsonl.xz",
        [
            asked | {"id": "good", "question": "maximum points", "answer": ["24"]},
            asked | {"id": "bad", "question": "maximum points", "answer": ["25"]},
        ],
    )
    out = tmp_path / "out.jsonl"
    arguments = ["--set", "wikisql", "--data", str(tmp_path), "--split", "test", "--show", "wrong"]
    assert questions.main([*arguments, "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    figures = last_line(printed)
    assert (figures["questions"], figures["right"], figures["wrong"]) == (2, 1, 1)
    assert figures["confidently_wrong_percent"] == 50.0
    assert figures["by_kind"]["max"]["questions"] == 2
    assert figures["openings"] == 1
    assert '"bad"' in printed and '"good"' not in printed.split("2 questions")[0]
    assert [json.loads(line)["id"] for line in out.read_text().splitlines()] == ["good", "bad"]


def test_a_missing_part_is_said_plainly(tmp_path, capsys):
    assert questions.main(["--set", "retqa", "--data", str(tmp_path)]) == 3
    assert "validation.jsonl" in capsys.readouterr().err


def test_a_table_that_cannot_be_opened_does_not_end_the_run(tmp_path, capsys):
    write_xz(tmp_path / "tables.jsonl.xz", [{"table": "空表", "columns": [], "rows": []}])
    record = {"query": "多少？", "table_caption_label": "空表", "SQL_result": [[1]], "intent": "", "SQL": ""}
    write_xz(tmp_path / "test.jsonl.xz", [record])
    assert questions.main(["--set", "retqa", "--data", str(tmp_path), "--split", "test"]) == 0
    figures = last_line(capsys.readouterr().out)
    assert figures["failed"] == 1 and figures["right"] == 0


@pytest.mark.shared
@pytest.mark.slow
def test_a_slice_of_our_own_set(capsys):
    shared_data("seaborn_data")
    data = str(shared_data())
    assert questions.main(["--set", "own", "--data", data, "--split", "dev", "--limit", "12"]) == 0
    figures = last_line(capsys.readouterr().out)
    assert figures["questions"] == 12
    assert figures["failed"] == 0
    assert figures["right"] >= 4


def test_nl4dv_compares_columns(tmp_path, capsys):
    (tmp_path / "data").mkdir()
    (tmp_path / "queries").mkdir()
    with (tmp_path / "data" / "films.csv").open("w", newline="") as file:
        rows = [(f"film {i}", 10 * i, ("drama", "comedy")[i % 2]) for i in range(20)]
        csv.writer(file).writerows([("Title", "Budget", "Genre"), *rows])
    with (tmp_path / "queries" / "mine.tsv").open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerow(("Datafile", "Aliasfile", "Query", "Attributes"))
        writer.writerow(("films.csv", "", "average budget by genre", "Budget,Genre"))
        writer.writerow(("gone.csv", "", "average budget by genre", "Budget,Genre"))
    assert questions.main(["--set", "nl4dv", "--data", str(tmp_path), "--split", "mine"]) == 0
    figures = last_line(capsys.readouterr().out)
    assert figures["right"] == figures["questions"] == 1
    assert figures["skipped"] == {"whose table or columns are missing": 1}
