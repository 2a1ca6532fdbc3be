"""Dialects: delimiters, quotes, headers and types."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalect.data.dialect import column_types, sniff, unique_names, value_type

TABLE = [
    ["order", "customer", "date", "amount"],
    ["1", "Ann, née Smith", "2024-01-05", "10.5"],
    ["2", "Bob; the builder", "2024-01-06", "20"],
    ["3", "Eve | Mallory", "2024-01-07", "7.25"],
    ["4", "张三", "2024-01-08", "1200"],
]


def written(rows: list[list[str]], delimiter: str, quote: str = '"') -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quotechar=quote, lineterminator="\n").writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "^", "~", "\x01", "\x1f"])
@pytest.mark.parametrize("quote", ['"', "'"])
def test_delimiters_and_quotes_are_found(delimiter: str, quote: str) -> None:
    found = sniff(written(TABLE, delimiter, quote), complete=True)
    assert found.delimiter == delimiter
    assert found.header == tuple(TABLE[0])
    assert (found.width, found.skip) == (4, 1)


def test_delimiter_of_two_characters() -> None:
    found = sniff("a||b||c\n1||x|y||2\n3||z||4\n", complete=True)
    assert (found.delimiter, found.width) == ("||", 3)


def test_decimal_commas_between_semicolons() -> None:
    found = sniff("name;price;tax\nA;1,50;0,19\nB;2,75;0,07\nC;10,00;0,19\n", complete=True)
    assert (found.delimiter, found.width) == (";", 3)


def test_times_and_spaces_do_not_delimit() -> None:
    found = sniff(
        "when,what\n2024-01-01 10:00:00,start of shift\n2024-01-01 18:30:00,end of shift\n", complete=True
    )
    assert (found.delimiter, found.width) == (",", 2)


def test_prose_is_one_column() -> None:
    found = sniff("line\nHello, world\nNo comma here\nOne, two, three, four\nfin\n", complete=True)
    assert found.width == 1
    assert found.delimiter not in "Hello, world\nOne two three four"


@pytest.mark.parametrize(
    "text",
    [
        "1,Ann,3.5\n2,Bob,4.5\n3,Eve,5.5\n",
        "2024-01-01,5\n2024-01-02,6\n2024-01-03,7\n",
        "ham\tsee you\nspam\tfree prize\nham\tok then\nspam\twin now\nham\tlater\n",
        "M,0.455,15\nF,0.53,9\nM,0.44,10\nI,0.33,7\n",
        "6,148,72,35\n1,85,66,29\n8,183,64,0\n",
    ],
)
def test_first_row_of_data_is_no_header(text: str) -> None:
    assert sniff(text, complete=True).header is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "country,2019,2020,2021\nFrance,1.5,2.5,3.5\nSpain,2.5,3.5,4.5\n",
            ("country", "2019", "2020", "2021"),
        ),
        ("name,city\nAnn,Paris\nBob,Rome\nEve,Oslo\n", ("name", "city")),
        ("姓名,城市\n张三,北京\n李四,上海\n", ("姓名", "城市")),
        (",a,b\n0,1,x\n1,2,y\n", ("", "a", "b")),
        ("a,b\n", ("a", "b")),
    ],
)
def test_headers_are_found(text: str, names: tuple[str, ...]) -> None:
    assert sniff(text, complete=True).header == names


def test_user_may_say_whether_there_is_a_header() -> None:
    assert sniff("1,2\n3,4\n", complete=True, header=True).header == ("1", "2")
    assert sniff("a,b\n3,4\n", complete=True, header=False).header is None


def test_titles_comments_and_blank_lines_above_the_header() -> None:
    text = "# exported 2024-05-01\nSales by region,,\n,,\nregion,q1,q2\nNorth,1,2\nSouth,3,4\nEast,5,6\n"
    found = sniff(text, complete=True)
    assert found.header == ("region", "q1", "q2")
    assert found.skip == 4
    assert found.preamble[:2] == ("# exported 2024-05-01", "Sales by region,,")


def test_row_that_counts_the_columns_is_no_header() -> None:
    found = sniff("0,1,2\nname,age,city\nAnn,31,Rome\nBob,27,Oslo\n", complete=True)
    assert found.header == ("name", "age", "city")


def test_header_over_two_lines() -> None:
    found = sniff('"amount\n(EUR)",name\n1,x\n2,y\n', complete=True)
    assert found.header == ("amount\n(EUR)", "name")
    assert (found.skip, found.skip_records) == (2, 1)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0", "BIGINT"), ("-12", "BIGINT"), ("007", "VARCHAR"), ("+5", "VARCHAR"), ("1e3", "DOUBLE"),
        ("1.50", "DOUBLE"), (".5", "DOUBLE"), ("1,234", "VARCHAR"), ("9" * 18, "BIGINT"),
        ("9" * 19, "VARCHAR"),
        ("nan", "VARCHAR"), ("inf", "VARCHAR"), ("true", "BOOLEAN"), ("yes", "VARCHAR"),
        ("2024-02-30", "DATE"),
        ("2024-2-3", "VARCHAR"), ("2024-02-03 10:11:12", "TIMESTAMP"), ("2024-02-03T10:11", "TIMESTAMP"),
        ("2024-02-03T10:11:12Z", "VARCHAR"), ("10:11:12", "TIME"), ("25:00:00", "VARCHAR"),
        ("１２", "VARCHAR"),
    ],
)  # fmt: skip
def test_narrowest_types(text: str, kind: str) -> None:
    assert value_type(text) == kind


def test_types_of_columns_that_mix() -> None:
    rows = [["1", "1", "2024-01-01", "", "x"], ["2", "2.5", "2024-01-01 10:00", "", "1"]]
    assert column_types(rows, 5) == ["BIGINT", "DOUBLE", "TIMESTAMP", "", "VARCHAR"]


NAMES = st.text(alphabet="aA bB1_-.\n\u200b张", max_size=4)


@given(st.lists(NAMES, max_size=12))
def test_unique_names_are_filled_and_distinct_for_sql(names: list[str]) -> None:
    result, changed, made_up = unique_names(names)
    assert len(result) == len(names)
    assert len({name.casefold() for name in result}) == len(names)
    assert all(name.strip() for name in result)
    assert len(changed) + len(made_up) <= len(names)


CELLS = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12
)


@given(
    st.lists(st.tuples(st.integers(0, 10**9), CELLS, st.floats(0, 1e6).map(repr)), min_size=4, max_size=20)
)
def test_sniffing_any_written_table_finds_its_width(rows: list[tuple[int, str, str]]) -> None:
    text = written([["number", "words", "value"], *[[str(a), b, c] for a, b, c in rows]], ",")
    found = sniff(text, complete=True)
    assert found.width == 3
    assert found.delimiter == ","
