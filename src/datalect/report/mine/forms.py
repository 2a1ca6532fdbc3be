"""Dates and times that one column of text writes in several forms: 7:10 a.m. beside 12/02/2011 7:10a."""

from __future__ import annotations

import re
from typing import Any

from datalect.answer.labels import column_words
from datalect.data.model import Column
from datalect.data.profile import kind_of
from datalect.report.finding import Context, Finding, plain_shape, quoted

_SHARE = plain_shape(percent=100)
_MOMENT = re.compile(
    r"(?i)(?<!\d)\d{1,2}:\d{2}(?!\d)|(?<!\d)\d{1,4}[/.\-]\d{1,2}[/.\-]\d{1,4}(?!\d)|\d{1,4}年|\d{1,2}月\d{1,2}|"
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[ \-]?\d|"
    r"\d[ \-]?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
)
_LEAST_SHARE = 0.8  # of the values that must be dates or times
_LEAST_ROWS = 50
_LEAST_OTHER = 0.005  # share of rows from which a further form is more than a slip
_SHOWN = 3


def several_forms(context: Context, column: Column) -> list[Finding]:
    """A column of texts that are dates or times, when they are not all written alike."""
    profile = column.profile
    if kind_of(column.dtype) != "text" or not profile.values_complete or column.name in context.mask.personal:
        return []
    held = [(v, n) for v, n in profile.values if isinstance(v, str)]
    filled = sum(n for _, n in held)
    moments = [(v, n) for v, n in held if len(v) <= 60 and _MOMENT.search(v)]
    if filled < _LEAST_ROWS or sum(n for _, n in moments) < _LEAST_SHARE * filled:
        return []
    rows: dict[str, int] = {}
    example: dict[str, str] = {}
    for value, count in moments:
        form = form_of(value)
        rows[form] = rows.get(form, 0) + count
        example.setdefault(form, value)
    least = max(2.0, _LEAST_OTHER * filled)
    ordered = sorted((f for f in rows if rows[f] >= least), key=lambda f: (-rows[f], f))
    if len(ordered) < 2:
        return []
    shown = ordered[:_SHOWN]
    values: dict[str, Any] = {
        "count": len(ordered),
        "spellings": len(shown),
        "share": 1.0 - rows[ordered[0]] / filled,
    }
    values |= {f"n{i}": rows[form] for i, form in enumerate(shown)}
    names = {"column": column_words(column)}
    names |= {f"s{i}": quoted(context.mask.value(column.name, example[f])) for i, f in enumerate(shown)}
    return [
        Finding(
            form="several_forms",
            type="stored_as_text",
            columns=(column.name,),
            section="trust",
            severity="warning",
            values=values,
            names=names,
            shapes={"share": _SHARE},
            n=filled,
            effect=values["share"],
            effect_name="share",
            result=context.reader.run({"by": [{"col": column.name}], "get": [{"fn": "count"}]}),
            impact=0.6 + 0.3 * min(1.0, values["share"] * 3),
            surprise=0.8,
            cluster=f"forms:{column.name}",
        )
    ]


def form_of(text: str) -> str:
    """How a text is built: runs of digits as 0, runs of letters as a, marks as they are, blanks as one."""
    digits = re.sub(r"\d+", "0", text.strip().lower())
    return re.sub(r"\s+", " ", re.sub(r"[^\W\d_]+", "a", digits))
