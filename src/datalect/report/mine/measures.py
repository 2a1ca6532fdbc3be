"""How relations are put into plans: measures, breakdowns, names and shapes of what they return."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from datalect.answer.dates import date_text
from datalect.answer.ground import Words
from datalect.data.model import Grain, SemanticType
from datalect.report.finding import Context, plain_shape, shape_of
from datalect.report.mine.inside import Inside, segments_of
from datalect.report.mine.pairs import Pair, wanted
from datalect.report.stats import normal_two_sided

if TYPE_CHECKING:
    from datalect.answer.ground import Field
    from datalect.report.variables import Variable


S = SemanticType
_MONTH_NAMES = re.compile(r"(?i)(.*[_\s])?(month|mon)|.*月份?")
_SHARE = plain_shape(percent=100)


def measure_of(variable: Variable) -> dict[str, Any]:
    """The plan's measure of an outcome: its average, or the share of yes."""
    if variable.kind == "binary":
        return {
            "fn": "ratio",
            "as": "value",
            "num": {"fn": "count", "where": [yes(variable)]},
            "den": {"fn": "count", "col": variable.columns[0]},
        }
    if variable.derived:
        return {"fn": "avg", "expr": variable.expression, "as": "value"}
    return {"fn": "avg", "col": variable.expression, "as": "value"}


def yes(variable: Variable) -> dict[str, Any]:
    """The plan's test that a yes/no column says yes; 0 and 1 stand for no and yes as well."""
    return {"col": variable.columns[0], "op": "=", "val": variable.levels[1]}


def counted(variable: Variable) -> dict[str, Any]:
    """The plan's count of rows that have a value."""
    return {"fn": "count", "col": variable.columns[-1], "as": "n"}


def breakdown(variable: Variable) -> dict[str, Any]:
    """The plan's grouping by a factor."""
    if variable.grain is not None:
        return {"col": variable.expression, "grain": variable.grain.value, "as": "group"}
    if variable.derived:
        return {"expr": variable.expression, "as": "group"}
    return {"col": variable.expression, "as": "group"}


def value_shape(context: Context, variable: Variable) -> Field:
    """How averages (or shares) of a variable are written."""
    if variable.kind == "binary":
        return _SHARE
    if variable.column is None:
        return plain_shape(unit=variable.unit)
    shape = shape_of(variable.column, "avg")
    if variable.meaning is S.RATIO and within_one(variable):
        return plain_shape(percent=100)
    return shape


def within_one(variable: Variable) -> bool:
    """Whether all values of a column lie between 0 and 1."""
    profile = variable.column.profile if variable.column is not None else None
    return (
        profile is not None
        and isinstance(profile.minimum, int | float)
        and isinstance(profile.maximum, int | float)
        and 0 <= profile.minimum
        and profile.maximum <= 1
    )


def factor_shape(context: Context, factor: Variable) -> Field:
    """How values of a factor are written."""
    if factor.column is None:
        return plain_shape(unit=factor.unit)
    if factor.meaning is S.RATIO and within_one(factor):
        return plain_shape(percent=100)
    return shape_of(factor.column)


def figure_name(variable: Variable) -> Words:
    """The title of an axis with averages (or shares) of an outcome."""
    if variable.kind == "binary":
        return Words(en=f"share with {variable.label.en}", zh=f"{variable.label.zh}的比例")
    return Words(en=f"average {variable.label.en}", zh=f"平均{variable.label.zh}")


def group_name(context: Context, factor: Variable, value: Any) -> Words:
    """A group of a factor as it stands in a sentence."""
    if factor.grain is not None:
        chinese = f"{value}点" if factor.grain is Grain.HOUR_OF_DAY else ""
        return Words(
            en=date_text(int(value), factor.grain, "en"),
            zh=chinese or date_text(int(value), factor.grain, "zh"),
        )
    if _MONTH_NAMES.fullmatch(factor.columns[0]) and isinstance(value, int) and 1 <= value <= 12:
        return Words(
            en=date_text(value, Grain.MONTH_OF_YEAR, "en"), zh=date_text(value, Grain.MONTH_OF_YEAR, "zh")
        )
    return context.value_name(factor.columns[0], value)


def shared_fields(context: Context, pair: Pair, checked: list[Inside]) -> dict[str, Any]:
    """What every finding of a pair holds, whichever sentence says it."""
    columns = tuple(dict.fromkeys((*pair.outcome.columns, *pair.factor.columns)))
    target = wanted(context, pair) > 0
    return {
        "columns": columns,
        "section": "target" if target else "relations",
        "target": target,
        "place": pair.place,
        "segments": segments_of(context, checked),
        "interval": pair.interval,
    }


def impact(pair: Pair, high: float, low: float, share: float) -> float:
    """How strong the relation is and how much of the table it concerns."""
    reach = math.sqrt(max(min(share, 1 - share), 0.02) * 4)
    strength = pair.strength
    if pair.kind == "rates" and low > 0 and high > 0:
        # A rate that is ten times as high matters however rare the outcome is.
        strength = max(strength, min(1.0, abs(math.log(high / low)) / math.log(20)))
    return min(1.0, 0.25 + 0.55 * math.sqrt(min(1.0, strength)) * (0.6 + 0.4 * reach))


def level_tests(n1: float, n2: float, p1: float, p2: float) -> bool:
    """Whether two shares differ by more than chance at one in a million."""
    pooled = (n1 * p1 + n2 * p2) / (n1 + n2)
    variance = pooled * (1 - pooled) * (1 / n1 + 1 / n2)
    return variance > 0 and normal_two_sided((p1 - p2) / math.sqrt(variance)) < 1e-6
