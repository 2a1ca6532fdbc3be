"""Everything a question mentions, on one path through its words."""

from __future__ import annotations

from collections.abc import Sequence as Several

from datalect.data.model import Catalog
from datalect.data.values import ValueIndex
from datalect.planner.lexical.clarify import clarify
from datalect.planner.lexical.cues import cue_mentions, plain_words
from datalect.planner.lexical.people import people_mentions
from datalect.planner.lexical.sequence import Sequence
from datalect.planner.lexical.takings import takings_mentions
from datalect.planner.linking.beside import beside_mentions
from datalect.planner.linking.index import term_index
from datalect.planner.linking.lattice import Mention, best_cover
from datalect.planner.linking.mentions import (
    Spans,
    adjective_mentions,
    alias_mentions,
    correct_typos,
    near_value_mentions,
    number_mentions,
    part_mentions,
    term_mentions,
    time_mentions,
    value_mentions,
    whole_words,
    word_mentions,
)
from datalect.planner.linking.name_parts import name_part_mentions
from datalect.planner.linking.text import Normalised
from datalect.planner.linking.tokens import Token, tokenise


def link(question: Normalised, catalog: Catalog, values: ValueIndex) -> Sequence:
    """Find the best cover of a question by mentions; unknown words get a second look for typos."""
    tokens = tokenise(question.text)
    index = term_index(catalog)
    spans = Spans(tokens)
    words = plain_words()
    stems = [t.stem for t in tokens]
    fits = [1.0] * len(tokens)
    mentions = [
        *term_mentions(tokens, index, stems, fits),
        *time_mentions(question.text, spans),
        *number_mentions(tokens),
        *value_mentions(question, values, spans, tokens, words),
        *alias_mentions(tokens, values, catalog, words),
        *adjective_mentions(tokens, values),
        *(m for m in cue_mentions(question.text, spans) if len(catalog.tables) > 1 or not _verb(m)),
        *takings_mentions(question.text, spans, catalog),
        *people_mentions(question.text, spans, catalog),
        *word_mentions(tokens),
    ]
    money = {(m.first, m.last) for m in takings_mentions(question.text, spans, catalog)}
    mentions = [
        m
        for m in mentions
        if not _clause(tokens, m) and not (m.sense.kind == "table" and (m.first, m.last) in money)
    ]
    mentions.extend(_with_prepositions(tokens, mentions))
    items = whole_words(best_cover(tokens, mentions, question.text))
    beside = beside_mentions(question, tokens, items, catalog, values)
    if beside:
        mentions.extend(beside)
        items = whole_words(best_cover(tokens, mentions, question.text))
    if any(not item.senses and any(c.isalnum() for c in item.text) for item in items):
        stems, fits = correct_typos(tokens, items, index, words)
        more = near_value_mentions(question, items, values, spans)
        if any(f < 1.0 for f in fits):
            more.extend(term_mentions(tokens, index, stems, fits))
        if more:
            items = whole_words(best_cover(tokens, [*mentions, *more], question.text))
        parts = [*name_part_mentions(tokens, items, catalog), *part_mentions(items, catalog, index)]
        if parts:
            items = whole_words(best_cover(tokens, [*mentions, *more, *parts], question.text))
    return clarify(Sequence(items, catalog, index))


def _verb(mention: Mention) -> bool:
    """Whether a mention is a verb that ties things of two tables together: one table has no use for it."""
    return mention.sense.kind == "cue" and mention.sense.data[0] == "verb"


_PAST = frozenset(
    "started ended departed arrived began finished left starting ending departing arriving".split()
)


def _clause(tokens: Several[Token], mention: Mention) -> bool:
    """Whether a header was seen in a noun and its verb: "trips ended in" names no end date."""
    return (
        mention.sense.kind == "col"
        and mention.last - mention.first > 1
        and tokens[mention.last - 1].text in _PAST
        and mention.sense.score < 0.97
    )


def _with_prepositions(tokens: Several[Token], mentions: Several[Mention]) -> list[Mention]:
    """Headers with the "in" or "of" behind them, where a phrase of the grammar ends in it too: "change in"."""  # noqa: E501
    phrases = {(m.first, m.last) for m in mentions if m.sense.kind == "cue" and m.last - m.first > 1}
    return [
        Mention(m.first, m.last + 1, m.sense)
        for m in mentions
        if m.sense.kind == "col"
        and m.sense.score >= 0.97
        and (m.first, m.last + 1) in phrases
        and tokens[m.last].text in ("in", "of", "for")
    ]
