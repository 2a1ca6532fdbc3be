"""Byte-level BPE and unigram subwords through Hugging Face ``tokenizers``, in its own file format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, Self

from datalect.errors import MissingExtraError, UsageError
from datalect.lm.config import TokenizerConfig
from datalect.lm.tokenizers.spelling import check_ids, utf8

_CHUNK = 100_000


class SubwordTokenizer:
    """Subwords over bytes: any text survives the round trip.

    The end of a document is one id above the library's own vocabulary, so that no text can spell it.
    """

    lossless = True

    def __init__(self, inner: Any, kind: Literal["bpe", "unigram"]) -> None:
        self.inner = inner
        self.kind = kind
        self.end_id: int = inner.get_vocab_size(with_added_tokens=True)

    @classmethod
    def train(cls, config: TokenizerConfig, texts: Iterable[str]) -> Self:
        """Learn subwords; the vocabulary counts the end."""
        library = _library()
        from tokenizers import decoders, models, pre_tokenizers, trainers

        alphabet = pre_tokenizers.ByteLevel.alphabet()
        size = config.vocab_size - 1
        if config.kind == "bpe":
            inner = library.Tokenizer(models.BPE())
            trainer: Any = trainers.BpeTrainer(
                vocab_size=max(size, 256), initial_alphabet=alphabet, min_frequency=2, show_progress=False
            )
        else:
            inner = library.Tokenizer(models.Unigram())
            trainer = trainers.UnigramTrainer(
                vocab_size=max(size, 257), initial_alphabet=alphabet, show_progress=False, unk_token=None
            )
        inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        inner.decoder = decoders.ByteLevel()
        seen = 0

        def counted() -> Iterator[str]:
            nonlocal seen
            for text in texts:
                seen += len(text)
                yield from (part for part in _parts(text))

        inner.train_from_iterator(counted(), trainer)
        if not seen:
            raise UsageError("There is no text to take subwords from.", expected="at least one character")
        return cls(inner, "bpe" if config.kind == "bpe" else "unigram")

    @property
    def vocab_size(self) -> int:
        """Subwords and the end."""
        return self.end_id + 1

    def encode(self, text: str) -> list[int]:
        """Ids of the subwords."""
        utf8(text)
        ids: list[int] = self.inner.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids."""
        check_ids(ids, self.vocab_size)
        end = self.end_id
        text: str = self.inner.decode([int(i) for i in ids if i != end], skip_special_tokens=False)
        return text

    def content(self) -> bytes:
        """A Hugging Face tokenizer.json."""
        text: str = self.inner.to_str()
        return text.encode()

    def how(self) -> dict[str, Any]:
        """The end's id, so that a changed file is noticed."""
        return {"end_id": self.end_id}

    @classmethod
    def from_content(cls, content: bytes, how: dict[str, Any]) -> Self:
        """Read back what ``content`` gave."""
        library = _library()
        try:
            inner = library.Tokenizer.from_str(content.decode())
        except Exception as error:  # the library raises plain Exception
            raise ValueError(f"no tokenizer.json: {error}") from error
        inner.no_truncation()
        inner.no_padding()
        made = cls(inner, "bpe" if how["kind"] == "bpe" else "unigram")
        if made.end_id != how.get("end_id"):
            raise ValueError(f"{made.end_id} subwords, not {how.get('end_id')}")
        return made


def _parts(text: str) -> Iterator[str]:
    """A long text in parts that end at line ends where possible, which keeps the trainer's memory small."""
    start = 0
    while start < len(text):
        end = text.rfind("\n", start, start + _CHUNK) + 1 or start + _CHUNK
        yield text[start:end]
        start = end


def _library() -> Any:
    try:
        import tokenizers
    except ImportError as error:
        raise MissingExtraError("lm", "Subword tokenizers") from error
    return tokenizers
