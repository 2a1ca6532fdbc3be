"""Recipes: everything that decides a training run, frozen and saved as JSON beside the checkpoint."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, Self

from datalect.errors import UsageError
from datalect.lm.architectures import config_of
from datalect.lm.config import Config, ModelConfig, TokenizerConfig, TransformerConfig


@dataclass(frozen=True, kw_only=True)
class DataConfig(Config):
    """How text becomes training and validation examples."""

    text_column: str | None = None
    """Column (table) or field (JSONL) that holds the text; None for ``text``, or the longest text column."""
    label_column: str | None = None
    """Column of the label (classifier) or of the target text (seq2seq)."""
    valid: float = 0.1
    """Share kept for validation when no validation file is given."""
    split: Literal["auto", "tail", "document"] = "auto"
    """The last part of the text, or whole documents, copies on one side; auto decides by their number."""
    order: Literal["shuffled", "random", "stream"] = "shuffled"
    """Windows in a new order each epoch, drawn anywhere, or one after the other (carried state)."""
    batch: int = 16
    """Sequences in one optimiser step, over all processes."""
    length: int = 256
    """Tokens in each sequence; at most this many where they differ."""
    batch_tokens: int = 0
    """Tokens per batch for length-bucketed tasks; 0 counts sequences instead."""
    accumulate: int = 1
    """Parts a step's batch is computed in, to save memory; the result is the same but for rounding."""

    def __post_init__(self) -> None:
        self._within(0.0, 0.9, "valid")
        self._one_of("split", "order")
        self._within(1, 1_000_000, "batch", "length")
        self._within(1, 65_536, "accumulate")
        self._at_least(0, "batch_tokens")
        if self.batch % self.accumulate:
            raise UsageError(
                "batch is no multiple of accumulate.", received=f"{self.batch} / {self.accumulate}"
            )


@dataclass(frozen=True, kw_only=True)
class OptimConfig(Config):
    """The optimiser."""

    name: Literal["adamw", "muon", "sgd"] = "adamw"
    """adamw (Loshchilov and Hutter 2019), muon (Jordan 2024) on hidden matrices and adamw elsewhere, sgd."""
    lr: float = 1e-3
    """Highest learning rate of adamw or sgd."""
    beta1: float = 0.9
    """Decay of the gradient's mean (adamw)."""
    beta2: float = 0.95
    """Decay of the squared gradient's mean (adamw)."""
    eps: float = 1e-8
    """Added to the root of the squared gradient (adamw)."""
    weight_decay: float = 0.1
    """Decoupled decay of matrices with adamw and muon, L2 penalty on all parameters with sgd."""
    muon_lr: float = 0.02
    """Highest learning rate of muon."""
    muon_momentum: float = 0.95
    """Nesterov momentum of muon."""
    muon_decay: float = 0.0
    """Decoupled weight decay of muon's matrices."""
    momentum: float = 0.0
    """Momentum of sgd."""
    clip: float = 1.0
    """Largest norm of the whole gradient; 0 for no clipping."""
    average: Literal["none", "ema", "asgd"] = "none"
    """Evaluate and save averaged weights: ema of all steps, or asgd, the mean since validation stalled."""
    ema_decay: float = 0.999
    """Decay of the exponential moving average."""
    asgd_patience: int = 5
    """Evaluations without improvement after which asgd starts to average."""

    def __post_init__(self) -> None:
        self._one_of("name", "average")
        self._within(0.0, 1e4, "lr", "muon_lr")
        self._within(0.0, 0.999999, "beta1", "beta2", "momentum", "muon_momentum", "ema_decay")
        self._within(0.0, 1e6, "weight_decay", "muon_decay", "clip")
        self._within(1e-30, 1.0, "eps")
        self._at_least(1, "asgd_patience")


@dataclass(frozen=True, kw_only=True)
class ScheduleConfig(Config):
    """How the learning rate moves; every rate of the optimiser is multiplied by the same factor."""

    name: Literal["constant", "cosine", "linear", "wsd", "inverse_sqrt", "plateau"] = "cosine"
    """Shape after warm-up; wsd is warm-up, stable, decay (Hu et al. 2024)."""
    warmup: int = 100
    """Steps of linear warm-up."""
    floor: float = 0.0
    """Factor at the last step."""
    decay: float = 0.2
    """wsd: share of all steps spent on the linear decay."""
    factor: float = 0.25
    """plateau: multiplies the rate when validation has not improved."""
    patience: int = 0
    """plateau: evaluations without improvement before that."""

    def __post_init__(self) -> None:
        self._one_of("name")
        self._at_least(0, "warmup", "patience")
        self._within(0.0, 1.0, "floor", "decay", "factor")


