"""Numbers nobody counts the zeros of: powers of ten, in sentences and read back by the verifier."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import datalect
from datalect.answer.figures import same_value
from datalect.answer.formats import count, percent
from datalect.answer.read_numbers import read_quantity
from datalect.answer.verify import verify
from datalect.planner.base import Language


@pytest.mark.parametrize(
    ("number", "english", "chinese"),
    [
        (2**127, "1.7 × 10³⁸", "1.7 × 10³⁸"),
        (-1.25e18, "−1.25 × 10¹⁸", "−1.25 × 10¹⁸"),
        (3.2e-9, "3.2 × 10⁻⁹", "3.2 × 10⁻⁹"),
        (9.99e14, "999 trillion", "999万亿"),
        (1e15, "1 × 10¹⁵", "1 × 10¹⁵"),
    ],
)
def test_very_large_and_small_numbers_are_powers_of_ten(number: float, english: str, chinese: str) -> None:
    assert count(number, "en").text == english
    assert count(number, "zh").text == chinese


def test_percentages_too() -> None:
    assert percent(4.5e20).text == "4.5 × 10²⁰%"


@given(st.floats(min_value=1e15, max_value=1e300) | st.floats(min_value=1e-300, max_value=9e-7))
def test_what_is_written_is_read_back(number: float) -> None:
    text = count(number, "en").text
    found = read_quantity(text, 0)
    assert found is not None and found[1] == len(text)
    assert same_value(found[0], number)
    assert not same_value(found[0], number * 10)


@pytest.mark.parametrize("text", ["1.7 × 10³⁸", "1.7×10^38", "1.7e38", "1.7 x 10³⁸", "1.7e+38"])
def test_other_ways_to_write_them(text: str) -> None:
    found = read_quantity(text, 0)
    assert found is not None and found[1] == len(text) and found[0].value == pytest.approx(1.7e38)


@pytest.mark.parametrize("text", ["1e99999", "1 × 10⁹⁹⁹⁹⁹", "1e-99999"])
def test_powers_no_number_has(text: str) -> None:
    found = read_quantity(text, 0)
    assert found is not None and not same_value(found[0], 1.0)


@pytest.mark.parametrize(
    ("question", "language"), [("total of mass", "en"), ("质量的总和是多少？", "zh")], ids=["en", "zh"]
)
def test_an_answer_says_it_and_is_verified(tmp_path: Path, question: str, language: Language) -> None:
    file = tmp_path / "stars.csv"
    name = "mass" if language == "en" else "质量"
    file.write_text(f"star,{name}\n" + "".join(f"s{i},1.5e38\n" for i in range(10)), encoding="utf-8")
    with datalect.open(file) as data:
        answer = data.ask(question)
    sentence = str(answer.sentence)
    assert "1.5 × 10³⁹" in sentence
    assert verify(sentence, answer, language).ok
    assert not verify(sentence.replace("10³⁹", "10³⁸"), answer, language).ok
