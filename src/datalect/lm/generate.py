"""Continuing token sequences with a left-to-right model: sampling, batches, streaming.

The keys and values (or the recurrent state) of earlier tokens are kept, so that each new token costs one
step. When a Transformer's context is full, the later half of it is read again and generation goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import torch
from torch import Tensor

from datalect.errors import UsageError
from datalect.lm.base import GenerationOptions, StopReason, Tokenizer
from datalect.lm.causal import CausalModel, State
from datalect.lm.one_row import OneRow
from datalect.lm.sampling import Draws
from datalect.lm.transformer import Transformer


@dataclass
class Row:
    """One sequence that is being continued."""

    prompt: list[int]
    ids: list[int] = field(default_factory=list)
    """Generated tokens, a final end included."""
    log_prob: float = 0.0
    text: str = ""
    reason: StopReason | None = None

    def whole(self) -> list[int]:
        """Prompt and continuation."""
        return self.prompt + self.ids


class Decoder:
    """Keeps the state of a batch and gives the logits of each row's next token."""

    def __init__(self, model: CausalModel, room: int) -> None:
        self.model, self.room = model, room
        if _LAID_OUT and not _LAID_OUT[0].current():
            _LAID_OUT.clear()
        self._state: State = None
        self._first: list[int] = []
        """Where the part of each row begins that is inside the state."""

    def read(self, rows: Sequence[Sequence[int]]) -> Tensor:
        """Read whole sequences; logits ``(B, V)`` after each row's last token.

        Only the latest tokens count where a row is longer than the context.
        """
        self._first = [self._window(len(row)) for row in rows]
        return self._read(rows)

    def _window(self, length: int) -> int:
        """Where the window of a row that is read anew begins."""
        context = self.model.context
        if context is None or length < context:
            return 0
        # Half of the context stays free: reading again is dear, and every token wants something before it.
        return length - max(1, context // 2)

    def _read(self, rows: Sequence[Sequence[int]]) -> Tensor:
        windows = [list(row[first:]) for row, first in zip(rows, self._first, strict=True)]
        context, longest = self.model.context, max(len(window) for window in windows)
        room = longest + self.room if context is None else min(context, longest + self.room)
        hidden_BD, self._state = self.model.prefill(windows, room)
        return self.model.logits(hidden_BD)

    def step(self, tokens: Sequence[int], rows: Sequence[Sequence[int]]) -> Tensor:
        """Add one token to each row; logits ``(B, V)`` after it.

        Args:
            tokens: the new tokens.
            rows: all tokens of each row, the new ones included, for reading again when the context is full.
        """
        context = self.model.context
        full = [context is not None and len(r) - f > context for r, f in zip(rows, self._first, strict=True)]
        if any(full):
            # Rows that are not full keep their window, so that none depends on what is beside it.
            self._first = [
                self._window(len(row)) if over else first
                for row, first, over in zip(rows, self._first, full, strict=True)
            ]
            return self._read(rows)
        if len(rows) == 1 and OneRow.fits(self.model) and self._state.uniform is not None:
            return self.model.logits(one_row(self.model)(tokens[0], self._state))
        ids = torch.tensor(tokens, device=next(self.model.parameters()).device)[:, None]
        hidden, self._state = self.model(ids, self._state)
        return self.model.logits(hidden[:, -1])

    def pick(self, rows: list[int]) -> None:
        """Keep some rows, in the order given."""
        device = next(self.model.parameters()).device
        self._state = self.model.reorder(self._state, torch.tensor(rows, device=device))
        self._first = [self._first[row] for row in rows]


def check_prompt(ids: list[int], vocab_size: int) -> list[int]:
    """A prompt a model can read.

    Raises:
        UsageError: it is empty.
    """
    if not ids:
        raise UsageError("The prompt is empty.", expected="at least one character that the model knows")
    return ids


# The last model that was stepped alone, its weights laid out for that; one, because they are as large as the
# model.
_LAID_OUT: list[OneRow] = []


def one_row(model: CausalModel) -> OneRow:
    """The model's step for a batch of one, laid out when it is first needed or its weights have changed."""
    if not (_LAID_OUT and _LAID_OUT[0].model is model):
        _LAID_OUT[:] = [OneRow(cast(Transformer, model))]
    return _LAID_OUT[0]


@torch.inference_mode()
def continue_rows(
    model: CausalModel, tokenizer: Tokenizer, prompts: Sequence[list[int]], options: GenerationOptions
) -> Iterator[list[Row]]:
    """Continue prompts together, yielding all rows after each token.

    What a row gets depends on its prompt, its number and the options alone.
    """
    rows = [Row(check_prompt(list(prompt), tokenizer.vocab_size)) for prompt in prompts]
    draws = [Draws(options.seed, number) for number in range(len(rows))]
    seen = [set(row.prompt) for row in rows]
    decoder = Decoder(model, options.max_tokens)
    live = list(range(len(rows)))
    logits = decoder.read([row.prompt for row in rows])
    while live:
        logits = logits.cpu()
        for place, number in enumerate(live):
            row = rows[number]
            known = torch.tensor(sorted(seen[number])) if options.repetition_penalty != 1 else torch.empty(0)
            token = draws[number].next(logits[place], known, options)
            row.log_prob += float(logits[place].log_softmax(-1)[token])
            row.ids.append(token)
            seen[number].add(token)
            finish(row, tokenizer, options)
        yield rows
        still = [place for place, number in enumerate(live) if rows[number].reason is None]
        if not still:
            return
        if len(still) < len(live):
            decoder.pick(still)
            live = [live[place] for place in still]
        logits = decoder.step([rows[n].ids[-1] for n in live], [rows[n].whole() for n in live])


def finish(row: Row, tokenizer: Tokenizer, options: GenerationOptions) -> None:
    """Decode what a row holds, and end it at a stop text, the document's end or the length."""
    ended = row.ids[-1] == tokenizer.end_id
    row.text = continuation(tokenizer, row)
    cut = min((at for at in (row.text.find(stop) for stop in options.stop) if at >= 0), default=-1)
    if cut >= 0:
        row.text, row.reason = row.text[:cut], "stop"
    elif ended:
        row.reason = "end"
    elif len(row.ids) >= options.max_tokens:
        row.reason = "length"


def continuation(tokenizer: Tokenizer, row: Row) -> str:
    """Text of the generated tokens as it continues the prompt's."""
    if tokenizer.lossless:
        return tokenizer.decode(row.ids)
    # Where decoding puts spaces between words, it needs to see the last word of the prompt.
    before = tokenizer.decode(row.prompt[-1:])
    return tokenizer.decode(row.prompt[-1:] + row.ids)[len(before) :]
