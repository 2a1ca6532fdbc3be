"""A catalog in words: tables, columns, meanings, keys, joins and problems."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table as Grid

    from datalect.data.model import Catalog, Column, ForeignKey, Meaning, Table

Language = Literal["en", "zh"]
_NARROW = 60  # characters below which columns are listed, not laid out in a grid

_WORDS: dict[str, tuple[str, str]] = {
    "rows": ("{n:,} rows", "{n:,} 行"),
    "columns": ("{n} columns", "{n} 列"),
    "key": ("key: {key}", "主键：{key}"),
    "no_key": ("no key", "无主键"),
    "column": ("column", "列"),
    "meaning": ("meaning", "含义"),
    "missing": ("missing", "缺失"),
    "distinct": ("distinct", "不同值"),
    "range": ("values", "取值"),
    "joins": ("Joins", "关联"),
    "problems": ("Problems", "问题"),
    "metrics": ("Metrics", "指标"),
    "converted": (
        "{column}: read as {kind}, {converted:,} converted, {failed:,} not readable; original in {original}",
        "{column}：按{kind}读取，转换 {converted:,} 个，无法读取 {failed:,} 个；原文保留在 {original}",
    ),
    "sentinel_dropped": (
        "{column}: {value} ({count:,}×) is taken as missing: {evidence}",
        "{column}：{value}（{count:,} 次）视为缺失：{evidence}",
    ),
    "sentinel_kept": (
        "{column}: {value} ({count:,}×) may stand for missing, left as it is: {evidence}",
        "{column}：{value}（{count:,} 次）可能表示缺失，未作处理：{evidence}",
    ),
    "declared": ("declared", "已声明"),
    "found": ("found, {coverage:.1%} contained", "推断，包含率 {coverage:.1%}"),
}


def describe(catalog: Catalog, language: Language = "en", *, width: int = 120) -> str:
    """The whole catalog as plain text.

    Args:
        catalog: what to describe; hidden columns are left out.
        language: ``en`` or ``zh``.
        width: characters a line may take (a Chinese character takes two).
    """
    parts = [_describe_table(table, language, width) for table in catalog.tables]
    if catalog.foreign_keys:
        joins = "\n".join(f"  {_join_text(fk, language)}" for fk in catalog.foreign_keys)
        parts.append(f"{_say('joins', language)}\n{joins}\n")
    if catalog.metrics:
        metrics = "\n".join(
            f"  {m.label or m.name} ({m.table}) {m.description}".rstrip() for m in catalog.metrics
        )
        parts.append(f"{_say('metrics', language)}\n{metrics}\n")
    return "\n".join(parts)


def meaning_text(meaning: Meaning, language: Language = "en") -> str:
    """A meaning on one line, such as ``money · USD`` or ``date · day``."""
    if language == "zh":
        from datalect.data.describe_zh import GRAINS, MEANINGS

        grain = GRAINS.get(meaning.grain, "") if meaning.grain else ""
        extra = meaning.currency or meaning.unit or grain
        return f"{MEANINGS[meaning.type]} · {extra}" if extra else MEANINGS[meaning.type]
    extra = meaning.currency or meaning.unit or (meaning.grain.value if meaning.grain else "")
    return f"{meaning.type.value} · {extra}" if extra else meaning.type.value


def notes_of(table: Table, language: Language = "en") -> list[str]:
    """Problems, conversions and sentinels of a table, one sentence each."""
    from datalect.data.describe_zh import conversion_text, example_text, problem_text, sentinel_reason

    chinese = language == "zh"
    opened, closed = ("（", "）") if chinese else (" (", ")")
    notes = []
    for problem in table.problems:
        said = problem_text(problem) if chinese else problem.message
        shown = [example_text(problem, text) if chinese else text for text in problem.examples[:3]]
        notes.append(said + (opened + ("；" if chinese else "; ").join(shown) + closed if shown else ""))
    for column in table.columns:
        if column.hidden:
            continue
        if (conversion := column.conversion) is not None:
            notes.append(
                _say(
                    "converted",
                    language,
                    column=column.name,
                    kind=conversion_text(conversion.kind) if chinese else conversion.kind,
                    converted=conversion.converted,
                    failed=conversion.failed,
                    original=conversion.original,
                )
            )
        for sentinel in column.sentinels:
            key = "sentinel_dropped" if sentinel.treated_as_missing else "sentinel_kept"
            notes.append(
                _say(
                    key,
                    language,
                    column=column.name,
                    value=repr(sentinel.value),
                    count=sentinel.count,
                    evidence=sentinel_reason(sentinel) if chinese else sentinel.evidence,
                )
            )
    return notes


def _say(word: str, language: Language, **values: Any) -> str:
    return _WORDS[word][language == "zh"].format(**values)


def _describe_table(table: Table, language: Language, width: int) -> str:
    from rich.console import Console

    key = _say("key", language, key=" + ".join(table.keys[0])) if table.keys else _say("no_key", language)
    head = " · ".join(
        [
            f"{table.name} ({table.label})" if table.label else table.name,
            _say("rows", language, n=table.rows),
            _say("columns", language, n=sum(not c.hidden for c in table.columns)),
            key,
        ]
    )
    out = StringIO()
    console = Console(file=out, width=width, no_color=True, highlight=False, emoji=False, markup=False)
    console.print(_printable(head))
    columns = [column for column in table.columns if not column.hidden]
    if width < _NARROW:
        _print_list(console, columns, language, width)
    else:
        console.print(_grid(columns, language, width))
    notes = notes_of(table, language)
    if notes:
        console.print(_say("problems", language))
        for note in notes:
            console.print(f"  {_printable(note)}")
    return out.getvalue()


def _grid(columns: Sequence[Column], language: Language, width: int) -> Grid:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=SIMPLE_HEAD, pad_edge=False)
    grid.add_column(_say("column", language), overflow="fold", min_width=8)
    grid.add_column(_say("meaning", language), no_wrap=True)
    grid.add_column(_say("missing", language), justify="right")
    grid.add_column(_say("distinct", language), justify="right")
    grid.add_column(
        _say("range", language), overflow="ellipsis", no_wrap=True, max_width=max(16, width * 2 // 5)
    )
    for column in columns:
        profile = column.profile
        grid.add_row(
            Text(_printable(column.name)),
            Text(meaning_text(column.meaning, language)),
            _missing_text(column),
            f"{'' if profile.distinct_exact else '≈'}{profile.distinct:,}",
            Text(_values_text(column)),
        )
    return grid


def _print_list(console: Console, columns: Sequence[Column], language: Language, width: int) -> None:
    """Name and meaning on one line, values on the next, where a grid would cut both to a few letters."""
    from rich.text import Text

    for column in columns:
        said = [_printable(column.name), meaning_text(column.meaning, language)]
        if column.profile.nulls:
            said.append(f"{_say('missing', language)} {_missing_text(column)}")
        values = Text(f"  {_values_text(column)}")
        values.truncate(width, overflow="ellipsis")
        console.print(Text(" · ".join(said)), overflow="fold")
        console.print(values)


def _missing_text(column: Column) -> str:
    profile = column.profile
    return f"{profile.nulls / profile.rows:.1%}" if profile.rows and profile.nulls else "0"


def _values_text(column: Column) -> str:
    profile = column.profile
    if profile.minimum is not None and profile.maximum is not None and not isinstance(profile.minimum, str):
        return f"{_short(profile.minimum)} … {_short(profile.maximum)}"
    return _printable(", ".join(_short(value) for value, _ in profile.values[:6]))


def _short(value: Any) -> str:
    text = f"{value:,.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 30 else text[:29] + "…"


def _printable(text: str) -> str:
    """Control, bidirectional and escape characters made visible, so that data cannot steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _join_text(fk: ForeignKey, language: Language) -> str:
    how = _say("declared", language) if fk.declared else _say("found", language, coverage=fk.coverage)
    one, other = (", ".join(columns) for columns in (fk.columns, fk.ref_columns))
    return f"{fk.table}.{one} -> {fk.ref_table}.{other}  ({how})"
