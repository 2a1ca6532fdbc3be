"""``datalect advise``: what to train on this text, on this machine, in this time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from datalect.cli.show import out, out_json
from datalect.errors import UsageError

_BUDGET = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)?")
_MINUTES = {"s": 1 / 60, "m": 1.0, "min": 1.0, "h": 60.0}


def advise(
    data: Path,
    *,
    task: Literal["lm"] = "lm",
    budget: str | None = None,
    text_column: str | None = None,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Suggest what to train on a text.

    Looks at the amount and language of the text, measures how fast this machine is, and says which
    tokenizer, size and number of steps fit, why, and with which command.

    For example:

      datalect advise book.txt
      datalect advise reviews.jsonl --budget 10m --json

    Parameters
    ----------
    data
        Text file, JSONL, table or folder of them.
    task
        What the model is for.
    budget
        CPU time to spend, such as 90s, 10m or 2h; without it up to half an hour.
    text_column
        Column or field that holds the text.
    json
        Print one JSON object: sizes, steps, expected minutes, reasons, command.
    """
    from datalect.lm.load import require_torch

    require_torch("Measuring this machine")
    from datalect.training.advise import advice_object
    from datalect.training.advise import advise as advise_on

    made = advise_on(data, minutes=None if budget is None else minutes_of(budget), column=text_column)
    if json:
        out_json({"task": task, **advice_object(made, str(data))})
        return 0
    for reason in made.reasons:
        out(f"- {reason}")
    out()
    out(made.command(str(data)))
    out(f"about {made.minutes:.1f} CPU minutes for {made.tokens:,} tokens")
    return 0


def minutes_of(budget: str) -> float:
    """Minutes of a budget such as ``10m``.

    Raises:
        UsageError: it is no time.
    """
    match = _BUDGET.fullmatch(budget.strip().lower())
    if match is None or not float(match[1]) > 0:
        raise UsageError("The budget is no time.", expected="90s, 10m or 2h", received=budget[:40])
    return float(match[1]) * _MINUTES[match[2] or "m"]
