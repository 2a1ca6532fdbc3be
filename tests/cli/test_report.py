"""``datalect report``: the files it writes, and what it says when it cannot."""

from __future__ import annotations

import json

import pytest

ORDERS = "day,shop,amount\n" + "".join(
    f"2024-0{1 + i % 6}-{1 + i % 28:02d},{'ab'[i % 2]},{(i * 37) % 101 + (60 if i % 2 else 0)}\n"
    for i in range(400)
)


@pytest.fixture
def orders(shell):
    (shell.folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return shell.folder


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


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("report",), "No table was named"),
        (("report", "orders.csv", "-o", "page.pdf"), "does not fit"),
        (("report", "orders.csv", "-o", "nowhere/page.html"), "folder"),
        (("report", "orders.csv", "--sample", "3"), "too small"),
        (("report", "orders.csv", "--target", "amuont"), "amount"),
    ],
)
def test_mistakes_are_told_before_anything_is_written(shell, orders, words, message):
    done = shell.run(*words)
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
    assert not list(orders.glob("*.html"))
