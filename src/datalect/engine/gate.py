"""Which SQL may run: one read-only SELECT over known tables, calling known functions.

DuckDB's own parser writes the syntax tree as JSON; the tree is then compared with `tree.SHAPES`, which
lists every kind of node and every field that is let through. Whatever is not listed there is refused, and
so is everything that goes wrong on the way. The text is parsed in an empty in-memory database with all
doors closed; no data is touched.
"""

from __future__ import annotations

import difflib
import json
import os
import threading
from typing import TYPE_CHECKING, Any

from datalect.engine.allowed import (
    COLLATIONS,
    FUNCTIONS,
    LONGEST_SEQUENCE,
    SEQUENCES,
    TABLE_FUNCTIONS,
    TYPES,
)
from datalect.engine.base import Query
from datalect.engine.tree import Node, Scope, Unlisted, walk
from datalect.errors import DatalectError, GateError, LimitError

if TYPE_CHECKING:
    import duckdb

    from datalect.data.model import Catalog

LONGEST_TEXT = 100_000
"""Characters one SQL text may have."""
MOST_TOKENS = 20_000
"""Words, numbers and signs one SQL text may have; parsing 20,000 takes about 0.2 s."""
DEEPEST_BRACKETS = 100
"""Levels of brackets; the parser's time grows with their cube when they do not fit together."""

_SCHEMAS = ("main", "source")


def gate(sql: str, catalog: Catalog) -> Query:
    """Let one read-only SELECT over known tables through.

    Args:
        sql: the text as typed.
        catalog: the tables it may read, as ``name``, ``main.name`` or ``source.name``.

    Returns:
        The text as a query without parameters, to be run by an engine.

    Raises:
        GateError: anything else, with the reason.
        LimitError: the text is too long or too deeply nested to be parsed.
    """
    try:
        parser = _parser()
        _measure(sql, parser)
        tree = json.loads(parser.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()[0][0])
        _check(tree, sql, catalog)
    except DatalectError:
        raise
    except RecursionError:
        raise _too_deep() from None
    except Exception as error:
        raise GateError(
            "The SQL could not be checked, so it is not run.",
            received=f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
            next_step="Write it as a simpler SELECT.",
        ) from error
    return Query(sql=sql)


# ---------------------------------------------------------------- before parsing


def _measure(sql: str, parser: duckdb.DuckDBPyConnection) -> None:
    import duckdb

    if not isinstance(sql, str):
        raise GateError("SQL must be text.", received=type(sql).__name__)
    if len(sql) > LONGEST_TEXT:
        raise LimitError(
            "The SQL is too long.",
            limit="length",
            expected=f"at most {LONGEST_TEXT:,} characters",
            received=f"{len(sql):,}",
            next_step="Put long lists of values into a file, open it as a table and join with it.",
        )
    for sign in sql:
        if (sign < " " and sign not in "\t\n\r") or sign == "\x7f" or "\ud800" <= sign <= "\udfff":
            raise GateError(
                "The SQL holds a character that never belongs into SQL.",
                received=f"U+{ord(sign):04X}",
                next_step="Remove the control character.",
            )
    text = sql.encode()
    tokens = duckdb.tokenize(sql)
    if len(tokens) > MOST_TOKENS:
        raise LimitError(
            "The SQL is too long.",
            limit="length",
            expected=f"at most {MOST_TOKENS:,} words and signs",
            received=f"{len(tokens):,}",
            next_step="Put long lists of values into a file, open it as a table and join with it.",
        )
    depth = 0
    ends = [*(offset for offset, _ in tokens), len(text)][1:]
    for (start, kind), end in zip(tokens, ends, strict=True):
        if kind == duckdb.token_type.operator:
            for sign in text[start:end].decode("utf-8", "replace"):
                depth += (sign in "([{") - (sign in ")]}")
            if depth > DEEPEST_BRACKETS:
                raise _too_deep()


def _too_deep() -> LimitError:
    return LimitError(
        "The SQL is nested too deeply.",
        limit="length",
        expected=f"at most {DEEPEST_BRACKETS} levels of brackets, and fewer than 1,000 chained operators",
        next_step="Split it into steps with WITH.",
    )


