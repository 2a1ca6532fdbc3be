"""The SQL that reads text as numbers, dates, times, durations and yes/no, form by form.

Each function takes a SQL expression of text and gives one that is NULL where the text is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from datalect.data.model import Grain
from datalect.data.parse import BLANKS, GROUPED, NARROW, NUMBER, NUMBER_GROUPS, WIDE
from datalect.data.parse_time import (
    CHINESE_CLOCK,
    CLOCK,
    DURATION,
    DURATION_PARTS,
    SHAPE_BY_NAME,
    ZONE,
)
from datalect.data.quoting import literal


def narrow(text: str) -> str:
    """Full-width digits and signs made narrow, surrounding blanks removed; as ``parse.plain``."""
    blanks = "' ' || chr(9) || chr(13) || chr(10)" if len(BLANKS) == 4 else literal(BLANKS)
    return f"trim(translate({text}, {literal(WIDE)}, {literal(NARROW)}), {blanks})"


def number(text: str, decimal: str, prefixes: Sequence[str], suffixes: Mapping[str, int]) -> str:
    """A number as DOUBLE.

    Args:
        text: expression of narrow text.
        decimal: ``.`` or ``,``.
        prefixes: what may stand before it (trimmed), such as ``$``.
        suffixes: what may stand behind it (trimmed) and the power of ten it stands for.
    """
    groups = "[" + ", ".join(literal(g) for g in NUMBER_GROUPS) + "]"
    part = f"regexp_extract({text}, {literal(NUMBER[decimal])}, {groups})"
    dropped = ", '" if decimal == "." else ". '"
    digits = f"translate(p.digits, {literal(dropped)}, '')"
    if decimal == ",":
        digits = f"replace({digits}, ',', '.')"
    powers = " ".join(f"WHEN {literal(s)} THEN {power}" for s, power in suffixes.items())
    power = f"CASE trim(p.suffix) {powers} END"
    exponent = f"({power} + coalesce(try_cast(p.exp[2:] AS INTEGER), 0))"
    negative = "CASE WHEN (p.open <> '') <> ('-' IN (p.sign, p.sign2)) THEN '-' ELSE '' END"
    value = f"try_cast({negative} || {digits} || 'e' || {exponent} AS DOUBLE)"
    before = ", ".join(literal(p) for p in ("", *prefixes))
    fits = (
        f"p.digits <> '' AND (p.open <> '') = (p.close <> '') AND NOT (p.sign <> '' AND p.sign2 <> '') "
        f"AND trim(p.prefix) IN ({before})"
    )
    body = f"CASE WHEN {fits} AND isfinite({value}) THEN {value} END"
    # a list of one is the way to name a value inside an expression
    return f"list_transform([{part}], lambda p: {body})[1]"


def simple_number(text: str, decimal: str, dropped: str) -> str:
    """A cheaper form of ``number`` for columns where it was proven to give the same."""
    stripped = text
    if len(dropped) > 4:
        stripped = f"translate({text}, {literal(dropped)}, '')"
    else:  # twice as fast for a few
        for char in dropped:
            stripped = f"replace({stripped}, {literal(char)}, '')"
    if decimal == ",":
        stripped = f"replace({stripped}, ',', '.')"
    return f"try_cast({stripped} AS DOUBLE)"


def simple_pattern(decimal: str, prefixes: Sequence[str], suffixes: Sequence[str]) -> str:
    """The texts on which ``simple_number`` and ``number`` agree: no brackets, no wide digits."""
    before = "|".join(re.escape(p) for p in prefixes if p)
    after = "|".join(re.escape(s) for s in suffixes if s)
    digits = rf"(?:{GROUPED[decimal]})(?:[{decimal}][0-9]*)?|[{decimal}][0-9]+"
    # one sign, before or behind the currency
    sign = f"(?:[-+]? *(?:{before})? *|(?:{before})? *[-+] *)" if before else "[-+]?"
    return rf"^ *{sign}(?:{digits})(?:[eE][-+]?[0-9]{{1,2}})? *(?:{after})? *$"


def _fits(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {literal(pattern)}, 'i')"


def dates(text: str, shapes: Sequence[str], day_first: bool) -> str:
    """Dates of the given shapes as DATE."""
    cases = " ".join(
        f"WHEN {_fits(text, SHAPE_BY_NAME[name].pattern)} THEN {SHAPE_BY_NAME[name].sql(text, day_first)}"
        for name in shapes
    )
    return f"CAST(CASE {cases} END AS DATE)"


def clock(text: str) -> str:
    """Times of day as TIME."""
    western = f"try_cast(regexp_extract({text}, '^[0-9:.]*[0-9]') AS TIME)"
    afternoon = f"regexp_matches({text}, '[Pp]')"
    noon = f"(CASE WHEN {afternoon} THEN 12 ELSE 0 END - CASE WHEN hour({western}) = 12 THEN 12 ELSE 0 END)"
    twelve = f"CASE WHEN hour({western}) BETWEEN 1 AND 12 THEN {western} + to_hours({noon}) END"
    chinese = f"translate(translate({text}, '时点分', ':::'), ' 秒', '')"
    return (
        f"CASE WHEN {_fits(text, CLOCK)} THEN CASE WHEN regexp_matches({text}, '[AaPp]') "
        f"THEN CAST({twelve} AS TIME) ELSE try_cast({text} AS TIME) END "
        f"WHEN {_fits(text, CHINESE_CLOCK)} THEN try_cast(rtrim({chinese}, ':') AS TIME) END"
    )


def date_times(text: str, shapes: Sequence[str], day_first: bool) -> str:
    """Dates with a time of day, and a zone or none, as TIMESTAMP (UTC where a zone is named)."""
    pattern = rf"^(.+?)(?:[T ]+|([日号]))({CLOCK}|{CHINESE_CLOCK})({ZONE})?$"
    parts = f"regexp_extract({text}, {literal(pattern)}, ['day', 'mark', 'clock', 'zone'], 'i')"
    whole_days = [name for name in shapes if SHAPE_BY_NAME[name].grain is Grain.DAY]  # no clock in a month
    day = dates("(p.day || p.mark)", whole_days, day_first)
    offset = "regexp_extract(p.zone, '[+-].*')"
    hours = f"try_cast({offset}[1:3] AS INTEGER)"
    minutes = f"(try_cast({offset}[1:1] || {offset}[-2:] AS INTEGER))"
    shift = f"to_minutes(coalesce({hours} * 60 + {minutes}, 0))"
    body = f"CASE WHEN p.clock <> '' THEN ({day} + ({clock('p.clock')})) - {shift} END"
    return f"list_transform([{parts}], lambda p: {body})[1]"


def chinese_year(text: str) -> str:
    """``2019年`` as INTEGER."""
    return f"try_cast(regexp_extract({text}, '^([0-9]{{4}}) ?年度?$', 1) AS INTEGER)"


def duration(text: str, unit_seconds: int) -> str:
    """``1h 20m`` as DOUBLE in a unit of so many seconds."""
    names = [f"p{i}" for i in range(len(DURATION_PARTS))]
    listed = "[" + ", ".join(literal(n) for n in names) + "]"
    parts = f"regexp_extract({text}, {literal(DURATION)}, {listed}, 'i')"
    total = " + ".join(
        f"coalesce(try_cast(p.{name} AS DOUBLE) * {seconds}, 0)"
        for name, (seconds, _, _) in zip(names, DURATION_PARTS, strict=True)
    )
    some = " || ".join(f"p.{name}" for name in names)
    return (
        f"list_transform([{parts}], lambda p: CASE WHEN {some} <> '' THEN ({total}) / {unit_seconds} END)[1]"
    )


def boolean(text: str, yes: Sequence[str], no: Sequence[str]) -> str:
    """Yes and no words as BOOLEAN."""
    true_words = ", ".join(literal(w) for w in yes)
    false_words = ", ".join(literal(w) for w in no)
    folded = f"lower({text})"
    return f"CASE WHEN {folded} IN ({true_words}) THEN true WHEN {folded} IN ({false_words}) THEN false END"
