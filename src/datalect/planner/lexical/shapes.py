"""The shapes a frame can take as a plan, and those that list rows or give one figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from datalect.plan.model import Range
from datalect.planner.lexical.breakdown import breakdown, group_having
from datalect.planner.lexical.build import Builder
from datalect.planner.lexical.defaults import (
    grouping_column,
    label_column,
    label_columns,
    natural_aggregate,
    row_level,
)
from datalect.planner.lexical.derived import (
    correlation,
    distribution,
    expected_rows,
    ratio,
    splits,
    two_numbers,
    with_show,
)
from datalect.planner.lexical.draft import Draft, table_of
from datalect.planner.lexical.frame import Want
from datalect.planner.lexical.grouped import top_groups
from datalect.planner.lexical.listing import spelled_out, whole_name, whole_rows, with_owners, with_partners
from datalect.planner.lexical.one_by_one import one_by_one, quotients_apart, several_apart, several_times
from datalect.planner.lexical.sequence import is_quantity, is_time
from datalect.planner.lexical.sides import side_filters
from datalect.planner.lexical.top_share import top_share

Shape = Callable[[], Draft | None]


def shapes(b: Builder) -> Iterator[Shape]:
    """Shapes worth trying for a frame, most specific first."""
    frame = b.frame
    steps = {name for name, _ in frame.steps}
    if "corr" in steps:
        yield lambda: correlation(b)
        yield lambda: pairs(b)
        return
    if "dist" in steps and not frame.rank and any(w.kind == "agg" for w in frame.wants):
        yield lambda: breakdown(
            b, 1.2
        )  # "the distribution of origin and the average price" is the latter by the former
        return
    if "dist" in steps and not frame.rank:
        yield lambda: distribution(b)
        columns = sum(1 for w in frame.wants if w.kind == "col") + len(frame.groups)
        if columns >= 2:
            yield lambda: rows(b, 0.7 if _measures(b) else 1.0)
            yield lambda: breakdown(b)
        return
    if "share" in steps:
        if frame.mark == "pie" and sum(1 for w in frame.wants if w.kind == "col") == 2 and not frame.groups:
            yield lambda: rows(b, 0.97)  # "a pie of the proportion of name and price": each with its figure
        yield lambda: top_share(b) if frame.rank is not None else ratio(b)
        yield lambda: breakdown(b, 1.0 if frame.groups and not splits(b) else 0.7)
        return
    measured = any(w.kind in ("agg", "count", "nested", "ratio") for w in frame.wants)
    derived = bool(steps & {"growth", "trend", "cumulative", "moving", "rank", "change"})
    if frame.rank is not None:
        yield lambda: top_rows(b)
        yield lambda: top_groups(b)
        yield lambda: extreme(b)
        return
    if frame.apart is not None:
        yield lambda: breakdown(b)
        return
    sided = frame.rest is not None or bool(side_filters(frame))
    if measured or frame.groups or derived or frame.havings or frame.compare or sided:
        yield lambda: breakdown(b)
        if not measured:
            yield lambda: rows(b, 0.55)
        return
    yield lambda: rows(b, 1.0)
    yield lambda: total(b)
    if quotients_apart(b):
        yield lambda: breakdown(b)
    elif several_apart(b):
        yield lambda: breakdown(b, 0.78)
    yield lambda: group_having(b)


def _measures(b: Builder) -> bool:
    """Whether one of the columns asked for holds figures."""
    columns = [b.picked(w.ref, Draft()) for w in b.frame.wants if w.kind == "col"]
    return any(c is not None and is_quantity(c) and not is_time(c) for c in columns)


def _list_columns(b: Builder, draft: Draft) -> list[str]:
    out: list[str] = []
    for want in b.frame.wants:
        if want.kind == "implied":
            continue
        choice = b.scene.pick(want.ref, draft)
        if choice is None or choice.kind != "col" or choice.ref in out:
            continue
        draft.why[f"list.{choice.ref}"] = want.at
        out.extend(c for c in whole_name(b, choice.ref, want.ref) if c not in out)
    implied = [w for w in b.frame.wants if w.kind == "implied" and w.ref is not None]
    for want in implied:
        if out and not _asks_for(b, want):
            continue
        column = b.picked(want.ref, draft)
        if column is not None and column.id not in out:
            draft.why[f"list.{column.id}"] = want.at
            out.extend(c for c in whole_name(b, column.id, want.ref) if c not in out)
    return out


_ASKED = ("who", "when", "where", "what year", "in what year", "which year", "in which year", "what date",
          "what day", "on what", "on which",
          "谁", "何时", "哪里", "什么时候",
          "哪年", "哪一年", "多大", "多高", "多重", "几岁", "哪天", "哪一天")  # fmt: skip


def _asks_for(b: Builder, want: Want) -> bool:
    """Whether a word that stands for a column also asks for it: who, when, in what year."""
    return b.seq.items[want.at].text.startswith(_ASKED)


def _labels(b: Builder, draft: Draft) -> list[str]:
    """The columns that name the rows of the table asked for."""
    for name, at in b.frame.tables:
        table = b.catalog.table(name)
        if table is None:
            continue
        columns = label_columns(table)
        if columns:
            draft.why[f"list.{columns[0].id}"] = at
            return [c.id for c in columns]
        return [c.id for c in table.columns if not c.hidden][:20]
    return []


def rows(b: Builder, weight: float) -> Draft | None:
    """A list of rows with the columns asked for."""
    draft = Draft(weight=weight)
    columns = whole_rows(b) if b.frame.whole else _list_columns(b, draft)
    if not columns and b.frame.groups:
        return None
    asked = bool(columns)
    for group in b.frame.groups:
        if group.grain:
            draft.weight *= 0.4  # rows one by one are not put together by month
        column = b.picked(group.ref, draft) if group.ref is not None else None
        if column is not None and column.id not in columns:
            columns.append(column.id)
        if group.table is not None and (things := b.catalog.table(group.table)) is not None and not columns:
            columns = [c.id for c in label_columns(things)]
            draft.weight *= 1.5
    if not columns:
        columns = _labels(b, draft)
        draft.weight *= 0.85
    if not columns:
        if not b.frame.filters:
            return None
        columns = _labels_of_filters(b, draft)
        draft.weight *= 0.7
        if not columns:
            return None
    draft.weight *= _too_many(b, columns)
    if len(b.catalog.tables) > 1 and not b.frame.whole:
        columns = with_owners(b, columns) if asked else columns
        columns = with_partners(b, draft, columns)
    for filter_ in b.frame.filters:
        # "total in CA, NY and FL": which figure belongs to which
        several = len(filter_.hits) > 1 if filter_.kind == "value" else filter_.op == "in"
        several = several and filter_.fn != "both"
        told = b.picked(filter_.ref, draft) if several and not filter_.neg else None
        if told is not None and told.id not in columns:
            columns.insert(0, told.id)
    when = several_times(b, draft, {c.table for ref in columns if (c := b.seq.column(ref)) is not None})
    dated = (
        when is not None
        and when.id not in columns
        and any((c := b.seq.column(ref)) is not None and (is_quantity(c) or one_by_one(b)) for ref in columns)
    )
    if when is not None and dated:
        columns.insert(0, when.id)  # which figure belongs to which time
    plan: dict[str, Any] = {"list": columns}
    if when is not None and dated and b.frame.sorting is None:
        plan["sort"] = [{"of": when.id, "dir": "asc"}]
    if b.frame.distinct or (len(columns) == 1 and _repeats(b, columns[0])):
        plan["distinct"] = True
    if asked and not b.frame.whole and len({table_of(c, b.seq) for c in columns}) == 1:
        texts = {c.ref: w.ref.text for w in b.frame.wants if w.ref is not None for c in w.ref.choices}
        plan["_tables"] = {table_of(c, b.seq) for c in columns}
        plan["list"] = spelled_out(b, columns, texts)
    if b.frame.sorting is not None:
        _sort_rows(b, draft, plan)
    if b.frame.limit:
        plan["top"] = b.frame.limit
    plan["task"] = "list"
    draft.plan = with_show(b, plan)
    return draft


def _too_many(b: Builder, columns: list[str]) -> float:
    """How likely many numbers without a word about which rows are wanted one by one."""
    if len(columns) != 1 or b.frame.listing or b.frame.asks_which or b.frame.mark:
        return 1.0
    column = b.seq.column(columns[0])
    if column is None:
        return 1.0
    bounds = [
        f for f in b.frame.filters if f.kind == "number" and f.ref is not None and f.op not in ("=", "!=")
    ]
    if not is_quantity(column) and not row_level(column) and bounds:
        return 0.7
    if not is_quantity(column) or is_time(column):
        return 1.0
    expected = expected_rows(b)
    apart = any(item.text[:1] in ("各", "每") or item.text == "分别" for item in b.seq.items)
    single = not apart and any(item.text in _ONE_FIGURE for item in b.seq.items)
    return 1.0 if expected <= 1.5 else 0.85 if expected <= 12 and not single else 0.5


_ONE_FIGURE = ("是多少", "为多少", "是几")


def _repeats(b: Builder, ref: str) -> bool:
    column = b.seq.column(ref)
    return (
        column is not None
        and not is_quantity(column)
        and not row_level(column)
        and not b.frame.filters
        and not is_time(column)
    )


def _labels_of_filters(b: Builder, draft: Draft) -> list[str]:
    for filter_ in b.frame.filters:
        column = b.picked(filter_.ref, draft)
        table = b.catalog.table(column.table) if column is not None else None
        label = label_column(table) if table is not None else None
        if label is not None and column is not None and (label.id != column.id or filter_.kind == "text"):
            return [label.id]
    return []


def _sort_rows(b: Builder, draft: Draft, plan: dict[str, Any]) -> None:
    sorting = b.frame.sorting
    if sorting is None:
        return
    target: str | None = None
    if sorting.by is not None:
        column = b.picked(sorting.by.ref, draft)
        target = column.id if column is not None else None
    elif sorting.axis == "x":
        target = plan["list"][0]
    elif sorting.axis == "y":
        target = plan["list"][min(1, len(plan["list"]) - 1)]
    else:
        numbers = [c for c in plan["list"] if (col := b.seq.column(c)) is not None and is_quantity(col)]
        target = (numbers or plan["list"])[0]
    if target is not None:
        plan["sort"] = [{"of": target, "dir": sorting.direction or "asc"}]


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
    columns = [c for c in _list_columns(b, draft)]
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
    if any(w.kind == "implied" and _asks_for(b, w) for w in b.frame.wants):
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


def total(b: Builder) -> Draft | None:
    """One figure for a column nobody named an aggregate for: "sales in 2023"."""
    draft = Draft()
    wants = [w for w in b.frame.wants if w.kind in ("col", "implied") and w.ref is not None]
    if len(wants) != 1 or (b.frame.listing and not b.frame.filters) or b.frame.asks_which:
        return None
    choice = b.quantity_choice(wants[0], draft)
    column = b.col(choice)
    if choice is None or (column is not None and is_time(column)):
        return None
    measure = b.measure(wants[0], draft)
    if measure is None:
        return None
    expected = expected_rows(b)
    if choice.kind == "metric":
        weight = 1.0
    elif measure.get("fn") == "sum" or choice.kind == "expr":
        weight = 0.3 if expected <= 1.5 else 0.95 if expected > 12 else 0.75
    else:
        weight = 0.2 if expected <= 1.5 else 0.8 if expected > 12 else 0.5
    listed = any(f.kind == "value" and f.fn == "and" and len(f.hits) > 1 for f in b.frame.filters)
    if listed and measure.get("fn") in ("avg", "ratio"):
        weight *= 0.5  # nobody wants the level of two countries taken together
    if b.frame.listing:
        weight *= 0.7
    if b.frame.distinct:
        weight *= 0.3
    if several_apart(b):
        weight *= 0.4
    draft.weight *= weight
    draft.plan = with_show(b, {"get": [measure], "task": "value"})
    return draft


def pairs(b: Builder) -> Draft | None:
    """Both numbers row by row, for a scatter plot; or one figure by the values of a category."""
    draft = Draft(weight=0.8 if b.frame.mark in ("point", "auto") else 0.55)
    found = two_numbers(b, draft)
    if len(found) == 2:
        refs = [w.ref for w in b.frame.wants if w.kind == "col"] + [g.ref for g in b.frame.groups if g.ref]
        others = [b.picked(ref, draft) for ref in refs]
        extra = [c.id for c in others if c is not None and c not in found]
        draft.plan = with_show(b, {"list": [*(c.id for c in found), *extra], "task": "correlation"})
        return draft
    if len(found) == 1:
        return breakdown(b)
    return None
