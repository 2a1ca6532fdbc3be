"""The form the texts of a column share: numbers, dates, times, durations or yes/no in disguise."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from datalect.data import convert_sql as sql
from datalect.data import parse
from datalect.data.meaning.hints import read_name
from datalect.data.meaning.units import Unit, read_unit
from datalect.data.meaning.values import TRUE_WORDS
from datalect.data.missing import stands_for_none
from datalect.data.model import Grain, SemanticType
from datalect.data.parse_time import DURATION_PARTS, SHAPE_BY_NAME, parse_duration, parse_time
from datalect.data.quoting import identifier

_GLANCE = 100  # texts a form is looked for in first


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How the texts of one column are to be read.

    Attributes:
        kind: what the report calls it, such as ``money`` or ``chinese_date``.
        dtype: DuckDB type of the result.
        expression: SQL over the quoted column name.
        cheap: a cheaper expression, or "".
        strict: regular expression of the texts on which ``cheap`` is known to give the same.
        unit: unit and currency found in the cells.
        grain: calendar unit of dates.
        order_guessed: the order of day and month could not be told from the values.
        day_first: the order that was taken.
    """

    kind: str
    dtype: str
    expression: str
    cheap: str = ""
    strict: str = ""
    unit: Unit | None = None
    grain: Grain | None = None
    order_guessed: bool = False
    day_first: bool | None = None


def propose(name: str, texts: Sequence[str]) -> Form | None:
    """The form that most of the distinct texts have, or None for plain text.

    Args:
        name: header of the column; identifiers and telephone numbers are left alone.
        texts: distinct values, those of the first rows in the order of the rows.
    """
    filled = [t for t in texts if not stands_for_none(t)]
    if not filled or any(parse.has_leading_zero(t) for t in filled):
        return None
    if _is_label(name):
        return None
    for attempt in (_boolean, _time, _number, _span):
        form = attempt(name, filled)
        if form is not None:
            return form
    return None


def _is_label(name: str) -> bool:
    hints = read_name(name).hints
    labels = (SemanticType.ID, SemanticType.CODE, SemanticType.PHONE)
    return bool(hints) and hints[0].type in labels and hints[0].strength >= 0.85


def _most(count: int, texts: Sequence[str]) -> bool:
    """Enough of the distinct texts to be worth a proof; the rows that hold them decide later."""
    return count >= 0.5 * len(texts)


