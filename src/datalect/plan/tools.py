"""What the checks of one plan share."""

from __future__ import annotations

from dataclasses import dataclass

from datalect.data.model import Catalog
from datalect.plan.checked import Notice
from datalect.plan.conditions import Conditions
from datalect.plan.expressions import Expressions
from datalect.plan.measures import Measures
from datalect.plan.names import Names


@dataclass(frozen=True, slots=True)
class Tools:
    """The catalog and the checkers of its parts."""

    catalog: Catalog
    names: Names
    expressions: Expressions
    conditions: Conditions
    measures: Measures

    def notices(self, extra: list[Notice]) -> tuple[Notice, ...]:
        """All notices that were gathered, without repeats."""
        return tuple(dict.fromkeys([*extra, *self.conditions.notices, *self.measures.notices]))
