# ruff: noqa: E501 - attacks are written as they stand
"""Whether hostile text in cells, headers, titles and file names can run a script in the report, in a real browser.

200 strings that attack HTML text, attributes, scripts, JSON, styles, SVG, templates, Markdown and terminals are put

- into real tables, one each: as name of the file (and so as title), as header and as cells, and reported as
  ``datalect report`` does (page, and Markdown rendered by a parser that lets HTML through);
- into every field a report has, through a report made by hand.

Each page is opened in headless Chromium; everything is unfolded, hovered, focused and clicked. Counted are dialogs,
scripts that ran, requests, elements a report does not have and complaints of the policy (which would mean that
markup got through and only the policy stopped it). A control page with the same strings written without escaping
shows that the strings do attack: how many ran there is printed beside. The last line is one JSON object.

    python benchmarks/report_hostile.py
"""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from browser import browser
from report.reports import with_text

if TYPE_CHECKING:
    from browser import Browser, Page

COUNT = 200
_RUN = "top.ran=(top.ran||0)+1"
_ALLOWED = frozenset(
    "html head meta title style script body a header nav ul li div fieldset legend label input span main p h1 h2 h3 "
    "h4 section ol details summary figure figcaption svg path rect circle text use dl dt dd table thead tbody tr th "
    "td bdi button code pre output footer time article".split()
)
_EXERCISE = """
(async () => {
  document.querySelectorAll('details').forEach(d => { d.open = true; });
  const events = ['mouseover', 'mouseenter', 'pointerdown', 'focus', 'focusin', 'animationstart', 'toggle', 'keydown'];
  for (const e of document.body.querySelectorAll('*')) {
    for (const kind of events) e.dispatchEvent(new Event(kind, {bubbles: true}));
    if (e.matches('button, summary, label, svg *, bdi, [onclick]')) e.dispatchEvent(new Event('click', {bubbles: true}));
    if (e.matches('a') && !/^#/.test(e.getAttribute('href') || '')) e.click();
  }
  const search = document.getElementById('search');
  if (search) { search.value = 'x'; search.dispatchEvent(new Event('input')); }
  await new Promise(done => setTimeout(done, PAUSE));
  const all = [...document.querySelectorAll('*')];
  return {
    ran: window.ran || 0,
    elements: [...new Set(all.map(e => e.localName))],
    scripts: document.querySelectorAll('script').length,
    handlers: all.filter(e => [...e.attributes].some(a => /^on/i.test(a.name) || a.name === 'style' && !e.matches('td, th'))).length,
    links: all.filter(e => e.matches('a') && !/^#/.test(e.getAttribute('href') || '')).length,
    bidi: (document.documentElement.innerHTML.match(/[\\u202a-\\u202e\\u2066-\\u2069\\u200b-\\u200f]/g) || []).length,
  };
})()
"""


