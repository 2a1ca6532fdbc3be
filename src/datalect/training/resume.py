"""Checkpoints that training resumes from bit for bit.

    run/step-00000250/state.safetensors   weights, optimiser, averaged weights, carried state, generators
    run/step-00000250/state.json          step, best figure, counters
    run/step-00000250/checksums.json      SHA-256 of both

The data position is the step itself: batches are pure functions of it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalect.errors import CheckpointError
from datalect.lm.files import (
    read_json,
    read_tensors,
    verify_checksums,
    whole_folder,
    write_json,
    write_tensors,
)

if TYPE_CHECKING:
    from torch import Tensor

_STEP = re.compile(r"step-(\d{8})")


def save_checkpoint(run: Path, step: int, tensors: dict[str, Tensor], facts: dict[str, Any]) -> Path:
    """Write a checkpoint that is whole or not there.

    Args:
        run: the run folder.
        step: steps taken.
        tensors: everything that is a tensor.
        facts: everything else, as JSON values.
    """
    target = run / f"step-{step:08d}"
    with whole_folder(target) as folder:
        write_tensors(folder / "state.safetensors", tensors)
        write_json(folder / "state.json", facts | {"step": step})
    return target


def checkpoints(run: Path) -> list[Path]:
    """Checkpoints of a run, newest first."""
    found = [path for path in run.glob("step-*") if path.is_dir() and _STEP.fullmatch(path.name)]
    return sorted(found, key=lambda path: path.name, reverse=True)


def newest_checkpoint(
    run: Path, warn: Callable[[str], None]
) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The newest checkpoint that is whole; damaged ones are reported and passed over.

    Raises:
        CheckpointError: there are checkpoints, and all are damaged.
    """
    found = checkpoints(run)
    for path in found:
        try:
            verify_checksums(path)
            # A diverged run may hold infinities in its optimiser; they are part of the state.
            tensors = read_tensors(path / "state.safetensors", finite=False)
            return tensors, read_json(path / "state.json")
        except CheckpointError as error:
            warn(f"{path.name} is passed over: {error.what}")
    if found:
        raise CheckpointError(
            f"All {len(found)} checkpoints of this run are damaged.",
            received=", ".join(path.name for path in found),
            next_step="train from the start with --restart",
        )
    return None


def prune_checkpoints(run: Path, keep: int, best_step: int | None) -> None:
    """Delete all but the newest checkpoints, and best models that no checkpoint speaks of any more."""
    kept = checkpoints(run)
    for path in kept[keep:]:
        shutil.rmtree(path, ignore_errors=True)
    spoken = {best_step}
    for path in kept[:keep]:
        try:
            spoken.add(read_json(path / "state.json").get("best_step"))
        except CheckpointError:
            continue
    for path in run.glob("best-*"):
        if not any(path.name == f"best-{step:08d}" for step in spoken if step is not None):
            shutil.rmtree(path, ignore_errors=True)
    for path in run.glob(".*"):  # what a killed run was writing
        if path.is_dir() and path.name.startswith((".step-", ".best-")):
            shutil.rmtree(path, ignore_errors=True)
