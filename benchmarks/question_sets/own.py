"""Our own questions: ``own.jsonl``, with their expected results computed by SQL of our own.

The SQL runs in plain DuckDB (or, for SQLite files, in SQLite itself) over tables read here, so nothing of
Datalect takes part in the expectation. ``python benchmarks/questions.py --set own --recompute`` runs all of
it again and says where a stored result differs.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .case import Case, Expected
from .compare import matches
from .files import Unpacker, read_records, sample

if TYPE_CHECKING:
    import duckdb

FILE = Path(__file__).with_name("own.jsonl")
MAX_STORED_ROWS = 60


def split_of(identifier: str) -> str:
    """dev or test, by the hash of the id: half each, fixed for good. Questions written later are ``hard``."""
    return "test" if hashlib.sha256(identifier.encode()).digest()[0] % 2 else "dev"


def records(path: Path = FILE) -> list[dict[str, Any]]:
    """The lines of the set."""
    return read_records(path)


def load(unpacker: Unpacker, split: str, limit: int | None = None, seed: int = 0) -> list[Case]:
    """The questions of a split (``dev``, ``test``, ``hard`` or ``all``), at most ``limit`` of them."""
    cases = []
    for record in sample([r for r in records() if split in ("all", r["split"])], limit, seed):
        sources = tuple(unpacker.path(name) for name in record["tables"])
        known = [record["expected"], *record["alternatives"]] if record["status"] == "answered" else []
        cases.append(
            Case(
                id=record["id"],
                sources=sources,
                question=record["question"],
                language=record["lang"],
                kind=record["kind"],
                status=record["status"],
                expected=tuple(_expected(e, sources) for e in known),
                note=record.get("note", ""),
            )
        )
    return cases


def _expected(stored: dict[str, Any], sources: tuple[str, ...]) -> Expected:
    rows = stored["rows"]
    if stored["row_count"] > len(rows):  # only the first rows are stored: compute the rest
        _, rows = execute(stored["sql"], sources)
        if digest(rows) != stored["digest"]:
            raise ValueError(f"the stored digest does not fit the result of: {stored['sql']}")
    return Expected(
        columns=tuple(stored["columns"]),
        rows=tuple(tuple(row) for row in rows),
        ordered=stored.get("ordered", False),
        order_by=stored.get("order_by", ""),
        percent=frozenset(stored.get("percent", ())),
        optional=frozenset(stored.get("optional", ())),
        distinct=stored.get("distinct", False),
    )


def store(wanted: dict[str, Any], sources: tuple[str, ...]) -> dict[str, Any]:
    """An expectation (``sql`` and flags) with the result of its SQL filled in."""
    columns, rows = execute(wanted["sql"], sources)
    done: dict[str, Any] = {"columns": columns, "rows": rows[:5], "row_count": len(rows)}
    if len(rows) <= MAX_STORED_ROWS:
        done["rows"] = rows
    else:
        done["digest"] = digest(rows)
    flags = ("ordered", "order_by", "percent", "optional", "distinct", "sql")
    return done | {key: wanted[key] for key in flags if wanted.get(key)}


def differing(unpacker: Unpacker) -> list[str]:
    """Ids of the questions whose SQL no longer gives the stored result."""
    found = []
    for record in records():
        if record["status"] != "answered":
            continue
        sources = tuple(unpacker.path(name) for name in record["tables"])
        for stored in (record["expected"], *record["alternatives"]):
            columns, rows = execute(stored["sql"], sources)
            exact = Expected(columns=tuple(stored["columns"]), rows=tuple(map(tuple, stored["rows"])))
            complete = stored["row_count"] == len(stored["rows"])
            if (
                columns != stored["columns"]
                or len(rows) != stored["row_count"]
                or (complete and not matches(exact, rows, len(columns)))
                or (not complete and digest(rows) != stored["digest"])
            ):
                found.append(record["id"])
    return found


def digest(rows: list[list[Any]]) -> str:
    """A fingerprint of a result that forgives the last digits of floating-point sums."""
    shown = [[f"{v:.9g}" if isinstance(v, float) else v for v in row] for row in rows]
    lines = sorted(json.dumps(row, ensure_ascii=False) for row in shown)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def execute(sql: str, sources: tuple[str, ...]) -> tuple[list[str], list[list[Any]]]:
    """Run SQL over the sources, each table under the stem of its file."""
    if len(sources) == 1 and sources[0].endswith(".sqlite"):
        connection = sqlite3.connect(f"file:{sources[0]}?mode=ro", uri=True)
        try:
            cursor = connection.execute(sql)
            return [c[0] for c in cursor.description], [[_plain(v) for v in r] for r in cursor.fetchall()]
        finally:
            connection.close()
    result = _connection(sources).execute(sql)
    return [c[0] for c in result.description], [[_plain(v) for v in r] for r in result.fetchall()]


_open: dict[tuple[str, ...], duckdb.DuckDBPyConnection] = {}


def _connection(sources: tuple[str, ...]) -> duckdb.DuckDBPyConnection:
    import duckdb

    if sources not in _open:
        _open.clear()  # one at a time keeps memory small: questions over the same tables stand together
        connection = duckdb.connect(config={"threads": 2})
        for source in sources:
            name = Path(source).name.split(".")[0]
            kind = Path(source).suffix
            reader = {
                ".csv": "read_csv(?, sample_size = -1)",
                ".json": "read_json(?, sample_size = -1)",
                ".parquet": "read_parquet(?)",
            }[kind]
            connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM {reader}', [_utf8(source)])
            for column, kind in connection.execute(
                f"SELECT name, type FROM pragma_table_info('{name}')"
            ).fetchall():
                if kind == "JSON":  # values of mixed types: their text
                    connection.execute(
                        f'ALTER TABLE "{name}" ALTER "{column}" TYPE VARCHAR USING "{column}" ->> \'$\''
                    )
        _open[sources] = connection
    return _open[sources]


def _utf8(source: str) -> str:
    """The same file, or a copy in UTF-8 where the name says that it is in GBK, which DuckDB does not read."""
    if ".gbk." not in source:
        return source
    import tempfile

    with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False, encoding="utf-8") as file:
        file.write(Path(source).read_text(encoding="gbk"))
    return file.name


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value
