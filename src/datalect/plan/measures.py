"""Measures of a plan: metrics expanded, homes found, types checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from datalect.data.model import Additivity, Meaning, SemanticType
from datalect.errors import PlanError
from datalect.plan import notices
from datalect.plan.breakdowns import Breakdowns
from datalect.plan.checked import Notice
from datalect.plan.conditions import Conditions
from datalect.plan.expressions import Expressions, Scope, Unreachable
from datalect.plan.fanout import INSENSITIVE, Home, choose_root, fan_out, home_of
from datalect.plan.joins import Path, format_path
from datalect.plan.model import (
    Aggregate,
    Breakdown,
    Measure,
    MetricUse,
    Nested,
    Ratio,
    Test,
)
from datalect.plan.names import Names, nearest
from datalect.plan.types import Kind, Typed, aggregate_meaning, check_aggregate
from datalect.plan.walk import expr_of, expr_refs

_MEASURE: TypeAdapter[Any] = TypeAdapter(Measure)


@dataclass(frozen=True, slots=True)
class Draft:
    """An atom whose home and root are known.

    Attributes:
        node: the atom as written.
        home: table whose rows it measures, as a path from the root.
        start: table its references start at first.
        explicit: whether ``each`` was written.
    """

    node: Aggregate | Nested
    home: Path
    start: str
    explicit: bool

    @property
    def root(self) -> str:
        """The table that is read."""
        return self.home.start

    @property
    def repeats(self) -> bool:
        """Whether the root repeats the home's rows in a way that matters."""
        inner = self.node.of if isinstance(self.node, Nested) else self.node
        return bool(self.home.keys) and inner.fn not in INSENSITIVE


@dataclass(frozen=True, slots=True)
class Written:
    """A checked atom.

    Attributes:
        planned: as it stands in the checked plan: references start at its home.
        rooted: as it stands in its part: references start at the root.
        meaning: what its values stand for.
        kind: kind of its values.
        source: catalogue id of its column, or "".
    """

    planned: Aggregate | Nested
    rooted: Aggregate | Nested
    meaning: Meaning
    kind: Kind
    source: str


