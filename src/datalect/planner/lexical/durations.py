"""How long a thing took, where a table keeps when it began and when it ended."""

from __future__ import annotations

from datalect.data.model import Catalog, Column
from datalect.planner.lexical.frame import Choice
from datalect.planner.linking.tokens import split_header

_BEGINNINGS = tuple(
    "pickup start begin began open opened departure depart from checkin order ordered created"
    " 开始 起始 上车 下单 出发 入住 借出 创建".split()
)
_ENDS = tuple(
    "dropoff end finish close closed arrival arrive to checkout ship shipped completed resolved"
    " 结束 终止 下车 发货 到达 离店 归还 完成".split()
)
_UNITS = {1.0: "second", 60.0: "minute", 3600.0: "hour", 86400.0: "day", 604800.0: "week"}


def took(catalog: Catalog) -> Choice | None:
    """The time between the beginning and the end of a row of the only table that has both."""
    found = [pair for t in catalog.tables if (pair := _ends([c for c in t.columns if not c.hidden]))]
    if len(found) != 1:
        return None
    start, end = found[0]
    precise = start.dtype.upper().startswith("TIMESTAMP") and end.dtype.upper().startswith("TIMESTAMP")
    unit = "minute" if precise else "day"
    note = (f"Took the time from {start.name} to {end.name}.", f"取从{start.name}到{end.name}的时长。")
    return Choice("", 0.85, "expr", ["date_diff", unit, start.id, end.id], note)


def _ends(columns: list[Column]) -> tuple[Column, Column] | None:
    dated = [c for c in columns if c.dtype.upper().startswith(("DATE", "TIMESTAMP"))]
    starts = [c for c in dated if _says(c, _BEGINNINGS)]
    ends = [c for c in dated if _says(c, _ENDS) and c not in starts]
    return (starts[0], ends[0]) if len(starts) == len(ends) == 1 else None


def _says(column: Column, words: tuple[str, ...]) -> bool:
    parts = split_header(column.name)
    return any(w in parts or (w[0] > "\u3000" and any(w in p for p in parts)) for w in words)


def in_said_unit(choice: Choice, size: float) -> Choice:
    """The same time in another unit of so many seconds."""
    unit = _UNITS.get(size)
    if unit is None or choice.kind != "expr" or not choice.expr or choice.expr[0] != "date_diff":
        return choice
    return Choice(choice.ref, choice.fit, "expr", ["date_diff", unit, *choice.expr[2:]], choice.note)


def is_duration(choice: Choice) -> bool:
    """Whether a choice is the time between two moments."""
    return choice.kind == "expr" and bool(choice.expr) and choice.expr[0] == "date_diff"
