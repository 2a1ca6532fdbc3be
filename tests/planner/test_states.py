"""States told by empty, zero or opposite columns; from and to over two keys; people; money of no header."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from golden_tables import essence

from datalect.data.value_index import build_value_index
from datalect.data.workspace import open_workspace
from datalect.planner.base import Interpretation, Question
from datalect.planner.lexical.planner import LexicalPlanner

TOWNS = ["Bath", "York", "Leeds", "Truro", "Wells"]


def _write(folder: Path, name: str, header: list[str], rows: list[list[object]]) -> Path:
    path = folder / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture(scope="module")
def hire(tmp_path_factory: pytest.TempPathFactory):
    """A bicycle hire: stations, riders by two names, hires between stations, parts sold."""
    folder = tmp_path_factory.mktemp("hire")
    paths = [
        _write(folder, "stations", ["station_id", "station_name", "town", "unavailable"],
               [[i, f"Stand {i}", TOWNS[i % 5], ("no", "yes")[i % 4 == 0]] for i in range(1, 21)]),
        _write(folder, "riders", ["rider_id", "first_name", "last_name", "bikes"],
               [[i, f"Ann{i}", f"Ash{i}", i % 3] for i in range(1, 31)]),
        _write(folder, "hires",
               ["hire_id", "rider_id", "start_station_id", "end_station_id", "hire_date", "return_date"],
               [[i, 1 + i * 7 % 30, 1 + i * 3 % 20, 1 + i * 11 % 20, f"2023-0{1 + i % 9}-1{i % 9}",
                 "" if i % 8 == 0 else f"2023-0{1 + i % 9}-2{i % 8}"] for i in range(1, 121)]),
        _write(folder, "lines", ["line_id", "hire_id", "unit_price", "quantity"],
               [[i, 1 + i * 5 % 120, round(2 + i * 1.7 % 30, 2), 1 + i % 4] for i in range(1, 301)]),
    ]  # fmt: skip
    workspace = open_workspace([str(p) for p in paths])
    return workspace.catalog, build_value_index(workspace, None)


def _best(hire, text: str) -> Interpretation:
    return LexicalPlanner().interpret(Question(text=text), *hire)


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("how many hires were not returned", "hires | get count() | where return_date null"),
        ("还没归还的hires有多少", "hires | get count() | where return_date null"),
        ("how many hires from Bath to York",
         "hires | get count() | where end_station_id>stations.town = York and start_station_id>stations.town = Bath"),  # noqa: E501
        ("从Bath出发的hires有多少", "hires | get count() | where start_station_id>stations.town = Bath"),
        ("how many hires ended in Leeds", "hires | get count() | where end_station_id>stations.town = Leeds"),
        ("stations where no hire has started",
         "stations | list station_name | where no hires.start_station_id"),
        ("how many stations are available", "stations | get count() | where unavailable = False"),
        ("可用的stations有几个", "stations | get count() | where unavailable = False"),
        ("how many riders with bikes", "riders | get count() | where bikes > 0"),
        ("people with more than 2 hires",
         "hires | get count() | by riders.first_name, riders.last_name | keep count() > 2"),
        ("which rider spent the most",
         "lines | get sum(*(unit_price,quantity)) | by riders.first_name, riders.last_name"
         " | sort sum(*(unit_price,quantity)) desc | top 1"),
        ("哪个rider花钱最多",
         "lines | get sum(*(unit_price,quantity)) | by riders.first_name, riders.last_name"
         " | sort sum(*(unit_price,quantity)) desc | top 1"),
    ],
)  # fmt: skip
def test_what_no_header_says_is_read_from_several_tables(hire, text: str, plan: str):
    found = _best(hire, text)
    assert found.readings, found.reason
    assert essence(found.readings[0].plan) == plan
