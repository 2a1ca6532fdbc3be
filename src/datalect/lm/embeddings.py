"""Pre-trained word vectors: Word2Vec and GloVe text, Word2Vec binary, fastText text and binary files.

A file is read once, front to back, and only vectors of wanted words are kept: it need not fit into memory.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

import numpy as np
from numpy.typing import NDArray

from datalect.errors import SourceError

Form = Literal["text", "word2vec-binary", "fasttext-binary"]

_MOST_WIDTH = 16_384
_MOST_WORD_BYTES = 4096
_FASTTEXT_MAGIC, _FASTTEXT_VERSION = 793712314, 12
_PACKED: dict[bytes, Callable[..., IO[bytes]]] = {
    b"\x1f\x8b": cast(Callable[..., IO[bytes]], gzip.open),
    b"\xfd7zXZ\x00": cast(Callable[..., IO[bytes]], lzma.open),
    b"BZh": cast(Callable[..., IO[bytes]], bz2.open),
}
_NEXT = "fetch the file again; forms: word2vec and GloVe text, word2vec .bin, fastText .vec and .bin"


@dataclass(frozen=True, kw_only=True)
class Vectors:
    """Vectors of words."""

    words: dict[str, int]
    """Row of each word."""
    matrix: NDArray[np.float32]
    """Shape ``(len(words), width)``, finite."""
    total: int
    """Words in the file, those that were not wanted included."""

    @property
    def width(self) -> int:
        """Numbers in each vector."""
        return int(self.matrix.shape[1])


def read_vectors(path: Path, wanted: Iterable[str] | None = None, *, most: int | None = None) -> Vectors:
    """Read word vectors; the content decides which form it is, packed by gzip, xz, bzip2 or not at all.

    A word that comes twice keeps its first vector.

    Args:
        path: the file.
        wanted: words to keep; None for all. A fastText binary makes vectors of words it does not list from
            subwords, as fastText does.
        most: stop after so many words of the file; frequent words come first in all of these forms.

    Raises:
        SourceError: no such file or form, truncated, of uneven width, or with numbers that are not finite.
    """
    kept = None if wanted is None else set(wanted)
    try:
        with _opened(path) as stream:
            form = _form(stream, path)
            stream.seek(0)
            if form == "fasttext-binary":
                from datalect.lm.fasttext_binary import read_fasttext_binary

                return read_fasttext_binary(stream, path, kept, most)
            pairs = _word2vec_binary(stream, path) if form == "word2vec-binary" else _text(stream, path)
            return _gather(pairs, path, kept, most)
    except (EOFError, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise SourceError(f"{path.name} is damaged.", received=str(error)[:200], next_step=_NEXT) from error
    except OSError as error:
        raise SourceError(
            f"{path.name} cannot be read.", received=error.strerror or str(error)[:200], next_step=_NEXT
        ) from error


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as raw:
        head = raw.read(6)
    opener = next((opener for magic, opener in _PACKED.items() if head.startswith(magic)), None)
    return opener(path, "rb") if opener else path.open("rb")


def _form(stream: IO[bytes], path: Path) -> Form:
    head = stream.read(1 << 16)
    if len(head) >= 4 and struct.unpack("<i", head[:4])[0] == _FASTTEXT_MAGIC:
        return "fasttext-binary"
    first, newline, rest = head.partition(b"\n")
    header = _header(first)
    if header is None or not newline:
        return "text"
    # After the header, text has a line with as many numbers as it says; binary has a word and raw floats.
    line = rest.partition(b"\n")[0].split(b" ")
    numbers = [part for part in line if part.strip()]
    if len(numbers) > header[1] and all(_is_number(part) for part in numbers[-header[1] :]):
        return "text"
    return "word2vec-binary"


def _header(line: bytes) -> tuple[int, int] | None:
    """Words and width, when a line is the header of word2vec's forms."""
    parts = line.split()
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        return None
    return int(parts[0]), int(parts[1])


def _is_number(part: bytes) -> bool:
    try:
        float(part)
    except ValueError:
        return False
    return True


def _text(stream: IO[bytes], path: Path) -> Iterator[tuple[bytes, NDArray[np.float32]]]:
    """Words and vectors of lines; a word may hold spaces, so the numbers are counted from the right."""
    width: int | None = None
    for number, line in enumerate(stream, 1):
        if number == 1:
            header = _header(line)
            if header is not None:
                width = _sane_width(header[1], path)
                continue
        parts = line.rstrip().split(b" ")
        if len(parts) == 1 and not parts[0]:
            continue
        if width is None:
            width = _sane_width(len(parts) - 1, path)
        try:
            vector = np.array([float(part) for part in parts[-width:]], np.float32)
            if len(parts) <= width:
                raise ValueError(f"{len(parts) - 1} numbers")
        except ValueError as error:
            raise SourceError(
                f"{path.name}: line {number} is no word with its vector.",
                expected=f"a word and {width} numbers",
                received=line[:80].decode(errors="replace"),
                next_step=_NEXT,
            ) from error
        yield b" ".join(parts[:-width]), vector


