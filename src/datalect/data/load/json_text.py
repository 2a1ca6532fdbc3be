"""JSON and newline-delimited JSON.

Arrays of objects and records on lines are read by DuckDB, which looks at every value before it settles the
types, so that nothing surprises it later. A document of another form is turned into records first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from datalect.data.load.base import LoadedTable, Loading
from datalect.data.load.json_document import tables_of, unique_pairs
from datalect.data.load.rejects import Rejected, keep_rejected
from datalect.data.load.reports import bad_bytes_problems, encoding_problems
from datalect.data.load.shape import Shape, check_width, plain_columns, shape_of
from datalect.data.model import Problem
from datalect.data.quoting import identifier, literal, relation
from datalect.data.text_encoding import HEAD_BYTES, detect_encoding, transcode
from datalect.errors import LimitError, SourceError

_RECORD_BYTES = 32 << 20
_DOCUMENT_BYTES = 256 << 20
_EXACT_DOUBLE = 2**53


def load_json(loading: Loading, path: Path, name: str, label: str) -> list[LoadedTable]:
    """Read a JSON text into one or more tables of schema ``source``.

    Raises:
        SourceError: it is not valid JSON, nested too deeply, or holds no records.
        LimitError: a document that is no list of records is too large to turn into one.
    """
    text, problems = _utf8(loading, path)
    try:
        return _load(loading, text, name, label, problems)
    finally:
        if text != path:
            loading.drop_scratch(text)


def _load(loading: Loading, path: Path, name: str, label: str, problems: list[Problem]) -> list[LoadedTable]:
    import duckdb

    form = _form(path)
    if form == "document":
        return _from_document(loading, path, name, label, problems)
    try:
        return [_store(loading, path, form, name, label, problems)]
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        if form == "newline_delimited":
            good, rejected = _sift(loading, path, label)
            return [_store(loading, good, form, name, label, problems, rejected)]
        if "recursion depth" in str(error):
            raise _too_deep(label) from error
        return _from_document(loading, path, name, label, problems)


def _utf8(loading: Loading, path: Path) -> tuple[Path, list[Problem]]:
    """The text as UTF-8 without byte-order mark."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    encoding = detect_encoding(head, complete=len(head) == path.stat().st_size)
    if encoding.is_utf8 and not encoding.bom and _is_utf8(path):
        return path, []
    target = loading.scratch_file()
    bad = transcode(path, target, encoding, longest=_DOCUMENT_BYTES)
    problems = encoding_problems(encoding) + bad_bytes_problems(bad, encoding)
    return target, problems


def _is_utf8(path: Path) -> bool:
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        try:
            while chunk := stream.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            return False
    return True


