"""``datalect ask``: one question, or a file of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from datalect.cli.options import Language, ModelOptions, SourceOptions, Word, texts
from datalect.cli.show import note, out, out_json, print_answer, safe
from datalect.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from datalect.answer.model import Answer

_ANSWER = Group("Answer", sort_key=0)
_BATCH = Group("Many questions", sort_key=5)
_CHARTS = (".svg", ".png", ".html", ".json")


def ask(
    *words: Annotated[Word, Parameter(name="SOURCE... QUESTION", show=True)],
    lang: Annotated[Language | None, Parameter(group=_ANSWER)] = None,
    json: Annotated[bool, Parameter(negative="", show_default=False, group=_ANSWER)] = False,
    sql: Annotated[bool, Parameter(negative="", show_default=False, group=_ANSWER)] = False,
    chart: Annotated[Path | None, Parameter(group=_ANSWER)] = None,
    batch: Annotated[Path | None, Parameter(group=_BATCH)] = None,
    jobs: Annotated[int, Parameter(group=_BATCH)] = 1,
    sources: SourceOptions = SourceOptions(),  # noqa: B008 - frozen: nobody can change the default
    model: ModelOptions = ModelOptions(),  # noqa: B008
) -> int:
    """Answer a question about one or more tables.

    For example:

      datalect ask sales.csv "What is the total amount by region?"
      datalect ask orders.parquet customers.csv "五个最大的客户是谁？" --sql
      datalect ask sales.csv "sales by month" --chart sales.svg
      cat sales.csv | datalect ask - "How many rows are there?" --json
      datalect ask --batch questions.jsonl --jobs 4
      datalect ask sales.csv "total by month" --model qwen3 --show-prompt

    Parameters
    ----------
    words
        Tables (files, folders, database addresses, - for standard input), then the question in quotes.
    lang
        Language of the answer: en or zh. The question's own language unless given.
    json
        Print one JSON object with the sentence, plan, SQL, rows, chart, confidence, readings and warnings.
    sql
        Also print the SQL that was run.
    chart
        Write the chart to this file: .svg, .png, .html (a page that works offline) or .json (Vega-Lite).
    batch
        File with one question a line: {"id": 1, "tables": ["sales.csv"], "question": "...", "lang": "en"}.
        Prints one JSON object a line with the same id. Paths are relative to the file.
    jobs
        Questions of a batch that are answered at the same time.
    """
    if batch is not None:
        from datalect.cli.batch import run_batch

        if chart is not None:
            raise UsageError(
                "--chart draws one answer and does not go with --batch.",
                next_step="Leave it out: every object of a batch holds its chart.",
            )
        [file] = texts([batch])
        return run_batch(
            Path(file), tuple(texts(words)), jobs=jobs, language=lang, sources=sources, model=model
        )
    if len(words) < 2:
        raise UsageError(
            "A table or the question is missing.",
            expected='SOURCE... "QUESTION"',
            received=" ".join(texts(words)) or "nothing",
            next_step='datalect ask sales.csv "What is the total amount by region?"',
        )
    if jobs != 1:
        raise UsageError("--jobs is for --batch.", next_step="Leave it out, or give --batch FILE.jsonl.")
    _check_chart(chart)
    *tables, question = texts(words)
    if not question.strip():
        raise UsageError("The question is empty.", next_step='Ask something like "total sales by region".')
    planner = model.llm_planner()
    with sources.open(tables) as data:
        if model.show_prompt:
            if planner is None:
                raise AssertionError("--show-prompt always makes a planner")
            if json:
                out_json(planner.request_body(question, data.asked, language=lang))
            else:
                out(planner.show_prompt(question, data.asked, language=lang))
            return 0
        answer = data.ask(question, language=lang, planner=planner, rephrase=model.rephraser())
        if json:
            out_json(answer.to_json())
        else:
            print_answer(answer, sql=sql)
        if chart is not None:
            _write_chart(answer, chart)
    return 0 if answer.status == "answered" else RefusedError.exit_code


def _check_chart(path: Path | None) -> None:
    """Say that a chart cannot be written before minutes are spent on the answer."""
    if path is None:
        return
    if path.suffix.lower() not in _CHARTS:
        raise UsageError(
            "The kind of chart is not known.",
            expected="a file name that ends in " + ", ".join(_CHARTS),
            received=str(path),
        )
    if not path.absolute().parent.is_dir():
        raise UsageError(
            "The folder for the chart does not exist.",
            received=str(path.absolute().parent),
            next_step="Create it, or name another file.",
        )


def _write_chart(answer: Answer, path: Path) -> None:
    if answer.chart is None:
        note("No chart was written: there is nothing to draw.")
        return
    note(f"Chart: {safe(answer.chart.save(path))}")
