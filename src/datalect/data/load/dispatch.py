"""Which loader reads what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from datalect.data.kinds import Kind, Packing, kind_of, packing_of, stem_of
from datalect.data.load.base import LoadedTable, Loading
from datalect.data.model import Problem
from datalect.data.sources import Source
from datalect.errors import SourceError

_HEAD = 64 * 1024
_DEEPEST = 2


def load_source(loading: Loading, source: Source) -> list[LoadedTable]:
    """Read one source into schema ``source``.

    Raises:
        SourceError: it is damaged or no table.
        LimitError: it is larger than allowed.
        MissingExtraError: it needs an optional dependency.
    """
    if source.kind == "object":
        from datalect.data.load.objects import load_object

        return [load_object(loading, source)]
    if source.kind == "database":
        from datalect.data.load.postgres import load_postgres

        return load_postgres(loading, source)
    if len(source.paths) > 1:
        from datalect.data.load.parts import load_parts

        return load_parts(loading, source)
    return load_file(loading, source.paths[0], source.name, source.label, source.table)


def load_file(
    loading: Loading,
    path: Path,
    name: str,
    label: str,
    table: str = "",
    *,
    filename: str = "",
    depth: int = 0,
) -> list[LoadedTable]:
    """Read one file, unpacking it first where needed.

    Args:
        loading: what to work with.
        path: where it lies.
        name: name of the table, where it brings only one.
        label: what to call it in messages.
        table: the one table wanted of a database.
        filename: the name it was given, which may say what it is; that of ``label`` by default.
        depth: how many archives it was unpacked from.
    """
    filename = filename or Path(label).name
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    packing = packing_of(head, path, filename)
    if packing is not None:
        if depth >= _DEEPEST:
            raise SourceError(
                f"{label} holds an archive inside an archive.",
                expected="a table, packed at most twice",
                next_step="unpack it yourself if you trust it",
            )
        return _load_packed(loading, path, packing, name, label, table, filename, depth)
    kind = kind_of(head, filename)
    if table and kind not in (Kind.SQLITE, Kind.DUCKDB, Kind.EXCEL):
        raise SourceError(
            f"{label} has no tables to choose from.",
            expected="a database or workbook before ::",
            received=kind.value,
            next_step=f"name the file without ::{table}",
        )
    return _LOADERS[kind](loading, path, name, label, table)


def _load_packed(
    loading: Loading,
    path: Path,
    packing: Packing,
    name: str,
    label: str,
    table: str,
    filename: str,
    depth: int,
) -> list[LoadedTable]:
    from datalect.data.unpack import unpack

    loaded: list[LoadedTable] = []
    loading.progress.start(f"Unpacking {label}", None, "bytes")
    files = unpack(
        path,
        packing,
        loading.scratch_file,
        name=filename,
        limit=loading.options.max_unpacked_bytes,
        tables=loading.options.max_tables,
        advance=loading.progress.advance,
    )
    for inner, target in files:
        alone = Path(inner).stem in (Path(filename).stem, stem_of(filename))
        loaded += load_file(
            loading,
            target,
            name if alone else stem_of(inner),
            label if alone else f"{label}/{inner}",
            table,
            filename=inner,
            depth=depth + 1,
        )
        if not any(target in item.granted for item in loaded):
            loading.drop_scratch(target)
    loading.progress.finish()
    return _with_left_out(loaded, path) if packing is Packing.ZIP else loaded


def _with_left_out(loaded: list[LoadedTable], path: Path) -> list[LoadedTable]:
    """Tell with the first table of an archive which of its files were not read."""
    from datalect.data.unpack import left_out

    names = left_out(path)
    if not names or not loaded:
        return loaded
    problem = Problem(
        kind="left_out_files",
        severity="info",
        message="Files in the archive that are no tables were left out.",
        count=len(names),
        examples=tuple(name[:120] for name in names[:5]),
    )
    first = loaded[0]
    return [replace(first, problems=(*first.problems, problem)), *loaded[1:]]


def _delimited(loading: Loading, path: Path, name: str, label: str, _: str) -> list[LoadedTable]:
    from datalect.data.load.delimited import TextFile, load_delimited

    return [load_delimited(loading, TextFile(path=path, name=name, source=label))]


def _json(loading: Loading, path: Path, name: str, label: str, _: str) -> list[LoadedTable]:
    from datalect.data.load.json_text import load_json

    return load_json(loading, path, name, label)


def _parquet(loading: Loading, path: Path, name: str, label: str, _: str) -> list[LoadedTable]:
    from datalect.data.load.parquet import load_parquet

    return [load_parquet(loading, (path,), name, label, hive=False)]


def _arrow(loading: Loading, path: Path, name: str, label: str, _: str) -> list[LoadedTable]:
    from datalect.data.load.arrow import load_arrow

    return [load_arrow(loading, path, name, label)]


def _excel(loading: Loading, path: Path, name: str, label: str, table: str) -> list[LoadedTable]:
    from datalect.data.load.excel import load_excel

    return load_excel(loading, path, name, label, table)


def _sqlite(loading: Loading, path: Path, name: str, label: str, table: str) -> list[LoadedTable]:
    from datalect.data.load.sqlite import load_sqlite

    return load_sqlite(loading, path, label, table)


def _duckdb(loading: Loading, path: Path, name: str, label: str, table: str) -> list[LoadedTable]:
    from datalect.data.load.duckdb_file import load_duckdb

    return load_duckdb(loading, path, label, table)


_LOADERS = {
    Kind.DELIMITED: _delimited,
    Kind.JSON: _json,
    Kind.PARQUET: _parquet,
    Kind.ARROW: _arrow,
    Kind.EXCEL: _excel,
    Kind.SQLITE: _sqlite,
    Kind.DUCKDB: _duckdb,
}
