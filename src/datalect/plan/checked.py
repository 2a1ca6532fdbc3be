"""What the checker and the compiler hand on: frozen values, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from datalect.data.model import Catalog, Meaning
from datalect.engine.base import Query
from datalect.plan.types import Kind

if TYPE_CHECKING:
    from datalect.plan.model import Aggregate, Breakdown, Measure, Nested, Plan, Step, Test

Role = Literal["breakdown", "measure", "derived", "list"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a reader should know about a plan that was accepted.

    Attributes:
        code: a stable name, such as ``counted_once``.
        message_en: one sentence in English.
        message_zh: the same in Chinese.
    """

    code: str
    message_en: str
    message_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputColumn:
    """One column of a plan's result.

    Attributes:
        name: column name in the result, unique without regard to case.
        role: where it comes from.
        meaning: type, unit, currency, grain and additivity of the output values. Shares and percent changes
            are ``RATIO`` (0.25 stands for 25 %).
        label_en: name for people, in English.
        label_zh: name for people, in Chinese.
        kind: kind of the values: ``number``, ``text``, ``date``, ``timestamp``, ``time``, ``boolean``.
        source: catalogue id it comes from, or "".
        measure: the plan's node, for measures.
        step: the plan's node, for derived columns.
        breakdown: the plan's node, for breakdowns.
    """

    name: str
    role: Role
    meaning: Meaning
    label_en: str
    label_zh: str
    kind: Kind = "number"
    source: str = ""
    measure: Measure | None = None
    step: Step | None = None
    breakdown: Breakdown | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """One aggregate that is computed; a measure is an atom or the quotient of two.

    Attributes:
        slot: internal column name, unique in the plan: ``a0``, ``a1`` ...
        node: the aggregate, every reference starting at the root of its part.
    """

    slot: str
    node: Aggregate | Nested


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Measures computed over the rows of one table, joined many-to-one with others.

    Attributes:
        root: the table whose rows are read.
        each: a reference to the table (``key>table`` when the way needs saying) whose rows are counted
            once per group although the root repeats them, or None when the root's own rows are measured.
        where: the plan's tests, every reference starting at ``root``.
        by: the plan's breakdowns, every reference starting at ``root``.
        atoms: what is computed.
    """

    root: str
    each: str | None
    where: tuple[Test, ...]
    by: tuple[Breakdown, ...]
    atoms: tuple[Atom, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPlan:
    """A plan that may be compiled.

    Attributes:
        plan: the plan with every reference resolved and qualified, metrics expanded, values linked and every
            ``as`` filled in. Checking it again gives the same plan.
        catalog: what it was checked against.
        outputs: columns of the result, in order.
        warnings: what a reader should know.
        parts: how the measures are computed; one part unless they come from several tables.
        slots: measure name -> its atoms' slots (two for a ratio: numerator, denominator).
        sort_columns: for row lists, sort keys that are not shown: internal name -> reference.
    """

    plan: Plan
    catalog: Catalog
    outputs: tuple[OutputColumn, ...]
    warnings: tuple[Notice, ...]
    parts: tuple[Part, ...] = ()
    slots: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sort_columns: dict[str, str] = field(default_factory=dict)

    def output(self, name: str) -> OutputColumn | None:
        """The output column of that exact name, or None."""
        return next((o for o in self.outputs if o.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPlan:
    """A plan as SQL.

    Attributes:
        query: DuckDB SQL with ``?`` parameters; parameters are str, int, float or bool.
        display_sql: the same, pretty, parameters written in; runs as it stands.
        coverage: one row: ``rows_total``, ``rows_used`` (after ``where``), then ``nulls_<measure name>``:
            rows used (and let through by the measure's own filter) whose value is missing.
        outputs: columns of the result, in order.
    """

    query: Query
    display_sql: str
    coverage: Query
    outputs: tuple[OutputColumn, ...]
