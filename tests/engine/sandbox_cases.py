"""Workspaces to attack and the SQL that attacks them, for tests and for `benchmarks/sandbox.py`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from datalect.data.model import (
    Catalog,
    Column,
    ColumnProfile,
    Meaning,
    SemanticType,
    Table,
    Workspace,
)

CANARY = "canary-7f3a91"
HIDDEN = "hidden-5c20e8"
_SIGNS = {
    "NUL": "\x00",
    "LF": "\n",
    "NBSP": "\u00a0",
    "LS": "\u2028",
    "ZWSP": "\u200b",
    "BOM": "\ufeff",
    "FF": "\x0c",
    "VT": "\x0b",
}


@dataclass(frozen=True)
class Hostile:
    """One text that must do no harm."""

    kind: str
    line: int
    sql: str
    only_sandbox: bool  # the gate may let it through

    @property
    def label(self) -> str:
        return f"line {self.line} ({self.kind}): {self.sql[:120]!r}"


def hostile(places: dict[str, str]) -> list[Hostile]:
    """The texts of ``hostile.txt`` with their placeholders filled in."""
    cases = []
    kind = ""
    for number, line in enumerate((Path(__file__).parent / "hostile.txt").read_text("utf-8").split("\n"), 1):
        if line.startswith("# kind: "):
            kind = line.removeprefix("# kind: ")
        elif line and not line.startswith("#"):
            only_sandbox = line.startswith("~ ")
            sql = line.removeprefix("~ ")
            for name, value in {**_SIGNS, **places}.items():
                sql = sql.replace("{" + name + "}", value)
            sql = re.sub(r"\{repeat (\d+) (.+?)\}", lambda m: m.group(2) * int(m.group(1)), sql)
            cases.append(Hostile(kind, number, sql, only_sandbox))
    return cases


def catalog_of(path: Path, hidden: frozenset[str] = frozenset()) -> Catalog:
    """A catalog of all tables in schema ``main`` of a DuckDB file."""
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'main' ORDER BY table_name, ordinal_position"
        ).fetchall()
        counts = {
            name: connection.execute(f'SELECT count(*) FROM main."{name}"').fetchall()[0][0]
            for name in {row[0] for row in rows}
        }
    tables: dict[str, list[Column]] = {}
    for table, name, dtype in rows:
        tables.setdefault(table, []).append(
            Column(
                table=table,
                name=name,
                dtype=dtype,
                meaning=Meaning(type=SemanticType.TEXT),
                profile=ColumnProfile(rows=counts[table]),
                hidden=f"{table}.{name}" in hidden,
            )
        )
    return Catalog(tables=tuple(Table(name=n, columns=tuple(c), rows=counts[n]) for n, c in tables.items()))


def make_workspace(
    folder: Path, statements: tuple[str, ...] = (), hidden: frozenset[str] = frozenset()
) -> Workspace:
    """Sales, orders in Chinese, events with nested values, and whatever else is asked for."""
    path = folder / "w.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA source")
        for statement in (*_TABLES, *statements):
            connection.execute(statement)
        for (name,) in connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'source'"
        ).fetchall():
            connection.execute(f'CREATE VIEW main."{name}" AS SELECT * FROM source."{name}"')
    return Workspace(database=path, catalog=catalog_of(path, hidden))


def text_of(table: Any) -> str:
    """The cells of an Arrow table as text."""
    try:
        return str(table.to_pylist())
    except OverflowError:  # dates beyond Python's, as in test_all_types()
        return table.to_string(preview_cols=100)


_TABLES = (
    """CREATE TABLE source.sales AS
       SELECT range AS id, ['East', 'West', 'North', 'South'][1 + range % 4] AS region,
              'product ' || range % 25 AS product, (range % 97) * 1.25 AS amount, 1 + range % 9 AS quantity,
              DATE '2022-01-01' + (range * 37 % 1000)::INTEGER AS sold_on,
              TIMESTAMP '2022-01-01 08:00:00' + to_minutes(range * 53) AS sold_at,
              CASE WHEN range % 11 = 0 THEN NULL ELSE range % 5 END AS rating, range % 3 = 0 AS returned
       FROM range(2000)""",
    """CREATE TABLE source."订单" AS
       SELECT range AS "编号", ['华东', '华南', '华北', '西部'][1 + range % 4] AS "地区",
              '客户' || range % 40 AS "客户",
              (range % 89) * 10.5::DECIMAL(12, 2) AS "金额", 1 + range % 7 AS "数量",
              DATE '2023-01-01' + (range * 17 % 700)::INTEGER AS "下单日期", range % 6 = 0 AS "已退货"
       FROM range(1500)""",
    """CREATE TABLE source.events AS
       SELECT range AS id, [range, range + 1, range + 2] AS tags,
              {'city': 'c' || range % 5, 'zip': range % 100} AS place,
              MAP {'k': range, 'm': range * 2} AS attributes, '{"a": ' || range || ', "b": [1, 2]}' AS payload
       FROM range(300)""",
    """CREATE TABLE source."odd name; drop" AS
       SELECT range AS "select", range * 2 AS "a ""quoted"" col", range % 2 AS "名 称" FROM range(10)""",
)
