"""Random small tables and random valid plans over them, as plain data."""

# ruff: noqa: E501 - plans and SQL read best one case a line
from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

Row = dict[str, Any]
AS_OF = datetime(2024, 3, 31)
KINDS = ["a", "b", "B%", "c_d", "张三", "it's"]

clustered = st.builds(  # the same months of neighbouring years meet often, some are missing
    lambda year, month, day: date(year, month, day),
    st.sampled_from([2022, 2023, 2024]),
    st.sampled_from([1, 2, 3, 5]),
    st.sampled_from([1, 2, 15, 28]),
)
days = st.one_of(
    clustered, clustered, st.integers(0, 820).map(lambda n: date(2022, 1, 1) + timedelta(days=n))
)
few_days = st.sampled_from(
    [
        date(2023, 1, 31),
        date(2023, 2, 28),
        date(2024, 1, 31),
        date(2024, 2, 29),
        date(2024, 3, 30),
        date(2024, 3, 31),
    ]
)
moments = st.builds(
    lambda d, s: datetime(d.year, d.month, d.day) + timedelta(seconds=s),
    days | few_days,
    st.sampled_from([0, 1, 3600, 43200, 86399]),
)
halves = st.integers(-40, 80).map(lambda n: n / 4)
whole = st.integers(-6, 9)


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values, values, values, values)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[Row]]:
    stores = [
        {
            "id": i,
            "city": draw(optional(st.sampled_from(["X", "Y", "Z"]))),
            "size": draw(optional(halves)),
            "opened": draw(optional(few_days)),
        }
        for i in range(1, draw(st.integers(0, 4)) + 1)
    ]
    sales = [
        {
            "id": i,
            "store_id": draw(optional(st.sampled_from([s["id"] for s in stores][:3]))) if stores else None,
            "day": draw(optional(days | few_days)),
            "at": draw(optional(moments)),
            "qty": draw(optional(whole)),
            "price": draw(optional(halves)),
            "kind": draw(optional(st.sampled_from(KINDS))),
            "ok": draw(optional(st.booleans())),
        }
        for i in range(1, draw(st.integers(0, 12)) + 1)
    ]
    returns = [
        {"id": i, "sale_id": draw(st.sampled_from([s["id"] for s in sales])), "fee": draw(optional(whole))}
        for i in range(1, (draw(st.integers(0, 4)) if sales else 0) + 1)
    ]
    return {"stores": stores, "sales": sales, "returns": returns}


COLUMNS = {
    "sales": {
        "number": ["qty", "price"], "text": ["kind"], "date": ["day", "at"], "bool": ["ok"],
    },
    "stores": {"number": ["size"], "text": ["city"], "date": ["opened"], "bool": []},
    "returns": {"number": ["fee"], "text": [], "date": [], "bool": []},
}  # fmt: skip
UP = {"sales": ["sales", "stores"], "stores": ["stores"], "returns": ["returns", "sales", "stores"]}


def columns(base: str, kind: str, *, up: bool = True) -> list[str]:
    found = []
    for table in UP[base] if up else [base]:
        found += [c if table == base else f"{table}.{c}" for c in COLUMNS[table][kind]]
    return found


operators = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])


@st.composite
def expressions(draw: st.DrawFn, base: str, depth: int = 2) -> Any:
    if depth == 0 or draw(st.integers(0, 2)) == 0:
        return draw(st.sampled_from(columns(base, "number")))
    op = draw(
        st.sampled_from(["+", "-", "*", "/", "abs", "neg", "date_diff", "date_part", "length", "const"])
    )
    if op == "date_diff":
        unit = draw(st.sampled_from(["day", "week", "month", "quarter", "year", "hour", "minute"]))
        dates = st.sampled_from(columns(base, "date"))
        return ["date_diff", unit, draw(dates), draw(dates)]
    if op == "date_part":
        part = draw(
            st.sampled_from(["year", "half", "quarter", "month", "week", "day", "weekday", "day_of_year"])
        )
        return ["date_part", part, draw(st.sampled_from(columns(base, "date")))]
    if op == "length":
        return ["length", draw(st.sampled_from(columns(base, "text")))]
    inner = expressions(base, depth - 1)
    if op == "abs":
        return ["abs", draw(inner)]
    if op == "neg":
        return ["-", draw(inner)]
    if op == "const":
        return [draw(st.sampled_from(["+", "*", "-"])), draw(inner), draw(st.sampled_from([2, 0.5, -3]))]
    return [op, draw(inner), draw(inner)]


