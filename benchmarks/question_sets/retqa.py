"""RETQA: Chinese questions over Chinese tables of the real-estate trade.

The tables a question names are opened, one to three at a time: finding them among 4,932 is another task. The
recorded result of the reference SQL is what is expected; as it writes several results into one column with
UNION, repeated rows and the order of rows are of no account. Where several are compared ("which of the two
has more"), the winner alone is right, and so are all of them with the winner first.
"""

from __future__ import annotations

import ast
import csv
import re
import sqlite3
from pathlib import Path
from typing import Any

from .case import Case, Expected
from .files import first_existing, read_records, sample, tables_folder

_FILES = {"dev": "validation.jsonl"}


def load(
    data: Path, scratch: Path, split: str, limit: int | None, seed: int
) -> tuple[list[Case], dict[str, int]]:
    """The cases of a split (``dev`` is validation.jsonl), and what was left out and why."""
    records = read_records(first_existing(data, _FILES.get(split, f"{split}.jsonl")))
    folder = tables_folder(data, "tables.jsonl")
    tables = {t["table"]: t for t in read_records(first_existing(folder, "tables.jsonl"))}
    numbered = [(i, r, _names(r["table_caption_label"])) for i, r in enumerate(records)]
    kept = [(i, r, names) for i, r, names in numbered if all(n in tables for n in names)]
    skipped = {"whose table is missing": len(records) - len(kept)}
    cases = []
    for index, record, names in sample(kept, limit, seed):
        sources = tuple(str(_write(tables[n], scratch)) for n in sorted(set(names)))
        cases.append(
            Case(
                id=f"{split}-{index}",
                sources=sources,
                question=record["query"],
                language="zh",
                kind=record["intent"],
                expected=_expected(record, [tables[n] for n in names]),
                note=record["SQL"],
            )
        )
    return cases, {why: count for why, count in skipped.items() if count}


def _names(label: Any) -> list[str]:
    if isinstance(label, str) and label.startswith("["):
        label = ast.literal_eval(label)
    return [label] if isinstance(label, str) else list(label)


# "Which of the two has more": the reference names the winner alone.
_WHICH = re.compile(r"SELECT .+? IN \(.+?\) ORDER BY .+?( LIMIT 1;?)\s*$", re.IGNORECASE | re.DOTALL)


def _expected(record: dict[str, Any], tables: list[dict[str, Any]]) -> tuple[Expected, ...]:
    rows = tuple(tuple(row) for row in record["SQL_result"])
    columns = tuple(str(i) for i in range(len(rows[0]) if rows else 1))
    wanted = [Expected(columns=columns, rows=rows, distinct=True)]
    which = _WHICH.match(record["SQL"])
    if which and len(rows) == 1 and "UNION" not in record["SQL"]:
        everyone = _run(record["SQL"][: which.start(1)], tables)
        if everyone and everyone[0] == rows[0]:  # the winner first, then those it was compared with
            wanted.append(Expected(columns=columns, rows=tuple(everyone), ordered=True))
    return tuple(wanted)


def _run(sql: str, tables: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(":memory:")
    try:
        for table in tables:
            columns = ", ".join(f'"{c}" NUMERIC' for c in table["columns"])
            connection.execute(f'CREATE TABLE IF NOT EXISTS "{table["table"]}" ({columns})')
            marks = ", ".join("?" * len(table["columns"]))
            connection.executemany(f'INSERT INTO "{table["table"]}" VALUES ({marks})', table["rows"])
        return connection.execute(sql).fetchall()
    except sqlite3.Error:
        return []
    finally:
        connection.close()


def _write(table: dict[str, Any], scratch: Path) -> Path:
    path = scratch / "retqa" / f"{table['table'].replace('/', '_')}.csv"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([table["columns"], *table["rows"]])
    return path
