"""Text for terminals and JSON for programs.

Everything that comes from data (cells, headers, file names) passes ``safe`` before it reaches a terminal: a
cell must not be able to move the cursor, recolour the screen, set the window's title or reverse the reading
direction.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from datalect.answer.jsonable import jsonable
from datalect.answer.safetext import visible
from datalect.errors import DatalectError, LimitError, MissingExtraError, PlanError

if TYPE_CHECKING:
    from datalect.answer.model import Answer


def safe(text: object, *, lines: bool = False) -> str:
    """Text with every control character written out visibly.

    Args:
        text: anything; ``str`` is applied.
        lines: keep line breaks and tabs; otherwise they too are written out.
    """
    return visible(str(text), keep_newlines=lines)


def out(text: str = "") -> None:
    """One line (or block) to standard output."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """One line to standard error: for people, not part of the result."""
    sys.stderr.write(safe(text, lines=True) + "\n")


def coloured(stream: Any = None) -> bool:
    """Whether colours are wanted: a terminal, and neither NO_COLOR nor TERM=dumb says otherwise."""
    stream = sys.stdout if stream is None else stream
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def style(text: str, code: str, stream: Any = None) -> str:
    """Wrap text in an ANSI style such as ``1`` (bold) or ``2`` (dim), where colours are wanted."""
    return f"\x1b[{code}m{text}\x1b[0m" if coloured(stream) else text


def to_json(value: Any, *, indent: int | None = None) -> str:
    """JSON that any parser reads: no NaN, dates as ISO text, anything unknown as text."""
    return json.dumps(jsonable(value), ensure_ascii=False, indent=indent, allow_nan=False)


def out_json(value: Any, *, indent: int | None = None) -> None:
    """One JSON document to standard output."""
    out(to_json(value, indent=indent))


def print_answer(answer: Answer, *, sql: bool = False) -> None:
    """An answer for people: sentences, table, how it was read; with ``sql`` also what ran."""
    if coloured():
        from rich.console import Console

        Console(highlight=False, emoji=False, markup=False).print(answer)
    else:
        out(str(answer))
    if sql and answer.sql:
        out()
        out(safe(answer.sql, lines=True))


# ---------------------------------------------------------------- errors


def error_object(error: DatalectError) -> dict[str, Any]:
    """What ``--json`` prints for an error."""
    body: dict[str, Any] = {
        "type": type(error).__name__,
        "exit_code": error.exit_code,
        "what": error.what,
        "expected": error.expected,
        "received": error.received,
        "next": error.next_step,
    }
    if isinstance(error, PlanError):
        body |= {"code": error.code, "at": error.at, "candidates": list(error.candidates)}
    if isinstance(error, LimitError):
        body["limit"] = error.limit
    if isinstance(error, MissingExtraError):
        body["extra"] = error.extra
    return {"status": "error", "error": body}


def print_error(error: DatalectError, as_json: bool = False) -> None:
    """Write an error for people to standard error and, with ``--json``, as an object to standard output."""
    head, *rest = [safe(line) for line in str(error).split("\n")]
    sys.stderr.write(style(f"datalect: {head}", "31", sys.stderr) + "\n")
    for line in rest:
        sys.stderr.write(f"  {line}\n")
    if as_json:
        out_json(error_object(error))


# ---------------------------------------------------------------- tables


def width(text: str) -> int:
    """Columns a text takes on a terminal: two for Chinese, none for combining marks."""
    from rich.cells import cell_len

    return cell_len(text)


def fit(text: str, limit: int) -> str:
    """The text, cut with an ellipsis when it is wider than ``limit`` columns."""
    if width(text) <= limit:
        return text
    from rich.cells import set_cell_size

    return set_cell_size(text, limit - 1).rstrip() + "…"


def cell(value: Any) -> str:
    """A value as shown in a table: thousands separators, at most four decimals, a dash for nothing."""
    if value is None or value != value:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float) or type(value).__name__ == "Decimal":
        if abs(value) >= 1e15 or (value != 0 and abs(value) < 1e-4):
            return f"{value:.6g}"
        whole, _, part = f"{value:,.4f}".partition(".")
        part = part.rstrip("0")
        return f"{whole}.{part}" if part else whole
    if type(value).__name__ == "datetime" and (value.hour, value.minute, value.second) == (0, 0, 0):
        return str(value.date())
    return safe(value)


def grid(headers: Sequence[str], rows: Iterable[Sequence[Any]], *, widest: int = 40) -> str:
    """Rows as aligned text: numbers to the right, text to the left, long cells cut."""
    body = [list(row) for row in rows]
    right = [
        any(_numeric(row[i]) for row in body) and all(_numeric(row[i]) or row[i] is None for row in body)
        for i in range(len(headers))
    ]
    heads = [fit(safe(h), widest) for h in headers]
    texts = [[fit(cell(v), widest) for v in row] for row in body]
    widths = [max([width(h), *(width(row[i]) for row in texts)]) for i, h in enumerate(heads)]

    def line(cells: Sequence[str]) -> str:
        padded = [
            " " * (w - width(c)) + c if r else c + " " * (w - width(c))
            for c, w, r in zip(cells, widths, right, strict=True)
        ]
        return "  ".join(padded).rstrip()

    rule = "  ".join("─" * w for w in widths)
    return "\n".join([style(line(heads), "1"), style(rule, "2"), *(line(row) for row in texts)])


def _numeric(value: Any) -> bool:
    return not isinstance(value, bool) and (
        isinstance(value, int | float) or type(value).__name__ == "Decimal"
    )
