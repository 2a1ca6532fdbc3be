"""A language model of ours as an ONNX graph, compared with the original before it is handed out."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from datalect.errors import LimitError, MissingExtraError, ModelError, UsageError
from datalect.lm.causal import CausalModel
from datalect.lm.checkpoint import SavedModel
from datalect.lm.files import write_bytes, write_json
from datalect.lm.tokenizers import tokenizer_json

_TOLERANCE = 1e-4  # nats; float32 graphs differ by the order of sums
_TRACED = 8


class _Logits(nn.Module):
    """Token ids ``(B, T)`` to logits ``(B, T, V)``, without a state."""

    def __init__(self, model: CausalModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor) -> Tensor:
        hidden, _ = self.model(ids)
        return self.model.logits(hidden)


def export_onnx(saved: SavedModel, path: Path, *, int8: bool = False) -> dict[str, Any]:
    """Write a graph ``ids (batch, tokens) int64 -> logits (batch, tokens, vocabulary)``, and the tokenizer.

    Batch and tokens are free, tokens up to the context. The tokenizer goes to a file beside it.

    Args:
        saved: any left-to-right language model.
        path: the file.
        int8: quantise the weights of matrix products to 8 bits (onnxruntime's dynamic quantisation).

    Returns:
        ``difference``: the greatest one between logits of the graph and of the model, on random tokens;
        ``agreement``: the share of positions whose most probable token is the same; ``bytes``: of the file.

    Raises:
        UsageError: no left-to-right language model.
        ModelError: the graph gives other logits than the model (float32 only).
        MissingExtraError: onnx, onnxscript or onnxruntime is missing.
        LimitError: the file cannot be written.
    """
    _require()
    if not isinstance(saved.module, CausalModel):
        raise UsageError(
            f"{saved.folder.name} cannot be exported as ONNX.",
            expected="a language model",
            received=saved.description.task,
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="datalect-onnx-") as scratch:
        building = Path(scratch) / "model.onnx"
        _trace(saved.module, building)
        difference, agreement = compare(saved.module, building)
        if difference > _TOLERANCE:
            raise ModelError(
                "The exported graph does not compute what the model computes.",
                expected=f"logits within {_TOLERANCE:g}",
                received=f"{difference:.3g}",
                next_step="export to Hugging Face or GGUF instead",
            )
        if int8:
            building = _quantised(building)
            difference, agreement = compare(saved.module, building)
        try:
            content = building.read_bytes()
        except OSError as error:
            raise LimitError("The graph was not written.", limit="disk", received=str(error)[:200]) from error
        write_bytes(path, content)
    content_of, how = tokenizer_json(saved.tokenizer)
    write_bytes(path.with_suffix(".tokenizer.json"), content_of)
    about = {"tokenizer": how, "end_id": saved.tokenizer.end_id, "context": saved.module.context}
    figures = {"difference": difference, "agreement": agreement}
    write_json(path.with_suffix(".json"), about | {"int8": int8} | figures)
    return {**figures, "bytes": len(content)}


def _require() -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("onnx", "Exporting as ONNX") from error


def _trace(module: CausalModel, path: Path) -> None:
    """Write the graph; weights are inside the file."""
    length = min(_TRACED, module.context or _TRACED)
    ids = torch.arange(2 * length).reshape(2, length) % module.config.vocab_size
    most = module.context
    # A graph traced for two tokens and more also does for one: causal masks of one token let it see itself.
    tokens = torch.export.Dim("tokens", min=2, max=most) if most else torch.export.Dim("tokens", min=2)
    recurrent = module.carries_state
    with _quiet(), torch.no_grad():
        # Recurrent kernels have no torch.export form of free length; the older exporter knows them.
        how: dict[str, Any] = (
            {"dynamo": False, "dynamic_axes": {"ids": {0: "batch", 1: "tokens"}}}
            if recurrent
            else {
                "dynamo": True,
                "dynamic_shapes": {"ids": {0: torch.export.Dim("batch", min=1), 1: tokens}},
                "external_data": False,
                "verbose": False,
            }
        )
        torch.onnx.export(
            _Logits(module).eval(), (ids,), str(path), input_names=["ids"], output_names=["logits"], **how
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter talks to the terminal and warns of its own past."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def _quantised(path: Path) -> Path:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    target = path.with_name("model.int8.onnx")
    with _quiet():
        quantize_dynamic(str(path), str(target), weight_type=QuantType.QInt8, per_channel=True)
    return target


def compare(module: CausalModel, path: Path) -> tuple[float, float]:
    """A graph against the model on random tokens of several lengths.

    Returns:
        The greatest difference of logits, and the share of positions with the same most probable token.
    """
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    drawn, worst, same, count = np.random.default_rng(0), 0.0, 0, 0
    most = module.context or 32
    for batch, length in ((1, 1), (3, min(7, most)), (2, min(32, most))):
        ids = drawn.integers(0, module.config.vocab_size, (batch, length))
        (found,) = session.run(None, {"ids": ids})
        with torch.no_grad():
            hidden, _ = module(torch.from_numpy(ids))
            wanted = module.logits(hidden).numpy()
        worst = max(worst, float(np.abs(found - wanted).max()))
        same += int((found.argmax(-1) == wanted.argmax(-1)).sum())
        count += ids.size
    return worst, same / count
