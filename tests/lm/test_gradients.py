"""Gradients written out by hand equal finite differences, and the results equal the plain formulas."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from datalect.lm.gradients import relu_squared, rms_norm, short_attention
from datalect.lm.layers import naive_attention, rotary_table, rotate


def rotary(length, width):
    cos, sin = rotary_table(length, width, 100.0)
    sin[:, : width // 2].neg_()
    return cos.double()[:, None], sin.double()[:, None]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("eps", [None, 1e-5])
def test_short_attention(turned, eps):
    torch.manual_seed(0)
    heads = torch.randn(2, 5, 6, 4, dtype=torch.double, requires_grad=True)
    where = rotary(5, 4) if turned else None
    assert torch.autograd.gradcheck(lambda x: short_attention(x, where, eps), (heads,))
    q, k, v = (part.detach() for part in heads.split(2, 2))
    if eps is not None:
        q, k = F.rms_norm(q, (4,), eps=eps), F.rms_norm(k, (4,), eps=eps)
    if where is not None:
        q, k = rotate(q, *where), rotate(k, *where)
    mask = torch.ones(5, 5, dtype=torch.bool).tril()
    plain = naive_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), mask)
    torch.testing.assert_close(short_attention(heads.detach(), where, eps), plain.transpose(1, 2).flatten(2))


@pytest.mark.parametrize("scaled", [False, True])
def test_rms_norm(scaled):
    torch.manual_seed(1)
    x = torch.randn(3, 2, 6, dtype=torch.double, requires_grad=True)
    weight = torch.randn(6, dtype=torch.double, requires_grad=True) if scaled else None
    assert torch.autograd.gradcheck(
        lambda *a: rms_norm(a[0], a[1] if scaled else None, 1e-5), (x, *([weight] if scaled else []))
    )
    torch.testing.assert_close(rms_norm(x, weight, 1e-5), F.rms_norm(x, (6,), weight, 1e-5))
    with torch.no_grad():
        torch.testing.assert_close(rms_norm(x, weight, 1e-5), F.rms_norm(x, (6,), weight, 1e-5))


def test_relu_squared():
    x = (torch.randn(20, dtype=torch.double) + 0.01).requires_grad_()
    assert torch.autograd.gradcheck(relu_squared, (x,))
    torch.testing.assert_close(relu_squared(x), F.relu(x).square())


def test_bfloat16_gives_nearly_the_same_gradients():
    torch.manual_seed(2)
    heads = torch.randn(2, 16, 12, 8)
    made = []
    for low in (False, True):
        given = heads.clone().requires_grad_()
        out = short_attention(given.bfloat16() if low else given, None, 1e-5)
        out.float().square().sum().backward()
        made.append(given.grad)
    assert float((made[0] - made[1]).norm() / made[0].norm()) < 0.02
