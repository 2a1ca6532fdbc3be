"""A number of a filter, said with the comparison the filter makes."""

from __future__ import annotations

from datalect.answer.figures import same_dimension
from datalect.answer.formats import plain_number
from datalect.answer.ground import Condition
from datalect.answer.mentions import Mention
from datalect.answer.nearby import words_before
from datalect.answer.read_numbers import Quantity
from datalect.answer.reading import Reading

_STRICT_OVER = frozenset(
    (
        "more than|above|over|exceeding|exceeds|greater|higher|more|after|later|高于|超过|大于|多于|"
        "晚于|超出|逾"
    ).split("|")
)
_WEAK_OVER = frozenset(
    (
        "at least|no less than|no fewer than|not less than|no earlier than|not before|or more|"
        "upwards of|至少|不低于|不少于|以上|不小于|不早于"
    ).split("|")
)
_STRICT_UNDER = frozenset(
    (
        "less than|fewer than|below|under|less|lower|fewer|smaller|before|earlier|低于|少于|小于|"
        "早于|不到|不足"
    ).split("|")
)
_WEAK_UNDER = frozenset(
    (
        "at most|no more than|not more than|no later than|not after|up to|or less|or fewer|至多|"
        "不超过|不高于|以下|不多于|以内|不大于|不晚于"
    ).split("|")
)


def is_constant(reading: Reading, mention: Mention, quantity: Quantity) -> bool:
    """Whether a number is the constant of a condition and stands with that condition's comparison."""
    window = words_before(reading, mention)
    at = reading.mentions.index(mention)
    after = reading.mentions[at + 1 : at + 2]
    texts = {m.text.lower() for m in (*window, *after)}
    for condition in reading.conditions():
        numbers = [plain_number(v) for v in condition.values]
        period = condition.period.fields if condition.period else {}
        numbers += [v for k, v in period.items() if k != "fiscal"]
        shape = condition.shape
        for number in numbers:
            if number is None:
                continue
            factor = shape.percent if shape is not None and shape.percent else 1.0
            if abs(quantity.value - number * factor) > 1e-9 * max(1.0, abs(number)):
                continue
            if shape is not None and not _counts(condition) and not same_dimension(quantity, shape):
                continue
            if _compares(condition, texts, window):
                return True
    return False


def _counts(condition: Condition) -> bool:
    return condition.op.startswith("has")


def _compares(condition: Condition, texts: set[str], window: list[Mention]) -> bool:
    op = condition.op.removeprefix("has")
    if condition.negated and op in ("<", "<=", ">", ">="):
        return any("no" in m.kinds for m in window)
    over, weak_over = bool(texts & _STRICT_OVER), bool(texts & _WEAK_OVER)
    under, weak_under = bool(texts & _STRICT_UNDER), bool(texts & _WEAK_UNDER)
    if op == ">":
        return over and not (weak_over or under or weak_under)
    if op == ">=":
        return weak_over and not (under or weak_under)
    if op == "<":
        return under and not (weak_under or over or weak_over)
    if op == "<=":
        return weak_under and not (over or weak_over)
    if over or under or weak_over or weak_under:
        return False
    labelled = any(m.kind == "label" for m in window)
    return labelled or op in ("between", "in", "time")
