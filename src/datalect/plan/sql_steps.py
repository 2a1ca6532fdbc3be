"""Derived columns over the grouped result as SQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from datalect.data.model import Grain
from datalect.plan import sql_tree as sql
from datalect.plan.checked import OutputColumn
from datalect.plan.model import Step
from datalect.plan.types import is_temporal


class Steps:
    """Adds derived columns to a grouped result, one SELECT over another."""

    def __init__(self, outputs: Sequence[OutputColumn]) -> None:
        self._breakdowns = [o for o in outputs if o.role == "breakdown"]

    def add(self, step: Step, source: str, known: Sequence[str]) -> exp.Select:
        """A SELECT of everything in ``source`` and the derived column.

        Args:
            step: the checked step.
            source: name of the common table expression to read.
            known: its columns.
        """
        if step.period is not None:
            return self._calendar(step, source, known)
        columns = [sql.bare(name) for name in known]
        columns.append(sql.aliased(self._windowed(step), step.as_ or ""))
        if step.fn == "contribution":
            return self._contribution(
                step, source, known, self._change(step, sql.bare(step.of), self._lag(step))
            )
        return sql.select(columns, sql.table(source, source))

    # ------------------------------------------------------------ windows

    def _partition(self, step: Step) -> list[exp.Expr]:
        """The series a value belongs to: all breakdowns but the one the step runs over."""
        return [sql.bare(b.name) for b in self._breakdowns if b.name != step.over]

    def _order(self, step: Step) -> list[exp.Expr]:
        return [sql.ordered(sql.bare(step.over or ""), "asc")]

    def _lag(self, step: Step) -> exp.Expr:
        return sql.window(
            sql.call("LAG", sql.bare(step.of), sql.number(step.lag)), self._partition(step), self._order(step)
        )

    def _windowed(self, step: Step) -> exp.Expr:
        value = sql.bare(step.of)
        within = [] if step.within is None else [sql.bare(step.within)]
        if step.fn == "share":
            return sql.divided(value, sql.window(exp.Sum(this=value.copy()), within))
        if step.fn == "rank":
            place = sql.window(sql.call("RANK"), within, [sql.ordered(value, step.dir)])
            return exp.Case(ifs=[exp.If(this=sql.not_null(value.copy()), true=place)])
        if step.fn == "cumulative":
            return sql.window(exp.Sum(this=value), self._partition(step), self._order(step), -1)
        if step.fn == "moving_average":
            average = sql.window(
                exp.Avg(this=sql.cast(value, "DOUBLE")),
                self._partition(step),
                self._order(step),
                step.window - 1,
            )
            position = sql.window(sql.call("ROW_NUMBER"), self._partition(step), self._order(step))
            full = exp.GTE(this=position, expression=sql.number(step.window))
            return exp.Case(ifs=[exp.If(this=full, true=average)])
        return self._change(step, value, self._lag(step))

    def _change(self, step: Step, now: exp.Expr, before: exp.Expr) -> exp.Expr:
        change = exp.Sub(this=now, expression=before)
        if step.fn != "pct_change":
            return change
        # relative to the size of the earlier value, so that a rise from -10 to -5 is +50 %
        return sql.divided(exp.Paren(this=change), sql.call("ABS", before.copy()))

    # ------------------------------------------------------------ calendar distance

    def _calendar(self, step: Step, source: str, known: Sequence[str]) -> exp.Select:
        """Compare with the same time one period before; a missing period gives NULL, not its neighbour."""
        columns: list[exp.Expr] = [sql.aliased(sql.column("cur", name), name) for name in known]
        change = self._change(step, sql.column("cur", step.of), sql.column("earlier", step.of))
        matches: list[exp.Expr] = [
            exp.NullSafeEQ(this=sql.column("cur", b.name), expression=sql.column("earlier", b.name))
            for b in self._breakdowns
            if b.name != step.over
        ]
        matches += self._apart(step)
        join = exp.Join(this=sql.table(source, "earlier"), side="LEFT", on=sql.all_of(matches))
        if step.fn == "contribution":
            return self._contribution(step, source, known, change, join)
        columns.append(sql.aliased(change, step.as_ or ""))
        return sql.select(columns, sql.table(source, "cur"), [join])

    def _apart(self, step: Step) -> list[exp.Expr]:
        """The earlier time lies ``lag`` periods before.

        Counted in both directions so that 29 February has none.
        """
        over = next(b for b in self._breakdowns if b.name == step.over)
        now, before = sql.column("cur", over.name), sql.column("earlier", over.name)
        if not is_temporal(over.kind):
            shifted: exp.Expr = exp.Sub(this=now, expression=sql.number(step.lag))
            return [exp.EQ(this=before, expression=shifted)]
        distance = self._distance(step, over)
        back = exp.Sub(this=now, expression=distance)
        forth = exp.Add(this=before.copy(), expression=distance.copy())
        return [
            exp.EQ(
                this=sql.cast(before, "TIMESTAMP"), expression=sql.cast(exp.Paren(this=back), "TIMESTAMP")
            ),
            exp.EQ(
                this=sql.cast(now.copy(), "TIMESTAMP"),
                expression=sql.cast(exp.Paren(this=forth), "TIMESTAMP"),
            ),
        ]

    def _distance(self, step: Step, over: OutputColumn) -> exp.Expr:
        if over.meaning.grain is Grain.WEEK and step.period is Grain.YEAR:
            return sql.call("TO_DAYS", sql.number(364 * step.lag))  # the same weekday 52 weeks before
        unit, times = {
            Grain.QUARTER: ("TO_MONTHS", 3),
            Grain.WEEK: ("TO_DAYS", 7),
        }.get(step.period or Grain.DAY, (f"TO_{(step.period or Grain.DAY).value.upper()}S", 1))
        return sql.call(unit, sql.number(times * step.lag))

    # ------------------------------------------------------------ contribution

    def _contribution(
        self,
        step: Step,
        source: str,
        known: Sequence[str],
        change: exp.Expr,
        join: exp.Expr | None = None,
    ) -> exp.Select:
        """Each series' share of the total change at its time.

        With one breakdown, each time's share of all change.
        """
        others = [b for b in self._breakdowns if b.name != step.over]
        names: list[exp.Expr] = [sql.bare(name) for name in known]
        if join is not None:
            names = [sql.aliased(sql.column("cur", name), name) for name in known]
        inner = sql.select(
            [*names, sql.aliased(change, "step_change")],
            sql.table(source, source if join is None else "cur"),
            [] if join is None else [join],
        )
        partition = [sql.bare(step.over or "")] if others else []
        value = sql.bare("step_change")
        part = sql.divided(value, sql.window(exp.Sum(this=value.copy()), partition))
        columns = [*(sql.bare(name) for name in known), sql.aliased(part, step.as_ or "")]
        return sql.select(columns, sql.subquery(inner, "changes"))
