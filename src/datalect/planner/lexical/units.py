"""Units said beside a number or asked for, against the unit a column is kept in: 超过三小时 over minutes."""

from __future__ import annotations

from dataclasses import replace

from datalect.data.model import Column
from datalect.planner.lexical.durations import in_said_unit, is_duration
from datalect.planner.lexical.frame import Choice, Filter, Frame
from datalect.planner.lexical.parse_equalities import number_at
from datalect.planner.lexical.sequence import Sequence, is_quantity
from datalect.planner.linking.tokens import split_header

# What one of each unit is in the base unit of its kind.
_SIZES: dict[str, dict[str, float]] = {
    "time": {
        "ms millisecond milliseconds 毫秒": 0.001, "s sec secs second seconds 秒 秒钟": 1.0,
        "min mins minute minutes 分钟 分": 60.0, "h hr hrs hour hours 小时 个小时 钟头 个钟头": 3600.0,
        "day days 天 日": 86400.0, "week weeks 周": 604800.0,
    },
    "mass": {
        "mg milligram milligrams 毫克": 0.001, "g gram grams 克": 1.0, "斤": 500.0,
        "oz ounce ounces 盎司": 28.349523125,
        "lb lbs pound pounds 磅": 453.59237, "kg kgs kilo kilos kilogram kilograms 公斤 千克": 1000.0,
        "t ton tons tonne tonnes 吨": 1e6,
    },
    "length": {
        "mm millimeter millimeters millimetre millimetres 毫米": 0.001,
        "cm centimeter centimeters centimetre centimetres 厘米 公分": 0.01, "inch inches 英寸": 0.0254,
        "ft foot feet 英尺": 0.3048, "yard yards 码": 0.9144, "m meter meters metre metres 米": 1.0,
        "km kms kilometer kilometers kilometre kilometres 公里 千米": 1000.0, "mile miles 英里": 1609.344,
        "海里": 1852.0,
    },
    "area": {
        "sqft": 0.09290304, "sqm 平方米 平米 平": 1.0, "亩": 666.6666666666666,
        "acre acres 英亩": 4046.8564224,
        "hectare hectares ha 公顷": 1e4, "平方公里 平方千米": 1e6,
    },
    "money": {"元 块 块钱 yuan": 1.0, "千元": 1e3, "万元": 1e4, "百万元": 1e6, "亿元": 1e8},
    "data": {
        "byte bytes 字节": 1.0, "kb kilobyte kilobytes": 1024.0, "mb megabyte megabytes 兆": 1024.0**2,
        "gb gigabyte gigabytes": 1024.0**3,
    },
}  # fmt: skip
_UNITS = {
    name: (kind, size)
    for kind, sizes in _SIZES.items()
    for names, size in sizes.items()
    for name in names.split()
}
# Letters that are a unit only behind a header of their own: "body_mass_g" but not "g".
_SHORT = frozenset({"s", "g", "t", "m", "h", "平", "分", "日", "块", "码", "兆"})
_FINANCE = (1e4, 1e8)


def unit_of(column: Column | None) -> tuple[str, float] | None:
    """Kind and size of the unit a column is kept in, from its meaning or the end of its header."""
    if column is None or not is_quantity(column):
        return None
    said = (column.meaning.unit or "").lower().strip()
    if said in _UNITS:
        return _UNITS[said]
    words = split_header(column.name)
    for word in reversed(words[-2:]):
        if word in _UNITS and (len(words) > 1 or len(word) > 3) and (word not in _SHORT or len(words) > 1):
            return _UNITS[word]
    return None


def time_size(word: str) -> float | None:
    """How many seconds a unit of time has, or None for another unit."""
    kind, size = _UNITS.get(word, ("", 0.0))
    return size if kind == "time" else None


def convert_units(seq: Sequence, frame: Frame) -> None:
    """Bring bounds into the units of their columns, and figures into the unit asked for."""
    for filter_ in frame.filters:
        if (
            filter_.kind == "number"
            and filter_.ref is not None
            and filter_.ref.choices
            and filter_.fn != "percent"
        ):
            _convert_bound(seq, frame, filter_)
    _convert_figure(seq, frame)


def _convert_bound(seq: Sequence, frame: Frame, filter_: Filter) -> None:
    first = filter_.ref.choices[0] if filter_.ref is not None else None
    column = seq.column(first.ref) if first is not None else None
    spans = first is not None and is_duration(first)
    if not spans and (column is None or not is_quantity(column)):
        return
    kept = unit_of(column)
    places = [
        k
        for k in range(len(seq))
        if seq.has(k, "num") and number_at(seq, k) in filter_.values and _used(seq, k)
    ]
    said = next((u for k in reversed(places) if (u := _said_at(seq, k)) is not None), None)
    if column is None:
        if filter_.ref is not None and said is not None and said[0] == "time":
            filter_.ref.choices = [in_said_unit(c, said[1]) for c in filter_.ref.choices]
        return
    if said is None and kept is not None and kept[0] == "money" and kept[1] > 1:
        said = ("money", 1.0)
    if said is not None and kept is not None:
        if said[0] == kept[0] and said[1] != kept[1]:
            filter_.values = [_scaled(v, said[1] / kept[1]) for v in filter_.values]
        elif said[0] != kept[0]:
            frame.doubts += 1  # "over 3 hours" asked of a weight
        return
    _unlabelled_money(seq, frame, filter_, column, places)


