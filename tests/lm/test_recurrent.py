"""Recurrent language models: shapes, state, dropout, softmax, training with carried state."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402

from datalect.errors import UsageError  # noqa: E402
from datalect.lm.adapt import CacheConfig, DynamicConfig, NeuralCache, score_adaptively  # noqa: E402
from datalect.lm.architectures import build, config_of  # noqa: E402
from datalect.lm.base import GenerationOptions  # noqa: E402
from datalect.lm.config import RecurrentConfig, TransformerConfig  # noqa: E402
from datalect.lm.load import load_model  # noqa: E402
from datalect.lm.perplexity import IdArray, score  # noqa: E402
from datalect.lm.recurrent import Recurrent  # noqa: E402
from datalect.lm.softmax import TokenSoftmax  # noqa: E402
from datalect.training.language import train_language_model  # noqa: E402
from datalect.training.presets import preset  # noqa: E402

CELLS = ("rnn", "lstm", "gru")
VOCABULARY = 60


def small(cell: str = "lstm", **changes: Any) -> Recurrent:
    """A freshly seeded model in evaluation mode."""
    torch.manual_seed(7)
    values = {"vocab_size": VOCABULARY, "width": 12, "hidden": 16, "layers": 2} | changes
    made = build(config_of(cell, values)).eval()
    assert isinstance(made, Recurrent)
    with torch.no_grad():  # fresh biases are equal or zero: nothing would notice if they were mixed up
        for name, parameter in made.named_parameters():
            if "bias" in name:
                parameter.normal_()
    return made


def ids(draw: Any, rows: int, length: int) -> Tensor:
    flat = draw(st.lists(st.integers(0, VOCABULARY - 1), min_size=rows * length, max_size=rows * length))
    return torch.tensor(flat).view(rows, length)


@pytest.mark.parametrize("cell", CELLS)
def test_a_layer_computes_what_torch_computes(cell: str) -> None:
    model = small(cell, layers=1, hidden=None)
    theirs = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell](12, 12, batch_first=True)
    with torch.no_grad():
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(theirs, f"{name}_l0").copy_(getattr(model.layers[0], name))
        read = torch.randint(0, VOCABULARY, (3, 9))
        torch.testing.assert_close(model(read)[0], theirs(model.embedding(read) * 12**0.5)[0])


@pytest.mark.parametrize("cutoffs", [(), (10, 30)])
@pytest.mark.parametrize("cell", CELLS)
@given(data=st.data())
@settings(max_examples=8)
def test_carried_state_equals_one_long_pass(cell: str, cutoffs: tuple[int, ...], data: st.DataObject) -> None:
    model = small(cell, cutoffs=cutoffs)
    read = ids(data.draw, data.draw(st.integers(1, 3)), data.draw(st.integers(2, 12)))
    cut = data.draw(st.integers(1, read.shape[1] - 1))
    whole, last = model(read)
    first, state = model(read[:, :cut])
    second, carried = model(read[:, cut:], state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    torch.testing.assert_close(carried, last)


@pytest.mark.parametrize("cell", CELLS)
@given(data=st.data())
@settings(max_examples=8)
def test_a_prediction_never_depends_on_later_tokens(cell: str, data: st.DataObject) -> None:
    model = small(cell, cutoffs=(10, 30))
    read = ids(data.draw, 1, 8)
    at = data.draw(st.integers(1, 7))
    other = read.clone()
    other[:, at:] = (other[:, at:] + 1) % VOCABULARY
    before, after = (model.logits(model(x)[0])[:, :at] for x in (read, other))
    torch.testing.assert_close(before, after)


@pytest.mark.parametrize("cell", CELLS)
@given(data=st.data())
@settings(max_examples=8)
def test_rows_do_not_depend_on_the_rows_beside_them(cell: str, data: st.DataObject) -> None:
    model = small(cell)
    rows = data.draw(
        st.lists(st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=9), min_size=1, max_size=5)
    )
    hidden, state = model.prefill(rows, 4)
    for number, row in enumerate(rows):
        alone, own = model(torch.tensor([row]))
        torch.testing.assert_close(hidden[number], alone[0, -1])
        for got, wanted in zip(state, own, strict=True):
            for part, single in zip(got, wanted, strict=True):
                torch.testing.assert_close(part[number], single[0])


@given(data=st.data())
@settings(max_examples=15)
def test_adaptive_softmax_is_a_distribution_and_nll_its_logarithm(data: st.DataObject) -> None:
    vocabulary = data.draw(st.integers(4, 40))
    cutoffs = tuple(sorted(data.draw(st.sets(st.integers(1, vocabulary - 1), max_size=3))))
    torch.manual_seed(data.draw(st.integers(0, 99)))
    softmax, weight = TokenSoftmax(vocabulary, 5, cutoffs), torch.randn(vocabulary, 5)
    with torch.no_grad():
        for parameter in softmax.parameters():
            parameter.normal_()
    hidden, targets = torch.randn(2, 6, 5), torch.randint(0, vocabulary, (2, 6))
    log_probabilities = softmax.logits(hidden, weight).log_softmax(-1)
    if cutoffs:  # its logits are normalised already
        torch.testing.assert_close(softmax.logits(hidden, weight).exp().sum(-1), torch.ones(2, 6))
    expected = -log_probabilities.gather(-1, targets[..., None])[..., 0]
    torch.testing.assert_close(softmax.nll(hidden, targets, weight), expected)


def test_adaptive_softmax_matches_torch() -> None:
    ours, weight = TokenSoftmax(20, 8, (4, 12)), torch.randn(20, 8)
    theirs = nn.AdaptiveLogSoftmaxWithLoss(8, 20, [4, 12], div_value=1.0)
    with torch.no_grad():
        ours.cluster.normal_()
        theirs.head.weight.copy_(torch.cat([weight[:4], ours.cluster]))
        for number, tail in enumerate(theirs.tail):
            tail[0].weight.copy_(torch.eye(8))
            tail[1].weight.copy_(weight[4:12] if number == 0 else weight[12:])
    hidden = torch.randn(7, 8)
    torch.testing.assert_close(ours.logits(hidden, weight), theirs.log_prob(hidden))


def test_every_dropout_acts_in_training_and_none_in_evaluation() -> None:
    read = torch.randint(0, VOCABULARY, (2, 6))
    plain = small()(read)[0]
    for name in ("dropout", "dropout_hidden", "dropout_input", "dropout_embedding", "weight_dropout"):
        model = small(**{name: 0.5})
        torch.testing.assert_close(model(read)[0], plain)
        model.train()
        assert not torch.allclose(model(read)[0], plain), name


def test_locked_dropout_keeps_one_mask_for_all_steps() -> None:
    model = small(dropout=0.5, width=64, hidden=None).train()
    silent = model(torch.randint(0, VOCABULARY, (2, 10)))[0] == 0
    assert silent.any() and bool((silent == silent[:, :1]).all())
    free = small(dropout=0.5, width=64, hidden=None, locked=False).train()
    silent = free(torch.randint(0, VOCABULARY, (2, 10)))[0] == 0
    assert not bool((silent == silent[:, :1]).all())


def test_embedding_dropout_drops_whole_words() -> None:
    model = small(dropout_embedding=0.5).train()
    torch.manual_seed(3)
    embedded = model._embed(torch.arange(VOCABULARY)[:, None].expand(-1, 2))
    gone = (embedded == 0).all(-1)
    assert gone.any() and not gone.all()
    assert bool((gone[:, 0] == gone[:, 1]).all())


def test_weight_dropout_leaves_the_weights_alone_and_reaches_their_gradient() -> None:
    model = small(weight_dropout=0.5).train()
    before = model.layers[0].weight_hh.detach().clone()
    read = torch.randint(0, VOCABULARY, (2, 6))
    model.nll(model(read)[0], read).sum().backward()
    assert torch.equal(model.layers[0].weight_hh, before)
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in model.parameters())


@pytest.mark.parametrize(
    "wrong",
    [
        {"cutoffs": [5, 5]},
        {"cutoffs": [60]},
        {"cutoffs": [0]},
        {"layers": 0},
        {"weight_dropout": 1},
        {"hidden": 0},
    ],
)
def test_configurations_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        config_of("lstm", {"vocab_size": 60, **wrong})


def test_configurations_survive_json() -> None:
    for cell in CELLS:
        made = config_of(cell, {"vocab_size": 60, "cutoffs": [5, 9], "hidden": 7})
        assert isinstance(made, RecurrentConfig)
        assert config_of(cell, json.loads(json.dumps(made.to_dict()))) == made


# ---------------------------------------------------------------- adapting while reading


def naive_cache(nll: Tensor, hidden: Tensor, targets: Tensor, config: CacheConfig) -> Tensor:
    made = []
    for t in range(len(targets)):
        before = range(max(0, t - config.window), t)
        weights = [math.exp(config.flatness * float(hidden[t] @ hidden[i])) for i in before]
        if not weights:
            made.append(float(nll[t]))
            continue
        hit = sum(w for w, i in zip(weights, before, strict=True) if targets[i] == targets[t]) / sum(weights)
        made.append(-math.log((1 - config.weight) * math.exp(-float(nll[t])) + config.weight * hit))
    return torch.tensor(made)


@given(
    window=st.integers(1, 9),
    weight=st.floats(0, 0.9),
    cuts=st.lists(st.integers(1, 11), max_size=3, unique=True),
    seed=st.integers(0, 50),
)
@settings(max_examples=25)
def test_neural_cache_matches_its_definition_however_the_text_is_cut(
    window: int, weight: float, cuts: list[int], seed: int
) -> None:
    torch.manual_seed(seed)
    nll, hidden, targets = torch.rand(12) * 5, torch.randn(12, 4), torch.randint(0, 4, (12,))
    config = CacheConfig(window=window, weight=weight, flatness=0.5)
    cache, got, start = NeuralCache(config), [], 0
    for end in [*sorted(cuts), 12]:
        got.append(cache.mix(nll[start:end], hidden[start:end], targets[start:end]))
        start = end
    torch.testing.assert_close(
        torch.cat(got), naive_cache(nll, hidden, targets, config), rtol=1e-4, atol=1e-4
    )


def repetitive(length: int) -> IdArray:
    return IdArray([(n * n) % 7 + 20 for n in range(length)])


@pytest.mark.parametrize("cell", CELLS)
def test_without_cache_and_updates_adaptive_scores_are_the_plain_ones(cell: str) -> None:
    model, text = small(cell), repetitive(50)
    plain = score(model, text, length=13)
    adapted = score_adaptively(model, text, length=7)
    frozen = score_adaptively(model, text, dynamic=DynamicConfig(segment=5, lr=0.0, decay=0.0))
    assert plain.tokens == adapted.tokens == frozen.tokens == 49
    assert adapted.nll == pytest.approx(plain.nll, rel=1e-5)
    assert frozen.nll == pytest.approx(plain.nll, rel=1e-5)


@pytest.mark.parametrize("cell", [*CELLS, "transformer"])
def test_cache_and_updates_help_on_text_that_repeats_and_leave_the_model_as_it_was(cell: str) -> None:
    if cell == "transformer":
        torch.manual_seed(0)
        model: Any = build(
            TransformerConfig(vocab_size=VOCABULARY, context=16, layers=1, heads=2, width=16)
        ).eval()
    else:
        model = small(cell)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    text = repetitive(200)
    plain = score_adaptively(model, text).loss
    assert score_adaptively(model, text, cache=CacheConfig(weight=0.3)).loss < plain - 0.2
    assert score_adaptively(model, text, dynamic=DynamicConfig(segment=4, lr=1e-2)).loss < plain - 0.2
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_a_first_segment_is_predicted_before_it_is_learnt_from() -> None:
    model, text = small(), repetitive(6)
    learning = score_adaptively(model, text, dynamic=DynamicConfig(segment=5, lr=0.5))
    assert learning.nll == pytest.approx(score(model, text, length=5).nll, rel=1e-5)


# ---------------------------------------------------------------- training


TEXT = "the cat sat on the mat and the dog sat on the log. 猫坐在垫子上。\n" * 60
QUICK = {
    "run.steps": "30",
    "run.eval_every": "15",
    "run.checkpoint_every": "15",
    "run.threads": "1",
    "data.length": "16",
    "data.batch": "4",
    "model.width": "24",
    "tokenizer.kind": "char",
    "schedule.warmup": "2",
}


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS)
def test_training_learns_saves_and_generates(cell: str, tmp_path: Path) -> None:
    source = tmp_path / "text.txt"
    source.write_text(TEXT, encoding="utf-8")
    recipe = preset(None, cell).override(QUICK)
    trained = train_language_model(source, recipe, tmp_path / "model")
    assert trained.valid["loss"] < math.log(40) - 0.5
    model = load_model(str(tmp_path / "model"))
    options = GenerationOptions(max_tokens=8, temperature=0.0)
    together = model.generate(["the c", "the dog sat", "猫"], options)
    alone = [model.generate([prompt], options)[0] for prompt in ("the c", "the dog sat", "猫")]
    assert [g.text for g in together] == [g.text for g in alone]


@pytest.mark.slow
def test_training_carries_state_over_contiguous_streams_and_resumes_bit_for_bit(tmp_path: Path) -> None:
    source = tmp_path / "text.txt"
    source.write_text(TEXT, encoding="utf-8")
    recipe = preset(None, "lstm").override(QUICK)
    whole = train_language_model(source, recipe, tmp_path / "whole")
    torch.manual_seed(99)
    train_language_model(source, recipe, tmp_path / "parted", seconds=0.0)
    again = train_language_model(source, recipe, tmp_path / "parted")
    assert again.outcome.progress.step == 30
    for name in ("model.safetensors",):
        first, second = (tmp_path / f / name for f in ("whole", "parted"))
        assert first.read_bytes() == second.read_bytes()
    assert whole.valid == again.valid
