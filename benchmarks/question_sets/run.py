"""Asking the questions the way a user does, and judging the answers."""

from __future__ import annotations

import resource
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .case import Case, Outcome, Verdict
from .compare import matches
from .files import groups_of


@dataclass(frozen=True, slots=True)
class Group:
    """What came of the questions over one set of sources.

    Attributes:
        opening: CPU seconds spent to open the sources.
    """

    outcomes: list[Outcome]
    opening: float


def run_all(cases: list[Case], planner: str, jobs: int) -> Iterator[Group]:
    """Ask every question; each set of sources is opened once."""
    groups = [(sources, members, planner) for sources, members in groups_of(cases)]
    if jobs == 1:
        yield from map(_run_group, groups)
        return
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(_run_group, groups)


def _run_group(group: tuple[tuple[str, ...], list[Case], str]) -> Group:
    import datalect.dataset

    sources, members, planner = group
    before = cpu_seconds()
    try:
        data = datalect.dataset.open(*sources, workers=1, planner=_planner(planner))
    except Exception as error:  # a set of thousands of tables goes on, and the failure is counted and shown
        failed = [_failed(case, error, "cannot open: ") for case in members]
        return Group(failed, cpu_seconds() - before)
    opening = cpu_seconds() - before
    with data:
        return Group([ask(data, case) for case in members], opening)


def _planner(name: str) -> Any:
    if name == "lexical":
        return None  # the default of datalect.open
    raise SystemExit(f"unknown planner {name!r}; known: lexical")


def _failed(case: Case, error: Exception, what: str = "") -> Outcome:
    from datalect.errors import DatalectError

    if isinstance(error, DatalectError):
        detail = f"{what}{type(error).__name__}: {error.what}"
    else:
        trace = "".join(traceback.format_exception(error)[-3:])
        detail = f"{what}{error!r}\n{trace}"
    return Outcome(case=case, verdict="failed", detail=detail)


def ask(data: Any, case: Case) -> Outcome:
    """Ask one question of an open dataset and judge the answer."""
    before = cpu_seconds()
    try:
        answer = data.ask(case.question)
    except Exception as error:  # counted as failed, shown with its trace
        return _failed(case, error)
    seconds = cpu_seconds() - before
    verdict, detail = judge(case, answer)
    if verdict == "ambiguous":
        detail = _offered(data, case)
    return Outcome(
        case=case,
        verdict=verdict,
        detail=detail,
        seconds=seconds,
        confidence=answer.confidence,
        chart_agrees=_chart_agrees(case, answer) if answer.status == "answered" else None,
        answer=_shown(answer),
    )


OFFERED_FIRST = "the right reading is offered first"
OFFERED = "the right reading is offered"


def _offered(data: Any, case: Case) -> str:
    """Whether the readings between which Datalect asks back include the right one."""
    from datalect.errors import DatalectError
    from datalect.planner.base import Question

    understood = data.planner.interpret(Question(text=case.question), data.catalog, data.values)
    for position, reading in enumerate(understood.readings[:5]):
        try:
            if judge(case, data.run(reading.plan))[0] == "right":
                return OFFERED if position else OFFERED_FIRST
        except DatalectError:
            continue
    return "another reading would be right"


def judge(case: Case, answer: Any) -> tuple[Verdict, str]:
    """The verdict on an answer and, when it is not right, why."""
    if case.status != "answered":
        if answer.status != "answered":
            return "right", ""
        return "wrong", f"answered, but the question is to be {case.status}"
    if answer.status != "answered":
        return answer.status, ""
    if case.attributes:
        used = columns_of(answer.plan)
        return (
            ("right", "") if used == {a.casefold() for a in case.attributes} else ("wrong", "other columns")
        )
    if answer.table is None:
        return "wrong", "no table"
    rows = [tuple(row.values()) for row in _renamed(answer.table).to_pylist()]
    if any(matches(expected, rows, answer.table.num_columns) for expected in case.expected):
        return "right", ""
    return "wrong", "another result"


def columns_of(plan: Any) -> set[str]:
    """Names of the columns a plan refers to, tables left out."""
    found: set[str] = set()

    def visit(node: Any, key: str = "") -> None:
        if isinstance(node, dict):
            for name, part in node.items():
                if name not in ("why", "open", "show"):
                    visit(part, name)
        elif isinstance(node, list):
            for position, part in enumerate(node):
                is_operator = key == "expr" and position == 0
                visit(part, "" if is_operator else key)
        elif isinstance(node, str) and key in ("col", "time", "with", "expr", "than", "list", "per"):
            found.add(node.rpartition(".")[2].casefold())

    visit(plan.to_json() if hasattr(plan, "to_json") else plan)
    return found


def _renamed(table: Any) -> Any:
    """Columns by position: equal names would be lost in dictionaries of rows."""
    return table.rename_columns([str(i) for i in range(table.num_columns)])


def _shown(answer: Any) -> dict[str, Any]:
    plan = answer.plan
    shown: dict[str, Any] = {
        "status": answer.status,
        "plan": plan.to_json() if hasattr(plan, "to_json") else plan,
        "sentence": getattr(answer, "sentence", ""),
    }
    if answer.table is not None:
        shown["columns"] = answer.table.column_names
        shown["rows"] = [list(row.values()) for row in _renamed(answer.table.slice(0, 5)).to_pylist()]
        shown["row_count"] = answer.table.num_rows
    return shown


# nvBench's names of chart types, and the marks that draw them.
_MARKS = {
    "bar": {"bar"},
    "stacked bar": {"bar"},
    "pie": {"arc"},
    "line": {"line", "area"},
    "grouping line": {"line", "area"},
    "scatter": {"point", "circle"},
    "grouping scatter": {"point", "circle"},
}


def _chart_agrees(case: Case, answer: Any) -> bool | None:
    if not case.chart:
        return None
    return bool(_MARKS[case.chart.lower()] & set(marks_of(getattr(answer, "chart", None))))


def marks_of(chart: Any) -> set[str]:
    """The marks of a chart's Vega-Lite specification, layers included."""
    spec = getattr(chart, "spec", None)
    found: set[str] = set()
    todo = [spec] if isinstance(spec, Mapping) else []
    while todo:
        part = todo.pop()
        mark = part.get("mark")
        if mark:
            found.add(mark["type"] if isinstance(mark, Mapping) else mark)
        todo += [p for key in ("layer", "concat", "hconcat", "vconcat") for p in part.get(key, ())]
        if isinstance(part.get("spec"), Mapping):
            todo.append(part["spec"])
    return found


def cpu_seconds() -> float:
    """CPU seconds of this process, of its ended children and of the workers that still run."""
    own = time.process_time()
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own + ended.ru_utime + ended.ru_stime + sum(map(_cpu_of, _children(Path("/proc/self"))))


def _children(process: Path) -> list[Path]:
    found = []
    for listing in process.glob("task/*/children"):
        try:
            for pid in listing.read_text().split():
                child = Path("/proc") / pid
                found += [child, *_children(child)]
        except OSError:  # it ended meanwhile
            continue
    return found


def _cpu_of(process: Path) -> float:
    import os

    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
