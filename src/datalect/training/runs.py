"""The run folder of a model: who may write into it, and with which recipe."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from datalect.errors import CheckpointError, UsageError
from datalect.lm.files import read_json, write_json
from datalect.training.config import Recipe

RUN = "run"
_RECIPE, _LOCK = "recipe.json", "lock"
_FREE = ("run.parallel",)
"""What a resumed run may do otherwise: checkpoints are whole however many processes wrote them."""


@contextmanager
def claimed_run(folder: Path, recipe: Recipe, *, restart: bool = False) -> Iterator[Path]:
    """The run folder, for this process alone.

    Args:
        folder: the model folder.
        recipe: must equal the one the run was begun with.
        restart: forget an earlier run and model in the folder.

    Raises:
        UsageError: another process trains there, or an earlier run had another recipe.
    """
    run = folder / RUN
    if not restart and folder.is_dir() and not run.is_dir() and any(folder.iterdir()):
        raise UsageError(
            f"{folder} is not empty and holds no run to resume.",
            next_step="name another folder, or empty it yourself",
        )
    run.mkdir(parents=True, exist_ok=True)
    with _locked(run):
        if restart:
            for path in run.iterdir():
                if path.name != _LOCK:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        _same_recipe(run / _RECIPE, recipe)
        yield run


def _same_recipe(path: Path, recipe: Recipe) -> None:
    wanted = recipe.to_dict()
    if not path.exists():
        write_json(path, wanted)
        return
    try:
        found: dict[str, Any] = read_json(path)
    except CheckpointError:
        write_json(path, wanted)
        return
    changed = [
        name for name in _paths(wanted, found) if name not in _FREE and _at(wanted, name) != _at(found, name)
    ]
    if changed:
        raise UsageError(
            "This folder holds a run of another recipe.",
            expected=", ".join(f"{name} = {_at(found, name)}" for name in changed[:5]),
            received=", ".join(f"{name} = {_at(wanted, name)}" for name in changed[:5]),
            next_step="use the same recipe to resume, another --name, or --restart to forget the earlier run",
        )


def _paths(*values: dict[str, Any]) -> list[str]:
    return sorted(
        {
            f"{part}.{name}" if isinstance(inner, dict) else part
            for value in values
            for part, inner in value.items()
            for name in (inner if isinstance(inner, dict) else [""])
        }
    )


def _at(values: dict[str, Any], path: str) -> Any:
    part, _, name = path.partition(".")
    inner = values.get(part)
    return inner.get(name) if name and isinstance(inner, dict) else inner


@contextmanager
def _locked(run: Path) -> Iterator[None]:
    """An advisory lock that ends with the process, however it ends."""
    import fcntl

    handle = os.open(run / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(
                f"Another process trains in {run.parent}.", next_step="wait for it, or name another folder"
            ) from error
        yield
    finally:
        os.close(handle)
