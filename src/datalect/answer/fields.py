"""The columns of a result, as sentences need them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from datalect.answer.ground import Field, Kind, Noun, Words
from datalect.answer.labels import (
    group_words,
    humanise,
    is_generated,
    measure_words,
    reference_words,
    table_noun,
)
from datalect.data.model import Additivity, Catalog, Column, Grain, Meaning, SemanticType
from datalect.plan.model import Aggregate, MetricUse, Nested, Ratio
from datalect.plan.walk import is_share

if TYPE_CHECKING:
    from datalect.plan.checked import CheckedPlan, OutputColumn

_DATE_TYPES = (SemanticType.DATE, SemanticType.DATETIME)
_NAMING = (SemanticType.NAME, SemanticType.ID, SemanticType.CODE, SemanticType.TEXT, SemanticType.EMAIL)
_STEP_WORDS = {
    "share": ("share of {of}", "{of}占比"),
    "rank": ("rank by {of}", "{of}排名"),
    "difference": ("change in {of}", "{of}的变化量"),
    "pct_change": ("percent change in {of}", "{of}的变化率"),
    "cumulative": ("cumulative {of}", "累计{of}"),
    "moving_average": ("moving average of {of}", "{of}的移动平均"),
    "contribution": ("contribution to the change in {of}", "对{of}变化的贡献"),
}
_PERCENT_STEPS = ("share", "pct_change", "contribution")


def fields_of(checked: CheckedPlan, rows: Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    """One field per output column, in order."""
    noun = table_noun(checked.catalog.table(checked.plan.from_), checked.plan.from_)
    made: dict[str, Field] = {}
    for output in checked.outputs:
        made[output.name] = _field(output, checked.catalog, noun, rows, made)
    return tuple(made.values())


def _field(
    output: OutputColumn,
    catalog: Catalog,
    noun: Noun,
    rows: Sequence[Mapping[str, Any]],
    made: Mapping[str, Field],
) -> Field:
    meaning = output.meaning
    kind = _kind(meaning, [row.get(output.name) for row in rows])
    label = _label(output, catalog)
    phrase, fn, of, counted = label, "", "", None
    percent = _percent(meaning)
    additive = meaning.additivity is Additivity.ADDITIVE
    if output.measure is not None and output.step is None:
        fn = _fn(output.measure)
        phrase = measure_words(output.measure, catalog, noun, date=kind == "date")
        if isinstance(output.measure, MetricUse | Ratio) and phrase.en == humanise(output.name):
            phrase = label
        additive = _adds_up(output.measure, meaning)
        if fn == "count" and _counts_rows(output.measure):
            counted = noun
        percent = _ratio_percent(output.measure, percent)
        ratio = output.measure if isinstance(output.measure, Ratio) else None
        if ratio is not None and is_generated(ratio.as_ or "") and is_share(ratio):
            phrase = _part_words(ratio, catalog, noun)
    elif output.step is not None:
        fn, of = output.step.fn, output.step.of
        base = made.get(of)
        named = base.phrase if base else label
        english, chinese = _STEP_WORDS[fn]
        phrase = Words(en=english.format(of=named.en), zh=chinese.format(of=named.zh))
        percent = 100.0 if fn in _PERCENT_STEPS else base.percent if base else 0.0
        additive = fn == "share"
    if fn in ("count", "distinct", "rank"):
        percent = 0.0
    plain = percent or fn in ("count", "distinct", "rank", "corr")
    return Field(
        name=output.name,
        role=output.role,
        kind=kind,
        label=label,
        phrase=phrase,
        fn=fn,
        unit=None if plain else _unit(meaning, kind),
        currency=None if plain else meaning.currency,
        percent=percent,
        grain=_grain(output),
        additive=additive,
        width=_width(output, rows),
        of=of,
        counted=counted,
        naming=meaning.type in _NAMING,
        inner=output.measure.of.fn if isinstance(output.measure, Nested) and output.step is None else "",
    )


def _label(output: OutputColumn, catalog: Catalog) -> Words:
    if output.breakdown is not None and output.breakdown.col is not None:
        return group_words(catalog, output.breakdown.col)
    reference = _reference(output)
    if reference:
        return reference_words(catalog, reference)
    if output.source:
        return reference_words(catalog, output.source)
    return Words(en=humanise(output.label_en or output.name), zh=humanise(output.label_zh or output.name))


def _reference(output: OutputColumn) -> str:
    if isinstance(output.measure, Aggregate):
        return output.measure.col or ""
    return ""


def _fn(measure: Any) -> str:
    if isinstance(measure, Ratio):
        return measure.fn
    if isinstance(measure, MetricUse):
        return "metric"
    return str(measure.fn)


def _counts_rows(measure: Any) -> bool:
    return (
        isinstance(measure, Aggregate) and measure.col is None and measure.expr is None and not measure.where
    )


def _adds_up(measure: Any, meaning: Meaning) -> bool:
    """Whether figures of disjoint groups may be added: counts and sums, not averages or distinct counts."""
    if isinstance(measure, Aggregate):
        return measure.fn == "count" or (measure.fn == "sum" and meaning.additivity is not Additivity.NON)
    return False


def _percent(meaning: Meaning) -> float:
    if meaning.type is SemanticType.PERCENT:
        return 1.0 if meaning.unit in ("%", "percent", "％") else 100.0
    return 0.0


def _ratio_percent(measure: Any, percent: float) -> float:
    return 100.0 if isinstance(measure, Ratio) and is_share(measure) else percent


def _part_words(measure: Ratio, catalog: Catalog, noun: Noun) -> Words:
    """What a part of a whole is called: "share of flights where departure delay is above 60"."""
    from datalect.answer import scope_en, scope_zh
    from datalect.answer.conditions import conditions_of

    found = conditions_of(measure.num.where, catalog, as_of=catalog.as_of)
    english = " and ".join(scope_en.part(c) for c in found)
    chinese = "且".join(scope_zh.part(c) for c in found)
    whole = measure_words(measure.den, catalog, noun)
    plain = isinstance(measure.den, Aggregate) and measure.den.fn == "count" and measure.den.col is None
    return Words(
        en=f"share of {noun.many if plain else whole.en} where {english}",
        zh=f"{chinese}的{noun.zh if plain else whole.zh}占比",
    )


def _unit(meaning: Meaning, kind: Kind) -> str | None:
    if kind != "number" or meaning.type in (SemanticType.YEAR, SemanticType.ID, SemanticType.CODE):
        return None
    return meaning.unit


def _grain(output: OutputColumn) -> Grain | None:
    if output.breakdown is not None and output.breakdown.grain is not None:
        return output.breakdown.grain
    if output.meaning.type is SemanticType.YEAR:
        return Grain.YEAR
    if output.meaning.type is SemanticType.DATE:
        return output.meaning.grain or Grain.DAY
    return output.meaning.grain


def _width(output: OutputColumn, rows: Sequence[Mapping[str, Any]]) -> float | None:
    node = output.breakdown
    if node is None or (node.bins is None and node.width is None):
        return None
    if node.width is not None:
        return node.width
    edges = sorted({float(r[output.name]) for r in rows if r.get(output.name) is not None})
    gaps = [b - a for a, b in itertools.pairwise(edges)]
    return min(gaps) if gaps else None


def _kind(meaning: Meaning, cells: Sequence[Any]) -> Kind:
    import datetime as dt

    first = next((cell for cell in cells if cell is not None), None)
    if isinstance(first, dt.date) and any(isinstance(cell, str) for cell in cells):
        return "text"  # dates that Python's calendar lacks come as text
    if isinstance(first, bool):
        return "boolean"
    if isinstance(first, dt.date | dt.datetime):
        return "date"
    if isinstance(first, str):
        return "text"
    if meaning.type is SemanticType.YEAR:
        return "date"
    if first is None and meaning.type in _DATE_TYPES:
        return "date"
    return "number"


def shape_of(column: Column | None, label: Words) -> Field:
    """A field-like description of a stored column, for naming constants compared with it."""
    if column is None:
        return Field(name="", role="list", kind="number", label=label, phrase=label)
    dtype = column.dtype.upper()
    kind: Kind = "text"
    if dtype.startswith("BOOL"):
        kind = "boolean"
    elif dtype.startswith(("DATE", "TIMESTAMP")) or column.meaning.type is SemanticType.YEAR:
        kind = "date"
    elif dtype.startswith(
        ("TINY", "SMALL", "INT", "BIG", "HUGE", "UTINY", "USMALL", "UINT", "UBIG", "UHUGE", "FLOAT", "DOUBLE",
         "DEC", "NUMERIC", "REAL")
    ):  # fmt: skip
        kind = "number"
    grain = Grain.YEAR if column.meaning.type is SemanticType.YEAR else column.meaning.grain
    return Field(
        name=column.id,
        role="list",
        kind=kind,
        label=label,
        phrase=label,
        unit=column.meaning.unit if kind == "number" else None,
        currency=column.meaning.currency,
        percent=_percent(column.meaning) if kind == "number" else 0.0,
        grain=grain,
    )
