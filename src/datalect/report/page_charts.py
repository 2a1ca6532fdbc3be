"""Small charts as SVG, drawn by hand: no script, no inline style, colours by class so that they follow the theme."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from datalect.answer.safetext import visible

if TYPE_CHECKING:
    from datalect.planner.base import Language
    from datalect.report.model import ChartSpec, ColumnProfile

_WIDTH, _HEIGHT = 360, 150
_MOST_POINTS = 240
_LABEL = 22


def chart_svg(spec: ChartSpec | None, language: Language) -> Markup:
    """A chart for a fact; nothing where there is none."""
    if spec is None or not spec.y:
        return Markup("")
    draw = {"bar": _bars, "line": _line, "dots": _dots, "histogram": _histogram}[spec.mark]
    title = f"{spec.y_title.in_(language)} · {spec.x_title.in_(language)}"
    body, height = draw(spec, language)
    return Markup(
        '<svg class="chart" viewBox="0 0 {w} {h}" role="img" aria-label="{t}"><title>{t}</title>{b}</svg>'
    ).format(w=_WIDTH, h=height, t=visible(title), b=body)


def spark_svg(column: ColumnProfile) -> Markup:
    """The shape of a column in one line of text."""
    heights = list(column.histogram) or [n for _, n in column.top]
    if not heights or max(heights) <= 0:
        return Markup("")
    step = 120 / max(len(heights), 8)
    bars = Markup("").join(
        Markup('<rect x="{x}" y="{y}" width="{w}" height="{h}"/>').format(
            x=_n(i * step), y=_n(24 - 24 * h / max(heights)), w=_n(step * 0.86), h=_n(24 * h / max(heights))
        )
        for i, h in enumerate(heights)
    )
    return Markup('<svg class="spark" viewBox="0 0 120 24" aria-hidden="true">{b}</svg>').format(b=bars)


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") or "0"


def _short(text: str, most: int = _LABEL) -> str:
    shown = visible(text)
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def figure_text(value: float, percent: bool) -> str:
    """A height as a reader takes it in."""
    if percent:
        return f"{100 * value:.1f}%"
    size = abs(value)
    for limit, unit in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if size >= limit:
            scale = {"B": 1e9, "M": 1e6, "k": 1e3}[unit]
            return f"{value / scale:.3g}{unit}"
    return f"{value:,.0f}" if size >= 100 or value == int(value) else f"{value:.3g}"


def _bars(spec: ChartSpec, language: Language) -> tuple[Markup, int]:
    rows = list(zip(spec.labels, spec.y, strict=False))
    largest = max((v for _, v in rows if v is not None), default=0.0) or 1.0
    line, left, right = 17, 118, 52
    width = _WIDTH - left - right
    parts = []
    for i, (label, value) in enumerate(rows):
        y = i * line + 4
        held = value or 0.0
        kind = "hot" if i in spec.highlight else "cool"
        parts.append(
            Markup(
                '<text class="tick" x="{lx}" y="{ty}" text-anchor="end">{label}</text>'
                '<rect class="{k}" x="{left}" y="{y}" width="{w}" height="{h}"/>'
                '<text class="tick" x="{vx}" y="{ty}">{v}</text>'
            ).format(
                lx=left - 6, ty=y + 10, label=_short(label, 18), k=kind, left=left, y=y,
                w=_n(max(0.0, held) / largest * width), h=line - 5,
                vx=_n(left + max(0.0, held) / largest * width + 4), v=figure_text(held, spec.percent),
            )
        )  # fmt: skip
    height = len(rows) * line + 8
    if spec.reference is not None and 0 < spec.reference <= largest:
        x = left + spec.reference / largest * width
        parts.append(Markup('<line class="guide" x1="{x}" x2="{x}" y1="2" y2="{h}"/>').format(x=_n(x), h=height - 4))
    return Markup("").join(parts), height


def _line(spec: ChartSpec, language: Language) -> tuple[Markup, int]:
    values = [v if v is not None else 0.0 for v in spec.y]
    keep = _thinned(values, [*spec.highlight, *([spec.mark_at] if spec.mark_at is not None else [])])
    low, high = min(0.0, min(values)), max(values)
    left, right, top, bottom = 44, 8, 8, 20

    def x(i: int) -> float:
        return left + (_WIDTH - left - right) * i / max(len(values) - 1, 1)

    def y(v: float) -> float:
        return top + (_HEIGHT - top - bottom) * (1 - (v - low) / ((high - low) or 1))

    path = " ".join(f"{'M' if k == 0 else 'L'}{_n(x(i))} {_n(y(values[i]))}" for k, i in enumerate(keep))
    parts = [_axis(low, high, y, left, spec.percent), Markup('<path class="line" d="{p}"/>').format(p=path)]
    if spec.mark_at is not None:
        parts.append(
            Markup('<line class="guide" x1="{x}" x2="{x}" y1="{t}" y2="{b}"/>').format(
                x=_n(x(spec.mark_at)), t=top, b=_HEIGHT - bottom
            )
        )
    for i in spec.highlight:
        parts.append(Markup('<circle class="hot" cx="{x}" cy="{y}" r="4"/>').format(x=_n(x(i)), y=_n(y(values[i]))))
    if spec.labels:
        parts.append(
            Markup(
                '<text class="tick" x="{l}" y="{y}">{a}</text>'
                '<text class="tick" x="{r}" y="{y}" text-anchor="end">{b}</text>'
            ).format(l=left, r=_WIDTH - right, y=_HEIGHT - 5, a=_short(spec.labels[0]), b=_short(spec.labels[-1]))
        )
    return Markup("").join(parts), _HEIGHT


def _thinned(values: Sequence[float], keep: Sequence[int]) -> list[int]:
    """Positions to draw: of each stretch its lowest and highest, so that no peak is lost."""
    if len(values) <= _MOST_POINTS:
        return list(range(len(values)))
    step = math.ceil(len(values) / (_MOST_POINTS / 2))
    chosen = {0, len(values) - 1, *keep}
    for start in range(0, len(values), step):
        part = range(start, min(start + step, len(values)))
        chosen |= {min(part, key=lambda i: values[i]), max(part, key=lambda i: values[i])}
    return sorted(i for i in chosen if 0 <= i < len(values))


def _axis(low: float, high: float, y: object, left: int, percent: bool) -> Markup:
    place = y if callable(y) else float
    parts = []
    for value in (low, (low + high) / 2, high):
        parts.append(
            Markup(
                '<line class="grid" x1="{l}" x2="{r}" y1="{y}" y2="{y}"/>'
                '<text class="tick" x="{tx}" y="{ty}" text-anchor="end">{v}</text>'
            ).format(l=left, r=_WIDTH - 8, y=_n(place(value)), tx=left - 5, ty=_n(place(value) + 3),
                     v=figure_text(value, percent))
        )  # fmt: skip
    return Markup("").join(parts)


def _dots(spec: ChartSpec, language: Language) -> tuple[Markup, int]:
    points = [(x, v) for x, v in zip(spec.x, spec.y, strict=False) if v is not None]
    if not points:
        return Markup(""), _HEIGHT
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    span_y = (max(ys) - min(ys)) or 1.0
    low, high = min(ys) - 0.08 * span_y, max(ys) + 0.08 * span_y
    if min(ys) >= 0 and min(ys) < 0.5 * max(ys):
        low = 0.0
    left, right, top, bottom = 44, 14, 8, 20
    span_x = (max(xs) - min(xs)) or 1.0

    def x(v: float) -> float:
        return left + 6 + (_WIDTH - left - right - 6) * (v - min(xs)) / span_x

    def y(v: float) -> float:
        return top + (_HEIGHT - top - bottom) * (1 - (v - low) / ((high - low) or 1))

    path = " ".join(f"{'M' if i == 0 else 'L'}{_n(x(a))} {_n(y(b))}" for i, (a, b) in enumerate(points))
    dots = Markup("").join(
        Markup('<circle class="{k}" cx="{x}" cy="{y}" r="3.5"/>').format(
            k="hot" if i in spec.highlight else "cool", x=_n(x(a)), y=_n(y(b))
        )
        for i, (a, b) in enumerate(points)
    )
    ticks = Markup(
        '<text class="tick" x="{l}" y="{y}">{a}</text><text class="tick" x="{r}" y="{y}" text-anchor="end">{b}</text>'
    ).format(
        l=left, r=_WIDTH - right, y=_HEIGHT - 5, a=figure_text(min(xs), False), b=figure_text(max(xs), False)
    )
    axis = _axis(low, high, y, left, spec.percent)
    return axis + Markup('<path class="line" d="{p}"/>').format(p=path) + dots + ticks, _HEIGHT


def _histogram(spec: ChartSpec, language: Language) -> tuple[Markup, int]:
    heights = [v or 0.0 for v in spec.y]
    largest = max(heights) or 1.0
    left, top, bottom = 8, 6, 20
    step = (_WIDTH - 2 * left) / len(heights)
    bars = Markup("").join(
        Markup('<rect class="cool" x="{x}" y="{y}" width="{w}" height="{h}"/>').format(
            x=_n(left + i * step), w=_n(step * 0.9), y=_n(top + (_HEIGHT - top - bottom) * (1 - v / largest)),
            h=_n((_HEIGHT - top - bottom) * v / largest),
        )  # fmt: skip
        for i, v in enumerate(heights)
    )
    ticks = Markup(
        '<text class="tick" x="{l}" y="{y}">{a}</text><text class="tick" x="{r}" y="{y}" text-anchor="end">{b}</text>'
    ).format(
        l=left, r=_WIDTH - left, y=_HEIGHT - 5,
        a=escape(figure_text(spec.edges[0], spec.percent)) if spec.edges else "",
        b=escape(figure_text(spec.edges[-1], spec.percent)) if spec.edges else "",
    )  # fmt: skip
    return bars + ticks, _HEIGHT
