"""Labelled texts as a training and a validation part, and their labels as numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from datalect.errors import UsageError
from datalect.training.labelled import Labelled, LabelledData
from datalect.training.split import is_valid

_UNKNOWN = -1


def part_data(
    data: LabelledData, held: LabelledData | None, share: float, seed: int, note: Callable[[str], None]
) -> tuple[list[Labelled], list[Labelled], str]:
    """Training and validation texts with every text on one side only, and how they were parted.

    Raises:
        UsageError: a part would be empty.
    """
    if held is None:
        valid = [e for e in data.examples if is_valid(e.text, share, seed)]
        train = [e for e in data.examples if not is_valid(e.text, share, seed)]
        parted = "by text, copies on one side"
    else:
        kept = {" ".join(e.text.casefold().split()) for e in held.examples}
        train = [e for e in data.examples if " ".join(e.text.casefold().split()) not in kept]
        valid, parted = held.examples, "a file of its own"
        if len(train) < len(data.examples):
            left = len(data.examples) - len(train)
            note(f"{left:,} training texts that stand in the validation file too are left out.")
    if not train or not valid:
        raise UsageError(
            "There is too little text for a training and a validation part.",
            received=f"{len(train)} and {len(valid)} texts",
            next_step="give more texts, name --valid FILE, or --set data.valid=0.3",
        )
    return train, valid, parted


def label_names(examples: Sequence[Labelled]) -> list[str]:
    """All labels, sorted; numbers by value.

    Raises:
        UsageError: fewer than two.
    """
    names = {label for example in examples for label in example.labels}
    if len(names) < 2:
        raise UsageError(
            "A classifier needs at least two labels.", received=", ".join(sorted(names)) or "none"
        )
    numbers = all(name.lstrip("-").isdecimal() and name.isascii() for name in names)
    return sorted(names, key=int) if numbers else sorted(names)


def target_tensor(examples: Sequence[Labelled], labels: list[str], *, multi_label: bool) -> Tensor:
    """Label of each text ``(N,)``, -1 where it is none of them, or 0 and 1 for each label ``(N, C)``."""
    place = {name: number for number, name in enumerate(labels)}
    if not multi_label:
        firsts = [example.labels[0] if example.labels else None for example in examples]
        return torch.tensor([_UNKNOWN if first is None else place.get(first, _UNKNOWN) for first in firsts])
    made = torch.zeros(len(examples), len(labels))
    for row, example in enumerate(examples):
        for label in example.labels:
            if label in place:
                made[row, place[label]] = 1.0
    return made
