"""Plans in English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from datalect.data.model import Column, Grain
from datalect.plan.checked import CheckedPlan
from datalect.plan.model import (
    Aggregate,
    Calendar,
    ColumnTest,
    Dates,
    HasTest,
    Keep,
    Nested,
    Plan,
    Range,
    Rolling,
    Step,
    TimeTest,
    ToDate,
)
from datalect.plan.phrases import Phrases
from datalect.plan.spans import Stretch
from datalect.plan.walk import expr_of

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_OPS = {
    "=": "is", "!=": "is not", "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least",
    "contains": "contains", "starts": "starts with", "ends": "ends with",
}  # fmt: skip
_DATE_OPS = {
    "=": "is", "!=": "is not", "<": "is before", "<=": "is on or before", ">": "is after",
    ">=": "is on or after",
}  # fmt: skip
_COUNTS = {
    "=": "exactly", "!=": "any number other than", "<": "fewer than", "<=": "at most", ">": "more than",
    ">=": "at least",
}  # fmt: skip
_AGGREGATES = {
    "sum": "total", "avg": "average", "min": "smallest", "max": "largest", "median": "median",
    "stddev": "standard deviation of",
}  # fmt: skip
_CYCLES = {
    Grain.MONTH_OF_YEAR: "month of the year",
    Grain.QUARTER_OF_YEAR: "quarter of the year",
    Grain.DAY_OF_WEEK: "day of the week",
    Grain.DAY_OF_MONTH: "day of the month",
    Grain.HOUR_OF_DAY: "hour of the day",
}


def listed(parts: Sequence[str], word: str = "and") -> str:
    """Things in a row: ``a, b and c``."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def _ordinal(number: float) -> str:
    text = f"{number:g}"
    if "." in text or text.endswith(("11", "12", "13")):
        return text + "th"
    return text + {"1": "st", "2": "nd", "3": "rd"}.get(text[-1], "th")


def _plural(count: int, unit: str) -> str:
    return unit if count == 1 else f"{count:,} {unit}s"