def hostile_strings() -> list[str]:
    """The attacks: bare, in other spellings, and breaking out of where a value may stand."""
    bare = [
        f"<script>{_RUN}</script>", f"<ScRiPt>{_RUN}</sCrIpT >", f"<script\x0c>{_RUN}</script\n>",
        f"<img src=x onerror={_RUN}>", f'<img src="x" onerror="{_RUN}">', f"<img/src=x/onerror={_RUN}>",
        f"<svg onload={_RUN}>", f"<svg/onload={_RUN}>", f"<svg><script>{_RUN}</script></svg>",
        f"<svg><animate onbegin={_RUN} attributeName=x dur=1s>", f"<body onload={_RUN}>",
        f"<details open ontoggle={_RUN}>x</details>", f"<input autofocus onfocus={_RUN}>",
        f"<video><source onerror={_RUN}></video>", f"<audio src=x onerror={_RUN}>",
        f"<iframe srcdoc='<script>{_RUN}</script>'></iframe>", f"<iframe src=javascript:{_RUN}></iframe>",
        f"<object data=javascript:{_RUN}></object>", f"<embed src=javascript:{_RUN}>",
        f"<a href=javascript:{_RUN}>x</a>", f"<a href='java\tscript:{_RUN}'>x</a>",
        f"<math><a xlink:href=javascript:{_RUN}>x</a></math>", f"<form action=javascript:{_RUN}><button>x</button></form>",
        f"<style>@keyframes x{{}}</style><b style=animation-name:x onanimationstart={_RUN}>x</b>",
        "<link rel=stylesheet href=http://hostile.invalid/x.css>", "<img src=http://hostile.invalid/x.png>",
        "<meta http-equiv=refresh content='0;url=http://hostile.invalid/'>", "<base href=http://hostile.invalid/>",
        "<style>body{background:url(http://hostile.invalid/b)}</style>", f"<b onclick={_RUN}>x</b>",
        f"<div onmouseover='{_RUN}'>x</div>", f"<template><script>{_RUN}</script></template>",
        f"<noscript><p title='</noscript><img src=x onerror={_RUN}>'>", f"<xss onfocus={_RUN} tabindex=1 autofocus>",
        f"<marquee onstart={_RUN}>x</marquee>", f"<select autofocus onfocus={_RUN}>", f"<keygen autofocus onfocus={_RUN}>",
        f"<!--><img src=x onerror={_RUN}>-->", f"<![CDATA[<img src=x onerror={_RUN}>]]>", f"<?xml <img src=x onerror={_RUN}>?>",
    ]  # fmt: skip
    out_of = [
        "</script>{}", '"}}</script>{}', "</title>{}", "</style>{}", "</textarea>{}", "-->{}", "]]>{}", '">{}', "'>{}",
        "`>{}", "</pre></code>{}", "</svg>{}", "</summary></details>{}", "\u2028{}", "\x00{}",
    ]  # fmt: skip
    plain = [
        '" autofocus onfocus="' + _RUN, "' onmouseover='" + _RUN, "x onerror=" + _RUN, f"javascript:{_RUN}",
        f"data:text/html,<script>{_RUN}</script>", f"';{_RUN};//", f'";{_RUN};//', f"\\';{_RUN};//", f"${{{_RUN}}}", f"`;{_RUN};`",
        f"{{{{constructor.constructor('{_RUN}')()}}}}", "{{ 7*7 }}{% include '/etc/passwd' %}", "{{ cycler.__init__ }}",
        "&lt;script&gt;" + _RUN + "&lt;/script&gt;", f"&#60;script&#62;{_RUN}&#60;/script&#62;", f"\\x3cscript\\x3e{_RUN}\\x3c/script\\x3e",
        f"\\u003cscript\\u003e{_RUN}\\u003c/script\\u003e", f"＜script＞{_RUN}＜/script＞", f"+ADw-script+AD4-{_RUN}+ADw-/script+AD4-",
        f"[x](javascript:{_RUN})", f"![x](x\"onerror=\"{_RUN})", f"<javascript:{_RUN}>", f"[x]: javascript:{_RUN}", "![x](http://hostile.invalid/m.png)",
        f"```\n<script>{_RUN}</script>", f"| a | <img src=x onerror={_RUN}> |", "# <h1>", f"~~~\n</pre><script>{_RUN}</script>",
        "\u202egnp.<script>", "\u2066abc\u2069<b>", "\u200b<script\u200b>", "a\u0000b<script>", "\x1b[2J\x1b]0;x\x07", "\ud7ff\ue000\ufffe<",
        "=HYPERLINK(\"http://hostile.invalid\")", "=cmd|' /C calc'!A0", "@SUM(1)", "%3Cscript%3E", "<" * 60, "&" * 60, "\"" * 30, "'" * 30,
        f"expression({_RUN})", f"url(javascript:{_RUN})", "}</style>", f"*/{_RUN}/*", f"//{_RUN}", f"__proto__\"]; {_RUN}", "constructor", "</",
    ]  # fmt: skip
    strings = [*bare, *plain]
    strings += [form.format(bare[k % len(bare)]) for k, form in enumerate(out_of * 8)]
    unique = list(dict.fromkeys(strings))[:COUNT]
    if len(unique) != COUNT:
        raise SystemExit(f"{COUNT} strings were promised, there are {len(unique)}")
    return unique


def table(folder: Path, number: int, text: str) -> Path:
    """A real CSV file with the string as its name, as a header and as cells."""
    inside = folder / f"t{number}"
    inside.mkdir()
    name = (
        "".join("\u2215" if c == "/" else c for c in text if c != "\x00")
        .encode()[:180]
        .decode(errors="ignore")
    )
    path = inside / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", text, f"{text} 2", "amount", "day"])
        for row in range(90):
            cells = [text if row % 3 else "other", f"{text}{row % 4}"]
            writer.writerow(
                [row, *cells, row % 3 * 50 + row % 7, f"2024-{row % 12 + 1:02d}-{row % 28 + 1:02d}"]
            )
    return path


