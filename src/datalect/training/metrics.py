"""What a run tells while it runs: metrics.jsonl for programs, a progress line for people."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, Protocol, TextIO


class Watcher(Protocol):
    """Who is told how a run goes."""

    def log(self, values: dict[str, Any]) -> None:
        """Figures of a step: ``step``, ``steps``, ``loss``, ``lr``, ``tokens_per_second`` and others."""

    def note(self, text: str) -> None:
        """Something a person should know."""

    def close(self) -> None:
        """The run is over."""


class Silent:
    """Tells nobody."""

    def log(self, values: dict[str, Any]) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class ProgressLine:
    """One line on a terminal that is rewritten; elsewhere a line now and then."""

    def __init__(self, stream: TextIO | None = None, *, every_seconds: float = 10.0) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._every = 0.2 if self._live else every_seconds
        self._told = 0.0
        self._width = 0

    def log(self, values: dict[str, Any]) -> None:
        """Show a step, unless one was shown just now; evaluations are always shown."""
        now = time.monotonic()
        valid = "valid" in values
        if not valid and now - self._told < self._every and values["step"] < values["steps"]:
            return
        self._told = now
        self._write(_line(values), keep=valid)

    def note(self, text: str) -> None:
        """Show a note on a line of its own."""
        self._write(text, keep=True)

    def close(self) -> None:
        """Leave the last line standing."""
        if self._live and self._width:
            self._stream.write("\n")
            self._width = 0

    def _write(self, text: str, *, keep: bool) -> None:
        if not self._live:
            self._stream.write(text + "\n")
        else:
            self._stream.write("\r" + text.ljust(self._width) + ("\n" if keep else ""))
            self._width = 0 if keep else len(text)
        self._stream.flush()


def _line(values: dict[str, Any]) -> str:
    parts = [f"step {values['step']:,}/{values['steps']:,}"]
    if "loss" in values:
        parts.append(f"loss {values['loss']:.4f}")
    if "valid" in values:
        parts.append(f"valid {values['valid']:.4f}" + (" (best)" if values.get("best") else ""))
    if "tokens_per_second" in values:
        parts.append(f"{values['tokens_per_second']:,.0f} tokens/s")
    if values.get("seconds_left") is not None:
        parts.append(f"{duration(values['seconds_left'])} left")
    if values.get("memory_mb"):
        parts.append(f"{values['memory_mb']:,.0f} MB")
    return "  ".join(parts)


def duration(seconds: float) -> str:
    """Seconds for people: ``45 s``, ``3 min 20 s``, ``2 h 05 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class MetricsFile:
    """``metrics.jsonl``: one object per logged step, cut back to the checkpoint when a run resumes.

    Args:
        path: the file.
        step: steps already taken; later lines are of a life that was lost.
    """

    def __init__(self, path: Path, step: int) -> None:
        kept = [line for line in _lines(path) if line.get("step", 0) <= step] if step else []
        path.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        self._stream = path.open("a", encoding="utf-8")

    def log(self, values: dict[str, Any]) -> None:
        """Append an object."""
        self._stream.write(json.dumps({k: _plain(v) for k, v in values.items()}) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """All whole lines of a metrics file."""
    return _lines(path)


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    found = []
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            value = json.loads(text)
        except ValueError:  # the line a killed run was writing
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.8g}") if value == value and abs(value) != float("inf") else None
    return value


def memory_mb() -> float:
    """Most memory this process has held, in MB."""
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e3 if sys.platform != "darwin" else most / 1e6
