"""A plain loop with nanoGPT's published settings for characters on a CPU: the rival of lm_shakespeare.

The settings are those of its README ("I only have a macbook"): 4 layers, 4 heads, width 128, context 64,
batches of 12, 2,000 steps, dropout 0, AdamW at 1e-3 with betas 0.9 and 0.99, weight decay 0.1 on matrices,
clipping at 1, 100 steps of warm-up, cosine to 1e-4, float32, eager. The model is GPT-2's without biases:
learned positions, LayerNorm before each sublayer, exact GELU, tied embeddings, normal initialisation of 0.02.
"""

from __future__ import annotations

import math
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

BLOCK, BATCH, LAYERS, HEADS, WIDTH = 64, 12, 4, 4, 128


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm_1 = nn.LayerNorm(WIDTH, bias=False)
        self.attention = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.project = nn.Linear(WIDTH, WIDTH, bias=False)
        self.norm_2 = nn.LayerNorm(WIDTH, bias=False)
        self.up = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.down = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = self.attention(self.norm_1(x)).split(WIDTH, dim=2)
        q, k, v = (part.view(b, t, HEADS, WIDTH // HEADS).transpose(1, 2) for part in (q, k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.project(y.transpose(1, 2).contiguous().view(b, t, WIDTH))
        return x + self.down(F.gelu(self.up(self.norm_2(x))))


class Reference(nn.Module):
    def __init__(self, vocab: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocab, WIDTH)
        self.positions = nn.Embedding(BLOCK, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                deep = name.endswith(("project.weight", "down.weight"))
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * LAYERS) if deep else 0.02)

    def forward(self, ids, targets):
        x = self.tokens(ids) + self.positions(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        logits = F.linear(self.norm(x), self.tokens.weight)
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.reshape(-1))


class ReferenceRun:
    """Training that can be paced from outside, so that rivals share the machine's moods."""

    def __init__(
        self, train: np.ndarray, vocab: int, *, seed: int, steps: int, bfloat16: bool = False
    ) -> None:
        torch.manual_seed(seed)
        self.ids = train.astype(np.uint16)
        self.model, self.steps, self.done = Reference(vocab), steps, 0
        self.bfloat16 = bfloat16
        matrices = [p for p in self.model.parameters() if p.dim() > 1]
        vectors = [p for p in self.model.parameters() if p.dim() < 2]
        self.optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}],
            lr=1e-3,
            betas=(0.9, 0.99),
        )
        self.cpu_seconds = 0.0

    def run(self, steps: int) -> None:
        began = time.process_time()
        for _ in range(steps):
            self._step()
        self.cpu_seconds += time.process_time() - began

    def _step(self) -> None:
        starts = torch.randint(len(self.ids) - BLOCK, (BATCH,))
        x = torch.stack([torch.from_numpy(self.ids[i : i + BLOCK].astype(np.int64)) for i in starts])
        y = torch.stack([torch.from_numpy(self.ids[i + 1 : i + 1 + BLOCK].astype(np.int64)) for i in starts])
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            loss = self.model(x, y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.done += 1

    def _rate(self) -> float:
        if self.done < 100:
            return 1e-3 * (self.done + 1) / 101
        share = (self.done - 100) / (self.steps - 100)
        return 1e-4 + 0.5 * (1 + math.cos(math.pi * share)) * (1e-3 - 1e-4)

    @torch.no_grad()
    def evaluate(self, ids: np.ndarray) -> float:
        """Nats per token over a whole split, windows side by side."""
        total = 0.0
        self.model.eval()
        for start in range(0, len(ids) - 1, BLOCK):
            part = torch.from_numpy(ids[start : start + BLOCK + 1].astype(np.int64))[None]
            total += float(self.model(part[:, :-1], part[:, 1:])) * (part.shape[1] - 1)
        self.model.train()
        return total / (len(ids) - 1)
