"""Optimisers from a configuration, and their state as named tensors."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from datalect.errors import CheckpointError
from datalect.training.config import OptimConfig
from datalect.training.distributed import like, whole
from datalect.training.muon import Muon


class Optimizers:
    """The optimisers of a run, stepped as one; each group's rate is its highest rate times a factor."""

    def __init__(self, model: nn.Module, config: OptimConfig) -> None:
        self.config = config
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        self._each = _make(model, config)
        self._highest = [[group["lr"] for group in one.param_groups] for one in self._each]

    def step(self, factor: float) -> float:
        """Clip the gradient, move the weights and forget the gradient.

        Args:
            factor: multiplies every learning rate.

        Returns:
            The gradient's norm before clipping.
        """
        limit = self.config.clip or float("inf")
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        norm = whole(nn.utils.get_total_norm(gradients, foreach=True))
        nn.utils.clip_grads_with_norm_(self.parameters, limit, norm, foreach=True)
        for one, rates in zip(self._each, self._highest, strict=True):
            for group, rate in zip(one.param_groups, rates, strict=True):
                group["lr"] = rate * factor
            one.step()
            one.zero_grad(set_to_none=True)
        return float(norm)

    def zero(self) -> None:
        """Forget the gradient."""
        for one in self._each:
            one.zero_grad(set_to_none=True)

    def tensors(self) -> dict[str, Tensor]:
        """The state, by ``<optimiser>.<parameter>.<name>``."""
        made = {}
        for number, one in enumerate(self._each):
            for index, state in one.state_dict()["state"].items():
                for name, value in state.items():
                    if value is not None:
                        made[f"{number}.{index}.{name}"] = whole(torch.as_tensor(value))
        return made

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Put back what ``tensors`` gave.

        Raises:
            CheckpointError: the state belongs to another model or optimiser.
        """
        for number, one in enumerate(self._each):
            states: dict[int, dict[str, Any]] = {}
            for key, value in tensors.items():
                owner, place, name = key.split(".", 2)
                if int(owner) == number:
                    states.setdefault(int(place), {})[name] = value
            whole = one.state_dict()
            shapes = [p.shape for group in one.param_groups for p in group["params"]]
            for index, state in states.items():
                for value in state.values():
                    if index >= len(shapes) or (value.dim() and value.shape != shapes[index]):
                        raise CheckpointError(
                            "The optimiser's state does not fit the model.",
                            next_step="train again without it",
                        )
            patterns = [p for group in one.param_groups for p in group["params"]]
            states = {
                index: {name: like(value, patterns[index]) for name, value in state.items()}
                for index, state in states.items()
            }
            one.load_state_dict({"state": states, "param_groups": whole["param_groups"]})


def _make(model: nn.Module, config: OptimConfig) -> list[torch.optim.Optimizer]:
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    if config.name == "sgd":
        every = [p for _, p in named]
        return [
            torch.optim.SGD(
                every, lr=config.lr, momentum=config.momentum, weight_decay=config.weight_decay, foreach=True
            )
        ]
    hidden: list[nn.Parameter] = []
    made: list[torch.optim.Optimizer] = []
    if config.name == "muon":
        outside = tuple(getattr(model, "not_hidden", tuple)())
        fused: dict[str, tuple[int, ...]] = getattr(model, "fused", dict)()
        hidden = [p for name, p in named if p.dim() == 2 and not name.startswith(outside)]
        parts = {p: fused[name] for name, p in named if name in fused}
        if hidden:
            made.append(
                Muon(
                    hidden,
                    lr=config.muon_lr,
                    momentum=config.muon_momentum,
                    weight_decay=config.muon_decay,
                    parts=parts,
                )
            )
    taken = {id(p) for p in hidden}
    rest = [p for _, p in named if id(p) not in taken]
    # Norms and biases are not decayed: decay pulls matrices to zero, and these are no matrices.
    groups = [
        {"params": [p for p in rest if p.dim() >= 2], "weight_decay": config.weight_decay},
        {"params": [p for p in rest if p.dim() < 2], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    if groups:
        made.append(
            torch.optim.AdamW(
                groups, lr=config.lr, betas=(config.beta1, config.beta2), eps=config.eps, fused=True
            )
        )
    return made
