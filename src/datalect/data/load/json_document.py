"""Finding the records in a JSON document that is no plain list of objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Record = dict[str, Any]


def unique_pairs(pairs: list[tuple[str, Any]]) -> Record:
    """An object in which a repeated key keeps all its values, under numbered names."""
    found: Record = {}
    for key, value in pairs:
        name, number = key, 2
        while name in found:
            name, number = f"{key}_{number}", number + 1
        found[name] = value
    return found


def tables_of(value: Any, name: str) -> Iterator[tuple[str, Iterable[Record]]]:
    """The tables of a document, each with its name and records.

    A list of objects or of rows is one table. So is an object of equally long lists, or of objects. An
    object that holds lists of objects among other things brings one table for each such list. Any other
    object is one record.
    """
    if isinstance(value, list):
        if value:
            yield name, _from_list(value)
    elif isinstance(value, dict):
        yield from _from_object(value, name)
    elif value is not None:
        yield name, [{"value": value}]


def _from_list(items: list[Any]) -> list[Record]:
    if all(isinstance(item, dict) for item in items):
        return items
    if all(isinstance(item, list) for item in items):
        return _from_rows(items)
    return [item if isinstance(item, dict) else {"value": item} for item in items]


def _from_rows(rows: list[list[Any]]) -> list[Record]:
    width = max(len(row) for row in rows)
    first = rows[0]
    named = (
        len(rows) > 1
        and len(first) == width
        and len(set(map(str, first))) == width
        and all(isinstance(cell, str) for cell in first)
    )
    names = [str(cell) for cell in first] if named else [f"column{i + 1}" for i in range(width)]
    return [dict(zip(names, row, strict=False)) for row in (rows[1:] if named else rows)]


def _from_object(value: Record, name: str) -> Iterator[tuple[str, Iterable[Record]]]:
    if not value:
        return
    lists = {k: v for k, v in value.items() if isinstance(v, list)}
    if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):
        columns = [c.get("name", "") if isinstance(c, dict) else c for c in value["columns"]]
        if value["data"] and all(isinstance(row, list) and len(row) == len(columns) for row in value["data"]):
            yield name, _from_rows([[str(c) for c in columns], *value["data"]])
            return
    if len(lists) == len(value) and len({len(v) for v in lists.values()}) == 1 and _are_columns(lists):
        if next(iter(lists.values())):
            keys = list(lists)
            yield name, [dict(zip(keys, row, strict=True)) for row in zip(*lists.values(), strict=True)]
        return
    tables = {k: v for k, v in lists.items() if v and all(isinstance(item, dict) for item in v)}
    if tables:
        for key, records in tables.items():
            yield (name if len(tables) == 1 else key), records
        return
    if len(value) > 1 and all(isinstance(v, dict) for v in value.values()):
        yield name, _from_objects(value)
        return
    yield name, [value]


def _are_columns(lists: dict[str, list[Any]]) -> bool:
    return not any(isinstance(item, dict | list) for cells in lists.values() for item in cells[:20])


def _from_objects(value: dict[str, Record]) -> list[Record]:
    """An object of objects: columns of numbered cells, or records under their keys."""
    inner = [tuple(v) for v in value.values()]
    if len(set(inner)) == 1 and inner[0] and all(key.isdigit() for key in inner[0]):
        return [{column: cells[key] for column, cells in value.items()} for key in inner[0]]
    key = "key" if not any("key" in v for v in value.values()) else "_key"
    return [{key: k, **v} for k, v in value.items()]
