"""Reads the corpus of sentences: real results with what may and may not be said about them."""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from datalect.answer.facts import facts_of
from datalect.answer.ground import FactSet
from datalect.data.model import (
    Additivity,
    Catalog,
    Column,
    ColumnProfile,
    Grain,
    Meaning,
    SemanticType,
    Table,
)
from datalect.plan.check import check
from datalect.plan.checked import CheckedPlan
from datalect.plan.model import Plan

FOLDER = Path(__file__).parent / "corpus"


def _column(table: str, rows: int, given: dict[str, Any]) -> Column:
    meaning = Meaning(
        type=SemanticType(given["type"]),
        unit=given.get("unit"),
        currency=given.get("currency"),
        grain=Grain(given["grain"]) if "grain" in given else None,
        additivity=Additivity(given["additivity"]),
    )
    return Column(
        table=table,
        name=given["name"],
        dtype=given["dtype"],
        meaning=meaning,
        profile=ColumnProfile(rows=rows),
        label=given.get("label", ""),
        synonyms=tuple(given.get("synonyms", ())),
    )


@cache
def catalogs() -> dict[str, Catalog]:
    raw = json.loads((FOLDER / "catalogs.json").read_text(encoding="utf-8"))
    return {
        name: Catalog(
            tables=tuple(
                Table(
                    name=t["name"],
                    rows=t["rows"],
                    columns=tuple(_column(t["name"], t["rows"], c) for c in t["columns"]),
                )
                for t in tables
            )
        )
        for name, tables in raw.items()
    }


@cache
def cases() -> dict[str, dict[str, Any]]:
    return json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))


def _typed(cell: Any, kind: str) -> Any:
    if cell is None:
        return None
    if kind.startswith("timestamp"):
        return datetime.fromisoformat(cell)
    if kind.startswith("date"):
        return date.fromisoformat(cell[:10])
    return cell


def table_of(case: dict[str, Any]) -> pa.Table:
    names = list(case["types"])
    columns = [[_typed(row[i], case["types"][n]) for row in case["rows"]] for i, n in enumerate(names)]
    return pa.table(dict(zip(names, columns, strict=True)))


@cache
def checked_of(name: str) -> CheckedPlan:
    case = cases()[name]
    return check(Plan.model_validate(case["plan"]), catalogs()[case["catalog"]])


@cache
def facts(name: str) -> FactSet:
    case = cases()[name]
    return facts_of(checked_of(name), table_of(case), case["coverage"])


def sentences(file: str) -> list[dict[str, Any]]:
    lines = (FOLDER / file).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]
