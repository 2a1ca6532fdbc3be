"""Configurations of sequence-to-sequence models. No torch is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from datalect.errors import UsageError
from datalect.lm.config import MOST_CONTEXT, MOST_LAYERS, MOST_VOCABULARY, MOST_WIDTH, ModelConfig


@dataclass(frozen=True, kw_only=True)
class Seq2SeqConfig(ModelConfig):
    """What every sequence-to-sequence model has; ``vocab_size`` counts the ids of the target side."""

    source_vocab_size: int = 0
    """Ids of the source side; 0 when both sides share one tokenizer and one embedding."""
    source_length: int = 256
    """Most source tokens that are read, the end included."""
    target_length: int = 128
    """Most target tokens that are learnt or written, the end included."""
    width: int = 256
    """Width of embeddings and hidden vectors."""
    copying: bool = False
    """Mix in the source's own tokens (pointer-generator, See et al. 2017); needs a shared tokenizer."""
    dropout: float = 0.2
    """Dropout on embeddings and on the outputs of sublayers."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._within(0, MOST_VOCABULARY, "source_vocab_size")
        self._within(2, MOST_CONTEXT, "source_length", "target_length")
        self._within(2, MOST_WIDTH, "width")
        self._within(0, 0.95, "dropout")
        if self.copying and self.source_vocab_size:
            raise UsageError(
                "Copying needs one tokenizer for both sides.",
                expected="source_vocab_size of 0",
                received=str(self.source_vocab_size),
                next_step="--set extra.vocabulary=shared, or --set model.copying=false",
            )

    @property
    def source_vocabulary(self) -> int:
        """Ids the encoder reads."""
        return self.source_vocab_size or self.vocab_size


@dataclass(frozen=True, kw_only=True)
class LSTMSeq2SeqConfig(Seq2SeqConfig):
    """LSTM encoder-decoder with attention (Sutskever et al. 2014; Luong et al. 2015)."""

    architecture: ClassVar[str] = "lstm-seq2seq"

    hidden: int = 256
    """Units of each encoder direction and half of each decoder layer's."""
    encoder_layers: int = 1
    """Bidirectional layers."""
    decoder_layers: int = 1
    """Layers of the decoder; attention is computed from the first, the others see what it found."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._within(1, MOST_WIDTH, "hidden")
        self._within(1, MOST_LAYERS, "encoder_layers", "decoder_layers")


@dataclass(frozen=True, kw_only=True)
class GRUSeq2SeqConfig(LSTMSeq2SeqConfig):
    """GRU encoder-decoder with attention (Cho et al. 2014; Bahdanau et al. 2015)."""

    architecture: ClassVar[str] = "gru-seq2seq"


@dataclass(frozen=True, kw_only=True)
class TransformerSeq2SeqConfig(Seq2SeqConfig):
    """Transformer encoder-decoder, normalised first, with rotary positions (Vaswani et al. 2017)."""

    architecture: ClassVar[str] = "transformer-seq2seq"

    encoder_layers: int = 3
    """Blocks of the encoder."""
    decoder_layers: int = 3
    """Blocks of the decoder."""
    heads: int = 4
    """Attention heads."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._within(1, MOST_LAYERS, "encoder_layers", "decoder_layers")
        self._within(1, MOST_WIDTH, "heads")
        if self.width % (2 * self.heads):
            raise UsageError(
                "width is no multiple of twice the heads.", received=f"{self.width} / {self.heads}"
            )
