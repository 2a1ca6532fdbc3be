"""Several files that are, or are not, parts of one table."""

from __future__ import annotations

from pathlib import Path

from datalect.data.kinds import Kind, kind_of, packing_of, stem_of
from datalect.data.load.base import LoadedTable, Loading
from datalect.data.load.shape import shape_of
from datalect.data.model import Problem
from datalect.data.quoting import identifier, literal, relation
from datalect.data.sources import Source

_HEAD = 64 * 1024


def load_parts(loading: Loading, source: Source) -> list[LoadedTable]:
    """Read files that may belong together.

    Parquet files with the same columns become one view. Other files with the same columns become one table
    with a column ``file`` that says where each row came from. Files that differ become tables of their own.
    """
    from datalect.data.load.dispatch import load_file

    if all(_is_parquet(path) for path in source.paths):
        return _parquet(loading, source)
    loaded: list[LoadedTable] = []
    partitions: dict[str, Path] = {}
    for path in source.paths:
        for table in load_file(loading, path, stem_of(path.name), str(path)):
            loaded.append(table)
            partitions[table.name] = path
    shapes = {tuple(n for n, _ in shape_of(loading, relation("source", t.name))) for t in loaded}
    if len(shapes) != 1 or len(loaded) != len(source.paths):
        return loaded
    return [_union(loading, source, loaded, partitions)]


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    return packing_of(head, path, path.name) is None and kind_of(head, path.name) is Kind.PARQUET


def _parquet(loading: Loading, source: Source) -> list[LoadedTable]:
    from datalect.data.load.parquet import column_names, load_parquet
    from datalect.data.load.probe import probe

    probe(source.paths, source.label)
    if source.hive or len(set(column_names(source.paths))) == 1:
        return [load_parquet(loading, source.paths, source.name, source.label, hive=source.hive)]
    return [
        load_parquet(loading, (path,), stem_of(path.name), str(path), hive=False) for path in source.paths
    ]


def _union(
    loading: Loading, source: Source, loaded: list[LoadedTable], paths: dict[str, Path]
) -> LoadedTable:
    name, clash = loading.take_name(source.name)
    columns = {n.casefold() for n, _ in shape_of(loading, relation("source", loaded[0].name))}
    selects = []
    for table in loaded:
        extra = _partition(paths[table.name], Path(source.label)) if source.hive else {}
        if not extra and "file" not in columns:
            extra = {"file": stem_of(paths[table.name].name)}
        added = "".join(
            f", {literal(value)} AS {identifier(key)}"
            for key, value in extra.items()
            if key.casefold() not in columns
        )
        selects.append(f"SELECT *{added} FROM {relation('source', table.name)}")
    loading.connection.execute(
        f"CREATE TABLE {relation('source', name)} AS {' UNION ALL BY NAME '.join(selects)}"
    )
    problems: list[Problem] = []
    for table in loaded:
        loading.connection.execute(f"DROP TABLE {relation('source', table.name)}")
        problems += [p for p in table.problems if p.kind != "name_clash"]
    joined = Problem(
        kind="joined_files",
        severity="info",
        message=f"{len(loaded)} files with the same columns were read as one table.",
        count=len(loaded),
        examples=tuple(path.name for path in source.paths[:5]),
    )
    return LoadedTable(
        name=name,
        rows=loading.count(name),
        source=source.label,
        problems=(joined, *_merged(problems), *clash),
        sampled_text=all(table.sampled_text for table in loaded),
        rejected=next((table.rejected for table in loaded if table.rejected), ""),
    )


def _partition(path: Path, root: Path) -> dict[str, str]:
    """Keys and values of the folders ``key=value`` above a file."""
    from urllib.parse import unquote

    below = path.parts[len(root.resolve().parts) : -1]
    return {unquote(k): unquote(v) for k, _, v in (part.partition("=") for part in below) if v}


def _merged(problems: list[Problem]) -> list[Problem]:
    """Equal problems of several files as one, with their counts added."""
    from dataclasses import replace

    merged: dict[tuple[str, str, str], Problem] = {}
    for problem in problems:
        key = (problem.kind, problem.column, problem.message)
        known = merged.get(key)
        merged[key] = (
            problem
            if known is None
            else replace(
                known,
                count=known.count + problem.count,
                examples=(*known.examples, *problem.examples)[:5],
            )
        )
    return list(merged.values())
