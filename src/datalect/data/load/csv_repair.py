"""Reading damaged delimited text: records that cannot be split are set aside, everything else goes on.

One unclosed quote makes a quote-aware reader swallow what follows. Here a quoted field that does not close
within a bounded stretch, or whose record does not fit, costs its own line only, and the line after it is
read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from datalect.data.dialect import Dialect

# Line breaks inside one quoted cell: texts have some, an unclosed quote has all the rest of the file.
_MAX_CELL_LINES = 2_000
_CHUNK = 1 << 20


@dataclass(slots=True)
class Repaired:
    """What was written and what was not.

    Attributes:
        path: the text that can be read, UTF-8 with line feeds and without header.
        records: records written.
        padded: those of them that were filled up.
        stray: line numbers and texts of those whose quotes belong to the text.
        rejected: line number, reason and text of what was set aside.
    """

    path: Path
    records: int = 0
    padded: int = 0
    stray: list[tuple[int, str]] = field(default_factory=list)
    rejected: list[tuple[int, str, str]] = field(default_factory=list)


def repair(
    source: Path, target: Path, dialect: Dialect, width: int, *, longest: int, pad: bool = False
) -> Repaired:
    """Copy the records of a delimited UTF-8 text that have ``width`` fields; set the others aside.

    Args:
        source: the text.
        target: where the good records go.
        dialect: how it is written.
        width: fields of a record.
        longest: bytes one record may have.
        pad: whether records with too few fields are filled up with empty ones.
    """
    result = Repaired(path=target)
    strict = _Record(dialect)
    with source.open("rb") as raw, target.open("wb") as out:
        lines = _Lines(raw, longest)
        lines.skip(dialect.skip)
        while (line := lines.next()) is not None:
            number = lines.number
            if not line.strip():
                continue
            record, fields = _complete(line, lines, strict, width, longest)
            if fields == -1 and strict.quote and strict.bare(record) == width:
                result.stray.append((number, record[:1000].decode("utf-8", "backslashreplace")))
                record, fields = strict.requoted(record), width
            if 0 < fields < width and pad:
                record += strict.delimiter * (width - fields)
                result.padded += 1
                fields = width
            if fields == width:
                out.write(record + b"\n")
                result.records += 1
                continue
            if fields == -2:
                reason = f"longer than {longest:,} bytes"
            elif fields < 0:
                reason = "a quote that is not closed, or text after a closed quote"
            else:
                reason = f"{fields} fields instead of {width}"
            result.rejected.append((number, reason, record[:100_000].decode("utf-8", "backslashreplace")))
    return result


class _Lines:
    """Physical lines with their numbers, with a way back."""

    def __init__(self, raw: BinaryIO, longest: int) -> None:
        self._source = _read_lines(raw, longest)
        self._back: list[bytes] = []
        self.number = 0

    def next(self) -> bytes | None:
        line = self._back.pop() if self._back else next(self._source, None)
        if line is not None:
            self.number += 1
        return line

    def push_back(self, lines: list[bytes]) -> None:
        self._back.extend(reversed(lines))
        self.number -= len(lines)

    def skip(self, count: int) -> None:
        for _ in range(count):
            self.next()


def _read_lines(raw: BinaryIO, longest: int) -> Iterator[bytes]:
    """Lines without their ends; CR LF, LF and CR all end a line. A line over the limit comes cut."""
    mark = raw.read(3)
    pending = [] if mark == b"\xef\xbb\xbf" else [mark]
    size = sum(map(len, pending))
    overlong = False
    while chunk := raw.read(_CHUNK):
        if chunk.endswith(b"\r"):
            chunk += raw.read(1)
        if pending and pending[-1].endswith(b"\r"):
            chunk = pending.pop() + chunk
        parts = re.split(rb"\r\n|\n|\r", chunk)
        if len(parts) > 1:
            if not overlong:  # else its start was already handed out
                yield b"".join([*pending, parts[0]])
            yield from parts[1:-1]
            pending, size, overlong = [], 0, False
        if not overlong:
            pending.append(parts[-1])
            size += len(parts[-1])
        if size > longest and not overlong:
            yield b"".join(pending)[: longest + 1]
            pending, size, overlong = [], 0, True
    rest = b"".join(pending)
    if rest and not overlong:
        yield from re.split(rb"\r\n|\n|\r", rest.rstrip(b"\r\n"))


class _Record:
    """Counts the fields of a record by the rules of RFC 4180 with the given marks."""

    def __init__(self, dialect: Dialect) -> None:
        self.delimiter = dialect.delimiter.encode()
        self.quote = dialect.quote.encode()
        self.backslash = dialect.escape == "\\"
        mark, quote = re.escape(self.delimiter), re.escape(self.quote)
        if not self.quote:
            self._field = None
            return
        inside = rb"[^" + quote + rb"\\]|\\." if self.backslash else rb"[^" + quote + rb"]|" + quote * 2
        self._field = re.compile(
            rb"[ \t]*" + quote + rb"(?:" + inside + rb")*+" + quote + rb"[ \t]*(?=" + mark + rb"|\Z)",
            re.DOTALL,
        )
        self._opens = re.compile(rb"[ \t]*" + quote)

    def bare(self, line: bytes) -> int:
        """Number of fields when quotes mean nothing."""
        return line.count(self.delimiter) + 1

    def requoted(self, line: bytes) -> bytes:
        """The record with the same cells, read as if quotes meant nothing, written by the rules."""
        escaped = (b"\\" if self.backslash else self.quote) + self.quote
        cells = line.split(self.delimiter)
        if self.backslash:
            cells = [cell.replace(b"\\", b"\\\\") for cell in cells]
        return self.delimiter.join(self.quote + c.replace(self.quote, escaped) + self.quote for c in cells)

    def fields(self, record: bytes) -> int:
        """Number of fields, or -1 when a quoted field is not closed or followed by more text."""
        if self._field is None or self.quote not in record:
            return record.count(self.delimiter) + 1
        position, count, step = 0, 0, len(self.delimiter)
        while True:
            count += 1
            quoted = self._field.match(record, position)
            if quoted is not None:
                position = quoted.end()
                if position >= len(record):
                    return count
            else:
                if self._opens.match(record, position):
                    return -1
                position = record.find(self.delimiter, position)
                if position < 0:
                    return count
            position += step


def _complete(line: bytes, lines: _Lines, strict: _Record, width: int, longest: int) -> tuple[bytes, int]:
    """The record that starts with this line, and its number of fields (-1 broken, -2 too long)."""
    if len(line) > longest:
        return line, -2
    fields = strict.fields(line)
    if fields != -1:
        return line, fields
    taken: list[bytes] = []
    size = len(line)
    while len(taken) < _MAX_CELL_LINES and size <= longest:
        more = lines.next()
        if more is None:
            break
        taken.append(more)
        size += len(more) + 1
        if strict.quote in more:
            record = b"\n".join([line, *taken])
            fields = strict.fields(record)
            if fields == -1:
                continue
            if all(strict.bare(part) == width for part in (line, *taken)):
                break  # each line is a record by itself: the quotes belong to the text
            return record, fields
    lines.push_back(taken)
    return line, -1
