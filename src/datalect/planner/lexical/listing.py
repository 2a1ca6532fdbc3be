"""The columns of a row list over several tables: whose rows they are, and what goes with them."""

from __future__ import annotations

from datalect.data.model import Column
from datalect.planner.lexical.build import Builder
from datalect.planner.lexical.defaults import label_columns
from datalect.planner.lexical.draft import Draft, table_of
from datalect.planner.lexical.frame import Ref
from datalect.planner.lexical.things import telling_columns
from datalect.planner.linking.tokens import split_header

_CODES = ("id", "ids", "code", "codes", "number", "编号", "号", "代码", "工号")
_WHO = ("who", "whom", "whose", "谁", "name", "names", "姓名", "名字")


def whole_rows(b: Builder) -> list[str]:
    """All columns of the table "all information about ..." speaks of."""
    held = [table_of(c.ref, b.seq) for f in b.frame.filters if f.ref for c in f.ref.choices[:1]]
    names = [t for t, _ in b.frame.tables] or held or [t.name for t in b.catalog.tables]
    if not (b.frame.tables or held) and len(b.catalog.tables) > 1:
        return []
    table = b.catalog.table(names[0])
    return [c.id for c in table.columns if not c.hidden][:30] if table is not None else []


def whole_name(b: Builder, ref: str, asked: Ref | None) -> list[str]:
    """A column, or both parts of a name where neither was asked for apart: "customer names"."""
    text = asked.text if asked is not None else ""
    column = b.seq.column(ref)
    table = b.catalog.table(column.table) if column is not None else None
    pair = label_columns(table) if table is not None else []
    named = text.endswith(("name", "names", "姓名", "名字", "名称")) or text.startswith(
        ("name of", "names of")
    )
    apart = any(w in text for w in ("first", "last", "given", "family", "sur", "fore", "姓氏"))
    if len(pair) != 2 or ref != pair[0].id or not named or apart:
        return [ref]
    return [c.id for c in pair]


def with_owners(b: Builder, columns: list[str], things: str | None = None) -> list[str]:
    """The columns with the names of the things they are listed for: "list invoices with customer names".

    Args:
        b: the frame and the catalog.
        columns: full ids of the columns asked for.
        things: the table whose rows are listed, when it is known.
    """
    name = things or _listed_first(b)
    table = b.catalog.table(name) if name is not None else None
    if table is None or name is None:
        return columns
    apart = [c for c in columns if table_of(c, b.seq) != name or _points_back(b, c)]
    reached = all(
        table_of(c, b.seq) == name or b.scene.graph.distance(name, table_of(c, b.seq)) for c in apart
    )
    own = [c.id for c in label_columns(table)]
    if not apart or not reached or any(c in columns for c in own):
        return columns
    return [*own, *columns]


def _points_back(b: Builder, ref: str) -> bool:
    """Whether a column points at another thing of its own table: the manager of an employee."""
    column = b.seq.column(ref)
    return column is not None and any(
        k.table == k.ref_table == column.table and k.columns == (column.name,) for k in b.catalog.foreign_keys
    )


def _listed_first(b: Builder) -> str | None:
    """The table whose name stands before every column asked for."""
    first = min((w.at for w in b.frame.wants if w.kind == "col"), default=-1)
    named = [(at, t) for t, at in b.frame.tables if at < first]
    return min(named)[1] if named else None


def with_partners(b: Builder, draft: Draft, columns: list[str]) -> list[str]:
    """The columns with the names of what each row belongs to: "the longest tracks with their artist"."""
    if not columns:
        return columns
    base = table_of(columns[0], b.seq)
    asked = {table_of(c, b.seq) for c in columns}
    tested = {
        table_of(c.ref, b.seq) for f in b.frame.filters if f.ref is not None for c in f.ref.choices[:1]
    } | {f.table for f in b.frame.filters}
    out = list(columns)
    for name, at in b.frame.tables:
        if name in asked | tested or not b.scene.graph.distance(base, name) or not _joined(b, at):
            continue
        table = b.catalog.table(name)
        for column in label_columns(table) if table is not None else ():
            out.append(column.id)
            draft.why[f"list.{column.id}"] = at
    return out


def _joined(b: Builder, at: int) -> bool:
    """Whether "with", "and" or "their" leads to a table: what it names goes with the rows."""
    for k in range(at - 1, max(-1, at - 4), -1):
        if b.seq.cue(k, "and", "has") or b.seq.items[k].text in (
            "with",
            "their",
            "its",
            "and",
            "plus",
            "及其",
            "的",
        ):
            return True
        if not b.seq.glue(k) and b.seq.items[k].text not in (
            "它",
            "们",
            "它们",
            "他们",
            "其",
            "对应",
            "所属",
        ):
            return False
    return False


def spelled_out(b: Builder, columns: list[str], texts: dict[str, str]) -> list[str]:
    """The columns with the names behind keys: the head of a department is a person, not a number.

    Args:
        b: the frame and the catalog.
        columns: full ids.
        texts: column id -> the words that asked for it.
    """
    out: list[str] = []
    who = any(item.text.startswith(_WHO) for item in b.seq.items)
    for ref in columns:
        names = _behind(b, ref, texts.get(ref, ""))
        if not names or not who:
            out.append(ref)
        out.extend(n for n in names if n not in out and n not in columns)
    return out


def _behind(b: Builder, ref: str, text: str) -> list[str]:
    column: Column | None = b.seq.column(ref)
    if column is None or any(w in _CODES for w in text.split()) or text.endswith(_CODES):
        return []
    keys = [k for k in b.catalog.foreign_keys if k.table == column.table and k.columns == (column.name,)]
    if len(keys) != 1:
        return []
    there = b.catalog.table(keys[0].ref_table)
    if there is None or {"id", "ids"} & set(split_header(text)):
        return []
    names = [c.name for c in telling_columns(there) if c.name not in keys[0].ref_columns]
    return [f"{column.name}>{there.name}.{name}" for name in names]
