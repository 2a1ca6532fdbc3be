"""Documents out of files, parts without leakage, shards, windows: what a model gets to see."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalect.errors import CheckpointError, SourceError, UsageError
from datalect.lm.config import TokenizerConfig
from datalect.lm.tokenizers import train_tokenizer
from datalect.training.config import DataConfig
from datalect.training.rows import read_rows
from datalect.training.shards import TokenShards, read_shards, write_shards
from datalect.training.split import is_valid, split_corpus
from datalect.training.text import Corpus, open_corpus
from datalect.training.windows import Windows

POEM = "床前明月光\n疑是地上霜\nRaise the head, gaze at the moon.\n"


def documents(path, column=None):
    return list(open_corpus(Path(path), column).documents())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_in_any_encoding(encoding, tmp_path):
    (tmp_path / "a.txt").write_bytes((POEM * 5).encode(encoding))
    assert documents(tmp_path / "a.txt") == [POEM * 5]


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [
        (".xz", lzma.compress),
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".zst", lambda b: pa.compress(b, "zstd", asbytes=True)),
    ],
)
def test_packed_text(suffix, pack, tmp_path):
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(pack(POEM.encode()))
    assert documents(path) == [POEM]


def test_json_lines_and_tables_and_folders(tmp_path):
    rows = [{"id": i, "text": f"{POEM}{i}", "note": "x"} for i in range(5)]
    (tmp_path / "a.jsonl").write_text(
        "\n".join(json.dumps(r, ensure_ascii=False) for r in rows), encoding="utf-8"
    )
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "b.parquet")
    (tmp_path / "c.csv").write_text("id,review\n1,a good long review of a thing\n2,bad\n", encoding="utf-8")
    (tmp_path / "d.txt").write_text(POEM, encoding="utf-8")
    (tmp_path / ".hidden.txt").write_text("secret")
    wanted = [r["text"] for r in rows]
    assert documents(tmp_path / "a.jsonl") == documents(tmp_path / "b.parquet") == wanted
    assert documents(tmp_path / "c.csv") == ["a good long review of a thing", "bad"]
    assert documents(tmp_path / "a.jsonl", "note") == ["x"] * 5
    assert documents(tmp_path) == [*wanted, *wanted, "a good long review of a thing", "bad", POEM]
    assert read_rows(tmp_path / "c.csv").column("REVIEW") == "review"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b"\x00\x01\x02binary\x00" * 99),
        ("a.jsonl", b"{broken\n"),
        ("a.jsonl", b"[1, 2]\n"),
        ("a.txt.xz", lzma.compress(b"text" * 999)[:-20]),
        ("a.txt.gz", gzip.compress(b"text" * 999)[:-20]),
    ],
)
def test_what_is_no_text_is_refused(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError):
        documents(tmp_path / name)


def test_a_column_that_is_not_there_is_named(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"body": "hello there"}\n')
    with pytest.raises(UsageError, match="body"):
        documents(tmp_path / "a.jsonl", "text")
    with pytest.raises(SourceError):
        open_corpus(tmp_path / "nothing.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError):
        open_corpus(tmp_path / "empty")


# ---------------------------------------------------------------- parts


@given(st.text(min_size=1), st.integers(0, 5))
def test_copies_land_on_one_side(text, seed):
    side = is_valid(text, 0.3, seed)
    assert is_valid(f"  {text}\n", 0.3, seed) == side
    assert is_valid(text.replace(" ", "  \t"), 0.3, seed) == side


def test_about_the_asked_share_is_kept_aside():
    share = sum(is_valid(f"document {i}", 0.2, 1) for i in range(5000)) / 5000
    assert share == pytest.approx(0.2, abs=0.02)


def corpus(tmp_path, count):
    lines = [json.dumps({"text": f"Document number {i % 30} of many"}) for i in range(count)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    return open_corpus(tmp_path / "a.jsonl")


def test_many_documents_are_parted_whole(tmp_path):
    train, valid, how = split_corpus(corpus(tmp_path, 90), how="auto", share=0.2, seed=0)
    assert "document" in how
    assert not set(train()) & set(valid()) and len(list(train())) + len(list(valid())) == 90


def test_few_documents_are_cut_at_the_end(tmp_path):
    made: Corpus = corpus(tmp_path, 5)
    train, valid, _ = split_corpus(made, how="auto", share=0.3, seed=0)
    whole = "".join(made.documents())
    assert "".join(train()) + "".join(valid()) == whole
    assert len("".join(valid())) == pytest.approx(0.3 * len(whole), abs=1)


def test_an_empty_part_is_refused(tmp_path):
    with pytest.raises(UsageError):
        split_corpus(corpus(tmp_path, 40), how="document", share=0.0, seed=0)
    with pytest.raises(UsageError):
        split_corpus(corpus(tmp_path, 3), how="tail", share=0.0, seed=0)


# ---------------------------------------------------------------- shards and windows


@given(st.lists(st.text(max_size=30), min_size=1, max_size=6), st.booleans())
def test_shards_hold_every_token(texts, separate):
    import tempfile

    tokenizer = train_tokenizer(TokenizerConfig(kind="byte"), [""])
    with tempfile.TemporaryDirectory() as name:
        write_shards(Path(name), "part", texts, tokenizer, separate=separate)
        shards, size = read_shards(Path(name), "part")
        wanted = [i for t in texts for i in tokenizer.encode(t) + ([256] if separate else [])]
        assert shards.take(0, len(shards)).tolist() == wanted
        assert size["tokens"] == len(wanted) and size["bytes"] == sum(len(t.encode()) for t in texts)


def many(tmp_path, sizes):
    files, start = [], 0
    for number, size in enumerate(sizes):
        path = tmp_path / f"part-{number:05d}.bin"
        path.write_bytes(np.arange(start, start + size, dtype="<u2").tobytes())
        files.append(path)
        start += size
    return TokenShards(files, "<u2")


def test_windows_reach_over_files(tmp_path):
    shards = many(tmp_path, [10, 0, 3, 20])
    for start in range(33):
        for length in (1, 4, 15, 40):
            assert shards.take(start, length).tolist() == list(range(start, min(start + length, 33)))


def test_truncated_shards_are_refused(tmp_path):
    tokenizer = train_tokenizer(TokenizerConfig(kind="byte"), [""])
    write_shards(tmp_path, "part", ["hello"], tokenizer, separate=False)
    (tmp_path / "part-00000.bin").write_bytes(b"\0\0")
    with pytest.raises(CheckpointError):
        read_shards(tmp_path, "part")


@pytest.mark.parametrize("order", ["shuffled", "random", "stream"])
def test_batches_are_a_function_of_the_step(order, tmp_path):
    config = DataConfig(batch=4, length=7, order=order)
    one, other = (Windows(many(tmp_path, [500]), config, seed=3) for _ in range(2))
    for step in (0, 5, 90, 5, 41):
        (a,), (b,) = one.batches(step), other.batches(step)
        assert (a.inputs == b.inputs).all() and (a.inputs[:, 1:] == a.targets[:, :-1]).all()
        assert a.inputs.shape == (4, 7) and a.count == 28
    if order != "stream":
        (c,) = Windows(many(tmp_path, [500]), config, seed=4).batches(5)
        assert (c.inputs != one.batches(5)[0].inputs).any()


def test_an_epoch_shows_every_window_once(tmp_path):
    made = Windows(many(tmp_path, [40 * 8 + 9]), DataConfig(batch=4, length=8), seed=0)
    for epoch in range(2):
        steps = range(epoch * made.steps_per_epoch, (epoch + 1) * made.steps_per_epoch)
        seen = [row[0].item() for s in steps for row in made.batches(s)[0].inputs]
        assert len(set(seen)) == len(seen) == 40


def test_a_stream_goes_on_where_it_was(tmp_path):
    made = Windows(many(tmp_path, [100]), DataConfig(batch=3, length=5, order="stream"), seed=0)
    before = None
    for step in range(made.steps_per_epoch):
        (batch,) = made.batches(step)
        assert batch.fresh == (step == 0)
        if before is not None:
            assert (batch.inputs[:, 0] == before.targets[:, -1]).all()
        before = batch
    assert made.batches(made.steps_per_epoch)[0].fresh


@pytest.mark.parametrize("order", ["shuffled", "random", "stream"])
def test_processes_share_the_batch_of_one(order, tmp_path):
    config = DataConfig(batch=8, length=5, order=order, accumulate=2)
    shards = many(tmp_path, [400])
    alone = Windows(shards, config, seed=1)
    for step in (0, 7):
        whole = [r.tolist() for b in alone.batches(step) for r in b.inputs]
        shared = [Windows(shards, config, seed=1, rank=r, world=2).batches(step) for r in range(2)]
        rows = [r.tolist() for micro in range(2) for part in shared for r in part[micro].inputs]
        assert rows == whole


def test_too_little_text_and_uneven_shares_are_refused(tmp_path):
    with pytest.raises(UsageError, match="short"):
        Windows(many(tmp_path, [5]), DataConfig(batch=2, length=8), seed=0)
    with pytest.raises(UsageError, match="evenly"):
        Windows(many(tmp_path, [500]), DataConfig(batch=4, length=8), seed=0, world=3)
