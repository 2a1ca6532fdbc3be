"""The model card: what a model is, what it learnt from, how well it does, and what it may not be used for."""

from __future__ import annotations

from typing import Any


def card_text(name: str, described: dict[str, Any], training: dict[str, Any]) -> str:
    """Markdown in the layout of Mitchell et al. 2019, from what ``config.json`` and ``training.json`` say.

    Args:
        name: name of the model.
        described: the content of ``config.json``.
        training: ``data`` (source, licence, sizes), ``recipe`` and ``figures``, each a mapping; others are
        ignored.
    """
    data, figures = training.get("data", {}), training.get("figures", {})
    parts = [
        f"# {name}",
        f"A {described['architecture']} model for the task `{described['task']}`, trained with Datalect.",
        "## Figures",
        _table(figures) if figures else "Not evaluated.",
        "## Data",
        _table({"licence": "not stated", **data}),
        "## Architecture",
        _table(described["model"]),
        "## Recipe",
        _table(_flat(training.get("recipe", {}))),
        "## Limits",
        "It repeats what its training text says, mistakes and prejudices included, and knows nothing else. "
        "Figures hold for text like the validation part of its data. Numbers it writes are not facts.",
        "## Use",
        f'    datalect evaluate {name} --data FILE\n    datalect generate {name} "Once"',
    ]
    return "\n\n".join(parts) + "\n"


def _table(values: dict[str, Any]) -> str:
    rows = [f"| {key} | {_cell(value)} |" for key, value in values.items()]
    return "\n".join(["| what | value |", "|---|---|", *rows])


def _cell(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
