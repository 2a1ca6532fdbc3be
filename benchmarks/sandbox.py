"""What the gate and the sandbox cost and what they hold back.

Runs every text of ``tests/engine/hostile.txt`` against the gate and, bypassing it, against a sandboxed worker
beside planted files and a listening port; runs legitimate queries through both; and compares a warm worker
with DuckDB in the same process. Prints JSON on the last line.

    python benchmarks/sandbox.py [--seconds 1.0]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "engine"))

from legit_cases import by_hand, generated
from sandbox_cases import CANARY, hostile, make_workspace, text_of
from sandbox_listener import Listener

from datalect.engine.base import Limits, Query
from datalect.engine.duckdb import DuckDBEngine
from datalect.engine.gate import gate
from datalect.errors import DatalectError


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="time limit of one hostile query")
    parser.add_argument("--memory-mb", type=int, default=512, help="memory limit of one hostile query, MiB")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = make_workspace(Path(folder))
        report = {
            "hostile": attack(Path(folder), workspace, options.seconds, options.memory_mb),
            "legitimate": legitimate(workspace),
            "overhead": overhead(workspace),
            "start": start(workspace),
        }
    for name, figures in report.items():
        print(name, json.dumps(figures, ensure_ascii=False, indent=1))
    print(json.dumps(report, ensure_ascii=False))


def attack(folder: Path, workspace: Any, seconds: float, memory_mb: int) -> dict[str, Any]:
    """Every hostile text against the gate, and again straight against a worker."""
    (folder / "planted.csv").write_text(f"secret\n{CANARY}\n")
    limits = Limits(seconds=seconds, memory_mb=memory_mb, rows=1_000, bytes=4_000_000)
    listener = Listener()
    cases = hostile(
        {
            "canary": str(folder / "planted.csv"),
            "folder": str(folder),
            "database": str(workspace.database),
            "port": str(listener.port),
        }
    )
    before = snapshot(folder)
    gate_seconds, refused, slowest = [], 0, ""
    for case in cases:
        began = time.perf_counter()
        try:
            gate(case.sql, workspace.catalog)
        except DatalectError:
            refused += 1
        gate_seconds.append(time.perf_counter() - began)
    killed = ended_early = leaks = 0
    late: list[float] = []
    with DuckDBEngine(workspace, limits, workers=1) as engine:
        for case in cases:
            engine.execute(Query(sql="SELECT 1 AS ready"))  # the replacement of a killed worker is ready
            before_pids = engine.worker_pids
            began = time.perf_counter()
            try:
                seen = text_of(engine.execute(Query(sql=case.sql)).table.slice(0, 200))
            except DatalectError as error:
                seen = str(error)
                ended_early += 1
            took = time.perf_counter() - began
            killed += not set(before_pids) & set(engine.worker_pids)
            if took > seconds:
                late.append(took - seconds)
                if late[-1] == max(late):
                    slowest = case.sql[:80]
            leaks += CANARY in seen and CANARY not in case.sql
        alive = engine.execute(Query(sql="SELECT count(*) AS c FROM sales")).table.to_pylist() == [
            {"c": 2000}
        ]
    visitors = listener.visitors
    listener.close()
    return {
        "texts": len(cases),
        "kinds": len({c.kind for c in cases}),
        "meant_for_the_sandbox": sum(c.only_sandbox for c in cases),
        "refused_by_gate": refused,
        "gate_ms_max": round(1000 * max(gate_seconds), 1),
        "refused_or_ended_by_worker": ended_early,
        "workers_killed": killed,
        "leaks": leaks,
        "files_changed": int(snapshot(folder) != before),
        "connections": visitors,
        "service_alive": alive,
        "limit_s": seconds,
        "lateness_s_max": round(max(late, default=0.0), 3),
        "latest": slowest,
        "peak_worker_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
        "memory_limit_mb": memory_mb,
    }


def snapshot(folder: Path) -> dict[str, bytes]:
    """All files of a folder with their content."""
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def legitimate(workspace: Any) -> dict[str, Any]:
    """Queries people write, through the gate and the worker."""
    queries = [*by_hand(), *generated(workspace.catalog)]
    refused: list[str] = []
    seconds = []
    with DuckDBEngine(workspace, Limits(rows=200)) as engine:
        for sql in queries:
            began = time.perf_counter()
            try:
                query = gate(sql, workspace.catalog)
                seconds.append(time.perf_counter() - began)
                engine.execute(query)
            except DatalectError as error:
                refused.append(f"{sql[:80]}: {error.what}")
    return {
        "queries": len(queries),
        "refused": len(refused),
        "first": refused[:3],
        "gate_ms_median": round(1000 * statistics.median(seconds), 2),
    }


def overhead(workspace: Any) -> dict[str, Any]:
    """The same queries in a warm worker and in this process, alternating, as Arrow tables in both."""
    queries = {
        "one value": "SELECT 1 AS x",
        "group by": "SELECT region, sum(amount) AS s FROM sales GROUP BY region ORDER BY s DESC",
        "window": "SELECT *, rank() OVER (PARTITION BY region ORDER BY amount) AS r FROM sales QUALIFY r < 4",
        "2000 rows": "SELECT * FROM sales",
        "100000 rows": "SELECT a.* FROM sales a, range(50)",
    }
    figures: dict[str, Any] = {}
    extra: list[float] = []
    with (
        duckdb.connect(str(workspace.database), read_only=True) as connection,
        DuckDBEngine(workspace) as engine,
    ):
        for name, sql in queries.items():
            inside: list[float] = []
            worker: list[float] = []
            for _ in range(60):
                began = time.perf_counter()
                table = connection.sql(sql).to_arrow_reader().read_all()
                inside.append(time.perf_counter() - began)
                began = time.perf_counter()
                result = engine.execute(Query(sql=sql)).table
                worker.append(time.perf_counter() - began)
                if result.num_rows != table.num_rows:
                    raise SystemExit(f"{name}: {result.num_rows} rows in the worker, {table.num_rows} inside")
            difference = [w - i for w, i in zip(worker[5:], inside[5:], strict=True)]
            if name != "100000 rows":
                extra += difference
            figures[name] = {
                "inside_ms": round(1000 * statistics.median(inside), 2),
                "worker_ms": round(1000 * statistics.median(worker), 2),
                "overhead_ms_median": round(1000 * statistics.median(difference), 2),
                "overhead_ms_p95": round(1000 * statistics.quantiles(difference, n=20)[-1], 2),
            }
    figures["all but the largest"] = {
        "overhead_ms_median": round(1000 * statistics.median(extra), 2),
        "overhead_ms_p95": round(1000 * statistics.quantiles(extra, n=20)[-1], 2),
    }
    return figures


def start(workspace: Any) -> dict[str, Any]:
    """What the first question pays for the worker, against importing DuckDB and Arrow in this process."""
    wall, cpu = [], []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        with DuckDBEngine(workspace, workers=1) as engine:
            engine.execute(Query(sql="SELECT 1 AS x"))
            wall.append(time.perf_counter() - began)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return {"wall_s": round(statistics.median(wall), 3), "cpu_s": round(statistics.median(cpu), 3)}


if __name__ == "__main__":
    main()
