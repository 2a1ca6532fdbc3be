"""From the text a model replied with to checked readings, or to a fault it can mend."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from datalect.errors import PlanError
from datalect.planner.base import Interpretation, Language, Reading
from datalect.planner.llm_prompt import REFUSALS
from datalect.planner.llm_values import Placeholders, link_nearest

if TYPE_CHECKING:
    from datalect.data.model import Catalog
    from datalect.data.values import ValueIndex

# A model's own confidence is not calibrated: even "1.0" leaves room for doubt.
_HIGHEST_SCORE = 0.95
_UNSAID_SCORE = 0.6
_SURE = 0.5
_CLEAR_LEAD = 0.2

_REASONS: dict[str, tuple[str, str]] = {
    "not_in_tables": (
        "These tables do not seem to hold what is asked for{words}.",
        "这些表里似乎没有所问的内容{words}。",
    ),
    "not_expressible": (
        "This question asks for a computation that cannot be expressed yet{words}.",
        "目前还无法表达这个问题所要求的计算{words}。",
    ),
    "not_a_question": (
        "This is not a question about the tables.",
        "这不是一个关于这些表的问题。",
    ),
    "unclear": (
        "It is not clear what is asked{words}. Name the column, the period or the figure you mean.",
        "问题不够明确{words}。请说明要看的列、时间范围或指标。",
    ),
    "too_long": (
        "The question is too long: at most {limit:,} characters are read.",
        "问题太长：最多读取 {limit:,} 个字符。",
    ),
    "no_plan": (
        "The model did not give a plan that passes the checks: {fault}",
        "模型没有给出能通过检查的方案：{fault}",
    ),
    "which": (
        "The question can be read in more than one way.",
        "这个问题有不止一种理解。",
    ),
    "which_value": (
        "No stored value is exactly the one asked for; these come close.",
        "没有与所问完全一致的值，以下是最接近的。",
    ),
}

# What the checker says under these codes is made of rules and of names in the catalog. Under any other code
# it may quote stored values, so the model is told the rule's name and the place only.
_FREE_OF_CELLS = frozenset(
    {
        "ambiguous_column",
        "ambiguous_join",
        "ambiguous_table",
        "bad_date",
        "bad_expression",
        "bad_grain",
        "bad_operator",
        "bad_value",
        "fan_out",
        "mixed_units",
        "not_a_quantity",
        "not_a_time",
        "not_additive",
        "not_meaningful",
        "too_deep",
        "type_mismatch",
        "unknown_column",
        "unknown_function",
        "unknown_join",
        "unknown_metric",
        "unknown_name",
        "unknown_table",
        "unreachable",
    }
)


class Fault(Exception):
    """Why a reply was not accepted.

    Attributes:
        for_model: what may be sent back; holds no cell unless samples are shared.
        for_reader: what the user is told when the model does not mend it.
    """

    def __init__(self, for_model: str, for_reader: str | None = None) -> None:
        self.for_model = for_model
        self.for_reader = for_model if for_reader is None else for_reader
        super().__init__(self.for_reader)


class ReplyReader:
    """Reads the replies to one question.

    Args:
        question: the question's text.
        language: language for reasons and assumptions.
        catalog: the tables.
        values: the stored values.
        placeholders: stand-ins that were sent instead of stored values.
        share_samples: whether a fault may quote stored values to the model.
    """

    def __init__(
        self,
        question: str,
        language: Language,
        catalog: Catalog,
        values: ValueIndex,
        placeholders: Placeholders,
        *,
        share_samples: bool,
    ) -> None:
        self._question = question
        self._language = language
        self._catalog = catalog
        self._values = values
        self._placeholders = placeholders
        self._share_samples = share_samples

    def read(self, text: str) -> Interpretation:
        """The interpretation a reply stands for.

        Raises:
            Fault: the reply, or the plan of its best reading, is not accepted.
        """
        reply = parse_reply(text)
        unused = self._unused(reply.get("words"))
        offered = reply["readings"]
        if not isinstance(offered, list):
            raise Fault('"readings" is not a list of objects with "plan" and "confidence".')
        if not offered:
            refusal = reply.get("refusal")
            code = refusal if isinstance(refusal, str) and refusal in REFUSALS else "unclear"
            return refused(self._language, code, unused=unused)
        readings = self._readings(offered[0], unused)
        reason = "which" if len(readings) == 1 else "which_value"
        for item in offered[1:3]:
            try:
                more = self._readings(item, unused)
            except Fault:  # only the best reading is worth a repair
                continue
            readings += [r for r in more if all(r.plan != other.plan for other in readings)]
        readings.sort(key=lambda reading: -reading.score)
        lead = readings[0].score - (readings[1].score if len(readings) > 1 else 0.0)
        clear = readings[0].score >= _SURE and lead >= _CLEAR_LEAD
        return Interpretation(
            status="answered" if clear else "ambiguous",
            language=self._language,
            readings=tuple(readings),
            reason="" if clear else say(reason, self._language),
            unused=unused,
        )

    def _readings(self, item: Any, unused: tuple[str, ...]) -> list[Reading]:
        """The checked readings of one offered plan: several when a value has several near matches."""
        from pydantic import ValidationError

        from datalect.plan.check import check
        from datalect.plan.model import Plan

        if not isinstance(item, dict) or not isinstance(item.get("plan"), dict):
            raise Fault('A reading lacks "plan" as an object.')
        try:
            plan = Plan.model_validate(self._placeholders.reveal(item["plan"]))
        except ValidationError as error:
            raise Fault(self._placeholders.hide_text(_validation_fault(error))) from None
        except RecursionError:
            raise Fault("The plan is nested too deeply.") from None
        score = min(_HIGHEST_SCORE, _number(item.get("confidence"), _UNSAID_SCORE))
        try:
            checked = check(plan, self._catalog, self._values)
        except PlanError as error:
            nearest = link_nearest(plan, error, self._catalog, self._values)
            if not nearest:
                raise Fault(self._plan_fault(error), error.what) from None
            return [
                Reading(
                    plan=near,
                    score=score * likeness**2 / len(nearest),
                    unused=unused,
                    assumptions=(note[self._language],),
                )
                for near, likeness, note in nearest
            ]
        return [Reading(plan=checked.plan, score=score, unused=unused)]

    def _plan_fault(self, error: PlanError) -> str:
        """A checker's message fit for the model: without shared samples, rules and catalog names only."""
        place = f" at {error.at}" if error.at else ""
        if not self._share_samples and error.code not in _FREE_OF_CELLS:
            return f"The plan is not accepted{place}: it breaks the rule {error.code.replace('_', ' ')!r}."
        near = [str(candidate) for candidate in error.candidates[:5]]
        hint = f" Nearest: {json.dumps(near, ensure_ascii=False)}." if near else ""
        fault = f"The plan is not accepted{place} ({error.code}): {error.what}{hint}"
        return fault if self._share_samples else self._placeholders.hide_text(fault)

    def _unused(self, words: Any) -> tuple[str, ...]:
        """Words the model could not place, kept only where the question really holds them."""
        if not isinstance(words, list):
            return ()
        found = [w.strip() for w in words if isinstance(w, str) and w.strip() and w.strip() in self._question]
        return tuple(dict.fromkeys(found[:10]))


