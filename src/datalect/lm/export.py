"""Handing a trained model to other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from datalect.errors import UsageError
from datalect.lm.checkpoint import load_saved
from datalect.lm.store import find_model

Form = Literal["hf", "onnx", "gguf"]
Precision = Literal["float32", "float16", "int8"]


def export_model(model: str, form: Form, target: Path, *, precision: Precision = "float32") -> dict[str, Any]:
    """Export a model.

    Args:
        model: name or folder.
        form: ``hf`` for a Hugging Face folder, ``onnx`` or ``gguf`` for a file.
        target: the folder or file.
        precision: of the weights: onnx knows float32 and int8, gguf all three, hf float32.

    Returns:
        ``model``, ``form``, ``path``, ``precision``, ``bytes``; for onnx ``difference``, ``agreement``.

    Raises:
        CheckpointError: no such model, or a damaged one.
        UsageError: the model has no such form.
        MissingExtraError: a package is missing.
        LimitError: the disk is full.
    """
    allowed = {"hf": ("float32",), "onnx": ("float32", "int8"), "gguf": ("float32", "float16", "int8")}
    if precision not in allowed[form]:
        raise UsageError(
            f"{form} is not written with {precision}.", expected=", ".join(allowed[form]), received=precision
        )
    saved = load_saved(find_model(model))
    about: dict[str, Any] = {"model": saved.folder.name, "form": form, "path": str(target)}
    about["precision"] = precision
    if form == "hf":
        from datalect.lm.export_hf import export_hf

        if target.exists() and not target.is_dir():
            raise UsageError(f"{target} is a file.", expected="a folder for the form hf")
        names = export_hf(saved, target)
        return about | {"bytes": sum((target / name).stat().st_size for name in names), "files": names}
    if target.is_dir():
        raise UsageError(f"{target} is a folder.", expected=f"a file such as model.{form}")
    if form == "onnx":
        from datalect.lm.export_onnx import export_onnx

        return about | export_onnx(saved, target, int8=precision == "int8")
    from datalect.lm.export_gguf import export_gguf

    export_gguf(saved, target, precision)
    return about | {"bytes": target.stat().st_size}
