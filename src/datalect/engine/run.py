"""A person's SQL, through the gate and then through the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datalect.engine.duckdb import DuckDBEngine
from datalect.engine.gate import gate

if TYPE_CHECKING:
    from datalect.data.model import Workspace
    from datalect.engine.base import Engine, Limits, QueryResult


def run_sql(
    workspace: Workspace, sql: str, limits: Limits | None = None, *, engine: Engine | None = None
) -> QueryResult:
    """Run one SELECT that a person or a model wrote.

    Args:
        workspace: the tables it may read.
        sql: the text as typed.
        limits: what it may use.
        engine: runs it; without one, an engine is started for this call and closed after it.

    Raises:
        GateError: the gate does not let it through.
        RefusedError: it fails while running.
        LimitError: it hits a limit.
    """
    query = gate(sql, workspace.catalog)
    if engine is not None:
        return engine.execute(query, limits)
    with DuckDBEngine(workspace, limits, workers=1) as own:
        return own.execute(query)
