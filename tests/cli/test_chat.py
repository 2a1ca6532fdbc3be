"""``datalect chat``: through a pipe and through a terminal."""

from __future__ import annotations

import pexpect
import pytest

from cli_process import COMMAND


def talk(shell, *said):
    done = shell.run("chat", "sales.csv", stdin="\n".join(said) + "\n")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.slow
def test_questions_follow_ups_and_commands_through_a_pipe(shell):
    done = talk(
        shell,
        "total amount by region",
        "/sql",
        "/explain",
        "/chart",
        "/chart picture.svg",
        "/sql SELECT count(*) AS n FROM sales",
        "/tables",
        "/undo",
        "/sql",
        "/lang zh",
        "How many rows are there?",
        "/new",
        "/help",
        "/quit",
        "total amount",
    )
    assert "270.5" in done.stdout
    assert "SELECT" in done.stdout
    assert "6 of 6 rows used" in done.stdout
    assert "bar chart of 3 points" in done.stdout
    assert (shell.folder / "picture.svg").read_bytes().startswith(b"<svg")
    assert "quantity" in done.stdout
    assert "Forgotten: total amount by region" in done.stdout
    assert "Nothing has been answered yet" in done.stderr
    assert "使用了 6 行中的 6 行" in done.stdout
    assert "/undo" in done.stdout
    assert "700.5" not in done.stdout


@pytest.mark.slow
def test_a_follow_up_refers_to_the_answer_before(shell):
    done = talk(shell, "total amount by region", "only East")
    assert "270.5" in done.stdout.split("Read as", 1)[1]


@pytest.mark.slow
def test_mistakes_are_told_and_the_conversation_goes_on(shell):
    done = talk(
        shell, "/nonsense", "/sql DROP TABLE sales", "/undo", "/chart", "/lang fr", "colourless green ideas",
        "How many rows are there?",
    )  # fmt: skip
    assert "There is no command /nonsense" in done.stderr
    assert done.stderr.count("datalect: ") >= 5
    assert "6" in done.stdout.rsplit("Confidence", 1)[0]


@pytest.mark.slow
def test_a_terminal_gets_a_prompt_a_history_and_leaves_on_control_d(shell):
    environment = shell.environment(TERM="dumb", PYTHONUNBUFFERED="1")
    child = pexpect.spawn(
        str(COMMAND), ["chat", "sales.csv"], cwd=shell.folder, env=environment, timeout=60, encoding="utf-8"
    )
    try:
        child.expect("sales \\(6 rows\\)")
        child.expect("› ")
        child.sendline("How many rows are there?")
        child.expect("Confidence")
        child.expect("› ")
        child.sendintr()
        child.expect("› ")
        child.sendeof()
        child.expect(pexpect.EOF)
    finally:
        child.close()
    assert child.exitstatus == 0
    history = shell.folder / "state" / "datalect" / "history"
    assert "How many rows are there?" in history.read_text(encoding="utf-8")
    assert history.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_control_c_stops_a_question_and_keeps_the_conversation(shell):
    environment = shell.environment(TERM="dumb", PYTHONUNBUFFERED="1")
    child = pexpect.spawn(
        str(COMMAND), ["chat", "sales.csv"], cwd=shell.folder, env=environment, timeout=60, encoding="utf-8"
    )
    try:
        child.expect("› ")
        child.sendline(
            "/sql SELECT count(*) FROM range(10000000) a, range(1000000) b WHERE a.range + b.range = 7"
        )
        child.expect(pexpect.TIMEOUT, timeout=2)
        child.sendintr()
        child.expect("Stopped")
        child.sendline("/sql SELECT 41 + 1 AS n")
        child.expect("42")
        child.sendline("/quit")
        child.expect(pexpect.EOF)
    finally:
        child.close()
    assert child.exitstatus == 0
