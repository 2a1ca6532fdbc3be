"""Bringing columns of any type into the few types the other rooms understand."""

from __future__ import annotations

from datalect.data.load.base import Loading
from datalect.data.load.reports import name_columns
from datalect.data.model import Problem
from datalect.data.quoting import identifier
from datalect.errors import LimitError

Shape = list[tuple[str, str]]

_AS_TEXT = ("ENUM", "UUID", "BIT", "INTERVAL", "TIME WITH TIME ZONE", "TIMETZ")
_AS_JSON = ("MAP(", "UNION(", "JSON", "VARIANT", "GEOMETRY")
_AS_TIMESTAMP = ("TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S")
_MOST_FIELDS = 200
_DEEPEST = 4


def shape_of(loading: Loading, relation: str) -> Shape:
    """Names and DuckDB types of the columns of a table expression."""
    rows = loading.connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    return [(str(row[0]), str(row[1])) for row in rows]


def check_width(loading: Loading, width: int, label: str) -> None:
    """Refuse tables with more columns than allowed.

    Raises:
        LimitError: there are more.
    """
    if width > loading.options.max_columns:
        raise LimitError(
            f"{label} has too many columns.",
            limit="length",
            expected=f"at most {loading.options.max_columns:,}",
            received=f"{width:,}",
            next_step="check that this is the table you mean, or raise OpenOptions.max_columns",
        )


def plain_columns(columns: Shape) -> tuple[str, list[Problem]]:
    """A select list that flattens structures and writes nested values as JSON text.

    Structures become dotted columns (``address.city``); lists, maps and unions become JSON text;
    enumerations, UUIDs and intervals become text; nanosecond times become microsecond times.

    Returns:
        The select list and what to tell about it.
    """
    flat: list[tuple[str, str]] = []
    nested: list[str] = []
    for name, kind in columns:
        flat.extend(_flatten(name, identifier(name), kind, nested, 0))
    names, problems = name_columns([name for name, _ in flat], len(flat))
    if nested:
        problems.append(
            Problem(
                kind="nested_values",
                severity="info",
                message="Nested values are kept as JSON text.",
                count=len(nested),
                examples=tuple(nested[:5]),
            )
        )
    selected = ", ".join(
        f"{expression} AS {identifier(name)}" for name, (_, expression) in zip(names, flat, strict=True)
    )
    return selected, problems


def _flatten(name: str, expression: str, kind: str, nested: list[str], depth: int) -> list[tuple[str, str]]:
    if kind.endswith("]") or kind.startswith(_AS_JSON):
        nested.append(name)
        return [
            (name, f"CAST(to_json({expression}) AS VARCHAR)" if kind != "JSON" else _json_text(expression))
        ]
    if kind.startswith("STRUCT("):
        fields = struct_fields(kind)
        if depth >= _DEEPEST or len(fields) > _MOST_FIELDS or not fields:
            nested.append(name)
            return [(name, f"CAST(to_json({expression}) AS VARCHAR)")]
        return [
            column
            for field, inner in fields
            for column in _flatten(
                f"{name}.{field}", f"{expression}.{identifier(field)}", inner, nested, depth + 1
            )
        ]
    if kind.startswith(_AS_TEXT):
        return [(name, f"CAST({expression} AS VARCHAR)")]
    if kind.startswith(_AS_TIMESTAMP):
        return [(name, f"CAST({expression} AS TIMESTAMP)")]
    if kind == '"NULL"' or kind == "NULL":
        return [(name, f"CAST({expression} AS VARCHAR)")]
    return [(name, expression)]


def _json_text(expression: str) -> str:
    """Text of a JSON value: strings without their quotes, other values as they are written."""
    return (
        f"CASE WHEN json_type({expression}) = 'NULL' THEN NULL "
        f"WHEN json_type({expression}) = 'VARCHAR' THEN {expression} ->> '$' "
        f"ELSE CAST({expression} AS VARCHAR) END"
    )


def struct_fields(kind: str) -> list[tuple[str, str]]:
    """Fields of a type written as ``STRUCT("a" INTEGER, b VARCHAR[])``."""
    body = kind[len("STRUCT(") : -1]
    parts: list[str] = []
    depth, quoted, start = 0, False, 0
    for index, char in enumerate(body):
        if char == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(body[start:index])
            start = index + 1
    parts.append(body[start:])
    fields: list[tuple[str, str]] = []
    for part in (p.strip() for p in parts):
        if part.startswith('"'):
            end = 1
            while end < len(part):
                if part[end] == '"':
                    if part[end + 1 : end + 2] != '"':
                        break
                    end += 1
                end += 1
            fields.append((part[1:end].replace('""', '"'), part[end + 1 :].strip()))
        elif " " in part:
            name, _, inner = part.partition(" ")
            fields.append((name, inner.strip()))
    return fields
