"""Slight values beside the header of the column that holds them, and only there."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from golden_tables import essence

from datalect.data.value_index import build_value_index
from datalect.data.workspace import open_workspace
from datalect.planner.base import Question
from datalect.planner.lexical import LexicalPlanner

ROWS = """club,result,grade,try diff,winning score
Loughor,D,A,+22,71 - 66 - 71
Bynea,W,B,+7,68 - 72 - 70
Tumble,L,A,-9,70 - 70 - 69
Furnace,W,C,n/a,66 - 68 - 72
"""


@lru_cache(maxsize=1)
def tables():
    with TemporaryDirectory() as folder:
        path = Path(folder) / "matches.csv"
        path.write_text(ROWS, encoding="utf-8")
        workspace = open_workspace([path])
    return workspace.catalog, build_value_index(workspace, None)


@pytest.mark.parametrize(
    ("question", "plan"),
    [
        ("Which club has a result of D?", "matches | list club | where result = D"),
        ("What is the club when the grade is \"A\"?", "matches | list club | where grade = A"),
        ("club with winning score 71-66-71", "matches | list club | where winning score = 71 - 66 - 71"),
    ],
)  # fmt: skip
def test_values_beside_their_header(question: str, plan: str):
    catalog, values = tables()
    found = LexicalPlanner().interpret(Question(text=question), catalog, values)
    assert essence(found.readings[0].plan) == plan


def test_an_article_is_no_grade():
    catalog, values = tables()
    found = LexicalPlanner().interpret(Question(text="Which grade has a club?"), catalog, values)
    assert all("grade = A" not in essence(r.plan) for r in found.readings)
