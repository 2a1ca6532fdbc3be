"""From a frame with columns chosen to candidate plans."""

from __future__ import annotations

from typing import Any

from datalect.data.model import Additivity, Column, SemanticType
from datalect.planner.lexical.conditions import main_time, test_of
from datalect.planner.lexical.defaults import (
    key_column,
    label_column,
    natural_aggregate,
    row_level,
    trend_grain,
)
from datalect.planner.lexical.draft import Draft, Scene, tables_in
from datalect.planner.lexical.either import either
from datalect.planner.lexical.frame import Choice, Group, Ref, Want
from datalect.planner.lexical.graph import partner_table
from datalect.planner.lexical.sequence import is_number, is_quantity, is_time
from datalect.planner.lexical.tags import shorten
from datalect.planner.lexical.things import hanging_tables, named_by, once_each, plays_role, with_each
from datalect.planner.lexical.ways import by_way
from datalect.planner.linking.tokens import split_header
from datalect.planner.linking.vocabulary import term_key

_SOLD = frozenset(
    "sold sell sells selling sales 卖 卖了 卖出 卖得最好 售出 销售 销量 销售量 卖得最差".split()
)
_AGGS = {"avg": ("average", "平均"), "sum": ("total", "合计")}


class Builder:
    """Builds the plans that one choice of columns allows."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.frame = scene.frame
        self.seq = scene.seq
        self.catalog = scene.seq.catalog

    # ------------------------------------------------------------ entry

    def drafts(self) -> list[Draft]:
        """All shapes worth trying, unfinished ones left out."""
        from datalect.planner.lexical.shapes import shapes

        out = []
        for shape in shapes(self):
            try:
                draft = shape()
            except (LookupError, TypeError):
                draft = None
            if draft is not None and (finished := self.finish(draft)) is not None:
                out.append(finished)
        return out

    # ------------------------------------------------------------ columns

    def col(self, choice: Choice | None) -> Column | None:
        """The column of a choice."""
        return self.seq.column(choice.ref) if choice is not None and choice.kind == "col" else None

    def picked(self, ref: Ref | None, draft: Draft) -> Column | None:
        """The column chosen for a slot."""
        return self.col(self.scene.pick(ref, draft))

    def quantity_choice(self, want: Want, draft: Draft) -> Choice | None:
        """The choice of a want when it can be aggregated."""
        choice = self.scene.pick(want.ref, draft)
        if choice is None:
            return None
        column = self.col(choice)
        return choice if choice.kind != "col" or (column is not None and is_quantity(column)) else None

    # ------------------------------------------------------------ measures

    def measure(self, want: Want, draft: Draft, *, fn: str | None = None) -> dict[str, Any] | None:
        """A want as a measure of the plan."""
        if want.kind == "count":
            return self.count(want, draft)
        if want.kind == "nested":
            return self.nested(want, draft)
        if want.kind == "ratio" and want.fn == "difference":
            ends = self.picked(want.ref, draft)
            if ends is None or not is_quantity(ends):
                return None
            most, fewest = ({"fn": fn, "col": ends.id} for fn in ("max", "min"))
            return {"fn": "difference", "num": most, "den": fewest}
        if want.kind == "ratio" and want.inner is not None:
            return self.quotient(want, want.inner, draft)
        choice = self.scene.pick(want.ref, draft)
        if choice is None:
            return None
        draft.why[f"get.{choice.ref}"] = want.at
        if (
            choice.kind == "expr"
            and choice.expr
            and choice.expr[0] == "/"
            and isinstance(choice.expr[2], str)
            and not fn
            and want.fn in ("", "avg")
        ):
            return {
                "fn": "ratio",
                "num": {"fn": "sum", "col": choice.expr[1]},
                "den": {"fn": "sum", "col": choice.expr[2]},
            }
        if choice.kind == "metric":
            return {"metric": choice.ref}
        name = fn or want.fn
        body: dict[str, Any] = {"expr": choice.expr} if choice.kind == "expr" else {"col": choice.ref}
        column = self.col(choice)
        if not name:
            name = self._natural(choice, column, draft)
        if column is not None and not is_quantity(column) and name not in ("min", "max"):
            if column.meaning.type.value == "boolean" and name == "avg" and is_number(column):
                return {"fn": "avg", **body}
            return {"fn": "distinct", **body} if name == "sum" else None
        if name == "percentile":
            return {"fn": "percentile", **body, "p": want.p if want.p is not None else 0.5}
        return {"fn": name, **body}

    def quotient(self, above: Want, below: Want, draft: Draft) -> dict[str, Any] | None:
        """The sum of one column over the sum of another."""
        num, den = self.scene.pick(above.ref, draft), self.scene.pick(below.ref, draft)
        if num is not None and den is not None and num.kind == "expr" and den.kind == "col":
            return {
                "fn": "ratio",
                "num": {"fn": "sum", "expr": num.expr},
                "den": {"fn": "sum", "col": den.ref},
            }
        if num is None or den is None or num.kind != "col" or den.kind != "col" or num.ref == den.ref:
            return None
        return {"fn": "ratio", "num": {"fn": "sum", "col": num.ref}, "den": {"fn": "sum", "col": den.ref}}

    def _natural(self, choice: Choice, column: Column | None, draft: Draft) -> str:
        if column is None:
            return self._of_expression(choice.expr)
        name, sure = natural_aggregate(column)
        whole = any(step == "share" for step, _ in self.frame.steps) and bool(self.frame.groups)
        if whole and sure < 0.7 and column.meaning.additivity is Additivity.ADDITIVE:
            name = "sum"  # only sums have shares
        if sure < 0.7 and column.meaning.additivity is Additivity.ADDITIVE and "INT" in column.dtype.upper():
            name = "sum" if any(i.text in _SOLD for i in self.seq.items) else name
        english, chinese = _AGGS[name]
        draft.note(
            f"Took the {english} of {column.name}.", f"取了{column.name}的{chinese}。", 0.75 + 0.25 * sure
        )
        return name

    def _of_expression(self, expr: Any) -> str:
        """Products and sums add up; a difference does when what it is taken of does."""
        if not isinstance(expr, list):
            return "avg"
        if any(isinstance(part, int | float) for part in expr[1:]):  # the same figure in another unit
            column = next((c for ref in expr[1:] if (c := self.seq.column(str(ref))) is not None), None)
            return natural_aggregate(column)[0] if column is not None else "avg"
        if expr[0] not in ("*", "+", "-"):
            return "avg"
        columns = [c for ref in expr[1:] if isinstance(ref, str) and (c := self.seq.column(ref)) is not None]
        levels = bool(columns) and all(natural_aggregate(c)[0] == "avg" for c in columns)
        return "avg" if expr[0] != "*" and levels else "sum"

    def count(self, want: Want, draft: Draft) -> dict[str, Any]:
        """Count rows, or different things."""
        choice = self.scene.pick(want.ref, draft)
        column = self.col(choice)
        if column is None:
            if want.table is not None and want.distinct and want.ref is None:
                table = self.catalog.table(want.table)
                key = key_column(table) if table else None
                if key is not None and len(self.catalog.tables) > 1:
                    return {"fn": "count", "_table": want.table}
            return {"fn": "count", "_table": want.table} if want.table else {"fn": "count"}
        draft.why[f"get.{column.id}"] = want.at
        if is_quantity(column) and not is_time(column):
            name, sure = natural_aggregate(column)
            whole = "INT" in column.dtype.upper() and column.meaning.additivity is Additivity.ADDITIVE
            if name == "sum" or (whole and sure < 0.7 and not self.frame.distinct):
                draft.note(f"Added up {column.name}.", f"对{column.name}求和。", 0.75 + 0.2 * sure)
                return {"fn": "sum", "col": column.id}
            if choice is not None and choice.fit >= 0.93 and not self.frame.distinct:
                # "how many construction jobs": the header holds the number itself
                draft.note(f"Took the numbers in {column.name}.", f"取了{column.name}中的数。", 0.8)
                return {"fn": "sum", "col": column.id}
            elif choice is not None and choice.fit < 0.8:
                draft.weight *= 0.4  # "rainy" in precipitation is no thing that can be counted
        if row_level(column) and not want.fn:
            return {"fn": "count", "_table": column.table}
        if choice is not None and choice.fit < 0.8 and not _names_things(column) and not self.frame.distinct:
            # "reactors" in ReactorType only qualifies the type: the rows themselves are counted
            draft.note("Counted rows.", "统计了行数。", 0.95)
            return {"fn": "count", "_table": column.table}
        grouped = {c.id for g in self.frame.groups if g.ref is not None and (c := self.picked(g.ref, draft))}
        if column.id in grouped and not want.fn:
            return {"fn": "count", "_table": column.table}  # a group has one value of its own column
        return {"fn": "distinct", "col": column.id}

    def nested(self, want: Want, draft: Draft) -> dict[str, Any] | None:
        """A two-level aggregate."""
        inner = self.measure(want.inner, draft) if want.inner is not None else None
        if inner is None:
            return None
        per: Any = None
        column = self.picked(want.per, draft)
        if column is not None:
            per = {"col": column.id, "grain": want.per_grain} if want.per_grain else column.id
        elif want.per_grain:
            date = main_time(self.scene, draft, tables_in(inner, self.seq) or set(self.scene.graph.names[:1]))
            per = {"col": date.id, "grain": want.per_grain} if date is not None else None
        elif want.per is not None and (table := self.catalog.table(want.per.text)) is not None:
            key = key_column(table) or label_column(table)
            per = key.id if key is not None else None
        elif want.table is not None and (table := self.catalog.table(want.table)) is not None:
            key = key_column(table) or label_column(table)
            per = key.id if key is not None else None
        if per is None:
            return None
        inner = self.of_each(inner, per, draft)
        if inner is None:
            return None
        out: dict[str, Any] = {"fn": want.fn, "of": inner, "per": [per]}
        if want.fn == "count" and self.frame.havings:
            having = self.frame.havings[0]
            out["keep"] = [{"op": having.op, "val": _plain(having.value)}]
        return out

    def of_each(self, inner: dict[str, Any], per: Any, draft: Draft) -> dict[str, Any] | None:
        """A count for each thing: of what hangs on it, where the thing itself is but one row."""
        column = self.seq.column(per) if isinstance(per, str) else None
        if inner.get("fn") != "count" or column is None or not row_level(column):
            return inner
        if inner.get("_table", column.table) != column.table:
            return inner
        below = hanging_tables(self.catalog, column.table)
        named = [t for t, _ in self.frame.tables if t in below] or below
        if len(named) != 1:
            return None
        if named == below:
            draft.note(f"Counted rows of {named[0]}.", f"统计了{named[0]}的行数。", 0.85)
        return {"fn": "count", "_table": named[0]}

    # ------------------------------------------------------------ breakdowns

    def group(self, group: Group, draft: Draft, tables: set[str]) -> dict[str, Any] | None:
        """A breakdown of the plan."""
        column: Column | None
        if group.ref is None and group.table is not None:
            table = self.catalog.table(group.table)
            column = named_by(table) if table is not None else None
        elif group.ref is None and (part := self._part(group.grain)) is not None:
            draft.why[f"by.{part.id}"] = group.at
            return {"col": part.id}
        elif group.ref is None:
            column = main_time(self.scene, draft, tables, group.at)
        else:
            column = self.picked(group.ref, draft)
        if column is None:
            return None
        draft.why[f"by.{column.id}"] = group.at
        out: dict[str, Any] = {"col": column.id}
        dated = column.dtype.upper().startswith(("DATE", "TIMESTAMP"))
        grain = group.grain
        if grain and dated:
            out["grain"] = grain
        elif grain and grain != "year" and not dated:
            return None
        elif grain and not is_time(column):
            return None
        elif dated and group.ref is not None and _asks_year(group.ref.text):
            out["grain"] = "year"
        elif dated and any(name in ("trend", "growth") for name, _ in self.frame.steps):
            from datalect.planner.lexical.derived import one_row_a_date

            chosen = trend_grain(column)
            if chosen is not None and not one_row_a_date(self, column):
                out["grain"] = chosen.value
        elif group.bins:
            out["bins"] = group.bins
        elif (
            is_quantity(column)
            and not is_time(column)
            and column.profile.distinct > 30
            and group.table is None
            and is_number(column)
        ):
            out["bins"] = 10
            draft.note(f"Put {column.name} into ranges.", f"把{column.name}分成了区间。", 0.7)
        return out

    def _part(self, grain: str | None) -> Column | None:
        """The column that holds a part of a date where no column holds dates: ``month`` beside ``year``."""
        name = {"month_of_year": "month", "hour_of_day": "hour"}.get(grain or "", grain or "")
        columns = [c for t in self.catalog.tables for c in t.columns if not c.hidden]
        if name == "year" and len(self.catalog.tables) == 1:
            terms = self.seq.index.terms.get("year", {})
            years = [c for c in columns if c.meaning.type is SemanticType.YEAR]
            return next((c for c in years if terms.get(("col", c.id), 0.0) >= 0.97), None)
        if any(c.dtype.upper().startswith(("DATE", "TIMESTAMP")) for c in columns) or name == "year":
            return None
        terms = self.seq.index.terms.get(term_key(name.replace("_", " ")), {})
        return next((c for c in columns if terms.get(("col", c.id), 0.0) >= 0.93), None)

    # ------------------------------------------------------------ finishing

    def finish(self, draft: Draft) -> Draft | None:
        """Add filters, choose the table to start from and shorten references."""
        plan = draft.plan
        tables = tables_in([plan.get("get", []), plan.get("by", []), plan.get("list", [])], self.seq)
        tables |= plan.get("_tables", set())
        counted = [str(m["_table"]) for m in _aggregates(plan) if m.get("_table")]
        tests: list[tuple[dict[str, Any], set[str], int]] = []
        scope = tables | set(counted) | {t for t, _ in self.frame.tables}
        if not scope:
            for filter_ in self.frame.filters:
                if filter_.kind != "time":
                    probe = test_of(filter_, self.scene, Draft(), set())
                    scope |= tables_in(probe, self.seq) if probe else set()
        for filter_ in self.frame.filters:
            if filter_ in plan.get("_done", ()):
                continue
            test = test_of(filter_, self.scene, draft, scope or set(self.scene.graph.names))
            if test is None:
                draft.lose(0.35)
                continue
            tests.append((test, tables_in(test, self.seq), filter_.at))
        tests = either(tests, self.seq)
        prefer = counted[0] if counted else next(iter(sorted(tables)), None)
        named = [t for t, _ in self.frame.tables]
        wanted = tables | set(counted)
        if not wanted:
            wanted = set(named[:1]) or next((t for _, t, _ in tests if t), set())
            prefer = next(iter(wanted), None)
        if not wanted:
            wanted = {max(self.catalog.tables, key=lambda t: t.rows).name} if self.catalog.tables else set()
        start = self.scene.graph.base(sorted(wanted), prefer)
        if start is None:
            return None
        base, hops = start
        draft.weight *= 0.96 ** min(hops, 6)
        if len(self.catalog.tables) > 1:
            draft.weight *= 0.75 ** sum(
                1
                for n in set(named)
                if n != base
                and n not in wanted
                and not self._related(n, base)
                and self._holder(n, base) is None
            )
        where: list[dict[str, Any]] = list(plan.get("where", []))
        both = {f.at for f in self.frame.filters if f.fn == "both"}
        ways = {f.at: f.way for f in self.frame.filters if f.way}
        for read, needs, at in tests:
            test = by_way(read, ways.get(at, frozenset()), base, self.seq)
            placed = self._place(test, needs, base)
            if placed is None:
                draft.lose(0.3)
                continue
            if at in both:
                apart = with_each(placed)
                if len(apart) == 1:
                    draft.lose(0.5)  # no row holds two values at once
                where.extend(apart[1:])
                placed = apart[0]
            draft.why[f"where[{len(where)}]"] = at
            where.append(placed)
        where = _one_column(where)
        mentioned = {t for _, needs, _ in tests for t in needs} | {f.table for f in self.frame.filters}
        for name in dict.fromkeys(named):
            holder = None if name in wanted | mentioned | {base} else self._holder(name, base)
            if holder is not None and not any(test.get("has") == holder for test in where):
                where.append({"has": holder})
                if any(t == name and self._theirs(at) for t, at in self.frame.tables):
                    draft.lose(0.5)  # "products with their suppliers": they were to be shown
        body = {k: v for k, v in plan.items() if not k.startswith("_")}
        if "get" in body:
            body["get"] = [once_each(m, base, self.catalog) for m in body["get"]]
        body["from"] = base
        if where:
            body["where"] = where
        draft.plan = shorten(body, base, self.seq)
        return draft

    def _theirs(self, at: int) -> bool:
        """Whether "their" or 及其 leads to a table: its things go with the rows."""
        before = {self.seq.items[k].text for k in range(max(0, at - 3), at)}
        return bool(before & {"their", "its", "及其", "对应", "对应的", "各自", "他们的", "它们的"})

    def _related(self, table: str, base: str) -> bool:
        graph = self.scene.graph
        return graph.distance(base, table) is not None

    def _holder(self, name: str, base: str) -> str | None:
        """The table whose rows tie those of a named table to the rows asked for: "employees with certificates"."""  # noqa: E501
        if self._related(name, base):
            return None
        return partner_table(self.catalog, name, base)

    def _place(self, test: dict[str, Any], needs: set[str], base: str) -> dict[str, Any] | None:
        """A test where it belongs: on the rows themselves, or on partner rows of another table."""
        graph = self.scene.graph
        if all(graph.distance(base, n) is not None for n in needs):
            return test
        for partner in sorted(
            graph.names,
            key=lambda n: (
                2 * plays_role(self.catalog, n, base) or n not in needs,
                graph.distance(n, base) or 9,
            ),
        ):
            if graph.distance(partner, base) and all(graph.distance(partner, n) is not None for n in needs):
                inner, neg = (test["not"], True) if "not" in test else (test, False)
                inner = shorten(inner, partner, self.seq)
                return (
                    {"has": partner, "where": [inner], "neg": True}
                    if neg
                    else {"has": partner, "where": [inner]}
                )
        return None


def _one_column(where: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two values asked of one column are alternatives: no row holds both."""
    out: list[dict[str, Any]] = []
    for test in where:
        same = next(
            (t for t in out if test.get("op") == "=" == t.get("op") and "val" in test and "col" in test
             and t.get("col") == test["col"] and "val" in t), None
        )  # fmt: skip
        listed = next((t for t in out if t.get("op") == "in" and t.get("col") == test.get("col")), None)
        if same is not None and same["val"] != test["val"]:
            out[out.index(same)] = {"col": test["col"], "op": "in", "val": [same["val"], test["val"]]}
        elif listed is not None and test.get("op") == "=" and "val" in test:
            if test["val"] not in listed["val"]:
                listed["val"] = [*listed["val"], test["val"]]
        elif same is None:
            out.append(test)
    return out


def _names_things(column: Column) -> bool:
    """Whether a header ends in a word for names or keys, so that its values stand for things."""
    last = split_header(column.name)[-1:]
    return bool(last) and last[0].endswith(
        ("name", "id", "title", "code", "number", "名", "名称", "号", "编号", "编码")
    )


def _asks_year(text: str) -> bool:
    return (
        text in ("year", "years")
        or "哪年" in text
        or "哪一年" in text
        or text.startswith(("what year", "which year", "in what year"))
    )


def _plain(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value


def _aggregates(plan: dict[str, Any]) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for measure in plan.get("get", []):
        for part in (measure, measure.get("num"), measure.get("den"), measure.get("of")):
            if isinstance(part, dict):
                out.append(part)
    return out
