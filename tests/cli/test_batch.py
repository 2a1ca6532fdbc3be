"""``datalect ask --batch``: many questions, one object a line, one bad line spoils no other."""

from __future__ import annotations

import json

import pytest


def lines(printed):
    return [json.loads(line) for line in printed.splitlines()]


def write(shell, *items, name="questions.jsonl"):
    text = "\n".join(
        item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in items
    )
    (shell.folder / name).write_text(text + "\n", encoding="utf-8")
    return name


def question(number, text, **more):
    return {"id": number, "tables": ["sales.csv"], "question": text, "lang": "en", **more}


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "4"])
def test_objects_come_in_order_with_their_ids(jobs, ok, shell):
    name = write(
        shell,
        question("a", "How many rows are there?"),
        question(2, "total amount"),
        "",
        question([3], "总金额是多少？", lang="zh"),
        question(None, "total amount by region"),
    )
    found = lines(ok("ask", "--batch", name, "--jobs", jobs))
    assert [one["id"] for one in found] == ["a", 2, [3], None]
    assert [one["status"] for one in found] == ["answered"] * 4
    assert found[0]["rows"] == [[6]]
    assert found[1]["rows"] == [[700.5]]
    assert found[2]["language"] == "zh"
    assert len(found[3]["rows"]) == 3
    assert list(found[0])[:2] == ["id", "status"]


@pytest.mark.slow
def test_a_bad_line_becomes_an_error_object_and_the_rest_goes_on(ok, shell):
    name = write(
        shell,
        "not json",
        "[1, 2]",
        {"id": 3, "question": "total?"},
        {"id": 4, "tables": ["sales.csv"]},
        {"id": 5, "tables": ["no_such.csv"], "question": "total?"},
        {"id": 6, "tables": [], "question": "total?"},
        {"id": 7, "tables": ["sales.csv"], "question": "total?", "lang": "fr"},
        {"id": 8, "tables": ["no_such.csv"], "question": "again?"},
        question(9, "  "),
        "[" * 10_000,
        question(11, "total amount"),
    )
    found = lines(ok("ask", "--batch", name))
    assert [one["id"] for one in found] == [None, None, 3, 4, 5, 6, 7, 8, 9, None, 11]
    codes = [one.get("error", {}).get("exit_code") for one in found]
    assert codes == [2, 2, 2, 2, 3, 2, 2, 3, 2, 2, None]
    assert all(one["error"]["what"] for one in found[:-1])
    assert found[-1]["rows"] == [[700.5]]


@pytest.mark.slow
def test_tables_are_relative_to_the_file_and_may_be_given_for_all(ok, shell):
    inner = shell.folder / "inner"
    inner.mkdir()
    (inner / "t.csv").write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    (inner / "q.jsonl").write_text(
        json.dumps({"id": 1, "tables": ["t.csv"], "question": "How many rows are there?"})
        + "\n"
        + json.dumps({"id": 2, "question": "How many rows are there?"}),
        encoding="utf-8",
    )
    found = lines(ok("ask", "sales.csv", "--batch", "inner/q.jsonl"))
    assert [one["rows"] for one in found] == [[[2]], [[6]]]


@pytest.mark.slow
def test_questions_come_from_standard_input(ok, shell):
    found = lines(ok("ask", "--batch", "-", stdin=json.dumps(question(1, "total amount"))))
    assert found[0]["rows"] == [[700.5]]


@pytest.mark.slow
def test_more_catalogs_than_stay_open(ok, shell):
    for number in range(11):
        (shell.folder / f"t{number}.csv").write_text("a\n" + "1\n" * (number + 1), encoding="utf-8")
    items = [
        {"id": n, "tables": [f"t{n % 11}.csv"], "question": "How many rows are there?"} for n in range(22)
    ]
    found = lines(ok("ask", "--batch", write(shell, *items), "--jobs", "3"))
    assert [one["rows"] for one in found] == [[[n % 11 + 1]] for n in range(22)]


def test_a_file_of_questions_that_is_not_there_is_exit_3(shell):
    assert shell.run("ask", "--batch", "none.jsonl").returncode == 3
