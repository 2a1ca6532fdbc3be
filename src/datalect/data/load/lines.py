"""Counting lines, to prove that none was lost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from datalect.data.load.base import Loading
from datalect.data.quoting import identifier, literal, relation

_CHUNK = 4 << 20
_COLUMNS_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """The lines of a text.

    Attributes:
        lines: physical lines, an unfinished last one included.
        end: what ends a line: a line feed, or a carriage return where there is no line feed.
        long: whether a line has more than four million bytes.
    """

    lines: int
    end: bytes
    long: bool

    def blank_after(self, path: Path, skip: int) -> int:
        """Lines without any text, those among the first ``skip`` left out."""
        blank = number = 0
        rest = b""
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                lines = (rest + chunk).split(self.end)
                rest = lines.pop()
                if number < skip:
                    passed = min(skip - number, len(lines))
                    number += passed
                    lines = lines[passed:]
                blank += sum(1 for line in lines if not line or line == b"\r")
        return blank + (1 if rest == b"\r" else 0)


def take_census(path: Path) -> Census:
    """Count the lines of a text; nothing of it stays in memory."""
    feeds = returns = 0
    long = False
    last = b""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            found = chunk.count(b"\n")
            feeds += found
            if not feeds:
                returns += chunk.count(b"\r")
            long |= len(chunk) == _CHUNK and not found and b"\r" not in chunk
            last = chunk[-1:]
    end = b"\n" if feeds or not returns else b"\r"
    lines = feeds if end == b"\n" else returns
    return Census(lines=lines + (1 if last and last != end else 0), end=end, long=long)


def line_numbers(path: Path, offsets: list[int]) -> list[int]:
    """Physical line numbers (from 1) of ascending byte offsets (from 1)."""
    numbers: list[int] = []
    if not offsets:
        return numbers
    end = take_census(path).end
    line, position = 1, 0
    with path.open("rb") as stream:
        for offset in offsets:
            ahead = max(0, offset - 1 - position)
            while ahead:
                chunk = stream.read(min(_CHUNK, ahead))
                if not chunk:
                    break
                line += chunk.count(end)
                position += len(chunk)
                ahead -= len(chunk)
            numbers.append(line)
    return numbers


def quoted_breaks(loading: Loading, name: str, columns: list[str], delimiter: str) -> tuple[int, int]:
    """Line breaks inside the cells of these text columns of ``source."<name>"``.

    Returns:
        Their number, and the number of cells that hold the delimiter too: those may be two records that stray
        quotes glued together.
    """
    breaks = doubtful = 0
    for start in range(0, len(columns), _COLUMNS_AT_ONCE):
        quoted = [identifier(column) for column in columns[start : start + _COLUMNS_AT_ONCE]]
        counted = " + ".join(
            f"coalesce(sum(strlen({q}) - strlen(replace({q}, chr(10), ''))), 0)" for q in quoted
        )
        both = " + ".join(
            f"count(*) FILTER (contains({q}, chr(10)) AND contains({q}, {literal(delimiter)}))"
            for q in quoted
        )
        row = loading.row(f"SELECT {counted}, {both} FROM {relation('source', name)}")
        breaks += int(row[0])
        doubtful += int(row[1])
    return breaks, doubtful


def split_lines(text: str) -> list[str]:
    """Lines with their ends. ``str.splitlines`` also splits at characters that may stand inside cells."""
    return re.findall(r"[^\n\r]*(?:\r\n|\n|\r)|[^\n\r]+\Z", text)
