"""A walk through a syntax tree that accepts nothing but what `shapes` lists.

It keeps its own stack, so that no tree can exhaust the interpreter's.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Protocol, TypeAlias

from datalect.engine.shapes import (
    ARGUMENTS,
    CALL,
    CASES,
    CTES,
    DATA,
    EMPTY,
    EXPR,
    EXPRS,
    KINDS,
    LISTS,
    MODIFIER,
    NAMES,
    ORDER_NODE,
    PIVOTS,
    PLACE,
    QUERY,
    REPLACEMENTS,
    SHAPES,
    WRAPPED,
)

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
        if not isinstance(name, str) or kind not in KINDS.get(name, (name,)):
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
        if key in ("type", "class") or (family == EXPR and key in PLACE):
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
    elif family in LISTS:
        yield from ((LISTS[family], v) for v in _list(value))
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
            if key in ("type", "class", *PLACE):
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