def _some(texts: Sequence[str]) -> Sequence[str]:
    """Texts from all over: where none of these has a form, not half of all texts have it."""
    return texts[:: max(1, len(texts) // _GLANCE)]


def _column_text(name: str) -> str:
    return sql.narrow(identifier(name))


def _boolean(name: str, texts: Sequence[str]) -> Form | None:
    folded = {t.strip().casefold() for t in texts}
    for yes, no in TRUE_WORDS.items():
        if folded == {yes, no}:
            expression = sql.boolean(_column_text(name), [yes], [no])
            return Form(kind="boolean", dtype="BOOLEAN", expression=expression)
    return None


def _number(name: str, texts: Sequence[str]) -> Form | None:
    if all(parse.match_number(parse.plain(t), mark) is None for t in _some(texts) for mark in (".", ",")):
        return None
    best: tuple[int, str, list[tuple[str, ...]]] = (0, ".", [])
    for mark in (".", ","):
        if best[0] == len(texts):
            break
        matched = [m for m in (parse.match_number(parse.plain(t), mark) for t in texts) if m is not None]
        if len(matched) > best[0]:
            best = (len(matched), mark, matched)
    count, mark, matched = best
    if not _most(count, texts):
        return None
    prefixes = Counter(m[2].strip() for m in matched)
    suffixes = Counter(m[6].strip() for m in matched)
    units: Counter[Unit | None] = Counter()
    known: dict[str, int] = {}
    for text, times in prefixes.items():
        unit = parse.read_prefix(text)
        if unit is False and text:
            return None
        if isinstance(unit, Unit):
            units[unit] += times
    for text, times in suffixes.items():
        found = parse.read_suffix(text, any(prefixes.keys() - {""}))
        if found is None:
            if times < 0.9 * count or len(text) > 15:
                continue
            found = (0, Unit(text, None, "physical"))  # the same unknown word behind every number is its unit
        known[text] = found[0]
        if found[1] is not None:
            units[found[1]] += times
    if not known:
        return None
    if "%" in {u.text for u in units if u is not None} and units.total() < 0.98 * count:
        return None  # with and without a percent sign: nobody can tell what the bare numbers are
    unit = _one_unit(list(units))
    if unit is False:
        return None
    return _number_form(name, mark, tuple(p for p in prefixes if p), known, unit, matched)


def _one_unit(units: Sequence[Unit | None]) -> Unit | bool | None:
    """The unit all numbers share; False when they differ and must not be mixed."""
    found = [u for u in units if u is not None]
    currencies = {u.currency for u in found if u.currency}
    texts = {u.text for u in found if u.text}
    if len(currencies) > 1 or len(texts) > 1 or (currencies and any(u.currency is None for u in found)):
        return False
    return found[0] if found else None


def _number_form(
    name: str,
    mark: str,
    prefixes: tuple[str, ...],
    suffixes: Mapping[str, int],
    unit: Unit | bool | None,
    matched: Sequence[tuple[str, ...]],
) -> Form:
    text = _column_text(name)
    shared = unit if isinstance(unit, Unit) else None
    kind = {"money": "money", "percent": "percent"}.get(shared.family, "number") if shared else "number"
    if kind == "number" and shared is not None:
        kind = "number_with_unit"
    form = Form(kind=kind, dtype="DOUBLE", expression=sql.number(text, mark, prefixes, suffixes), unit=shared)
    dropped = {c for m in matched for c in m[4] if not c.isdigit() and c != mark}
    dropped |= {c for p in (*prefixes, *suffixes) for c in p} | {" "}
    same_power = not any(suffixes.values()) and not any(m[0] for m in matched)
    if not same_power or not dropped.isdisjoint(f"0123456789+-{mark}eE"):
        return form
    return replace(
        form,
        cheap=sql.simple_number(identifier(name), mark, "".join(sorted(dropped))),
        strict=sql.simple_pattern(mark, prefixes, tuple(suffixes)),
    )


def _time(name: str, texts: Sequence[str]) -> Form | None:
    if all(
        parse_time(parse.plain(t), day_first=order) is None for t in _some(texts) for order in (True, False)
    ):
        return None
    plain = [parse.plain(t) for t in texts]
    # which order of day and month do all values allow, and which keeps the rows in order of time?
    order, guessed = _day_order(plain)
    moments = [m for m in (parse_time(t, day_first=order) for t in plain) if m is not None]
    if not _most(len(moments), texts):
        return None
    kinds = Counter(m.kind for m in moments)
    kind, times = kinds.most_common(1)[0]
    if not _most(times, texts):
        return None
    text = _column_text(name)
    if kind == "year":
        return Form(kind="chinese_year", dtype="INTEGER", expression=sql.chinese_year(text), grain=Grain.YEAR)
    if kind == "time":
        return _clock_form(name, text, plain)
    shapes = Counter(m.shape for m in moments if m.kind == kind)
    used = tuple(shape for shape, _ in shapes.most_common(6))
    grain = min((m.grain for m in moments if m.kind == kind), key=_FINENESS.index)
    by_order = guessed and any(SHAPE_BY_NAME[s].day_order for s in used)
    build = sql.dates if kind == "date" else sql.date_times
    return Form(
        kind=used[0] if kind == "date" else f"{used[0]}_time",
        dtype="DATE" if kind == "date" else "TIMESTAMP",
        expression=build(text, used, bool(order)),
        grain=grain,
        order_guessed=by_order,
        day_first=bool(order) if any(SHAPE_BY_NAME[s].day_order for s in used) else None,
    )


_FINENESS = [
    Grain.SECOND,
    Grain.MINUTE,
    Grain.HOUR,
    Grain.DAY,
    Grain.WEEK,
    Grain.MONTH,
    Grain.QUARTER,
    Grain.YEAR,
]


def _clock_form(name: str, text: str, plain: Sequence[str]) -> Form | None:
    """``14:30`` is a time of day where AM/PM or name and hours say so; else it may be minutes and seconds."""
    reading = read_name(name)
    said = reading.has(SemanticType.DATETIME, SemanticType.DATE, SemanticType.TIME)
    halves = any(t[-1:] in "mM" for t in plain)
    padded = all(t[1:2].isdigit() or t[:2] > "0:" for t in plain) and any(t[:2] >= "12" for t in plain)
    if not (halves or (said and padded)) or reading.has(SemanticType.DURATION):
        return None
    return Form(kind="time", dtype="TIME", expression=sql.clock(text), grain=Grain.MINUTE)


def _day_order(plain: Sequence[str]) -> tuple[bool, bool]:
    """Whether the day comes first, and whether that is a guess."""
    readings = {order: [parse_time(t, day_first=order) for t in plain] for order in (True, False)}
    read = {order: sum(m is not None for m in found) for order, found in readings.items()}
    if read[True] != read[False]:
        return read[True] > read[False], False
    steps = {}
    for order, found in readings.items():
        values = [m.value for m in found if m is not None and m.kind in ("date", "datetime")]
        pairs = list(itertools.pairwise(values))
        steps[order] = sum(str(a) <= str(b) for a, b in pairs) / len(pairs) if pairs else 0.0
    if max(steps.values()) > 0.95 and abs(steps[True] - steps[False]) > 0.05:
        return steps[True] > steps[False], False
    return any("." in t for t in plain[:50]), True


def _span(name: str, texts: Sequence[str]) -> Form | None:
    if all(parse_duration(parse.plain(t)) is None for t in _some(texts)):
        return None
    found = [s for s in (parse_duration(parse.plain(t)) for t in texts) if s is not None]
    if not _most(len(found), texts):
        return None
    size = min(s[2] for s in found)
    unit = next(unit for seconds, unit, _ in DURATION_PARTS if seconds == size)
    return Form(
        kind="duration",
        dtype="DOUBLE",
        expression=sql.duration(_column_text(name), size),
        unit=read_unit(unit),
    )
