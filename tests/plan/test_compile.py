"""What the SQL computes where plain evaluation would go wrong: overflow, NaN, division, gaps, ties, coverage."""

# ruff: noqa: E501 - plans and SQL read best one case a line
from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from datalect.data.model import Meaning, SemanticType
from datalect.plan.check import check
from datalect.plan.compile import compile_plan
from datalect.plan.model import Plan
from plan.catalogs import catalog_from_duckdb, fk


def ask(
    connection: Any, plan: dict[str, Any], as_of: datetime | None = None, **rest: Any
) -> list[tuple[Any, ...]]:
    catalog = catalog_from_duckdb(connection, **rest)
    compiled = compile_plan(check(Plan.model_validate(plan), catalog), as_of)
    return connection.execute(compiled.query.sql, list(compiled.query.params)).fetchall()


def covered(connection: Any, plan: dict[str, Any], **rest: Any) -> dict[str, int]:
    catalog = catalog_from_duckdb(connection, **rest)
    compiled = compile_plan(check(Plan.model_validate(plan), catalog))
    cursor = connection.execute(compiled.coverage.sql, list(compiled.coverage.params))
    rows = cursor.fetchall()
    assert len(rows) == 1
    return dict(zip([d[0] for d in cursor.description], rows[0], strict=True))


@pytest.fixture
def db() -> Any:
    with duckdb.connect() as connection:
        yield connection


# ---------------------------------------------------------------- numbers


def test_whole_numbers_do_not_overflow(db: Any) -> None:
    db.execute(
        "create table t as select * from (values (9223372036854775807, 2147483647::int), (9223372036854775807, 2147483647::int)) v(big, mid)"
    )
    assert ask(db, {"from": "t", "get": [{"fn": "sum", "col": "big"}]}) == [(2 * (2**63 - 1),)]
    assert ask(db, {"from": "t", "get": [{"fn": "sum", "expr": ["*", "mid", "mid"]}]}) == [
        (2 * (2**31 - 1) ** 2,)
    ]
    assert ask(db, {"from": "t", "get": [{"fn": "sum", "expr": ["+", "big", "big"]}]}) == [(4 * (2**63 - 1),)]
    (value,) = ask(db, {"from": "t", "get": [{"fn": "max", "expr": ["*", "big", "big", "big"]}]})[0]
    assert value == pytest.approx(float(2**63 - 1) ** 3)


def test_small_sums_are_plain_integers(db: Any) -> None:
    db.execute("create table t as select range as n from range(10)")
    (value,) = ask(db, {"from": "t", "get": [{"fn": "sum", "col": "n"}]})[0]
    assert value == 45
    assert type(value) is int


def test_division_is_true_division_and_by_zero_gives_nothing(db: Any) -> None:
    db.execute("create table t as select * from (values (7, 2), (1, 0), (null, 5)) v(a, b)")
    plan = {"from": "t", "list": ["a", {"expr": ["/", "a", "b"], "as": "q"}]}
    assert ask(db, plan) == [(7, 3.5), (1, None), (None, None)]
    ratio = {
        "fn": "ratio",
        "num": {"fn": "count"},
        "den": {"fn": "sum", "col": "b", "where": [{"col": "b", "op": "=", "val": 0}]},
    }
    assert ask(db, {"from": "t", "get": [ratio]}) == [(None,)]


def test_figures_are_subtracted_group_by_group_without_overflow(db: Any) -> None:
    db.execute(
        "create table t as select * from (values ('a', 3, 1.5), ('a', 10, 2.0), ('b', null, 4.0)) v(k, n, x)"
    )
    gap = {"fn": "difference", "num": {"fn": "max", "col": "n"}, "den": {"fn": "min", "col": "n"}}
    assert ask(db, {"from": "t", "get": [gap]}) == [(7.0,)]
    assert ask(db, {"from": "t", "by": [{"col": "k"}], "get": [gap]}) == [("a", 7.0), ("b", None)]
    parts = [{"fn": "sum", "col": "x", "where": [{"col": "k", "op": "=", "val": v}]} for v in ("b", "a")]
    assert ask(db, {"from": "t", "get": [{"fn": "difference", "num": parts[0], "den": parts[1]}]}) == [(0.5,)]
    db.execute("create table w as select * from (values (9223372036854775807), (-9223372036854775807)) v(n)")
    assert ask(db, {"from": "w", "get": [gap]}) == [(pytest.approx(2.0**64),)]


