"""A pre-trained bidirectional encoder of the BERT form (Devlin et al. 2019) under a classification head.

BERT, MiniLM, BGE, Chinese RoBERTa-wwm and their like, from a Hugging Face folder with safetensors.

Names of dimensions: B texts, T tokens, D width, H heads, K width of a head, C labels.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from datalect.errors import CheckpointError, UsageError
from datalect.lm.base import Tokenizer
from datalect.lm.classifier import Classifier, Example, Inputs, both_ends
from datalect.lm.classifier_config import EncoderConfig
from datalect.lm.files import read_json, read_tensors
from datalect.lm.tokenizers.pretrained import PretrainedTokenizer

_WEIGHTS = "model.safetensors"


class Block(nn.Module):
    """Self-attention and feed-forward, each followed by a normalisation."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        d, self.heads, self.dropout = config.width, config.heads, config.dropout
        self.activation = config.activation
        self.query, self.key, self.value = nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d)
        self.out, self.up, self.down = (
            nn.Linear(d, d),
            nn.Linear(d, config.ffn_width),
            nn.Linear(config.ffn_width, d),
        )
        self.attention_norm = nn.LayerNorm(d, eps=config.norm_eps)
        self.ffn_norm = nn.LayerNorm(d, eps=config.norm_eps)

    def forward(self, x_BTD: Tensor, seen_B11T: Tensor) -> Tensor:
        """Same shape as the input."""
        b, t, d = x_BTD.shape
        q, k, v = (
            part(x_BTD).view(b, t, self.heads, d // self.heads).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        drop = self.dropout if self.training else 0.0
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=seen_B11T, dropout_p=drop)
        attended = self.out(attended.transpose(1, 2).reshape(b, t, d))
        x_BTD = self.attention_norm(x_BTD + F.dropout(attended, drop))
        inner = self.up(x_BTD)
        if self.activation == "relu":
            inner = F.relu(inner)
        else:
            inner = F.gelu(inner, approximate="tanh" if self.activation == "gelu_tanh" else "none")
        return cast(Tensor, self.ffn_norm(x_BTD + F.dropout(self.down(inner), drop)))


class EncoderClassifier(Classifier):
    """A pre-trained encoder, pooling, a linear layer."""

    config: EncoderConfig

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__(config)
        self.embedding = nn.Embedding(config.vocab_size, config.width)
        self.embedding_position = nn.Embedding(config.positions, config.width)
        self.embedding_segment = nn.Embedding(config.segments, config.width)
        self.embedding_norm = nn.LayerNorm(config.width, eps=config.norm_eps)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.head = nn.Linear(config.width, config.labels)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        if config.freeze:
            for name, parameter in self.named_parameters():
                parameter.requires_grad_(name.startswith("head"))

    def example(self, text: str, tokenizer: Tokenizer | None) -> Example:
        """Its tokens between the special ones."""
        if not isinstance(tokenizer, PretrainedTokenizer):
            raise UsageError(
                "The encoder's tokenizer is missing.", expected="the tokenizer it was trained with"
            )
        ids = both_ends(tokenizer.encode(text), self.config.length - 2)
        return Example(torch.tensor([tokenizer.start_id, *ids, tokenizer.end_id]))

    def collate(self, examples: Sequence[Example]) -> Inputs:
        """Tokens ``(B, T)``, padded, and how many each text has ``(B,)``."""
        ids = nn.utils.rnn.pad_sequence([e.ids for e in examples], batch_first=True)
        return ids, torch.tensor([len(e.ids) for e in examples])

    def forward(self, ids_BT: Tensor, lengths_B: Tensor) -> Tensor:
        """Logits ``(B, C)``."""
        pooled = self.pool(self.encode(ids_BT, lengths_B), lengths_B)
        return cast(Tensor, self.head(F.dropout(pooled, self.config.dropout, self.training)))

    def encode(self, ids_BT: Tensor, lengths_B: Tensor) -> Tensor:
        """Contextual vectors ``(B, T, D)``; those of padding mean nothing."""
        positions = torch.arange(ids_BT.shape[1], device=ids_BT.device)
        x = self.embedding(ids_BT) + self.embedding_position(positions) + self.embedding_segment.weight[0]
        x = F.dropout(self.embedding_norm(x), self.config.dropout, self.training)
        seen = (positions < lengths_B[:, None])[:, None, None]
        for block in self.blocks:
            x = block(x, seen)
        return cast(Tensor, x)

    def pool(self, x_BTD: Tensor, lengths_B: Tensor) -> Tensor:
        """One vector ``(B, D)`` for each text."""
        if self.config.pool == "first":
            return x_BTD[:, 0]
        inside = torch.arange(x_BTD.shape[1], device=x_BTD.device) < lengths_B[:, None]
        return (x_BTD * inside[..., None]).sum(1) / lengths_B[:, None]


# ---------------------------------------------------------------- Hugging Face folders

_NAMES = {
    "embeddings.word_embeddings": "embedding",
    "embeddings.position_embeddings": "embedding_position",
    "embeddings.token_type_embeddings": "embedding_segment",
    "embeddings.LayerNorm": "embedding_norm",
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "out",
    "attention.output.LayerNorm": "attention_norm",
    "intermediate.dense": "up",
    "output.dense": "down",
    "output.LayerNorm": "ffn_norm",
}
_LAYER = re.compile(r"encoder\.layer\.(\d+)\.(.+)")
_ACTIVATIONS = {"gelu": "gelu", "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "relu": "relu"}


def read_encoder_config(folder: Path) -> dict[str, Any]:
    """The fields of an `EncoderConfig` that a Hugging Face folder decides.

    Raises:
        CheckpointError: the folder is damaged or holds another kind of model.
    """
    values = read_json(folder / "config.json")
    if not isinstance(values, dict) or values.get("model_type") != "bert":
        found = values.get("model_type") if isinstance(values, dict) else None
        raise CheckpointError(
            f"{folder.name} is no encoder that can be read.",
            expected="model_type bert (BERT, MiniLM, BGE, Chinese RoBERTa-wwm and the like)",
            received=str(found)[:60],
        )
    try:
        kind = values.get("position_embedding_type", "absolute")
        if kind != "absolute":
            raise ValueError(f"position_embedding_type {kind}")
        made: dict[str, Any] = {
            "vocab_size": int(values["vocab_size"]),
            "width": int(values["hidden_size"]),
            "layers": int(values["num_hidden_layers"]),
            "heads": int(values["num_attention_heads"]),
            "ffn_width": int(values["intermediate_size"]),
            "positions": int(values["max_position_embeddings"]),
            "segments": int(values.get("type_vocab_size", 2)),
            "norm_eps": float(values.get("layer_norm_eps", 1e-12)),
            "activation": _ACTIVATIONS[values.get("hidden_act", "gelu")],
        }
        EncoderConfig(
            **made, length=min(128, made["positions"])
        )  # refuses absurd sizes before anything is built
    except (KeyError, TypeError, ValueError, UsageError) as error:
        raise CheckpointError(
            f"{folder.name}/config.json does not fit.", received=str(error)[:200]
        ) from error
    return made


def load_pretrained(module: EncoderClassifier, folder: Path) -> None:
    """Put the weights of a Hugging Face folder into an encoder; its head stays as it is.

    Raises:
        CheckpointError: weights are missing, of another shape, or a pickle.
    """
    if not (folder / _WEIGHTS).is_file():
        pickled = next((p.name for p in sorted(folder.glob("*.bin"))), "")
        raise CheckpointError(
            f"{folder.name} has no {_WEIGHTS}.",
            expected="weights as safetensors",
            received=f"{pickled}, a pickle, which can run code when read" if pickled else "",
            next_step="convert it to safetensors where you trust it",
        )
    found = {_our_name(name): tensor for name, tensor in read_tensors(folder / _WEIGHTS).items()}
    own = module.state_dict()
    for name, tensor in own.items():
        if name.startswith("head."):
            continue
        if name not in found or found[name].shape != tensor.shape:
            received = str(tuple(found[name].shape)) if name in found else "no such tensor"
            raise CheckpointError(
                f"{folder.name}: the weights do not fit at {name}.",
                expected=str(tuple(tensor.shape)),
                received=received,
            )
        own[name] = found[name].float()
    module.load_state_dict(own)


def _our_name(name: str) -> str:
    name = name.removeprefix("bert.").replace("LayerNorm.gamma", "LayerNorm.weight")
    name = name.replace("LayerNorm.beta", "LayerNorm.bias")
    owner, _, leaf = name.rpartition(".")
    inside = _LAYER.fullmatch(owner)
    if inside:
        return f"blocks.{inside[1]}.{_NAMES.get(inside[2], inside[2])}.{leaf}"
    return f"{_NAMES.get(owner, owner)}.{leaf}"
