"""What docs/plan.md says is so."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from datalect.plan.check import check
from datalect.plan.parse import parse_plan
from datalect.plan.readback import read_back

TEXT = (Path(__file__).parents[2] / "docs" / "plan.md").read_text(encoding="utf-8")
ROOM = Path(__file__).parents[2] / "src" / "datalect" / "plan"


def test_the_example_is_a_plan(shop: Any) -> None:
    block = re.search(r"(?m)^    (\{\"from\".*?\})\n\n", TEXT, re.S)
    assert block is not None
    checked = check(parse_plan(block[1]), shop[1])
    assert read_back(checked, "en").startswith("Sales (total amount) in orders for each region of customers")


def test_every_refusal_is_documented() -> None:
    refusals = TEXT.split("## Refusals")[1]
    for path in ROOM.glob("*.py"):
        for raised in re.findall(r"PlanError\((.*?)\n\s*\)", path.read_text(encoding="utf-8"), re.S):
            for code in re.findall(r'code="(\w+)"', raised):
                assert f"`{code}`" in refusals, (path.name, code)


def test_the_table_of_spans_is_right(shop: Any) -> None:
    for span, meaning in re.findall(
        r"^\| `(\{.*?\})` \| (\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d) \|$", TEXT, re.M
    ):
        test = {"time": "date", "in": json.loads(span)}
        plan = parse_plan({"from": "orders", "get": [{"fn": "count"}], "where": [test]})
        assert meaning in read_back(check(plan, shop[1]), "en", datetime(2024, 3, 5))
