"""Deciding which text columns hold numbers, dates or yes/no in disguise, proven on every row.

A form is proposed from a bounded sample, written as SQL, and counted over all rows. It is taken when at least
``ENOUGH`` of the filled rows (words for "missing" aside) can be read; otherwise the column stays text.
Identifiers, telephone numbers and digits with leading zeros are never converted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from datalect.data.convert_forms import Form, propose
from datalect.data.meaning.hints import read_name
from datalect.data.meaning.names import tokens
from datalect.data.missing import INFINITY_WORDS, MISSING_WORDS, stands_for_none
from datalect.data.model import Conversion, Grain, Problem, SemanticType
from datalect.data.profile import Figures, aggregates
from datalect.data.quoting import identifier, literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ENOUGH = 0.98  # share of filled rows that must be readable
PROBE = 200  # distinct texts looked at first
SAMPLE = 5_000  # distinct texts a form is concluded from
SHOWN = 5  # examples and failures kept in a report
_NO_VALUE = ", ".join(literal(word) for word in (*MISSING_WORDS, *INFINITY_WORDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A conversion that was proven, with its report.

    Attributes:
        missing: words for "missing" that became NULL, with their counts.
        problems: what the user should know.
        figures: of the converted values, where the proof gave them in passing.
    """

    form: Form
    report: Conversion
    figures: Figures | None = None
    missing: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def decide(
    connection: DuckDBPyConnection, relation: str, name: str, distinct: int, rows: int
) -> Decision | None:
    """Propose a form for a text column and prove it on all rows; None leaves the column as text.

    Args:
        connection: open connection.
        relation: quoted table the column is in.
        name: the column.
        distinct: (approximate) number of distinct values, which decides how they are counted.
        rows: rows of the table.
    """
    first = _first_texts(connection, relation, name, PROBE)
    if propose(name, list(first)) is None and not all(map(stands_for_none, first)):
        return None
    texts = _texts(connection, relation, name, SAMPLE)
    form = propose(name, texts)
    if form is None:
        return None
    proof = _count(connection, relation, name, form, distinct, rows)
    if proof.failures:
        # a unit or form the sample did not hold: look once more with the failures in sight
        wider = propose(name, [*texts, *(text for text, _ in proof.failures)])
        if wider is not None and wider.expression != form.expression:
            proof = _count(connection, relation, name, wider, distinct, rows)
    if not proof.converted or proof.converted < ENOUGH * (proof.filled - proof.marked):
        return None
    return _report(connection, relation, name, proof)


@dataclass(frozen=True, slots=True)
class _Proof:
    """What reading all rows by a form gave: counts of rows, and the most frequent texts it cannot read."""

    form: Form
    filled: int = 0
    converted: int = 0
    marked: int = 0
    failures: Sequence[tuple[str, int]] = ()
    figures: Figures | None = None


def _first_texts(connection: DuckDBPyConnection, relation: str, name: str, limit: int) -> dict[str, None]:
    """Distinct texts of the first rows, in the order of the rows."""
    column = identifier(name)
    rows = connection.execute(f"SELECT {column} FROM {relation} WHERE {column} IS NOT NULL LIMIT {limit}")
    return dict.fromkeys(str(row[0]) for row in rows.fetchall())


def _texts(connection: DuckDBPyConnection, relation: str, name: str, limit: int) -> list[str]:
    """Distinct texts: those of the first rows in row order, then others of the whole column."""
    column = identifier(name)
    rest = connection.execute(
        f"SELECT DISTINCT v FROM (SELECT {column} AS v FROM {relation} "
        f"USING SAMPLE {limit * 4} ROWS (reservoir, 42)) WHERE v IS NOT NULL LIMIT {limit}"
    ).fetchall()
    found = _first_texts(connection, relation, name, limit)
    return list(found | dict.fromkeys(str(row[0]) for row in rest))


def _count(
    connection: DuckDBPyConnection, relation: str, name: str, form: Form, distinct: int, rows: int
) -> _Proof:
    """Read all rows, with the cheap expression where that gives the same."""
    if form.cheap:
        quick = replace(form, expression=form.cheap)
        proof = _tally(connection, relation, name, quick, distinct, rows)
        if proof is not None:
            return proof
    proof = _tally(connection, relation, name, replace(form, strict=""), distinct, rows)
    return proof or _Proof(form)  # without a pattern every text counts


