"""Exact resume: a run killed and started again ends with the same bits as one that was left alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from datalect.errors import CheckpointError, UsageError
from datalect.lm.config import LSTMConfig, TokenizerConfig, TransformerConfig
from datalect.training.config import DataConfig, OptimConfig, Recipe, RunConfig, ScheduleConfig
from datalect.training.language import train_language_model
from datalect.training.metrics import Silent, read_metrics
from datalect.training.resume import checkpoints, newest_checkpoint
from lm.models import TEXT

RECIPE = Recipe(
    model=TransformerConfig(context=16, layers=1, heads=2, width=16, dropout=0.2),
    tokenizer=TokenizerConfig(kind="char"),
    data=DataConfig(batch=4, length=16, accumulate=2),
    optim=OptimConfig(name="muon", average="ema"),
    schedule=ScheduleConfig(name="cosine", warmup=5),
    run=RunConfig(steps=60, eval_every=15, checkpoint_every=10, threads=1, log_every=5),
)
RECURRENT = replace(
    RECIPE,
    model=LSTMConfig(width=16, layers=1, dropout=0.2),
    data=DataConfig(batch=4, length=8, order="stream"),
    optim=OptimConfig(name="sgd", lr=1.0, average="asgd", asgd_patience=1),
    schedule=ScheduleConfig(name="plateau", warmup=0),
)


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def train(corpus, folder, recipe=RECIPE, **options):
    return train_language_model(corpus, recipe, folder, **options)


def state(folder):
    newest = newest_checkpoint(folder / "run", lambda _: None)
    assert newest is not None
    return newest


def same(one, other):
    """Everything but the clock is equal, bit for bit."""
    tensors, facts = state(one)
    others, other_facts = state(other)
    assert tensors.keys() == others.keys()
    for name, tensor in tensors.items():
        assert torch.equal(tensor, others[name]), name
    clocks = ("seconds", "cpu_seconds")
    assert {k: v for k, v in facts.items() if k not in clocks} == {
        k: v for k, v in other_facts.items() if k not in clocks
    }
    weights, other_weights = (load_file(f / "model.safetensors") for f in (one, other))
    assert all(torch.equal(weights[name], other_weights[name]) for name in weights)
    steady = [
        [
            {k: v for k, v in line.items() if k in ("step", "loss", "valid", "lr_factor", "gradient_norm")}
            for line in read_metrics(f / "run" / "metrics.jsonl")
        ]
        for f in (one, other)
    ]
    assert steady[0] == steady[1]


class Killed(Exception):
    """Stands for the process's end inside a test."""


class KillAt(Silent):
    """Ends the run in the middle of a step's log line."""

    def __init__(self, step):
        self.step = step

    def log(self, values):
        if values["step"] >= self.step:
            raise Killed


@pytest.mark.slow
@pytest.mark.parametrize("recipe", [RECIPE, RECURRENT], ids=["transformer", "lstm"])
@pytest.mark.parametrize("at", [10, 25, 45])
def test_an_interrupted_run_ends_with_the_same_bits(recipe, at, corpus, tmp_path):
    train(corpus, tmp_path / "whole", recipe)
    with pytest.raises(Killed):
        train(corpus, tmp_path / "cut", recipe, watcher=KillAt(at))
    torch.manual_seed(123)  # whatever the new process starts with
    train(corpus, tmp_path / "cut", recipe)
    same(tmp_path / "whole", tmp_path / "cut")