def test_nan_and_infinity_count_as_missing(db: Any) -> None:
    db.execute(
        "create table t as select * from (values ('nan'::double, 1), ('inf'::double, 1), (2.0, 1), (4.0, 2)) v(x, g)"
    )
    assert ask(
        db,
        {
            "from": "t",
            "get": [
                {"fn": "sum", "col": "x"},
                {"fn": "avg", "col": "x"},
                {"fn": "max", "col": "x"},
                {"fn": "count", "col": "x"},
            ],
        },
    ) == [(6.0, 3.0, 4.0, 2)]
    assert ask(db, {"from": "t", "where": [{"col": "x", "op": ">", "val": 3}], "get": [{"fn": "count"}]}) == [
        (1,)
    ]
    assert ask(db, {"from": "t", "get": [{"fn": "max", "expr": ["*", "x", 1e308], "as": "m"}]}) == [(None,)]
    assert covered(db, {"from": "t", "get": [{"fn": "sum", "col": "x", "as": "s"}]})["nulls_s"] == 2


def test_quantiles_of_decimals_are_not_rounded(db: Any) -> None:
    db.execute("create table t as select range * 1.5 as x from range(100)")
    plan = {"from": "t", "get": [{"fn": "median", "col": "x"}, {"fn": "percentile", "col": "x", "p": 0.25}]}
    assert ask(db, plan) == [(74.25, 37.125)]


def test_single_values_have_no_spread_and_constants_no_correlation(db: Any) -> None:
    db.execute("create table t as select * from (values (1.5, 2.0), (1.5, 3.0)) v(x, y)")
    plan = {
        "from": "t",
        "get": [
            {"fn": "corr", "col": "x", "with": "y"},
            {"fn": "stddev", "col": "y", "where": [{"col": "y", "op": ">", "val": 2}]},
        ],
    }
    assert ask(db, plan) == [(None, None)]


def test_empty_and_all_null(db: Any) -> None:
    db.execute(
        "create table t (x double, k varchar); create table u as select null::double as x, null::varchar as k"
    )
    gets = [{"fn": f, "col": "x"} for f in ("sum", "avg", "min", "median", "stddev", "count", "distinct")]
    for table in ("t", "u"):
        assert ask(db, {"from": table, "get": gets}) == [(None, None, None, None, None, 0, 0)]
    assert ask(db, {"from": "t", "by": [{"col": "k"}], "get": [{"fn": "count"}]}) == []
    assert ask(
        db,
        {
            "from": "u",
            "by": [{"col": "k"}],
            "get": [{"fn": "sum", "col": "x", "as": "s"}],
            "then": [{"fn": "share", "of": "s"}, {"fn": "rank", "of": "s"}],
        },
    ) == [(None, None, None, None)]


def test_single_precision_is_compared_in_single_precision(db: Any) -> None:
    db.execute("create table t as select 0.1::float as x")
    assert ask(
        db, {"from": "t", "where": [{"col": "x", "op": "=", "val": 0.1}], "get": [{"fn": "count"}]}
    ) == [(1,)]


