"""Many questions from a file: each catalog is opened once, and one bad line spoils no other."""

from __future__ import annotations

import json
import sys
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, cast

from datalect.cli.show import error_object, out_json
from datalect.errors import DatalectError, SourceError, UsageError

if TYPE_CHECKING:
    from datalect.cli.options import ModelOptions, SourceOptions
    from datalect.dataset import Dataset
    from datalect.planner.base import Planner

# Open catalogs keep worker processes alive; the least recently used ones are closed beyond this many.
_MOST_OPEN = 8
_LONGEST_LINE = 1_000_000


@dataclass(frozen=True)
class Item:
    """One line of a batch."""

    id: Any
    tables: tuple[str, ...]
    question: str
    lang: Literal["en", "zh"] | None


def run_batch(
    path: Path,
    default_tables: tuple[str, ...],
    *,
    jobs: int,
    language: Literal["en", "zh"] | None,
    sources: SourceOptions,
    model: ModelOptions,
) -> int:
    """Answer every line of a JSON-lines file, in order, one JSON object a line.

    Args:
        path: the file, or ``-`` for standard input.
        default_tables: sources for lines that name none.
        jobs: questions answered at the same time.
        language: language of answers to lines that name none.
        sources: how tables are opened.
        model: which planner reads the questions.

    Returns:
        0 when every line was read and tried; what became of each is in its object.
    """
    if jobs < 1:
        raise UsageError("--jobs is below 1.", expected="1 or more", received=str(jobs))
    lines = _read_lines(path)
    base = Path.cwd() if str(path) == "-" else path.absolute().parent
    planner = model.llm_planner()
    rephrase = model.rephraser()
    with _Catalogs(sources) as catalogs, ThreadPoolExecutor(jobs) as pool:

        def answer(number: int, line: str) -> dict[str, Any]:
            return _answer(number, line, base, default_tables, language, catalogs, planner, rephrase)

        waiting: list[Future[dict[str, Any]]] = [
            pool.submit(answer, number, line) for number, line in enumerate(lines, 1) if line.strip()
        ]
        try:
            for future in waiting:
                out_json(future.result())
                sys.stdout.flush()
        except BaseException:  # Ctrl-C or a closed pipe: start no further question
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return 0


def _answer(
    number: int,
    line: str,
    base: Path,
    default_tables: tuple[str, ...],
    language: Literal["en", "zh"] | None,
    catalogs: _Catalogs,
    planner: Planner | None,
    rephrase: Any,
) -> dict[str, Any]:
    """The object for one line, whatever happens to it."""
    item_id: Any = None
    try:
        raw = _decode(number, line)
        item_id = raw.get("id", number)
        item = _item(raw, number, base, default_tables)
        with catalogs.using(item.tables) as data:
            answer = data.ask(
                item.question, language=item.lang or language, planner=planner, rephrase=rephrase
            )
            return {"id": item_id, **answer.to_json()}
    except DatalectError as error:
        return {"id": item_id, **error_object(error)}
    except Exception as error:  # a fault of ours in one question must not cost the others
        fault = DatalectError("Datalect met a fault of its own.", received=f"{type(error).__name__}: {error}")
        return {"id": item_id, **error_object(fault)}


def _read_lines(path: Path) -> list[str]:
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise SourceError(
            "The file of questions cannot be read.",
            received=f"{path}: {error.strerror or error}",
            next_step="Check the path after --batch.",
        ) from None
    return data.decode("utf-8-sig", errors="replace").split("\n")


def _decode(number: int, line: str) -> dict[str, Any]:
    if len(line) > _LONGEST_LINE:
        raise UsageError(
            f"Line {number} is too long.",
            expected=f"at most {_LONGEST_LINE:,} characters",
            received=f"{len(line):,}",
        )
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"Line {number} is not JSON.",
            expected='{"id": 1, "tables": ["sales.csv"], "question": "...", "lang": "en"}',
            received=f"{line[:80]} ({error})",
        ) from None
    if not isinstance(raw, dict):
        raise UsageError(f"Line {number} is not a JSON object.", received=line[:80])
    return raw


def _item(raw: dict[str, Any], number: int, base: Path, default_tables: tuple[str, ...]) -> Item:
    tables = raw.get("tables", raw.get("table"))
    if tables is None:
        named = default_tables
    else:
        tables = [tables] if isinstance(tables, str) else tables
        if not (isinstance(tables, list) and tables and all(isinstance(t, str) and t for t in tables)):
            raise UsageError(f'"tables" of line {number} is not a list of files.', received=str(tables)[:80])
        named = tuple(t if "://" in t or t == "-" else str(base / t) for t in tables)
    if not named:
        raise UsageError(
            f"Line {number} names no table.",
            expected='"tables": ["sales.csv"]',
            next_step="Name the tables in the line, or before --batch for all lines.",
        )
    question, lang = raw.get("question"), raw.get("lang")
    if not isinstance(question, str):
        raise UsageError(f'"question" of line {number} is not text.', received=str(question)[:80])
    if lang not in (None, "en", "zh"):
        raise UsageError(
            f'"lang" of line {number} is not known.', expected="en or zh", received=str(lang)[:80]
        )
    return Item(raw.get("id"), named, question, cast("Literal['en', 'zh'] | None", lang))


class _Catalogs:
    """Datasets by their sources, each opened once and shared by the threads that ask it."""

    def __init__(self, options: SourceOptions) -> None:
        self._options = options
        self._lock = Lock()
        self._slots: OrderedDict[tuple[str, ...], _Slot] = OrderedDict()

    def __enter__(self) -> _Catalogs:
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as stack:  # close them all, also when closing one fails
            for slot in self._slots.values():
                if slot.data is not None:
                    stack.callback(slot.data.close)
            self._slots.clear()

    def using(self, tables: tuple[str, ...]) -> _Use:
        """A context in which the dataset over these tables stays open."""
        with self._lock:
            slot = self._slots.get(tables)
            if slot is None:
                self._close_idle()
                slot = self._slots[tables] = _Slot()
            self._slots.move_to_end(tables)
            slot.users += 1
        return _Use(self, slot, tables)

    def _close_idle(self) -> None:
        for key, slot in list(self._slots.items()):
            if len(self._slots) < _MOST_OPEN:
                return
            if slot.users == 0:
                del self._slots[key]
                if slot.data is not None:
                    slot.data.close()

    def open_slot(self, slot: _Slot, tables: tuple[str, ...]) -> Dataset:
        """Open a slot's dataset once; a failure is remembered and raised to everyone who wants it."""
        with slot.lock:
            if slot.error is not None:
                raise slot.error
            if slot.data is None:
                try:
                    slot.data = self._options.open(tables, quiet=True)
                except DatalectError as error:
                    slot.error = error
                    raise
            return slot.data

    def release(self, slot: _Slot) -> None:
        """One user less."""
        with self._lock:
            slot.users -= 1


class _Slot:
    def __init__(self) -> None:
        self.lock = Lock()
        self.users = 0
        self.data: Dataset | None = None
        self.error: DatalectError | None = None


class _Use:
    def __init__(self, catalogs: _Catalogs, slot: _Slot, tables: tuple[str, ...]) -> None:
        self._catalogs, self._slot, self._tables = catalogs, slot, tables

    def __enter__(self) -> Dataset:
        try:
            return self._catalogs.open_slot(self._slot, self._tables)
        except BaseException:
            self._catalogs.release(self._slot)
            raise

    def __exit__(self, *_: object) -> None:
        self._catalogs.release(self._slot)
