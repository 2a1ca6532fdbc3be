"""Plans in Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from datalect.data.model import Column, Grain
from datalect.plan.checked import CheckedPlan
from datalect.plan.link import parse_moment
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
from datalect.plan.types import CYCLES
from datalect.plan.walk import expr_of

_DAYS = "一二三四五六日"
_QUARTERS = "一二三四"
_OPS = {
    "=": "为", "!=": "不为", "<": "小于", "<=": "不超过", ">": "大于", ">=": "不小于",
    "contains": "包含", "starts": "开头为", "ends": "结尾为",
}  # fmt: skip
_DATE_OPS = {"=": "为", "!=": "不为", "<": "早于", "<=": "不晚于", ">": "晚于", ">=": "不早于"}
_COUNTS = {"=": "恰好", "!=": "不等于", "<": "少于", "<=": "至多", ">": "多于", ">=": "至少"}
_AGGREGATES = {
    "sum": "总和", "avg": "平均值", "min": "最小值", "max": "最大值", "median": "中位数", "stddev": "标准差",
}  # fmt: skip
_UNITS = {
    Grain.YEAR: "年", Grain.QUARTER: "季度", Grain.MONTH: "月", Grain.WEEK: "周", Grain.DAY: "日",
    Grain.HOUR: "小时", Grain.MINUTE: "分钟", Grain.SECOND: "秒",
    Grain.MONTH_OF_YEAR: "月份（1至12月）", Grain.QUARTER_OF_YEAR: "季度（1至4季度）",
    Grain.DAY_OF_WEEK: "星期",
    Grain.DAY_OF_MONTH: "日（1至31日）", Grain.HOUR_OF_DAY: "钟点",
}  # fmt: skip
_SPANS = {
    Grain.YEAR: "年", Grain.QUARTER: "个季度", Grain.MONTH: "个月", Grain.WEEK: "周", Grain.DAY: "天",
    Grain.HOUR: "小时", Grain.MINUTE: "分钟", Grain.SECOND: "秒",
}  # fmt: skip
_PARTS = {
    "year": "年份", "half": "半年", "quarter": "季度", "month": "月份", "week": "周次", "day": "日",
    "weekday": "星期",
    "day_of_year": "年内第几天", "hour": "小时", "minute": "分钟", "second": "秒",
}  # fmt: skip


def listed(parts: Sequence[str], word: str = "和") -> str:
    """Things in a row: ``甲、乙和丙``."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{'、'.join(parts[:-1])}{word}{parts[-1]}"


def _span(count: int, unit: Grain) -> str:
    return f"{count:,}{_SPANS[unit]}"


