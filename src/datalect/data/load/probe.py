"""Reading a file in another process first, where a damaged or hostile file may crash its reader."""

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


def probe(kind: Literal["parquet"], paths: tuple[Path, ...], label: str) -> None:
    """Let another process read the files.

    Footers are read of up to 64 files; the data too, where all files together have less than 64 MiB, else
    those of the first and last row group.

    Raises:
        SourceError: a file cannot be read, or reading it killed the process.
    """
    some = paths if len(paths) <= _FILES else (*paths[: _FILES - 1], paths[-1])
    whole = sum(path.stat().st_size for path in some) <= _WHOLE_BYTES
    request = json.dumps({"paths": [str(path) for path in some], "whole": whole})
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-I", "-m", "datalect.data.load.probe", kind],
            input=request.encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env=clean_environment(),
        )
    except subprocess.TimeoutExpired as error:
        raise _damaged(label, f"reading it took more than {_SECONDS} seconds") from error
    if done.returncode == 0:
        return
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    if done.returncode < 0:
        raise _damaged(label, f"it crashes the reader (signal {-done.returncode})")
    raise _damaged(label, said[-1][:300] if said else "the reader gave up")


def clean_environment() -> dict[str, str]:
    """Just enough for Python to start: where the system looks for libraries and temporary files."""
    kept = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP")
    return {key: os.environ[key] for key in kept if key in os.environ}


def _damaged(label: str, reason: str) -> SourceError:
    return SourceError(
        f"{label} is damaged and cannot be read.",
        expected="a complete Parquet file",
        received=reason,
        next_step="export or copy the file again",
    )


def _read_parquet(paths: list[str], *, whole: bool) -> None:
    import duckdb

    connection = duckdb.connect(config={"threads": 1, "memory_limit": "1GB"})
    for path in paths:
        pattern = "".join(f"[{c}]" if c in "*?[" else c for c in path)
        groups = connection.execute(
            "SELECT count(DISTINCT row_group_id), max(row_group_id) FROM parquet_metadata(?)", [pattern]
        ).fetchone()
        names = [row[0] for row in connection.execute("DESCRIBE FROM read_parquet(?)", [pattern]).fetchall()]
        quoted = ", ".join('count("' + name.replace('"', '""') + '")' for name in names)
        many = groups is not None and (groups[0] or 0) > 2
        if whole or not many:
            connection.execute(f"SELECT {quoted} FROM read_parquet(?)", [pattern]).fetchone()
        else:
            connection.execute(
                f"SELECT {quoted} FROM (FROM read_parquet(?) LIMIT 1000)", [pattern]
            ).fetchone()


def _main() -> int:
    request = json.loads(sys.stdin.read())
    try:
        _read_parquet(request["paths"], whole=request["whole"])
    except Exception as error:  # whatever it is, the parent tells it in one line
        sys.stderr.write(" ".join(str(error).split())[:500] + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
