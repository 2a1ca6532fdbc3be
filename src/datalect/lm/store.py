"""Where models live: a folder of the user's, named by ``DATALECT_MODELS`` or the system's place for data."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from datalect.errors import CheckpointError, UsageError

_NAME = re.compile(r"[\w][\w.\-]{0,99}")


def models_folder() -> Path:
    """The folder models are kept in; it may not exist yet."""
    named = os.environ.get("DATALECT_MODELS")
    if named:
        return Path(named).expanduser()
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base).expanduser() if base else Path.home() / ".local" / "share") / "datalect" / "models"


def named_folder(name: str) -> Path:
    """The folder of a model by name.

    Raises:
        UsageError: the name is no plain file name.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            "A model's name is no plain name.",
            expected="letters, digits, - _ and . only",
            received=name[:100],
        )
    return models_folder() / name


def find_model(model: str) -> Path:
    """The folder of a model given by name or path.

    Raises:
        CheckpointError: there is none.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    if _NAME.fullmatch(model) and named_folder(model).is_dir():
        return named_folder(model)
    known = [entry.name for entry in list_models()]
    raise CheckpointError(
        f"There is no model {model[:100]!r}.",
        expected="a model's folder or one of: " + (", ".join(known[:20]) or "none yet"),
        next_step="datalect models list" if known else "datalect train lm FILE --name NAME",
    )


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A kept model."""

    name: str
    folder: Path
    task: str
    architecture: str
    bytes: int
    problem: str = ""
    """Why it cannot be used, when it cannot."""


def list_models() -> list[Entry]:
    """All kept models, by name; unfinished and damaged ones say so."""
    root = models_folder()
    return [_entry(path) for path in sorted(root.iterdir()) if path.is_dir()] if root.is_dir() else []


def _entry(folder: Path) -> Entry:
    from datalect.lm.checkpoint import describe_model

    size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    try:
        described = describe_model(folder)
    except CheckpointError as error:
        problem = "unfinished training" if (folder / "run").is_dir() else error.what
        return Entry(name=folder.name, folder=folder, task="", architecture="", bytes=size, problem=problem)
    return Entry(
        name=folder.name,
        folder=folder,
        task=described.task,
        architecture=described.config.architecture,
        bytes=size,
    )


def remove_model(name: str) -> int:
    """Delete a kept model, its run included.

    Returns:
        Bytes freed.

    Raises:
        CheckpointError: there is none of that name.
        UsageError: a path was given; only kept models are deleted.
    """
    folder = named_folder(name)
    if not folder.is_dir():
        raise CheckpointError(f"There is no model {name!r}.", next_step="datalect models list")
    freed = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    shutil.rmtree(folder)
    return freed
