"""Every command and code block of README.md and of the help pages runs as it is printed."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli_process import COMMAND
from model_server import model_server

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ("ask", "chat", "describe", "sql", "cache")
PLAN = {"from": "sales", "by": [{"col": "region"}], "get": [{"fn": "sum", "col": "amount", "as": "total"}]}


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def readme_commands():
    return [
        line for block in blocks(README, "sh") for line in block.splitlines() if line.startswith("datalect ")
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy of the examples with everything the help pages name."""
    copy = tmp_path_factory.mktemp("docs") / "examples"
    shutil.copytree(ROOT / "docs" / "examples", copy)
    import pyarrow.csv
    import pyarrow.parquet

    sales = pyarrow.csv.read_csv(copy / "sales.csv")
    for name in ("orders", "a"):
        pyarrow.parquet.write_table(sales, copy / f"{name}.parquet")
    shutil.copy(copy / "customers.csv", copy / "b.csv")
    import sqlite3

    connection = sqlite3.connect(copy / "shop.sqlite")
    connection.execute("CREATE TABLE things (name TEXT, price REAL)")
    connection.execute("INSERT INTO things VALUES ('pen', 1.5), ('book', 9.0)")
    connection.commit()
    connection.close()
    return copy


def run(line, folder, **extra):
    """Run one line of a shell in the folder, with the installed command first on the path."""
    ours = {
        "PATH": f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "SHELL": "/bin/bash",
    }
    environment = {**os.environ, **ours, "DATALECT_CACHE": str(folder.parent / "cache"), **extra}
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        cwd=folder,
        env=environment,
        input="/quit\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("line", readme_commands())
def test_commands_of_the_readme_run(line, folder):
    reply = json.dumps({"readings": [{"plan": PLAN, "confidence": 0.9}], "refusal": None, "words": []})
    with model_server(reply) as server:
        done = run(line, folder, DATALECT_BASE_URL=server.base_url, DATALECT_MODEL="m")
    assert done.returncode == 0, done.stderr
    assert done.stdout or "chat" in line
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("code", blocks(README, "python"))
def test_python_of_the_readme_runs(code, folder, tmp_path):
    script = tmp_path / "readme.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        cwd=folder,
        env={**os.environ, "DATALECT_CACHE": str(folder.parent / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "regions.svg").exists()


def help_examples():
    from datalect.cli.main import build_app

    found = []
    for page in PAGES:
        app = build_app()[page]
        text = app.help_epilogue if page == "cache" else app.help
        found += [
            line.strip() for line in text.splitlines() if re.match(r"\s+(cat |echo )?.*\bdatalect ", line)
        ]
    return found


def test_examples_of_the_help_fit_a_terminal_line():
    found = help_examples()
    assert len(found) >= 15
    assert [line for line in found if len(line) > 78] == []


@pytest.mark.slow
@pytest.mark.parametrize("line", help_examples())
def test_examples_of_the_help_run(line, folder):
    done = run(line, folder)
    assert done.returncode in (0, 4), done.stderr
    assert "Traceback" not in done.stderr
    if done.returncode == 4:
        assert done.stdout  # refused or ambiguous is an answer, and it is shown


def test_make_targets_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z]+)", README)) - {"alone"}
    assert {"demo", "test"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_links_of_the_readme_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if "://" not in target:
            assert (ROOT / target).exists(), target


def test_options_of_the_readme_exist():
    from datalect.cli.main import build_app

    app = build_app()
    named = ("report", "ask", "chat", "describe", "sql", "completion", "evaluate", "generate")
    trained = ("lm", "classifier", "seq2seq")
    commands = [*(app[name] for name in named), *(app["train"][name] for name in trained)]
    arguments = [one for command in commands for one in command.assemble_argument_collection()]
    known = {name for argument in arguments for name in argument.names}
    known.add("--help")
    for option in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)):
        assert option in known, option


def test_ci_runs_what_the_readme_tells():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    commands = [line for line in script.splitlines() if line and not line.startswith("#")]
    assert commands == ["set -eu", 'cd "$(dirname "$0")/.."', "exec make test"]
    assert shlex.split(commands[-1])[1:] == ["make", "test"]
    assert "make test" in README
