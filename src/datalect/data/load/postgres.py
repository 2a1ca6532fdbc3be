"""PostgreSQL over ADBC: tables are streamed as Arrow, keys come from the system catalogue."""

from __future__ import annotations

from typing import Any

from datalect.data.load.arrow import store_arrow
from datalect.data.load.base import LoadedTable, Loading
from datalect.data.load.relations import Relation, load_relations, wanted_relations
from datalect.data.sources import Source
from datalect.errors import MissingExtraError, SourceError

_RELATIONS = """
SELECT n.nspname, c.relname, c.relkind IN ('v', 'm')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
  AND has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')
ORDER BY n.nspname <> 'public', n.nspname, c.relname
"""
_CONSTRAINTS = """
SELECT n.nspname, c.relname, k.contype::text,
  (SELECT string_agg(a.attname, E'\\x1f' ORDER BY x.place) FROM unnest(k.conkey) WITH ORDINALITY x(num, place)
   JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.num),
  r.relname,
  (SELECT string_agg(a.attname, E'\\x1f' ORDER BY x.place) FROM unnest(k.confkey) WITH ORDINALITY x(num,
  place)
   JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = x.num)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class r ON r.oid = k.confrelid
WHERE k.contype IN ('p', 'u', 'f') ORDER BY k.contype <> 'p', k.conname
"""
_COLUMNS = """
SELECT a.attname, t.typname, t.typtype::text, t.typcategory::text, format_type(a.atttypid, a.atttypmod)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
# Types the driver hands over as Arrow types DuckDB reads; everything else comes as the text PostgreSQL shows.
_PLAIN = {
    "bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar", "bpchar", "name", "date", "time",
    "timestamp", "timestamptz", "bytea",
}  # fmt: skip


def load_postgres(loading: Loading, source: Source) -> list[LoadedTable]:
    """Read the tables and views a PostgreSQL user may see, or the one named after ``::``.

    Raises:
        MissingExtraError: the ADBC driver is not installed.
        SourceError: the server cannot be reached, refuses the user, or has no such table.
    """
    try:
        from adbc_driver_manager import Error
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        raise MissingExtraError("postgres", "Reading PostgreSQL") from error
    url, _, wanted = source.url.partition("::")
    try:
        with dbapi.connect(url, autocommit=True) as connection:
            return _load(loading, connection, source, wanted)
    except Error as error:
        raise SourceError(
            "The PostgreSQL database cannot be read.",
            expected="a server that can be reached and lets this user in",
            received=_without_secret(str(error), url),
            next_step="check host, port, user and password of the address",
        ) from error


def _without_secret(said: str, url: str) -> str:
    from urllib.parse import unquote, urlsplit

    text = " ".join(said.split())[:300].replace(url, "the address")
    secret = urlsplit(url).password
    for form in {secret, unquote(secret)} if secret else ():
        text = text.replace(form, "***")
    return text


def _load(loading: Loading, connection: Any, source: Source, wanted: str) -> list[LoadedTable]:
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        relations = _relations(cursor)
        schema, _, table = wanted.rpartition(".")
        if schema:
            relations = [r for r in relations if r.schema == schema]
        chosen = wanted_relations(loading, relations, table or wanted, source.label.partition("::")[0])

        def load(relation: Relation, name: str) -> LoadedTable:
            columns = _columns(cursor, relation)
            cursor.execute(f"SELECT {columns} FROM {_quoted(relation.schema)}.{_quoted(relation.name)}")
            reader = cursor.fetch_record_batch()
            return store_arrow(loading, reader, name, f"{source.label}::{relation.name}")

        return load_relations(loading, chosen, source.label, load)


def _relations(cursor: Any) -> list[Relation]:
    cursor.execute(_RELATIONS)
    rows = cursor.fetchall()
    cursor.execute(_CONSTRAINTS)
    constraints = cursor.fetchall()
    found = []
    for schema, name, view in rows:
        mine = [c[2:] for c in constraints if c[0] == schema and c[1] == name and c[3] is not None]
        found.append(
            Relation(
                name=name,
                schema=schema,
                view=bool(view),
                keys=tuple(tuple(c[1].split("\x1f")) for c in mine if c[0] in ("p", "u")),
                foreign_keys=tuple(
                    (tuple(c[1].split("\x1f")), c[2], tuple((c[3] or "").split("\x1f")))
                    for c in mine
                    if c[0] == "f"
                ),
            )
        )
    return found


def _columns(cursor: Any, relation: Relation) -> str:
    """A select list in which every column has a type that arrives without loss."""
    cursor.execute(_COLUMNS, (relation.schema, relation.name))
    parts = []
    for name, kind, form, category, shown in cursor.fetchall():
        quoted = _quoted(name)
        if kind in _PLAIN and form == "b":
            parts.append(quoted)
        elif kind == "numeric":
            # Whole numbers up to 18 digits fit an integer; everything else is computed with as a double.
            whole = shown.endswith(",0)") and shown[len("numeric(") : -len(",0)")].isdigit()
            small = whole and int(shown[len("numeric(") : -len(",0)")]) <= 18
            parts.append(f"{quoted}::{'int8' if small else 'float8'} AS {quoted}")
        elif kind == "money":
            parts.append(f"{quoted}::numeric::float8 AS {quoted}")
        elif category == "A" or form == "c" or kind in ("json", "jsonb"):
            parts.append(f"to_jsonb({quoted})::text AS {quoted}")
        else:
            parts.append(f"{quoted}::text AS {quoted}")
    return ", ".join(parts)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
