"""Making text from cells harmless and visible wherever it is shown."""

from __future__ import annotations

import html
import json
import unicodedata
from typing import Any

_SHOWN_AS_IS = frozenset("\n\t")
# Unicode categories that draw nothing or steer the display: controls, formats (bidi, zero width), surrogates,
# private use, line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_FORMULA = frozenset("=+-@\t\r\n|＝＋－＠")


def visible(text: str, *, keep_newlines: bool = False) -> str:
    r"""Replace characters that draw nothing or steer a terminal by a visible name.

    Escape sequences, bidirectional overrides, zero-width characters and line separators become ``\x1b`` or
    ``\u202e``; an emoji's joiner (U+200D between two symbols) is left alone.
    """
    out: list[str] = []
    for at, char in enumerate(text):
        if keep_newlines and char in _SHOWN_AS_IS:
            out.append(char)
        elif unicodedata.category(char) in _HIDDEN and not _joins_emoji(text, at):
            code = ord(char)
            out.append(f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
        else:
            out.append(char)
    return "".join(out)


def _joins_emoji(text: str, at: int) -> bool:
    return (
        text[at] == "\u200d"
        and 0 < at < len(text) - 1
        and unicodedata.category(text[at - 1]) in ("So", "Mn", "Sk")
        and unicodedata.category(text[at + 1]) == "So"
    )


def escape_html(text: str) -> str:
    """Text for HTML content or a quoted attribute, hidden characters made visible."""
    return html.escape(visible(text, keep_newlines=True), quote=True)


def script_json(value: Any) -> str:
    """JSON that may stand inside a ``<script>`` element: no ``<``, ``>``, ``&`` or line separators."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    for char in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def inert_cell(text: str) -> str:
    """Text for a cell of a CSV file that no spreadsheet will run as a formula."""
    bare = text.lstrip(" \ufeff\u200b\u00a0\u3000")
    if bare and (bare[0] in _FORMULA or text[:1] in _FORMULA) and not _is_number(text):
        return "'" + text
    return text


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True
