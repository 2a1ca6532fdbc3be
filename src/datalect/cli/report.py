"""``datalect report``: what matters in a table, as one page."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from datalect.cli.options import Language, SourceOptions, Word, texts
from datalect.cli.show import note, out, safe
from datalect.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from datalect.data.progress import Progress
    from datalect.engine.base import Limits
    from datalect.report.model import Report

_REPORT = Group("Report", sort_key=0)
_FILES = Group("Files", sort_key=5)


def report(
    *tables: Annotated[Word, Parameter(name="SOURCE", show=True)],
    target: Annotated[str | None, Parameter(group=_REPORT)] = None,
    table: Annotated[str | None, Parameter(group=_REPORT)] = None,
    compare: Annotated[str | None, Parameter(group=_REPORT)] = None,
    by: Annotated[str | None, Parameter(group=_REPORT)] = None,
    columns: Annotated[str | None, Parameter(group=_REPORT)] = None,
    sample: Annotated[int | None, Parameter(group=_REPORT)] = None,
    lang: Annotated[Language, Parameter(group=_REPORT)] = "en",
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], group=_FILES)] = None,
    json: Annotated[Path | None, Parameter(group=_FILES)] = None,
    md: Annotated[Path | None, Parameter(group=_FILES)] = None,
    open: Annotated[bool, Parameter(negative="", show_default=False, group=_FILES)] = False,
    sources: SourceOptions = SourceOptions(),  # noqa: B008 - frozen: nobody can change the default
) -> int:
    """Find what matters in a table and write it as one page that needs no network.

    For example:

      datalect report sales.csv
      datalect report orders.parquet --target returned -o returns.html
      datalect report june.csv --compare may.csv
      datalect report orders.parquet --compare 2023:2024 --by order_date
      datalect report 订单.xlsx --lang zh --open
      datalect report survey.csv --columns age,income,answer --json facts.json

    Parameters
    ----------
    tables
        Files, folders, database addresses, - for standard input. Of several tables the largest is taken.
    target
        A column to explain: what goes with it comes first.
    table
        Which table to report on, when the sources hold several.
    compare
        What changed from another table of its kind, or between periods: 2023:2024, 2024-Q1:2024-Q2, 2024-06.
    by
        The column of dates that periods are told by; the first that has rows in both unless given.
    columns
        Only these columns, with commas between them.
    sample
        Rows relations are searched on (50000 unless the table is very wide). Figures are counted on all rows.
    lang
        Language the page opens in: en or zh. It holds both.
    output
        Where the page goes; the name of the table with .report.html unless given.
    json
        Also write the facts, the columns and the problems to this file.
    md
        Also write the report as Markdown.
    open
        Show the page in the browser.
    """
    # One thread for linear algebra: a report's matrices are small, and idle threads would spin.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from datalect.report.export import check_path
    from datalect.report.periods import periods_of

    if not tables:
        raise UsageError("No table was named.", next_step="datalect report sales.csv")
    if sample is not None and sample < 1000:
        raise UsageError("--sample is too small.", expected="at least 1000 rows", received=str(sample))
    for path, suffix in ((output, ".html"), (json, ".json"), (md, ".md")):
        if path is not None:
            _check_suffix(path, suffix)
            check_path(path)
    wanted = [name.strip() for name in columns.split(",") if name.strip()] if columns else None
    named = texts(tables)
    opened: list[str | tuple[str, str]] = [*named]
    other = compare
    if compare is not None and (Path(compare).exists() or periods_of(compare) is None):
        other = _other_name(Path(compare), named)
        opened.append((other, compare))
    with sources.open(opened) as data:
        made = _made(
            lambda progress: data.report(
                target,
                table=table,
                compare=other,
                by=by,
                columns=wanted,
                sample=sample,
                language=lang,
                progress=progress,
                limits=_limits(sources),
            )
        )
    page = made.save(output or Path(f"{_file_name(made.table)}.report.html"), language=lang)
    for path in (json, md):
        if path is not None:
            made.save(path, language=lang)
    for number, fact in enumerate(made.headlines, 1):
        out(safe(f"{number}. {fact.sentence(lang)}"))
    note(f"{'报告' if lang == 'zh' else 'Report'}: {page}")
    if open:
        import webbrowser

        webbrowser.open(page.absolute().as_uri())
    return 0


def _check_suffix(path: Path, suffix: str) -> None:
    if path.suffix.lower() != suffix:
        raise UsageError(
            "The name of the file does not fit what goes into it.",
            expected=f"a name that ends in {suffix}",
            received=str(path),
        )


def _other_name(path: Path, named: list[str]) -> str:
    """A name for the table compared with that none of the others can have."""
    taken = {Path(name).stem.casefold() for name in named}
    stem = path.stem or "other"
    return stem if stem.casefold() not in taken else f"{stem} (compared)"


def _file_name(table: str) -> str:
    """The table's name as a file name that every system takes."""
    kept = "".join(ch if ch.isalnum() or ch in "-_." else "_" for ch in table).strip("._")
    return kept[:80] or "table"


def _limits(sources: SourceOptions) -> Limits | None:
    """The limits asked for; None leaves those of reports, which are wider in time and tighter in memory."""
    if sources.limit_seconds is None and sources.limit_memory is None:
        return None
    return sources.limits()


def _made(make: Callable[[Progress | None], Report]) -> Report:
    """The report, with its stages on a terminal."""
    if not sys.stderr.isatty():
        return make(None)
    from datalect.data.progress import TerminalProgress

    with TerminalProgress() as progress:
        return make(progress)
