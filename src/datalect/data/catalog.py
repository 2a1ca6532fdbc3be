"""From loaded tables to a catalog: views with conversions, meanings, profiles, keys, foreign keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from datalect.data.convert import Decision, decide, decide_compact_dates
from datalect.data.foreign_keys import coverage, find_foreign_keys
from datalect.data.glossary import Glossary
from datalect.data.glossary_apply import apply_keys, apply_metrics, apply_tables
from datalect.data.keys import find_keys
from datalect.data.meaning import Evidence, decide_meaning
from datalect.data.model import (
    Catalog,
    Column,
    ColumnProfile,
    ForeignKey,
    Meaning,
    Problem,
    SemanticType,
    Sentinel,
    Table,
)
from datalect.data.moment import latest_moment
from datalect.data.profile import Figures, figures, profile_columns, random_rows
from datalect.data.quoting import identifier, relation
from datalect.data.sentinel import (
    blank_texts,
    find_markers,
    marks_in_text,
    without,
    words_converted,
    words_in_text,
)
from datalect.data.unions import find_unions, with_parts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from datalect.data.load.base import LoadedTable

STRETCHES = 5  # places of a stored table sample rows are taken from
SAMPLE_ROWS = 1_000  # rows a meaning is concluded from, besides the exact figures


@dataclass(slots=True)
class _Draft:
    """One column while its table is being worked out."""

    name: str
    dtype: str
    expression: str
    decision: Decision | None = None
    sentinels: tuple[Sentinel, ...] = ()


@dataclass(slots=True)
class _TableDraft:
    item: LoadedTable
    columns: list[_Draft]
    raw: dict[str, Figures]
    problems: list[Problem] = field(default_factory=list)

    @property
    def source(self) -> str:
        return relation("source", self.item.name)

    @property
    def view(self) -> str:
        return relation("main", self.item.name)

    @property
    def selected(self) -> str:
        """What the view selects."""
        return ", ".join(
            c.expression if c.expression == identifier(c.name) else f"{c.expression} AS {identifier(c.name)}"
            for c in self.columns
        )


def build_catalog(
    connection: DuckDBPyConnection, loaded: Sequence[LoadedTable], glossary: Glossary | None = None
) -> Catalog:
    """Work out what the tables of schema ``source`` mean and make them queryable in schema ``main``.

    Args:
        connection: open, writable connection to the workspace.
        loaded: the tables that exist in schema ``source``.
        glossary: what the user says about them.

    Returns:
        The catalog; ``main.<name>`` exists for each of its tables.

    Raises:
        UsageError: the glossary names a table or column that does not exist.
    """
    words = glossary or Glossary()
    declared = [fk for item in loaded for fk in item.declared_foreign_keys]
    built = [_build_table(connection, item) for item in loaded]
    unions = find_unions(connection, built, _apart(declared, words))
    built += [_build_table(connection, union.item) for union in unions]
    tables = with_parts(apply_tables(words, tuple(built)), unions)
    said = apply_keys(words, tables, partial(coverage, connection))
    keys = _foreign_keys(connection, tables, _merge(declared, said))
    catalog = Catalog(
        tables=tuple(_with_key_columns(table, keys) for table in tables),
        foreign_keys=keys,
        as_of=latest_moment(tables, datetime.now()),
        fiscal_year_start=words.fiscal_year_start,
    )
    return replace(catalog, metrics=apply_metrics(words, catalog))


def _apart(declared: Sequence[ForeignKey], words: Glossary) -> set[str]:
    """Tables that stay on their own, because keys or metrics speak of them by name."""
    ends = {end for key in declared for end in (key.table, key.ref_table)}
    ends |= {end for said in words.foreign_keys for end in (said.table, said.ref_table)}
    return ends | {entry.table for entry in words.metrics.values()}


def _foreign_keys(
    connection: DuckDBPyConnection, tables: Sequence[Table], declared: Sequence[ForeignKey]
) -> tuple[ForeignKey, ...]:
    """Foreign keys between tables; what leads away from a union leads away from each part of it."""
    parts = {name for table in tables for name in table.parts}
    keys = find_foreign_keys(connection, [t for t in tables if t.name not in parts], declared)
    own = [replace(k, table=p) for t in tables for k in keys if k.table == t.name for p in t.parts]
    return (*keys, *own)


def _with_key_columns(table: Table, keys: Sequence[ForeignKey]) -> Table:
    """Columns that lead to another table are identifiers, whatever their numbers looked like."""
    leading = {fk.columns[0] for fk in keys if fk.table == table.name and len(fk.columns) == 1}
    loose = (SemanticType.MEASURE, SemanticType.COUNT)

    def meant(column: Column) -> Column:
        if column.name not in leading or column.meaning.type not in loose:
            return column
        return replace(column, meaning=Meaning(type=SemanticType.ID, evidence="leads to the key of a table"))

    return replace(table, columns=tuple(meant(c) for c in table.columns))


def _merge(declared: Sequence[ForeignKey], said: Sequence[ForeignKey]) -> list[ForeignKey]:
    """Declared keys of the source and the glossary; where both speak of the same columns, the user wins."""
    ends = {(fk.table, fk.columns, fk.ref_table) for fk in said}
    return [*said, *(fk for fk in declared if (fk.table, fk.columns, fk.ref_table) not in ends)]


def _build_table(connection: DuckDBPyConnection, item: LoadedTable) -> Table:
    draft = _draft(connection, item)
    _convert(connection, draft)
    _mark_missing(connection, draft)
    # sampled before anything is converted: a view converts every row to give some
    sample = f"(SELECT {draft.selected} FROM ({random_rows(draft.source)}))"
    profiles = profile_columns(connection, draft.view, draft.raw, sample)
    profiles |= _mark_texts(connection, draft, profiles)
    columns = _meanings(connection, draft, profiles)
    return Table(
        name=item.name,
        columns=tuple(columns),
        rows=item.rows,
        source=item.source,
        keys=find_keys(connection, item.name, columns, item.rows, item.declared_keys),
        problems=(*_still_true(item.problems, draft), *draft.problems),
    )


def _still_true(problems: Sequence[Problem], draft: _TableDraft) -> Iterator[Problem]:
    """Problems of reading, without "stays text" for columns whose text was then read as numbers or dates."""
    converted = {column.name for column in draft.columns if column.decision is not None}
    for problem in problems:
        if problem.kind != "mixed_types" or problem.column not in converted:
            yield problem


def _draft(connection: DuckDBPyConnection, item: LoadedTable) -> _TableDraft:
    source = relation("source", item.name)
    columns = []
    for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall():
        name, dtype = str(row[0]), str(row[1])
        expression = identifier(name)
        if dtype == "TIMESTAMP WITH TIME ZONE":
            # one clock for all rows; plans and people's SQL compare it with plain dates
            dtype, expression = "TIMESTAMP", f"({expression} AT TIME ZONE 'UTC')"
        columns.append(_Draft(name, dtype, expression))
    draft = _TableDraft(item, columns, {})
    _write_view(connection, draft)
    draft.raw = figures(connection, draft.view, [(c.name, c.dtype) for c in columns], item.rows)
    for column in columns:
        if draft.raw[column.name].blanks:
            column.expression = f"nullif({column.expression}, '')"
    return draft


def _write_view(connection: DuckDBPyConnection, draft: _TableDraft) -> None:
    connection.execute(f"CREATE OR REPLACE VIEW {draft.view} AS SELECT {draft.selected} FROM {draft.source}")


def _refresh(
    connection: DuckDBPyConnection,
    draft: _TableDraft,
    changed: Sequence[_Draft],
    known: Mapping[str, Figures] = MappingProxyType({}),
) -> None:
    if changed:
        _write_view(connection, draft)
        shape = [(c.name, c.dtype) for c in changed if c.name not in known]
        draft.raw |= {**figures(connection, draft.view, shape, draft.item.rows), **known}


def _convert(connection: DuckDBPyConnection, draft: _TableDraft) -> None:
    """Read numbers, dates and yes/no written as text, where that is proven."""
    changed, known = [], dict[str, Figures]()
    for column in draft.columns:
        item = draft.raw[column.name]
        if item.filled == 0:
            continue
        if item.kind == "text":
            decision = decide(
                connection, draft.source, column.name, item.approximate_distinct, draft.item.rows
            )
        else:
            decision = decide_compact_dates(connection, draft.source, item)
        if decision is not None:
            column.decision = decision
            column.dtype = decision.form.dtype
            column.expression = decision.form.expression
            column.sentinels = words_converted(decision.missing)
            draft.problems.extend(decision.problems)
            changed.append(column)
            if decision.figures is not None:
                known[column.name] = decision.figures
        elif item.blanks:
            column.sentinels = blank_texts(item.blanks)
            changed.append(column)
    _refresh(connection, draft, changed, known)


def _mark_missing(connection: DuckDBPyConnection, draft: _TableDraft) -> None:
    """Put NULL in place of markers such as 999 where the evidence is strong."""
    found = find_markers(connection, draft.view, draft.raw)
    changed = []
    for column in draft.columns:
        markers = found.get(column.name, ())
        column.sentinels += markers
        if any(m.treated_as_missing for m in markers):
            column.expression = without(column.expression, markers)
            changed.append(column)
    _refresh(connection, draft, changed)


def _mark_texts(
    connection: DuckDBPyConnection, draft: _TableDraft, profiles: dict[str, ColumnProfile]
) -> dict[str, ColumnProfile]:
    """Put NULL in place of marks such as a lone "?" in text columns; the new profiles of those columns."""
    changed = []
    for column in draft.columns:
        marks = marks_in_text(profiles[column.name]) if draft.raw[column.name].kind == "text" else ()
        if marks:
            column.sentinels += marks
            column.expression = without(column.expression, marks)
            changed.append(column)
    if not changed:
        return {}
    _refresh(connection, draft, changed)
    sample = f"(SELECT {draft.selected} FROM ({random_rows(draft.source)}))"
    return profile_columns(connection, draft.view, {c.name: draft.raw[c.name] for c in changed}, sample)


def _meanings(
    connection: DuckDBPyConnection, draft: _TableDraft, profiles: dict[str, ColumnProfile]
) -> list[Column]:
    sample = _sample(connection, draft, profiles)
    names = [c.name for c in draft.columns]
    columns = []
    for column in draft.columns:
        profile = profiles[column.name]
        form = column.decision.form if column.decision else None
        evidence = Evidence(
            name=column.name,
            dtype=column.dtype,
            rows=profile.rows,
            filled=profile.rows - profile.nulls,
            distinct=profile.distinct,
            minimum=profile.minimum,
            maximum=profile.maximum,
            values=[value for value, _ in profile.values],
            complete=profile.values_complete,
            sample=sample.get(column.name, ()),
            siblings=[n for n in names if n != column.name],
            table=draft.item.name,
            unit=form.unit if form else None,
            grain=form.grain if form else None,
            converted=form.kind if form else "",
        )
        words = words_in_text(profile) if draft.raw[column.name].kind == "text" else ()
        columns.append(
            Column(
                table=draft.item.name,
                name=column.name,
                dtype=column.dtype,
                meaning=decide_meaning(evidence),
                profile=profile,
                sentinels=(*column.sentinels, *words),
                conversion=column.decision.report if column.decision else None,
            )
        )
    return columns


def _sample(
    connection: DuckDBPyConnection, draft: _TableDraft, profiles: dict[str, ColumnProfile]
) -> dict[str, list[Any]]:
    """Values of some rows of the columns whose distinct values are not all known."""
    kinds = ("text", "temporal", "float")
    names = [
        c.name
        for c in draft.columns
        if not profiles[c.name].values_complete and draft.raw[c.name].kind in kinds
    ]
    if not names:
        return {}
    rows = _some_rows(connection, draft, names)
    return {
        name: [row[position] for row in rows if row[position] is not None]
        for position, name in enumerate(names)
    }


def _some_rows(
    connection: DuckDBPyConnection, draft: _TableDraft, names: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Some rows: a few stretches of a stored table, the first rows of a view over files."""
    if draft.item.rows <= SAMPLE_ROWS or draft.item.in_place:
        listed = ", ".join(identifier(name) for name in names)
        return connection.execute(f"SELECT {listed} FROM {draft.view} LIMIT {SAMPLE_ROWS}").fetchall()
    expressions = ", ".join(c.expression for c in draft.columns if c.name in set(names))
    size, step = SAMPLE_ROWS // STRETCHES, draft.item.rows // STRETCHES
    # ranges of rowid skip the rest of the table, which no random sample does
    ranges = " OR ".join(f"rowid BETWEEN {i * step} AND {i * step + size - 1}" for i in range(STRETCHES))
    return connection.execute(f"SELECT {expressions} FROM {draft.source} WHERE {ranges}").fetchall()
