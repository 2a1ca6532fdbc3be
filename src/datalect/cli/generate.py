"""``datalect generate``: continue a text with a model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from datalect.cli.options import STANDARD_INPUT
from datalect.cli.show import out, out_json, safe
from datalect.errors import UsageError

if TYPE_CHECKING:
    from datalect.lm.base import Generation, GenerationOptions, LanguageModel
    from datalect.lm.transduce import Transducer


def generate(
    model: str,
    *prompts: Annotated[str, Parameter(name="PROMPT...", show=True)],
    max_tokens: int = 200,
    temperature: float | None = None,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float | None = None,
    repetition_penalty: float = 1.0,
    stop: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    seed: int | None = None,
    beams: int | None = None,
    coverage: float = 0.0,
    samples: int = 1,
    grammar: Literal["json"] | None = None,
    heat_map: Annotated[Path | None, Parameter(name="--attention")] = None,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Continue a text with a model, or translate or summarise it with a sequence-to-sequence model.

    Several prompts are continued together; a single one is shown while it is written.

    For example:

      datalect generate shakespeare "ROMEO:" --seed 1
      datalect generate book "Once" "There was" --max-tokens 50 --json
      datalect generate book "The end" --temperature 0
      datalect generate translator "A dog runs." --attention dog.html

    Parameters
    ----------
    model
        Name or folder of a model.
    prompts
        Texts to continue; - for standard input. Without one, a line end.
    max_tokens
        Most tokens to generate.
    temperature
        Below 1 plainer, above 1 wilder; 0 takes the most probable token each time. Without it 0.8, and 0 for
        a sequence-to-sequence model.
    top_k
        Draw among the k most probable tokens only; 0 for all.
    top_p
        Draw among the fewest tokens whose probabilities sum to p.
    min_p
        Never draw a token less probable than this share of the most probable one. Without it 0.05, and an
        endpoint's own default.
    repetition_penalty
        Above 1 discourages tokens already seen.
    stop
        Text that ends the generation; may be given several times.
    seed
        The same seed gives the same text.
    beams
        Width of a beam search, which draws nothing; above 1. Without it 1, and 4 for a sequence-to-sequence
        model that draws nothing.
    coverage
        Sequence to sequence: how much leaving parts of the source out counts against a target.
    samples
        Continuations of each prompt.
    grammar
        Write text of this form only; for models that run here. json writes one JSON value, whole in any case.
    heat_map
        Sequence to sequence: draw where the model looked, for a single source, into this file (.html, .svg,
        .png or .json).
    json
        Print one JSON object with the generations.
    """
    if not 1 <= samples <= 10_000:
        raise UsageError("--samples is out of range.", expected="1 to 10000", received=str(samples))
    from datalect.lm.load import load_model

    opened = load_model(model)
    from datalect.lm.base import GenerationOptions
    from datalect.lm.endpoint import EndpointModel
    from datalect.lm.transduce import Transducer

    anew = isinstance(opened, Transducer)
    warm = temperature if temperature is not None else 0.0 if anew else 0.8
    options = GenerationOptions(
        max_tokens=max_tokens,
        temperature=warm,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p if min_p is not None else 0.0 if isinstance(opened, EndpointModel) else 0.05,
        repetition_penalty=repetition_penalty,
        stop=stop,
        seed=seed,
        beams=beams if beams is not None else 4 if anew and not warm and repetition_penalty == 1 else 1,
    )
    texts = [sys.stdin.read() if text in ("-", STANDARD_INPUT) else text for text in prompts]
    texts = [text for text in texts or ([] if anew else ["\n"]) for _ in range(samples)]
    if isinstance(opened, Transducer):
        if grammar is not None:
            raise UsageError("--grammar is for models that continue text.", received=opened.name)
        return _write(opened, texts, options, coverage, heat_map, json=json)
    if heat_map is not None or coverage:
        raise UsageError(
            "--attention and --coverage are for sequence-to-sequence models.", received=opened.name
        )
    if grammar is not None:
        made = _json_values(opened, texts, options)
    elif len(texts) == 1 and not json:
        sys.stdout.write(safe(texts[0], lines=True))
        for piece in opened.stream(texts[0], options):
            sys.stdout.write(safe(piece, lines=True))
            sys.stdout.flush()
        out()
        return 0
    else:
        made = opened.generate(texts, options)
    if json:
        out_json({"model": opened.name, "generations": [vars(g) for g in made]})
        return 0
    for number, generation in enumerate(made, 1):
        out(f"--- {number}")
        out(safe(generation.prompt + generation.text, lines=True))
    return 0


def _json_values(model: LanguageModel, texts: list[str], options: GenerationOptions) -> list[Generation]:
    from datalect.lm.json_grammar import generate_json
    from datalect.lm.local import LocalModel

    if not isinstance(model, LocalModel):
        raise UsageError("This model's tokens cannot be held to a grammar.", received=model.name)
    if options.beams > 1 or options.stop:
        raise UsageError("--grammar goes with neither --beams nor --stop.")
    return [generate_json(model, text, options, number=number) for number, text in enumerate(texts)]


def _write(
    model: Transducer,
    texts: list[str],
    options: GenerationOptions,
    coverage: float,
    attention: Path | None,
    *,
    json: bool,
) -> int:
    """Translations or summaries of texts, one a line."""
    if not texts:
        raise UsageError("There is no source.", expected='datalect generate MODEL "TEXT"')
    if attention is not None and len(texts) != 1:
        raise UsageError("--attention draws one source.", received=f"{len(texts)} sources")
    made = model.outputs(texts, options, coverage=coverage)
    if attention is not None:
        from datalect.lm.seq2seq_plot import save_attention

        save_attention(made[0], attention)
    if json:
        rows = [
            {"source": text, "text": one.text, "tokens": one.tokens, "reason": one.reason}
            | {"log_prob": one.log_prob}
            for text, one in zip(texts, made, strict=True)
        ]
        out_json({"model": model.name, "generations": rows})
        return 0
    for one in made:
        out(safe(one.text, lines=True))
    return 0
