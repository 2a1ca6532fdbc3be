"""Words for people in general, where one table holds the people: "person", "headcount", 多少人."""

from __future__ import annotations

import re

from datalect.data.model import Catalog, Table
from datalect.planner.lexical.defaults import label_columns
from datalect.planner.lexical.frame import Frame
from datalect.planner.lexical.sequence import Sequence
from datalect.planner.linking.lattice import Mention, Sense
from datalect.planner.linking.mentions import Spans
from datalect.planner.linking.stem import stem
from datalect.planner.linking.tokens import split_header

_FIT = 0.8
_WORDS = re.compile(
    r"\b(?:people|persons?|individuals|head ?counts?|staff|guests?|members?|workers?|folks|everyone)\b"
    r"|人员|(?<=个)人|(?<=名)人|(?<=[\d一二三四五六七八九十百])人(?!民|均)"
)
_COUNTED = re.compile(r"head ?counts?|.*人数?|how many people")
_KINDS = frozenset(
    stem(w)
    for w in "employee staff person people customer client student teacher instructor professor physician"
    " doctor nurse patient member player driver actor user guest passenger worker author singer".split()
)


def people_table(catalog: Catalog) -> Table | None:
    """The only table whose rows are people, told by its name or by first and last names."""
    found = [
        t
        for t in catalog.tables
        if len(label_columns(t)) == 2 or {stem(w) for w in split_header(t.name)[-1:]} & _KINDS
    ]
    return found[0] if len(found) == 1 and len(catalog.tables) > 1 else None


def people_mentions(text: str, spans: Spans, catalog: Catalog) -> list[Mention]:
    """Words for people as the table that holds them.

    Args:
        text: the normalised question.
        spans: its tokens.
        catalog: the tables; nothing is found where several hold people.
    """
    matches = list(_WORDS.finditer(text))
    table = people_table(catalog) if matches else None
    found = [spans.tokens(m.start(), m.end()) for m in matches]
    return [Mention(*span, Sense("table", table.name, _FIT)) for span in found if span and table is not None]


def count_people(seq: Sequence, frame: Frame) -> None:
    """Count the people where 多少人 or a headcount names no other thing."""
    table = people_table(seq.catalog)
    for want in frame.wants if table is not None else ():
        plain = want.kind == "count" and want.table is None and want.ref is None
        if plain and table is not None and 0 <= want.at < len(seq):
            if _COUNTED.fullmatch(seq.items[want.at].text):
                want.table = table.name
