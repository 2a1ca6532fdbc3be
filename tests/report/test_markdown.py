"""The report as Markdown: all sentences, and nothing a cell could format."""

# ruff: noqa: E501 - tables of cases read best in one line each

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from datalect.report.markdown import escaped, fenced, to_markdown
from datalect.report.model import Report
from report.reports import orders_report, same, with_text

_PARSER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")


def kinds(text: str) -> list[str]:
    """Kinds of the marks a viewer sees, in order."""
    found = []
    for token in _PARSER.parse(text):
        found.append(token.type)
        found += [child.type for child in token.children or () if child.type not in ("text", "text_special")]
    return found


def test_every_sentence_in_one_language() -> None:
    report = orders_report()
    english, chinese = to_markdown(report, "en"), to_markdown(report, "zh")
    for fact in report.facts:
        assert escaped(fact.sentence_en) in english and escaped(fact.sentence_zh) in chinese
    for column in report.columns:
        assert escaped(column.name) in english
    assert "What matters" not in chinese and "要点" not in english
    assert "Holds in 5 of 6 groups of region; not in North" in english


def test_the_query_of_a_sentence_carries_its_number() -> None:
    text = to_markdown(orders_report(), "en")
    assert re.search(r"^1\. Orders paid by invoice .*\\\[1\\\]$", text, re.MULTILINE)
    assert "```sql\nSELECT payment" in text


def test_the_columns_are_a_table() -> None:
    assert kinds(to_markdown(orders_report(), "en")).count("tr_open") == 1 + len(orders_report().columns)


@settings(max_examples=150)
@given(
    text=st.lists(
        st.sampled_from(
            ["<b>", "</td>", "![x](y)", "[x](y)", "**", "__", "~~", "`", "```", "|", "\n", "\n\n", "# ", "- ", "1. ",
             "1) ", "+ ", "> ", "http://a.b", "https://a.b/c", "www.a.b", "<http://a.b>", "&amp;", "&#60;", "$x$", "\\", "\u202e",
             "\x00", "---", "===", "<!--", "]]>", "    ", "\t", "* ", "x", "中文", "{", "}", "[^1]", "<script>"]
        )
        | st.text(max_size=6),
        min_size=1, max_size=8,
    ).map(lambda parts: "x".join(parts))
)  # fmt: skip
def test_no_text_is_a_mark(text: str) -> None:
    inline = _PARSER.parseInline(escaped(text))[0].children or []
    assert {t.type for t in inline} <= {"text", "text_special"}
    block = [t.type for t in _PARSER.parse("- " + escaped(text)) if t.type not in ("text", "inline")]
    expected = ["bullet_list_open", "list_item_open", "paragraph_open", "paragraph_close", "list_item_close",
                "bullet_list_close"]  # fmt: skip
    assert block in (expected, [t for t in expected if not t.startswith("paragraph")])


@pytest.mark.parametrize(
    "text",
    ["x</td><script>1</script>", "x|y|z", "x\n\n# y", "x```y", "x ![a](http://b/c.png)", "x<!--", "x\\"],
)
def test_a_whole_report_keeps_its_form(text: str) -> None:
    assert kinds(to_markdown(with_text(text), "en")) == kinds(to_markdown(with_text("x"), "en"))


@given(code=st.text(alphabet="`a\n~ ", min_size=1, max_size=30))
def test_code_stays_in_its_fence(code: str) -> None:
    tokens = _PARSER.parse("\n".join([*fenced(code, "sql"), "after"]))
    assert [t.type for t in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]


@pytest.mark.parametrize("text", ["http://a.b/c", "see https://a.b", "WWW.a.b", "ftp://a.b"])
def test_addresses_do_not_become_links(text: str) -> None:
    shown = escaped(text)
    assert not re.search(r"(?i)[a-z]://|www\.", shown)
    children = _PARSER.parseInline(shown)[0].children or []
    assert "".join(t.content for t in children) == text


def test_an_empty_report() -> None:
    text = to_markdown(Report(table="t", title=same("t")), "en")
    assert text.startswith("# t\n") and "## SQL" not in text and text.endswith("\n")
    assert to_markdown(replace(orders_report(), facts=(), problems=()), "zh")
