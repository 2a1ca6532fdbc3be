"""The items of a question in order, with the questions the grammar asks about them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from datalect.data.model import Catalog, Column, SemanticType
from datalect.planner.lexical.cues import Adjective, Cue
from datalect.planner.lexical.durations import is_duration, took
from datalect.planner.lexical.frame import Choice, Ref
from datalect.planner.linking.index import TermIndex
from datalect.planner.linking.lattice import Item
from datalect.planner.linking.vocabulary import term_key, vocabulary

NUMERIC = frozenset(
    {SemanticType.COUNT, SemanticType.MONEY, SemanticType.PERCENT, SemanticType.RATIO, SemanticType.RATE,
     SemanticType.MEASURE, SemanticType.DURATION, SemanticType.YEAR, SemanticType.LATITUDE, SemanticType.LONGITUDE}  # noqa: E501
)  # fmt: skip
TEMPORAL = frozenset({SemanticType.DATE, SemanticType.DATETIME, SemanticType.YEAR})
_NUMBER_TYPES = ("INT", "DOUBLE", "FLOAT", "DECIMAL", "REAL", "HUGEINT")
UNREAD = (
    "cmp",
    "adj_than",
    "neg",
    "superl",
    "top",
    "nth",
    "adj",
    "between",
    "null",
    "text",
    "percentile",
    "bins",
)
GLUE = frozenset({"of", "stop", "is", "comma", "and", "whose", "ask", "list", "has", "noise", "approx"})
_LEAST = 0.5


def is_number(column: Column) -> bool:
    """Whether a column holds numbers that may be compared and aggregated."""
    return any(t in column.dtype.upper() for t in _NUMBER_TYPES) and "[" not in column.dtype


def is_quantity(column: Column) -> bool:
    """Whether a column holds numbers that measure something (not ids, codes or flags)."""
    return is_number(column) and column.meaning.type not in (
        SemanticType.ID,
        SemanticType.CODE,
        SemanticType.BOOLEAN,
    )


def is_time(column: Column) -> bool:
    """Whether a column holds dates, times or years."""
    return column.meaning.type in TEMPORAL or column.dtype.upper().startswith(("DATE", "TIMESTAMP"))


class Sequence:
    """Items with roles.

    Attributes:
        items: in order; a role of "" means not used yet.
        roles: what each item was used for.
    """

    def __init__(self, items: list[Item], catalog: Catalog, index: TermIndex) -> None:
        self.items = items
        self.roles = [""] * len(items)
        self.catalog = catalog
        self.index = index

    def __len__(self) -> int:
        return len(self.items)

    # ------------------------------------------------------------ reading

    def free(self, at: int) -> bool:
        """Whether the item exists and has no role yet."""
        return 0 <= at < len(self.items) and not self.roles[at]

    def use(self, at: int | Iterable[int], role: str) -> None:
        """Give items a role."""
        for position in [at] if isinstance(at, int) else at:
            self.roles[position] = role

    def cue(self, at: int, *names: str) -> Cue | None:
        """The cue at an item when it is one of these."""
        if not 0 <= at < len(self.items):
            return None
        for sense in self.items[at].senses:
            if sense.kind == "cue" and sense.data[0] in names:
                found: Cue = sense.data[1]
                return found
        return None

    def cue_names(self, at: int) -> set[str]:
        """Names of all cues at an item."""
        return {s.data[0] for s in self.items[at].senses if s.kind == "cue"}

    def has(self, at: int, kind: str) -> bool:
        """Whether an item has a sense of a kind."""
        return 0 <= at < len(self.items) and self.items[at].get(kind) is not None

    def data(self, at: int, kind: str) -> Any:
        """The best data of a kind at an item, or None."""
        sense = self.items[at].get(kind) if 0 <= at < len(self.items) else None
        return sense.data if sense else None

    def glue(self, at: int) -> bool:
        """Whether an item only holds others together."""
        item = self.items[at]
        if self.roles[at] == "noise":
            return True
        if not item.senses:
            return all(not c.isalnum() for c in item.text)
        names = self.cue_names(at)
        return bool(names & GLUE) and not any(
            s.kind in ("col", "table", "value", "metric") for s in item.senses
        )

    def content(self, at: int, step: int, reach: int = 4) -> int | None:
        """The next item that is not glue, looking one way, at most ``reach`` items of glue away."""
        position = at + step
        for _ in range(reach + 1):
            if not 0 <= position < len(self.items):
                return None
            if not self.glue(position):
                return position
            position += step
        return None

    def between_only(self, first: int, last: int, *names: str) -> bool:
        """Whether everything between two items is a cue with one of these names or punctuation."""
        return all(
            bool(self.cue_names(k) & set(names)) or not any(c.isalnum() for c in self.items[k].text)
            for k in range(first + 1, last)
        )

    # ------------------------------------------------------------ columns

    def column(self, ref: str) -> Column | None:
        """A column of the catalogue."""
        return self.catalog.column(ref)

    def ref(self, at: int | None, *, least: float = _LEAST, implied: bool = True) -> Ref | None:
        """The columns and metrics an item may name."""
        if at is None or not 0 <= at < len(self.items):
            return None
        item = self.items[at]
        choices: dict[str, Choice] = {}
        for sense in item.senses:
            if sense.kind in ("col", "metric") and sense.score >= least:
                choices.setdefault(sense.data, Choice(sense.data, sense.score, sense.kind))
            elif sense.kind == "expr":
                choices.setdefault(f"expr{len(choices)}", sense.data)
            elif sense.kind == "implied" and implied and not choices:
                about = sense.data[1].argument
                for choice in self.about(about, 0.8):
                    choices.setdefault(choice.ref, choice)
        if not choices:
            return None
        ordered = sorted(choices.values(), key=lambda c: -c.fit)
        # a header written out in full leaves no doubt that a part of another header could raise
        reach = 0.06 if ordered[0].fit >= 0.95 else 0.16
        ordered = [c for c in ordered if c.fit >= ordered[0].fit - reach][:5]
        return Ref(ordered, at, item.text)

    def best(self, at: int | None) -> Column | None:
        """The best column an item names."""
        ref = self.ref(at)
        if ref is None or ref.choices[0].kind != "col":
            return None
        return self.column(ref.choices[0].ref)

    def about(self, concepts: Iterable[str], fit: float) -> list[Choice]:
        """Columns that are about one of some concepts, earlier concepts first."""
        concepts = list(concepts)
        words = vocabulary().concepts
        found: dict[str, Choice] = {}
        for rank, key in enumerate(concepts):
            concept = words.get(key.lstrip("-"))
            names = [key.lstrip("-")] if concept is None else [*concept.en[:6], *concept.zh[:6]]
            for name in names:
                for (kind, target), score in self.index.terms.get(term_key(name), {}).items():
                    if kind == "col" and score >= 0.6:
                        worth = fit * score * (1 - 0.04 * rank)
                        if target not in found or found[target].fit < worth:
                            found[target] = Choice(target, worth, "col", None)
        ordered = sorted(found.values(), key=lambda c: -c.fit)
        if concepts[:1] == ["duration"] and not any(c.fit >= 0.85 * fit for c in ordered):
            span = took(self.catalog)
            ordered = ordered if span is None else [span]
        if not ordered:
            return []
        return [c for c in ordered if c.fit >= (ordered[0].fit - 0.2)][:4]

    def adjective(self, adjective: Adjective, at: int) -> tuple[Ref | None, str]:
        """The column an adjective speaks of and the direction in its values."""
        for turned in (False, True):
            keys = [k for k in adjective.about if k.startswith("-") == turned]
            choices = [
                c
                for c in self.about(keys, 0.92 if not turned else 0.85)
                if is_duration(c)
                or ((col := self.column(c.ref)) is not None and (is_quantity(col) or is_time(col)))
            ]
            if choices:
                direction = adjective.direction
                if turned:
                    direction = "asc" if direction == "desc" else "desc"
                return Ref(choices, at, self.items[at].text), direction
        return None, adjective.direction

    def table(self, at: int | None, least: float = 0.66) -> str | None:
        """The table an item names."""
        if at is None or not 0 <= at < len(self.items):
            return None
        for sense in self.items[at].senses:
            if sense.kind == "table" and sense.score >= least:
                return str(sense.data)
        return None

    def quantity(self, at: int | None) -> bool:
        """Whether an item names a column of measured numbers (or a metric)."""
        ref = self.ref(at)
        if ref is None:
            return False
        for choice in ref.choices:
            if choice.kind != "col":
                return True
            column = self.column(choice.ref)
            if column is not None and is_quantity(column) and choice.fit >= ref.choices[0].fit - 0.12:
                return True
        return False

    def thing(self, at: int | None) -> bool:
        """Whether an item names a column or a table."""
        return at is not None and (self.ref(at) is not None or self.table(at) is not None)
