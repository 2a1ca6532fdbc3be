"""What every command has in common: help, version, errors, exit codes, pipes, interruption."""

from __future__ import annotations

import ast
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli_process import COMMAND

GOLDEN = Path(__file__).with_name("golden")
COMMANDS = ("report", "ask", "chat", "describe", "sql", "cache", "completion")
HELP = {
    "datalect": ["--help"],
    **{name: [name, "--help"] for name in COMMANDS},
    "cache-list": ["cache", "list", "--help"],
    "cache-clear": ["cache", "clear", "--help"],
}


@pytest.mark.parametrize("page", HELP)
def test_help_is_as_recorded(page, ok):
    """Rewrite the recorded pages with DATALECT_REWRITE=1."""
    shown = ok(*HELP[page])
    recorded = GOLDEN / f"{page}.txt"
    if os.environ.get("DATALECT_REWRITE"):
        recorded.write_text(shown, encoding="utf-8")
    assert shown == recorded.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_page_teaches_by_example(name):
    page = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert f"datalect {name}" in page.split("Usage:", 1)[1].split("\n", 1)[1]


def test_version_names_the_version(ok):
    import datalect

    assert ok("--version") == f"datalect {datalect.__version__}\n"


def test_no_arguments_show_the_help(ok):
    assert "Start here:" in ok()


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from datalect.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "sys.stderr.write(repr(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in ast.literal_eval(done.stderr)}
    heavy = {
        "duckdb",
        "pyarrow",
        "numpy",
        "altair",
        "sqlglot",
        "pydantic",
        "httpx",
        "pandas",
        "jinja2",
        "torch",
    }
    assert not loaded & heavy


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["nonsense", "--json"],
        ["ask"],
        ["ask", "--json"],
        ["ask", "sales.csv"],
        ["ask", "sales.csv", "total?", "--nonsense"],
        ["ask", "sales.csv", "total?", "--lang", "fr"],
        ["ask", "sales.csv", "total?", "--lang", "fr", "--json"],
        ["ask", "sales.csv", "total?", "--chart", "chart.bmp"],
        ["ask", "sales.csv", "total?", "--chart", "no/such/folder/chart.svg"],
        ["ask", "sales.csv", "total?", "--jobs", "2"],
        ["ask", "sales.csv", "total?", "--share-samples"],
        ["ask", "sales.csv", "total?", "--limit-seconds", "0"],
        ["ask", "sales.csv", "total?", "--limit-seconds", "0", "--json"],
        ["ask", "sales.csv", "total?", "--limit-seconds", "nan"],
        ["ask", "sales.csv", "total?", "--limit-memory", "many"],
        ["ask", "sales.csv", "total?", "--planner", "llm"],
        ["ask", "sales.csv", "total?", "--model", "m", "--base-url", "not an address"],
        ["ask", "sales.csv", "total?", "--model", "m", "--api-key-env", "NOT_SET_ANYWHERE"],
        ["ask", "--batch", "q.jsonl", "--chart", "x.svg"],
        ["ask", "--batch", "q.jsonl", "--jobs", "0"],
        ["sql", "sales.csv"],
        ["sql", "sales.csv", "SELECT 1", "--json", "--csv"],
        ["describe"],
        ["describe", "--json"],
        ["chat"],
        ["chat", "-"],
        ["completion", "tcsh"],
    ],
)
def test_wrong_usage_is_exit_2_and_says_what_to_do(words, shell):
    as_json = "--json" in words
    done = shell.run(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("datalect: ")
    assert "Traceback" not in done.stderr
    if as_json:
        body = json.loads(done.stdout)
        assert body["status"] == "error"
        assert body["error"]["exit_code"] == 2
        assert body["error"]["what"]
    else:
        assert done.stdout == ""
        assert "Next: " in done.stderr or "Expected: " in done.stderr


def test_a_missing_file_is_exit_3(shell):
    done = shell.run("ask", "no_such.csv", "total?")
    assert done.returncode == 3
    assert "no_such.csv" in done.stderr
    assert done.stdout == ""


@pytest.mark.slow
def test_a_missing_extra_is_exit_5(shell, tmp_path):
    """A file that needs an extra, in an installation that lacks it."""
    blocked = tmp_path / "blocked" / "python_calamine"
    blocked.mkdir(parents=True)
    (blocked / "__init__.py").write_text("raise ModuleNotFoundError(name='python_calamine')\n")
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["region", "amount"])
    book.active.append(["East", 1])
    book.save(tmp_path / "book.xlsx")
    done = shell.run("describe", "book.xlsx", "--json", env={"PYTHONPATH": str(blocked.parent)})
    assert done.returncode == 5
    assert json.loads(done.stdout)["error"]["extra"] == "files"
    assert "pip install 'datalect[files]'" in done.stderr


@pytest.mark.slow
def test_a_fault_of_ours_shows_no_traceback_unless_asked(shell):
    """Break the installation on purpose: a module that fails when imported."""
    broken = shell.folder / "broken"
    broken.mkdir()
    (broken / "duckdb.py").write_text("raise RuntimeError('kaboom \\x1b[31m')\n")
    env = {"PYTHONPATH": str(broken)}
    done = shell.run("describe", "sales.csv", "--json", env=env)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "kaboom" in done.stderr
    assert "\x1b" not in done.stderr
    assert "DATALECT_DEBUG=1" in done.stderr
    assert json.loads(done.stdout)["error"]["exit_code"] == 1
    done = shell.run("describe", "sales.csv", env={**env, "DATALECT_DEBUG": "1"})
    assert done.returncode == 1
    assert "Traceback" in done.stderr


@pytest.mark.slow
def test_a_reader_that_has_seen_enough_is_no_error(shell):
    command = f"{COMMAND} sql sales.csv 'SELECT a.range, b.range FROM range(300) a, range(300) b' --csv"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -1"],
        cwd=shell.folder,
        env=shell.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout == "range,range_1\n" or done.stdout.startswith("range")
    assert done.stderr == ""


@pytest.mark.slow
def test_an_interrupt_is_exit_130_and_leaves_nothing_behind(shell):
    heavy = "SELECT count(*) FROM range(10000000) a, range(1000000) b WHERE a.range + b.range = 7"
    with subprocess.Popen(
        [COMMAND, "sql", "sales.csv", heavy],
        cwd=shell.folder,
        env=shell.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=4)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in said
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert {path.name for path in shell.folder.iterdir()} <= {"sales.csv", "state", ".cache", ".duckdb"}


def test_colours_only_on_a_terminal_that_wants_them(shell):
    def on_terminal(**env):
        control, terminal = pty.openpty()
        process = subprocess.Popen(
            [COMMAND, "describe"],
            cwd=shell.folder,
            env=shell.environment(TERM="xterm", **env),
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        )
        process.wait(timeout=60)
        os.close(terminal)
        shown = b""
        while True:
            try:
                part = os.read(control, 65536)
            except OSError:  # Linux says EIO at the end
                break
            if not part:
                break
            shown += part
        os.close(control)
        return shown

    assert b"\x1b[31m" in on_terminal()
    assert b"\x1b[3" not in on_terminal(NO_COLOR="1")
    assert "\x1b" not in shell.run("describe").stderr


@pytest.mark.slow
def test_chinese_is_printed_also_where_the_locale_is_ascii(shell):
    done = shell.run("ask", "销售.csv", "总金额是多少", env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 3
    assert "销售.csv" in done.stderr