def _unlabelled_money(
    seq: Sequence, frame: Frame, filter_: Filter, column: Column, places: list[int]
) -> None:
    """Read 100亿 as 100 over a column that keeps its amounts in 亿 without saying so."""
    ends = (column.profile.minimum, column.profile.maximum)
    highest = max((abs(v) for v in ends if isinstance(v, int | float)), default=None)
    texts = "".join(seq.items[k].text for k in places)
    if highest is None or not any(c in texts for c in "万亿"):
        return
    for size, sign in zip(_FINANCE, "万亿", strict=True):
        scaled = [_scaled(v, 1 / size) for v in filter_.values]
        if (
            sign in texts
            and all(abs(v) > 4 * highest for v in filter_.values)
            and all(abs(v) <= highest for v in scaled)
        ):
            filter_.values = scaled
            frame.notes.append(
                (
                    f"Took {column.name} to be kept in units of {size:,.0f}.",
                    f"假定{column.name}以{sign}为单位。",
                )
            )
            return


def _used(seq: Sequence, at: int) -> bool:
    return seq.roles[at] in ("filter", "having")


def _said_at(seq: Sequence, number: int) -> tuple[str, float] | None:
    """The unit written behind a number, or before it: "3 hours", 三小时, 3万元."""
    if number + 1 < len(seq):
        word = seq.items[number + 1].text
        if word in ("个", "个多", "多", "多个") and number + 2 < len(seq):
            word = seq.items[number + 2].text
            if word == "多" and number + 3 < len(seq):
                word = seq.items[number + 3].text  # 一个多小时
        unit = _UNITS.get(word) or _UNITS.get(word.removesuffix("的")) or _UNITS.get(word.removeprefix("个"))
        if unit is not None and not (word in ("m", "t", "s") and not seq.cue(number + 1, "unit_noise")):
            return unit
    return None


def _scaled(value: float, factor: float) -> float | int:
    number = round(value * factor, 12)
    return int(number) if float(number).is_integer() else number


def _convert_figure(seq: Sequence, frame: Frame) -> None:
    """Give a figure in the unit asked for: "average length in minutes" of milliseconds."""
    for at in range(len(seq)):
        unit = _asked_unit(seq, at)
        if unit is None:
            continue
        for want in frame.wants:
            if want.ref is None or want.kind not in ("agg", "col", "implied"):
                continue
            changed = [_in_unit(seq, choice, unit) for choice in want.ref.choices]
            if any(new is not old for new, old in zip(changed, want.ref.choices, strict=True)):
                want.ref.choices = changed
                if want.kind == "implied":
                    want.kind = "col"
                if seq.free(at):
                    seq.use(at, "noise")


def _asked_unit(seq: Sequence, at: int) -> tuple[str, float] | None:
    """The unit an answer is asked in: "in minutes", 多少分钟, 以公里计."""
    text = seq.items[at].text
    before = seq.items[at - 1].text if at > 0 else ""
    if text in _UNITS and (
        before in ("in", "以", "按", "几", "(") or before.endswith("多少") or text.startswith("in ")
    ):
        return _UNITS[text]
    for lead in ("how many ", "in ", "多少", "几"):
        word = text.partition(lead)[2]
        if text.startswith((lead, "是" + lead, "为" + lead, "有" + lead)) and word in _UNITS:
            return _UNITS[word]
    return None


_LONG = 480  # minutes: what lasts longer on average is rather kept in seconds
_SECONDS = ("time", 1.0)


def _told_by_size(column: Column | None, unit: tuple[str, float]) -> tuple[str, float] | None:
    """Seconds, for a duration that would last a working day on average were it kept in minutes."""
    if column is None or unit != ("time", 60.0) or not is_quantity(column):
        return None
    lasting = bool({"duration", "length", "time", "时长", "用时"} & set(split_header(column.name)))
    mean = column.profile.mean
    return _SECONDS if lasting and mean is not None and mean > _LONG else None


def _in_unit(seq: Sequence, choice: Choice, unit: tuple[str, float]) -> Choice:
    column = seq.column(choice.ref) if choice.kind == "col" else None
    kept = unit_of(column) or _told_by_size(column, unit)
    if kept is None or kept[0] != unit[0] or kept[1] == unit[1]:
        return choice
    factor = _scaled(unit[1] / kept[1], 1.0)
    expr = ["/", choice.ref, factor] if factor >= 1 else ["*", choice.ref, _scaled(kept[1] / unit[1], 1.0)]
    note = choice.note
    if unit_of(column) is None and column is not None:
        note = (f"Took {column.name} to be kept in seconds.", f"假定{column.name}以秒为单位。")
    return replace(choice, ref="", kind="expr", expr=expr, note=note)
