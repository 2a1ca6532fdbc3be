"""Opening a model, whatever form it has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from datalect.errors import CheckpointError, MissingExtraError

if TYPE_CHECKING:
    from datalect.lm.base import LanguageModel


def load_model(model: str, *, device: str = "cpu") -> LanguageModel:
    """Open a language model.

    Args:
        model: name or folder of a model trained here; ``hf:`` and a Hugging Face folder or hub name; a file
            ending in ``.gguf``; or an endpoint as ``http://host/v1#model``.
        device: ``cpu`` or ``cuda``.

    Raises:
        CheckpointError: there is none, it is damaged, or it is no language model.
        MissingExtraError: torch is not installed.
    """
    if model.startswith(("http://", "https://")):
        from datalect.lm.endpoint import EndpointModel, parse_endpoint

        return EndpointModel(parse_endpoint(model))
    require_torch("Running a language model")
    from datalect.lm.causal import CausalModel
    from datalect.lm.checkpoint import load_saved
    from datalect.lm.local import LocalModel
    from datalect.lm.seq2seq import Seq2SeqModel
    from datalect.lm.store import find_model
    from datalect.lm.transduce import make_transducer

    if model.startswith("hf:"):
        from datalect.lm.pretrained import open_hf

        return open_hf(model.removeprefix("hf:"), device=device)
    if model.lower().endswith(".gguf"):
        from datalect.lm.pretrained import open_gguf

        return open_gguf(Path(model).expanduser(), device=device)
    saved = load_saved(find_model(model))
    if isinstance(saved.module, Seq2SeqModel):
        return make_transducer(saved.module.to(device), saved.tokenizers, saved.folder.name)
    if not isinstance(saved.module, CausalModel):
        raise CheckpointError(
            f"{saved.folder.name} is no language model.",
            expected="a model of the task lm or seq2seq",
            received=saved.description.task,
        )
    return LocalModel(saved.module.to(device), saved.tokenizer, saved.folder.name)


def require_torch(feature: str) -> None:
    """Check that the extra is there.

    Raises:
        MissingExtraError: it is not.
    """
    try:
        import safetensors
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("lm", feature) from error
    del safetensors
