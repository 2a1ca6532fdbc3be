"""Tables that already are in this process."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from datalect.errors import SourceError, UsageError
from loading_helper import loading

ROWS = [(1, "Ann", 10.5, date(2024, 1, 5)), (2, None, 20.0, date(2024, 1, 6))]
COLUMNS = {
    "id": [1, 2],
    "name": ["Ann", None],
    "amount": [10.5, 20.0],
    "day": [date(2024, 1, 5), date(2024, 1, 6)],
}


def arrow() -> pa.Table:
    return pa.table(COLUMNS)


class Capsule:
    """An object of a library nobody knows that speaks the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return arrow().__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize(
    "value",
    [
        arrow(),
        arrow().to_reader(),
        arrow().to_batches()[0],
        pd.DataFrame(COLUMNS),
        pl.DataFrame(COLUMNS),
        pl.DataFrame(COLUMNS).lazy(),
        Capsule(),
        [dict(zip(COLUMNS, row, strict=True)) for row in ROWS],
    ],
    ids=lambda value: type(value).__name__,
)
def test_objects_become_tables(tmp_path: Path, value: object) -> None:
    with loading(tmp_path, ("people", value)) as loaded:
        assert loaded.only.name == "people"
        assert loaded.rows() == ROWS


def test_names_come_from_pairs_mappings_or_nowhere(tmp_path: Path) -> None:
    table = arrow()
    with loading(tmp_path, {"a": table, "b": table}, ("c", table), table, table) as loaded:
        assert [t.name for t in loaded.tables] == ["a", "b", "c", "table", "table_2"]


def test_a_file_can_be_renamed_and_mixed_with_objects(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n1\n")
    with loading(tmp_path, {"renamed": tmp_path / "x.csv"}, ("frame", arrow())) as loaded:
        assert [t.name for t in loaded.tables] == ["renamed", "frame"]


def test_what_pandas_frames_hold(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "kind": pd.Categorical(["x", "y"]),
            "mixed": [1, "two"],
            "when": pd.to_datetime(["2024-01-05 10:00", None]),
            "n": pd.array([1, None], dtype="Int64"),
            "nan": [1.5, np.nan],
        },
        index=pd.Index(["r1", "r2"], name="key"),
    )
    with loading(tmp_path, ("f", frame)) as loaded:
        assert loaded.rows() == [
            ("r1", "x", "1", datetime(2024, 1, 5, 10), 1, 1.5),
            ("r2", "y", "two", None, None, None),
        ]
        assert loaded.problem("mixed_types").column == "mixed"


def test_pandas_columns_of_several_levels_and_equal_names(tmp_path: Path) -> None:
    frame = pd.DataFrame([[1, 2, 3]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y"), ("a", "x")]))
    with loading(tmp_path, ("f", frame)) as loaded:
        assert list(loaded.types()) == ["a.x", "a.y", "a.x_2"]


@pytest.mark.parametrize("value", [3, object(), None, 2.5])
def test_other_objects_are_refused(tmp_path: Path, value: object) -> None:
    with pytest.raises(UsageError, match="not something Datalect can read"), loading(tmp_path, value):
        pass


def test_a_column_alone_is_no_table(tmp_path: Path) -> None:
    with (
        pytest.raises(SourceError, match="cannot be read as a table"),
        loading(tmp_path, ("s", pl.Series([1, 2]))),
    ):
        pass