@dataclass(frozen=True, kw_only=True)
class RunConfig(Config):
    """How long, where and how carefully."""

    steps: int = 1000
    """Optimiser steps."""
    epochs: float | None = None
    """Passes over the training part; given, it decides the steps."""
    eval_every: int = 250
    """Steps between evaluations on the validation part; the last step is always evaluated."""
    checkpoint_every: int = 250
    """Steps between checkpoints that training can resume from."""
    keep: int = 2
    """Checkpoints kept; the best model is kept besides."""
    patience: int = 0
    """Evaluations without improvement after which training stops; 0 for never."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Type of the matrix products; weights and optimiser stay float32."""
    compile: bool = False
    """Compile the model with torch.compile (needs a C++ compiler on CPU); pays off on long runs."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto takes a GPU when there is one."""
    parallel: Literal["ddp", "fsdp"] = "ddp"
    """Under torchrun each process keeps all weights (ddp), or its part of weights and optimiser (FSDP2)."""
    threads: int = 0
    """CPU threads; 0 leaves torch's choice. Resume is bit for bit with the same number."""
    seed: int = 0
    """Decides initial weights, order of examples and dropout."""
    log_every: int = 10
    """Steps between lines of metrics.jsonl."""
    blow_up: float = 3.0
    """Nats (or units of the loss) above its running mean at which a run counts as diverged."""
    tensorboard: bool = False
    """Write TensorBoard events too (needs the package tensorboard)."""

    def __post_init__(self) -> None:
        self._within(1, 1_000_000_000, "steps", "eval_every", "checkpoint_every", "log_every")
        self._within(1e-9, 1e6, "epochs")
        self._within(1, 1000, "keep")
        self._at_least(0, "patience", "threads", "seed")
        self._within(0, 2**63 - 1, "seed")
        self._within(1e-9, 1e9, "blow_up")
        self._one_of("precision", "device", "parallel")


@dataclass(frozen=True, kw_only=True)
class Recipe(Config):
    """A whole training run."""

    task: Literal["lm", "seq2seq", "classifier"] = "lm"
    """What is trained."""
    model: ModelConfig = field(default_factory=TransformerConfig)
    """The model; its ``vocab_size`` is filled in when the tokenizer is known."""
    tokenizer: TokenizerConfig = field(default_factory=TokenizerConfig)
    """The tokenizer."""
    data: DataConfig = field(default_factory=DataConfig)
    """Examples."""
    optim: OptimConfig = field(default_factory=OptimConfig)
    """Optimiser."""
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    """Learning-rate schedule."""
    run: RunConfig = field(default_factory=RunConfig)
    """Length, place and care."""
    extra: dict[str, Any] = field(default_factory=dict)
    """What a task adds, such as label smoothing or class weights."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, the architecture's name included."""
        parts = {f.name: getattr(self, f.name) for f in fields(self)}
        plain = {k: v.to_dict() if isinstance(v, Config) else v for k, v in parts.items()}
        return plain | {"architecture": self.model.architecture}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """A recipe from JSON values.

        Raises:
            UsageError: a field is unknown or of the wrong type.
        """
        values = dict(values)
        model = config_of(values.pop("architecture", ""), values.pop("model", {}))
        known: dict[str, type[Config]] = {
            "tokenizer": TokenizerConfig,
            "data": DataConfig,
            "optim": OptimConfig,
            "schedule": ScheduleConfig,
            "run": RunConfig,
        }
        unknown = sorted(set(values) - {*known, "task", "extra"})
        if unknown:
            raise UsageError(f"A recipe does not know {', '.join(unknown[:5])}.", expected=", ".join(known))
        parts: dict[str, Any] = {
            name: kind.from_dict(values[name]) for name, kind in known.items() if name in values
        }
        made = cls(model=model, task=values.get("task", "lm"), extra=values.get("extra", {}), **parts)
        made._one_of("task")
        return made

    def override(self, changes: dict[str, str]) -> Self:
        """The recipe with fields replaced, as ``--set optim.lr=0.003`` asks.

        Args:
            changes: ``part.field`` to its text.

        Raises:
            UsageError: no such field, or a text that does not fit it.
        """
        made = self
        for path, text in changes.items():
            part, _, name = path.partition(".")
            owner = getattr(made, part, None) if part in {f.name for f in fields(self)} else None
            if part == "extra" and name:
                made = replace(made, extra=made.extra | {name: _value(text)})
                continue
            if not isinstance(owner, Config) or name not in {f.name for f in fields(owner)}:
                known = [f"{f.name}." for f in fields(self) if isinstance(getattr(self, f.name), Config)]
                names = (
                    ", ".join(f"{part}.{f.name}" for f in fields(owner)) if isinstance(owner, Config) else ""
                )
                raise UsageError(
                    f"A recipe has no field {path!r}.", expected=names or "a field of " + ", ".join(known)
                )
            changed = type(owner).from_dict(owner.to_dict() | {name: _value(text)})
            made = _replaced(made, part, changed)
        return made


def _replaced(recipe: Any, part: str, value: Config) -> Any:
    return replace(recipe, **{part: value})


def _value(text: str) -> Any:
    """The number, truth value, null or list a text spells in JSON, or the text itself."""
    import json

    try:
        return json.loads(text)
    except ValueError:
        return text