def test_bins(db: Any) -> None:
    db.execute(
        "create table t as select * from (values (0.3, -7), (0.1, 0), (0.29, 4), (0.7, 5), (null, 9)) v(x, n)"
    )
    plan: dict[str, Any] = {"from": "t", "by": [{"col": "x", "width": 0.1}], "get": [{"fn": "count"}]}
    assert ask(db, plan) == [(0.1, 1), (0.2, 1), (0.3, 1), (0.7, 1), (None, 1)]
    plan["by"] = [{"col": "n", "bins": 4}]
    assert ask(db, plan) == [(-10, 1), (0, 2), (5, 2)]
    db.execute("create table c as select 5 as n")
    assert ask(db, {"from": "c", "by": [{"col": "n", "bins": 4}], "get": [{"fn": "count"}]}) == [(5, 1)]


# ---------------------------------------------------------------- time


@pytest.fixture
def months(db: Any) -> Any:
    db.execute("""create table t as select * from (values
        (date '2022-02-01', 100), (date '2022-04-01', 50), (date '2023-02-01', 150), (date '2023-03-01', 10),
        (date '2024-02-29', 300), (date '2023-02-28', 0)) v(d, x)""")
    return db


def test_a_missing_period_is_not_replaced_by_its_neighbour(months: Any) -> None:
    plan = {
        "from": "t",
        "by": [{"col": "d", "grain": "month"}],
        "get": [{"fn": "sum", "col": "x", "as": "s"}],
        "then": [
            {"fn": "pct_change", "of": "s", "period": "year", "as": "yoy"},
            {"fn": "difference", "of": "s", "period": "month", "as": "mom"},
            {"fn": "difference", "of": "s", "as": "previous"},
        ],
    }
    assert ask(months, plan) == [
        (date(2022, 2, 1), 100, None, None, None),
        (date(2022, 4, 1), 50, None, None, -50),
        (date(2023, 2, 1), 150, 0.5, None, 100),
        (date(2023, 3, 1), 10, None, -140, -140),
        (date(2024, 2, 1), 300, 1.0, None, 290),
    ]


def test_leap_days_have_no_same_day_a_year_before(months: Any) -> None:
    plan = {
        "from": "t",
        "by": [{"col": "d", "grain": "day"}],
        "get": [{"fn": "sum", "col": "x", "as": "s"}],
        "then": [{"fn": "difference", "of": "s", "period": "year", "as": "yoy"}],
        "sort": [{"of": "d_day", "dir": "desc"}],
        "top": 1,
    }
    assert ask(months, plan) == [(date(2024, 2, 29), 300, None)]


def test_weeks_are_compared_with_the_week_52_weeks_before(db: Any) -> None:
    db.execute(
        "create table t as select * from (values (date '2024-03-06', 5), (date '2023-03-09', 4)) v(d, x)"
    )
    plan = {"from": "t", "by": [{"col": "d", "grain": "week"}], "get": [{"fn": "sum", "col": "x", "as": "s"}],
            "then": [{"fn": "difference", "of": "s", "period": "year", "as": "yoy"}]}  # fmt: skip
    assert ask(db, plan) == [(date(2023, 3, 6), 4, None), (date(2024, 3, 4), 5, 1)]


def test_year_numbers_are_times(db: Any) -> None:
    db.execute("create table t as select * from (values (2019, 1), (2021, 5), (2022, 8), (2023, 9)) v(y, x)")
    rest = {"meanings": {"t.y": Meaning(type=SemanticType.YEAR)}, "as_of": datetime(2023, 6, 1)}
    plan: dict[str, Any] = {"from": "t", "by": [{"col": "y", "grain": "year"}], "get": [{"fn": "sum", "col": "x", "as": "s"}],
            "then": [{"fn": "difference", "of": "s", "period": "year", "as": "yoy"}]}  # fmt: skip
    assert ask(db, plan, **rest) == [(2019, 1, None), (2021, 5, None), (2022, 8, 3), (2023, 9, 1)]
    for span, count in (
        ({"last": 2, "unit": "year"}, 2), ({"ago": 1, "unit": "year"}, 1), ({"year": 2021}, 1),
        ({"from": "2021", "to": "2022"}, 2), ({"to_date": "year"}, 1), ({"to": "2021"}, 2),
    ):  # fmt: skip
        plan = {"from": "t", "where": [{"time": "y", "in": span}], "get": [{"fn": "count"}]}
        assert ask(db, plan, **rest) == [(count,)], span


