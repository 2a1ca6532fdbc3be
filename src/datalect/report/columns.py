"""The profile of each column as the page shows it: catalogue figures, and histograms from the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datalect.answer.dates import date_text
from datalect.answer.formats import figure, percent
from datalect.answer.ground import Words
from datalect.answer.labels import column_words
from datalect.data.describe_zh import MEANINGS
from datalect.data.model import Column, Grain, SemanticType
from datalect.data.profile import is_number, kind_of
from datalect.report.arrays import floats, integers
from datalect.report.finding import Context, shape_of
from datalect.report.model import ColumnProfile
from datalect.report.texts import frequent_phrases, languages_of

if TYPE_CHECKING:
    from datalect.planner.base import Language

S = SemanticType
_TOP = 12
_BINS = 24
_DAY = 86_400.0


def profiles(context: Context) -> tuple[ColumnProfile, ...]:
    """Every column of the table that may be shown, in order."""
    keys = {k[0] for k in context.reader.table.keys if len(k) == 1}
    return tuple(_profile(context, column, column.name in keys) for column in context.reader.columns)


def _profile(context: Context, column: Column, unique: bool) -> ColumnProfile:
    held = column.profile
    masked = column.name in context.mask.personal
    edges, counts = ((), ()) if masked else _histogram(context, column)
    top, complete, sampled = _top(context, column)
    numeric = is_number(column.dtype) and not masked
    meaning = column.meaning
    zeros, negatives = _signs(context, column) if numeric else (None, None)
    texts = meaning.type in (S.TEXT,) and kind_of(column.dtype) == "text"
    sentence_parts: dict[str, Any] = {}
    profile = ColumnProfile(
        name=column.name,
        label=column_words(column),
        dtype=column.dtype,
        meaning=meaning.type.value,
        unit=meaning.currency or meaning.unit or "",
        rows=held.rows,
        missing=held.nulls,
        distinct=held.distinct,
        distinct_exact=held.distinct_exact or unique,
        unique=unique,
        minimum=None if masked else held.minimum,
        maximum=None if masked else held.maximum,
        mean=held.mean if numeric else None,
        stddev=held.stddev if numeric else None,
        quantiles=dict(held.quantiles) if numeric else {},
        zeros=zeros,
        negatives=negatives,
        top=top,
        top_complete=complete,
        histogram=counts,
        edges=edges,
        histogram_sampled=bool(counts) and not context.sample.whole,
        lengths=_lengths(context, column),
        masked=masked,
        sampled=(held.sampled or sampled) and not context.sample.whole,
        phrases=frequent_phrases(context, column) if texts and not masked else (),
        languages=languages_of(context, column) if texts and not masked else {},
        **sentence_parts,
    )
    from dataclasses import replace

    return replace(
        profile,
        sentence=Words(en=_sentence(profile, column, "en"), zh=_sentence(profile, column, "zh")),
        distinct=held.rows - held.nulls if unique else held.distinct,
    )


def _histogram(context: Context, column: Column) -> tuple[tuple[float, ...], tuple[int, ...]]:
    import numpy as np

    variable = context.sample.variable(column.name)
    values = variable.numbers if variable is not None and variable.kind in ("number", "time") else None
    if values is None and is_number(column.dtype) and column.name in context.sample.arrow.column_names:
        values = floats(context.sample.arrow.column(column.name))
    if values is None:
        return (), ()
    known = values[~np.isnan(values)]
    if known.size < 2 or known.min() == known.max():
        return (), ()
    low, high = (float(q) for q in np.quantile(known, [0.005, 0.995]))
    if high <= low:
        low, high = float(known.min()), float(known.max())
    different = np.unique(known[:5000])
    if different.size <= _BINS and np.allclose(different, np.round(different)) and high - low <= 2 * _BINS:
        low, high = low - 0.5, high + 0.5
        bins = int(high - low)
    else:
        bins = _BINS
    counts, edges = np.histogram(known, bins=max(2, bins), range=(low, high))
    return tuple(float(e) for e in edges), tuple(int(c) for c in counts)


def _top(context: Context, column: Column) -> tuple[tuple[tuple[str, int], ...], bool, bool]:
    """Most frequent values as text, whether these are all, and whether they are counted in the sample."""
    held = column.profile
    if kind_of(column.dtype) in ("text", "boolean") or held.values_complete:
        values = held.values[:_TOP]
        complete = held.values_complete and len(held.values) <= _TOP
        if not held.values_complete and held.sampled and column.name in context.sample.arrow.column_names:
            return _sampled_top(context, column), False, True
        if not held.values_complete and values and values[0][1] <= 1:
            return (), False, False
        return tuple((_shown(context, column, v), n) for v, n in values), complete, held.sampled
    return (), False, False


def _sampled_top(context: Context, column: Column) -> tuple[tuple[str, int], ...]:
    counted = context.sample.arrow.column(column.name).value_counts()
    pairs = [(r["values"], r["counts"]) for r in counted.to_pylist() if r["values"] is not None]
    pairs.sort(key=lambda p: (-p[1], str(p[0])))
    return tuple((_shown(context, column, v), n) for v, n in pairs[:_TOP] if n > 1)


def _shown(context: Context, column: Column, value: Any) -> str:
    return context.value_name(column.name, value).en


def _signs(context: Context, column: Column) -> tuple[int | None, int | None]:
    """Zeros and negatives, where the complete list of values tells them."""
    if not column.profile.values_complete:
        return None, None
    numbers = [(v, n) for v, n in column.profile.values if isinstance(v, int | float)]
    return sum(n for v, n in numbers if v == 0), sum(n for v, n in numbers if v < 0)


def _lengths(context: Context, column: Column) -> tuple[int, int, int] | None:
    import numpy as np
    import pyarrow.compute as pc

    if kind_of(column.dtype) != "text" or column.name not in context.sample.arrow.column_names:
        return None
    if column.meaning.type not in (S.TEXT, S.NAME, S.URL):
        return None
    lengths = integers(pc.utf8_length(context.sample.arrow.column(column.name).drop_null()))
    if lengths.size == 0:
        return None
    return int(lengths.min()), int(np.median(lengths)), int(lengths.max())


# ---------------------------------------------------------------- one sentence a column


def _sentence(profile: ColumnProfile, column: Column, language: Language) -> str:
    """What the column is, how full it is, and what its values look like."""
    zh = language == "zh"
    filled = profile.rows - profile.missing
    if profile.rows == 0:
        return "没有任何行。" if zh else "There are no rows."
    if filled == 0:
        return "没有任何值。" if zh else "There are no values."
    parts = [_values_part(profile, column, language)]
    if profile.missing:
        share = percent(100 * profile.missing / profile.rows).text
        parts.append(f"{share}缺失" if zh else f"{share} missing")
    if profile.masked:
        parts.append("会识别到个人，已遮蔽" if zh else "identifies people, so it is masked")
    text = ("，" if zh else "; ").join(p for p in parts if p)
    return text[:1].upper() + text[1:] + ("。" if zh else ".")


def _values_part(profile: ColumnProfile, column: Column, language: Language) -> str:
    zh = language == "zh"
    shape = shape_of(column)
    meaning = column.meaning.type
    amount = f"{profile.distinct:,}"
    about = "" if profile.distinct_exact else ("约" if zh else "about ")
    if profile.unique:
        return "每行都不同，可作为标识" if zh else "different in every row, so it can identify one"
    if profile.masked:
        return f"{about}{amount}个不同的值" if zh else f"{about}{amount} different values"
    if profile.minimum is not None and kind_of(column.dtype) in ("temporal", "zoned"):
        low, high = (date_text(v, Grain.DAY, language) for v in (profile.minimum, profile.maximum))
        return f"从{low}到{high}" if zh else f"from {low} to {high}"
    if profile.mean is not None and meaning not in (S.ID, S.CODE, S.CATEGORY, S.YEAR):
        low, high, mean = (
            figure(v, shape, language).text for v in (profile.minimum, profile.maximum, _round(profile.mean))
        )
        half = profile.quantiles.get(0.5)
        if half is None:
            return f"{low}至{high}，平均{mean}" if zh else f"{low} to {high}, {mean} on average"
        middle = figure(_round(half), shape, language).text
        if zh:
            return f"{low}至{high}，平均{mean}，中位数{'约' if profile.sampled else ''}{middle}"
        return f"{low} to {high}, {mean} on average, median {'about ' if profile.sampled else ''}{middle}"
    if profile.lengths is not None:
        _, middle_n, _ = profile.lengths
        if zh:
            return f"{about}{amount}个不同的文本，通常约{middle_n}个字符"
        return f"{about}{amount} different texts, usually about {middle_n} characters long"
    if profile.top and profile.top_complete and len(profile.top) <= 4:
        total = max(1, profile.rows - profile.missing)
        sep, join = ("、", "") if zh else (", ", " ")
        said = [f"{v}{join}{percent(100 * n / total).text}" for v, n in _in_language(profile, language)]
        return sep.join(said)
    if profile.top and not profile.sampled:
        value, n = _in_language(profile, language)[0]
        share = percent(100 * n / max(1, profile.rows - profile.missing)).text
        if zh:
            return f"{about}{amount}个不同的值，最常见的是{value}（{share}）"
        return f"{about}{amount} different values, most often {value} ({share})"
    return f"{about}{amount}个不同的值" if zh else f"{about}{amount} different values"


def _in_language(profile: ColumnProfile, language: Language) -> list[tuple[str, int]]:
    if language == "zh" and profile.dtype.upper() == "BOOLEAN":
        return [({"yes": "是", "no": "否"}.get(v, v), n) for v, n in profile.top]
    return list(profile.top)


def _round(value: float) -> float:
    return round(value) if abs(value) >= 1000 else value


def meaning_words(meaning: str) -> Words:
    """A semantic type for people."""
    return Words(en=meaning, zh=MEANINGS.get(SemanticType(meaning), meaning))
