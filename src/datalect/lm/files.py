"""Files that are whole or not there: atomic writing, checksums, and tensors read with suspicion.

Weights are safetensors only; nothing here or above unpickles.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalect.errors import CheckpointError, LimitError, MissingExtraError

if TYPE_CHECKING:
    from torch import Tensor

CHECKSUMS = "checksums.json"
_LARGEST_HEADER = 32 << 20
_LARGEST_JSON = 256 << 20
_NEXT = "use another checkpoint, or train the model again"


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that other processes see whole or not at all, also after a power cut.

    Raises:
        LimitError: the disk is full.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise LimitError(
            f"{path.name} could not be written.",
            limit="disk",
            received=error.strerror or str(error),
            next_step="free some space, or name another folder",
        ) from error
    _sync_folder(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, indented, for people and programs."""
    write_bytes(path, json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False).encode() + b"\n")


def read_json(path: Path) -> Any:
    """Read JSON of bounded size.

    Raises:
        CheckpointError: missing, too large or no JSON.
    """
    try:
        if path.stat().st_size > _LARGEST_JSON:
            raise CheckpointError(f"{path.name} is too large.", expected=f"at most {_LARGEST_JSON >> 20} MiB")
        return json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{path.parent} has no {path.name}.", expected="a model folder", next_step="datalect models list"
        ) from error
    except (ValueError, RecursionError, OSError) as error:
        raise CheckpointError(
            f"{path.name} cannot be read.", received=str(error)[:200], next_step=_NEXT
        ) from error


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A folder to fill that takes the name ``target``, checksums included, only when the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        yield building
        write_checksums(building)
        building.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        building.rename(target)
        _sync_folder(target.parent)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_checksums(folder: Path, names: list[str] | None = None) -> None:
    """Write the digests of a folder's files, those named or all, beside them."""
    chosen = sorted(p.name for p in folder.iterdir() if p.is_file()) if names is None else sorted(names)
    sums = {name: digest(folder / name) for name in chosen if name != CHECKSUMS}
    write_json(folder / CHECKSUMS, {"sha256": sums})


def verify_checksums(folder: Path) -> list[str]:
    """Check every file against its digest.

    Returns:
        The names that were checked.

    Raises:
        CheckpointError: a file is missing or was changed.
    """
    sums = read_json(folder / CHECKSUMS)
    sums = sums.get("sha256") if isinstance(sums, dict) else None
    if not isinstance(sums, dict) or not sums:
        raise CheckpointError(f"{folder.name}/{CHECKSUMS} lists no files.", next_step=_NEXT)
    for name, expected in sums.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise CheckpointError(f"{folder.name}: {name} is missing.", next_step=_NEXT)
        found = digest(path)
        if found != expected:
            raise CheckpointError(
                f"{folder.name}: {name} is damaged or was changed.",
                expected=f"SHA-256 {str(expected)[:16]}…",
                received=f"{found[:16]}…",
                next_step=_NEXT,
            )
    return sorted(sums)


# ---------------------------------------------------------------- tensors


def tensor_shapes(path: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of each tensor, from the header alone: nothing is allocated for weights.

    Raises:
        CheckpointError: the file is truncated, or its header is oversized or contradicts the file's size.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(8)
            length = struct.unpack("<Q", head)[0] if len(head) == 8 else -1
            if not 2 <= length <= min(_LARGEST_HEADER, size - 8):
                raise CheckpointError(
                    f"{path.name} is no safetensors file.",
                    expected=f"a header of 2 to {_LARGEST_HEADER} bytes inside {size} bytes",
                    received=f"a header of {length} bytes",
                    next_step=_NEXT,
                )
            header = json.loads(stream.read(length))
        shapes, end = {}, 0
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            shape = tuple(entry["shape"])
            if not all(isinstance(n, int) and n >= 0 for n in shape):
                raise ValueError(f"shape {shape}")
            shapes[name] = (str(entry["dtype"]), shape)
            end = max(end, int(entry["data_offsets"][1]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise CheckpointError(
            f"{path.name} cannot be read.", received=str(error)[:200], next_step=_NEXT
        ) from error
    if size != 8 + length + end:
        raise CheckpointError(
            f"{path.name} is truncated or padded.",
            expected=f"{8 + length + end} bytes",
            received=f"{size} bytes",
            next_step=_NEXT,
        )
    return shapes


def read_tensors(path: Path, *, finite: bool = True) -> dict[str, Tensor]:
    """All tensors of a safetensors file.

    Args:
        path: the file.
        finite: refuse NaN and infinities.

    Raises:
        CheckpointError: damaged, or a tensor holds NaN or infinity.
    """
    tensor_shapes(path)
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ImportError as error:
        raise MissingExtraError("lm", "Reading model weights") from error
    import torch

    try:
        tensors = load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError, AttributeError) as error:
        raise CheckpointError(
            f"{path.name} cannot be read.", received=str(error)[:200], next_step=_NEXT
        ) from error
    if finite:
        for name, tensor in tensors.items():
            if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
                raise CheckpointError(
                    f"{path.name}: {name} holds NaN or infinity.", expected="finite weights", next_step=_NEXT
                )
    return tensors


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write tensors as safetensors, atomically."""
    from safetensors.torch import save

    whole = {name: tensor.detach().to("cpu").contiguous() for name, tensor in tensors.items()}
    write_bytes(path, save(whole, metadata))
