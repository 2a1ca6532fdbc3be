"""Characters and bytes as tokens."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Self

from datalect.errors import UsageError
from datalect.lm.config import TokenizerConfig
from datalect.lm.tokenizers.spelling import DIGITS, check_ids, join, spell, utf8


class CharTokenizer:
    """One token per character of the training text; others are spelt out in hexadecimal digits."""

    kind = "char"
    lossless = True

    def __init__(self, alphabet: str) -> None:
        self.alphabet = alphabet
        self._ids = {character: number for number, character in enumerate(alphabet)}
        if len(self._ids) != len(alphabet):
            raise ValueError("the alphabet repeats a character")

    @classmethod
    def train(cls, config: TokenizerConfig, texts: Iterable[str]) -> Self:
        """All characters seen at least ``min_count`` times, in the order of their code points."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text)
        utf8("".join(counts))
        alphabet = "".join(sorted(c for c, n in counts.items() if n >= config.min_count))
        if not alphabet:
            raise UsageError("There is no text to take characters from.", expected="at least one character")
        return cls(alphabet)

    @property
    def vocab_size(self) -> int:
        """Alphabet, sixteen digits and the end."""
        return len(self.alphabet) + DIGITS + 1

    @property
    def end_id(self) -> int:
        """The last id."""
        return self.vocab_size - 1

    def encode(self, text: str) -> list[int]:
        """One id per known character, two per UTF-8 byte of others."""
        try:
            return [self._ids[c] for c in text]
        except KeyError:
            known, first = self._ids, len(self.alphabet)
            return [i for c in text for i in ((known[c],) if c in known else spell(c, first))]

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids."""
        check_ids(ids, self.vocab_size)
        return join(ids, self.alphabet, len(self.alphabet))

    def content(self) -> bytes:
        """The file's content."""
        return json.dumps({"alphabet": self.alphabet}, ensure_ascii=False).encode()

    def how(self) -> dict[str, Any]:
        """Nothing more is needed to load it."""
        return {}

    @classmethod
    def from_content(cls, content: bytes, how: dict[str, Any]) -> Self:
        """Read back what ``content`` gave."""
        alphabet = json.loads(content)["alphabet"]
        if not isinstance(alphabet, str) or not alphabet:
            raise ValueError("the alphabet is no text")
        return cls(alphabet)


class ByteTokenizer:
    """One token per UTF-8 byte: nothing to learn, any language, but long sequences."""

    kind = "byte"
    lossless = True
    vocab_size = 257
    end_id = 256

    @classmethod
    def train(cls, config: TokenizerConfig, texts: Iterable[str]) -> Self:
        """There is nothing to learn."""
        return cls()

    def encode(self, text: str) -> list[int]:
        """UTF-8 of the text."""
        return list(utf8(text))

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids; broken sequences become U+FFFD."""
        check_ids(ids, self.vocab_size)
        return bytes(i for i in ids if i < 256).decode(errors="replace")

    def content(self) -> bytes:
        """The file's content."""
        return b'{"bytes": 256}'

    def how(self) -> dict[str, Any]:
        """Nothing more is needed to load it."""
        return {}

    @classmethod
    def from_content(cls, content: bytes, how: dict[str, Any]) -> Self:
        """Read back what ``content`` gave."""
        return cls()
