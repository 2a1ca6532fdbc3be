"""The seam between a query and whatever runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one query may use.

    Attributes:
        seconds: wall-clock seconds before the worker is killed.
        memory_mb: MiB of memory of the worker process.
        rows: rows returned; more are cut and the result says so.
        bytes: bytes of Arrow data returned; more are cut and the result says so.
    """

    seconds: float = 30.0
    memory_mb: int = 2048
    rows: int = 100_000
    bytes: int = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One SELECT in the engine's dialect with its bound parameters (``?`` in order)."""

    sql: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryResult:
    """What a query returned.

    Attributes:
        table: Arrow table, at most ``Limits.rows`` rows.
        truncated: whether rows were cut.
        seconds: wall-clock seconds, measured around the worker.
    """

    table: pa.Table
    truncated: bool
    seconds: float


@runtime_checkable
class Engine(Protocol):
    """Runs queries over the tables of one workspace.

    ``datalect.testing.check_engine`` is the contract. Implementations raise ``LimitError`` when a limit is
    hit, ``RefusedError`` for SQL that fails, and stay usable after either.
    """

    name: str

    def execute(self, query: Query, limits: Limits | None = None) -> QueryResult:
        """Run a query and return all of its (possibly cut) result."""
        ...

    def stream(
        self, query: Query, limits: Limits | None = None
    ) -> AbstractContextManager[Iterator[pa.RecordBatch]]:
        """Run a query and hand out Arrow batches as they come; leaving the block cancels the rest."""
        ...

    def close(self) -> None:
        """End all worker processes. Calling it twice is harmless."""
        ...
