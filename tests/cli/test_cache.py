"""``datalect cache``: what is kept can be seen and thrown away, and the next question still works."""

from __future__ import annotations

import json

import pytest


@pytest.mark.slow
def test_what_was_read_is_listed_then_cleared(ok, shell, tmp_path):
    own = {"DATALECT_CACHE": str(tmp_path / "own")}
    assert json.loads(ok("cache", "list", "--json", env=own))["entries"] == []
    ok("sql", "sales.csv", "SELECT 1", env=own)
    listed = json.loads(ok("cache", "list", "--json", env=own))
    [entry] = listed["entries"]
    assert entry["bytes"] == listed["bytes"] > 0
    assert any("sales.csv" in source for source in entry["sources"])
    assert "sales.csv" in ok("cache", "list", env=own)
    assert json.loads(ok("cache", "clear", "--json", env=own)) == {"removed": 1, "bytes": listed["bytes"]}
    assert json.loads(ok("cache", "list", "--json", env=own))["entries"] == []
    assert (shell.folder / "sales.csv").exists()
    assert json.loads(ok("sql", "sales.csv", "SELECT 1 AS a", "--json", env=own))["rows"] == [[1]]


def test_a_cache_that_cannot_be_used_is_explained(shell):
    done = shell.run("cache", "list", env={"DATALECT_CACHE": str(shell.folder / "sales.csv")})
    assert done.returncode == 3
    assert "DATALECT_CACHE" in done.stderr