class Chinese(Phrases):
    """Chinese wording."""

    chinese: ClassVar[bool] = True

    # ------------------------------------------------------------ the sentence

    def sentence(self, checked: CheckedPlan) -> str:
        """The whole plan in one sentence."""
        plan = checked.plan
        table = self.table(plan.from_)
        where = f"在{table}中" + (f"，{self.tests(plan.where, plan.from_)}" if plan.where else "")
        pieces = [
            f"{where}：{self._subject(checked)}"
            if plan.where
            else f"{where}{self._verb(plan)}{self._subject(checked)}"
        ]
        if plan.then:
            pieces.append("另计" + listed([self.step(step) for step in plan.then]))
        if plan.keep:
            kept = "组" if plan.by else "行"
            pieces.append("只保留" + "且".join(self.keep(k) for k in plan.keep) + f"的{kept}")
        order = [
            f"{self.sort_key(s.of, plan.from_)}{'从大到小' if s.dir == 'desc' else '从小到大'}"
            for s in plan.sort
        ]
        if order:
            pieces.append("按" + "、再按".join(order) + "排列")
        cut = self._cut(plan)
        if cut:
            pieces.append(cut)
        return "；".join(pieces) + "。"

    def _verb(self, plan: Plan) -> str:
        return "" if plan.get or plan.list_ else "，"

    def _subject(self, checked: CheckedPlan) -> str:
        plan = checked.plan
        groups = [self.breakdown(b, plan.from_) for b in plan.by]
        if plan.list_:
            shown = listed([self.shown(item, plan.from_) for item in plan.list_])
            return f"列出{'不重复的' if plan.distinct else ''}{shown}"
        if not plan.get:
            return f"列出不重复的{listed(groups)}"
        figures = listed([self.named(m, plan.from_) for m in plan.get])
        return f"按{listed(groups)}分组计算{figures}" if groups else f"计算{figures}"

    def _cut(self, plan: Plan) -> str:
        if plan.top is None:
            return f"略去前{plan.skip:,}行" if plan.skip else ""
        per = f"每个{self.output(plan.top_per)}" if plan.top_per is not None else ""
        after = f"略去前{plan.skip:,}行后" if plan.skip else ""
        return f"{after}{per}只取前{plan.top:,}行"

    # ------------------------------------------------------------ words

    def quoted(self, text: str) -> str:
        """A text in quotation marks."""
        return f"“{text}”"

    def truth(self, value: bool) -> str:
        """True or false."""
        return "是" if value else "否"

    def explained(self, label: str, phrase: str) -> str:
        """A name with its meaning in brackets."""
        return f"{label}（{phrase}）"

    def of_table(self, column: str, table: str, via: str) -> str:
        """A column of another table."""
        if column == table and not via:
            return column
        return f"{table}（经{via}）的{column}" if via else f"{table}的{column}"

    def either(self, parts: Sequence[str]) -> str:
        """At least one of several conditions."""
        return parts[0] if len(parts) == 1 else f"（{'，或'.join(parts)}）"

    def both(self, parts: Sequence[str]) -> str:
        """All of several conditions."""
        return "且".join(parts)

    def bracketed(self, condition: str) -> str:
        """A condition in brackets; Chinese conditions carry their own."""
        return condition

    def present(self, subject: str) -> str:
        """Something is not missing."""
        return f"{subject}不缺失"

    def denied(self, condition: str) -> str:
        """The opposite of a condition."""
        return f"并非（{condition}）"

    # ------------------------------------------------------------ conditions

    def comparison(self, test: ColumnTest, base: str) -> str:
        """A comparison."""
        expr = expr_of(test)
        left = self.expression(expr, base)
        reference = self.find(expr, base) if isinstance(expr, str) else None
        column = None if reference is None else reference.column
        if test.op == "null":
            return f"{left}缺失"
        words = _DATE_OPS if self.is_dated(expr, base) else _OPS
        if test.agg is not None:
            return f"{left}{words[test.op]}{self._compared(test.agg)}"
        if test.than is not None:
            return f"{left}{words[test.op]}{self.expression(test.than, base)}"
        if isinstance(test.val, list):
            values = [self._shown(value, column) for value in test.val]
            if test.op == "between":
                return f"{left}在{values[0]}到{values[1]}之间"
            return f"{left}为{'、'.join(values)}{'之一' if len(values) > 1 else ''}"
        return f"{left}{words[test.op]}{self._shown(test.val, column)}"

    def _shown(self, value: Any, column: Column | None) -> str:
        if column is not None and column.dtype.upper().startswith(("DATE", "TIMESTAMP")):
            moment = parse_moment(str(value))
            if isinstance(moment, datetime):
                return self._moment(moment)
            if moment is not None:
                return self._moment(datetime(moment.year, moment.month, moment.day))
        if column is not None and column.dtype.upper().startswith("TIME"):
            return str(value)
        return self.value(value, column)

    def _compared(self, node: Aggregate) -> str:
        home = node.each or ""
        phrase = self.aggregate(node.model_copy(update={"each": None}), home)
        return phrase if node.where else f"全部{self.table(home)}的{phrase}"

    def has(self, test: HasTest, base: str) -> str:
        """A condition about partner rows."""
        partner, _, key = test.has.partition(".")
        table = self.table(partner)
        who = "" if test.of is None else f"所属{self.table(test.of.rpartition('>')[2])}"
        via = f"（经{key}）" if key else ""
        inner = self.tests(test.where, partner)
        rows = f"{inner}的{table}记录{via}" if inner else f"{table}记录{via}"
        if test.count is not None:
            verb = "没有" if test.neg else "有"
            return f"{who}{verb}{_COUNTS[test.count.op]}{self.value(test.count.val)}条{rows}"
        return f"{who}{'没有' if test.neg else '有'}{rows}"

    def time(self, test: TimeTest, base: str) -> str:
        """A condition about time."""
        column = self.column(test.time, base)
        stretch = self.stretch(test, base)
        span = test.in_
        if isinstance(span, Rolling):
            return f"{column}在最近{_span(span.last, span.unit)}内（{self._dates(stretch)}）"
        if isinstance(span, Calendar):
            return f"{column}在{self._calendar(span)}（{self._dates(stretch)}）"
        if isinstance(span, ToDate):
            unit = self._unit(span.to_date, span.fiscal)
            ago = _span(span.ago, span.to_date)
            stretched = f"{ago}前的{unit}初至同一日" if span.ago else f"本{unit}初至今"
            return f"{column}在{stretched}（{self._dates(stretch)}）"
        if isinstance(span, Dates) and span.fiscal and not stretch.fields:
            return f"{column}在{self._fields(span)}（{self._dates(stretch)}）"
        if isinstance(span, Dates) and stretch.fields:
            return f"{column}在{self._fields(span)}"
        if isinstance(span, Range) and (stretch.start is None or stretch.end is None):
            if stretch.start is not None:
                return f"{column}在{self._moment(stretch.start)}及以后"
            return f"{column}在{self._end(stretch)}及以前"
        return f"{column}在{self._dates(stretch)}"

    def _unit(self, unit: Grain, fiscal: bool) -> str:
        plain = {Grain.MONTH: "月", Grain.DAY: "日"}.get(unit, _UNITS[unit])
        return f"财{plain}" if fiscal and unit is Grain.YEAR else f"财务{plain}" if fiscal else plain

    def _calendar(self, span: Calendar) -> str:
        unit = self._unit(span.unit, span.fiscal)
        if span.span > 1:
            length = _span(span.span, span.unit)
            if span.ago == span.span:
                return f"本{unit}之前的{length}"
            side = f"{_span(abs(span.ago), span.unit)}{'前' if span.ago > 0 else '后'}"
            return f"从本{unit}起的{length}" if span.ago == 0 else f"从{side}起的{length}"
        if span.ago == 0:
            return f"本{unit}"
        if abs(span.ago) == 1:
            return f"{'上' if span.ago > 0 else '下'}一{unit}"
        return f"{_span(abs(span.ago), span.unit)}{'前' if span.ago > 0 else '后'}的那一{unit}"

    def _fields(self, span: Dates) -> str:
        year = "财年" if span.fiscal else "年"
        words = [] if span.year is None else [f"{span.year}{year}"]
        if span.year is None and any(p is not None for p in (span.month, span.week, span.quarter, span.half)):
            words = [f"每{year}"]
        if span.half is not None:
            words.append("上半年" if span.half == 1 else "下半年")
        if span.quarter is not None:
            words.append(f"第{_QUARTERS[span.quarter - 1]}{'财季' if span.fiscal else '季度'}")
        if span.month is not None:
            words.append(f"{span.month}月")
        if span.week is not None:
            words.append(f"第{span.week}周")
        if span.day is not None:
            words.append(f"{span.day}日" if span.month is not None else f"每月{span.day}日")
        if span.weekday is not None:
            words.append(f"星期{_DAYS[span.weekday - 1]}")
        if span.hour is not None:
            words.append(f"{span.hour}点")
        return "的".join(words) if span.year is None else "".join(words)

    def _dates(self, stretch: Stretch) -> str:
        unit = self.whole_unit(stretch)
        start = stretch.start
        if start is not None and unit is Grain.YEAR:
            return f"{start.year}年"
        if start is not None and unit is Grain.MONTH:
            return f"{start.year}年{start.month}月"
        if start is not None and unit is Grain.DAY:
            return self._moment(start)
        return f"{self._moment(start)}至{self._end(stretch)}" if start is not None else self._end(stretch)

    def _end(self, stretch: Stretch) -> str:
        return "" if stretch.end is None else self._moment(self.last_moment(stretch.end))

    def _moment(self, moment: datetime) -> str:
        day = f"{moment.year}年{moment.month}月{moment.day}日"
        if moment.time() == datetime.min.time():
            return day
        return f"{day}{moment.strftime('%H:%M:%S' if moment.second else '%H:%M')}"

    # ------------------------------------------------------------ figures

    def figure(self, node: Aggregate, of: str, other: str, *, rows: bool, dated: bool) -> str:
        """An aggregate of something."""
        if rows:
            return f"{of}的行数"
        if node.fn == "count":
            return f"{of}的非空个数"
        if node.fn == "distinct":
            return f"不同{of}的个数"
        if dated and node.fn in ("min", "max"):
            return f"最{'早' if node.fn == 'min' else '晚'}的{of}"
        if node.fn == "percentile":
            return f"{of}的第{(node.p or 0) * 100:g}百分位数"
        if node.fn == "corr":
            return f"{of}与{other}的相关系数"
        return f"{of}的{_AGGREGATES[node.fn]}"

    def per_row(self, phrase: str, table: str) -> str:
        """A figure taken over the rows of a table that repeats the values."""
        return f"{phrase}（按{table}的每一行计）"

    def filtered(self, phrase: str, condition: str) -> str:
        """A figure with its own filter."""
        return f"{phrase}（仅限{condition}）"

    def ratio(self, num: str, den: str) -> str:
        """A quotient of two figures."""
        return f"{num}除以{den}"

    def less(self, num: str, den: str) -> str:
        """A difference of two figures."""
        return f"{num}减去{den}"

    def part(self, whole: str, condition: str) -> str:
        """The share of a whole that meets a condition."""
        return f"{condition}的部分占{whole}的比例"

    def nested(self, node: Nested, base: str) -> str:
        """A two-level measure."""
        per = listed([self.breakdown(entry, base) for entry in node.per])
        inner = self.aggregate(node.of, base)
        kept = "且".join(f"{_COUNTS[k.op]}{self.value(k.val)}" for k in node.keep)
        if node.fn == "count":
            phrase = f"{inner}{kept}的不同{per}的个数" if kept else f"不同{per}的个数"
        else:
            among = f"（仅限{kept}者）" if kept else ""
            phrase = f"每个{per}的{inner}{among}的{_AGGREGATES[node.fn]}"
        return self.filtered(phrase, self.tests(node.where, base)) if node.where else phrase

    def at_grain(self, of: str, grain: Grain) -> str:
        """A time at a grain."""
        return f"{of}的{_UNITS[grain]}" if grain in CYCLES else f"{of}（按{_UNITS[grain]}）"

    def in_bins(self, of: str, width: str) -> str:
        """A number in bins."""
        return f"{of}（每{width}一档）"

    def date_function(self, operator: str, unit: str, parts: Sequence[str]) -> str:
        """A date difference or a calendar field."""
        if operator == "date_diff":
            word = {"day": "天", "month": "月", "quarter": "季度"}.get(unit, _PARTS[unit].rstrip("份次"))
            return f"{parts[0]}到{parts[1]}的{word}数"
        return f"{parts[0]}的{_PARTS[unit]}"

    def function(self, operator: str, parts: Sequence[str]) -> str:
        """A row-wise function."""
        if operator == "now":
            return f"参考时间（{self._moment(self.as_of)}）"
        return f"{parts[0]}的{'长度' if operator == 'length' else '绝对值'}"

    # ------------------------------------------------------------ after grouping

    def step(self, step: Step) -> str:
        """A derived column as a noun phrase."""
        of = self.output(step.of)
        within = f"在每个{self.output(step.within)}内" if step.within is not None else ""
        over = self.output(step.over) if step.over is not None else ""
        if step.period is not None:
            before = f"{_span(step.lag, step.period)}前同期"
        else:
            before = f"上一个{over}" if step.lag == 1 else f"前第{step.lag:,}个{over}"
        return {
            "share": f"{of}{within}占总计的比重",
            "rank": f"{within}按{of}{'从大到小' if step.dir == 'desc' else '从小到大'}的名次",
            "difference": f"{of}与{before}相比的差额",
            "pct_change": f"{of}与{before}相比的变化率",
            "cumulative": f"{of}按{over}的累计值",
            "moving_average": f"{of}连续{step.window}个{over}的移动平均",
            "contribution": f"{of}与{before}相比的变化占总变化的比重",
        }[step.fn]

    def keep(self, keep: Keep) -> str:
        """A condition on groups."""
        of = self.output(keep.of)
        if keep.op == "null":
            return f"{of}{'不' if keep.neg else ''}缺失"
        if keep.agg is not None:
            word = {"avg": "平均值", "median": "中位数", "min": "最小值", "max": "最大值"}[keep.agg]
            text = f"{of}{_OPS[keep.op]}各组的{word}"
        elif isinstance(keep.val, list):
            low, high = (self.value(value) for value in keep.val)
            text = f"{of}在{low}到{high}之间"
        else:
            text = f"{of}{_OPS[keep.op]}{self.value(keep.val)}"
        return f"并非（{text}）" if keep.neg else text