def _form(path: Path) -> str:
    """How the records are laid out: ``array``, ``newline_delimited``, ``unstructured`` or ``document``."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES).decode("utf-8", "ignore").lstrip()
    if head.startswith("["):
        inner = head[1:].lstrip()
        return "array" if inner.startswith("{") else "document"
    first = head.split("\n", 1)[0]
    if head.startswith("{") and len(first) < len(head) and _is_json(first):
        rest = head[len(first) :].strip()
        return "newline_delimited" if rest else "document"
    if not head.startswith("{") and _is_json(first):
        return "newline_delimited" if head[len(first) :].strip() else "document"
    try:
        _, end = json.JSONDecoder().raw_decode(head)
    except (ValueError, RecursionError):
        return "document" if size <= _DOCUMENT_BYTES else "unstructured"
    return "unstructured" if head[end:].strip() else "document"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _scan(path: Path, form: str, columns: Shape | None = None) -> str:
    kinds = ""
    if columns is not None:
        kinds = ", columns={" + ", ".join(f"{literal(n)}: {literal(k)}" for n, k in columns) + "}"
    return (
        f"read_json({literal(str(path))}, format={literal(form)}, sample_size=-1, "
        f"maximum_object_size={_RECORD_BYTES}, convert_strings_to_integers=false, "
        f"map_inference_threshold=-1, dateformat='iso', timestampformat='iso', compression='none'{kinds})"
    )


def _store(
    loading: Loading,
    path: Path,
    form: str,
    name: str,
    label: str,
    problems: list[Problem],
    rejected: Iterable[Rejected] = (),
) -> LoadedTable:
    readable = Path(loading.readable(path))
    columns = shape_of(loading, _scan(readable, form))
    check_width(loading, len(columns), label)
    scan = _scan(readable, form, _lossless(loading, readable, form, columns))
    columns = shape_of(loading, scan)
    selected, changed = plain_columns(columns)
    table, clash = loading.take_name(name)
    try:
        with loading.watched(f"Reading {label}", None):
            loading.connection.execute(
                f"CREATE TABLE {relation('source', table)} AS SELECT {selected} FROM {scan}"
            )
    except BaseException:
        loading.free_name(table)  # the records may yet be read another way, under this name
        raise
    not_numbers = _clear_not_numbers(loading, table)
    kept, told = keep_rejected(loading, table, list(rejected))
    if readable != path:
        readable.unlink(missing_ok=True)
    return LoadedTable(
        name=table,
        rows=loading.count(table),
        source=label,
        problems=(*problems, *changed, *clash, *not_numbers, *told),
        sampled_text=True,
        rejected=kept,
    )


def _lossless(loading: Loading, path: Path, form: str, columns: Shape) -> Shape | None:
    """Types under which no long number is rounded, or None when the ones found already are."""
    doubles = [name for name, kind in columns if kind == "DOUBLE"]
    if not doubles:
        return None
    tests = ", ".join(
        f"coalesce(bool_or(isinf({q}) OR (abs({q}) >= {_EXACT_DOUBLE} AND {q} = trunc({q}))), false)"
        for q in map(identifier, doubles)
    )
    row = loading.row(f"SELECT {tests} FROM {_scan(path, form)}")
    doubtful = [name for name, found in zip(doubles, row, strict=True) if found]
    if not doubtful:
        return None
    written = [(name, "JSON" if name in doubtful else kind) for name, kind in columns]
    tests = ", ".join(
        rf"coalesce(bool_or(regexp_full_match(CAST({q} AS VARCHAR), '-?\d{{16,}}')), false)"
        for q in map(identifier, doubtful)
    )
    row = loading.row(f"SELECT {tests} FROM {_scan(path, form, written)}")
    rounded = {name for name, found in zip(doubtful, row, strict=True) if found}
    return [(name, "JSON" if name in rounded else kind) for name, kind in columns] if rounded else None


def _clear_not_numbers(loading: Loading, table: str) -> list[Problem]:
    """NaN and Infinity are no JSON and no numbers to compute with: they become missing, and are reported."""
    problems = []
    target = relation("source", table)
    for name, kind in shape_of(loading, target):
        if kind != "DOUBLE":
            continue
        quoted = identifier(name)
        count = loading.row(f"SELECT count(*) FROM {target} WHERE NOT isfinite({quoted})")[0]
        if count:
            loading.connection.execute(f"UPDATE {target} SET {quoted} = NULL WHERE NOT isfinite({quoted})")
            problems.append(
                Problem(
                    kind="not_a_number",
                    severity="warning",
                    message="NaN or Infinity is not a number; these cells are taken as missing.",
                    count=count,
                    column=name,
                )
            )
    return problems


# ------------------------------------------------------------------------------------------------ by hand


def _sift(loading: Loading, path: Path, label: str) -> tuple[Path, list[Rejected]]:
    """Copy the lines that are JSON; set the others aside with their line numbers."""
    target = loading.scratch_file()
    rejected: list[Rejected] = []
    good = 0
    with path.open("rb") as raw, target.open("wb") as out:
        for number, line in enumerate(raw, start=1):
            if not line.strip():
                continue
            text = line.decode("utf-8", "backslashreplace").strip()
            try:
                value = json.loads(text, object_pairs_hook=unique_pairs)
                out.write(json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
                good += 1
            except RecursionError:
                rejected.append(Rejected(number, text[:1000], "nested too deeply", kind="invalid_records"))
            except ValueError as error:
                rejected.append(Rejected(number, text[:100_000], str(error), kind="invalid_records"))
    if not good:
        raise SourceError(
            f"{label} holds no valid JSON.",
            expected="JSON records",
            received=rejected[0].error if rejected else "nothing",
            next_step="check the file in a text editor",
        )
    return target, rejected


def _from_document(
    loading: Loading, path: Path, name: str, label: str, problems: list[Problem]
) -> list[LoadedTable]:
    size = path.stat().st_size
    if size > _DOCUMENT_BYTES:
        raise LimitError(
            f"{label} is a JSON document that is no list of records, and too large to turn into one.",
            limit="bytes",
            expected=f"at most {_DOCUMENT_BYTES:,} bytes, or one record on each line",
            received=f"{size:,} bytes",
            next_step="write it as newline-delimited JSON",
        )
    try:
        value: Any = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique_pairs)
    except RecursionError as error:
        raise _too_deep(label) from error
    except ValueError as error:
        raise SourceError(
            f"{label} is not valid JSON.",
            expected="a complete JSON text",
            received=str(error)[:200],
            next_step="check the file around the place named",
        ) from error
    loaded = []
    for part, records in tables_of(value, name):
        target = loading.scratch_file()
        with target.open("w", encoding="utf-8", errors="backslashreplace") as out:
            for record in records:
                out.write(json.dumps(record, ensure_ascii=False) + "\n")
        loaded.append(_store(loading, target, "newline_delimited", part, label, problems))
        loading.drop_scratch(target)
    if not loaded:
        raise SourceError(
            f"{label} holds no records.",
            expected="a list of objects, or an object of lists",
            received="an empty JSON text" if not value else type(value).__name__,
            next_step="check the file",
        )
    return loaded


def _too_deep(label: str) -> SourceError:
    return SourceError(
        f"{label} is nested too deeply for a table.",
        expected="records with a few levels",
        received="more than a hundred levels",
        next_step="flatten it first",
    )