def test_a_bare_date_means_its_whole_day(db: Any) -> None:
    db.execute(
        "create table t as select * from (values (timestamp '2024-03-05 00:00'), ('2024-03-05 23:59:59'), ('2024-03-06 00:00')) v(\"at\")"
    )
    for op, count in (("=", 2), ("<=", 2), ("<", 0), (">", 1), (">=", 3), ("!=", 1)):
        plan = {
            "from": "t",
            "where": [{"col": "at", "op": op, "val": "2024-03-05"}],
            "get": [{"fn": "count"}],
        }
        assert ask(db, plan) == [(count,)], op
    plan = {
        "from": "t",
        "where": [{"col": "at", "op": "between", "val": ["2024-03-05", "2024-03-05"]}],
        "get": [{"fn": "count"}],
    }
    assert ask(db, plan) == [(2,)]
    plan = {
        "from": "t",
        "where": [{"time": "at", "in": {"last": 1, "unit": "day"}}],
        "get": [{"fn": "count"}],
    }
    assert ask(db, plan, datetime(2024, 3, 5, 12)) == [(1,)]
    assert ask(db, plan, datetime(2024, 3, 5)) == [(2,)]


def test_fiscal_years_are_named_after_the_year_they_end_in(db: Any) -> None:
    db.execute("create table t as select date '2022-01-15' + to_months(range::int) as d from range(36)")
    rest = {"fiscal_year_start": 4, "as_of": datetime(2024, 2, 10)}
    for span, first, count in (
        ({"year": 2024, "fiscal": True}, date(2023, 4, 15), 12),
        ({"year": 2024, "quarter": 2, "fiscal": True}, date(2023, 7, 15), 3),
        ({"quarter": 1, "fiscal": True}, date(2022, 4, 15), 9),
        ({"ago": 1, "unit": "year", "fiscal": True}, date(2022, 4, 15), 12),
        ({"ago": 0, "unit": "quarter", "fiscal": True}, date(2024, 1, 15), 3),
        ({"to_date": "year", "fiscal": True}, date(2023, 4, 15), 10),
    ):
        plan = {
            "from": "t",
            "where": [{"time": "d", "in": span}],
            "get": [{"fn": "min", "col": "d"}, {"fn": "count"}],
        }
        assert [
            (d if isinstance(d, date) and not isinstance(d, datetime) else d.date(), n)
            for d, n in ask(db, plan, **rest)
        ] == [(first, count)], span


def test_weekdays_start_on_monday(db: Any) -> None:
    db.execute("create table t as select date '2024-01-01' + range::int as d from range(7)")
    plan = {"from": "t", "by": [{"col": "d", "grain": "day_of_week"}], "get": [{"fn": "min", "col": "d"}]}
    assert ask(db, plan) == [(i + 1, date(2024, 1, 1 + i)) for i in range(7)]


# ---------------------------------------------------------------- order and cut


def test_missing_values_come_last_either_way_and_ties_are_settled(db: Any) -> None:
    db.execute("create table t as select * from (values ('b', 2), ('a', 2), ('c', null), ('d', 1)) v(k, x)")
    plan: dict[str, Any] = {"from": "t", "by": [{"col": "k"}], "get": [{"fn": "sum", "col": "x", "as": "s"}]}
    assert ask(db, {**plan, "sort": [{"of": "s", "dir": "desc"}]}) == [
        ("a", 2),
        ("b", 2),
        ("d", 1),
        ("c", None),
    ]
    assert ask(db, {**plan, "sort": [{"of": "s"}]}) == [("d", 1), ("a", 2), ("b", 2), ("c", None)]
    ranked = {
        **plan,
        "then": [{"fn": "rank", "of": "s"}],
        "sort": [{"of": "rank_s"}],
        "keep": [{"of": "rank_s", "op": "<=", "val": 1}],
    }
    assert ask(db, ranked) == [("a", 2, 1), ("b", 2, 1)]


