"""Problems that several loaders tell of, in the same words."""

from __future__ import annotations

from collections.abc import Sequence

from datalect.data.dialect import unique_names
from datalect.data.model import Problem
from datalect.data.text_encoding import BadBytes, Encoding

_SHOWN = 5


def name_columns(written: Sequence[str] | None, width: int) -> tuple[list[str], list[Problem]]:
    """Names for the columns of a table and what to tell about them.

    Args:
        written: the names in the source, perhaps fewer than columns; None when it names none.
        width: number of columns.
    """
    given = list(written or ())
    names, changed, made_up = unique_names(given + [""] * (width - len(given)))
    problems = []
    if changed:
        problems.append(
            Problem(
                kind="duplicate_header",
                severity="warning",
                message="Columns share a name; the later ones were numbered.",
                count=len(changed),
                examples=tuple(changed[:_SHOWN]),
            )
        )
    if written is None:
        problems.append(
            Problem(
                kind="no_header",
                severity="warning",
                message=f"The first row holds data, not names; columns are called {names[0]}, ...",
            )
        )
    elif made_up:
        problems.append(
            Problem(
                kind="empty_header",
                severity="warning",
                message="Columns without a name were called by their position.",
                count=len(made_up),
                examples=tuple(made_up[:_SHOWN]),
            )
        )
    return names, problems


def encoding_problems(encoding: Encoding) -> list[Problem]:
    """A word on an encoding that had to be concluded."""
    if encoding.is_utf8:
        return []
    return [
        Problem(
            kind="encoding",
            severity="info",
            message=f"The text is read as {encoding.name}: {encoding.evidence}.",
        )
    ]


def bad_bytes_problems(bad: BadBytes, encoding: Encoding) -> list[Problem]:
    """What transcoding could not read as it should be."""
    problems: list[Problem] = []
    if bad.lines:
        rest = f"read as {bad.fallback} instead" if bad.fallback else r"kept as \xNN"
        problems.append(
            Problem(
                kind="bad_bytes",
                severity="warning",
                message=f"Lines with bytes that are not valid {encoding.name}; those bytes were {rest}.",
                count=bad.lines,
                examples=bad.examples,
            )
        )
    if bad.nul:
        problems.append(
            Problem(
                kind="nul_bytes",
                severity="warning",
                message="NUL characters were replaced by the symbol ␀.",
                count=bad.nul,
            )
        )
    return problems


def preamble_problem(lines: Sequence[str]) -> list[Problem]:
    """A word on what stood above the table."""
    if not lines:
        return []
    return [
        Problem(
            kind="preamble",
            severity="info",
            message="Lines above the table were passed over.",
            count=len(lines),
            examples=tuple(line[:120] for line in lines[:_SHOWN]),
        )
    ]
