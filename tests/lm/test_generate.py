"""Generation: the contract, the cache, batches, filters, stops, beams."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from datalect.errors import UsageError
from datalect.lm.base import GenerationOptions
from datalect.lm.beam import beam_search
from datalect.lm.completions import completions
from datalect.lm.sampling import Draws, filtered, penalise
from datalect.testing import check_language_model
from lm.models import make_model


@pytest.mark.parametrize("kind", ["char", "byte", "word", "bpe"])
def test_contract(kind):
    check_language_model(make_model(kind))


@pytest.mark.parametrize(
    "changes", [{"position": "learned"}, {"kv_heads": 2}, {"norm_first": False}, {"tie": False}]
)
def test_contract_of_other_shapes(changes):
    check_language_model(make_model("char", **changes), "从前有一个 model")


def greedy(model, prompt, count):
    """Generation without a cache, one whole pass per token, while the context lasts."""
    ids = model.encode(prompt)
    start = len(ids)
    for _ in range(count):
        ids.append(int(model.logits(ids)[-1].argmax()))
    return model.tokenizer.decode(ids[start:])


def test_the_cache_gives_the_same_greedy_text():
    model = make_model("char", seed=3)
    for prompt in ("Once", "It said", "模型"):
        (made,) = model.generate([prompt], GenerationOptions(max_tokens=12, temperature=0))
        assert made.text == greedy(model, prompt, 12)


def test_generation_goes_on_beyond_the_context():
    model = make_model("char")
    prompts = ["Once upon a time there was a model", "It", "Once upon a time there"]
    for temperature in (0.0, 1.0):
        options = GenerationOptions(max_tokens=60, temperature=temperature, seed=1)
        together = model.generate(prompts, options)
        assert [g.tokens for g in together] == [60] * 3 or all(
            g.reason == "end" for g in together if g.tokens < 60
        )
        assert model.generate(prompts[:1], options)[0].text == together[0].text
        assert "".join(model.stream(prompts[0], options)) == together[0].text


def test_rows_have_their_own_draws():
    model = make_model("char")
    texts = {
        g.text
        for g in model.generate(["Once"] * 5, GenerationOptions(max_tokens=20, seed=2, temperature=2.0))
    }
    assert len(texts) == 5
    again = {
        g.text
        for g in model.generate(["Once"] * 5, GenerationOptions(max_tokens=20, seed=2, temperature=2.0))
    }
    other = {
        g.text
        for g in model.generate(["Once"] * 5, GenerationOptions(max_tokens=20, seed=3, temperature=2.0))
    }
    assert texts == again != other


def test_streaming_never_shows_half_a_character_or_half_a_stop():
    model = make_model("byte", seed=5)
    options = GenerationOptions(max_tokens=60, temperature=3.0, seed=1)
    (made,) = model.generate(["模型"], options)
    pieces = list(model.stream("模型", options))
    assert "".join(pieces) == made.text and len(pieces) > 5
    stop = made.text[20:23]
    ended = GenerationOptions(max_tokens=60, temperature=3.0, seed=1, stop=(stop, "never there"))
    shown = ""
    for piece in model.stream("模型", ended):
        shown += piece
        assert stop not in shown
    assert shown == made.text[: made.text.index(stop)]


# ---------------------------------------------------------------- sampling

LOGITS = st.lists(st.floats(-20, 20), min_size=2, max_size=30)


@given(LOGITS, st.integers(1, 40), st.floats(0.05, 1.0), st.floats(0.0, 1.0), st.floats(0.1, 5.0))
def test_filters_leave_a_distribution(logits, k, p, least, temperature):
    options = GenerationOptions(top_k=k, top_p=p, min_p=least, temperature=temperature)
    made = filtered(torch.tensor(logits), options)
    assert made.sum().item() == pytest.approx(1.0)
    plain = (torch.tensor(logits).double() / temperature).softmax(-1)
    kept = made > 0
    assert kept[int(plain.argmax())]
    assert plain[kept].min() >= plain[~kept].max() - 1e-12 if (~kept).any() else True
    ratio = made[kept] / plain[kept]
    assert torch.allclose(ratio, ratio[0].expand_as(ratio))


def test_each_filter_keeps_what_it_says():
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    kept = lambda **o: (filtered(logits, GenerationOptions(**o)) > 0).tolist()  # noqa: E731
    assert kept(top_k=2) == [True, True, False, False]
    assert kept(top_p=0.5) == [True, False, False, False]
    assert kept(top_p=0.51) == [True, True, False, False]
    assert kept(min_p=0.2) == [True, True, True, False]
    assert kept() == [True] * 4


def test_draws_follow_the_probabilities():
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    draws, none = Draws(11, 0), torch.empty(0)
    counts = torch.zeros(4)
    for _ in range(4000):
        counts[draws.next(logits, none, GenerationOptions())] += 1
    assert torch.allclose(counts / 4000, torch.tensor([0.5, 0.3, 0.15, 0.05]), atol=0.03)


def test_the_penalty_makes_seen_tokens_less_likely():
    logits = torch.tensor([2.0, -2.0, 1.0])
    made = penalise(logits, torch.tensor([0, 1]), 2.0)
    assert made.tolist() == [1.0, -4.0, 1.0] and logits.tolist() == [2.0, -2.0, 1.0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_tokens": 0},
        {"temperature": -1},
        {"temperature": float("nan")},
        {"top_k": -1},
        {"top_p": 0},
        {"top_p": 1.1},
        {"min_p": 2},
        {"repetition_penalty": 0},
        {"beams": 0},
        {"stop": ("",)},
        {"seed": -1},
        {"beams": 10**9},
    ],
)
def test_senseless_options_are_refused(wrong):
    with pytest.raises(UsageError):
        GenerationOptions(**wrong)


# ---------------------------------------------------------------- beams and completions


def log_prob(model, prompt, ids):
    start = model.encode(prompt)
    scores = torch.from_numpy(model.logits(start + ids)).double().log_softmax(-1)
    return sum(scores[len(start) - 1 + i, token].item() for i, token in enumerate(ids))


@pytest.mark.slow
def test_a_wide_beam_finds_the_most_probable_text():
    model = make_model("char", seed=4)
    vocab = model.tokenizer.vocab_size
    end = model.tokenizer.end_id
    options = GenerationOptions(max_tokens=2, beams=vocab, length_penalty=0.0)
    rows = beam_search(model.module, model.tokenizer, model.encode("On"), options)
    pairs = [[a, b] for a, b in itertools.product(range(vocab), repeat=2) if a != end] + [[end]]
    best = max(log_prob(model, "On", ids) for ids in pairs[:: max(1, len(pairs) // 3000)])
    assert rows[0].log_prob >= best - 1e-6
    assert rows[0].log_prob == pytest.approx(log_prob(model, "On", rows[0].ids), abs=1e-4)
    assert [r.log_prob for r in rows] == sorted((r.log_prob for r in rows), reverse=True)


def test_beams_are_never_worse_than_greedy():
    model = make_model("bpe", seed=6)
    plain = model.generate(["Once upon"], GenerationOptions(max_tokens=8, temperature=0))[0]
    wide = model.generate(["Once upon"], GenerationOptions(max_tokens=8, beams=6, length_penalty=0.0))[0]
    assert wide.log_prob >= plain.log_prob - 1e-6
    one = model.generate(["Once upon"], GenerationOptions(max_tokens=8, beams=2))[0]
    assert "".join(model.stream("Once upon", GenerationOptions(max_tokens=8, beams=2))) == one.text


def test_completions_are_the_most_probable_ones():
    model = make_model("char", seed=7)
    found = completions(model, "Once", top=5)
    scores = torch.from_numpy(model.logits(model.encode("Once"))[-1]).double().softmax(-1)
    best = scores.topk(5)
    assert [c.probability for c in found] == pytest.approx(best.values.tolist(), abs=1e-5)
    assert found[0].text == model.tokenizer.decode([int(best.indices[0])])
    two = completions(model, "Once", top=3, tokens=2)
    assert all(c.tokens == 2 for c in two)
    for c in two:
        ids = model.encode("Once" + c.text)[-2:]
        if len(c.text) == 2 and "\ufffd" not in c.text:
            assert c.probability == pytest.approx(
                torch.tensor(log_prob(model, "Once", ids)).exp().item(), abs=1e-5
            )


def test_completions_in_words_are_whole_words():
    model = make_model("char", seed=8)
    for c in completions(model, "Once upon a ", top=4, words=1):
        assert len(c.text.split()) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"position": "learned", "norm": "layernorm", "bias": True},
        {"kv_heads": 2, "qk_norm": True},
        {"position": "sinusoidal", "activation": "swiglu", "tie": False},
        {"norm_first": False},
    ],
)
def test_one_row_is_stepped_as_many_are(changes):
    model = make_model("char", seed=9, **changes)
    options = GenerationOptions(max_tokens=40, temperature=0)
    alone, beside = model.generate(["Once"], options)[0], model.generate(["Once", "It said"], options)[0]
    assert alone.text == beside.text and alone.log_prob == pytest.approx(beside.log_prob, abs=1e-3)
    with torch.no_grad():
        for parameter in model.module.parameters():
            parameter.mul_(-1.1)
    changed = model.generate(["Once"], options)[0]
    assert changed.log_prob == pytest.approx(model.generate(["Once", "It"], options)[0].log_prob, abs=1e-3)
