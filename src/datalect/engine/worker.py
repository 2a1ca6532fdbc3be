"""The sandbox: one process that may read one database and compute, and nothing else.

Started by `datalect.engine.pool` with an isolated interpreter, an empty environment and standard streams on
/dev/null. Order matters: imports first (they read files), then the resource limits, then Landlock while
there is still a single thread, and only then the database, which starts threads.
"""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import resource
import select
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalect.engine import landlock, seccomp, wire

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

# DuckDB asks for the memory of its own container; nothing else outside the data is ever read.
_SYSTEM_READ = (Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))
# One vector of DuckDB: with larger batches a few wide text cells would fill the memory before a limit is
# seen.
_BATCH_ROWS = 2_048
_LIBRARY_BYTES = 24 << 20
_RESERVED = 512 << 20
_FRAME_BYTES = 1 << 20
_ATTACHED = "_datalect"
# Types that Arrow cannot carry exactly; they travel as text.
_AS_TEXT = frozenset({"bit", "uhugeint", "bignum", "time with time zone", "time_ns", "variant", "geometry"})
_NESTED = frozenset({"list", "array", "struct", "map", "union"})


def main(descriptor: int, lifeline: int) -> None:
    """Serve queries that come in over a socket until it closes.

    Args:
        descriptor: the worker's end of the socket.
        lifeline: read end of a pipe whose write end only the parent holds.
    """
    die_with(lifeline)
    sock = socket.socket(fileno=descriptor)
    try:
        config = wire.read_json(sock, wire.CONFIG)
        sandbox, connection = _enter(config)
    except EOFError:
        return
    except Exception as error:
        with contextlib.suppress(OSError):
            wire.send_json(sock, wire.ERROR, _report(error))
        return
    wire.send_json(sock, wire.READY, {"sandbox": sandbox})
    while True:
        try:
            request = wire.read_json(sock, wire.QUERY)
        except EOFError:
            return
        try:
            wire.send(sock, wire.TAKEN, b"")
            _serve(sock, connection, request, config["threads"])
        except (BrokenPipeError, ConnectionResetError):
            return
        except Exception as error:
            wire.send_json(sock, wire.ERROR, _report(error))


