"""Writing names and constants into SQL text."""

from __future__ import annotations


def identifier(name: str) -> str:
    """``name`` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """``text`` as a SQL string constant."""
    return "'" + text.replace("'", "''") + "'"


def relation(schema: str, table: str) -> str:
    """A table as ``"schema"."table"``."""
    return f"{identifier(schema)}.{identifier(table)}"
