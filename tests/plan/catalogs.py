"""Catalogs for tests, made from the tables of a DuckDB connection with simple meanings."""

from __future__ import annotations

from typing import Any

import duckdb

from datalect.data.model import (
    Additivity,
    Catalog,
    Column,
    ColumnProfile,
    ForeignKey,
    Meaning,
    SemanticType,
    Table,
)
from datalect.plan.types import kind_of

_BY_KIND = {
    "number": Meaning(type=SemanticType.MEASURE, additivity=Additivity.ADDITIVE),
    "text": Meaning(type=SemanticType.CATEGORY),
    "date": Meaning(type=SemanticType.DATE),
    "timestamp": Meaning(type=SemanticType.DATETIME),
    "time": Meaning(type=SemanticType.TIME),
    "boolean": Meaning(type=SemanticType.BOOLEAN),
}


def catalog_from_duckdb(
    connection: duckdb.DuckDBPyConnection,
    *,
    foreign_keys: tuple[ForeignKey, ...] = (),
    meanings: dict[str, Meaning] | None = None,
    **rest: Any,
) -> Catalog:
    """A catalog of all tables in ``main``.

    Columns called ``id`` or ending in ``_id`` are identifiers, other numbers additive measures, texts
    categories.
    ``meanings`` overrides by column id; ``rest`` goes to ``Catalog``.
    """
    tables = []
    for (name,) in connection.execute(
        "select table_name from duckdb_tables() order by table_name"
    ).fetchall():
        tables.append(_table(connection, name, meanings or {}))
    return Catalog(tables=tuple(tables), foreign_keys=foreign_keys, **rest)


def _table(connection: duckdb.DuckDBPyConnection, name: str, meanings: dict[str, Meaning]) -> Table:
    quoted = _quote(name)
    rows = connection.execute(f"select count(*) from {quoted}").fetchone()[0]
    described = connection.execute(f"describe {quoted}").fetchall()
    columns = []
    for column, dtype, *_ in described:
        profile = _profile(connection, quoted, column, dtype, rows)
        columns.append(
            Column(
                table=name,
                name=column,
                dtype=dtype,
                meaning=_meaning(name, column, dtype, meanings),
                profile=profile,
            )
        )
    keys = tuple((c.name,) for c in columns if rows and c.profile.distinct == rows and c.name.endswith("id"))
    return Table(name=name, columns=tuple(columns), rows=rows, keys=keys)


def _profile(connection: Any, table: str, column: str, dtype: str, rows: int) -> ColumnProfile:
    q = _quote(column)
    nulls, distinct = connection.execute(
        f"select count(*) filter ({q} is null), count(distinct {q}) from {table}"
    ).fetchone()
    low = high = None
    if kind_of(dtype) in ("number", "date", "timestamp"):
        low, high = connection.execute(f"select min({q}), max({q}) from {table}").fetchone()
    values = connection.execute(
        f"select {q}, count(*) from {table} where {q} is not null group by 1 order by 2 desc, 1 limit 50"
    ).fetchall()
    return ColumnProfile(
        rows=rows,
        nulls=nulls,
        distinct=distinct,
        minimum=low,
        maximum=high,
        values=tuple((v, n) for v, n in values),
        values_complete=distinct <= 50,
    )


def _meaning(table: str, column: str, dtype: str, meanings: dict[str, Meaning]) -> Meaning:
    given = meanings.get(f"{table}.{column}")
    if given is not None:
        return given
    if column == "id" or column.endswith("_id"):
        return Meaning(type=SemanticType.ID)
    return _BY_KIND.get(kind_of(dtype), Meaning(type=SemanticType.TEXT))


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def fk(text: str, ref: str, **rest: Any) -> ForeignKey:
    """A key from ``orders.customer_id`` to ``customers.id``; several columns: ``a.x,y`` to ``b.x,y``."""
    table, columns = text.split(".")
    ref_table, ref_columns = ref.split(".")
    return ForeignKey(
        table=table,
        columns=tuple(columns.split(",")),
        ref_table=ref_table,
        ref_columns=tuple(ref_columns.split(",")),
        **rest,
    )


def shop() -> tuple[duckdb.DuckDBPyConnection, Catalog]:
    """A small shop: customers, orders, items, products, refunds; a few missing values and ties."""
    connection = duckdb.connect()
    connection.execute("""
        create table customers (id bigint, name varchar, region varchar, joined date, credit double);
        insert into customers values
          (1, 'Ann', 'East', '2022-01-10', 100), (2, 'Bo', 'West', '2022-05-02', 250.5),
          (3, 'Cy', 'East', '2023-02-20', null), (4, '王芳', 'North', '2023-08-08', 80),
          (5, 'Eve', null, null, 10);
        create table orders (id bigint, customer_id bigint, date date, amount double, status varchar,
                             quantity integer, shipped timestamp, paid boolean);
        insert into orders values
          (10, 1, '2023-01-05', 120.5, 'open', 2, '2023-01-07 10:00', true),
          (11, 1, '2023-02-11', 80, 'shipped', 1, '2023-02-12 08:30', true),
          (12, 2, '2023-02-15', 200, 'shipped', 4, '2023-02-20 00:00', false),
          (13, 2, '2023-04-01', -20, 'late', 1, null, false),
          (14, 3, '2024-01-09', 80, 'open', 3, '2024-01-09 23:59', null),
          (15, null, '2024-02-11', 60, 'shipped', 2, '2024-02-13 12:00', true),
          (16, 4, '2024-02-29', null, null, null, null, true),
          (17, 1, '2024-03-05', 300, 'shipped', 5, '2024-03-06 06:00', true);
        create table products (id bigint, title varchar, price double, category varchar);
        insert into products values (1, 'Tea', 4.5, 'food'), (2, 'Mug', 12, 'home'), (3, 'Lamp', 40, 'home');
        create table items (order_id bigint, product_id bigint, quantity integer);
        insert into items values (10, 1, 2), (10, 2, 1), (11, 1, 1), (12, 3, 4), (13, 2, 1),
                                 (14, 1, 3), (17, 3, 5);
        create table refunds (id bigint, order_id bigint, amount double, reason varchar);
        insert into refunds values (1, 10, 20, 'broken'), (2, 10, 5, 'late'), (3, 12, 200, 'broken');
    """)
    keys = (
        fk("orders.customer_id", "customers.id", optional=True),
        fk("items.order_id", "orders.id"),
        fk("items.product_id", "products.id"),
        fk("refunds.order_id", "orders.id"),
    )
    from datetime import datetime

    meanings = {
        "orders.amount": Meaning(type=SemanticType.MONEY, currency="USD", additivity=Additivity.ADDITIVE),
        "refunds.amount": Meaning(type=SemanticType.MONEY, currency="USD", additivity=Additivity.ADDITIVE),
        "customers.credit": Meaning(type=SemanticType.MONEY, currency="EUR", additivity=Additivity.SEMI),
        "products.price": Meaning(type=SemanticType.RATE, currency="USD"),
        "orders.quantity": Meaning(type=SemanticType.COUNT, additivity=Additivity.ADDITIVE),
        "customers.name": Meaning(type=SemanticType.NAME),
    }
    catalog = catalog_from_duckdb(
        connection, foreign_keys=keys, meanings=meanings, as_of=datetime(2024, 3, 5)
    )
    return connection, catalog
