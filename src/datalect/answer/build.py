"""From an interpretation and a result to an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from datalect.answer.facts import facts_of
from datalect.answer.ground import FactSet
from datalect.answer.missing_groups import missing_group_note
from datalect.answer.model import Answer
from datalect.answer.safetext import visible
from datalect.answer.verify import verify

if TYPE_CHECKING:
    from datalect.data.model import Catalog
    from datalect.engine.base import QueryResult
    from datalect.errors import DatalectError
    from datalect.plan.checked import CheckedPlan, CompiledPlan
    from datalect.planner.base import Interpretation, Language, Reading

_READINGS_SHOWN = 5

_WORDS = {
    "en": {
        "unused": "These words of the question were not used: {words}.",
        "cut": "The result was cut at {n} rows by a limit.",
        "unproven": "A sentence could not be proven against the result and was left out.",
        "ambiguous": "The question can be read in more than one way.",
        "refused": "The question could not be answered from these tables.",
        "join": ", ",
    },
    "zh": {
        "unused": "问题中的这些词没有用到：{words}。",
        "cut": "结果因上限只保留了{n}行。",
        "unproven": "有一句话无法由结果证实，已略去。",
        "ambiguous": "这个问题有不止一种理解。",
        "refused": "无法用这些表格回答这个问题。",
        "join": "、",
    },
}


def answer_from_plan(
    question: str,
    interpretation: Interpretation,
    checked: CheckedPlan,
    compiled: CompiledPlan,
    result: QueryResult,
    coverage: Mapping[str, Any],
    *,
    rephrase: Callable[[str], str] | None = None,
) -> Answer:
    """The answer of a plan that ran.

    Args:
        question: the question as typed.
        interpretation: what the planner made of it; its first reading is the one that ran.
        checked: the plan that ran.
        compiled: its SQL.
        result: what the SQL returned.
        coverage: the row of ``compiled.coverage``: ``rows_total``, ``rows_used``, ``nulls_<measure>``.
        rephrase: a language model (prompt -> text) that may reword; only proven rewordings are shown.
    """
    from datalect.plan.readback import read_back

    language = interpretation.language
    words = _WORDS[language]
    first = interpretation.readings[0] if interpretation.readings else None
    facts = facts_of(checked, result.table, coverage, truncated=result.truncated)
    said, dropped = proven_sentences(facts, language)
    warnings = [n.message_zh if language == "zh" else n.message_en for n in checked.warnings]
    if first is not None:
        warnings.extend(first.assumptions)
        unused = first.unused or interpretation.unused
        if unused:
            warnings.append(words["unused"].format(words=words["join"].join(visible(w) for w in unused)))
    left_out = missing_group_note(facts, language)
    if left_out:
        warnings.append(left_out)
    if result.truncated:
        warnings.append(words["cut"].format(n=f"{result.table.num_rows:,}"))
    if dropped:
        warnings.append(words["unproven"])
    answer = Answer(
        status="answered",
        language=language,
        question=question,
        sentences=said,
        table=result.table,
        outputs=compiled.outputs,
        plan=checked.plan,
        sql=compiled.display_sql,
        readback=read_back(checked, language),
        confidence=first.score if first else 0.0,
        readings=_in_words(interpretation.readings, checked.catalog, language),
        warnings=tuple(dict.fromkeys(warnings)),
        rows_used=facts.rows_used,
        rows_total=facts.rows_total,
        truncated=result.truncated,
        facts=facts,
    )
    if rephrase is None:
        return answer
    from datalect.answer.rephrase import rephrase as reword

    return reword(answer, rephrase)


def proven_sentences(facts: FactSet, language: Language) -> tuple[tuple[str, ...], list[str]]:
    """The template sentences that the verifier proves, and those it does not.

    When the main sentence fails, a plain one takes its place: the only figure, or that there is a table.
    """
    if language == "zh":
        from datalect.answer.pieces_zh import fallback
        from datalect.answer.words_zh import sentences
    else:
        from datalect.answer.pieces_en import fallback
        from datalect.answer.words_en import sentences
    said = sentences(facts)
    kept = [s for s in said if verify(s, facts, language).ok]
    dropped = [s for s in said if s not in kept]
    if said and said[0] not in kept:
        kept = [fallback(facts)]
    return tuple(kept or [fallback(facts)]), dropped


def answer_without_result(
    question: str,
    interpretation: Interpretation,
    catalog: Catalog,
    *,
    error: DatalectError | None = None,
) -> Answer:
    """The answer to a question that was not run: ambiguous, refused, or failed for a reason worth telling.

    Args:
        question: the question as typed.
        interpretation: what the planner made of it.
        catalog: the tables, to put the readings into words.
        error: why the best reading could not be run, when it was tried.
    """
    language = interpretation.language
    status = "refused" if error is not None or interpretation.status == "answered" else interpretation.status
    reason = error.what if error is not None else interpretation.reason
    readings = interpretation.readings
    warnings = []
    if error is not None:
        warnings = [part for part in (error.expected, error.next_step) if part]
    return Answer(
        status=status,
        language=language,
        question=question,
        sentences=(reason or _WORDS[language]["ambiguous" if status == "ambiguous" else "refused"],),
        plan=readings[0].plan if readings and status == "ambiguous" else None,
        confidence=readings[0].score if readings else 0.0,
        readings=_in_words(readings, catalog, language),
        warnings=tuple(warnings),
    )


def _in_words(readings: tuple[Reading, ...], catalog: Catalog, language: Language) -> tuple[str, ...]:
    """Each reading read back; readings that cannot be (they would not run either) are left out."""
    from datalect.errors import PlanError
    from datalect.plan.check import check
    from datalect.plan.readback import read_back

    said: list[str] = []
    for reading in readings[:_READINGS_SHOWN]:
        try:
            said.append(read_back(check(reading.plan, catalog), language))
        except PlanError:
            continue
    return tuple(dict.fromkeys(said))