class English(Phrases):
    """English wording."""

    chinese: ClassVar[bool] = False

    # ------------------------------------------------------------ the sentence

    def sentence(self, checked: CheckedPlan) -> str:
        """The whole plan in one sentence."""
        plan = checked.plan
        pieces = [self._subject(checked)]
        if plan.where:
            pieces[0] += f", where {self.tests(plan.where, plan.from_)}"
        if plan.then:
            pieces.append("with " + listed([self.step(step) for step in plan.then]))
        if plan.keep:
            kept = "groups" if plan.by else "rows"
            pieces.append(f"only {kept} whose " + " and whose ".join(self.keep(k) for k in plan.keep))
        order = [
            f"{self.sort_key(s.of, plan.from_)} ({'largest first' if s.dir == 'desc' else 'smallest first'})"
            for s in plan.sort
        ]
        if order:
            pieces.append("sorted by " + listed(order, "then"))
        cut = self._cut(plan)
        if cut:
            pieces.append(cut)
        text = "; ".join(pieces) + "."
        return text[:1].upper() + text[1:]

    def _subject(self, checked: CheckedPlan) -> str:
        plan = checked.plan
        table = self.table(plan.from_)
        groups = [self.breakdown(b, plan.from_) for b in plan.by]
        if plan.list_:
            shown = listed([self.shown(item, plan.from_) for item in plan.list_])
            what = "distinct combinations of " if plan.distinct and len(checked.outputs) > 1 else ""
            what = "distinct values of " if plan.distinct and not what else what
            return f"list of {what}{shown} from {table}"
        if not plan.get:
            return f"distinct {listed(groups)} in {table}"
        figures = listed([self.named(m, plan.from_) for m in plan.get])
        counted = [m for m in plan.get if isinstance(m, Aggregate) and expr_of(m) is None and m.each is None]
        where = "" if len(counted) == len(plan.get) else f" in {table}"
        by = f" for each {listed(groups)}" if groups else ""
        return f"{figures}{where}{by}"

    def _cut(self, plan: Plan) -> str:
        if plan.top is None:
            return f"without the first {plan.skip:,}" if plan.skip else ""
        per = f" for each {self.output(plan.top_per)}" if plan.top_per is not None else ""
        after = f" after the first {plan.skip:,}" if plan.skip else ""
        only = "only the first" if plan.top == 1 else f"only the first {plan.top:,}"
        return f"{only}{per}{after}"

    # ------------------------------------------------------------ words

    def quoted(self, text: str) -> str:
        """A text in quotation marks."""
        return f'"{text}"'

    def truth(self, value: bool) -> str:
        """True or false."""
        return "true" if value else "false"

    def explained(self, label: str, phrase: str) -> str:
        """A name with its meaning in brackets."""
        return f"{label} ({phrase})"

    def of_table(self, column: str, table: str, via: str) -> str:
        """A column of another table."""
        if column == table and not via:
            return column
        return f"{column} of {table} (via {via})" if via else f"{column} of {table}"

    def either(self, parts: Sequence[str]) -> str:
        """At least one of several conditions."""
        return parts[0] if len(parts) == 1 else "either " + " or ".join(parts)

    def both(self, parts: Sequence[str]) -> str:
        """All of several conditions."""
        return " and ".join(parts)

    def bracketed(self, condition: str) -> str:
        """A condition in brackets."""
        return f"({condition})"

    def present(self, subject: str) -> str:
        """Something is not missing."""
        return f"{subject} is not missing"

    def denied(self, condition: str) -> str:
        """The opposite of a condition."""
        return f"it is not so that {condition}"

    # ------------------------------------------------------------ conditions

    def comparison(self, test: ColumnTest, base: str) -> str:
        """A comparison."""
        expr = expr_of(test)
        left = self.expression(expr, base)
        reference = self.find(expr, base) if isinstance(expr, str) else None
        column = None if reference is None else reference.column
        if test.op == "null":
            return f"{left} is missing"
        words = _DATE_OPS if self.is_dated(expr, base) else _OPS
        if test.agg is not None:
            return f"{left} {words[test.op]} the {self._compared(test.agg)}"
        if test.than is not None:
            return f"{left} {words[test.op]} {self.expression(test.than, base)}"
        if isinstance(test.val, list):
            values = [self._shown(value, column) for value in test.val]
            if test.op == "between":
                return f"{left} is between {values[0]} and {values[1]}"
            return f"{left} is {'one of ' if len(values) > 1 else ''}{listed(values, 'or')}"
        return f"{left} {words[test.op]} {self._shown(test.val, column)}"

    def _shown(self, value: Any, column: Column | None) -> str:
        dated = column is not None and column.dtype.upper().startswith(("DATE", "TIME"))
        return str(value) if dated else self.value(value, column)

    def _compared(self, node: Aggregate) -> str:
        home = node.each or ""
        plain = node.model_copy(update={"each": None})
        phrase = self.aggregate(plain, home)
        return phrase if node.where else f"{phrase} over all {self.table(home)}"

    def has(self, test: HasTest, base: str) -> str:
        """A condition about partner rows."""
        partner, _, key = test.has.partition(".")
        table = self.table(partner)
        who = "" if test.of is None else f" for the row's {self.table(test.of.rpartition('>')[2])}"
        via = f" (via {key})" if key else ""
        if test.count is not None:
            amount = f"{_COUNTS[test.count.op]} {self.value(test.count.val)} rows in {table}{via}"
            there = f"there are{' not' if test.neg else ''} {amount}{who}"
        else:
            there = f"there are {'no ' if test.neg else ''}rows in {table}{via}{who}"
        inner = self.tests(test.where, partner)
        return f"{there} where {inner}" if inner else there

    def time(self, test: TimeTest, base: str) -> str:
        """A condition about time."""
        column = self.column(test.time, base)
        stretch = self.stretch(test, base)
        span = test.in_
        if isinstance(span, Rolling):
            return f"{column} is in the last {_plural(span.last, span.unit.value)} ({self._dates(stretch)})"
        if isinstance(span, Calendar):
            return f"{column} is in {self._calendar(span)} ({self._dates(stretch)})"
        if isinstance(span, ToDate):
            unit = ("fiscal " if span.fiscal else "") + span.to_date.value
            earlier = (
                f" {_plural(span.ago, unit) if span.ago > 1 else f'one {unit}'} earlier" if span.ago else ""
            )
            return f"{column} is in the {unit} to date{earlier} ({self._dates(stretch)})"
        if isinstance(span, Dates) and span.fiscal and not stretch.fields:
            return f"{column} is in {self._fields(span)} ({self._dates(stretch)})"
        if isinstance(span, Dates) and stretch.fields:
            return f"{column} is in {self._fields(span)}"
        if isinstance(span, Range) and (stretch.start is None or stretch.end is None):
            if stretch.start is not None:
                return f"{column} is {self._moment(stretch.start)} or later"
            return f"{column} is {self._end(stretch)} or earlier"
        return f"{column} is in {self._dates(stretch)}"

    def _calendar(self, span: Calendar) -> str:
        unit = ("fiscal " if span.fiscal else "") + span.unit.value
        if span.span > 1:
            units = f"{span.span:,} {unit}s"
            if span.ago == span.span:
                return f"the {units} before this {unit}"
            side = f"{_plural(span.ago, unit)} ago" if span.ago > 0 else f"{_plural(-span.ago, unit)} ahead"
            return f"the {units} from this {unit} on" if span.ago == 0 else f"the {units} from {side} on"
        if span.ago == 0:
            return f"this {unit}"
        if abs(span.ago) == 1:
            return f"{'last' if span.ago > 0 else 'next'} {unit}"
        return f"the {unit} {abs(span.ago):,} {unit}s {'ago' if span.ago > 0 else 'ahead'}"

    def _fields(self, span: Dates) -> str:
        fiscal = "fiscal " if span.fiscal else ""
        words = []
        if span.hour is not None:
            words.append(f"hour {span.hour}")
        if span.weekday is not None:
            words.append(_DAYS[span.weekday - 1])
        if span.day is not None:
            words.append(f"day {span.day}" + ("" if span.month else " of the month"))
        if span.week is not None:
            words.append(f"week {span.week}")
        if span.month is not None:
            words.append(_MONTHS[span.month - 1])
        if span.quarter is not None:
            words.append(f"{fiscal}quarter {span.quarter}")
        if span.half is not None:
            words.append(f"{fiscal}half-year {span.half}")
        if span.year is not None:
            words.append(f"{fiscal}{span.year}")
        elif any(part is not None for part in (span.month, span.week, span.quarter, span.half)):
            words.append(f"any {fiscal}year")
        return " of ".join(words)

    def _dates(self, stretch: Stretch) -> str:
        unit = self.whole_unit(stretch)
        start = stretch.start
        if start is not None and unit is Grain.YEAR:
            return str(start.year)
        if start is not None and unit is Grain.MONTH:
            return f"{_MONTHS[start.month - 1]} {start.year}"
        if start is not None and unit is Grain.DAY:
            return self._moment(start)
        return f"{self._moment(start)} to {self._end(stretch)}" if start is not None else self._end(stretch)

    def _end(self, stretch: Stretch) -> str:
        if stretch.end is None:
            return ""
        last = self.last_moment(stretch.end)
        return last.date().isoformat() if last.time() == datetime.min.time() else _clock(last)

    def _moment(self, moment: datetime) -> str:
        return moment.date().isoformat() if moment.time() == datetime.min.time() else _clock(moment)

    # ------------------------------------------------------------ figures

    def figure(self, node: Aggregate, of: str, other: str, *, rows: bool, dated: bool) -> str:
        """An aggregate of something."""
        if rows:
            return f"number of {of}"
        if node.fn == "count":
            return f"number of {of} values present"
        if node.fn == "distinct":
            return f"number of distinct {of} values"
        if dated and node.fn in ("min", "max"):
            return f"{'earliest' if node.fn == 'min' else 'latest'} {of}"
        if node.fn == "percentile":
            return f"{_ordinal((node.p or 0) * 100)} percentile of {of}"
        if node.fn == "corr":
            return f"correlation of {of} with {other}"
        return f"{_AGGREGATES[node.fn]} {of}"

    def per_row(self, phrase: str, table: str) -> str:
        """A figure taken over the rows of a table that repeats the values."""
        return f"{phrase} (once for each row of {table})"

    def filtered(self, phrase: str, condition: str) -> str:
        """A figure with its own filter."""
        return f"{phrase} (only where {condition})"

    def ratio(self, num: str, den: str) -> str:
        """A quotient of two figures."""
        return f"{num} divided by {den}"

    def less(self, num: str, den: str) -> str:
        """A difference of two figures."""
        return f"{num} minus {den}"

    def part(self, whole: str, condition: str) -> str:
        """The share of a whole that meets a condition."""
        return f"share of {whole} where {condition}"

    def nested(self, node: Nested, base: str) -> str:
        """A two-level measure."""
        per = listed([self.breakdown(entry, base) for entry in node.per])
        inner = self.aggregate(node.of, base)
        kept = " and ".join(f"{_COUNTS[k.op]} {self.value(k.val)}" for k in node.keep)
        if node.fn == "count":
            phrase = f"number of distinct {per} values" + (f" whose {inner} is {kept}" if kept else "")
        else:
            among = f" (only those with {kept})" if kept else ""
            phrase = f"{_AGGREGATES[node.fn]} {inner} per {per}{among}"
        return self.filtered(phrase, self.tests(node.where, base)) if node.where else phrase

    def at_grain(self, of: str, grain: Grain) -> str:
        """A time at a grain."""
        return f"{_CYCLES[grain]} of {of}" if grain in _CYCLES else f"{grain.value} of {of}"

    def in_bins(self, of: str, width: str) -> str:
        """A number in bins."""
        return f"{of} in bins of {width}"

    def date_function(self, operator: str, unit: str, parts: Sequence[str]) -> str:
        """A date difference or a calendar field."""
        if operator == "date_diff":
            return f"{unit}s from {parts[0]} to {parts[1]}"
        return f"{unit.replace('_', ' ')} of {parts[0]}"

    def function(self, operator: str, parts: Sequence[str]) -> str:
        """A row-wise function."""
        if operator == "now":
            return f"the reference time ({self._moment(self.as_of)})"
        return f"{'length' if operator == 'length' else 'absolute value'} of {parts[0]}"

    # ------------------------------------------------------------ after grouping

    def step(self, step: Step) -> str:
        """A derived column as a noun phrase."""
        of = self.output(step.of)
        within = f" within each {self.output(step.within)}" if step.within is not None else ""
        over = self.output(step.over) if step.over is not None else ""
        if step.period is not None:
            unit = step.period.value
            before = f"the same time {_plural(step.lag, unit) if step.lag > 1 else f'one {unit}'} earlier"
        else:
            before = f"the previous {over}" if step.lag == 1 else f"{step.lag:,} positions of {over} before"
        return {
            "share": f"the share of {of} in the total{within}",
            "rank": f"the rank by {of} ({'largest' if step.dir == 'desc' else 'smallest'} first){within}",
            "difference": f"the change in {of} from {before}",
            "pct_change": f"the percent change in {of} from {before}",
            "cumulative": f"the running total of {of} over {over}",
            "moving_average": f"the moving average of {of} over {step.window} steps of {over}",
            "contribution": f"the share of the total change in {of} from {before}",
        }[step.fn]

    def keep(self, keep: Keep) -> str:
        """A condition on groups."""
        of = self.output(keep.of)
        verb = "is not" if keep.neg else "is"
        if keep.op == "null":
            return f"{of} {verb} missing"
        if keep.agg is not None:
            word = {"avg": "average", "median": "median", "min": "smallest", "max": "largest"}[keep.agg]
            return f"{of} {_OPS[keep.op].replace('is', verb, 1)} the {word} {of} over all groups"
        if isinstance(keep.val, list):
            low, high = (self.value(value) for value in keep.val)
            return f"{of} {verb} between {low} and {high}"
        text = _OPS[keep.op]
        if keep.neg:
            text = "is" if keep.op == "!=" else text.replace("is", "is not", 1)
        return f"{of} {text} {self.value(keep.val)}"


def _clock(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes" if not moment.second else "seconds")
