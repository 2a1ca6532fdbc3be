"""A question with its known answer, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["right", "wrong", "ambiguous", "refused", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One acceptable result.

    Attributes:
        columns: names of the columns, for people; the comparison goes by values.
        rows: the values.
        ordered: whether the order of the rows was asked for.
        order_by: the column whose order counts; empty: whole rows.
        percent: columns that may come as a fraction or as a percentage.
        optional: columns that an answer may leave out.
        distinct: whether repeated rows are of no account.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    ordered: bool = False
    order_by: str = ""
    percent: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    distinct: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question.

    Attributes:
        sources: what to open, as paths that Datalect reads.
        status: what a good answer does: ``answered``, ``ambiguous`` or ``refused``.
        expected: acceptable results, any one of them will do.
        chart: the chart type that was asked for, where a set records one.
        attributes: the columns a set says the question is about (no result is known then).
        tasks: the tasks a set says the question asks for.
    """

    id: str
    sources: tuple[str, ...]
    question: str
    language: str
    kind: str
    status: str = "answered"
    expected: tuple[Expected, ...] = ()
    chart: str = ""
    attributes: frozenset[str] = frozenset()
    tasks: frozenset[str] = frozenset()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What Datalect did with a case.

    Attributes:
        detail: why it is not right, short.
        seconds: CPU seconds of this process and its workers spent on the question.
        chart_agrees: whether the chart type is the recorded one; None where nothing is recorded.
        answer: the answer, shortened, for listings.
    """

    case: Case
    verdict: Verdict
    detail: str = ""
    seconds: float = 0.0
    confidence: float | None = None
    chart_agrees: bool | None = None
    answer: dict[str, Any] = field(default_factory=dict)
