"""The verifier on a corpus of sentences over real results: right ones pass, altered ones do not."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answer import corpus_reading as corpus
from datalect.answer.verify import verify

RIGHT = [*corpus.sentences("templates.jsonl"), *corpus.sentences("paraphrases.jsonl")]
ALTERED = corpus.sentences("altered.jsonl")


def test_the_corpus_is_large_and_covers_both_languages_and_all_kinds() -> None:
    assert len(RIGHT) >= 300
    assert len(ALTERED) >= 300
    for sentences in (RIGHT, ALTERED):
        assert min(Counter(s["lang"] for s in sentences).values()) >= 100
    kinds = Counter(s["kind"] for s in ALTERED)
    assert set(kinds) >= {
        "number", "unit", "names", "direction", "year", "cause", "rank", "count", "aggregate", "filter",
        "invented",
        "scale",
    }  # fmt: skip
    assert not {(s["case"], s["sentence"]) for s in RIGHT} & {(s["case"], s["sentence"]) for s in ALTERED}


@pytest.mark.parametrize("case", sorted(corpus.cases()))
def test_right_sentences_pass(case: str) -> None:
    for entry in RIGHT:
        if entry["case"] == case:
            verdict = verify(entry["sentence"], corpus.facts(case), entry["lang"])
            assert verdict.ok, (entry["sentence"], verdict.problems)


@pytest.mark.parametrize("case", sorted(corpus.cases()))
def test_altered_sentences_are_caught(case: str) -> None:
    for entry in ALTERED:
        if entry["case"] == case:
            verdict = verify(entry["sentence"], corpus.facts(case), entry["lang"])
            assert not verdict.ok, (entry["kind"], entry["sentence"])
            assert verdict.problems


@pytest.mark.parametrize(
    ("case", "language", "sentence"),
    [
        ("by_origin", "en", "EWR has the most flights and is the best airport in the world."),
        ("by_origin", "en", "EWR has one hundred flights."),
        ("by_origin", "en", "EWR has the most flights, 120,835, said “Acme Corp”."),
        ("by_origin", "zh", "EWR的记录数最多，为十二万，广受旅客好评。"),
        ("by_origin", "zh", "EWR的记录数最多，为一百二十。"),
        ("sales_year", "en", "The total amount rose every year by $100,000."),
        ("sales_total", "zh", "总金额为八十二亿美元。"),
        ("monthly", "en", "The number of flights did not rise from January 2013 to December 2013."),
        ("monthly", "zh", "记录数从2013年1月到2013年12月没有增长。"),
        ("two_origins", "en", "JFK has a higher average arrival delay than LGA."),
        ("zh_two", "zh", "上海的总数量比北京高。"),
        ("correlation", "en", "Distance and air time are weakly correlated."),
        ("correlation", "zh", "航程与飞行时间呈较弱的正相关。"),
        ("by_origin", "en", ""),
        ("by_origin", "en", "x" * 5000),
    ],
)
def test_inventions_are_caught(case: str, language: str, sentence: str) -> None:
    assert not verify(sentence, corpus.facts(case), language).ok


@pytest.mark.parametrize(
    ("case", "language", "sentence"),
    [
        ("origins", "en", "There are three origins."),
        ("by_origin", "en", "Twelve thousand flights."),
        ("sales_region", "zh", "East的总金额约为South的两倍。"),
    ],
)
def test_numbers_in_words_are_read(case: str, language: str, sentence: str) -> None:
    expected = sentence != "Twelve thousand flights."
    assert verify(sentence, corpus.facts(case), language).ok is expected


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120), st.sampled_from(["en", "zh"]))
def test_any_text_gets_a_verdict(text: str, language: str) -> None:
    verdict = verify(text, corpus.facts("monthly"), language)
    assert verdict.ok is (not verdict.problems)


@settings(max_examples=150, deadline=None)
@given(st.integers(min_value=1, max_value=10**9).filter(lambda n: n not in (120_835, 1)))
def test_no_other_number_is_believed(number: int) -> None:
    assert not verify(f"EWR has {number:,} flights.", corpus.facts("by_origin"), "en").ok
    assert not verify(f"EWR的记录数为{number:,}。", corpus.facts("by_origin"), "zh").ok
