"""A catalog as JSON data."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datalect.data.model import Catalog, Column, Table


def catalog_object(catalog: Catalog) -> dict[str, Any]:
    """Tables, columns, keys, joins, metrics and problems; hidden columns are left out."""
    return {
        "tables": [_table(table) for table in catalog.tables],
        "foreign_keys": [asdict(key) for key in catalog.foreign_keys],
        "metrics": [
            {
                "name": m.name,
                "table": m.table,
                "label": m.label,
                "measure": dict(m.measure),
                "unit": m.unit,
                "format": m.format,
                "synonyms": list(m.synonyms),
                "description": m.description,
            }
            for m in catalog.metrics
        ],
        "as_of": catalog.as_of,
        "fiscal_year_start": catalog.fiscal_year_start,
    }


def _table(table: Table) -> dict[str, Any]:
    hidden = {column.name for column in table.columns if column.hidden}
    return {
        "name": table.name,
        "label": table.label,
        "description": table.description,
        "source": table.source,
        "rows": table.rows,
        "keys": [list(key) for key in table.keys if not hidden.intersection(key)],
        "synonyms": list(table.synonyms),
        "columns": [_column(column) for column in table.columns if not column.hidden],
        "problems": [asdict(problem) for problem in table.problems if problem.column not in hidden],
    }


def _column(column: Column) -> dict[str, Any]:
    profile = column.profile
    return {
        "name": column.name,
        "dtype": column.dtype,
        "label": column.label,
        "description": column.description,
        "synonyms": list(column.synonyms),
        "meaning": asdict(column.meaning),
        "nulls": profile.nulls,
        "distinct": profile.distinct,
        "distinct_exact": profile.distinct_exact,
        "minimum": profile.minimum,
        "maximum": profile.maximum,
        "mean": profile.mean,
        "stddev": profile.stddev,
        "quantiles": {str(p): value for p, value in profile.quantiles.items()},
        "values": [{"value": value, "count": count} for value, count in profile.values],
        "values_complete": profile.values_complete,
        "sampled": profile.sampled,
        "sentinels": [asdict(sentinel) for sentinel in column.sentinels],
        "conversion": None if column.conversion is None else asdict(column.conversion),
    }
