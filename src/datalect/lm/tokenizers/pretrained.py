"""The tokenizer of a pre-trained encoder: a Hugging Face tokenizer.json, or BERT's vocab.txt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from datalect.errors import CheckpointError, MissingExtraError
from datalect.lm.tokenizers.spelling import check_ids, utf8

_LARGEST = 64 << 20


class PretrainedTokenizer:
    """Pieces as the encoder was trained with; whoever batches puts the special tokens around a text."""

    kind = "pretrained"
    lossless = False

    def __init__(self, inner: Any, start: str = "[CLS]", end: str = "[SEP]") -> None:
        self.inner, self._start, self._end = inner, start, end
        ids = [inner.token_to_id(start), inner.token_to_id(end)]
        if None in ids:
            raise ValueError(f"there is no {start} or {end}")
        self.start_id, self.end_id = int(ids[0]), int(ids[1])
        inner.no_truncation()
        inner.no_padding()
        added = inner.get_added_tokens_decoder().values()
        self._special = {str(token.content) for token in added if len(token.content) > 1} | {start, end}

    @property
    def vocab_size(self) -> int:
        """Number of ids."""
        return int(self.inner.get_vocab_size(with_added_tokens=True))

    def encode(self, text: str) -> list[int]:
        """Ids of the pieces, never one of the special tokens, whatever the text spells."""
        utf8(text)
        # A space inside keeps a "[SEP]" that a text spells from being read as the token.
        for special in self._special:
            text = text.replace(special, f"{special[0]} {special[1:]}")
        ids: list[int] = self.inner.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids, as far as the pieces tell it."""
        check_ids(ids, self.vocab_size)
        text: str = self.inner.decode([int(i) for i in ids], skip_special_tokens=True)
        return text

    def content(self) -> bytes:
        """A Hugging Face tokenizer.json."""
        text: str = self.inner.to_str()
        return text.encode()

    def how(self) -> dict[str, Any]:
        """Which tokens surround a text."""
        return {"start": self._start, "end": self._end}

    @classmethod
    def from_content(cls, content: bytes, how: dict[str, Any]) -> Self:
        """Read back what ``content`` gave."""
        library = _library()
        try:
            inner = library.Tokenizer.from_str(content.decode())
        except Exception as error:  # the library raises plain Exception
            raise ValueError(f"no tokenizer.json: {error}") from error
        return cls(inner, str(how["start"]), str(how["end"]))

    @classmethod
    def from_folder(cls, folder: Path) -> Self:
        """The tokenizer of a Hugging Face folder of the BERT form.

        Raises:
            CheckpointError: there is none, or it cannot be read.
        """
        whole, words = folder / "tokenizer.json", folder / "vocab.txt"
        path = whole if whole.is_file() else words
        try:
            if path.stat().st_size > _LARGEST:
                raise ValueError(f"larger than {_LARGEST >> 20} MiB")
            if path is whole:
                return cls.from_content(path.read_bytes(), {"start": "[CLS]", "end": "[SEP]"})
            return cls(_word_pieces(folder, path))
        except (OSError, ValueError) as error:
            raise CheckpointError(
                f"{folder.name} has no tokenizer that can be read.",
                expected="tokenizer.json or vocab.txt",
                received=str(error)[:200],
            ) from error


def _word_pieces(folder: Path, path: Path) -> Any:
    """BERT's own tokenizer from its word list (Devlin et al. 2019)."""
    library = _library()
    from tokenizers import models, normalizers, pre_tokenizers

    words = path.read_text(encoding="utf-8").split("\n")
    vocabulary = {word.rstrip("\r"): number for number, word in enumerate(words) if word.rstrip("\r")}
    if "[UNK]" not in vocabulary:
        raise ValueError("vocab.txt has no [UNK]")
    lower = True
    told = folder / "tokenizer_config.json"
    if told.is_file():
        values = json.loads(told.read_bytes())
        lower = bool(values.get("do_lower_case", True)) if isinstance(values, dict) else True
    inner = library.Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))  # noqa: S106 - no password
    inner.normalizer = normalizers.BertNormalizer(lowercase=lower)
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return inner


def _library() -> Any:
    try:
        import tokenizers
    except ImportError as error:
        raise MissingExtraError("lm", "The tokenizer of a pre-trained encoder") from error
    return tokenizers
