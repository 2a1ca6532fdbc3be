"""Laws that hold for every plan."""

# ruff: noqa: E501 - plans and SQL read best one case a line
from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalect.errors import PlanError
from datalect.plan.canonical import canonical, plan_hash
from datalect.plan.check import check
from datalect.plan.compile import compile_plan
from datalect.plan.diff import PlanDiff, apply, diff
from datalect.plan.model import Plan
from datalect.plan.parse import parse_plan
from datalect.plan.readback import read_back
from plan.strategies import any_test, plans, tables
from plan.test_random_plans import REFUSED, TYPES, fill, order_free, profile, run, same


@pytest.fixture(scope="module")
def connection() -> Any:
    connection = duckdb.connect()
    for name, types in TYPES.items():
        connection.execute(f"create table {name} ({types})")
    yield connection
    connection.close()


def accepted(connection: Any, catalog: Any, data: Any) -> Any:
    try:
        return run(connection, catalog, data)
    except PlanError as error:
        assert error.code in REFUSED
        return None


@profile(40)
@given(data=plans())
def test_plans_survive_json(data: Any) -> None:
    plan = Plan.model_validate(data)
    text = json.dumps(plan.to_json(), ensure_ascii=False)
    assert parse_plan(text) == plan
    assert Plan.model_validate_json(plan.model_dump_json(by_alias=True)) == plan


@profile(25)
@given(rows=tables(), data=plans())
def test_checking_twice_changes_nothing(connection: Any, rows: Any, data: Any) -> None:
    catalog = fill(connection, rows)
    try:
        once = check(Plan.model_validate(data), catalog)
    except PlanError as error:
        assert error.code in REFUSED
        return
    twice = check(once.plan, catalog)
    assert twice.plan == once.plan
    assert twice.parts == once.parts
    assert [o.name for o in twice.outputs] == [o.name for o in once.outputs]


@pytest.mark.slow
@profile(25)
@given(rows=tables(), data=plans())
def test_display_sql_runs_and_gives_the_same(connection: Any, rows: Any, data: Any) -> None:
    catalog = fill(connection, rows)
    try:
        compiled = compile_plan(check(Plan.model_validate(data), catalog))
    except PlanError as error:
        assert error.code in REFUSED
        return
    bound = connection.execute(compiled.query.sql, list(compiled.query.params)).fetchall()
    shown = connection.execute(compiled.display_sql).fetchall()
    assert len(bound) == len(shown)
    assert all(
        same(a, b) or str(a) == str(b)
        for x, y in zip(bound, shown, strict=True)
        for a, b in zip(x, y, strict=True)
    )


@pytest.mark.slow
@profile(25)
@given(rows=tables(), data=plans(), order=st.randoms(use_true_random=False))
def test_canonical_form_keeps_the_result_and_the_hash(
    connection: Any, rows: Any, data: Any, order: Any
) -> None:
    catalog = fill(connection, rows)
    plan = Plan.model_validate(data)
    form = canonical(plan)
    assert canonical(form) == form
    shuffled = dict(data, where=order.sample(data["where"], len(data["where"])), why={"from": [0, 1]})
    assert plan_hash(Plan.model_validate(shuffled)) == plan_hash(plan)
    left, right = accepted(connection, catalog, data), accepted(connection, catalog, form.to_json())
    if left is None or right is None:
        assert left == right
        return
    rows_left, rows_right = order_free(left[1]), order_free(right[1])
    assert all(
        same(a, b) for x, y in zip(rows_left, rows_right, strict=True) for a, b in zip(x, y, strict=True)
    )


@pytest.mark.slow
@profile(40)
@given(rows=tables(), base=st.sampled_from(["sales", "stores", "returns"]), data=st.data())
def test_a_test_its_negation_and_the_unknown_make_up_the_whole(
    connection: Any, rows: Any, base: str, data: Any
) -> None:
    catalog = fill(connection, rows)
    test = data.draw(any_test(base))

    def count(where: list[Any]) -> int:
        try:
            _, found = run(connection, catalog, {"from": base, "where": where, "get": [{"fn": "count"}]})
        except PlanError as error:
            assert error.code in REFUSED
            raise _Refused from error
        return int(found[0][0])

    try:
        whole = count([])
        holds, fails = count([test]), count([{"not": test}])
        assert holds + fails <= whole
        assert count([{"any": [test, {"not": test}]}] if "any" not in test else []) in (whole, holds + fails)
    except _Refused:
        return


class _Refused(Exception):
    pass


@pytest.mark.slow
@profile(40)
@given(rows=tables(), column=st.sampled_from(["qty", "price", "stores.size"]), bound=st.integers(-5, 9))
def test_null_partitions_add_up(connection: Any, rows: Any, column: str, bound: int) -> None:
    catalog = fill(connection, rows)
    test = {"col": column, "op": ">", "val": bound}
    counts = []
    for where in ([], [test], [{"not": test}], [{"col": column, "op": "null"}]):
        _, found = run(connection, catalog, {"from": "sales", "where": where, "get": [{"fn": "count"}]})
        counts.append(found[0][0])
    assert counts[0] == sum(counts[1:])


@profile(40)
@given(old=plans(), new=plans())
def test_differences_lead_from_one_plan_to_the_other(old: Any, new: Any) -> None:
    before, after = Plan.model_validate(old), Plan.model_validate(new)
    change = diff(before, after)
    assert apply(before, change) == after
    assert PlanDiff.model_validate_json(change.model_dump_json()) == change
    assert diff(before, before) == PlanDiff()


