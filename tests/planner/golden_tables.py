"""Small tables the golden questions are asked over, and a short way to write what a plan says."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from datalect.data.model import Workspace
from datalect.data.value_index import build_value_index
from datalect.data.values import ValueIndex
from datalect.data.workspace import open_workspace

CITIES = ["Beijing", "Shanghai", "Paris", "London", "Berlin"]
CATEGORIES = ["Furniture", "Technology", "Office Supplies"]
STATUSES = ["open", "shipped", "cancelled"]


def _write(folder: Path, name: str, header: list[str], rows: list[list[Any]]) -> Path:
    path = folder / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def _shop(folder: Path) -> list[Path]:
    customers = [
        [i, f"{first} {last}", CITIES[i % 5], "female" if i % 2 else "male", 20 + i * 3 % 50]
        for i, (first, last) in enumerate(
            zip(("Ann", "Bo", "Cyd", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jo", "Kim", "Lee"),
                ("Ash", "Birch", "Cedar", "Date", "Elm", "Fir", "Gum", "Hazel", "Iris", "Juniper", "Kapok", "Lime"),  # noqa: E501
                strict=True), 1)
    ]  # fmt: skip
    products = [[i, f"Item {i}", CATEGORIES[i % 3], round(5 + i * 7.3, 2)] for i in range(1, 10)]
    start = date(2021, 1, 3)
    orders = [
        [i, 1 + i * 7 % 11, 1 + i * 5 % 9, (start + timedelta(days=i * 6)).isoformat(), 1 + i % 6,
         round(10 + i * 13.7 % 480, 2), STATUSES[i % 3]]
        for i in range(1, 181)
    ]  # fmt: skip
    return [
        _write(folder, "customers", ["customer_id", "customer_name", "city", "gender", "age"], customers),
        _write(folder, "products", ["product_id", "product_name", "category", "unit_price"], products),
        _write(
            folder, "orders",
            ["order_id", "customer_id", "product_id", "order_date", "quantity", "sales_amount", "status"], orders,  # noqa: E501
        ),
    ]  # fmt: skip


def _cars(folder: Path) -> list[Path]:
    makers = ["toyota", "ford", "bmw", "honda"]
    rows = [
        [f"{makers[i % 4]} model {i}", 12 + i * 5 % 30, (4, 6, 8)[i % 3], 70 + i * 11 % 150, 1800 + i * 53 % 2500,  # noqa: E501
         1970 + i % 13, ("USA", "Japan", "Europe")[i % 3], "" if i % 17 == 0 else 3000 + i * 731 % 40000]
        for i in range(120)
    ]  # fmt: skip
    header = [
        "Name",
        "Miles_per_Gallon",
        "Cylinders",
        "Horsepower",
        "Weight_in_lbs",
        "Year",
        "Origin",
        "Price",
    ]
    return [_write(folder, "cars", header, rows)]


def _staff(folder: Path) -> list[Path]:
    departments = ["销售部", "技术部", "财务部", "人事部"]
    rows = [
        [1000 + i, f"员工{i}", departments[i % 4], ("男", "女")[i % 2], 22 + i * 7 % 38, 5000 + i * 613 % 20000,  # noqa: E501
         (date(2015, 3, 1) + timedelta(days=i * 41)).isoformat(), ("是", "否")[i % 3 == 0]]
        for i in range(60)
    ]  # fmt: skip
    header = ["工号", "姓名", "部门", "性别", "年龄", "工资", "入职日期", "是否在职"]
    return [_write(folder, "员工表", header, rows)]


def _years(folder: Path) -> list[Path]:
    paths = []
    for year in (2021, 2022, 2023):
        rows = [
            [f"Shop {i % 6}", ("East", "West", "North")[i % 3], year * 3 + i * 17 % 400, i % 9]
            for i in range(40)
        ]
        paths.append(_write(folder, f"turnover_{year}", ["shop", "region", "revenue", "returns"], rows))
    return paths


def _districts(folder: Path) -> list[Path]:
    paths = []
    for k, place in enumerate(("海淀区", "朝阳区", "丰台区")):
        rows = [
            [f"{place[:2]}{i}号地块", (date(2019, 1, 5) + timedelta(days=i * 31 + k)).isoformat(),
             1000 + i * 137 % 900 + k * 11, round(1.2 + (i * 7 + k) % 30 / 10, 2)]
            for i in range(30)
        ]  # fmt: skip
        paths.append(
            _write(folder, f"{place}土地成交表", ["地块名称", "成交日期", "成交总价", "容积率"], rows)
        )
    return paths


def _rides(folder: Path) -> list[Path]:
    start = datetime(2023, 1, 1, 6)
    rows = []
    for i in range(90):
        pickup = start + timedelta(hours=i * 17)
        rows.append(
            [pickup.isoformat(sep=" "), (pickup + timedelta(minutes=8 + i * 13 % 90)).isoformat(sep=" "),
             round(1.5 + i * 7 % 23, 1), round(6 + i * 5 % 41, 2), 1 + i % 4, ("yes", "no")[i % 3 == 0],
             ("North", "South", "East")[i % 3], ("card", "cash")[i % 2]]
        )  # fmt: skip
    header = ["pickup", "dropoff", "distance", "fare", "passengers", "prebooked", "district", "payment"]
    return [_write(folder, "rides", header, rows)]


def _invoices(folder: Path) -> list[Path]:
    rows = [
        [f"A{1000 + i // 3}", f"Lamp {i % 7}", 1 + i % 9, round(2 + i % 11 * 1.5, 2),
         ("France", "Norway", "Spain")[i % 3], (date(2022, 1, 5) + timedelta(days=i * 4)).isoformat()]
        for i in range(150)
    ]  # fmt: skip
    header = ["InvoiceNo", "Description", "Quantity", "UnitPrice", "Country", "InvoiceDate"]
    return [_write(folder, "invoice_lines", header, rows)]


def _glued(folder: Path) -> list[Path]:
    rows = [
        [2010 + i // 12, 1 + i % 12, 300 + i * 37 % 90, 5_000_000 + i * 91_337 % 700_000] for i in range(96)
    ]
    return [_write(folder, "dealers", ["yearvalue", "monthvalue", "numberofcars", "totalsalesnew"], rows)]


_MAKERS = {"shop": _shop, "cars": _cars, "staff": _staff, "years": _years, "districts": _districts,
           "rides": _rides, "invoices": _invoices, "glued": _glued}  # fmt: skip


@lru_cache(maxsize=8)
def opened(name: str) -> tuple[Workspace, ValueIndex]:
    """The tables of that name, opened once."""
    with TemporaryDirectory() as folder:
        workspace = open_workspace(_MAKERS[name](Path(folder)))
    return workspace, build_value_index(workspace, None)


# ---------------------------------------------------------------- what a plan says, in short


def _short(ref: str, base: str) -> str:
    return ref.removeprefix(base + ".")


def _expr(node: Any, base: str) -> str:
    if isinstance(node, list):
        return f"{node[0]}({','.join(_expr(n, base) for n in node[1:])})"
    return _short(str(node), base)


def _measure(node: dict[str, Any], base: str) -> str:
    if node.get("fn") == "ratio":
        return f"{_measure(node['num'], base)}/{_measure(node['den'], base)}"
    if node.get("fn") == "difference":
        return f"{_measure(node['num'], base)}-{_measure(node['den'], base)}"
    if "per" in node:
        per = ",".join(_short(p if isinstance(p, str) else p["col"], base) for p in node["per"])
        keep = "".join(f" {k['op']}{k['val']}" for k in node.get("keep", []))
        return f"{node['fn']}[{_measure(node['of'], base)} per {per}{keep}]"
    inner = (
        _short(node["col"], base) if "col" in node else _expr(node["expr"], base) if "expr" in node else ""
    )
    if "with" in node:
        inner += "," + _short(node["with"], base)
    where = "".join(f" where {_test(t, base)}" for t in node.get("where", []))
    level = f"@{node['p']}" if "p" in node else ""
    return f"{node['fn']}{level}({inner}{where})"


def _test(node: dict[str, Any], base: str) -> str:
    if "not" in node:
        return f"not {_test(node['not'], base)}"
    if "any" in node:
        return "(" + " or ".join(_test(t, base) for t in node["any"]) + ")"
    if "has" in node:
        inner = "".join(f" {_test(t, node['has'])}" for t in node.get("where", []))
        return f"{'no' if node.get('neg') else 'has'} {node['has']}{inner}"
    if "time" in node:
        span = {k: v for k, v in node["in"].items() if v is not None and v is not False}
        return f"{_short(node['time'], base)} in {json.dumps(span, sort_keys=True)}"
    left = _short(node["col"], base) if "col" in node else _expr(node["expr"], base)
    if node["op"] == "null":
        return f"{left} null"
    right = _measure(node["agg"], base) if "agg" in node else node.get("val", node.get("than"))
    return f"{left} {node['op']} {right}"


def essence(plan: Any) -> str:
    """What a plan computes, in one line; names of outputs and evidence left out."""
    data = plan.to_json()
    base = data["from"]
    names = {}
    for group in data.get("by", []):
        text = _short(group["col"], base) + (f":{group['grain']}" if "grain" in group else "")
        text += ":bins" if "bins" in group or "width" in group else ""
        names[group.get("as")] = text
    for measure in data.get("get", []):
        names[measure.get("as")] = _measure(measure, base)
    parts = [base]
    if "list" in data:
        items = [_short(c if isinstance(c, str) else str(c["expr"]), base) for c in data["list"]]
        parts.append("list " + ", ".join(items))
        names |= {
            (c if isinstance(c, str) else c.get("as")): i for c, i in zip(data["list"], items, strict=True)
        }
    if "get" in data:
        parts.append("get " + ", ".join(_measure(m, base) for m in data["get"]))
    if "by" in data:
        parts.append("by " + ", ".join(names[g.get("as")] for g in data["by"]))
    if "where" in data:
        parts.append("where " + " and ".join(sorted(_test(t, base) for t in data["where"])))
    for step in data.get("then", []):
        parts.append(f"then {step['fn']}" + (f":{step['period']}" if "period" in step else ""))
    for keep in data.get("keep", []):
        parts.append(f"keep {names.get(keep['of'], keep['of'])} {keep['op']} {keep['val']}")
    for sort in data.get("sort", []):
        parts.append(f"sort {names.get(sort['of'], _short(sort['of'], base))} {sort.get('dir', 'asc')}")
    if "top" in data:
        parts.append(f"top {data['top']}" + (f" skip {data['skip']}" if data.get("skip") else ""))
    mark = data.get("show", {}).get("mark")
    if mark:
        parts.append(f"as {mark}")
    return " | ".join(parts)
