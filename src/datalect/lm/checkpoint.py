"""A saved model: one folder, readable by anyone, refused when anything about it is wrong.

model.safetensors   weights
config.json         format, task, architecture, its configuration, the tokenizers, what else the task needs
tokenizer.json      the tokenizer (a Hugging Face tokenizer.json for BPE and unigram)
training.json       recipe, data and figures, for programs
README.md           model card: the same for people
checksums.json      SHA-256 of each of these
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalect.errors import CheckpointError, UsageError
from datalect.lm.architectures import ARCHITECTURES, build, config_of
from datalect.lm.base import Tokenizer
from datalect.lm.card import card_text
from datalect.lm.config import ModelConfig
from datalect.lm.files import (
    CHECKSUMS,
    read_json,
    read_tensors,
    tensor_shapes,
    verify_checksums,
    write_bytes,
    write_checksums,
    write_json,
    write_tensors,
)
from datalect.lm.tokenizers import load_tokenizer, tokenizer_json

if TYPE_CHECKING:
    from torch import nn

FORMAT, VERSION = "datalect-model", 1
CONFIG, WEIGHTS, TRAINING, CARD = "config.json", "model.safetensors", "training.json", "README.md"
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


@dataclass(frozen=True, kw_only=True)
class Description:
    """What ``config.json`` says."""

    task: str
    """What the model does: ``lm``, ``seq2seq`` or ``classifier``."""
    config: ModelConfig
    tokenizers: dict[str, dict[str, Any]]
    """How each tokenizer is loaded, by the stem of its file; most models have one, ``tokenizer``."""
    extra: dict[str, Any] = field(default_factory=dict)
    """What else the task needs, such as the labels of a classifier."""


@dataclass(frozen=True, kw_only=True)
class SavedModel:
    """A model as loaded from a folder."""

    folder: Path
    description: Description
    module: nn.Module
    """In evaluation mode, float32, on the CPU."""
    tokenizers: dict[str, Tokenizer]

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of a model that has one."""
        return self.tokenizers["tokenizer"]


