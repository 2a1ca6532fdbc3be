"""Fit the coefficients of ``planner/lexical/confidence.json``.

    python recipes/lexical_confidence.py --data ../shared/data [--limit 300] [--collected FILE] [--write]

For each question of the development and training parts, the lexical planner's best reading is run, whether
it would have been answered or not, and compared with the expected result. A logistic regression with an L2
penalty learns from what the parser left over whether that reading is right. Each set weighs the same.
Held-out parts are not read. Without ``--write`` nothing changes; the fit and its figures by five-fold
cross-validation are printed.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import datalect as dl
from datalect.errors import DatalectError
from datalect.planner.lexical.confidence import features
from datalect.planner.lexical.link import link
from datalect.planner.lexical.parse import parse
from datalect.planner.lexical.readings import candidates
from datalect.planner.lexical.verdict import coverage
from datalect.planner.linking.text import detect_language, normalise
from question_sets import load_set
from question_sets.files import groups_of
from question_sets.run import judge

TARGET = ROOT / "src" / "datalect" / "planner" / "lexical" / "confidence.json"
SETS = (
    ("own", "dev"),
    ("own", "hard"),
    ("wikisql", "train"),
    ("spider", "train"),
    ("nvbench", "train"),
    ("retqa", "train"),
)
PENALTY = 1.0


def main() -> None:
    """Collect, fit, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=300, help="questions of each public set")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--collected", type=Path, help="keep collected cases here, or read them")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.collected and options.collected.exists():
        rows = [json.loads(line) for line in options.collected.read_text().splitlines()]
    else:
        rows = collect(options.data, options.limit, options.seed)
        if options.collected:
            options.collected.write_text("".join(json.dumps(row) + "\n" for row in rows))
    weights = fit(rows)
    report(rows, weights)
    if options.write:
        body = {"recipe": "recipes/lexical_confidence.py", "cases": len(rows), "weights": weights}
        TARGET.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")


def collect(data: Path, limit: int, seed: int) -> list[dict[str, Any]]:
    """Features of the best reading of every question, and whether it is right."""
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, split in SETS:
            folder = data if name == "own" else data / name
            loaded = load_set(name, folder, Path(scratch), split, None if name == "own" else limit, seed)
            for sources, cases in groups_of(loaded.cases):
                try:
                    opened = dl.open(*sources, workers=1)
                except DatalectError:
                    continue
                with opened:
                    rows += [row for case in cases if (row := examine(opened, case, f"{name} {split}"))]
            print(name, split, sum(r["set"] == f"{name} {split}" for r in rows), file=sys.stderr, flush=True)
    return rows


def examine(data: Any, case: Any, name: str) -> dict[str, Any] | None:
    """One question: features of its best reading and whether that is right."""
    text = normalise(case.question)
    seq = link(text, data.catalog, data.values)
    frame = parse(seq)
    found = candidates(frame, seq, data.catalog, data.values, text)
    if not found:
        return None
    language = detect_language(case.question)
    values = features(found, frame, seq, text, coverage(frame, seq), language)
    try:
        right = case.status == "answered" and judge(case, data.run(found[0].plan))[0] == "right"
    except DatalectError:
        right = False
    return {"set": name, "id": case.id, "right": right, "features": values}


def fit(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Weights of a logistic regression, sets weighing the same, by damped Newton steps."""
    names = ["bias", *rows[0]["features"]]
    sizes = {s: sum(r["set"] == s for r in rows) for s in {r["set"] for r in rows}}
    points = [
        ([1.0, *r["features"].values()], float(r["right"]), len(rows) / len(sizes) / sizes[r["set"]])
        for r in rows
    ]
    weights = [0.0] * len(names)
    for _ in range(30):
        gradient = [-PENALTY * w if i else 0.0 for i, w in enumerate(weights)]
        hessian = [[PENALTY * (i == j) + 1e-9 for j in range(len(names))] for i in range(len(names))]
        for x, y, share in points:
            p = logistic(sum(a * b for a, b in zip(weights, x, strict=True)))
            for i, xi in enumerate(x):
                if xi:
                    gradient[i] += share * (y - p) * xi
                    for j, xj in enumerate(x):
                        hessian[i][j] += share * p * (1 - p) * xi * xj
        step = solve(hessian, gradient)
        weights = [w + s for w, s in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-6:
            break
    return {name: round(weight, 4) for name, weight in zip(names, weights, strict=True)}


def solve(matrix: list[list[float]], target: list[float]) -> list[float]:
    """Solve a small symmetric system by elimination."""
    rows = [[*row, value] for row, value in zip(matrix, target, strict=True)]
    for i in range(len(rows)):
        pivot = max(range(i, len(rows)), key=lambda k: abs(rows[k][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for k in range(len(rows)):
            if k != i:
                factor = rows[k][i] / rows[i][i]
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    return [row[-1] / row[i] for i, row in enumerate(rows)]


def predict(weights: dict[str, float], row: dict[str, Any]) -> float:
    """Probability that a row's reading is right."""
    return logistic(weights["bias"] + sum(weights[n] * v for n, v in row["features"].items()))


def logistic(total: float) -> float:
    """The logistic function, safe for large arguments."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def report(rows: list[dict[str, Any]], weights: dict[str, float]) -> None:
    """Calibration and the choice of a threshold, by five-fold cross-validation, as JSON on the last line."""
    order = list(rows)
    random.Random(0).shuffle(order)
    folds = [order[k::5] for k in range(5)]
    scored: list[tuple[str, float, bool]] = []
    for k, fold in enumerate(folds):
        own = fit([r for j, other in enumerate(folds) if j != k for r in other])
        scored += [(r["set"], predict(own, r), r["right"]) for r in fold]
    for name in [*sorted({s for s, _, _ in scored}), "all"]:
        part = [(p, y) for s, p, y in scored if name in (s, "all")]
        line = f"{name:8} n={len(part)} right={sum(y for _, y in part) / len(part):.2f}"
        for threshold in (0.4, 0.5, 0.55, 0.6, 0.65, 0.7):
            kept = [y for p, y in part if p >= threshold]
            wrong = sum(not y for y in kept) / len(part)
            line += f" | {threshold}: {sum(kept) / len(part):.2f}/{wrong:.2f}"
        print(line)
    loss = -sum(math.log(max(1e-9, p if y else 1 - p)) for _, p, y in scored) / len(scored)
    print(json.dumps({"cases": len(rows), "log_loss": round(loss, 4), "weights": weights}))


if __name__ == "__main__":
    main()
