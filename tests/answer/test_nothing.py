"""What is said of tables without rows, and when no template sentence can be proven."""

from __future__ import annotations

from pathlib import Path

import pytest

import datalect
from answer import corpus_reading as corpus
from datalect.answer import build, words_en, words_zh
from datalect.answer.verify import verify
from datalect.planner.base import Language


@pytest.mark.parametrize(
    ("header", "question", "said"),
    [
        ("city,amount", "total amount", "There are 0 rows in orders."),
        ("city,amount", "how many rows are there?", "There are 0 rows in orders."),
        ("city,amount", "average amount by city", "There are 0 rows in orders."),
        ("城市,金额", "总金额是多少", "orders共有0条记录。"),
        ("城市,金额", "一共有多少行", "orders共有0条记录。"),
        ("城市,金额", "各城市的平均金额", "orders共有0条记录。"),
    ],
)
def test_a_table_without_rows_says_so(tmp_path: Path, header: str, question: str, said: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(header + "\n", encoding="utf-8")
    with datalect.open(path) as data:
        answer = data.ask(question)
    assert answer.status == "answered"
    assert str(answer.sentence) == said
    assert not [w for w in answer.warnings if "proven" in w or "证实" in w]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("case", sorted(corpus.cases()))
def test_the_plain_sentence_is_proven_and_shows_a_single_figure(
    case: str, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = words_zh if language == "zh" else words_en
    monkeypatch.setattr(words, "sentences", lambda _: ["Aliens took 17 of them."])
    facts = corpus.facts(case)
    (plain,), dropped = build.proven_sentences(facts, language)
    assert dropped == ["Aliens took 17 of them."]
    assert verify(plain, facts, language).ok, plain
    if len(facts.rows) == 1 and len(facts.fields) == 1 and facts.figures:
        assert plain.startswith(("The result is ", "结果")) and "table" not in plain and "表格" not in plain
