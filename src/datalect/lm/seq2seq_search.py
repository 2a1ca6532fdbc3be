"""Writing targets: beam search with length and coverage penalties, and drawing token by token.

Sources are searched side by side; what one gets does not depend on the others.

Names of dimensions: N live rows (sources times beams), S source tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from datalect.lm.base import GenerationOptions, StopReason
from datalect.lm.causal import map_state
from datalect.lm.sampling import Draws
from datalect.lm.seq2seq import Memory, Seq2SeqModel, pad


@dataclass(kw_only=True)
class Written:
    """A target that was written for a source."""

    ids: list[int]
    """Its tokens, the end not included."""
    log_prob: float
    """Sum of the tokens' log probabilities in nats, the end included."""
    tokens: int
    """Tokens written, the end included."""
    reason: StopReason
    score: float = 0.0
    """What beam search ranks by."""
    attention: Tensor = field(repr=False)
    """How much each written token looked at each source token, ``(tokens, S)``."""


@dataclass
class _Step:
    """One step of all live rows, for tracing paths back."""

    parents: list[int]
    tokens: list[int]
    attention_NS: Tensor
    """Of the parents, before they were picked."""


@torch.inference_mode()
def beam_search(
    model: Seq2SeqModel,
    sources: Sequence[Sequence[int]],
    end_id: int,
    options: GenerationOptions,
    *,
    coverage: float = 0.0,
) -> list[list[Written]]:
    """The ``options.beams`` best targets found for each source, best first.

    A finished row is ranked by its log probability divided by its length to the power ``length_penalty``,
    plus ``coverage`` times the sum over source tokens of ``log(min(attention it got, 1))`` (Wu et al. 2016,
    equation 14), which disfavours targets that leave a part of the source out.

    Args:
        model: in evaluation mode.
        sources: tokens of each, none empty.
        end_id: starts and ends targets.
        options: ``max_tokens``, ``beams`` and ``length_penalty`` are used.
        coverage: weight of the coverage penalty; 0 for none.
    """
    width, power = options.beams, options.length_penalty
    memory = _encoded(model, sources).pick(_repeat(len(sources), width, model))
    state, device = model.start(memory), memory.ids_BS.device
    live = list(range(len(sources)))
    scores = [[0.0] + [-float("inf")] * (width - 1) for _ in live]
    looked = torch.zeros(memory.ids_BS.shape, device=device)
    tokens = [end_id] * len(memory.ids_BS)
    pools: list[list[Written]] = [[] for _ in live]
    steps: list[_Step] = []
    for step in range(1, options.max_tokens + 1):
        decoded = model.decode(torch.tensor(tokens, device=device)[:, None], memory, state)
        logs = model.log_probabilities(decoded, memory)[:, -1].cpu().double()
        attention = decoded.attention_BTS[:, -1]
        now = looked + attention
        penalty = (now.clamp(1e-9, 1.0).log() * memory.inside_BS).sum(-1).tolist()
        total = logs.view(len(live), width, -1) + torch.tensor(scores, dtype=torch.float64)[..., None]
        best = torch.topk(total.flatten(1), min(2 * width, total[0].numel()))
        parents: list[int] = []
        chosen: list[int] = []
        scores, still = [], []
        for place, source in enumerate(live):
            grown: list[tuple[int, int, float]] = []
            pairs = zip(best.values[place].tolist(), best.indices[place].tolist(), strict=True)
            for value, index in pairs:
                row, token = divmod(index, total.shape[-1])
                row += place * width
                if value == -float("inf"):
                    break
                if token == end_id or step == options.max_tokens:
                    ranked = value / step**power + coverage * penalty[row]
                    path, seen = _trace(steps, row, attention)
                    ended = token == end_id
                    pools[source].append(
                        Written(
                            ids=path if ended else [*path, token],
                            log_prob=value,
                            tokens=step,
                            reason="end" if ended else "length",
                            score=ranked,
                            attention=seen[:, : len(sources[source])].cpu(),
                        )
                    )
                else:
                    grown.append((row, token, value))
                if len(grown) == width:
                    break
            pools[source] = sorted(pools[source], key=lambda one: -one.score)[:width]
            if grown and not _settled(pools[source], width, grown[0][2], step, options):
                still.append(source)
                # Fewer than ``width`` ways to go on happen with tiny vocabularies only.
                filled = grown + [(grown[0][0], grown[0][1], -float("inf"))] * (width - len(grown))
                parents += [row for row, _, _ in filled]
                chosen += [token for _, token, _ in filled]
                scores.append([value for _, _, value in filled])
        if not still:
            break
        steps.append(_Step(parents, chosen, attention))
        live, tokens = still, chosen
        rows = torch.tensor(parents, device=device)
        memory, looked = memory.pick(rows), now.index_select(0, rows)
        state = map_state(decoded.state, lambda part, rows=rows: part.index_select(0, rows))
    return pools


