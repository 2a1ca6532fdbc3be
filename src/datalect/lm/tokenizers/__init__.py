"""Tokenizers: characters, bytes, words, BPE and unigram; trained, saved and loaded here.

To add one: a class with the members of `datalect.lm.base.Tokenizer`, ``content``, ``how`` and
``from_content``, and a line in ``_KINDS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from datalect.errors import CheckpointError, UsageError
from datalect.lm.base import Tokenizer
from datalect.lm.config import TokenizerConfig

__all__ = ["load_tokenizer", "tokenizer_json", "train_tokenizer"]

_KINDS = {
    "char": "symbols:CharTokenizer",
    "byte": "symbols:ByteTokenizer",
    "word": "words:WordTokenizer",
    "closed": "closed:ClosedWordTokenizer",
    "bpe": "subword:SubwordTokenizer",
    "unigram": "subword:SubwordTokenizer",
    "pretrained": "pretrained:PretrainedTokenizer",
}
_LARGEST = 256 << 20


class _Stored(Protocol):
    """What a tokenizer class offers beyond the seam, to be stored."""

    train: Callable[[TokenizerConfig, Iterable[str]], Tokenizer]
    from_content: Callable[[bytes, dict[str, Any]], Tokenizer]


def _class(kind: str) -> _Stored:
    module, _, name = _KINDS[kind].partition(":")
    found: _Stored = getattr(import_module(f"{__name__}.{module}"), name)
    return found


def train_tokenizer(config: TokenizerConfig, texts: Iterable[str]) -> Tokenizer:
    """Make a tokenizer from text.

    Args:
        config: which kind and size.
        texts: the training documents only, never the validation part.

    Raises:
        UsageError: the text is empty.
        MissingExtraError: a package is missing.
    """
    return _class("closed" if config.kind == "word" and config.closed else config.kind).train(config, texts)


def tokenizer_json(tokenizer: Any) -> tuple[bytes, dict[str, Any]]:
    """The content of a tokenizer's file, and how it is to be loaded (goes to ``config.json``)."""
    return tokenizer.content(), {"kind": tokenizer.kind, **tokenizer.how()}


def load_tokenizer(folder: Path, stem: str, how: Any) -> Tokenizer:
    """Load ``<stem>.json``.

    Raises:
        CheckpointError: missing, damaged or of an unknown kind.
    """
    kind = how.get("kind") if isinstance(how, dict) else None
    if not isinstance(kind, str) or kind not in _KINDS or Path(stem).name != stem:
        raise CheckpointError(
            f"The tokenizer {stem[:60]!r} is of an unknown kind.",
            expected=", ".join(_KINDS),
            received=str(kind)[:60],
        )
    path = folder / f"{stem}.json"
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"larger than {_LARGEST >> 20} MiB")
        return _class(kind).from_content(path.read_bytes(), how)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, UsageError) as error:
        raise CheckpointError(
            f"{folder.name}/{path.name} cannot be read.",
            received=str(error)[:200],
            next_step="use another checkpoint",
        ) from error
