"""The planner without a model: words to columns and values, grammar to slots, slots to checked plans."""

from __future__ import annotations

from datalect.data.model import Catalog
from datalect.data.values import ValueIndex
from datalect.plan.model import Plan
from datalect.planner.base import Interpretation, Language, Question, Reading
from datalect.planner.lexical.followup import follow, is_followup
from datalect.planner.lexical.link import link
from datalect.planner.lexical.parse import parse
from datalect.planner.lexical.readings import Candidate, candidates
from datalect.planner.lexical.sequence import Sequence
from datalect.planner.lexical.verdict import judge
from datalect.planner.linking.text import detect_language, normalise

_LONGEST = 1500

_TOO_LONG = {
    "en": "The question is too long: {n} characters, at most {limit} are read. Ask one thing at a time.",
    "zh": "问题太长:{n}个字符,最多读取{limit}个。请一次问一件事。",
}


class LexicalPlanner:
    """Reads questions by vocabulary and grammar. Deterministic; needs no model and no network."""

    name = "lexical"

    def interpret(self, question: Question, catalog: Catalog, values: ValueIndex) -> Interpretation:
        """Read a question over a catalog.

        Args:
            question: the text, at most 1,500 characters; longer ones are refused.
            catalog: the tables.
            values: finds stored values.

        Returns:
            Ranked readings whose plans pass the checker; or why there are none. Never raises for any text.
        """
        language: Language = question.language or detect_language(question.text)
        if len(question.text) > _LONGEST:
            reason = _TOO_LONG[language].format(n=len(question.text), limit=_LONGEST)
            return Interpretation(status="refused", language=language, reason=reason)
        text = normalise(question.text)
        seq = link(text, catalog, values)
        frame = parse(seq)
        if question.previous is not None and is_followup(text, frame, seq):
            changed = follow(question.previous, frame, seq, catalog, values, text)
            if changed is not None:
                return judge([changed], frame, seq, text, language, catalog, followed=True)
            seq = link(text, catalog, values)
            frame = parse(seq)
        if (table := _empty(seq, catalog)) is not None:
            return Interpretation(status="answered", language=language, readings=(_row_count(table),))
        found: list[Candidate] = candidates(frame, seq, catalog, values, text)
        return judge(found, frame, seq, text, language, catalog)


def _empty(seq: Sequence, catalog: Catalog) -> str | None:
    """The table a question is about when none has rows: that is all there is to know of it."""
    if not catalog.tables or any(table.rows for table in catalog.tables):
        return None
    for at in range(len(seq)):
        named = seq.table(at)
        column = seq.best(at)
        if named is not None or column is not None or seq.cue(at, "count", "rows") is not None:
            return named or (column.table if column is not None else catalog.tables[0].name)
    return None


def _row_count(table: str) -> Reading:
    plan = Plan.model_validate({"from": table, "get": [{"fn": "count", "as": "count"}], "task": "value"})
    return Reading(plan=plan, score=1.0)
