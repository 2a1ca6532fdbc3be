"""Patterns that are skipped for want of their letters could not have matched."""

from __future__ import annotations

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from datalect.planner.lexical import cues


@given(st.data())
def test_every_match_holds_the_letters_its_pattern_needs(data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from(cues._patterns()))
    plain = re.compile(pattern.text.replace("{n}", cues._NUMBER).replace("{o}", cues._ORDINAL, 1))
    question = data.draw(st.from_regex(plain))
    found = plain.search(question)
    assume(found is not None)
    assert found is not None
    assert pattern.needs in found[0]


def test_alternatives_and_optional_letters_are_not_needed() -> None:
    assert cues._needed("sums?") == "sum"
    assert cues._needed("most|least") == ""
    assert cues._needed("(?:a|b)cd[ef]g*h") == "cd"
    assert cues._needed(r"x{2,3}yz\\b") == "yz"
    assert cues._needed("[)]abc") == ""


def test_most_patterns_are_not_tried_on_a_question() -> None:
    tried = [p for p in cues._patterns() if p.needs in "total of total by category"]
    assert len(tried) < len(cues._patterns()) / 10
