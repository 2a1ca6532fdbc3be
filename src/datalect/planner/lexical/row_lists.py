"""Lists of rows with the columns asked for."""

from __future__ import annotations

from typing import Any

from datalect.planner.lexical.build import Builder
from datalect.planner.lexical.defaults import (
    label_column,
    label_columns,
    row_level,
)
from datalect.planner.lexical.derived import (
    expected_rows,
    with_show,
)
from datalect.planner.lexical.draft import Draft, table_of
from datalect.planner.lexical.frame import Want
from datalect.planner.lexical.listing import spelled_out, whole_name, whole_rows, with_owners, with_partners
from datalect.planner.lexical.one_by_one import one_by_one, several_times
from datalect.planner.lexical.sequence import is_quantity, is_time


def list_columns(b: Builder, draft: Draft) -> list[str]:
    """The columns a question names to be shown, in its order."""
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
        if out and not asks_for(b, want):
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


def asks_for(b: Builder, want: Want) -> bool:
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
    columns = whole_rows(b) if b.frame.whole else list_columns(b, draft)
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
