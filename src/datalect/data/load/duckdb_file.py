"""DuckDB files: another process opens them read-only, without access to anything else, and hands out Arrow.

The tables are copied into the workspace. A damaged or hostile file can take down the process that opens it,
and its views could read other files; here neither reaches further than that process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, cast

from datalect.data.load.arrow import store_arrow
from datalect.data.load.base import LoadedTable, Loading
from datalect.data.load.probe import clean_environment
from datalect.data.load.relations import Relation, load_relations, wanted_relations
from datalect.errors import SourceError

_CHILD = Path(__file__).with_name("duckdb_export.py")


def load_duckdb(loading: Loading, path: Path, label: str, wanted: str) -> list[LoadedTable]:
    """Read the tables and views of a DuckDB file, with their declared keys.

    Raises:
        SourceError: it is damaged, locked by another program, of a newer version, or has no such table.
    """
    import pyarrow as pa

    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-I", str(_CHILD), str(path), wanted],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
    )
    pipe = cast(IO[bytes], process.stdout)
    try:
        relations = _manifest(pipe, process, label)
        chosen = wanted_relations(loading, relations, wanted, label)

        def load(relation: Relation, name: str) -> LoadedTable:
            with pa.ipc.open_stream(pipe) as reader:
                return store_arrow(loading, reader, name, f"{label}::{relation.name}")

        return load_relations(loading, chosen, label, load)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(label, process, str(error)) from error
    finally:
        process.kill()
        process.communicate()


def _manifest(pipe: IO[bytes], process: subprocess.Popen[bytes], label: str) -> list[Relation]:
    line = pipe.readline()
    try:
        entries: list[dict[str, Any]] = json.loads(line)
    except ValueError as error:
        raise _damaged(label, process, "") from error
    return [
        Relation(
            name=entry["name"],
            schema=entry["schema"],
            view=entry["view"],
            keys=tuple(tuple(key) for key in entry["keys"]),
            foreign_keys=tuple((tuple(a), table, tuple(b)) for a, table, b in entry["foreign_keys"]),
        )
        for entry in entries
    ]


def _damaged(label: str, process: subprocess.Popen[bytes], said: str) -> SourceError:
    _, errors = process.communicate()
    lines = errors.decode("utf-8", "replace").strip().splitlines()
    reason = lines[-1][:300] if lines else said[:300]
    if process.returncode and process.returncode < 0:
        reason = f"it crashes the reader (signal {-process.returncode})"
    locked = "lock" in reason.lower()
    return SourceError(
        f"{label} is in use by another program." if locked else f"{label} is damaged and cannot be read.",
        expected="a complete DuckDB database of this or an earlier version",
        received=reason,
        next_step="close the other program" if locked else "copy it again, or export its tables as Parquet",
    )
