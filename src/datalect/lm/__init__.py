"""Language models of our own: tokenizers, architectures, checkpoints, generation.

Nothing here is imported by the core; torch comes with the extra ``[lm]``. `datalect.lm.base`,
`datalect.lm.config` and `datalect.lm.store` import no torch, so that command-line help stays fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datalect.lm.base import Generation, GenerationOptions, LanguageModel, ScoringModel, Tokenizer
    from datalect.lm.load import load_model

__all__ = ["Generation", "GenerationOptions", "LanguageModel", "ScoringModel", "Tokenizer", "load_model"]


def __getattr__(name: str) -> Any:
    """Names of the public surface, imported when first asked for."""
    if name == "load_model":
        from datalect.lm.load import load_model

        return load_model
    if name in __all__:
        from datalect.lm import base

        return getattr(base, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names."""
    return sorted({*globals(), *__all__})
