"""Training in several processes: who is who, what they share, and how a run ends when one of them dies.

`torchrun` starts the processes and tells each its rank through the environment. Every process computes its
rows of each batch; gradients are summed by DDP, or by FSDP2, which also shards weights and optimiser. What is
written is written by the first process, whole, so that any number of processes can go on from it.
"""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

import torch
from torch import Tensor, nn

from datalect.errors import ModelError, UsageError
from datalect.training.config import RunConfig

if TYPE_CHECKING:
    from datalect.training.task import Loss, Task

_TIMEOUT = timedelta(minutes=30)
_PATIENCE = timedelta(days=2)
"""How long the others wait while the first process reads and tokenises the data."""
_LOST = ("gloo", "nccl", "connection", "timed out", "timeout", "peer", "socket", "store")


def several() -> bool:
    """Whether `torchrun` started this process as one of several."""
    return _variable("WORLD_SIZE", 1) > 1


def first() -> bool:
    """Whether this process is the one that writes and prints."""
    return not several() or _variable("RANK", 0) == 0


def refuse_several(what: str) -> None:
    """Say that something runs in one process only.

    Raises:
        UsageError: `torchrun` started several.
    """
    if several():
        raise UsageError(
            f"{what} runs in one process.",
            expected="one process; `train lm` without --sweep trains in several",
            received=f"{_variable('WORLD_SIZE', 1)} processes",
            next_step="start the same command without torchrun",
        )


