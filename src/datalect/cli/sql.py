"""``datalect sql``: a person's own SELECT, through the gate and the sandbox."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

from datalect.cli.options import SourceOptions, Word, texts
from datalect.cli.show import grid, note, out, out_json
from datalect.errors import UsageError

_SHOWN = 50


def sql(
    *words: Annotated[Word, Parameter(name="SOURCE... SQL", show=True)],
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    csv: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    sources: SourceOptions = SourceOptions(),  # noqa: B008 - frozen: nobody can change the default
) -> int:
    """Run your own SELECT over the tables, read-only and sandboxed.

    A table is named after its file: sales.csv is sales. The dialect is DuckDB's.

    For example:

      datalect sql sales.csv "SELECT region, sum(amount) FROM sales GROUP BY 1"
      datalect sql a.parquet b.csv "SELECT * FROM a JOIN b USING (customer_id)"
      datalect sql sales.csv "SELECT * FROM sales" --csv > copy.csv
      datalect sql sales.csv "SELECT * FROM sales" --json --limit-rows 10

    Parameters
    ----------
    words
        Tables (files, folders, database addresses, - for standard input), then one SELECT in quotes.
    json
        Print one JSON object with columns, rows, row_count and truncated.
    csv
        Print the result as CSV; cells that a spreadsheet would run as formulas are quoted.
    """
    if len(words) < 2:
        raise UsageError(
            "A table or the SQL text is missing.",
            expected='SOURCE... "SELECT ..."',
            received=" ".join(texts(words)) or "nothing",
            next_step='datalect sql sales.csv "SELECT count(*) FROM sales"',
        )
    if json and csv:
        raise UsageError("--json and --csv exclude each other.", next_step="Give one of them.")
    *tables, text = texts(words)
    with sources.open(tables) as data:
        result = data.sql(text)
    columns = list(result.table.column_names)
    rows = _rows(result.table)
    if json:
        out_json({"columns": columns, "rows": rows, "row_count": len(rows), "truncated": result.truncated})
        return 0
    if csv:
        _write_csv(columns, rows)
    else:
        out(grid(columns, rows[:_SHOWN]))
        if len(rows) > _SHOWN:
            out(f"… {len(rows) - _SHOWN:,} more rows; --csv or --json prints them all")
    if result.truncated:
        note(f"Cut after {len(rows):,} rows; --limit-rows raises the limit.")
    return 0


def _rows(table: object) -> list[list[object]]:
    """Rows in order; columns of the same name stay apart."""
    import pyarrow as pa

    from datalect.engine.cells import plain_columns

    if not isinstance(table, pa.Table):
        raise TypeError("the engine returns Arrow tables")
    columns = plain_columns(table)
    return [list(row) for row in zip(*columns, strict=True)]


def _write_csv(columns: list[str], rows: list[list[object]]) -> None:
    import csv

    from datalect.answer.jsonable import jsonable
    from datalect.answer.safetext import inert_cell

    def text(value: object) -> object:
        if value is None:
            return ""
        if isinstance(value, str):
            return inert_cell(value)
        plain = jsonable(value)
        return plain if isinstance(plain, int | float | str) else str(plain)

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([inert_cell(column) for column in columns])
    writer.writerows([text(value) for value in row] for row in rows)
