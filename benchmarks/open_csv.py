"""Opening a 1,000,000 x 20 CSV and answering a first question, beside DuckDB's own reader.

    python benchmarks/open_csv.py [--file CSV] [--runs 3] [--maker ../shared/tools/make_tables.py]

Without ``--file`` the table is made by the maker (orders, seeded). Each way runs in a process of its own,
with an empty cache; Python's bytecode is there already, as after any installation. CPU seconds are user +
system of the process and of all its children; peak memory is the largest resident set of any one of these
processes, and their sum. The rivals answer the same question:

    datalect        datalect.open(file).ask(question)
    datalect_sql    the same opening, then plain SQL through the sandboxed engine
    datalect_again  the question once more in a new process, with the cache filled
    duckdb_table    CREATE TABLE AS read_csv(file), then the SQL
    duckdb_scan     the SQL straight over read_csv(file); it types only the columns it needs and keeps nothing

The last line is JSON; ``ratio`` is datalect / duckdb_table in CPU seconds (medians of the runs).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

QUESTION = "total of total by category"
SQL = 'SELECT category, sum(total) FROM "{table}" GROUP BY category ORDER BY 2 DESC'
ROOT = Path(__file__).resolve().parents[1]


def _usage(children: dict[int, int]) -> dict[str, float]:
    """CPU seconds so far and peak memory of this process and of the children it had."""
    import resource

    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
    return {
        "cpu_s": round(cpu, 3),
        "peak_mb": round(max(own.ru_maxrss, others.ru_maxrss) / 1024, 1),
        "peak_sum_mb": round((own.ru_maxrss + sum(children.values())) / 1024, 1),
    }


def _children_peaks() -> dict[int, int]:
    """Largest resident sets (KiB) of the processes this one has started and that still live."""
    peaks = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        if int(fields.get("PPid", "0")) == os.getpid() and "VmHWM" in fields:
            peaks[int(fields["Pid"])] = int(fields["VmHWM"].split()[0])
    return peaks


def _datalect(path: Path, *, ask: bool) -> dict[str, object]:
    import datalect

    with datalect.open(path) as data:
        if ask:
            answer = data.ask(QUESTION)
            said: object = {"status": answer.status, "sentence": str(answer.sentence)[:200]}
        else:
            said = data.sql(SQL.format(table=path.stem)).table.num_rows
        peaks = _children_peaks()
    return {"answer": said, **_usage(peaks)}


def _duckdb(path: Path, *, table: bool, folder: Path) -> dict[str, object]:
    import duckdb

    if table:
        connection = duckdb.connect(str(folder / "rival.duckdb"))
        connection.execute(f'CREATE TABLE "{path.stem}" AS SELECT * FROM read_csv(?)', [str(path)])
        rows = connection.execute(SQL.format(table=path.stem)).fetchall()
        connection.close()
    else:
        rows = duckdb.sql(
            f"SELECT category, sum(total) FROM read_csv('{path}') GROUP BY 1 ORDER BY 2 DESC"
        ).fetchall()
    return {"answer": len(rows), **_usage({})}


def _one(way: str, path: Path, folder: Path) -> dict[str, object]:
    if way.startswith("datalect"):
        return _datalect(path, ask=way != "datalect_sql")
    return _duckdb(path, table=way == "duckdb_table", folder=folder)


def _measure(way: str, path: Path, folder: Path) -> dict[str, object]:
    bytecode = str(folder.parent / "bytecode")
    environment = {**os.environ, "DATALECT_CACHE": str(folder / "cache"), "PYTHONPYCACHEPREFIX": bytecode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, __file__, "--file", str(path), "--way", way, "--folder", str(folder)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if done.returncode:
        return {
            "error": done.stderr.strip().splitlines()[-1][:300] if done.stderr else f"exit {done.returncode}"
        }
    return json.loads(done.stdout.strip().splitlines()[-1])


def _warm(made: Path) -> None:
    """Run both ways once on a small table, so that the bytecode of everything is written."""
    small, folder = made / "small.csv", made / "small"
    folder.mkdir()
    small.write_text("category,total\n" + "".join(f"c{i % 7},{i}.5\n" for i in range(1000)))
    for way in ("datalect", "duckdb_table"):
        _measure(way, small, folder)


def _middle(results: list[dict[str, object]]) -> dict[str, object]:
    good = [result for result in results if "cpu_s" in result]
    return sorted(good, key=lambda r: float(str(r["cpu_s"])))[len(good) // 2] if good else results[0]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--file", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--maker", type=Path, default=ROOT.parent / "shared" / "tools" / "make_tables.py")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(_one(options.way, options.file, options.folder)))
        return
    with tempfile.TemporaryDirectory() as made:
        path = options.file
        if path is None:
            command = [sys.executable, options.maker, made, "--small-rows", "1000000", "--big-rows", "0"]
            subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
            path = next(Path(made).glob("*.csv"))
        ways = ("duckdb_scan", "duckdb_table", "datalect_sql", "datalect", "datalect_again")
        results: dict[str, list[dict[str, object]]] = {way: [] for way in ways}
        _warm(Path(made))
        for run in range(options.runs):
            for way in ways:
                again = way == "datalect_again"
                folder = Path(made) / (f"run{run}-datalect" if again else f"run{run}-{way}")
                folder.mkdir(exist_ok=True)
                results[way].append(_measure(way, path.resolve(), folder))
                print(f"run {run + 1} {way}: {results[way][-1]}", file=sys.stderr)
        middle = {way: _middle(found) for way, found in results.items()}
        report: dict[str, object] = {
            "file": path.name,
            "bytes": path.stat().st_size,
            "runs": options.runs,
            **middle,
        }
        if all("cpu_s" in middle[way] for way in ways):
            cpu = {way: float(str(middle[way]["cpu_s"])) for way in ways}
            report["ratio"] = round(cpu["datalect"] / cpu["duckdb_table"], 2)
            report["ratio_to_scan"] = round(cpu["datalect"] / cpu["duckdb_scan"], 2)
        print(json.dumps(report, ensure_ascii=False))


if __name__ == "__main__":
    main()
