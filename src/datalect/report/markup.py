"""The one place where text becomes HTML: everything else is made visible and escaped."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup

from datalect.answer.ground import Words
from datalect.answer.safetext import escape_html, visible


def trusted(text: str) -> Markup:
    """HTML written by this package, in which every value was escaped. Never give it a text from a table."""
    return Markup(text)  # noqa: S704 - the only one; callers escape what comes from cells


def script_data(value: Any) -> Markup:
    """JSON for a ``<script>`` element: nothing in it ends the element, and no character is hidden."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return trusted(text)


def harmless(value: Any) -> Any:
    """What a template writes: text without hidden characters, to be escaped. HTML of this package passes."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value, keep_newlines=True)
    return value


def both(words: Words) -> Markup:
    """A phrase in both languages, marked so that the page can show one of them."""
    if words.en == words.zh:
        return trusted(escape_html(words.en))
    return trusted(
        f'<span lang="en">{escape_html(words.en)}</span><span lang="zh-CN">{escape_html(words.zh)}</span>'
    )
