"""NaN and infinities written among numbers: missing, and told."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalect.data.model import Column, SemanticType, Table
from datalect.data.workspace import open_workspace


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def read(tmp_path: Path, cells: list[str], header: str = "value") -> tuple[Table, Column]:
    path = tmp_path / "t.csv"
    path.write_text(f"id,{header}\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells)), "utf-8")
    table = open_workspace([str(path)]).catalog.tables[0]
    return table, table.columns[1]


@pytest.mark.parametrize("word", ["NaN", "nan", "inf", "-inf", "Inf", "+Infinity", "-Infinity", "∞"])
@pytest.mark.parametrize("share", [0.01, 0.3])
def test_words_for_no_number_are_missing_and_told(tmp_path: Path, word: str, share: float) -> None:
    odd = int(200 * share)
    table, column = read(tmp_path, [word] * odd + [f"{i}.5" for i in range(200 - odd)])
    assert column.dtype == "DOUBLE"
    assert column.meaning.type is not SemanticType.CODE
    assert column.profile.nulls == odd
    assert column.profile.maximum == 199.5 - odd
    assert [(s.value, s.count, s.treated_as_missing) for s in column.sentinels] == [(word, odd, True)]
    assert not [p for p in table.problems if p.kind in ("mixed_types", "conversion_failed")]


@pytest.mark.slow
def test_they_are_seen_behind_the_sample_too(tmp_path: Path) -> None:
    cells = [str(i) for i in range(30_000)]
    cells[20_000], cells[21_000] = "inf", "NaN"
    table, column = read(tmp_path, cells)
    assert (column.dtype, column.profile.nulls) == ("BIGINT", 2)
    assert {s.value for s in column.sentinels} == {"inf", "NaN"}
    assert not [p for p in table.problems if p.kind == "mixed_types"]


def test_a_column_of_words_keeps_them(tmp_path: Path) -> None:
    _, column = read(tmp_path, ["inf", "mat", "inf", "phy"] * 10, header="faculty")
    assert column.dtype == "VARCHAR"
    assert column.profile.nulls == 0
    assert not column.sentinels


def test_one_value_that_cannot_be_read_is_one_value(tmp_path: Path) -> None:
    table, _ = read(tmp_path, [*(f"${i}" for i in range(200)), "many"])
    (problem,) = [p for p in table.problems if p.kind == "conversion_failed"]
    assert problem.message.startswith("1 value of value could not be read as money and counts as missing")
