"""Likelihood of a text equals what single passes give, window by window."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from datalect.errors import UsageError
from datalect.lm.perplexity import IdArray, Score, score, token_nll
from lm.models import make_transformer

MODEL = make_transformer(seed=1)


def naive(ids, length, stride):
    """Each target alone, with the context its window gives it."""
    total = 0.0
    for target in range(1, len(ids)):
        start = 0 if target <= length else stride * -(-(target - length) // stride)
        with torch.no_grad():
            hidden, _ = MODEL(torch.tensor([ids[start:target]]))
            total -= MODEL.logits(hidden)[0, -1].log_softmax(-1)[ids[target]].item()
    return total


@pytest.mark.slow
@given(
    count=st.integers(2, 70), length=st.integers(1, 24), stride=st.integers(1, 24), batch=st.integers(1, 5)
)
def test_every_token_counts_once_with_its_context(count, length, stride, batch):
    stride = min(stride, length)
    ids = torch.randint(0, 40, (count,), generator=torch.Generator().manual_seed(count)).tolist()
    made = score(MODEL, IdArray(ids), length=length, stride=stride, batch=batch)
    assert made.tokens == count - 1
    assert made.nll == pytest.approx(naive(ids, length, stride), rel=1e-5)


def test_windows_side_by_side_are_the_default():
    ids = torch.randint(0, 40, (60,)).tolist()
    assert score(MODEL, IdArray(ids), length=16).nll == pytest.approx(naive(ids, 16, 16), rel=1e-5)
    assert score(MODEL, IdArray(ids[:20]), length=24).nll == pytest.approx(
        token_nll(MODEL, ids[:20]).sum().item(), rel=1e-5
    )


def test_figures_follow_from_the_likelihood():
    made = Score(nll=200 * math.log(8), tokens=200).metrics(bytes_=400, words=100)
    assert made["perplexity"] == pytest.approx(8)
    assert made["loss"] == pytest.approx(math.log(8))
    assert made["word_perplexity"] == pytest.approx(64)
    assert made["bits_per_byte"] == pytest.approx(1.5)


def test_too_short_a_text_is_refused():
    with pytest.raises(UsageError):
        score(MODEL, IdArray([3]), length=8)
