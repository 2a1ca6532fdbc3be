"""Finding stored values from words, in both languages."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog_tools import column, loaded
from datalect.data import profile, value_index, value_words
from datalect.data.catalog import build_catalog
from datalect.data.glossary import Glossary
from datalect.data.model import Workspace
from datalect.data.value_index import build_value_index
from datalect.data.value_words import normalise
from datalect.data.values import ValueIndex


@pytest.fixture
def index_of(tmp_path):
    def build(glossary: str = "", **selects: str) -> ValueIndex:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute("CREATE SCHEMA source")
            for name, select in selects.items():
                connection.execute(f'CREATE TABLE source."{name}" AS {select}')
            catalog = build_catalog(connection, loaded(connection), Glossary.parse(glossary))
        return build_value_index(Workspace(database=path, catalog=catalog))

    return build


ROWS = (
    "('New York', '电子产品', 'Banana', '是', 'IN', 12)",
    "('São Paulo', '家具', 'Cherries', '否', 'NY', 5)",
    "('北京', '电子产品', 'T-Shirt', '是', 'OR', 7)",
    "('北京', '服装', 'Banana', '否', 'OR', 7)",
)
SHOP = {"shop": f"SELECT * FROM (VALUES {', '.join(ROWS)}) v(city, 品类, product, 会员, state, n)"}


def spoken(index, question):
    return {(question[m.start : m.end], h.column, h.value) for m in index.mentions(question) for h in m.hits}


def test_equal_after_normalisation(index_of):
    index = index_of(**SHOP)
    for text in ("new york", "NEW  YORK", "Ｎｅｗ Ｙｏｒｋ", "new-york", " New York "):
        (hit,) = index.find(text)
        assert (hit.column, hit.value, hit.count, hit.score) == ("shop.city", "New York", 1, 1.0)
    assert [h.count for h in index.find("电子产品")] == [2]
    assert index.find("new york", columns=["shop.product"]) == ()
    assert index.find("nowhere") == ()


def test_english_plurals(index_of):
    index = index_of(**SHOP)
    assert [h.value for h in index.find("bananas")] == ["Banana"]
    assert [h.value for h in index.find("cherry")] == ["Cherries"]
    assert index.find("bananas")[0].score < 1


def test_mentions_in_both_languages(index_of):
    index = index_of(**SHOP)
    assert spoken(index, "How many bananas were sold in New York?") == {
        ("bananas", "shop.product", "Banana"),
        ("New York", "shop.city", "New York"),
    }
    assert spoken(index, "北京的电子产品卖了多少") == {
        ("北京", "shop.city", "北京"),
        ("电子产品", "shop.品类", "电子产品"),
    }
    assert spoken(index, "t shirts") == {("t shirts", "shop.product", "T-Shirt")}


def test_words_are_not_cut_and_small_words_are_no_states(index_of):
    index = index_of(**SHOP)
    assert spoken(index, "newyorker bananarama") == set()
    assert spoken(index, "sales in winter or spring") == set()
    assert spoken(index, "sales in OR") == {("OR", "shop.state", "OR")}


def test_longest_first(index_of):
    index = index_of(t="SELECT unnest(['York', 'New York', 'Rock', 'Rock And Roll']) AS x")
    lengths = [m.end - m.start for m in index.mentions("rock and roll in new york")]
    assert lengths == sorted(lengths, reverse=True)
    assert len(lengths) == 4


def test_nearest(index_of):
    index = index_of(**SHOP)
    assert index.nearest("new yrok")[0].value == "New York"
    assert index.nearest("电子产平")[0].value == "电子产品"
    assert index.nearest("sao paulo", columns=["shop.city"])[0].value == "São Paulo"
    assert index.nearest("banana")[0].score == 1.0
    assert all(h.score < 1 for h in index.nearest("bananna"))
    assert index.nearest("", limit=3) == ()
    assert index.nearest("zzzzqqqq") == ()


def test_yes_and_no_find_the_flag(index_of):
    index = index_of(**SHOP)
    assert [(h.column, h.value) for h in index.find("是")] == [("shop.会员", True)]


def test_aliases_and_hidden_columns(index_of):
    columns = "      city: {values: {Big Apple: New York, 帝都: 北京}}\n      product: {hidden: true}"
    words = f"tables:\n  shop:\n    columns:\n{columns}"
    index = index_of(words, **SHOP)
    assert [(h.value, h.count) for h in index.find("big apple")] == [("New York", 1)]
    assert spoken(index, "帝都的销量") == {("帝都", "shop.city", "北京")}
    assert index.find("Banana") == ()


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
def test_values_the_profile_does_not_list_are_found(index_of, monkeypatch, large):
    monkeypatch.setattr(profile, "COMPLETE_VALUES", 20)
    monkeypatch.setattr(profile, "FREQUENT_VALUES", 5)
    if large:
        monkeypatch.setattr(value_index, "HELD_VALUES", 100)
        monkeypatch.setattr(value_index, "REPEATING_VALUES", 100)
    index = index_of(
        songs="SELECT 'Song Number ' || i AS title, '第' || i || '号歌曲' AS 歌名 FROM range(3000) r(i)"
    )
    assert [h.value for h in index.find("song number 2718")] == ["Song Number 2718"]
    found = {h.value for m in index.mentions("who sang Song Number 2718? 第31号歌曲呢") for h in m.hits}
    assert {"Song Number 2718", "第31号歌曲"} <= found
    assert index.nearest("song nmber 2718")[0].value == "Song Number 2718"


def test_free_text_is_no_value(index_of):
    remark = "a long remark that goes on and on and tells what happened on that day"
    index = index_of(t=column([f"{i}: {remark}" for i in range(3000)]))
    assert index.mentions(remark) == ()


def test_it_keeps_the_contract(index_of):
    index = index_of(**SHOP)
    assert isinstance(index, ValueIndex)
    assert index.mentions("") == ()
    assert index.mentions("北京" * 5000)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8),
    st.text(max_size=20),
    st.text(max_size=10),
)
def test_mentions_lie_inside_the_question(values, before, after):
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA source")
        connection.execute("CREATE TABLE source.t AS SELECT unnest(?::VARCHAR[]) AS x", [values])
        catalog = build_catalog(connection, loaded(connection))
    index = build_value_index(Workspace(database=None, catalog=catalog))
    question = f"{before} {values[0]} {after}"
    for mention in index.mentions(question):
        assert 0 <= mention.start < mention.end <= len(question)
        words = normalise(question[mention.start : mention.end])
        assert words
        assert all(
            h.score < 1 or normalise(str(h.value)) == words for h in mention.hits if isinstance(h.value, str)
        )
    stored = catalog.tables[0].columns[0]
    if stored.dtype == "VARCHAR" and normalise(values[0]):
        assert values[0] in [h.value for h in index.find(values[0])]


@given(st.text() | st.text(alphabet="aA1.·_'-,é东１%ﬁİß\u0301 \t\x1f\u2028"))
def test_normalising_a_whole_text_is_normalising_its_characters(text: str) -> None:
    folded = "".join(char for char, _ in value_words._folded(text)).strip()
    assert normalise(text) == folded
