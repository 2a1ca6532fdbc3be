"""Opening sources: from files, databases and objects to one queryable workspace."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalect.data.load.base import LoadedTable, OpenOptions
from datalect.data.model import Catalog, Workspace
from datalect.errors import SourceError

if TYPE_CHECKING:
    import duckdb

    from datalect.data.progress import Progress

__all__ = ["OpenOptions", "open_workspace"]


def open_workspace(
    sources: Sequence[Any],
    *,
    glossary: Any = None,
    options: OpenOptions | None = None,
    progress: Progress | None = None,
) -> Workspace:
    """Read sources into one workspace."""
    import duckdb

    folder = Path(tempfile.mkdtemp(prefix="datalect-"))
    database = folder / "workspace.duckdb"
    connection = duckdb.connect(str(database))
    try:
        connection.execute("CREATE SCHEMA source")
        loaded = [_load(connection, Path(source)) for source in sources]
        catalog = _build_catalog(connection, loaded, glossary)
    finally:
        connection.close()
    granted = tuple(path for table in loaded for path in table.granted)
    return Workspace(database=database, granted=granted, catalog=catalog)


def _load(connection: duckdb.DuckDBPyConnection, path: Path) -> LoadedTable:
    if not path.is_file():
        raise SourceError(f"There is no file {path}.", expected="a file", received=str(path))
    name = path.name.split(".")[0]
    quoted = '"' + name.replace('"', '""') + '"'
    literal = "'" + str(path.resolve()).replace("'", "''") + "'"
    in_place = path.suffix == ".parquet"
    if in_place:
        connection.execute(f"CREATE VIEW source.{quoted} AS SELECT * FROM read_parquet({literal})")
    else:
        connection.execute(f"CREATE TABLE source.{quoted} AS SELECT * FROM read_csv({literal})")
    row = connection.execute(f"SELECT count(*) FROM source.{quoted}").fetchone()
    return LoadedTable(
        name=name,
        rows=row[0] if row else 0,
        source=str(path),
        in_place=in_place,
        sampled_text=not in_place,
        granted=(path.resolve(),) if in_place else (),
    )


def _build_catalog(
    connection: duckdb.DuckDBPyConnection, loaded: list[LoadedTable], glossary: Any
) -> Catalog:
    from datalect.data.catalog import build_catalog

    return build_catalog(connection, loaded, glossary)
