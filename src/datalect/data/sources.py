"""From what a user names to what must be read: files, groups of files, databases, objects."""

from __future__ import annotations

import glob
import os
import re
import select
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from datalect.data.kinds import PACKING_SUFFIXES, TABLE_SUFFIXES, stem_of
from datalect.errors import SourceError, UsageError

_FIFO_SECONDS = 10.0
_MOST_FILES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One thing to read.

    Attributes:
        kind: ``files``, ``database`` (a URL) or ``object``.
        name: name the table should get, when it is a single one.
        label: what to call it in messages.
        paths: the files; several when they may be parts of one table.
        table: the one table of a database file that is wanted, or "" for all.
        hive: the folders above the files are named ``key=value``.
        url: database URL.
        value: the object.
        named: the user gave the name.
    """

    kind: Literal["files", "database", "object"]
    name: str
    label: str
    paths: tuple[Path, ...] = ()
    table: str = ""
    hive: bool = False
    url: str = field(default="", repr=False)
    value: Any = field(default=None, repr=False)
    named: bool = False


def resolve_sources(sources: Sequence[Any], new_file: Callable[[str], Path]) -> list[Source]:
    """What the named sources are.

    Args:
        sources: paths, globs, folders, ``-``, URLs, objects, ``(name, source)`` pairs or mappings of them.
        new_file: gives a path for a stream (standard input, a pipe) that must be written down first.

    Raises:
        SourceError: something named does not exist or cannot be read.
        UsageError: something named is no source at all.
    """
    if isinstance(sources, str | os.PathLike | Mapping) or _is_object(sources):
        sources = [sources]
    found: list[Source] = []
    for source in sources:
        found.extend(_resolve(source, new_file))
    if not found:
        raise UsageError(
            "No source was named.",
            expected="at least one file, folder, database or data frame",
            next_step="give the path of a table",
        )
    return found


def _resolve(source: Any, new_file: Callable[[str], Path], name: str = "") -> Iterator[Source]:
    if isinstance(source, Mapping):
        for key, value in source.items():
            yield from _resolve(value, new_file, str(key))
    elif isinstance(source, tuple) and len(source) == 2 and isinstance(source[0], str):
        yield from _resolve(source[1], new_file, source[0])
    elif isinstance(source, str | os.PathLike):
        for item in _resolve_text(os.fspath(source), new_file, exact=not isinstance(source, str)):
            yield item if not name else _renamed(item, name)
    elif _is_object(source):
        label = f"the {type(source).__module__.split('.')[0]} {type(source).__name__}"
        yield Source(kind="object", name=name or "table", label=label, value=source, named=bool(name))
    else:
        raise UsageError(
            "This is not something Datalect can read.",
            expected="a path, a URL, a pandas, polars or pyarrow table, or a (name, table) pair",
            received=f"{type(source).__module__}.{type(source).__qualname__}",
        )


def _is_object(value: Any) -> bool:
    """Whether this is a table in memory: an Arrow stream, a lazy polars frame or a list of records."""
    if hasattr(value, "__arrow_c_stream__") or hasattr(value, "collect_schema"):
        return True
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _renamed(source: Source, name: str) -> Source:
    from dataclasses import replace

    return replace(source, name=name, named=True)


def _resolve_text(text: str, new_file: Callable[[str], Path], *, exact: bool) -> Iterator[Source]:
    if not text:
        raise UsageError("A source has no name.", expected="a path or URL", received="nothing")
    if "\0" in text:
        raise SourceError("A path cannot hold a NUL character.", received=text.replace("\0", "\\0"))
    if text == "-" and not exact:
        yield _spooled(sys.stdin.buffer, "stdin", "standard input", new_file)
        return
    url = re.match(r"([A-Za-z][A-Za-z0-9+.\-]+)://", text)
    if url and not exact:
        yield from _resolve_url(text, url[1].lower(), new_file)
        return
    path = Path(text).expanduser()
    if not _exists(path) and not exact:
        before, separator, table = text.rpartition("::")
        if separator and _exists(Path(before).expanduser()):
            yield _file(Path(before).expanduser(), table=table)
            return
        if glob.has_magic(text):
            yield from _resolve_glob(text)
            return
    yield from _resolve_path(path, new_file)


def _resolve_url(text: str, scheme: str, new_file: Callable[[str], Path]) -> Iterator[Source]:
    if scheme in ("postgresql", "postgres"):
        yield Source(kind="database", name="", label=_without_password(text), url=text)
    elif scheme in ("file", "sqlite", "duckdb"):
        from urllib.parse import unquote

        path = unquote(text.split("://", 1)[1])
        if scheme != "file" and path.startswith("/"):
            path = path[1:] if not path.startswith("//") and not Path(path).exists() else path
        yield from _resolve_text(path, new_file, exact=False)
    else:
        raise SourceError(
            f"Datalect does not fetch {scheme} addresses.",
            expected="a file on this machine, or a postgresql:// address",
            received=_without_password(text),
            next_step="download the file and give its path",
        )


def _without_password(url: str) -> str:
    hidden = re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)
    return re.sub(r"(?i)([?&]password=)[^&]*", r"\1***", hidden)


def _exists(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()
    except (OSError, ValueError):
        return False


def _resolve_path(path: Path, new_file: Callable[[str], Path]) -> Iterator[Source]:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise SourceError(
            f"There is no file {path}.",
            expected="the path of a table",
            received="a link that leads nowhere" if path.is_symlink() else "a path that does not exist",
            next_step=_nearest(path),
        ) from error
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if stat.S_ISDIR(mode):
        yield from _resolve_folder(path)
    elif stat.S_ISFIFO(mode):
        yield _from_pipe(path, new_file)
    elif stat.S_ISREG(mode):
        yield _file(path)
    else:
        raise SourceError(
            f"{path} is not a file.", expected="a file or folder", received="a device or a socket"
        )


def _unreadable(path: Path, error: Exception) -> SourceError:
    reason = getattr(error, "strerror", None) or str(error)
    return SourceError(
        f"{path} cannot be read.",
        expected="a readable file",
        received=reason,
        next_step="check the path and its permissions",
    )


def _nearest(path: Path) -> str:
    from difflib import get_close_matches

    try:
        beside = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return "check the path"
    close = get_close_matches(path.name, beside, n=3, cutoff=0.6)
    return f"did you mean {' or '.join(close)}?" if close else "check the path"


def _file(path: Path, table: str = "") -> Source:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise _unreadable(path, error) from error
    return Source(
        kind="files", name=stem_of(path.name), label=str(path), paths=(path.resolve(),), table=table
    )


# ------------------------------------------------------------------------------------------------ streams


def _from_pipe(path: Path, new_file: Callable[[str], Path]) -> Source:
    """Write a named pipe down; one that nobody writes to does not hang forever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(descriptor, "rb") as stream:  # noqa: PTH123 - an open descriptor, not a path
        ready, _, _ = select.select([stream], [], [], _FIFO_SECONDS)
        if not ready:
            raise SourceError(
                f"Nothing came through the pipe {path}.",
                expected="a table within a few seconds",
                received=f"no data in {_FIFO_SECONDS:.0f} seconds",
            )
        os.set_blocking(descriptor, True)
        return _spooled(stream, stem_of(path.name), str(path), new_file)


