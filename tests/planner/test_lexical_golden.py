"""Questions over small tables and the plans they mean, in both languages.

``golden.tsv`` holds one case a line: tables, question, what the first reading computes (see
``essence``; empty:
refused). A changed line is a changed promise: edit it by hand and say why in the commit.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from golden_tables import essence, opened

from datalect.planner.base import Question
from datalect.planner.lexical import LexicalPlanner

LINES = [
    line.split("\t")
    for line in Path(__file__).with_name("golden.tsv").read_text(encoding="utf-8").splitlines()
]
PLANNER = LexicalPlanner()


def test_there_are_enough_cases_in_both_languages():
    chinese = [q for _, q, _ in LINES if any("\u4e00" <= c <= "\u9fff" for c in q)]
    assert len(LINES) >= 150
    assert len(chinese) >= 50


@pytest.mark.parametrize(("tables", "question", "expected"), LINES, ids=[f"{t}: {q}" for t, q, _ in LINES])
def test_question_means_plan(tables: str, question: str, expected: str):
    workspace, values = opened(tables)
    found = PLANNER.interpret(Question(text=question), workspace.catalog.asked(), values)
    if not expected:
        assert found.status == "refused"
        assert found.reason
        return
    assert found.status == "answered", found
    assert essence(found.readings[0].plan) == expected
