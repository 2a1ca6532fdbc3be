"""Every kind of node a syntax tree may hold, and every field of each: what `tree.walk` compares with.

A node of another kind, a field that is not listed, or a value that does not fit is refused. Fields are
described by one of:

    DATA     plain data that names nothing: positions, flags, aliases, lists of column names
    (...)    a tuple: one of these values
    EXPR ... a node of that family, or None; EXPRS ... a list of them
    ...      one of the other parts, which `tree` takes apart

The names are those DuckDB 2.0 gives its nodes in JSON.
"""

from __future__ import annotations

from typing import Any, TypeAlias

DATA = "data"
EXPR, EXPRS, ROWS = "expression", "expressions", "rows of expressions"
QUERY, QUERIES, CTES, WRAPPED = "query", "queries", "ctes", "wrapped query"
TABLE, CALL = "table reference", "table function call"
MODIFIER, MODIFIERS, ORDER, ORDERS, ORDER_NODE = "modifier", "modifiers", "order", "orders", "order node"
ARGUMENTS, CASES, REPLACEMENTS, PIVOTS = "arguments", "cases", "replacements", "pivots"
NAMES = "names"  # list of plain strings
NONE, FALSE, EMPTY = (None,), (False,), "empty"

PLACE = {"alias": DATA, "query_location": DATA, "query_location_length": DATA}
_NAMED = {"schema": DATA, "catalog": DATA, "qualified_name": DATA}
_FROM = {**PLACE, "sample": DATA, "column_name_alias": NAMES}

Shape: TypeAlias = dict[str, Any]

SHAPES: dict[str, dict[str, Shape]] = {
    QUERY: {
        "SELECT_NODE": {
            "modifiers": MODIFIERS,
            "cte_map": CTES,
            "select_list": EXPRS,
            "from_table": TABLE,
            "where_clause": EXPR,
            "group_expressions": EXPRS,
            "group_sets": DATA,
            "aggregate_handling": ("STANDARD_HANDLING", "FORCE_AGGREGATES"),
            "having": EXPR,
            "sample": DATA,
            "qualify": EXPR,
        },
        "SET_OPERATION_NODE": {
            "modifiers": MODIFIERS,
            "cte_map": CTES,
            "setop_type": ("UNION", "EXCEPT", "INTERSECT", "UNION_BY_NAME"),
            "left": QUERY,
            "right": QUERY,
            "setop_all": (True, False),
            "children": QUERIES,
        },
        "RECURSIVE_CTE_NODE": {
            "modifiers": MODIFIERS,
            "cte_map": CTES,
            "cte_name": DATA,
            "union_all": (True, False),
            "left": QUERY,
            "right": QUERY,
            "aliases": NAMES,
            "key_targets": EXPRS,
        },
    },
    TABLE: {
        "BASE_TABLE": {
            **_FROM,
            "schema_name": DATA,
            "table_name": DATA,
            "catalog_name": DATA,
            "at_clause": NONE,
            "qualified_name": DATA,
        },
        "EMPTY": {**PLACE, "sample": DATA},
        "EXPRESSION_LIST": {
            **PLACE,
            "sample": DATA,
            "expected_names": NAMES,
            "expected_types": EMPTY,
            "values": ROWS,
        },
        "JOIN": {
            **PLACE,
            "sample": DATA,
            "left": TABLE,
            "right": TABLE,
            "condition": EXPR,
            "join_type": ("INNER", "LEFT", "RIGHT", "FULL", "OUTER", "SEMI", "ANTI"),
            "ref_type": ("REGULAR", "CROSS", "NATURAL", "POSITIONAL", "ASOF"),
            "using_columns": NAMES,
            "delim_flipped": FALSE,
            "duplicate_eliminated_columns": EMPTY,
            "is_implicit": (True, False),
            "ranking_expression": NONE,
            "nearest_count": (1,),
            "nearest_order_type": ("ASCENDING",),
            "nearest_approx": FALSE,
        },
        "SUBQUERY": {**_FROM, "subquery": WRAPPED},
        "TABLE_FUNCTION": {
            **_FROM,
            "function": CALL,
            "with_ordinality": ("WITHOUT_ORDINALITY", "WITH_ORDINALITY"),
        },
        "SHOW_REF": {
            **PLACE,
            "sample": NONE,
            "table_name": ("",),
            "query": QUERY,
            "show_type": ("SUMMARY", "DESCRIBE"),
            "catalog_name": ("",),
            "schema_name": ("",),
            "qualified_name": DATA,
        },
        "PIVOT": {
            **_FROM,
            "source": TABLE,
            "aggregates": EXPRS,
            "unpivot_names": NAMES,
            "pivots": PIVOTS,
            "groups": NAMES,
            "include_nulls": (True, False),
        },
    },
    EXPR: {
        "COLUMN_REF": {"column_names": NAMES},
        "CONSTANT": {"literal": DATA},
        "STAR": {
            "relation_name": DATA,
            "exclude_list": DATA,
            "replace_list": REPLACEMENTS,
            "columns": (True, False),
            "expr": EXPR,
            "qualified_exclude_list": DATA,
            "rename_list": DATA,
        },
        "FUNCTION": {
            **_NAMED,
            "function_name": DATA,
            "filter": EXPR,
            "order_bys": ORDER_NODE,
            "distinct": (True, False),
            "is_operator": (True, False),
            "export_state": FALSE,
            "arguments": ARGUMENTS,
        },
        "WINDOW": {
            **_NAMED,
            "function_name": DATA,
            "partitions": EXPRS,
            "orders": ORDERS,
            "start": DATA,
            "end": DATA,
            "start_expr": EXPR,
            "end_expr": EXPR,
            "offset_expr": EXPR,
            "default_expr": EXPR,
            "ignore_nulls": (True, False),
            "filter_expr": EXPR,
            "exclude_clause": ("NO_OTHER", "CURRENT_ROW", "GROUP", "TIES"),
            "distinct": (True, False),
            "arg_orders": ORDERS,
            "has_ignore_nulls": (True, False),
            "arguments": ARGUMENTS,
        },
        "COMPARISON": {"left": EXPR, "right": EXPR},
        "CONJUNCTION": {"children": EXPRS},
        "OPERATOR": {"children": EXPRS},
        "BETWEEN": {"input": EXPR, "lower": EXPR, "upper": EXPR},
        "CASE": {"case_checks": CASES, "else_expr": EXPR},
        "CAST": {"child": EXPR, "try_cast": (True, False), "type_expr": EXPR},
        "COLLATE": {"child": EXPR, "collation": DATA},
        "LAMBDA": {"lhs": EXPR, "expr": EXPR, "syntax_type": ("LAMBDA_KEYWORD", "SINGLE_ARROW")},
        "POSITIONAL_REFERENCE": {"index": DATA},
        "SUBQUERY": {
            "subquery_type": ("SCALAR", "EXISTS", "NOT_EXISTS", "ANY"),
            "subquery": WRAPPED,
            "child": EXPR,
            "comparison_type": DATA,
        },
        "TYPE": {**_NAMED, "type_name": DATA, "children": EXPRS},
    },
    MODIFIER: {
        "ORDER_MODIFIER": {"orders": ORDERS},
        "LIMIT_MODIFIER": {"limit": EXPR, "offset": EXPR, "limit_type": ("ROW_COUNT", "PERCENTAGE")},
        "DISTINCT_MODIFIER": {"distinct_on_targets": EXPRS},
    },
    ORDER: {
        kind: {"null_order": DATA, "expression": EXPR}
        for kind in ("ORDER_DEFAULT", "ASCENDING", "DESCENDING")
    },
}

