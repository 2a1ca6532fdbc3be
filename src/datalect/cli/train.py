"""``datalect train``: make a model from your own text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from datalect.cli.show import grid, out, out_json
from datalect.cli.train_options import TrainOptions

if TYPE_CHECKING:
    from datalect.training.config import Recipe
    from datalect.training.language import Trained

train = App(
    name="train",
    help="Train a language model, a text classifier or a sequence-to-sequence model on your own text.",
    help_epilogue="""For example:

  datalect train lm book.txt --name book
  datalect train lm book.txt --preset shakespeare-char-cpu --name small
  datalect train lm reviews.csv --set data.text_column=review --minutes 10
  datalect train lm book.txt --arch lstm --name book-lstm
  datalect train classifier reviews.csv --text review --label mood --name moods
  datalect train classifier reviews.csv --arch lstm --sweep model.width=32,64,128
  datalect train seq2seq pairs.csv --source english --target chinese --name translator
  datalect train seq2seq news.jsonl --source text --target headline --preset summary --name headlines
  datalect train tune letters.txt --base book --name letters
  datalect train presets
""",
)


def _run(
    train_one: Callable[[Recipe, Path], Trained], recipe: Recipe, folder: Path, sweep: str | None
) -> int:
    """Train once, or once for each value of a sweep, and print the JSON line."""
    from datalect.training.allocator import keep_freed_memory
    from datalect.training.distributed import first, refuse_several
    from datalect.training.plot import plot_run
    from datalect.training.runs import RUN

    keep_freed_memory()
    if sweep is None:
        trained = train_one(recipe, folder)
        if first():
            plot_run(folder / RUN)
            out_json(trained.summary())
        return 0
    refuse_several("--sweep")
    from datalect.training.sweep import Sweep, run_sweep

    made = run_sweep(Sweep.parse(sweep), recipe, folder, train_one, out_json)
    out_json({"field": made["field"], "best": made["best"]})
    return 0


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

    def train_one(own: Recipe, folder: Path) -> Trained:
        return train_language_model(
            data,
            own,
            folder,
            valid=options.valid,
            licence=options.licence,
            watcher=Silent() if json else options.watcher(),
            seconds=options.minutes * 60 if options.minutes else None,
            restart=options.restart,
        )

    return _run(train_one, recipe, options.folder(data, recipe), options.sweep)


@train.command
def classifier(
    data: Path,
    *,
    text: str | None = None,
    label: str | None = None,
    separator: str | None = None,
    encoder: Path | None = None,
    vectors: Path | None = None,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    options: TrainOptions = TrainOptions(),  # noqa: B008 - frozen: nobody can change the default
) -> int:
    """Train a model that labels texts. The same command again resumes an interrupted run.

    --arch is bag (the default: n-grams, seconds), fasttext, lstm, gru, cnn, transformer or encoder.
    Ends with one JSON line: model, parameters, tokens (texts), cpu_seconds, seconds, valid.

    Parameters
    ----------
    data
        Table (CSV, TSV, Parquet, ...), JSONL, text file with a label in each line, or folder with a subfolder
        for each label; .xz, .gz, .bz2 and .zst too.
    text
        Column of the text; without it the longest text column.
    label
        Column of the label; without it one that is called label, class, category, ...
    separator
        Splits a label cell into several labels, such as | or ;
    encoder
        Hugging Face folder of a pre-trained encoder, for --arch encoder.
    vectors
        Word vectors the embedding starts from (word2vec, GloVe, fastText; text or binary);
        --set model.freeze_embedding=true keeps them as they are.
    json
        Print the JSON line only, and no progress.
    """
    from datalect.lm.load import require_torch

    require_torch("Training a classifier")
    from datalect.training.distributed import refuse_several

    refuse_several("train classifier")
    from dataclasses import replace

    from datalect.training.classification import train_classifier
    from datalect.training.classifier_presets import classifier_preset
    from datalect.training.metrics import Silent

    if encoder is not None and options.arch is None and options.preset is None:
        options = replace(options, arch="encoder")
    recipe = options.recipe(classifier_preset)
    columns = replace(
        recipe.data,
        text_column=text or recipe.data.text_column,
        label_column=label or recipe.data.label_column,
    )
    asked = {
        "separator": separator,
        "encoder": str(encoder) if encoder else None,
        "vectors": str(vectors) if vectors else None,
    }
    extra = recipe.extra | {field: value for field, value in asked.items() if value is not None}
    recipe = replace(recipe, data=columns, extra=extra)

    def train_one(own: Recipe, folder: Path) -> Trained:
        return train_classifier(
            data,
            own,
            folder,
            valid=options.valid,
            licence=options.licence,
            watcher=Silent() if json else options.watcher(),
            seconds=options.minutes * 60 if options.minutes else None,
            restart=options.restart,
        )

    return _run(train_one, recipe, options.folder(data, recipe), options.sweep)


@train.command
def seq2seq(
    data: Path,
    *,
    source: str | None = None,
    target: str | None = None,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    options: TrainOptions = TrainOptions(),  # noqa: B008 - frozen: nobody can change the default
) -> int:
    """Train a model that translates or summarises. The same command again resumes an interrupted run.

    --arch is transformer (the default), lstm or gru; --preset summary copies words from the source.
    Ends with one JSON line: model, parameters, tokens, cpu_seconds, seconds, valid.

    Parameters
    ----------
    data
        Table (CSV, TSV, Parquet, ...) or JSONL; lines with tabs and no header, with --source 1 --target 2; or
        what the names of two files begin with: train --source en --target de reads train.en and train.de.
    source
        Column of the text that is read; without it one that is called source, article, text, ...
    target
        Column of the text that is written; without it one that is called target, summary, title, ...
    json
        Print the JSON line only, and no progress.
    """
    from datalect.lm.load import require_torch

    require_torch("Training a sequence-to-sequence model")
    from datalect.training.distributed import refuse_several

    refuse_several("train seq2seq")
    from dataclasses import replace

    from datalect.training.metrics import Silent
    from datalect.training.seq2seq_presets import seq2seq_preset
    from datalect.training.transduction import train_seq2seq

    recipe = options.recipe(seq2seq_preset)
    columns = replace(
        recipe.data,
        text_column=source or recipe.data.text_column,
        label_column=target or recipe.data.label_column,
    )
    recipe = replace(recipe, data=columns)
    trained = train_seq2seq(
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
def tune(
    data: Path,
    *,
    base: str,
    rank: int = 8,
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    options: TrainOptions = TrainOptions(),  # noqa: B008 - frozen: nobody can change the default
) -> int:
    """Train a language model further with low-rank updates (LoRA); the base stays, a new model is written.

    Ends with one JSON line: model, parameters, tokens, cpu_seconds, seconds, valid.

    Parameters
    ----------
    data
        Text file, JSONL, table or folder of them.
    base
        Name or folder of a language model, or hf: and a Hugging Face folder of the GPT-2 or Llama layout.
    rank
        Rank of the updates.
    json
        Print the JSON line only, and no progress.
    """
    from datalect.lm.load import require_torch

    require_torch("Tuning a language model")
    from datalect.training.distributed import refuse_several

    refuse_several("train tune")
    from dataclasses import replace

    from datalect.training.metrics import Silent
    from datalect.training.tuning import open_base, tune_language_model, tuning_recipe

    usual = tuning_recipe(base, open_base(base)[0])
    recipe = options.recipe(lambda preset, arch: usual)
    recipe = replace(recipe, extra=recipe.extra | {"rank": rank})
    trained = tune_language_model(
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
    from datalect.training.classifier_presets import CLASSIFIERS
    from datalect.training.presets import PRESETS
    from datalect.training.seq2seq_presets import SEQ2SEQ

    every = PRESETS | {f"classifier: {name}": make for name, make in CLASSIFIERS.items()}
    every |= {f"seq2seq: {name}": make for name, make in SEQ2SEQ.items()}
    if json:
        out_json({name: make().to_dict() for name, make in every.items()})
        return 0
    rows = [(name, (make.__doc__ or "").split("\n")[0]) for name, make in every.items()]
    out(grid(["preset", "what"], rows, widest=120))
    return 0
