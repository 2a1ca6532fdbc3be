"""Training and validation parts without leakage."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from datalect.errors import UsageError
from datalect.training.text import Corpus

Documents = Callable[[], Iterator[str]]
_FEW = 20


def is_valid(text: str, share: float, seed: int) -> bool:
    """Whether a document belongs to the validation part.

    Decided by a digest of its words alone: copies, however spaced or capitalised, land on one side, in any
    order of files and without remembering any of them.
    """
    words = " ".join(text.casefold().split()).encode(errors="surrogatepass")
    drawn = hashlib.blake2b(words, digest_size=8, key=seed.to_bytes(8, "little")).digest()
    return int.from_bytes(drawn, "little") < share * 2**64


def split_corpus(corpus: Corpus, *, how: str, share: float, seed: int) -> tuple[Documents, Documents, str]:
    """Training and validation documents, and how they were parted.

    Args:
        corpus: all documents.
        how: ``tail`` keeps the last part of the text for validation, ``document`` whole documents by digest,
            ``auto`` the former for few documents and the latter for many.
        share: of the text kept for validation.
        seed: decides which documents.

    Raises:
        UsageError: a part would be empty.
    """
    if how == "auto":
        count = sum(1 for _, _ in zip(range(_FEW), corpus.documents(), strict=False))
        how = "document" if count == _FEW else "tail"
    if how == "document":
        parts = tuple(
            lambda side=side: (t for t in corpus.documents() if is_valid(t, share, seed) == side)
            for side in (False, True)
        )
        if not any(True for _ in parts[1]()):
            raise UsageError(
                "No document fell into the validation part.",
                expected="more documents, or a larger --set data.valid",
                next_step="name a file with --valid FILE, or --set data.split=tail",
            )
        return parts[0], parts[1], "by document, copies on one side"
    total = sum(len(text) for text in corpus.documents())
    cut = int(total * (1 - share))
    if not 0 < cut < total:
        raise UsageError(
            "There is too little text to keep a part for validation.", received=f"{total} characters"
        )
    return (lambda: _slice(corpus, 0, cut)), (lambda: _slice(corpus, cut, total)), "the last part of the text"


def _slice(corpus: Corpus, low: int, high: int) -> Iterator[str]:
    """The characters from ``low`` to ``high`` of all documents one after the other, still in documents."""
    seen = 0
    for text in corpus.documents():
        piece = text[max(0, low - seen) : max(0, high - seen)]
        seen += len(text)
        if piece:
            yield piece
        if seen >= high:
            return
