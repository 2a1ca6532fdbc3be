"""A slow, plain evaluator of plans over lists of dicts: the reference the compiler is measured against.

It knows nothing of SQL and shares no code with the compiler. It covers plans over one chain of tables
(``returns`` -> ``sales`` -> ``stores``), whose references are a column or ``table.column``.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

Row = dict[str, Any]
KEYS = {"sales": ("store_id", "stores", "id"), "returns": ("sale_id", "sales", "id")}
ORDER = ["returns", "sales", "stores"]  # from the many side to the one side


class Naive:
    """Evaluates plan JSON over ``tables``: name -> rows."""

    def __init__(self, tables: dict[str, list[Row]], as_of: datetime) -> None:
        self.tables = tables
        self.as_of = as_of
        self.where: list[Row] = []

    # ------------------------------------------------------------ references

    def table_of(self, ref: str, base: str) -> str:
        return ref.split(".")[0] if "." in ref else base

    def parent(self, table: str, row: Row | None) -> Row | None:
        column, ref_table, ref_column = KEYS[table]
        if row is None or row[column] is None:
            return None
        return next((r for r in self.tables[ref_table] if r[ref_column] == row[column]), None)

    def ancestor(self, table: str, row: Row | None, wanted: str) -> Row | None:
        while table != wanted:
            row = self.parent(table, row)
            table = KEYS[table][1]
        return row

    def reaches(self, table: str, wanted: str) -> bool:
        return ORDER.index(table) <= ORDER.index(wanted)

    def get(self, ref: str, table: str, row: Row, base: str) -> Any:
        """A reference written from ``base``, read at a row of ``table``."""
        wanted = self.table_of(ref, base)
        found = self.ancestor(table, row, wanted)
        return None if found is None else found[ref.split(".")[-1]]

    # ------------------------------------------------------------ expressions

    def value(self, expr: Any, table: str, row: Row, base: str) -> Any:
        if isinstance(expr, str):
            return self.get(expr, table, row, base)
        if isinstance(expr, dict):
            return expr["lit"]
        if not isinstance(expr, list):
            return expr
        op = expr[0]
        if op == "now":
            return self.as_of
        if op == "date_diff":
            a, b = (self.value(e, table, row, base) for e in expr[2:])
            return None if a is None or b is None else date_diff(expr[1], a, b)
        if op == "date_part":
            when = self.value(expr[2], table, row, base)
            return None if when is None else date_part(expr[1], when)
        parts = [self.value(e, table, row, base) for e in expr[1:]]
        if any(p is None for p in parts):
            return None
        if op == "length":
            return len(parts[0])
        if op == "abs":
            return abs(parts[0])
        if len(parts) == 1:
            return -parts[0]
        result = parts[0]
        for part in parts[1:]:
            if op == "+":
                result += part
            elif op == "-":
                result -= part
            elif op == "*":
                result *= part
            else:
                result = None if part == 0 or result is None else result / part
        return result

    # ------------------------------------------------------------ tests, three-valued

    def test(self, test: Row, table: str, row: Row, base: str) -> bool | None:
        if "any" in test:
            return either([self.test(t, table, row, base) for t in test["any"]])
        if "not" in test:
            inner = self.test(test["not"], table, row, base)
            return None if inner is None else not inner
        if "has" in test:
            return self.has(test, table, row, base)
        refs = [test["time"]] if "time" in test else refs_of(test.get("col", test.get("expr")))
        refs += refs_of(test.get("than"))
        lowest = min([self.table_of(r, base) for r in refs] + [table], key=ORDER.index)
        if not self.reaches(table, lowest):  # a test about the many side: some partner passes
            return any(self.leaf(test, lowest, r, base) is True for r in self.partners(lowest, table, row))
        return self.leaf(test, table, row, base)

    def leaf(self, test: Row, table: str, row: Row, base: str) -> bool | None:
        if "time" in test:
            when = self.get(test["time"], table, row, base)
            return None if when is None else in_span(when, test["in"], self.as_of)
        left = self.value(test.get("col", test.get("expr")), table, row, base)
        op = test["op"]
        if op == "null":
            return left is None
        if "agg" in test:
            home = base
            figures = self.aggregate(test["agg"], home, [(r, r) for r in self.tables[home]], home, home)
            return compare(left, op, figures)
        if "than" in test:
            return compare(left, op, self.value(test["than"], table, row, base))
        return compare(left, op, test["val"])

    def partners(self, many: str, table: str, row: Row) -> list[Row]:
        return [r for r in self.tables[many] if self.ancestor(many, r, table) is row]

    def has(self, test: Row, table: str, row: Row, base: str) -> bool:
        anchor = self.ancestor(table, row, base) if self.reaches(table, base) else None
        partner = test["has"]
        if anchor is None:
            found = []
        elif self.reaches(partner, base):
            found = [r for r in self.tables[partner] if self.ancestor(partner, r, base) is anchor]
        else:
            one = self.ancestor(base, anchor, partner)
            found = [] if one is None else [one]
        kept = [r for r in found if self.all(test.get("where", []), partner, r, partner)]
        count = test.get("count")
        result = bool(kept) if count is None else compare(len(kept), count["op"], count["val"])
        return result != test.get("neg", False)

    def all(self, tests: list[Row], table: str, row: Row, base: str) -> bool:
        """An AND list; tests about the same many side must be passed by one partner."""
        direct, many = [], {}
        for test in tests:
            refs = [test["time"]] if "time" in test else refs_of(test.get("col", test.get("expr")))
            refs += refs_of(test.get("than"))
            lowest = min([self.table_of(r, base) for r in refs] + [table], key=ORDER.index)
            if refs and not self.reaches(table, lowest):
                many.setdefault(lowest, []).append(test)
            else:
                direct.append(test)
        if not all(self.test(t, table, row, base) is True for t in direct):
            return False
        return all(
            any(
                all(self.leaf(t, low, r, base) is True for t in group) for r in self.partners(low, table, row)
            )
            for low, group in many.items()
        )

    # ------------------------------------------------------------ aggregates

    def home(self, node: Row, base: str) -> str:
        if "each" in node:
            return node["each"]
        refs = refs_of(node.get("col", node.get("expr"))) + refs_of(node.get("with"))
        if not refs:
            return base
        tables = {self.table_of(r, base) for r in refs}
        if base in tables:
            return min(tables, key=ORDER.index)
        if node["fn"] in ("min", "max", "distinct") and all(self.reaches(base, t) for t in tables):
            return base
        return min(tables, key=ORDER.index)

    def root(self, base: str, needed: list[str]) -> str:
        for table in (base, *needed):
            if all(self.reaches(table, other) for other in needed):
                return table
        raise AssertionError("a chain always has a root")

    def aggregate(self, node: Row, root: str, rows: list[tuple[Row, Row]], home: str, base: str) -> Any:
        """One figure. ``rows`` are rows of the root with the rows of the home they stand for."""
        start = node.get("each", base)
        kept = [(r, h) for r, h in rows if self.all(node.get("where", []), root, r, base)]
        if root != home and node["fn"] not in ("min", "max", "distinct"):
            seen: dict[int, tuple[Row, Row]] = {}
            for r, h in kept:
                if h is not None:
                    seen.setdefault(id(h), (r, h))
            kept = list(seen.values())
        fn = node["fn"]
        expr = node.get("col", node.get("expr"))
        if expr is None:
            return len(kept)
        values = [self.value(expr, root, r, start) for r, _ in kept]
        if fn == "corr":
            others = [self.value(node["with"], root, r, start) for r, _ in kept]
            return corr(
                [(x, y) for x, y in zip(values, others, strict=True) if x is not None and y is not None]
            )
        return figure(fn, [v for v in values if v is not None], node.get("p"))

    # ------------------------------------------------------------ plans

    def run(self, plan: Row) -> list[Row]:
        return self.rows(plan) if "list" in plan else self.grouped(plan)

    def rows(self, plan: Row) -> list[Row]:
        base = plan["from"]
        items = [(i, i) if isinstance(i, str) else (i["as"], i["expr"]) for i in plan["list"]]
        tables = [self.table_of(r, base) for _, e in items for r in refs_of(e)]
        root = self.root(base, tables)
        found = []
        for row in self.tables[root]:
            if self.all(plan.get("where", []), root, row, base):
                found.append({name: self.value(expr, root, row, base) for name, expr in items})
        if plan.get("distinct"):
            found = list({tuple(r.items()): r for r in found}.values())
        return found

    def grouped(self, plan: Row) -> list[Row]:
        base = plan["from"]
        by = [(name_of_breakdown(b), b) for b in plan.get("by", [])]
        shown = [self.table_of(r, base) for _, b in by for r in refs_of(b["col"])]
        groups: dict[tuple, Row] = {}
        atoms: list[tuple[str, Row]] = []
        for measure in plan.get("get", []):
            if measure["fn"] == "ratio":
                atoms += [(measure["as"] + "/num", measure["num"]), (measure["as"] + "/den", measure["den"])]
            else:
                atoms.append((measure["as"], measure))
        for name, node in atoms:
            for key, figure_ in self.atom(node, base, by, shown).items():
                groups.setdefault(key, {})[name] = figure_
        if not atoms:
            root = self.root(base, shown)
            for row in self.tables[root]:
                if self.all(plan.get("where", []), root, row, base):
                    groups[tuple(self.breakdown(b, root, row, base) for _, b in by)] = {}
        result = []
        for key, figures in groups.items():
            out = {name: value for (name, _), value in zip(by, key, strict=True)}
            for name, node in atoms:
                figures.setdefault(name, 0 if node["fn"] in ("count", "distinct") else None)
            for measure in plan.get("get", []):
                if measure["fn"] == "ratio":
                    num, den = figures[measure["as"] + "/num"], figures[measure["as"] + "/den"]
                    out[measure["as"]] = None if num is None or not den else num / den
                else:
                    out[measure["as"]] = figures[measure["as"]]
            result.append(out)
        for step in plan.get("then", []):
            add_step(result, step, by)
        result = [r for r in result if all(keeps(k, r, result) for k in plan.get("keep", []))]
        return self.cut(plan, result, [name for name, _ in by])

    def cut(self, plan: Row, rows: list[Row], by: list[str]) -> list[Row]:
        order = [(s["of"], s.get("dir", "asc")) for s in plan.get("sort", [])]
        per = plan.get("top_per")
        if per is not None and per not in [n for n, _ in order[:1]]:
            order = [(per, "asc"), *[o for o in order if o[0] != per]]
        order += [(n, "asc") for n in by if n not in [o for o, _ in order]]
        for name, direction in reversed(order):
            rows = sorted(rows, key=sort_key(name, direction))
        top, skip = plan.get("top"), plan.get("skip", 0)
        if per is not None:
            placed: dict[Any, int] = {}
            kept = []
            for row in rows:
                placed[row[per]] = placed.get(row[per], 0) + 1
                if skip < placed[row[per]] <= skip + top:
                    kept.append(row)
            return kept
        return rows[skip : None if top is None else skip + top]

    def atom(self, node: Row, base: str, by: list[tuple[str, Row]], shown: list[str]) -> dict[tuple, Any]:
        nested = "of" in node
        inner = node["of"] if nested else node
        home = self.home(inner, base)
        per = [{"col": p} if isinstance(p, str) else p for p in node.get("per", [])]
        needed = [home, *shown, *(self.table_of(p["col"], base) for p in per)]
        root = self.root(base, needed)
        rows: dict[tuple, list[tuple[Row, Row]]] = {}
        for row in self.tables[root]:
            if not self.all(self.where, root, row, base):
                continue
            if nested and not self.all(node.get("where", []), root, row, base):
                continue
            key = tuple(self.breakdown(b, root, row, base) for _, b in by)
            rows.setdefault(key, []).append((row, self.ancestor(root, row, home)))
        if not by:
            rows.setdefault((), [])
        repeats = root != home and inner["fn"] not in ("min", "max", "distinct")
        if repeats and by:  # groups none of whose rows has a home row do not exist
            rows = {k: v for k, v in rows.items() if any(h is not None for _, h in v)}
        if not nested:
            return {key: self.aggregate(node, root, group, home, base) for key, group in rows.items()}
        result = {}
        for key, group in rows.items():
            inside: dict[tuple, list[tuple[Row, Row]]] = {}
            for row, h in group:
                sub = tuple(self.breakdown(p, root, row, base) for p in per)
                if None not in sub and not (repeats and h is None):
                    inside.setdefault(sub, []).append((row, h))
            figures = [self.aggregate(inner, root, g, home, base) for g in inside.values()]
            figures = [
                f for f in figures if all(compare(f, k["op"], k["val"]) is True for k in node.get("keep", []))
            ]
            if by and not figures:
                continue
            known = [f for f in figures if f is not None]
            result[key] = len(figures) if node["fn"] == "count" else figure(node["fn"], known, None)
        return result

    def evaluate(self, plan: Row) -> list[Row]:
        """Evaluate a plan."""
        self.where = plan.get("where", [])
        return self.run(plan)

    def breakdown(self, node: Row, table: str, row: Row, base: str) -> Any:
        value = self.get(node["col"], table, row, base)
        if value is None:
            return None
        if "grain" in node:
            return at_grain(value, node["grain"])
        if "width" in node:
            edge = math.floor(round(value / node["width"], 9)) * node["width"]
            return edge if isinstance(edge, int) else round(edge, 12)
        return value


# ---------------------------------------------------------------- values


def refs_of(expr: Any) -> list[str]:
    if isinstance(expr, str):
        return [expr]
    if isinstance(expr, list):
        start = 2 if expr[0] in ("date_diff", "date_part") else 1
        return [ref for part in expr[start:] for ref in refs_of(part)]
    return []


def either(results: list[bool | None]) -> bool | None:
    if True in results:
        return True
    return None if None in results else False


def compare(left: Any, op: str, right: Any) -> bool | None:
    if left is None or right is None:
        return None
    if op in ("contains", "starts", "ends"):
        a, b = left.lower(), right.lower()
        return {"contains": b in a, "starts": a.startswith(b), "ends": a.endswith(b)}[op]
    if isinstance(right, list):
        right = [typed(r, left) for r in right]
        first = left
        if isinstance(left, datetime) and not isinstance(right[0], datetime) and isinstance(right[0], date):
            first = left.date()
        if op == "in":
            return first in right
        return right[0] <= first <= right[1]
    right = typed(right, left)
    if isinstance(left, datetime) and isinstance(right, date) and not isinstance(right, datetime):
        left = left.date()
    elif isinstance(right, datetime) and isinstance(left, date) and not isinstance(left, datetime):
        left = datetime.combine(left, time())
    tests: dict[str, Callable[[], bool]] = {
        "=": lambda: left == right,
        "!=": lambda: left != right,
        "<": lambda: left < right,
        "<=": lambda: left <= right,
        ">": lambda: left > right,
        ">=": lambda: left >= right,
    }
    return tests[op]()


def typed(value: Any, like: Any) -> Any:
    if isinstance(value, str) and isinstance(like, date):
        return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    return value


def figure(fn: str, values: list[Any], p: float | None) -> Any:
    if fn == "count":
        return len(values)
    if fn == "distinct":
        return len(set(values))
    if not values:
        return None
    if fn in ("min", "max"):
        return min(values) if fn == "min" else max(values)
    if fn == "sum":
        return sum(values)
    if fn == "avg":
        return sum(values) / len(values)
    if fn == "median":
        return quantile(values, 0.5)
    if fn == "percentile":
        return quantile(values, p or 0.0)
    return statistics.stdev(values) if len(values) > 1 else None


def quantile(values: list[Any], p: float) -> float:
    ordered = sorted(values)
    place = p * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def corr(pairs: list[tuple[Any, Any]]) -> float | None:
    n = len(pairs)
    if n < 2:
        return None
    mx, my = sum(x for x, _ in pairs) / n, sum(y for _, y in pairs) / n
    sxy = sum((x - mx) * (y - my) for x, y in pairs)
    sx, sy = sum((x - mx) ** 2 for x, _ in pairs), sum((y - my) ** 2 for _, y in pairs)
    return None if sx == 0 or sy == 0 else sxy / math.sqrt(sx * sy)


def as_date(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


def date_diff(unit: str, a: Any, b: Any) -> Any:
    if unit in ("hour", "minute", "second"):
        first = a if isinstance(a, datetime) else datetime.combine(a, time())
        second = b if isinstance(b, datetime) else datetime.combine(b, time())
        return (second - first).total_seconds() / {"hour": 3600, "minute": 60, "second": 1}[unit]
    first, second = as_date(a), as_date(b)
    days = (second - first).days
    if unit == "day":
        return days
    if unit == "week":
        return int(days / 7)
    months = whole_months(first, second) if first <= second else -whole_months(second, first)
    return int(months / {"month": 1, "quarter": 3, "year": 12}[unit])


def whole_months(first: date, second: date) -> int:
    months = (second.year - first.year) * 12 + second.month - first.month
    last_day = (second + timedelta(days=1)).month != second.month
    return months if second.day >= first.day or last_day else months - 1


def date_part(part: str, when: Any) -> int:
    return {
        "year": when.year,
        "half": 1 if when.month <= 6 else 2,
        "quarter": (when.month + 2) // 3,
        "month": when.month,
        "week": when.isocalendar()[1],
        "day": when.day,
        "weekday": when.isoweekday(),
        "day_of_year": when.timetuple().tm_yday,
        "hour": getattr(when, "hour", 0),
    }[part]


def at_grain(when: Any, grain: str) -> Any:
    cycles = {"month_of_year": "month", "quarter_of_year": "quarter", "day_of_week": "weekday",
              "day_of_month": "day",
              "hour_of_day": "hour"}  # fmt: skip
    if grain in cycles:
        return date_part(cycles[grain], when)
    if grain == "hour":
        return when.replace(minute=0, second=0, microsecond=0)
    day = as_date(when)
    if grain == "week":
        return day - timedelta(days=day.weekday())
    if grain == "month":
        return day.replace(day=1)
    if grain == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1) if grain == "year" else day


def add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError


def move(day: date, unit: str, count: int) -> date:
    if unit in ("year", "quarter", "month"):
        return add_months(day, count * {"year": 12, "quarter": 3, "month": 1}[unit])
    return day + timedelta(days=count * {"week": 7, "day": 1}[unit])


def in_span(when: Any, span: Row, as_of: datetime) -> bool:
    """Spans of whole days only, which is what the random plans use."""
    day, today = as_date(when), as_of.date()
    if "last" in span:
        return move(today, span["unit"], -span["last"]) < day <= today
    if "unit" in span:
        start = move(at_grain(today, span["unit"]), span["unit"], -span["ago"])
        return start <= day < move(start, span["unit"], span.get("span", 1))
    if "to_date" in span:
        unit, ago = span["to_date"], span.get("ago", 0)
        return move(at_grain(today, unit), unit, -ago) <= day <= move(today, unit, -ago)
    if "from" in span or "to" in span:
        first, last = span.get("from"), span.get("to")
        return (first is None or date.fromisoformat(first) <= day) and (
            last is None or day <= date.fromisoformat(last)
        )
    if "week" in span and "year" in span:
        return when.isocalendar()[:2] == (span["year"], span["week"])
    return all(date_part(field, when) == value for field, value in span.items())


# ---------------------------------------------------------------- after grouping


def name_of_breakdown(node: Row) -> str:
    return node["as"]


def sort_key(name: str, direction: str) -> Callable[[Row], Any]:
    def key(row: Row) -> Any:
        value = row[name]
        if value is None:
            return (1, 0)
        return (0, Reversed(value)) if direction == "desc" else (0, value)

    return key


class Reversed:
    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: Reversed) -> bool:
        return other.value < self.value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reversed) and self.value == other.value


def keeps(keep: Row, row: Row, rows: list[Row]) -> bool:
    value = row[keep["of"]]
    if keep["op"] == "null":
        result: bool | None = value is None
    elif "agg" in keep:
        known = [r[keep["of"]] for r in rows if r[keep["of"]] is not None]
        result = compare(value, keep["op"], figure(keep["agg"], known, None))
    else:
        result = compare(value, keep["op"], keep["val"])
    return (result is False) if keep.get("neg") else result is True


def add_step(rows: list[Row], step: Row, by: list[tuple[str, Row]]) -> None:
    name, of, fn = step["as"], step["of"], step["fn"]
    within = step.get("within")
    if fn in ("share", "rank"):
        for row in rows:
            peers = [r for r in rows if within is None or r[within] == row[within]]
            row[name] = share(row[of], peers, of) if fn == "share" else rank(row[of], peers, of, step)
        return
    over = step["over"]
    others = [n for n, _ in by if n != over]
    changes: dict[int, Any] = {}
    for row in rows:
        series = [r for r in rows if all(r[n] == row[n] for n in others)]
        series.sort(key=sort_key(over, "asc"))
        place = next(i for i, r in enumerate(series) if r is row)
        if fn == "cumulative":
            known = [r[of] for r in series[: place + 1] if r[of] is not None]
            changes[id(row)] = sum(known) if known else None
        elif fn == "moving_average":
            window = series[max(0, place - step["window"] + 1) : place + 1]
            known = [r[of] for r in window if r[of] is not None]
            full = place + 1 >= step["window"]
            changes[id(row)] = sum(known) / len(known) if known and full else None
        else:
            before = earlier(series, place, row[over], over, step)
            old, new = None if before is None else before[of], row[of]
            change = None if old is None or new is None else new - old
            if fn == "pct_change" and change is not None:
                change = None if old == 0 else change / abs(old)
            changes[id(row)] = change
    if fn == "contribution":
        totals = {}
        for row in rows:
            peers = [r for r in rows if not others or r[over] == row[over]]
            known = [changes[id(r)] for r in peers if changes[id(r)] is not None]
            totals[id(row)] = sum(known) if known else None
        for row in rows:
            change, total = changes[id(row)], totals[id(row)]
            row[name] = None if change is None or not total else change / total
        return
    for row in rows:
        row[name] = changes[id(row)]


def earlier(series: list[Row], place: int, now: Any, over: str, step: Row) -> Row | None:
    lag = step.get("lag", 1)
    if "period" not in step:
        return series[place - lag] if place >= lag else None
    for row in series:
        then = row[over]
        if now is None or then is None:
            continue
        unit = step["period"]
        if move(as_date(now), unit, -lag) == as_date(then) and move(as_date(then), unit, lag) == as_date(now):
            return row
    return None


def share(value: Any, peers: list[Row], of: str) -> float | None:
    known = [r[of] for r in peers if r[of] is not None]
    return None if value is None or not known or sum(known) == 0 else value / sum(known)


def rank(value: Any, peers: list[Row], of: str, step: Row) -> int | None:
    if value is None:
        return None
    known = [r[of] for r in peers if r[of] is not None]
    if step.get("dir", "desc") == "desc":
        return 1 + sum(v > value for v in known)
    return 1 + sum(v < value for v in known)
