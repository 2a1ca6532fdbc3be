"""Finding stored values from words.

Values the profile lists completely are in memory at once. Other text columns are read when a look-up first
needs them: small tables whole, large ones only by exact queries for the words at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from datalect.data.model import Column, SemanticType, Table, Workspace
from datalect.data.profile import kind_of
from datalect.data.quoting import identifier, relation
from datalect.data.value_words import LONGEST, QUESTION, normalise, places, says_it, singular_form, spans
from datalect.data.values import ValueHit, ValueIndex, ValueMention

if TYPE_CHECKING:
    from datalect.engine.base import Engine

HELD_VALUES = (
    200_000  # distinct values of one column held in memory, and rows a table may have to be read whole
)
REPEATING_VALUES = 50_000  # different values of a column of a larger table that are held all the same
READABLE_ROWS = 5_000_000  # rows beyond which a table is never read whole for its values
ASKED_VALUES = 200  # values of one large column that are believed to stand in a question
SIMILAR = 65.0  # rapidfuzz score below which values are not offered
PLURAL_SCORE = 0.97

S = SemanticType
_NEVER = frozenset({S.TEXT, S.URL})


class _Index:
    """Entries by normalised value; see ``data.values.ValueIndex`` for the contract."""

    def __init__(self, workspace: Workspace, engine: Engine | None) -> None:
        self._workspace = workspace
        self._engine = engine
        self._entries: dict[str, list[ValueHit]] | None = None
        self._singulars: dict[str, list[str]] = {}
        self._starts: set[str] = set()
        self._longest = 1
        self._unread: dict[str, tuple[Table, Column]] = {}
        self._large: dict[str, tuple[Table, Column]] = {}
        # seen through the tables they are parts of; read when a look-up names them
        self._aside: dict[str, tuple[Table, Column]] = {}
        self._parts: set[str] = set()

    # ------------------------------------------------------------ filling

    def _ready(self) -> dict[str, list[ValueHit]]:
        """Entries with every column read that is small enough."""
        entries = self._start()
        for column_id in list(self._unread):
            self._read(column_id)
        return entries

    def _start(self) -> dict[str, list[ValueHit]]:
        if self._entries is not None:
            return self._entries
        self._entries = {}
        parts = self._workspace.catalog.part_names
        for table in self._workspace.catalog.tables:
            for column in table.columns:
                if not column.hidden and table.name in parts:
                    self._aside[column.id] = (table, column)
                elif not column.hidden:
                    self._take(table, column)
        self._parts = set(self._aside)
        return self._entries

    def _take(self, table: Table, column: Column) -> None:
        counts: dict[Any, int] = {}
        if kind_of(column.dtype) == "text":
            counts = {value: count for value, count in column.profile.values if value is not None}
            if not column.profile.values_complete:
                if column.meaning.type in _NEVER:
                    return
                large = table.rows > HELD_VALUES and not _repeats(table, column)
                (self._large if large else self._unread)[column.id] = (table, column)
            if column.profile.sampled:
                counts = {}  # of a few rows only; the column itself is asked
            for value, count in counts.items():
                self._add(column.id, str(value), value, count)
        elif column.meaning.type is S.BOOLEAN and column.conversion is not None:
            counts = dict(column.profile.values)
            for text, shown in column.conversion.examples:
                flag = shown == "True"
                self._add(column.id, text, flag, counts.get(flag, 0))
        for word, value in column.value_aliases.items():
            self._add(column.id, word, value, counts.get(value, 0))

    def _add(self, column: str, word: str, value: Any, count: int) -> None:
        key = normalise(word)
        if not key or len(key) > 4 * LONGEST or self._entries is None:
            return
        hits = self._entries.setdefault(key, [])
        if any(h.column == column and h.value == value for h in hits):
            return
        hits.append(ValueHit(column=column, value=value, count=count, score=1.0))
        if len(hits) == 1:
            single = singular_form(key)
            if single != key:
                self._singulars.setdefault(single, []).append(key)
            if len(key) <= LONGEST:
                self._longest = max(self._longest, len(key) + 2)
                self._starts.add(key[:2])

    def _fetch(self, column_id: str) -> None:
        """Make sure that the values of a column are among the entries."""
        if column_id in self._aside:
            self._take(*self._aside.pop(column_id))
        if column_id in self._unread:
            self._read(column_id)

    def _wanted(self, hit: ValueHit, columns: Sequence[str] | None) -> bool:
        return hit.column not in self._parts if columns is None else hit.column in columns

    def _read(self, column_id: str) -> None:
        table, column = self._unread.pop(column_id)
        name = identifier(column.name)
        rows = self._rows(
            f"SELECT {name} AS v, count(*) AS n FROM {relation('main', table.name)} "
            f"WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY n DESC, v LIMIT {HELD_VALUES}"
        )
        for value, count in rows:
            self._add(column_id, str(value), value, int(count))

    def _rows(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        if self._engine is not None:
            from datalect.engine.base import Limits, Query
            from datalect.engine.cells import plain_columns

            result = self._engine.execute(Query(sql=sql, params=tuple(params)), Limits(rows=HELD_VALUES))
            return list(zip(*plain_columns(result.table), strict=True))
        import duckdb

        with duckdb.connect(str(self._workspace.database), read_only=True) as connection:
            return connection.execute(sql, list(params)).fetchall()

    def _ask(self, condition: str, word: str, columns: Sequence[str] | None) -> list[ValueHit]:
        """Values of the columns that are too large to hold, by a condition on ``v`` with one parameter."""
        found = []
        for column_id, (table, column) in self._large.items():
            if column_id not in self._parts if columns is None else column_id in columns:
                name = identifier(column.name)
                rows = self._rows(
                    f"SELECT v, count(*) AS n FROM (SELECT {name} AS v FROM {relation('main', table.name)}) "
                    f"WHERE {condition} GROUP BY 1 ORDER BY length(v) DESC, n DESC, v LIMIT {ASKED_VALUES}",
                    [word],
                )
                found += [ValueHit(column=column_id, value=v, count=int(n), score=1.0) for v, n in rows]
        return found

    # ------------------------------------------------------------ looking up

    def _lookup(self, key: str) -> list[ValueHit]:
        """Values with that normalised form, else those that differ in an English plural only."""
        entries = self._start()
        if key in entries:
            return entries[key]
        single = singular_form(key)
        without = [single, key[:-1]] if key.endswith("s") and len(key) > 3 else [single]
        keys = [k for k in without if k != key and k in entries]
        keys += self._singulars.get(key, []) + (self._singulars.get(single, []) if single != key else [])
        return [
            ValueHit(column=h.column, value=h.value, count=h.count, score=PLURAL_SCORE)
            for k in dict.fromkeys(keys)
            for h in entries[k]
        ]

    def find(self, text: str, *, columns: Sequence[str] | None = None) -> tuple[ValueHit, ...]:
        """Values equal to ``text`` after normalisation, best first."""
        if columns is None:
            self._ready()
        else:
            self._start()
            for column_id in columns:
                self._fetch(column_id)
        hits = [h for h in self._lookup(normalise(text)) if self._wanted(h, columns)]
        known = {(h.column, h.value) for h in hits}
        hits += [
            h
            for h in self._ask("lower(v) = ?", text.strip().lower(), columns)
            if (h.column, h.value) not in known
        ]
        return tuple(sorted(hits, key=lambda h: (-h.score, h.value != text, -h.count)))

    def nearest(
        self, text: str, *, columns: Sequence[str] | None = None, limit: int = 5
    ) -> tuple[ValueHit, ...]:
        """Values most like ``text``, best first; equal ones included."""
        from rapidfuzz import fuzz, process

        entries = self._ready()
        for column_id in columns or ():
            self._fetch(column_id)
        key = normalise(text)
        if not key or limit < 1:
            return ()
        keys: Sequence[str] = list(entries)
        if columns is not None:
            wanted = frozenset(columns)
            keys = [k for k, hits in entries.items() if any(h.column in wanted for h in hits)]
        found: dict[tuple[str, Any], ValueHit] = {}
        for match, score, _ in process.extract(
            key, keys, scorer=fuzz.WRatio, limit=limit * 4, score_cutoff=SIMILAR
        ):
            # short words inside long ones score high without being alike
            likeness = score / 100 * (0.6 + 0.4 * min(len(match), len(key)) / max(len(match), len(key)))
            likeness = 1.0 if match == key else min(max(likeness, fuzz.ratio(key, match) / 100), 0.99)
            for hit in entries[match]:
                if self._wanted(hit, columns):
                    made = ValueHit(column=hit.column, value=hit.value, count=hit.count, score=likeness)
                    found.setdefault((hit.column, str(hit.value)), made)
        for hit in self._alike_in_large(text, columns, limit):
            found.setdefault((hit.column, str(hit.value)), hit)
        ranked = sorted(found.values(), key=lambda h: (-h.score, -h.count))
        return tuple(ranked[:limit])

    def _alike_in_large(self, text: str, columns: Sequence[str] | None, limit: int) -> list[ValueHit]:
        found = []
        for column_id, (table, column) in self._large.items():
            if column_id not in self._parts if columns is None else column_id in columns:
                name = identifier(column.name)
                rows = self._rows(
                    f"SELECT v, n, jaro_winkler_similarity(lower(v), ?) AS s FROM (SELECT {name} AS v, "
                    f"count(*) AS n FROM {relation('main', table.name)} WHERE length({name}) <= {LONGEST} "
                    f"GROUP BY 1) WHERE s > 0.85 ORDER BY s DESC, n DESC, v LIMIT {limit}",
                    [text.strip().lower()],
                )
                found += [
                    ValueHit(
                        column=column_id, value=v, count=int(n), score=1.0 if s >= 1 else float(s) * 0.95
                    )
                    for v, n, s in rows
                ]
        return found

    def mentions(self, question: str) -> tuple[ValueMention, ...]:
        """All stretches of a question that equal a stored value, longest first."""
        self._ready()
        question = question[:QUESTION]
        found: dict[tuple[int, int], list[ValueHit]] = {}
        for span in spans(question, self._longest, self._starts):
            written = question[span.start : span.end]
            hits = [
                h for h in self._lookup(span.key) if self._wanted(h, None) and says_it(written, str(h.value))
            ]
            if hits:
                found.setdefault((span.start, span.end), []).extend(hits)
        if self._large:
            self._mentions_of_large(question, found)
        made = [
            ValueMention(start=start, end=end, hits=tuple(sorted(hits, key=lambda h: (-h.score, -h.count))))
            for (start, end), hits in found.items()
        ]
        return tuple(sorted(made, key=lambda m: (m.start - m.end, m.start)))

    def _mentions_of_large(self, question: str, found: dict[tuple[int, int], list[ValueHit]]) -> None:
        lowered = question.lower()
        if len(lowered) != len(question):
            return  # places would not agree; only a few letters of rare alphabets do this
        for hit in self._ask("length(v) BETWEEN 2 AND 80 AND contains(?, lower(v))", lowered, None):
            value = str(hit.value)
            for start, end in places(lowered, value.lower()):
                hits = found.setdefault((start, end), [])
                known = any(h.column == hit.column and h.value == hit.value for h in hits)
                if not known and says_it(question[start:end], value):
                    hits.append(hit)
        for place in [place for place, hits in found.items() if not hits]:
            del found[place]


def _repeats(table: Table, column: Column) -> bool:
    """Whether a column of a large table has few enough different values to be read and held."""
    return column.profile.distinct <= REPEATING_VALUES and table.rows <= READABLE_ROWS


def build_value_index(workspace: Workspace, engine: Engine | None = None) -> ValueIndex:
    """An index over the stored values of all visible text columns, filled at the first look-up.

    Args:
        workspace: the tables.
        engine: runs the look-ups in columns the catalog does not list; without one the workspace's database
            is opened read-only for each.
    """
    return _Index(workspace, engine)