def _tally(
    connection: DuckDBPyConnection, relation: str, name: str, form: Form, distinct: int, rows: int
) -> _Proof | None:
    """Counts of one expression; None when texts outside its pattern ask for the full grammar."""
    column = identifier(name)
    repeated = distinct <= rows // (20 if form.strict else 2)  # the full grammar costs more than grouping
    grouped = (
        f"(SELECT {column}, count(*) AS n FROM {relation} WHERE {column} IS NOT NULL GROUP BY ALL)"
        if repeated
        else f"(SELECT {column}, 1 AS n FROM {relation} WHERE {column} IS NOT NULL)"
    )
    inside = f"regexp_matches({column}, {literal(form.strict)})" if form.strict else "true"
    source = (
        f"SELECT {column} AS t, n, {form.expression} AS v, {inside} AS s, "
        f"CASE WHEN v IS NULL THEN lower(trim({column})) IN ({_NO_VALUE}) ELSE false END AS m FROM {grouped}"
    )
    wanted = {} if repeated else aggregates("v", form.dtype)  # another scan would convert all rows again
    row = connection.execute(
        f"SELECT {', '.join([*_counts(form), *wanted.values()])} FROM ({source})"
    ).fetchone()
    counts, values = (row or ())[:5], (row or ())[5:]
    filled, converted, marked, outside, fractions = (int(x or 0) for x in counts or (0,) * 5)
    if outside:
        return None
    found = Figures(name, form.dtype, rows) if wanted else None
    for attribute, value in zip(wanted, values, strict=True):
        setattr(found, attribute, value)
    if form.dtype == "DOUBLE" and not fractions and converted:
        form = replace(form, dtype="BIGINT", expression=f"CAST({form.expression} AS BIGINT)")
        if found is not None:
            found.dtype, found.minimum, found.maximum = "BIGINT", int(found.minimum), int(found.maximum)
    if found is not None:
        found.approximate_distinct = min(found.approximate_distinct, found.filled)
    failures: list[tuple[str, int]] = []
    if filled - converted - marked > 0:
        failures = [
            (str(t), int(n))
            for t, n in connection.execute(
                f"SELECT t, sum(n) AS k FROM ({source}) WHERE v IS NULL AND NOT m "
                "GROUP BY 1 ORDER BY k DESC, t LIMIT 100"
            ).fetchall()
        ]
    return _Proof(replace(form, cheap="", strict=""), filled, converted, marked, failures, found)


def _counts(form: Form) -> list[str]:
    fractions = "count(*) FILTER (v <> floor(v) OR abs(v) > 9007199254740992)"
    return [
        "sum(n)",
        "sum(n) FILTER (v IS NOT NULL)",
        "sum(n) FILTER (m)",
        "count(*) FILTER (NOT s AND NOT m)",
        "1" if form.dtype != "DOUBLE" or form.kind == "duration" else fractions,
    ]


def _report(
    connection: DuckDBPyConnection,
    relation: str,
    name: str,
    proof: _Proof,
) -> Decision:
    column, form, failures = identifier(name), proof.form, proof.failures
    pairs = connection.execute(
        f"SELECT DISTINCT t, v FROM (SELECT {column}::VARCHAR AS t, {form.expression} AS v FROM {relation} "
        f"WHERE {column} IS NOT NULL LIMIT 2000) WHERE v IS NOT NULL ORDER BY length(t) DESC, t LIMIT {SHOWN}"
    ).fetchall()
    failed = proof.filled - proof.converted - proof.marked
    report = Conversion(
        kind=form.kind,
        original=name,
        converted=proof.converted,
        failed=failed,
        examples=tuple((str(t), _shown(v)) for t, v in pairs),
        failures=tuple(text for text, _ in failures[:SHOWN]),
    )
    problems = []
    if failed:
        shown = ", ".join(repr(t) for t, _ in failures[:3])
        problems.append(
            Problem(
                kind="conversion_failed",
                severity="warning",
                message=f"{failed:,} {'value' if failed == 1 else 'values'} of {name} could not be read as "
                f"{form.kind} and {'counts' if failed == 1 else 'count'} as missing: {shown}.",
                count=failed,
                examples=report.failures,
                column=name,
            )
        )
    if form.order_guessed:
        order = "day before month" if form.day_first else "month before day"
        problems.append(
            Problem(
                kind="ambiguous_dates",
                severity="warning",
                message=f"The dates of {name} do not tell day and month apart; they were read as {order}.",
                count=proof.converted,
                examples=tuple(t for t, _ in report.examples[:3]),
                column=name,
            )
        )
    return Decision(
        form=form,
        report=report,
        missing=_missing(connection, relation, name) if proof.marked else {},
        problems=tuple(problems),
        figures=proof.figures,
    )


def _shown(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _missing(connection: DuckDBPyConnection, relation: str, name: str) -> dict[str, int]:
    column = identifier(name)
    found = connection.execute(
        f"SELECT {column}, count(*) AS n FROM {relation} WHERE lower(trim({column})) IN ({_NO_VALUE}) "
        "GROUP BY 1 ORDER BY n DESC, 1 LIMIT 20"
    ).fetchall()
    return {str(text): int(count) for text, count in found}


def decide_compact_dates(connection: DuckDBPyConnection, relation: str, item: Figures) -> Decision | None:
    """Whole numbers such as 20240305 as dates, when the name says date and every one of them is valid."""
    reading = read_name(item.name)
    hints = (SemanticType.DATE, SemanticType.DATETIME)
    if item.kind != "integer" or item.minimum is None or item.maximum is None:
        return None
    low, high = int(item.minimum), int(item.maximum)
    column = identifier(item.name)
    text = f"CAST({column} AS VARCHAR)"
    words = set(tokens(item.name))
    if 18000101 <= low and high <= 21991231 and (reading.has(*hints) or words & {"ymd", "yyyymmdd"}):
        grain, kind, expression = Grain.DAY, "compact_date", f"CAST(try_strptime({text}, '%Y%m%d') AS DATE)"
    elif (
        180001 <= low
        and high <= 219912
        and (
            reading.has(*hints)
            or words & {"month", "ym", "yyyymm", "yearmonth"}
            or item.name.endswith(("月", "月份"))
        )
    ):
        grain, kind, expression = Grain.MONTH, "compact_month", f"CAST(try_strptime({text}, '%Y%m') AS DATE)"
    else:
        return None
    row = connection.execute(f"SELECT count({expression}) FROM {relation}").fetchone()
    if row is None or row[0] != item.filled:
        return None
    form = Form(kind=kind, dtype="DATE", expression=expression, grain=grain)
    return _report(connection, relation, item.name, _Proof(form, item.filled, item.filled))
