"""What is taken for granted: the natural aggregate of a column, the label of a row, the main date."""

from __future__ import annotations

from datetime import date, datetime

from datalect.data.model import Additivity, Catalog, Column, Grain, SemanticType, Table
from datalect.planner.lexical.sequence import is_number, is_quantity, is_time
from datalect.planner.linking.glued import header_words
from datalect.planner.linking.stem import stem
from datalect.planner.linking.tokens import split_header

# Header words whose numbers are levels of one thing: adding them up over rows says nothing.
_LEVELS = frozenset(
    "price age rating score temperature temp height weight length width depth size speed rate ratio percent percentage"  # noqa: E501
    " average mean median per mpg index grade rank latitude longitude elevation altitude year month hour horsepower"  # noqa: E501
    " displacement acceleration density ph alcohol magnitude share distance duration salary wage fare cylinder pressure"  # noqa: E501
    " carat bedroom bathroom humidity gpa level expectancy wind quality star margin discount interest".split()
)
_LEVELS_ZH = (
    "价",
    "率",
    "年龄",
    "岁",
    "评分",
    "温",
    "身高",
    "体重",
    "长度",
    "宽",
    "平均",
    "均",
    "占比",
    "密度",
    "面积",
    "工资",
    "薪",
    "时长",
    "速度",
    "距离",
    "指数",
)
_SUMS = frozenset(
    "sale revenue amount quantity qty total count number unit volume profit cost expense passenger population death goal"  # noqa: E501
    " point win loss vote order gross budget download view click visit case injury casualty production output"
    " consumption emission generation payment spend sum income birth murder killing crime incident accident"
    " event fatality people person man men woman women child employed unemployed student worker employee job"
    " household resident visitor customer user guest member attendance electricity energy rain precipitation"
    " snowfall".split()
)
_SUMS_ZH = ("病例", "额", "数", "量", "收入", "利润", "成本", "费用", "人口", "合计", "总")


def natural_aggregate(column: Column) -> tuple[str, float]:
    """The aggregate people mean when they name none, and how sure that is."""
    kind = column.meaning.type
    words = {stem(w) for w in header_words(column.name)} | set(header_words(column.name))
    han = "".join(w for w in words if not w.isascii())
    if kind in (SemanticType.PERCENT, SemanticType.RATIO, SemanticType.RATE, SemanticType.LATITUDE,
                SemanticType.LONGITUDE, SemanticType.YEAR):  # fmt: skip
        return "avg", 0.9
    if "总" in han and not any(p in han for p in ("均", "率")):
        return "sum", 0.85  # 成交总价 adds up though it is a price
    if words & {stem(w) for w in _LEVELS} | words & _LEVELS or any(p in han for p in _LEVELS_ZH):
        return "avg", 0.85
    if words & {stem(w) for w in _SUMS} | words & _SUMS or any(p in han for p in _SUMS_ZH):
        return "sum", 0.85
    if kind in (SemanticType.COUNT, SemanticType.MONEY) and column.meaning.additivity is Additivity.ADDITIVE:
        return "sum", 0.75
    return "avg", 0.6


def row_level(column: Column) -> bool:
    """Whether a column has (nearly) one row for each value, so that a value stands for a row."""
    profile = column.profile
    present = profile.rows - profile.nulls
    return present > 0 and profile.distinct >= 0.92 * present


def label_column(table: Table) -> Column | None:
    """The column whose values people call the rows of a table by."""

    def worth(column: Column) -> float:
        words = split_header(column.name)
        mine = {stem(w) for w in split_header(table.name)}
        score = 0.0
        if words[-1:] and (
            stem(words[-1]) in ("name", "title", "nam", "titl")
            or words[-1].endswith(("name", "title", "名称", "名", "姓名", "标题"))
        ):
            score += 3.0
            if len(words) == 1 or {stem(w) for w in words[:-1]} & mine:
                score += 1.0
        if column.meaning.type is SemanticType.NAME:
            score += 1.5
        if {stem(w) for w in words} <= mine and column.meaning.type is not SemanticType.ID:
            score += 2.0
        if row_level(column):
            score += 1.0
        if is_time(column):
            score -= 4.0
        if is_number(column) or column.meaning.type in (
            SemanticType.TEXT,
            SemanticType.ID,
            SemanticType.URL,
            SemanticType.EMAIL,
        ):
            score -= 2.5
        return score

    visible = [c for c in table.columns if not c.hidden]
    if not visible:
        return None
    best = max(visible, key=worth)
    if worth(best) >= 1.0:
        return best
    key = next((k for k in table.keys if len(k) == 1), None)
    return table.column(key[0]) if key else None


