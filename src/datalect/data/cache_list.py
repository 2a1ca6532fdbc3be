"""Looking into the cache of parsed tables, and emptying it."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from datalect.data.cache import cache_folder, locked
from datalect.data.catalog_store import load_catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEntry:
    """One kept reading of some sources.

    Attributes:
        key: name of its folder in the cache.
        sources: where its tables came from; empty when that cannot be told any more.
        bytes: size on disk.
        used: when it was last opened, local time.
    """

    key: str
    sources: tuple[str, ...]
    bytes: int
    used: datetime


def cache_entries() -> list[CacheEntry]:
    """Everything that is kept, most recently used first."""
    entries = []
    for folder in (cache_folder() / "workspaces").iterdir():
        try:
            used = datetime.fromtimestamp(folder.stat().st_mtime)
        except OSError:  # removed by another process in this moment
            continue
        entries.append(CacheEntry(key=folder.name, sources=_sources(folder), bytes=_size(folder), used=used))
    return sorted(entries, key=lambda entry: entry.used, reverse=True)


def clear_cache() -> tuple[int, int]:
    """Remove everything that is kept and return how many readings and how many bytes that were.

    A reading that another process is about to build is waited for, then removed; one that is open stays
    readable to whoever has it open, where the system allows removing open files.
    """
    folder = cache_folder()
    count = freed = 0
    for entry in cache_entries():
        with locked(folder, entry.key):
            shutil.rmtree(folder / "workspaces" / entry.key, ignore_errors=True)
        (folder / "locks" / f"{entry.key}.lock").unlink(missing_ok=True)
        count += 1
        freed += entry.bytes
    return count, freed


def _sources(folder: Path) -> tuple[str, ...]:
    for stored in folder.glob("*.json"):
        with suppress(OSError, ValueError):
            catalog, _ = load_catalog(stored)
            return tuple(table.source or table.name for table in catalog.tables)
    return ()


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size
    return total
