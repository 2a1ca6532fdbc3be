"""Total rows at the end of a table: they would be counted twice by every sum."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from datalect.data.load.base import Loading
from datalect.data.load.rejects import Rejected
from datalect.data.model import Problem
from datalect.data.quoting import identifier, relation

_LAST_ROWS = 3
_MOST_COLUMNS = 500
_TOTAL = re.compile(
    r"(?:grand |sub)?-?\s?totals?:?|sum:?|all|overall|"
    r"合计|总计|小计|共计|总和|汇总|总数|合計|總計|小計|总 ?计|合 ?计",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Total rows found.

    Attributes:
        rejected: rows proven to be sums of the others, which were taken out of the table.
        problems: rows that only look like totals, and stay.
    """

    rejected: tuple[Rejected, ...] = ()
    problems: tuple[Problem, ...] = ()


def set_totals_aside(loading: Loading, name: str, columns: list[str], rows: int) -> Totals:
    """Take a last row out of ``source."<name>"`` when it is called a total and holds the sums, or nothing.

    A row that holds other numbers stays, with a word of warning.
    """
    if rows < 3 or len(columns) > _MOST_COLUMNS:
        return Totals()
    table = relation("source", name)
    last = loading.connection.execute(
        f"SELECT rowid, * FROM {table} ORDER BY rowid DESC LIMIT {_LAST_ROWS}"
    ).fetchall()
    for row in last:
        label = next((cell for cell in row[1:] if cell is not None), None)
        if not isinstance(label, str) or not _TOTAL.fullmatch(label.strip()):
            continue
        text = ", ".join("" if cell is None else str(cell) for cell in row[1:])
        reason = ""
        if sum(cell is not None for cell in row[1:]) == 1 and len(columns) > 2:
            reason = "a total without figures"  # formulas that were never computed
        elif _sums_up(loading, table, columns, row):
            reason = "the sum of the other rows"
        if reason:
            loading.connection.execute(f"DELETE FROM {table} WHERE rowid = ?", [row[0]])
            return Totals(rejected=(Rejected(0, text, reason, kind="total_rows"),))
        return Totals(
            problems=(
                Problem(
                    kind="total_row",
                    severity="warning",
                    message="One of the last rows looks like a total of the others; it stays in the table.",
                    count=1,
                    examples=(text[:200],),
                ),
            )
        )
    return Totals()


def _sums_up(loading: Loading, table: str, columns: list[str], row: tuple[Any, ...]) -> bool:
    numeric = [
        (column, float(cell))
        for column, cell in zip(columns, row[1:], strict=True)
        if isinstance(cell, int | float) and not isinstance(cell, bool | date) and cell != 0
    ]
    if not numeric:
        return False
    terms = ", ".join(f"sum({identifier(column)})" for column, _ in numeric)
    sums = loading.row(f"SELECT {terms} FROM {table} WHERE rowid <> ?", (row[0],))
    return any(
        found is not None and abs(float(found) - said) <= max(1e-9 * abs(said), 0.0051)
        for found, (_, said) in zip(sums, numeric, strict=True)
    )
