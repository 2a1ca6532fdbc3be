"""``datalect generate``: continue a text with a model."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

from datalect.cli.options import STANDARD_INPUT
from datalect.cli.show import out, out_json, safe
from datalect.errors import UsageError


def generate(
    model: str,
    *prompts: Annotated[str, Parameter(name="PROMPT...", show=True)],
    max_tokens: int = 200,
    temperature: float = 0.8,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.05,
    repetition_penalty: float = 1.0,
    stop: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    seed: int | None = None,
    beams: int = 1,
    samples: int = 1,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Continue a text with a model.

    Several prompts are continued together; a single one is shown while it is written.

    For example:

      datalect generate shakespeare "ROMEO:" --seed 1
      datalect generate book "Once" "There was" --max-tokens 50 --json
      datalect generate book "The end" --temperature 0

    Parameters
    ----------
    model
        Name or folder of a model.
    prompts
        Texts to continue; - for standard input. Without one, a line end.
    max_tokens
        Most tokens to generate.
    temperature
        Below 1 plainer, above 1 wilder; 0 takes the most probable token each time.
    top_k
        Draw among the k most probable tokens only; 0 for all.
    top_p
        Draw among the fewest tokens whose probabilities sum to p.
    min_p
        Never draw a token less probable than this share of the most probable one.
    repetition_penalty
        Above 1 discourages tokens already seen.
    stop
        Text that ends the generation; may be given several times.
    seed
        The same seed gives the same text.
    beams
        Width of a beam search, which draws nothing; above 1.
    samples
        Continuations of each prompt.
    json
        Print one JSON object with the generations.
    """
    from datalect.lm.base import GenerationOptions

    options = GenerationOptions(
        max_tokens=max_tokens,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        repetition_penalty=repetition_penalty,
        stop=stop,
        seed=seed,
        beams=beams,
    )
    if not 1 <= samples <= 10_000:
        raise UsageError("--samples is out of range.", expected="1 to 10000", received=str(samples))
    from datalect.lm.load import load_model

    opened = load_model(model)
    texts = [sys.stdin.read() if text in ("-", STANDARD_INPUT) else text for text in prompts] or ["\n"]
    texts = [text for text in texts for _ in range(samples)]
    if len(texts) == 1 and not json:
        sys.stdout.write(safe(texts[0], lines=True))
        for piece in opened.stream(texts[0], options):
            sys.stdout.write(safe(piece, lines=True))
            sys.stdout.flush()
        out()
        return 0
    made = opened.generate(texts, options)
    if json:
        out_json({"model": opened.name, "generations": [vars(g) for g in made]})
        return 0
    for number, generation in enumerate(made, 1):
        out(f"--- {number}")
        out(safe(generation.prompt + generation.text, lines=True))
    return 0