SCRIPT = """
import sys
from pathlib import Path
from training.test_resume import RECIPE, train
train(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.mark.parametrize("times", [(1,), pytest.param((1, 1, 2), marks=pytest.mark.slow)])
def test_kill_9_at_any_moment(times, corpus, tmp_path):
    """A real process, killed at moments that no line of ours chooses."""
    train(corpus, tmp_path / "whole")
    folder = tmp_path / "killed"
    tests = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tests), str(tests.parent / "src")])}
    command = [sys.executable, "-c", SCRIPT, str(corpus), str(folder)]
    kills = 0
    for wanted in times:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while process.poll() is None and len(list((folder / "run").glob("step-*"))) == 0:
            time.sleep(0.002)
        seen = checkpoints(folder / "run")
        target = int(seen[0].name[5:]) + 10 * wanted if seen else 10
        while process.poll() is None and not (folder / "run" / f"step-{min(target, 50):08d}").exists():
            time.sleep(0.001)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    assert kills >= 1
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    same(tmp_path / "whole", folder)


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["state.safetensors", "state.json", "checksums.json"])
def test_a_damaged_checkpoint_is_passed_over(name, corpus, tmp_path):
    train(corpus, tmp_path / "whole")
    folder = tmp_path / "cut"
    with pytest.raises(Killed):
        train(corpus, folder, watcher=KillAt(45))
    newest, previous = checkpoints(folder / "run")
    damage(newest / name)
    told = []

    class Notes(Silent):
        def note(self, text):
            told.append(text)

    train(corpus, folder, watcher=Notes())
    assert any(newest.name in text for text in told)
    assert any(f"after step {int(previous.name[5:])}" in text for text in told)
    same(tmp_path / "whole", folder)


@pytest.mark.slow
def test_when_all_are_damaged_it_says_so(corpus, tmp_path):
    with pytest.raises(Killed):
        train(corpus, tmp_path / "cut", watcher=KillAt(45))
    for path in checkpoints(tmp_path / "cut" / "run"):
        (path / "state.safetensors").unlink()
    with pytest.raises(CheckpointError, match="--restart"):
        train(corpus, tmp_path / "cut")
    train(corpus, tmp_path / "cut", restart=True)


@pytest.mark.slow
def test_a_finished_run_is_finished_again_at_once(corpus, tmp_path):
    first = train(corpus, tmp_path / "whole")
    again = train(corpus, tmp_path / "whole")
    assert again.valid == first.valid
    assert again.outcome.progress.step == first.outcome.progress.step


@pytest.mark.slow
def test_another_recipe_does_not_resume(corpus, tmp_path):
    train(corpus, tmp_path / "whole")
    other = RECIPE.override({"optim.lr": "0.5"})
    with pytest.raises(UsageError, match=r"optim\.lr"):
        train(corpus, tmp_path / "whole", other)
    train(corpus, tmp_path / "whole", other, restart=True)
    assert json.loads((tmp_path / "whole" / "run" / "recipe.json").read_text())["optim"]["lr"] == 0.5


def test_a_checkpoint_of_another_model_is_refused(corpus, tmp_path):
    with pytest.raises(Killed):
        train(corpus, tmp_path / "cut", watcher=KillAt(25))
    wider = RECIPE.override({"model.width": "32"})
    (tmp_path / "cut" / "run" / "recipe.json").write_text(json.dumps(wider.to_dict()))
    with pytest.raises(CheckpointError, match="fit"):
        train(corpus, tmp_path / "cut", wider)


def test_two_processes_do_not_train_in_one_folder(corpus, tmp_path):
    class Second(Silent):
        def log(self, values):
            train(corpus, tmp_path / "one")

    with pytest.raises(UsageError, match="Another process"):
        train(corpus, tmp_path / "one", watcher=Second())


def test_a_folder_of_other_things_is_left_alone(corpus, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="not empty"):
        train(corpus, tmp_path / "mine")


@pytest.mark.slow
def test_old_checkpoints_are_deleted_and_the_best_is_kept(corpus, tmp_path):
    trained = train(corpus, tmp_path / "whole")
    run = tmp_path / "whole" / "run"
    assert [p.name for p in checkpoints(run)] == ["step-00000060", "step-00000050"]
    best = trained.outcome.progress.best_step
    assert f"best-{best:08d}" in {p.name for p in run.glob("best-*")}
    assert len(list(run.glob("best-*"))) <= 2
    assert not list(run.glob(".*"))


def test_accumulating_changes_the_result_by_rounding_only(corpus, tmp_path):
    plain = replace(RECIPE, optim=OptimConfig(name="sgd", lr=0.5)).override(
        {"model.dropout": "0", "run.steps": "10", "data.accumulate": "1"}
    )
    parts = plain.override({"data.accumulate": "4"})
    one, other = (train(corpus, tmp_path / str(i), r) for i, r in enumerate((plain, parts)))
    weights, others = (load_file(t.folder / "model.safetensors") for t in (one, other))
    for name, tensor in weights.items():
        torch.testing.assert_close(tensor, others[name], rtol=1e-4, atol=1e-6)
