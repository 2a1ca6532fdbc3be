"""Documents out of files: plain text, JSONL, tables and folders of them, packed or not, in any encoding."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from datalect.data.kinds import Packing, packing_of
from datalect.data.text_encoding import detect_encoding
from datalect.errors import SourceError, UsageError

_TEXT_SUFFIXES = {".txt", ".md", ".text", ".rst", ".tex", ".tokens", ".train", ".valid", ".raw", ""}
_LINES_SUFFIXES = {".jsonl", ".ndjson"}
_PACKED_SUFFIXES = {".xz", ".gz", ".bz2", ".zst", ".lzma"}
_SAMPLE = 1 << 20
_USUAL_NAMES = ("text", "content", "body", "document", "sentence", "review", "文本", "内容", "正文")


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Files that hold documents.

    ``documents`` may be called again and again; each call reads the files anew.
    """

    files: tuple[Path, ...]
    column: str | None = None
    """Which column or field holds the text; None to find it."""

    def documents(self) -> Iterator[str]:
        """Each document's text, in a settled order.

        Raises:
            SourceError: a file cannot be read as text.
            UsageError: the named column is not there.
        """
        for file in self.files:
            yield from _documents(file, self.column)


def open_corpus(path: Path, column: str | None = None) -> Corpus:
    """Documents of a file or of all text files below a folder.

    Raises:
        SourceError: there is no such file, or the folder holds no text.
    """
    if path.is_dir():
        files = tuple(
            p for p in sorted(path.rglob("*")) if p.is_file() and not _hidden(p, path) and _is_text(p)
        )
        if not files:
            raise SourceError(
                f"{path} holds no text files.", expected="files such as .txt, .jsonl, .csv or .parquet"
            )
        return Corpus(files=files, column=column)
    if not path.is_file():
        raise SourceError(f"{path} does not exist.", expected="a text file, a table or a folder of them")
    return Corpus(files=(path,), column=column)


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _is_text(path: Path) -> bool:
    kind = suffix(path)
    return kind in _TEXT_SUFFIXES - {""} | _LINES_SUFFIXES or kind in {
        ".csv",
        ".tsv",
        ".parquet",
        ".pq",
        ".arrow",
    }


def suffix(path: Path) -> str:
    """The suffix that names the form, that of packing left out: ``.txt`` for ``a.txt.xz``."""
    name = path.with_suffix("") if path.suffix.lower() in _PACKED_SUFFIXES else path
    return name.suffix.lower()


@contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked when its content says that it is packed.

    Raises:
        SourceError: it cannot be read or is damaged.
    """
    try:
        with path.open("rb") as raw:
            packing = packing_of(raw.read(8), path, path.name)
        with _opened(path, packing) as stream:
            yield stream
    except (OSError, EOFError) as error:
        raise SourceError(f"{path.name} cannot be read.", received=str(error)[:200]) from error
    except Exception as error:
        if type(error).__name__ in ("LZMAError", "BadGzipFile", "ArrowInvalid", "error"):
            raise SourceError(f"{path.name} is damaged.", received=str(error)[:200]) from error
        raise


def _opened(path: Path, packing: Packing | None) -> IO[bytes]:
    if packing is Packing.XZ:
        import lzma

        return cast(IO[bytes], lzma.open(path))
    if packing is Packing.GZIP:
        import gzip

        return cast(IO[bytes], gzip.open(path))
    if packing is Packing.BZIP2:
        import bz2

        return cast(IO[bytes], bz2.open(path))
    if packing is Packing.ZSTD:
        import pyarrow

        return cast(IO[bytes], pyarrow.input_stream(str(path), compression="zstd"))
    return path.open("rb")


def _documents(path: Path, column: str | None) -> Iterator[str]:
    kind = suffix(path)
    if kind in _LINES_SUFFIXES:
        yield from _fields(path, column)
    elif kind in _TEXT_SUFFIXES and column is None:
        yield read_text(path)
    else:
        from datalect.training.rows import read_rows

        rows = read_rows(path)
        chosen = rows.text_column(column)
        for row in rows:
            value = row[chosen]
            if isinstance(value, str) and value:
                yield value


def read_text(path: Path) -> str:
    """A whole file as text; bytes that its encoding does not know become U+FFFD.

    Raises:
        SourceError: it is no text, or cannot be read.
    """
    with unpacked(path) as stream:
        content = stream.read()
    head = content[:_SAMPLE]
    encoding = detect_encoding(head, complete=len(head) == len(content))
    if b"\0" in head and not encoding.codec.startswith(("utf-16", "utf-32")):
        raise SourceError(f"{path.name} is no text.", expected="text", received="binary data")
    return content[encoding.bom :].decode(encoding.codec, errors="replace").replace("\r\n", "\n")


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, one per line.

    Raises:
        SourceError: a line is no JSON object; the message names it.
    """
    with unpacked(path) as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line.decode("utf-8-sig"))
            except (ValueError, RecursionError) as error:
                raise SourceError(
                    f"{path.name}: line {number} is no JSON.", received=line[:80].decode(errors="replace")
                ) from error
            if not isinstance(value, dict):
                raise SourceError(f"{path.name}: line {number} is no JSON object.", received=str(value)[:80])
            yield value


def _fields(path: Path, column: str | None) -> Iterator[str]:
    chosen = column
    for value in json_lines(path):
        if chosen is None:
            chosen = pick_text_column(list(value), [value])
        if column is not None and column not in value:
            raise UsageError(
                f"{path.name} has no field {column!r}.", expected=", ".join(map(str, list(value)[:20]))
            )
        text = value.get(chosen)
        if isinstance(text, str) and text:
            yield text


def pick_text_column(columns: list[str], sample: list[dict[str, Any]]) -> str:
    """The column that holds the text: one of a usual name, else the one with the longest texts.

    Raises:
        UsageError: no column holds text.
    """
    lower = {name.lower(): name for name in columns}
    for name in _USUAL_NAMES:
        if name in lower and any(isinstance(row.get(lower[name]), str) for row in sample):
            return lower[name]
    lengths = {
        name: sum(len(row[name]) for row in sample if isinstance(row.get(name), str)) for name in columns
    }
    best = max(lengths, key=lambda name: lengths[name], default=None)
    if best is None or not lengths[best]:
        raise UsageError("No column holds text.", expected="a text column", received=", ".join(columns[:20]))
    return best