def look(tab: Page, path: Path, pause: int) -> dict[str, Any]:
    """Open a page, do to it what a reader could do, and say what happened."""
    tab.requests.clear()
    tab.dialogs.clear()
    tab.messages.clear()
    tab.go(path.as_uri())
    seen: dict[str, Any] = tab.run(_EXERCISE.replace("PAUSE", str(pause)))
    seen["requests"] = [r for r in tab.requests if r not in (path.as_uri(), "about:blank")]
    seen["dialogs"] = len(tab.dialogs)
    seen["policy"] = [m for m in tab.messages if "Content Security Policy" in m or "Refused" in m]
    return seen


def faults(seen: dict[str, Any], *, page: bool) -> list[str]:
    """What a report must not do."""
    found = [name for name in ("ran", "dialogs", "handlers", "links", "bidi") if seen[name]]
    found += [f"request {r}" for r in seen["requests"]] + [f"policy {m}" for m in seen["policy"]]
    if page:
        found += [f"element {name}" for name in seen["elements"] if name not in _ALLOWED]
        found += [] if seen["scripts"] == 2 else [f"{seen['scripts']} scripts"]
    return found


def as_markdown(text: str) -> str:
    """Markdown as a viewer shows it that lets HTML through and knows no policy."""
    from markdown_it import MarkdownIt

    return f"<!doctype html><meta charset=utf-8><body>{MarkdownIt('commonmark', {'html': True}).enable('table').render(text)}"


def control(running: Browser, folder: Path, strings: list[str]) -> int:
    """How many of the strings run a script or reach for the network when nobody escapes them."""
    count = 0
    for number, text in enumerate(strings):
        path = folder / f"control{number}.html"
        path.write_text(
            f'<!doctype html><meta charset=utf-8><body><p title="{text}">{text}', encoding="utf-8"
        )
        tab = running.page()
        try:
            seen = look(tab, path, 20)
            count += bool(seen["ran"] or seen["dialogs"] or seen["requests"])
        except RuntimeError:
            count += 1  # it went away: the string moved the reader elsewhere
        tab.close()
    return count


def main() -> None:
    """Measure, and print one JSON object."""
    import datalect
    from datalect.report.page import render

    strings = hostile_strings()
    wrong: list[dict[str, Any]] = []
    counts = {"pages_by_hand": 0, "pages_of_tables": 0, "markdown": 0, "refused_tables": 0}
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="datalect-hostile-") as held, browser() as running:
        folder = Path(held)
        os.environ["DATALECT_CACHE"] = str(folder / "cache")  # nothing of this stays in the reader's cache
        ran = control(running, folder, strings)
        tab = running.page()

        def check(path: Path, kind: str, what: str, *, page: bool = True) -> None:
            found = faults(look(tab, path, 5), page=page)
            counts[kind] += 1
            if found:
                wrong.append({"kind": kind, "string": what, "faults": found[:5]})

        for number, text in enumerate(strings):
            language = "zh" if number % 2 else "en"
            path = folder / f"hand{number}.html"
            path.write_text(render(replace(with_text(text), language=language), language), encoding="utf-8")
            check(path, "pages_by_hand", text)
            source = table(folder, number, text)
            try:
                with datalect.open(str(source)) as data:
                    report = data.report()
            except datalect.DatalectError as error:
                counts["refused_tables"] += 1
                print(f"refused: {source.name!r}: {error}", file=sys.stderr)
                continue
            check(report.save(folder / f"table{number}.html"), "pages_of_tables", text)
            path = folder / f"table{number}.md.html"
            path.write_text(as_markdown(report.to_markdown()), encoding="utf-8")
            check(path, "markdown", text, page=False)
    for item in wrong:
        print(json.dumps(item, ensure_ascii=True), file=sys.stderr)
    print(
        json.dumps(
            {
                "strings": len(strings), "attack_when_not_escaped": ran, **counts, "pages_with_faults": len(wrong),
                "seconds": round(time.monotonic() - started, 1),
            }
        )
    )  # fmt: skip
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
