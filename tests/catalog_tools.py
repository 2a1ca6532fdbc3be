"""Catalogs of small tables built in a real DuckDB, for tests."""

from __future__ import annotations

from pathlib import Path

import duckdb

from datalect.data.catalog import build_catalog
from datalect.data.glossary import Glossary
from datalect.data.load.base import LoadedTable
from datalect.data.model import Catalog
from datalect.data.quoting import identifier, literal


def connection_with(**selects: str) -> duckdb.DuckDBPyConnection:
    """A database with a table in schema ``source`` for each SELECT."""
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA source")
    for name, select in selects.items():
        connection.execute(f"CREATE TABLE source.{identifier(name)} AS {select}")
    return connection


def loaded(connection: duckdb.DuckDBPyConnection, **settings: object) -> list[LoadedTable]:
    """The tables of schema ``source`` as a loader hands them over."""
    names = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'source' ORDER BY ALL"
    ).fetchall()
    return [
        LoadedTable(
            name=name,
            rows=connection.execute(f"SELECT count(*) FROM source.{identifier(name)}").fetchone()[0],
            source=name,
            **settings,
        )
        for (name,) in names
    ]


def catalog_of(select: str = "", glossary: Glossary | None = None, **selects: str) -> Catalog:
    """The catalog of one table ``t``, or of several named ones."""
    connection = connection_with(**({"t": select} if select else {}), **selects)
    return build_catalog(connection, loaded(connection), glossary)


def catalog_of_csv(path: Path) -> Catalog:
    """The catalog of one CSV file, read with DuckDB's own reader."""
    return catalog_of(f"SELECT * FROM read_csv({literal(str(path))}, sample_size = -1)")


def column(rows: list[str | None]) -> str:
    """A SELECT of one text column ``x`` with these rows, in this order."""
    values = ", ".join(f"({i}, {'NULL' if r is None else literal(r)})" for i, r in enumerate(rows))
    return f"SELECT x FROM (VALUES {values}) AS v(i, x) ORDER BY i"
