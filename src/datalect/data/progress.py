"""Telling a waiting person how far the reading of a source has come."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO, runtime_checkable

if TYPE_CHECKING:
    from rich.progress import ProgressColumn, TaskID


@runtime_checkable
class Progress(Protocol):
    """Receives the progress of one stage after the other."""

    def start(self, stage: str, total: int | None = None, unit: str = "rows") -> None:
        """A stage begins; ``total`` units are expected, or an unknown number."""
        ...

    def advance(self, amount: int) -> None:
        """So many more units of the current stage are done."""
        ...

    def finish(self) -> None:
        """The current stage is over."""
        ...


class SilentProgress:
    """Shows nothing; the default inside programs."""

    def start(self, stage: str, total: int | None = None, unit: str = "rows") -> None:
        """Ignore the stage."""

    def advance(self, amount: int) -> None:
        """Ignore the amount."""

    def finish(self) -> None:
        """Ignore the end."""


class TerminalProgress:
    """A bar on a terminal with the amount done, the rate and the time left; silent elsewhere.

    Used as a context manager so that the bar is taken down however the block ends.

    Args:
        stream: where to draw, standard error by default.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

        columns: list[ProgressColumn] = [
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[amount]}"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
        ]
        out = stream if stream is not None else sys.stderr
        self._bar = Progress(*columns, console=Console(file=out), transient=True, disable=not out.isatty())
        self._task: TaskID | None = None
        self._unit = "rows"

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def start(self, stage: str, total: int | None = None, unit: str = "rows") -> None:
        """Show a new bar for the stage."""
        self.finish()
        self._unit = unit
        self._task = self._bar.add_task(stage, total=total, amount="", rate="")

    def advance(self, amount: int) -> None:
        """Move the bar on."""
        if self._task is None:
            return
        self._bar.advance(self._task, amount)
        task = self._bar.tasks[-1]
        speed = task.finished_speed or task.speed
        self._bar.update(
            self._task,
            amount=_quantity(task.completed, self._unit),
            rate="" if speed is None else f"{_quantity(speed, self._unit)}/s",
        )

    def finish(self) -> None:
        """Take the bar of the current stage down."""
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None


def _quantity(amount: float, unit: str) -> str:
    if unit != "bytes":
        return f"{amount:,.0f} {unit}"
    for name in ("B", "KB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:,.0f} {name}" if name == "B" else f"{amount:,.1f} {name}"
        amount /= 1000
    return f"{amount:,.1f} TB"
