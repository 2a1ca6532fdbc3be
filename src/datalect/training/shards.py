"""Token shards: ids in flat files that are memory-mapped, so that a corpus need not fit into memory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datalect.errors import CheckpointError, LimitError
from datalect.lm.base import Tokenizer
from datalect.lm.files import read_json, write_json

_SHARD_TOKENS = 1 << 27


class TokenShards:
    """A sequence of token ids over one or more files, read where it is touched."""

    def __init__(self, files: list[Path], dtype: str) -> None:
        self._parts = [
            np.memmap(file, dtype=dtype, mode="r") if file.stat().st_size else np.empty(0, dtype)
            for file in files
        ]
        self._starts = np.cumsum([0, *(len(part) for part in self._parts)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def take(self, start: int, length: int) -> NDArray[np.int64]:
        """Ids from ``start`` on; fewer than ``length`` at the end."""
        end = min(start + length, len(self))
        part = int(np.searchsorted(self._starts, start, side="right")) - 1
        pieces = []
        while start < end:
            low = start - int(self._starts[part])
            high = min(end - int(self._starts[part]), len(self._parts[part]))
            pieces.append(self._parts[part][low:high])
            start += high - low
            part += 1
        if not pieces:
            return np.empty(0, np.int64)
        return np.concatenate(pieces).astype(np.int64) if len(pieces) > 1 else pieces[0].astype(np.int64)

    def counts(self, vocab_size: int) -> NDArray[np.int64]:
        """How often each id occurs, shape ``(vocab_size,)``."""
        parts = [np.bincount(part, minlength=vocab_size) for part in self._parts]
        total: NDArray[np.int64] = np.sum(parts, axis=0, dtype=np.int64)
        return total

    def windows(self, starts: NDArray[np.int64], length: int) -> NDArray[np.int64]:
        """Windows of equal length, shape ``(len(starts), length)``."""
        return np.stack([self.take(int(start), length) for start in starts])


def write_shards(
    folder: Path, name: str, documents: Iterable[str], tokenizer: Tokenizer, *, separate: bool
) -> TokenShards:
    """Encode documents into ``<name>-00000.bin`` and so on, with ``<name>.json`` written last.

    Args:
        folder: where the files go.
        name: ``train`` or ``valid``.
        documents: the texts, read once.
        tokenizer: makes the ids.
        separate: put the tokenizer's end after each document.

    Raises:
        LimitError: the disk is full.
    """
    dtype = "<u2" if tokenizer.vocab_size <= 1 << 16 else "<u4"
    folder.mkdir(parents=True, exist_ok=True)
    files: list[str] = []
    characters = utf8_bytes = words = total = texts = 0
    stream = None
    left = 0
    try:
        for text in documents:
            texts, characters, words = texts + 1, characters + len(text), words + len(text.split())
            utf8_bytes += len(text.encode(errors="surrogatepass"))
            ids = np.asarray(tokenizer.encode(text) + ([tokenizer.end_id] if separate else []), dtype=dtype)
            total += len(ids)
            while len(ids):
                if stream is None or not left:
                    if stream is not None:
                        stream.close()
                    files.append(f"{name}-{len(files):05d}.bin")
                    stream, left = (folder / files[-1]).open("wb"), _SHARD_TOKENS
                part, ids = ids[:left], ids[left:]
                stream.write(part.tobytes())
                left -= len(part)
    except OSError as error:
        raise LimitError(
            "The token shards could not be written.",
            limit="disk",
            received=error.strerror or str(error),
            next_step="free some space, or name another folder",
        ) from error
    finally:
        if stream is not None:
            stream.close()
    write_json(
        folder / f"{name}.json",
        {
            "files": files,
            "dtype": dtype,
            "tokens": total,
            "documents": texts,
            "characters": characters,
            "bytes": utf8_bytes,
            "words": words,
        },
    )
    return TokenShards([folder / file for file in files], dtype)


def read_shards(folder: Path, name: str) -> tuple[TokenShards, dict[str, int]]:
    """Open shards, and what is known of their text: tokens, documents, characters, bytes, words.

    Raises:
        CheckpointError: they are missing or of another size than was written.
    """
    about = read_json(folder / f"{name}.json")
    try:
        files = [folder / Path(file).name for file in about["files"]]
        dtype = {"<u2": "<u2", "<u4": "<u4"}[about["dtype"]]
        found = sum(file.stat().st_size for file in files) // np.dtype(dtype).itemsize
        if found != about["tokens"]:
            raise ValueError(f"{found} tokens, not {about['tokens']}")
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"The token shards {name} are damaged.",
            received=str(error)[:200],
            next_step="delete the folder they are in, and train again",
        ) from error
    counts = {k: int(about[k]) for k in ("tokens", "documents", "characters", "bytes", "words")}
    return TokenShards(files, dtype), counts
