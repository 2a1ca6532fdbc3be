"""Questions over tables that point at each other: rows by table name, partners, roles, short headers."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from golden_tables import essence

from datalect.data.value_index import build_value_index
from datalect.data.workspace import open_workspace
from datalect.planner.base import Question
from datalect.planner.lexical import LexicalPlanner

PLANNER = LexicalPlanner()
AIRPORTS = [f"{a}{b}{c}" for a in "JKL" for b in "FGH" for c in "KAXRT"]
CARRIERS = {
    "UA": "United Wings",
    "AA": "Alpha Air",
    "DL": "Delta Lines",
    "B6": "Blue Six",
    "WN": "West North",
}


def _write(folder: Path, name: str, header: list[str], rows: list[list[Any]]) -> Path:
    path = folder / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@lru_cache(maxsize=1)
def tables():
    with TemporaryDirectory() as name:
        folder = Path(name)
        codes = list(CARRIERS)
        flights = [
            [1000 + i * 37 % 800, codes[i * i % 5], AIRPORTS[i % 3], AIRPORTS[i * 7 % 45],
             f"N{100 + i % 60}ZZ", f"2013-{1 + i % 12:02d}-{1 + i % 27:02d}", i * 11 % 90 - 10,
             i * 17 % 120 - 20]
            for i in range(1, 600)
        ]  # fmt: skip
        airports = [[code, f"{code} Field {i}", 40 + i * 250] for i, code in enumerate(AIRPORTS)]
        planes = [[f"N{100 + i}ZZ", ("BOEING", "AIRBUS")[i % 2], 50 + i * 3 % 200] for i in range(70)]
        paths = [
            _write(
                folder, "flights",
                ["flight", "carrier", "origin", "dest", "tailnum", "day", "dep_delay", "arr_delay"], flights,
            ),
            _write(folder, "airlines", ["carrier", "name"], [[c, n] for c, n in CARRIERS.items()]),
            _write(folder, "airports", ["faa", "name", "alt"], airports),
            _write(folder, "planes", ["tailnum", "manufacturer", "seats"], planes),
        ]  # fmt: skip
        workspace = open_workspace([str(p) for p in paths])
        return workspace, build_value_index(workspace, None)


def best(text: str):
    workspace, values = tables()
    return PLANNER.interpret(Question(text=text), workspace.catalog, values)


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        (
            "which carrier has the most flights?",
            "flights | get count() | by carrier | sort count() desc | top 1",
        ),
        ("average departure delay by airline", "flights | get avg(dep_delay) | by airlines.name"),
        ("平均到达延误", "flights | get avg(arr_delay)"),
        ("planes without flights", "planes | list tailnum | where no flights"),
        ("how many planes have no flights?", "planes | get count() | where no flights"),
        ("flights from JFK to KGX", "flights | list flight | where dest = KGX and origin = JFK"),
        ("从JFK到KGX的航班有几个", "flights | get count() | where dest = KGX and origin = JFK"),
        (
            "flights to airports above 5000 feet altitude",
            "flights | list flight | where dest>airports.alt > 5000",
        ),
        (
            "percentage of flights with arrival delay over 60 minutes by carrier",
            "flights | get count( where arr_delay > 60)/count() | by carrier",
        ),
        ("average flights per plane", "flights | get avg[count() per planes.tailnum]"),
        (
            "rank airlines by average departure delay",
            "flights | get avg(dep_delay) | by airlines.name | sort avg(dep_delay) desc",
        ),
        ("names of airlines", "airlines | list name"),
    ],
)
def test_a_question_over_several_tables(text: str, plan: str):
    assert essence(best(text).readings[0].plan) == plan


def test_the_worst_delay_is_the_longest():
    found = best("which airline has the worst arrival delay?")
    assert "sort avg(arr_delay) desc" in essence(found.readings[0].plan)


def test_a_word_like_a_code_is_not_taken_for_it():
    found = best("how many flights left JFK in March?")
    assert essence(found.readings[0].plan).count("JFK") == 1
    assert "LFT" not in essence(found.readings[0].plan)
