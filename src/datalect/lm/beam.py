"""Beam search: the most probable continuations instead of a drawn one."""

from __future__ import annotations

import torch

from datalect.lm.base import GenerationOptions, Tokenizer
from datalect.lm.causal import CausalModel
from datalect.lm.generate import Decoder, Row, finish


@torch.inference_mode()
def beam_search(
    model: CausalModel, tokenizer: Tokenizer, prompt: list[int], options: GenerationOptions
) -> list[Row]:
    """The ``options.beams`` best continuations found, best first.

    Finished rows compete by log probability divided by length to the power ``length_penalty`` (Wu et al.
    2016 use a shifted length; this is the plain form of Hugging Face and fairseq).
    """
    width, decoder = options.beams, Decoder(model, options.max_tokens)
    logits = decoder.read([prompt])
    live = [Row(prompt)]
    done: list[Row] = []
    for _ in range(options.max_tokens):
        scores = logits.cpu().double().log_softmax(-1) + torch.tensor([[row.log_prob] for row in live])
        best = torch.topk(scores.flatten(), min(2 * width, scores.numel()))
        grown, parents = [], []
        for value, place in zip(best.values.tolist(), best.indices.tolist(), strict=True):
            parent, token = divmod(place, scores.shape[1])
            row = Row(prompt, [*live[parent].ids, token], value)
            finish(row, tokenizer, options)
            if row.reason is not None:
                done.append(row)
            else:
                grown.append(row)
                parents.append(parent)
            if len(grown) == width:
                break
        done = sorted(done, key=lambda row: -ranked(row, options))[:width]
        if not grown or (len(done) == width and _settled(done, grown, options)):
            break
        live = grown
        decoder.pick(parents)
        logits = decoder.step([row.ids[-1] for row in live], [row.whole() for row in live])
    return sorted(done or live, key=lambda row: -ranked(row, options))[:width]


def ranked(row: Row, options: GenerationOptions) -> float:
    """What rows of different length are compared by."""
    return row.log_prob / float(max(1, len(row.ids)) ** options.length_penalty)


def _settled(done: list[Row], live: list[Row], options: GenerationOptions) -> bool:
    """Whether no live row can still overtake: the best it can reach is its score at the greatest length."""
    power = options.length_penalty
    length = options.max_tokens if power > 0 else len(live[0].ids)
    return ranked(done[-1], options) >= live[0].log_prob / float(max(1, length) ** power)
