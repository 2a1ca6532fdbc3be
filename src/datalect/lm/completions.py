"""The most probable next tokens, words or phrases of a model."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from itertools import count

import numpy as np

from datalect.errors import CheckpointError, UsageError
from datalect.lm.base import LanguageModel, ScoringModel

_MOST_LOOKS = 400


@dataclass(frozen=True, kw_only=True)
class Completion:
    """A continuation and how probable the model holds it."""

    text: str
    probability: float
    tokens: int


def completions(
    model: LanguageModel, prompt: str, *, top: int = 10, tokens: int = 1, words: int = 0
) -> list[Completion]:
    """The most probable continuations, best first.

    A best-first search: none of higher probability is missed within the search's limit.

    Args:
        model: one whose probabilities can be read.
        prompt: the text so far.
        top: how many.
        tokens: tokens in each, when ``words`` is 0.
        words: whole words in each: a continuation is done when the next word, a punctuation mark or the end
        begins.

    Raises:
        UsageError: the prompt is empty.
        CheckpointError: the model does not tell probabilities.
    """
    if not isinstance(model, ScoringModel):
        raise CheckpointError(f"{model.name} does not tell probabilities.", expected="a local model")
    start = model.encode(prompt)
    if not start:
        raise UsageError("The prompt is empty.", expected="at least one character that the model knows")
    order = count()
    # Most probable first; what is popped as done is at least as probable as all that is left.
    heap: list[tuple[float, int, list[int], bool]] = [(0.0, next(order), [], False)]
    found: dict[object, Completion] = {}
    looks = 0
    while heap and len(found) < top and looks < _MOST_LOOKS:
        cost, _, ids, done = heapq.heappop(heap)
        text = _text(model, start, ids)
        if done:
            # Token sequences that spell one text count together; parts of a character are no text yet.
            key: object = tuple(ids) if "\ufffd" in text else text
            known = found.get(key)
            total = math.exp(-cost) + (known.probability if known else 0.0)
            found[key] = Completion(text=text, probability=total, tokens=len(ids))
            continue
        looks += 1
        logits = model.logits(_fitting(model, start + ids))[-1].astype(np.float64)
        log_probs = logits - np.logaddexp.reduce(logits)
        for token in np.argsort(-log_probs, kind="stable")[: max(top, 20) * 2].tolist():
            grown = [*ids, token]
            price = cost - float(log_probs[token])
            if not words:
                heapq.heappush(heap, (price, next(order), grown, len(grown) == tokens))
            elif ids and (
                token == model.tokenizer.end_id
                or _closes(_text(model, start, ids), _text(model, start, grown), words)
            ):
                heapq.heappush(heap, (price, next(order), ids, True))
            elif token != model.tokenizer.end_id:
                heapq.heappush(heap, (price, next(order), grown, False))
    return sorted(found.values(), key=lambda c: -c.probability)


def _closes(before: str, after: str, words: int) -> bool:
    """Whether the text before is so many whole words that what was added begins something else."""
    whole = before.split()
    if len(whole) < words or not whole[-1][-1].isalnum():
        return False
    added = after[len(before) :]
    return bool(added) and not (added[0].isalnum() or added[0] in "'’-\ufffd")


def _text(model: ScoringModel, start: list[int], ids: list[int]) -> str:
    if model.tokenizer.lossless:
        return model.tokenizer.decode(ids)
    before = model.tokenizer.decode(start[-1:])
    return model.tokenizer.decode(start[-1:] + ids)[len(before) :]


def _fitting(model: ScoringModel, ids: list[int]) -> list[int]:
    return ids if model.context is None else ids[-model.context :]
