"""From names as written to tables and columns of the catalog: exact, then without case, else the nearest."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from datalect.data.model import Catalog, Column, ForeignKey, Table
from datalect.errors import PlanError
from datalect.plan.joins import KeyGraph, Path, Reference, format_path, key_text


def fold(text: str) -> str:
    """Text for comparing names: compatibility forms, case and surrounding space do not count."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def nearest(word: str, choices: Iterable[str], limit: int = 5) -> tuple[str, ...]:
    """The choices most like a word, best first; none that are nothing like it."""
    from rapidfuzz import fuzz, process

    folded = {choice: fold(choice) for choice in choices}
    found = process.extract(fold(word), folded, scorer=fuzz.WRatio, limit=limit, score_cutoff=55)
    return tuple(choice for _, _, choice in found)


class Names:
    """Resolves the names of one catalog. Hidden columns do not exist here."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.graph = KeyGraph(catalog)
        self._tables = {table.name: table for table in catalog.tables}
        self._columns = {
            table.name: {column.name: column for column in table.columns if not column.hidden}
            for table in catalog.tables
        }

    # ------------------------------------------------------------ tables

    def table(self, name: str, at: str) -> Table:
        """The table of that name.

        Raises:
            PlanError: ``unknown_table`` or ``ambiguous_table``.
        """
        if name in self._tables:
            return self._tables[name]
        same = [t for t in self._tables.values() if fold(t.name) == fold(name)]
        if len(same) == 1:
            return same[0]
        if same:
            raise PlanError(
                f'Several tables are called "{name}" when case is ignored.',
                code="ambiguous_table",
                at=at,
                candidates=tuple(t.name for t in same),
                next_step="Write the name exactly as it is.",
            )
        raise PlanError(
            f'There is no table "{name}".',
            code="unknown_table",
            at=at,
            candidates=nearest(name, self._tables) or tuple(self._tables)[:5],
            expected="one of " + ", ".join(list(self._tables)[:12]),
            received=name,
        )

    def column_in(self, table: str, name: str) -> Column | None:
        """The visible column of a table, exactly or without regard to case.

        None when there is none or several.
        """
        columns = self._columns[table]
        if name in columns:
            return columns[name]
        same = [column for column in columns.values() if fold(column.name) == fold(name)]
        return same[0] if len(same) == 1 else None

    def _qualified(self, text: str) -> tuple[str, str] | None:
        """Split ``table.column`` at the dot that makes both parts known.

        Table names without regard to case.
        """
        for position, letter in enumerate(text):
            if letter != ".":
                continue
            left, right = text[:position], text[position + 1 :]
            table = left if left in self._tables else self._folded_table(left)
            if table is not None and self.column_in(table, right) is not None:
                return table, right
        return None

    def _folded_table(self, name: str) -> str | None:
        same = [table for table in self._tables if fold(table) == fold(name)]
        return same[0] if len(same) == 1 else None

    # ------------------------------------------------------------ references

    def find(self, text: str, base: str, at: str) -> tuple[Column, Path | None]:
        """The column a reference means and the many-to-one path to it from ``base``.

        The path is None when the column exists but no many-to-one path leads there.

        Raises:
            PlanError: ``unknown_column``, ``ambiguous_column`` or ``ambiguous_join``.
        """
        own = self.column_in(base, text)
        if own is not None:
            return own, Path(base)
        split = self._qualified(text)
        if split is not None:
            column = self.column_in(*split)
            if column is None:  # _qualified has seen it
                raise self._unknown(text, base, at)
            return column, self._only_path(base, column, at)
        if ">" in text:
            return self._along(text, base, at)
        holders = [table for table in self._tables if self.column_in(table, text) is not None]
        if len(holders) > 1:
            near = [table for table in holders if self.graph.paths(base, table)]
            holders = near if len(near) == 1 else holders
        if len(holders) == 1:
            column = self.column_in(holders[0], text)
            if column is not None:
                return column, self._only_path(base, column, at)
        if holders:
            raise PlanError(
                f'Several tables have a column "{text}".',
                code="ambiguous_column",
                at=at,
                candidates=tuple(f"{table}.{text}" for table in holders),
                next_step="Write the table before the column.",
            )
        raise self._unknown(text, base, at)

    def forward(self, text: str, base: str) -> Reference:
        """A reference known to be reachable, as the checker wrote it."""
        column, path = self.find(text, base, "")
        if path is None:
            raise PlanError(f'"{text}" cannot be reached from "{base}".', code="unreachable", received=text)
        return Reference(path, column)

    def table_path(self, text: str, base: str) -> Path:
        """The way to a table written as ``table`` or ``key>table``."""
        if ">" in text and text not in self._tables:
            head, _, table = text.rpartition(">")
            return self._hops(head, base, text, "", table)
        paths = self.graph.paths(base, text)
        if not paths:
            raise PlanError(f'"{text}" cannot be reached from "{base}".', code="unreachable", received=text)
        return paths[0]

    def _only_path(self, base: str, column: Column, at: str) -> Path | None:
        paths = self.graph.paths(base, column.table)
        if len(paths) > 1:
            raise self.ambiguous(paths, column.name, at)
        return paths[0] if paths else None

    def ambiguous(self, paths: tuple[Path, ...], column: str, at: str) -> PlanError:
        """The error for several equally short ways."""
        written = tuple(format_path(path, self.graph, column) for path in paths)
        return PlanError(
            f'"{paths[0].end}" can be reached from "{paths[0].start}" in {len(paths)} ways.',
            code="ambiguous_join",
            at=at,
            candidates=written,
            expected="a reference that names the key, such as " + " or ".join(written[:3]),
        )

    def _along(self, text: str, base: str, at: str) -> tuple[Column, Path]:
        head, _, last = text.rpartition(">")
        split = self._qualified(last)
        if split is None:
            raise self._unknown(last, base, at)
        column = self.column_in(*split)
        if column is None:  # _qualified has seen it
            raise self._unknown(last, base, at)
        return column, self._hops(head, base, text, at, column.table)

    def _hops(self, head: str, base: str, text: str, at: str, end: str) -> Path:
        steps = head.split(">")
        path = Path(base)
        for index, step in enumerate(steps):
            key_columns = step
            if index:
                key_columns = step.partition(".")[2] or step
            following = end if index == len(steps) - 1 else steps[index + 1].rpartition(".")[0]
            key = self._key(path.end, key_columns, following)
            if key is None:
                known = [f"{key_text(k)}>{k.ref_table}" for k in self.graph.keys_of(path.end)]
                raise PlanError(
                    f'No key "{key_columns}" leads from "{path.end}" to "{following}".',
                    code="unknown_join",
                    at=at,
                    candidates=tuple(known),
                    received=text,
                )
            path = Path(base, (*path.keys, key))
        return path

    def _key(self, table: str, columns: str, ref_table: str) -> ForeignKey | None:
        to_table = [key for key in self.graph.keys_of(table) if fold(key.ref_table) == fold(ref_table)]
        exact = [key for key in to_table if fold(key_text(key)) == fold(columns)]
        partial = [key for key in to_table if any(fold(c) == fold(columns) for c in key.columns)]
        chosen = exact or partial
        return chosen[0] if len(chosen) == 1 else None

    def _unknown(self, text: str, base: str, at: str) -> PlanError:
        choices: dict[str, str] = {}
        for table, columns in self._columns.items():
            for column in columns.values():
                name = column.name if table == base else column.id
                for word in (column.name, column.label, *column.synonyms):
                    if word:
                        choices.setdefault(word, name)
                choices.setdefault(column.id, name)
        found = tuple(dict.fromkeys(choices[word] for word in nearest(text, choices, limit=8)))[:5]
        return PlanError(
            f'There is no column "{text}".',
            code="unknown_column",
            at=at,
            candidates=found or tuple(list(self._columns[base])[:5]),
            expected="a column, such as " + ", ".join(found[:3] or list(self._columns[base])[:5]),
            received=text,
        )
