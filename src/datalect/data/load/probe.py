"""Reading Parquet and Arrow files in another process first: damaged or hostile ones may crash the reader."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

from datalect.errors import SourceError

_SECONDS = 300
_WHOLE_BYTES = 64 << 20
_FILES = 64
_CHILD = Path(__file__).with_name("probe_child.py")


def probe(paths: tuple[Path, ...], label: str, kind: Literal["Parquet", "Arrow"] = "Parquet") -> None:
    """Let another process read files.

    Footers are read of up to 64 files; the data too, where all files together have less than 64 MiB, else
    the first thousand rows (of Arrow files, the first and the last batch) of each.

    Raises:
        SourceError: a file cannot be read, or reading it killed the process.
    """
    some = paths if len(paths) <= _FILES else (*paths[: _FILES - 1], paths[-1])
    whole = sum(path.stat().st_size for path in some) <= _WHOLE_BYTES
    request = json.dumps({"paths": [str(path) for path in some], "whole": whole, "kind": kind})
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-I", str(_CHILD)],
            input=request.encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env=clean_environment(),
        )
    except subprocess.TimeoutExpired as error:
        raise _damaged(label, kind, f"reading it took more than {_SECONDS} seconds") from error
    if done.returncode == 0:
        return
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    if done.returncode < 0:
        raise _damaged(label, kind, f"it crashes the reader (signal {-done.returncode})")
    raise _damaged(label, kind, said[-1][:300] if said else "the reader gave up")


def clean_environment() -> dict[str, str]:
    """Just enough for Python to start: where the system looks for libraries and temporary files."""
    kept = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP")
    return {key: os.environ[key] for key in kept if key in os.environ}


def _damaged(label: str, kind: str, reason: str) -> SourceError:
    return SourceError(
        f"{label} is damaged and cannot be read.",
        expected=f"a complete {kind} file",
        received=reason,
        next_step="export or copy the file again",
    )