spans = st.one_of(
    st.builds(lambda n, u: {"last": n, "unit": u}, st.integers(1, 14), st.sampled_from(["day", "week", "month", "quarter", "year"])),
    st.builds(lambda n, u, s: {"ago": n, "unit": u, "span": s}, st.integers(0, 5), st.sampled_from(["day", "week", "month", "quarter", "year"]), st.integers(1, 3)),
    st.builds(lambda u, n: {"to_date": u, "ago": n}, st.sampled_from(["week", "month", "quarter", "year"]), st.integers(0, 2)),
    st.sampled_from(
        [
            {"year": 2023}, {"year": 2024, "quarter": 1}, {"year": 2023, "month": 2}, {"month": 2}, {"weekday": 3},
            {"quarter": 4}, {"day": 31}, {"year": 2024, "half": 1}, {"month": 2, "day": 29}, {"year": 2023, "week": 5},
        ]
    ),
    st.builds(lambda a, b: {"from": min(a, b).isoformat(), "to": max(a, b).isoformat()}, days, days),
    st.builds(lambda a: {"to": a.isoformat()}, days),
)  # fmt: skip


@st.composite
def leaf_tests(draw: st.DrawFn, base: str, up: bool = True) -> Row:
    kind = draw(
        st.sampled_from(["number", "number", "text", "date", "time", "null", "expr", "bool", "than", "agg"])
    )
    pick = lambda k: st.sampled_from(columns(base, k, up=up))  # noqa: E731
    if kind in ("text", "bool", "date", "time") and not columns(
        base, {"time": "date"}.get(kind, kind), up=up
    ):
        kind = "number"
    if kind == "number":
        op = draw(st.sampled_from(["=", "!=", "<", ">=", "between", "in"]))
        value: Any = draw(halves | whole)
        if op == "between":
            value = sorted([draw(whole), draw(whole)])
        elif op == "in":
            value = draw(st.lists(whole, min_size=1, max_size=3))
        return {"col": draw(pick("number")), "op": op, "val": value}
    if kind == "text":
        column = draw(pick("text"))
        op = draw(st.sampled_from(["contains", "starts", "ends", "<", ">="]))
        return {
            "col": column,
            "op": op,
            "val": draw(st.sampled_from(["a", "B", "%", "_", "张", "X", "it'", ""])),
        }
    if kind == "bool":
        return {
            "col": draw(pick("bool")),
            "op": draw(st.sampled_from(["=", "!="])),
            "val": draw(st.booleans()),
        }
    if kind == "date":
        op = draw(st.sampled_from(["=", "<", "<=", ">", ">=", "between"]))
        value = draw(days).isoformat()
        if op == "between":
            value = sorted([value, draw(days).isoformat()])
        return {"col": draw(pick("date")), "op": op, "val": value}
    if kind == "time":
        return {"time": draw(pick("date")), "in": draw(spans)}
    if kind == "null":
        column = draw(pick(draw(st.sampled_from(["number"]))))
        test: Row = {"col": column, "op": "null"}
        return {"not": test} if draw(st.booleans()) else test
    if kind == "expr" and up:
        return {"expr": draw(expressions(base)), "op": draw(operators), "val": draw(whole)}
    if kind == "agg":
        own = columns(base, "number", up=False)
        fn = draw(st.sampled_from(["avg", "max", "min", "median"]))
        return {
            "col": draw(st.sampled_from(own)),
            "op": draw(operators),
            "agg": {"fn": fn, "col": draw(st.sampled_from(own))},
        }
    return {"col": draw(pick("number")), "op": draw(operators), "than": draw(pick("number"))}


@st.composite
def has_tests(draw: st.DrawFn, base: str) -> Row:
    partner = draw(
        st.sampled_from({"stores": ["sales"], "sales": ["returns", "stores"], "returns": ["sales"]}[base])
    )
    test: Row = {"has": partner, "where": draw(st.lists(leaf_tests(partner, up=False), max_size=2))}
    if draw(st.booleans()):
        test["neg"] = True
    if draw(st.integers(0, 2)) == 0:
        test["count"] = {"op": draw(operators), "val": draw(st.integers(0, 3))}
    return test


