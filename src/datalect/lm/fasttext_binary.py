"""fastText's binary models: word vectors as the mean of the rows of a word and of its subwords.

The form is version 12's (https://github.com/facebookresearch/fastText, ``FastText::saveModel``): magic and
version, arguments, dictionary, a flag for quantisation, the input matrix.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from datalect.errors import SourceError
from datalect.lm.embeddings import Vectors, check_finite

_MAGIC, _VERSION = 793712314, 12
_MOST_WIDTH, _MOST_ROWS, _MOST_WORD_BYTES = 16_384, 100_000_000, 4096
_NEXT = "fetch the file again, or use the .vec file beside it"


@dataclass(frozen=True)
class _Arguments:
    width: int
    buckets: int
    shortest: int
    longest: int


def read_fasttext_binary(stream: IO[bytes], path: Path, wanted: set[str] | None, most: int | None) -> Vectors:
    """Vectors of a fastText binary.

    Args:
        stream: at the start of the file.
        path: for messages.
        wanted: words to keep; those the model does not list get a vector from subwords. None for all listed.
        most: read so many listed words only, when none are wanted by name.

    Raises:
        SourceError: another version, quantised, truncated, or sizes that contradict each other.
    """
    arguments = _arguments(stream, path)
    listed = _dictionary(stream, path)
    if _unpack(stream, path, "<?")[0]:
        raise SourceError(f"{path.name} is quantised.", expected="a fastText .bin model", next_step=_NEXT)
    matrix = _matrix(stream, path, arguments, len(listed))
    rows = {word: number for number, word in enumerate(listed)}
    chosen = sorted(wanted) if wanted is not None else listed[: most if most is not None else len(listed)]
    words: dict[str, int] = {}
    made: list[NDArray[np.float32]] = []
    for word in chosen:
        parts = [rows[word]] if word in rows else []
        parts += [len(listed) + bucket for bucket in subwords(word, arguments)]
        if not parts or word in words:
            continue
        vector = matrix[parts].mean(0, dtype=np.float32)
        check_finite(vector, word, path)
        words[word] = len(made)
        made.append(vector)
    whole = np.stack(made) if made else np.empty((0, arguments.width), np.float32)
    return Vectors(words=words, matrix=whole, total=len(listed))


def subwords(word: str, arguments: _Arguments) -> list[int]:
    """Buckets of a word's character n-grams between angle brackets, as ``computeSubwords`` finds them."""
    if not arguments.buckets or not arguments.longest or word == "</s>":
        return []
    marked = f"<{word}>"
    found = []
    for start in range(len(marked)):
        for size in range(1, arguments.longest + 1):
            end = start + size
            if end > len(marked):
                break
            if size >= arguments.shortest and not (size == 1 and (start == 0 or end == len(marked))):
                gram = marked[start:end].encode(errors="surrogatepass")
                found.append(fnv1a(gram) % arguments.buckets)
    return found


def fnv1a(data: bytes) -> int:
    """The hash of fastText: 32-bit FNV-1a over bytes that are sign-extended, as its C++ does."""
    value = 2166136261
    for byte in data:
        signed = byte | 0xFFFFFF00 if byte & 0x80 else byte
        value = ((value ^ signed) * 16777619) & 0xFFFFFFFF
    return value


def _arguments(stream: IO[bytes], path: Path) -> _Arguments:
    magic, version = _unpack(stream, path, "<ii")
    if magic != _MAGIC or version != _VERSION:
        raise SourceError(
            f"{path.name} is no fastText model that can be read.",
            expected=f"version {_VERSION}",
            received=f"version {version}",
            next_step=_NEXT,
        )
    values = _unpack(stream, path, "<12id")
    width, buckets, shortest, longest = values[0], values[8], values[9], values[10]
    if not (1 <= width <= _MOST_WIDTH and 0 <= buckets <= _MOST_ROWS and 0 <= shortest <= longest <= 1000):
        if not (shortest > longest == 0):
            raise _wrong(path, f"width {width}, buckets {buckets}, subwords {shortest} to {longest}")
    return _Arguments(width, buckets, shortest, longest)


def _dictionary(stream: IO[bytes], path: Path) -> list[str]:
    size, words, labels, _, pruned = _unpack(stream, path, "<iiiqq")
    if not 0 <= words <= size <= _MOST_ROWS or labels < 0 or words + labels != size or pruned > _MOST_ROWS:
        raise _wrong(path, f"{size} entries, {words} words, {labels} labels")
    if pruned > 0:
        raise SourceError(f"{path.name} is pruned.", expected="a whole fastText .bin model", next_step=_NEXT)
    found = []
    for number in range(size):
        word = bytearray()
        while (byte := stream.read(1)) != b"\0":
            if not byte or len(word) > _MOST_WORD_BYTES:
                raise _wrong(path, f"word {number + 1} does not end")
            word += byte
        kind = _unpack(stream, path, "<qb")[1]
        if kind == 0:
            found.append(word.decode(errors="replace"))
    if len(found) != words:
        raise _wrong(path, f"{len(found)} words, not {words}")
    return found


def _matrix(stream: IO[bytes], path: Path, arguments: _Arguments, listed: int) -> NDArray[np.float32]:
    rows, width = _unpack(stream, path, "<qq")
    if width != arguments.width or not listed <= rows <= listed + arguments.buckets:
        raise _wrong(path, f"a matrix of {rows} x {width}")
    if subwords("a", arguments) and rows != listed + arguments.buckets:
        raise _wrong(path, f"{rows} rows for {listed} words and {arguments.buckets} buckets")
    blocks, left = [], rows
    while left:  # in parts, so that a header that lies about the size allocates nothing that is not there
        count = min(left, 1 << 16)
        raw = stream.read(4 * count * width)
        if len(raw) < 4 * count * width:
            raise _wrong(path, "the end of the file inside the vectors")
        blocks.append(np.frombuffer(raw, "<f4").reshape(count, width))
        left -= count
    return np.concatenate(blocks) if blocks else np.empty((0, width), np.float32)


def _unpack(stream: IO[bytes], path: Path, form: str) -> tuple[int, ...]:
    size = struct.calcsize(form)
    raw = stream.read(size)
    if len(raw) < size:
        raise _wrong(path, "the end of the file in the header")
    return struct.unpack(form, raw)


def _wrong(path: Path, received: str) -> SourceError:
    return SourceError(
        f"{path.name} is truncated or damaged.",
        expected="a fastText .bin model",
        received=received,
        next_step=_NEXT,
    )
