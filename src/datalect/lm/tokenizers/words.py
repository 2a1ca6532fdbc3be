"""Words as tokens, with nothing lost: unknown words become characters, unknown characters bytes."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, Self

from datalect.errors import MissingExtraError, UsageError
from datalect.lm.config import TokenizerConfig
from datalect.lm.tokenizers.spelling import DIGITS, check_ids, join, spell, utf8

_HAN = "㐀-䶿一-鿿豈-﫿"
# A word takes the space before it along, as GPT-2 does: most words then cost one token.
_PIECES = re.compile(rf"[{_HAN}]+| ?[^\W\d_{_HAN}]+| ?\d+|\s|.", re.DOTALL)
_ALL_HAN = re.compile(rf"[{_HAN}]+")


class WordTokenizer:
    """Words, numbers, punctuation marks and Chinese characters or words."""

    kind = "word"
    lossless = True

    def __init__(self, pieces: Sequence[str], segment: Literal["chars", "jieba"] = "chars") -> None:
        self.pieces = list(pieces)
        self.segment = segment
        self._ids = {piece: number for number, piece in enumerate(self.pieces)}
        if len(self._ids) != len(self.pieces):
            raise ValueError("the vocabulary repeats a piece")
        self._jieba = _jieba() if segment == "jieba" else None

    @classmethod
    def train(cls, config: TokenizerConfig, texts: Iterable[str]) -> Self:
        """Every character seen at least ``min_count`` times, then the most frequent words, as room allows."""
        cutter = cls([], config.segment)
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(cutter.cut(text))
        if not counts:
            raise UsageError("There is no text to take words from.", expected="at least one word")
        characters: Counter[str] = Counter()
        for piece, number in counts.items():
            for character in piece:
                characters[character] += number
        kept = {c: n for c, n in characters.items() if n >= config.min_count}
        utf8("".join(kept))
        room = (config.vocab_size or 1 << 60) - DIGITS - 1
        # Characters first: without them each unknown word would take many digits.
        alphabet = sorted(kept, key=lambda c: (-kept[c], c))[: max(0, room // 2)]
        taken = set(alphabet)
        words = [w for w, n in counts.items() if n >= config.min_count and w not in taken and len(w) > 1]
        words.sort(key=lambda w: (-counts[w], w))
        return cls(alphabet + words[: max(0, room - len(alphabet))], config.segment)

    @property
    def vocab_size(self) -> int:
        """Pieces, sixteen digits and the end."""
        return len(self.pieces) + DIGITS + 1

    @property
    def end_id(self) -> int:
        """The last id."""
        return self.vocab_size - 1

    def cut(self, text: str) -> Iterator[str]:
        """Pieces whose concatenation is the text."""
        for match in _PIECES.finditer(text):
            piece = match.group()
            if len(piece) > 1 and _ALL_HAN.fullmatch(piece):
                yield from self._jieba.cut(piece) if self._jieba else piece
            else:
                yield piece

    def encode(self, text: str) -> list[int]:
        """Ids of the pieces; unknown ones are spelt out."""
        utf8(text)
        ids: list[int] = []
        known, first = self._ids, len(self.pieces)
        for piece in self.cut(text):
            number = known.get(piece)
            if number is not None:
                ids.append(number)
                continue
            for character in piece:
                number = known.get(character)
                ids.extend((number,) if number is not None else spell(character, first))
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids."""
        check_ids(ids, self.vocab_size)
        return join(ids, self.pieces, len(self.pieces))

    def content(self) -> bytes:
        """The file's content."""
        return json.dumps({"pieces": self.pieces}, ensure_ascii=False).encode()

    def how(self) -> dict[str, Any]:
        """How Chinese is cut."""
        return {"segment": self.segment}

    @classmethod
    def from_content(cls, content: bytes, how: dict[str, Any]) -> Self:
        """Read back what ``content`` gave."""
        pieces = json.loads(content)["pieces"]
        if not isinstance(pieces, list) or not all(isinstance(p, str) and p for p in pieces):
            raise ValueError("the pieces are no texts")
        segment = how.get("segment", "chars")
        if segment not in ("chars", "jieba"):
            raise ValueError(f"unknown segmentation {segment!r}")
        return cls(pieces, segment)


def _jieba() -> Any:
    try:
        import rjieba
    except ImportError as error:
        raise MissingExtraError("zh", "Cutting Chinese text into words") from error
    return rjieba
