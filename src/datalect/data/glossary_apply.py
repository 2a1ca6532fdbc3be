"""Putting a glossary over a catalog: names are checked here, with the nearest candidates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from datalect.data.glossary import ColumnEntry, Glossary, KeyEntry, MetricEntry, TableEntry
from datalect.data.glossary_metric import parse_metric
from datalect.data.glossary_reader import nearest
from datalect.data.model import (
    Additivity,
    Catalog,
    Column,
    ForeignKey,
    Grain,
    Meaning,
    Metric,
    SemanticType,
    Table,
)
from datalect.errors import UsageError

_ADDITIVE = (SemanticType.MONEY, SemanticType.COUNT, SemanticType.MEASURE, SemanticType.DURATION)
Coverage = Callable[[Table, tuple[str, ...], Table, tuple[str, ...]], tuple[float, bool]]


def _unknown(glossary: Glossary, line: int, what: str, name: str, known: list[str]) -> UsageError:
    return UsageError(
        f"{glossary.source}, line {line}: there is no {what} {name!r}.",
        expected=f"a {what} of the data",
        received=name,
        next_step=nearest(name, known),
    )


def apply_tables(glossary: Glossary, tables: tuple[Table, ...]) -> tuple[Table, ...]:
    """Tables with the labels, synonyms, types and aliases of the glossary.

    Raises:
        UsageError: the glossary names a table or column that does not exist.
    """
    names = {t.name: t for t in tables}
    for name, entry in glossary.tables.items():
        if name not in names:
            raise _unknown(glossary, entry.line, "table", name, list(names))
    return tuple(
        _apply_table(glossary, table, glossary.tables[table.name]) if table.name in glossary.tables else table
        for table in tables
    )


def _apply_table(glossary: Glossary, table: Table, entry: TableEntry) -> Table:
    known = {c.name: c for c in table.columns}
    for name, said in entry.columns.items():
        if name not in known:
            raise _unknown(glossary, said.line, f"column of {table.name}", name, list(known))
    columns = tuple(
        _apply_column(c, entry.columns[c.name]) if c.name in entry.columns else c for c in table.columns
    )
    return replace(
        table,
        columns=columns,
        label=entry.label or table.label,
        description=entry.description or table.description,
        synonyms=tuple(dict.fromkeys((*table.synonyms, *entry.synonyms))),
    )


def _apply_column(column: Column, entry: ColumnEntry) -> Column:
    return replace(
        column,
        meaning=_override(column.meaning, entry),
        label=entry.label or column.label,
        description=entry.description or column.description,
        synonyms=tuple(dict.fromkeys((*column.synonyms, *entry.synonyms))),
        hidden=entry.hidden or column.hidden,
        value_aliases={**column.value_aliases, **entry.values},
    )


def _override(meaning: Meaning, entry: ColumnEntry) -> Meaning:
    changed: dict[str, Any] = {}
    if entry.type is not None and entry.type is not meaning.type:
        additive = entry.type in _ADDITIVE
        changed |= {"type": entry.type, "additivity": Additivity.ADDITIVE if additive else Additivity.NON}
        if entry.type is SemanticType.YEAR:
            changed["grain"] = Grain.YEAR
    for name in ("unit", "currency", "additivity"):
        if getattr(entry, name) is not None:
            changed[name] = getattr(entry, name)
    if entry.order:
        changed["order"] = entry.order
    if changed:
        changed |= {"evidence": "said so by the glossary", "confidence": 1.0}
    return replace(meaning, **changed) if changed else meaning


def apply_metrics(glossary: Glossary, catalog: Catalog) -> tuple[Metric, ...]:
    """The metrics of the glossary as measures.

    Raises:
        UsageError: an expression cannot be read, or names a column that does not exist.
    """
    return tuple(_metric(glossary, catalog, name, entry) for name, entry in glossary.metrics.items())


def _metric(glossary: Glossary, catalog: Catalog, name: str, entry: MetricEntry) -> Metric:
    where = f"{glossary.source}, line {entry.line}"
    measure = (
        parse_metric(entry.expression, where) if isinstance(entry.expression, str) else dict(entry.expression)
    )
    columns = list(_columns_of(measure))
    table = entry.table or _table_of(glossary, catalog, entry, columns)
    home = catalog.table(table)
    if home is None:
        raise _unknown(glossary, entry.line, "table", table, [t.name for t in catalog.tables])
    for column in columns:
        plain = column.split(">")[-1]
        if home.column(plain) is None and catalog.column(plain) is None:
            known = [c.name for c in home.columns]
            raise _unknown(glossary, entry.line, f"column of {table}", column, known)
    return Metric(
        name=name,
        measure=measure,
        table=table,
        label=entry.label,
        synonyms=entry.synonyms,
        unit=entry.unit,
        format=entry.format,
        description=entry.description,
    )


def _columns_of(node: Any) -> Iterator[str]:
    """Columns a measure in plan JSON refers to."""
    if not isinstance(node, Mapping):
        return
    for key, value in node.items():
        if key in ("col", "with") and isinstance(value, str):
            yield value
        elif key == "expr":
            yield from _columns_of_row(value)
        elif key in ("num", "den", "of"):
            yield from _columns_of(value)
        elif key in ("where", "per") and isinstance(value, list):
            for item in value:
                if isinstance(item, str):
                    yield item
                else:
                    yield from _columns_of(item)


def _columns_of_row(row: Any) -> Iterator[str]:
    if isinstance(row, str):
        yield row
    elif isinstance(row, list):
        for part in row[1:]:
            yield from _columns_of_row(part)


def _table_of(glossary: Glossary, catalog: Catalog, entry: MetricEntry, columns: list[str]) -> str:
    """The table a metric is computed over when it does not say: the one that has all its columns."""
    if len(catalog.tables) == 1:
        return catalog.tables[0].name
    prefixes = {
        t.name for t in catalog.tables for c in columns if c.startswith(t.name + ".") and catalog.column(c)
    }
    if len(prefixes) == 1:
        return prefixes.pop()
    for column in columns:
        if (
            not any(t.column(column) for t in catalog.tables)
            and catalog.column(column.split(">")[-1]) is None
        ):
            every = sorted({c.name for t in catalog.tables for c in t.columns})
            raise _unknown(glossary, entry.line, "column", column, every)
    seen = catalog.asked().tables
    homes = [t.name for t in seen if columns and all(t.column(c) is not None for c in columns)]
    if len(homes) == 1:
        return homes[0]
    raise UsageError(
        f"{glossary.source}, line {entry.line}: it is not clear which table this metric is computed over.",
        expected="table: NAME, next to the expression",
        received=f"columns {', '.join(columns) or '(none)'}, which fit {', '.join(homes) or 'no table'}",
        next_step=f"Add `table:` with one of {', '.join(t.name for t in catalog.tables[:8])}.",
    )


def apply_keys(glossary: Glossary, tables: tuple[Table, ...], coverage: Coverage) -> tuple[ForeignKey, ...]:
    """The foreign keys of the glossary, with the share of rows they hold for.

    Raises:
        UsageError: a table or column does not exist.
    """
    by_name = {t.name: t for t in tables}
    found = []
    for key in glossary.foreign_keys:
        table = _end(glossary, key, by_name, key.table, key.columns)
        ref = _end(glossary, key, by_name, key.ref_table, key.ref_columns)
        share, complete = coverage(table, key.columns, ref, key.ref_columns)
        found.append(
            ForeignKey(
                table=table.name,
                columns=key.columns,
                ref_table=ref.name,
                ref_columns=key.ref_columns,
                declared=True,
                coverage=share,
                optional=not complete,
            )
        )
    return tuple(found)


def _end(
    glossary: Glossary, key: KeyEntry, tables: Mapping[str, Table], name: str, columns: tuple[str, ...]
) -> Table:
    table = tables.get(name)
    if table is None:
        raise _unknown(glossary, key.line, "table", name, list(tables))
    for column in columns:
        if table.column(column) is None:
            raise _unknown(glossary, key.line, f"column of {name}", column, [c.name for c in table.columns])
    return table