def _variable(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    try:
        return int(text) if text else default
    except ValueError as error:
        raise UsageError(
            f"The environment variable {name} is no number.",
            received=text[:40],
            next_step="start several processes with torchrun, or unset it",
        ) from error


class Team:
    """The processes of a run, seen from one of them; used as a context, whose end is a clean farewell."""

    def __init__(self, rank: int = 0, world: int = 1, local: int = 0) -> None:
        self.rank, self.world, self.local = rank, world, local
        self._patient: Any = None
        self._handler: Any = None

    @property
    def first(self) -> bool:
        """Whether this process writes."""
        return self.rank == 0

    @classmethod
    def join(cls, config: RunConfig) -> Self:
        """Meet the other processes that `torchrun` started; alone without it.

        Raises:
            UsageError: the environment is incomplete, or there are fewer GPUs than processes.
            ModelError: the others do not come.
        """
        if not several():
            return cls()
        import torch.distributed as dist

        team = cls(_variable("RANK", -1), _variable("WORLD_SIZE", 1), _variable("LOCAL_RANK", 0))
        missing = [name for name in ("RANK", "MASTER_ADDR", "MASTER_PORT") if not os.environ.get(name)]
        if missing or not 0 <= team.rank < team.world:
            raise UsageError(
                "The environment does not say which of several processes this is.",
                expected="RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as torchrun sets them",
                received=f"without {', '.join(missing)}" if missing else f"rank {team.rank} of {team.world}",
                next_step="start with torchrun, or unset WORLD_SIZE",
            )
        if config.parallel == "fsdp" and config.compile:
            raise UsageError(
                "run.compile does not go with run.parallel=fsdp.",
                next_step="leave one of them out; ddp can be compiled",
            )
        on_gpu = config.device != "cpu" and torch.cuda.is_available()
        if on_gpu:
            if team.local >= torch.cuda.device_count():
                raise UsageError(
                    "There are fewer GPUs than processes on this machine.",
                    expected=f"at most --nproc-per-node {torch.cuda.device_count()}",
                    next_step="start fewer processes, or --set run.device=cpu",
                )
            torch.cuda.set_device(team.local)
        team._handler = signal.signal(signal.SIGTERM, _asked_to_end)
        try:
            dist.init_process_group("cpu:gloo,cuda:nccl" if on_gpu else "gloo", timeout=_TIMEOUT)
            team._patient = dist.new_group(backend="gloo", timeout=_PATIENCE)
        except (RuntimeError, ValueError) as error:
            raise ModelError(
                "The processes of this run did not find each other.",
                received=str(error)[:200],
                next_step="check torchrun's --nnodes and --rdzv-endpoint, and that the port is free",
            ) from error
        return team

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.world == 1:
            return
        import torch.distributed as dist

        try:
            if error is None:
                self.wait()
                dist.destroy_process_group()
            elif isinstance(error, RuntimeError) and _is_lost(error):
                raise self._lost(error) from error
        finally:
            signal.signal(signal.SIGTERM, self._handler or signal.SIG_DFL)

    def _lost(self, error: RuntimeError) -> ModelError:
        return ModelError(
            f"Process {self.rank} of {self.world} lost another process of this run.",
            expected="all processes to stay until the end",
            received=str(error).splitlines()[0][:200],
            next_step="look at what the other one said; the same command goes on from the last checkpoint",
        )

    # ------------------------------------------------------------ what they tell each other

    def wait(self) -> None:
        """Go on when all are here."""
        if self.world > 1:
            import torch.distributed as dist

            dist.barrier(group=self._patient)

    def sums(self, *values: float) -> list[float]:
        """Each value, summed over the processes."""
        if self.world == 1:
            return list(values)
        import torch.distributed as dist

        summed = torch.tensor(values, dtype=torch.float64)
        dist.all_reduce(summed)
        return [float(value) for value in summed]

    def agree(self, value: Any) -> Any:
        """What the first process says: a JSON value, the same everywhere afterwards."""
        if self.world == 1:
            return value
        import json

        import torch.distributed as dist

        text = torch.tensor(list(json.dumps(value).encode()), dtype=torch.uint8)
        length = torch.tensor([len(text)])
        dist.broadcast(length, 0)
        told = text if self.first else torch.empty(int(length), dtype=torch.uint8)
        dist.broadcast(told, 0)
        return json.loads(bytes(told.tolist()))

    def together(self, tensor: Tensor) -> list[Tensor]:
        """A tensor of each process, all of one shape, by rank, on the CPU."""
        if self.world == 1:
            return [tensor]
        import torch.distributed as dist

        own = tensor.detach().cpu().contiguous()
        every = [torch.empty_like(own) for _ in range(self.world)]
        dist.all_gather(every, own)
        return every

    # ------------------------------------------------------------ what they compute

    def device(self, picked: torch.device) -> torch.device:
        """This process's own device of the kind that was picked."""
        return picked if self.world == 1 or picked.type == "cpu" else torch.device("cuda", self.local)

    def shard(self, module: nn.Module, task: Task, device: torch.device) -> nn.Module:
        """A module and its loss, wrapped for FSDP2: each process keeps its part of every weight."""
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        mesh = init_device_mesh(device.type, (self.world,))
        # Blocks gather their weights one after the other; what is left belongs to the whole.
        for block in getattr(module, "blocks", ()):
            fully_shard(block, mesh=mesh)
        return cast(nn.Module, fully_shard(Objective(module, task), mesh=mesh))

    def replicate(self, module: nn.Module, task: Task) -> nn.Module:
        """A module and its loss, wrapped for DDP: each process keeps all weights."""
        from torch.nn.parallel import DistributedDataParallel

        return DistributedDataParallel(Objective(module, task), forward_sync_buffers=False)


class Objective(nn.Module):
    """A model with its loss inside, so that everything that touches weights is in one forward pass."""

    def __init__(self, model: nn.Module, task: Task) -> None:
        super().__init__()
        self.model, self.task = model, task

    def forward(self, batch: Any, carry: Any) -> Loss:
        """The task's loss."""
        return self.task.loss(self.model, batch, carry)


class Gathered:
    """While it lasts, the weights outside of blocks are whole, so that a sharded model can be evaluated."""

    def __init__(self, objective: nn.Module | None) -> None:
        from torch.distributed.fsdp import FSDPModule

        self._sharded = objective if isinstance(objective, FSDPModule) else None

    def __enter__(self) -> None:
        if self._sharded is not None:
            self._sharded.unshard()

    def __exit__(self, *_: object) -> None:
        if self._sharded is not None:
            self._sharded.reshard()


def is_sharded(tensor: Tensor) -> bool:
    """Whether FSDP2 keeps only a part of a tensor here."""
    return hasattr(tensor, "full_tensor")


def whole(tensor: Tensor) -> Tensor:
    """All of a tensor that may be sharded; every process must ask for it."""
    full = getattr(tensor, "full_tensor", None)
    return tensor if full is None else cast(Tensor, full())


def like(tensor: Tensor, pattern: Tensor) -> Tensor:
    """A whole tensor, sharded as the pattern is; every process must hold the same one."""
    mesh = getattr(pattern, "device_mesh", None)
    if mesh is None or not tensor.dim():
        return tensor
    from torch.distributed.tensor import distribute_tensor

    placements = cast(Any, pattern).placements
    return distribute_tensor(tensor.to(pattern.device), mesh, placements, src_data_rank=None)


def _is_lost(error: RuntimeError) -> bool:
    from torch.distributed import DistError

    told = str(error).lower()
    return isinstance(error, DistError) or any(word in told for word in _LOST)


def _asked_to_end(number: int, frame: Any) -> None:
    raise ModelError(
        f"Process {_variable('RANK', 0)} was asked to end, most likely because another of this run did.",
        next_step="look at what the other one said; the same command goes on from the last checkpoint",
    )