def grouping_column(table: Table) -> Column | None:
    """The label of a table's rows, or the only words in a table of numbers: the symbol of a price."""
    label = label_column(table)
    if label is not None:
        return label
    words = [c for c in table.columns if not c.hidden and "VARCHAR" in c.dtype.upper() and not is_time(c)]
    return words[0] if len(words) == 1 and words[0].meaning.type is not SemanticType.TEXT else None


def lone_quantity(catalog: Catalog) -> Column | None:
    """The only number a single table measures, which is meant when a question names none."""
    if len(catalog.tables) != 1:
        return None
    places = (SemanticType.LATITUDE, SemanticType.LONGITUDE)
    found = [
        c
        for c in catalog.tables[0].columns
        if not c.hidden and is_quantity(c) and not is_time(c) and c.meaning.type not in places
    ]
    return found[0] if len(found) == 1 else None


def label_columns(table: Table) -> list[Column]:
    """The label of a table's rows; a person's name stored in two columns takes both."""
    by_words = {" ".join(split_header(c.name)): c for c in table.columns if not c.hidden}
    for first, last in (
        ("first name", "last name"),
        ("given name", "family name"),
        ("forename", "surname"),
        ("fname", "lname"),
    ):
        if first in by_words and last in by_words:
            return [by_words[first], by_words[last]]
    label = label_column(table)
    return [label] if label is not None else []


def key_column(table: Table) -> Column | None:
    """The single column that identifies a row, when there is one."""
    for key in table.keys:
        if len(key) == 1:
            return table.column(key[0])
    return None


def time_columns(catalog: Catalog, tables: set[str]) -> list[tuple[Column, float]]:
    """Columns that may be the main date of some tables, best first."""
    found: list[tuple[Column, float]] = []
    for name in sorted(tables):
        table = catalog.table(name)
        for column in table.columns if table else ():
            if column.hidden or not is_time(column):
                continue
            words = set(split_header(column.name))
            score = 0.72 if column.meaning.type is not SemanticType.YEAR else 0.66
            if words & {
                "ship",
                "shipped",
                "dropoff",
                "delivery",
                "delivered",
                "发货",
                "birth",
                "born",
                "dob",
                "due",
                "required",
                "updated",
                "modified",
                "end",
                "expiry",
                "death",
                "出生",
                "生日",
            }:
                score -= 0.25
            if words & {
                "order",
                "日期",
                "invoice",
                "transaction",
                "created",
                "pickup",
                "start",
                "sale",
                "year",
                "时间",
                "年份",
            }:
                score += 0.14
            dates = any(
                c.dtype.upper().startswith(("DATE", "TIMESTAMP")) for c in (table.columns if table else ())
            )
            if column.meaning.type is SemanticType.YEAR and len(words) > 1 and dates:
                score -= 0.2  # record_max_temp_year beside a date says when something else was
            if len(words) == 1:
                score += 0.06
            if {stem(w) for w in words} & {stem(w) for w in split_header(table.name if table else "")}:
                score += 0.1
            found.append((column, min(score, 1.0)))
    return sorted(found, key=lambda pair: -pair[1])


def trend_grain(column: Column) -> Grain | None:
    """A grain that gives a readable line over the column's span; None when it holds years already."""
    if column.meaning.type is SemanticType.YEAR or is_number(column):
        return None
    low, high = column.profile.minimum, column.profile.maximum
    if isinstance(low, str) or isinstance(high, str) or low is None or high is None:
        return Grain.YEAR if column.meaning.grain is Grain.YEAR else Grain.MONTH
    days = (_day(high) - _day(low)).days
    finest = column.meaning.grain
    if days > 365 * 4:
        grain = Grain.YEAR
    elif days > 70:
        grain = Grain.MONTH
    elif days > 2:
        grain = Grain.DAY
    else:
        grain = Grain.HOUR if "TIME" in column.dtype.upper() else Grain.DAY
    order = [Grain.YEAR, Grain.QUARTER, Grain.MONTH, Grain.WEEK, Grain.DAY, Grain.HOUR]
    if finest in order and order.index(finest) < order.index(grain):
        return finest
    return grain


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date(1970, 1, 1)


def true_value(column: Column) -> object:
    """The stored value that means yes in a yes/no column."""
    wanted = {"true", "yes", "y", "1", "1.0", "t", "是", "有", "真", "男"}
    for value, _ in column.profile.values:
        if str(value).strip().lower() in wanted:
            return value
    return True if column.dtype.upper() == "BOOLEAN" else 1


def false_value(column: Column) -> object:
    """The stored value that means no in a yes/no column."""
    yes = true_value(column)
    for value, _ in column.profile.values:
        if value != yes:
            return value
    return False if column.dtype.upper() == "BOOLEAN" else 0


__all__ = ["false_value", "grouping_column", "is_quantity", "key_column", "label_column", "label_columns",
           "lone_quantity", "natural_aggregate", "row_level", "time_columns", "trend_grain",
           "true_value"]  # fmt: skip
