"""``datalect export``: hand a trained model to other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from datalect.cli.show import out, out_json


def export(
    model: str,
    *,
    to: Literal["hf", "onnx", "gguf"],
    out_: Annotated[Path, Parameter(name="--out")],
    precision: Literal["float32", "float16", "int8"] = "float32",
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Write a trained language model in a form that other programs read.

    hf is a folder for transformers, onnx a graph for onnxruntime (compared with the model before it is handed
    out), gguf a file for llama.cpp. hf and gguf take Transformers of the GPT-2 and Llama layouts.

    For example:

      datalect export book --to hf --out book-hf
      datalect export book --to onnx --out book.onnx --precision int8
      datalect export book --to gguf --out book.gguf --precision float16

    Parameters
    ----------
    model
        Name or folder of a model.
    to
        The form.
    out_
        The folder (hf) or file (onnx, gguf).
    precision
        Of the weights.
    json
        Print one JSON object.
    """
    from datalect.lm.load import require_torch

    require_torch("Exporting a model")
    from datalect.lm.export import export_model

    made = export_model(model, to, out_, precision=precision)
    if json:
        out_json(made)
        return 0
    out(f"{made['path']}: {made['bytes'] / 1e6:,.1f} MB")
    if "difference" in made:
        out(
            f"Logits differ by at most {made['difference']:.2g}; "
            f"{made['agreement']:.1%} of the most probable tokens agree."
        )
    return 0
