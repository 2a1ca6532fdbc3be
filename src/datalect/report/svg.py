"""A chart specification as inline SVG: no styles, no scripts, no addresses; colours come from the page.

Every chart is ``WIDTH`` pixels wide, so that labels have the same size in all of them and a phone shows them
whole.
Texts that differ between the languages are drawn twice; the page shows one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from datalect.answer.ground import Words
from datalect.answer.safetext import escape_html
from datalect.report import scales
from datalect.report.markup import trusted
from datalect.report.model import ChartSpec

if TYPE_CHECKING:
    from datalect.planner.base import Language

WIDTH = 340
HEIGHT = 150
_ROW = 22  # height of a horizontal bar with its room
_MOST_ROWS = 8
_MOST_POINTS = 260  # what a line of this width can show
_SHORT_LABEL = 24.0  # labels up to this width stand under upright bars
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 10.0, 12.0, 20.0


@dataclass(slots=True)
class _Canvas:
    """SVG elements in the making."""

    height: float
    language: Language | None
    parts: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, words: Words, kind: str, anchor: str = "start") -> None:
        where = f'x="{_n(x)}" y="{_n(y)}" class="{kind}"'
        if anchor != "start":
            where += f' text-anchor="{anchor}"'
        if self.language is not None:
            words = Words(en=words.in_(self.language), zh=words.in_(self.language))
        if words.en == words.zh:
            if words.en:
                self.parts.append(f"<text {where}>{escape_html(words.en)}</text>")
            return
        for language, text in (("en", words.en), ("zh-CN", words.zh)):
            self.parts.append(f'<text lang="{language}" {where}>{escape_html(text)}</text>')

    def path(self, d: str, kind: str) -> None:
        if d:
            self.parts.append(f'<path class="{kind}" d="{d}"/>')

    def rect(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        size = f'width="{_n(max(width, 0))}" height="{_n(height)}"'
        self.parts.append(f'<rect class="{kind}" x="{_n(x)}" y="{_n(y)}" {size}/>')

    def dot(self, x: float, y: float, r: float, kind: str) -> None:
        self.parts.append(f'<circle class="{kind}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(r)}"/>')

    def markup(self) -> Markup:
        size = f'width="{WIDTH}" height="{_n(self.height)}" viewBox="0 0 {WIDTH} {_n(self.height)}"'
        return trusted(f'<svg class="chart" {size} aria-hidden="true">{"".join(self.parts)}</svg>')


def _n(value: float) -> str:
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


@dataclass(frozen=True, slots=True)
class _Axis:
    """A straight scale from values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        span = self.high - self.low
        return self.start + (self.end - self.start) * ((value - self.low) / span if span else 0.5)


def draw(spec: ChartSpec | None, language: Language | None = None) -> Markup:
    """The chart, or nothing where there is too little to draw.

    Args:
        spec: what to draw.
        language: the language of its texts; without one, both are in it and the page shows one.
    """
    if spec is None:
        return Markup()
    heights = [_finite(v) for v in spec.y]
    spec = replace(spec, reference=_finite(spec.reference))
    if not any(v is not None for v in heights):
        return Markup()
    if spec.mark == "bar":
        named = list(zip(_labels(spec), heights, strict=False))
        return (_upright if _stands_upright(named) else _flat)(spec, named, language)
    if spec.mark == "histogram":
        return _histogram(spec, heights, language)
    return _points(spec, heights, language)


def _finite(value: float | None) -> float | None:
    """A figure that can be drawn: beyond these sizes differences overflow, or vanish."""
    if value is None or not abs(value) < 1e100:
        return None
    return float(value) if abs(value) > 1e-100 else 0.0


def _drawn(value: float) -> bool:
    return _finite(value) is not None


def _labels(spec: ChartSpec) -> list[Words]:
    chinese = spec.labels_zh or spec.labels
    return [Words(en=en, zh=zh) for en, zh in zip(spec.labels, chinese, strict=False)]


