"""The embedded engine: DuckDB in sandboxed worker processes."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from datalect.engine import landlock, wire
from datalect.engine.base import Limits, Query, QueryResult
from datalect.engine.gate import punctuation_hint
from datalect.engine.messages import clean_message
from datalect.engine.pool import Pool
from datalect.engine.process import Worker, WorkerConfig, WorkerGoneError, signal_name
from datalect.errors import DatalectError, LimitError, RefusedError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from datalect.data.model import Catalog, Workspace

# Room for one batch's framing on top of the bytes a query may return.
_SLACK = 16 * 1024 * 1024
# Less leaves DuckDB no room for the simplest query.
_LEAST_MEMORY_MB = 128


# Idle workers that may turn out to be dead before one query.
_TRIES = 5


class SandboxWarning(UserWarning):
    """The sandbox of the query workers is weaker than it could be."""


class Cancellation:
    """Lets another thread end a query, such as the one that notices that a client has gone.

    Pass it to `DuckDBEngine.execute` or `stream`; the worker is killed at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stop: Callable[[], None] | None = None
        self.cancelled = False

    def cancel(self) -> None:
        """End the query, or keep it from starting. Calling it again, or too late, is harmless."""
        with self._lock:
            self.cancelled = True
            if self._stop is not None:
                self._stop()

    def attach(self, stop: Callable[[], None] | None) -> None:
        """Say how to end the query that runs now; None when none does."""
        with self._lock:
            self._stop = stop
            if self.cancelled and stop is not None:
                stop()


class DuckDBEngine:
    """Runs queries over a workspace in worker processes that can read nothing else.

    Safe to use from several threads. Workers start when the first query needs them. After a fork, the
    child starts workers of its own.

    Args:
        workspace: the tables.
        limits: what one query may use, unless a call says otherwise.
        workers: processes that may run at once.
        threads: threads of one worker; None takes the cores of this machine, at most 8.
        queue: callers that may wait for a worker; one more meets a `LimitError` with ``retry_after``. A
        caller
            waits as long as its query may run.
        spill_mb: MiB of disk one worker may use for intermediate results larger than its memory; 0 keeps
        everything
            in memory and lets the worker write nothing at all.
        require_landlock: refuse to run where the kernel has no Landlock; None reads the environment variable
            ``DATALECT_REQUIRE_LANDLOCK`` (``1`` requires it).
    """

    name = "duckdb"

    def __init__(
        self,
        workspace: Workspace,
        limits: Limits | None = None,
        workers: int = 2,
        *,
        threads: int | None = None,
        queue: int = 64,
        spill_mb: int = 0,
        require_landlock: bool | None = None,
    ) -> None:
        self.limits = limits if limits is not None else Limits()
        if require_landlock is None:
            require_landlock = os.environ.get("DATALECT_REQUIRE_LANDLOCK", "") == "1"
        self._paths = (workspace.database, *workspace.granted)
        self._pool = Pool(
            WorkerConfig(
                database=str(workspace.database.resolve()),
                granted=tuple(str(p.resolve()) for p in workspace.granted),
                memory_mb=self.limits.memory_mb,
                threads=threads if threads is not None else min(os.cpu_count() or 1, 8),
                timezone=_local_timezone(),
                spill_mb=spill_mb,
                visible=_visible(workspace.catalog),
                require_landlock=require_landlock,
            ),
            workers=workers,
            queue=queue,
        )

    @property
    def sandbox(self) -> str:
        """``full`` where Landlock confines the workers, else ``partial``."""
        return "full" if landlock.abi() > 0 else "partial"

    def warm(self) -> None:
        """Start a worker now without waiting for it, when a query is sure to come."""
        self._pool.warm()

    @property
    def worker_pids(self) -> tuple[int, ...]:
        """Process ids of the workers that run, for monitoring."""
        return self._pool.pids

    def execute(
        self, query: Query, limits: Limits | None = None, *, cancellation: Cancellation | None = None
    ) -> QueryResult:
        """Run a query and return all of its (possibly cut) result.

        Raises:
            LimitError: time or memory ran out, or too many queries wait.
            RefusedError: the SQL fails, or the query was cancelled.
        """
        import pyarrow as pa

        start = time.perf_counter()
        run = _Run(self, query, limits or self.limits, cancellation)
        with run.session():
            batches = list(run.batches())
        table = pa.Table.from_batches(batches)
        return QueryResult(table=table, truncated=run.truncated, seconds=time.perf_counter() - start)

    @contextmanager
    def stream(
        self, query: Query, limits: Limits | None = None, *, cancellation: Cancellation | None = None
    ) -> Iterator[Iterator[pa.RecordBatch]]:
        """Run a query and hand out Arrow batches as they come; leaving the block cancels the rest.

        The time limit counts the seconds spent waiting for the worker, not those of the reader. A result
        without rows is one batch without rows: it tells the columns.

        Raises:
            LimitError: time or memory ran out, or too many queries wait.
            RefusedError: the SQL fails, or the query was cancelled.
        """
        run = _Run(self, query, limits or self.limits, cancellation)
        with run.session():
            yield run.batches()

    def close(self) -> None:
        """End all worker processes. Calling it twice is harmless."""
        self._pool.close()

    def __enter__(self) -> DuckDBEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Run:
    """One query on its way through a worker."""

    def __init__(
        self, engine: DuckDBEngine, query: Query, limits: Limits, cancellation: Cancellation | None
    ) -> None:
        self._engine = engine
        self._query = query
        self._limits = limits
        self._cancellation = cancellation or Cancellation()
        self._worker: Worker | None = None
        self._reusable = False
        self.truncated = False

    @contextmanager
    def session(self) -> Iterator[None]:
        pool = self._engine._pool
        if self._limits.memory_mb < _LEAST_MEMORY_MB:
            raise UsageError(
                "The memory limit is too small for any query.",
                expected=f"at least {_LEAST_MEMORY_MB} MiB",
                received=f"{self._limits.memory_mb} MiB",
            )
        request = {
            "sql": self._query.sql,
            "params": [_encoded(p) for p in self._query.params],
            "rows": self._limits.rows,
            "bytes": self._limits.bytes,
            "seconds": self._limits.seconds,
        }
        worker = self._worker = self._sent(pool, request)
        try:
            self._cancellation.attach(worker.stop)
            yield
        finally:
            self._cancellation.attach(None)
            if self._reusable and not self._cancellation.cancelled:
                pool.release(worker)
            else:
                pool.discard(worker)

    def _sent(self, pool: Pool, request: dict[str, Any]) -> Worker:
        """A worker that has taken the request. One that died while it was idle is passed over."""
        for _ in range(_TRIES):
            worker = pool.acquire(self._limits.memory_mb, self._limits.seconds)
            try:
                _warn_once(worker.sandbox or ())
                worker.send(request, self._limits.seconds)
            except WorkerGoneError:
                pool.discard(worker, replace=False)
            except BaseException:
                pool.discard(worker)
                raise
            else:
                return worker
        raise self._gone(0)

    def batches(self) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        worker = self._worker
        if worker is None or self._reusable:
            return
        left = self._limits.seconds
        while True:
            waiting_since = time.monotonic()
            try:
                kind, payload = worker.receive(left, self._limits.bytes + _SLACK)
            except TimeoutError:
                raise self._out_of_time() from None
            except WorkerGoneError as error:
                raise self._gone(error.ended_by) from None
            left -= time.monotonic() - waiting_since
            if kind == wire.DATA:
                with pa.ipc.open_stream(pa.py_buffer(payload)) as reader:
                    batches = list(reader)
                    yield from batches or [_no_rows(reader.schema)]
                continue
            report = json.loads(payload)
            if kind == wire.END:
                self._reusable = True
                self.truncated = report["truncated"]
                return
            raise self._error(report["kind"], report["message"])

    # ---- errors

    def _out_of_time(self) -> LimitError:
        return LimitError(
            "The query took longer than it may.",
            limit="time",
            expected=f"at most {self._limits.seconds:g} seconds",
            next_step="Ask for less (fewer rows, a filter, a smaller join), or raise the time limit.",
        )

    def _out_of_memory(self) -> LimitError:
        return LimitError(
            "The query needs more memory than it may use.",
            limit="memory",
            expected=f"at most {self._limits.memory_mb} MiB",
            next_step="Ask for less (fewer rows or columns, a filter first), or raise the memory limit.",
        )

    def _gone(self, ended_by: int) -> DatalectError:
        if self._cancellation.cancelled:
            return RefusedError("The query was cancelled.")
        if self._engine._pool.closed:
            return DatalectError("The engine was closed while the query ran.")
        if ended_by == signal.SIGXCPU:
            return self._out_of_time()
        if ended_by in (
            0,
            signal.SIGKILL,
            signal.SIGABRT,
        ):  # the kernel's and the allocator's way of saying no
            return self._out_of_memory()
        return RefusedError(
            "The query crashed its worker process, which has been replaced.",
            received=signal_name(ended_by),
            next_step="A source file may be damaged: check it, or leave out the tables that come from it.",
        )

    def _error(self, kind: str, message: str) -> DatalectError:
        if kind in ("OutOfMemoryException", "MemoryError", "ArrowMemoryError") or "Out of Memory" in message:
            return self._out_of_memory()
        # The worker of an internal error may be damaged; that of an ordinary error is as good as new.
        self._reusable = kind not in ("InternalException", "FatalException", "SystemError")
        return RefusedError(
            "The SQL cannot be run.",
            received=clean_message(message, self._engine._paths),
            next_step="Correct the SQL. `datalect describe` lists the tables and columns."
            + punctuation_hint(self._query.sql),
        )


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    """A batch without rows. ``from_pylist`` would do, but it imports pandas where that is installed."""
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)


