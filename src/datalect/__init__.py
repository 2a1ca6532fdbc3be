"""Ask tables questions in English or Chinese; get sentences that are proven against the data.

A short tour. Take a small table from anywhere: a file, a folder of Parquet, a database, or a data frame.

>>> import datalect as dl
>>> import pyarrow as pa
>>> sales = pa.table({
...     "region": ["East", "East", "West", "North"],
...     "amount": [120, 80, 50, 75],
... })

``dl.open`` takes one or more sources and works out what the columns mean. A file names its table; a table in
memory gets its name from you.

>>> data = dl.open(("sales", sales))
>>> [table.name for table in data.catalog.tables]
['sales']

Ask in plain words. The answer says how the question was read, how sure it is, and keeps the SQL.

>>> answer = data.ask("What is the total amount by region?")
>>> answer.status
'answered'
>>> sorted(answer.to_arrow().to_pylist(), key=lambda row: row["region"])[0]["region"]
'East'

The same in Chinese:

>>> data.ask("各地区的总金额是多少？").language
'zh'

Your own SQL runs through the same sandbox, which reads these tables and nothing else:

>>> data.sql("SELECT count(*) AS n FROM sales WHERE amount > 70").table.to_pylist()
[{'n': 3}]

A report finds what matters in a table without being asked, and writes it as one page that needs no network:

>>> report = data.report()
>>> report.rows, [column.name for column in report.columns]
(4, ['region', 'amount'])
>>> data.close()

What to know next:

- ``answer.sentence``, ``answer.chart``, ``answer.sql``, ``answer.plan``, ``answer.to_pandas()``.
- ``data.ask("and by month?", previous=answer)`` follows up.
- ``data.report(target="amount").save("report.html")``, ``report.facts``, ``report.to_frame()``.
- ``data.describe()`` says what the columns mean and what is wrong with them.
- Nothing leaves this machine unless you pass ``planner=dl.LLMPlanner(...)``; even then no cell is sent.
- Every error is a ``dl.DatalectError`` that says what to do next.

The command line does the same: ``datalect --help``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datalect.answer.model import Answer
    from datalect.data.model import Catalog
    from datalect.dataset import Dataset, open
    from datalect.engine.base import Limits, QueryResult
    from datalect.errors import (
        DatalectError,
        GateError,
        LimitError,
        MissingExtraError,
        ModelError,
        PlanError,
        RefusedError,
        SourceError,
        UsageError,
    )
    from datalect.plan.model import Plan
    from datalect.planner.llm import LLMPlanner
    from datalect.planner.model_config import ModelConfig
    from datalect.report.model import Report

__version__: str

# Where each public name lives. Importing Datalect imports none of them: that keeps `import datalect` and the
# command line's `--help` quick.
_HOMES = {
    "open": "datalect.dataset",
    "Dataset": "datalect.dataset",
    "Answer": "datalect.answer.model",
    "Catalog": "datalect.data.model",
    "Plan": "datalect.plan.model",
    "Limits": "datalect.engine.base",
    "QueryResult": "datalect.engine.base",
    "LLMPlanner": "datalect.planner.llm",
    "ModelConfig": "datalect.planner.model_config",
    "Report": "datalect.report.model",
    "DatalectError": "datalect.errors",
    "UsageError": "datalect.errors",
    "SourceError": "datalect.errors",
    "RefusedError": "datalect.errors",
    "PlanError": "datalect.errors",
    "GateError": "datalect.errors",
    "ModelError": "datalect.errors",
    "MissingExtraError": "datalect.errors",
    "LimitError": "datalect.errors",
}

__all__ = [
    "Answer",
    "Catalog",
    "DatalectError",
    "Dataset",
    "GateError",
    "LLMPlanner",
    "LimitError",
    "Limits",
    "MissingExtraError",
    "ModelConfig",
    "ModelError",
    "Plan",
    "PlanError",
    "QueryResult",
    "RefusedError",
    "Report",
    "SourceError",
    "UsageError",
    "__version__",
    "open",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            found: Any = version("datalect")
        except PackageNotFoundError:  # run from a source tree that was never installed
            found = "0+unknown"
    elif name in _HOMES:
        from importlib import import_module

        found = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module 'datalect' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