# Kinds within a class of expression; a class that is not here has one kind, its own name.
KINDS: dict[str, frozenset[str]] = {
    "CONSTANT": frozenset({"VALUE_CONSTANT"}),
    "COMPARISON": frozenset(
        "COMPARE_" + k
        for k in (
            "EQUAL", "NOTEQUAL", "LESSTHAN", "GREATERTHAN", "LESSTHANOREQUALTO", "GREATERTHANOREQUALTO",
            "DISTINCT_FROM", "NOT_DISTINCT_FROM",
        )
    ),
    "CONJUNCTION": frozenset({"CONJUNCTION_AND", "CONJUNCTION_OR"}),
    "OPERATOR": frozenset(
        {
            "ARRAY_EXTRACT", "ARRAY_SLICE", "ARRAY_CONSTRUCTOR", "STRUCT_EXTRACT", "COMPARE_IN",
            "COMPARE_NOT_IN", "GROUPING_FUNCTION", "OPERATOR_COALESCE", "OPERATOR_IS_NULL",
            "OPERATOR_IS_NOT_NULL", "OPERATOR_NOT", "OPERATOR_TRY", "OPERATOR_UNPACK",
        }
    ),
    "BETWEEN": frozenset({"COMPARE_BETWEEN", "COMPARE_NOT_BETWEEN"}),
    "CASE": frozenset({"CASE_EXPR"}),
    "CAST": frozenset({"OPERATOR_CAST"}),
    "WINDOW": frozenset(
        "WINDOW_" + k
        for k in (
            "AGGREGATE", "ROW_NUMBER", "RANK", "RANK_DENSE", "PERCENT_RANK", "CUME_DIST", "NTILE", "LAG",
            "LEAD", "FIRST_VALUE", "LAST_VALUE", "NTH_VALUE", "FILL",
        )
    ),
}  # fmt: skip

LISTS = {EXPRS: EXPR, ROWS: EXPRS, QUERIES: QUERY, MODIFIERS: MODIFIER, ORDERS: ORDER}
