"""The loop: it learns, stops, notices divergence, keeps the best, averages weights."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from datalect.errors import ModelError, UsageError
from datalect.lm import load_model
from datalect.lm.config import TokenizerConfig, TransformerConfig
from datalect.training.average import Average
from datalect.training.config import DataConfig, OptimConfig, Recipe, RunConfig, ScheduleConfig
from datalect.training.language import train_language_model
from datalect.training.loop import flatten, unflatten
from datalect.training.metrics import duration, read_metrics
from datalect.training.muon import orthogonalise
from datalect.training.optim import Optimizers
from datalect.training.schedule import factor
from lm.models import TEXT, make_transformer

QUICK = Recipe(
    model=TransformerConfig(context=16, layers=1, heads=2, width=32),
    tokenizer=TokenizerConfig(kind="char"),
    data=DataConfig(batch=8, length=16),
    optim=OptimConfig(name="adamw", lr=1e-2),
    schedule=ScheduleConfig(name="constant", warmup=5),
    run=RunConfig(steps=60, eval_every=20, checkpoint_every=20, threads=1),
)


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    "optim",
    [
        OptimConfig(name="adamw", lr=1e-2),
        OptimConfig(name="muon", lr=1e-2, muon_lr=0.02),
        OptimConfig(name="sgd", lr=1.0, momentum=0.9),
        OptimConfig(name="sgd", lr=2.0, average="asgd", asgd_patience=1),
        OptimConfig(name="adamw", lr=1e-2, average="ema", ema_decay=0.9),
    ],
    ids=lambda o: f"{o.name}-{o.average}",
)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_it_learns(optim, precision, corpus, tmp_path):
    recipe = replace(QUICK, optim=optim, run=replace(QUICK.run, precision=precision))
    trained = train_language_model(corpus, recipe, tmp_path / "model")
    # Plain gradient descent is slow on Transformers; the others get well below guessing by frequency.
    assert trained.valid["loss"] < (0.95 if optim.name == "sgd" else 0.75) * math.log(60)
    load_model(str(trained.folder)).generate(["Once"], _greedy())


def _greedy():
    from datalect.lm.base import GenerationOptions

    return GenerationOptions(max_tokens=3, temperature=0)


def test_the_saved_model_has_the_figure_that_was_told(corpus, tmp_path):
    from datalect.training.evaluate import evaluate_model

    text = TEXT[: int(len(TEXT) * 0.9)], TEXT[int(len(TEXT) * 0.9) :]
    (tmp_path / "train.txt").write_text(text[0], encoding="utf-8")
    (tmp_path / "valid.txt").write_text(text[1], encoding="utf-8")
    trained = train_language_model(
        tmp_path / "train.txt", QUICK, tmp_path / "model", valid=tmp_path / "valid.txt"
    )
    made = evaluate_model(str(tmp_path / "model"), tmp_path / "valid.txt")
    assert made["metrics"]["loss"] == pytest.approx(trained.valid["loss"], rel=1e-5)
    assert made["n"] == len(text[1]) - 1 and made["task"] == "lm"
    sliding = evaluate_model(str(tmp_path / "model"), tmp_path / "valid.txt", sliding=True)
    assert sliding["n"] == made["n"] and sliding["metrics"]["loss"] < made["metrics"]["loss"]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_model(corpus, tmp_path):
    one, two = (train_language_model(corpus, QUICK, tmp_path / n) for n in ("a", "b"))
    other = train_language_model(corpus, QUICK.override({"run.seed": "5"}), tmp_path / "c")
    assert one.valid == two.valid != other.valid


def test_early_stopping_keeps_the_best(corpus, tmp_path):
    recipe = QUICK.override(
        {
            "run.patience": "2",
            "run.steps": "2000",
            "run.eval_every": "5",
            "optim.lr": "0.05",
            "data.batch": "1",
        }
    )
    trained = train_language_model(corpus, recipe, tmp_path / "model")
    p = trained.outcome.progress
    assert trained.outcome.stopped == "patience" and p.step < 2000
    lines = [
        line["valid"]
        for line in read_metrics(tmp_path / "model" / "run" / "metrics.jsonl")
        if "valid" in line
    ]
    assert trained.valid["loss"] == pytest.approx(min(lines), rel=1e-6)
    assert lines[-1] > min(lines)


def test_a_budget_of_time_ends_a_run(corpus, tmp_path):
    trained = train_language_model(
        corpus, QUICK.override({"run.steps": "100000"}), tmp_path / "m", seconds=0.5
    )
    assert trained.outcome.stopped == "time" and trained.valid


@pytest.mark.parametrize("change", [{"optim.name": '"sgd"', "optim.lr": "10000", "optim.clip": "0"}])
def test_divergence_stops_with_the_last_good_model(change, corpus, tmp_path):
    recipe = QUICK.override(change | {"run.steps": "500", "model.norm_first": "true", "run.eval_every": "1"})
    with pytest.raises(ModelError, match="diverged") as caught:
        train_language_model(corpus, recipe, tmp_path / "model")
    assert "optim.lr" in str(caught.value) and caught.value.exit_code == 4


def test_too_little_text_is_refused(tmp_path):
    (tmp_path / "short.txt").write_text("abc")
    with pytest.raises(UsageError):
        train_language_model(tmp_path / "short.txt", QUICK, tmp_path / "model")
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(UsageError):
        train_language_model(tmp_path / "empty.txt", QUICK, tmp_path / "other")


# ---------------------------------------------------------------- parts


@pytest.mark.parametrize("name", ["constant", "cosine", "linear", "wsd", "inverse_sqrt", "plateau"])
def test_schedules_warm_up_and_never_leave_their_range(name):
    config = ScheduleConfig(name=name, warmup=10, floor=0.1)
    values = [factor(config, step, 100) for step in range(100)]
    assert values[:11] == sorted(values[:11]) and values[0] > 0
    assert max(values) <= 1.0 and values[10] == pytest.approx(1.0)
    assert all(b <= a + 1e-12 for a, b in pairwise(values[10:]))
    if name in ("cosine", "linear", "wsd"):
        assert values[-1] == pytest.approx(0.1, abs=0.06)


def test_muon_makes_updates_orthogonal():
    torch.manual_seed(0)
    for shape in ((3, 16, 40), (2, 40, 16), (2, 24, 24)):
        made = orthogonalise(torch.randn(shape))
        assert made.shape == shape
        values = torch.linalg.svdvals(made)
        assert float(values.max()) < 1.3 and float(values.median()) > 0.8
    spread = torch.diag_embed(torch.logspace(0, -2, 16))[None]
    values = torch.linalg.svdvals(orthogonalise(spread))
    assert float(values.min()) > 0.6 and float(values.max()) < 1.3


def test_muon_takes_hidden_matrices_only():
    model = make_transformer()
    made = Optimizers(model, OptimConfig(name="muon"))
    muon = {id(p) for p in made._each[0].param_groups[0]["params"]}
    named = dict(model.named_parameters())
    assert muon == {id(p) for n, p in named.items() if n.startswith("blocks") and p.dim() == 2}
    rest = {id(p) for group in made._each[1].param_groups for p in group["params"]}
    assert muon | rest == {id(p) for p in named.values()} and not muon & rest
    decayed = {id(p): group["weight_decay"] for group in made._each[1].param_groups for p in group["params"]}
    assert decayed[id(named["norm.weight"])] == 0 and decayed[id(named["embedding.weight"])] > 0


def test_the_mean_of_weights_is_the_mean():
    layer = torch.nn.Linear(2, 2, bias=False)
    average = Average.make(layer, OptimConfig(average="asgd", asgd_patience=1))
    seen = []
    for step in range(6):
        with torch.no_grad():
            layer.weight.fill_(float(step))
        average.update(step + 1)
        if step == 1:
            average.evaluated(1)
        if step >= 1:
            seen.append(float(step))
    with average.applied():
        assert layer.weight[0, 0].item() == pytest.approx(sum(seen) / len(seen))
    assert layer.weight[0, 0].item() == 5.0


def test_a_carried_state_survives_being_saved():
    nest = ((torch.ones(2), None), [torch.zeros(1)])
    shape, flat = flatten(nest)
    again = unflatten(shape, flat)
    assert isinstance(again, tuple) and again[0][1] is None and torch.equal(again[1][0], nest[1][0])
    with pytest.raises(TypeError):
        flatten({"a": 1})


def test_durations_for_people():
    assert [duration(s) for s in (4, 65, 3700, 90_000)] == ["4 s", "1 min 05 s", "1 h 01 min", "25 h 00 min"]
