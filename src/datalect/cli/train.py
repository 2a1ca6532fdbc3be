"""``datalect train``: make a model from your own text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from datalect.cli.show import grid, out, out_json
from datalect.cli.train_options import TrainOptions

train = App(
    name="train",
    help="Train a language model on your own text.",
    help_epilogue="""For example:

  datalect train lm book.txt --name book
  datalect train lm book.txt --preset shakespeare-char-cpu --name small
  datalect train lm reviews.csv --set data.text_column=review --minutes 10
  datalect train presets
""",
)


@train.command
def lm(
    data: Path,
    *,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    options: TrainOptions = TrainOptions(),  # noqa: B008 - frozen: nobody can change the default
) -> int:
    """Train a model that continues text. The same command again resumes an interrupted run, bit for bit.

    Ends with one JSON line: model, parameters, tokens, cpu_seconds, seconds, valid.

    Parameters
    ----------
    data
        Text file, JSONL, table (CSV, Parquet, ...) or folder of them; .xz, .gz, .bz2 and .zst too.
    json
        Print the JSON line only, and no progress.
    """
    from datalect.lm.load import require_torch

    require_torch("Training a language model")
    from datalect.training.language import train_language_model
    from datalect.training.metrics import Silent

    recipe = options.recipe()
    trained = train_language_model(
        data,
        recipe,
        options.folder(data, recipe),
        valid=options.valid,
        licence=options.licence,
        watcher=Silent() if json else options.watcher(),
        seconds=options.minutes * 60 if options.minutes else None,
        restart=options.restart,
    )
    out_json(trained.summary())
    return 0


@train.command
def presets(*, json: Annotated[bool, Parameter(negative="", show_default=False)] = False) -> int:
    """List the recipes that can be named with --preset.

    Parameters
    ----------
    json
        Print one JSON object: name to whole recipe.
    """
    from datalect.training.presets import PRESETS

    if json:
        out_json({name: make().to_dict() for name, make in PRESETS.items()})
        return 0
    rows = [(name, (make.__doc__ or "").split("\n")[0]) for name, make in PRESETS.items()]
    out(grid(["preset", "what"], rows, widest=120))
    return 0
