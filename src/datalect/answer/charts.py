"""The chart of an answer as a Vega-Lite specification: data inline, no expressions, no addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datalect.answer.chart_rules import (
    MOST_CATEGORIES,
    MOST_POINTS,
    MOST_SERIES,
    MOST_SLICES,
    Design,
    decide,
    order_of,
)
from datalect.answer.chart_words import FEW_TICKS, GRAINS, NOTES, TIME_FORMATS, path_of, width_of, wrapped
from datalect.answer.formats import group_name, plain_number, unit_name
from datalect.answer.ground import FactSet, Field, in_cycle, on_calendar
from datalect.answer.jsonable import jsonable
from datalect.answer.labels import is_chinese
from datalect.answer.model import Chart
from datalect.answer.safetext import visible
from datalect.data.model import Grain

if TYPE_CHECKING:
    from datalect.answer.model import Answer
    from datalect.planner.base import Language

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
# Okabe and Ito's palette, told apart by readers with any common colour blindness; yellow last, it is pale.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#4D4D4D", "#B8A800")
_LATIN_FONTS = "Helvetica Neue, Arial, Liberation Sans, DejaVu Sans, sans-serif"
CHINESE_FONTS = (
    "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, WenQuanYi Zen Hei, "
    "WenQuanYi Micro Hei, Droid Sans Fallback, SimHei, Arial, sans-serif"
)
_LABEL = "label"
_SERIES = "series"
_END = "bin end"
_LONG_LABEL = 12
_MANY_BARS = 12
_NAME_LENGTH = 60


def draw_chart(answer: Answer) -> Chart | None:
    """The chart of an answer, or None when there is nothing worth drawing."""
    if answer.status != "answered" or answer.facts is None or answer.plan is None:
        return None
    design = decide(answer.facts, answer.plan.show)
    return None if design is None else _Drawing(answer.facts, design, answer.language).chart()


class _Drawing:
    """One chart in the making."""

    def __init__(self, ground: FactSet, design: Design, language: Language) -> None:
        self.ground = ground
        self.design = design
        self.language = language
        self.notes: list[str] = [self._note(code, slices=MOST_SLICES) for code in design.notes]
        self.rows = self._rows()

    def _note(self, code: str, **values: Any) -> str:
        return NOTES[self.language][code].format(**values)

    # ------------------------------------------------------------ data

    def _rows(self) -> list[dict[str, Any]]:
        design = self.design
        needed = [f.name for f in self.ground.fields]
        rows = [{name: row.get(name) for name in needed} for row in self.ground.rows]
        if len(rows) > MOST_POINTS:
            self.notes.append(self._note("points", n=MOST_POINTS, all=len(rows)))
            rows = rows[:MOST_POINTS]
        if design.kind in ("point", "box", "histogram") and not self.ground.figures:
            return rows
        if design.color is not None and design.kind != "heatmap":
            rows = self._few_series(rows, design.color)
        if not self._temporal(design.x) and design.x.width is None and not design.x.figure:
            rows = order_of(self.ground, design, rows)
            rows = self._few_groups(rows)
        return rows

    def _few_series(self, rows: list[dict[str, Any]], color: Field) -> list[dict[str, Any]]:
        sums: dict[Any, float] = {}
        for row in rows:
            value = plain_number(row.get(self.design.y.name)) or 0
            sums[row[color.name]] = sums.get(row[color.name], 0.0) + abs(float(value))
        if len(sums) <= MOST_SERIES:
            return rows
        kept = set(sorted(sums, key=lambda k: -sums[k])[:MOST_SERIES])
        self.notes.append(self._note("series", n=MOST_SERIES, all=len(sums)))
        return [row for row in rows if row[color.name] in kept]

    def _few_groups(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        x, y = self.design.x, self.design.y
        groups = list(dict.fromkeys(row[x.name] for row in rows))
        if len(groups) <= MOST_CATEGORIES or in_cycle(x):
            return rows
        if not y.additive or self.ground.cut or self.design.color is not None or y.percent:
            self.notes.append(self._note("top", n=MOST_CATEGORIES, all=len(groups)))
            kept = set(groups[:MOST_CATEGORIES])
            return [row for row in rows if row[x.name] in kept]
        ranked = sorted(rows, key=lambda r: -float(plain_number(r.get(y.name)) or 0))
        head, tail = ranked[: MOST_CATEGORIES - 1], ranked[MOST_CATEGORIES - 1 :]
        self.notes.append(self._note("other", n=len(tail)))
        numbers = [n for n in (plain_number(r.get(y.name)) for r in tail) if n is not None]
        other = {name: None for name in rows[0]} | {y.name: sum(numbers), _LABEL: self._note("other_name")}
        keep = {id(row) for row in head}
        return [row for row in rows if id(row) in keep] + [other]

    def data(self) -> list[dict[str, Any]]:
        """The rows drawn: the table's own columns, and the names of groups as they are shown."""
        x, color = self.design.x, self.design.color
        out = []
        for row in self.rows:
            cells = {name: self._cell(name, value) for name, value in row.items()}
            if not self._temporal(x) and not self._binned(x) and not x.figure:
                cells[_LABEL] = self._label(row, x)
            if color is not None:
                cells[_SERIES] = self._name(row.get(color.name), color)
            if x.width is not None and self._binned(x) and row.get(x.name) is not None:
                cells[_END] = float(row[x.name]) + x.width
            out.append(cells)
        return out

    def _label(self, row: dict[str, Any], shape: Field) -> str:
        return str(row[_LABEL]) if _LABEL in row else self._name(row.get(shape.name), shape)

    def _name(self, value: Any, shape: Field) -> str:
        """A group's name on an axis, where no quotation marks are needed to keep it apart."""
        if isinstance(value, str) and value.strip():
            text = visible(value.strip())
            return text if len(text) <= _NAME_LENGTH else text[: _NAME_LENGTH - 1] + "…"
        return group_name(value, shape, self.language)

    def _cell(self, name: str, value: Any) -> Any:
        shape = self.ground.field(name)
        if shape is not None and shape.kind == "number":
            number = plain_number(value)
            return number if number is None or abs(number) < 2**53 else float(number)
        if shape is not None and on_calendar(shape) and self._temporal(shape) and value is not None:
            text = value.replace(tzinfo=None).isoformat() if hasattr(value, "hour") else value.isoformat()
            return f"{text}Z" if "T" in text else text  # without a zone, a reader's own zone would move it
        plain = jsonable(value)
        return visible(plain) if isinstance(plain, str) else plain

    def _binned(self, shape: Field) -> bool:
        return shape.width is not None and self.design.kind == "histogram"

    # ------------------------------------------------------------ encodings

    def _temporal(self, shape: Field) -> bool:
        """Whether a column lies on a time axis; bars of few periods get one labelled place each instead."""
        cells = {r.get(shape.name) for r in self.ground.rows}
        if not on_calendar(shape) or any(isinstance(c, int) for c in cells):
            return False
        return not (
            self.design.kind in ("bar", "heatmap") and (len(cells) <= 40 or self.design.color is not None)
        )

    def _figure_axis(self, shape: Field, *, zero: bool) -> dict[str, Any]:
        title = self._capital(
            shape.phrase.in_(self.language) if shape.figure else shape.label.in_(self.language)
        )
        unit = shape.currency or shape.unit
        if shape.percent == 1.0:
            unit = "%"
        if unit and not shape.currency:
            unit = unit_name(unit, self.language)
        if unit:
            title += f"（{unit}）" if self.language == "zh" else f" ({unit})"
        values = [v for v in (plain_number(r.get(shape.name)) for r in self.rows) if v is not None]
        axis: dict[str, Any] = {"title": wrapped(visible(title), 50)}
        largest = max((abs(v) for v in values), default=0)
        if shape.percent == 100.0:
            axis["format"] = ".0%" if largest >= 0.1 else ".1%"
        elif largest >= 1e6 and self.language == "en":
            axis["format"] = "~s"
        elif largest >= 10:
            axis["format"] = ",~r" if largest < 1e6 else ",.0f"
        scale: dict[str, Any] = {"zero": zero}
        if self.design.log:
            scale = {"type": "log"}
        return {"field": path_of(shape.name), "type": "quantitative", "axis": axis, "scale": scale}

    def _group_axis(self, shape: Field) -> dict[str, Any]:
        title = self._capital(shape.label.in_(self.language))
        axis: dict[str, Any] = {"title": visible(title), "labelLimit": 0}
        if self._temporal(shape):
            axis |= {"format": TIME_FORMATS[self.language].get(shape.grain or Grain.DAY, "%Y-%m-%d"),
                     "labelOverlap": True, "labelFlush": False}  # fmt: skip
            if shape.grain in FEW_TICKS and len({r[shape.name] for r in self.rows}) <= 12:
                axis["values"] = sorted(
                    {self._cell(shape.name, r[shape.name]) for r in self.rows if r[shape.name]}
                )
                axis["labelAngle"] = -40
            return {
                "field": path_of(shape.name),
                "type": "temporal",
                "scale": {"type": "utc"},
                "axis": axis,
            }
        labels = list(dict.fromkeys(row[_LABEL] for row in self.data()))
        return {"field": _LABEL, "type": "nominal", "sort": labels, "axis": axis}

    def _color(self, shape: Field) -> dict[str, Any]:
        names = list(dict.fromkeys(row[_SERIES] for row in self.data()))
        title = self._capital(shape.label.in_(self.language))
        return {
            "field": _SERIES,
            "type": "nominal",
            "sort": names,
            "title": visible(title),
            "scale": {"domain": names, "range": list(PALETTE[: len(names)])},
            "legend": {"labelLimit": 0, "symbolLimit": MOST_SERIES},
        }

    def _capital(self, text: str) -> str:
        return text[:1].upper() + text[1:] if self.language == "en" else text

    # ------------------------------------------------------------ the whole

    def chart(self) -> Chart:
        """The finished chart."""
        body = getattr(self, f"_{self.design.kind}")()
        data = self.data()
        fonts = CHINESE_FONTS if is_chinese(str(data) + str(body) + self._title()) else _LATIN_FONTS
        spec = {
            "$schema": SCHEMA,
            "title": {"text": wrapped(self._title(), 60), "anchor": "start", "fontSize": 14, "offset": 12},
            "background": "white",
            "padding": 12,
            "data": {"values": data},
            **body,
            "config": {
                "font": fonts,
                "axis": {
                    "labelFontSize": 12,
                    "titleFontSize": 12,
                    "titleFontWeight": "normal",
                    "gridColor": "#e6e6e6",
                },
                "legend": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"},
                "view": {"stroke": None},
            },
        }
        return Chart(spec=spec, notes=tuple(self.notes), language=self.language)

    def _title(self) -> str:
        design, language = self.design, self.language
        figure = design.y.phrase if design.y.figure else design.y.label
        parts = [f for f in (design.x, design.color) if f is not None and f is not design.y]
        text = figure.in_(language)
        if design.kind == "point" and design.x.kind == "number" and not self.ground.groups:
            text = (
                f"{text} 与 {design.x.label.zh}"
                if language == "zh"
                else f"{text} against {design.x.label.en}"
            )
        elif parts:
            names = [self._by(f) for f in parts]
            text += f"（按{'、'.join(names)}）" if language == "zh" else f" by {' and '.join(names)}"
        return visible(self._capital(text))

    def _by(self, shape: Field) -> str:
        grain = GRAINS[self.language].get(shape.grain) if shape.grain and shape.role == "breakdown" else None
        return grain or shape.label.in_(self.language)

    def _bar(self) -> dict[str, Any]:
        design = self.design
        group, figure = self._group_axis(design.x), self._figure_axis(design.y, zero=True)
        temporal = group["type"] == "temporal"
        labels = [] if temporal else list(group["sort"])
        names = not on_calendar(design.x) and not in_cycle(design.x) and not temporal
        crowded = len(labels) > _MANY_BARS or any(width_of(label) > _LONG_LABEL for label in labels)
        lying = names and crowded and design.color is None
        mark: dict[str, Any] = {"type": "bar", "color": PALETTE[0], "tooltip": False}
        encoding: dict[str, Any] = {"y": group, "x": figure} if lying else {"x": group, "y": figure}
        size: dict[str, Any] = {"width": 420, "height": {"step": 24}} if lying else {"height": 280}
        if not lying:
            size["width"] = 480 if temporal else {"step": max(34, min(70, 480 // max(1, len(labels))))}
            if not temporal:
                group["axis"]["labelAngle"] = 0 if sum(map(width_of, labels)) < 60 else -40
            else:
                mark["width"] = max(4, min(60, 380 // max(1, len(self.rows))))
        if design.color is not None:
            encoding["color"] = self._color(design.color)
            mark.pop("color")
            if design.stacked:
                figure["stack"] = "zero"
            else:
                figure["stack"] = None
                encoding["xOffset"] = {"field": _SERIES, "type": "nominal", "sort": encoding["color"]["sort"]}
                if not temporal:
                    size["width"] = {"step": max(10, 60 // max(1, len(encoding["color"]["sort"])))}
        return {"mark": mark, "encoding": encoding, **size}

    def _line(self) -> dict[str, Any]:
        design = self.design
        encoding = {"x": self._group_axis(design.x), "y": self._figure_axis(design.y, zero=self._near_zero())}
        if design.color is not None:
            encoding["color"] = self._color(design.color)
        many = len(self.rows) > 60
        mark = {
            "type": "line",
            "color": PALETTE[0],
            "strokeWidth": 2,
            "point": False if many else {"size": 30},
        }
        return {"mark": mark, "encoding": encoding, "width": 520, "height": 280}

    def _near_zero(self) -> bool:
        """Lines show change, so their axis may leave zero out when every figure is far from it."""
        values = [v for v in (plain_number(r.get(self.design.y.name)) for r in self.rows) if v is not None]
        return not values or min(values) < 0.5 * max(values)

    def _area(self) -> dict[str, Any]:
        body = self._line()
        body["mark"] = {"type": "area", "color": PALETTE[0], "opacity": 0.85}
        body["encoding"]["y"]["scale"] = {"zero": True}
        if self.design.color is not None:
            body["encoding"]["y"]["stack"] = "zero"
        return body

    def _point(self) -> dict[str, Any]:
        design = self.design
        number = design.x.kind == "number" and (design.x.figure or design.x.role == "list")
        x = self._figure_axis(design.x, zero=False) if number else self._group_axis(design.x)
        encoding = {"x": x, "y": self._figure_axis(design.y, zero=False)}
        if design.color is not None:
            encoding["color"] = self._color(design.color)
        mark = {"type": "point", "filled": True, "color": PALETTE[0], "opacity": 0.7, "size": 45}
        return {"mark": mark, "encoding": encoding, "width": 480, "height": 320}

    def _histogram(self) -> dict[str, Any]:
        design = self.design
        if design.x.width is None:  # a row list: the chart itself counts
            title = self._capital(design.x.label.in_(self.language))
            counted = "行数" if self.language == "zh" else "Rows"
            return {
                "mark": {"type": "bar", "color": PALETTE[0]},
                "encoding": {
                    "x": {
                        "field": path_of(design.x.name),
                        "bin": {"maxbins": 30},
                        "title": visible(title),
                    },
                    "y": {"aggregate": "count", "title": counted},
                },
                "width": 480,
                "height": 280,
            }
        x = self._figure_axis(design.x, zero=False) | {"bin": "binned"}
        x["axis"]["title"] = visible(self._capital(design.x.label.in_(self.language)))
        return {
            "mark": {"type": "bar", "color": PALETTE[0]},
            "encoding": {"x": x, "x2": {"field": _END}, "y": self._figure_axis(design.y, zero=True)},
            "width": 480,
            "height": 280,
        }

    def _box(self) -> dict[str, Any]:
        design = self.design
        encoding: dict[str, Any] = {"x": self._figure_axis(design.y, zero=False)}
        if design.x is not design.y:
            title = visible(self._capital(design.x.label.in_(self.language)))
            encoding["y"] = {
                "field": path_of(design.x.name), "type": "nominal", "axis": {"title": title, "labelLimit": 0},
            }  # fmt: skip
        return {"mark": {"type": "boxplot", "color": PALETTE[0]}, "encoding": encoding, "width": 480}

    def _heatmap(self) -> dict[str, Any]:
        design = self.design
        color = design.color or design.x
        names = list(
            dict.fromkeys(row[_SERIES] for row in sorted(self.data(), key=lambda r: str(r[_SERIES])))
        )
        if in_cycle(color) or color.kind in ("date", "number"):
            known = sorted({r[color.name] for r in self.rows if r[color.name] is not None})
            names = [self._name(value, color) for value in known]
        x = self._group_axis(design.x)
        x["axis"]["labelAngle"] = 0 if max(map(width_of, x["sort"])) <= 4 else -40
        title = visible(self._capital(color.label.in_(self.language)))
        figure = self._figure_axis(design.y, zero=False)
        return {
            "mark": {"type": "rect"},
            "encoding": {
                "x": x,
                "y": {"field": _SERIES, "type": "nominal", "sort": names, "axis": {"title": title,
                "labelLimit": 0}},
                "color": {
                    "field": path_of(design.y.name), "type": "quantitative", "scale": {"scheme": "viridis"},
                    "legend": {
                        "title": figure["axis"]["title"], "format": figure["axis"].get("format", ",~r"),
                    },
                },
            },
            "width": {"step": 34},
            "height": {"step": 24},
        }  # fmt: skip

    def _pie(self) -> dict[str, Any]:
        design = self.design
        names = list(dict.fromkeys(row[_LABEL] for row in self.data()))
        title = visible(self._capital(design.x.label.in_(self.language)))
        return {
            "mark": {"type": "arc", "stroke": "white"},
            "encoding": {
                "theta": {"field": path_of(design.y.name), "type": "quantitative", "stack": True},
                "color": {
                    "field": _LABEL, "type": "nominal", "sort": names, "title": title,
                    "scale": {"domain": names, "range": list(PALETTE[: len(names)])},
                    "legend": {"labelLimit": 0},
                },
                "order": {"field": path_of(design.y.name), "sort": "descending"},
            },
            "width": 300,
            "height": 300,
        }  # fmt: skip
