"""Configurations of models: frozen, complete, checked, saved as JSON beside the weights.

A new architecture adds one dataclass here and one line in `datalect.lm.architectures`. No torch is imported.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any, ClassVar, Literal, Self, get_args, get_origin, get_type_hints

from datalect.errors import UsageError

# Bounds that no model of this room needs and that keep a hostile config.json from allocating the machine
# away.
MOST_LAYERS, MOST_WIDTH, MOST_VOCABULARY, MOST_CONTEXT = 512, 65_536, 4_000_000, 4_194_304

Position = Literal["rotary", "learned", "sinusoidal", "none"]
Norm = Literal["layernorm", "rmsnorm"]
Activation = Literal["gelu", "gelu_tanh", "relu2", "swiglu"]


@dataclass(frozen=True, kw_only=True)
class Config:
    """A frozen configuration that survives JSON unchanged."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; tuples become lists."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """A configuration from JSON values.

        Raises:
            UsageError: a field is unknown, of the wrong type or out of range.
        """
        if not isinstance(values, dict):
            raise UsageError(f"{cls.__name__} is no object.", expected="a JSON object")
        hints = get_type_hints(cls)
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise UsageError(
                f"{cls.__name__} does not know {', '.join(map(str, unknown[:5]))}.",
                expected=", ".join(sorted(known)),
            )
        return cls(**{name: _fit(cls.__name__, name, hints[name], value) for name, value in values.items()})

    def _at_least(self, low: float, *names: str) -> None:
        self._within(low, math.inf, *names)

    def _within(self, low: float, high: float, *names: str) -> None:
        for name in names:
            value = getattr(self, name)
            if value is not None and not (
                low <= value <= high and (math.isfinite(value) or isinstance(value, int))
            ):
                raise UsageError(
                    f"{name} is out of range.",
                    expected=f"at least {low:g}" if high == math.inf else f"{low:g} to {high:g}",
                    received=str(value),
                )

    def _one_of(self, *names: str) -> None:
        hints = get_type_hints(type(self))
        for name in names:
            allowed = get_args(hints[name])
            if getattr(self, name) not in allowed:
                raise UsageError(
                    f"{name} is unknown.",
                    expected=", ".join(map(str, allowed)),
                    received=str(getattr(self, name)),
                )


