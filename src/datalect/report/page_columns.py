"""Columns prepared for the page: figures as text, small graphics, what sorting needs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from datalect.answer.formats import count, percent
from datalect.answer.ground import Words
from datalect.report import scales
from datalect.report.markup import trusted
from datalect.report.model import ColumnProfile, ReportFact
from datalect.report.page_words import language_words, meaning_words

_DAY = 86_400.0
_MOST_TOP = 8  # values listed in a column's details
_FEW_TOP = 3  # the same for a wide table, whose page would grow beyond what opens at once
_WIDE = 100
_LEAST_PART = 0.01  # share of the most frequent value from which dividing the rows is worth a drawing
_STRIP = 6  # values that get a part of the strip of their own
_LONG = 80
_LONGEST = 120  # characters of a name or of a cell of evidence
_PLAIN = frozenset({"id", "code", "year", "phone"})  # numbers that are names: no thousands separators
_ONE_DIGIT = frozenset({"latitude", "longitude"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One value with its rows, for a list of bars.

    ``share`` is of the rows with a value; ``length`` is of the longest bar.
    """

    name: Words
    rows: int
    share: float | None
    length: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnView:
    """One column as the templates read it.

    Attributes:
        anchor: its place on the page.
        profile: what it was made from.
        meaning: what it stands for, in words.
        missing: share of the rows without a value.
        spark: a drawing of its values for the row.
        low: text under the left end of the drawing.
        high: text under the right end.
        top: most frequent values.
        figures: name and value pairs for the details.
        order: kind of column, for sorting.
        facts: facts about it, with their anchors.
        drawn: what the drawing is: ``histogram``, ``top`` or nothing.
    """

    anchor: str
    profile: ColumnProfile
    meaning: Words
    missing: float
    spark: Markup
    low: Words
    high: Words
    top: tuple[Bar, ...]
    figures: tuple[tuple[Words, Words], ...]
    order: str
    facts: tuple[tuple[str, Words], ...]
    drawn: str

    @property
    def beyond(self) -> bool:
        """Whether there are numbers outside what its histogram shows."""
        c = self.profile
        ends = [v for v in (c.minimum, c.maximum) if isinstance(v, int | float) and not isinstance(v, bool)]
        return len(ends) == 2 and len(c.edges) > 1 and (ends[0] < c.edges[0] or ends[1] > c.edges[-1])

    @property
    def repeated(self) -> bool:
        """Whether its most frequent values occur more than once."""
        return bool(self.profile.top) and self.profile.top[0][1] > 1

    @property
    def name(self) -> str:
        """Its name as queried; a very long one is cut."""
        return short(self.profile.name)

    @property
    def label(self) -> Words:
        """Its name for people, cut in the same way."""
        return Words(en=short(self.profile.label.en), zh=short(self.profile.label.zh))

    @property
    def stored(self) -> str:
        """Its type in the database; nested types can be very long."""
        return short(self.profile.dtype)

    @property
    def titled(self) -> bool:
        """Whether its label says more than its name."""
        label = self.profile.label
        return any(w and _bare(w) != _bare(self.profile.name) for w in (label.en, label.zh))


def _bare(text: str) -> str:
    return "".join(ch for ch in text.casefold() if ch.isalnum())


def column_views(
    columns: Sequence[ColumnProfile], facts: Sequence[ReportFact], anchors: Mapping[str, str]
) -> list[ColumnView]:
    """Every column prepared for the page.

    Args:
        columns: the profiles in order.
        facts: all facts of the report.
        anchors: id of a fact -> its place on the page.
    """
    about: dict[str, list[tuple[str, Words]]] = {}
    for fact in facts:
        for name in dict.fromkeys(fact.columns):
            if fact.id in anchors:
                words = Words(en=fact.sentence_en, zh=fact.sentence_zh)
                about.setdefault(name, []).append((anchors[fact.id], words))
    listed = _MOST_TOP if len(columns) <= _WIDE else _FEW_TOP
    return [
        _view(column, f"c{k}", tuple(about.get(column.name, ())[:6]), listed)
        for k, column in enumerate(columns)
    ]