# ---------------------------------------------------------------- the parser

_lock = threading.Lock()
_connections: dict[int, duckdb.DuckDBPyConnection] = {}


def _parser() -> duckdb.DuckDBPyConnection:
    """A cursor on an empty database that can reach nothing.

    Each process has one of its own: a forked child must not share its parent's.
    """
    import duckdb

    with _lock:
        connection = _connections.get(os.getpid())
        if connection is None:
            connection = duckdb.connect(
                ":memory:",
                config={
                    "threads": 1,
                    "async_threads": 0,
                    "memory_limit": "512MiB",
                    "autoload_known_extensions": False,
                    "autoinstall_known_extensions": False,
                    "python_enable_replacements": False,
                },
            )
            connection.execute("SET temp_directory = ''")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            _connections[os.getpid()] = connection
        return connection.cursor()


# ---------------------------------------------------------------- the tree


def _check(tree: dict[str, Any], sql: str, catalog: Catalog) -> None:
    if tree.get("error"):
        raise _not_parsed(tree, sql)
    statements = tree.get("statements")
    if statements == []:
        raise GateError("There is no SQL to run.", expected="one SELECT", next_step="Type a SELECT.")
    if not isinstance(statements, list) or len(statements) != 1:
        raise GateError(
            "One statement at a time.",
            received=f"{len(statements) if isinstance(statements, list) else 0} statements",
            next_step="Run them one by one.",
        )
    checks = _Checks(catalog)
    try:
        walk(statements[0], checks)
    except Unlisted as unlisted:
        raise GateError(
            f"This kind of SQL is not let through: {unlisted.what}.",
            expected="one SELECT that reads the tables of the catalog",
            next_step=unlisted.hint or "Write it without that part.",
        ) from None


def _not_parsed(tree: dict[str, Any], sql: str) -> DatalectError:
    message = str(tree.get("error_message", "unknown error"))
    if message.startswith("Max expression depth"):
        return _too_deep()
    if tree.get("error_type") == "parser":
        position = tree.get("position")
        near = ""
        if isinstance(position, str) and position.isdigit():
            before = sql.encode()[: int(position)].decode("utf-8", "replace")
            near = f" (line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))})"
        hint = ""
        if any(sign in sql for sign in "，（）；“”‘’"):
            hint = " Full-width punctuation outside quotes must be typed as , ( ) ; ' \"."
        return GateError(
            "The SQL is not valid.",
            received=message + near,
            next_step="Correct the SQL at that place." + hint,
        )
    words = sql.split(None, 1)
    return GateError(
        "Only a SELECT is run.",
        expected="one SELECT (WITH, VALUES, FROM, DESCRIBE and SUMMARIZE of a known table also work)",
        received=words[0][:40].upper() if words else "nothing",
        next_step="Ask for rows. Tables are opened as sources and never changed. "
        "PIVOT works in FROM with a list: FROM t PIVOT (sum(x) FOR y IN ('a', 'b')).",
    )


def punctuation_hint(sql: str) -> str:
    """What to say about Chinese punctuation, which DuckDB takes for letters, or nothing."""
    if not any(sign in sql for sign in "，（）；“”‘’"):
        return ""
    return " Full-width punctuation outside quotes must be typed as , ( ) ; ' \"."


