"""Tokenizers: the contract, round trips of any text, files that come back equal, hostile files refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalect.errors import CheckpointError, UsageError
from datalect.lm.config import TokenizerConfig
from datalect.lm.tokenizers import load_tokenizer, tokenizer_json, train_tokenizer
from datalect.testing import check_tokenizer
from lm.models import TEXT

CONFIGS = {
    "char": TokenizerConfig(kind="char"),
    "rare characters spelt out": TokenizerConfig(kind="char", min_count=30),
    "byte": TokenizerConfig(kind="byte"),
    "word": TokenizerConfig(kind="word", vocab_size=60),
    "all words": TokenizerConfig(kind="word", vocab_size=0),
    "Chinese words": TokenizerConfig(kind="word", vocab_size=0, segment="jieba"),
    "closed": TokenizerConfig(kind="word", closed=True, vocab_size=12),
    "bpe": TokenizerConfig(kind="bpe", vocab_size=300),
    "unigram": TokenizerConfig(kind="unigram", vocab_size=300),
}
MADE = {name: train_tokenizer(config, [TEXT]) for name, config in CONFIGS.items()}


@pytest.mark.parametrize("name", MADE)
def test_contract(name):
    check_tokenizer(MADE[name])


@pytest.mark.parametrize("name", [n for n, t in MADE.items() if t.lossless])
@given(text=st.text(max_size=80))
def test_any_text_survives(name, text):
    tokenizer = MADE[name]
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("name", MADE)
def test_a_file_comes_back_equal(name, tmp_path):
    content, how = tokenizer_json(MADE[name])
    (tmp_path / "tokenizer.json").write_bytes(content)
    again = load_tokenizer(tmp_path, "tokenizer", json.loads(json.dumps(how)))
    assert again.vocab_size == MADE[name].vocab_size
    assert again.encode(TEXT + "ünknown 龘") == MADE[name].encode(TEXT + "ünknown 龘")
    assert again.decode(range(again.vocab_size)) == MADE[name].decode(range(again.vocab_size))


@pytest.mark.parametrize("name", MADE)
def test_the_vocabulary_is_no_larger_than_asked(name):
    limit = CONFIGS[name].vocab_size
    if CONFIGS[name].kind in ("word", "bpe", "unigram") and limit:
        assert MADE[name].vocab_size <= limit


def test_a_known_text_takes_one_character_one_id():
    assert len(MADE["char"].encode("Once")) == 4
    assert len(MADE["char"].encode("龘")) == 6  # three bytes, two digits each


def test_a_closed_vocabulary_is_scored_as_wikitext_is():
    made = train_tokenizer(TokenizerConfig(kind="word", closed=True, vocab_size=0), [" a b <unk>\n a c \n"])
    assert [made.words[i] for i in made.encode(" b a\n z <unk> \n")] == [
        "b",
        "a",
        "\n",
        "<unk>",
        "<unk>",
        "\n",
    ]
    assert made.decode(made.encode("b a\nz c\n")) == "b a\n<unk> c\n"


def test_chinese_words_are_longer_than_characters():
    text = "从前有一个小模型"
    assert len(MADE["Chinese words"].encode(text)) < len(MADE["all words"].encode(text)) == len(text)


@pytest.mark.parametrize("kind", ["char", "word", "bpe", "unigram"])
def test_no_text_makes_no_tokenizer(kind):
    with pytest.raises(UsageError):
        train_tokenizer(TokenizerConfig(kind=kind), [])


HOSTILE = {
    "char": [
        b"",
        b"[]",
        b"{",
        b'{"alphabet": 3}',
        b'{"alphabet": "aa"}',
        b'{"alphabet": ""}',
        b"\xff\xfe",
        b"[" * 99_999,
    ],
    "word": [b'{"pieces": ["a", "a"]}', b'{"pieces": [1]}', b'{"pieces": [""]}', b'{"pieces": {}}'],
    "closed": [b'{"words": ["a"]}', b'{"words": ["<unk>", "\\n"]}', b'{"words": null}'],
    "bpe": [
        b"",
        b"{}",
        b'{"model": {"type": "BPE"}}',
        b'{"version": "1.0"}',
        b"null",
        MADE["unigram"].content()[:500],
    ],
}


@pytest.mark.parametrize(("kind", "content"), [(k, c) for k, many in HOSTILE.items() for c in many])
def test_hostile_files_are_refused(kind, content, tmp_path):
    (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(CheckpointError):
        load_tokenizer(tmp_path, "tokenizer", {"kind": kind, "end_id": 300})


@pytest.mark.parametrize(
    "how", [None, [], {}, {"kind": "os"}, {"kind": ["char"]}, {"kind": "word", "segment": "x"}]
)
def test_hostile_descriptions_are_refused(how, tmp_path):
    (tmp_path / "tokenizer.json").write_bytes(b'{"pieces": ["a"], "alphabet": "a"}')
    with pytest.raises(CheckpointError):
        load_tokenizer(tmp_path, "tokenizer", how)
    with pytest.raises(CheckpointError):
        load_tokenizer(tmp_path / "sub", "../tokenizer", {"kind": "char"})


def test_another_vocabulary_than_the_models_is_noticed(tmp_path):
    content, how = tokenizer_json(MADE["bpe"])
    (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(CheckpointError, match="subwords"):
        load_tokenizer(tmp_path, "tokenizer", how | {"end_id": 7})
