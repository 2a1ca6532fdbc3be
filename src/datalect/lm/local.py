"""Models of our own form as a `ScoringModel`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch

from datalect.errors import UsageError
from datalect.lm.base import Generation, GenerationOptions, Tokenizer
from datalect.lm.causal import CausalModel
from datalect.lm.generate import Row, check_prompt, continue_rows
from datalect.lm.tokenizers.spelling import check_ids

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class LocalModel:
    """A left-to-right model and its tokenizer.

    Args:
        module: in evaluation mode.
        tokenizer: the one it was trained with.
        name: for people.
    """

    def __init__(self, module: CausalModel, tokenizer: Tokenizer, name: str = "model") -> None:
        self.module = module.eval()
        self._tokenizer = tokenizer
        self._name = name

    @property
    def name(self) -> str:
        """Name for people."""
        return self._name

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer."""
        return self._tokenizer

    @property
    def context(self) -> int | None:
        """Most tokens it can look back on; None where unbounded."""
        return self.module.context

    def encode(self, text: str) -> list[int]:
        """Token ids of a text."""
        return self._tokenizer.encode(text)

    def logits(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """Logits of the token after each position, shape ``(len(ids), vocab_size)``.

        Raises:
            UsageError: no ids, more than the context, or an id outside the vocabulary.
        """
        if not len(ids):
            raise UsageError("There are no tokens.", expected="at least one")
        check_ids(ids, self._tokenizer.vocab_size)
        with torch.inference_mode():
            device = next(self.module.parameters()).device
            hidden, _ = self.module(torch.tensor([list(ids)], device=device))
            made: NDArray[np.float32] = self.module.logits(hidden[0]).float().cpu().numpy()
            return made

    def generate(self, prompts: Sequence[str], options: GenerationOptions) -> list[Generation]:
        """Continue each prompt.

        Raises:
            UsageError: a prompt is empty.
        """
        if not prompts:
            return []
        ids = [self._prompt(prompt) for prompt in prompts]
        if options.beams > 1:
            from datalect.lm.beam import beam_search

            rows = [beam_search(self.module, self._tokenizer, row, options)[0] for row in ids]
        else:
            rows = list(continue_rows(self.module, self._tokenizer, ids, options))[-1]
        return [_generation(prompt, row) for prompt, row in zip(prompts, rows, strict=True)]

    def stream(self, prompt: str, options: GenerationOptions) -> Iterator[str]:
        """Continue a prompt piece by piece; joined, the pieces are what ``generate`` gives."""
        if options.beams > 1:
            yield self.generate([prompt], options)[0].text
            return
        told = ""
        for (row,) in continue_rows(self.module, self._tokenizer, [self._prompt(prompt)], options):
            safe = row.text if row.reason else settled(row.text, options.stop)
            if len(safe) > len(told):
                yield safe[len(told) :]
                told = safe

    def _prompt(self, text: str) -> list[int]:
        return check_prompt(self._tokenizer.encode(text), self._tokenizer.vocab_size)


def settled(text: str, stops: tuple[str, ...]) -> str:
    """The part of a text that later tokens cannot change: no half character, no beginning of a stop text."""
    end = len(text.rstrip("\ufffd"))
    for stop in stops:
        for length in range(min(len(stop) - 1, end), 0, -1):
            if text[:end].endswith(stop[:length]):
                end -= length
                break
    return text[:end]


def _generation(prompt: str, row: Row) -> Generation:
    return Generation(
        prompt=prompt,
        text=row.text,
        tokens=len(row.ids),
        reason=row.reason or "length",
        log_prob=row.log_prob,
    )
