"""Worker processes as the parent sees them: start, ask, kill, replace."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datalect.engine import wire
from datalect.errors import DatalectError, LimitError, SourceError

# Seconds a worker may take from its start until it is ready, on a busy machine.
_START_SECONDS = 60.0
# Packages are entered as bare namespaces, so that the worker runs no `__init__` of the application.
_BOOT = (
    "import sys,types\n"
    "home,*paths=sys.argv[1].split('\\n')\n"
    "sys.path[:0]=paths\n"
    "for name,path in (('datalect',home),('datalect.engine',home+'/engine')):\n"
    "    module=types.ModuleType(name);module.__path__=[path];sys.modules[name]=module\n"
    "from datalect.engine.worker import run\n"
    "run()\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """What a worker is started with.

    Attributes:
        database: DuckDB file it opens read-only.
        granted: other files and folders it may read.
        memory_mb: MiB of memory it may use.
        threads: threads it computes with.
        timezone: name of the time zone of local times.
        require_landlock: refuse to work without Landlock.
    """

    database: Path
    granted: tuple[Path, ...] = ()
    memory_mb: int = 2048
    threads: int = 2
    timezone: str = "UTC"
    require_landlock: bool = False
    hidden: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As the worker reads it."""
        return {
            "database": str(self.database),
            "granted": [str(p) for p in self.granted],
            "memory_mb": self.memory_mb,
            "threads": self.threads,
            "timezone": self.timezone,
            "require_landlock": self.require_landlock,
        }


class WorkerGoneError(Exception):
    """The worker ended without an answer."""


class Worker:
    """One worker process. Used by one thread at a time."""

    def __init__(self, config: WorkerConfig) -> None:
        self.config = config
        self.sandbox: tuple[str, ...] | None = None
        self._sock, theirs = socket.socketpair()
        lifeline_read, self._lifeline = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and our own code
                [
                    sys.executable, "-I", "-S", "-c", _BOOT, "\n".join(_import_paths()),
                    str(theirs.fileno()), str(lifeline_read),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={
                    "MALLOC_ARENA_MAX": "2",
                    "ARROW_DEFAULT_MEMORY_POOL": "system",
                    # Its background thread would exist before Landlock and so escape it.
                    "JE_ARROW_MALLOC_CONF": "background_thread:false",
                },
                cwd="/",
                pass_fds=(theirs.fileno(), lifeline_read),
                start_new_session=True,
            )  # fmt: skip
        except BaseException:
            self._sock.close()
            os.close(self._lifeline)
            raise
        finally:
            theirs.close()
            os.close(lifeline_read)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self._sock.setsockopt(socket.SOL_SOCKET, option, 1 << 20)
        with contextlib.suppress(OSError):  # it died already: `ready` reports that
            wire.send_json(self._sock, wire.CONFIG, config.to_json())

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def ready(self) -> tuple[str, ...]:
        """Wait until the worker is ready and return what its sandbox enforces.

        Raises:
            SourceError: the database cannot be opened.
            DatalectError: the worker cannot start.
        """
        if self.sandbox is not None:
            return self.sandbox
        try:
            kind, payload = self.receive(_START_SECONDS)
        except (WorkerGoneError, TimeoutError) as error:
            self.kill()
            raise DatalectError(
                "The process that runs queries did not start.",
                next_step="Check that the machine has free memory and that this Python installation is complete.",
            ) from error
        report = json.loads(payload)
        if kind == wire.ERROR:
            self.kill()
            if report["kind"] == "RuntimeError":
                raise DatalectError(
                    "Queries are not run because the sandbox is not complete.",
                    received=report["message"],
                    next_step="Use a Linux kernel with Landlock (5.13 or later), or do not require it.",
                )
            raise SourceError(
                f"The workspace {self.config.database.name} cannot be opened.",
                received=report["message"].splitlines()[0],
                next_step="Open the sources again; if the file is damaged, delete it first.",
            )
        self.sandbox = tuple(report["sandbox"])
        return self.sandbox

    def send(self, request: dict[str, Any]) -> None:
        """Send a query.

        Raises:
            WorkerGoneError: the worker ended.
        """
        try:
            self._sock.settimeout(None)
            wire.send_json(self._sock, wire.QUERY, request)
        except OSError as error:
            raise WorkerGoneError from error

    def receive(self, seconds: float, largest: int = 1 << 20) -> tuple[bytes, bytearray]:
        """Receive one frame.

        Raises:
            TimeoutError: it did not come in time.
            WorkerGoneError: the worker ended.
        """
        deadline = time.monotonic() + seconds
        try:
            return wire.receive(self._sock, largest, deadline)
        except TimeoutError:
            raise
        except (EOFError, OSError, ValueError) as error:
            raise WorkerGoneError from error

    def kill(self) -> None:
        """End the process now. Harmless when it has ended."""
        self._process.kill()
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        self._process.wait()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None


