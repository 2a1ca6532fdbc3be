"""Options that all kinds of training share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from datalect.errors import UsageError

if TYPE_CHECKING:
    from datalect.training.config import Recipe
    from datalect.training.metrics import Watcher

_RECIPE = Group("Recipe", sort_key=10)
_PLACE = Group("Where to", sort_key=20)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What is trained, for how long, and where it goes."""

    preset: Annotated[str | None, Parameter(group=_RECIPE)] = None
    """Recipe by name; ``datalect train presets`` lists them."""
    arch: Annotated[str | None, Parameter(group=_RECIPE)] = None
    """Architecture, with its usual recipe."""
    steps: Annotated[int | None, Parameter(group=_RECIPE)] = None
    """Optimiser steps."""
    epochs: Annotated[float | None, Parameter(group=_RECIPE)] = None
    """Passes over the training part, instead of steps."""
    sweep: Annotated[str | None, Parameter(group=_RECIPE)] = None
    """Train once for each value of a field: --sweep model.width=32,64,128 (lm and classifier)."""
    seed: Annotated[int | None, Parameter(group=_RECIPE)] = None
    """Decides initial weights, order and dropout."""
    set_: Annotated[tuple[str, ...], Parameter(name="--set", group=_RECIPE, negative="")] = ()
    """Any field of the recipe: --set optim.lr=0.003 --set model.layers=6."""
    valid: Annotated[Path | None, Parameter(group=_RECIPE)] = None
    """Validation data; without it a part is kept aside."""
    minutes: Annotated[float | None, Parameter(group=_RECIPE)] = None
    """Stop after this many minutes, evaluated and saved."""
    name: Annotated[str | None, Parameter(group=_PLACE)] = None
    """Keep the model in the user's folder under this name."""
    out: Annotated[Path | None, Parameter(group=_PLACE)] = None
    """Keep the model in this folder instead."""
    restart: Annotated[bool, Parameter(negative="", show_default=False, group=_PLACE)] = False
    """Forget an earlier run there; without it an unfinished one is resumed."""
    licence: Annotated[str, Parameter(group=_PLACE)] = "not stated"
    """Licence of the data, for the model card."""
    quiet: Annotated[bool, Parameter(negative="", show_default=False)] = False
    """No progress line."""

    def recipe(self, make: Callable[[str | None, str | None], Recipe] | None = None) -> Recipe:
        """The preset with everything that was asked for on top.

        Args:
            make: gives the recipe of a preset and an architecture; that of language models when left out.

        Raises:
            UsageError: an option makes no sense.
        """
        from datalect.training.presets import preset

        changes = {}
        for text in self.set_:
            field, sign, value = text.partition("=")
            if not sign:
                raise UsageError("--set takes field=value.", expected="--set optim.lr=0.003", received=text)
            changes[field.strip()] = value.strip()
        for option, field in (("steps", "run.steps"), ("epochs", "run.epochs"), ("seed", "run.seed")):
            value = getattr(self, option)
            if value is not None:
                changes[field] = str(value)
        if self.steps is not None and self.epochs is None:
            changes.setdefault("run.epochs", "null")  # many recipes count in epochs, which would win
        if self.minutes is not None and not self.minutes > 0:
            raise UsageError(
                "--minutes is not positive.", expected="a number above 0", received=str(self.minutes)
            )
        return (make or preset)(self.preset, self.arch).override(changes)

    def folder(self, data: Path, recipe: Recipe) -> Path:
        """Where the model goes."""
        from datalect.lm.store import named_folder

        if self.out is not None:
            if self.name is not None:
                raise UsageError("--name and --out say different places.", next_step="leave one of them out")
            return self.out.expanduser()
        return named_folder(self.name or f"{data.name.split('.')[0] or 'model'}-{recipe.model.architecture}")

    def watcher(self) -> Watcher:
        """Who is told how it goes."""
        from datalect.training.metrics import ProgressLine, Silent

        return Silent() if self.quiet else ProgressLine()
