from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalect.planner.linking.numbers import chinese_number, find_numbers
from datalect.planner.linking.text import normalise
from datalect.planner.linking.tokens import tokenise


def read(text: str):
    return find_numbers(tokenise(normalise(text).text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.5", 1234.5), ("3.5万", 35_000), ("2亿", 200_000_000), ("5k", 5_000), ("2.5m", 2_500_000),
        ("3 million", 3_000_000), ("1.2 billion", 1.2e9), ("twenty-one", 21), ("three hundred", 300),
        ("两千", 2_000), ("三千五百", 3_500), ("三千五", 3_500), ("一百零五", 105), ("十二", 12), ("二十", 20),  # noqa: E501
        ("一万两千", 12_000), ("二零二四", 2024), ("一点五亿", 150_000_000), ("-5", -5), ("１２３", 123),
        ("a dozen", 12), ("100万", 1_000_000),
    ],
)  # fmt: skip
def test_values(text: str, value: float):
    (found,) = read(text)
    assert found.value == value


@pytest.mark.parametrize("text", ["12%", "12 percent", "百分之十二", "12 per cent", "１２％"])
def test_per_cent(text: str):
    (found,) = read(text)
    assert (found.value, found.percent) == (12, True)


@pytest.mark.parametrize(("text", "value"), [("third", 3), ("3rd", 3), ("第三", 3), ("第12", 12)])
def test_ordinals(text: str, value: int):
    (found,) = read(text)
    assert (found.value, found.ordinal) == (value, True)


@pytest.mark.parametrize("text", ["", "万", "亿", "点", "半", "百", "hello", "点五"])
def test_no_numbers(text: str):
    assert chinese_number(text) is None


_DIGITS = "零一二三四五六七八九"


def spell(number: int) -> str:
    """A Chinese numeral written the textbook way, for numbers below 100 million."""
    if number >= 10_000:
        rest = number % 10_000
        gap = "零" if 0 < rest < 1_000 else ""
        return spell(number // 10_000) + "万" + (gap + spell(rest) if rest else "")
    out, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            out += ("零" if zero and out else "") + _DIGITS[digit] + name
            zero = False
        else:
            zero = True
    return out or "零"


@pytest.mark.slow
@given(st.integers(min_value=1, max_value=99_999_999))
def test_chinese_numerals_come_back(number: int):
    text = spell(number)
    if len(text) == 1 or any(c in "十百千万" for c in text):
        assert chinese_number(text) == number


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str):
    tokens = tokenise(normalise(text).text)
    previous = 0
    for found in find_numbers(tokens):
        assert previous <= found.start < found.end <= len(tokens)
        previous = found.end


@pytest.mark.parametrize(
    ("text", "value"),
    [("below -10", -10.0), ("利润低于-10亿", -1e9), ("less than minus 5", -5.0), ("负3", -3.0)],
)
def test_a_sign_belongs_to_its_number(text: str, value: float):
    assert [n.value for n in find_numbers(tokenise(text))] == [value]


@pytest.mark.parametrize("text", ["2010-2012", "5-10", "a-10"])
def test_a_dash_between_things_is_no_sign(text: str):
    assert all(n.value > 0 for n in find_numbers(tokenise(text)))
