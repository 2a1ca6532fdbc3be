"""Files of every kind, read right: JSON, Parquet, Arrow, Excel, databases, groups of files."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sqlite3
import sys
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalect.errors import MissingExtraError, SourceError
from loading_helper import loading

GOOD = b"id,name,amount\n1,Ann,10.5\n2,Bob,20.25\n3,Eve,7\n"
ROWS = [(1, "Ann", 10.5), (2, "Bob", 20.25), (3, "Eve", 7.0)]


# ------------------------------------------------------------------- names and packing


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("sales 2024.csv", "sales 2024"),
        ("销售.csv", "销售"),
        ("table0.gbk.csv", "table0.gbk"),
        ('odd "name"; drop.csv', 'odd "name"; drop'),
        ("glob [2024]*?.csv", "glob [2024]*?"),
        ("no_suffix", "no_suffix"),
        (".csv", ".csv"),
        ("SELECT.CSV", "SELECT"),
    ],
)
def test_a_table_is_named_after_the_stem(tmp_path: Path, name: str, table: str) -> None:
    (tmp_path / name).write_bytes(GOOD)
    with loading(tmp_path, tmp_path / name) as loaded:
        assert loaded.only.name == table
        assert loaded.rows() == ROWS


@pytest.mark.parametrize("suffix", ["gz", "xz", "bz2", "zst", "zip"])
def test_packed_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"sales.2024.csv.{suffix}"
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("inner.csv", GOOD)
    zstd = io.BytesIO()
    with pa.CompressedOutputStream(zstd, "zstd") as out:
        out.write(GOOD)
        out.flush()
        packed = {
            "gz": gzip.compress(GOOD),
            "xz": lzma.compress(GOOD),
            "bz2": bz2.compress(GOOD),
            "zip": zipped.getvalue(),
        }
    packed["zst"] = pa.compress(GOOD, "zstd", asbytes=True)
    path.write_bytes(packed[suffix])
    with loading(tmp_path, path) as loaded:
        assert loaded.only.name == "sales.2024"
        assert loaded.rows() == ROWS


def test_same_names_are_made_unique_and_reported(tmp_path: Path) -> None:
    for folder in "a", "b", "c":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / ("Data.csv" if folder == "b" else "data.csv")).write_bytes(GOOD)
    with loading(tmp_path, *(tmp_path / f for f in "abc")) as loaded:
        assert [t.name for t in loaded.tables] == ["data", "Data_2", "data_3"]
        assert "name_clash" in loaded.problems("Data_2")


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(GOOD))))
    with loading(tmp_path, "-") as loaded:
        assert (loaded.only.name, loaded.only.source) == ("stdin", "standard input")
        assert loaded.rows() == ROWS


# ------------------------------------------------------------------- JSON


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('[{"a": 1, "b": "x"}, {"b": "y", "a": 2}]', [(1, "x"), (2, "y")]),
        ('{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n', [(1, "x"), (2, "y")]),
        ('\ufeff[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]', [(1, "x"), (2, "y")]),
        ('{\n "a": 1,\n "b": "x"\n}\n{\n "a": 2,\n "b": "y"\n}', [(1, "x"), (2, "y")]),
        ('{"a": [1, 2], "b": ["x", "y"]}', [(1, "x"), (2, "y")]),
        ('[["a", "b"], [1, "x"], [2, "y"]]', [(1, "x"), (2, "y")]),
        ('{"columns": ["a", "b"], "index": [0, 1], "data": [[1, "x"], [2, "y"]]}', [(1, "x"), (2, "y")]),
        ('{"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}}', [(1, "x"), (2, "y")]),
        ('{"status": "ok", "items": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]}', [(1, "x"), (2, "y")]),
        ('{"a": 1, "b": "x"}', [(1, "x")]),
        ("[1, 2]", [(1,), (2,)]),
        ('{"u1": {"a": 1}, "u2": {"a": 2}}', [("u1", 1), ("u2", 2)]),
    ],
)
def test_forms_of_json(tmp_path: Path, text: str, rows: list[tuple[object, ...]]) -> None:
    (tmp_path / "t.json").write_text(text, encoding="utf-8")
    with loading(tmp_path, tmp_path / "t.json") as loaded:
        assert loaded.rows() == rows


def test_several_lists_in_one_document(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"users": [{"id": 1}], "orders": [{"id": 7}, {"id": 8}], "page": 1}')
    with loading(tmp_path, tmp_path / "t.json") as loaded:
        assert {t.name: t.rows for t in loaded.tables} == {"users": 1, "orders": 2}


def test_nested_json_is_flattened_or_kept_as_text(tmp_path: Path) -> None:
    record = {"id": 1, "who": {"name": "Ann", "at": {"city": "Rome"}}, "tags": ["x", "y"], "z": "00123"}
    (tmp_path / "t.json").write_text(json.dumps([record, {"id": 2}]))
    with loading(tmp_path, tmp_path / "t.json") as loaded:
        assert list(loaded.types()) == ["id", "who.name", "who.at.city", "tags", "z"]
        assert loaded.rows()[0] == (1, "Ann", "Rome", '["x","y"]', "00123")
        assert loaded.problem("nested_values").examples == ("tags",)


def test_json_types_are_settled_by_all_records(tmp_path: Path) -> None:
    lines = [json.dumps({"n": i, "d": "2024-01-05"}) for i in range(30_000)]
    lines.append(json.dumps({"n": "many", "d": "2024-01-06"}))
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    with loading(tmp_path, tmp_path / "t.jsonl") as loaded:
        assert loaded.types() == {"n": "VARCHAR", "d": "DATE"}
        assert loaded.column("n")[-1] == "many"


def test_json_in_other_encodings(tmp_path: Path) -> None:
    text = json.dumps([{"城市": "北京"}, {"城市": "上海"}], ensure_ascii=False)
    for codec in "utf-16", "gbk", "utf-8-sig":
        folder = tmp_path / codec
        folder.mkdir()
        (folder / "t.json").write_bytes(text.encode(codec))
        with loading(folder, folder / "t.json") as loaded:
            assert loaded.column("城市") == ["北京", "上海"]


# ------------------------------------------------------------------- Parquet and Arrow


def test_parquet_is_granted_not_copied(tmp_path: Path) -> None:
    path = tmp_path / "a b's [x].parquet"
    pq.write_table(pa.table({"a": [1, 2], "s": [{"x": 1, "y": ["q"]}, None]}), path)
    with loading(tmp_path, path) as loaded:
        assert loaded.only.in_place
        assert loaded.only.granted == (path,)
        assert list(loaded.types()) == ["a", "s.x", "s.y"]
        views = loaded.connection.execute("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchall()
        assert views == [(1,)]
        assert loaded.rows() == [(1, 1, '["q"]'), (2, None, None)]


@pytest.mark.slow
def test_parquet_by_pattern_and_by_hive_folder(tmp_path: Path) -> None:
    for year in 2023, 2024:
        folder = tmp_path / "sales" / f"year={year}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"amount": [year, 1]}), folder / "part-0.parquet")
    with loading(tmp_path, tmp_path / "sales") as loaded:
        assert loaded.only.name == "sales"
        assert sorted(loaded.rows()) == [(1, 2023), (1, 2024), (2023, 2023), (2024, 2024)]
        assert len(loaded.only.granted) == 2
    (tmp_path / "scratch" / "workspace.duckdb").unlink()
    with loading(tmp_path, str(tmp_path / "sales" / "*" / "part-*.parquet")) as loaded:
        assert (loaded.only.name, loaded.only.rows) == ("part", 4)


@pytest.mark.slow
def test_parquet_files_that_differ_are_tables_of_their_own(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "t1.parquet")
    pq.write_table(pa.table({"b": ["x"]}), tmp_path / "t2.parquet")
    with loading(tmp_path, str(tmp_path / "*.parquet")) as loaded:
        assert [t.name for t in loaded.tables] == ["t1", "t2"]


def test_packed_parquet_is_stored(tmp_path: Path) -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2]}), out)
    (tmp_path / "p.parquet.gz").write_bytes(gzip.compress(out.getvalue()))
    with loading(tmp_path, tmp_path / "p.parquet.gz") as loaded:
        assert (loaded.only.name, loaded.only.in_place, loaded.only.granted) == ("p", False, ())
        assert loaded.rows() == [(1,), (2,)]


@pytest.mark.parametrize("form", ["file", "stream"])
def test_arrow(tmp_path: Path, form: str) -> None:
    table = pa.table(
        {
            "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
            "half": pa.array([1.5, None, 2.5], pa.float16()),
            "at": pa.array([datetime(2024, 1, 1)] * 3, pa.timestamp("ns")),
        }
    )
    path = tmp_path / "t.arrow"
    writer = pa.ipc.new_file if form == "file" else pa.ipc.new_stream
    with path.open("wb") as out, writer(out, table.schema) as target:
        target.write_table(table)
    with loading(tmp_path, path) as loaded:
        assert loaded.types() == {"kind": "VARCHAR", "half": "FLOAT", "at": "TIMESTAMP"}
        assert loaded.rows()[1] == ("y", None, datetime(2024, 1, 1))


# ------------------------------------------------------------------- several files


def test_parts_with_the_same_columns_become_one_table(tmp_path: Path) -> None:
    for month in "2024-01", "2024-02":
        (tmp_path / f"sales {month}.csv").write_bytes(GOOD)
    with loading(tmp_path, str(tmp_path / "sales*.csv")) as loaded:
        assert (loaded.only.name, loaded.only.rows) == ("sales", 6)
        assert sorted(set(loaded.column("file"))) == ["sales 2024-01", "sales 2024-02"]
        assert loaded.problem("joined_files").count == 2


def test_hive_folder_of_text(tmp_path: Path) -> None:
    for region in "North", "South%20East":
        folder = tmp_path / "sales" / f"region={region}"
        folder.mkdir(parents=True)
        (folder / "data.csv").write_bytes(GOOD)
    with loading(tmp_path, tmp_path / "sales") as loaded:
        assert (loaded.only.name, loaded.only.rows) == ("sales", 6)
        assert sorted(set(loaded.column("region"))) == ["North", "South East"]


def test_files_of_a_folder_that_only_look_alike_stay_apart(tmp_path: Path) -> None:
    for name in "clean.csv", "dirty.csv", "notes.md":
        (tmp_path / name).write_bytes(GOOD)
    with loading(tmp_path, tmp_path) as loaded:
        assert sorted(t.name for t in loaded.tables) == ["clean", "dirty"]


def test_archive_with_several_tables(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("x/orders.csv", GOOD)
        archive.writestr("people.json", '[{"a": 1}]')
        archive.writestr("README.md", "hello")
    with loading(tmp_path, tmp_path / "all.zip") as loaded:
        assert {t.name: t.rows for t in loaded.tables} == {"orders": 3, "people": 1}


# ------------------------------------------------------------------- Excel


def workbook(path: Path, **sheets: list[list[object]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return book


def test_every_sheet_is_a_table(tmp_path: Path) -> None:
    workbook(
        tmp_path / "b.xlsx",
        Orders=[["id", "when", "paid"], [1, date(2024, 1, 5), True], [2, date(2024, 1, 6), None]],
        客户=[["姓名", "金额"], ["张三", 10.5], ["李四", 3]],
        Empty=[],
    )
    with loading(tmp_path, tmp_path / "b.xlsx") as loaded:
        assert [t.name for t in loaded.tables] == ["Orders", "客户"]
        assert loaded.types("Orders") == {"id": "BIGINT", "when": "DATE", "paid": "BOOLEAN"}
        assert loaded.rows("客户") == [("张三", 10.5), ("李四", 3.0)]


def test_one_sheet_takes_the_name_of_the_file(tmp_path: Path) -> None:
    workbook(tmp_path / "budget 2024.xlsx", Sheet1=[["a"], [1]])
    with loading(tmp_path, tmp_path / "budget 2024.xlsx") as loaded:
        assert loaded.only.name == "budget 2024"


def test_titles_blank_rows_merged_cells_and_mixed_columns(tmp_path: Path) -> None:
    path = tmp_path / "m.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B2"] = "Sales report 2024"
    for position, row in enumerate(
        [
            ["region", "shop", "sales", "note"],
            ["North", "A", 10, 1],
            [None, "B", 20, "x"],
            ["South", "C", 30, 2.5],
        ]
    ):
        for offset, cell in enumerate(row):
            sheet.cell(row=5 + position, column=2 + offset, value=cell)
    sheet.merge_cells("B6:B7")
    sheet.cell(row=10, column=2, value="East")
    sheet.cell(row=10, column=3, value="D")
    sheet.cell(row=10, column=4, value=40)
    book.save(path)
    with loading(tmp_path, path) as loaded:
        assert loaded.rows() == [
            ("North", "A", 10, "1"), ("North", "B", 20, "x"), ("South", "C", 30, "2.5"),
            ("East", "D", 40, None)
        ]  # fmt: skip
        assert loaded.problems() >= {"preamble", "blank_rows", "merged_cells", "mixed_types"}


def test_times_and_dates_of_excel(tmp_path: Path) -> None:
    rows = [
        ["t", "at", "d"],
        [time(8, 30), datetime(2024, 1, 5, 8, 30), date(2024, 1, 5)],
        [time(9), None, 45297],
    ]
    workbook(tmp_path / "t.xlsx", S=rows)
    with loading(tmp_path, tmp_path / "t.xlsx") as loaded:
        assert loaded.types() == {"t": "TIME", "at": "TIMESTAMP", "d": "DATE"}
        assert loaded.column("d") == [date(2024, 1, 5), date(2024, 1, 6)]


def test_excel_without_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workbook(tmp_path / "t.xlsx", S=[["a"], [1]])
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(MissingExtraError, match=r"datalect\[files\]"), loading(tmp_path, tmp_path / "t.xlsx"):
        pass


# ------------------------------------------------------------------- databases


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(
        """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT UNIQUE, name TEXT,
                                vip BOOLEAN, since DATE);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers,
                             total DECIMAL(10, 2),
                             placed DATETIME);
        CREATE TABLE "order lines" (order_id INTEGER, line INTEGER, item TEXT, PRIMARY KEY (order_id, line),
                             FOREIGN KEY (order_id) REFERENCES orders (id));
        CREATE VIEW big AS SELECT * FROM orders WHERE total > 15;
        INSERT INTO customers VALUES (1, 'a@x.org', 'Ann', 1, '2020-01-05'), (2, 'b@x.org', '张三', 0, NULL);
        INSERT INTO orders VALUES (1, 1, 10.5, '2024-01-05 10:00:00'), (2, 1, 20, '2024-01-06 11:30:00');
        INSERT INTO "order lines" VALUES (1, 1, 'x'), (1, 2, 'y');
        """
    )
    connection.close()
    return path


def test_sqlite_with_keys_types_and_views(tmp_path: Path, shop: Path) -> None:
    with loading(tmp_path, shop) as loaded:
        assert {t.name: t.rows for t in loaded.tables} == {
            "customers": 2,
            "orders": 2,
            "order lines": 2,
            "big": 1,
        }
        assert loaded["customers"].declared_keys == (("id",), ("email",))
        assert loaded["order lines"].declared_keys == (("order_id", "line"),)
        assert loaded.types("customers") == {
            "id": "BIGINT", "email": "VARCHAR", "name": "VARCHAR", "vip": "BOOLEAN", "since": "DATE"
        }  # fmt: skip
        assert loaded.types("orders")["placed"] == "TIMESTAMP"
        (link,) = loaded["orders"].declared_foreign_keys
        assert (link.columns, link.ref_table, link.ref_columns, link.declared) == (
            ("customer",), "customers", ("id",), True
        )  # fmt: skip


def test_one_table_of_a_database(tmp_path: Path, shop: Path) -> None:
    with loading(tmp_path, f"{shop}::Orders") as loaded:
        assert loaded.only.name == "orders"
        assert loaded.only.declared_foreign_keys == ()
    (tmp_path / "scratch" / "workspace.duckdb").unlink()
    with pytest.raises(SourceError, match="try orders"), loading(tmp_path, f"{shop}::ordres"):
        pass


def test_sqlite_that_another_program_is_writing(tmp_path: Path, shop: Path) -> None:
    connection = sqlite3.connect(shop)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("INSERT INTO customers (id, name) VALUES (3, 'Eve')")
    connection.commit()
    with loading(tmp_path, f"{shop}::customers") as loaded:
        assert loaded.only.rows == 3
    connection.close()


@pytest.mark.slow
def test_duckdb_file(tmp_path: Path) -> None:
    path = tmp_path / "d.duckdb"
    connection = duckdb.connect(str(path))
    connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY, kind ENUM('x', 'y'), s STRUCT(q INTEGER))")
    connection.execute("CREATE TABLE b (a_id INTEGER REFERENCES a (id), u UUID)")
    connection.execute("CREATE SCHEMA other")
    connection.execute("CREATE TABLE other.b AS SELECT 1 AS z")
    connection.execute("INSERT INTO a VALUES (1, 'x', {'q': 5})")
    connection.execute("INSERT INTO b VALUES (1, '00000000-0000-0000-0000-000000000001')")
    connection.execute("CREATE VIEW v AS SELECT count(*) AS n FROM b")
    connection.close()
    with loading(tmp_path, path) as loaded:
        assert [t.name for t in loaded.tables] == ["a", "b", "b_2", "v"]
        assert loaded.rows("a") == [(1, "x", 5)]
        assert loaded.rows("b") == [(1, "00000000-0000-0000-0000-000000000001")]
        assert loaded["a"].declared_keys == (("id",),)
        assert loaded["b"].declared_foreign_keys[0].ref_table == "a"


# ------------------------------------------------------------------- how columns are stored


@pytest.mark.parametrize(("limit", "stored"), [(1 << 30, "Uncompressed"), (0, "ZSTD")])
def test_varied_texts_are_stored_without_a_dictionary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, stored: str
) -> None:
    monkeypatch.setattr("datalect.data.load.delimited._PLAIN_BYTES", limit)
    path = tmp_path / "t.csv"
    path.write_text(
        "kind,note\n" + "".join(f"k{i % 3},note number {i * 7919 % 30011} of many\n" for i in range(30_000))
    )
    with loading(tmp_path, str(path)) as loaded:
        loaded.connection.execute("CHECKPOINT")
        used: dict[str, set[str]] = {}
        for column, how in loaded.connection.execute(
            "SELECT column_name, compression FROM pragma_storage_info('source.t') "
            "WHERE segment_type = 'VARCHAR'"
        ).fetchall():
            used.setdefault(column, set()).add(how)
        assert used == {"kind": {"DICT_FSST"}, "note": {stored}}
        assert len(set(loaded.column("note"))) == 30_000


def test_what_an_archive_holds_besides_tables_is_told(tmp_path: Path) -> None:
    path, inner = tmp_path / "both.zip", io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("x.csv", GOOD)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("y.csv", GOOD)
        archive.writestr("inner.zip", inner.getvalue())
        archive.writestr("notes.docx", b"PK")
        archive.writestr("__MACOSX/._y.csv", b"x")
    with loading(tmp_path, str(path)) as loaded:
        problem = loaded.problem("left_out_files")
        assert (problem.count, problem.examples) == (2, ("inner.zip", "notes.docx"))
        assert loaded.rows() == ROWS


def test_a_total_whose_formulas_were_never_computed_is_no_row(tmp_path: Path) -> None:
    path, book = tmp_path / "book.xlsx", openpyxl.Workbook()
    for row in (
        ["地区", "数量", "金额"],
        ["华东", 3, 10.5],
        ["华北", 1, 20],
        ["华南", 4, 7.5],
        ["合计", "=SUM(B2:B4)", None],
    ):
        book.active.append(row)
    book.save(path)
    with loading(tmp_path, str(path)) as loaded:
        assert [row[0] for row in loaded.rows()] == ["华东", "华北", "华南"]
        assert loaded.problem("total_rows").examples == ("a total without figures: 合计, ,",)
