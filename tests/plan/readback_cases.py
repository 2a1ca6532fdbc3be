"""Plans whose read-back is kept in ``readback.json``; ``python tests/plan/readback_cases.py`` rewrites that file."""

# ruff: noqa: E501 - plans and SQL read best one case a line
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).with_name("readback.json")
SUM = {"fn": "sum", "col": "amount"}

CASES: list[dict[str, Any]] = [
    {"from": "orders", "get": [{"fn": "count"}]},
    {"from": "orders", "get": [SUM]},
    {"from": "orders", "get": [{"fn": "avg", "col": "amount"}, {"fn": "max", "col": "date"}]},
    {"from": "orders", "get": [{"fn": "distinct", "col": "customer_id"}, {"fn": "count", "col": "amount"}]},
    {"from": "orders", "where": [{"col": "status", "op": "=", "val": "shipped"}], "by": [{"col": "customers.region"}],
     "get": [{**SUM, "as": "sales"}, {"fn": "count"}], "sort": [{"of": "sales", "dir": "desc"}], "top": 2},
    {"from": "orders", "where": [{"time": "date", "in": {"last": 3, "unit": "month"}}], "get": [SUM]},
    {"from": "orders", "where": [{"time": "date", "in": {"ago": 1, "unit": "year"}}], "get": [SUM]},
    {"from": "orders", "where": [{"time": "date", "in": {"ago": 0, "unit": "quarter"}}], "get": [SUM]},
    {"from": "orders", "where": [{"time": "date", "in": {"ago": 3, "unit": "month", "span": 3}}], "get": [SUM]},
    {"from": "orders", "where": [{"time": "date", "in": {"to_date": "year", "ago": 1}}], "get": [SUM]},
    {"from": "orders", "where": [{"time": "date", "in": {"year": 2023, "month": 2}}], "get": [SUM]},
    {"from": "orders", "where": [{"time": "date", "in": {"month": 2}}, {"time": "date", "in": {"weekday": 6}}], "get": [SUM]},
    {"from": "orders", "where": [{"time": "date", "in": {"year": 2024, "quarter": 1, "fiscal": True}}], "get": [SUM]},
    {"from": "orders", "where": [{"time": "shipped", "in": {"from": "2023-02-01", "to": "2023-04-15"}}], "get": [SUM]},
    {"from": "orders", "where": [{"time": "date", "in": {"from": "2024"}}], "get": [SUM]},
    {"from": "orders", "where": [{"col": "amount", "op": "between", "val": [50, 1500.5]}, {"col": "status", "op": "in", "val": ["open", "late"]}],
     "list": ["id", "customers.name", "amount"], "sort": [{"of": "amount", "dir": "desc"}, {"of": "id"}], "top": 5, "skip": 5},
    {"from": "orders", "where": [{"any": [{"col": "status", "op": "=", "val": "late"}, {"col": "paid", "op": "=", "val": False}]},
                                 {"not": {"col": "amount", "op": "null"}}], "get": [{"fn": "count"}]},
    {"from": "orders", "where": [{"col": "amount", "op": ">", "agg": {"fn": "avg", "col": "amount"}}], "list": ["id"], "sort": [{"of": "date"}]},
    {"from": "orders", "where": [{"col": "date", "op": ">=", "val": "2024-01-01"}, {"col": "shipped", "op": "<", "than": "date"}], "get": [{"fn": "count"}]},
    {"from": "customers", "where": [{"has": "orders", "neg": True}], "list": ["name"]},
    {"from": "customers", "where": [{"has": "orders", "where": [{"col": "status", "op": "=", "val": "shipped"}, {"col": "amount", "op": ">", "val": 100}],
                                     "count": {"op": ">=", "val": 2}}, {"col": "name", "op": "contains", "val": "a"}], "get": [{"fn": "count"}]},
    {"from": "customers", "by": [{"col": "region"}], "get": [{"fn": "sum", "col": "orders.amount"}, {"fn": "sum", "col": "refunds.amount"}, {"fn": "count"}]},
    {"from": "orders", "get": [{"fn": "avg", "of": {"fn": "count"}, "per": ["customer_id"]}]},
    {"from": "orders", "get": [{"fn": "count", "of": {"fn": "count"}, "per": ["customer_id"], "keep": [{"op": ">=", "val": 3}]}]},
    {"from": "orders", "by": [{"col": "status"}], "get": [{"fn": "ratio", "num": {"fn": "count", "where": [{"col": "paid", "op": "=", "val": True}]}, "den": {"fn": "count"}, "as": "paid_share"}]},
    {"from": "items", "by": [{"col": "products.category"}], "get": [{"fn": "sum", "expr": ["*", "quantity", "products.price"], "as": "revenue"}]},
    {"from": "items", "get": [{"fn": "avg", "col": "products.price", "each": "items"}]},
    {"from": "orders", "get": [{"fn": "avg", "expr": ["date_diff", "day", "date", "shipped"]}, {"fn": "percentile", "col": "amount", "p": 0.9}, {"fn": "corr", "col": "amount", "with": "quantity"}]},
    {"from": "orders", "by": [{"col": "date", "grain": "month"}], "get": [{**SUM, "as": "sales"}],
     "then": [{"fn": "pct_change", "of": "sales", "period": "year"}, {"fn": "cumulative", "of": "sales"}, {"fn": "moving_average", "of": "sales"}]},
    {"from": "orders", "by": [{"col": "date", "grain": "year"}, {"col": "status"}], "get": [SUM],
     "then": [{"fn": "share", "of": "sum_amount", "within": "date_year"}, {"fn": "rank", "of": "sum_amount"}, {"fn": "contribution", "of": "sum_amount"}],
     "keep": [{"of": "sum_amount", "op": ">", "agg": "avg"}, {"of": "rank_sum_amount", "op": "between", "val": [1, 3]}]},
    {"from": "orders", "by": [{"col": "customers.region"}, {"col": "status"}], "get": [{"fn": "count"}], "keep": [{"of": "count", "op": ">=", "val": 2, "neg": True}],
     "sort": [{"of": "count", "dir": "desc"}], "top": 1, "top_per": "customers.region"},
    {"from": "orders", "by": [{"col": "date", "grain": "day_of_week"}, {"col": "amount", "width": 50}], "get": [{"fn": "count"}]},
    {"from": "orders", "by": [{"col": "customers.region"}]},
    {"from": "orders", "list": ["status", "customers.region"], "distinct": True},
    {"from": "orders", "list": [{"expr": ["-", "quantity", 1], "as": "rest"}, {"expr": ["date_part", "weekday", "date"]}, {"expr": ["length", "status"]}], "top": 1},
    {"from": "orders", "get": [{"fn": "median", "col": "amount", "where": [{"col": "customers.region", "op": "!=", "val": "East"}]}, {"fn": "stddev", "col": "amount"}]},
]  # fmt: skip


def rendered() -> list[dict[str, Any]]:
    """Every case with its sentences."""
    from datalect.plan.check import check
    from datalect.plan.model import Plan
    from datalect.plan.readback import read_back
    from plan.catalogs import shop

    connection, catalog = shop()
    connection.close()
    found = []
    for data in CASES:
        checked = check(Plan.model_validate(data), catalog)
        found.append({"plan": data, "en": read_back(checked, "en"), "zh": read_back(checked, "zh")})
    return found


def write() -> None:
    """Write the golden file anew."""
    lines = [json.dumps(case, ensure_ascii=False) for case in rendered()]
    GOLDEN.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    import sys

    sys.path.insert(0, str(Path(__file__).parent.parent))
    write()
