"""A stored catalog comes back equal."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalect.data.catalog_store import load_catalog, save_catalog
from datalect.data.model import (
    Catalog,
    Column,
    ColumnProfile,
    Conversion,
    ForeignKey,
    Grain,
    Meaning,
    Metric,
    Problem,
    SemanticType,
    Sentinel,
    Table,
)

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary(), st.dates(),
    st.datetimes(), st.times(), st.timedeltas(), st.decimals(allow_nan=False), st.uuids(),
)  # fmt: skip


def catalog(values: list[tuple[Any, int]]) -> Catalog:
    column = Column(
        table="t",
        name='odd "name"',
        dtype="DOUBLE",
        meaning=Meaning(type=SemanticType.DATE, grain=Grain.MONTH, order=tuple(v for v, _ in values)),
        profile=ColumnProfile(rows=3, quantiles={0.5: 2.0}, values=tuple(values), values_complete=True),
        value_aliases={"高": "high"},
        sentinels=(Sentinel(value=999, count=1, evidence="odd", treated_as_missing=True),),
        conversion=Conversion(kind="money", original="x", converted=2, failed=1, examples=(("¥1", "1"),)),
    )
    table = Table(
        name="t",
        columns=(column,),
        rows=3,
        keys=(("a", "b"),),
        problems=(Problem(kind="k", severity="info", message="m", examples=("line 3",)),),
    )
    return Catalog(
        tables=(table,),
        foreign_keys=(ForeignKey(table="t", columns=("a",), ref_table="u", ref_columns=("id",)),),
        metrics=(Metric(name="m", measure={"fn": "ratio", "num": {"fn": "sum", "col": "x"}}, table="t"),),
        as_of=datetime(2024, 3, 5),
    )


@given(st.lists(st.tuples(VALUES, st.integers(0, 10)), max_size=6))
def test_any_values_come_back(
    tmp_path_factory: pytest.TempPathFactory, values: list[tuple[Any, int]]
) -> None:
    path = tmp_path_factory.mktemp("c") / "catalog.json"
    written = catalog(values)
    save_catalog(path, written, (Path("a.parquet"),))
    assert load_catalog(path) == (written, (Path("a.parquet"),))


def test_types_are_kept(tmp_path: Path) -> None:
    values = [
        True,
        1,
        1.0,
        Decimal("1.0"),
        date(2024, 1, 1),
        datetime(2024, 1, 1),
        time(1),
        timedelta(1),
        UUID(int=1),
    ]
    save_catalog(tmp_path / "c", catalog([(v, 1) for v in values]), ())
    found = load_catalog(tmp_path / "c")[0].tables[0].columns[0].profile.values
    assert [type(v) for v, _ in found] == [type(v) for v in values]


def test_a_reference_time_of_now_stays_now(tmp_path: Path) -> None:
    from dataclasses import replace

    save_catalog(tmp_path / "c", replace(catalog([]), as_of=datetime.now()), ())
    text = (tmp_path / "c").read_text()
    past = (datetime.now() - timedelta(days=30)).isoformat()[:10]
    (tmp_path / "c").write_text(text.replace(datetime.now().isoformat()[:10], past))
    as_of = load_catalog(tmp_path / "c")[0].as_of
    assert as_of is not None
    assert datetime.now() - as_of < timedelta(minutes=1)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"catalog": 1, "granted": [], "saved": "2024-01-01"}']
)
def test_damaged_catalogs_are_noticed(tmp_path: Path, text: str) -> None:
    (tmp_path / "c").write_text(text)
    with pytest.raises(ValueError, match=r"."):
        load_catalog(tmp_path / "c")
