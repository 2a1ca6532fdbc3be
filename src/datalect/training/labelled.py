"""Texts with labels out of files: tables, JSONL, lines of plain text, folders named after labels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datalect.errors import SourceError, UsageError
from datalect.training.rows import Rows, read_rows
from datalect.training.text import open_corpus, read_text, suffix

_USUAL = ("label", "labels", "class", "category", "target", "sentiment", "标签", "类别", "分类", "情感")
_MOST_LABELS = 2000
_FASTTEXT = "__label__"
_PLAIN = {".txt", ".text", ""}


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A text and its labels."""

    text: str
    labels: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LabelledData:
    """Texts with labels, and where they stood."""

    examples: list[Labelled]
    text_column: str | None
    """None where the file has no columns."""
    label_column: str | None
    several: bool
    """Whether a text may have several labels: a list in JSONL, a separator, or fastText's form."""
    skipped: int
    """Rows without a text or without a label."""


def read_labelled(
    path: Path,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    separator: str | None = None,
) -> LabelledData:
    """Read texts with labels.

    Tables (CSV, TSV, Parquet, Excel, ...) and JSONL have a text and a label column. A plain text file has a
    text a line and its label before or after a tab, as its first word, or in fastText's form (``__label__a
    __label__b text``). A folder has one subfolder of text files for each label.

    Args:
        path: the file or folder; .xz, .gz, .bz2 and .zst too.
        text_column: column of the text; None to find it.
        label_column: column of the label; None to find it.
        separator: splits a label cell into several labels.

    Raises:
        SourceError: the file cannot be read, or holds no labelled text.
        UsageError: a column is not there or cannot be told.
    """
    if path.is_dir():
        made = _folder(path)
    elif not path.is_file():
        raise SourceError(f"{path} does not exist.", expected="a table, JSONL, labelled lines or a folder")
    elif suffix(path) in _PLAIN and text_column is None and label_column is None:
        made = _lines(path)
    else:
        made = _rows(path, text_column, label_column, separator)
    if not made.examples:
        raise SourceError(
            f"{path.name} holds no text with a label.",
            received=f"{made.skipped} rows without" if made.skipped else "no rows",
            next_step="name the columns with --text and --label",
        )
    return made


def _rows(
    path: Path, text_column: str | None, label_column: str | None, separator: str | None
) -> LabelledData:
    rows = read_rows(path)
    label = rows.column(label_column) if label_column else _label_column(rows)
    others = [name for name in rows.columns if name != label]
    if not others:
        raise UsageError(
            f"{path.name} has no column beside {label!r}.", expected="a text column and a label column"
        )
    if text_column is None:
        text = Rows(path=path, columns=others, sample=rows.sample).text_column(None)
    else:
        text = rows.column(text_column)
    if text == label:
        raise UsageError("The text and the label are the same column.", received=text)
    examples, skipped, several = [], 0, separator is not None
    for row in rows:
        value, found = row.get(text), row.get(label)
        several = several or isinstance(found, list)
        labels = _labels(found, separator)
        if not isinstance(value, str) or not value.strip() or labels is None:
            skipped += 1
            continue
        examples.append(Labelled(text=value, labels=labels))
    return LabelledData(
        examples=examples, text_column=text, label_column=label, several=several, skipped=skipped
    )


def _label_column(rows: Rows) -> str:
    lower = {name.lower(): name for name in rows.columns}
    found = next((lower[name] for name in _USUAL if name in lower), None)
    if found is None:
        raise UsageError(
            f"Which column of {rows.path.name} is the label?",
            expected="one of " + ", ".join(rows.columns[:20]),
            next_step="--label COLUMN",
        )
    return found


def _labels(value: Any, separator: str | None) -> tuple[str, ...] | None:
    """The labels a cell names, or None for a missing one."""
    if isinstance(value, list):
        return tuple(dict.fromkeys(_name(item) for item in value if item is not None))
    if value is None or isinstance(value, dict):
        return None
    if separator is not None and isinstance(value, str):
        return tuple(dict.fromkeys(part.strip() for part in value.split(separator) if part.strip()))
    name = _name(value)
    return (name,) if name else None


def _name(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _lines(path: Path) -> LabelledData:
    lines = [line.strip() for line in read_text(path).split("\n")]
    lines = [line for line in lines if line]
    made: list[Labelled] = []
    several = False
    if lines and sum(line.startswith(_FASTTEXT) for line in lines) * 2 > len(lines):
        for line in lines:
            words = line.split()
            labels = [w.removeprefix(_FASTTEXT) for w in words if w.startswith(_FASTTEXT)]
            text = " ".join(w for w in words if not w.startswith(_FASTTEXT))
            if text and labels:
                made.append(Labelled(text=text, labels=tuple(dict.fromkeys(labels))))
        several = any(len(example.labels) > 1 for example in made)
    else:
        made = [
            Labelled(text=text, labels=(label,)) for label, text in _parted(path, lines) if text and label
        ]
    return LabelledData(
        examples=made, text_column=None, label_column=None, several=several, skipped=len(lines) - len(made)
    )


def _parted(path: Path, lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Label and text of each line, by where few different values stand."""
    for way in (_before_tab, _after_tab, _first_word):
        pairs = [pair for pair in map(way, lines) if pair]
        kinds = len({label for label, _ in pairs})
        most = min(_MOST_LABELS, max(2, len(pairs) // 4))
        if len(pairs) * 10 >= len(lines) * 9 and 2 <= kinds <= most:
            yield from pairs
            return
    raise SourceError(
        f"{path.name}: where do the labels stand?",
        expected="a label before or after a tab, as the first word, or __label__ before each",
        received=lines[0][:80] if lines else "an empty file",
        next_step="write a CSV or JSONL with a text and a label column",
    )


def _before_tab(line: str) -> tuple[str, str] | None:
    label, sign, text = line.partition("\t")
    return (label.strip(), text.strip()) if sign else None


def _after_tab(line: str) -> tuple[str, str] | None:
    text, sign, label = line.rpartition("\t")
    return (label.strip(), text.strip()) if sign else None


def _first_word(line: str) -> tuple[str, str] | None:
    label, sign, text = line.partition(" ")
    return (label.strip(), text.strip()) if sign else None


def _folder(path: Path) -> LabelledData:
    parts = [part for part in sorted(path.iterdir()) if part.is_dir() and not part.name.startswith(".")]
    if len(parts) < 2:
        raise SourceError(
            f"{path.name} has no subfolders for labels.",
            expected="one subfolder of text files for each label",
        )
    made, skipped = [], 0
    for part in parts:
        for text in open_corpus(part).documents():
            if text.strip():
                made.append(Labelled(text=text, labels=(part.name,)))
            else:
                skipped += 1
    return LabelledData(examples=made, text_column=None, label_column=None, several=False, skipped=skipped)
