"""The training loop: steps, evaluations, checkpoints, and how a run ends."""

from __future__ import annotations

import contextlib
import copy
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from datalect.errors import CheckpointError, ModelError
from datalect.lm.causal import map_state
from datalect.lm.files import read_tensors, whole_folder, write_json, write_tensors
from datalect.training.average import Average
from datalect.training.config import Recipe
from datalect.training.distributed import Gathered, Team, like, whole
from datalect.training.metrics import MetricsFile, Silent, Watcher, memory_mb
from datalect.training.optim import Optimizers
from datalect.training.resume import newest_checkpoint, prune_checkpoints, save_checkpoint
from datalect.training.schedule import factor
from datalect.training.task import Task


@dataclass
class Progress:
    """Where a run stands; saved with each checkpoint."""

    step: int = 0
    tokens: int = 0
    """Targets trained on."""
    best: float | None = None
    best_step: int | None = None
    stale: int = 0
    """Evaluations since the best."""
    scale: float = 1.0
    """What plateau has cut the rate to."""
    usual: float | None = None
    """Running mean of the training loss, in nats, to notice a blow-up."""
    figures: dict[str, float] = field(default_factory=dict)
    """The last evaluation."""
    best_figures: dict[str, float] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """How a run ended. The module holds the best weights."""

    progress: Progress
    stopped: str
    """``steps``, ``patience`` or ``time``."""


