"""What makes a table hard to trust: markers, spellings, numbers as text, repeated rows, empty columns."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from math import prod
from typing import Any

from datalect.answer.labels import column_words
from datalect.data.model import Column, SemanticType
from datalect.data.profile import kind_of
from datalect.data.quoting import identifier, relation
from datalect.report.finding import Context, Finding, plain_shape, quoted
from datalect.report.model import ChartSpec, Severity

_SHARE = plain_shape(percent=100)
_GROUPED_TYPES = frozenset(
    {SemanticType.CATEGORY, SemanticType.CODE, SemanticType.ORDERED, SemanticType.NAME}
)
_MOST_VARIANTS = 5  # spellings named in one sentence
_WIDE = 60  # columns up to which whole rows are compared
# Marks between digits tell numbers apart: tract 2.02 is not tract 202.
_MARKS = re.compile(r"(?<![0-9])[\s_\-.·,/'’\"]+|[\s_\-.·,/'’\"]+(?![0-9])")
_TEXT_KINDS = ("number", "date", "value")
_MANY_TEXTS = 3  # columns stored as text from which they are told together


def mine(context: Context) -> list[Finding]:
    """All findings about the quality of the table."""
    from datalect.report.mine.forms import several_forms
    from datalect.report.mine.misspellings import misspellings

    found: list[Finding] = []
    for column in context.reader.columns:
        found += _sentinels(context, column)
        found += _variants(context, column)
        forms = several_forms(context, column)
        found += forms or misspellings(context, column)
        found += _emptiness(context, column)
    found += _conversions(context)
    found += _repeated_rows(context)
    return found


def _sentinels(context: Context, column: Column) -> list[Finding]:
    found = []
    for sentinel in column.sentinels:
        if not sentinel.count or (isinstance(sentinel.value, str) and not sentinel.value):
            continue
        treated = sentinel.treated_as_missing
        rows = context.rows or 1
        number = isinstance(sentinel.value, int | float) and not isinstance(sentinel.value, bool)
        value = sentinel.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        far = number and column.profile.minimum is not None and column.profile.maximum is not None
        held = identifier(column.name)
        original = column.conversion.original if column.conversion else column.name
        source = (
            f"SELECT count(*) AS n FROM {relation('source', column.table)} WHERE {identifier(original)} = "
        )
        sql = source + (str(value) if number else "'" + str(value).replace("'", "''") + "'")
        values: dict[str, Any] = {"count": sentinel.count, "share": sentinel.count / rows}
        if far and number:
            values |= {"marker": value, "low": column.profile.minimum, "high": column.profile.maximum}
        names = {"column": column_words(column)}
        if "marker" not in values:
            names["marker"] = quoted(str(value))
        found.append(
            Finding(
                form="sentinel_number" if "marker" in values else "sentinel_text",
                type="sentinel",
                columns=(column.name,),
                section="trust",
                severity="warning" if treated and far else "notice",
                values=values | {"treated": treated},
                names=names,
                shapes={"share": _SHARE},
                n=rows,
                effect=sentinel.count / rows,
                effect_name="share",
                sql=sql if original and held else "",
                # A marker far outside the range ruins every average however rare it is.
                impact=0.75 if far and treated else 0.3,
                surprise=0.8 if far and treated else 0.3,
                cluster=f"sentinel:{column.name}",
            )
        )
    return found


def _conversions(context: Context) -> list[Finding]:
    """Columns stored as text: each by itself, or together where there are many."""
    found = [f for c in context.reader.columns for f in _conversion(context, c)]
    out = [f for f in found if f.values["failed"]]
    clean = {k: [f for f in found if not f.values["failed"] and f.values["kind"] == k] for k in _TEXT_KINDS}
    for kind, plain in clean.items():
        if len(plain) < _MANY_TEXTS:
            out += plain
            continue
        first = plain[0]
        first.form = f"stored_as_text_many:{kind}"
        first.values = {"count": len(plain)}
        first.columns = tuple(f.columns[0] for f in plain)
        first.cluster = f"texts:{kind}"
        out.append(first)
    return out


def _conversion(context: Context, column: Column) -> list[Finding]:
    conversion = column.conversion
    if column.name in context.mask.personal:
        return []  # the number of a card is no number
    if conversion is None or not conversion.converted or kind_of(column.dtype) in ("boolean", "text"):
        return []
    total = conversion.converted + conversion.failed
    example = conversion.examples[0] if conversion.examples else ("", "")
    original = context.mask.value(column.name, example[0])
    reads = context.mask.value(column.name, str(example[1]))
    values: dict[str, Any] = {"converted": conversion.converted, "failed": conversion.failed}
    money = conversion.kind in ("money", "percent", "number", "chinese_number") or kind_of(column.dtype) in (
        "integer",
        "float",
    )
    kind = "number" if money else "date" if kind_of(column.dtype) == "temporal" else "value"
    names = {"column": column_words(column), "example": quoted(original), "read": quoted(reads)}
    return [
        Finding(
            form="stored_as_text",
            type="stored_as_text",
            columns=(column.name,),
            section="trust",
            severity="warning" if conversion.failed else "notice",
            values=values | {"kind": kind},
            names=names,
            n=total,
            effect=conversion.converted / total,
            effect_name="share",
            sql=f"SELECT {identifier(conversion.original)} FROM {relation('source', column.table)} LIMIT 5",
            impact=0.6,
            surprise=0.6 if kind == "number" else 0.45,
            cluster=f"text:{column.name}",
        )
    ]


# ---------------------------------------------------------------- spellings of the same


def folded(text: str) -> str:
    """A text without case, width, blanks and marks: what spellings of the same value share."""
    wide = unicodedata.normalize("NFKC", text).casefold()
    return _MARKS.sub("", wide)


def _variants(context: Context, column: Column) -> list[Finding]:
    if kind_of(column.dtype) != "text" or column.meaning.type not in _GROUPED_TYPES:
        return []
    if not column.profile.values_complete:
        return []
    groups: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for value, count in column.profile.values:
        if isinstance(value, str) and folded(value):
            groups[folded(value)].append((value, count))
    repeated = [sorted(g, key=lambda p: (-p[1], p[0])) for g in groups.values() if len(g) > 1]
    if not repeated:
        return []
    repeated.sort(key=lambda g: -sum(n for _, n in g[1:]))
    first = repeated[0][:_MOST_VARIANTS]
    stray = sum(n for group in repeated for _, n in group[1:])
    spellings = [context.mask.value(column.name, text) for text, _ in first]
    names = {"column": column_words(column)} | {f"s{i}": quoted(s) for i, s in enumerate(spellings)}
    values: dict[str, Any] = {
        "spellings": len(first),
        "rows": sum(n for _, n in first),
        "groups": len(repeated),
        "stray": stray,
        "share": stray / max(context.rows, 1),
    }
    values |= {f"n{i}": count for i, (_, count) in enumerate(first)}
    result = context.reader.run(
        {
            "where": [{"col": column.name, "op": "in", "val": [v for v, _ in first]}],
            "by": [{"col": column.name}],
            "get": [{"fn": "count"}],
        }
    )
    return [
        Finding(
            form="variants",
            type="variants",
            columns=(column.name,),
            section="trust",
            severity="warning",
            values=values,
            names=names,
            shapes={"share": _SHARE},
            n=context.rows,
            effect=values["share"],
            effect_name="share",
            result=result,
            impact=0.55 + 0.4 * min(1.0, values["share"] * 10),
            surprise=0.8,
            cluster=f"variants:{column.name}",
            chart=ChartSpec(
                mark="bar",
                labels=tuple(f"“{s}”" for s in spellings),
                y=tuple(float(n) for _, n in first),
                highlight=tuple(range(1, len(first))),
                x_title=names["column"],
                y_title=context.noun_words(),
            ),
        )
    ]


# ---------------------------------------------------------------- nothing there, nothing new


def _emptiness(context: Context, column: Column) -> list[Finding]:
    profile, rows = column.profile, context.rows
    if rows == 0:
        return []
    label = {"column": column_words(column)}
    if profile.nulls == rows:
        return [
            Finding(
                form="empty",
                type="missingness",
                columns=(column.name,),
                section="trust",
                severity="warning",
                values={"rows": rows},
                names=label,
                n=rows,
                effect=1.0,
                effect_name="share",
                impact=0.4,
                surprise=0.5,
                cluster="empty",
            )
        ]
    if rows > 1 and profile.distinct == 1 and profile.distinct_exact and profile.values:
        value = context.value_name(column.name, profile.values[0][0])
        form = "constant" if profile.nulls == 0 else "constant_or_missing"
        return [
            Finding(
                form=form,
                type="constant",
                columns=(column.name,),
                section="trust",
                severity="notice",
                values={"rows": rows, "missing": profile.nulls},
                names=label | {"value": value},
                n=rows,
                impact=0.3,
                surprise=0.4,
                cluster="constant",
            )
        ]
    return []


def _repeated_rows(context: Context) -> list[Finding]:
    """Rows that occur more than once, as whole rows. A table with a key has none."""
    table = context.reader.table
    columns = [c for c in table.columns if kind_of(c.dtype) != "nested"]
    if any(c.hidden for c in table.columns):
        return []  # rows that look alike may differ in what is hidden
    if table.keys or not columns or len(columns) > _WIDE or table.rows < 2:
        return []
    if prod(max(1, c.profile.distinct) for c in columns) < 2 * table.rows:
        return []  # so few different rows can there be that they must repeat
    # A hash of the row stands for the row: two different rows sharing one are rarer than faults of memory.
    hashed = ", ".join(identifier(c.name) for c in columns)
    sql = (
        "SELECT count(*) AS n, count(DISTINCT h) AS d "
        f"FROM (SELECT hash({hashed}) AS h FROM {context.reader.name})"
    )
    rows = context.reader.try_rows(sql, what="repeated rows")
    if not rows or rows[0]["n"] == rows[0]["d"]:
        return []
    extra = rows[0]["n"] - rows[0]["d"]
    share = extra / rows[0]["n"]
    severity: Severity = "warning" if share >= 0.001 else "notice"
    few = len(columns) <= 2 or rows[0]["d"] < 0.5 * rows[0]["n"]
    return [
        Finding(
            form="repeated_rows",
            type="duplicate",
            columns=(),
            section="trust",
            severity="info" if few else severity,
            values={"extra": extra, "share": share, "rows": table.rows},
            shapes={"share": _SHARE},
            n=table.rows,
            effect=share,
            effect_name="share",
            sql=sql,
            impact=0.3 if few else 0.35 + 0.5 * min(1.0, share * 10),
            surprise=0.3 if few else 0.7,
            cluster="duplicates",
        )
    ]
