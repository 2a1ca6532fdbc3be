"""``datalect describe``: tables, columns and what is wrong with them, as text and as JSON."""

from __future__ import annotations

import json

import pytest


def test_json_holds_everything_that_is_known(ok):
    body = json.loads(ok("describe", "sales.csv", "--json"))
    assert set(body) == {"tables", "foreign_keys", "metrics", "as_of", "fiscal_year_start"}
    [table] = body["tables"]
    assert (table["name"], table["rows"]) == ("sales", 6)
    columns = {column["name"]: column for column in table["columns"]}
    assert list(columns) == ["date", "region", "product", "amount", "quantity"]
    assert columns["date"]["meaning"]["type"] == "date"
    assert columns["region"]["meaning"]["evidence"]
    assert {"value": "East", "count": 3} in columns["region"]["values"]
    assert columns["amount"]["maximum"] == 200


@pytest.mark.slow
def test_joins_are_found_and_hidden_columns_are_not_shown(ok, shell):
    (shell.folder / "regions.csv").write_text(
        "region,manager\nEast,Ann\nWest,Bo\nNorth,Cy\n", encoding="utf-8"
    )
    (shell.folder / "words.yaml").write_text(
        "tables:\n  regions:\n    columns:\n      manager: {hidden: true}\n", encoding="utf-8"
    )
    printed = ok("describe", "sales.csv", "regions.csv", "--json", "--glossary", "words.yaml")
    body = json.loads(printed)
    [join] = body["foreign_keys"]
    assert (join["table"], join["ref_table"]) == ("sales", "regions")
    assert "manager" not in printed
    assert "Ann" not in printed


@pytest.mark.slow
def test_text_is_in_the_language_asked_for(ok):
    assert "6 rows" in ok("describe", "sales.csv")
    assert "6 行" in ok("describe", "sales.csv", "--lang", "zh")
