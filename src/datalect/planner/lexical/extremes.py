"""The rows with the largest or smallest number, and that number itself."""

from __future__ import annotations

from typing import Any

from datalect.plan.model import Range
from datalect.planner.lexical.build import Builder
from datalect.planner.lexical.defaults import (
    grouping_column,
    label_columns,
    natural_aggregate,
    row_level,
)
from datalect.planner.lexical.derived import (
    expected_rows,
    with_show,
)
from datalect.planner.lexical.draft import Draft
from datalect.planner.lexical.listing import whole_name, with_owners, with_partners
from datalect.planner.lexical.row_lists import asks_for, list_columns
from datalect.planner.lexical.sequence import is_quantity, is_time


def top_rows(b: Builder) -> Draft | None:
    """The rows with the largest or smallest number: "the three most expensive cars"."""
    rank = b.frame.rank
    if rank is None:
        return None
    draft = Draft()
    if b.frame.groups or any(w.kind in ("agg", "count", "nested", "ratio") for w in b.frame.wants):
        return None
    if rank.by is not None and rank.by.kind != "col":
        return None
    if _asks_figure(b) and rank.n == 1:
        draft.weight *= 0.45
    by = b.picked(rank.by.ref, draft) if rank.by is not None else None
    columns = [c for c in list_columns(b, draft)]
    entity = b.picked(rank.entity, draft) if rank.entity is not None else None
    if entity is not None:
        draft.why[f"list.{entity.id}"] = rank.at
        if entity.id not in columns:
            columns = [*(c for c in whole_name(b, entity.id, rank.entity) if c not in columns), *columns]
    if by is None:
        numbers = [c for c in columns if (col := b.seq.column(c)) is not None and is_quantity(col)]
        if len(numbers) != 1:
            return None
        by = b.seq.column(numbers[0])
    if by is None or not (is_quantity(by) or is_time(by)):
        return None
    shown = [c for c in columns if c != by.id]
    if not shown:
        table_name = rank.entity_table or next((t for t, _ in b.frame.tables), None)
        table = b.catalog.table(table_name or by.table)
        label = grouping_column(table) if table is not None else None
        if (
            rank.superlative
            and rank.entity_table is None
            and not b.frame.tables
            and not b.frame.asks_which
            and not b.frame.listing
            and not _adjective(b)
        ):
            draft.weight *= 0.55
        if label is None or label.id == by.id:
            if rank.entity_table is not None and table is not None:
                shown = [c.id for c in table.columns if not c.hidden and c.id != by.id][:20]
            elif not rank.explicit_n:
                return None
        else:
            shown = [c.id for c in label_columns(table)] if table is not None else []
            shown = shown or [label.id]
    head = b.seq.column(shown[0]) if shown else None
    if head is not None and head.table != by.table and b.scene.graph.distance(by.table, head.table):
        draft.weight *= 0.35  # many rows of the measured table belong to each of the things ranked
    if (
        head is not None
        and not row_level(head)
        and len(shown) == 1
        and (not is_quantity(head) or is_time(head))
    ):
        # a category with many rows: groups are meant, unless each row is a thing of its own
        many = head.profile.distinct > 0.6 * max(1, head.profile.rows)
        level = natural_aggregate(by)[0] == "avg" or is_time(by)
        alone = expected_rows(b) <= 1.3 * max(1, head.profile.distinct)
        if alone and natural_aggregate(by)[0] == "sum" and _some_time(b):
            alone = head.profile.rows <= 3 * max(
                1, head.profile.distinct
            )  # nobody knows how many rows a year has
        draft.weight *= 0.97 if alone else 0.9 if level else 0.75 if many else 0.4
    if (
        any((c := b.seq.column(s)) is not None and is_quantity(c) and not is_time(c) for s in shown)
        and not rank.explicit_n
        and len(shown) == 1
    ):
        draft.weight *= 0.9
    if len(b.catalog.tables) > 1:
        things = rank.entity_table if rank.entity_table == by.table else None
        shown = with_partners(b, draft, with_owners(b, shown, things) if things else shown)
    plan: dict[str, Any] = {
        "list": [*shown, by.id],
        "sort": [{"of": by.id, "dir": rank.direction}],
        "top": rank.n,
    }
    if rank.skip:
        plan["skip"] = rank.skip
    draft.why[f"sort.{by.id}"] = rank.at
    if entity is not None and entity.profile.nulls and len(shown) == 1:
        plan["where"] = [{"not": {"col": entity.id, "op": "null"}}]  # what has no name wins no ranking
    plan["task"] = "extreme" if rank.n == 1 else "rank"
    draft.plan = with_show(b, plan)
    return draft


