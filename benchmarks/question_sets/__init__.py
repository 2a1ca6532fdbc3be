"""Sets of questions with known answers, and the judging of Datalect's answers against them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .case import Case
from .files import Unpacker

SETS = ("own", "wikisql", "nvbench", "spider", "retqa", "nl4dv")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The questions of a set, and why others were left out."""

    cases: list[Case]
    skipped: dict[str, int] = field(default_factory=dict)


def load_set(name: str, data: Path, scratch: Path, split: str, limit: int | None, seed: int) -> Loaded:
    """Read a set.

    Args:
        name: one of ``SETS``.
        data: the set's folder; for ``own``, the folder that holds all sets.
        scratch: an empty folder for unpacked tables.
        split: which part.
        limit: at most so many questions.
        seed: which ones, where there are more.

    Raises:
        FileNotFoundError: the folder does not hold that part.
    """
    if name == "own":
        from . import own

        return Loaded(own.load(Unpacker(data, scratch), split, limit, seed))
    import importlib

    module = importlib.import_module(f".{name}", __name__)
    cases, skipped = module.load(data, scratch, split, limit, seed)
    return Loaded(cases, skipped)
