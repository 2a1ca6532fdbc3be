"""Run the installed command as people do: a process of its own, real files, real pipes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from cli_process import COMMAND, SALES


class Shell:
    """A folder with files in it, and a way to run ``datalect`` there."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        self._cache = cache

    def environment(self, **extra: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DATALECT_", "NO_COLOR"))
        }
        home = {"HOME": str(self.folder), "XDG_STATE_HOME": str(self.folder / "state")}
        return {**kept, **home, "DATALECT_CACHE": str(self._cache), "COLUMNS": "100", **extra}

    def run(
        self, *words: str, stdin: str | bytes | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [COMMAND, *words],
            cwd=self.folder,
            env=self.environment(**(env or {})),
            input=data if data is not None else b"",
            capture_output=True,
            timeout=120,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def shell(tmp_path, cache):
    (tmp_path / "sales.csv").write_text(SALES, encoding="utf-8")
    return Shell(tmp_path, cache)


@pytest.fixture
def ok(shell):
    """Run a command that must succeed quietly, and give back what it printed."""

    def run(*words: str, **options) -> str:
        done = shell.run(*words, **options)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    return run
