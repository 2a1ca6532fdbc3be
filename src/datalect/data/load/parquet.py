"""Parquet: queried where it lies, never copied."""

from __future__ import annotations

from pathlib import Path

from datalect.data.load.base import LoadedTable, Loading
from datalect.data.load.probe import probe
from datalect.data.load.shape import check_width, plain_columns, shape_of
from datalect.data.quoting import literal, relation


def load_parquet(
    loading: Loading, paths: tuple[Path, ...], name: str, label: str, *, hive: bool
) -> LoadedTable:
    """Make a view over Parquet files and grant the files.

    The files are first read by another process: a hostile or damaged one may crash its reader. A file that
    was unpacked from an archive becomes a stored table, because the unpacked file does not stay.

    Raises:
        SourceError: a file is damaged, encrypted or does not fit the others.
        LimitError: there are more columns than allowed.
    """
    probe(paths, label)
    stored = any(path.parent == loading.scratch for path in paths)
    scan = _scan(paths, hive=hive)
    columns = shape_of(loading, scan)
    check_width(loading, len(columns), label)
    selected, changed = plain_columns(columns)
    table, clash = loading.take_name(name)
    what = "TABLE" if stored else "VIEW"
    loading.connection.execute(f"CREATE {what} {relation('source', table)} AS SELECT {selected} FROM {scan}")
    return LoadedTable(
        name=table,
        rows=loading.count(table),
        source=label,
        problems=(*changed, *clash),
        in_place=not stored,
        granted=() if stored else paths,
    )


def column_names(paths: tuple[Path, ...]) -> list[tuple[str, ...]]:
    """Names of the columns of each file."""
    import pyarrow.parquet as pq

    return [tuple(pq.read_schema(path).names) for path in paths]


def _scan(paths: tuple[Path, ...], *, hive: bool) -> str:
    files = ", ".join(literal(_escaped(path)) for path in paths)
    return (
        f"read_parquet([{files}], hive_partitioning={str(hive).lower()}, "
        f"union_by_name={str(len(paths) > 1).lower()})"
    )


def _escaped(path: Path) -> str:
    """The path as a pattern that matches nothing but this path."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in str(path))