def die_with(lifeline: int) -> None:
    """Have the kernel end this process the moment the write end of a pipe is closed.

    A thread that waits for the end of the pipe would need the interpreter lock, and PR_SET_PDEATHSIG
    fires when the *thread* that started the worker ends, so neither is dependable. A signal on hang-up
    is: nothing is ever written to the pipe, and the default of SIGIO is to end the process, whatever it
    is doing.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:  # closed before the signal was set up
        os._exit(0)


def _enter(config: dict[str, Any]) -> tuple[list[str], duckdb.DuckDBPyConnection]:
    for name in ("numpy", "pandas", "polars"):
        sys.modules[name] = None  # type: ignore[assignment]  # neither needed nor worth their start-up time
    import duckdb  # noqa: F401  # before the sandbox closes its files
    import pyarrow as pa

    pa.set_cpu_count(1)
    database = Path(config["database"])
    granted = [Path(p) for p in config["granted"]]
    spill = [Path(config["spill"])] if config["spill"] else []
    _limit_resources(config["memory_mb"], config["spill_mb"])
    sandbox = _confine([database, *granted, *_SYSTEM_READ], spill)
    if "files" not in sandbox and config["require_landlock"]:
        raise SandboxError("Landlock is required and this kernel has none")
    return sandbox, _connect(database, granted, config)


class SandboxError(Exception):
    """The sandbox is weaker than was asked for."""


def _confine(read: list[Path], write: list[Path]) -> list[str]:
    """Have the kernel take away what is not needed; return what it enforces."""
    threads = Path("/proc/self/task")
    if threads.is_dir() and len(list(threads.iterdir())) != 1:
        raise SandboxError("a thread exists that the sandbox would not cover")
    enforced: list[str] = []
    if landlock.abi() > 0:
        enforced += landlock.restrict(read, write)
    if seccomp.available():
        seccomp.restrict()
        enforced.append("syscalls")
    return enforced


def _limit_resources(memory_mb: int, spill_mb: int) -> None:
    page = resource.getpagesize()
    with contextlib.suppress(FileNotFoundError):  # systems without /proc have no working limits either
        fields = Path("/proc/self/statm").read_text().split()
        size, resident, data = (int(fields[n]) * page for n in (0, 1, 5))
        allowed = memory_mb * 1024 * 1024
        # What is private and writable is what a query can fill: less what is resident already, and less the
        # pages of libraries that will still be touched. Allocators reserve more addresses than they use, so
        # the limit on all of them is a wider second net.
        more = allowed - resident - _LIBRARY_BYTES
        resource.setrlimit(resource.RLIMIT_DATA, (data + more, data + more))
        resource.setrlimit(resource.RLIMIT_AS, (size + more + _RESERVED, size + more + _RESERVED))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (spill_mb * 1024 * 1024, spill_mb * 1024 * 1024))
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))


def _connect(database: Path, granted: list[Path], config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    import duckdb

    settings = {
        "threads": config["threads"],
        "async_threads": 1,
        "memory_limit": f"{max(64, config['memory_mb'] * 3 // 4 - 64)}MiB",
        "autoload_known_extensions": False,
        "autoinstall_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
        "python_enable_replacements": False,
    }
    visible = config["visible"]
    connection = (
        _filtered(duckdb.connect(":memory:", config=settings), database, visible)
        if visible
        else duckdb.connect(str(database), read_only=True, config=settings)
    )
    with contextlib.suppress(duckdb.Error):  # a time zone DuckDB does not know
        connection.execute(f"SET TimeZone = {_quote(config['timezone'])}")
    connection.execute(f"SET temp_directory = {_quote(config['spill'])}")
    if config["spill"]:
        connection.execute(f"SET max_temp_directory_size = '{config['spill_mb']}MiB'")
    files = [_quote(str(p)) for p in granted if not p.is_dir()]
    folders = [_quote(str(p)) for p in granted if p.is_dir()]
    connection.execute(f"SET allowed_paths = [{', '.join(files)}]")
    connection.execute(f"SET allowed_directories = [{', '.join(folders)}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _filtered(
    connection: duckdb.DuckDBPyConnection, database: Path, visible: list[Any]
) -> duckdb.DuckDBPyConnection:
    """Show the tables through views that leave the hidden columns out.

    SQL that names a hidden column, expands a star over it or asks for a whole row then meets nothing. The
    database itself is attached under a name the gate lets nobody use.
    """
    connection.execute(f"ATTACH {_quote(str(database))} AS {_ATTACHED} (READ_ONLY)")
    connection.execute("CREATE SCHEMA source")
    for table, columns in visible:
        for schema in ("main", "source"):
            name = f"{schema}.{_identifier(table)}"
            present = {
                row[0]
                for row in connection.execute(
                    "SELECT column_name FROM duckdb_columns() "
                    "WHERE database_name = ? AND schema_name = ? AND table_name = ?",
                    [_ATTACHED, schema, table],
                ).fetchall()
            }
            shown = ", ".join(_identifier(c) for c in columns if c in present)
            if shown:
                connection.execute(f"CREATE VIEW {name} AS SELECT {shown} FROM {_ATTACHED}.{name}")
    return connection


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


# ---------------------------------------------------------------- one query


def _serve(
    sock: socket.socket, connection: duckdb.DuckDBPyConnection, request: dict[str, Any], threads: int
) -> None:
    used = math.ceil(time_used())
    soft = used + math.ceil(request["seconds"]) * threads + 2
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
    params = [wire.decode_value(p) for p in request["params"]]
    # A cursor of its own: nothing one query leaves behind on its connection is seen by the next.
    with connection.cursor() as cursor:
        relation = cursor.sql(request["sql"], params=params or None)
        if relation is None:
            raise ValueError("the statement returns no rows")
        reader = _presentable(relation).to_arrow_reader(_BATCH_ROWS)
        truncated = _send_rows(sock, reader, request["rows"], request["bytes"])
    wire.send_json(sock, wire.END, {"truncated": truncated})


def time_used() -> float:
    """CPU seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _presentable(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    as_text = [_needs_text(kind) for kind in relation.types]
    if not any(as_text):
        return relation
    columns = [
        f"{f'CAST(#{i} AS VARCHAR)' if text else f'#{i}'} AS {_identifier(name)}"
        for i, (name, text) in enumerate(zip(relation.columns, as_text, strict=True), start=1)
    ]
    return relation.project(", ".join(columns))


def _needs_text(kind: Any) -> bool:
    """Whether a type is, or holds, one that Arrow cannot carry exactly."""
    if kind.id in _NESTED:
        return any(_needs_text(child) for _, child in kind.children if hasattr(child, "id"))
    return kind.id in _AS_TEXT


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _send_rows(sock: socket.socket, reader: pa.RecordBatchReader, rows: int, size: int) -> bool:
    """Send batches until a limit is reached; True when there was more."""
    waiting: list[pa.RecordBatch] = []
    bulk = 0
    # The first batch leaves at once, so that a stream begins early; the others travel together.
    enough = 0
    truncated = False
    for batch in reader:
        fitting = _fitting(batch, rows, size)
        truncated = fitting < batch.num_rows
        if truncated:
            batch = batch.slice(0, fitting)
        waiting.append(batch)
        bulk += batch.nbytes
        rows -= fitting
        size -= batch.nbytes
        if bulk > enough:
            _send_batches(sock, reader.schema, waiting)
            waiting, bulk, enough = [], 0, _FRAME_BYTES
        if truncated:
            break
    if waiting or not enough:
        _send_batches(sock, reader.schema, waiting)
    return truncated


def _fitting(batch: pa.RecordBatch, rows: int, size: int) -> int:
    """How many rows of a batch stay within both limits."""
    high: int = min(batch.num_rows, rows)
    if batch.slice(0, high).nbytes <= size:
        return high
    low = 0
    while low < high:
        middle = (low + high + 1) // 2
        if batch.slice(0, middle).nbytes <= size:
            low = middle
        else:
            high = middle - 1
    return low


def _send_batches(sock: socket.socket, schema: pa.Schema, batches: list[pa.RecordBatch]) -> None:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            if batch.num_rows:
                writer.write_batch(batch)
    wire.send(sock, wire.DATA, memoryview(sink.getvalue()))


def _report(error: Exception) -> dict[str, str]:
    return {"kind": type(error).__name__, "message": str(error)}


def run() -> None:
    """Entry point of the process: the two descriptors are the last arguments."""
    main(int(sys.argv[-2]), int(sys.argv[-1]))
    # Skips destructors: threads of the engine may still be at work.
    os._exit(0)
