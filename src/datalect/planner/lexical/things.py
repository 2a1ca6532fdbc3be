"""What stands for the things a table holds: the columns they are grouped and counted by."""

from __future__ import annotations

from typing import Any

from datalect.data.model import Catalog, Column, Table
from datalect.planner.lexical.defaults import grouping_column, key_column, label_columns
from datalect.planner.linking.stem import stem
from datalect.planner.linking.tokens import split_header


def telling_columns(table: Table) -> list[Column]:
    """The columns that tell the things of a table apart and name them, at most two.

    A label that two things share is joined by the key: two customers called IT are two customers.
    """
    named = label_columns(table)
    if len(named) != 1:
        return named[:2]
    label, key = named[0], key_column(table)
    shared = label.profile.distinct < label.profile.rows - label.profile.nulls
    return [label, key] if key is not None and key.id != label.id and shared else [label]


def named_by(table: Table) -> Column | None:
    """The column the things of a table are called by."""
    return next(iter(telling_columns(table)), None) or grouping_column(table)


def once_each(measure: dict[str, Any], base: str, catalog: Catalog) -> dict[str, Any]:
    """A measure whose counts of another table's things take each thing once.

    Args:
        measure: plan JSON; ``_table`` names the table a count is of.
        base: the table whose rows the plan starts from.
        catalog: the tables.
    """
    for part in ("of", "num", "den"):
        if isinstance(measure.get(part), dict):
            measure = {**measure, part: once_each(measure[part], base, catalog)}
    name = measure.get("_table")
    if measure.get("fn") != "count" or name is None or name == base:
        return measure
    table = catalog.table(str(name))
    key = key_column(table) if table is not None else None
    if key is None:
        return measure
    links = [k for k in catalog.foreign_keys if (k.table, k.ref_table) == (base, name)]
    own = len(links) == 1 and len(links[0].columns) == 1 and not links[0].optional
    # the base's own key column says the same without a join, unless it points at things that are not there
    return {**measure, "fn": "distinct", "col": f"{base}.{links[0].columns[0]}" if own else key.id}


def told_apart(group: dict[str, Any], table: Table) -> list[dict[str, Any]]:
    """A breakdown by the things of a table, with what tells two of one name apart."""
    columns = telling_columns(table)
    if not columns or group.get("col") != columns[0].id:
        return [group]
    return [group, *({"col": c.id} for c in columns[1:])]


def hanging_tables(catalog: Catalog, name: str) -> list[str]:
    """The tables whose rows belong to a thing of the named one, nearest first, without doubles."""
    return list(
        dict.fromkeys(k.table for k in catalog.foreign_keys if k.ref_table == name and k.table != name)
    )


def with_each(test: dict[str, Any]) -> list[dict[str, Any]]:
    """A test for partners with one of some values as tests for partners with each of them."""
    inner = test.get("where", [])
    if "has" not in test or len(inner) != 1 or inner[0].get("op") != "in":
        return [test]
    return [{**test, "where": [{**inner[0], "op": "=", "val": value}]} for value in inner[0]["val"]]


def plays_role(catalog: Catalog, name: str, base: str) -> bool:
    """Whether a table points at another only by a role while a third ties the two together.

    The head of a department is one physician; those who work there are told by the affiliations.
    """
    keys = [k for k in catalog.foreign_keys if (k.table, k.ref_table) == (name, base)]
    called = {stem(w) for w in split_header(base)} | {
        stem(w) for k in keys for c in k.ref_columns for w in split_header(c)
    }
    roles = [k for k in keys if not {stem(w) for c in k.columns for w in split_header(c)} & called]
    if not keys or len(roles) < len(keys):
        return False
    tied = {k.table for k in catalog.foreign_keys if k.ref_table == base}
    return any(k.table in tied and k.ref_table == name for k in catalog.foreign_keys)
