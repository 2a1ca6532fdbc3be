"""The seams of the room: what a tokenizer and a language model must offer, whoever made them.

A model trained here, a local Hugging Face folder, a GGUF file and an OpenAI-compatible endpoint are all a
`LanguageModel`. Those whose probabilities can be read are a `ScoringModel` too. `datalect.testing` holds the
contract tests of both and of `Tokenizer`. No torch is imported here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from datalect.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

StopReason = Literal["length", "stop", "end"]


@runtime_checkable
class Tokenizer(Protocol):
    """Text to token ids and back.

    ``decode(encode(text)) == text`` for any text without lone surrogates when ``lossless`` is true.
    ``encode`` never yields ``end_id``, whatever the text spells: the end of a document is put there by
    whoever knows it.
    """

    @property
    def kind(self) -> str:
        """Which tokenizer this is, such as ``char`` or ``bpe``."""

    @property
    def vocab_size(self) -> int:
        """Number of ids; all ids lie in ``range(vocab_size)``."""

    @property
    def end_id(self) -> int:
        """The id that separates documents and ends a generation."""

    @property
    def lossless(self) -> bool:
        """Whether every text survives the round trip."""

    def encode(self, text: str) -> list[int]:
        """Ids of a text, without ``end_id``.

        Raises:
            UsageError: the text holds lone surrogates.
        """

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids; ``end_id`` becomes nothing and broken byte sequences become U+FFFD.

        Raises:
            UsageError: an id lies outside the vocabulary.
        """


@dataclass(frozen=True, kw_only=True)
class GenerationOptions:
    """How text is generated.

    Filters apply in the order repetition penalty, temperature, top-k, top-p, min-p.
    """

    max_tokens: int = 200
    """Tokens to generate at most."""
    temperature: float = 1.0
    """Divides the logits; 0 takes the most probable token each time (greedy)."""
    top_k: int = 0
    """Sample among the k most probable tokens only; 0 for all."""
    top_p: float = 1.0
    """Sample among the fewest tokens whose probabilities sum to p (Holtzman et al. 2020)."""
    min_p: float = 0.0
    """Drop tokens below this share of the most probable token's probability (Nguyen et al. 2024)."""
    repetition_penalty: float = 1.0
    """Divides positive, multiplies negative logits of seen tokens (Keskar et al. 2019); 1 for none."""
    stop: tuple[str, ...] = ()
    """Texts that end the generation; they are cut off."""
    seed: int | None = None
    """Seed of the sampling; the same seed gives the same text. None draws a new one."""
    beams: int = 1
    """Width of the beam search; above 1 nothing is sampled."""
    length_penalty: float = 1.0
    """Beam scores are divided by length to this power."""

    def __post_init__(self) -> None:
        _within("max_tokens", self.max_tokens, 1, 1_000_000)
        _within("temperature", self.temperature, 0, 100)
        _within("top_k", self.top_k, 0, 10_000_000)
        _within("top_p", self.top_p, 1e-9, 1)
        _within("min_p", self.min_p, 0, 1)
        _within("repetition_penalty", self.repetition_penalty, 0.01, 100)
        _within("beams", self.beams, 1, 256)
        _within("length_penalty", self.length_penalty, -10, 10)
        if self.seed is not None:
            _within("seed", self.seed, 0, 2**63 - 1)
        if any(not text for text in self.stop):
            raise UsageError("A stop text is empty.", expected="at least one character")


def _within(name: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise UsageError(f"{name} is out of range.", expected=f"{low} to {high}", received=str(value))


@dataclass(frozen=True, kw_only=True)
class Generation:
    """A generated continuation."""

    prompt: str
    text: str
    """The continuation alone, without prompt and stop text."""
    tokens: int
    """Tokens generated, a final end or stop included."""
    reason: StopReason
    """Why it ended: ``length``, a ``stop`` text, or the ``end`` of the document."""
    log_prob: float | None = None
    """Sum of log probabilities of the generated tokens in nats, where the model tells it."""


@runtime_checkable
class LanguageModel(Protocol):
    """A model that continues text."""

    @property
    def name(self) -> str:
        """Name for people."""

    def encode(self, text: str) -> list[int]:
        """Token ids of a text as the model sees them."""

    def generate(self, prompts: Sequence[str], options: GenerationOptions) -> list[Generation]:
        """Continue each prompt; what one prompt gives does not depend on the others beside it."""

    def stream(self, prompt: str, options: GenerationOptions) -> Iterator[str]:
        """Continue a prompt piece by piece; the joined pieces equal the text ``generate`` returns."""


@runtime_checkable
class ScoringModel(LanguageModel, Protocol):
    """A language model whose probabilities can be read."""

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer."""

    @property
    def context(self) -> int | None:
        """Most tokens it can look back on; None where there is no bound (recurrent models)."""

    def logits(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """Unnormalised log probabilities of the token after each position, shape ``(len(ids), vocab_size)``.

        Row ``t`` depends on ``ids[: t + 1]`` only.

        Raises:
            UsageError: no ids, more than ``context``, or an id outside the vocabulary.
        """
