"""Configurations of text classifiers. No torch is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from datalect.errors import UsageError
from datalect.lm.config import MOST_CONTEXT, MOST_LAYERS, MOST_VOCABULARY, MOST_WIDTH, ModelConfig

MOST_LABELS = 100_000


@dataclass(frozen=True, kw_only=True)
class ClassifierConfig(ModelConfig):
    """What every classifier has; its subclasses are the architectures."""

    labels: int = 0
    """Number of labels; 0 until the data is known."""
    multi_label: bool = False
    """Whether a text may have several labels or none."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._within(0, MOST_LABELS, "labels")


@dataclass(frozen=True, kw_only=True)
class BagConfig(ClassifierConfig):
    """A bag of hashed n-grams (Joulin et al. 2017) with TF-IDF weights; ``vocab_size`` counts the buckets."""

    architecture: ClassVar[str] = "bag-classifier"

    vocab_size: int = 1 << 18
    """Buckets that n-grams are hashed into."""
    width: int = 0
    """Width of an n-gram's vector; 0 for a weight per n-gram and label, which is a linear classifier."""
    words: int = 2
    """Longest sequence of words that is a feature."""
    characters: int = 0
    """Longest sequence of letters inside a word that is a feature, from 3 up; 0 for none."""
    han: int = 3
    """Longest sequence of Chinese characters that is a feature."""
    naive_bayes: bool = False
    """Scale the weights of a linear bag by their naive Bayes log-count ratios (Wang and Manning 2012)."""
    dropout: float = 0.0
    """Dropout on the bag's vector, or on single n-grams of a linear bag."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._within(16, MOST_VOCABULARY, "vocab_size")
        self._within(0, MOST_WIDTH, "width")
        self._within(1, 10, "words", "han")
        self._within(0, 10, "characters")
        self._within(0, 0.95, "dropout")


@dataclass(frozen=True, kw_only=True)
class SequenceConfig(ClassifierConfig):
    """Embedded tokens, a body that reads them in order, pooling, a linear layer."""

    width: int = 128
    """Width of the embedding."""
    length: int = 256
    """Tokens read of each text; of longer ones the beginning and the end."""
    lowercase: bool = True
    """Whether upper and lower case are one."""
    dropout: float = 0.3
    """Dropout on the pooled vector."""
    dropout_embedding: float = 0.3
    """Dropout on embedded tokens."""
    freeze_embedding: bool = False
    """Keep the embedding as it is at the start, for pre-trained vectors."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._within(1, MOST_WIDTH, "width")
        self._within(1, MOST_CONTEXT, "length")
        self._within(0, 0.95, "dropout", "dropout_embedding")


@dataclass(frozen=True, kw_only=True)
class LSTMClassifierConfig(SequenceConfig):
    """Bidirectional LSTM with mean and max pooling."""

    architecture: ClassVar[str] = "lstm-classifier"

    hidden: int = 128
    """Units of each direction."""
    layers: int = 1
    """Number of layers."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._within(1, MOST_WIDTH, "hidden")
        self._within(1, MOST_LAYERS, "layers")


@dataclass(frozen=True, kw_only=True)
class GRUClassifierConfig(LSTMClassifierConfig):
    """Bidirectional GRU with mean and max pooling."""

    architecture: ClassVar[str] = "gru-classifier"


@dataclass(frozen=True, kw_only=True)
class CNNClassifierConfig(SequenceConfig):
    """Convolutions of several widths with max pooling (Kim 2014)."""

    architecture: ClassVar[str] = "cnn-classifier"

    kernels: tuple[int, ...] = (2, 3, 4)
    """Tokens that each kind of filter sees."""
    filters: int = 100
    """Filters of each kind."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._within(1, MOST_WIDTH, "filters")
        if not self.kernels or not all(1 <= k <= 64 for k in self.kernels) or len(self.kernels) > 32:
            raise UsageError(
                "kernels are out of range.",
                expected="1 to 32 numbers from 1 to 64",
                received=str(self.kernels),
            )


@dataclass(frozen=True, kw_only=True)
class TransformerClassifierConfig(SequenceConfig):
    """Transformer encoder with rotary positions and mean and max pooling."""

    architecture: ClassVar[str] = "transformer-classifier"

    layers: int = 2
    """Number of blocks."""
    heads: int = 4
    """Attention heads."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._within(1, MOST_LAYERS, "layers")
        self._within(1, MOST_WIDTH, "heads")
        if self.width % (2 * self.heads):
            raise UsageError(
                "width is no multiple of twice heads.", received=f"{self.width} / (2 x {self.heads})"
            )


@dataclass(frozen=True, kw_only=True)
class EncoderConfig(ClassifierConfig):
    """A head on a pre-trained bidirectional encoder of the BERT form (Devlin et al. 2019)."""

    architecture: ClassVar[str] = "encoder-classifier"

    width: int = 384
    """Width of the encoder."""
    layers: int = 6
    """Its number of blocks."""
    heads: int = 12
    """Its attention heads."""
    ffn_width: int = 1536
    """Width inside its feed-forward parts."""
    positions: int = 512
    """Positions it knows."""
    segments: int = 2
    """Segment kinds it knows."""
    norm_eps: float = 1e-12
    """Added to the variance in normalisations."""
    activation: Literal["gelu", "gelu_tanh", "relu"] = "gelu"
    """Feed-forward activation."""
    length: int = 128
    """Tokens read of each text, the special ones included; of longer ones the beginning and the end."""
    pool: Literal["mean", "first"] = "mean"
    """What stands for the text: the mean of all tokens, or the first one ([CLS])."""
    dropout: float = 0.1
    """Dropout in the encoder and on the pooled vector."""
    freeze: bool = False
    """Train the head alone."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._within(1, MOST_WIDTH, "width", "heads")
        self._within(1, 8 * MOST_WIDTH, "ffn_width")
        self._within(1, MOST_LAYERS, "layers")
        self._within(3, MOST_CONTEXT, "positions", "length")
        self._within(1, 1000, "segments")
        self._within(1e-16, 0.1, "norm_eps")
        self._within(0, 0.95, "dropout")
        self._one_of("activation", "pool")
        if self.width % self.heads:
            raise UsageError("width is no multiple of heads.", received=f"{self.width} / {self.heads}")
        if self.length > self.positions:
            raise UsageError(
                "length is more than the encoder's positions.",
                expected=f"at most {self.positions}",
                received=str(self.length),
            )
