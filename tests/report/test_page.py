"""The page without a browser: what it holds, what it never holds, that cells cannot change its structure."""

# ruff: noqa: E501 - tables of cases read best in one line each

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalect.answer.ground import Words
from datalect.answer.safetext import visible
from datalect.report.model import ChartSpec, ColumnProfile, Evidence, Report, ReportFact
from datalect.report.page import render, render_fragment
from datalect.report.page_columns import column_views, value_text
from report.reports import numbered_columns, orders_report, same, with_text

_VOID = frozenset({"meta", "input", "br", "img", "link", "hr"})
_SVG = frozenset({"path", "rect", "circle", "use"})


class Outline(HTMLParser):
    """Elements, attributes and texts of a page; complains about elements that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.raw: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _SVG, tag
        self.elements.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, (tag, self._open[-3:])
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("script", "style"):
            self.raw.setdefault(self._open[-1], []).append(data)
        else:
            self.texts.append(data)

    def all_text(self) -> str:
        """The texts of the page, joined."""
        return "".join(self.texts)


@pytest.fixture(scope="module")
def page() -> str:
    return render(orders_report(), "en")


def test_every_section_and_every_fact_in_both_languages(page: str) -> None:
    outline = Outline(page)
    ids = [value for _, name, value in outline.attributes if name == "id"]
    for section in ("headlines", "trust", "columns", "relations", "time", "text", "method"):
        assert section in ids
    text = outline.all_text()
    for fact in orders_report().facts:
        assert fact.sentence_en in text
        assert fact.sentence_zh in text
    for column in orders_report().columns:
        assert column.name in text
        assert column.sentence.en in text and column.sentence.zh in text
    for problem in orders_report().problems:
        assert problem.message.en in text and problem.message.zh in text


def test_ids_are_unique_and_links_lead_somewhere(page: str) -> None:
    outline = Outline(page)
    ids = [value for _, name, value in outline.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    links = [
        value for _, name, value in outline.attributes if name in ("href", "data-copy", "aria-labelledby")
    ]
    assert links and {link.removeprefix("#") for link in links} <= set(ids)


def test_headings_and_landmarks(page: str) -> None:
    outline = Outline(page)
    assert outline.elements.count("h1") == 1
    assert outline.elements.count("main") == 1
    assert {"nav", "header", "footer"} <= set(outline.elements)
    levels = [int(tag[1]) for tag in outline.elements if re.fullmatch(r"h[1-6]", tag)]
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_the_policy_names_exactly_what_is_in_the_page(page: str) -> None:
    outline = Outline(page)
    policy = next(
        v for tag, name, v in outline.attributes if tag == "meta" and name == "content" and "src" in v
    )
    held = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert held["default-src"] == "'none'"
    styles, scripts = outline.raw["style"], outline.raw["script"]
    assert len(styles) == 1 and len(scripts) == 2
    assert json.loads(scripts[0])["exact"] == {}
    assert held["style-src"] == _digest(styles[0])
    assert held["script-src"] == _digest(scripts[1])
    assert "unsafe" not in policy and "http" not in policy


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_nothing_that_the_policy_would_have_to_allow(page: str) -> None:
    outline = Outline(page)
    for tag, name, value in outline.attributes:
        assert name != "style" and not name.startswith("on"), (tag, name)
        if name in ("href", "src", "action", "xlink:href", "srcset"):
            assert value.startswith("#"), (tag, name, value)
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & set(outline.elements)
    assert "http://" not in page and "https://" not in page and "//" not in "".join(outline.raw["style"])


def test_opens_in_the_language_asked_for() -> None:
    assert '<html lang="zh-CN">' in render(orders_report(), "zh")
    assert 'id="lang-zh" value="zh-CN" checked' in render(orders_report(), "zh")
    assert 'id="lang-en" value="en" checked' in render(orders_report(), "en")


def test_the_same_report_gives_the_same_page() -> None:
    assert render(orders_report(), "en") == render(orders_report(), "en")


# ---------------------------------------------------------------- hostile text

_PIECES = st.sampled_from(
    [
        "</script>", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{ 7*7 }}", "{% raw %}", "-->",
        "<!--", "]]>", "\u202e", "\u2066", "\u200b", "\u2028", "\x00", "\x1b[31m", "' onmouseover='x", '" autofocus="',
        "&lt;", "&#x3c;", "javascript:alert(1)", "</style>", "</title>", "</textarea>", "<svg/onload=alert(1)>",
        "\\", "`", "${x}", "'", "中文", "🙂",
    ]
)  # fmt: skip
_HOSTILE = st.lists(_PIECES | st.text(max_size=8), min_size=1, max_size=5).map(
    lambda parts: "x" + "".join(parts)
)


_AXIS = frozenset({"text", "path"})  # charts leave out labels that would overlap


@pytest.fixture(scope="module")
def plain() -> Outline:
    return Outline(render(with_text("plain"), "en"))


@settings(max_examples=25)
@given(text=_HOSTILE)
def test_no_text_changes_the_structure(plain: Outline, text: str) -> None:
    outline = Outline(render(with_text(text), "en"))
    assert _bones(outline) == _bones(plain)
    assert set(outline.elements) == set(plain.elements)
    assert {(t, n) for t, n, _ in outline.attributes} == {(t, n) for t, n, _ in plain.attributes}
    assert outline.raw["style"] == plain.raw["style"] and outline.raw["script"][1] == plain.raw["script"][1]
    assert visible(text, keep_newlines=True).strip() in outline.all_text()
    assert set(json.loads(outline.raw["script"][0])["exact"].values()) <= {text}
    shown = "".join(outline.texts) + "".join(v for _, _, v in outline.attributes)
    assert visible(shown, keep_newlines=True) == shown


def _bones(outline: Outline) -> Counter[str]:
    return Counter(tag for tag in outline.elements if tag not in _AXIS)


@settings(max_examples=30)
@given(text=_HOSTILE)
def test_a_notebook_gets_no_script(text: str) -> None:
    outline = Outline(render_fragment(with_text(text), "zh"))
    assert "script" not in outline.elements
    assert _bones(outline) == _bones(Outline(render_fragment(with_text("plain"), "zh")))


# ---------------------------------------------------------------- unusual tables


def test_no_rows_no_columns_no_facts() -> None:
    report = Report(table="t", title=same("t"))
    text = Outline(render(report, "en")).all_text()
    assert "no rows" in text and "no columns" in text
    assert "there is nothing to report" in text
    several = Outline(render(Report(table="t", title=same("t"), rows=9), "en")).all_text()
    assert "Nothing in this table stands out" in several
    assert "Outline" not in render_fragment(report, "en")


def test_one_column_has_no_relations() -> None:
    report = Report(table="t", title=same("t"), rows=3, columns=numbered_columns(1))
    page = render(report, "en")
    assert 'id="relations"' not in page and 'id="search"' not in page
    assert "3 rows × 1 column" in Outline(page).all_text()


def test_all_missing_and_constant_columns() -> None:
    columns = (
        ColumnProfile(name="gone", label=same("gone"), dtype="VARCHAR", meaning="unknown", rows=9, missing=9),
        ColumnProfile(name="one", label=same("one"), dtype="BIGINT", meaning="measure", rows=9, distinct=1,
                      minimum=4, maximum=4, mean=4.0, stddev=0.0, histogram=(9,), edges=(4.0, 4.0)),
    )  # fmt: skip
    text = Outline(render(Report(table="t", title=same("t"), rows=9, columns=columns), "en")).all_text()
    assert "100%" in text


@pytest.mark.parametrize("columns", [400, 1000])
def test_wide_tables_stay_within_what_opens_at_once(columns: int) -> None:
    report = replace(orders_report(), columns=numbered_columns(columns))
    page = render(report, "zh")
    assert page.count('class="col"') == columns
    assert len(page.encode()) <= 1_500_000 * max(1, columns / 400)


def test_long_names_are_cut_where_they_are_listed() -> None:
    columns = tuple(replace(c, name=c.name * 20_000, dtype="STRUCT" * 20_000) for c in numbered_columns(5))
    assert (
        len(render(replace(orders_report(), columns=columns, facts=(), problems=(), keys=()), "en")) < 60_000
    )


def test_target_and_comparison_have_sections() -> None:
    report = replace(orders_report(), target="amount", compared="orders_2023")
    text = Outline(render(report, "en")).all_text()
    assert "Nothing goes with amount" in text
    assert "changed against orders_2023" in text
    assert 'id="compare"' not in render(orders_report(), "en")


def test_code_with_characters_that_do_not_show_is_copied_as_it_is() -> None:
    fact = replace(orders_report().facts[0], sql='SELECT "a\u202eb" FROM t')
    outline = Outline(render(replace(orders_report(), facts=(fact,), problems=()), "en"))
    assert json.loads(outline.raw["script"][0])["exact"] == {"f1-sql": 'SELECT "a\u202eb" FROM t'}
    assert 'SELECT "a\\u202eb" FROM t' in outline.all_text()


def test_a_fact_of_a_problem_is_shown_once(page: str) -> None:
    assert page.count('id="f6"') == 1
    problems = page[page.index('class="problems"') : page.index("What was understood")]
    assert 'id="f6"' in problems


def test_what_was_done_is_said_only_where_it_is_known(page: str) -> None:
    text = Outline(page).all_text()
    assert "4 problems were found: 1 serious, 1 warning, 1 notice, 1 for information." in text
    assert "发现 4 个问题：严重 1 个、警告 1 个、注意 1 个、供参考 1 个。" in text
    assert text.count("Left as it is.") == 1 and text.count("Taken as missing.") == 1


def test_facts_without_ids_get_places() -> None:
    facts = tuple(replace(f, id="") for f in orders_report().facts)
    page = render(replace(orders_report(), facts=facts, problems=()), "en")
    assert all(f'id="f{k}"' in page for k in range(1, len(facts) + 1))


# ---------------------------------------------------------------- figures


@pytest.mark.parametrize(
    ("value", "meaning", "shown"),
    [
        (None, "", "–"), (True, "", "yes"), (1234, "", "1234"), (1234567, "", "1,234,567"), (1234567, "id", "1234567"),
        (-1234567, "", "−1,234,567"), (0.5, "", "0.5"), (18233.1, "", "18,233.1"), (Decimal("12.50"), "", "12.5"),
        (Decimal("NaN"), "", "nan"), (float("inf"), "", "inf"), (2e15, "", "2,000,000,000,000,000"),
        (39.904214, "latitude", "39.9042"), (date(2024, 1, 5), "", "2024-01-05"),
        (datetime(2024, 1, 5), "", "2024-01-05"), (datetime(2024, 1, 5, 8, 30), "", "2024-01-05 08:30:00"),
        (datetime(1, 1, 1, 8, 30), "", "0001-01-01 08:30:00"), ("x" * 500, "", "x" * 119 + "…"),
    ],
)  # fmt: skip
def test_cells_as_text(value: object, meaning: str, shown: str) -> None:
    assert value_text(value, meaning).en == shown


def test_a_share_is_never_rounded_to_all() -> None:
    fact = ReportFact(
        type="formula", sentence_en="a", sentence_zh="a", columns=(), effect=0.99996, effect_name="share",
        evidence=Evidence(columns=("n",), rows=((1,),)),
    )  # fmt: skip
    text = Outline(render(Report(table="t", title=same("t"), rows=1, facts=(fact,)), "en")).all_text()
    assert "99.996%" in text and "100%" not in text


@given(
    counts=st.lists(st.integers(0, 10**12), max_size=30), missing=st.integers(0, 100),
    low=st.floats(allow_nan=False, width=32), width=st.floats(0, 1e30),
)  # fmt: skip
def test_any_histogram_has_a_drawing_or_none(
    counts: list[int], missing: int, low: float, width: float
) -> None:
    edges = tuple(low + width * k for k in range(len(counts) + 1))
    column = ColumnProfile(name="n", label=same("n"), dtype="DOUBLE", meaning="measure", rows=100, missing=missing,
                           histogram=tuple(counts), edges=edges)  # fmt: skip
    view = column_views([column], [], {})[0]
    assert bool(view.spark) == any(counts)
    assert "nan" not in view.spark and "inf" not in view.spark


def test_the_chart_says_what_it_shows() -> None:
    chart = ChartSpec(mark="bar", labels=("a", "b"), y=(0.1, 0.4), reference=0.2, percent=True,
                      x_title=Words(en="group", zh="组"), y_title=Words(en="share late", zh="迟到比例"))  # fmt: skip
    fact = ReportFact(type="difference", sentence_en="s", sentence_zh="s", columns=(), chart=chart)
    text = Outline(render(Report(table="t", title=same("t"), rows=1, facts=(fact,)), "en")).all_text()
    assert "share late by group" in text.replace("\n", " ") or "share late" in text
    assert "overall" in text and "20%" in text and "总体" in text


def test_rows_behind_a_sentence_have_headings_people_can_read() -> None:
    chart = ChartSpec(mark="dots", x=(3.0, 27.5), y=(5.6, 28.4), x_title=Words(en="minutes", zh="分钟"),
                      y_title=Words(en="average fare", zh="平均车费"))  # fmt: skip
    steps = Evidence(columns=("v0", "n0", "v1", "n1"), rows=((5.6, 983, 28.4, 1001),))
    grouped = Evidence(columns=("group", "value", "n", "fare"), rows=(("a", 5.6, 983, 2),))
    facts = tuple(
        ReportFact(
            type="correlation", sentence_en="s", sentence_zh="s", columns=(), chart=chart, evidence=held
        )
        for held in (steps, grouped)
    )
    fare = ColumnProfile(name="fare", label=same("fare"), dtype="DOUBLE", meaning="money")
    page = render(Report(table="t", title=same("t"), rows=1, facts=facts, columns=(fare,)), "en")
    tables = [
        re.findall(r"<t[hd][^>]*><bdi>(?:<span lang=.en.>)?([^<]*)", t) for t in page.split("<table")[1:]
    ]
    assert tables[0] == ["minutes", "average fare", "rows", "3", "5.6", "983", "27.5", "28.4", "1001"]
    assert tables[1][:4] == ["minutes", "average fare", "rows", "fare"]


@pytest.mark.parametrize(
    ("edges", "dtype", "meaning", "ends"),
    [
        ((-0.5, 3.0, 6.5), "BIGINT", "count", ("0", "6")),
        ((0.0, 5.0, 960.0), "DOUBLE", "money", ("0", "960")),
        ((100_001.0, 1_100_000.0), "BIGINT", "id", ("100001", "1100000")),
        ((1_551_398_400.0, 1_554_076_799.0), "TIMESTAMP", "datetime", ("1 Mar", "31 Mar")),
        ((1_551_398_400.0, 1_654_076_799.0), "DATE", "date", ("Mar 2019", "Jun 2022")),
        ((float("-inf"), 3.0), "DOUBLE", "measure", ("", "")),
    ],
)
def test_ends_of_a_histogram(
    edges: tuple[float, ...], dtype: str, meaning: str, ends: tuple[str, str]
) -> None:
    column = ColumnProfile(name="n", label=same("n"), dtype=dtype, meaning=meaning, rows=9,
                           histogram=(1,) * (len(edges) - 1), edges=edges)  # fmt: skip
    view = column_views([column], [], {})[0]
    assert (view.low.en, view.high.en) == ends
