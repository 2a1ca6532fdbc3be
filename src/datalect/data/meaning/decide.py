"""From a name, a type and values to a meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from datalect.data.meaning.hints import read_name
from datalect.data.meaning.numbers import decide_number
from datalect.data.meaning.temporal import decide_temporal
from datalect.data.meaning.texts import decide_text
from datalect.data.meaning.units import Unit
from datalect.data.model import Additivity, Grain, Meaning, SemanticType
from datalect.data.profile import kind_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known about a column when its meaning is decided.

    Attributes:
        name: header of the column.
        dtype: DuckDB type as queried.
        rows: rows of the table.
        filled: rows with a value.
        distinct: (approximate) number of distinct values.
        minimum: smallest value of numbers and times.
        maximum: largest value of numbers and times.
        values: all distinct values when ``complete``, else some.
        complete: whether ``values`` are all.
        sample: values of some rows, repeats included.
        siblings: names of the other columns of the table.
        table: name of the table.
        unit: unit or currency read from the cells by a conversion.
        grain: calendar unit of converted dates.
        converted: what a conversion found, such as ``percent`` or ``money``; "" when there was none.
    """

    name: str
    dtype: str
    rows: int
    filled: int
    distinct: int
    minimum: Any = None
    maximum: Any = None
    values: Sequence[Any] = field(default=())
    complete: bool = False
    sample: Sequence[Any] = field(default=())
    siblings: Sequence[str] = field(default=())
    table: str = ""
    unit: Unit | None = None
    grain: Grain | None = None
    converted: str = ""


def decide_meaning(evidence: Evidence) -> Meaning:
    """What a column stands for; name and values both count, and the evidence says which did."""
    kind = kind_of(evidence.dtype)
    if evidence.filled == 0:
        return Meaning(type=SemanticType.UNKNOWN, evidence="no values", confidence=1.0)
    reading = read_name(evidence.name)
    if kind == "boolean":
        return Meaning(
            type=SemanticType.BOOLEAN,
            additivity=Additivity.NON,
            order=(False, True),
            evidence="holds true and false",
        )
    if kind in ("temporal", "zoned"):
        return decide_temporal(evidence)
    if kind in ("integer", "float"):
        return decide_number(evidence, reading)
    if kind == "text":
        return decide_text(evidence, reading)
    if kind == "interval":
        return Meaning(type=SemanticType.DURATION, additivity=Additivity.ADDITIVE, evidence="time intervals")
    if kind == "uuid":
        return Meaning(type=SemanticType.ID, evidence="universally unique identifiers")
    return Meaning(type=SemanticType.TEXT, evidence=f"nested values ({evidence.dtype})", confidence=0.3)
