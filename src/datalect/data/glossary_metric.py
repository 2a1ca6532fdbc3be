"""Short expressions for metrics: ``sum(profit) / sum(sales)`` becomes a measure as plan JSON.

    metric     := aggregate [ "/" aggregate ]
    aggregate  := name "(" [ "*" | [ "distinct" ] row [ "," number ] ] [ "where" test { "and" test } ] ")"
    row        := term { ("+" | "-") term } ;  term := factor { ("*" | "/") factor }
    factor     := column | number | "-" number | "(" row ")"
    test       := column ("=" | "!=" | "<" | "<=" | ">" | ">=") (number | text)
    column     := word, table.column, or any name in double quotes or backticks

The names: sum, avg (mean), count, distinct, min, max, median, stddev, percentile(column, 0.9).
"""

from __future__ import annotations

import re
from typing import Any

from datalect.errors import UsageError

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'(?:[^']|'')*')|(?P<name>"[^"]+"|`[^`]+`|[^\W\d]\w*)"""
    r"""|(?P<sign><=|>=|!=|<>|[-+*/(),.=<>]))"""
)
_FUNCTIONS = {
    "sum": "sum", "avg": "avg", "average": "avg", "mean": "avg", "count": "count", "distinct": "distinct",
    "count_distinct": "distinct", "min": "min", "max": "max", "median": "median", "stddev": "stddev",
    "percentile": "percentile",
}  # fmt: skip
_COMPARE = ("=", "!=", "<", "<=", ">", ">=")
MAX_LENGTH = 2_000
MAX_DEPTH = 20


def parse_metric(text: str, where: str = "metric") -> dict[str, Any]:
    """The measure an expression stands for.

    Args:
        text: the expression.
        where: how to call it in messages, such as ``glossary.yaml, line 7``.

    Raises:
        UsageError: it does not have the form described above.
    """
    return _Parser(text, where).metric()


class _Parser:
    def __init__(self, text: str, where: str) -> None:
        self._text, self._where = text, where
        self._depth = 0
        self._tokens: list[tuple[str, str]] = []
        if len(text) > MAX_LENGTH:
            raise self._error("it is too long", f"at most {MAX_LENGTH} characters")
        position, end = 0, len(text.rstrip())
        while position < end:
            found = _TOKEN.match(text, position)
            if found is None:
                raise self._error(f"{text[position:].strip()[:20]!r} is not understood")
            kind = str(found.lastgroup)
            value = found.group(kind)
            self._tokens.append((kind, "!=" if value == "<>" else value))
            position = found.end()
        self._at = 0

    def _error(self, what: str, expected: str = "") -> UsageError:
        return UsageError(
            f"{self._where}: the expression cannot be read: {what}.",
            expected=expected or "for example: sum(profit) / sum(sales), or count(distinct customer_id)",
            received=self._text[:200],
            next_step="See docs/glossary.md for what an expression may hold.",
        )

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self, *wanted: str) -> str:
        found = self._peek()
        if wanted and found.casefold() not in wanted:
            raise self._error(f"{' or '.join(wanted)} should stand where {found or 'the end'} is")
        self._at += 1
        return found

    def _accept(self, *wanted: str) -> str:
        if self._at < len(self._tokens) and self._peek().casefold() in wanted:
            return self._take()
        return ""

    def metric(self) -> dict[str, Any]:
        first = self._aggregate()
        if self._accept("/"):
            first = {"fn": "ratio", "num": first, "den": self._aggregate()}
        rest = self._peek()
        if rest in ("+", "-", "*"):
            raise self._error(
                f"aggregates can be divided by one another, not combined with {rest}",
                "arithmetic inside the aggregate, as in sum(sales - cost) / sum(sales)",
            )
        if rest:
            raise self._error(f"nothing may follow before {rest!r}")
        return first

    def _aggregate(self) -> dict[str, Any]:
        name = self._take()
        function = _FUNCTIONS.get(name.casefold())
        if function is None:
            raise self._error(f"{name or 'the end'} is no aggregate", ", ".join(sorted(_FUNCTIONS)))
        self._take("(")
        made: dict[str, Any] = {"fn": function}
        if self._accept("distinct"):
            if function != "count":
                raise self._error("distinct goes with count")
            made["fn"] = "distinct"
        if not self._accept("*") and self._peek() not in (")", "") and self._peek().casefold() != "where":
            row = self._row()
            made["col" if isinstance(row, str) else "expr"] = row
        if self._accept(","):
            made["p"] = self._number()
        tests = []
        if self._accept("where"):
            tests.append(self._test())
            while self._accept("and"):
                tests.append(self._test())
        self._take(")")
        if tests:
            made["where"] = tests
        if made["fn"] != "count" and "col" not in made and "expr" not in made:
            raise self._error(f"{name} needs a column")
        if (made["fn"] == "percentile") != ("p" in made) or not 0 <= made.get("p", 0) <= 1:
            raise self._error("percentile(column, p) has p from 0 to 1")
        return made

    def _row(self) -> Any:
        left = self._term()
        while sign := self._accept("+", "-"):
            left = [sign, left, self._term()]
        return left

    def _term(self) -> Any:
        left = self._factor()
        while sign := self._accept("*", "/"):
            left = [sign, left, self._factor()]
        return left

    def _factor(self) -> Any:
        if self._accept("("):
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise self._error("it is nested too deeply")
            inner = self._row()
            self._take(")")
            self._depth -= 1
            return inner
        if self._peek()[:1].isdigit() or self._peek() == "-":
            return self._number()
        return self._column()

    def _number(self) -> int | float:
        sign = -1 if self._accept("-") else 1
        kind, value = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        if kind != "number":
            raise self._error(f"a number should stand where {value or 'the end'} is")
        self._at += 1
        return sign * (float(value) if "." in value else int(value))

    def _column(self) -> str:
        parts = [self._name()]
        while self._accept("."):
            parts.append(self._name())
        return ".".join(parts)

    def _name(self) -> str:
        kind, value = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        if kind != "name":
            raise self._error(f"a column should stand where {value or 'the end'} is")
        self._at += 1
        return value[1:-1] if value[0] in '"`' else value

    def _test(self) -> dict[str, Any]:
        column = self._column()
        sign = self._take(*_COMPARE)
        kind, value = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        if kind == "text":
            self._at += 1
            return {"col": column, "op": sign, "val": value[1:-1].replace("''", "'")}
        return {"col": column, "op": sign, "val": self._number()}
