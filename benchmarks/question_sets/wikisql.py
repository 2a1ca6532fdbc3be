"""WikiSQL: questions over one small table each.

The official dev and test parts came without their tables, so they cannot be run. Splits here:

- ``train`` and ``dev``: the questions of ``train.jsonl`` whose table is there, parted by the table's id
  (one table in ten is dev);
- ``test``: ``exec_test.jsonl``, questions over further tables;
- any other name: the file of that name.

The recorded answer is the expected result. Look-ups compare sets of values. Cells were lower-cased and taken
apart at punctuation by those who published the tables, hence questions and cells are written differently.
"""

from __future__ import annotations

import csv
import hashlib
import re
from pathlib import Path
from typing import Any

from .case import Case, Expected
from .files import first_existing, read_records, sample, tables_folder


def load(
    data: Path, scratch: Path, split: str, limit: int | None, seed: int
) -> tuple[list[Case], dict[str, int]]:
    """The cases of a split, and the counts of what was left out and why."""
    if split in ("train", "dev"):
        records = read_records(first_existing(data, "train.jsonl"))
        records = [r for r in records if _bucket(r["table_id"]) == split]
    else:
        records = read_records(first_existing(data, *_files(split)))
    tables = {
        t["id"]: t for t in read_records(first_existing(tables_folder(data, "tables.jsonl"), "tables.jsonl"))
    }
    kept = [r for r in records if r.get("answer") and r["table_id"] in tables]
    skipped = {"without a table or a recorded answer": len(records) - len(kept)}
    cases = [_case(r, tables[r["table_id"]], scratch) for r in sample(kept, limit, seed)]
    return cases, {why: count for why, count in skipped.items() if count}


def _files(split: str) -> tuple[str, ...]:
    return ("exec_test.jsonl", "test.jsonl") if split == "test" else (f"{split}.jsonl", f"{split}.json")


def _bucket(table_id: str) -> str:
    return "dev" if hashlib.sha256(table_id.encode()).digest()[0] % 10 == 0 else "train"


def _case(record: dict[str, Any], table: dict[str, Any], scratch: Path) -> Case:
    aggregate = record["agg"].lower()
    return Case(
        id=record["id"],
        sources=(str(_write(table, scratch)),),
        question=record["question"],
        language="en",
        kind=aggregate or f"look-up, {len(record['conds'])} conditions",
        expected=(
            Expected(
                columns=("answer",),
                rows=tuple((value,) for value in record["answer"]),
                distinct=not aggregate,
            ),
        ),
        note=f"{aggregate.upper()}({record['sel']}) where {record['conds']}",
    )


def _write(table: dict[str, Any], scratch: Path) -> Path:
    """The table as a CSV file named after the page it stands on, as a user would have it."""
    title = re.sub(r"[^\w\- ]+", "", table.get("title") or "").strip()[:60] or "table"
    path = scratch / table["id"] / f"{title}.csv"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([table["header"], *table["rows"]])
    return path
