"""How many questions Datalect answers rightly, wrongly, or not at all.

    python benchmarks/questions.py --set own --data ../shared/data
    python benchmarks/questions.py --set wikisql --data ../shared/data/wikisql --limit 200 --show wrong

Each question goes the way a user's does: ``datalect.open(...).ask(...)``. Results are compared, not SQL text;
``docs/questions.md`` states the rules. The last line printed is one JSON object with all figures.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from question_sets import SETS, load_set
from question_sets.case import Outcome
from question_sets.run import run_all
from question_sets.tally import VERDICTS, markdown, table, tally


def main(arguments: list[str] | None = None) -> int:
    """Run one set and print the figures."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="datalect-questions-") as scratch, _own_cache(Path(scratch)):
        if options.recompute:
            return _recompute(options.data, Path(scratch))
        try:
            loaded = load_set(
                options.set, options.data, Path(scratch), options.split, options.limit, options.seed
            )
        except FileNotFoundError as error:
            print(f"cannot read the set {options.set}: {error}", file=sys.stderr)
            return 3
        outcomes: list[Outcome] = []
        openings: list[float] = []
        for group in run_all(loaded.cases, options.planner, options.jobs):
            outcomes += group.outcomes
            openings.append(group.opening)
            for outcome in group.outcomes:
                if outcome.verdict in options.show:
                    print(_listing(outcome), flush=True)
    if options.out:
        _write(outcomes, options.out)
    figures = {"set": options.set, "split": options.split, "planner": options.planner, "seed": options.seed}
    figures |= tally(outcomes, openings) | {"skipped": loaded.skipped}
    if loaded.skipped:
        print("left out:", ", ".join(f"{count} {why}" for why, count in loaded.skipped.items()))
    print(table(figures))
    if options.markdown:
        print(markdown(figures))
    print(json.dumps(figures, ensure_ascii=False))
    return 0


@contextmanager
def _own_cache(scratch: Path) -> Iterator[None]:
    """Tables are read afresh, so that the cost of opening is measured and the user's cache stays as it is."""
    before = os.environ.get("DATALECT_CACHE")
    os.environ["DATALECT_CACHE"] = str(scratch / "cache")
    try:
        yield
    finally:
        del os.environ["DATALECT_CACHE"]
        if before is not None:
            os.environ["DATALECT_CACHE"] = before


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", required=True, choices=sorted(SETS))
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        help="the folder of the set; for own: the folder that holds all sets",
    )
    parser.add_argument("--split", default="dev", help="train, dev, test ... as far as the folder has it")
    parser.add_argument("--limit", type=int, help="ask at most so many questions, drawn by --seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--planner", default="lexical", choices=["lexical"])
    parser.add_argument(
        "--show", default=[], type=lambda text: text.split(","), help=f"list cases: {', '.join(VERDICTS)}"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--out", type=Path, help="write every case with its answer as JSON lines")
    parser.add_argument("--markdown", action="store_true", help="print the row for docs/questions.md as well")
    parser.add_argument(
        "--recompute", action="store_true", help="own: run all expected SQL again and name what differs"
    )
    return parser


def _recompute(data: Path, scratch: Path) -> int:
    from question_sets import own
    from question_sets.files import Unpacker

    differing = own.differing(Unpacker(data, scratch))
    print(json.dumps({"set": "own", "differing": differing}, ensure_ascii=False))
    return 1 if differing else 0


def _record(outcome: Outcome) -> dict[str, object]:
    case = outcome.case
    return {
        "id": case.id,
        "verdict": outcome.verdict,
        "kind": case.kind,
        "lang": case.language,
        "question": case.question,
        "tables": [Path(source).name for source in case.sources],
        "detail": outcome.detail,
        "confidence": outcome.confidence,
        "seconds": round(outcome.seconds, 4),
        "expected": [{"columns": e.columns, "rows": e.rows[:5]} for e in case.expected[:2]],
        "gold": case.note,
        "answer": outcome.answer,
    }


def _write(outcomes: list[Outcome], path: Path) -> None:
    lines = (json.dumps(_record(o), ensure_ascii=False, default=str) for o in outcomes)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _listing(outcome: Outcome) -> str:
    return json.dumps(_record(outcome), ensure_ascii=False, default=str)


if __name__ == "__main__":
    sys.exit(main())