def _view(
    column: ColumnProfile, anchor: str, facts: tuple[tuple[str, Words], ...], listed: int
) -> ColumnView:
    present = max(column.rows - column.missing, 0)
    path = _histogram_path(column.histogram)
    bars = _bars(column.top[:listed], present)
    empty = Words(en="", zh="")
    low = high = empty
    if path:
        spark = small_svg("hist", f'<path id="{anchor}h" d="{path}"/>')
        drawn = "histogram"
        if len(column.edges) > 1:
            low, high = end_texts(column)
    elif column.top and present and column.top[0][1] >= max(_LEAST_PART * present, 1):
        spark = _strip([n for _, n in column.top[:_STRIP]], present)
        drawn = "top"
        low = _cut(column.top[0][0], 16)
        share = percent(100 * column.top[0][1] / present).text
        high = Words(en=share, zh=share)
    else:
        spark, drawn = Markup(), ""
    return ColumnView(
        anchor=anchor, profile=column, meaning=meaning_words(column.meaning),
        missing=column.missing / column.rows if column.rows else 0.0, spark=spark, low=low, high=high,
        top=bars, figures=tuple(_figures(column)), order=f"{column.meaning} {short(column.dtype)}".lower(),
        facts=facts, drawn=drawn,
    )  # fmt: skip


# ---------------------------------------------------------------- small graphics


def small_svg(kind: str, inside: str) -> Markup:
    """A drawing 96 wide and 24 high that stretches to where it stands."""
    frame = 'viewBox="0 0 96 24" preserveAspectRatio="none" aria-hidden="true"'
    return trusted(f'<svg class="{kind}" {frame}>{inside}</svg>')


def _histogram_path(counts: Sequence[int]) -> str:
    """Upright bars 96 wide and 24 high as one path; a bin with rows is never invisible."""
    most = max(counts, default=0)
    if most <= 0:
        return ""
    width = 96 / len(counts)
    gap = min(width * 0.15, 0.8)
    out = []
    for k, n in enumerate(counts):
        if n > 0:
            height = max(24 * n / most, 0.8)
            out.append(f"M{_n(k * width)} 24V{_n(24 - height)}h{_n(width - gap)}V24z")
    return "".join(out)


def _strip(counts: Sequence[int], present: int) -> Markup:
    """How the rows divide over the most frequent values; what is left stays open."""
    at = 0.0
    out = []
    for k, n in enumerate(counts):
        width = 96 * min(n / present, 1.0)
        if at >= 96 or width < 0.5:
            break
        out.append(f'<rect class="s{k}" x="{_n(at)}" y="7" width="{_n(max(width - 0.8, 0.4))}" height="10"/>')
        at += width
    if at < 95:
        out.append(f'<rect class="sx" x="{_n(at)}" y="7" width="{_n(96 - at)}" height="10"/>')
    return small_svg("strip", "".join(out))


def _n(value: float) -> str:
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def _bars(top: Sequence[tuple[str, int]], total: int) -> tuple[Bar, ...]:
    most = max((n for _, n in top), default=0)
    return tuple(
        Bar(name=_cut(value, _LONG), rows=n, share=n / total if total else None,
            length=n / most if most else 0.0)
        for value, n in top
    )  # fmt: skip


def phrase_bars(column: ColumnProfile) -> tuple[Bar, ...]:
    """Frequent phrases of a text column."""
    most = max((n for _, n in column.phrases), default=0)
    return tuple(
        Bar(name=_cut(text, _LONG), rows=n, share=None, length=n / most if most else 0.0)
        for text, n in column.phrases[:12]
    )


def language_shares(column: ColumnProfile) -> list[tuple[Words, float]]:
    """Languages of a text column, the most frequent first."""
    held = sorted(column.languages.items(), key=lambda item: -item[1])
    return [(language_words(name), share) for name, share in held if share > 0]