def _import_paths() -> list[str]:
    """The package's folder, then the folders that hold the worker's two dependencies."""
    paths = [str(Path(__file__).resolve().parent.parent)]
    for name in ("duckdb", "pyarrow"):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise DatalectError(f"The package {name} is not installed.", next_step=f"pip install {name}")
        folder = str(Path(spec.origin).parent.parent)
        if folder not in paths:
            paths.append(folder)
    return paths


@dataclass(slots=True)
class _State:
    idle: deque[Worker] = field(default_factory=deque)
    busy: set[Worker] = field(default_factory=set)
    waiting: int = 0
    closed: bool = False


class Pool:
    """A few workers that are kept warm, and a queue in front of them that has an end.

    Args:
        config: what every worker is started with.
        workers: how many may run at once. They are started when first needed.
        queue: how many callers may wait for one.
    """

    def __init__(self, config: WorkerConfig, *, workers: int, queue: int = 64) -> None:
        self.config = config
        self._workers = workers
        self._queue = queue
        self._state = _State()
        self._changed = threading.Condition()
        self._owner = os.getpid()
        self._finalizer = weakref.finalize(self, _end, self._state, self._owner)

    def acquire(self, memory_mb: int, patience: float) -> Worker:
        """Take a worker that is ready.

        Args:
            memory_mb: memory limit it must have been started with.
            patience: seconds to wait for a free one.

        Raises:
            LimitError: all are busy and the queue is full or did not move in time.
        """
        deadline = time.monotonic() + patience
        with self._changed:
            self._check_open()
            state = self._state
            if state.waiting >= self._queue:
                raise _busy(state.waiting, patience)
            state.waiting += 1
            try:
                while not state.idle and len(state.busy) >= self._workers:
                    if not self._changed.wait(deadline - time.monotonic()):
                        raise _busy(state.waiting, patience)
                    self._check_open()
            finally:
                state.waiting -= 1
            worker = self._take(memory_mb)
            state.busy.add(worker)
        try:
            worker.ready()
        except BaseException:
            self.discard(worker, replace=False)
            raise
        return worker

    def _take(self, memory_mb: int) -> Worker:
        idle = self._state.idle
        for worker in list(idle):
            if not worker.alive:
                idle.remove(worker)
                worker.kill()
            elif worker.config.memory_mb == memory_mb:
                idle.remove(worker)
                return worker
        if idle and len(idle) + len(self._state.busy) >= self._workers:
            idle.popleft().kill()
        return self._start(memory_mb)

    def _start(self, memory_mb: int) -> Worker:
        from dataclasses import replace

        return Worker(replace(self.config, memory_mb=memory_mb))

    def release(self, worker: Worker) -> None:
        """Give back a worker that has answered."""
        with self._changed:
            self._state.busy.discard(worker)
            if self._state.closed:
                worker.kill()
            else:
                self._state.idle.append(worker)
            self._changed.notify()

    def discard(self, worker: Worker, *, replace: bool = True) -> None:
        """End a worker and start its replacement, which gets ready while the caller goes on."""
        worker.kill()
        with self._changed:
            self._state.busy.discard(worker)
            if replace and not self._state.closed:
                self._state.idle.append(self._start(worker.config.memory_mb))
            self._changed.notify()

    def warm(self) -> None:
        """Start one worker now, without waiting for it, so that the first query finds it ready."""
        with self._changed:
            self._check_open()
            if not self._state.idle and not self._state.busy:
                self._state.idle.append(self._start(self.config.memory_mb))

    def close(self) -> None:
        """End all workers. Calling it twice is harmless."""
        with self._changed:
            self._finalizer()
            self._changed.notify_all()

    def _check_open(self) -> None:
        if self._state.closed:
            raise DatalectError("The engine is closed.", next_step="Open the sources again.")
        if os.getpid() != self._owner:
            # A forked child shares the sockets of its parent's workers: it must never talk to them.
            self._state = _State()
            self._owner = os.getpid()
            self._finalizer = weakref.finalize(self, _end, self._state, self._owner)


def _end(state: _State, owner: int) -> None:
    if os.getpid() != owner:
        return
    state.closed = True
    for worker in [*state.idle, *state.busy]:
        worker.kill()
    state.idle.clear()


def _busy(waiting: int, patience: float) -> LimitError:
    return LimitError(
        "All query workers are busy.",
        limit="queue",
        received=f"{waiting} queries waiting",
        next_step=f"Try again in about {max(1, round(patience / 2))} seconds.",
    )