class Measures:
    """Checks the measures of one plan."""

    def __init__(self, names: Names, expressions: Expressions) -> None:
        self._names = names
        self._expressions = expressions
        self._conditions: Conditions | None = None
        self.notices: list[Notice] = []

    def connect(self, conditions: Conditions) -> None:
        """Hand over the checker of tests, which in turn checks aggregates through this object."""
        self._conditions = conditions

    def _tests(self, tests: list[Test], scope: Scope, at: str) -> list[Test]:
        if self._conditions is None or not tests:
            return []
        return self._conditions.check_all(tests, scope, at)

    # ------------------------------------------------------------ metrics

    def expand(self, measure: Measure, start: str, at: str) -> Aggregate | Nested | Ratio:
        """A measure without metrics: a metric's definition takes the place of its name."""
        if not isinstance(measure, MetricUse):
            return measure
        catalog = self._names.catalog
        metric = catalog.metric(measure.metric)
        if metric is None:
            same = [m for m in catalog.metrics if m.name.casefold() == measure.metric.casefold()]
            if len(same) != 1:
                known = tuple(m.name for m in catalog.metrics)
                raise PlanError(
                    f'There is no metric "{measure.metric}".',
                    code="unknown_metric",
                    at=f"{at}.metric",
                    candidates=nearest(measure.metric, known) or known[:5],
                    received=measure.metric,
                    next_step="Define it in the glossary, or write the measure out.",
                )
            metric = same[0]
        defined, fault = _defined(metric.measure)
        if defined is None:
            raise PlanError(
                f'The glossary\'s definition of "{metric.name}" is no measure: {fault}',
                code="bad_metric",
                at=at,
            )
        if isinstance(defined, MetricUse):
            raise PlanError(
                f'The metric "{metric.name}" is defined by another metric.', code="bad_metric", at=at
            )
        table = self._names.table(metric.table, at).name
        each = table if table != start else None
        return _placed(defined, each, list(measure.where), measure.as_ or metric.name)

    # ------------------------------------------------------------ homes and roots

    def draft(
        self,
        node: Aggregate | Nested,
        start: str,
        shown: Sequence[str],
        at: str,
    ) -> Draft:
        """Find the table an atom is taken over and the table to read from.

        Args:
            node: the atom.
            start: the plan's ``from``.
            shown: tables of the plan's breakdowns.
            at: where it stands.
        """
        names, graph = self._names, self._names.graph
        inner = node.of if isinstance(node, Nested) else node
        if inner.each is not None:
            home = self._explicit_home(inner.each, start, f"{at}.each")
            base = home.table
        else:
            home = self._derived_home(inner, start, at)
            base = start
        per = [names.find(t, start, at)[0].table for t in _per_refs(node)] if isinstance(node, Nested) else []
        needed = [home.table, *shown, *per]
        root = choose_root(graph, [start, home.table, *shown, *per], needed)
        if root is None:
            raise fan_out(list(dict.fromkeys(needed)))
        if root == start and home.path is not None:
            way = home.path
        else:
            ways = graph.paths(root, home.table)
            if len(ways) > 1:
                raise names.ambiguous(ways, "", at)
            way = ways[0]
        return Draft(node, way, base, inner.each is not None)

    def _explicit_home(self, each: str, start: str, at: str) -> Home:
        try:
            path = self._names.table_path(each, start)
        except PlanError:
            return Home(self._names.table(each.rpartition(">")[2], at).name, None)
        return Home(path.end, path)

    def _derived_home(self, inner: Aggregate, start: str, at: str) -> Home:
        touched: list[tuple[str, Path | None]] = []
        for text in expr_refs(expr_of(inner)):
            column, path = self._names.find(text, start, f"{at}.col")
            touched.append((column.table, path))
        if inner.with_ is not None:
            column, path = self._names.find(inner.with_, start, f"{at}.with")
            touched.append((column.table, path))
        return home_of(self._names.graph, start, touched, insensitive=inner.fn in INSENSITIVE)

    # ------------------------------------------------------------ writing

    def write(self, draft: Draft, plan_from: str, bases: tuple[str, ...], at: str) -> Written:
        """An atom with everything resolved and typed.

        Args:
            draft: the atom with its home and root.
            plan_from: ``from`` of the checked plan.
            bases: tables, besides the home, at which its tests may start.
            at: where it stands.
        """
        node = draft.node
        if isinstance(node, Nested):
            return self._write_nested(node, draft, plan_from, bases, at)
        return self._write_aggregate(node, draft, plan_from, bases, at)

    def _scopes(self, draft: Draft, bases: tuple[str, ...]) -> tuple[Scope, Scope, Scope]:
        """Where columns are written for the part, where for the plan, and where tests are written."""
        home = draft.home.end
        lead = draft.home if draft.start == home else None
        if draft.start == draft.root:
            lead = Path(draft.root)
        rooted = Scope(draft.root, (draft.start,), lead)
        planned = Scope(home, (draft.start,), Path(home) if draft.start == home else None)
        lead = draft.home if draft.start == home else None
        starts = tuple(dict.fromkeys((draft.start, home, *bases, draft.root)))
        tests = Scope(draft.root, starts, lead, name_root=bool(draft.home.keys))
        return rooted, planned, tests

    def _write_aggregate(
        self, node: Aggregate, draft: Draft, plan_from: str, bases: tuple[str, ...], at: str
    ) -> Written:
        rooted_scope, planned_scope, test_scope = self._scopes(draft, bases)
        rooted, typed = self._columns(node, rooted_scope, at)
        planned = self._planned_columns(node, planned_scope, draft, rooted, at)
        self._judge(node, typed, at)
        where = self._tests(node.where, test_scope, f"{at}.where")
        each = None
        if draft.explicit or draft.home.end != plan_from:
            each = format_path(draft.home, self._names.graph) if draft.root == plan_from else draft.home.end
        meaning = aggregate_meaning(node.fn, typed)
        kind: Kind = typed.kind if typed is not None and node.fn in ("min", "max") else "number"
        source = typed.source if typed is not None else ""
        return Written(
            node.model_copy(update={**planned, "where": where, "each": each}),
            node.model_copy(update={**rooted, "where": where, "each": None, "as_": None}),
            meaning,
            kind,
            source,
        )

    def _columns(self, node: Aggregate, scope: Scope, at: str) -> tuple[dict[str, Any], Typed | None]:
        changes: dict[str, Any] = {}
        expr = expr_of(node)
        if expr is None:
            return changes, None
        slot = "col" if node.col is not None else "expr"
        try:
            changes[slot], typed = self._expressions.check(expr, scope, f"{at}.{slot}")
            if node.with_ is not None:
                changes["with_"], other = self._expressions.check(node.with_, scope, f"{at}.with")
                check_aggregate("corr", other, other.source, f"{at}.with")
        except Unreachable as missing:
            raise fan_out([scope.root, missing.column.table]) from missing
        return changes, typed

    def _planned_columns(
        self, node: Aggregate, scope: Scope, draft: Draft, rooted: dict[str, Any], at: str
    ) -> dict[str, Any]:
        if not draft.home.keys:
            return rooted
        return self._columns(node, scope, at)[0]

    def _judge(self, node: Aggregate, typed: Typed | None, at: str) -> None:
        name = typed.source if typed is not None and typed.source else "the expression"
        code = check_aggregate(node.fn, typed, name, at)
        if code is not None:
            self.notices.append(notices.about_aggregate(code, node.fn, name))
        if typed is not None and typed.column is not None:
            self.notices.extend(notices.about_column(typed.column))

    def _write_nested(
        self, node: Nested, draft: Draft, plan_from: str, bases: tuple[str, ...], at: str
    ) -> Written:
        inner = self._write_aggregate(node.of, replace(draft, node=node.of), plan_from, bases, f"{at}.of")
        if inner.kind != "number":
            raise PlanError(
                "The inner figure of a two-level measure must be a number.",
                code="type_mismatch",
                at=f"{at}.of",
                received=inner.kind,
            )
        _, _, scope = self._scopes(draft, bases)
        breakdowns = Breakdowns(self._names, self._expressions)
        scope_per = replace(scope, bases=tuple(dict.fromkeys((*bases, *scope.bases))), lead=None)
        per = [
            breakdowns.write(_as_breakdown(entry), scope_per, f"{at}.per[{i}]").node
            for i, entry in enumerate(node.per)
        ]
        where = self._tests(node.where, scope, f"{at}.where")
        shared = {"per": per, "where": where}
        meaning = inner.meaning
        if node.fn == "count":
            meaning = Meaning(type=SemanticType.COUNT, additivity=Additivity.ADDITIVE)
        elif node.fn != "sum":
            kind = SemanticType.MEASURE if meaning.type is SemanticType.COUNT else meaning.type
            meaning = replace(meaning, type=kind, additivity=Additivity.NON)
        return Written(
            node.model_copy(update={**shared, "of": inner.planned}),
            node.model_copy(update={**shared, "of": inner.rooted, "as_": None}),
            meaning,
            "number",
            inner.source,
        )

    # ------------------------------------------------------------ figures to compare with

    def check_compared(self, node: Aggregate, base: str, at: str) -> Aggregate:
        """An aggregate that rows are compared with.

        Taken over its home's rows, which it names in ``each``.
        """
        inner = self.draft(node, base, [], at)
        home = inner.home.end
        draft = Draft(node, Path(home), inner.start, True)
        written = self.write(draft, home, (home, base), at)
        rooted = written.rooted
        if isinstance(rooted, Nested):  # draft was made from an Aggregate
            raise PlanError("Only one level is compared with.", code="bad_expression", at=at)
        return rooted.model_copy(update={"each": home})


