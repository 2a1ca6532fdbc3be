"""Tables of a database on their way into the workspace: which ones, under which names, with which keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from datalect.data.load.base import LoadedTable, Loading
from datalect.data.model import ForeignKey, Problem
from datalect.errors import DatalectError, LimitError, SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table or view of a database.

    Attributes:
        name: its name there.
        schema: its schema, where the database has several.
        view: whether it is a view.
        keys: declared keys, the primary one first.
        foreign_keys: columns, table referred to and its columns (empty: its primary key).
    """

    name: str
    schema: str = ""
    view: bool = False
    keys: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...] = ()


def wanted_relations(loading: Loading, relations: list[Relation], wanted: str, label: str) -> list[Relation]:
    """The relations to read.

    Raises:
        SourceError: there are none, or not the one wanted.
        LimitError: there are more than allowed.
    """
    if wanted:
        chosen = [r for r in relations if r.name == wanted]
        chosen = chosen or [r for r in relations if r.name.casefold() == wanted.casefold()]
    else:
        chosen = relations
    if not chosen:
        from difflib import get_close_matches

        names = [r.name for r in relations]
        close = get_close_matches(wanted, names, n=3) or names[:5]
        raise SourceError(
            f"{label} has no table {wanted!r}." if wanted else f"{label} has no tables.",
            expected="one of its tables" if wanted else "at least one table",
            received=wanted or "an empty database",
            next_step=f"try {', '.join(close)}"
            if wanted and close
            else "check that this is the file you mean",
        )
    if len(chosen) > loading.options.max_tables:
        raise LimitError(
            f"{label} has too many tables.",
            limit="length",
            expected=f"at most {loading.options.max_tables:,}",
            received=f"{len(chosen):,}",
            next_step=f"name the one to read: {label}::TABLE",
        )
    return chosen


def load_relations(
    loading: Loading,
    relations: list[Relation],
    label: str,
    load: Callable[[Relation, str], LoadedTable],
) -> list[LoadedTable]:
    """Read relations one after the other and carry their declared keys over to the names they get.

    A view that does not run is left out and reported with the first table; a table that cannot be read is
    an error.
    """
    loaded: list[tuple[Relation, LoadedTable]] = []
    failed: list[str] = []
    for relation in relations:
        try:
            table = load(relation, relation.name)
        except DatalectError:
            raise
        except Exception as error:
            if not relation.view:
                raise
            failed.append(f"{relation.name}: {' '.join(str(error).split())[:120]}")
            continue
        loaded.append((relation, replace(table, declared_keys=relation.keys)))
    if not loaded:
        raise SourceError(
            f"No table of {label} could be read.",
            expected="at least one table or view that runs",
            received="; ".join(failed)[:300],
        )
    linked = [
        replace(table, declared_foreign_keys=_links(relation, table.name, loaded))
        for relation, table in loaded
    ]
    if failed:
        problem = Problem(
            kind="broken_view",
            severity="warning",
            message=f"Views of {label} that do not run were left out.",
            count=len(failed),
            examples=tuple(failed[:5]),
        )
        linked[0] = replace(linked[0], problems=(*linked[0].problems, problem))
    return linked


def _links(
    relation: Relation, name: str, loaded: list[tuple[Relation, LoadedTable]]
) -> tuple[ForeignKey, ...]:
    links = []
    for columns, target, target_columns in relation.foreign_keys:
        named = [pair for pair in loaded if pair[0].name.casefold() == target.casefold()]
        named.sort(key=lambda pair: pair[0].schema != relation.schema)
        if not named:
            continue
        referred, table = named[0]
        to = target_columns or (referred.keys[0] if referred.keys else ())
        if len(to) == len(columns):
            links.append(
                ForeignKey(table=name, columns=columns, ref_table=table.name, ref_columns=to, declared=True)
            )
    return tuple(links)