class Loop:
    """One training run.

    Args:
        module: freshly built from the recipe's seed.
        task: gives batches, losses and evaluations.
        recipe: everything else.
        run: folder of checkpoints and metrics, created when missing.
        watcher: told how it goes.
        team: the processes that train together; each has a loop, and the first one's writes and tells.
    """

    def __init__(
        self,
        module: nn.Module,
        task: Task,
        recipe: Recipe,
        run: Path,
        watcher: Watcher,
        team: Team | None = None,
    ) -> None:
        self.recipe, self.config, self.task, self.run = recipe, recipe.run, task, run
        self.team = team or Team()
        self.watcher = watcher if self.team.first else Silent()
        self.device = self.team.device(pick_device(self.config.device))
        self._trained = module
        sharded = self.team.world > 1 and self.config.parallel == "fsdp"
        # A sharded module stays one: its copy is trained, and the caller's takes the best weights in the end.
        self.module = (copy.deepcopy(module) if sharded else module).to(self.device)
        forward: nn.Module = torch.compile(self.module) if self.config.compile else self.module  # type: ignore[assignment]
        if sharded:
            self.objective: nn.Module | None = self.team.shard(forward, task, self.device)
        else:
            self.objective = self.team.replicate(forward, task) if self.team.world > 1 else None
        self.forward = forward
        self.optimizers = Optimizers(self.module, recipe.optim)
        self.average = Average.make(self.module, recipe.optim)
        self.progress = Progress()
        self.carry: list[Any] = [None] * recipe.data.accumulate
        epochs = self.config.epochs
        self.steps = self.config.steps if epochs is None else max(1, round(epochs * task.steps_per_epoch))

    # ------------------------------------------------------------ running

    def fit(self, *, seconds: float | None = None) -> Outcome:
        """Train to the end, from the newest whole checkpoint of the run folder if there is one.

        Args:
            seconds: wall-clock time after which training stops early, evaluated and saved.

        Raises:
            ModelError: the run diverged; the last good checkpoint is kept.
            CheckpointError: all checkpoints are damaged.
        """
        self.run.mkdir(parents=True, exist_ok=True)
        self._diversify()
        self._resume()
        metrics = MetricsFile(self.run / "metrics.jsonl", self.progress.step) if self.team.first else Silent()
        began, cpu = time.monotonic(), time.process_time()
        began_seconds, began_cpu = self.progress.seconds, self.progress.cpu_seconds
        began_tokens, stopped = self.progress.tokens, "steps"
        try:
            while self.progress.step < self.steps:
                values = self.step()
                p = self.progress
                p.seconds = began_seconds + time.monotonic() - began
                p.cpu_seconds = began_cpu + self.team.sums(time.process_time() - cpu)[0]
                late = seconds is not None and self.team.agree(time.monotonic() - began > seconds)
                last = p.step == self.steps or late
                if last or p.step % self.config.eval_every == 0:
                    values |= self._evaluate()
                    stopped = "time" if late else stopped
                    if self.config.patience and p.stale >= self.config.patience:
                        stopped, last = "patience", True
                if last or p.step % self.config.log_every == 0 or "valid" in values:
                    here = max(1e-9, time.monotonic() - began)
                    speed = (p.tokens - began_tokens) / here
                    left = (self.steps - p.step) * here / max(1, p.step - self._from)
                    values |= {
                        "tokens": p.tokens,
                        "tokens_per_second": speed,
                        "seconds_left": 0.0 if last else left,
                    }
                    values |= {"memory_mb": memory_mb(), "seconds": p.seconds, "cpu_seconds": p.cpu_seconds}
                    metrics.log(values)
                    self.watcher.log(values)
                if last or p.step % self.config.checkpoint_every == 0:
                    self._save()
                if last:
                    break
        finally:
            metrics.close()
            self.watcher.close()
        self._take_best()
        return Outcome(self.progress, stopped)

    def step(self) -> dict[str, Any]:
        """Take one step; its figures."""
        p = self.progress
        self.module.train()
        batches = [batch.to(self.device) for batch in self.task.batches(p.step)]
        count = round(self.team.sums(sum(batch.count for batch in batches))[0])
        total = 0.0
        for number, batch in enumerate(batches):
            with self._together(number == len(batches) - 1), self._precision():
                loss, carry = self._loss(batch, self.carry[number])
                # Gradients are averaged over processes, and the loss is a sum over all their targets.
                (loss * (self.team.world / count)).backward()
            self.carry[number] = carry
            total += float(loss.detach())
        mean = self.team.sums(total)[0] / count
        self._check(mean)
        rate = factor(self.recipe.schedule, p.step, self.steps) * p.scale
        norm = self.optimizers.step(rate)
        if not math.isfinite(norm):
            self._diverged(f"the gradient's norm is {norm}")
        p.step += 1
        p.tokens += count
        self.average.update(p.step)
        return {
            "step": p.step,
            "steps": self.steps,
            "loss": mean,
            "lr_factor": rate,
            "gradient_norm": norm,
        }

    def _loss(self, batch: Any, carry: Any) -> Any:
        if self.objective is None:
            return self.task.loss(self.forward, batch, carry)
        return self.objective(batch, carry)

    def _together(self, last: bool) -> contextlib.AbstractContextManager[Any]:
        """Replicas exchange gradients once a step, after its last part."""
        no_sync = getattr(self.objective, "no_sync", None)
        return contextlib.nullcontext() if last or no_sync is None else no_sync()

    def _diversify(self) -> None:
        """Let each process draw its own dropout; the first draws what one alone would."""
        if self.team.rank:
            torch.manual_seed(
                self.config.seed * 1_000_003 % 2**62 + self.progress.step * 4096 + self.team.rank
            )

    def _precision(self) -> contextlib.AbstractContextManager[Any]:
        if self.config.precision == "float32":
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    # ------------------------------------------------------------ evaluation

    def _evaluate(self) -> dict[str, Any]:
        p = self.progress
        self.module.eval()
        with self.average.applied(), torch.no_grad():
            with Gathered(self.objective):
                p.figures = self.team.agree(self.task.evaluate(self.module))
            value = p.figures[self.task.primary]
            if not math.isfinite(value):
                self._diverged(f"the validation figure {self.task.primary} is {value}")
            better = p.best is None or (value > p.best if self.task.greater_is_better else value < p.best)
            if better:
                p.best, p.best_step, p.best_figures, p.stale = value, p.step, dict(p.figures), 0
                weights = {name: whole(tensor) for name, tensor in self.module.state_dict().items()}
                if self.team.first:
                    with whole_folder(self.run / f"best-{p.step:08d}") as folder:
                        write_tensors(folder / "model.safetensors", weights)
                        write_json(folder / "figures.json", p.figures)
            else:
                p.stale += 1
        self.module.train()
        schedule = self.recipe.schedule
        if schedule.name == "plateau" and p.stale > schedule.patience:
            p.scale *= schedule.factor
        self.average.evaluated(p.stale)
        return {"valid": value, "best": better, **{f"valid_{k}": v for k, v in p.figures.items()}}

    def _take_best(self) -> None:
        """Leave the best weights in the module."""
        p = self.progress
        path = self.run / f"best-{p.best_step or 0:08d}" / "model.safetensors"
        self.team.wait()
        if p.best_step is not None and path.exists():
            self._trained.load_state_dict(read_tensors(path))
        self._trained.eval()

    # ------------------------------------------------------------ divergence

    def _check(self, loss: float) -> None:
        p = self.progress
        if not math.isfinite(loss):
            self._diverged(f"the loss is {loss}")
        if p.usual is not None and p.step > 20 and loss > p.usual + self.config.blow_up:
            self._diverged(f"the loss jumped from {p.usual:.3f} to {loss:.3f}")
        p.usual = loss if p.usual is None else 0.9 * p.usual + 0.1 * loss

    def _diverged(self, what: str) -> None:
        optim = self.recipe.optim
        rates = f"optim.lr={optim.lr / 3:.2g}" + (
            f" --set optim.muon_lr={optim.muon_lr / 3:.2g}" if optim.name == "muon" else ""
        )
        kept = self.progress.best_step
        raise ModelError(
            f"Training diverged at step {self.progress.step + 1}: {what}.",
            expected="a finite loss that does not jump",
            received=f"last good model: step {kept}" if kept else "no evaluation yet, so no model is kept",
            next_step=f"--restart with --set {rates}, a longer schedule.warmup or a smaller optim.clip",
        )

    # ------------------------------------------------------------ checkpoints

    def _save(self) -> None:
        tensors: dict[str, Tensor] = {f"model.{k}": whole(v) for k, v in self.module.state_dict().items()}
        tensors |= {f"optim.{k}": v for k, v in self.optimizers.tensors().items()}
        tensors |= {f"average.{k}": whole(v) for k, v in self.average.tensors().items()}
        generators = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            generators["cuda"] = torch.cuda.get_rng_state(self.device)
        for kind, generator in generators.items():
            for rank, drawn in enumerate(self.team.together(generator)):
                tensors[f"generator.{kind}{rank or ''}"] = drawn
        shape, flat = flatten(self.carry)
        # Lanes of text are shared out in order of rank: one after the other they are all lanes.
        lanes = [torch.cat(self.team.together(tensor)) for tensor in flat]
        tensors |= {f"carry.{number}": tensor for number, tensor in enumerate(lanes)}
        facts = dict(vars(self.progress)) | {
            "carry": shape,
            "average": self.average.facts(),
            "threads": torch.get_num_threads(),
            "torch": str(torch.__version__),
            "steps": self.steps,
            "processes": self.team.world,
        }
        if self.team.first:
            save_checkpoint(self.run, self.progress.step, tensors, facts)
            prune_checkpoints(self.run, self.config.keep, self.progress.best_step)

    def _resume(self) -> None:
        found = newest_checkpoint(self.run, self.watcher.note)
        self._from = 0
        if found is None:
            return
        tensors, facts = found
        parts: dict[str, dict[str, Tensor]] = {}
        for key, tensor in tensors.items():
            part, _, name = key.partition(".")
            parts.setdefault(part, {})[name] = tensor
        try:
            own = self.module.state_dict()
            weights = {k: like(v, own[k]) if k in own else v for k, v in parts.get("model", {}).items()}
            self.module.load_state_dict(weights)
            self.optimizers.load(parts.get("optim", {}))
            self.average.load(parts.get("average", {}), facts["average"])
            mine = str(self.team.rank or "")
            if "cpu" + mine in parts["generator"]:
                torch.set_rng_state(parts["generator"]["cpu" + mine])
                if self.device.type == "cuda" and "cuda" + mine in parts["generator"]:
                    torch.cuda.set_rng_state(parts["generator"]["cuda" + mine], self.device)
            lanes = [parts.get("carry", {})[str(n)] for n in range(len(parts.get("carry", {})))]
            flat = [lane.chunk(self.team.world)[self.team.rank].clone() for lane in lanes]
            self.carry = map_state(unflatten(facts["carry"], flat), lambda tensor: tensor.to(self.device))
            known = {name: facts[name] for name in vars(self.progress)}
        except (KeyError, RuntimeError, TypeError, ValueError, IndexError) as error:
            raise CheckpointError(
                "The checkpoint does not fit this recipe.",
                received=str(error)[:200],
                next_step="resume with the same recipe, or start over with --restart",
            ) from error
        self.progress = Progress(**known)
        self._from = self.progress.step
        if "cpu" + mine not in parts["generator"]:
            self._diversify()
        before = facts.get("processes", 1)
        if before != self.team.world:
            self.watcher.note(
                f"Resuming in {self.team.world} processes; the checkpoint was written by {before}: equal but "
                "for rounding and dropout."
            )
        if facts.get("threads") != torch.get_num_threads() or facts.get("torch") != str(torch.__version__):
            self.watcher.note(
                f"Resuming with {torch.get_num_threads()} threads and torch {torch.__version__}; the "
                f"checkpoint was written with {facts.get('threads')} and {facts.get('torch')}: "
                "equal but for rounding."
            )
        self.watcher.note(f"Resuming after step {self.progress.step:,}.")


