"""Real files of ../shared/data, read right."""

from __future__ import annotations

import lzma
import shutil
from datetime import date
from pathlib import Path

import pytest

from loading_helper import loading
from shared_data import shared_data

pytestmark = pytest.mark.shared

ENCODINGS = {
    "gbk": "GBK", "gb18030": "GBK", "utf16": "UTF-16 LE", "utf8bom": None,
}  # fmt: skip


@pytest.mark.parametrize("table", ["table0", "table1"])
@pytest.mark.parametrize("encoding", list(ENCODINGS))
def test_every_encoding_gives_the_same_table(tmp_path: Path, table: str, encoding: str) -> None:
    path = shared_data("chinese_tables", "encodings", f"{table}.{encoding}.csv")
    with loading(tmp_path, path) as loaded:
        assert loaded.only.rows == 465
        assert list(loaded.types())[:3] == ["企业名称", "年份", "营业总收入"]
        assert loaded.rows()[0][:5] == ("龙光集团有限公司", 2019, "576.79", "154.75", "422.03")
        name = ENCODINGS[encoding]
        assert ("encoding" in loaded.problems()) == (name is not None)
        if name is not None:
            assert name in loaded.problem("encoding").message


def test_short_pieces_of_chinese_files_keep_their_encoding(tmp_path: Path) -> None:
    lines = shared_data("chinese_tables", "encodings", "table0.gbk.csv").read_bytes().split(b"\n")
    for number in range(1, 40):
        path = tmp_path / f"piece{number}.csv"
        path.write_bytes(lines[0] + b"\n" + lines[number] + b"\n")
        folder = tmp_path / str(number)
        folder.mkdir()
        with loading(folder, path) as loaded:
            assert "企业名称" in loaded.types()


@pytest.mark.parametrize(
    ("name", "rows", "columns", "problems"),
    [
        ("portal_rodents_messy.csv", 790, 16, set()),
        ("BL-Flickr-Images-Book.csv.xz", 8287, 15, set()),
        ("university_towns.txt", 567, 1, {"no_header"}),
        ("olympics.csv", 146, 16, {"preamble", "duplicate_header", "empty_header", "total_rows"}),
        ("gdp.csv.xz", 13979, 4, set()),
        ("dirty_data.xlsx", 12, 11, {"preamble", "blank_rows", "duplicate_header", "serial_dates"}),
    ],
)
def test_messy_tables(tmp_path: Path, name: str, rows: int, columns: int, problems: set[str]) -> None:
    with loading(tmp_path, shared_data("messy_open", name)) as loaded:
        assert (loaded.only.rows, len(loaded.types())) == (rows, columns)
        assert loaded.problems() >= problems
        if name == "dirty_data.xlsx":
            assert loaded.types()["Hire Date"] == "DATE"
            assert loaded.column("Hire Date")[0] == date(2008, 8, 30)
        if name.startswith("BL"):
            assert loaded.column("Identifier")[0] == "000000206"


@pytest.mark.parametrize(
    ("parts", "rows"),
    [
        (("sms_spam", "sms.tsv.xz"), 5574),
        (("csl", "kg", "dev.tsv.xz"), 1000),
        (("csl", "cls_dcp", "dev.tsv.xz"), 1000),
        (("wikitablequestions", "random-split-1-dev.tsv.xz"), 2831),
        (("tatoeba_en_zh", "train.tsv.xz"), 27204),
    ],
)
def test_texts_with_stray_quotes_keep_every_line(tmp_path: Path, parts: tuple[str, ...], rows: int) -> None:
    path = shared_data(*parts)
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as text:
        lines = sum(1 for line in text if line.strip())
    with loading(tmp_path, path) as loaded:
        assert loaded.only.rows == rows
        header = 0 if "no_header" in loaded.problems() else 1
        assert rows + header == lines


@pytest.mark.slow
def test_archive_of_150_chinese_tables(tmp_path: Path) -> None:
    path = shared_data("chinese_tables", "real_estate_tables.zip")
    with loading(tmp_path, path) as loaded:
        assert len(loaded.tables) == 150
        assert all(table.rows > 0 for table in loaded.tables)


def test_sample_database(tmp_path: Path) -> None:
    packed = shared_data("sample_databases", "chinook.sqlite.xz")
    with lzma.open(packed) as stream, (tmp_path / "chinook.sqlite").open("wb") as out:
        shutil.copyfileobj(stream, out)
    with loading(tmp_path, tmp_path / "chinook.sqlite") as loaded:
        assert len(loaded.tables) == 11
        assert loaded["Track"].rows == 3503
        assert loaded["PlaylistTrack"].declared_keys == (("PlaylistId", "TrackId"),)
        assert {link.ref_table for link in loaded["Track"].declared_foreign_keys} == {
            "Album",
            "Genre",
            "MediaType",
        }
