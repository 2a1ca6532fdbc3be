"""How a report asks the table: queries through the sandboxed engine, plans compiled once, a bounded sample.

Every figure of a report comes from here, so the number of queries and what failed are known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from datalect.data.model import Catalog, Column, Table
from datalect.data.profile import kind_of
from datalect.data.quoting import identifier, relation
from datalect.engine.base import Limits, Query
from datalect.engine.cells import plain_rows
from datalect.errors import LimitError, PlanError, RefusedError

if TYPE_CHECKING:
    import pyarrow as pa

    from datalect.data.values import ValueIndex
    from datalect.engine.base import Engine
    from datalect.plan.model import Plan

SAMPLE_ROWS = 50_000
SAMPLE_CELLS = 4_000_000  # a wide table gives fewer rows, so that the sample stays bounded in columns as well
LEAST_ROWS = 4_000
TEXT_SHOWN = 400  # characters of a text that are looked at
_SEED = 42


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """What a plan returned: plain rows in order, and the SQL that ran."""

    rows: tuple[dict[str, Any], ...]
    sql: str
    plan: Plan


@dataclass(slots=True)
class TableReader:
    """Asks one table.

    Attributes:
        catalog: what is known about all tables.
        table: the table reported on.
        engine: what runs the queries.
        values: finds stored values, for the checker of plans.
        limits: what one query may use.
        sample_rows: rows of the sample; by the width of the table when None.
        queries: queries run so far.
        failures: what could not be computed within the limits, in plain words.
    """

    catalog: Catalog
    table: Table
    engine: Engine
    values: ValueIndex | None
    limits: Limits
    sample_rows: int | None = None
    queries: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The table as SQL names it."""
        return relation("main", self.table.name)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns a report may speak of."""
        return tuple(c for c in self.table.columns if not c.hidden)

    def arrow(self, sql: str, params: tuple[Any, ...] = ()) -> pa.Table:
        """Run SQL and return Arrow."""
        self.queries += 1
        return self.engine.execute(Query(sql=sql, params=params), self.limits).table

    def rows(self, sql: str, params: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        """Run SQL and return plain rows."""
        return plain_rows(self.arrow(sql, params))

    def try_rows(self, sql: str, params: tuple[Any, ...] = (), what: str = "") -> list[dict[str, Any]] | None:
        """As ``rows``; None, and a note, where a limit was hit or the engine refused."""
        try:
            return self.rows(sql, params)
        except (LimitError, RefusedError) as error:
            self.failures.append(f"{what or 'a query'}: {error.what}")
            return None

    def run(self, plan: dict[str, Any], *, quiet: bool = False) -> PlanResult | None:
        """Check, compile and run a plan given as JSON data; None (and, unless quiet, a note) if it fails."""
        return self._planned(plan, execute=True, quiet=quiet)

    def stated(self, plan: dict[str, Any]) -> PlanResult | None:
        """As ``run`` without running it: for what the catalog has already proven. The result has no rows."""
        return self._planned(plan, execute=False)

    def _planned(self, plan: dict[str, Any], *, execute: bool, quiet: bool = False) -> PlanResult | None:
        from datalect.plan.check import check
        from datalect.plan.compile import compile_plan
        from datalect.plan.model import Plan

        rows: tuple[dict[str, Any], ...] = ()
        try:
            checked = check(Plan.model_validate({"from": self.table.name, **plan}), self.catalog, self.values)
            compiled = compile_plan(checked)
            if execute:
                self.queries += 1
                rows = tuple(plain_rows(self.engine.execute(compiled.query, self.limits).table))
        except (LimitError, RefusedError, PlanError, ValueError) as error:
            if not quiet:
                self.failures.append(f"a figure could not be counted: {getattr(error, 'what', error)}")
            return None
        return PlanResult(rows=rows, sql=compiled.display_sql, plan=checked.plan)

    def sample(self, columns: tuple[Column, ...]) -> pa.Table:
        """Rows taken at random, the same ones every time; all rows of a small table.

        Texts are cut after ``TEXT_SHOWN`` characters; nested values are left out.
        """
        wanted = self.sample_rows or sample_size(len(columns))
        parts = [p for c in columns if (p := _expression(c)) is not None]
        if not parts or self.table.rows == 0:
            import pyarrow as pa

            return pa.table({})
        taken = f"FROM {self.name}"
        if self.table.rows > wanted:
            taken += f" USING SAMPLE reservoir({wanted} ROWS) REPEATABLE ({_SEED})"
        return self.arrow(f"SELECT {', '.join(parts)} {taken}")


def sample_size(columns: int) -> int:
    """Rows of the sample for a number of columns."""
    return max(LEAST_ROWS, min(SAMPLE_ROWS, SAMPLE_CELLS // max(columns, 1)))


def _expression(column: Column) -> str | None:
    name, kind = identifier(column.name), kind_of(column.dtype)
    if kind in ("nested", "interval"):
        return None
    if kind == "text":
        return f"left({name}::VARCHAR, {TEXT_SHOWN}) AS {name}"
    if kind == "uuid" or kind == "zoned":
        return f"{name}::VARCHAR AS {name}" if kind == "uuid" else f"{name}::TIMESTAMP AS {name}"
    if kind == "float" and column.dtype.upper().startswith("DECIMAL"):
        return f"{name}::DOUBLE AS {name}"
    if column.dtype.upper() in ("HUGEINT", "UHUGEINT"):
        return f"{name}::DOUBLE AS {name}"
    return name