# ---------------------------------------------------------------- bars


def _stands_upright(named: Sequence[tuple[Words, float | None]]) -> bool:
    """Many bars with short names, or with numbers in order, stand side by side."""
    if not 6 < len(named) <= 60:
        return False
    try:
        numbers = [float(words.en.replace("−", "-")) for words, _ in named]
    except ValueError:
        return max(scales.text_width(words.en) for words, _ in named) <= _SHORT_LABEL
    return numbers == sorted(numbers)


def _flat(spec: ChartSpec, named: Sequence[tuple[Words, float | None]], language: Language | None) -> Markup:
    """One bar a row, its name before it and its figure behind it."""
    kept = _most_telling(spec, len(named))
    canvas = _Canvas(height=len(kept) * _ROW + 4.0, language=language)
    figures = {k: scales.figure(v, as_percent=spec.percent) for k in kept if (v := named[k][1]) is not None}
    tail = (
        max((max(scales.text_width(w.en), scales.text_width(w.zh)) for w in figures.values()), default=0) + 8
    )
    widest = max(max(scales.text_width(named[k][0].en), scales.text_width(named[k][0].zh)) for k in kept)
    room = min(widest + 2, 150.0)
    values = [v for k in kept if (v := named[k][1]) is not None] + [0.0]
    if spec.reference is not None:
        values.append(spec.reference)
    axis = _Axis(min(values), max(values), room + 8, WIDTH - tail)
    zero = axis.at(0.0)
    over: list[tuple[float, float, Words]] = []
    for row, k in enumerate(kept):
        words, value = named[k]
        top = row * _ROW + 3.0
        shown = Words(en=scales.fitted(words.en, room), zh=scales.fitted(words.zh, room))
        canvas.text(room, top + 12.5, shown, "t", "end")
        if value is None:
            continue
        end = axis.at(value)
        kind = "h" if not spec.highlight or k in spec.highlight else "m"
        canvas.rect(min(zero, end), top, max(abs(end - zero), 1.0), _ROW - 6.0, kind)
        over.append((max(zero, end) + 5, top + 12.5, figures[k]))
    if spec.reference is not None:
        canvas.path(f"M{_n(axis.at(spec.reference))} 0V{_n(canvas.height)}", "r")
    for x, y, words in over:  # on top of the line, with a rim of their own
        canvas.text(x, y, words, "v")
    return canvas.markup()


