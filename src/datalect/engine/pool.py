"""A few warm workers and a queue in front of them that has an end."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
import time
import weakref
from collections import deque
from dataclasses import dataclass, field

from datalect.engine.process import Worker, WorkerConfig, WorkerGoneError
from datalect.errors import DatalectError, LimitError

# How often a worker that dies while it starts is started again.
_STARTS = 3


@dataclass(slots=True)
class _State:
    """What a pool owns. Kept apart from it, so that it can be cleaned up after the pool is gone."""

    owner: int = field(default_factory=os.getpid)
    idle: deque[Worker] = field(default_factory=deque)
    busy: set[Worker] = field(default_factory=set)
    queue: deque[object] = field(default_factory=deque)
    ended: list[Worker] = field(default_factory=list)
    closed: bool = False


class Pool:
    """Hands out workers, one query at a time each.

    Workers are started when first needed. One that was ended is replaced in the background, so that the
    next query finds a warm one.

    Args:
        config: what every worker is started with.
        workers: how many may run at once.
        queue: how many callers may wait for one.
    """

    def __init__(self, config: WorkerConfig, *, workers: int, queue: int) -> None:
        self.config = config
        self._workers = workers
        self._queue = queue
        self._reset()
        _pools.add(self)

    def _reset(self) -> None:
        self._state = _State()
        self._changed = threading.Condition()
        self._refills: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
        self._finalizer = weakref.finalize(self, _end, self._state)

    def acquire(self, memory_mb: int, patience: float) -> Worker:
        """Take a worker that is ready. Callers are served in the order they came.

        Args:
            memory_mb: memory limit it must have been started with.
            patience: seconds to wait for a free one.

        Raises:
            LimitError: the queue is full or did not move in time.
            SourceError: the database cannot be opened.
            DatalectError: the pool is closed, or a worker does not start.
        """
        for _ in range(_STARTS):
            try:
                worker = self._wait_for_one(memory_mb, time.monotonic() + patience, patience)
            except OSError as error:
                raise _not_started(error.strerror or "") from error
            self._reap()
            try:
                worker.ready()
            except WorkerGoneError:
                self.discard(worker, replace=False)
            except BaseException:
                self.discard(worker, replace=False)
                raise
            else:
                return worker
        raise _not_started(f"it ended {_STARTS} times before it was ready")

    def _wait_for_one(self, memory_mb: int, deadline: float, patience: float) -> Worker:
        ticket = object()
        with self._changed:
            state = self._state
            self._check_open()
            if len(state.queue) >= self._queue:
                raise _busy(len(state.queue), patience)
            state.queue.append(ticket)
            try:
                while state.queue[0] is not ticket or len(state.busy) >= self._workers:
                    if not self._changed.wait(deadline - time.monotonic()):
                        raise _busy(len(state.queue), patience)
                    self._check_open()
            finally:
                state.queue.remove(ticket)
                self._changed.notify_all()
            worker = self._take(memory_mb)
            state.busy.add(worker)
        return worker

    def _take(self, memory_mb: int) -> Worker:
        state = self._state
        for worker in list(state.idle):
            if not worker.alive:
                state.idle.remove(worker)
                state.ended.append(worker)
            elif worker.config.memory_mb == memory_mb:
                state.idle.remove(worker)
                return worker
        if len(state.idle) + len(state.busy) >= self._workers:
            unfit = state.idle.popleft()
            unfit.stop()
            state.ended.append(unfit)
        return self._start(memory_mb)

    def _start(self, memory_mb: int) -> Worker:
        return Worker(dataclasses.replace(self.config, memory_mb=memory_mb))

    def release(self, worker: Worker) -> None:
        """Give back a worker that has answered."""
        with self._changed:
            self._state.busy.discard(worker)
            (self._state.ended if self._state.closed else self._state.idle).append(worker)
            self._changed.notify_all()
        if self.closed:
            self._reap()

    def discard(self, worker: Worker, *, replace: bool = True) -> None:
        """End a worker; its replacement gets ready while the caller goes on."""
        worker.stop()
        with self._changed:
            self._state.busy.discard(worker)
            self._state.ended.append(worker)
            self._changed.notify_all()
        if self.closed:
            self._reap()
        elif replace:
            # The kernel may need a while to take back the memory of the old one: nobody waits for that.
            refill = threading.Thread(
                target=self._refill, args=(worker.config.memory_mb,), name="datalect-refill", daemon=True
            )
            self._refills.add(refill)
            refill.start()

    def _refill(self, memory_mb: int) -> None:
        self._reap()
        with self._changed, contextlib.suppress(OSError, RuntimeError):
            state = self._state
            if not state.closed and len(state.idle) + len(state.busy) < self._workers:
                state.idle.append(self._start(memory_mb))

    def _reap(self) -> None:
        while True:
            with self._changed:
                if not self._state.ended:
                    return
                worker = self._state.ended.pop()
            worker.dispose()

    def warm(self) -> None:
        """Start one worker now, without waiting for it, so that the first query finds it ready."""
        with self._changed:
            self._check_open()
            if not self._state.idle and not self._state.busy:
                self._state.idle.append(self._start(self.config.memory_mb))

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._state.closed

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that run, for monitoring."""
        with self._changed:
            return tuple(w.pid for w in (*self._state.idle, *self._state.busy) if w.alive)

    def close(self) -> None:
        """End all workers. Calling it twice is harmless; queries that run are cut off."""
        with self._changed:
            self._state.closed = True
            self._changed.notify_all()
        for refill in list(self._refills):
            refill.join()
        self._finalizer()

    def _check_open(self) -> None:
        if self._state.closed:
            raise DatalectError("The engine is closed.", next_step="Open the sources again.")


def _end(state: _State) -> None:
    if os.getpid() != state.owner:
        return
    state.closed = True
    for worker in state.busy:
        worker.stop()  # the thread that waits for it disposes of it
    for worker in (*state.idle, *state.ended):
        worker.dispose()
    state.idle.clear()
    state.ended.clear()


def _not_started(received: str) -> DatalectError:
    return DatalectError(
        "The process that runs queries does not start.",
        received=received,
        next_step="Check that the machine has free memory and disk, and that this installation is complete.",
    )


def _busy(waiting: int, patience: float) -> LimitError:
    seconds = max(1, round(patience / 2))
    return LimitError(
        "All query workers are busy.",
        limit="queue",
        received=f"{waiting} queries waiting",
        next_step=f"Try again in about {seconds} seconds.",
        retry_after=seconds,
    )


# A forked child starts with an empty pool: the parent's workers and locks are not its own.
_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


def _after_fork() -> None:
    for pool in list(_pools):
        pool._finalizer.detach()
        pool._reset()


os.register_at_fork(after_in_child=_after_fork)
