"""How a delimited text is written: delimiter, quotes, where the header is, what the columns hold.

Works on a decoded sample. A reading is good when many rows have the same number of fields and the fields look
like values; this is the idea of van den Burg, Nazabal and Sutton, "Wrangling messy CSV files by detecting
row and type patterns" (2019), reduced to what a table needs.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, repeat

# How much a delimiter is trusted before looking: common ones win close calls.
_DELIMITERS = {
    ",": 1.0, "\t": 1.0, ";": 1.0, "|": 1.0, "\x01": 0.95, "\x1f": 0.95, "^": 0.8, "~": 0.8,
    "||": 0.9, "::": 0.8, ":": 0.5, " ": 0.45, "｜": 0.8, "，": 0.6, "；": 0.6,
}  # fmt: skip
# Marks that ordinary Chinese sentences hold too.
_SENTENCE_MARKS = frozenset("，；")
_SAMPLE_ROWS = 400
_PREAMBLE_ROWS = 60
# Below this score no delimiter explains the text: it is one column.
_SINGLE_COLUMN = 0.2

_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})")
_DOUBLE = re.compile(r"-?(?:(?:0|[1-9]\d{0,17})(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
_TIMESTAMP = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[ T](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?"
)
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d")
_BOOLEAN = re.compile(r"true|false|TRUE|FALSE|True|False")
# Values in disguise: they show that a cell is data, though the column stays text.
_VALUE_LIKE = re.compile(
    r"[(\-+]?\s*(?:[$€£¥￥]|USD|CNY|RMB)?\s*\d[\d,.\s]*(?:%|％|万|亿|元|‰)?\)?"
    r"|\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?.*|\d{1,2}:\d{2}.*|\?|-|N/?A|n/a|NULL|null|NaN|nan"
)
_TYPES = (
    ("BOOLEAN", _BOOLEAN), ("BIGINT", _INTEGER), ("DOUBLE", _DOUBLE), ("DATE", _DATE),
    ("TIMESTAMP", _TIMESTAMP), ("TIME", _TIME),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a delimited text is written.

    Attributes:
        delimiter: what separates fields; a character that does not occur when there is one column.
        quote: quote character, or "".
        escape: what escapes a quote inside quotes: the quote itself or a backslash.
        skip: physical lines before the first row of data, the header's included.
        skip_records: the same counted in records, where a quoted line break ends no record.
        header: the names as written, or None when the first row is data.
        width: fields of a row.
        preamble: the lines above the header, without empty ones.
        score: 0..1, how well the sample fits.
    """

    delimiter: str
    quote: str
    escape: str
    skip: int
    skip_records: int
    header: tuple[str, ...] | None
    width: int
    preamble: tuple[str, ...]
    score: float


def value_type(text: str) -> str:
    """The narrowest DuckDB type that holds the text without loss; ``VARCHAR`` when none does."""
    for name, pattern in _TYPES:
        if pattern.fullmatch(text):
            return name
    return "VARCHAR"


def common_type(types: Counter[str]) -> str:
    """The narrowest DuckDB type that holds values of all these types without loss."""
    kinds = set(types)
    if not kinds:
        return "VARCHAR"
    if len(kinds) == 1:
        return next(iter(kinds))
    if kinds == {"BIGINT", "DOUBLE"}:
        return "DOUBLE"
    return "TIMESTAMP" if kinds == {"DATE", "TIMESTAMP"} else "VARCHAR"