@st.composite
def any_test(draw: st.DrawFn, base: str) -> Row:
    shape = draw(st.sampled_from(["leaf", "leaf", "leaf", "any", "not", "has", "many"]))
    if shape == "any":
        return {"any": draw(st.lists(leaf_tests(base), min_size=1, max_size=3))}
    if shape == "not":
        return {"not": draw(leaf_tests(base))}
    if shape == "has":
        return draw(has_tests(base))
    if shape == "many" and base == "stores":
        return {
            "col": draw(st.sampled_from(["sales.qty", "sales.price"])),
            "op": draw(operators),
            "val": draw(whole),
        }
    return draw(leaf_tests(base))


def tests(base: str, most: int = 2) -> st.SearchStrategy[list[Row]]:
    return st.lists(any_test(base), max_size=most)


@st.composite
def aggregates(draw: st.DrawFn, base: str, *, plain: bool = False) -> Row:
    fn = draw(
        st.sampled_from(
            ["count", "count", "sum", "sum", "avg", "min", "max", "distinct"]
            + ([] if plain else ["median", "percentile", "stddev", "corr"])
        )
    )
    node: Row = {"fn": fn}
    own = columns(base, "number", up=False)
    if fn == "count":
        if draw(st.booleans()):
            node["col"] = draw(st.sampled_from(own + columns(base, "text", up=False)))
    elif fn == "corr":
        node.update(col=draw(st.sampled_from(own)), **{"with": draw(st.sampled_from(own))})
    elif fn in ("min", "max", "distinct"):
        node["col"] = draw(st.sampled_from(own + columns(base, "date", up=False)))
    elif draw(st.integers(0, 2)) == 0:
        node["expr"] = draw(expressions(base))
    else:
        many = ["sales.qty"] if base == "stores" else []
        one = ["stores.size"] if base == "sales" else []
        node["col"] = draw(st.sampled_from([*one, *many, *own]))
    if fn == "percentile":
        node["p"] = draw(st.sampled_from([0.0, 0.25, 0.9, 1.0]))
    if draw(st.integers(0, 3)) == 0:
        node["where"] = draw(tests(base, 1))
    return node


@st.composite
def breakdowns(draw: st.DrawFn, base: str, name: str) -> Row:
    kind = draw(st.sampled_from(["text", "date", "date", "bool", "number", "bins", "many"]))
    if kind == "many" and base == "stores":
        return {"col": "sales.kind", "as": name}
    if kind in ("bool", "many") and base == "stores":
        kind = "text"
    if kind == "date":
        node = {"col": draw(st.sampled_from(columns(base, "date"))), "as": name}
        grain = draw(
            st.sampled_from(
                [
                    "month",
                    "year",
                    "quarter",
                    "month",
                    "day",
                    "week",
                    "day_of_week",
                    "month_of_year",
                    "quarter_of_year",
                    "day_of_month",
                ]
            )
        )
        return {**node, "grain": grain}
    if kind == "bins":
        return {
            "col": draw(st.sampled_from(columns(base, "number"))),
            "width": draw(st.sampled_from([5, 0.5, 10.0])),
            "as": name,
        }
    kind = {"many": "text"}.get(kind, kind)
    choices = columns(base, kind) or columns(base, "text")
    return {"col": draw(st.sampled_from(choices)), "as": name}


@st.composite
def measures(draw: st.DrawFn, base: str, name: str) -> Row:
    shape = draw(st.sampled_from(["plain", "plain", "plain", "ratio", "nested"]))
    if shape == "ratio":
        return {
            "fn": "ratio",
            "num": draw(aggregates(base, plain=True).filter(numeric)),
            "den": draw(aggregates(base, plain=True).filter(numeric)),
            "as": name,
        }
    if shape == "nested":
        inner = draw(
            aggregates(base, plain=True)
            .filter(numeric)
            .filter(lambda a: "stores." not in str(a) and "sales." not in str(a))
        )
        per = draw(
            st.sampled_from(
                {
                    "sales": ["store_id", "kind", "stores.city"],
                    "stores": ["city", "id"],
                    "returns": ["sale_id"],
                }[base]
            )
        )
        node: Row = {
            "fn": draw(st.sampled_from(["avg", "count", "sum", "max", "min", "median"])),
            "of": inner,
            "per": [per],
            "as": name,
        }
        if draw(st.booleans()):
            node["keep"] = [{"op": draw(operators), "val": draw(st.integers(0, 3))}]
        if draw(st.integers(0, 3)) == 0:
            node["where"] = draw(tests(base, 1))
        return node
    return {**draw(aggregates(base)), "as": name}


