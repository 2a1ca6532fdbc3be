"""``datalect complete``: the most probable next words, with probabilities."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from datalect.cli.show import grid, out, out_json, style
from datalect.errors import UsageError

_BAR = 30


def complete(
    model: str,
    prompt: str,
    *,
    top: int = 10,
    tokens: int = 1,
    words: int = 0,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Show the most probable next words of a text.

    Tokens, words or phrases, each with its probability, as a table with bars.

    For example:

      datalect complete book "It was the best of"
      datalect complete book "Once upon" --words 2 --top 5
      datalect complete book "Once upon" --json

    Parameters
    ----------
    model
        Name or folder of a model.
    prompt
        The text so far.
    top
        How many to show.
    tokens
        Tokens in each continuation.
    words
        Whole words in each continuation, however many tokens they take.
    json
        Print one JSON object with the continuations.
    """
    for name, value, most in (("top", top, 1000), ("tokens", tokens, 100), ("words", words, 20)):
        if not (0 if name == "words" else 1) <= value <= most:
            raise UsageError(f"--{name} is out of range.", expected=f"at most {most}", received=str(value))
    from datalect.lm.load import load_model

    opened = load_model(model)
    from datalect.lm.completions import completions

    found = completions(opened, prompt, top=top, tokens=tokens, words=words)
    if json:
        out_json({"model": opened.name, "prompt": prompt, "completions": [vars(c) for c in found]})
        return 0
    highest = max((c.probability for c in found), default=1.0)
    rows = [
        (
            repr(c.text)[1:-1],
            f"{c.probability:.2%}",
            style("█" * max(1, round(_BAR * c.probability / highest)), "36"),
        )
        for c in found
    ]
    out(grid(["continuation", "probability", ""], rows, widest=60))
    return 0
