"""Which planted facts a report states among its first twenty, and what it claims on shuffled copies.

The tables come from ../shared/tools/make_tables.py, which lists the facts as PLANTED. A fact counts when one
sentence names its columns, its direction and its figure. On a copy with every column shuffled independently
no two columns go together: each fact about two or more columns is a false one. Prints JSON on the last line.

    python benchmarks/report_facts.py FOLDER --shuffles 20
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

FIRST = 20
# What a sentence must say to state a fact outright: all patterns, in one of the first facts.
ORDERS = {
    "rating falls with the delay": [r"rating falls as days from order time to ship date"],
    "returns rise with the delay": [
        r"(?i)returned becomes more frequent as days from order time to ship date"
    ],
    "returns rise for toys": [r"(?i)returned is more frequent where category is toy"],
    "returns rise with the discount": [r"(?i)returned becomes more frequent as discount rises"],
    "spike on 2023-11-11": [r"11 November 2023", r"times"],
    "level shift from 2024-03-01": [r"1 March 2024", r"3\d(\.\d)?% higher"],
    "two busier weekdays": [r"Most rows fall on", r"and"],
    "age 999 stands for missing": [r"Age holds 999"],
    "spellings of card": [r"“card”", r"“Card”", r"“CARD ”"],
    "amount_text is total as text": [r"(?i)amount text is total written as text"],
    "total = price x quantity x (1 - discount)": [r"Total = unit price × quantity × \(1 − discount\)"],
    "margin is about 22 % of total": [r"Margin is typically about 2[12](\.\d)?% of total"],
    "order_id is a key": [r"Order id identifies each row"],
    "customer_id is heavy-tailed": [r"10% of customer ids hold \d\d"],
}
EVENTS = {
    "mini is slower": [r"device is mini", r"latency", r"higher"],
    "revenue only for buy": [r"(?i)revenue is filled only where event is buy"],
}


def stated(table: Path, wanted: dict[str, list[str]]) -> dict[str, int | None]:
    """For each planted fact its place in the list, or None."""
    import datalect

    with datalect.open(table) as data:
        facts = data.report().facts[:FIRST]
    return {
        name: next(
            (at for at, f in enumerate(facts, 1) if all(re.search(p, f.sentence_en) for p in patterns)), None
        )
        for name, patterns in wanted.items()
    }


def false_claims(table: Path, seed: int, rows: int) -> tuple[list[str], int]:
    """Facts about several columns on a shuffled copy, and the number of tests made."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    import datalect

    random = np.random.default_rng(seed)
    whole = pq.read_table(table).slice(0, rows)
    copy = pa.table({n: whole.column(n).take(pa.array(random.permutation(rows))) for n in whole.column_names})
    with datalect.open(("shuffled", copy)) as data:
        report = data.report()
    return [f.sentence_en for f in report.facts if len(f.columns) > 1], report.method.tests


def main() -> None:
    """Look for the facts and print what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="with orders_1m.parquet and events_10m.parquet")
    parser.add_argument("--shuffles", type=int, default=20)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of a shuffled copy")
    given = parser.parse_args()
    places = {
        **stated(given.folder / "orders_1m.parquet", ORDERS),
        **stated(given.folder / "events_10m.parquet", EVENTS),
    }
    claims: list[str] = []
    tests = 0
    for seed in range(given.shuffles):
        found, made = false_claims(given.folder / "orders_1m.parquet", seed, given.rows)
        claims += found
        tests += made
    result: dict[str, Any] = {
        "planted": len(places),
        "stated": sum(p is not None for p in places.values()),
        "places": places,
        "shuffles": given.shuffles,
        "tests_on_shuffles": tests,
        "false_claims": claims,
    }
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["DATALECT_CACHE"] = scratch
        main()
