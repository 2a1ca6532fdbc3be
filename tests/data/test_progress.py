"""The progress bar: something on a terminal, nothing elsewhere."""

from __future__ import annotations

import io

import pytest

from datalect.data.progress import Progress, SilentProgress, TerminalProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(progress: Progress, unit: str) -> None:
    progress.start("Reading sales.csv", 2_000_000, unit)
    progress.advance(1_500_000)
    progress.finish()
    progress.finish()
    progress.advance(1)


@pytest.mark.parametrize(("unit", "amount"), [("rows", "1,500,000 rows"), ("bytes", "1.5 MB")])
def test_a_terminal_shows_stage_and_amount(unit: str, amount: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    with TerminalProgress(out) as progress:
        progress.start("Reading sales.csv", 2_000_000, unit)
        progress.advance(1_500_000)
        progress._bar.refresh()
        progress.finish()
    assert "Reading sales.csv" in out.getvalue()
    assert amount in out.getvalue()


def test_nothing_is_written_elsewhere() -> None:
    out = io.StringIO()
    with TerminalProgress(out) as progress:
        run(progress, "rows")
    assert out.getvalue() == ""


def test_every_progress_keeps_the_protocol() -> None:
    for progress in SilentProgress(), TerminalProgress(io.StringIO()):
        assert isinstance(progress, Progress)
        run(progress, "rows")
