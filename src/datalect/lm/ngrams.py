"""Texts as bags of hashed n-grams: words, letters inside words, Chinese characters."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from datalect.lm.classifier_config import BagConfig

_HAN = "㐀-䶿一-鿿豈-﫿"
_PIECES = re.compile(rf"[{_HAN}]|[^\W{_HAN}]+|[^\w\s]")
_SHORTEST = 3


def grams(text: str, config: BagConfig) -> Iterator[str]:
    """All n-grams of a text, repeated as often as they occur.

    Words and signs form sequences of up to ``words``; Chinese characters form sequences of up to ``han``;
    letters form sequences of 3 to ``characters`` inside a word whose ends are marked.
    """
    pieces = _PIECES.findall(unicodedata.normalize("NFKC", text).casefold())
    han = ["㐀" <= piece[0] <= "鿿" or "豈" <= piece[0] <= "﫿" for piece in pieces]
    for start, piece in enumerate(pieces):
        longest = config.han if han[start] else config.words
        joined = piece
        yield joined
        for end in range(start + 1, min(start + longest, len(pieces))):
            if han[end] != han[start]:
                break
            joined += ("" if han[start] else " ") + pieces[end]
            yield joined
        if not han[start] and len(piece) > 1:
            marked = f"<{piece}>"
            for size in range(_SHORTEST, min(config.characters, len(marked) - 1) + 1):
                for at in range(len(marked) - size + 1):
                    yield f"#{marked[at : at + size]}"


def features(text: str, config: BagConfig) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Buckets of a text's n-grams and 1 + log of how often each occurs; an empty text has none."""
    counts = Counter(crc32(gram.encode(errors="surrogatepass")) for gram in grams(text, config))
    merged: Counter[int] = Counter()
    for value, number in counts.items():
        merged[value % config.vocab_size] += number
    ids = np.fromiter(merged, np.int64, len(merged))
    weights = np.fromiter((1 + math.log(n) for n in merged.values()), np.float32, len(merged))
    return ids, weights