@pytest.mark.slow
@profile(25)
@given(rows=tables(), data=plans())
def test_every_plan_can_be_read_back(connection: Any, rows: Any, data: Any) -> None:
    catalog = fill(connection, rows)
    try:
        checked = check(Plan.model_validate(data), catalog)
    except PlanError as error:
        assert error.code in REFUSED
        return
    english, chinese = read_back(checked, "en"), read_back(checked, "zh")
    assert english.endswith(".")
    assert chinese.endswith("。")
    for text in (english, chinese):
        for test in data["where"]:
            if isinstance(test.get("val"), str) and "col" in test and "-" not in test["val"]:
                assert test["val"] in text
        if "top" in data:
            assert str(data["top"]) in text or data["top"] == 1


HOSTILE = [
    "'; drop table orders; --", '"', "''", "a\x00b", "😀", "\\", "%' or '1'='1", "$1", "?", "/*", "\u202e", "x" * 5000,
    "${jndi}", "\n--", "1) or (1=1",
]  # fmt: skip


def test_hostile_values_never_change_the_sql(shop: Any) -> None:
    connection, catalog = shop

    def compiled(value: str) -> Any:
        plan = {
            "from": "orders",
            "where": [
                {"col": "status", "op": "contains", "val": value},
                {"any": [{"col": "customers.name", "op": "starts", "val": value}, {"col": "status", "op": "<", "val": value}]},
            ],
            "by": [{"col": "customers.region"}],
            "get": [{"fn": "count", "where": [{"col": "status", "op": "ends", "val": value}]}],
        }  # fmt: skip
        return compile_plan(check(Plan.model_validate(plan), catalog))

    harmless = compiled("open")
    for value in HOSTILE:
        found = compiled(value)
        assert found.query.sql == harmless.query.sql
        assert found.coverage.sql == harmless.coverage.sql
        assert found.query.params.count(value) == harmless.query.params.count("open")
        assert (
            connection.execute(found.query.sql, list(found.query.params)).fetchall()
            == connection.execute(found.display_sql).fetchall()
        )
    assert connection.execute("select count(*) from orders").fetchone() == (8,)


@profile(100)
@given(value=st.text(min_size=1, max_size=30))
def test_any_text_is_only_a_value(shop: Any, value: str) -> None:
    connection, catalog = shop
    plan = {
        "from": "orders",
        "where": [{"col": "status", "op": "contains", "val": value}],
        "get": [{"fn": "count"}],
    }
    compiled = compile_plan(check(Plan.model_validate(plan), catalog))
    assert compiled.query.params == (value,)
    expected = sum(value.lower() in s for s in ("open", "shipped", "late") for _ in [0])
    got = connection.execute(compiled.query.sql, list(compiled.query.params)).fetchone()[0]
    assert (got > 0) == (expected > 0)
    assert connection.execute(compiled.display_sql).fetchone()[0] == got


@pytest.mark.parametrize(
    "name",
    ['"; drop table t; --', "<script>", "x" * 300, "名称😀", "a.b>c", "select", "?", "$1", "\u202eabc"],
)
def test_hostile_names_of_tables_and_columns_are_only_names(name: str) -> None:
    from plan.catalogs import catalog_from_duckdb

    quoted = '"' + name.replace('"', '""') + '"'
    with duckdb.connect() as connection:
        connection.execute(f"create table {quoted} ({quoted} varchar, n integer)")
        connection.execute(f"insert into {quoted} values ('a', 1), ('b', 2), ('a', 5)")
        catalog = catalog_from_duckdb(connection)
        plan = {"from": name, "where": [{"col": name, "op": "!=", "val": "b"}], "by": [{"col": name}],
                "get": [{"fn": "sum", "col": "n"}], "then": [{"fn": "share", "of": "sum_n"}]}  # fmt: skip
        compiled = compile_plan(check(Plan.model_validate(plan), catalog))
        assert connection.execute(compiled.query.sql, list(compiled.query.params)).fetchall() == [
            ("a", 6, 1.0)
        ]
        assert connection.execute(compiled.display_sql).fetchall() == [("a", 6, 1.0)]
        assert connection.execute(compiled.coverage.sql, list(compiled.coverage.params)).fetchall() == [
            (3, 2, 0)
        ]


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{", '{"from": "orders"}', '{"from": "orders", "get": [{"fn": "eval"}]}', '{"from": "o", "list": ["a"], "get": [{"fn": "count"}]}',
     '{"from": "orders", "get": [{"fn": "count"}], "sql": "drop"}', "[" * 100_000, '{"from": "o", "list": [{"expr": ' + '["abs",' * 60 + '"a"' + "]" * 60 + "}]}",
     '{"from": "orders", "get": [{"fn": "percentile", "col": "amount", "p": NaN}]}', '{"from": "orders", "top": 0, "get": [{"fn": "count"}]}',
     b"\xff\xfe{".decode("latin-1"), "1e999", '{"from": "orders", "list": ["' + "a" * 300_000 + '"]}'],
)  # fmt: skip
def test_plans_from_outside_are_refused_with_a_reason(text: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan(text)
    assert caught.value.code in ("bad_plan", "too_deep")
    assert caught.value.what


@pytest.mark.parametrize(
    ("data", "at", "words"),
    [
        ({"from": "o", "get": [{"fn": "sum"}]}, "get[0]", "sum needs col or expr"),
        ({"from": "o", "get": [{"fn": "avg", "of": {"fn": "count"}}]}, "get[0].per", "required"),
        (
            {"from": "o", "where": [{"col": "a", "op": "=", "value": 1}], "get": [{"fn": "count"}]},
            "where[0].value",
            "Extra",
        ),
        ({"from": "o", "get": [{"fn": "count"}], "limit": 3}, "limit", "Extra"),
        ({"from": "o"}, "", "say what to show"),
    ],
)
def test_refusals_of_bad_plans_name_the_place(data: Any, at: str, words: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan(data)
    assert caught.value.at == at
    assert words in caught.value.what
