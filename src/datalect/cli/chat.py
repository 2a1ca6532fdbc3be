"""``datalect chat``: a conversation about tables in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from datalect.cli.options import Language, ModelOptions, SourceOptions, Word, texts
from datalect.cli.show import grid, out, print_answer, print_error, safe, style
from datalect.errors import DatalectError, UsageError

if TYPE_CHECKING:
    from datalect.answer.model import Answer
    from datalect.dataset import Dataset
    from datalect.planner.base import Interpretation, Planner

_HELP = """Type a question, in English or Chinese. What you ask next may refer to the answer before:
  total sales by region        and by month?        只看华东

  1, 2, ...         choose a reading when a question is ambiguous
  /sql              the SQL of the last answer;  /sql SELECT ...  runs your own
  /chart [FILE]     what the last chart shows, or write it to FILE (.svg, .png, .html)
  /explain          how the last question was read, from how many rows, how sure
  /tables           tables and columns
  /undo             forget the last question
  /new              forget the conversation
  /lang en|zh|auto  language of the answers
  /quit             leave (Ctrl-D too)"""


def chat(
    *tables: Annotated[Word, Parameter(name="SOURCE...", show=True)],
    lang: Language | None = None,
    sources: SourceOptions = SourceOptions(),  # noqa: B008 - frozen: nobody can change the default
    model: ModelOptions = ModelOptions(),  # noqa: B008
) -> int:
    """Talk about tables: questions, follow-ups, undo, SQL, charts.

    For example:

      datalect chat sales.csv
      datalect chat orders.parquet customers.csv --lang zh
      echo "total amount by region" | datalect chat sales.csv

    Parameters
    ----------
    tables
        Files, folders, database addresses.
    lang
        Language of the answers: en or zh. Each question's own language unless given.
    """
    if not tables:
        raise UsageError("No table was named.", next_step="datalect chat sales.csv")
    if "-" in texts(tables):
        raise UsageError(
            "A conversation reads questions from standard input, so a table cannot come from there.",
            next_step="Save the table to a file first.",
        )
    if model.show_prompt:
        raise UsageError("--show-prompt belongs to one question.", next_step="Use it with datalect ask.")
    planner = model.llm_planner()
    with sources.open(texts(tables)) as data:
        conversation = Conversation(data, language=lang, planner=planner, rephrase=model.rephraser())
        if sys.stdin.isatty():
            names = ", ".join(f"{t.name} ({t.rows:,} rows)" for t in data.catalog.tables)
            out(safe(names))
            out(style("Ask a question. /help shows what else there is, /quit leaves.", "2"))
            _interactive(conversation)
        else:
            for line in sys.stdin:
                if not conversation.hear(line):
                    break
                sys.stdout.flush()
    return 0


class Conversation:
    """The state of a conversation: what was answered, and what a follow-up refers to."""

    def __init__(
        self,
        data: Dataset,
        *,
        language: Language | None = None,
        planner: Planner | None = None,
        rephrase: Callable[[str], str] | None = None,
    ) -> None:
        self._data = data
        self._language = language
        self._planner = planner
        self._rephrase = rephrase
        self._answers: list[Answer] = []
        self._choices: Interpretation | None = None

    def hear(self, line: str) -> bool:
        """Take one line of input. Returns False when the conversation is over."""
        line = line.strip()
        if not line:
            return True
        try:
            if line.startswith("/"):
                return self._command(line)
            if line.isdigit() and self._choices is not None:
                self._choose(int(line))
            else:
                self._ask(line)
        except DatalectError as error:
            sys.stdout.flush()
            print_error(error)
        return True

    # ---------------------------------------------------------------- questions

    @property
    def _last(self) -> Answer:
        if not self._answers:
            raise UsageError("Nothing has been answered yet.", next_step="Ask a question first.")
        return self._answers[-1]

    def _ask(self, question: str) -> None:
        previous = self._answers[-1] if self._answers else None
        answer = self._data.ask(
            question,
            language=self._language,
            planner=self._planner,
            previous=previous,
            rephrase=self._rephrase,
        )
        self._choices = None
        if answer.status == "ambiguous":
            # The planner is deterministic: reading the question again gives the same plans in the same order.
            from datalect.planner.base import Question

            self._choices = (self._planner or self._data.planner).interpret(
                Question(
                    text=question,
                    language=self._language,
                    previous=None if previous is None else previous.plan,
                ),
                self._data.asked,
                self._data.values,
            )
        elif answer.status == "answered":
            self._answers.append(answer)
        print_answer(answer)

    def _choose(self, number: int) -> None:
        if self._choices is None:
            return
        readings = self._choices.readings
        if not 1 <= number <= len(readings):
            raise UsageError(
                "There is no such reading.", expected=f"1 to {len(readings)}", received=str(number)
            )
        answer = self._data.run(readings[number - 1].plan, language=self._choices.language)
        self._choices = None
        self._answers.append(answer)
        print_answer(answer)

    # ---------------------------------------------------------------- commands

    def _command(self, line: str) -> bool:
        name, _, argument = line[1:].partition(" ")
        argument = argument.strip()
        if name in ("quit", "exit", "q"):
            return False
        commands: dict[str, Callable[[str], None]] = {
            "help": self._help,
            "sql": self._sql,
            "chart": self._chart,
            "explain": self._explain,
            "tables": self._tables,
            "undo": self._undo,
            "new": self._new,
            "lang": self._lang,
        }
        if name not in commands:
            raise UsageError(f"There is no command /{name}.", next_step="/help lists them.")
        commands[name](argument)
        return True

    def _help(self, _: str) -> None:
        out(_HELP)

    def _sql(self, text: str) -> None:
        if not text:
            out(safe(self._last.sql, lines=True))
            return
        from datalect.engine.cells import plain_columns

        result = self._data.sql(text)
        rows = list(zip(*plain_columns(result.table), strict=True))
        out(grid(result.table.column_names, rows[:50]))
        if len(rows) > 50 or result.truncated:
            out(f"… {len(rows) - 50:,} more rows" + (", cut by the row limit" if result.truncated else ""))

    def _chart(self, path: str) -> None:
        chart = self._last.chart
        if chart is None:
            out("There is nothing to draw: " + safe(self._last.sentence))
        elif path:
            out(f"Written: {safe(chart.save(Path(path).expanduser()))}")
        else:
            out(f"A {chart.mark} chart of {len(chart.data)} points. /chart FILE.svg writes it.")

    def _explain(self, _: str) -> None:
        answer = self._last
        if answer.readback:
            out(safe(answer.readback))
        used, total = answer.rows_used, answer.rows_total
        if used is not None and total is not None:
            out(f"{used:,} of {total:,} rows used. Confidence {answer.confidence:.0%}.")
        for number, reading in enumerate(answer.readings[1:], 2):
            out(f"  reading {number}: {safe(reading)}")
        for warning in answer.warnings:
            out(f"  note: {safe(warning)}")
        out(safe(answer.sql, lines=True))

    def _tables(self, _: str) -> None:
        out(safe(self._data.describe(self._language or "en").rstrip("\n"), lines=True))

    def _undo(self, _: str) -> None:
        self._choices = None
        gone = self._last
        self._answers.pop()
        out(f"Forgotten: {safe(gone.question or gone.readback)}")

    def _new(self, _: str) -> None:
        self._answers.clear()
        self._choices = None
        out("A new conversation.")

    def _lang(self, name: str) -> None:
        known: dict[str, Language | None] = {"en": "en", "zh": "zh", "auto": None}
        if name not in known:
            raise UsageError("The language is not known.", expected="en, zh or auto", received=name)
        self._language = known[name]


def _interactive(conversation: Conversation) -> None:
    """Read lines at a prompt. Ctrl-C drops the line or the running question, Ctrl-D leaves."""
    history = _load_history()
    try:
        while True:
            try:
                line = input("› ")
            except EOFError:
                out()
                return
            except KeyboardInterrupt:
                out()
                continue
            try:
                if not conversation.hear(line):
                    return
            except KeyboardInterrupt:
                out("Stopped.")
    finally:
        if history is not None:
            _save_history(history)


def _history_file() -> Path:
    import os

    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "datalect" / "history"


def _load_history() -> Path | None:
    try:
        import readline
    except ImportError:  # not on every platform; the prompt works without
        return None
    path = _history_file()
    with suppress(OSError):
        readline.read_history_file(path)
    readline.set_history_length(1000)
    return path


def _save_history(path: Path) -> None:
    """Questions may name people and amounts: the file is for its owner alone."""
    import readline

    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        readline.write_history_file(path)
