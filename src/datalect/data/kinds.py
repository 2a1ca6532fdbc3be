"""What a file is, by its content: names lie, first bytes seldom do."""

from __future__ import annotations

import re
import zipfile
from enum import StrEnum
from pathlib import Path

from datalect.errors import SourceError


class Kind(StrEnum):
    """Kinds of files that hold tables."""

    DELIMITED = "delimited text"
    JSON = "JSON"
    PARQUET = "Parquet"
    ARROW = "Arrow"
    EXCEL = "Excel"
    SQLITE = "SQLite"
    DUCKDB = "DuckDB"


class Packing(StrEnum):
    """How a file is packed."""

    GZIP = "gzip"
    XZ = "xz"
    ZSTD = "zstd"
    BZIP2 = "bzip2"
    ZIP = "zip"


PACKING_SUFFIXES = {".gz", ".gzip", ".xz", ".lzma", ".zst", ".zstd", ".bz2", ".zip"}
TABLE_SUFFIXES = {
    ".csv", ".tsv", ".tab", ".psv", ".txt", ".dat", ".data", ".json", ".jsonl", ".ndjson", ".geojson",
    ".parquet", ".pq", ".arrow", ".feather", ".ipc", ".arrows", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods",
    ".sqlite", ".sqlite3", ".db", ".db3", ".duckdb", ".ddb",
}  # fmt: skip
_JSON_SUFFIXES = {".json", ".jsonl", ".ndjson", ".geojson"}

_PACKED = (
    (b"\x1f\x8b", Packing.GZIP),
    (b"\xfd7zXZ\x00", Packing.XZ),
    (b"\x28\xb5\x2f\xfd", Packing.ZSTD),
    (b"BZh", Packing.BZIP2),
)
# Files that are certainly no tables, with the word for them; the check is cheap and the message is clear.
_FOREIGN = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a Windows program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\x80\x04\x95", "a Python pickle, which could run code when opened"),
    (b"\x80\x05\x95", "a Python pickle, which could run code when opened"),
    (b"\x80\x03", "a Python pickle, which could run code when opened"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
    (b"-----BEGIN", "a key or certificate"),
)
_HTML = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|table)\b", re.IGNORECASE | re.DOTALL
)


def stem_of(name: str) -> str:
    """The name of a table that comes from a file of that name: without suffixes such as ``.csv.xz``."""
    path = Path(name)
    if path.suffix.lower() in PACKING_SUFFIXES:
        path = Path(path.stem)
        return path.stem if path.suffix.lower() in TABLE_SUFFIXES else path.name
    return path.stem


def packing_of(head: bytes, path: Path, name: str) -> Packing | None:
    """How the file at a path, called ``name``, is packed. A workbook is a zip file that is a table itself."""
    for magic, packing in _PACKED:
        if head.startswith(magic):
            return packing
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")) and not _is_workbook(path, name):
        return Packing.ZIP
    return None


def _is_workbook(path: Path, name: str) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.NameToInfo
            return any(n.startswith("xl/") for n in names) or "content.xml" in names
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError, RuntimeError):
        # A damaged archive called .xlsx deserves a word about workbooks, any other about archives.
        return Path(name).suffix.lower() in {".xlsx", ".xlsm", ".xlsb", ".ods"}


def kind_of(head: bytes, name: str) -> Kind:
    """What a file is.

    Args:
        head: its first bytes, a few thousand or all.
        name: its name, consulted only where the content leaves a choice.

    Raises:
        SourceError: it is something else than a table.
    """
    suffix = Path(name).suffix.lower()
    if head.startswith(b"PAR1"):
        return Kind.PARQUET
    stream = head.startswith(b"\xff\xff\xff\xff") and suffix in {".arrow", ".arrows", ".ipc"}
    if head.startswith(b"ARROW1") or stream:
        return Kind.ARROW
    if head.startswith(b"SQLite format 3\x00"):
        return Kind.SQLITE
    if head[8:12] == b"DUCK":
        return Kind.DUCKDB
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")):
        return Kind.EXCEL
    for magic, word in _FOREIGN:
        if head.startswith(magic):
            raise _no_table(name, word)
    if head[:4] == b"FEA1":
        raise _no_table(name, "a Feather file of version 1, which is no longer in use")
    if head[257:262] == b"ustar":
        raise _no_table(name, "a tar archive", "unpack it and name the file inside")
    if _HTML.match(head[:4096].removeprefix(b"\xef\xbb\xbf")):
        raise _no_table(name, "an HTML page", "export the table as CSV or Excel from where it is shown")
    if suffix in {
        ".parquet",
        ".pq",
        ".arrow",
        ".feather",
        ".sqlite",
        ".sqlite3",
        ".duckdb",
        ".xlsx",
        ".xls",
    } and (_is_binary(head) or not head):
        raise SourceError(
            f"{name} is not what its name says, or it is damaged.",
            expected=f"a {suffix} file",
            received="nothing" if not head else f"first bytes {head[:8].hex(' ')}",
            next_step="export or download the file again",
        )
    if _is_json(head, suffix):
        return Kind.JSON
    if _is_binary(head):
        raise _no_table(name, f"binary data (first bytes {head[:8].hex(' ')})")
    return Kind.DELIMITED


def _no_table(
    name: str, word: str, next_step: str = "give a table: CSV, JSON, Parquet, Excel, a database"
) -> SourceError:
    return SourceError(f"{name} is not a table.", expected="a table", received=word, next_step=next_step)


def _is_json(head: bytes, suffix: str) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200]
    if suffix in _JSON_SUFFIXES:
        return start[:1] in (b"{", b"[") or not re.match(rb"[^\s,;\t]+[,;\t]", start)
    # A CSV file may start with "[" or "{"; JSON goes on with a string, another bracket or a value.
    return re.match(rb'\{\s*"(?:[^"\\]|\\.)*"\s*:|\[\s*(?:\{\s*["}]|\[\s*["\d\[-])', start) is not None


def _is_binary(head: bytes) -> bool:
    """Whether the bytes are no text in any encoding we read."""
    sample = head[:8192]
    if not sample or sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    nul = sample.count(0)
    if nul:
        even, odd = sample[0::2].count(0), sample[1::2].count(0)
        if min(even, odd) <= 0.1 * max(even, odd) and max(even, odd) >= 0.04 * len(sample):
            return False  # UTF-16 without byte-order mark
        if nul > len(sample) * 0.1:
            return True
    control = sum(1 for byte in sample if byte < 32 and byte not in (0, 1, 9, 10, 12, 13, 26, 28, 29, 30, 31))
    return control > len(sample) * 0.03
