"""Small language models for tests: random weights, real tokenizers."""

from __future__ import annotations

from dataclasses import replace

import torch

from datalect.lm.architectures import build
from datalect.lm.config import TokenizerConfig, TransformerConfig
from datalect.lm.local import LocalModel
from datalect.lm.tokenizers import train_tokenizer

TEXT = (
    "Once upon a time there was a small model that read every word it was given.\n"
    "It said: 从前有一个小模型，它读了很多书。 Then it wrote 3 lines of its own, and 12 more.\n"
) * 20

TINY = TransformerConfig(context=24, layers=2, heads=4, width=32, vocab_size=40)


def make_transformer(seed: int = 0, **changes):
    """A Transformer whose weights are large enough that tokens matter."""
    torch.manual_seed(seed)
    module = build(replace(TINY, **changes)).eval()
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if parameter.dim() > 1:
                parameter.mul_(3.0 if "embedding" not in name else 20.0)
    return module


def make_model(kind: str = "char", seed: int = 0, **changes) -> LocalModel:
    """A model over a tokenizer trained on ``TEXT``."""
    tokenizer = train_tokenizer(TokenizerConfig(kind=kind, vocab_size=300), [TEXT])
    return LocalModel(make_transformer(seed, vocab_size=tokenizer.vocab_size, **changes), tokenizer, "random")