class _Checks:
    """The decisions about names that a tree's shape alone does not settle."""

    def __init__(self, catalog: Catalog) -> None:
        self._tables = {_fold(t.name): t.name for t in catalog.tables}
        # Rows that did not fit are kept aside by the loaders, beside the table they belong to.
        self._rejected = {_fold(t.name) + "__rejected" for t in catalog.tables if t.problems}

    def table(self, node: Node, scope: Scope) -> None:
        path = _path(node)
        folded = [_fold(part) for part in path]
        if len(path) == 1 and folded[0] in scope:
            return
        if folded[-1] in self._tables and (len(path) == 1 or (len(path) == 2 and folded[0] in _SCHEMAS)):
            return
        if len(path) == 2 and folded[0] == "source" and folded[1] in self._rejected:
            return
        shown = ".".join(path)
        near = difflib.get_close_matches(folded[-1], list(self._tables), n=3, cutoff=0.5)
        known = [self._tables[n] for n in near] or list(self._tables.values())[:5]
        raise GateError(
            f"There is no table {shown!r}.",
            expected="a table of the catalog" + (f", such as {', '.join(known)}" if known else ""),
            received=shown,
            next_step="Use a known table; files are opened as sources, not from SQL."
            if "/" in shown or "\\" in shown or "." in path[-1]
            else "Use a known table, or open the source that holds it.",
        )

    def function(self, node: Node, scope: Scope) -> None:
        self._named(node, FUNCTIONS, "function")
        self._bounded(node)

    def table_function(self, node: Node, scope: Scope) -> None:
        call = node["function"]
        if not isinstance(call, dict) or call.get("class") != "FUNCTION":
            raise Unlisted("a table function that is not a plain call")
        name = self._named(call, TABLE_FUNCTIONS, "table function")
        if name not in FUNCTIONS:
            # json_each and json_tree are table functions only; their arguments are walked like any others.
            return
        self._bounded(call)

    def type(self, node: Node, scope: Scope) -> None:
        path = _path(node)
        if len(path) != 1 or path[0].lower() not in TYPES or node["catalog"] or node["schema"]:
            raise Unlisted(f"the type {'.'.join(path)}")

    def collation(self, node: Node, scope: Scope) -> None:
        if not all(part in COLLATIONS for part in str(node["collation"]).lower().split(".")):
            raise Unlisted(f"the collation {node['collation']}")

    def _named(self, node: Node, allowed: frozenset[str], what: str) -> str:
        path = _path(node)
        name = path[-1].lower()
        # A path of two is a schema, or a column whose method is called: t.name.upper(). Both end in the
        # same list.
        if name not in allowed or name != str(node["function_name"]).lower() or len(path) > 3:
            near = difflib.get_close_matches(name, [n for n in allowed if n[0].isalpha()], n=3, cutoff=0.75)
            raise GateError(
                f"The {what} {name}() is not allowed.",
                expected=f"a known {what}" + (f", such as {', '.join(near)}" if near else ""),
                next_step="Functions that read files, settings, the system or SQL from text never run here.",
            )
        return name

    def _bounded(self, node: Node) -> None:
        if _path(node)[-1].lower() not in SEQUENCES:
            return
        numbers = [_integer(argument["expression"]) for argument in node["arguments"]]
        if not numbers or None in numbers:
            return
        whole = [n for n in numbers if n is not None]
        start, stop, step = (0, whole[0], 1) if len(whole) == 1 else (whole[0], whole[1], (*whole, 1)[2])
        if step and abs(stop - start) // abs(step) > LONGEST_SEQUENCE:
            raise LimitError(
                "The sequence is too long.",
                limit="rows",
                expected=f"at most {LONGEST_SEQUENCE:,} elements",
                next_step="Use narrower bounds.",
            )


def _path(node: Node) -> list[str]:
    path = node["qualified_name"]["path"]
    if not isinstance(path, list) or not path or not all(isinstance(part, str) for part in path):
        raise Unlisted("a name that cannot be read")
    return path


def _integer(node: Any) -> int | None:
    """The value of an integer literal, perhaps negated."""
    if not isinstance(node, dict):
        return None
    if node.get("class") == "CONSTANT" and node["literal"]["kind"] == "INTEGER":
        return int(node["literal"]["text"].replace("_", ""))
    if node.get("class") == "FUNCTION" and node["function_name"] == "-" and len(node["arguments"]) == 1:
        inner = _integer(node["arguments"][0]["expression"])
        return -inner if inner is not None else None
    return None


def _fold(name: str) -> str:
    """A name as DuckDB compares it: without regard to the case of A to Z."""
    return "".join(c.lower() if "A" <= c <= "Z" else c for c in name)
