"""SQLite databases, read with the standard library and streamed in batches.

SQLite columns hold values of any type whatever they were declared as, so the types are concluded from the
values: one scan counts what each column really holds.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalect.data.load.arrow import store_arrow
from datalect.data.load.base import LoadedTable, Loading
from datalect.data.load.relations import Relation, load_relations, wanted_relations
from datalect.data.load.shape import check_width
from datalect.data.model import Problem
from datalect.errors import SourceError

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH_ROWS = 20_000
_VIEW_SECONDS = 60.0
_KINDS = ("integer", "real", "text", "blob")
_COLUMNS_AT_ONCE = 100
_DATE = "[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]"
_TIME = "[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    name: str
    declared: str
    counts: dict[str, int]
    empty: int
    dates: int
    times: int
    flags: int


def load_sqlite(loading: Loading, path: Path, label: str, wanted: str) -> list[LoadedTable]:
    """Read the tables and views of a SQLite database, with their declared keys.

    Args:
        loading: what to work with.
        path: the database.
        label: what to call it in messages.
        wanted: the one table to read, or "" for all.

    Raises:
        SourceError: it is damaged, or has no such table.
    """
    connection = _open(path, label)
    try:
        relations = [_described(connection, name, kind) for name, kind in _names(connection)]
        chosen = wanted_relations(loading, relations, wanted, label)
        return load_relations(
            loading,
            chosen,
            label,
            lambda relation, name: _load_one(loading, connection, relation, name, label),
        )
    except sqlite3.DatabaseError as error:
        raise _damaged(label, error) from error
    finally:
        connection.close()


def _open(path: Path, label: str) -> sqlite3.Connection:
    """Open read-only; without the write-ahead log where its folder cannot be written."""
    error: Exception | None = None
    for options in "mode=ro", "mode=ro&immutable=1":
        try:
            connection = sqlite3.connect(
                f"{path.resolve().as_uri()}?{options}", uri=True, check_same_thread=False
            )
            connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            connection.execute("PRAGMA query_only = ON")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.DatabaseError as found:
            error = found
        else:
            return connection
    raise _damaged(label, error)


def _damaged(label: str, error: Exception | None) -> SourceError:
    return SourceError(
        f"{label} is damaged and cannot be read.",
        expected="a complete SQLite database",
        received=str(error)[:200],
        next_step="copy it again, or mend it with `sqlite3 FILE .recover`",
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _names(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    rows = connection.execute(
        "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') "
        "AND substr(name, 1, 7) <> 'sqlite_' ORDER BY type, rowid"
    ).fetchall()
    return [(str(name), str(kind)) for name, kind in rows]


def _described(connection: sqlite3.Connection, name: str, kind: str) -> Relation:
    """Declared keys and foreign keys of a table."""
    if kind == "view":
        return Relation(name=name, view=True)
    info = connection.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
    primary = tuple(row[1] for row in sorted((r for r in info if r[5]), key=lambda r: r[5]))
    keys = [primary] if primary else []
    for index in connection.execute(f"PRAGMA index_list({_quoted(name)})").fetchall():
        partial = len(index) > 4 and index[4]
        if not index[2] or partial:
            continue
        parts = [row[2] for row in connection.execute(f"PRAGMA index_info({_quoted(index[1])})").fetchall()]
        if parts and None not in parts and tuple(parts) not in keys:
            keys.append(tuple(parts))
    foreign: dict[int, list[tuple[int, str, str, str | None]]] = {}
    for row in connection.execute(f"PRAGMA foreign_key_list({_quoted(name)})").fetchall():
        foreign.setdefault(row[0], []).append((row[1], row[3], row[2], row[4]))
    links = []
    for group in foreign.values():
        group.sort()
        columns = tuple(column for _, column, _, _ in group)
        targets = tuple(target for *_, target in group if target is not None)
        links.append((columns, group[0][2], targets if len(targets) == len(columns) else ()))
    return Relation(name=name, keys=tuple(keys), foreign_keys=tuple(links))


# ------------------------------------------------------------------------------------------------ one table


def _load_one(
    loading: Loading, connection: sqlite3.Connection, relation: Relation, name: str, label: str
) -> LoadedTable:
    deadline = time.monotonic() + _VIEW_SECONDS
    if relation.view:
        # A view of a hostile file may never end.
        connection.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)
    try:
        columns = _columns(loading, connection, relation.name, label)
        fields, problems = _fields(columns)
        reader = _reader(connection, relation.name, columns, fields)
        return store_arrow(loading, reader, name, f"{label}::{relation.name}", tuple(problems))
    finally:
        connection.set_progress_handler(None, 0)


def _columns(loading: Loading, connection: sqlite3.Connection, table: str, label: str) -> list[_Column]:
    info = connection.execute(f"PRAGMA table_xinfo({_quoted(table)})").fetchall()
    names = [(row[1], (row[2] or "").upper()) for row in info if row[6] != 1]
    check_width(loading, len(names), f"{label}::{table}")
    columns = []
    for start in range(0, len(names), _COLUMNS_AT_ONCE):
        some = names[start : start + _COLUMNS_AT_ONCE]
        terms = []
        for name, _ in some:
            q = _quoted(name)
            terms += [f"sum(typeof({q}) = '{kind}')" for kind in _KINDS]
            terms.append(f"sum(typeof({q}) = 'text' AND trim({q}) = '')")
            terms.append(f"sum(typeof({q}) = 'text' AND {q} GLOB '{_DATE}' AND date({q}) = {q})")
            terms.append(
                f"sum(typeof({q}) = 'text' AND (length({q}) = 19 AND {q} GLOB '{_DATE}[ T]{_TIME}' "
                f"OR length({q}) = 23 AND {q} GLOB '{_DATE}[ T]{_TIME}.[0-9][0-9][0-9]') "
                f"AND date({q}) = substr({q}, 1, 10))"
            )
            terms.append(f"sum({q} IN (0, 1))")
        row = connection.execute(f"SELECT {', '.join(terms)} FROM {_quoted(table)}").fetchone()
        for position, (name, declared) in enumerate(some):
            figures = [int(v or 0) for v in row[position * 8 : position * 8 + 8]]
            columns.append(
                _Column(
                    name=name,
                    declared=declared,
                    counts=dict(zip(_KINDS, figures[:4], strict=True)),
                    empty=figures[4],
                    dates=figures[5],
                    times=figures[6],
                    flags=figures[7],
                )
            )
    return columns


def _fields(columns: list[_Column]) -> tuple[list[pa.Field], list[Problem]]:
    import pyarrow as pa

    fields, problems = [], []
    for column in columns:
        kind, problem = _type(column)
        fields.append(pa.field(column.name, kind))
        if problem is not None:
            problems.append(problem)
    return fields, problems


def _type(column: _Column) -> tuple[Any, Problem | None]:
    """The Arrow type that holds what the column holds, and what to tell about it."""
    import pyarrow as pa

    counts = column.counts
    filled = sum(counts.values())
    texts = counts["text"] - column.empty
    numbers = counts["integer"] + counts["real"]
    declared_time = re.search(r"DATE|TIME", column.declared) is not None
    if filled == 0:
        return _declared_type(column.declared), None
    if counts["blob"]:
        return (pa.binary(), None) if counts["blob"] == filled else (pa.string(), _mixed(column))
    if numbers and not texts:
        problem = None
        if column.empty:
            problem = Problem(
                kind="empty_text",
                severity="info",
                message="Empty texts among the numbers are taken as missing.",
                count=column.empty,
                column=column.name,
            )
        if counts["real"]:
            return pa.float64(), problem
        flag = column.declared.startswith("BOOL") and column.flags == counts["integer"]
        return (pa.bool_() if flag else pa.int64()), problem
    if numbers:
        return pa.string(), _mixed(column)
    if texts and declared_time and column.dates == texts and not column.empty:
        return pa.date32(), None
    if texts and declared_time and column.dates + column.times == texts and not column.empty:
        return pa.timestamp("us"), None
    return pa.string(), None


def _declared_type(declared: str) -> Any:
    import pyarrow as pa

    if "INT" in declared:
        return pa.int64()
    return pa.float64() if re.search(r"REAL|FLOA|DOUB|NUMERIC|DECIMAL", declared) else pa.string()


def _mixed(column: _Column) -> Problem:
    held = ", ".join(f"{n:,} {kind}" for kind, n in column.counts.items() if n)
    return Problem(
        kind="mixed_types",
        severity="info",
        message=f"The column holds values of several types ({held}) and is kept as text.",
        count=sum(column.counts.values()),
        column=column.name,
    )


def _reader(
    connection: sqlite3.Connection, table: str, columns: list[_Column], fields: list[pa.Field]
) -> pa.RecordBatchReader:
    import pyarrow as pa

    schema = pa.schema(fields)
    selected = ", ".join(_quoted(column.name) for column in columns)

    def batches() -> Iterator[pa.RecordBatch]:
        cursor = connection.execute(f"SELECT {selected} FROM {_quoted(table)}")
        while rows := cursor.fetchmany(_BATCH_ROWS):
            arrays = [
                pa.array(_cells(cells, field.type), field.type)
                for cells, field in zip(zip(*rows, strict=True), fields, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _cells(cells: tuple[Any, ...], kind: Any) -> list[Any]:
    import pyarrow as pa

    if pa.types.is_string(kind):
        return [None if c is None else c if isinstance(c, str) else _text(c) for c in cells]
    if pa.types.is_binary(kind):
        return list(cells)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return [None if c is None else _moment(c, date_only=pa.types.is_date(kind)) for c in cells]
    if pa.types.is_boolean(kind):
        return [None if c is None or isinstance(c, str) else bool(c) for c in cells]
    return [None if isinstance(c, str) else c for c in cells]


def _text(value: Any) -> str:
    return "\\x" + value.hex() if isinstance(value, bytes) else str(value)


def _moment(text: str, *, date_only: bool) -> Any:
    from datetime import date, datetime

    return date.fromisoformat(text) if date_only else datetime.fromisoformat(text)
