"""Statistics of the columns of one table, in few queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datalect.data.model import ColumnProfile
from datalect.data.quoting import identifier

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

COMPLETE_VALUES = 2_000  # up to so many distinct values are all listed
FREQUENT_VALUES = 200  # of larger columns, so many of the most frequent
SMALL_TABLE = 200_000  # rows up to which every figure is exact
SAMPLE_ROWS = 20_000  # rows quantiles and frequent values of larger tables come from
COLUMNS_PER_QUERY = 40

_INTEGERS = frozenset(
    "TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT".split()
)
_TEMPORAL = frozenset("DATE TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS TIME".split())
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def kind_of(dtype: str) -> str:
    """Family of a DuckDB type: integer, float, boolean, temporal, zoned, interval, uuid, text or nested."""
    upper = dtype.upper()
    if upper in _INTEGERS:
        return "integer"
    if upper in ("DOUBLE", "FLOAT") or upper.startswith("DECIMAL"):
        return "float"
    if upper == "BOOLEAN":
        return "boolean"
    if upper in _TEMPORAL:
        return "temporal"
    if "WITH TIME ZONE" in upper:
        return "zoned"
    if upper == "INTERVAL":
        return "interval"
    if upper == "UUID":
        return "uuid"
    if upper == "VARCHAR" or (upper.startswith("ENUM") and not upper.endswith("]")):
        return "text"
    return "nested"


def is_number(dtype: str) -> bool:
    """Whether a DuckDB type holds numbers."""
    return kind_of(dtype) in ("integer", "float")


@dataclass(slots=True)
class Figures:
    """Raw figures of one column, as one query gives them."""

    name: str
    dtype: str
    rows: int
    filled: int = 0
    approximate_distinct: int = 0
    minimum: Any = None
    maximum: Any = None
    mean: float | None = None
    stddev: float | None = None
    blanks: int = 0

    @property
    def kind(self) -> str:
        """Family of the type."""
        return kind_of(self.dtype)


def figures(
    connection: DuckDBPyConnection, relation: str, columns: Sequence[tuple[str, str]], rows: int
) -> dict[str, Figures]:
    """Counts, extremes, means and sketched distinct counts of columns, one scan for many columns."""
    found = {name: Figures(name, dtype, rows) for name, dtype in columns}
    for start in range(0, len(columns), COLUMNS_PER_QUERY):
        slots: list[tuple[Figures, str]] = []
        parts: list[str] = []
        for name, dtype in columns[start : start + COLUMNS_PER_QUERY]:
            for attribute, sql in aggregates(identifier(name), dtype).items():
                slots.append((found[name], attribute))
                parts.append(sql)
        row = connection.execute(f"SELECT {', '.join(parts)} FROM {relation}").fetchone()
        for (target, attribute), value in zip(slots, row or (), strict=True):
            setattr(target, attribute, value)
    for item in found.values():
        item.approximate_distinct = min(item.approximate_distinct, item.filled)
    return found


def aggregates(column: str, dtype: str) -> dict[str, str]:
    """SQL of the figures of one column (or any other expression), by the attribute they go to."""
    kind = kind_of(dtype)
    wanted = {"filled": f"count({column})"}
    if kind == "nested":
        return wanted
    wanted["approximate_distinct"] = f"approx_count_distinct({column})"
    if kind in ("integer", "float"):
        # infinities and NaN would poison every figure below
        finite = column if kind == "integer" else f"CASE WHEN isfinite({column}::DOUBLE) THEN {column} END"
        wanted |= {
            "minimum": f"min({finite})",
            "maximum": f"max({finite})",
            "mean": f"avg({finite}::DOUBLE)",
            # squares of larger numbers overflow, and DuckDB then fails the whole query
            "stddev": f"stddev_samp({column})"
            if kind == "integer"
            else f"stddev_samp(CASE WHEN abs({column}::DOUBLE) < 1e150 THEN {column}::DOUBLE END)",
        }
    elif kind == "text":
        wanted["blanks"] = f"count(*) FILTER ({column}::VARCHAR = '')"
    elif kind in ("temporal", "boolean"):
        held = column
        if kind == "temporal" and dtype.upper() not in ("TIME", "TIMESTAMP_NS"):
            # infinity and years that Python's calendar lacks are no end of the range
            held = f"CASE WHEN {column} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN {column} END"
        wanted |= {"minimum": f"min({held})", "maximum": f"max({held})"}
    return wanted


def value_counts(
    connection: DuckDBPyConnection, relation: str, item: Figures
) -> tuple[tuple[tuple[Any, int], ...], bool, bool]:
    """The distinct values of a column with their counts.

    Returns:
        The values, whether they are all there, and whether counts come from a sample.
    """
    if item.kind in ("nested", "interval", "zoned") or item.filled == 0:
        return (), item.filled == 0, False
    column = identifier(item.name)
    few = item.approximate_distinct <= COMPLETE_VALUES * 1.1
    source, sampled = relation, False
    if not few and item.rows > SMALL_TABLE:
        if item.kind != "text":
            return (), False, False
        source = f"(SELECT {column} FROM {relation} LIMIT {SAMPLE_ROWS})"
        sampled = True
    found = connection.execute(
        f"SELECT {column} AS v, count(*) AS n FROM {source} WHERE {column} IS NOT NULL "
        f"GROUP BY 1 ORDER BY n DESC, v LIMIT {COMPLETE_VALUES + 1}"
    ).fetchall()
    values = tuple((value, int(count)) for value, count in found)
    if not sampled and len(values) <= COMPLETE_VALUES:
        return values, True, False
    return values[:FREQUENT_VALUES], False, sampled


def quantiles(
    connection: DuckDBPyConnection, relation: str, columns: Sequence[str], rows: int, sample: str = ""
) -> tuple[dict[str, Mapping[float, float]], bool]:
    """Quantiles of numeric columns; from a sample of rows in large tables.

    Args:
        connection: open connection.
        relation: quoted table or view.
        columns: its numeric columns.
        rows: number of its rows.
        sample: what to take instead of a large relation: about ``SAMPLE_ROWS`` of its rows.

    Returns:
        Column -> probability -> value, and whether they come from a sample.
    """
    sampled = rows > SMALL_TABLE
    source = sample or f"({random_rows(relation)})" if sampled else relation
    found: dict[str, Mapping[float, float]] = {}
    for start in range(0, len(columns), COLUMNS_PER_QUERY):
        names = columns[start : start + COLUMNS_PER_QUERY]
        parts = []
        for name in names:
            column = f"{identifier(name)}::DOUBLE"
            parts.append(f"quantile_cont(CASE WHEN isfinite({column}) THEN {column} END, {list(_QUANTILES)})")
        row = connection.execute(f"SELECT {', '.join(parts)} FROM {source}").fetchone() or ()
        for name, values in zip(names, row, strict=True):
            if values is not None:
                found[name] = dict(zip(_QUANTILES, values, strict=True))
    return found, sampled


def random_rows(relation: str) -> str:
    """SQL of ``SAMPLE_ROWS`` rows of a relation, the same ones every time."""
    return f"FROM {relation} USING SAMPLE {SAMPLE_ROWS} ROWS (reservoir, 42)"


def profile_columns(
    connection: DuckDBPyConnection, relation: str, items: Mapping[str, Figures], sample: str = ""
) -> dict[str, ColumnProfile]:
    """Profiles of the columns whose raw figures are given; ``sample`` as for ``quantiles``."""
    numeric = [name for name, item in items.items() if is_number(item.dtype)]
    rows = next((item.rows for item in items.values()), 0)
    spread, spread_sampled = (
        quantiles(connection, relation, numeric, rows, sample) if numeric else ({}, False)
    )
    profiles = {}
    for name, item in items.items():
        values, complete, sampled = value_counts(connection, relation, item)
        exact = complete or item.filled == 0
        distinct = len(values) if complete else item.approximate_distinct
        if not exact and item.rows <= SMALL_TABLE and item.kind != "nested":
            row = connection.execute(f"SELECT count(DISTINCT {identifier(name)}) FROM {relation}").fetchone()
            distinct, exact = int(row[0]) if row else 0, True
        profiles[name] = ColumnProfile(
            rows=item.rows,
            nulls=item.rows - item.filled,
            distinct=distinct,
            distinct_exact=exact,
            minimum=item.minimum,
            maximum=item.maximum,
            mean=item.mean,
            stddev=item.stddev,
            quantiles=spread.get(name, {}),
            values=values,
            values_complete=complete,
            sampled=sampled or (spread_sampled and name in spread),
        )
    return profiles
