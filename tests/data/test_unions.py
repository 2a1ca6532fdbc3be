"""Tables of one shape shown as one: which are, what tells their rows apart, and what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog_tools import catalog_of, connection_with, loaded
from datalect.data.catalog import build_catalog
from datalect.data.glossary import ColumnEntry, Glossary, KeyEntry, TableEntry
from datalect.data.model import Catalog
from datalect.data.part_names import families
from datalect.data.value_index import build_value_index
from datalect.data.workspace import OpenOptions, open_workspace
from datalect.engine.duckdb import DuckDBEngine
from datalect.plan.check import check
from datalect.plan.compile import compile_plan
from datalect.plan.model import Plan

SALES = "SELECT 'shop ' || (i % 7) AS shop, {year} * 100 + i * {step} AS amount FROM range(40) r(i)"


def sales(**changed: str) -> dict[str, str]:
    tables = {f"sales_{y}": SALES.format(year=y, step=y - 2000) for y in (2021, 2022, 2023)}
    return tables | changed


def united(catalog: Catalog) -> list[str]:
    return [t.name for t in catalog.tables if t.parts]


@pytest.mark.parametrize(
    ("names", "stem", "labels"),
    [
        (["sales_2023", "sales_2024"], "sales", ("2023", "2024")),
        (["orders-2024-01", "orders-2024-02"], "orders", ("2024-01", "2024-02")),
        (["land_east", "land_west", "land_north"], "land", ("east", "west", "north")),
        (["2023", "2024"], "2023_to_2024", ("2023", "2024")),
        (["Jan", "Feb", "March"], "Jan_to_March", ("Jan", "Feb", "March")),
        (["全国企业2019年财务表", "全国企业2020年财务表"], "全国企业财务表", ("2019年", "2020年")),
        (["海淀区土地成交表", "朝阳区土地成交表"], "土地成交表", ("海淀区", "朝阳区")),
        (
            ["上海市浦东新区土地成交表", "上海市浦口区土地成交表"],
            "上海市土地成交表",
            ("浦东新区", "浦口区"),
        ),
        (["北京房价2019年08月", "北京房价2019年09月"], "北京房价", ("2019年08月", "2019年09月")),
    ],
)
def test_what_names_share_and_what_tells_them_apart(names, stem, labels):
    (found,) = families(names)
    assert (found.stem, found.labels) == (stem, labels)


@pytest.mark.parametrize(
    "names",
    [
        ["wins", "losses"],
        ["film", "film_backup"],
        ["beijing", "shanghai"],
        ["home_goals", "away_shots"],
        ["甲", "乙"],
    ],
)
def test_names_that_share_nothing_or_say_nothing_stay_apart(names):
    assert families(names) == []


def test_two_things_over_the_same_years_are_two_families():
    found = families(["sales_2023", "sales_2024", "returns_2023", "returns_2024"])
    assert [(f.stem, f.names) for f in found] == [
        ("sales", ("sales_2023", "sales_2024")),
        ("returns", ("returns_2023", "returns_2024")),
    ]


def test_a_view_holds_all_rows_and_says_the_year():
    connection = connection_with(**sales())
    catalog = build_catalog(connection, loaded(connection))
    table = catalog.table("sales")
    assert table is not None
    assert table.parts == ("sales_2021", "sales_2022", "sales_2023")
    assert table.rows == 120
    year = table.column("year")
    assert year is not None and year.meaning.type.value == "year"
    by_year = "SELECT year, sum(amount) FROM main.sales GROUP BY 1 ORDER BY 1"
    each = [
        connection.execute(f"SELECT sum(amount) FROM main.sales_{y}").fetchone()[0]
        for y in (2021, 2022, 2023)
    ]
    assert [s for _, s in connection.execute(by_year).fetchall()] == each


def test_months_become_dates_and_places_words():
    shape = "SELECT i AS n, 'w' || i AS word FROM range({start}, {start} + 9) r(i)"
    months = {f"log_2024_{m:02}": shape.format(start=m * 10) for m in (1, 2, 12)}
    month = catalog_of(**months).table("log").column("month")
    assert month.dtype == "DATE"
    places = {f"rain_{p}": shape.format(start=k * 10) for k, p in enumerate(("oslo", "rome"))}
    column = catalog_of(**places).table("rain").column("source_table")
    assert [v for v, _ in column.profile.values] == ["oslo", "rome"]
    assert column.value_aliases == {"rain_oslo": "oslo", "rain_rome": "rome"}


def test_where_rows_have_dates_of_their_own_years_do_not_become_a_second_date():
    shape = "SELECT DATE '{year}-01-01' + CAST(i AS INTEGER) AS day, i * {year} AS n FROM range(50) r(i)"
    catalog = catalog_of(**{f"log_{y}": shape.format(year=y) for y in (2021, 2022)})
    table = catalog.table("log")
    assert [c.name for c in table.columns] == ["day", "n", "source_table"]
    assert [v for v, _ in table.column("source_table").profile.values] == ["log_2021", "log_2022"]


def test_numbers_of_two_types_and_empty_columns_fit_words_and_numbers_do_not():
    fits = catalog_of(
        log_2021="SELECT i AS n, NULL::VARCHAR AS note FROM range(9) r(i)",
        log_2022="SELECT i + 0.5::DOUBLE AS n, 'x' || i AS note FROM range(9) r(i)",
    )
    assert united(fits) == ["log"]
    assert fits.table("log").column("n").dtype == "DOUBLE"
    assert united(
        catalog_of(
            log_2021="SELECT i AS n, 1 AS m FROM range(9) r(i)",
            log_2022="SELECT 'x' || i AS n, 2 AS m FROM range(9) r(i)",
        )
    ) == []  # fmt: skip


def test_the_order_and_the_letter_case_of_columns_do_not_matter():
    catalog = catalog_of(
        log_2021="SELECT i AS n, i * 3 AS Width FROM range(9) r(i)",
        log_2022="SELECT i * 7 AS width, i + 100 AS N FROM range(9) r(i)",
    )
    assert [c.name for c in catalog.table("log").columns] == ["n", "Width", "year"]


def test_copies_and_other_columns_stay_apart():
    copy = sales()["sales_2021"]
    assert united(catalog_of(list_a=copy, list_b=copy)) == []
    assert united(catalog_of(sales_2021=copy, sales_2022="SELECT 1 AS shop, 2 AS price")) == []


def test_tables_that_keys_speak_of_stay_apart():
    key = KeyEntry(line=1, table="sales_2021", columns=("shop",), ref_table="shops", ref_columns=("shop",))
    shops = "SELECT 'shop ' || i AS shop, i * 10 AS area FROM range(7) r(i)"
    catalog = catalog_of(glossary=Glossary(foreign_keys=(key,)), **sales(shops=shops))
    assert [t.parts for t in catalog.tables if t.parts] == [("sales_2022", "sales_2023")]


def test_keys_lead_from_the_whole_and_from_its_parts():
    shops = "SELECT 'shop ' || i AS shop, i * 10 AS area FROM range(7) r(i)"
    catalog = catalog_of(**sales(shops=shops))
    leading = {k.table for k in catalog.foreign_keys if k.ref_table == "shops"}
    assert leading == {"sales", "sales_2021", "sales_2022", "sales_2023"}
    assert [t.name for t in catalog.asked().tables] == ["shops", "sales"]
    assert {k.table for k in catalog.asked().foreign_keys} == {"sales"}


def test_what_a_part_hides_and_calls_otherwise_the_whole_does_too():
    said = TableEntry(
        line=1,
        columns={
            "shop": ColumnEntry(line=2, hidden=True),
            "amount": ColumnEntry(line=3, synonyms=("turnover",)),
        },
    )
    catalog = catalog_of(glossary=Glossary(tables={"sales_2022": said}), **sales())
    table = catalog.table("sales")
    assert table.column("shop").hidden
    assert table.column("amount").synonyms == ("turnover",)


def test_values_are_found_in_the_whole_and_in_a_part_when_it_is_named(tmp_path: Path):
    for year in (2021, 2022):
        rows = "\n".join(f"shop {i},{i * year}" for i in range(9))
        (tmp_path / f"sales_{year}.csv").write_text(f"shop,amount\n{rows}\n", encoding="utf-8")
    workspace = open_workspace(
        [tmp_path / "sales_2021.csv", tmp_path / "sales_2022.csv"], options=OpenOptions()
    )
    with DuckDBEngine(workspace, workers=1) as engine:
        values = build_value_index(workspace, engine)
        assert {h.column for h in values.find("shop 3")} == {"sales.shop"}
        assert {h.column for m in values.mentions("how is shop 3") for h in m.hits} == {"sales.shop"}
        assert [h.column for h in values.find("shop 3", columns=["sales_2022.shop"])] == ["sales_2022.shop"]
        for name, expected in (("sales", 3 * 2021 + 3 * 2022), ("sales_2022", 3 * 2022)):
            plan = Plan.model_validate(
                {"from": name, "get": [{"fn": "sum", "col": "amount"}],
                 "where": [{"col": "shop", "op": "=", "val": "shop 3"}]}
            )  # fmt: skip
            result = engine.execute(compile_plan(check(plan, workspace.catalog, values)).query)
            assert result.table.column(0)[0].as_py() == expected
