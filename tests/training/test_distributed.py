"""Several processes: the same curve and weights as one, whole checkpoints, and a clear end when one dies."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from datalect.errors import UsageError
from datalect.lm import load_model
from datalect.lm.config import LSTMConfig, TokenizerConfig, TransformerConfig
from datalect.training.config import DataConfig, OptimConfig, Recipe, RunConfig, ScheduleConfig
from datalect.training.distributed import Team, first, refuse_several, several
from datalect.training.language import train_language_model
from datalect.training.metrics import read_metrics
from datalect.training.resume import checkpoints, newest_checkpoint
from lm.models import TEXT

TRANSFORMER = Recipe(
    model=TransformerConfig(context=16, layers=2, heads=2, width=32),
    tokenizer=TokenizerConfig(kind="char"),
    data=DataConfig(batch=8, length=16, accumulate=2),
    optim=OptimConfig(name="adamw", lr=3e-3, average="ema"),
    schedule=ScheduleConfig(name="cosine", warmup=5),
    run=RunConfig(steps=20, eval_every=5, checkpoint_every=10, keep=9, log_every=1, threads=1, device="cpu"),
)
MUON = replace(TRANSFORMER, optim=OptimConfig(name="muon", lr=3e-3))
# Text that is read on and on, with a carried state, an adaptive softmax, and averages that start late.
RECURRENT = replace(
    TRANSFORMER,
    model=LSTMConfig(width=16, layers=2, dropout=0.0, cutoffs=(10, 20)),
    data=DataConfig(batch=4, length=8, order="stream"),
    optim=OptimConfig(name="sgd", lr=1.0, momentum=0.5, average="asgd", asgd_patience=1),
    schedule=ScheduleConfig(name="plateau", warmup=0),
)
# What each process runs. Its number is written down, and Muon's products are as exact as the rest, or their
# rounding to eight bits would be all that the comparison sees.
PROGRAM = """
import os, sys
from pathlib import Path
import datalect.training.muon as muon
muon.bfloat16_is_fast = lambda like: False
from datalect.cli.main import main
Path(sys.argv[1], "process" + os.environ.get("RANK", "0")).write_text(str(os.getpid()))
main(sys.argv[2:])
"""


def command(corpus, recipe, folder, processes):
    """``datalect train lm`` with every field of a recipe, alone or under torchrun."""
    words = [sys.executable]
    if processes > 1:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        words += ["-m", "torch.distributed.run", "--master-addr", "127.0.0.1", "--master-port", port]
        words += ["--nproc-per-node", str(processes), "--no-python", sys.executable]
    words += ["-c", PROGRAM, str(corpus.parent), "train", "lm", str(corpus), "--out", str(folder), "--json"]
    words += ["--arch", recipe.model.architecture]
    for part in ("model", "tokenizer", "data", "optim", "schedule", "run"):
        for name, value in getattr(recipe, part).to_dict().items():
            if value is not None and name != "vocab_size":
                words += ["--set", f"{part}.{name}={value if isinstance(value, str) else json.dumps(value)}"]
    return words


def environment():
    paths = [str(Path(__file__).parents[2] / "src"), os.environ.get("PYTHONPATH", "")]
    own = {k: v for k, v in os.environ.items() if k not in ("RANK", "WORLD_SIZE", "LOCAL_RANK")}
    return own | {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "OMP_NUM_THREADS": "1"}


def train(corpus, recipe, folder, processes=1):
    done = subprocess.run(
        command(corpus, recipe, folder, processes),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(done.stdout.strip().splitlines()) == 1, "one process tells how it ended"
    return json.loads(done.stdout)


def close(one, other):
    """Curves and weights agree to 1e-4."""
    curves = [
        [
            (line["step"], line["tokens"], line["loss"], line["gradient_norm"], line.get("valid", 0.0))
            for line in read_metrics(folder / "run" / "metrics.jsonl")
        ]
        for folder in (one, other)
    ]
    assert len(curves[0]) == len(curves[1]) == TRANSFORMER.run.steps
    for line, same in zip(*curves, strict=True):
        assert line == pytest.approx(same, abs=1e-4)
    weights, others = (load_file(folder / "model.safetensors") for folder in (one, other))
    assert weights.keys() == others.keys()
    for name, tensor in weights.items():
        assert float((tensor - others[name]).abs().max()) < 1e-4, name


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def alone(corpus, tmp_path_factory):
    """Models of one process, each recipe trained once."""
    made: dict[str, Path] = {}

    def one(name, recipe):
        if name not in made:
            made[name] = tmp_path_factory.mktemp("alone") / name
            train(corpus, recipe, made[name])
        return made[name]

    return one


@pytest.mark.slow
@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
@pytest.mark.parametrize(
    ("name", "recipe"), [("adamw", TRANSFORMER), ("muon", MUON), ("recurrent", RECURRENT)]
)
def test_two_processes_train_what_one_does(name, recipe, parallel, corpus, alone, tmp_path):
    folder = tmp_path / "two"
    told = train(corpus, recipe.override({"run.parallel": parallel}), folder, processes=2)
    close(alone(name, recipe), folder)
    assert told["tokens"] == recipe.run.steps * recipe.data.batch * recipe.data.length
    assert load_model(str(folder)).module is not None


@pytest.mark.slow
@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2)])
@pytest.mark.parametrize(
    ("name", "recipe", "parallel"), [("muon", MUON, "fsdp"), ("recurrent", RECURRENT, "ddp")]
)
def test_a_run_goes_on_in_another_number_of_processes(
    name, recipe, before, after, parallel, corpus, alone, tmp_path
):
    whole, folder = alone(name, recipe), tmp_path / "model"
    sharing = recipe.override({"run.parallel": parallel})
    if before == 1:
        shutil.copytree(whole, folder)
    else:
        train(corpus, sharing, folder, processes=before)
    newest = checkpoints(folder / "run")[0]
    assert newest.name == "step-00000020"
    shutil.rmtree(newest)
    train(corpus, sharing if after > 1 else recipe, folder, processes=after)
    close(whole, folder)


@contextmanager
def started(corpus, recipe, folder):
    """A run under torchrun that has taken its first checkpoint."""
    process = subprocess.Popen(
        command(corpus, recipe, folder, 2), env=environment(), stderr=subprocess.PIPE, text=True
    )
    try:
        for _ in range(1200):
            if checkpoints(folder / "run") or process.poll() is not None:
                break
            time.sleep(0.1)
        assert checkpoints(folder / "run")
        yield process
    finally:
        process.terminate()
        process.wait(60)


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_when_one_dies_the_other_says_so_and_ends(rank, corpus, tmp_path):
    recipe = TRANSFORMER.override({"run.steps": "1000000", "run.eval_every": "1000000"})
    folder = tmp_path / "model"
    with started(corpus, recipe, folder) as process:
        other = int((corpus.parent / f"process{1 - rank}").read_text())
        os.kill(int((corpus.parent / f"process{rank}").read_text()), signal.SIGKILL)
        _, errors = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "lost another process" in errors or "was asked to end" in errors
    assert "goes on from the last checkpoint" in errors
    with pytest.raises(ProcessLookupError):
        os.kill(other, 0)
    assert newest_checkpoint(folder / "run", pytest.fail) is not None


@pytest.mark.slow
def test_a_batch_that_cannot_be_shared_out_is_refused(corpus, tmp_path):
    done = subprocess.run(
        command(corpus, TRANSFORMER.override({"data.batch": "2"}), tmp_path / "model", 2),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode != 0 and "cannot be shared out evenly" in done.stderr
    assert "datalect/training" not in done.stderr, "no traceback of ours"


def test_alone_there_is_nobody_to_ask(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with Team.join(RunConfig()) as team:
        assert (team.rank, team.world, team.first) == (0, 1, True)
        assert team.sums(1.5, 2) == [1.5, 2] and team.agree({"a": None}) == {"a": None}
    assert first() and not several()
    refuse_several("train classifier")


@pytest.mark.parametrize(
    "environ",
    [
        {"WORLD_SIZE": "many"},
        {"WORLD_SIZE": "2"},
        {"WORLD_SIZE": "2", "RANK": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"},
    ],
)
def test_an_environment_that_says_half_is_refused(environ, monkeypatch, tmp_path):
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=r"WORLD_SIZE|which of several"):
        train_language_model(tmp_path / "text.txt", TRANSFORMER, tmp_path / "model")


def test_what_runs_in_one_process_says_so(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="one process"):
        refuse_several("train classifier")


def test_sharing_may_change_between_lives_of_a_run(corpus, tmp_path):
    train_language_model(corpus, TRANSFORMER, tmp_path / "model")
    train_language_model(corpus, TRANSFORMER.override({"run.parallel": "fsdp"}), tmp_path / "model")