def test_shares_are_taken_before_the_cut(db: Any) -> None:
    db.execute(
        "create table t as select * from (values ('a', 'x', 6), ('a', 'y', 2), ('b', 'x', 2)) v(g, h, n)"
    )
    plan = {"from": "t", "by": [{"col": "g"}, {"col": "h"}], "get": [{"fn": "sum", "col": "n", "as": "s"}],
            "then": [{"fn": "share", "of": "s", "as": "all"}, {"fn": "share", "of": "s", "within": "g", "as": "own"}],
            "sort": [{"of": "s", "dir": "desc"}], "top": 1}  # fmt: skip
    assert ask(db, plan) == [("a", "x", 6, 0.6, 0.75)]


def test_contribution_is_the_share_of_the_total_change(db: Any) -> None:
    db.execute(
        "create table t as select * from (values (2022,'a',1),(2022,'b',5),(2023,'a',4),(2023,'b',6)) v(y, k, n)"
    )
    rest = {"meanings": {"t.y": Meaning(type=SemanticType.YEAR)}}
    plan = {"from": "t", "by": [{"col": "y"}, {"col": "k"}], "get": [{"fn": "sum", "col": "n", "as": "s"}],
            "then": [{"fn": "contribution", "of": "s", "as": "c"}]}  # fmt: skip
    assert ask(db, plan, **rest) == [
        (2022, "a", 1, None),
        (2022, "b", 5, None),
        (2023, "a", 4, 0.75),
        (2023, "b", 6, 0.25),
    ]


def test_percent_changes_from_below_zero_keep_their_direction(db: Any) -> None:
    db.execute("create table t as select * from (values (1, -10), (2, -5), (3, 0), (4, 7)) v(k, x)")
    plan = {
        "from": "t",
        "by": [{"col": "k"}],
        "get": [{"fn": "sum", "col": "x", "as": "s"}],
        "then": [{"fn": "pct_change", "of": "s", "as": "p"}],
    }
    assert ask(db, plan) == [(1, -10, None), (2, -5, 0.5), (3, 0, 1.0), (4, 7, None)]


def test_patterns_are_taken_literally(db: Any) -> None:
    db.execute(
        "create table t as select * from (values ('50% off'), ('50 off'), ('A_b'), ('aXB'), ('ÄRGER')) v(s)"
    )
    for op, value, count in (
        ("contains", "0%", 1),
        ("contains", "a_B", 1),
        ("starts", "50", 2),
        ("ends", "OFF", 2),
        ("contains", "ärg", 1),
    ):
        plan = {"from": "t", "where": [{"col": "s", "op": op, "val": value}], "get": [{"fn": "count"}]}
        assert ask(db, plan) == [(count,)], value


# ---------------------------------------------------------------- coverage


def test_coverage_counts_rows_and_missing_values(shop: Any) -> None:
    connection, catalog = shop

    def cover(plan: dict[str, Any]) -> dict[str, int]:
        compiled = compile_plan(check(Plan.model_validate(plan), catalog))
        cursor = connection.execute(compiled.coverage.sql, list(compiled.coverage.params))
        return dict(zip([d[0] for d in cursor.description], cursor.fetchone(), strict=True))

    plan: dict[str, Any] = {
        "from": "orders",
        "where": [
            {"any": [{"col": "paid", "op": "=", "val": True}, {"col": "status", "op": "=", "val": "late"}]}
        ],
        "by": [{"col": "customers.region"}],
        "get": [
            {"fn": "sum", "col": "amount", "as": "s"},
            {"fn": "count", "as": "n"},
            {"fn": "avg", "col": "shipped_days", "as": "d"},
        ],
    }
    plan["get"][2] = {"fn": "avg", "expr": ["date_diff", "day", "date", "shipped"], "as": "d"}
    assert cover(plan) == {"rows_total": 8, "rows_used": 6, "nulls_s": 1, "nulls_n": 0, "nulls_d": 2}
    plan["get"] = [{"fn": "avg", "of": {"fn": "sum", "col": "amount"}, "per": ["customer_id"], "as": "a"},
                   {"fn": "sum", "col": "refunds.amount", "as": "r"}]  # fmt: skip
    assert cover(plan) == {"rows_total": 8, "rows_used": 6, "nulls_a": 1, "nulls_r": 0}
    assert cover({"from": "orders", "list": ["id"]}) == {"rows_total": 8, "rows_used": 8}