def _fit(owner: str, name: str, hint: Any, value: Any) -> Any:
    """The value as its field wants it; JSON knows neither tuples nor the difference between 1 and 1.0."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(_fit(owner, name, arguments[0], item) for item in value)
    if origin is Literal and value in arguments and not isinstance(value, bool):
        return value
    if isinstance(hint, type) and issubclass(hint, Config):
        return value if isinstance(value, hint) else hint.from_dict(value)
    options = arguments if arguments and origin not in (tuple, Literal) else (hint,)
    for option in options:
        if option is type(None) and value is None:
            return None
        if option is float and isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        if option in (int, str) and isinstance(value, option) and not isinstance(value, bool):
            return value
        if option is bool and isinstance(value, bool):
            return value
    raise UsageError(
        f"{owner}.{name} is of the wrong kind.",
        expected=str(getattr(hint, "__name__", hint)),
        received=f"{type(value).__name__} {str(value)[:60]!r}",
    )


@dataclass(frozen=True, kw_only=True)
class ModelConfig(Config):
    """What every architecture has."""

    architecture: ClassVar[str]

    vocab_size: int = 0
    """Number of token ids; 0 until the tokenizer is known."""

    def __post_init__(self) -> None:
        self._within(0, MOST_VOCABULARY, "vocab_size")


@dataclass(frozen=True, kw_only=True)
class TransformerConfig(ModelConfig):
    """A left-to-right Transformer (Vaswani et al. 2017; Radford et al. 2019; Touvron et al. 2023)."""

    architecture: ClassVar[str] = "transformer"

    context: int = 256
    """Most tokens the model looks back on."""
    layers: int = 4
    """Number of blocks."""
    width: int = 128
    """Width of the residual stream."""
    heads: int = 4
    """Query heads."""
    kv_heads: int | None = None
    """Key and value heads (grouped-query attention, Ainslie et al. 2023); None for as many as query heads."""
    ffn_width: int | None = None
    """Width inside the feed-forward part; None for 4 x width, or 8/3 x width with SwiGLU."""
    position: Position = "rotary"
    """How positions are told: rotary (Su et al. 2021), learned, sinusoidal or none."""
    rope_base: float = 10_000.0
    """Base of the rotary frequencies."""
    norm: Norm = "rmsnorm"
    """Normalisation: layernorm or rmsnorm."""
    norm_first: bool = True
    """Normalise before each sublayer (pre-norm); false for after it (post-norm)."""
    norm_eps: float = 1e-5
    """Added to the variance in normalisations."""
    activation: Activation = "relu2"
    """Feed-forward activation: gelu, gelu_tanh, relu2 (So et al. 2021) or swiglu (Shazeer 2020)."""
    bias: bool = False
    """Biases in linear layers and layer norms."""
    tie: bool = True
    """Use the input embedding as the output layer too (Press and Wolf 2017)."""
    dropout: float = 0.0
    """Dropout on embeddings, attention weights and sublayer outputs."""
    qk_norm: bool = False
    """RMS-normalise queries and keys per head (Henry et al. 2020)."""
    zero_init: bool = False
    """Start the output projections of each sublayer at zero, so that every block starts as the identity."""
    init: Literal["gpt2", "fan_in"] = "fan_in"
    """Standard deviation of fresh matrices: gpt2 has 0.02 everywhere, fan_in has 1 / sqrt(inputs)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._within(1, MOST_CONTEXT, "context")
        self._within(1, MOST_LAYERS, "layers")
        self._within(1, MOST_WIDTH, "width", "heads", "kv_heads")
        self._within(1, 8 * MOST_WIDTH, "ffn_width")
        self._within(0, 0.95, "dropout")
        self._within(1.0, 1e9, "rope_base")
        self._within(1e-12, 0.1, "norm_eps")
        self._one_of("position", "norm", "activation", "init")
        if self.width % self.heads:
            raise UsageError("width is no multiple of heads.", received=f"{self.width} / {self.heads}")
        if self.heads % (self.kv_heads or self.heads):
            raise UsageError("heads is no multiple of kv_heads.", received=f"{self.heads} / {self.kv_heads}")
        if self.position == "rotary" and self.head_width % 2:
            raise UsageError("Rotary positions need an even head width.", received=str(self.head_width))

    @property
    def head_width(self) -> int:
        """Width of one attention head."""
        return self.width // self.heads

    @property
    def ffn(self) -> int:
        """Width inside the feed-forward part."""
        if self.ffn_width is not None:
            return self.ffn_width
        return -(-8 * self.width // 96) * 32 if self.activation == "swiglu" else 4 * self.width


@dataclass(frozen=True, kw_only=True)
class RecurrentConfig(ModelConfig):
    """A recurrent language model with the regularisation of AWD-LSTM (Merity et al. 2018).

    Its subclasses name the cell: `RNNConfig`, `LSTMConfig` and `GRUConfig`.
    """

    width: int = 256
    """Width of the embedding."""
    hidden: int | None = None
    """Units of each layer; None for as many as ``width``. With ``tie`` the last layer has ``width`` units."""
    layers: int = 2
    """Number of layers."""
    tie: bool = True
    """Use the input embedding as the output layer too (Press and Wolf 2017; Inan et al. 2017)."""
    cutoffs: tuple[int, ...] = ()
    """Ids at which the clusters of an adaptive softmax start (Grave et al. 2017); none for a full softmax.

    It is fast when ids are sorted by frequency, as those of word tokenizers are, and right in any case."""
    dropout: float = 0.2
    """Dropout on the output of the last layer."""
    dropout_hidden: float = 0.0
    """Dropout between layers."""
    dropout_input: float = 0.0
    """Dropout on embedded tokens."""
    dropout_embedding: float = 0.0
    """Share of the vocabulary whose embedding is dropped whole (Gal and Ghahramani 2016)."""
    weight_dropout: float = 0.0
    """Dropout on hidden-to-hidden weights (Wan et al. 2013)."""
    locked: bool = True
    """One dropout mask for all time steps of a sequence, called variational too (Gal and Ghahramani 2016)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._within(1, MOST_WIDTH, "width", "hidden")
        self._within(1, MOST_LAYERS, "layers")
        self._within(
            0, 0.95, "dropout", "dropout_hidden", "dropout_input", "dropout_embedding", "weight_dropout"
        )
        rising = [0, *self.cutoffs, *([self.vocab_size] if self.vocab_size else [])]
        if any(low >= high for low, high in pairwise(rising)):
            raise UsageError(
                "cutoffs do not rise inside the vocabulary.",
                expected=f"rising numbers from 1 to {self.vocab_size - 1}"
                if self.vocab_size
                else "rising numbers",
                received=", ".join(map(str, self.cutoffs)),
            )

    @property
    def units(self) -> tuple[int, ...]:
        """Units of each layer."""
        hidden = self.hidden or self.width
        return (*[hidden] * (self.layers - 1), self.width if self.tie else hidden)


@dataclass(frozen=True, kw_only=True)
class RNNConfig(RecurrentConfig):
    """Plain recurrent layers with tanh (Elman 1990)."""

    architecture: ClassVar[str] = "rnn"


@dataclass(frozen=True, kw_only=True)
class LSTMConfig(RecurrentConfig):
    """Long short-term memory (Hochreiter and Schmidhuber 1997)."""

    architecture: ClassVar[str] = "lstm"


@dataclass(frozen=True, kw_only=True)
class GRUConfig(RecurrentConfig):
    """Gated recurrent units (Cho et al. 2014)."""

    architecture: ClassVar[str] = "gru"


@dataclass(frozen=True, kw_only=True)
class TokenizerConfig(Config):
    """Which tokenizer is made from the training text."""

    kind: Literal["char", "byte", "word", "bpe", "unigram"] = "bpe"
    """Characters, UTF-8 bytes, words, byte-pair encoding (Sennrich et al. 2016) or unigram (Kudo 2018)."""
    vocab_size: int = 8192
    """Most entries of a word, bpe or unigram vocabulary; 0 keeps all words. Characters are never cut."""
    min_count: int = 1
    """Characters and words seen less often are spelt out instead."""
    closed: bool = False
    """Words only: split at white space and replace unknown words by <unk>, as PTB and WikiText are scored."""
    segment: Literal["chars", "jieba"] = "chars"
    """Words only: how Chinese text is cut, by character or by word (needs the extra [zh])."""

    def __post_init__(self) -> None:
        self._within(0, MOST_VOCABULARY, "vocab_size")
        self._at_least(1, "min_count")
        self._one_of("kind", "segment")
        if self.kind in ("bpe", "unigram") and self.vocab_size < 256:
            raise UsageError(
                "vocab_size is too small for subwords.",
                expected="at least 256, one for each byte",
                received=str(self.vocab_size),
            )
