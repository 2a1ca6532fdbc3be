"""``datalect ask``: one question."""

from __future__ import annotations

import json

import pytest

from cli_process import SALES
from model_server import Say, model_server

KEYS = {
    "status", "sentence", "language", "plan", "sql", "readback", "columns", "rows", "row_count", "rows_used",
    "rows_total", "chart", "confidence", "readings", "warnings",
}  # fmt: skip
QUESTION = "What is the total amount by region?"
PLAN = {"from": "sales", "by": [{"col": "region"}], "get": [{"fn": "sum", "col": "amount", "as": "total"}]}


def reply(plan=PLAN, confidence=0.9):
    return json.dumps({"readings": [{"plan": plan, "confidence": confidence}], "refusal": None, "words": []})


@pytest.mark.slow
def test_json_is_one_object_with_exactly_the_promised_keys(ok):
    printed = ok("ask", "sales.csv", QUESTION, "--json")
    assert printed.count("\n") == 1
    body = json.loads(printed)
    assert set(body) == KEYS
    assert body["status"] == "answered"
    assert body["language"] == "en"
    assert sorted(body["rows"]) == [["East", 270.5], ["North", 200.0], ["West", 230.0]]
    assert body["row_count"] == 3
    assert (body["rows_used"], body["rows_total"]) == (6, 6)
    assert body["plan"]["from"] == "sales"
    assert 0 < body["confidence"] <= 1
    assert body["chart"]["data"]


@pytest.mark.slow
def test_people_get_a_sentence_a_table_and_how_it_was_read(ok):
    shown = ok("ask", "sales.csv", QUESTION, "--sql")
    assert "270.5" in shown
    assert "East" in shown
    assert "Read as:" in shown
    assert "SELECT" in shown


@pytest.mark.slow
def test_chinese_questions_get_chinese_answers(ok):
    (body := json.loads(ok("ask", "sales.csv", "总共有多少行？", "--json")))
    assert body["language"] == "zh"
    assert "6" in body["sentence"]
    assert json.loads(ok("ask", "sales.csv", "总共有多少行？", "--json", "--lang", "en"))["language"] == "en"


@pytest.mark.parametrize(
    ("suffix", "magic"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("html", b"<!doctype html>")]
)
@pytest.mark.slow
def test_the_chart_is_written(suffix, magic, shell):
    done = shell.run("ask", "sales.csv", QUESTION, "--chart", f"chart.{suffix}")
    assert done.returncode == 0, done.stderr
    assert f"chart.{suffix}" in done.stderr
    assert (shell.folder / f"chart.{suffix}").read_bytes().startswith(magic)


@pytest.mark.slow
def test_a_question_the_tables_cannot_answer_is_exit_4(shell):
    done = shell.run("ask", "sales.csv", "What is the airspeed velocity of an unladen swallow?", "--json")
    assert done.returncode == 4
    body = json.loads(done.stdout)
    assert set(body) == KEYS
    assert body["status"] in ("refused", "ambiguous")
    assert body["rows"] == []


def test_an_empty_question_is_exit_2(shell):
    assert shell.run("ask", "sales.csv", "  ").returncode == 2


@pytest.mark.slow
def test_a_table_comes_from_standard_input(ok):
    body = json.loads(ok("ask", "-", "How many rows are there?", "--json", stdin=SALES))
    assert body["rows"] == [[6]]


@pytest.mark.slow
def test_several_tables_are_joined(ok, shell):
    (shell.folder / "regions.csv").write_text(
        "region,manager\nEast,Ann\nWest,Bo\nNorth,Cy\n", encoding="utf-8"
    )
    body = json.loads(ok("ask", "sales.csv", "regions.csv", "total amount by manager", "--json"))
    assert sorted(body["rows"]) == [["Ann", 270.5], ["Bo", 230.0], ["Cy", 200.0]]


@pytest.mark.slow
def test_a_glossary_brings_words(ok, shell):
    (shell.folder / "words.yaml").write_text(
        "tables:\n  sales:\n    columns:\n      amount:\n        synonyms: [turnover, 营业额]\n",
        encoding="utf-8",
    )
    body = json.loads(ok("ask", "sales.csv", "total turnover", "--glossary", "words.yaml", "--json"))
    assert body["rows"] == [[700.5]]


@pytest.mark.slow
def test_a_model_reads_the_question(ok):
    with model_server(reply()) as server:
        printed = ok(
            "ask", "sales.csv", QUESTION, "--json", "--model", "m", "--base-url", server.base_url,
            "--api-key-env", "MY_KEY", env={"MY_KEY": "sk-42"},
        )  # fmt: skip
    assert sorted(json.loads(printed)["rows"])[0] == ["East", 270.5]
    [seen] = server.seen
    assert seen.headers["Authorization"] == "Bearer sk-42"
    for cell in ("East", "North", "Coffee", "120.5", "2024"):
        assert cell not in seen.raw.decode()


@pytest.mark.slow
def test_the_environment_names_the_model_but_does_not_choose_it(ok):
    with model_server(reply()) as server:
        env = {"DATALECT_BASE_URL": server.base_url, "DATALECT_MODEL": "m"}
        ok("ask", "sales.csv", QUESTION, env=env)
        assert not server.seen
        ok("ask", "sales.csv", QUESTION, "--planner", "llm", env=env)
        assert len(server.seen) == 1


@pytest.mark.slow
def test_samples_are_shared_only_when_asked(ok):
    with model_server(reply()) as server:
        model = ["--model", "m", "--base-url", server.base_url]
        ok("ask", "sales.csv", QUESTION, *model, "--share-samples")
    assert "East" in server.seen[0].raw.decode()


@pytest.mark.slow
def test_show_prompt_sends_nothing_and_shows_everything(ok):
    with model_server(reply()) as server:
        model = ["--model", "m", "--base-url", server.base_url]
        shown = ok("ask", "sales.csv", QUESTION, *model, "--show-prompt")
        body = json.loads(ok("ask", "sales.csv", QUESTION, *model, "--show-prompt", "--json"))
        assert not server.seen
        ok("ask", "sales.csv", QUESTION, *model)
    assert server.seen[0].body == body
    assert all(message["content"] in shown for message in body["messages"])
    assert "East" not in shown.split("[[begin tables", 1)[1]


@pytest.mark.slow
def test_show_prompt_needs_no_model(ok):
    assert "POST http" in ok("ask", "sales.csv", QUESTION, "--show-prompt")


@pytest.mark.slow
def test_an_endpoint_that_fails_is_exit_4_without_the_key(shell):
    with model_server(Say(status=401, body=b'{"error": "bad key sk-42"}')) as server:
        done = shell.run(
            "ask", "sales.csv", QUESTION, "--json", "--model", "m", "--base-url", server.base_url,
            env={"DATALECT_API_KEY": "sk-42"},
        )  # fmt: skip
    assert done.returncode == 4
    assert json.loads(done.stdout)["error"]["type"] == "ModelError"
    assert "sk-42" not in done.stdout + done.stderr
    assert "DATALECT_API_KEY" in done.stderr


@pytest.mark.slow
def test_a_rewording_with_a_wrong_number_is_not_shown(ok):
    with model_server("The total amount was 999,999 because of the weather.") as server:
        model = ["--planner", "lexical", "--rephrase", "--model", "m", "--base-url", server.base_url]
        shown = ok("ask", "sales.csv", QUESTION, *model)
    assert server.seen
    assert "999,999" not in shown
    assert "270.5" in shown
