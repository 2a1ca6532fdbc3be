"""The catalog as a whole: views, the moment relative time counts from, and files queried in place."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb
import pytest

from catalog_tools import catalog_of, connection_with, loaded
from datalect.data.catalog import build_catalog
from datalect.data.load.base import LoadedTable
from datalect.data.model import Problem
from datalect.data.moment import latest_moment
from datalect.data.quoting import literal
from shared_data import shared_data


def test_tables_without_anything_to_convert_are_the_same_in_both_schemas():
    connection = connection_with(
        t="SELECT i AS id, 'x' || i AS name, DATE '2024-01-01' AS day FROM range(9) r(i)"
    )
    build_catalog(connection, loaded(connection))
    assert (
        connection.execute("FROM main.t ORDER BY id").fetchall()
        == connection.execute("FROM source.t ORDER BY id").fetchall()
    )


def test_moments_with_a_zone_are_kept_in_utc():
    connection = connection_with(t="SELECT '2024-03-05 10:00:00+08'::TIMESTAMPTZ AS at UNION ALL SELECT NULL")
    column = build_catalog(connection, loaded(connection)).tables[0].columns[0]
    assert column.dtype == "TIMESTAMP"
    assert column.profile.maximum == datetime(2024, 3, 5, 2, 0)
    assert (datetime(2024, 3, 5, 2, 0),) in connection.execute("FROM main.t").fetchall()


def test_awkward_names_of_tables_and_columns():
    name = 'a "b"; DROP TABLE x; -- 表'
    catalog = catalog_of(**{name: 'SELECT 1 AS "select", 2 AS "a.b", 3 AS "🙂", 4 AS """"'})
    assert [c.name for c in catalog.table(name).columns] == ["select", "a.b", "🙂", '"']


def test_problems_of_loading_and_of_converting_are_both_told():
    connection = connection_with(
        t="SELECT CASE WHEN i = 5 THEN 'oops' ELSE i || ',000' END AS x FROM range(1, 101) r(i)"
    )
    problem = Problem(kind="ragged_rows", severity="warning", message="One row was ragged.", count=1)
    table = build_catalog(connection, loaded(connection, problems=(problem,))).tables[0]
    assert [p.kind for p in table.problems] == ["ragged_rows", "conversion_failed"]


def test_parquet_stays_in_place(tmp_path):
    path = tmp_path / "p.parquet"
    connection = duckdb.connect()
    connection.execute(
        f"COPY (SELECT i AS id, '$' || i || '.50' AS price FROM range(30) r(i)) TO {literal(str(path))}"
    )
    connection.execute(
        f"CREATE SCHEMA source; CREATE VIEW source.p AS FROM read_parquet({literal(str(path))})"
    )
    table = LoadedTable(name="p", rows=30, source="p.parquet", in_place=True, granted=(path,))
    catalog = build_catalog(connection, [table])
    assert catalog.column("p.price").dtype == "DOUBLE"
    assert connection.execute("SELECT sum(price) FROM main.p").fetchone() == (450.0,)
    assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)


NOW = datetime(2025, 6, 15, 12, 0)


def as_of(select: str) -> datetime:
    return latest_moment(catalog_of(select).tables, NOW)


def test_as_of_is_the_latest_date_of_the_data():
    assert as_of("SELECT DATE '2023-01-01' + i::INTEGER AS day FROM range(90) r(i)") == datetime(2023, 3, 31)
    assert as_of("SELECT TIMESTAMP '2023-01-01 10:30:00' AS at, 1 AS x") == datetime(2023, 1, 1, 10, 30)


@pytest.mark.parametrize("name", ["birth_date", "due_date", "expiry_date", "出生日期", "到期日"])
def test_side_dates_do_not_count(name):
    assert as_of(f"SELECT DATE '2019-05-01' AS \"{name}\", DATE '2018-02-03' AS sold") == datetime(2018, 2, 3)


def test_dates_ahead_of_now():
    assert as_of("SELECT DATE '2025-12-01' AS day") == NOW
    assert as_of("SELECT DATE '2085-12-01' AS seen, DATE '2020-01-01' AS sold") == datetime(2020, 1, 1)


def test_years_serve_where_there_are_no_dates():
    assert as_of("SELECT 1990 + i AS year, i AS x FROM range(20) r(i)") == datetime(2009, 12, 31)
    assert as_of("SELECT 'a' AS x") == NOW


def test_as_of_of_a_new_catalog_is_not_ahead_of_now():
    made = catalog_of("SELECT current_date + 100 AS day").as_of
    assert made is not None
    assert made <= datetime.now() + timedelta(seconds=1)


@pytest.mark.shared
def test_dimensions_and_facts_of_real_files():
    folder = shared_data("chinese_tables")
    names = ("china_provinces", "china_cities", "china_areas")
    catalog = catalog_of(**{n: f"SELECT * FROM read_csv({literal(str(folder / f'{n}.csv'))})" for n in names})
    found = {(f.table, f.columns[0], f.ref_table) for f in catalog.foreign_keys}
    assert found == {
        ("china_cities", "provinceCode", "china_provinces"),
        ("china_areas", "provinceCode", "china_provinces"),
        ("china_areas", "cityCode", "china_cities"),
    }
    assert catalog.table("china_areas").keys[0] == ("code",)


@pytest.mark.shared
def test_a_real_table_with_a_million_cells():
    path = shared_data("online_retail", "online_retail.parquet")
    catalog = catalog_of(online_retail=f"SELECT * FROM read_parquet({literal(str(path))})")
    found = {c.name: (c.meaning.type.value, c.meaning.additivity.value) for c in catalog.tables[0].columns}
    assert found == {
        "InvoiceNo": ("id", "non"),
        "StockCode": ("code", "non"),
        "Description": ("category", "non"),
        "Quantity": ("count", "additive"),
        "InvoiceDate": ("datetime", "non"),
        "UnitPrice": ("money", "non"),
        "CustomerID": ("id", "non"),
        "Country": ("category", "non"),
    }
    assert catalog.as_of == datetime(2011, 12, 9, 12, 50)
