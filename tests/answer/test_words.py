"""Sentences of the templates: the golden ones, and rules that hold for all of them."""

from __future__ import annotations

import re

import pytest

from answer import corpus_reading as corpus
from datalect.answer import words_en, words_zh
from datalect.answer.build import proven_sentences

GOLDEN = corpus.sentences("templates.jsonl")


@pytest.mark.parametrize("case", sorted(corpus.cases()))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_sentences_are_the_golden_ones(case: str, language: str) -> None:
    words = words_zh if language == "zh" else words_en
    expected = [g["sentence"] for g in GOLDEN if g["case"] == case and g["lang"] == language]
    assert words.sentences(corpus.facts(case)) == expected


@pytest.mark.parametrize("case", sorted(corpus.cases()))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_sentence_is_ever_dropped(case: str, language: str) -> None:
    said, dropped = proven_sentences(corpus.facts(case), language)
    assert not dropped
    assert 1 <= len(said) <= 3


def test_sentences_read_cleanly() -> None:
    for entry in GOLDEN:
        text = entry["sentence"]
        assert not re.search(r"\b(\w+) \1\b", text), text
        assert "  " not in text and "_" not in text, text
        if entry["lang"] == "en":
            assert text[0].isupper() or not text[0].isascii() or text[0].isdigit(), text
            assert text.endswith("."), text
        else:
            assert text.endswith("。"), text
            assert not re.search(r"[\u4e00-\u9fff] |(?<![A-Za-z]) [\u4e00-\u9fff]", text), text
