"""``datalect models``: the models that are kept, what they are, and whether they are whole."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from datalect.cli.show import grid, out, out_json, safe

models = App(
    name="models",
    help="List, show, verify or remove trained models.",
    help_epilogue="""For example:

  datalect models list
  datalect models show shakespeare
  datalect models verify shakespeare
""",
)


@models.command(name="list")
def list_(*, json: Annotated[bool, Parameter(negative="", show_default=False)] = False) -> int:
    """List kept models.

    Parameters
    ----------
    json
        Print one JSON object.
    """
    from datalect.lm.store import list_models, models_folder

    found = list_models()
    if json:
        out_json(
            {"folder": str(models_folder()), "models": [vars(e) | {"folder": str(e.folder)} for e in found]}
        )
        return 0
    out(f"{models_folder()}: {len(found)} models")
    if found:
        rows = [(e.name, e.task, e.architecture, f"{e.bytes / 1e6:,.1f} MB", e.problem) for e in found]
        out(grid(["name", "task", "architecture", "size", "problem"], rows, widest=60))
    return 0


@models.command
def show(model: str, *, json: Annotated[bool, Parameter(negative="", show_default=False)] = False) -> int:
    """Show a model's card: figures, data, licence, recipe.

    Parameters
    ----------
    model
        Name or folder.
    json
        Print one JSON object: configuration and training facts.
    """
    from datalect.lm.checkpoint import CARD, CONFIG, TRAINING, describe_model
    from datalect.lm.files import read_json
    from datalect.lm.store import find_model

    folder = find_model(model)
    describe_model(folder)
    if json:
        out_json(
            {"folder": str(folder), **read_json(folder / CONFIG), "training": read_json(folder / TRAINING)}
        )
    else:
        out(safe((folder / CARD).read_text(encoding="utf-8").rstrip("\n"), lines=True))
    return 0


@models.command
def verify(model: str, *, json: Annotated[bool, Parameter(negative="", show_default=False)] = False) -> int:
    """Check a model's files against their checksums and load it.

    Parameters
    ----------
    model
        Name or folder.
    json
        Print one JSON object: files and whether the model is whole.
    """
    from datalect.lm.checkpoint import load_saved
    from datalect.lm.files import verify_checksums
    from datalect.lm.load import require_torch
    from datalect.lm.store import find_model

    require_torch("Loading a model")
    folder = find_model(model)
    files = verify_checksums(folder)
    load_saved(folder, verify=False)
    if json:
        out_json({"folder": str(folder), "files": files, "whole": True})
    else:
        out(f"{folder}: whole ({', '.join(files)})")
    return 0


@models.command
def remove(name: str, *, json: Annotated[bool, Parameter(negative="", show_default=False)] = False) -> int:
    """Delete a kept model and its run.

    Parameters
    ----------
    name
        Its name; a folder elsewhere is not deleted.
    json
        Print one JSON object.
    """
    from datalect.lm.store import remove_model

    freed = remove_model(name)
    if json:
        out_json({"removed": name, "bytes": freed})
    else:
        out(f"Removed {name}, {freed / 1e6:,.1f} MB.")
    return 0
