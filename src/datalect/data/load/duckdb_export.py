"""The process that opens a foreign DuckDB file: a list of its tables comes first, then their Arrow streams.

It runs as a plain script and imports nothing of this package.
"""

from __future__ import annotations

import json
import sys
from typing import Any

_BATCH_ROWS = 50_000


def _relations(connection: Any, wanted: str) -> list[dict[str, Any]]:
    rows = connection.execute(
        "SELECT schema_name, table_name, false FROM duckdb_tables() WHERE NOT internal AND NOT temporary "
        "UNION ALL SELECT schema_name, view_name, true FROM duckdb_views() WHERE NOT internal "
        "AND NOT temporary ORDER BY 3, 1, 2"
    ).fetchall()
    constraints = connection.execute(
        "SELECT schema_name, table_name, constraint_type, constraint_column_names, referenced_table, "
        "referenced_column_names FROM duckdb_constraints() ORDER BY constraint_index"
    ).fetchall()
    found = []
    for schema, name, view in rows:
        mine = [c[2:] for c in constraints if c[0] == schema and c[1] == name]
        keys = [list(c[1]) for c in mine if c[0] == "PRIMARY KEY"]
        keys += [list(c[1]) for c in mine if c[0] == "UNIQUE"]
        foreign = [[list(c[1]), c[2], list(c[3] or [])] for c in mine if c[0] == "FOREIGN KEY"]
        if view and not _runs(connection, schema, name):
            continue
        if not wanted or wanted.casefold() == name.casefold():
            found.append(
                {"name": name, "schema": schema, "view": view, "keys": keys, "foreign_keys": foreign}
            )
    return found


def _path(schema: str, name: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name))


def _runs(connection: Any, schema: str, name: str) -> bool:
    import duckdb

    try:
        connection.execute(f"SELECT * FROM {_path(schema, name)} LIMIT 0").fetchall()
    except duckdb.Error:
        return False
    return True


def _main() -> int:
    import duckdb
    import pyarrow as pa

    out = sys.stdout.buffer
    try:
        connection = duckdb.connect(
            sys.argv[1],
            read_only=True,
            config={"enable_external_access": False, "memory_limit": "400MB", "threads": 2},
        )
        relations = _relations(connection, sys.argv[2])
        out.write(json.dumps(relations).encode() + b"\n")
        out.flush()
        for relation in relations:
            table = _path(relation["schema"], relation["name"])
            reader: pa.RecordBatchReader = connection.execute(f"SELECT * FROM {table}").to_arrow_reader(
                _BATCH_ROWS
            )
            with pa.ipc.new_stream(out, reader.schema) as writer:
                for batch in reader:
                    writer.write_batch(batch)
            out.flush()
    except BrokenPipeError:
        return 0
    except Exception as error:  # whatever it is, the parent tells it in one line
        sys.stderr.write(" ".join(str(error).split())[:500] + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
