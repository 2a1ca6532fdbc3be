"""Which chart fits a result: rules over what its columns are, never over what they are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from datalect.answer.facts import main_figure
from datalect.answer.formats import plain_number
from datalect.answer.ground import FactSet, Field, in_cycle, on_calendar

if TYPE_CHECKING:
    from datalect.plan.model import Show

ChartKind = Literal["bar", "line", "area", "point", "histogram", "box", "heatmap", "pie"]

MOST_CATEGORIES = 20
MOST_SERIES = 8
MOST_SLICES = 7
MOST_POINTS = 5000
_GROUPED_BARS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A chart decided on.

    Attributes:
        kind: the kind of chart.
        x: the field along the groups (or the first figure of a scatter plot).
        y: the figure drawn.
        color: a second breakdown, or None.
        stacked: whether series are stacked rather than side by side.
        log: whether the figure's axis is logarithmic, because it was asked for.
        notes: codes of what could not be drawn as asked.
    """

    kind: ChartKind
    x: Field
    y: Field
    color: Field | None = None
    stacked: bool = False
    log: bool = False
    notes: tuple[str, ...] = ()


def decide(ground: FactSet, show: Show) -> Design | None:
    """The design of a chart, or None when there is nothing worth drawing."""
    if show.mark == "none" or not ground.rows:
        return None
    if not ground.figures:
        return _rows(ground, show)
    figure = _asked(ground, show.y) or main_figure(ground)
    if figure is None or not ground.groups or figure.kind != "number" or len(ground.rows) < 2:
        return None
    if not any(plain_number(r.get(figure.name)) is not None for r in ground.rows):
        return None
    if len(ground.groups) == 1:
        design = _one(ground, show, figure, ground.groups[0])
    else:
        design = _two(ground, show, figure)
    return _with_log(ground, show, design)


def _asked(ground: FactSet, name: str | None) -> Field | None:
    found = ground.field(name) if name else None
    return found if found is not None and found.figure and found.kind == "number" else None


def _with_log(ground: FactSet, show: Show, design: Design) -> Design:
    from dataclasses import replace

    if not show.log:
        return design
    values = [plain_number(r.get(design.y.name)) for r in ground.rows]
    if any(v is not None and v <= 0 for v in values):
        return replace(design, notes=(*design.notes, "no_log"))
    kind: ChartKind = "point" if design.kind == "bar" else design.kind
    return replace(design, kind=kind, log=True)  # a bar from zero has no place on a log axis


def _one(ground: FactSet, show: Show, figure: Field, group: Field) -> Design:
    others = [f for f in ground.figures if f is not figure and f.kind == "number" and f.fn != "rank"]
    if show.mark == "point" and others and not on_calendar(group):
        first = _asked(ground, show.x) or ground.figures[0]
        second = figure if figure is not first else others[0]
        return Design(kind="point", x=first, y=second, color=None)
    if show.mark == "pie":
        return _pie(ground, figure, group)
    if group.width is not None:
        return Design(kind="histogram", x=group, y=figure)
    if show.mark in ("bar", "line", "area", "point"):
        return Design(kind=show.mark, x=group, y=figure)
    if on_calendar(group):
        return Design(kind="line" if len(ground.rows) > 2 else "bar", x=group, y=figure)
    return Design(kind="bar", x=group, y=figure)


def _pie(ground: FactSet, figure: Field, group: Field) -> Design:
    values = [plain_number(r.get(figure.name)) for r in ground.rows]
    parts = figure.additive and all(v is not None and v >= 0 for v in values)
    if parts and len(ground.rows) <= MOST_SLICES:
        return Design(kind="pie", x=group, y=figure)
    return Design(kind="bar", x=group, y=figure, notes=("no_pie",))


def _two(ground: FactSet, show: Show, figure: Field) -> Design:
    first, second = ground.groups
    time = ground.time
    if time is not None:
        other = second if time is first else first
        first, second = time, other
    elif in_cycle(second) and not in_cycle(first):
        first, second = second, first
    values = [plain_number(r.get(figure.name)) for r in ground.rows]
    stackable = figure.additive and all(v is None or v >= 0 for v in values)
    stacked = stackable and (show.stack is True or (show.stack is None and ground.task == "composition"))
    if show.mark == "heatmap" or (show.mark == "auto" and _large(ground, first, second) and time is None):
        return Design(kind="heatmap", x=first, y=figure, color=second)
    if show.mark == "area":
        return Design(
            kind="area" if stackable else "line", x=first, y=figure, color=second, stacked=stackable
        )
    if show.mark in ("line", "point"):
        return Design(kind=show.mark, x=first, y=figure, color=second)
    if show.mark == "bar" or time is None:
        return Design(kind="bar", x=first, y=figure, color=second, stacked=stacked)
    return Design(kind="area" if stacked else "line", x=first, y=figure, color=second, stacked=stacked)


def _large(ground: FactSet, first: Field, second: Field) -> bool:
    sizes = [len({str(r.get(f.name)) for r in ground.rows}) for f in (first, second)]
    return sizes[0] * sizes[1] > _GROUPED_BARS or sizes[1] > MOST_SERIES


def _rows(ground: FactSet, show: Show) -> Design | None:
    """Row lists are drawn only when a chart was asked for."""
    numbers = [f for f in ground.fields if f.kind == "number"]
    names = [f for f in ground.fields if f.kind in ("text", "boolean")]
    times = [f for f in ground.fields if f.kind == "date"]
    if show.mark == "auto" or not numbers:
        return None
    x = _listed(ground, show.x)
    y = _listed(ground, show.y)
    if show.mark == "histogram":
        return Design(kind="histogram", x=y or x or numbers[0], y=y or x or numbers[0])
    if show.mark == "box":
        return Design(kind="box", x=names[0] if names else numbers[0], y=y or numbers[0])
    if show.mark == "point" and len(numbers) > 1:
        first = x if x is not None and x.kind == "number" else numbers[0]
        second = y if y is not None and y.kind == "number" else next(n for n in numbers if n is not first)
        color = _listed(ground, show.color)
        return Design(kind="point", x=first, y=second, color=color if color in names else None)
    named = times or names
    along = x or (named[0] if named else None)
    if along is None or show.mark not in ("bar", "line", "area", "point"):
        return None
    return Design(kind=show.mark, x=along, y=y or next(n for n in numbers))


def _listed(ground: FactSet, name: str | None) -> Field | None:
    return ground.field(name) if name else None


def order_of(ground: FactSet, design: Design, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in the order bars are drawn: as the plan sorts them, along cycles and bins, else largest first."""
    shape = design.x
    if ground.order and ground.order[0][0] in (design.y.name, shape.name):
        return rows
    if in_cycle(shape) or shape.kind in ("date", "number"):
        return sorted(rows, key=lambda r: (r.get(shape.name) is None, r.get(shape.name) or 0))
    return sorted(rows, key=lambda r: -(float(plain_number(r.get(design.y.name)) or 0)))
