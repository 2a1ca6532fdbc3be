"""CSV, TSV and other delimited text.

Everything is read as text and cast in the same pass by expressions that also notice what a cast would change:
DuckDB reads "1.5" into an integer column as 2 and "007" as 7. A column with such a cell is read again as
text. Afterwards physical lines are counted against rows, so that no row goes missing unnoticed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from datalect.data import dialect as dialects
from datalect.data.load.base import LoadedTable, Loading
from datalect.data.load.csv_repair import repair
from datalect.data.load.lines import Census, line_numbers, quoted_breaks, take_census
from datalect.data.load.rejects import Rejected, keep_rejected
from datalect.data.load.reports import bad_bytes_problems, name_columns
from datalect.data.load.text_sample import TextSample, sample_text
from datalect.data.load.totals import set_totals_aside
from datalect.data.model import Problem
from datalect.data.quoting import identifier, literal, relation
from datalect.data.text_encoding import BadBytes, Encoding, transcode
from datalect.errors import LimitError, SourceError

_SHOWN = 5
_BAD = "datalect bad cells"
_LINE_BYTES = 2_000_000
_ATTEMPTS = 8
_TOLD_APART = 1_000  # sampled rows from which it is concluded how varied a column is
_VARIED = 0.5  # share of different values from which a dictionary does not pay
_PLAIN_BYTES = 1 << 30  # size of a file up to which varied texts are stored without packing


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """A delimited text on the disk.

    Attributes:
        path: where it lies, unpacked.
        name: name of the table it becomes.
        source: what to call it in messages.
    """

    path: Path
    name: str
    source: str


@dataclass(slots=True)
class _Reading:
    """One text on its way into a table: what is known so far, refined by every attempt."""

    file: TextFile
    path: Path
    sample: TextSample
    names: list[str]
    types: list[str]
    problems: list[Problem]
    rejected: list[Rejected] = field(default_factory=list)
    repaired: int | None = None  # records of the rewritten text, once it had to be rewritten
    transcoded: bool = False
    line_bytes: int = _LINE_BYTES
    counted: tuple[Path, Census] | None = None

    @property
    def census(self) -> Census:
        """The lines of the text as it lies there now, counted once."""
        if self.counted is None or self.counted[0] != self.path:
            self.counted = self.path, take_census(self.path)
        return self.counted[1]

    @property
    def width(self) -> int:
        return len(self.names)


def load_delimited(loading: Loading, file: TextFile) -> LoadedTable:
    """Read one delimited text into ``source."<name>"``.

    Raises:
        SourceError: it is empty or no table.
        LimitError: it has more columns, or longer lines, than allowed.
    """
    reading = _prepare(loading, file)
    name, clash = loading.take_name(file.name)
    reading.problems.extend(clash)
    rows = _read(loading, reading, name)
    loading.drop_scratch(reading.path)
    _type_unseen(loading, reading, name)
    totals = set_totals_aside(loading, name, reading.names, rows)
    reading.rejected.extend(totals.rejected)
    reading.problems.extend(totals.problems)
    table, problems = keep_rejected(loading, name, reading.rejected)
    return LoadedTable(
        name=name,
        rows=rows - len(totals.rejected),
        source=file.source,
        problems=(*reading.problems, *problems),
        sampled_text=True,
        rejected=table,
    )


def _prepare(loading: Loading, file: TextFile) -> _Reading:
    sample = sample_text(loading, file.path, file.source)
    path, problems = file.path, list(sample.problems)
    if sample.needs_transcoding:
        path, bad = _transcode(loading, file.path, sample.encoding)
        problems += bad_bytes_problems(bad, sample.encoding)
    dialect = sample.dialect
    width = max(dialect.width, len(dialect.header or ()))
    if width > loading.options.max_columns:
        raise LimitError(
            f"{file.source} has too many columns.",
            limit="length",
            expected=f"at most {loading.options.max_columns:,}",
            received=f"{width:,}",
            next_step="check the delimiter, or raise OpenOptions.max_columns",
        )
    names, told = name_columns(dialect.header, width)
    problems += told
    types = dialects.column_types([row for row in sample.rows if len(row) == width], width)
    return _Reading(
        file=file,
        path=path,
        sample=sample,
        names=names,
        types=types,
        problems=problems,
        transcoded=sample.needs_transcoding,
    )


# ------------------------------------------------------------------------------------------------ reading


def _read(loading: Loading, reading: _Reading, name: str) -> int:
    """Attempt until every line is accounted for; each attempt mends what the one before found."""
    if len(reading.names) > reading.sample.dialect.width:
        _repair(loading, reading, pad=True)
    elif reading.census.long:
        _repair(loading, reading)  # the reader of DuckDB would hold such a line several times
    trouble: str | None = ""
    for attempt in range(_ATTEMPTS):
        loading.connection.execute(f"DROP TABLE IF EXISTS {relation('source', name)}")
        trouble = _attempt(loading, reading, name, final=attempt == _ATTEMPTS - 1)
        if trouble is None:
            return loading.count(name)
    raise SourceError(
        f"{reading.file.source} cannot be read as a table.",
        expected="delimited text",
        received=trouble or "",
        next_step="open it in a text editor around the lines named and mend it, or name its delimiter",
    )


def _attempt(loading: Loading, reading: _Reading, name: str, *, final: bool) -> str | None:
    """Read once. Returns None when nothing was lost, else what was wrong and is mended now."""
    import duckdb

    if final:
        reading.types = ["VARCHAR"] * reading.width
    try:
        _create(loading, reading, name)
    except duckdb.OutOfMemoryException:
        raise
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        if reading.repaired is None:
            _repair(loading, reading)
        return str(error).splitlines()[0]
    faults = _faults(loading)
    kinds = {fault[2] for fault in faults}
    if "INVALID ENCODING" in kinds and not reading.transcoded:
        _transcode_again(loading, reading)
        return "bytes that are not valid UTF-8"
    if reading.repaired is None and (
        kinds & {"UNQUOTED VALUE", "INVALID STATE", "LINE SIZE OVER MAXIMUM"}
        or not _all_accounted(loading, reading, name, faults)
    ):
        _repair(loading, reading)
        return "lines that could not be split into fields"
    if _widen(loading, reading, name):
        return "cells that do not fit the type of their column"
    if reading.repaired is None:
        reading.rejected = _rejected(reading, faults)
    else:
        reading.rejected += [Rejected(0, text, message) for _, message, _, text in faults]
    return None


def _create(loading: Loading, reading: _Reading, name: str) -> None:
    connection = loading.connection
    for table in "reject_errors", "reject_scans":
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    dialect = reading.sample.dialect
    columns = ", ".join(f"{literal(n)}: 'VARCHAR'" for n in reading.names)
    skip = 0 if reading.repaired is not None else dialect.skip_records
    selected, flags = [], []
    for column, kind in zip(reading.names, reading.types, strict=True):
        quoted = identifier(column)
        if kind in ("", "VARCHAR"):
            selected.append(quoted)
            continue
        selected.append(f"TRY_CAST({quoted} AS {kind}) AS {quoted}")
        flags.append((quoted, _changed(quoted, kind)))
    if flags:
        any_bad = " OR ".join(flag for _, flag in flags)
        cells = ", ".join(f"CASE WHEN {flag} THEN {quoted} END" for quoted, flag in flags)
        selected.append(f"CASE WHEN {any_bad} THEN [{cells}] END AS {identifier(_BAD)}")
    scan = (
        f"read_csv({literal(loading.readable(reading.path))}, auto_detect=false, header=false, skip={skip}, "
        f"delim={literal(dialect.delimiter)}, quote={literal(dialect.quote)}, "
        f"escape={literal(dialect.escape)}, columns={{{columns}}}, strict_mode=true, compression='none', "
        f"max_line_size={reading.line_bytes}, store_rejects=true, rejects_limit=0, "
        f"rejects_line_size_limit=100000, rejects_table='reject_errors', rejects_scan='reject_scans')"
    )
    table = relation("source", name)
    rows = [row for row in reading.sample.rows if len(row) == reading.width]
    shape = [
        f"{identifier(column)} {_stored(reading.path, kind or 'VARCHAR', rows, position)}"
        for position, (column, kind) in enumerate(zip(reading.names, reading.types, strict=True))
    ]
    if flags:
        shape.append(f"{identifier(_BAD)} VARCHAR[]")
    connection.execute(f"CREATE TABLE {table} ({', '.join(shape)})")
    with loading.watched(f"Reading {reading.file.source}", reading.sample.rows_estimate):
        connection.execute(f"INSERT INTO {table} SELECT {', '.join(selected)} FROM {scan}")


def _stored(path: Path, kind: str, rows: list[list[str]], position: int) -> str:
    """The type of one column, and how it is stored.

    DuckDB tries a dictionary on every text. Where hardly a value comes twice that costs more than reading the
    file does and saves little, so such columns are stored as they are, or packed when the file is large.
    """
    if kind != "VARCHAR" or len(rows) < _TOLD_APART:
        return kind
    if len({row[position] for row in rows}) < _VARIED * len(rows):
        return kind
    plain = path.stat().st_size <= _PLAIN_BYTES
    return f"VARCHAR USING COMPRESSION {'uncompressed' if plain else 'zstd'}"


def _changed(column: str, kind: str) -> str:
    """SQL that is true where casting a text to the type would lose or change something."""
    cast = f"TRY_CAST({column} AS {kind})"
    if kind == "DOUBLE":
        # Whole numbers of more than 17 digits are identifiers that a double would round.
        return (
            f"({column} IS NOT NULL AND (NOT coalesce(isfinite({cast}), false) OR "
            f"CASE WHEN strlen({column}) > 17 THEN regexp_full_match({column}, '-?[0-9]+') ELSE false END))"
        )
    if kind == "BOOLEAN":
        return f"({column} IS NOT NULL AND ({cast} IS NULL OR strlen({column}) < 4))"
    if kind == "TIMESTAMP":
        # Other lengths may carry a time zone, which the cast would apply and forget.
        usual = r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?"
        return (
            f"({column} IS NOT NULL AND ({cast} IS NULL OR CASE WHEN strlen({column}) = 19 THEN false "
            f"ELSE NOT regexp_full_match({column}, '{usual}') END))"
        )
    return f"({cast}::VARCHAR IS DISTINCT FROM {column})"


def _widen(loading: Loading, reading: _Reading, name: str) -> bool:
    """Give columns whose cells did not fit a wider type; True when the text must be read again for it."""
    typed = [i for i, kind in enumerate(reading.types) if kind not in ("", "VARCHAR")]
    if not typed:
        return False
    table, bad = relation("source", name), identifier(_BAD)
    widened = False
    if loading.row(f"SELECT count({bad}) FROM {table}")[0]:
        for place, position in enumerate(typed, start=1):
            cells = loading.connection.execute(
                f"SELECT {bad}[{place}], count(*) FROM {table} WHERE {bad}[{place}] IS NOT NULL "
                f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1000"
            ).fetchall()
            if cells:
                widened = True
                _widen_column(reading, position, cells)
    loading.connection.execute(f"ALTER TABLE {table} DROP COLUMN {bad}")
    return widened


def _widen_column(reading: _Reading, position: int, cells: list[tuple[str, int]]) -> None:
    before = reading.types[position]
    kinds = Counter({dialects.value_type(cell): 1 for cell, _ in cells})
    kinds[before] += 1
    after = dialects.common_type(kinds)
    reading.types[position] = "VARCHAR" if after == before else after
    if reading.types[position] != "VARCHAR":
        return
    words = {"BIGINT": "whole numbers", "DOUBLE": "numbers", "DATE": "dates", "TIMESTAMP": "times"}
    reading.problems.append(
        Problem(
            kind="mixed_types",
            severity="info",
            message=f"Most cells are {words.get(before, before.lower())}, not all: the column stays text.",
            count=sum(n for _, n in cells),
            examples=tuple(cell for cell, _ in cells[:_SHOWN]),
            column=reading.names[position],
        )
    )


def _type_unseen(loading: Loading, reading: _Reading, name: str) -> None:
    """Type the columns that were empty throughout the sample, from all their values when these are few."""
    table = relation("source", name)
    for column, kind in zip(reading.names, reading.types, strict=True):
        if kind:
            continue
        quoted = identifier(column)
        values = loading.connection.execute(
            f"SELECT DISTINCT {quoted} FROM {table} WHERE {quoted} IS NOT NULL LIMIT 10001"
        ).fetchall()
        if values and len(values) <= 10_000:
            found = dialects.common_type(Counter(dialects.value_type(value) for (value,) in values))
            if found != "VARCHAR":
                loading.connection.execute(f"ALTER TABLE {table} ALTER {quoted} TYPE {found}")


# ------------------------------------------------------------------------------------------------ accounting


def _faults(loading: Loading) -> list[tuple[int, str, str, str]]:
    """What DuckDB set aside: byte offset, message, kind and text, once per line."""
    return loading.connection.execute(
        "SELECT line_byte_position, any_value(error_message), any_value(error_type)::VARCHAR, "
        "any_value(csv_line) FROM reject_errors GROUP BY 1 ORDER BY 1"
    ).fetchall()


def _all_accounted(
    loading: Loading, reading: _Reading, name: str, faults: list[tuple[int, str, str, str]]
) -> bool:
    """Whether rows, rejected lines, header, blank lines and quoted breaks add up to the lines there are."""
    census = reading.census
    explained = loading.count(name) + len(faults) + reading.sample.dialect.skip
    if explained == census.lines:
        return True
    explained += sum(text.count("\n") for *_, text in faults)
    if reading.width > 1:
        explained += census.blank_after(reading.path, reading.sample.dialect.skip)
    if explained >= census.lines:
        return explained == census.lines
    text = [n for n, kind in zip(reading.names, reading.types, strict=True) if kind in ("", "VARCHAR")]
    breaks, doubtful = quoted_breaks(loading, name, text, reading.sample.dialect.delimiter)
    return explained + breaks == census.lines and not doubtful


def _rejected(reading: _Reading, faults: list[tuple[int, str, str, str]]) -> list[Rejected]:
    kept = [fault for fault in faults if fault[3].strip()]
    numbers = line_numbers(reading.path, [offset for offset, *_ in kept])
    return [
        Rejected(number, text, _plain(message, reading.width))
        for number, (_, message, _, text) in zip(numbers, kept, strict=True)
    ]


def _plain(message: str, width: int) -> str:
    found = message.rpartition("Found: ")[2]
    return f"{found} fields instead of {width}" if found.isdigit() else message


def _repair(loading: Loading, reading: _Reading, *, pad: bool = False) -> None:
    target = loading.scratch_file()
    result = repair(
        reading.path,
        target,
        reading.sample.dialect,
        reading.width,
        longest=loading.options.max_cell_bytes,
        pad=pad,
    )
    loading.drop_scratch(reading.path)
    reading.path = target
    reading.repaired = result.records
    reading.line_bytes = loading.options.max_cell_bytes + 1
    reading.rejected = [Rejected(number, text, reason) for number, reason, text in result.rejected]
    if result.stray:
        reading.problems.append(
            Problem(
                kind="stray_quotes",
                severity="warning",
                message="Lines whose quotes enclose no field were split at the delimiter; the quotes stay.",
                count=len(result.stray),
                examples=tuple(f"line {number}: {text[:120]}" for number, text in result.stray[:_SHOWN]),
            )
        )
    if result.padded:
        reading.problems.append(
            Problem(
                kind="short_rows",
                severity="warning",
                message="Rows with fewer fields than names; the missing cells at their end are empty.",
                count=result.padded,
            )
        )


def _transcode(loading: Loading, path: Path, encoding: Encoding) -> tuple[Path, BadBytes]:
    target = loading.scratch_file()
    return target, transcode(path, target, encoding, longest=loading.options.max_cell_bytes)


def _transcode_again(loading: Loading, reading: _Reading) -> None:
    reading.path, bad = _transcode(loading, reading.path, reading.sample.encoding)
    reading.transcoded = True
    reading.problems += bad_bytes_problems(bad, reading.sample.encoding)
