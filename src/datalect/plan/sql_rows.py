"""The rows a query reads: one table and, many-to-one, the tables its keys lead to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlglot import exp

from datalect.data.model import Catalog
from datalect.plan import sql_tree as sql
from datalect.plan.joins import Path, Reference, key_text
from datalect.plan.names import Names


@dataclass(slots=True)
class Context:
    """What all parts of one query share.

    Attributes:
        catalog: the tables.
        names: resolves references.
        values: collects the constants.
        as_of: the moment that is now.
        given: the moment relative time counts from on every column, or None for each column's own.
    """

    catalog: Catalog
    names: Names
    values: sql.Values
    as_of: datetime
    given: datetime | None = None
    taken: set[str] = field(default_factory=set)

    def alias(self, wish: str) -> str:
        """An alias that nothing else in the query has."""
        free, count = wish, 1
        while free.casefold() in self.taken:
            count += 1
            free = f"{wish}_{count}"
        self.taken.add(free.casefold())
        return free


class Rows:
    """One table with the joins that its references ask for."""

    def __init__(self, context: Context, root: str) -> None:
        self.context = context
        self.root = root
        self._aliases: dict[Path, str] = {Path(root): context.alias(root)}
        self._joins: list[exp.Expr] = []

    def alias_of(self, path: Path) -> str:
        """The alias of the table at the end of a path, joined when it was not before."""
        if path in self._aliases:
            return self._aliases[path]
        key = path.keys[-1]
        before = self.alias_of(Path(path.start, path.keys[:-1]))
        wish = key.ref_table
        if wish.casefold() in self.context.taken:
            wish = f"{key_text(key)}_{wish}"
        alias = self.context.alias(wish)
        matches = [
            exp.EQ(this=sql.column(before, own), expression=sql.column(alias, ref))
            for own, ref in zip(key.columns, key.ref_columns, strict=True)
        ]
        self._joins.append(
            exp.Join(this=sql.table(key.ref_table, alias), side="LEFT", on=sql.all_of(matches))
        )
        self._aliases[path] = alias
        return alias

    def select(
        self,
        columns: list[exp.Expr],
        where: exp.Expr | None = None,
        group: int = 0,
        distinct: bool = False,
    ) -> exp.Select:
        """A SELECT over these rows.

        Call it after every reference was compiled, so that all joins are known.
        """
        source = sql.table(self.root, self._aliases[Path(self.root)])
        return sql.select(columns, source, self._joins, where, group, distinct)

    @property
    def joined(self) -> bool:
        """Whether other tables are joined."""
        return bool(self._joins)


@dataclass(frozen=True, slots=True)
class View:
    """Rows seen from one of their tables: references start at the end of ``prefix``."""

    rows: Rows
    prefix: Path

    @property
    def base(self) -> str:
        """The table references start at."""
        return self.prefix.end

    def find(self, text: str) -> Reference:
        """The column a reference of the checked plan means."""
        return self.rows.context.names.forward(text, self.base)

    def column(self, reference: Reference) -> exp.Expr:
        """A found column as SQL."""
        alias = self.rows.alias_of(self.prefix.then(reference.path))
        return sql.column(alias, reference.column.name)

    def alias(self, path: Path) -> str:
        """The alias of the table a path leads to from the base."""
        return self.rows.alias_of(self.prefix.then(path))


def view_of(context: Context, table: str) -> View:
    """Fresh rows of a table, seen from that table."""
    return View(Rows(context, table), Path(table))