def save_model(
    folder: Path,
    module: nn.Module,
    tokenizers: Mapping[str, Tokenizer],
    *,
    task: str,
    config: ModelConfig,
    training: dict[str, Any],
    extra: dict[str, Any] | None = None,
) -> None:
    """Write a model folder; what was there before is replaced file by file, the checksums last.

    Args:
        folder: created when missing; other files in it are left alone.
        module: its ``state_dict`` is saved.
        tokenizers: by the stem of their files.
        task: ``lm``, ``seq2seq`` or ``classifier``.
        config: what `datalect.lm.architectures.build` makes the module from.
        training: recipe, data and figures; goes to ``training.json`` and the model card.
        extra: what else the task needs to run.

    Raises:
        LimitError: the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CHECKSUMS).unlink(missing_ok=True)
    write_tensors(folder / WEIGHTS, module.state_dict(), {"format": "pt"})
    loading, names = {}, [WEIGHTS, CONFIG, TRAINING, CARD]
    for stem, tokenizer in tokenizers.items():
        content, how = tokenizer_json(tokenizer)
        write_bytes(folder / f"{stem}.json", content)
        loading[stem] = how
        names.append(f"{stem}.json")
    described = {
        "format": FORMAT,
        "version": VERSION,
        "task": task,
        "architecture": config.architecture,
        "model": config.to_dict(),
        "tokenizers": loading,
        "extra": extra or {},
    }
    write_json(folder / CONFIG, described)
    write_json(folder / TRAINING, training)
    write_bytes(folder / CARD, card_text(folder.name, described, training).encode())
    write_checksums(folder, names)


def describe_model(folder: Path) -> Description:
    """Read and check ``config.json`` alone.

    Raises:
        CheckpointError: no model folder, or one of another form.
    """
    if not (folder / CONFIG).is_file():
        pickled = next((p.name for p in sorted(folder.glob("*")) if p.suffix in _PICKLES), None)
        raise CheckpointError(
            f"{folder} is no model folder.",
            expected=f"{CONFIG}, {WEIGHTS}, tokenizer.json",
            received=f"{pickled}, a pickle, which can run code when read" if pickled else "",
            next_step="convert it to safetensors where you trust it" if pickled else "datalect models list",
        )
    values = read_json(folder / CONFIG)
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise CheckpointError(
            f"{folder.name}/{CONFIG} is not of this program's form.",
            expected=f'"format": "{FORMAT}"',
            next_step="a Hugging Face folder is opened by prefixing its path with hf:",
        )
    if values.get("version") != VERSION:
        raise CheckpointError(
            f"{folder.name} was written by another version.",
            expected=f"version {VERSION}",
            received=str(values.get("version"))[:20],
            next_step="install the version of this program that wrote it",
        )
    tokenizers, extra, task = values.get("tokenizers"), values.get("extra", {}), values.get("task")
    if not (isinstance(tokenizers, dict) and isinstance(extra, dict) and isinstance(task, str)):
        raise CheckpointError(f"{folder.name}/{CONFIG} lacks task, tokenizers or extra.")
    try:
        config = config_of(values.get("architecture", ""), values.get("model", {}))
    except UsageError as error:
        raise CheckpointError(
            f"{folder.name}/{CONFIG}: {error.what}", expected=error.expected, received=error.received
        ) from error
    return Description(task=task, config=config, tokenizers=tokenizers, extra=extra)


def load_saved(folder: Path, *, verify: bool = True) -> SavedModel:
    """Load a model folder with suspicion: checksums, configuration, shapes and finiteness are checked first.

    Args:
        folder: the model folder.
        verify: compare checksums; a large model on a trusted disk may skip it.

    Raises:
        CheckpointError: anything about the folder is wrong.
    """
    described = describe_model(folder)
    if verify:
        verify_checksums(folder)
    loaded = {stem: load_tokenizer(folder, stem, how) for stem, how in described.tokenizers.items()}
    module = _load_module(folder, described.config)
    return SavedModel(folder=folder, description=described, module=module, tokenizers=loaded)


def _load_module(folder: Path, config: ModelConfig) -> nn.Module:
    import torch

    try:
        with torch.device("meta"):
            module = build(config)
    except UsageError as error:
        raise CheckpointError(f"{folder.name}/{CONFIG}: {error.what}", expected=error.expected) from error
    path = folder / WEIGHTS
    found = {name: shape for name, (_, shape) in tensor_shapes(path).items()}
    wanted = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    if found != wanted:
        name = next(iter(sorted(wanted.items() ^ found.items())))[0]
        raise CheckpointError(
            f"{folder.name}: the weights do not fit the configuration at {name[:80]}.",
            expected=str(wanted.get(name, "no such tensor")),
            received=str(found.get(name, "no such tensor")),
            next_step="use another checkpoint, or train the model again",
        )
    tensors = {name: t.float() if t.is_floating_point() else t for name, t in read_tensors(path).items()}
    module.load_state_dict(tensors, assign=True)
    return _restore_buffers(module, config).eval()


def _restore_buffers(module: nn.Module, config: ModelConfig) -> nn.Module:
    """Replace what was built on the meta device and is not saved, such as tables of rotary frequencies."""
    left = [name for name, tensor in (*module.named_parameters(), *module.named_buffers()) if tensor.is_meta]
    if left:
        fresh = dict(build(config).named_buffers())
        for name in left:
            owner, _, leaf = name.rpartition(".")
            setattr(module.get_submodule(owner), leaf, fresh[name])
    return module


def is_model_folder(folder: Path) -> bool:
    """Whether a folder looks like one of ours, without reading the weights."""
    try:
        return describe_model(folder).config.architecture in ARCHITECTURES
    except CheckpointError:
        return False
