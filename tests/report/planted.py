"""Tables with known facts in them, and their shuffled copies."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def clinic(rows: int = 12_000, seed: int = 5) -> pa.Table:
    """Visits to clinics: two years, closed on Sundays, a step, a spike, formulas, groups, gaps, spellings."""
    random = np.random.default_rng(seed)
    days = np.arange(730)
    weight = np.where((days + 5) % 7 == 6, 0.0, 1.0)  # 2022-01-01 is a Saturday
    weight[400:] *= 1.6
    weight[202] *= 9
    day = random.choice(730, rows, p=weight / weight.sum())
    visit = np.datetime64("2022-01-01") + day.astype("timedelta64[D]")
    ward = np.array(["north", "south", "east", "west"], dtype=object)[random.integers(0, 4, rows)]
    city = {"north": "Oslo", "south": "Rome", "east": "Rome", "west": "Lima"}
    wait = random.gamma(2.0, 12.0, rows).round()
    score = np.clip(np.round(9 - wait / 12 + random.normal(0, 1, rows)), 1, 10)
    insured = random.random(rows) < 0.8
    fee = np.round(random.lognormal(3.5, 0.5, rows) * np.where(ward == "east", 2.0, 1.0), 2)
    tax = np.round(fee * 0.2, 2)
    tests = random.integers(1, 6, rows)
    bill = np.round((fee + tax) * 1.0, 2)
    age = np.clip(random.normal(45, 17, rows), 0, 96).round()
    age[random.random(rows) < 0.004] = -99
    policy = np.where(insured, random.integers(10_000, 99_999, rows).astype(str).astype(object), None)
    status = np.array(["open", "Open", "closed", "cancelled"], dtype=object)[
        random.choice(4, rows, p=[0.5, 0.03, 0.4, 0.07])
    ]
    came_back = random.random(rows) < np.where(wait > 40, 0.25, 0.08)
    return pa.table(
        {
            "visit_id": np.arange(rows) + 100_000,
            "patient": (random.pareto(0.9, rows) * 60).astype(np.int64) % 4_000,
            "visit_date": pa.array(visit, pa.date32()),
            "ward": ward,
            "city": np.array([city[w] for w in ward], dtype=object),
            "wait_minutes": wait,
            "satisfaction": score,
            "insured": insured,
            "policy": pa.array(policy, pa.string()),
            "fee": fee,
            "tax": tax,
            "bill": bill,
            "tests": tests,
            "age": age,
            "status": status,
            "came_back": came_back,
            "phone": [f"1380000{n:04d}" for n in random.integers(0, 10_000, rows)],
        }
    )


def shuffled(table: pa.Table, seed: int) -> pa.Table:
    """The same columns, each in an order of its own: what goes together no longer does."""
    random = np.random.default_rng(seed)
    return pa.table(
        {
            name: table.column(name).take(pa.array(random.permutation(table.num_rows)))
            for name in table.column_names
        }
    )


def paradox(rows: int = 3_000, seed: int = 2) -> pa.Table:
    """Dose and recovery fall together overall and rise together in each hospital."""
    random = np.random.default_rng(seed)
    site = random.integers(0, 4, rows)
    dose = site * 4 + random.normal(0, 1, rows)
    recovery = -6 * site + 1.0 * dose + random.normal(0, 0.8, rows)
    names = np.array(["ash", "birch", "cedar", "elm"], dtype=object)
    return pa.table({"site": names[site], "dose": dose.round(2), "recovery": recovery.round(2)})
