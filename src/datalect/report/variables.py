"""The sample as numpy arrays: what relations are searched among.

A variable is a column, or something derived from columns that people ask about: the days between two dates,
the hour of a time, whether a value is missing. Each carries the plan expression that computes it on all rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

from datalect.answer.ground import Words
from datalect.answer.labels import column_words
from datalect.data.model import Column, Grain, SemanticType
from datalect.data.profile import is_number, kind_of
from datalect.report.arrays import codes as codes_of
from datalect.report.arrays import floats, nulls

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

S = SemanticType
Kind = Literal["number", "category", "binary", "time"]

MOST_LEVELS = 60  # groups of a category that are compared
LEAST_LEVEL_ROWS = 25  # sampled rows a group needs to be compared
_DAY = 86_400.0
_NO_NUMBER = frozenset({S.ID, S.CODE, S.LATITUDE, S.LONGITUDE, S.PHONE, S.UNKNOWN})
_NO_CATEGORY = frozenset({S.TEXT, S.EMAIL, S.PHONE, S.URL, S.UNKNOWN})
_MOST_DURATIONS = 6
_CYCLE_NAMES = re.compile(
    r"(?i)(?:^|[_\s])(month|mon|mo|dy|quarter|day[_ ]?of[_ ]?week|weekday|dow|hour|date[_ ]?of[_ ]?month|"
    r"day[_ ]?of[_ ]?month|"
    r"day|week)(?:$|[_\s])|(月份?|季度|星期|小时|周)$"
)
# Numbers by these names are names, however they are written.
_CODE_NAMES = re.compile(
    r"(?i)(?:^|[_\s])(fips?|fp|ce|zip|zip[_ ]?code|post[_ ]?code|geo[_ ]?id|tract|code)$|"
    r"(编号|编码|代码|邮编)$"
)
_NO_VALUES = frozenset({"null", "#n/a", "n/a", "nan", "#null!"})  # texts that are never a group
_CLOCK_NAMES = re.compile(r"(?i)time|clock|hhmm|时间|时刻|钟")
_CYCLE_ENDS = {
    "month": 12, "mon": 12, "mo": 12, "月": 12, "月份": 12, "quarter": 4, "季度": 4, "dayofweek": 7,
    "weekday": 7, "dow": 7, "星期": 7, "hour": 24, "小时": 24, "week": 53, "周": 53,
}  # fmt: skip
_MOST_CYCLED = 2  # times whose months, weekdays and hours are looked at
_CYCLES = {
    Grain.MONTH_OF_YEAR: Words(en="month", zh="月份"),
    Grain.DAY_OF_WEEK: Words(en="weekday", zh="星期"),
    Grain.HOUR_OF_DAY: Words(en="hour", zh="钟点"),
}


@dataclass(slots=True)
class Variable:
    """One thing that may go with another.

    Attributes:
        key: unique within the report.
        columns: the columns it is made of.
        kind: ``number``, ``category``, ``binary`` (0 and 1) or ``time`` (seconds since 1970).
        label: name for people.
        expression: the plan expression that computes it; a column name for plain columns.
        numbers: value of each sampled row, NaN where missing (all but categories).
        codes: level of each sampled row, -1 where missing or rare (categories and binaries).
        levels: the values behind the codes, as stored.
        derived: "" for columns, ``duration`` for the time between two, ``cycle`` for months and weekdays.
        grain: the cycle, for those.
        column: the column, for plain columns.
        unit: unit as shown.
    """

    key: str
    columns: tuple[str, ...]
    kind: Kind
    label: Words
    expression: Any
    numbers: NDArray[np.float64] | None = None
    codes: NDArray[np.int64] | None = None
    levels: tuple[Any, ...] = ()
    derived: str = ""
    column: Column | None = None
    unit: str = ""
    grain: Grain | None = None
    _ranks: NDArray[np.float64] | None = field(default=None, repr=False)

    @property
    def ranks(self) -> NDArray[np.float64]:
        """Ranks of the numbers, ties averaged; computed once."""
        from datalect.report.stats import ranks

        if self._ranks is None:
            if self.numbers is None:
                raise ValueError(f"{self.key} has no numbers")
            self._ranks = ranks(self.numbers)
        return self._ranks

    @property
    def meaning(self) -> SemanticType:
        """Semantic type of the column; a duration for derived durations."""
        if self.column is not None:
            return self.column.meaning.type
        return S.DURATION if self.derived == "duration" else S.BOOLEAN


@dataclass(slots=True)
class Sample:
    """The sampled rows.

    Attributes:
        rows: number of them.
        of: rows of the table.
        arrow: the rows as they came.
        variables: what relations are searched among.
        missing: column -> whether each sampled row lacks it.
    """

    rows: int
    of: int
    arrow: pa.Table
    variables: tuple[Variable, ...]
    missing: dict[str, NDArray[np.bool_]]

    @property
    def whole(self) -> bool:
        """Whether the sample is the table."""
        return self.rows == self.of

    def variable(self, key: str) -> Variable | None:
        """The variable of that key."""
        return next((v for v in self.variables if v.key == key), None)


def build_sample(arrow: pa.Table, columns: tuple[Column, ...], of: int) -> Sample:
    """Variables of the sampled rows.

    Args:
        arrow: the sampled rows.
        columns: the columns asked for.
        of: rows of the table.
    """
    found: list[Variable] = []
    missing: dict[str, NDArray[np.bool_]] = {}
    for column in columns:
        if column.name not in arrow.column_names or arrow.num_rows == 0:
            continue
        data = arrow.column(column.name)
        missing[column.name] = nulls(data)
        variable = _variable(column, data)
        if variable is not None:
            found.append(variable)
    found.extend(_durations(found))
    found.extend(cycles(found))
    return Sample(rows=arrow.num_rows, of=of, arrow=arrow, variables=tuple(found), missing=missing)


def _variable(column: Column, data: pa.ChunkedArray) -> Variable | None:
    kind, meaning = kind_of(column.dtype), column.meaning.type
    label = column_words(column)
    if kind == "boolean":
        return _binary(column, data, label)
    if kind in ("temporal", "zoned") and meaning in (S.DATE, S.DATETIME, S.UNKNOWN):
        seconds = _seconds(data)
        return (
            None
            if seconds is None
            else Variable(
                key=column.name,
                columns=(column.name,),
                kind="time",
                label=label,
                expression=column.name,
                numbers=seconds,
                column=column,
            )
        )
    few = column.profile.values_complete and 2 <= len(column.profile.values) <= MOST_LEVELS
    if kind in ("integer", "float"):
        if few and _is_cycle(column):
            return _category(column, data, label)
        if kind == "integer" and _CODE_NAMES.search(column.name):
            return _category(column, data, label) if few else None
        if few and {v for v, _ in column.profile.values} == {0, 1}:
            return _binary(column, data, label)
        if few and meaning in (S.CATEGORY, S.CODE, S.BOOLEAN, S.ID):
            return _category(column, data, label)
        if meaning in _NO_NUMBER or _is_clock(column, data) or is_numbering(column):
            return None
        return _number(column, data, label)
    if kind == "text" and meaning not in _NO_CATEGORY and column.profile.distinct <= _level_limit(column):
        return _category(column, data, label)
    return None


def is_numbering(column: Column) -> bool:
    """Whether a column only counts the rows (0, 1, 2 ...): its average says nothing."""
    profile, low, high = column.profile, column.profile.minimum, column.profile.maximum
    if kind_of(column.dtype) != "integer" or not isinstance(low, int) or not isinstance(high, int):
        return False
    return (
        profile.rows >= LEAST_LEVEL_ROWS
        and profile.nulls == 0
        and low in (0, 1)
        and high - low + 1 == profile.rows == profile.distinct
    )


def is_no_value(value: Any) -> bool:
    """Whether a stored text only says that there is no value: it is never told as a group."""
    return isinstance(value, str) and value.strip().lower() in _NO_VALUES


def _is_clock(column: Column, data: pa.ChunkedArray) -> bool:
    """Whether whole numbers are times of day written as hhmm: 1259 and 1300 are a minute apart."""
    import numpy as np

    if _CLOCK_NAMES.search(column.name) is None or not is_number(column.dtype):
        return False
    values = floats(data)
    known = values[~np.isnan(values)]
    if known.size < LEAST_LEVEL_ROWS or known.min() < 0 or not 1000 <= known.max() <= 2400:
        return False
    return bool((known == np.floor(known)).all() and (known % 100 < 60).all())


def _is_cycle(column: Column) -> bool:
    """Whether a whole-number column holds months, weekdays or hours, by its name and its range."""
    found = _CYCLE_NAMES.search(column.name)
    if found is None or kind_of(column.dtype) != "integer" or column.profile.minimum is None:
        return False
    low, high = column.profile.minimum, column.profile.maximum
    name = re.sub(r"[_ ]", "", found[found.lastindex or 0].lower())
    return bool(low >= 0 and high <= _CYCLE_ENDS.get(name, 31))


def _level_limit(column: Column) -> int:
    """Different texts up to which a column is looked at as groups; the rare ones count as none."""
    return max(MOST_LEVELS, min(2_000, column.profile.rows // 20))


def _number(column: Column, data: pa.ChunkedArray, label: Words) -> Variable:

    numbers = floats(data)
    meaning = column.meaning
    return Variable(
        key=column.name,
        columns=(column.name,),
        kind="number",
        label=label,
        expression=column.name,
        numbers=numbers,
        column=column,
        unit=meaning.unit or "",
    )


def _binary(column: Column, data: pa.ChunkedArray, label: Words) -> Variable:
    import numpy as np

    numbers = floats(data)
    codes = np.where(np.isnan(numbers), -1, numbers).astype(np.int64)
    levels: tuple[Any, ...] = (False, True) if kind_of(column.dtype) == "boolean" else (0, 1)
    return Variable(
        key=column.name,
        columns=(column.name,),
        kind="binary",
        label=label,
        expression=column.name,
        numbers=numbers,
        codes=codes,
        levels=levels,
        column=column,
    )


def _category(column: Column, data: pa.ChunkedArray, label: Words) -> Variable | None:
    import numpy as np

    raw, dictionary = codes_of(data)
    counts = np.bincount(raw[raw >= 0], minlength=len(dictionary))
    order = np.argsort(-counts, kind="stable")
    kept = [
        int(i)
        for i in order[:MOST_LEVELS]
        if counts[i] >= LEAST_LEVEL_ROWS and not is_no_value(dictionary[int(i)].as_py())
    ]
    if not kept or counts[order[0]] == raw.size:
        return None
    # A column of mostly rare values says nothing about groups.
    if counts[kept].sum() < 0.5 * (raw >= 0).sum():
        return None
    recode = np.full(len(dictionary) + 1, -1, dtype=np.int64)
    for new, old in enumerate(kept):
        recode[old] = new
    levels = tuple(dictionary[i].as_py() for i in kept)
    return Variable(
        key=column.name,
        columns=(column.name,),
        kind="category",
        label=label,
        expression=column.name,
        codes=recode[raw],
        levels=levels,
        column=column,
    )


def _seconds(data: pa.ChunkedArray) -> NDArray[np.float64] | None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if not (pa.types.is_timestamp(data.type) or pa.types.is_date(data.type)):
        return None
    try:
        micro = pc.cast(pc.cast(data, pa.timestamp("us"), safe=False), pa.int64(), safe=False)
    except pa.ArrowInvalid:
        return None
    seconds = floats(micro) / 1e6
    # infinity and years outside of history are no dates to reason about
    return np.where(np.abs(seconds) < 2e11, seconds, np.nan)


def _durations(variables: list[Variable]) -> list[Variable]:
    """Days (or hours) between two times that nearly always come in the same order."""
    import numpy as np

    times = [v for v in variables if v.kind == "time"]
    found: list[Variable] = []
    for first, second in combinations(times, 2):
        if first.numbers is None or second.numbers is None or len(found) >= _MOST_DURATIONS:
            continue
        gap = second.numbers - first.numbers
        known = gap[~np.isnan(gap)]
        if known.size < LEAST_LEVEL_ROWS:
            continue
        if np.median(known) < 0:
            first, second, gap, known = second, first, -gap, -known
        starts = first.numbers if first.numbers is not None else gap
        spread = float(np.nanstd(starts))
        # Nearly always ordered, and closer together than the table is long: then it is a waiting time.
        if (known >= -_DAY).mean() < 0.95 or np.std(known) > 0.5 * spread or np.std(known) == 0:
            continue
        in_days = np.median(np.abs(known)) >= 2 * _DAY or _has_date(first, second)
        unit, length = ("day", _DAY) if in_days else ("hour", 3600.0)
        if not in_days and np.median(np.abs(known)) < 2 * 3600:
            unit, length = "minute", 60.0
        numbers = (_floor(second, length) - _floor(first, length)) if in_days else gap / length
        words = {"day": ("days", "天数"), "hour": ("hours", "小时数"), "minute": ("minutes", "分钟数")}[unit]
        found.append(
            Variable(
                key=f"{first.key}→{second.key}",
                columns=(first.columns[0], second.columns[0]),
                kind="number",
                label=Words(
                    en=f"{words[0]} from {first.label.en} to {second.label.en}",
                    zh=f"从{first.label.zh}到{second.label.zh}的{words[1]}",
                ),
                expression=["date_diff", unit, first.columns[0], second.columns[0]],
                numbers=numbers if in_days else np.trunc(numbers),
                derived="duration",
                unit=f"{unit}s",
            )
        )
    return found


def cycles(variables: list[Variable]) -> list[Variable]:
    """Months, weekdays and hours of the main times, where the table is long enough to show them."""
    import numpy as np

    times = [v for v in variables if v.kind == "time" and v.numbers is not None and v.column is not None]
    times.sort(key=lambda v: 1.0 if v.numbers is None else float(np.isnan(v.numbers).mean()))
    found: list[Variable] = []
    for time in times[:_MOST_CYCLED]:
        if time.numbers is None:
            continue
        known = ~np.isnan(time.numbers)
        if known.sum() < 100:
            continue
        seconds = time.numbers[known]
        days = np.floor(seconds / _DAY).astype(np.int64)
        span = int(days.max() - days.min())
        parts: list[tuple[Grain, NDArray[np.int64]]] = []
        day_of_month = (
            days.astype("datetime64[D]") - days.astype("datetime64[D]").astype("datetime64[M]")
        ).astype(int)
        daily = np.unique(day_of_month).size >= 10  # else every date is the first of a month or year
        if span >= 540:
            months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1
            parts.append((Grain.MONTH_OF_YEAR, months))
        if span >= 21 and daily:
            parts.append((Grain.DAY_OF_WEEK, (days + 3) % 7 + 1))
        if time.meaning is S.DATETIME and (seconds % _DAY != 0).mean() > 0.5:
            parts.append((Grain.HOUR_OF_DAY, np.floor(seconds % _DAY / 3600).astype(np.int64)))
        for grain, values in parts:
            levels = np.unique(values)
            if levels.size < (6 if grain is Grain.MONTH_OF_YEAR else 3):
                continue
            codes = np.full(time.numbers.size, -1, dtype=np.int64)
            codes[known] = np.searchsorted(levels, values)
            words = _CYCLES[grain]
            several = len(times) > 1
            label = Words(
                en=f"{words.en} of {time.label.en}" if several else words.en,
                zh=f"{time.label.zh}的{words.zh}" if several else words.zh,
            )
            found.append(
                Variable(
                    key=f"{time.key}@{grain.value}",
                    columns=time.columns,
                    kind="category",
                    label=label,
                    expression=time.columns[0],
                    codes=codes,
                    levels=tuple(int(v) for v in levels),
                    derived="cycle",
                    grain=grain,
                )
            )
    return found


def _has_date(*variables: Variable) -> bool:
    return any(v.column is not None and v.column.dtype.upper() == "DATE" for v in variables)


def _floor(variable: Variable, length: float) -> NDArray[np.float64]:
    import numpy as np

    if variable.numbers is None:
        raise ValueError(f"{variable.key} has no numbers")
    return np.floor(variable.numbers / length)
