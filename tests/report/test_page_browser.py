"""The page in a real browser: it asks for nothing, runs nothing foreign, works by mouse and keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from browser import Browser, Page, browser, find_browser
from datalect.report.model import Report
from datalect.report.page import render
from report.reports import numbered_columns, orders_report, with_text

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="needs Chromium; name one in DATALECT_BROWSER"),
]
_ENTER = ("Enter", 13, "\r")


@pytest.fixture(scope="module")
def running() -> Iterator[Browser]:
    with browser() as held:
        yield held


@pytest.fixture
def tab(running: Browser) -> Iterator[Page]:
    page = running.page()
    page.emulate(1280, 900)
    yield page
    page.close()


def show(tab: Page, tmp_path: Path, report: Report | None = None) -> str:
    """Write a report, open it, and give its address."""
    path = tmp_path / "report.html"
    path.write_text(render(report or orders_report(), "en"), encoding="utf-8")
    tab.go(path.as_uri())
    return path.as_uri()


def test_it_asks_for_nothing_and_breaks_no_rule(tab: Page, tmp_path: Path) -> None:
    address = show(tab, tmp_path)
    assert [r for r in tab.requests if r != "about:blank"] == [address]
    assert tab.messages == []


def test_the_policy_holds(tab: Page, tmp_path: Path) -> None:
    show(tab, tmp_path)
    tab.run(
        "(() => { const s = document.createElement('script'); s.append('window.foreign = 1');"
        " document.body.append(s); const i = document.createElement('img');"
        " i.src = 'http://127.0.0.1:9/x.png'; document.body.append(i); })()"
    )
    assert tab.run("window.foreign") is None
    assert tab.run("fetch('http://127.0.0.1:9/').then(() => 'reached', () => 'refused')") == "refused"
    assert any("Content Security Policy" in m for m in tab.messages)


def test_one_language_shows_and_the_other_is_one_click_away(tab: Page, tmp_path: Path) -> None:
    show(tab, tmp_path)
    english = tab.run("document.body.innerText")
    assert "What matters" in english and "要点" not in english
    tab.click("#lang-zh")
    chinese = tab.run("document.body.innerText")
    assert "要点" in chinese and "What matters" not in chinese
    assert tab.run("document.documentElement.lang") == "zh-CN"
    assert tab.run("document.title") == "订单 · 数据报告"


def test_light_and_dark(tab: Page, tmp_path: Path) -> None:
    show(tab, tmp_path)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = tab.run(ground)
    tab.click("#theme-dark")
    dark = tab.run(ground)
    assert dark != light
    tab.emulate(1280, 900, dark=True)
    tab.click("#theme-auto")
    assert tab.run(ground) == dark
    tab.click("#theme-light")
    assert tab.run(ground) == light


def test_a_sentence_opens_to_its_rows_and_its_sql(tab: Page, tmp_path: Path) -> None:
    show(tab, tmp_path)
    assert "GROUP BY payment" not in tab.run("document.body.innerText")
    tab.click("#f1 summary h3")
    text = tab.run("document.getElementById('f1').innerText")
    assert "GROUP BY payment" in text and "51,234" in text and "99 % interval" in text


def test_the_keyboard_is_enough(tab: Page, tmp_path: Path) -> None:
    show(tab, tmp_path)
    tab.run("document.querySelector('#f1 summary').focus()")
    assert tab.run("getComputedStyle(document.activeElement).outlineStyle") in ("solid", "auto")
    tab.press(*_ENTER)
    assert tab.run("document.getElementById('f1').open") is True
    reached = set()
    for _ in range(12):
        tab.press("Tab", 9)
        reached.add(tab.run("document.activeElement.localName + '.' + document.activeElement.className"))
    assert {"button.copy", "pre.", "summary."} <= reached


def test_search_and_order(tab: Page, tmp_path: Path) -> None:
    show(tab, tmp_path)
    shown = "[...document.querySelectorAll('#cols > li:not([hidden])')].map(e => e.dataset.name)"
    names = tab.run(shown)
    tab.run("document.getElementById('search').focus()")
    tab.send("Input.insertText", text="金额")
    assert tab.run(shown) == ["amount"]
    assert tab.run("document.getElementById('found').innerText") == "1 of 8 columns"
    tab.run(
        "(e => { e.value = ''; e.dispatchEvent(new Event('input')); })(document.getElementById('search'))"
    )
    tab.click("button[data-sort=missing]")
    assert tab.run(shown)[:3] == ["legacy_flag", "note", "email"]
    tab.click("button[data-sort=missing]")
    assert tab.run(shown)[-1] == "legacy_flag"
    tab.click("button[data-sort=name]")
    assert tab.run(shown) == sorted(names)
    assert tab.run("document.querySelector('button[data-sort=name]').getAttribute('aria-pressed')") == "true"
    tab.click("button[data-sort=place]")
    assert tab.run(shown) == names


def test_severities_are_filtered(tab: Page, tmp_path: Path) -> None:
    show(tab, tmp_path)
    listed = "[...document.querySelectorAll('.problems > li')]"
    seen = f"{listed}.filter(e => e.offsetHeight).map(e => e.dataset.severity)"
    assert tab.run(seen) == ["serious", "warning", "notice", "info"]
    tab.click("#show-notice")
    tab.click("#show-info")
    assert tab.run(seen) == ["serious", "warning"]


def test_what_is_copied(tab: Page, running: Browser, tmp_path: Path) -> None:
    fact = replace(orders_report().facts[0], sql='SELECT "a\u200bb" FROM t')
    address = show(tab, tmp_path, replace(orders_report(), facts=(fact,), problems=()))
    running.send("Browser.grantPermissions", {"permissions": ["clipboardReadWrite"]}, None)
    assert address.startswith("file:")
    tab.click("#f1 summary h3")
    tab.click("[data-copy=f1-says]")
    assert tab.run("navigator.clipboard.readText()") == fact.sentence_en
    tab.click("[data-copy=f1-sql]")
    assert tab.run("navigator.clipboard.readText()") == fact.sql
    assert tab.run("document.getElementById('status').textContent") == "Copied"
    tab.click("#lang-zh")
    tab.click("[data-copy=f1-says]")
    assert tab.run("navigator.clipboard.readText()") == fact.sentence_zh


def test_a_link_opens_what_it_leads_to(tab: Page, tmp_path: Path) -> None:
    show(tab, tmp_path)
    tab.run("document.querySelector('.kinds a[href=\"#c2\"]').click()")
    tab.run("new Promise(done => setTimeout(done, 50))")
    assert tab.run("document.getElementById('c2').open") is True
    tab.run("location.hash = '#%E0%A4%A'")
    assert tab.messages == []


def test_without_scripts_everything_can_be_read(tab: Page, tmp_path: Path) -> None:
    tab.send("Emulation.setScriptExecutionDisabled", value=True)
    show(tab, tmp_path)
    tab.click("#f1 summary h3")
    text = tab.run("document.body.innerText")
    assert "GROUP BY payment" in text and "legacy_flag" in text
    assert "Copy" not in text and "Search" not in text
    tab.click("#lang-zh")
    assert "要点" in tab.run("document.body.innerText")


@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_sideways_scrolling(tab: Page, tmp_path: Path, width: int, language: str) -> None:
    long = "averyveryverylongnamewithoutanyblank" * 6
    tab.emulate(width, 900)
    for report in (orders_report(), with_text(long), replace(orders_report(), columns=numbered_columns(90))):
        show(tab, tmp_path, report)
        tab.click(f"#lang-{language}")
        tab.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        assert tab.run("document.documentElement.scrollWidth") <= width


def test_print_leaves_out_what_only_a_screen_needs(tab: Page, tmp_path: Path) -> None:
    show(tab, tmp_path)
    tab.click("#f1 summary h3")
    tab.emulate(1280, 900, dark=True, medium="print")
    text = tab.run("document.body.innerText")
    assert "GROUP BY payment" in text and "Copy" not in text and "Search the columns" not in text
    assert tab.run("getComputedStyle(document.body).color") in ("rgb(27, 32, 38)", "rgb(0, 0, 0)")
    tab.pdf(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_everything_to_press_has_a_name_and_colours_have_contrast(tab: Page, tmp_path: Path) -> None:
    show(tab, tmp_path)
    tab.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    nodes = tab.send("Accessibility.getFullAXTree")["nodes"]
    pressed = {
        "button",
        "link",
        "checkbox",
        "radio",
        "searchbox",
        "DisclosureTriangle",
        "region",
        "navigation",
    }
    named = [n for n in nodes if not n.get("ignored") and n["role"]["value"] in pressed]
    assert len(named) > 40
    assert [n["role"]["value"] for n in named if not n.get("name", {}).get("value", "").strip()] == []
    for theme in ("light", "dark"):
        tab.click(f"#theme-{theme}")
        assert tab.run(_LEAST_CONTRAST) >= 4.5


_LEAST_CONTRAST = """
(() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!/, 0\\)$/.test(colour) && colour !== 'transparent') return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  let least = 21;
  for (const e of document.querySelectorAll('main *, header *, footer *')) {
    const texts = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!texts || !e.getClientRects().length || e.closest('.hidden')) continue;
    const style = getComputedStyle(e);
    const ink = e.namespaceURI.endsWith('svg') ? style.fill : style.color;
    const [a, b] = [light(ink), light(ground(e))].sort((x, y) => y - x);
    least = Math.min(least, (a + 0.05) / (b + 0.05));
  }
  return least;
})()
"""