def numeric(node: Row) -> bool:
    return not (
        node["fn"] in ("min", "max") and str(node.get("col", "")).split(".")[-1] in ("day", "at", "opened")
    )


EXACT = ("count", "distinct", "sum")


def exact(measure: Row) -> bool:
    """Whether its values are the same bits however they are added up, so that ties stay ties."""
    return measure["fn"] in EXACT and "expr" not in measure


@st.composite
def plans(draw: st.DrawFn) -> Row:
    base = draw(st.sampled_from(["sales", "sales", "stores", "returns"]))
    plan: Row = {"from": base, "where": draw(tests(base, draw(st.sampled_from([0, 0, 1, 2]))))}
    if draw(st.sampled_from([False, False, False, False, False, True])):
        plan["list"] = draw(
            st.lists(
                st.sampled_from(columns(base, "number") + columns(base, "text") + columns(base, "date")),
                min_size=1,
                max_size=3,
                unique=True,
            )
        )
        plan["distinct"] = draw(st.booleans())
        return plan
    plan["by"] = [draw(breakdowns(base, f"b{i}")) for i in range(draw(st.sampled_from([1, 2, 0])))]
    few = st.sampled_from([1, 2, 3, 0] if plan["by"] else [1, 2, 3])
    plan["get"] = [draw(measures(base, f"m{i}")) for i in range(draw(few))]
    usable = [m["as"] for m in plan["get"] if exact(m)]
    if plan["by"] and usable and draw(st.sampled_from([True, True, False])):
        plan["then"] = [draw(steps(plan, usable, f"s{i}")) for i in range(draw(st.integers(1, 2)))]
    if plan["by"] and usable and draw(st.integers(0, 2)) == 0:
        keep: Row = {"of": draw(st.sampled_from(usable)), "op": draw(operators)}
        keep.update(
            {"agg": draw(st.sampled_from(["avg", "min", "max", "median"]))}
            if draw(st.booleans())
            else {"val": draw(whole)}
        )
        if draw(st.booleans()):
            keep["neg"] = True
        plan["keep"] = [keep]
    if plan["by"]:
        names = [b["as"] for b in plan["by"]] + usable
        plan["sort"] = [
            {"of": n, "dir": draw(st.sampled_from(["asc", "desc"]))}
            for n in draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
        ]
        if draw(st.booleans()):
            plan["top"] = draw(st.integers(1, 4))
            if draw(st.integers(0, 2)) == 0:
                plan["top_per"] = plan["by"][0]["as"]
        if draw(st.integers(0, 3)) == 0:
            plan["skip"] = draw(st.integers(1, 2))
    return plan


@st.composite
def steps(draw: st.DrawFn, plan: Row, usable: list[str], name: str) -> Row:
    fn = draw(
        st.sampled_from(
            ["share", "rank", "difference", "pct_change", "cumulative", "moving_average", "contribution"]
        )
    )
    of = draw(st.sampled_from(usable))
    step: Row = {"fn": fn, "of": of, "as": name}
    by = plan["by"]
    if fn in ("share", "rank"):
        if len(by) == 2 and draw(st.booleans()):
            step["within"] = draw(st.sampled_from([b["as"] for b in by]))
        if fn == "rank":
            step["dir"] = draw(st.sampled_from(["asc", "desc"]))
        return step
    over = draw(st.sampled_from([b for b in by if "grain" in b] or by))
    step["over"] = over["as"]
    if fn == "moving_average":
        step["window"] = draw(st.integers(2, 3))
    if fn in ("difference", "pct_change", "contribution"):
        step["lag"] = draw(st.integers(1, 2))
        periods = {
            "month": ["month", "year", "quarter"],
            "quarter": ["quarter", "year"],
            "year": ["year"],
            "day": ["day", "week", "month", "year"],
        }
        if over.get("grain") in periods and draw(st.sampled_from([True, True, False])):
            step["period"] = draw(st.sampled_from(periods[over["grain"]]))
    return step
