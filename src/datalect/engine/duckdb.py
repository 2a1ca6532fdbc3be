"""The embedded engine: DuckDB in sandboxed worker processes."""

from __future__ import annotations

import json
import os
import re
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalect.engine import landlock, wire
from datalect.engine.base import Limits, Query, QueryResult
from datalect.engine.pool import Pool, Worker, WorkerConfig, WorkerGoneError
from datalect.errors import DatalectError, LimitError, RefusedError

if TYPE_CHECKING:
    import pyarrow as pa

    from datalect.data.model import Workspace

# Room for one batch's framing on top of the bytes a query may return.
_SLACK = 16 * 1024 * 1024


class SandboxWarning(UserWarning):
    """The sandbox of the query workers is weaker than it could be."""


class DuckDBEngine:
    """Runs queries over a workspace in worker processes that can read nothing else.

    Safe to use from several threads. Workers start when the first query needs them.

    Args:
        workspace: the tables.
        limits: what one query may use, unless a call says otherwise.
        workers: processes that may run at once.
        threads: threads of one worker; None takes the cores of this machine, at most 8.
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
        require_landlock: bool | None = None,
    ) -> None:
        self.limits = limits if limits is not None else Limits()
        if require_landlock is None:
            require_landlock = os.environ.get("DATALECT_REQUIRE_LANDLOCK", "") == "1"
        self._paths = (workspace.database, *workspace.granted)
        self._pool = Pool(
            WorkerConfig(
                database=workspace.database.resolve(),
                granted=tuple(p.resolve() for p in workspace.granted),
                memory_mb=self.limits.memory_mb,
                threads=threads if threads is not None else min(os.cpu_count() or 1, 8),
                timezone=_local_timezone(),
                require_landlock=require_landlock,
            ),
            workers=workers,
        )

    @property
    def sandbox(self) -> str:
        """``full`` where Landlock confines the workers, else ``partial``."""
        return "full" if landlock.abi() > 0 else "partial"

    def warm(self) -> None:
        """Start a worker now without waiting for it, when a query is sure to come."""
        self._pool.warm()

    def execute(self, query: Query, limits: Limits | None = None) -> QueryResult:
        """Run a query and return all of its (possibly cut) result.

        Raises:
            LimitError: time or memory ran out, or too many queries wait.
            RefusedError: the SQL fails.
        """
        import pyarrow as pa

        start = time.perf_counter()
        run = _Run(self, query, limits or self.limits)
        with run.session():
            batches = list(run.batches())
        table = pa.Table.from_batches(batches)
        return QueryResult(table=table, truncated=run.truncated, seconds=time.perf_counter() - start)

    @contextmanager
    def stream(self, query: Query, limits: Limits | None = None) -> Iterator[Iterator[pa.RecordBatch]]:
        """Run a query and hand out Arrow batches as they come; leaving the block cancels the rest.

        The time limit counts the seconds spent waiting for the worker, not those of the reader. The first batch
        may hold no rows: it tells the columns.

        Raises:
            LimitError: time or memory ran out, or too many queries wait.
            RefusedError: the SQL fails.
        """
        run = _Run(self, query, limits or self.limits)
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

    def __init__(self, engine: DuckDBEngine, query: Query, limits: Limits) -> None:
        self._engine = engine
        self._query = query
        self._limits = limits
        self._done = False
        self._worker: Worker | None = None
        self.truncated = False

    @contextmanager
    def session(self) -> Iterator[None]:
        pool = self._engine._pool
        request = {
            "sql": self._query.sql,
            "params": [_encoded(p) for p in self._query.params],
            "rows": self._limits.rows,
            "bytes": self._limits.bytes,
            "seconds": self._limits.seconds,
        }
        worker = pool.acquire(self._limits.memory_mb, self._limits.seconds)
        _warn_once(worker.sandbox or ())
        self._worker = worker
        try:
            try:
                worker.send(request)
            except WorkerGoneError as error:
                raise self._gone() from error
            yield
        finally:
            if self._done:
                pool.release(worker)
            else:
                pool.discard(worker)

    def batches(self) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        worker = self._worker
        if worker is None:
            raise DatalectError("The query has not been sent.")
        left = self._limits.seconds
        while True:
            waiting_since = time.monotonic()
            try:
                kind, payload = worker.receive(left, self._limits.bytes + _SLACK)
            except TimeoutError as error:
                raise LimitError(
                    "The query took longer than it may.",
                    limit="time",
                    expected=f"at most {self._limits.seconds:g} seconds",
                    next_step="Ask for less (fewer rows, a filter, a smaller join), or raise the time limit.",
                ) from error
            except WorkerGoneError as error:
                raise self._gone() from error
            left -= time.monotonic() - waiting_since
            if kind == wire.DATA:
                with pa.ipc.open_stream(pa.py_buffer(payload)) as reader:
                    batches = list(reader)
                    yield from batches or [pa.RecordBatch.from_pylist([], schema=reader.schema)]
                continue
            report = json.loads(payload)
            if kind == wire.END:
                self._done = True
                self.truncated = report["truncated"]
                return
            raise self._error(report["kind"], report["message"])

    def _gone(self) -> DatalectError:
        return self._memory_error("The worker ran out of memory or was ended by the system.")

    def _memory_error(self, received: str) -> LimitError:
        return LimitError(
            "The query needs more memory than it may use.",
            limit="memory",
            expected=f"at most {self._limits.memory_mb} MiB",
            received=received,
            next_step="Ask for less (fewer rows or columns, a filter before a join), or raise the memory limit.",
        )

    def _error(self, kind: str, message: str) -> DatalectError:
        if kind in ("OutOfMemoryException", "MemoryError", "ArrowMemoryError") or "Out of Memory" in message:
            return self._memory_error("out of memory")
        # The worker of an internal error may be damaged; that of an ordinary error is as good as new.
        self._done = kind not in ("InternalException", "FatalException", "SystemError")
        return RefusedError(
            "The SQL cannot be run.",
            received=clean_message(message, self._engine._paths),
            next_step="Correct the SQL. `datalect describe` lists the tables and columns.",
        )


def clean_message(message: str, paths: tuple[Path, ...] = ()) -> str:
    """DuckDB's message without the paths of this machine.

    Args:
        message: the message as DuckDB words it.
        paths: files whose full path may occur; their names are kept.
    """
    for path in sorted(paths, key=lambda p: -len(str(p))):
        for form in {str(path), str(path.resolve())}:
            message = message.replace(form, path.name)
    message = re.sub(r"(?<![\w.])(?:/[^/\s'\":]+){2,}", "<path>", message)
    return message.strip()


def _encoded(value: Any) -> Any:
    try:
        return wire.encode_value(value)
    except TypeError as error:
        raise RefusedError("A parameter cannot be bound.", received=str(error)) from error


_warned = False


def _warn_once(sandbox: tuple[str, ...]) -> None:
    global _warned
    if sandbox or _warned:
        return
    _warned = True
    warnings.warn(
        "This system has no Landlock (Linux 5.13 or later): queries still run in a separate, read-only process "
        "with locked settings and resource limits, but the kernel does not confine what that process may open. "
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