def test_lists_with_hidden_sort_columns_conditions_and_places(shop: Any) -> None:
    connection, catalog = shop
    plan: dict[str, Any] = {
        "from": "orders",
        "list": ["customers.region", "id"],
        "sort": [{"of": "amount", "dir": "desc"}],
        "top": 1,
        "top_per": "customers.region",
        "keep": [{"of": "id", "op": "<", "val": 17}],
    }
    compiled = compile_plan(check(Plan.model_validate(plan), catalog))
    rows = connection.execute(compiled.query.sql, list(compiled.query.params)).fetchall()
    assert rows == [("East", 10), ("North", 16), ("West", 12), (None, 15)]
    assert [o.name for o in compiled.outputs] == ["customers.region", "id"]


def test_no_value_is_written_into_the_sql(shop: Any) -> None:
    plan = {
        "from": "orders",
        "where": [{"col": "amount", "op": ">", "val": 77.25}, {"col": "status", "op": "in", "val": ["open", "late"]},
                  {"time": "date", "in": {"year": 2023}}, {"has": "refunds", "count": {"op": "<", "val": 31}}],
        "by": [{"col": "status"}],
        "get": [{"fn": "sum", "expr": ["*", "amount", 1.75], "as": "x"}],
        "keep": [{"of": "x", "op": "<", "val": 123456}],
    }  # fmt: skip
    compiled = compile_plan(check(Plan.model_validate(plan), shop[1]))
    for value in ("77.25", "open", "late", "2023", "31", "1.75", "123456"):
        assert value not in compiled.query.sql
        assert value in compiled.display_sql
    assert all(isinstance(p, (str, int, float, bool)) for p in compiled.query.params)
    assert compiled.query.sql.count("?") == len(compiled.query.params)


def test_parquet_views_and_enums_and_uuids_are_fine(db: Any) -> None:
    db.execute("create type mood as enum ('sad', 'ok'); create table t (m mood, u uuid, l integer[])")
    db.execute(
        "insert into t values ('sad', '00000000-0000-0000-0000-000000000001', [1]), ('ok', null, null)"
    )
    plan = {"from": "t", "where": [{"col": "m", "op": "=", "val": "SAD"}], "list": ["m", "u"]}
    assert [str(v) for v in ask(db, plan)[0]] == ["sad", "00000000-0000-0000-0000-000000000001"]
    assert ask(db, {"from": "t", "where": [{"col": "l", "op": "null"}], "get": [{"fn": "count"}]}) == [(1,)]


def test_two_measures_over_a_key_with_gaps(db: Any) -> None:
    db.execute("create table a (id integer); create table b (a_id integer, n integer)")
    db.execute("insert into a values (1), (2); insert into b values (1, 5), (9, 7), (null, 1)")
    keys = (fk("b.a_id", "a.id", optional=True),)
    assert ask(
        db, {"from": "b", "get": [{"fn": "count", "each": "a"}, {"fn": "sum", "col": "n"}]}, foreign_keys=keys
    ) == [(1, 13)]
    assert ask(
        db,
        {"from": "b", "where": [{"has": "a", "neg": True}], "get": [{"fn": "sum", "col": "n"}]},
        foreign_keys=keys,
    ) == [(8,)]
