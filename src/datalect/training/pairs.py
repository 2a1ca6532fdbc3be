"""Pairs of texts out of files: columns of tables and JSONL, tab-separated lines, two files line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datalect.errors import SourceError, UsageError
from datalect.training.rows import read_rows
from datalect.training.text import read_text, suffix

_SOURCES = ("source", "src", "input", "article", "document", "question", "text", "原文", "正文", "问题")
_TARGETS = (
    "target",
    "tgt",
    "output",
    "summary",
    "headline",
    "title",
    "answer",
    "译文",
    "摘要",
    "标题",
    "答案",
)
_PACKED = ("", ".gz", ".xz", ".bz2", ".zst")
_LINES = {".tsv", ".txt", ".text", ""}


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A text and what is to be written for it."""

    source: str
    targets: tuple[str, ...]
    """Right answers; the first is learnt, all of them count in evaluation."""


@dataclass(frozen=True, kw_only=True)
class PairedData:
    """Pairs, and where they stood."""

    pairs: list[Pair]
    source: str
    """Column (or its number, or suffix of a file) of the source."""
    target: str
    skipped: int
    """Rows without a source or without a target."""


def read_pairs(path: Path, *, source: str | None = None, target: str | None = None) -> PairedData:
    """Read pairs.

    Three forms: a table or JSONL with two columns; lines with tabs and no header, whose columns are called
    by number (``source="1"``, ``target="2"``); and two files with a line each, whose names are ``path`` and a
    suffix (``train`` with ``en`` and ``de`` reads ``train.en`` and ``train.de``, packed or not). A list in a
    JSONL field is joined as a source (sentences) and offers several right answers as a target.

    Args:
        path: the file, or what the two files' names begin with.
        source: column, number or suffix; None to find a column of a usual name.
        target: the same for the target.

    Raises:
        SourceError: the file cannot be read, or holds no pairs.
        UsageError: a column is not there or cannot be told.
    """
    if source is not None and source == target:
        raise UsageError("The source and the target are the same column.", received=source)
    if not path.is_file():
        rows, names = _two_files(path, source, target)
    elif _numbered(source) or _numbered(target):
        rows, names = _numbered_columns(path, source or "1", target or "2")
    else:
        rows, names = _columns(path, source, target)
    pairs, skipped = [], 0
    for first, second in rows:
        text = _source_text(first)
        answers = _answers(second)
        if text is None or not answers:
            skipped += 1
            continue
        pairs.append(Pair(source=text, targets=answers))
    if not pairs:
        raise SourceError(
            f"{path.name} holds no pairs of texts.",
            received=f"{skipped} rows without" if skipped else "no rows",
            next_step="name the columns with --source and --target",
        )
    return PairedData(pairs=pairs, source=names[0], target=names[1], skipped=skipped)


def _numbered(name: str | None) -> bool:
    return name is not None and name.isascii() and name.isdecimal()


Rows = Iterator[tuple[Any, Any]]


def _columns(path: Path, source: str | None, target: str | None) -> tuple[Rows, tuple[str, str]]:
    rows = read_rows(path)
    first = rows.column(source) if source else _usual(rows.columns, _SOURCES, path, "--source")
    others = [name for name in rows.columns if name != first]
    second = rows.column(target) if target else _usual(others, _TARGETS, path, "--target")
    if first == second:
        raise UsageError("The source and the target are the same column.", received=first)
    return ((row.get(first), row.get(second)) for row in rows), (first, second)


def _usual(columns: list[str], usual: tuple[str, ...], path: Path, option: str) -> str:
    lower = {name.lower(): name for name in columns}
    found = next((lower[name] for name in usual if name in lower), None)
    if found is None:
        more = ", or 1 and 2 for lines with tabs" if suffix(path) in _LINES else ""
        raise UsageError(
            f"Which column of {path.name} is it?",
            expected="one of " + ", ".join(columns[:20]) + more,
            next_step=f"{option} COLUMN",
        )
    return found


def _numbered_columns(path: Path, source: str, target: str) -> tuple[Rows, tuple[str, str]]:
    if not (_numbered(source) and _numbered(target)) or "0" in (source, target):
        raise UsageError(
            "Columns are called by number or by name, not both.",
            expected="--source 1 --target 2",
            received=f"{source} and {target}",
        )
    places = int(source) - 1, int(target) - 1

    def rows() -> Rows:
        for line in read_text(path).split("\n"):
            if line.strip():
                cells = line.split("\t")
                first, second = (cells[n] if n < len(cells) else None for n in places)
                yield first, second

    return rows(), (source, target)


def _two_files(path: Path, source: str | None, target: str | None) -> tuple[Rows, tuple[str, str]]:
    if source is None or target is None:
        raise SourceError(
            f"{path} does not exist.",
            expected="a table, JSONL, lines with tabs, or what the names of two files begin with",
            next_step="--source en --target de reads FILE.en and FILE.de",
        )
    files = [_beside(path, name) for name in (source, target)]
    lines = [read_text(file).removesuffix("\n").split("\n") for file in files]
    if len(lines[0]) != len(lines[1]):
        raise SourceError(
            f"{files[0].name} and {files[1].name} do not belong together.",
            expected="as many lines in both",
            received=f"{len(lines[0]):,} and {len(lines[1]):,}",
        )
    return iter(zip(lines[0], lines[1], strict=True)), (source, target)


def _beside(path: Path, name: str) -> Path:
    tried = [path.with_name(f"{path.name}.{name}{packed}") for packed in _PACKED]
    found = next((file for file in tried if file.is_file()), None)
    if found is None:
        raise SourceError(
            f"{path} is no file, and there is no {tried[0].name}.",
            expected=f"{tried[0].name}, plain or packed as .gz, .xz, .bz2 or .zst",
        )
    return found


def _source_text(value: Any) -> str | None:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        parts = [part.strip() for part in value]
        # Chinese sentences stand side by side without a space.
        value = "".join(part if part[-1:] > "\u2fff" else part + " " for part in parts)
    return value.strip() or None if isinstance(value, str) else None


def _answers(value: Any) -> tuple[str, ...]:
    several = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(text.strip() for text in several if isinstance(text, str) and text.strip()))
