"""Files nobody wants to meet: each gets the error, or the reported problem, it deserves."""

from __future__ import annotations

import array
import gzip
import io
import json
import lzma
import os
import pickle
import socket
import sqlite3
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalect.data.workspace import OpenOptions, open_workspace
from datalect.errors import DatalectError, LimitError, SourceError
from loading_helper import loading

GOOD = b"id,name,amount\n1,Ann,10.5\n2,Bob,20.25\n3,Eve,7\n"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATALECT_CACHE", str(tmp_path / "cache"))


def _parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": list(range(1000)), "b": ["x"] * 1000}), out)
    return out.getvalue()


def _arrow_outside() -> bytes:
    """An Arrow file whose texts point beyond their buffer: a reader that trusts it leaves its memory."""
    offsets = pa.py_buffer(array.array("i", [0, 1_000_000_000, 1, 2]).tobytes())
    texts = pa.Array.from_buffers(pa.string(), 3, [None, offsets, pa.py_buffer(b"ab")])
    sink = pa.BufferOutputStream()
    batch = pa.RecordBatch.from_arrays([pa.array([1, 2, 3]), texts], ["n", "text"])
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def _arrow() -> bytes:
    out = io.BytesIO()
    table = pa.table({"a": list(range(1000))})
    with pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


def _sqlite() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a INTEGER, b TEXT)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [(i, "x" * 200) for i in range(2000)])
    connection.commit()
    data = connection.serialize()
    connection.close()
    return data


def _duckdb(folder: Path) -> bytes:
    path = folder / "made.duckdb"
    connection = duckdb.connect(str(path))
    connection.execute("CREATE TABLE t AS SELECT range AS a, repeat('x', 50) AS b FROM range(20000)")
    connection.close()
    data = path.read_bytes()
    path.unlink()
    return data


def _xlsx(**extra: bytes) -> bytes:
    out = io.BytesIO()
    book = openpyxl.Workbook()
    for row in [("a", "b"), (1, "x"), (2, "y")]:
        book.active.append(row)
    book.save(out)
    if extra:
        with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
            for name, data in extra.items():
                archive.writestr(name, data)
    return out.getvalue()


