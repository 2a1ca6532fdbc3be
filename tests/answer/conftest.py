"""A real table, opened and asked through the whole pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import datalect as dl
from datalect.answer.model import Answer
from datalect.plan.model import Plan

CSV = """day,city,product,amount,note
2024-01-05,Paris,Desk,120.5,fine
2024-01-19,Rome,Lamp,80,<script>alert(1)</script>
2024-02-02,Paris,Lamp,35.25,</script><!--
2024-02-11,Oslo,Desk,,=1+2
2024-03-08,Rome,Sofa,899,\u202eevil
2024-03-09,Paris,Desk,240,\x1b[31mred
2024-04-01,Oslo,Sofa,899,line\u2028end
"""


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dl.Dataset]:
    folder: Path = tmp_path_factory.mktemp("shop")
    path = folder / "orders.csv"
    path.write_text(CSV, encoding="utf-8")
    with dl.open(str(path)) as data:
        yield data


def run(data: dl.Dataset, plan: dict[str, Any], language: str = "en") -> Answer:
    return data.run(Plan.model_validate(plan), language=language)  # type: ignore[arg-type]
