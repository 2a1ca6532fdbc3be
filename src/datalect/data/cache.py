"""Where parsed workspaces are kept, and how several processes share them."""

from __future__ import annotations

import atexit
import contextlib
import errno
import functools
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from datalect.data.load.base import OpenOptions
from datalect.data.sources import Source
from datalect.errors import LimitError, SourceError

STREAM_PREFIX = "stream-"
_WHOLE_FILE = 64 << 20
_BLOCKS, _BLOCK = 16, 64 << 10
_KEPT_SECONDS = 12 * 3600
_FORGOTTEN_SECONDS = 60 * 24 * 3600


def cache_folder() -> Path:
    """The folder of this user's cache: ``DATALECT_CACHE``, else the system's place for caches.

    Raises:
        SourceError: it cannot be written.
    """
    named = os.environ.get("DATALECT_CACHE")
    if named:
        folder = Path(named).expanduser()
    else:
        base = os.environ.get("XDG_CACHE_HOME")
        folder = (Path(base) if base else Path.home() / ".cache") / "datalect"
    try:
        for part in "workspaces", "locks", "temporary":
            (folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(folder / "temporary", os.W_OK):
            raise PermissionError(errno.EACCES, "no permission to write")
    except OSError as error:
        if named:
            raise SourceError(
                f"The cache folder {folder} cannot be used.",
                expected="a folder that can be written",
                received=error.strerror or str(error),
                next_step="set DATALECT_CACHE to another folder",
            ) from error
        folder = Path(tempfile.gettempdir()) / f"datalect-{os.getuid() if hasattr(os, 'getuid') else 'cache'}"
        for part in "workspaces", "locks", "temporary":
            (folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def fingerprint(path: Path) -> str:
    """A digest of a file's content.

    Up to 64 MiB the whole content is digested. Beyond that the digest covers path, size, time of change in
    nanoseconds and 16 blocks spread over the file: reading all of it would cost as much as parsing it, and a
    change that keeps size, time and those blocks has to be made on purpose.
    """
    status = path.stat()
    digest = hashlib.blake2b(str(status.st_size).encode(), digest_size=20)
    with path.open("rb") as stream:
        if status.st_size <= _WHOLE_FILE:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
        else:
            digest.update(f"{path}\0{status.st_mtime_ns}".encode())
            for number in range(_BLOCKS):
                stream.seek((status.st_size - _BLOCK) * number // (_BLOCKS - 1))
                digest.update(stream.read(_BLOCK))
    return digest.hexdigest()


@functools.cache
def code_digest(room: Path = Path(__file__).parent) -> str:
    """A digest of the code that loads tables and works out catalogs, and of its word lists.

    It is part of every key, so that after an upgrade, or an edit in a checkout, nothing is served that other
    code has stored. Where no sources are installed, the version of the package stands for them.
    """
    digest = hashlib.blake2b(digest_size=20)
    paths = sorted(path for path in room.rglob("*") if path.suffix in (".py", ".txt"))
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(room).as_posix()}\0{len(content)}\0".encode() + content)
    if not any(path.suffix == ".py" for path in paths):
        from datalect import __version__

        digest.update(__version__.encode())
    return digest.hexdigest()


def workspace_key(sources: list[Source], options: OpenOptions, glossary: str) -> str | None:
    """The name under which a workspace of these sources is kept, or None when they cannot be kept."""
    if not options.cache or any(source.kind != "files" for source in sources):
        return None
    import duckdb

    read = {
        k: v for k, v in asdict(options).items() if k not in ("memory_mb", "threads", "cache", "cache_mb")
    }
    described = [
        [s.name, s.label, s.table, s.hive, [[_place(p), fingerprint(p), _wal(p)] for p in s.paths]]
        for s in sources
    ]
    text = json.dumps([code_digest(), duckdb.__version__, read, glossary, described], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()


def _place(path: Path) -> str:
    """Where a file lies; streams that were written down have no place of their own."""
    return "" if path.name.startswith(STREAM_PREFIX) else str(path)


def _wal(path: Path) -> str:
    """Digest of what a SQLite database has not yet written back into its file."""
    wal = path.with_name(path.name + "-wal")
    return fingerprint(wal) if wal.is_file() else ""


@contextlib.contextmanager
def locked(folder: Path, key: str) -> Iterator[None]:
    """Hold the lock of one workspace; other processes wait. The system lets it go when a process dies."""
    path = folder / "locks" / f"{key}.lock"
    with path.open("a+b") as stream:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(stream.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def temporary_folder(folder: Path) -> Iterator[Path]:
    """A private folder that is gone afterwards, however the block ends."""
    path = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=folder / "temporary"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def ephemeral_folder(folder: Path) -> Path:
    """A private folder that stays until this process ends."""
    path = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=folder / "temporary"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def keep(built: Path, target: Path) -> None:
    """Put a finished workspace in its place in one step."""
    if target.exists():
        shutil.rmtree(target, ignore_errors=True)
    built.replace(target)


def touch(target: Path) -> None:
    """Note that a workspace was used just now."""
    with contextlib.suppress(OSError):
        os.utime(target)


def prune(folder: Path, limit_mb: int) -> None:
    """Remove what processes that died left behind, and the least recently used workspaces over the limit.

    What was used within the last hours stays: another process may be reading it.
    """
    now = time.time()
    for path in (folder / "temporary").iterdir():
        owner = path.name.split("-", 1)[0]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(path, ignore_errors=True)
    kept: list[tuple[float, int, Path]] = []
    for path in (folder / "workspaces").iterdir():
        with contextlib.suppress(OSError):
            kept.append((path.stat().st_mtime, sum(f.stat().st_size for f in path.iterdir()), path))
    total = sum(size for _, size, _ in kept)
    for used, size, path in sorted(kept, key=lambda item: item[0]):
        age = now - used
        if age > _FORGOTTEN_SECONDS or (total > limit_mb * 1024 * 1024 and age > _KEPT_SECONDS):
            shutil.rmtree(path, ignore_errors=True)
            (folder / "locks" / f"{path.name}.lock").unlink(missing_ok=True)
            total -= size


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def disk_full(folder: Path, error: Exception) -> LimitError:
    """The error for a disk without room."""
    free = shutil.disk_usage(folder).free
    return LimitError(
        "The disk is full, so the tables could not be loaded.",
        limit="bytes",
        expected=f"room for the loaded tables in {folder}",
        received=f"{free / 1e6:,.0f} MB free ({str(error).splitlines()[0][:160]})",
        next_step="free some space, or set DATALECT_CACHE to a folder on a larger disk",
    )