def flatten(state: Any) -> tuple[Any, list[Tensor]]:
    """A nest of tensors as a JSON value and a list: tensors become ``{"tensor": number}``."""
    flat: list[Tensor] = []

    def walk(part: Any) -> Any:
        if isinstance(part, Tensor):
            flat.append(part)
            return {"tensor": len(flat) - 1}
        if isinstance(part, tuple | list):
            return {"tuple" if isinstance(part, tuple) else "list": [walk(item) for item in part]}
        if part is None:
            return None
        raise TypeError(f"a carried state holds {type(part).__name__}")

    return walk(state), flat


def unflatten(shape: Any, flat: list[Tensor]) -> Any:
    """What ``flatten`` took apart."""
    if shape is None:
        return None
    if "tensor" in shape:
        return flat[shape["tensor"]]
    kind: Callable[[Any], Any] = tuple if "tuple" in shape else list
    return kind(unflatten(item, flat) for item in next(iter(shape.values())))


def pick_device(name: str) -> torch.device:
    """The device a run uses.

    Raises:
        ModelError: a GPU was asked for and there is none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise ModelError("There is no GPU.", next_step="leave --set run.device=cuda out")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def seed_everything(seed: int) -> None:
    """Set the generators that weights and dropout are drawn from."""
    random.seed(seed)
    torch.manual_seed(seed)
