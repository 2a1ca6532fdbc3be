"""A closed vocabulary of words split at white space, as PTB and WikiText are scored."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Self

from datalect.errors import UsageError
from datalect.lm.config import TokenizerConfig
from datalect.lm.tokenizers.spelling import check_ids, utf8

_UNKNOWN, _LINE, _END = "<unk>", "\n", ""


class ClosedWordTokenizer:
    """Words between white space, a token for each line end, ``<unk>`` for the rest.

    Perplexities compare with published ones: the line end counts as a token, as it does there.
    """

    kind = "closed"
    lossless = False

    def __init__(self, words: Sequence[str]) -> None:
        self.words = list(words)
        self._ids = {word: number for number, word in enumerate(self.words)}
        if len(self._ids) != len(self.words) or not {_UNKNOWN, _LINE, _END} <= self._ids.keys():
            raise ValueError("the words repeat, or <unk>, the line end or the end is missing")
        self.unknown_id, self.end_id = self._ids[_UNKNOWN], self._ids[_END]

    @classmethod
    def train(cls, config: TokenizerConfig, texts: Iterable[str]) -> Self:
        """The most frequent words, most frequent first, which adaptive softmax relies on."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text.split())
            counts[_LINE] += text.count("\n")
        if sum(counts.values()) == counts[_LINE]:
            raise UsageError("There is no text to take words from.", expected="at least one word")
        utf8("".join(counts))
        special = {_UNKNOWN, _LINE, _END}
        for word in special:
            counts[word] = max(counts[word], config.min_count)
        words = sorted((w for w, n in counts.items() if n >= config.min_count), key=lambda w: (-counts[w], w))
        if config.vocab_size and len(words) > config.vocab_size:
            plain = [w for w in words if w not in special][: max(1, config.vocab_size - len(special))]
            kept = special.union(plain)
            words = [w for w in words if w in kept]
        return cls(words)

    @property
    def vocab_size(self) -> int:
        """Number of words, ``<unk>``, line end and end included."""
        return len(self.words)

    def encode(self, text: str) -> list[int]:
        """Ids of the words, a line end between lines."""
        utf8(text)
        line_id, known, unknown = self._ids[_LINE], self._ids, self.unknown_id
        ids: list[int] = []
        for number, line in enumerate(text.split("\n")):
            if number:
                ids.append(line_id)
            ids.extend(known.get(word, unknown) for word in line.split())
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Words joined by single spaces; white space of the original is not kept."""
        check_ids(ids, self.vocab_size)
        out: list[str] = []
        for number in ids:
            word = self.words[number]
            if word and out and out[-1] != _LINE and word != _LINE:
                out.append(" ")
            out.append(word)
        return "".join(out)

    def content(self) -> bytes:
        """The file's content."""
        return json.dumps({"words": self.words}, ensure_ascii=False).encode()

    def how(self) -> dict[str, Any]:
        """Nothing more is needed to load it."""
        return {}

    @classmethod
    def from_content(cls, content: bytes, how: dict[str, Any]) -> Self:
        """Read back what ``content`` gave."""
        words = json.loads(content)["words"]
        if not isinstance(words, list) or not all(isinstance(w, str) for w in words):
            raise ValueError("the words are no texts")
        return cls(words)
