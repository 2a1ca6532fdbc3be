"""NL4DV's example queries: how often Datalect uses the same columns.

The recorded output is what the rule-based NL4DV tool answered, not a human's judgement, so this is agreement
between two programs and no accuracy: "right" means that the plan uses exactly the recorded columns. Two of
the files carry columns that a person wrote down. Only opening questions of dialogues are asked. Splits are
names of query files without their ending; ``dev`` and ``all`` mean all of them.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from .case import Case
from .files import Unpacker, read_text, sample


def load(
    data: Path, scratch: Path, split: str, limit: int | None, seed: int
) -> tuple[list[Case], dict[str, int]]:
    """The cases of a split, and what was left out and why."""
    unpacker = Unpacker(data, scratch)
    skipped: Counter[str] = Counter()
    cases: list[Case] = []
    files = [f for f in sorted((data / "queries").glob("*.tsv*")) if split in ("dev", "all", _stem(f))]
    if not files:
        raise FileNotFoundError(f"{data / 'queries'} holds no file {split}.tsv")
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    for file in files:
        for number, raw in enumerate(csv.DictReader(io.StringIO(read_text(file)), delimiter="\t")):
            record = {str(key).lower(): value for key, value in raw.items()}
            if record.get("query_id") not in (None, "0"):
                skipped["that follow up on another"] += 1
                continue
            table = _table(data, record.get("datafile") or record.get("data_file") or "")
            attributes = _attributes(record)
            if table is None or not attributes:
                skipped["whose table or columns are missing"] += 1
                continue
            cases.append(
                Case(
                    id=f"{_stem(file)}-{number}",
                    sources=(unpacker.path(table),),
                    question=record["query"],
                    language="en",
                    kind=_stem(file),
                    attributes=attributes,
                    tasks=frozenset(_first_visualisation(record).get("tasks", ())),
                )
            )
    return sample(cases, limit, seed), dict(skipped)


def _stem(file: Path) -> str:
    return file.name.split(".")[0]


def _table(data: Path, name: str) -> str | None:
    for candidate in (f"data/{name}", f"data/{name}.xz"):
        if name and (data / candidate).is_file():
            return candidate
    return None


def _attributes(record: dict[str, Any]) -> frozenset[str]:
    if record.get("attributes"):
        return frozenset(a.strip() for a in record["attributes"].split(",") if a.strip())
    return frozenset(_first_visualisation(record).get("attributes", ()))


def _first_visualisation(record: dict[str, Any]) -> dict[str, Any]:
    text = record.get("output") or ""
    try:
        output = json.loads(text)
    except ValueError:
        try:
            output = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return {}
    shown = output.get("visList") or [] if isinstance(output, dict) else []
    return dict(shown[0]) if shown else {}
