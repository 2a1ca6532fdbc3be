"""Unpacking compressed files by streaming, with limits that a decompression bomb runs into."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from datalect.data.kinds import TABLE_SUFFIXES, Packing, stem_of
from datalect.errors import LimitError, SourceError

_CHUNK = 1 << 20
# Tables compress well, but not a thousand times; bombs do.
_FREE_BYTES = 1 << 30
_MAX_RATIO = 300
_MAX_MEMBERS = 10_000


def unpack(
    path: Path,
    packing: Packing,
    new_file: Callable[[], Path],
    *,
    name: str,
    limit: int,
    tables: int,
    advance: Callable[[int], None] = lambda _: None,
) -> Iterator[tuple[str, Path]]:
    """Unpack a file into temporary files, one after the other.

    Args:
        path: the packed file.
        packing: how it is packed.
        new_file: gives a path for each unpacked file; names inside an archive are labels only.
        name: name of the packed file, for people.
        limit: bytes all of it may unpack to.
        tables: how many files an archive may bring.
        advance: told how many unpacked bytes were written.

    Yields:
        The name of each unpacked file, for people, and its path.

    Raises:
        LimitError: it unpacks to more than allowed, or much more than a table would.
        SourceError: it is damaged, encrypted or holds no table.
    """
    size = max(path.stat().st_size, 1)
    if packing is Packing.ZIP:
        yield from _unzip(path, new_file, name, limit=limit, tables=tables, advance=advance)
        return
    target = new_file()
    with _damage_explained(name, packing), _opened(path, packing) as stream, target.open("wb") as out:
        _copy(stream, out, name, size, limit, advance)
    yield Path(name).stem, target


def _opened(path: Path, packing: Packing) -> IO[bytes]:
    if packing is Packing.GZIP:
        import gzip

        return cast(IO[bytes], gzip.open(path, "rb"))
    if packing is Packing.XZ:
        import lzma

        return cast(IO[bytes], lzma.open(path, "rb"))
    if packing is Packing.BZIP2:
        import bz2

        return cast(IO[bytes], bz2.open(path, "rb"))
    import pyarrow as pa

    return cast(IO[bytes], pa.CompressedInputStream(pa.OSFile(str(path)), "zstd"))


def _copy(
    stream: Any, out: IO[bytes], name: str, packed: int, limit: int, advance: Callable[[int], None]
) -> int:
    total = 0
    while chunk := stream.read(_CHUNK):
        total += len(chunk)
        if total > limit:
            raise _too_big(name, f"at most {limit:,} bytes unpacked", f"more than {total:,} bytes")
        if total > _FREE_BYTES and total > packed * _MAX_RATIO:
            raise _too_big(
                name,
                f"at most {_MAX_RATIO} times its packed size of {packed:,} bytes",
                f"more than {total:,} bytes",
            )
        out.write(chunk)
        advance(len(chunk))
    return total


def _too_big(name: str, expected: str, received: str) -> LimitError:
    return LimitError(
        f"{name} unpacks to far more than a table of its size would.",
        limit="bytes",
        expected=expected,
        received=received,
        next_step="unpack it yourself if you trust it, and open the unpacked file",
    )


@contextmanager
def _damage_explained(name: str, packing: Packing) -> Iterator[None]:
    import lzma
    import zlib

    try:
        yield
    except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, ValueError, RuntimeError) as error:
        raise _damaged(name, packing, error) from error
    except OSError as error:
        if error.errno is not None:
            raise  # the disk, not the file
        raise _damaged(name, packing, error) from error


def _damaged(name: str, packing: Packing, error: Exception) -> SourceError:
    encrypted = "encrypted" in str(error) or "password" in str(error)
    return SourceError(
        f"{name} is {'encrypted' if encrypted else 'damaged'} and cannot be unpacked.",
        expected=f"a complete {packing.value} file",
        received=str(error)[:200],
        next_step="unpack it with its password first" if encrypted else "copy or download it again",
    )


def _unzip(
    path: Path,
    new_file: Callable[[], Path],
    name: str,
    *,
    limit: int,
    tables: int,
    advance: Callable[[int], None],
) -> Iterator[tuple[str, Path]]:
    with _damage_explained(name, Packing.ZIP):
        archive = zipfile.ZipFile(path)
    with archive:
        members = _table_members(archive, path, name, limit, tables)
        for member in members:
            target = new_file()
            with (
                _damage_explained(name, Packing.ZIP),
                archive.open(member) as stream,
                target.open("wb") as out,
            ):
                _copy(stream, out, name, max(member.compress_size, 1), limit, advance)
            yield (
                (Path(name).stem if len(members) == 1 else stem_of(_label(member))) + _suffix(member),
                target,
            )


def _label(member: zipfile.ZipInfo) -> str:
    return member.filename.replace("\\", "/").rsplit("/", 1)[-1]


def _suffix(member: zipfile.ZipInfo) -> str:
    return Path(_label(member)).suffix


def _meant(member: zipfile.ZipInfo) -> bool:
    """Whether a member is a file somebody put there, not a folder or a note of the operating system."""
    hidden = member.filename.startswith("__MACOSX/") or _label(member).startswith(".")
    return not member.is_dir() and not hidden


def left_out(path: Path) -> list[str]:
    """Names of the files of a zip archive that are no tables, archives inside it included."""
    with zipfile.ZipFile(path) as archive:
        return [
            _label(m) for m in archive.infolist() if _meant(m) and _suffix(m).lower() not in TABLE_SUFFIXES
        ]


def _table_members(
    archive: zipfile.ZipFile, path: Path, name: str, limit: int, tables: int
) -> list[zipfile.ZipInfo]:
    everything = archive.infolist()
    if len(everything) > _MAX_MEMBERS:
        raise _too_big(name, f"at most {_MAX_MEMBERS:,} files inside", f"{len(everything):,} files")
    members = [m for m in everything if _meant(m) and _suffix(m).lower() in TABLE_SUFFIXES]
    if not members:
        inside = ", ".join(_label(m) for m in everything[:5]) or "nothing"
        raise SourceError(
            f"The archive {name} holds no table.",
            expected="files such as .csv, .json or .parquet inside",
            received=inside,
            next_step="unpack it and name the file to read",
        )
    if len(members) > tables:
        raise _too_big(name, f"at most {tables:,} tables inside", f"{len(members):,} tables")
    declared = sum(m.file_size for m in members)
    packed = max(path.stat().st_size, 1)
    if declared > limit or (declared > _FREE_BYTES and declared > packed * _MAX_RATIO):
        raise _too_big(
            path.name, f"at most {limit:,} bytes and {_MAX_RATIO} times its size", f"{declared:,} bytes"
        )
    return members