def _rewritten_xlsx(change: Callable[[str, bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_xlsx())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


def _entity_bomb(name: str, data: bytes) -> bytes:
    if name != "xl/worksheets/sheet1.xml":
        return data
    return b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + data


def _zip(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def _lying_zip() -> bytes:
    """An archive that declares a small size for a member that unpacks to more."""
    data = bytearray(_zip(**{"a.csv": GOOD + b"9,Zed,1\n" * 50_000}))
    size = len(GOOD) + 8 * 50_000
    true, false = struct.pack("<I", size), struct.pack("<I", 100)
    return bytes(data.replace(true, false))


def _encrypted_zip() -> bytes:
    data = bytearray(_zip(**{"a.csv": GOOD}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    return bytes(data)


def _tar() -> bytes:
    import tarfile

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("a.csv")
        info.size = len(GOOD)
        archive.addfile(info, io.BytesIO(GOOD))
    return out.getvalue()


# name of the file, its bytes, the error, words of the message
DAMAGED: list[tuple[str, bytes | Callable[[Path], bytes], type[DatalectError], str]] = [
    ("empty.csv", b"", SourceError, "is empty"),
    ("blank.csv", b"\n\n   \n", SourceError, "is empty"),
    ("only_bom.csv", b"\xef\xbb\xbf", SourceError, "is empty"),
    ("empty.parquet", b"", SourceError, "not what its name says"),
    ("empty.xlsx", b"", SourceError, "not what its name says"),
    ("empty.json", b"", SourceError, "empty"),
    ("noise.csv", bytes(range(256)) * 64, SourceError, "not a table"),
    ("photo.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, SourceError, "PNG picture"),
    ("paper.csv", b"%PDF-1.7\n%...", SourceError, "PDF document"),
    ("page.csv", b"<!DOCTYPE html><html><body><table></table></body></html>", SourceError, "HTML page"),
    ("page.xls", b"  <html><table><tr><td>1</td></tr></table></html>", SourceError, "HTML page"),
    ("model.csv", pickle.dumps({"a": 1}, protocol=4), SourceError, "pickle"),
    ("array.csv", b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'", SourceError, "NumPy"),
    ("program.csv", b"\x7fELF\x02\x01\x01" + b"\0" * 200, SourceError, "a program"),
    ("archive.csv", _tar(), SourceError, "tar archive"),
    ("cut.parquet", _parquet()[:-40], SourceError, "damaged"),
    ("cut_middle.parquet", _parquet()[:200] + _parquet()[-500:], SourceError, "damaged"),
    ("footer_length.parquet", _parquet()[:-8] + b"\xff\xff\xff\x7fPAR1", SourceError, "damaged"),
    ("magic_only.parquet", b"PAR1PAR1", SourceError, "damaged"),
    ("cut.arrow", _arrow()[:-100], SourceError, "damaged"),
    ("wild_offsets.arrow", _arrow_outside(), SourceError, "damaged"),
    ("cut.sqlite", _sqlite()[:6000], SourceError, "damaged"),
    ("header_only.sqlite", b"SQLite format 3\x00" + b"\xff" * 84, SourceError, "damaged"),
    ("cut.duckdb", lambda folder: _duckdb(folder)[:20_000], SourceError, "damaged"),
    ("header_only.duckdb", b"\0" * 8 + b"DUCK" + b"\xff" * 400, SourceError, "damaged"),
    ("cut.xlsx", _xlsx()[:2000], SourceError, "damaged"),
    ("entities.xlsx", _rewritten_xlsx(_entity_bomb), SourceError, "entities"),
    (
        "bomb.xlsx",
        _xlsx(**{"xl/worksheets/sheet9.xml": b"\0" * (150 << 20)}),
        LimitError,
        "unpacks to far more",
    ),
    ("cut.csv.gz", gzip.compress(GOOD * 1000)[:-20], SourceError, "damaged"),
    ("cut.csv.xz", lzma.compress(GOOD * 1000)[:-20], SourceError, "damaged"),
    ("noise.csv.gz", b"\x1f\x8b\x08\x00" + os.urandom(100), SourceError, "damaged"),
    ("bomb.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * (8 << 20)), LimitError, "unpacks to far more"),
    ("lying.zip", _lying_zip(), SourceError, "damaged"),
    ("encrypted.zip", _encrypted_zip(), SourceError, "encrypted"),
    ("no_table.zip", _zip(**{"readme.md": b"# hello"}), SourceError, "holds no table"),
    ("crowd.zip", _zip(**{f"{i}.csv": b"a\n1\n" for i in range(30)}), LimitError, "unpacks to far more"),
    ("nested.zip", _zip(**{"a.zip": _zip(**{"b.zip": _zip(**{"c.csv": GOOD})})}), SourceError, "archive"),
    ("deep.json", b"[" * 100_000 + b"]" * 100_000, SourceError, "too deeply"),
    ("deep_objects.json", b'{"a":' * 50_000 + b"1" + b"}" * 50_000, SourceError, "too deeply"),
    ("deep_cell.json", b'[{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}]", SourceError, "too deeply"),
    ("cut.json", b'[{"a": 1}, {"a":', SourceError, "not valid JSON"),
    ("comma.json", b'[{"a": 1},]', SourceError, "not valid JSON"),
    ("nothing.json", b"[]", SourceError, "no records"),
    ("null.json", b"null", SourceError, "no records|not valid"),
    ("lines.jsonl", b"{{{\n}}}\n{]\n", SourceError, "valid JSON"),
    ("wide.csv", b",".join(b"c%d" % i for i in range(100_000)) + b"\n", LimitError, "too many columns"),
    ("one_line.csv", b"x" * (9 << 20), LimitError, "too long"),
    ("pipe_list.pq", b"PK\x03\x04" + b"\0" * 50, SourceError, "damaged|not a table"),
]


@pytest.mark.parametrize(("name", "content", "error", "words"), DAMAGED, ids=[d[0] for d in DAMAGED])
def test_damaged_files_get_a_clear_error(
    tmp_path: Path,
    name: str,
    content: bytes | Callable[[Path], bytes],
    error: type[DatalectError],
    words: str,
) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content(tmp_path))
    options = OpenOptions(max_cell_bytes=8 << 20, max_unpacked_bytes=16 << 20, max_tables=20)
    with pytest.raises(error, match=words) as caught:
        open_workspace([path], options=options)
    assert name in caught.value.what
    assert caught.value.received or caught.value.expected
    leftovers = [p for p in (tmp_path / "cache").rglob("*") if p.is_file() and p.suffix != ".lock"]
    assert leftovers == []


def test_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_bytes(GOOD)
    with pytest.raises(SourceError, match=r"did you mean sales\.csv"):
        open_workspace([tmp_path / "salse.csv"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "secret.csv"
    path.write_bytes(GOOD)
    path.chmod(0)
    with pytest.raises(SourceError, match="cannot be read"):
        open_workspace([path])


def test_loop_of_links(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to(tmp_path / "b.csv")
    (tmp_path / "b.csv").symlink_to(tmp_path / "a.csv")
    with pytest.raises(SourceError, match=r"a\.csv cannot be read"):
        open_workspace([tmp_path / "a.csv"])


def test_link_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(SourceError, match="a link that leads nowhere"):
        open_workspace([tmp_path / "a.csv"])


def test_pipe_that_nobody_writes_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datalect.data.sources._FIFO_SECONDS", 0.2)
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(SourceError, match="Nothing came through the pipe"):
        open_workspace([tmp_path / "pipe.csv"])


def test_socket_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        with pytest.raises(SourceError, match="not a file"):
            open_workspace([path])


def test_folder_without_tables(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="holds no table"):
        open_workspace([tmp_path / "empty"])


def test_pattern_without_files(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No file matches"):
        open_workspace([str(tmp_path / "*.csv")])


def test_nul_in_a_path() -> None:
    with pytest.raises(SourceError, match="NUL"):
        open_workspace(["a\0b.csv"])


def test_name_of_300_characters(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot be read|no file"):
        open_workspace([str(tmp_path / ("x" * 300 + ".csv"))])


@pytest.mark.parametrize("url", ["https://example.org/a.csv", "s3://bucket/key.parquet", "ftp://h/x"])
def test_addresses_are_not_fetched(url: str) -> None:
    with pytest.raises(SourceError, match="does not fetch"):
        open_workspace([url])


def test_hostile_names_inside_an_archive_are_labels_only(tmp_path: Path) -> None:
    path = tmp_path / "hostile.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../escaped.csv", GOOD)
        archive.writestr("/absolute.csv", GOOD)
        archive.writestr("C:\\windows.csv", GOOD)
    with loading(tmp_path, path) as loaded:
        assert sorted(t.name for t in loaded.tables) == ["absolute", "escaped", "windows"]
        assert all(t.rows == 3 for t in loaded.tables)
    assert not (tmp_path.parent / "escaped.csv").exists()


# ------------------------------------------------------------------- read, with the problem reported


def write(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_ragged_rows_are_counted_shown_and_kept(tmp_path: Path) -> None:
    path = write(tmp_path, "r.csv", b"a,b,c\n1,2,3\n4,5\n6,7,8,9\n\n10,11,12\n")
    with loading(tmp_path, path) as loaded:
        assert loaded.rows() == [(1, 2, 3), (10, 11, 12)]
        problem = loaded.problem("ragged_rows")
        assert problem.count == 2
        assert problem.examples == (
            "line 3: 2 fields instead of 3: 4,5",
            "line 4: 4 fields instead of 3: 6,7,8,9",
        )
        assert loaded.only.rejected == "r__rejected"
        assert loaded.rows("r__rejected") == [
            (3, "2 fields instead of 3", "4,5"),
            (4, "4 fields instead of 3", "6,7,8,9"),
        ]


def test_line_numbers_are_physical_after_quoted_line_breaks(tmp_path: Path) -> None:
    path = write(tmp_path, "r.csv", b'a,b,c\n1,"x\ny\nz",3\n4,5\n6,7,8\n')
    with loading(tmp_path, path) as loaded:
        assert loaded.only.rows == 2
        assert loaded.rows("r__rejected") == [(5, "2 fields instead of 3", "4,5")]


@pytest.mark.parametrize("after", [3, pytest.param(300_000, marks=pytest.mark.slow)])
def test_unclosed_quote_costs_no_other_row(tmp_path: Path, after: int) -> None:
    rows = b"".join(b"%d,x,y\n" % i for i in range(after))
    path = write(tmp_path, "q.csv", b"a,b,c\n" + rows + b'7,"open,y,z\n' + rows)
    with loading(tmp_path, path) as loaded:
        assert loaded.only.rows == 2 * after
        assert loaded.problem("ragged_rows").count == 1
        assert loaded.rows("q__rejected")[0][0] == after + 2


def test_quotes_that_belong_to_the_text(tmp_path: Path) -> None:
    path = write(
        tmp_path, "q.tsv", b'id\ttext\n1\t"Look," she said\n2\t5" pipe\n3\t"whole"\n4\tshe said "so"\n'
    )
    with loading(tmp_path, path) as loaded:
        assert loaded.column("text") == ['"Look," she said', '5" pipe', "whole", 'she said "so"']
        assert loaded.problem("stray_quotes").count == 1


def test_line_ends_of_three_kinds(tmp_path: Path) -> None:
    path = write(tmp_path, "e.csv", b"a,b\r\n1,x\r\n2,y\n3,z\r4,w\n")
    with loading(tmp_path, path) as loaded:
        assert loaded.rows() == [(1, "x"), (2, "y"), (3, "z"), (4, "w")]


def test_nul_bytes_are_shown_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path, "n.csv", b"a,b\n1,x\x00y\n2,z\n")
    with loading(tmp_path, path) as loaded:
        assert loaded.column("b") == ["x\u2400y", "z"]
        assert loaded.problem("nul_bytes").count == 1


def test_repeated_and_empty_names(tmp_path: Path) -> None:
    path = write(tmp_path, "h.csv", b"id,name,Name,,name\n1,a,b,c,d\n2,e,f,g,h\n")
    with loading(tmp_path, path) as loaded:
        assert list(loaded.types()) == ["id", "name", "Name_2", "column4", "name_3"]
        assert loaded.problem("duplicate_header").count == 2
        assert loaded.problem("empty_header").examples == ("column4",)


def test_only_a_header(tmp_path: Path) -> None:
    path = write(tmp_path, "h.csv", b"id,name,amount\n")
    with loading(tmp_path, path) as loaded:
        assert loaded.only.rows == 0
        assert list(loaded.types()) == ["id", "name", "amount"]


def test_one_column(tmp_path: Path) -> None:
    path = write(tmp_path, "o.csv", b"amount\n1\n2\n3\n")
    with loading(tmp_path, path) as loaded:
        assert loaded.types() == {"amount": "BIGINT"}
        assert loaded.column("amount") == [1, 2, 3]


def test_huge_cell(tmp_path: Path) -> None:
    path = write(tmp_path, "h.csv", b"a,b\n1,x\n2," + b"y" * 3_000_000 + b"\n3,z\n")
    with loading(tmp_path, path) as loaded:
        assert [len(text) for text in loaded.column("b")] == [1, 3_000_000, 1]


def test_cell_over_the_limit_is_set_aside(tmp_path: Path) -> None:
    path = write(tmp_path, "h.csv", b"a,b\n" + b"1,x\n" * 50_000 + b"2," + b"y" * 3_000_000 + b"\n3,z\n")
    with loading(tmp_path, path, max_cell_bytes=2_500_000) as loaded:
        assert loaded.only.rows == 50_001
        assert loaded.problem("ragged_rows").count == 1
        assert "longer than 2,500,000 bytes" in loaded.rows("h__rejected")[0][1]


@pytest.mark.slow
def test_thousands_of_columns(tmp_path: Path) -> None:
    names = ",".join(f"c{i}" for i in range(3000))
    path = write(tmp_path, "w.csv", f"{names}\n{','.join('x' for _ in range(3000))}\n".encode() * 2)
    with loading(tmp_path, path) as loaded:
        assert len(loaded.types()) == 3000


def test_lines_of_two_encodings(tmp_path: Path) -> None:
    utf8 = "".join(f"{i},北京市朝阳区\n" for i in range(2000)).encode()
    path = write(tmp_path, "m.csv", "序号,地址\n".encode() + utf8 + "9,上海市浦东新区\n".encode("gbk") + utf8)
    with loading(tmp_path, path) as loaded:
        assert loaded.only.rows == 4001
        assert "上海市浦东新区" in loaded.column("地址")
        problem = loaded.problem("bad_bytes")
        assert problem.count == 1
        assert problem.examples[0].startswith("line 2002: ")


def test_bytes_of_no_encoding_stay_visible(tmp_path: Path) -> None:
    rows = "".join(f"{i},数据\n" for i in range(100)).encode()
    path = write(tmp_path, "b.csv", "a,文\n".encode() + rows + b"7,x\xffy\n")
    with loading(tmp_path, path) as loaded:
        assert loaded.only.rows == 101
        assert loaded.column("文")[-1] in ("x\\xffy", "xÿy")
        assert loaded.problem("bad_bytes").count == 1


def test_late_text_in_a_column_of_numbers(tmp_path: Path) -> None:
    rows = b"".join(b"%d,%d.5\n" % (i, i) for i in range(60_000))
    late = b"60000,n/a\n60001,1.5\n"
    path = write(tmp_path, "l.csv", b"id,x\n" + rows + late + rows)
    with loading(tmp_path, path) as loaded:
        assert loaded.only.rows == 120_002
        assert loaded.types() == {"id": "BIGINT", "x": "VARCHAR"}
        assert loaded.column("x")[60_000] == "n/a"
        problem = loaded.problem("mixed_types")
        assert (problem.column, problem.count, problem.examples) == ("x", 1, ("n/a",))


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        (b"007", "VARCHAR"),
        (b"1.5", "DOUBLE"),
        (b"1_000", "VARCHAR"),
        (b"1e3", "DOUBLE"),
        (b"9" * 25, "VARCHAR"),
    ],
)
def test_late_cell_that_a_cast_would_change(tmp_path: Path, cell: bytes, kind: str) -> None:
    rows = b"".join(b"%d,%d\n" % (i, i + 10) for i in range(60_000))
    path = write(tmp_path, "l.csv", b"id,x\n" + rows + b"60000," + cell + b"\n" + rows)
    with loading(tmp_path, path) as loaded:
        assert loaded.types()["x"] == kind
        expected = float(cell) if kind == "DOUBLE" else cell.decode()
        assert loaded.column("x")[60_000] == expected


def test_leading_zeros_stay(tmp_path: Path) -> None:
    path = write(tmp_path, "z.csv", b"zip,n\n00123,1\n10001,2\n")
    with loading(tmp_path, path) as loaded:
        assert loaded.column("zip") == ["00123", "10001"]


def test_lines_above_and_notes_below(tmp_path: Path) -> None:
    text = (
        b"Quarterly report\nprinted 2024-05-01\n\nregion,q1,q2\nNorth,1,2\nSouth,3,4\nSource: our own books\n"
    )
    path = write(tmp_path, "p.csv", text)
    with loading(tmp_path, path) as loaded:
        assert loaded.rows() == [("North", 1, 2), ("South", 3, 4)]
        assert loaded.problem("preamble").count == 2
        assert loaded.problem("ragged_rows").examples[0].startswith("line 7: ")


@pytest.mark.parametrize("word", ["Total", "合计", "Grand total"])
def test_total_rows_are_not_counted_twice(tmp_path: Path, word: str) -> None:
    text = f"region,sales\nNorth,10\nSouth,20\nEast,30\n{word},60\n"
    path = write(tmp_path, "t.csv", text.encode())
    with loading(tmp_path, path) as loaded:
        assert sum(loaded.column("sales")) == 60
        assert loaded.problem("total_rows").count == 1


def test_row_that_is_only_called_total_stays(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", b"brand,sales\nShell,10\nEsso,20\nTotal,17\n")
    with loading(tmp_path, path) as loaded:
        assert loaded.column("brand") == ["Shell", "Esso", "Total"]
        assert loaded.problem("total_row").severity == "warning"


def test_json_with_repeated_keys(tmp_path: Path) -> None:
    path = write(tmp_path, "d.json", b'[{"a": 1, "a": 2}, {"a": 3}]')
    with loading(tmp_path, path) as loaded:
        assert loaded.rows(order="ORDER BY a") == [(1, 2), (3, None)]


def test_json_with_nan(tmp_path: Path) -> None:
    path = write(tmp_path, "n.json", b'[{"a": 1.5}, {"a": NaN}, {"a": Infinity}]')
    with loading(tmp_path, path) as loaded:
        assert loaded.column("a") == [1.5, None, None]
        assert loaded.problem("not_a_number").count == 2


def test_json_numbers_that_no_double_holds(tmp_path: Path) -> None:
    long = "123456789012345678901234567890"
    path = write(tmp_path, "l.json", f'[{{"a": 1}}, {{"a": {long}}}, {{"a": {"9" * 320}}}]'.encode())
    with loading(tmp_path, path) as loaded:
        assert loaded.column("a")[1] == long


def test_json_lines_that_are_not_valid(tmp_path: Path) -> None:
    path = write(tmp_path, "l.jsonl", b'{"a": 1}\n{"a": \n{"a": 3}\n')
    with loading(tmp_path, path) as loaded:
        assert loaded.column("a") == [1, 3]
        assert loaded.rows("l__rejected")[0][0] == 2
        assert loaded.problem("invalid_records").count == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["really.csv", "really.txt", "really.xlsx"])
def test_content_beats_the_name(tmp_path: Path, name: str) -> None:
    contents = {"Parquet": _parquet(), "Arrow": _arrow(), "SQLite": _sqlite(), "Excel": _xlsx()}
    for kind, content in contents.items():
        folder = tmp_path / kind
        folder.mkdir()
        with loading(folder, write(folder, name, content)) as loaded:
            assert loaded.only.rows == {"Parquet": 1000, "Arrow": 1000, "SQLite": 2000, "Excel": 2}[kind]


def test_json_called_csv(tmp_path: Path) -> None:
    path = write(tmp_path, "j.csv", json.dumps([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]).encode())
    with loading(tmp_path, path) as loaded:
        assert loaded.rows() == [(1, "x"), (2, "y")]


def test_csv_called_something_else(tmp_path: Path) -> None:
    for name in "c.json", "c.xlsx", "c.parquet":
        with loading(tmp_path, write(tmp_path, name, GOOD)) as loaded:
            assert loaded.only.rows == 3
        (tmp_path / "scratch" / "workspace.duckdb").unlink()


def test_sqlite_with_values_of_every_type_in_one_column(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (a, n INTEGER, e INTEGER)")
    connection.executemany(
        "INSERT INTO t VALUES (?, ?, ?)",
        [(1, 1, 5), ("x", "two", ""), (2.5, 3, 7), (b"\x00\xff", None, None)],
    )
    connection.commit()
    connection.close()
    with loading(tmp_path, path) as loaded:
        assert loaded.column("a") == ["1", "x", "2.5", "\\x00ff"]
        assert loaded.column("n") == ["1", "two", "3", None]
        assert loaded.column("e") == [5, None, 7, None]
        assert loaded.problem("empty_text").count == 1


def test_sqlite_view_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datalect.data.load.sqlite._VIEW_SECONDS", 0.3)
    path = tmp_path / "v.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (a)")
    connection.execute("INSERT INTO t VALUES (1)")
    connection.execute(
        "CREATE VIEW v AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r"
    )
    connection.execute("CREATE VIEW broken AS SELECT * FROM gone")
    connection.commit()
    connection.close()
    with loading(tmp_path, path) as loaded:
        assert [t.name for t in loaded.tables] == ["t"]
        assert loaded.problem("broken_view").count == 2


def test_duckdb_view_reads_no_other_file(tmp_path: Path) -> None:
    path = tmp_path / "v.duckdb"
    connection = duckdb.connect(str(path))
    connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    connection.execute("CREATE VIEW v AS SELECT * FROM read_text('/etc/passwd')")
    connection.close()
    with loading(tmp_path, path) as loaded:
        assert [t.name for t in loaded.tables] == ["t"]