def _most_telling(spec: ChartSpec, count: int) -> list[int]:
    """Places of the bars that are drawn: all, or the first and those the sentence speaks of."""
    if count <= _MOST_ROWS:
        return list(range(count))
    spoken = [k for k in spec.highlight if 0 <= k < count][: _MOST_ROWS // 2]
    rest = [k for k in range(count) if k not in spoken][: _MOST_ROWS - len(spoken)]
    return sorted(spoken + rest)


def _upright(
    spec: ChartSpec, named: Sequence[tuple[Words, float | None]], language: Language | None
) -> Markup:
    """Bars side by side, for hours, days, months and other short names in order."""
    canvas = _Canvas(height=HEIGHT, language=language)
    values = [v for _, v in named if v is not None] + [0.0]
    if spec.reference is not None:
        values.append(spec.reference)
    axis = _value_axis(canvas, min(values), max(values), as_percent=spec.percent)
    width = (WIDTH - _LEFT - _RIGHT) / len(named)
    widest = max(max(scales.text_width(w.en), scales.text_width(w.zh)) for w, _ in named)
    every = max(1, math.ceil((widest + 4) / width))
    zero = axis.at(0.0)
    for k, (words, value) in enumerate(named):
        left = _LEFT + k * width
        if k % every == 0:
            canvas.text(left + width / 2, HEIGHT - 6.0, words, "t", "middle")
        if value is None:
            continue
        top = axis.at(value)
        kind = "h" if not spec.highlight or k in spec.highlight else "m"
        gap = min(width * 0.2, 4.0)
        canvas.rect(left + gap / 2, min(top, zero), width - gap, max(abs(zero - top), 0.8), kind)
    _reference(canvas, spec, axis)
    return canvas.markup()


def _value_axis(canvas: _Canvas, low: float, high: float, *, as_percent: bool) -> _Axis:
    """Horizontal grid lines with their figures."""
    if high <= low:
        high = low + (abs(low) or 1.0)
    axis = _Axis(low, high, HEIGHT - _BOTTOM, _TOP)
    step = scales.nice_step(high - low, 4)
    for value in scales.number_ticks(low, high, 4):
        y = axis.at(value)
        canvas.path(f"M{_n(_LEFT)} {_n(y)}H{_n(WIDTH - _RIGHT)}", "g")
        canvas.text(_LEFT - 6, y + 4, scales.tick(value, step, as_percent=as_percent), "t", "end")
    return axis


def _reference(canvas: _Canvas, spec: ChartSpec, axis: _Axis) -> None:
    if spec.reference is not None and axis.low <= spec.reference <= axis.high:
        canvas.path(f"M{_n(_LEFT)} {_n(axis.at(spec.reference))}H{_n(WIDTH - _RIGHT)}", "r")


# ---------------------------------------------------------------- histograms


def _histogram(spec: ChartSpec, heights: Sequence[float | None], language: Language | None) -> Markup:
    """Counts over equal or unequal bins; unequal ones are drawn by their width."""
    edges = [e for edge in spec.edges if (e := _finite(edge)) is not None]
    if len(edges) != len(heights) + 1 or edges[-1] <= edges[0]:
        return Markup()
    canvas = _Canvas(height=HEIGHT, language=language)
    counts = [v or 0.0 for v in heights]
    axis = _value_axis(canvas, 0.0, max(counts), as_percent=spec.percent)
    across = _Axis(edges[0], edges[-1], _LEFT, WIDTH - _RIGHT)
    for k, value in enumerate(counts):
        left, right = across.at(edges[k]), across.at(edges[k + 1])
        gap = 1.0 if right - left > 3 else 0.0
        kind = "h" if not spec.highlight or k in spec.highlight else "m"
        if value > 0:
            top = min(axis.at(value), HEIGHT - _BOTTOM - 0.8)
            canvas.rect(left, top, right - left - gap, HEIGHT - _BOTTOM - top, kind)
    _reference(canvas, spec, axis)
    _number_axis(canvas, across)
    return canvas.markup()


def _number_axis(canvas: _Canvas, across: _Axis, *, whole: bool = False) -> None:
    step = scales.nice_step(across.high - across.low, 5)
    if whole:
        every = math.ceil(step - 1e-9)
        first, last = math.ceil(across.low / every), math.floor(across.high / every)
        ticks = [float(k * every) for k in range(first, last + 1)]
        _axis_texts(canvas, [(across.at(v), scales.tick(v, every)) for v in ticks])
        return
    places = [(across.at(v), scales.tick(v, step)) for v in scales.number_ticks(across.low, across.high, 5)]
    _axis_texts(canvas, places)


def _axis_texts(canvas: _Canvas, places: Iterable[tuple[float, Words]]) -> None:
    """Labels along x, none over another and none over the edge."""
    end = -math.inf
    for x, words in places:
        half = max(scales.text_width(words.en), scales.text_width(words.zh)) / 2
        x_text = min(max(x, half), WIDTH - half)
        if x_text - half < end + 6:
            continue
        end = x_text + half
        canvas.path(f"M{_n(x)} {_n(HEIGHT - _BOTTOM)}v4", "a")
        canvas.text(x_text, HEIGHT - 4.0, words, "t", "middle")


# ---------------------------------------------------------------- lines and dots


def _points(spec: ChartSpec, heights: Sequence[float | None], language: Language | None) -> Markup:
    canvas = _Canvas(height=HEIGHT, language=language)
    days = [scales.as_days(label) for label in spec.labels]
    dated = bool(days) and all(d is not None for d in days)
    if spec.x:
        xs = [float(v) for v in spec.x]
    elif dated:
        xs = [d for d in days if d is not None]
    else:
        xs = [float(k) for k in range(len(heights))]
    points = [(x, y, k) for k, (x, y) in enumerate(zip(xs, heights, strict=False)) if _drawn(x)]
    values = [y for _, y, _ in points if y is not None]
    if not values:
        return Markup()
    low, high = _height_range(values + ([spec.reference] if spec.reference is not None else []))
    axis = _value_axis(canvas, low, high, as_percent=spec.percent)
    inset = 6.0 if spec.mark == "dots" else 0.0
    across = _Axis(
        min(x for x, _, _ in points), max(x for x, _, _ in points), _LEFT + inset, WIDTH - _RIGHT - inset
    )
    _reference(canvas, spec, axis)
    placed = [(across.at(x), None if y is None else axis.at(y), k) for x, y, k in points]
    canvas.path(_line([(x, y) for x, y, _ in placed]), "l" if spec.mark == "line" else "j")
    for x, y_at, k in placed:
        spoken = k in spec.highlight
        if y_at is not None and (spoken or spec.mark == "dots"):
            canvas.dot(x, y_at, 3.5 if spoken else 2.5, "h" if spoken else "m")
    if spec.mark_at is not None and 0 <= spec.mark_at < len(xs) and _drawn(xs[spec.mark_at]):
        _mark(canvas, across.at(xs[spec.mark_at]), days[spec.mark_at] if dated else None)
    if dated and not spec.x:
        ticks = scales.time_ticks(across.low, across.high, 5)
        _axis_texts(canvas, [(across.at(at), words) for at, words in ticks])
    elif spec.x or not spec.labels:
        _number_axis(canvas, across, whole=all(x.is_integer() for x, _, _ in points))
    else:
        _axis_texts(canvas, [(across.at(k), w) for k, w in enumerate(_labels(spec))])
    return canvas.markup()


def _height_range(values: Sequence[float]) -> tuple[float, float]:
    """From zero, unless what varies would be pressed flat."""
    low, high = min(values), max(values)
    if low >= 0 and low < 0.7 * high:
        return 0.0, high
    if high <= 0 and high > 0.7 * low:
        return low, 0.0
    room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return low - room, high + room


def _mark(canvas: _Canvas, x: float, days: float | None) -> None:
    canvas.path(f"M{_n(x)} {_n(_TOP)}V{_n(HEIGHT - _BOTTOM)}", "k")
    if days is not None:
        words = scales.day_text(days)
        late = x > WIDTH * 0.6
        canvas.text(x - 4 if late else x + 4, _TOP - 2, words, "v", "end" if late else "start")


def _line(points: Sequence[tuple[float, float | None]]) -> str:
    """The path of a line, broken at gaps; where points are closer than pixels, their lowest and highest."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if y is None:
            pieces.append([])
        else:
            pieces[-1].append((x, y))
    total = sum(map(len, pieces))
    return "".join(_stroke(_thinned(p) if total > _MOST_POINTS else p) for p in pieces if p)


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    columns: dict[int, list[tuple[float, float]]] = {}
    for x, y in points:
        columns.setdefault(int(x / 2), []).append((x, y))
    kept: list[tuple[float, float]] = []
    for held in columns.values():
        kept += sorted({min(held, key=lambda p: p[1]), max(held, key=lambda p: p[1])})
    return kept


def _stroke(points: Sequence[tuple[float, float]]) -> str:
    if len(points) == 1:
        return f"M{_n(points[0][0])} {_n(points[0][1])}h1"
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
