"""The same recipe with one field at several values, such as the width of the embedding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datalect.errors import UsageError
from datalect.training.config import Recipe
from datalect.training.language import Trained


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A field of a recipe and its values."""

    field: str
    values: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Sweep:
        """Read ``model.width=32,64,128``.

        Raises:
            UsageError: it has another form.
        """
        field, sign, listed = text.partition("=")
        values = tuple(dict.fromkeys(value.strip() for value in listed.split(",") if value.strip()))
        if not (field.strip() and sign and values):
            raise UsageError(
                "--sweep takes a field and values.", expected="model.width=32,64,128", received=text[:80]
            )
        return cls(field=field.strip(), values=values)

    def recipes(self, recipe: Recipe) -> dict[str, Recipe]:
        """The recipe of each value.

        Raises:
            UsageError: no such field, or a value that does not fit it.
        """
        return {value: recipe.override({self.field: value}) for value in self.values}


def run_sweep(
    sweep: Sweep,
    recipe: Recipe,
    folder: Path,
    train: Callable[[Recipe, Path], Trained],
    done: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Train a model for each value.

    Args:
        sweep: what varies.
        recipe: everything else.
        folder: models go to folders beside it, named after it and the value.
        train: trains a recipe into a folder.
        done: told each summary, with the field's value.

    Returns:
        ``field``, ``runs`` (summaries in the order given) and ``best``, the value that validates best.
    """
    leaf = sweep.field.rpartition(".")[2]
    runs: list[dict[str, Any]] = []
    for value, own in sweep.recipes(recipe).items():
        trained = train(own, folder.with_name(f"{folder.name}-{leaf}-{_plain(value)}"))
        runs.append({leaf: value, **trained.summary()})
        done(runs[-1])
    return {"field": sweep.field, "runs": runs, "best": _best(runs)[leaf]}


def _best(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The run with the best accuracy, or without one the lowest loss."""

    def rank(run: dict[str, Any]) -> float:
        valid = run["valid"]
        return float(valid["accuracy"]) if "accuracy" in valid else -float(valid.get("loss", float("inf")))

    return max(runs, key=rank)


def _plain(value: str) -> str:
    return "".join(c if c.isalnum() or c in ".-" else "_" for c in value)[:60]