def _settled(
    pool: list[Written], width: int, best_live: float, step: int, options: GenerationOptions
) -> bool:
    """Whether no live row can still overtake: penalties only lower what it can reach."""
    if len(pool) < width:
        return False
    length = options.max_tokens if options.length_penalty > 0 else step
    return pool[-1].score >= best_live / float(length**options.length_penalty)


def _trace(steps: list[_Step], row: int, last_NS: Tensor) -> tuple[list[int], Tensor]:
    """Tokens on the way to a row, and the attention of each step up to and including the present one."""
    ids, looks = [], [last_NS[row]]
    for step in reversed(steps):
        ids.append(step.tokens[row])
        row = step.parents[row]
        looks.append(step.attention_NS[row])
    width = last_NS.shape[1]
    return ids[::-1], torch.stack([look[:width] for look in reversed(looks)])


@torch.inference_mode()
def draw(
    model: Seq2SeqModel,
    sources: Sequence[Sequence[int]],
    end_id: int,
    options: GenerationOptions,
    stopped: Callable[[list[int]], bool],
    numbers: Sequence[int],
) -> list[Written]:
    """One target for each source, token by token; greedy at temperature 0.

    Args:
        model: in evaluation mode.
        sources: tokens of each, none empty.
        end_id: starts and ends targets.
        options: all but ``beams`` and ``length_penalty``.
        stopped: whether tokens spell a stop text.
        numbers: which of all sources each is; draws depend on it, not on how they are batched.
    """
    memory = _encoded(model, sources)
    state, device = model.start(memory), memory.ids_BS.device
    made = [
        Written(ids=[], log_prob=0.0, tokens=0, reason="length", attention=torch.zeros(0, len(source)))
        for source in sources
    ]
    draws = [Draws(options.seed, number) for number in numbers]
    looks: list[list[Tensor]] = [[] for _ in sources]
    live, tokens = list(range(len(sources))), [end_id] * len(sources)
    for _ in range(options.max_tokens):
        decoded = model.decode(torch.tensor(tokens, device=device)[:, None], memory, state)
        logs = model.log_probabilities(decoded, memory)[:, -1].cpu()
        kept, tokens = [], []
        for place, number in enumerate(live):
            one = made[number]
            token = draws[number].next(logs[place], torch.tensor(sorted(set(one.ids))), options)
            one.tokens, one.log_prob = one.tokens + 1, one.log_prob + float(logs[place, token])
            looks[number].append(decoded.attention_BTS[place, -1, : len(sources[number])].cpu())
            if token == end_id:
                one.reason = "end"
                continue
            one.ids.append(token)
            if options.stop and stopped(one.ids):
                one.reason = "stop"
                continue
            kept.append(place)
            tokens.append(token)
        live = [live[place] for place in kept]
        if not live:
            break
        rows = torch.tensor(kept, device=device)
        memory = memory.pick(rows)
        state = map_state(decoded.state, lambda part, rows=rows: part.index_select(0, rows))
    for one, seen in zip(made, looks, strict=True):
        one.attention = torch.stack(seen)
    return made


def _encoded(model: Seq2SeqModel, sources: Sequence[Sequence[int]]) -> Memory:
    device = next(model.parameters()).device
    ids, lengths = pad(sources)
    return model.encode(ids.to(device), lengths.to(device))


def _repeat(sources: int, width: int, model: Seq2SeqModel) -> Tensor:
    device = next(model.parameters()).device
    return torch.arange(sources, device=device).repeat_interleave(width)
