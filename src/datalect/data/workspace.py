"""Opening sources: from files, databases and objects to one queryable workspace.

Everything but Parquet is parsed once into a DuckDB file that is kept in the user's cache under a digest of
the content, the options and the code that reads them; opening the same sources again finds it there, until
an upgrade changes that code. A workspace is built in a private folder and moved into place when it is whole,
so an interrupted or failed load leaves nothing behind.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalect.data import cache
from datalect.data.catalog_store import load_catalog, save_catalog
from datalect.data.load.base import LoadedTable, Loading, OpenOptions
from datalect.data.model import Workspace
from datalect.data.progress import Progress, SilentProgress
from datalect.data.sources import Source, resolve_sources
from datalect.errors import DatalectError, LimitError, SourceError

if TYPE_CHECKING:
    import duckdb

    from datalect.data.glossary import Glossary

__all__ = ["OpenOptions", "open_workspace"]

_DATABASE, _CATALOG = "workspace.duckdb", "catalog.json"
_MB_PER_THREAD = 100


def open_workspace(
    sources: Sequence[Any],
    *,
    glossary: Glossary | str | Path | None = None,
    options: OpenOptions | None = None,
    progress: Progress | None = None,
) -> Workspace:
    """Read sources into one workspace.

    Args:
        sources: paths (files, globs, folders, hive folders, ``-`` for standard input, compressed files),
            database URLs, ``file.sqlite::table``, objects with an Arrow stream (pandas, polars, pyarrow), or
            ``(name, source)`` pairs and mappings that name them.
        glossary: what the user says about the data, or the YAML file that says it.
        options: how sources are read.
        progress: told how far loading has come.

    Returns:
        The workspace; all its tables share one catalog.

    Raises:
        UsageError: a source, an option or the glossary makes no sense.
        SourceError: a source does not exist, is damaged or is no table.
        LimitError: a source is larger than allowed, or memory or disk ran out.
        MissingExtraError: a source needs an optional dependency.
    """
    chosen, told = options or OpenOptions(), progress or SilentProgress()
    folder = cache.cache_folder()
    words, words_key = _glossary(glossary)
    with cache.temporary_folder(folder) as scratch, _limits_explained(folder):
        resolved = resolve_sources(sources, lambda _: scratch / f"{cache.STREAM_PREFIX}{os.urandom(4).hex()}")
        key = cache.workspace_key(resolved, chosen, words_key)
        if key is None:
            kept = cache.ephemeral_folder(folder)
            return _build(resolved, words, chosen, told, scratch, kept)
        target = folder / "workspaces" / key
        with cache.locked(folder, key):
            found = _kept(target)
            if found is not None:
                return found
            built = scratch / "built"
            built.mkdir()
            _build(resolved, words, chosen, told, scratch, built)
            cache.keep(built, target)
        cache.prune(folder, chosen.cache_mb)
        found = _kept(target)
        if found is None:
            raise SourceError("The loaded tables vanished from the cache.", next_step="open the source again")
        return found


def _glossary(glossary: Glossary | str | Path | None) -> tuple[Glossary | None, str]:
    if glossary is None:
        return None, ""
    if isinstance(glossary, str | Path):
        from datalect.data.glossary import Glossary

        read = Glossary.read(Path(glossary))
        return read, hashlib.blake2b(repr(read).encode()).hexdigest()
    return glossary, hashlib.blake2b(repr(glossary).encode()).hexdigest()


def _kept(target: Path) -> Workspace | None:
    """The workspace that is kept there, when it is whole and its granted files still lie where they did."""
    try:
        catalog, granted = load_catalog(target / _CATALOG)
    except (OSError, ValueError):
        return None
    if not (target / _DATABASE).is_file():
        return None
    cache.touch(target)
    return Workspace(database=target / _DATABASE, granted=granted, catalog=catalog)


def _build(
    sources: list[Source],
    glossary: Glossary | None,
    options: OpenOptions,
    progress: Progress,
    scratch: Path,
    folder: Path,
) -> Workspace:
    from datalect.data.catalog import build_catalog
    from datalect.data.load.dispatch import load_source

    connection = _connect(folder / _DATABASE, options, scratch / "spill")
    try:
        connection.execute("CREATE SCHEMA source")
        loading = Loading(connection, options, progress, scratch)
        loaded: list[LoadedTable] = []
        for source in sources:
            loaded.extend(load_source(loading, source))
        progress.start("Getting to know the tables", None)
        catalog = build_catalog(connection, loaded, glossary)
        progress.finish()
        connection.execute("CHECKPOINT")
    finally:
        connection.close()
    granted = tuple(dict.fromkeys(path for table in loaded for path in table.granted))
    save_catalog(folder / _CATALOG, catalog, granted)
    return Workspace(database=folder / _DATABASE, granted=granted, catalog=catalog)


def _connect(database: Path, options: OpenOptions, spill: Path) -> duckdb.DuckDBPyConnection:
    import duckdb

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = options.threads or max(1, min(cores, options.memory_mb // _MB_PER_THREAD))
    return duckdb.connect(
        str(database),
        config={
            "memory_limit": f"{options.memory_mb}MB",
            "threads": threads,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_scan_all_frames": False,
            "python_enable_replacements": False,
        },
    )


@contextmanager
def _limits_explained(folder: Path) -> Iterator[None]:
    """Turn a full disk and exhausted memory into errors that say what to do."""
    import duckdb

    try:
        yield
    except DatalectError:
        raise
    except duckdb.OutOfMemoryException as error:
        if "No space left" in str(error) or "max_temp_directory_size" in str(error):
            raise cache.disk_full(folder, error) from error
        raise LimitError(
            "Loading needs more memory than allowed.",
            limit="memory",
            received=str(error).splitlines()[0][:200],
            next_step="raise OpenOptions.memory_mb, or lower OpenOptions.threads",
        ) from error
    except (OSError, duckdb.IOException) as error:
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error):
            raise cache.disk_full(folder, error) from error
        raise SourceError(
            "A source could not be read, or the cache could not be written.",
            received=str(error).splitlines()[0][:300],
            next_step=f"check the file and the folder {folder}",
        ) from error
    except duckdb.Error as error:
        raise SourceError(
            "A source could not be loaded.",
            received=str(error).splitlines()[0][:300],
            next_step="check that the file is complete and opens in the program it comes from",
        ) from error