def _some_time(b: Builder) -> bool:
    """Whether rows of a stretch of time longer than a day are asked for, by a column of dates."""
    spans = [f.time.span for f in b.frame.filters if f.kind == "time" and f.time is not None]
    dated = any(
        c.dtype.upper().startswith(("DATE", "TIMESTAMP")) for t in b.catalog.tables for c in t.columns
    )
    return dated and any(getattr(s, "day", None) is None and not isinstance(s, Range) for s in spans)


def _asks_figure(b: Builder) -> bool:
    """Whether the words that stand for a column ask for the figure ranked by: 最贵的多少钱, "how old is the oldest"."""  # noqa: E501
    rank = b.frame.rank
    if rank is None or rank.by is None or rank.by.ref is None or b.frame.asks_which:
        return False
    ranked = {c.ref for c in rank.by.ref.choices}
    asked = [w for w in b.frame.wants if w.kind == "implied" and w.ref is not None]
    figures = [w for w in asked if ranked & {c.ref for c in w.ref.choices}]  # type: ignore[union-attr]
    texts = [b.seq.items[w.at].text for w in figures]
    return (
        bool(texts)
        and len(asked) == len(b.frame.wants)
        and all(t.startswith("how ") or "多" in t for t in texts)
    )


def _adjective(b: Builder) -> bool:
    rank = b.frame.rank
    return rank is not None and bool(b.seq.cue(rank.at, "adj")) and (rank.by is None or rank.by.at == rank.at)


_UNITS = ("年份", "年", "季度", "月份", "月", "周", "日", "天")


def extreme(b: Builder) -> Draft | None:
    """One largest or smallest number: "what is the highest price"."""
    rank = b.frame.rank
    if rank is None or rank.by is None or rank.entity is not None or rank.explicit_n or rank.by.kind != "col":
        return None
    draft = Draft()
    if rank.entity_table is not None:
        if b.frame.asks_which:
            return None
        if len(b.catalog.tables) > 1 and not b.frame.wants:
            draft.weight *= 0.35  # 销售额最高的产品 asks for the product
    if any(g.grain and b.seq.items[g.at].text in _UNITS and g.at > rank.at for g in b.frame.groups):
        return None  # 销售额最高的月份 asks for the month
    if any(w.kind == "implied" and asks_for(b, w) for w in b.frame.wants):
        draft.weight *= 0.3
    if _asks_figure(b):
        draft.weight *= 1.0
    elif (
        b.frame.asks_which
        or _adjective(b)
        or any(w.kind == "col" and w is not rank.by for w in b.frame.wants)
    ):
        draft.weight *= 0.4
    column = b.picked(rank.by.ref, draft)
    if column is None or (not is_quantity(column) and not is_time(column)):
        return None
    measure = {"fn": "max" if rank.direction == "desc" else "min", "col": column.id}
    draft.why[f"get.{column.id}"] = rank.by.at
    plan: dict[str, Any] = {"get": [measure], "task": "value"}
    by = [g for x in b.frame.groups[:2] if (g := b.group(x, draft, {column.table})) is not None]
    if by:
        plan["by"] = by
    if b.frame.tables and not by:
        draft.weight *= 0.9
    draft.plan = with_show(b, plan)
    return draft
