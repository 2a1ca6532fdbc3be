"""Word vectors out of text and binary files, and what damaged or hostile files get."""

from __future__ import annotations

import gzip
import json
import lzma
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datalect.errors import SourceError
from datalect.lm.embeddings import read_vectors, vectors_for_pieces

HERE = Path(__file__).parent
WORDS = ["the", "cat", "猫", "naïve", "New York"]
ROWS = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)

words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=8)
vectors = st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=3)
tables = st.dictionaries(words, vectors, min_size=1, max_size=8)


def text_of(table: dict[str, list[float]], *, header: bool) -> bytes:
    lines = [f"{len(table)} 3"] if header else []
    lines += [" ".join([word, *(repr(float(x)) for x in row)]) for word, row in table.items()]
    return ("\n".join(lines) + "\n").encode()


def binary_of(table: dict[str, list[float]], *, line_ends: bool = True) -> bytes:
    made = f"{len(table)} 3\n".encode()
    for word, row in table.items():
        made += word.encode() + b" " + np.array(row, "<f4").tobytes() + (b"\n" if line_ends else b"")
    return made


def save(folder: Path, content: bytes, name: str = "vectors") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


FORMS = {
    "glove": lambda t: text_of(t, header=False),
    "word2vec": lambda t: text_of(t, header=True),
    "binary": binary_of,
    "gzip": lambda t: gzip.compress(binary_of(t)),
    "xz": lambda t: lzma.compress(text_of(t, header=False)),
}


@pytest.mark.parametrize("form", FORMS)
@given(table=tables)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_survives_any_form(form: str, table: dict[str, list[float]], tmp_path: Path) -> None:
    read = read_vectors(save(tmp_path, FORMS[form](table)))
    assert set(read.words) == set(table)
    assert read.total == len(table)
    for word, row in table.items():
        np.testing.assert_array_equal(read.matrix[read.words[word]], np.array(row, np.float32))


@pytest.mark.parametrize("form", FORMS)
def test_words_with_spaces_and_chinese_words(form: str, tmp_path: Path) -> None:
    table = dict(zip(WORDS, ROWS.tolist(), strict=True))
    if form in ("binary", "gzip"):
        del table["New York"]  # in the binary form a space ends the word
    read = read_vectors(save(tmp_path, FORMS[form](table)))
    assert set(read.words) == set(table)
    np.testing.assert_allclose(read.matrix[read.words["猫"]], ROWS[2])


def test_binary_without_line_ends(tmp_path: Path) -> None:
    table = dict(zip(WORDS[:4], ROWS[:4].tolist(), strict=True))
    read = read_vectors(save(tmp_path, binary_of(table, line_ends=False)))
    assert list(read.words) == WORDS[:4]


def test_only_wanted_words_are_kept_and_the_first_of_copies(tmp_path: Path) -> None:
    content = b"a 1 2 3\nb 4 5 6\na 7 8 9\nc 0 0 0\n"
    read = read_vectors(save(tmp_path, content), {"a", "c", "d"})
    assert read.words == {"a": 0, "c": 1}
    assert read.total == 4
    assert read.matrix.tolist() == [[1, 2, 3], [0, 0, 0]]
    assert read_vectors(save(tmp_path, content), most=2).words == {"a": 0, "b": 1}


def test_a_fasttext_binary_gives_what_fasttext_gives() -> None:
    """The file and its vectors, subwords of unlisted words included, were written by fastText 0.9.2."""
    golden = json.loads((HERE / "fasttext_small.json").read_bytes())
    read = read_vectors(HERE / "fasttext_small.bin", golden)
    assert set(read.words) == set(golden)
    for word, row in golden.items():
        np.testing.assert_allclose(read.matrix[read.words[word]], row, atol=1e-6)
    listed = read_vectors(HERE / "fasttext_small.bin")
    assert "猫" in listed.words and "unseen" not in listed.words
    assert listed.total == len(listed.words) == 14


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"word\n",
        b"a 1 2 3\nb 4 5\n",
        b"a 1 2 3\nb 4 x 6\n",
        b"a 1 nan 3\n",
        b"a 1 inf 3\n",
        b"2 0\n",
        b"99999999999 99999999999\n",
        b"5 3\na " + struct.pack("<3f", 1, 2, 3),
        b"1000000000 16000\n" + b"a " + b"\x00" * 100,
        b"2 3\n" + b"x" * 10_000,
        b"1 3\na " + struct.pack("<3f", float("nan"), 1, 1),
        struct.pack("<ii", 793712314, 11),
        struct.pack("<ii", 793712314, 12),
        struct.pack("<ii", 793712314, 12) + struct.pack("<12id", *([2**31 - 1] * 12), 0.0),
        b"\x1f\x8b" + b"\x00" * 30,
        b"\xfd7zXZ\x00" + b"\x00" * 30,
        bytes(range(256)) * 20,
    ],
)
def test_damaged_and_hostile_files_are_refused_in_words(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        read_vectors(save(tmp_path, content))


@given(cut=st.integers(0, 1000), flip=st.integers(0, 10**6))
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_fasttext_binary_is_read_or_refused_but_never_crashes(
    cut: int, flip: int, tmp_path: Path
) -> None:
    whole = bytearray((HERE / "fasttext_small.bin").read_bytes())
    whole[flip % len(whole)] ^= 1 << (flip % 8)
    try:
        read = read_vectors(save(tmp_path, bytes(whole[: len(whole) - cut])))
    except SourceError:
        return
    assert np.isfinite(read.matrix).all()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        read_vectors(tmp_path / "nowhere.txt")


def test_pieces_find_their_words_however_they_are_spelt(tmp_path: Path) -> None:
    path = save(tmp_path, text_of({"cat": [1, 2, 3], "猫": [4, 5, 6], "Paris": [7, 8, 9]}, header=False))
    matrix, found = vectors_for_pieces(path, [" Cat", "cat", "猫", " Paris", "zzz", ""])
    assert found == 4
    assert matrix[[0, 1, 2, 3]].tolist() == [[1, 2, 3], [1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert np.isfinite(matrix).all() and matrix.shape == (6, 3)
    again, _ = vectors_for_pieces(path, [" Cat", "cat", "猫", " Paris", "zzz", ""])
    assert np.array_equal(matrix, again)
    with pytest.raises(SourceError, match="none of the"):
        vectors_for_pieces(path, ["xyz"])
