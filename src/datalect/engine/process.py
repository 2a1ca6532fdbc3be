"""One worker process as the parent sees it: start, ask, end."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from datalect.engine import wire
from datalect.engine.messages import clean_message
from datalect.errors import DatalectError, SourceError

# Seconds a worker may take from its start until it is ready, on a busy machine.
_START_SECONDS = 60.0
# Seconds an idle worker may take to say that it has taken a query.
_LISTEN_SECONDS = 5.0
_SPILL_PREFIX = "datalect-spill-"
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
_ENVIRONMENT = {
    # Arenas reserve address space, which the worker has little of.
    "MALLOC_ARENA_MAX": "2",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    # Its background thread would exist before Landlock and so escape it.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """What a worker is started with.

    Attributes:
        database: DuckDB file it opens read-only.
        granted: other files and folders it may read.
        memory_mb: MiB of memory it may use.
        threads: threads it computes with.
        timezone: name of the time zone of local times.
        spill_mb: MiB of disk it may use for intermediate results, in a private folder that goes with it.
        visible: for each table, the columns that can be seen; empty where nothing is hidden.
        require_landlock: refuse to work without Landlock.
    """

    database: str
    granted: tuple[str, ...] = ()
    memory_mb: int = 2048
    threads: int = 2
    timezone: str = "UTC"
    spill_mb: int = 0
    visible: tuple[tuple[str, tuple[str, ...]], ...] = ()
    require_landlock: bool = False


class WorkerGoneError(Exception):
    """The worker ended without an answer.

    Args:
        ended_by: number of the signal that ended it, or 0.
    """

    def __init__(self, ended_by: int = 0) -> None:
        self.ended_by = ended_by
        super().__init__(ended_by)


class Worker:
    """One worker process. Used by one thread at a time, except for `stop`."""

    def __init__(self, config: WorkerConfig) -> None:
        self.config = config
        self.sandbox: tuple[str, ...] | None = None
        self._spill = _spill_folder() if config.spill_mb else ""
        self._sock, theirs = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        descriptors = (theirs.fileno(), lifeline)
        try:
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and our own code
                [sys.executable, "-I", "-S", "-c", _BOOT, _import_paths(), *map(str, descriptors)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                cwd="/",
                pass_fds=descriptors,
                start_new_session=True,  # Ctrl-C is the parent's business
            )
        except BaseException:
            self._close()
            if self._spill:
                shutil.rmtree(self._spill, ignore_errors=True)
            raise
        finally:
            theirs.close()
            os.close(lifeline)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self._sock.setsockopt(socket.SOL_SOCKET, option, 1 << 20)
        with contextlib.suppress(OSError):  # it died already: `ready` reports that
            wire.send_json(self._sock, wire.CONFIG, {**asdict(config), "spill": self._spill})
        _live.add(self)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def ready(self) -> tuple[str, ...]:
        """Wait until the worker is ready and return what its sandbox enforces.

        Raises:
            WorkerGoneError: it ended before it was ready, or does not get ready.
            SourceError: the database cannot be opened.
            DatalectError: the sandbox is not what it must be.
        """
        if self.sandbox is not None:
            return self.sandbox
        try:
            kind, payload = self.receive(_START_SECONDS)
        except TimeoutError:
            raise self._gone() from None
        report = json.loads(payload)
        if kind == wire.ERROR:
            raise _not_started(report["kind"], report["message"], Path(self.config.database))
        self.sandbox = tuple(report["sandbox"])
        return self.sandbox

    def send(self, request: dict[str, Any], seconds: float) -> None:
        """Send a query and see it taken.

        Raises:
            WorkerGoneError: the worker had ended, or does not listen: the query did not run.
        """
        try:
            self._sock.settimeout(max(seconds, _LISTEN_SECONDS))
            wire.send_json(self._sock, wire.QUERY, request)
            kind, _ = self.receive(max(seconds, _LISTEN_SECONDS))
        except OSError as error:  # a TimeoutError is one
            raise self._gone() from error
        if kind != wire.TAKEN:
            raise self._gone()

    def receive(self, seconds: float, largest: int = 1 << 20) -> tuple[bytes, bytearray]:
        """Receive one frame.

        Args:
            seconds: how long to wait for all of it.
            largest: bytes it may have.

        Raises:
            TimeoutError: it did not come in time.
            WorkerGoneError: the worker ended.
        """
        try:
            return wire.receive(self._sock, largest, time.monotonic() + seconds)
        except TimeoutError:
            raise
        except (EOFError, OSError, ValueError) as error:
            raise self._gone() from error

    def _gone(self) -> WorkerGoneError:
        self.stop()
        return WorkerGoneError(-min(0, self._process.wait()))

    def stop(self) -> None:
        """End the process at once. Any thread may call this; whoever waits for an answer sees the end."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def dispose(self) -> None:
        """End the process if it runs and free what belonged to it. May take as long as the kernel needs."""
        self.stop()
        self._close()
        self._process.wait()
        if self._spill:
            shutil.rmtree(self._spill, ignore_errors=True)
        _live.discard(self)

    def abandon(self) -> None:
        """In a forked child: let go of the parent's worker without touching it."""
        self._close()
        self._process.returncode = 0  # not ours to wait for

    def _close(self) -> None:
        self._sock.close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1


def _spill_folder() -> str:
    """A private folder for one worker. What a parent that was killed has left behind is removed first."""
    for old in Path(tempfile.gettempdir()).glob(f"{_SPILL_PREFIX}*-*"):
        owner = old.name.removeprefix(_SPILL_PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            if owner.isdigit() and old.stat().st_uid == os.getuid() and not _runs(int(owner)):
                shutil.rmtree(old, ignore_errors=True)
    return tempfile.mkdtemp(prefix=f"{_SPILL_PREFIX}{os.getpid()}-")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _not_started(kind: str, message: str, database: Path) -> DatalectError:
    if kind == "SandboxError":
        return DatalectError(
            "Queries are not run because the sandbox is not complete.",
            received=message,
            next_step="Use a Linux kernel with Landlock (5.13 or later), or do not require it.",
        )
    return SourceError(
        f"The workspace {database.name} cannot be opened.",
        received=clean_message(message, (database,)).replace("\n", " ")[:300],
        next_step="Open the sources again; if a file is damaged, replace it first.",
    )


def _import_paths() -> str:
    """The package's folder, then the folders that hold the worker's two dependencies, one a line."""
    paths = [str(Path(__file__).resolve().parent.parent)]
    for name in ("duckdb", "pyarrow"):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise DatalectError(f"The package {name} is not installed.", next_step=f"pip install {name}")
        folder = str(Path(spec.origin).parent.parent)
        if folder not in paths:
            paths.append(folder)
    return "\n".join(paths)


def signal_name(number: int) -> str:
    """Name of a signal, such as SIGSEGV."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


# A forked child must not keep the lifelines of its parent's workers open, or they would outlive the parent.
_live: weakref.WeakSet[Worker] = weakref.WeakSet()


def _after_fork() -> None:
    for worker in list(_live):
        worker.abandon()
    _live.clear()


os.register_at_fork(after_in_child=_after_fork)
