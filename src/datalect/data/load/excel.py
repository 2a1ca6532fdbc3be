"""Excel and OpenDocument workbooks: every sheet a table."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalect.data import dialect as dialects
from datalect.data.load.arrow import store_arrow
from datalect.data.load.base import LoadedTable, Loading
from datalect.data.load.reports import name_columns, preamble_problem
from datalect.data.load.shape import check_width
from datalect.data.load.totals import set_totals_aside
from datalect.data.model import Problem
from datalect.errors import LimitError, MissingExtraError, SourceError

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH_ROWS = 20_000
_MAX_MEMBERS = 10_000
_MAX_RATIO = 300
_FREE_BYTES = 100 << 20
_EXACT = 2**53
_SERIAL_START = date(1899, 12, 30)
_HEAD_ROWS = 200

Row = list[Any]


@dataclass(slots=True)
class _Sheet:
    """A sheet with the frame of its table found."""

    names: list[str]
    rows: list[Row]
    problems: list[Problem] = field(default_factory=list)


def load_excel(loading: Loading, path: Path, name: str, label: str, wanted: str) -> list[LoadedTable]:
    """Read the sheets of a workbook.

    The one sheet of a workbook becomes a table with the file's name; several sheets are called by their own
    names.

    Raises:
        MissingExtraError: python-calamine is not installed.
        SourceError: the workbook is damaged, encrypted or empty.
        LimitError: it unpacks to far more than a workbook of its size would.
    """
    try:
        import python_calamine
    except ImportError as error:
        raise MissingExtraError("files", "Reading Excel files") from error
    check_workbook(path, label, loading.options.max_workbook_bytes)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        names = [n for n in book.sheet_names if not wanted or n.casefold() == wanted.casefold()]
        sheets = [(title, _read_sheet(book, title)) for title in names]
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the Rust reader is no Exception
        raise _damaged(label, error) from error
    filled = [(title, sheet) for title, sheet in sheets if sheet is not None]
    if not filled:
        raise SourceError(
            f"{label} has no sheet {wanted!r}." if wanted else f"{label} holds no table.",
            expected="a sheet with a header and rows",
            received="only empty sheets" if names else ", ".join(book.sheet_names[:5]),
            next_step="check the workbook in a spreadsheet program",
        )
    if len(filled) > loading.options.max_tables:
        raise LimitError(
            f"{label} has too many sheets.",
            limit="length",
            expected=f"at most {loading.options.max_tables:,}",
            received=f"{len(filled):,}",
        )
    alone = len(filled) == 1
    return [
        _store(loading, sheet, name if alone else title, label if alone else f"{label}::{title}")
        for title, sheet in filled
    ]


def check_workbook(path: Path, label: str, limit: int) -> None:
    """Refuse workbooks that would unpack to a flood, lie about their sizes or define XML entities.

    Raises:
        LimitError: it unpacks to more than ``limit`` bytes, or hundreds of times its size.
        SourceError: it is damaged or holds entity definitions.
    """
    if not zipfile.is_zipfile(path):
        return  # the binary format of Excel 97 is not packed
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            declared = sum(member.file_size for member in members)
            packed = max(path.stat().st_size, 1)
            flood = declared > limit or (declared > _FREE_BYTES and declared > packed * _MAX_RATIO)
            if flood or len(members) > _MAX_MEMBERS:
                raise LimitError(
                    f"{label} unpacks to far more than a workbook of its size would.",
                    limit="bytes",
                    expected=f"up to {limit:,} bytes, {_MAX_RATIO} times its size, {_MAX_MEMBERS:,} parts",
                    received=f"{declared:,} bytes in {len(members):,} parts",
                    next_step="export the sheet as CSV if you trust the file",
                )
            for member in members:
                if member.filename.endswith((".xml", ".rels", ".bin")):
                    _check_member(archive, member, label)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise _damaged(label, error) from error


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, label: str) -> None:
    """Unpack a part without keeping it: the checksum at its end exposes sizes that lie."""
    with archive.open(member) as stream:
        head = stream.read(4096)
        if re.search(rb"<!(?:DOCTYPE|ENTITY)", head, re.IGNORECASE):
            raise SourceError(
                f"{label} defines XML entities, which no spreadsheet program writes.",
                expected="a workbook saved by a spreadsheet program",
                received=f"a document type definition in {member.filename[:80]!r}",
                next_step="do not trust this file",
            )
        while stream.read(1 << 20):
            pass


def _damaged(label: str, error: BaseException) -> SourceError:
    said = " ".join(str(error).split())[:200]
    locked = "password" in said.lower() or "encrypt" in said.lower()
    return SourceError(
        f"{label} is protected by a password." if locked else f"{label} is damaged and cannot be read.",
        expected="an Excel or OpenDocument workbook without password" if locked else "a complete workbook",
        received=said or type(error).__name__,
        next_step="save it without password" if locked else "open and save it in a spreadsheet program",
    )


# ------------------------------------------------------------------------------------------------ one sheet


def _read_sheet(book: Any, title: str) -> _Sheet | None:
    """Cells of a sheet from its header down, without empty rows and columns; None when there is no table."""
    sheet = book.get_sheet_by_name(title)
    raw: list[Row] = [[_clean(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    merged = _fill_merged(sheet, raw)
    kept = [(number, row) for number, row in enumerate(raw) if any(cell is not None for cell in row)]
    if not kept:
        return None
    used = sorted({i for _, row in kept for i, cell in enumerate(row) if cell is not None})
    rows = [[row[i] if i < len(row) else None for i in used] for _, row in kept]
    head = [["" if cell is None else _text(cell) for cell in row] for row in rows[:_HEAD_ROWS]]
    start = dialects.first_row(head, len(used))
    written = dialects.header_of(head[start:], len(used), None)
    above = [" ".join(cell for cell in row if cell) for row in head[:start]]
    problems = preamble_problem(above)
    names, told = name_columns(written, len(used))
    body = rows[start + (1 if written is not None else 0) :]
    blank = kept[-1][0] - kept[0][0] + 1 - len(kept)
    if blank:
        problems.append(
            Problem(kind="blank_rows", severity="info", message="Empty rows were left out.", count=blank)
        )
    if merged:
        problems.append(
            Problem(
                kind="merged_cells",
                severity="info",
                message="Cells merged over several rows hold their value in each of these rows.",
                count=merged,
            )
        )
    keep = [
        i for i in range(len(used)) if any(row[i] is not None for row in body) or (written and written[i])
    ]
    if not body and written is None:
        return None
    return _Sheet(
        names=[names[i] for i in keep],
        rows=[[row[i] for i in keep] for row in body],
        problems=[*problems, *told],
    )


def _fill_merged(sheet: Any, rows: list[Row]) -> int:
    """Repeat the value of cells that are merged downwards; their other rows come out empty."""
    ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]] = sheet.merged_cell_ranges or ()
    filled = 0
    for (top, left), (bottom, right) in ranges:
        if bottom <= top or right != left or top >= len(rows) or left >= len(rows[top]):
            continue
        value = rows[top][left]
        for number in range(top + 1, min(bottom + 1, len(rows))):
            if left < len(rows[number]) and rows[number][left] is None and value is not None:
                rows[number][left] = value
                filled += 1
    return filled


def _clean(cell: Any) -> Any:
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return int(cell)
    return cell


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ") if cell.time() != time() else cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


# ------------------------------------------------------------------------------------------------ storing


def _store(loading: Loading, sheet: _Sheet, name: str, label: str) -> LoadedTable:
    from dataclasses import replace

    import pyarrow as pa

    from datalect.data.load.rejects import keep_rejected

    check_width(loading, len(sheet.names), label)
    problems = list(sheet.problems)
    kinds = []
    for position, column in enumerate(sheet.names):
        kind, problem = _type([row[position] for row in sheet.rows], column)
        kinds.append(kind)
        if problem is not None:
            problems.append(problem)
    schema = pa.schema([pa.field(n, k) for n, k in zip(sheet.names, kinds, strict=True)])
    reader = pa.RecordBatchReader.from_batches(schema, _batches(sheet.rows, schema))
    table = store_arrow(loading, reader, name, label, tuple(problems))
    totals = set_totals_aside(loading, table.name, sheet.names, table.rows)
    rejected, told = keep_rejected(loading, table.name, list(totals.rejected))
    return replace(
        table,
        rows=table.rows - len(totals.rejected),
        problems=(*table.problems, *totals.problems, *told),
        rejected=rejected,
        sampled_text=True,
    )


def _type(cells: list[Any], column: str) -> tuple[Any, Problem | None]:
    """The Arrow type for the cells of a column, and a word when it has to be text for numbers."""
    import pyarrow as pa

    kinds = {type(cell) for cell in cells if cell is not None}
    if not kinds or kinds == {str}:
        return pa.string(), None
    if kinds == {bool}:
        return pa.bool_(), None
    if kinds == {int}:
        return pa.int64(), None
    if kinds <= {int, float}:
        return pa.float64(), None
    if kinds <= {date, datetime}:
        midnight = all(not isinstance(c, datetime) or c.time() == time() for c in cells if c is not None)
        return (pa.date32() if midnight else pa.timestamp("us")), None
    if kinds <= {int, date, datetime} and _are_serials([c for c in cells if type(c) is int]):
        return pa.date32(), Problem(
            kind="serial_dates",
            severity="info",
            message="Numbers among the dates are days since 1899-12-30, as Excel counts them.",
            count=sum(1 for c in cells if type(c) is int),
            column=column,
        )
    if kinds == {time}:
        return pa.time64("us"), None
    odd = [_text(c) for c in cells if isinstance(c, str)] if kinds & {int, float} else []
    return pa.string(), Problem(
        kind="mixed_types",
        severity="info",
        message="The column holds values of several types and is kept as text.",
        count=len(odd),
        examples=tuple(dict.fromkeys(odd))[:5],
        column=column,
    )


def _are_serials(numbers: list[int]) -> bool:
    """Whether numbers among dates can be dates themselves: serial days of 1901 to 2100."""
    return all(367 <= number <= 73_415 for number in numbers)


def _batches(rows: list[Row], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    for start in range(0, len(rows), _BATCH_ROWS):
        some = rows[start : start + _BATCH_ROWS]
        arrays = [
            pa.array([_convert(row[i], field.type) for row in some], field.type)
            for i, field in enumerate(schema)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _convert(cell: Any, kind: Any) -> Any:
    import pyarrow as pa

    if cell is None:
        return None
    if pa.types.is_string(kind):
        return cell if isinstance(cell, str) else str(cell) if isinstance(cell, timedelta) else _text(cell)
    if pa.types.is_date(kind):
        if isinstance(cell, int):
            return _SERIAL_START + timedelta(days=cell)
        return cell.date() if isinstance(cell, datetime) else cell
    if pa.types.is_timestamp(kind) and not isinstance(cell, datetime):
        return datetime(cell.year, cell.month, cell.day)
    return float(cell) if pa.types.is_floating(kind) else cell