def parse_reply(text: str) -> dict[str, Any]:
    """The JSON object in a reply, however it is wrapped (prose, a code fence, a thinking block).

    Raises:
        Fault: there is none.
    """
    decoder = json.JSONDecoder(parse_constant=lambda _: None)
    fault = "The reply holds no JSON object."
    start = text.find("{")
    for _ in range(50):  # braces before the object; a hostile reply of nothing but braces ends here
        if start < 0:
            break
        try:
            value, _end = decoder.raw_decode(text, start)
        except ValueError as error:
            fault = f"The reply is not valid JSON: {error}"
        except RecursionError:
            raise Fault("The reply is nested too deeply.") from None
        else:
            if isinstance(value, dict) and ("readings" in value or "refusal" in value):
                return {"readings": [], **value}
            if isinstance(value, dict) and "from" in value:  # a bare plan, from models that skip the wrapping
                return {"readings": [{"plan": value}]}
            fault = 'The JSON object has no "readings".'
        start = text.find("{", start + 1)
    raise Fault(fault)


def _validation_fault(error: Any) -> str:
    """The first faults of a plan's form, short enough to send back."""
    faults = []
    for entry in error.errors(include_url=False, include_context=False)[:6]:
        where = ".".join(str(part) for part in entry["loc"])
        faults.append(f"{where}: {entry['msg']}")
    return "The plan does not have the right form. " + "; ".join(faults)


def _number(value: Any, default: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return default
    return min(max(float(value), 0.0), 1.0)


# ---------------------------------------------------------------- words for people


def say(code: str, language: Language, **values: Any) -> str:
    """A reason in the reader's language."""
    values.setdefault("words", "")
    return _REASONS[code][language == "zh"].format(**values)


def refused(language: Language, code: str, *, unused: tuple[str, ...] = (), **values: Any) -> Interpretation:
    """A refusal with its reason; ``unused`` words are named in it."""
    reason = say(code, language, words=_quoted(unused, language), **values)
    return Interpretation(status="refused", language=language, reason=reason, unused=unused)


def _quoted(words: tuple[str, ...], language: Language) -> str:
    if not words:
        return ""
    if language == "zh":
        return "（" + "、".join(f"“{word}”" for word in words) + "）"
    return " (" + ", ".join(f"“{word}”" for word in words) + ")"
