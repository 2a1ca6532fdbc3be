"""Using a trained sequence-to-sequence model: texts in, translations or summaries out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from datalect.errors import CheckpointError, UsageError
from datalect.lm.base import Generation, GenerationOptions, StopReason, Tokenizer
from datalect.lm.checkpoint import load_saved
from datalect.lm.seq2seq import Seq2SeqModel
from datalect.lm.seq2seq_search import Written, beam_search, draw
from datalect.lm.store import find_model

_BATCH_TOKENS = 4096
_HAN_FIRST = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, kw_only=True)
class Output:
    """What was written for a source."""

    text: str
    log_prob: float
    """Sum of log probabilities in nats."""
    tokens: int
    reason: StopReason
    source_pieces: list[str]
    target_pieces: list[str]
    attention: Tensor
    """How much each target piece looked at each source piece, ``(target, source)``; rows sum to 1."""


def source_ids(text: str, tokenizer: Tokenizer, length: int) -> list[int]:
    """A source as the encoder reads it: at most ``length`` tokens, the last being the end."""
    return [*tokenizer.encode(spaced(text))[: length - 1], tokenizer.end_id]


def spaced(text: str) -> str:
    """The text with a space before its first word, so that this word is the same token as elsewhere."""
    text = text.strip()
    return text if not text or _HAN_FIRST.match(text) else " " + text


class Transducer:
    """A sequence-to-sequence model as a `LanguageModel`: a prompt is a source, its continuation the target.

    Args:
        module: in evaluation mode.
        tokenizers: ``source`` and ``target``, or one ``tokenizer`` for both.
        name: for people.
    """

    writes_anew = True  # what it writes does not continue the prompt but stands for itself

    def __init__(
        self, module: Seq2SeqModel, tokenizers: Mapping[str, Tokenizer], name: str = "model"
    ) -> None:
        self.module, self._name = module.eval(), name
        self.source = tokenizers.get("source") or tokenizers["tokenizer"]
        self.target = tokenizers.get("target") or tokenizers["tokenizer"]

    @property
    def name(self) -> str:
        """Name for people."""
        return self._name

    def encode(self, text: str) -> list[int]:
        """Token ids of a source, the end left out."""
        return self.source.encode(spaced(text))

    def outputs(
        self, texts: Sequence[str], options: GenerationOptions, *, coverage: float = 0.0
    ) -> list[Output]:
        """Write a target for each text.

        Args:
            texts: the sources.
            options: with ``beams`` above 1 a beam search, else greedy or drawn by ``temperature``.
            coverage: weight of the coverage penalty of a beam search.

        Raises:
            UsageError: a text is empty.
        """
        config = self.module.config
        options = replace(options, max_tokens=min(options.max_tokens, config.target_length))
        rows = []
        for text in texts:
            if not text.strip():
                raise UsageError("The source is empty.", expected="at least one character")
            rows.append(source_ids(text, self.source, config.source_length))
        order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
        made: dict[int, Output] = {}
        size = max(1, _BATCH_TOKENS // (options.beams * max(map(len, rows), default=1)))
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            written = self._written([rows[number] for number in chosen], options, coverage, chosen)
            for number, one in zip(chosen, written, strict=True):
                made[number] = self._output(one, rows[number], options)
        return [made[number] for number in range(len(rows))]

    def _written(
        self, rows: list[list[int]], options: GenerationOptions, coverage: float, numbers: list[int]
    ) -> list[Written]:
        end = self.target.end_id
        if options.beams > 1:
            found = beam_search(self.module, rows, end, options, coverage=coverage)
            return [pool[0] for pool in found]

        def stopped(ids: list[int]) -> bool:
            text = self._text(ids)
            return any(stop in text for stop in options.stop)

        return draw(self.module, rows, end, options, stopped, numbers)

    def _text(self, ids: Sequence[int]) -> str:
        return self.target.decode(ids).strip()

    def _output(self, written: Written, source: list[int], options: GenerationOptions) -> Output:
        text, reason = self._text(written.ids), written.reason
        cut = min((at for at in (text.find(stop) for stop in options.stop) if at >= 0), default=-1)
        if cut >= 0:
            text, reason = text[:cut], "stop"
        ended = len(written.attention) - len(written.ids)
        return Output(
            text=text,
            log_prob=written.log_prob,
            tokens=written.tokens,
            reason=reason,
            source_pieces=[*(self.source.decode([i]) for i in source[:-1]), "⏎"],
            target_pieces=[*(self.target.decode([i]) for i in written.ids), *["⏎"] * ended],
            attention=written.attention,
        )

    def generate(self, prompts: Sequence[str], options: GenerationOptions) -> list[Generation]:
        """Write a target for each source.

        Raises:
            UsageError: a source is empty.
        """
        return [
            Generation(
                prompt=prompt, text=one.text, tokens=one.tokens, reason=one.reason, log_prob=one.log_prob
            )
            for prompt, one in zip(prompts, self.outputs(prompts, options), strict=True)
        ]

    def stream(self, prompt: str, options: GenerationOptions) -> Iterator[str]:
        """The whole target at once: what stands in front may change until a beam search has ended."""
        yield self.generate([prompt], options)[0].text


def load_transducer(model: str, *, device: str = "cpu") -> Transducer:
    """Open a trained sequence-to-sequence model.

    Args:
        model: name or folder.
        device: ``cpu`` or ``cuda``.

    Raises:
        CheckpointError: there is none, it is damaged, or it is of another task.
    """
    saved = load_saved(find_model(model))
    if not isinstance(saved.module, Seq2SeqModel):
        raise CheckpointError(
            f"{saved.folder.name} is no sequence-to-sequence model.",
            expected="a model of the task seq2seq",
            received=saved.description.task,
        )
    return make_transducer(saved.module.to(torch.device(device)), saved.tokenizers, saved.folder.name)


def make_transducer(module: Seq2SeqModel, tokenizers: Mapping[str, Tokenizer], name: str) -> Transducer:
    """A loaded module with its tokenizers, if they are those it needs.

    Raises:
        CheckpointError: tokenizers are missing or of another size.
    """
    config = module.config
    wanted = (
        {"source": config.source_vocab_size, "target": config.vocab_size}
        if config.source_vocab_size
        else {"tokenizer": config.vocab_size}
    )
    found = {stem: tokenizer.vocab_size for stem, tokenizer in tokenizers.items()}
    if found != wanted:
        raise CheckpointError(
            f"{name}: the tokenizers do not fit the model.", expected=str(wanted), received=str(found)
        )
    return Transducer(module, tokenizers, name)
