"""Figures by group: breakdowns, rankings of groups, bounds on groups."""

from __future__ import annotations

from typing import Any

from datalect.planner.lexical.breakdown import havings, lone_measure, present
from datalect.planner.lexical.build import Builder
from datalect.planner.lexical.defaults import key_column, row_level
from datalect.planner.lexical.derived import (
    expected_rows,
    with_show,
)
from datalect.planner.lexical.draft import Draft, tables_in
from datalect.planner.lexical.frame import Group
from datalect.planner.lexical.sequence import is_quantity, is_time
from datalect.planner.lexical.tags import tag_group, tag_measure
from datalect.planner.lexical.things import told_apart


def top_groups(b: Builder) -> Draft | None:
    """The groups with the largest or smallest figure: "which city has the most orders"."""
    rank = b.frame.rank
    if rank is None:
        return None
    draft = Draft()
    groups: list[Group] = []
    if rank.entity is not None and rank.entity.choices:
        groups = [Group(rank.entity, at=rank.at)]
    elif rank.entity_table is not None:
        groups = [Group(None, table=rank.entity_table, at=rank.at)]
    within = [g for g in b.frame.groups]
    wants = list(b.frame.wants)
    if not groups and within:
        if rank.superlative and not b.frame.asks_which:
            draft.weight *= 0.7  # "highest price for each city" asks for every city
        groups, within = within[:1], within[1:]
    if not groups:
        columns = [
            w
            for w in wants
            if w.kind == "col"
            and (c := b.picked(w.ref, draft)) is not None
            and (not is_quantity(c) or is_time(c))
        ]
        if columns:
            groups = [Group(columns[0].ref, at=columns[0].at)]
            wants.remove(columns[0])
            extra = [w for w in columns[1:]]
            wants = [w for w in wants if w not in extra]
            within = [Group(w.ref, at=w.at) for w in extra]
            if extra:
                draft.weight *= 0.7
        elif b.frame.tables:
            table = next((t for t, _ in b.frame.tables if rank.by is None or t != rank.by.table), None)
            if table is None:
                return None
            groups = [Group(None, table=table, at=b.frame.tables[0][1])]
    if not groups:
        return None
    measures: list[dict[str, Any]] = []
    if rank.by is not None:
        measure = None
        if rank.by.kind == "count" and rank.by.table and _mass(b.seq.items[rank.by.at].text):
            measure = lone_measure(b, draft)  # "the most electricity" is no number of rows
        measure = measure or b.measure(rank.by, draft)
        if measure is not None:
            measures.append({**measure, **_told(b, groups)} if measure == {"fn": "count"} else measure)
    for want in wants:
        if want.kind in ("agg", "count", "nested", "ratio"):
            measure = b.measure(want, draft)
            if measure is not None and measure not in measures:
                measures.append(measure)
        elif want.kind == "col" and rank.by is None and b.quantity_choice(want, draft) is not None:
            measure = b.measure(want, draft)
            if measure is not None:
                measures.append(measure)
    if not measures and rank.by is None and not _common(b) and (lone := lone_measure(b, draft)) is not None:
        measures = [lone]  # "which source generated the most": there is only one number to go by
    if not measures:
        if rank.by is None and not rank.explicit_n and not _common(b):
            draft.weight *= 0.5
        measures = [{"fn": "count", **_told(b, groups)}]
        draft.note("Ranked by the number of rows.", "按行数排名。", 0.75 if not _common(b) else 1.0)
    things = b.catalog.table(groups[0].table) if groups[0].table is not None else None
    key = key_column(things) if things is not None and len(b.catalog.tables) > 1 else None
    if key is not None and measures[0].get("fn") == "count":
        counted = b.of_each(measures[0], key.id, draft)  # each product is one row of its own table
        measures[0] = counted if counted is not None else measures[0]
    tables = tables_in(measures, b.seq) | {str(m["_table"]) for m in measures if "_table" in m}
    taken: set[str] = set()
    by = [g for g in (b.group(x, draft, tables) for x in groups) if g is not None]
    if not by:
        return None
    if things is not None and not within:
        by = told_apart(by[0], things)
    first = b.seq.column(by[0]["col"])
    own = rank.by.ref.choices[0] if rank.by is not None and rank.by.kind == "col" and rank.by.ref else None
    computed = (
        own is not None and own.kind == "expr"
    )  # no column by which the rows could be ranked one by one
    if first is not None and own is not None and not computed:
        if measures[0].get("fn") == "avg":
            draft.weight *= 0.6
        if first.table in tables and expected_rows(b) <= 1.3 * max(1, first.profile.distinct):
            draft.weight *= 0.8
    if (
        first is not None
        and row_level(first)
        and not computed
        and not {"grain", "bins"} & set(by[0])
        and measures[0].get("fn") in ("sum", "avg", "count")
        and len({first.table, *tables}) == 1
    ):
        draft.weight *= 0.3 if measures[0].get("fn") == "count" else 0.5
    plan: dict[str, Any] = {"by": by, "get": measures}
    if within and len(by) < 2:
        inner = b.group(within[0], draft, tables)
        if inner is not None and inner["col"] != by[0]["col"]:
            plan["by"] = [inner, *by]
            plan["top_per"] = tag_group(inner, b.seq, taken)
    for group in plan["by"]:
        tag_group(group, b.seq, taken)
    name = tag_measure(measures[0], b.seq, taken)
    plan["sort"] = [{"of": name, "dir": rank.direction}]
    plan["top"] = rank.n
    if rank.skip:
        plan["skip"] = rank.skip
    havings(b, draft, plan, taken)
    plan["where"] = present(b, by[:1])
    plan["task"] = "extreme" if rank.n == 1 else "rank"
    draft.plan = with_show(b, plan)
    return draft


def _told(b: Builder, groups: list[Group]) -> dict[str, str]:
    """The table whose rows are counted when the question names one that hangs on the things ranked."""
    things = {g.table for g in groups} | {
        c.table for g in groups if g.ref is not None for x in g.ref.choices[:1] if (c := b.seq.column(x.ref))
    }
    for name, _ in b.frame.tables:
        if name not in things and any(
            key.table == name and key.ref_table in things for key in b.catalog.foreign_keys
        ):
            return {"_table": name}
    return {}


def _common(b: Builder) -> bool:
    rank = b.frame.rank
    if (
        rank is not None
        and b.seq.items[rank.at].text.endswith("most")
        and any(g.grain for g in b.frame.groups)
    ):
        return True  # "at what hour do most pickups happen"
    return rank is not None and any(
        w in b.seq.items[rank.at].text
        for w in ("common", "frequent", "popular", "often", "常见", "受欢迎", "热门", "最火")
    )


def _mass(word: str) -> bool:
    """Whether an English noun names an amount rather than things: it has no plural ending."""
    return word.isascii() and word.isalpha() and not word.endswith("s")