def _spooled(stream: Any, name: str, label: str, new_file: Callable[[str], Path]) -> Source:
    import shutil

    target = new_file(name)
    with target.open("wb") as out:
        shutil.copyfileobj(stream, out, 1 << 20)
    if not target.stat().st_size:
        raise SourceError(f"{label} is empty.".capitalize(), expected="a table", received="no bytes")
    return Source(kind="files", name=name, label=label, paths=(target,))


# ------------------------------------------------------------------------------------------------ many files


def _resolve_glob(pattern: str) -> Iterator[Source]:
    # Path.glob takes no absolute patterns.
    found = glob.iglob(str(Path(pattern).expanduser()), recursive=True)  # noqa: PTH207
    matches = sorted(Path(match) for match in found)
    files = [path for path in matches[:_MOST_FILES] if path.is_file()]
    if not files:
        raise SourceError(
            f"No file matches {pattern}.", expected="a pattern that matches files", next_step="check the path"
        )
    yield from _grouped(files, lambda path: path.suffix.lower(), pattern, _glob_name(pattern, files))


def _glob_name(pattern: str, files: list[Path]) -> str:
    fixed = re.split(r"[*?\[]", Path(pattern).name)[0].rstrip(" _-.")
    return fixed or _common_name(files) or files[0].parent.resolve().name


def _common_name(files: list[Path]) -> str:
    first, last = min(path.name for path in files), max(path.name for path in files)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    prefix = first[:same]
    return re.sub(r"[\d\s_.\-=]+$", "", prefix)


def _resolve_folder(folder: Path) -> Iterator[Source]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise _unreadable(folder, error) from error
    visible = [entry for entry in entries if not entry.name.startswith((".", "_"))]
    files = [entry for entry in visible if entry.is_file() and _is_table_name(entry)]
    partitions = [entry for entry in visible if entry.is_dir() and "=" in entry.name]
    if partitions and not files:
        parts = sorted(
            path
            for partition in partitions
            for path in partition.rglob("*")
            if path.is_file() and _is_table_name(path) and not path.name.startswith((".", "_"))
        )
        if parts:
            yield _group(parts[:_MOST_FILES], folder.resolve().name, str(folder), hive=True)
            return
    if not files:
        raise SourceError(
            f"The folder {folder} holds no table.",
            expected="files such as .csv, .json, .parquet or .xlsx",
            received=", ".join(entry.name for entry in visible[:5]) or "an empty folder",
            next_step="name the file to read",
        )
    yield from _grouped(files, _family, str(folder), folder.resolve().name)


def _is_table_name(path: Path) -> bool:
    suffix = path.suffix.lower()
    return suffix in TABLE_SUFFIXES or (suffix in PACKING_SUFFIXES and suffix != ".zip") or suffix == ".zip"


def _family(path: Path) -> str:
    """Files of one family differ in numbers only (``part-0001``, ``sales_2023``), or in hexadecimal ids."""
    stem = re.sub(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", "#", path.stem.lower())
    return re.sub(r"\d+", "#", stem) + path.suffix.lower()


def _grouped(files: list[Path], family: Callable[[Path], str], label: str, name: str) -> Iterator[Source]:
    groups: dict[str, list[Path]] = {}
    for path in files:
        groups.setdefault(family(path), []).append(path)
    for paths in groups.values():
        if len(paths) == 1:
            yield _file(paths[0])
        else:
            yield _group(paths, name if len(groups) == 1 else _common_name(paths) or name, label, hive=False)


def _group(paths: list[Path], name: str, label: str, *, hive: bool) -> Source:
    for path in paths:
        _file(path)
    return Source(
        kind="files", name=name, label=label, paths=tuple(path.resolve() for path in paths), hive=hive
    )