def _encoded(value: Any) -> Any:
    try:
        return wire.encode_value(value)
    except TypeError as error:
        raise RefusedError("A parameter cannot be bound.", received=str(error)) from error


_warned = False


def _warn_once(sandbox: tuple[str, ...]) -> None:
    global _warned
    if "files" in sandbox or _warned:
        return
    _warned = True
    warnings.warn(
        "This system has no Landlock (Linux 5.13 or later): queries still run in a separate, read-only "
        "process with locked settings and resource limits, but the kernel does not confine what that process "
        "may open. "
        "Set DATALECT_REQUIRE_LANDLOCK=1 to refuse to run like this.",
        SandboxWarning,
        stacklevel=4,
    )


def _local_timezone() -> str:
    """Name of the local time zone, for `now()` and friends; ``UTC`` where it cannot be told."""
    name = os.environ.get("TZ", "").removeprefix(":")
    if not name:
        target = os.path.realpath("/etc/localtime")
        name = target.partition("zoneinfo/")[2]
    return name if re.fullmatch(r"[A-Za-z]+(?:[/_+-][A-Za-z0-9_+-]+)*", name) else "UTC"


def _visible(catalog: Catalog) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """For each table the columns that are not hidden; nothing when no column is.

    The text a hidden column was converted from is as hidden as the column.
    """
    if not any(c.hidden for t in catalog.tables for c in t.columns):
        return ()
    tables = []
    for table in catalog.tables:
        hidden = {c.name for c in table.columns if c.hidden}
        hidden |= {c.conversion.original for c in table.columns if c.hidden and c.conversion is not None}
        tables.append((table.name, tuple(c.name for c in table.columns if c.name not in hidden)))
    return tuple(tables)