def column_types(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Types of the columns of sampled rows; "" for a column without a value."""
    types: list[str] = []
    for position in range(width):
        seen: Counter[str] = Counter()
        for cell in {row[position] for row in rows}:
            if cell:
                kind = value_type(cell)
                seen[kind] += 1
                if kind == "VARCHAR":
                    break
        types.append(common_type(seen) if seen else "")
    return types


def parse_rows(
    lines: Sequence[str] | Iterator[str], delimiter: str, quote: str, escape: str
) -> Iterator[list[str]]:
    """Split lines into records; a quoted field may span lines."""
    source = iter(lines)
    if len(delimiter) > 1:
        # The csv module takes one character only; an unused control character stands in.
        source, delimiter = map(str.replace, source, repeat(delimiter), repeat("\x1d")), "\x1d"
    csv.field_size_limit(1 << 30)
    yield from csv.reader(
        source,
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        doublequote=escape == quote,
        escapechar=escape if escape and escape != quote else None,
        strict=False,
    )


def sniff(
    sample: str, *, complete: bool, delimiter: str | None = None, header: bool | None = None
) -> Dialect:
    """Conclude the dialect from the start of a text.

    Args:
        sample: the start of the text.
        complete: whether it is all of it; otherwise its last line is ignored.
        delimiter: the delimiter, when the user knows it.
        header: whether a header is there, when the user knows it.
    """
    text = sample.removeprefix("\ufeff")
    lines = text.splitlines(keepends=True) if "\r" in text else _keep_ends(text)
    if not complete and len(lines) > 1:
        lines.pop()
    lines = lines[: _SAMPLE_ROWS * 3]
    best: tuple[float, str, str, str, list[list[str]]] | None = None
    candidates = {delimiter: 1.0} if delimiter else _DELIMITERS
    for mark, trust in candidates.items():
        if not delimiter and (mark not in text or _is_doubled(mark, lines)):
            continue
        for quote, escape in _quotings(text, mark):
            rows = _sample_rows(lines, mark, quote, escape)
            if mark in _SENTENCE_MARKS and not delimiter and not _is_regular(rows):
                continue
            score = _score(rows) * trust
            if best is None or score > best[0] + 1e-9:
                best = (score, mark, quote, escape, rows)
    if best is None or (best[0] < _SINGLE_COLUMN and delimiter is None):
        mark = next(c for c in ",\t;|\x1f\x1e\x1d" if c not in text or c == "\x1d")
        quote = '"' if re.search(r'^"(?:[^"]|"")*"\r?$', text, re.MULTILINE) else ""
        best = (1.0, mark, quote, quote, _sample_rows(lines, mark, quote, quote))
    score, mark, quote, escape, rows = best
    width = _width(rows)
    start = first_row(rows, width)
    if (
        header is None
        and _counts_columns(rows[start : start + 1])
        and header_of(rows[start + 1 :], width, None)
    ):
        start += 1
    above = _lines_of(lines, mark, quote, escape, start)
    names = header_of(rows[start:], width, header)
    while names is not None and len(names) > width and not names[-1]:
        names = names[:-1]
    used = above if names is None else _lines_of(lines, mark, quote, escape, start + 1)
    return Dialect(
        delimiter=mark,
        quote=quote,
        escape=escape or quote,
        skip=used,
        skip_records=start if names is None else start + 1,
        header=names,
        width=width,
        preamble=tuple(line.strip() for line in lines[:above] if line.strip()),
        score=score,
    )


def _keep_ends(text: str) -> list[str]:
    # str.splitlines also splits at U+2028, form feeds and other characters that may stand inside cells.
    parts = text.split("\n")
    lines = [part + "\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _is_doubled(mark: str, lines: list[str]) -> bool:
    """Whether the first line has the mark in pairs only, so that the pair is the delimiter."""
    first = next((line for line in lines if line.strip()), "")
    pair = mark * 2
    return pair in _DELIMITERS and pair in first and mark not in first.replace(pair, "")


def _quotings(text: str, delimiter: str) -> list[tuple[str, str]]:
    """Quote characters (with what escapes them) that stand where quotes of fields stand."""
    edge = re.escape(delimiter)
    found: list[tuple[str, str]] = []
    for quote in '"', "'":
        opens = re.search(rf"(?:^|{edge})\s*{quote}", text, re.MULTILINE)
        closes = re.search(rf"{quote}\s*(?:$|{edge})", text, re.MULTILINE)
        if opens and closes:
            if re.search(rf"\\{quote}", text) and not re.search(rf"[^{edge}\n{quote}]{quote}{quote}", text):
                found.append((quote, "\\"))
            found.append((quote, quote))
    if not any(quote == '"' for quote, _ in found):
        # Quotes may first be needed far down the file; reading plain fields with them changes nothing.
        found.append(('"', '"') if '"' not in text else ("", ""))
    return found


def _sample_rows(lines: list[str], delimiter: str, quote: str, escape: str) -> list[list[str]]:
    stripped = (line.rstrip("\r\n") + "\n" for line in lines)
    try:
        return list(islice(parse_rows(stripped, delimiter, quote, escape), _SAMPLE_ROWS))
    except csv.Error:
        return []


def _width(rows: Sequence[Sequence[str]]) -> int:
    """Fields of a row: the most frequent number, the larger one when two are about as frequent."""
    counts = Counter(len(row) for row in rows if row)
    if not counts:
        return 1
    most = counts.most_common(1)[0][1]
    return max(width for width, n in counts.items() if n >= 0.9 * most)


def _is_regular(rows: list[list[str]]) -> bool:
    """Whether all rows, the first included, are alike and more than sentences of two parts."""
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    width = len(filled[0]) if filled else 0
    if width < 2 or any(len(row) != width for row in filled):
        return False
    columns = zip(*filled[1:], strict=True)
    return width > 2 or any(all(_is_value(cell.strip()) for cell in column) for column in columns)


def _score(rows: list[list[str]]) -> float:
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    if not filled:
        return 0.0
    width = _width(filled)
    if width < 2:
        return 0.0
    start = next(i for i, row in enumerate(filled) if len(row) == width)
    body = filled[start:] if start <= _PREAMBLE_ROWS else filled
    fitting = sum(1 for row in body if len(row) == width)
    consistency = fitting / (len(body) + max(0, start - 2))
    cells = [cell.strip() for row in body[1:60] for cell in row] or [cell for row in body for cell in row]
    good = sum(1.0 if _is_value(cell) else 0.6 if _is_plain(cell) else 0.15 for cell in cells)
    return consistency**2 * (good / len(cells)) * (1 - 0.25 / width)


def _is_value(cell: str) -> bool:
    return not cell or value_type(cell) != "VARCHAR" or _VALUE_LIKE.fullmatch(cell) is not None


def _is_plain(cell: str) -> bool:
    return cell.count('"') in (0, 2) and not re.search(r"[\t;|,]\S|^[,;.]|\x1d", cell)


def first_row(rows: list[list[str]], width: int) -> int:
    """Index of the header or first record: title lines, notes and blank lines above it are passed over."""
    for index, row in enumerate(rows[:_PREAMBLE_ROWS]):
        filled = sum(1 for cell in row if cell.strip())
        if filled and row[0].lstrip().startswith("#") and len(row) != width:
            continue
        if len(row) == width and (filled > 1 or width == 1) and (filled > 1 + width // 4 or width < 4):
            return index
        # A header may have fewer names than the rows have fields (an index column, a trailing delimiter).
        if filled > 1 and abs(len(row) - width) == 1 and filled >= width - 1:
            return index
        texts = filled == len(row) >= max(3, 0.6 * width) and not any(_is_value(cell.strip()) for cell in row)
        if (width == 1 and filled) or texts:
            return index
    return next((i for i, row in enumerate(rows) if len(row) == width), 0)


def _counts_columns(rows: list[list[str]]) -> bool:
    """Whether a row only numbers the columns, as programs write it above the real header."""
    first = rows[0] if rows else []
    return len(first) > 2 and first in (
        [str(i) for i in range(len(first))],
        [str(i + 1) for i in range(len(first))],
    )


def _lines_of(lines: list[str], delimiter: str, quote: str, escape: str, records: int) -> int:
    """Physical lines that the first ``records`` records take."""
    if records == 0:
        return 0
    taken = 0

    def counted() -> Iterator[str]:
        nonlocal taken
        for line in lines:
            taken += 1
            yield line.rstrip("\r\n") + "\n"

    for _ in islice(parse_rows(counted(), delimiter, quote, escape), records):
        pass
    return taken


def header_of(rows: list[list[str]], width: int, wanted: bool | None) -> tuple[str, ...] | None:
    """The names in the first row, or None when that row is data like the others."""
    if not rows or wanted is False:
        return None
    first = [cell.strip() for cell in rows[0]]
    if wanted or len(rows) == 1:
        looks = sum(1 for cell in first if _is_value(cell) and cell)
        return tuple(first) if wanted or looks * 2 <= len(first) else None
    body = [[cell.strip() for cell in row] for row in rows[1:] if len(row) == len(first)]
    if any(value_type(cell) not in ("VARCHAR", "BIGINT") for cell in first if cell):
        return None
    votes = 0.0
    for position, name in enumerate(first):
        votes += _header_vote(name, [row[position] for row in body if row[position]])
    return None if votes < 0 else tuple(first)


def _header_vote(name: str, cells: list[str]) -> float:
    """How much one column speaks for (positive) or against (negative) the first row being names."""
    if not cells:
        return 0.0
    kinds = Counter(_shape(cell) for cell in cells)
    usual, share = kinds.most_common(1)[0]
    same_kind = share / len(cells) > 0.8 and usual != "text"
    if not name:
        return 0.0
    if same_kind:
        if _shape(name) == "number" and usual == "number":
            # Years as names of columns, over numbers that are no years.
            return 0.2 if re.fullmatch(r"(19|20)\d\d", name) and not _years(cells) else -2.0
        return 1.0 if _shape(name) != usual else -1.0
    if name in cells:
        return -1.0 if cells.count(name) > 1 or len(cells) < 20 else -0.5
    pattern = _pattern(name)
    if re.search(r"[^\w\s()./%-]", pattern) and sum(1 for cell in cells if _pattern(cell) == pattern) > 1:
        return -0.5
    lengths = {len(cell) for cell in cells}
    if len(lengths) == 1 and len(cells) >= 3:
        return 0.5 if len(name) not in lengths else -0.25
    return 0.1


def _pattern(cell: str) -> str:
    return re.sub(r"\d+", "0", re.sub(r"[^\W\d_]+", "a", cell))


def _years(cells: list[str]) -> bool:
    return sum(1 for cell in cells if re.fullmatch(r"(19|20)\d\d", cell)) > len(cells) / 2


def _shape(cell: str) -> str:
    kind = value_type(cell)
    if kind in ("BIGINT", "DOUBLE"):
        return "number"
    if kind != "VARCHAR":
        return kind
    return "value" if _VALUE_LIKE.fullmatch(cell) else "text"


def unique_names(names: Sequence[str], *, prefix: str = "column") -> tuple[list[str], list[str], list[str]]:
    """Names that are filled and distinct without regard to case, as SQL wants them.

    Returns:
        The names, the repeated ones that were changed (``"a" -> "a_2"``) and the made-up ones.
    """
    taken: set[str] = {name.strip().casefold() for name in names}
    used: set[str] = set()
    result, changed, made_up = [], [], []
    for position, raw in enumerate(names, start=1):
        name = " ".join(raw.split())
        name = "".join(c if c.isprintable() else "�" for c in name)
        if not name:
            name, number = f"{prefix}{position}", position
            while name.casefold() in taken or name.casefold() in used:
                number += 1
                name = f"{prefix}{number}"
            made_up.append(name)
        elif name.casefold() in used:
            number = 2
            while f"{name}_{number}".casefold() in taken | used:
                number += 1
            changed.append(f"{name} -> {name}_{number}")
            name = f"{name}_{number}"
        used.add(name.casefold())
        result.append(name)
    return result, changed, made_up