def _defined(definition: Mapping[str, Any]) -> tuple[Measure | None, str]:
    """A metric's definition as a measure, or None and what is wrong with it."""
    try:
        return _MEASURE.validate_python(dict(definition)), ""
    except ValidationError as error:
        return None, str(error.errors()[0]["msg"])


def _as_breakdown(entry: str | Breakdown) -> Breakdown:
    return Breakdown(col=entry) if isinstance(entry, str) else entry


def _per_refs(node: Nested) -> list[str]:
    return [ref for entry in node.per for ref in expr_refs(expr_of(_as_breakdown(entry)))]


def _placed(
    measure: Aggregate | Nested | Ratio, each: str | None, where: list[Test], name: str | None
) -> Aggregate | Nested | Ratio:
    """A metric's definition with the table it is taken over and the filter of its use."""
    if isinstance(measure, Ratio):
        return measure.model_copy(
            update={
                "num": _placed(measure.num, each, where, measure.num.as_),
                "den": _placed(measure.den, each, where, measure.den.as_),
                "as_": name,
            }
        )
    if isinstance(measure, Nested):
        inner = measure.of.model_copy(update={"each": measure.of.each or each})
        return measure.model_copy(update={"of": inner, "where": [*measure.where, *where], "as_": name})
    return measure.model_copy(
        update={"each": measure.each or each, "where": [*measure.where, *where], "as_": name}
    )
