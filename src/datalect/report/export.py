"""A report as JSON, Arrow and files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalect.answer.export import write_in_one_step
from datalect.answer.jsonable import jsonable
from datalect.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from datalect.answer.ground import Words
    from datalect.planner.base import Language
    from datalect.report.model import ColumnProfile, Problem, Report, ReportFact

_SUFFIXES = (".html", ".htm", ".json", ".md")


def _both(words: Words) -> dict[str, str]:
    return {"en": words.en, "zh": words.zh}


def fact_json(fact: ReportFact) -> dict[str, Any]:
    """A fact as JSON data."""
    segments = fact.segments
    return {
        "id": fact.id,
        "type": fact.type,
        "sentence_en": fact.sentence_en,
        "sentence_zh": fact.sentence_zh,
        "columns": list(fact.columns),
        "section": fact.section,
        "severity": fact.severity,
        "values": jsonable(dict(fact.values)),
        "effect": jsonable(fact.effect),
        "effect_name": fact.effect_name,
        "interval": jsonable(fact.interval),
        "p_adjusted": jsonable(fact.p_adjusted),
        "test": fact.test,
        "n": fact.n,
        "exact": fact.exact,
        "plan": None if fact.plan is None else fact.plan.to_json(),
        "sql": fact.sql,
        "importance": fact.importance,
        "segments": None
        if segments is None
        else {
            "column": segments.column,
            "held": segments.held,
            "of": segments.of,
            "against": list(segments.against),
            "columns": segments.columns,
        },
        "evidence": {
            "columns": list(fact.evidence.columns),
            "rows": [jsonable(list(r)) for r in fact.evidence.rows],
            "more": fact.evidence.more,
        },
        "also": [_both(w) for w in fact.also],
    }


def column_json(column: ColumnProfile) -> dict[str, Any]:
    """A column profile as JSON data."""
    data = asdict(column)
    for key in ("label", "sentence"):
        data[key] = _both(getattr(column, key))
    data["problems"] = [_both(w) for w in column.problems]
    data["top"] = [{"value": v, "rows": n} for v, n in column.top]
    data["phrases"] = [{"phrase": v, "rows": n} for v, n in column.phrases]
    result: dict[str, Any] = jsonable(data)
    return result


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem as JSON data."""
    return {
        "kind": problem.kind,
        "severity": problem.severity,
        "message_en": problem.message.en,
        "message_zh": problem.message.zh,
        "column": problem.column,
        "count": problem.count,
        "share": jsonable(problem.share),
        "fact": problem.fact,
    }


def report_json(report: Report) -> dict[str, Any]:
    """The whole report as JSON data."""
    method = report.method
    return {
        "table": report.table,
        "source": report.source,
        "rows": report.rows,
        "seconds": round(report.seconds, 3),
        "tests_made": method.tests,
        "false_discovery_rate": method.false_discovery_rate,
        "sampled_rows": method.sampled,
        "target": report.target or None,
        "compared": report.compared or None,
        "created": report.created,
        "keys": [list(k) for k in report.keys],
        "facts": [fact_json(f) for f in report.facts],
        "columns": [column_json(c) for c in report.columns],
        "problems": [problem_json(p) for p in report.problems],
        "stages": {k: round(v, 3) for k, v in method.seconds.items()},
        "queries": method.queries,
        "left_out": [_both(w) for w in method.left_out],
        "versions": dict(method.versions),
    }


def facts_table(facts: Sequence[ReportFact]) -> pa.Table:
    """The facts as an Arrow table, one row each."""
    import pyarrow as pa

    def column(name: str, kind: pa.DataType) -> pa.Array:
        return pa.array([getattr(f, name) for f in facts], type=kind)

    return pa.table(
        {
            "id": column("id", pa.string()),
            "type": column("type", pa.string()),
            "sentence_en": column("sentence_en", pa.string()),
            "sentence_zh": column("sentence_zh", pa.string()),
            "columns": pa.array([list(f.columns) for f in facts], type=pa.list_(pa.string())),
            "section": column("section", pa.string()),
            "severity": column("severity", pa.string()),
            "importance": column("importance", pa.float64()),
            "effect": column("effect", pa.float64()),
            "effect_name": column("effect_name", pa.string()),
            "p_adjusted": column("p_adjusted", pa.float64()),
            "n": column("n", pa.int64()),
            "sql": column("sql", pa.string()),
        }
    )


def facts_frame(facts: Sequence[ReportFact]) -> Any:
    """The facts as a pandas data frame."""
    from importlib.util import find_spec

    if find_spec("pandas") is None:
        raise MissingExtraError("pandas", "Turning facts into a pandas data frame")
    return facts_table(facts).to_pandas()


def check_path(path: Path) -> None:
    """Say that a file cannot be written before minutes are spent on the report.

    Raises:
        UsageError: another suffix, or a folder that does not exist.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(
            "The form of the report is not known.",
            expected="a path that ends in .html, .json or .md",
            received=str(path),
            next_step="name a file such as report.html",
        )
    if not path.absolute().parent.is_dir():
        raise UsageError(
            "The folder for the report does not exist.",
            received=str(path.absolute().parent),
            next_step="create it, or name another file",
        )


def save(report: Report, path: Path, language: Language) -> Path:
    """Write the report in the form its suffix names, in one step."""
    check_path(path)
    suffix = path.suffix.lower()
    if suffix == ".json":
        text = json.dumps(report.to_json(), ensure_ascii=False, indent=1, allow_nan=False)
    elif suffix == ".md":
        text = report.to_markdown(language=language)
    else:
        text = report.to_html(language=language)
    write_in_one_step(path, text.encode("utf-8", errors="replace"))
    return path