def short(text: str, length: int = _LONGEST) -> str:
    """A text cut to what a page can show."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _cut(text: str, length: int) -> Words:
    if not text.strip():
        return Words(en="(blank)", zh="（空白）")
    shown = short(text, length)
    return Words(en=shown, zh=shown)


# ---------------------------------------------------------------- figures as text


def end_texts(column: ColumnProfile) -> tuple[Words, Words]:
    """The ends of a histogram: dates for times, short figures for numbers."""
    low, high = column.edges[0], column.edges[-1]
    if not (math.isfinite(low) and math.isfinite(high)):
        return _same(""), _same("")
    if _is_time(column):
        return scales.span_texts(low / _DAY, high / _DAY)
    if low % 1 == high % 1 == 0.5:  # bins around whole numbers
        low, high = low + 0.5, high - 0.5
    if column.meaning in _PLAIN:
        return _same(f"{low:.0f}"), _same(f"{high:.0f}")
    step = scales.nice_step(high - low, 50)
    if low.is_integer() and high.is_integer():
        step = max(step, 1.0)
    return scales.tick(low, step), scales.tick(high, step)


def _is_time(column: ColumnProfile) -> bool:
    return column.dtype.upper().startswith(("DATE", "TIMESTAMP"))


def value_text(value: Any, meaning: str = "") -> Words:
    """A cell of a profile or of evidence as text, the same length of digits in both languages."""
    if value is None:
        return Words(en="–", zh="–")
    if isinstance(value, bool):
        return Words(en="yes" if value else "no", zh="是" if value else "否")
    if isinstance(value, Decimal):
        value = int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return Words(en=str(value), zh=str(value))
        if meaning in _ONE_DIGIT:
            return _same(f"{value:.4f}".rstrip("0").rstrip("."))
        if value.is_integer() and abs(value) < 1e15:
            value = int(value)
    if isinstance(value, int):
        return _same(str(value) if meaning in _PLAIN or abs(value) < 10_000 else f"{value:,}", negative=True)
    if isinstance(value, float):
        exact = abs(value) >= 10_000
        return Words(en=count(value, "en", exact=exact).text, zh=count(value, "zh", exact=exact).text)
    if isinstance(value, datetime):
        whole = value.time() == time(0) and value.tzinfo is None
        return _same(value.strftime("%Y-%m-%d" if whole else "%Y-%m-%d %H:%M:%S") if value.year > 999 else
                     value.isoformat(sep=" "))  # fmt: skip
    if isinstance(value, date | time | timedelta):
        return _same(str(value))
    text = str(value)
    return _same(short(text))


def _same(text: str, *, negative: bool = False) -> Words:
    text = text.replace("-", "−", 1) if negative and text.startswith("-") else text
    return Words(en=text, zh=text)


def rows_text(number: int) -> Words:
    """A number of rows, in full."""
    return Words(en=f"{number:,}", zh=f"{number:,}")


def _figures(column: ColumnProfile) -> Iterator[tuple[Words, Words]]:
    """Name and value of every figure known about a column, in the order of its scale."""
    present = max(column.rows - column.missing, 0)
    yield Words(en="rows with a value", zh="有值的行"), rows_text(present)
    if column.missing:
        yield Words(en="rows without", zh="缺失的行"), rows_text(column.missing)
    meaning = column.meaning
    if column.minimum is not None:
        yield Words(en="smallest", zh="最小"), value_text(column.minimum, meaning)
    for probability, value in sorted(column.quantiles.items()):
        name = f"{probability * 100:g}"
        words = (
            Words(en="median", zh="中位数")
            if name == "50"
            else Words(en=f"{name} % quantile", zh=f"{name}% 分位数")
        )
        shown = scales.day_text(value / _DAY) if _is_time(column) else value_text(value, meaning)
        yield words, shown
    if column.maximum is not None:
        yield Words(en="largest", zh="最大"), value_text(column.maximum, meaning)
    if column.mean is not None:
        yield Words(en="mean", zh="均值"), value_text(column.mean)
    if column.stddev is not None:
        yield Words(en="standard deviation", zh="标准差"), value_text(column.stddev)
    if column.zeros:
        yield Words(en="zeros", zh="零值"), rows_text(column.zeros)
    if column.negatives:
        yield Words(en="negative", zh="负值"), rows_text(column.negatives)
    if column.lengths is not None:
        for words, length in zip(
            (
                Words(en="shortest, characters", zh="最短字数"),
                Words(en="median length", zh="字数中位数"),
                Words(en="longest", zh="最长字数"),
            ),
            column.lengths,
            strict=True,
        ):
            yield words, rows_text(length)
    if column.gaps is not None:
        yield Words(en="days without a row", zh="没有数据的天数"), rows_text(column.gaps)
