"""What a reader should know about a plan that was accepted, in both languages."""

from __future__ import annotations

from datetime import date, datetime

from datalect.data.model import Column
from datalect.plan.checked import Notice


def about_aggregate(code: str, fn: str, name: str) -> Notice:
    """A doubtful aggregate that is computed all the same."""
    short = name.rpartition(".")[2]
    texts = {
        "not_additive": (
            f"Adding up {short} may mean little: its values are not amounts.",
            f"对{short}求和可能没有意义：其值并非可加的数量。",
        ),
        "semi_additive": (
            f"{short} is a level at a point in time; adding it up over time counts it repeatedly.",
            f"{short}是时点存量，跨时间求和会重复计算。",
        ),
        "not_meaningful": (
            f"{short} looks like an identifier; its {fn} may mean nothing.",
            f"{short}看起来是标识符，对其做{fn}可能没有意义。",
        ),
    }
    english, chinese = texts[code]
    return Notice(code=code, message_en=english, message_zh=chinese)


def about_column(column: Column) -> list[Notice]:
    """Values of a column that do not take part: sentinels and texts that could not be read."""
    found = []
    for sentinel in column.sentinels:
        if sentinel.treated_as_missing and sentinel.count:
            found.append(
                Notice(
                    code="sentinel_left_out",
                    message_en=f'{sentinel.count:,} rows of {column.name} hold "{sentinel.value}": missing.',
                    message_zh=f"{column.name}中有{sentinel.count:,}行的值为“{sentinel.value}”，按缺失处理。",
                )
            )
    if column.conversion is not None and column.conversion.failed:
        failed = column.conversion.failed
        found.append(
            Notice(
                code="conversion_failed",
                message_en=f"{failed:,} values of {column.name} could not be read and count as missing.",
                message_zh=f"{column.name}中有{failed:,}个值无法识别，按缺失处理。",
            )
        )
    return found


def time_counts_from(column: Column, moment: datetime) -> Notice:
    """The moment from which "last month" and the like count."""
    day = moment.date().isoformat()
    latest = column.profile.maximum
    year = None if isinstance(latest, date) or latest is None else int(latest)
    if (isinstance(latest, date) and latest.isoformat()[:10] == day) or year == moment.year:
        english, chinese = f", the latest {column.name}", f"（{column.name}的最晚日期）"
    else:
        english = chinese = ""
    return Notice(
        code="time_counts_from",
        message_en=f"Relative time counts from {day}{english}.",
        message_zh=f"相对时间从{day}{chinese}算起。",
    )


def moved_from(old: str, new: str) -> Notice:
    """The plan is read from another table than the one it names."""
    return Notice(
        code="moved_from",
        message_en=f"Rows are taken from {new} instead of {old}, so that nothing is counted twice.",
        message_zh=f"为避免重复计数，改为从{new}而不是{old}取数。",
    )


def counted_once(home: str, root: str) -> Notice:
    """Rows of a table repeated by a join are counted once per group."""
    return Notice(
        code="counted_once",
        message_en=f"Each row of {home} is counted once per group, however many rows of {root} it has.",
        message_zh=f"{home}的每一行在每组中只计一次，不论它对应{root}的多少行。",
    )


def separate_tables(tables: list[str]) -> Notice:
    """Measures come from several tables and are put together by their breakdowns."""
    return Notice(
        code="computed_apart",
        message_en=f"Figures from {' and '.join(tables)} were computed apart and put side by side.",
        message_zh=f"来自{'和'.join(tables)}的数据分别计算后合并。",
    )
