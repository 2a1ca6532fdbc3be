"""nvBench: questions that ask for a chart.

What is compared is the data of the chart (x, y and, where there is one, the colour), from the SQL inside the
reference query run in SQLite over the whole database; the order of bars is of no account. The type of the
chart is compared too and reported apart. Dates in bins "by month" or "by day" may be answered on the calendar
or by month of the year and day of the month, and by the dates themselves where the question does not name the
bins of the reference. Each question is one wording of one chart.

Splits are file names: ``train``, ``dev``, ``ncnet_test``, ``crossdb_test``; ``test`` is ncnet_test.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

from .case import Case, Expected
from .databases import Databases, run
from .files import first_existing, read_records, sample, siblings, tables_folder

_BIN = re.compile(r"\s+BIN\s+(\S+)\s+BY\s+(\w+)\s*$", re.IGNORECASE)
_VQL = re.compile(
    r"Visualize\s+[\w ]+?\s+SELECT\s+(?P<select>.+?)\s+(?P<from>FROM\s.+?)"
    r"(?:\s+GROUP\s+BY\s+(?P<group>.+?))?(?:\s+ORDER\s+BY\s+(?P<order>.+?))?\s*$",
    re.IGNORECASE | re.DOTALL,
)
# Units of bins, each with the other way to read it.
_UNITS = {
    "year": ("year",),
    "month": ("month", "year-month"),
    "day": ("day", "date"),
    "weekday": ("weekday",),
}


def load(
    data: Path, scratch: Path, split: str, limit: int | None, seed: int
) -> tuple[list[Case], dict[str, int]]:
    """The cases of a split, and what was left out and why."""
    name = "ncnet_test" if split == "test" else split
    records = read_records(first_existing(data, f"{name}.jsonl", f"{name}.json"))
    questions = [(r, i) for r in records for i, text in enumerate(r["nl"]) if len(text.split()) > 2]
    databases = Databases([*siblings(data, "spider"), *siblings(data, "nvbench")], scratch)
    mains = _MainTables(data, scratch)
    skipped: Counter[str] = Counter()
    cases: list[Case] = []
    for record, index in sample(questions, None if limit is None else 3 * limit, seed):
        if limit is not None and len(cases) == limit:
            break
        database = databases.path(record["db_id"]) or mains.database(record)
        if database is None:
            skipped["whose database is missing"] += 1
            continue
        try:
            expected = _expected(record, database, record["nl"][index])
        except (sqlite3.Error, ValueError):
            skipped["with a reference query that cannot be run"] += 1
            continue
        if not expected:
            skipped["with an empty reference chart"] += 1
            continue
        cases.append(
            Case(
                id=f"{record['id']}#{index}",
                sources=(str(database),),
                question=record["nl"][index],
                language="en",
                kind=record["chart"].lower(),
                expected=expected,
                chart=record["chart"],
                note=record["vql"],
            )
        )
    return cases, dict(skipped)


def _expected(record: dict[str, Any], database: Path, question: str) -> tuple[Expected, ...]:
    wanted = []
    queries = data_queries(record["vql"], record["chart"])
    binned = _BIN.search(record["vql"])
    if binned and binned[2].lower() not in question.lower():  # the question does not say which bins it means
        queries += data_queries(record["vql"], record["chart"], binned=False)
    for sql in queries:
        names, rows = run(database, sql)
        rows = [row for row in rows if row[0] is not None] or rows
        if rows and any(row[0] is not None for row in rows):
            wanted.append(Expected(columns=tuple(str(i) for i in range(len(names))), rows=tuple(rows)))
    return tuple(wanted)


def data_queries(vql: str, chart: str, *, binned: bool = True) -> list[str]:
    """SQL for the data of a chart, one for each way to read its bins.

    Args:
        vql: the reference query.
        chart: the chart type it asks for.
        binned: False groups by the dates themselves instead of the bins of the query.

    Raises:
        ValueError: the query is not of the known form.
    """
    bins = _BIN.search(vql)
    found = _VQL.fullmatch(vql[: bins.start()] if bins else vql)
    if found is None:
        raise ValueError(f"not a query of the known form: {vql}")
    x, y = _split(found["select"])
    groups = _split(found["group"]) if found["group"] else []
    colour = next((g for g in groups if not _same_column(g, x)), None)
    grouped = chart.lower().startswith(("stacked", "grouping")) and colour is not None
    units: list[str | None] = [None]
    if bins and binned:
        if bins[2].lower() not in _UNITS:
            raise ValueError(f"unknown bin: {bins[2]}")
        units = list(_UNITS[bins[2].lower()])
    queries = []
    for unit in units:
        shown = x if unit is None else f"bin_of({x}, '{unit}')"
        columns = [shown, y, *([colour] if grouped else [])]
        by = [shown, *([colour] if grouped else [])] if bins else groups
        if grouped and not bins and _is_aggregate(y) and not _is_aggregate(x):
            by = [x, colour]
        if grouped and not _is_aggregate(y):
            by = []
        tail = f" GROUP BY {', '.join(by)}" if by else ""
        queries.append(f"SELECT {', '.join(columns)} {found['from']}{tail}")
    return queries


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    return [*parts, text[start:].strip()]


def _same_column(one: str, other: str) -> bool:
    return one.split(".")[-1].lower() == other.split(".")[-1].lower()


def _is_aggregate(text: str) -> bool:
    return bool(re.match(r"(count|sum|avg|min|max)\s*\(", text, re.IGNORECASE))


class _MainTables:
    """Databases of one table, from the table a chart was drawn from, where the whole database is missing."""

    def __init__(self, data: Path, scratch: Path) -> None:
        self._scratch = scratch / "main"
        self._data = data
        self._tables: dict[tuple[str, str], dict[str, Any]] | None = None

    def database(self, record: dict[str, Any]) -> Path | None:
        if self._tables is None:
            try:
                file = first_existing(tables_folder(self._data, "tables.jsonl"), "tables.jsonl")
            except FileNotFoundError:
                self._tables = {}
            else:
                self._tables = {(t["db_id"], t["table"].lower()): t for t in read_records(file)}
        table = self._tables.get((record["db_id"], str(record["main_table"]).lower()))
        if table is None:
            return None
        path = self._scratch / record["db_id"] / f"{table['table']}.sqlite"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            types = table.get("ncnet_types", {})
            columns = ", ".join(
                f'"{c}" {"NUMERIC" if types.get(c.lower()) == "numeric" else "TEXT"}'
                for c in table["columns"]
            )
            marks = ", ".join("?" * len(table["columns"]))
            connection = sqlite3.connect(path)
            with connection:
                connection.execute(f'CREATE TABLE "{table["table"]}" ({columns})')
                rows = [[None if v == "None" else v for v in row] for row in table["rows"]]
                connection.executemany(f'INSERT INTO "{table["table"]}" VALUES ({marks})', rows)
            connection.close()
        return path
