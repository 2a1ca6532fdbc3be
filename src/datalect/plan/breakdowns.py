"""Breakdowns: columns to group by, times at a grain, numbers in bins."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from datalect.data.model import Additivity, Grain, Meaning, SemanticType
from datalect.errors import PlanError
from datalect.plan.expressions import Expressions, Scope, Unreachable
from datalect.plan.fanout import fan_out
from datalect.plan.model import Breakdown
from datalect.plan.names import Names
from datalect.plan.spans import is_year_number
from datalect.plan.types import CLOCK_GRAINS, CYCLES, Kind, Typed, is_temporal
from datalect.plan.walk import expr_of


@dataclass(frozen=True, slots=True)
class WrittenBreakdown:
    """A checked breakdown: its node, and what its values are."""

    node: Breakdown
    meaning: Meaning
    kind: Kind
    source: str


class Breakdowns:
    """Checks breakdowns within one catalog."""

    def __init__(self, names: Names, expressions: Expressions) -> None:
        self._names = names
        self._expressions = expressions

    def write(self, node: Breakdown, scope: Scope, at: str) -> WrittenBreakdown:
        """A breakdown with its reference written from the scope's root.

        Raises:
            PlanError: ``bad_grain``, ``bad_bins``, ``type_mismatch`` or an unresolved reference.
        """
        slot = "col" if node.col is not None else "expr"
        try:
            expr, typed = self._expressions.check(expr_of(node), scope, f"{at}.{slot}")
        except Unreachable as missing:
            raise fan_out([scope.root, missing.column.table]) from missing
        changed = node.model_copy(update={slot: expr})
        if typed.kind in ("other", "interval"):
            raise PlanError(
                f"{typed.source or 'The expression'} cannot be grouped by.",
                code="type_mismatch",
                at=at,
                received=typed.kind,
            )
        if node.grain is not None:
            return self._grain(changed, node.grain, typed, at)
        if node.bins is not None or node.width is not None:
            return self._bins(changed, typed, at)
        return WrittenBreakdown(changed, typed.meaning, typed.kind, typed.source)

    def _grain(self, node: Breakdown, grain: Grain, typed: Typed, at: str) -> WrittenBreakdown:
        name = typed.source or "The expression"
        if typed.column is not None and is_year_number(typed.column):
            if grain is not Grain.YEAR:
                raise PlanError(
                    f"{name} holds years only.",
                    code="bad_grain",
                    at=at,
                    expected="year",
                    received=grain.value,
                )
            return WrittenBreakdown(node, replace(typed.meaning, grain=Grain.YEAR), "number", typed.source)
        clock = typed.kind == "time" and grain is Grain.HOUR_OF_DAY
        if not is_temporal(typed.kind) and not clock:
            raise PlanError(
                f"{name} holds no dates, so there is no {grain.value.replace('_', ' ')} of it.",
                code="bad_grain",
                at=at,
                expected="a date or time column",
                received=f"{name} of kind {typed.kind}",
            )
        if typed.kind == "date" and grain in CLOCK_GRAINS:
            raise PlanError(
                f"{name} holds dates without a time of day.",
                code="bad_grain",
                at=at,
                expected="day or coarser",
                received=grain.value,
            )
        if grain in CYCLES:
            low, high = CYCLES[grain]
            meaning = Meaning(
                type=SemanticType.ORDERED, grain=grain, order=tuple(range(low, high + 1)) if high < 31 else ()
            )
            return WrittenBreakdown(node, meaning, "number", typed.source)
        kind: Kind = "timestamp" if grain in CLOCK_GRAINS else "date"
        semantic = SemanticType.DATETIME if kind == "timestamp" else SemanticType.DATE
        meaning = replace(typed.meaning, type=semantic, grain=grain, additivity=Additivity.NON)
        return WrittenBreakdown(node, meaning, kind, typed.source)

    def _bins(self, node: Breakdown, typed: Typed, at: str) -> WrittenBreakdown:
        if typed.kind != "number":
            raise PlanError(
                f"{typed.source or 'The expression'} holds no numbers to put into bins.",
                code="bad_bins",
                at=at,
                expected="a column of numbers",
                received=typed.kind,
            )
        if node.bins is not None:
            width = self._width(node.bins, typed, at)
            node = node.model_copy(update={"bins": None, "width": width})
        return WrittenBreakdown(
            node, replace(typed.meaning, additivity=Additivity.NON), "number", typed.source
        )

    def _width(self, bins: int, typed: Typed, at: str) -> float:
        column = typed.column
        low = column.profile.minimum if column is not None else None
        high = column.profile.maximum if column is not None else None
        try:
            spread = float(high) - float(low)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            spread = math.nan
        if not math.isfinite(spread):
            raise PlanError(
                "The range of the values is not known, so the width of the bins cannot be chosen.",
                code="bad_bins",
                at=at,
                next_step='Give "width" instead of "bins".',
            )
        return round_width(spread / bins, whole=typed.integer)


def round_width(raw: float, *, whole: bool) -> float:
    """The round number nearest above a width: 1, 2, 2.5 or 5 times a power of ten.

    Whole numbers stay whole.
    """
    if raw <= 0:
        return 1.0
    if whole and raw <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(raw))
    for factor in (1.0, 2.0, 2.5, 5.0, 10.0):
        width = factor * power
        if width >= raw * (1 - 1e-9) and not (whole and width != int(width)):
            return float(f"{width:.12g}")
    return float(f"{10 * power:.12g}")
