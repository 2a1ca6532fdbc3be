"""What a result shows, as facts that words and the verifier stand on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from datalect.answer.conditions import conditions_of, keep_condition
from datalect.answer.fields import fields_of
from datalect.answer.formats import plain_number
from datalect.answer.ground import FactSet, Field, on_calendar
from datalect.answer.labels import table_noun
from datalect.answer.model import Fact, FactType
from datalect.engine.cells import plain_rows

if TYPE_CHECKING:
    import pyarrow as pa

    from datalect.plan.checked import CheckedPlan

_ROWS_READ = 10_000  # facts of larger results are read from the first rows only, and say so

Group = tuple[tuple[str, Any], ...]


def facts_of(
    checked: CheckedPlan, table: pa.Table, coverage: Mapping[str, Any], *, truncated: bool = False
) -> FactSet:
    """The facts of a result.

    Args:
        checked: the plan that ran.
        table: its result.
        coverage: ``rows_total``, ``rows_used`` and ``nulls_<measure>``.
        truncated: whether a limit cut the result.
    """
    from datalect.plan.canonical import plan_hash

    plan = checked.plan
    rows = tuple(plain_rows(table.slice(0, _ROWS_READ)))
    fields = fields_of(checked, rows)
    named = {f.name: f for f in fields}
    nulls = {
        name.removeprefix("nulls_"): int(value)
        for name, value in coverage.items()
        if name.startswith("nulls_") and value
    }
    ground = FactSet(
        fields=fields,
        rows=rows,
        conditions=conditions_of(plan.where, checked.catalog, as_of=checked.catalog.as_of),
        keeps=tuple(keep_condition(k, named[k.of].phrase, named[k.of]) for k in plan.keep if k.of in named),
        noun=table_noun(checked.catalog.table(plan.from_), plan.from_),
        task=plan.task or "",
        top=plan.top,
        skip=plan.skip,
        order=tuple((_sort_name(checked, s.of, named), s.dir) for s in plan.sort),
        cut=truncated
        or plan.skip > 0
        or table.num_rows > _ROWS_READ
        or (plan.top is not None and (plan.top_per is not None or table.num_rows >= plan.top)),
        truncated=truncated or table.num_rows > _ROWS_READ,
        rows_used=_count(coverage.get("rows_used")),
        rows_total=_count(coverage.get("rows_total")),
        nulls=nulls,
        plan=plan_hash(plan),
    )
    return with_facts(ground)


def _count(value: Any) -> int | None:
    return None if value is None else int(value)


def _sort_name(checked: CheckedPlan, name: str, named: Mapping[str, Field]) -> str:
    """The output a sort key names; a key that is not shown keeps its reference."""
    return name if name in named else checked.sort_columns.get(name, name)


def with_facts(ground: FactSet) -> FactSet:
    """The same ground with its facts read from it."""
    from dataclasses import replace

    return replace(ground, items=tuple(_Reader(ground).read()))


def main_figure(ground: FactSet) -> Field | None:
    """The figure an answer is about: the derived step asked for, else the sort key, else the first."""
    figures = ground.figures
    if not figures:
        return None
    by_task = {"share": "share", "composition": "share", "growth": "pct_change"}
    wanted = by_task.get(ground.task)
    for figure in figures:
        if wanted and figure.fn == wanted:
            return figure
    keys = [name for name, _ in ground.order]
    sorted_by = next((f for f in figures if f.name in keys[:1]), None)
    if sorted_by is not None and sorted_by.fn != "rank":
        return sorted_by
    plain = [f for f in figures if f.fn != "rank"] or list(figures)
    steps = [f for f in plain if f.role == "derived"]
    return steps[-1] if steps and ground.task not in ("trend", "rank", "compare", "extreme") else plain[0]


def extreme_is_known(ground: FactSet, figure: Field, end: str) -> bool:
    """Whether the largest (or smallest) group is surely among the rows, although others were cut."""
    if not ground.cut:
        return True
    if ground.skip or not ground.order:
        return False
    return ground.order[0] == (figure.name, "desc" if end == "max" else "asc")


class _Reader:
    """Reads the facts of one result."""

    def __init__(self, ground: FactSet) -> None:
        self.ground = ground

    def _fact(self, type_: FactType, figure: Field | None, **more: Any) -> Fact:
        ground = self.ground
        return Fact(
            type=type_,
            plan=ground.plan,
            subspace=tuple(c.label.en or c.op for c in ground.conditions),
            breakdown=tuple(f.name for f in ground.groups),
            measure=figure.name if figure else "",
            n=len(ground.rows),
            rows_used=ground.rows_used,
            rows_total=ground.rows_total,
            **more,
        )

    def read(self) -> list[Fact]:
        ground = self.ground
        if not ground.rows:
            return [self._fact("empty", None)]
        if not ground.figures:
            return [self._fact("list", None, values={"rows": len(ground.rows)})]
        facts = self._grouped() if ground.groups else self._single()
        for figure in ground.figures:
            if ground.nulls.get(figure.name) and figure.fn not in ("count", "distinct"):
                facts.append(self._fact("missingness", figure, values={"nulls": ground.nulls[figure.name]}))
        return facts

    def _single(self) -> list[Fact]:
        facts: list[Fact] = []
        for figure in self.ground.figures:
            value = self.ground.rows[0].get(figure.name)
            if figure.fn == "corr" and isinstance(value, float):
                facts.append(self._fact("correlation", figure, values={"value": value}, effect=value))
            else:
                facts.append(self._fact("value", figure, values={"value": value}))
        return facts

    def _grouped(self) -> list[Fact]:
        ground = self.ground
        figure = main_figure(ground)
        if figure is None:
            return []
        known = [(self._group(r), plain_number(r.get(figure.name))) for r in ground.rows]
        whole = [(group, value) for group, value in known if value is not None]
        # rows that belong to no known group are a remainder, not a group that can win or come last
        pairs = [(group, value) for group, value in whole if all(v is not None for _, v in group)] or whole
        if not pairs:
            return [self._fact("empty", figure, values={"rows": len(ground.rows)})]
        groups = ground.groups
        facts: list[Fact] = []
        if len(groups) == 1 and on_calendar(groups[0]) and figure.fn not in ("share", "rank"):
            facts += self._over_time(figure, groups[0])
        elif len(groups) == 1 and groups[0].width is not None:
            facts.append(self._distribution(figure, pairs, sum(v for _, v in whole)))
        facts += self._extremes(figure, pairs)
        if len(groups) == 1 and not on_calendar(groups[0]):
            facts += self._ranking(figure, pairs, [v for _, v in whole])
        return facts

    def _group(self, row: Mapping[str, Any]) -> Group:
        return tuple((f.name, row.get(f.name)) for f in self.ground.groups)

    def _extremes(self, figure: Field, pairs: list[tuple[Group, Any]]) -> list[Fact]:
        facts: list[Fact] = []
        for end, pick in (("max", max), ("min", min)):
            if extreme_is_known(self.ground, figure, end):
                value = pick(v for _, v in pairs)
                focus = tuple(group for group, v in pairs if v == value)
                facts.append(self._fact("extreme", figure, focus=focus, values={"value": value, "end": end}))
        return facts

    def _ranking(self, figure: Field, pairs: list[tuple[Group, Any]], cells: list[Any]) -> list[Fact]:
        ground = self.ground
        ascending = bool(ground.order) and ground.order[0] == (figure.name, "asc")
        ordered = sorted(pairs, key=lambda p: p[1], reverse=not ascending)
        facts = [
            self._fact(
                "rank",
                figure,
                focus=tuple(group for group, _ in ordered),
                values={"values": tuple(v for _, v in ordered), "dir": "asc" if ascending else "desc"},
            )
        ]
        if len(ordered) == 2:
            (a, x), (b, y) = ordered
            facts.append(self._fact("difference", figure, focus=(a, b), values={"difference": x - y}))
        total = sum(cells)
        whole = figure.additive and not figure.percent and not ground.cut and not ground.keeps
        if whole and total > 0 and min(cells) >= 0 and len(pairs) > 1:
            best, value = max(pairs, key=lambda p: p[1])
            facts.append(
                self._fact("share", figure, focus=(best,), values={"share": value / total, "total": total})
            )
        return facts

    def _distribution(self, figure: Field, pairs: list[tuple[Group, Any]], total: Any) -> Fact:
        best, value = max(pairs, key=lambda p: p[1])
        values: dict[str, Any] = {"value": value}
        if figure.additive and not self.ground.cut and total:
            values |= {"share": value / total, "total": total}
        return self._fact("distribution", figure, focus=(best,), values=values)

    def _over_time(self, figure: Field, time: Field) -> list[Fact]:
        rows = [
            (self._group(row), row.get(time.name), plain_number(row.get(figure.name)))
            for row in self.ground.rows
        ]
        known = sorted(
            (
                (group, when, float(value))
                for group, when, value in rows
                if when is not None and value is not None
            ),
            key=lambda r: r[1],
        )
        if figure.fn in ("pct_change", "difference") and len(known) == 1:
            only, _, value = known[0]
            return [self._fact("growth", figure, focus=(only, only), values={"first": value, "last": value})]
        if len(known) < 2:
            return []
        (first, _, start), (last, _, end) = known[0], known[-1]
        direction = "up" if end > start else "down" if end < start else "flat"
        values: dict[str, Any] = {"first": start, "last": end, "direction": direction}
        if start > 0 and not figure.percent:
            values["change"] = (end - start) / start
        kind: FactType = "growth" if figure.fn in ("pct_change", "difference") else "trend"
        effect = {"up": 1.0, "down": -1.0, "flat": 0.0}[direction]
        return [self._fact(kind, figure, focus=(first, last), values=values, effect=effect)]


def list_name(ground: FactSet) -> Field | None:
    """The column of a row list that names its rows, or None."""
    texts = [f for f in ground.fields if f.kind == "text"]
    naming = [f for f in texts if f.naming]
    found = naming or texts
    return found[0] if found else None


def compared_with(ground: FactSet, step: Field, group: Field, row: Mapping[str, Any]) -> Any:
    """The cell of ``group`` that a change in ``row`` was measured against, or None.

    It is found by redoing the subtraction, so that a gap in the calendar cannot make the words wrong.
    """
    base = ground.field(step.of)
    if base is None:
        return None
    now = plain_number(row.get(base.name))
    moved = plain_number(row.get(step.name))
    earlier = sorted(
        (r for r in ground.rows if r.get(group.name) is not None and r[group.name] < row[group.name]),
        key=lambda r: r[group.name],
        reverse=True,
    )
    for other in earlier:
        before = plain_number(other.get(base.name))
        if before is None or now is None or moved is None or (step.fn == "pct_change" and not before):
            continue
        change = (now - before) / before if step.fn == "pct_change" else now - before
        if abs(change - moved) <= 1e-9 * max(1.0, abs(change)):
            return other[group.name]
    return None