def _word2vec_binary(stream: IO[bytes], path: Path) -> Iterator[tuple[bytes, NDArray[np.float32]]]:
    header = _header(stream.readline(100))
    if header is None:
        raise SourceError(
            f"{path.name} has no header.", expected="number of words and width", next_step=_NEXT
        )
    count, width = header[0], _sane_width(header[1], path)
    for number in range(count):
        word = _word(stream, path, number)
        raw = stream.read(4 * width)
        if len(raw) < 4 * width:
            raise SourceError(
                f"{path.name} is truncated.",
                expected=f"{count} words of {width} numbers",
                received=f"the end of the file in word {number + 1}",
                next_step=_NEXT,
            )
        # Some writers end each vector with a line end, some do not.
        yield word.lstrip(b"\n"), np.frombuffer(raw, "<f4")


def _word(stream: IO[bytes], path: Path, number: int) -> bytes:
    """Bytes up to the next space."""
    made = bytearray()
    while len(made) <= _MOST_WORD_BYTES:
        byte = stream.read(1)
        if byte == b" ":
            return bytes(made)
        if not byte:
            raise SourceError(
                f"{path.name} is truncated.",
                received=f"the end of the file in word {number + 1}",
                next_step=_NEXT,
            )
        made += byte
    raise SourceError(
        f"{path.name}: word {number + 1} does not end.",
        expected=f"at most {_MOST_WORD_BYTES} bytes and a space",
        next_step=_NEXT,
    )


def _sane_width(width: int, path: Path) -> int:
    if not 1 <= width <= _MOST_WIDTH:
        raise SourceError(
            f"{path.name} holds no word vectors.",
            expected=f"1 to {_MOST_WIDTH} numbers for each word",
            received=str(width)[:40],
            next_step=_NEXT,
        )
    return width


def _gather(
    pairs: Iterator[tuple[bytes, NDArray[np.float32]]], path: Path, kept: set[str] | None, most: int | None
) -> Vectors:
    words: dict[str, int] = {}
    rows: list[NDArray[np.float32]] = []
    total = 0
    for raw, vector in pairs:
        if most is not None and total >= most:
            break
        total += 1
        word = raw.decode(errors="replace")
        if word in words or (kept is not None and word not in kept):
            continue
        check_finite(vector, word, path)
        words[word] = len(rows)
        rows.append(vector)
    if not total:
        raise SourceError(f"{path.name} holds no word vectors.", received="no words", next_step=_NEXT)
    width = len(vector)
    matrix = np.stack(rows) if rows else np.empty((0, width), np.float32)
    return Vectors(words=words, matrix=matrix.astype(np.float32), total=total)


def check_finite(vector: NDArray[np.float32], word: str, path: Path) -> None:
    """Refuse NaN and infinity.

    Raises:
        SourceError: there is one.
    """
    if not np.isfinite(vector).all():
        raise SourceError(
            f"{path.name}: the vector of {word[:60]!r} holds NaN or infinity.",
            expected="finite numbers",
            next_step=_NEXT,
        )


def vectors_for_pieces(path: Path, pieces: list[str]) -> tuple[NDArray[np.float32], int]:
    """Vectors of a tokenizer's pieces.

    A piece is looked up as it is, without the space before it, and in lower case. Vectors of the others are
    drawn from a normal distribution of the same spread.

    Args:
        path: the vectors.
        pieces: the text of each id.

    Returns:
        The matrix ``(len(pieces), width)`` and how many pieces were found.

    Raises:
        SourceError: the file cannot be read, or none of the pieces is in it.
    """
    spellings = [tuple(dict.fromkeys((p, p.strip(), p.strip().lower()))) for p in pieces]
    found = read_vectors(path, {form for forms in spellings for form in forms if form})
    places = [next((found.words[f] for f in forms if f in found.words), None) for forms in spellings]
    hits = [(row, place) for row, place in enumerate(places) if place is not None]
    if not hits:
        raise SourceError(
            f"{path.name} holds none of the {len(pieces):,} words.",
            expected="vectors for the language of the data",
            received=f"{found.total:,} words",
        )
    held = found.matrix[[place for _, place in hits]]
    drawn = np.random.default_rng(0).normal(held.mean(), held.std() or 1.0, (len(pieces), found.width))
    matrix = drawn.astype(np.float32)
    matrix[[row for row, _ in hits]] = held
    return matrix, len(hits)
