"""The shape of the syntax trees that are let through, and a walk that accepts nothing else.

`SHAPES` names, for every kind of node, each field it may have and what may stand in it. A node of another
kind, a field that is not listed, or a value that does not fit raises `Unlisted`. Fields are described by
one of:

    DATA     plain data that names nothing: positions, flags, aliases, lists of column names
    (...)    a tuple: one of these values
    a name   a method of `Checks` looks at the node first
    EXPR ... a node of that family, or None; EXPRS ... a list of them

The walk keeps its own stack, so that no tree can exhaust the interpreter's.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Protocol, TypeAlias

Node: TypeAlias = dict[str, Any]
Scope: TypeAlias = frozenset[str]


class Unlisted(Exception):  # caught at once and turned into a GateError
    """Something in a tree that is not on the list.

    Args:
        what: the thing, in words a user knows.
        hint: what to write instead.
    """

    def __init__(self, what: str, hint: str = "") -> None:
        self.what = what
        self.hint = hint
        super().__init__(what)


class Checks(Protocol):
    """Decisions about names; each raises when a name is not let through."""

    def table(self, node: Node, scope: Scope) -> None:
        """A table reference; ``scope`` holds the names of the common table expressions in sight."""

    def function(self, node: Node, scope: Scope) -> None:
        """A call of a scalar, aggregate or window function."""

    def table_function(self, node: Node, scope: Scope) -> None:
        """A call in FROM."""

    def type(self, node: Node, scope: Scope) -> None:
        """A type name."""

    def collation(self, node: Node, scope: Scope) -> None:
        """A collation name."""


DATA = "data"
EXPR, EXPRS, ROWS = "expression", "expressions", "rows of expressions"
QUERY, QUERIES, CTES, WRAPPED = "query", "queries", "ctes", "wrapped query"
TABLE, CALL = "table reference", "table function call"
MODIFIER, MODIFIERS, ORDER, ORDERS, ORDER_NODE = "modifier", "modifiers", "order", "orders", "order node"
ARGUMENTS, CASES, REPLACEMENTS, PIVOTS = "arguments", "cases", "replacements", "pivots"
NAMES = "names"  # list of plain strings
NONE, FALSE, EMPTY = (None,), (False,), "empty"

_PLACE = {"alias": DATA, "query_location": DATA, "query_location_length": DATA}
_NAMED = {"schema": DATA, "catalog": DATA, "qualified_name": DATA}
_FROM = {**_PLACE, "sample": DATA, "column_name_alias": NAMES}

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
        "EMPTY": {**_PLACE, "sample": DATA},
        "EXPRESSION_LIST": {
            **_PLACE,
            "sample": DATA,
            "expected_names": NAMES,
            "expected_types": EMPTY,
            "values": ROWS,
        },
        "JOIN": {
            **_PLACE,
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
            **_PLACE,
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
_KINDS: dict[str, frozenset[str]] = {
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

_LISTS = {EXPRS: EXPR, ROWS: EXPRS, QUERIES: QUERY, MODIFIERS: MODIFIER, ORDERS: ORDER}

_NO_PARAMETERS = "Write the value into the SQL; parameters are for plans."


def walk(statement: Node, checks: Checks) -> None:
    """Go through one statement; return when all of it is on the lists.

    Raises:
        Unlisted: something is not.
        DatalectError: a check refused a name.
    """
    stack: list[tuple[str, Any, Scope]] = [(WRAPPED, statement, frozenset())]
    while stack:
        family, value, scope = stack.pop()
        if value is None:
            continue
        if family in SHAPES:
            stack.extend(_node(family, value, scope, checks))
        else:
            stack.extend((*item, scope) if len(item) == 2 else item for item in _part(family, value, scope))


def _node(family: str, node: Any, scope: Scope, checks: Checks) -> Iterator[tuple[str, Any, Scope]]:
    if not isinstance(node, dict) or not isinstance(node.get("type"), str):
        raise Unlisted("a part that cannot be read")
    kind = node["type"]
    if family == EXPR:
        name = node.get("class")
        if name == "PARAMETER":
            raise Unlisted("a parameter", _NO_PARAMETERS)
        if not isinstance(name, str) or kind not in _KINDS.get(name, (name,)):
            raise Unlisted(_words(kind))
        kind = name
    shape = SHAPES[family].get(kind)
    if shape is None:
        raise Unlisted(_words(kind))
    if family == QUERY:
        if kind == "RECURSIVE_CTE_NODE":
            scope = scope | {_fold(node["cte_name"])}
        scope = yield from _with(node["cte_map"], scope)
    check = {
        "BASE_TABLE": checks.table,
        "TABLE_FUNCTION": checks.table_function,
        "FUNCTION": checks.function,
        "WINDOW": checks.function,
        "TYPE": checks.type,
        "COLLATE": checks.collation,
    }.get(kind)
    if check is not None:
        check(node, scope)
    if kind == "SHOW_REF" and node["query"] is None:
        raise Unlisted("SHOW", "`datalect describe` lists the tables.")
    for key, value in node.items():
        if key in ("type", "class") or (family == EXPR and key in _PLACE):
            continue
        if key not in shape:
            raise Unlisted(f"{_words(kind)} with {key}")
        expected = shape[key]
        if expected == CTES:
            continue
        if isinstance(expected, tuple):
            if isinstance(value, dict | list) or value not in expected:
                raise Unlisted(f"{_words(kind)} with {key} {value if isinstance(value, str) else ''}".strip())
        else:
            yield expected, value, scope


def _with(cte_map: Any, scope: Scope) -> Generator[tuple[str, Any, Scope], None, Scope]:
    """Yield the common table expressions of a query; return the scope of its body.

    Each one sees those before it; a recursive one sees itself.
    """
    if not isinstance(cte_map, dict) or set(cte_map) != {"map"}:
        raise Unlisted("a WITH clause that cannot be read")
    for entry in cte_map["map"]:
        value = _only(entry, "key", "value")["value"]
        _only(value, "aliases", "materialized", "key_targets", "payload_aggregates", "query_node")
        yield NAMES, value["aliases"], scope
        yield DATA, value["materialized"], scope
        yield EXPRS, value["key_targets"], scope
        yield EXPRS, value["payload_aggregates"], scope
        yield QUERY, value["query_node"], scope
        scope = scope | {_fold(entry["key"])}
    return scope


def _part(family: str, value: Any, scope: Scope) -> Iterator[Any]:
    """What stands in a field that is not a single node."""
    if family == DATA:
        _plain(value)
    elif family == NAMES:
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise Unlisted("a list of names that cannot be read")
    elif family == EMPTY:
        if value != []:
            raise Unlisted("an internal part")
    elif family == WRAPPED:
        _only(value, "node", "named_param_map")
        if value["named_param_map"]:
            raise Unlisted("a parameter", _NO_PARAMETERS)
        yield QUERY, value["node"]
    elif family in _LISTS:
        yield from ((_LISTS[family], v) for v in _list(value))
    elif family == ORDER_NODE:
        if not isinstance(value, dict) or value.get("type") != "ORDER_MODIFIER":
            raise Unlisted("an order that cannot be read")
        yield MODIFIER, value
    elif family == ARGUMENTS:
        for argument in _list(value):
            yield EXPR, _only(argument, "name", "expression")["expression"]
            yield DATA, argument["name"]
    elif family == CASES:
        for case in _list(value):
            yield EXPR, _only(case, "when_expr", "then_expr")["when_expr"]
            yield EXPR, case["then_expr"]
    elif family == REPLACEMENTS:
        for replacement in _list(value):
            yield EXPR, _only(replacement, "key", "value")["value"]
            yield DATA, replacement["key"]
    elif family == CALL:
        # The function itself was checked with its own list; its arguments are ordinary expressions.
        shape = SHAPES[EXPR]["FUNCTION"]
        for key, part in value.items():
            if key in ("type", "class", *_PLACE):
                continue
            if key not in shape:
                raise Unlisted(f"a table function with {key}")
            if not isinstance(shape[key], tuple):
                yield shape[key], part
    elif family == PIVOTS:
        for pivot in _list(value):
            _only(pivot, "pivot_expressions", "unpivot_names", "entries", "pivot_enum")
            if pivot["pivot_enum"]:
                raise Unlisted("PIVOT over a type", "List the values: FOR y IN ('a', 'b').")
            yield EXPRS, pivot["pivot_expressions"]
            yield NAMES, pivot["unpivot_names"]
            for entry in _list(pivot["entries"]):
                yield DATA, _only(entry, "values", "star_expr", "alias")["values"]
                yield EXPR, entry["star_expr"]
                yield DATA, entry["alias"]
    else:
        raise Unlisted(f"an unknown part {family}")


def _plain(value: Any) -> None:
    """Data may nest, but never hides a node of the tree."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            if "class" in item or "query_location" in item or "query_node" in item or "node" in item:
                raise Unlisted("an expression in an unexpected place")
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _only(value: Any, *keys: str) -> Node:
    if not isinstance(value, dict) or set(value) != set(keys):
        raise Unlisted("a part that cannot be read")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Unlisted("a list that cannot be read")
    return value


def _words(kind: str) -> str:
    """A kind of node as a user would call it."""
    return kind.removesuffix("_QUERY_NODE").removesuffix("_NODE").removeprefix("VALUE_").replace("_", " ")


def _fold(name: str) -> str:
    return "".join(c.lower() if "A" <= c <= "Z" else c for c in name)
