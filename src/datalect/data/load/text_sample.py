"""Looking at a delimited text before reading it: encoding, dialect and some rows from all over."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from datalect.data.dialect import Dialect, parse_rows, sniff
from datalect.data.load.base import Loading
from datalect.data.load.lines import split_lines
from datalect.data.load.reports import encoding_problems, preamble_problem
from datalect.data.model import Problem
from datalect.data.text_encoding import HEAD_BYTES, Encoding, detect_encoding, named_encoding
from datalect.errors import LimitError, SourceError, UsageError

_BLOCKS = 12
_BLOCK_BYTES = 32 * 1024
_HEAD_ROWS = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSample:
    """What a look at a text showed.

    Attributes:
        encoding: how its bytes are characters.
        needs_transcoding: whether it must be rewritten as UTF-8 first.
        dialect: how it is written.
        rows: records from its head and from places all over it.
        rows_estimate: about how many rows it has.
        problems: what to tell about encoding and dialect.
    """

    encoding: Encoding
    needs_transcoding: bool
    dialect: Dialect
    rows: list[list[str]]
    rows_estimate: int
    problems: tuple[Problem, ...]


def sample_text(loading: Loading, path: Path, source: str) -> TextSample:
    """Look at a text.

    Raises:
        SourceError: it is empty.
        LimitError: its first line is longer than a row may be.
        UsageError: the encoding or delimiter asked for cannot be used.
    """
    options = loading.options
    size = path.stat().st_size
    head = _head(path, size, source, options.max_cell_bytes)
    blocks = _blocks(path, len(head), size)
    encoding = _encoding(options.encoding, head, blocks, complete=size == len(head))
    if options.delimiter is not None and not 1 <= len(options.delimiter.encode()) <= 4:
        raise UsageError(
            "The delimiter cannot be used.",
            expected="one to four ASCII characters",
            received=options.delimiter,
        )
    nul = encoding.is_utf8 and (b"\0" in head or any(b"\0" in block for block in blocks))
    text = head[encoding.bom :].decode(encoding.codec, "replace").replace("\0", "\u2400")
    if not text.strip():
        raise _empty(source)
    complete = size == len(head)
    dialect = sniff(text, complete=complete, delimiter=options.delimiter, header=options.header)
    lines = split_lines(text)[dialect.skip :]
    if not complete and len(lines) > 1:
        lines.pop()
    rows = _records(lines, dialect, _HEAD_ROWS)
    if not encoding.codec.startswith(("utf-16", "utf-32")):
        for block in blocks:
            inner = split_lines(block.decode(encoding.codec, "replace"))[1:-1]
            rows += [row for row in _records(inner, dialect, 150) if len(row) == dialect.width]
    average = max(1, len(head) // max(1, head.count(b"\n")))
    return TextSample(
        encoding=encoding,
        needs_transcoding=not encoding.is_utf8 or nul,
        dialect=dialect,
        rows=rows,
        rows_estimate=size // average,
        problems=tuple(_problems(encoding, dialect)),
    )


def _records(lines: list[str], dialect: Dialect, limit: int) -> list[list[str]]:
    import csv

    stripped = (line.rstrip("\r\n") + "\n" for line in lines)
    records = parse_rows(stripped, dialect.delimiter, dialect.quote, dialect.escape)
    try:
        return [[cell.rstrip("\n") for cell in row] for row in islice(records, limit) if row]
    except csv.Error:
        return []


def _empty(source: str) -> SourceError:
    return SourceError(
        f"{source} is empty.",
        expected="a header and rows",
        received="no text",
        next_step="check that the file was written completely",
    )


def _head(path: Path, size: int, source: str, longest: int) -> bytes:
    """The start of the text: at least one line, and more as long as that is little."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        while len(head) < size and head.count(b"\n") + head.count(b"\r") < 3:
            if len(head) > longest:
                raise LimitError(
                    f"The first lines of {source} are too long for rows of a table.",
                    limit="length",
                    expected=f"lines up to {longest:,} bytes",
                    received=f"more than {len(head):,} bytes without a line end",
                    next_step="check that this is a table, or raise OpenOptions.max_cell_bytes",
                )
            more = stream.read(4 << 20)
            if not more:
                break
            head += more
    return head


def _blocks(path: Path, head: int, size: int) -> list[bytes]:
    """Stretches from the rest of the file, evenly spread, the last one at its end."""
    rest = size - head
    if rest <= 0:
        return []
    count = min(_BLOCKS, 1 + rest // (4 * _BLOCK_BYTES))
    found = []
    with path.open("rb") as stream:
        for number in range(1, count + 1):
            stream.seek(max(head, head + rest * number // count - _BLOCK_BYTES))
            found.append(stream.read(_BLOCK_BYTES))
    return found


def _encoding(wanted: str | None, head: bytes, blocks: list[bytes], *, complete: bool) -> Encoding:
    if wanted is not None:
        try:
            return named_encoding(wanted, head)
        except LookupError as error:
            raise UsageError(
                f"There is no encoding {wanted!r}.",
                expected="a name such as utf-8, gbk, big5, latin-1",
                received=wanted,
            ) from error
    found = detect_encoding(head, complete=complete)
    if found.is_utf8 and not found.bom and head.isascii():
        # The first lines are plain ASCII; accents or Chinese may follow. Whole lines only: no cut characters.
        wide = [line for block in blocks for line in block.split(b"\n")[1:-1] if not line.isascii()]
        if wide:
            return detect_encoding(b"\n".join(wide) + b"\n")
    return found


def _problems(encoding: Encoding, dialect: Dialect) -> list[Problem]:
    problems = [*encoding_problems(encoding), *preamble_problem(dialect.preamble)]
    if dialect.delimiter not in (",", "\t") and dialect.width > 1:
        problems.append(
            Problem(
                kind="delimiter",
                severity="info",
                message=f"Fields are separated by {dialect.delimiter!r}.",
            )
        )
    return problems
