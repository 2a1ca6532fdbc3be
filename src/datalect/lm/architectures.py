"""Which architectures there are: one line each, imported when built.

To add one: a config dataclass in `datalect.lm.config`, a module whose class takes that config, a line here. A
left-to-right model subclasses `datalect.lm.causal.CausalModel` and gets training, evaluation and generation.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from datalect.errors import UsageError
from datalect.lm.classifier_config import (
    BagConfig,
    CNNClassifierConfig,
    EncoderConfig,
    GRUClassifierConfig,
    LSTMClassifierConfig,
    TransformerClassifierConfig,
)
from datalect.lm.config import GRUConfig, LSTMConfig, ModelConfig, RNNConfig, TransformerConfig
from datalect.lm.seq2seq_config import GRUSeq2SeqConfig, LSTMSeq2SeqConfig, TransformerSeq2SeqConfig

if TYPE_CHECKING:
    from torch import nn

# name -> (config class, "module:class" of the torch module that takes the config)
ARCHITECTURES: dict[str, tuple[type[ModelConfig], str]] = {
    "transformer": (TransformerConfig, "datalect.lm.transformer:Transformer"),
    "rnn": (RNNConfig, "datalect.lm.recurrent:Recurrent"),
    "lstm": (LSTMConfig, "datalect.lm.recurrent:Recurrent"),
    "gru": (GRUConfig, "datalect.lm.recurrent:Recurrent"),
    "bag-classifier": (BagConfig, "datalect.lm.classifier:Bag"),
    "lstm-classifier": (LSTMClassifierConfig, "datalect.lm.classifier:RecurrentClassifier"),
    "gru-classifier": (GRUClassifierConfig, "datalect.lm.classifier:RecurrentClassifier"),
    "cnn-classifier": (CNNClassifierConfig, "datalect.lm.classifier:CNNClassifier"),
    "transformer-classifier": (TransformerClassifierConfig, "datalect.lm.classifier:TransformerClassifier"),
    "encoder-classifier": (EncoderConfig, "datalect.lm.encoder:EncoderClassifier"),
    "lstm-seq2seq": (LSTMSeq2SeqConfig, "datalect.lm.seq2seq_recurrent:RecurrentSeq2Seq"),
    "gru-seq2seq": (GRUSeq2SeqConfig, "datalect.lm.seq2seq_recurrent:RecurrentSeq2Seq"),
    "transformer-seq2seq": (
        TransformerSeq2SeqConfig,
        "datalect.lm.seq2seq_transformer:TransformerSeq2Seq",
    ),
}


def config_of(architecture: str, values: dict[str, Any]) -> ModelConfig:
    """The checked configuration of a named architecture from JSON values.

    Raises:
        UsageError: no such architecture, or values that do not fit it.
    """
    if not isinstance(architecture, str) or architecture not in ARCHITECTURES:
        raise UsageError(
            "There is no such architecture.",
            expected=", ".join(ARCHITECTURES),
            received=str(architecture)[:60],
        )
    return ARCHITECTURES[architecture][0].from_dict(values)


def build(config: ModelConfig) -> nn.Module:
    """A freshly initialised model; under ``torch.device("meta")`` it takes no memory."""
    if not config.vocab_size:
        raise UsageError("The model has no vocabulary yet.", expected="vocab_size of at least 1")
    module, _, name = ARCHITECTURES[config.architecture][1].partition(":")
    built: nn.Module = getattr(import_module(module), name)(config)
    return built
