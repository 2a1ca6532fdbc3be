"""Finding stored values from words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from datalect.data.model import SemanticType, Workspace
from datalect.data.profile import kind_of
from datalect.data.values import ValueHit, ValueIndex, ValueMention

if TYPE_CHECKING:
    from datalect.engine.base import Engine

_SEPARATORS = re.compile(r"[\s\-_‐-―/.,'’\"·&]+")


def normalise(text: str) -> str:
    """``text`` as it is compared: NFKC, case folded, runs of spaces and punctuation as one space."""
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


class _Index:
    def __init__(self, workspace: Workspace) -> None:
        self._catalog = workspace.catalog
        self._database = workspace.database
        self._entries: dict[str, list[ValueHit]] | None = None

    def _load(self) -> dict[str, list[ValueHit]]:
        if self._entries is None:
            entries: dict[str, list[ValueHit]] = {}
            for table in self._catalog.tables:
                for column in table.columns:
                    if column.hidden or kind_of(column.dtype) != "text":
                        continue
                    if column.meaning.type is SemanticType.TEXT:
                        continue
                    for value, count in column.profile.values:
                        hit = ValueHit(column=column.id, value=value, count=count, score=1.0)
                        entries.setdefault(normalise(str(value)), []).append(hit)
            entries.pop("", None)
            self._entries = entries
        return self._entries

    def find(self, text: str, *, columns: Sequence[str] | None = None) -> tuple[ValueHit, ...]:
        hits = self._load().get(normalise(text), [])
        return tuple(h for h in hits if columns is None or h.column in columns)

    def nearest(
        self, text: str, *, columns: Sequence[str] | None = None, limit: int = 5
    ) -> tuple[ValueHit, ...]:
        from rapidfuzz import fuzz, process

        entries = self._load()
        found: list[ValueHit] = []
        for key, score, _ in process.extract(
            normalise(text), list(entries), scorer=fuzz.WRatio, limit=limit * 4, score_cutoff=60
        ):
            for hit in entries[key]:
                if columns is None or hit.column in columns:
                    found.append(
                        ValueHit(column=hit.column, value=hit.value, count=hit.count, score=score / 100)
                    )
        return tuple(found[:limit])

    def mentions(self, question: str) -> tuple[ValueMention, ...]:
        entries = self._load()
        found: list[ValueMention] = []
        longest = min(max((len(k) for k in entries), default=0) + 4, 80)
        for start in range(len(question)):
            if start and _inside_word(question, start):
                continue
            for end in range(start + 1, min(len(question), start + longest) + 1):
                if end < len(question) and _inside_word(question, end):
                    continue
                if question[start].isspace() or question[end - 1].isspace():
                    continue
                hits = entries.get(normalise(question[start:end]))
                if hits:
                    found.append(ValueMention(start=start, end=end, hits=tuple(hits)))
        return tuple(sorted(found, key=lambda m: (m.start - m.end, m.start)))


def _inside_word(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    return before.isascii() and after.isascii() and before.isalnum() and after.isalnum()


def build_value_index(workspace: Workspace, engine: Engine | None = None) -> ValueIndex:
    """An index over the stored values of all visible text columns, filled at the first look-up."""
    index: Any = _Index(workspace)
    result: ValueIndex = index
    return result
