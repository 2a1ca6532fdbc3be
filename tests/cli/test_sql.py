"""``datalect sql``: a person's SELECT and its three forms of output."""

from __future__ import annotations

import csv
import json

import pytest

QUERY = "SELECT region, sum(amount) AS total FROM sales GROUP BY region ORDER BY region"


@pytest.mark.slow
def test_json_has_exactly_the_promised_keys(ok):
    body = json.loads(ok("sql", "sales.csv", QUERY, "--json"))
    assert body == {
        "columns": ["region", "total"],
        "rows": [["East", 270.5], ["North", 200.0], ["West", 230.0]],
        "row_count": 3,
        "truncated": False,
    }


@pytest.mark.slow
def test_the_table_is_aligned_and_readable(ok):
    assert ok("sql", "sales.csv", QUERY).splitlines() == [
        "region  total",
        "──────  ─────",
        "East    270.5",
        "North     200",
        "West      230",
    ]


@pytest.mark.slow
def test_rows_beyond_the_limit_are_cut_and_said_to_be(shell):
    done = shell.run("sql", "sales.csv", "SELECT * FROM sales", "--json", "--limit-rows", "2")
    body = json.loads(done.stdout)
    assert (body["row_count"], len(body["rows"]), body["truncated"]) == (2, 2, True)
    done = shell.run("sql", "sales.csv", "SELECT * FROM sales", "--limit-rows", "2")
    assert "Cut after 2 rows" in done.stderr


@pytest.mark.slow
def test_csv_is_read_back_and_runs_no_formula(ok, shell):
    (shell.folder / "odd.csv").write_text('name,note\n"=1+1","a, ""b"""\n"-5","x\ny"\n', encoding="utf-8")
    rows = list(csv.reader(ok("sql", "odd.csv", "SELECT * FROM odd", "--csv").splitlines(keepends=True)))
    assert rows[0] == ["name", "note"]
    assert rows[1] == ["'=1+1", 'a, "b"']
    assert rows[2] == ["-5", "x\ny"]


@pytest.mark.slow
def test_columns_of_one_name_stay_apart(ok):
    body = json.loads(ok("sql", "sales.csv", "SELECT 1 AS a, 2 AS a", "--json"))
    assert body["rows"] == [[1, 2]]
    assert len(body["columns"]) == 2


@pytest.mark.slow
def test_values_json_has_no_form_for_keep_their_meaning(ok):
    query = (
        "SELECT DATE '2024-03-05' AS d, TIMESTAMP '2024-03-05 01:02:03' AS t, 'nan'::DOUBLE AS n, NULL AS z, "
        "12345678901234567890::HUGEINT AS h, 1.10::DECIMAL(9,2) AS m, [1, 2] AS l, INTERVAL 90 SECOND AS i"
    )
    body = json.loads(ok("sql", "sales.csv", query, "--json"))
    [row] = body["rows"]
    assert row[:5] == ["2024-03-05", "2024-03-05T01:02:03", None, None, "12345678901234567890"]
    assert row[5] == 1.1
    assert row[6] == [1, 2]


@pytest.mark.slow
def test_what_is_no_read_is_refused_with_4(shell):
    for text in ("DROP TABLE sales", "SELECT 1; SELECT 2", "SELECT * FROM read_text('/etc/passwd')", "SELEC"):
        done = shell.run("sql", "sales.csv", text, "--json")
        assert done.returncode == 4, text
        assert json.loads(done.stdout)["error"]["type"] == "GateError"
        assert done.stderr.startswith("datalect: ")


@pytest.mark.slow
def test_a_query_that_runs_too_long_is_exit_6(shell):
    heavy = "SELECT count(*) FROM range(10000000) a, range(1000000) b WHERE a.range + b.range = 7"
    done = shell.run("sql", "sales.csv", heavy, "--json", "--limit-seconds", "0.5")
    assert done.returncode == 6
    assert json.loads(done.stdout)["error"]["limit"] == "time"


@pytest.mark.slow
def test_cells_cannot_steer_the_terminal(ok, shell):
    (shell.folder / "evil.csv").write_bytes(
        ("name,v\n\x1b[2J\x1b]0;owned\x07,1\nabc\u202edef,2\n" + "plain text,3\n" * 200).encode()
    )
    shown = ok("sql", "evil.csv", "SELECT * FROM evil")
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\u202e" not in shown
    assert "\\x1b[2J" in shown


@pytest.mark.slow
def test_a_full_device_under_the_output_is_said_and_not_a_fault(tmp_path):
    import os
    import subprocess
    from pathlib import Path

    from cli_process import COMMAND, SALES

    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / "sales.csv").write_text(SALES, encoding="utf-8")
    with full.open("w") as stream:
        ended = subprocess.run(
            [str(COMMAND), "sql", "sales.csv", "SELECT * FROM sales", "--csv"],
            cwd=tmp_path, stdout=stream, stderr=subprocess.PIPE, text=True, check=False,
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
        )  # fmt: skip
    assert ended.returncode == 6
    assert "could not be written" in ended.stderr
    assert "fault" not in ended.stderr
    assert "Exception" not in ended.stderr
