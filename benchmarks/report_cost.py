"""What `datalect report` costs: CPU seconds and peak memory of all its processes, beside SUMMARIZE.

The tables come from ../shared/tools/make_tables.py. The cache is empty before every run, so that opening
the table is part of the cost. Memory is the proportional set size of all processes of the run, read every
20 ms. Prints one JSON object on the last line.

    python benchmarks/report_cost.py FOLDER                       # orders_1m.parquet, events_10m.parquet
    python benchmarks/report_cost.py FOLDER --rows 1 3 10 30      # millions of events: is the cost linear?
    python benchmarks/report_cost.py FOLDER --columns 20 100 400  # is it bounded in columns?
    python benchmarks/report_cost.py FOLDER --rivals VENV         # ydata-profiling, sweetviz of that place
    python benchmarks/report_cost.py FOLDER --rivals VENV --orders 100000   # orders alone, the first so many

Rivals are stopped after --limit seconds of wall clock; what they had cost by then is reported with "stopped".
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GENERATOR = ROOT.parent / "shared" / "tools" / "make_tables.py"
COMMAND = Path(sys.executable).with_name("datalect")
SUMMARIZE = (
    "import duckdb, sys; duckdb.connect(config={'memory_limit': '2GB'})"
    ".execute('SUMMARIZE FROM read_parquet(?)', [sys.argv[1]]).fetchall()"
)
YDATA = (
    "import sys, pandas as pd; from ydata_profiling import ProfileReport; "
    "ProfileReport(pd.read_parquet(sys.argv[1]), minimal=sys.argv[2] == 'minimal', progress_bar=False)"
    ".to_file(sys.argv[3])"
)
SWEETVIZ = (
    "import sys, pandas as pd, sweetviz; "
    "sweetviz.analyze(pd.read_parquet(sys.argv[1])).show_html(sys.argv[3], open_browser=False)"
)


def tree(root: int) -> list[int]:
    """A process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError, ValueError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        found.append(todo.pop())
        todo.extend(children.get(found[-1], ()))
    return found


def resident_mb(processes: list[int]) -> float:
    """Proportional set size of processes in MB: shared pages are divided among those that share them."""
    total = 0
    for pid in processes:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return total / 1000


def measured(
    command: list[str], folder: Path, environment: dict[str, str] | None = None, limit: float | None = None
) -> dict[str, float]:
    """CPU seconds, wall seconds and peak memory of a command and all it starts; stopped after a limit."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    )
    peak = 0.0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.is_set():
            peak = max(peak, resident_mb(tree(process.pid)))
            done.wait(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    stopped = False
    try:
        _, errors = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        stopped = True
        process.kill()
        _, errors = process.communicate()
    done.set()
    watcher.join()
    if process.returncode and not stopped:
        raise SystemExit(f"{command[:3]} failed: {errors.decode()[-600:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    figures = {
        "cpu_s": round(cpu, 2),
        "wall_s": round(time.perf_counter() - begun, 2),
        "peak_mb": round(peak),
    }
    return {**figures, "stopped": 1} if stopped else figures


def report(table: Path) -> dict[str, float]:
    """The report of one table, from an empty cache."""
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "page.html"
        environment = {**os.environ, "DATALECT_CACHE": scratch}
        figures = measured([str(COMMAND), "report", str(table), "-o", str(page)], Path(scratch), environment)
        return {**figures, "page_kb": round(page.stat().st_size / 1000)}


def beside(table: Path, rivals: Path | None, limit: float) -> dict[str, dict[str, float]]:
    """The report and its rivals on one table, one after the other."""
    found = {"datalect report": report(table)}
    with tempfile.TemporaryDirectory() as scratch:
        folder, page = Path(scratch), str(Path(scratch) / "page.html")
        found["duckdb SUMMARIZE"] = measured([sys.executable, "-c", SUMMARIZE, str(table)], folder)
        if rivals is not None:
            python = str(rivals / "bin" / "python")
            for name, code, mode in (
                ("ydata-profiling minimal", YDATA, "minimal"),
                ("ydata-profiling full", YDATA, "full"),
                ("sweetviz", SWEETVIZ, ""),
            ):
                command = [python, "-W", "ignore", "-c", code, str(table), mode, page]
                found[name] = measured(command, folder, limit=limit)
                print(json.dumps({name: found[name]}), file=sys.stderr)
    return found


def generated(folder: Path, *options: str) -> None:
    """Tables of the generator."""
    subprocess.run([sys.executable, str(GENERATOR), str(folder), "--no-csv", *options], check=True, stdout=2)


def head(table: Path, rows: int) -> Path:
    """A table of the first rows of another."""
    import duckdb

    path = table.with_name(f"orders_{rows}.parquet")
    duckdb.execute(
        "COPY (SELECT * FROM read_parquet($source) LIMIT $rows) TO $path (FORMAT parquet)".replace(
            "$path", "'" + str(path).replace("'", "''") + "'"
        ),
        {"source": str(table), "rows": rows},
    )
    return path


def wide(folder: Path, columns: int, rows: int = 20_000) -> Path:
    """A table of numbers and groups with so many columns."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    random = np.random.default_rng(columns)
    made: dict[str, object] = {}
    for i in range(columns):
        if i % 5 == 4:
            made[f"group_{i}"] = np.array(list("abcdef"), dtype=object)[random.integers(0, 6, rows)]
        else:
            made[f"number_{i}"] = random.normal(size=rows).round(3)
    path = folder / f"wide_{columns}.parquet"
    pq.write_table(pa.table(made), path)
    return path


def main() -> None:
    """Measure what is asked for and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the generated tables lie or are put")
    parser.add_argument("--rows", type=int, nargs="*", default=[], help="millions of rows of events")
    parser.add_argument("--columns", type=int, nargs="*", default=[])
    parser.add_argument("--rivals", type=Path, help="an environment with ydata-profiling and sweetviz")
    parser.add_argument("--limit", type=float, default=900, help="wall-clock seconds a rival may take")
    parser.add_argument("--orders", type=int, help="measure orders alone, the first so many of its rows")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    results: dict[str, object] = {}
    if given.rows:
        for millions in given.rows:
            path = given.folder / f"{millions}m" / "events_10m.parquet"
            if not path.exists():
                generated(path.parent, "--small-rows", "0", "--big-rows", str(millions * 1_000_000))
            results[f"events {millions}m"] = report(path)
    elif given.columns:
        for count in given.columns:
            results[f"{count} columns"] = report(wide(given.folder, count))
    else:
        if not (given.folder / "orders_1m.parquet").exists():
            generated(given.folder)
        if given.orders:
            results[f"orders {given.orders}"] = beside(
                head(given.folder / "orders_1m.parquet", given.orders), given.rivals, given.limit
            )
        else:
            for name in ("orders_1m", "events_10m"):
                results[name] = beside(given.folder / f"{name}.parquet", given.rivals, given.limit)
    print(json.dumps({"load": os.getloadavg()[0], **results}))


if __name__ == "__main__":
    main()
