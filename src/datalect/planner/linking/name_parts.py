"""Chinese names of which the stored values hold a part: 陆家嘴 in 上海陆家嘴金融贸易区联合发展有限公司."""

from __future__ import annotations

from collections.abc import Sequence

from datalect.data.model import Catalog, SemanticType
from datalect.planner.linking.lattice import Item, Mention, Sense
from datalect.planner.linking.tokens import Token
from datalect.planner.linking.vocabulary import vocabulary

_LONGEST = 6
_NO_NAMES = (SemanticType.ID, SemanticType.URL, SemanticType.EMAIL)


def name_part_mentions(tokens: Sequence[Token], items: Sequence[Item], catalog: Catalog) -> list[Mention]:
    """The longest stretch around a character nobody knows that several stored values contain.

    Args:
        tokens: of the question.
        items: the cover found so far; those without a sense are looked at.
        catalog: the tables with their frequent values.
    """
    found: list[Mention] = []
    done = -1
    for item in items:
        if item.senses or item.text[:1] < "\u4e00" or item.first < done:
            continue
        best = _longest(tokens, item.first, catalog)
        if best is not None:
            found.append(best)
            done = best.last
    return found


def _longest(tokens: Sequence[Token], first: int, catalog: Catalog) -> Mention | None:
    for last in range(min(len(tokens), first + _LONGEST), first + 1, -1):
        if any(t.kind != "han" for t in tokens[first:last]):
            continue
        text = "".join(t.text for t in tokens[first:last])
        if text in vocabulary().names:
            continue
        columns = _holding(text, catalog)
        if columns:
            return Mention(first, last, Sense("part", (columns, text), 0.8))
    return None


def _holding(text: str, catalog: Catalog) -> tuple[tuple[str, int], ...]:
    """Columns of which several values, or one for a longer text, contain a text, with how many do."""
    choices: list[tuple[str, int]] = []
    for table in catalog.tables:
        for column in table.columns:
            skip = column.hidden or column.meaning.type in _NO_NAMES or "VARCHAR" not in column.dtype.upper()
            if skip or text in column.name:
                continue
            values = [str(v) for v, _ in column.profile.values if text in str(v)]
            if len(values) > 1 or (values and len(text) > 2):
                choices.append((column.id, len(values)))
    choices.sort(key=lambda c: -c[1])
    return tuple(choices[:3])
