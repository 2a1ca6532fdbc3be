"""The Transformer: no look ahead, the same with and without cache, alone and in a batch."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from datalect.errors import UsageError
from datalect.lm.architectures import build
from datalect.lm.causal import count_parameters
from datalect.lm.config import TransformerConfig
from datalect.lm.layers import naive_attention, rotary_table, rotate, sinusoidal_table
from lm.models import TINY, make_transformer

SHAPES = st.fixed_dictionaries(
    {
        "position": st.sampled_from(["rotary", "learned", "sinusoidal", "none"]),
        "norm": st.sampled_from(["rmsnorm", "layernorm"]),
        "norm_first": st.booleans(),
        "activation": st.sampled_from(["relu2", "gelu", "gelu_tanh", "swiglu"]),
        "kv_heads": st.sampled_from([None, 1, 2]),
        "tie": st.booleans(),
        "bias": st.booleans(),
        "qk_norm": st.booleans(),
    }
)


@given(shape=SHAPES, cut=st.integers(1, 11), seed=st.integers(0, 3))
@settings(max_examples=40)
def test_nothing_looks_ahead(shape, cut, seed):
    model = make_transformer(seed, **shape)
    ids = torch.randint(0, 40, (2, 12), generator=torch.Generator().manual_seed(seed))
    other = ids.clone()
    other[:, cut:] = (other[:, cut:] + 1) % 40
    with torch.no_grad():
        before, after = model.logits(model(ids)[0]), model.logits(model(other)[0])
    torch.testing.assert_close(before[:, :cut], after[:, :cut], rtol=0, atol=1e-5)
    assert not torch.allclose(before[:, cut:], after[:, cut:], atol=1e-3)


@pytest.mark.slow
@given(shape=SHAPES, cut=st.integers(1, 11))
@settings(max_examples=40)
def test_a_cache_changes_nothing(shape, cut):
    model = make_transformer(**shape)
    ids = torch.randint(0, 40, (3, 12), generator=torch.Generator().manual_seed(cut))
    with torch.no_grad():
        whole, _ = model(ids)
        first, state = model(ids[:, :cut], model.start(3, 12))
        rest = [first]
        rest += [model(ids[:, i : i + 1], state)[0] for i in range(cut, 11)]
        rest.append(model(ids[:, 11:], state)[0])
    torch.testing.assert_close(torch.cat(rest, 1), whole, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@given(shape=SHAPES, lengths=st.lists(st.integers(1, 9), min_size=2, max_size=4))
@settings(max_examples=30)
def test_rows_of_different_length_do_not_disturb_each_other(shape, lengths):
    model = make_transformer(**shape)
    drawn = torch.Generator().manual_seed(sum(lengths))
    rows = [torch.randint(0, 40, (n,), generator=drawn).tolist() for n in lengths]
    with torch.no_grad():
        hidden, state = model.prefill(rows, 16)
        following = torch.randint(0, 40, (len(rows), 2), generator=drawn)
        steps = [model(following[:, i : i + 1], state)[0][:, 0] for i in range(2)]
        for number, row in enumerate(rows):
            alone, own = model.prefill([row], 16)
            torch.testing.assert_close(hidden[number], alone[0], rtol=1e-4, atol=1e-4)
            for i in range(2):
                step, own = model(following[number : number + 1, i : i + 1], own)
                torch.testing.assert_close(steps[i][number], step[0, 0], rtol=1e-4, atol=1e-4)


def test_training_and_evaluation_compute_the_same():
    for kv_heads in (None, 2):
        model = make_transformer(kv_heads=kv_heads, qk_norm=True)
        ids = torch.randint(0, 40, (2, 12))
        with torch.no_grad():
            quiet, _ = model(ids)
        torch.testing.assert_close(model(ids)[0], quiet, rtol=1e-5, atol=1e-5)


def test_attention_equals_the_formula():
    torch.manual_seed(3)
    q, k, v = (torch.randn(2, 3, 7, 8) for _ in range(3))
    mask = torch.ones(7, 7, dtype=torch.bool).tril()
    ours = naive_attention(q, k, v, mask)
    torch.testing.assert_close(ours, F.scaled_dot_product_attention(q, k, v, is_causal=True))
    t = 4
    weights = [(q[0, 0, t] @ k[0, 0, s]).item() / 8**0.5 for s in range(t + 1)]
    shares = torch.tensor(weights).softmax(0)
    torch.testing.assert_close(ours[0, 0, t], sum(w * v[0, 0, s] for s, w in enumerate(shares)))


def test_rotary_scores_depend_on_distance_alone():
    cos, sin = rotary_table(40, 8, 10_000.0)
    sin[:, :4].neg_()
    q, k = torch.randn(8), torch.randn(8)

    def score(i, j):
        return float(rotate(q, cos[i], sin[i]) @ rotate(k, cos[j], sin[j]))

    assert score(5, 2) == pytest.approx(score(33, 30), abs=1e-4)
    assert score(5, 2) != pytest.approx(score(5, 3), abs=1e-3)
    torch.testing.assert_close(rotate(q, cos[0], sin[0]), q)


def test_sinusoids_are_those_of_the_paper():
    table = sinusoidal_table(10, 6)
    assert table[3, 2].item() == pytest.approx(torch.tensor(3 / 10_000 ** (2 / 6)).sin().item(), abs=1e-6)
    assert table[3, 3].item() == pytest.approx(torch.tensor(3 / 10_000 ** (2 / 6)).cos().item(), abs=1e-6)


def test_parameters_are_those_of_the_arithmetic():
    config = TransformerConfig(
        vocab_size=65,
        context=64,
        layers=4,
        heads=4,
        width=128,
        position="learned",
        norm="layernorm",
        activation="gelu",
    )
    block = 2 * 128 + 4 * 128 * 128 + 8 * 128 * 128
    assert count_parameters(build(config)) == 65 * 128 + 64 * 128 + 4 * block + 128
    assert count_parameters(build(replace(config, tie=False))) == 2 * 65 * 128 + 64 * 128 + 4 * block + 128


def test_a_fresh_model_holds_all_tokens_equally_likely():
    for init in ("gpt2", "fan_in"):
        model = build(TransformerConfig(vocab_size=50, context=16, width=64, init=init, zero_init=True))
        ids = torch.randint(0, 50, (4, 16))
        loss = model.nll(model(ids)[0], torch.randint(0, 50, (4, 16))).mean().item()
        assert loss == pytest.approx(torch.tensor(50.0).log().item(), abs=0.35)


def test_too_long_a_text_is_refused():
    model = make_transformer()
    with pytest.raises(UsageError, match="context"):
        model(torch.zeros(1, 25, dtype=torch.long))
    with pytest.raises(UsageError, match="context"):
        model(torch.zeros(1, 9, dtype=torch.long), model.start(1, 8))


@pytest.mark.parametrize(
    "wrong",
    [
        {"layers": 0},
        {"layers": 10**9},
        {"width": 0},
        {"width": 10**9},
        {"heads": 5},
        {"kv_heads": 3},
        {"heads": -1},
        {"context": 0},
        {"dropout": 1.5},
        {"dropout": float("nan")},
        {"position": "magic"},
        {"vocab_size": -1},
        {"width": 4, "heads": 4},
        {"norm_eps": 0.0},
        {"ffn_width": 0},
        {"rope_base": float("inf")},
    ],
)
def test_absurd_configurations_are_refused(wrong):
    with pytest.raises(UsageError):
        replace(TINY, **wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"layers": "4"}, {"layers": True}, {"layers": 2.5}, {"bias": 1}, {"surprise": 1}, {"norm": None}, []],
)
def test_configurations_of_the_wrong_type_are_refused(wrong):
    with pytest.raises(UsageError):
        TransformerConfig.from_dict(wrong)


@given(shape=SHAPES)
def test_a_configuration_survives_json(shape):
    config = replace(TINY, **shape)
    assert TransformerConfig.from_dict(config.to_dict()) == config
