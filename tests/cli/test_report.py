"""``datalect report``: the files it writes, and what it says when it cannot."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess

import pytest

from cli_process import COMMAND

ORDERS = "day,shop,amount\n" + "".join(
    f"2024-0{1 + i % 6}-{1 + i % 28:02d},{'ab'[i % 2]},{(i * 37) % 101 + (60 if i % 2 else 0)}\n"
    for i in range(400)
)


@pytest.fixture
def orders(shell):
    (shell.folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return shell.folder


@pytest.mark.slow
def test_one_command_writes_the_page_and_prints_the_headlines(ok, orders):
    printed = ok("report", "orders.csv", "--json", "facts.json", "--md", "report.md")
    page = (orders / "orders.report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and "Content-Security-Policy" in page
    body = json.loads((orders / "facts.json").read_text(encoding="utf-8"))
    assert {"facts", "columns", "problems", "rows", "seconds", "tests_made"} <= set(body)
    assert body["rows"] == 400
    for fact in body["facts"]:
        assert {
            "type", "sentence_en", "sentence_zh", "columns", "effect", "interval", "p_adjusted", "n", "plan",
            "sql", "importance",
        } <= set(fact)  # fmt: skip
    assert body["facts"][0]["sentence_en"] in printed
    assert (orders / "report.md").read_text(encoding="utf-8").startswith("# orders")
    assert not list(orders.glob(".*part"))


@pytest.mark.slow
def test_a_report_in_chinese_of_a_target(ok, orders):
    printed = ok("report", "orders.csv", "--target", "amount", "--lang", "zh", "-o", "页.html")
    assert "shop" in printed and "。" in printed
    assert '<html lang="zh-CN"' in (orders / "页.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_two_tables_are_compared(ok, orders):
    (orders / "old").mkdir()
    (orders / "old" / "orders.csv").write_text(ORDERS.replace("a,", "c,"), encoding="utf-8")
    printed = ok("report", "orders.csv", "--compare", "old/orders.csv")
    assert "orders (compared)" in printed


@pytest.mark.slow
def test_two_periods_are_compared(ok, orders):
    printed = ok("report", "orders.csv", "--compare", "2024-Q1:2024-Q2", "--by", "day", "--json", "f.json")
    assert "Q2 2024" in printed
    body = json.loads((orders / "f.json").read_text(encoding="utf-8"))
    assert body["compared"] == "Q1 2024" and body["facts"][0]["type"] == "change"


@pytest.mark.slow
def test_a_file_named_like_a_period_is_a_file(ok, orders):
    (orders / "2024").write_text(ORDERS.replace("a,", "c,"), encoding="utf-8")
    assert "2024" in ok("report", "orders.csv", "--compare", "2024", "--json", "f.json")
    assert json.loads((orders / "f.json").read_text(encoding="utf-8"))["compared"] == "2024"


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["Looking at the columns", "Looking for what goes together"])
def test_an_interrupt_leaves_no_half_file_and_keeps_the_old_one(shell, stage):
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    random = np.random.default_rng(1)
    columns = {f"n{i}": random.normal(size=60_000) + (i % 3) * random.normal(size=60_000) for i in range(24)}
    columns |= {
        f"g{i}": np.array(list("abcdefg"), dtype=object)[random.integers(0, 7, 60_000)] for i in range(9)
    }
    pq.write_table(pa.table(columns), shell.folder / "t.parquet")
    (shell.folder / "page.html").write_text("the old page", encoding="utf-8")
    control, terminal = pty.openpty()  # stages are told on a terminal: the signal is sent in the midst of one
    process = subprocess.Popen(
        [COMMAND, "report", "t.parquet", "-o", "page.html", "--json", "facts.json", "--md", "report.md"],
        cwd=shell.folder,
        env=shell.environment(TERM="xterm"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    shown = ""
    try:
        while stage not in shown:
            shown += os.read(control, 65_536).decode(errors="replace")
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
        while part := _read(control):
            shown += part
        process.communicate(timeout=60)
    finally:
        os.close(control)
        if process.poll() is None:
            process.kill()
    assert process.returncode == 130
    assert "Interrupted" in shown and "Traceback" not in shown
    assert (shell.folder / "page.html").read_text(encoding="utf-8") == "the old page"
    left = {path.name for path in shell.folder.iterdir()}
    assert left <= {"sales.csv", "t.parquet", "page.html", "state", ".cache", ".duckdb"}
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def _read(control: int) -> str:
    """What else is on the terminal; "" once its last process has gone, which Linux reports as an error."""
    try:
        return os.read(control, 65_536).decode(errors="replace")
    except OSError:
        return ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("report",), "No table was named"),
        (("report", "orders.csv", "-o", "page.pdf"), "does not fit"),
        (("report", "orders.csv", "-o", "nowhere/page.html"), "folder"),
        (("report", "orders.csv", "--sample", "3"), "too small"),
        (("report", "orders.csv", "--target", "amuont"), "amount"),
        (("report", "orders.csv", "--compare", "2019:2024"), "no rows"),
        (("report", "orders.csv", "--compare", "2024-13"), "no such period"),
    ],
)
def test_mistakes_are_told_before_anything_is_written(shell, orders, words, message):
    done = shell.run(*words)
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
    assert not list(orders.glob("*.html"))
