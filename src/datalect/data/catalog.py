"""From loaded tables to a catalog: views with conversions, meanings, profiles, keys, foreign keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from datalect.data.keys import find_foreign_keys, find_keys
from datalect.data.meaning import Evidence, decide_meaning
from datalect.data.model import Catalog, Column, ForeignKey, SemanticType, Table
from datalect.data.profile import figures, profile_columns
from datalect.data.quoting import identifier, relation

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from datalect.data.glossary import Glossary
    from datalect.data.load.base import LoadedTable

SAMPLE = 1_000


def build_catalog(
    connection: DuckDBPyConnection, loaded: Sequence[LoadedTable], glossary: Glossary | None = None
) -> Catalog:
    """Work out what the tables of schema ``source`` mean and make them queryable in schema ``main``.

    Args:
        connection: open, writable connection to the workspace.
        loaded: the tables that exist in schema ``source``.
        glossary: what the user says about them.

    Returns:
        The catalog; ``main.<name>`` exists for each of its tables.
    """
    tables = tuple(_build_table(connection, item) for item in loaded)
    declared: list[ForeignKey] = []
    for item in loaded:
        declared.extend(item.declared_foreign_keys)
    return Catalog(
        tables=tables,
        foreign_keys=find_foreign_keys(connection, tables, declared),
        as_of=_latest(tables, datetime.now()),
    )


def _build_table(connection: DuckDBPyConnection, item: LoadedTable) -> Table:
    source, target = relation("source", item.name), relation("main", item.name)
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    shape = [(str(row[0]), str(row[1])) for row in described]
    selected = ", ".join(
        f"{identifier(n)} AT TIME ZONE 'UTC' AS {identifier(n)}"
        if t == "TIMESTAMP WITH TIME ZONE"
        else identifier(n)
        for n, t in shape
    )
    connection.execute(f"CREATE OR REPLACE VIEW {target} AS SELECT {selected} FROM {source}")
    shape = [(n, "TIMESTAMP" if t == "TIMESTAMP WITH TIME ZONE" else t) for n, t in shape]
    raw = figures(connection, target, shape, item.rows)
    profiles = profile_columns(connection, target, raw)
    sample = connection.execute(f"SELECT * FROM {target} LIMIT {SAMPLE}").fetchall()
    columns = []
    for position, (name, dtype) in enumerate(shape):
        values = [row[position] for row in sample if row[position] is not None]
        profile = profiles[name]
        evidence = Evidence(
            name=name,
            dtype=dtype,
            rows=item.rows,
            filled=item.rows - profile.nulls,
            distinct=profile.distinct,
            minimum=profile.minimum,
            maximum=profile.maximum,
            values=[v for v, _ in profile.values],
            complete=profile.values_complete,
            sample=values,
            siblings=[n for n, _ in shape if n != name],
        )
        columns.append(
            Column(table=item.name, name=name, dtype=dtype, meaning=decide_meaning(evidence), profile=profile)
        )
    return Table(
        name=item.name,
        columns=tuple(columns),
        rows=item.rows,
        source=item.source,
        keys=find_keys(connection, item.name, columns, item.rows, item.declared_keys),
        problems=item.problems,
    )


def _latest(tables: Sequence[Table], now: datetime) -> datetime:
    latest: datetime | None = None
    for table in tables:
        for column in table.columns:
            if column.meaning.type in (SemanticType.DATE, SemanticType.DATETIME):
                moment = _moment(column.profile.maximum)
                if moment is not None and moment <= now and (latest is None or moment > latest):
                    latest = moment
    return latest or now


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else None
