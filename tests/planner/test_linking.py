from __future__ import annotations

import pytest
from golden_tables import opened
from hypothesis import given, settings
from hypothesis import strategies as st

from datalect.planner.lexical.link import link
from datalect.planner.linking.index import term_index
from datalect.planner.linking.stem import stem
from datalect.planner.linking.text import detect_language, normalise
from datalect.planner.linking.tokens import split_header, tokenise
from datalect.planner.linking.vocabulary import segment_chinese, synonyms, term_key, vocabulary


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("unitPrice", ["unit", "price"]), ("order_date", ["order", "date"]), ("HTTPStatus", ["http", "status"]),  # noqa: E501
        ("客户城市", ["客户城市"]), ("Miles per Gallon", ["miles", "per", "gallon"]), ("Q1Sales", ["q", "1", "sales"]),  # noqa: E501
        ("平均price", ["平均", "price"]),
    ],
)  # fmt: skip
def test_headers_fall_into_words(header: str, words: list[str]):
    assert split_header(header) == words


@pytest.mark.parametrize(
    ("word", "other"),
    [("city", "cities"), ("order", "ordered"), ("price", "prices"), ("customer", "customer's"), ("box", "boxes"),  # noqa: E501
     ("person", "people"), ("sell", "sold"), ("country", "countries"), ("ship", "shipped")],
)  # fmt: skip
def test_forms_of_a_word_meet(word: str, other: str):
    assert stem(word) == stem(other)


@pytest.mark.parametrize(
    ("word", "other"), [("news", "new"), ("status", "statu"), ("bus", "bu"), ("class", "clas")]
)
def test_words_that_only_look_alike_stay_apart(word: str, other: str):
    assert stem(word) != other


@pytest.mark.parametrize(
    ("chinese", "english"),
    [("销售额", "sales"), ("国家", "country"), ("收入", "revenue"), ("客户", "customer"), ("单价", "unit price"),  # noqa: E501
     ("工资", "salary"), ("部门", "department"), ("马力", "horsepower"), ("评分", "rating")],
)  # fmt: skip
def test_languages_meet_in_the_vocabulary(chinese: str, english: str):
    assert english in dict(synonyms(chinese))
    assert chinese in dict(synonyms(english))


def test_the_vocabulary_is_large_and_sound():
    words = vocabulary()
    assert len(words.concepts) >= 400
    for concept in words.concepts.values():
        assert concept.en
        assert all(near in words.concepts for near in concept.near), concept


def test_chinese_is_cut_by_longest_match():
    assert segment_chinese("客户城市名称") == ["客户", "城市", "名称"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How many orders?", "en"),
        ("有多少订单", "zh"),
        ("Beijing 的订单有多少", "zh"),
        ("orders in 北京", "en"),
        ("", "en"),
    ],
)
def test_language(text: str, language: str):
    assert detect_language(text) == language


@pytest.mark.parametrize(
    ("tables", "term", "target"),
    [
        ("shop", "销售额", ("col", "orders.sales_amount")),
        ("shop", "城市", ("col", "customers.city")),
        ("shop", "产品", ("table", "products")),
        ("shop", "order date", ("col", "orders.order_date")),
        ("shop", "clients", ("table", "customers")),
        ("cars", "weight", ("col", "cars.Weight_in_lbs")),
        ("cars", "油耗", ("col", "cars.Miles_per_Gallon")),
        ("cars", "mpg", ("col", "cars.Miles_per_Gallon")),
        ("staff", "salary", ("col", "员工表.工资")),
        ("staff", "hire date", ("col", "员工表.入职日期")),
        ("staff", "员工", ("table", "员工表")),
    ],
)
def test_terms_find_their_columns(tables: str, term: str, target: tuple[str, str]):
    workspace, _ = opened(tables)
    index = term_index(workspace.catalog)
    found = index.terms[term_key(term)]
    assert max(found, key=lambda t: found[t]) == target


@given(st.text(max_size=150))
def test_normalising_keeps_the_way_back(text: str):
    normal = normalise(text)
    assert len(normal.offsets) == len(normal.text) + 1
    assert list(normal.offsets) == sorted(normal.offsets)
    for token in tokenise(normal.text):
        start, end = normal.original(token.start, token.end)
        assert 0 <= start < end <= len(text)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_items_cover_every_token_once(text: str):
    workspace, values = opened("cars")
    normal = normalise(text)
    seq = link(normal, workspace.catalog, values)
    position = 0
    for item in seq.items:
        assert item.first >= position or item.first == item.last - 1
        position = max(position, item.last)
