"""Our Transformer in Hugging Face's GPT-2 and Llama layouts, both ways.

GPT-2 (Radford et al. 2019) has learned positions, LayerNorm and a plain feed-forward part; Llama (Touvron
et al. 2023) has rotary positions, RMSNorm and SwiGLU. Tensors are renamed, split, joined and transposed; no
number changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from datalect.errors import CheckpointError, UsageError
from datalect.lm.config import TransformerConfig

GPT2, LLAMA = "gpt2", "llama"
_TO_HF = {"gelu": "gelu", "gelu_tanh": "gelu_new", "relu2": "relu2"}
_FROM_HF = {"gelu": "gelu", "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "relu2": "relu2"}


def layout_of(config: TransformerConfig) -> str:
    """Which of the two layouts a configuration fits.

    Raises:
        UsageError: neither; the message says what would have to differ.
    """
    c = config
    common = c.norm_first and not c.qk_norm
    grouped = c.kv_heads not in (None, c.heads)
    plain = c.norm == "layernorm" and c.activation in _TO_HF and c.tie and not grouped
    if common and plain and c.position == "learned":
        return GPT2
    if common and c.position == "rotary" and c.norm == "rmsnorm" and c.activation == "swiglu":
        return LLAMA
    raise UsageError(
        "This Transformer fits no layout that other programs know.",
        expected="gpt2: position learned, norm layernorm, tied, no qk_norm; or llama: position rotary, norm "
        "rmsnorm, activation swiglu, no qk_norm; both norm_first",
        received=f"position {c.position}, norm {c.norm}, activation {c.activation}, qk_norm {c.qk_norm}, "
        f"norm_first {c.norm_first}",
        next_step="export it as ONNX, or train with --set model.activation=swiglu --set model.qk_norm=false",
    )


def hf_config(config: TransformerConfig, end_id: int) -> dict[str, Any]:
    """The content of Hugging Face's ``config.json``."""
    c = config
    common: dict[str, Any] = {"bos_token_id": end_id, "eos_token_id": end_id, "vocab_size": c.vocab_size}
    common |= {"dtype": "float32", "tie_word_embeddings": c.tie, "use_cache": True}
    if layout_of(c) == GPT2:
        return common | {
            "model_type": "gpt2",
            "architectures": ["GPT2LMHeadModel"],
            "n_positions": c.context,
            "n_embd": c.width,
            "n_layer": c.layers,
            "n_head": c.heads,
            "n_inner": c.ffn,
            "activation_function": _TO_HF[c.activation],
            "layer_norm_epsilon": c.norm_eps,
            **dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), c.dropout),
        }
    return common | {
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        "max_position_embeddings": c.context,
        "hidden_size": c.width,
        "intermediate_size": c.ffn,
        "num_hidden_layers": c.layers,
        "num_attention_heads": c.heads,
        "num_key_value_heads": c.kv_heads or c.heads,
        "head_dim": c.head_width,
        "hidden_act": "silu",
        "rms_norm_eps": c.norm_eps,
        "rope_theta": c.rope_base,
        "rope_parameters": {"rope_type": "default", "rope_theta": c.rope_base},
        "attention_bias": c.bias,
        "mlp_bias": c.bias,
        "attention_dropout": c.dropout,
    }


def from_hf_config(values: Any, name: str) -> TransformerConfig:
    """Our configuration from the content of Hugging Face's ``config.json``.

    Args:
        values: the content.
        name: of the folder, for messages.

    Raises:
        CheckpointError: another layout, or values that do not fit.
    """
    kind = values.get("model_type") if isinstance(values, dict) else None
    try:
        if kind == GPT2:
            return _from_gpt2(values)
        if kind == LLAMA:
            return _from_llama(values)
    except (KeyError, TypeError, ValueError, AttributeError, UsageError) as error:
        raise CheckpointError(f"{name}/config.json does not fit.", received=str(error)[:200]) from error
    raise CheckpointError(
        f"{name} is of a layout that is not read here.", expected="gpt2 or llama", received=str(kind)[:60]
    )


def _from_gpt2(values: dict[str, Any]) -> TransformerConfig:
    if values.get("scale_attn_by_inverse_layer_idx") or not values.get("scale_attn_weights", True):
        raise ValueError("attention is scaled in an unusual way")
    if not values.get("tie_word_embeddings", True):
        raise ValueError("the output layer is not tied")
    return TransformerConfig(
        vocab_size=int(values["vocab_size"]),
        context=int(values.get("n_positions", 1024)),
        layers=int(values["n_layer"]),
        width=int(values["n_embd"]),
        heads=int(values["n_head"]),
        ffn_width=int(values.get("n_inner") or 4 * values["n_embd"]),
        position="learned",
        norm="layernorm",
        norm_eps=float(values.get("layer_norm_epsilon", 1e-5)),
        activation=_FROM_HF[values.get("activation_function", "gelu_new")],  # type: ignore[arg-type]
        bias=True,
        tie=True,
    )


def _from_llama(values: dict[str, Any]) -> TransformerConfig:
    rope = values.get("rope_parameters") or {}
    scaling = values.get("rope_scaling") or rope
    kind = scaling.get("rope_type", scaling.get("type", "default")) if scaling else "default"
    if kind != "default":
        raise ValueError(f"rotary positions are scaled ({kind})")
    width, heads = int(values["hidden_size"]), int(values["num_attention_heads"])
    if values.get("head_dim") not in (None, width // heads):
        raise ValueError("heads do not have the width of the model together")
    if values.get("hidden_act", "silu") != "silu":
        raise ValueError(f"activation {values['hidden_act']}")
    if values.get("attention_bias", False) != values.get("mlp_bias", False):
        raise ValueError("biases stand in one half of the layers only")
    return TransformerConfig(
        vocab_size=int(values["vocab_size"]),
        context=int(values["max_position_embeddings"]),
        layers=int(values["num_hidden_layers"]),
        width=width,
        heads=heads,
        kv_heads=int(values.get("num_key_value_heads") or heads),
        ffn_width=int(values["intermediate_size"]),
        position="rotary",
        rope_base=float(rope.get("rope_theta") or values.get("rope_theta") or 10_000.0),
        norm="rmsnorm",
        norm_eps=float(values.get("rms_norm_eps", 1e-6)),
        activation="swiglu",
        bias=bool(values.get("attention_bias", False)),
        tie=bool(values.get("tie_word_embeddings", False)),
    )


# ---------------------------------------------------------------- tensors


def to_hf(tensors: dict[str, Tensor], config: TransformerConfig) -> dict[str, Tensor]:
    """Hugging Face's tensors from ours."""
    made: dict[str, Tensor] = {}
    for ours, theirs, join in _table(config):
        parts = join.split(tensors[ours]) if ours in tensors else join.missing(config)
        made |= dict(zip(theirs, parts, strict=True))
    return made


def from_hf(tensors: dict[str, Tensor], config: TransformerConfig, name: str) -> dict[str, Tensor]:
    """Our tensors from Hugging Face's.

    Args:
        tensors: as read; a missing prefix ``transformer.`` is no fault.
        config: from `from_hf_config`.
        name: of the folder, for messages.

    Raises:
        CheckpointError: a tensor is missing.
    """
    prefix = "transformer." if layout_of(config) == GPT2 else "model."
    if not any(key.startswith(prefix) for key in tensors):
        tensors = {key if key.startswith("lm_head") else prefix + key: t for key, t in tensors.items()}
    made = {}
    for ours, theirs, join in _table(config):
        missing = [key for key in theirs if key not in tensors]
        if missing:
            raise CheckpointError(f"{name} lacks the tensor {missing[0]}.")
        made[ours] = join.joined([tensors[key].float() for key in theirs])
    return made


class _Join:
    """How one tensor of ours corresponds to one or several of theirs.

    Args:
        rows: rows of each of theirs inside ours; None for a single one.
        transposed: theirs is ``(inputs, outputs)``.
        zeros: size of theirs when ours may be missing (a bias that is zero).
    """

    def __init__(
        self, rows: tuple[int, ...] | None = None, *, transposed: bool = False, zeros: int = 0
    ) -> None:
        self.rows, self.transposed, self.zeros = rows, transposed, zeros

    def split(self, tensor: Tensor) -> list[Tensor]:
        parts = [tensor] if self.rows is None else list(torch.split(tensor, list(self.rows)))
        return [part.T.contiguous() if self.transposed else part.contiguous() for part in parts]

    def joined(self, parts: list[Tensor]) -> Tensor:
        whole = parts[0] if len(parts) == 1 else torch.cat(parts)
        return whole.T.contiguous() if self.transposed else whole

    def missing(self, config: TransformerConfig) -> list[Tensor]:
        return [torch.zeros(self.zeros)]


_Row = tuple[str, tuple[str, ...], _Join]


def _table(config: TransformerConfig) -> Iterator[_Row]:
    make: dict[str, Callable[[TransformerConfig], Iterator[_Row]]] = {GPT2: _gpt2, LLAMA: _llama}
    yield from make[layout_of(config)](config)


def _gpt2(c: TransformerConfig) -> Iterator[_Row]:
    plain, top = _Join(), "transformer."
    yield "embedding.weight", (f"{top}wte.weight",), plain
    yield "position_embedding.weight", (f"{top}wpe.weight",), plain
    for n in range(c.layers):
        ours, theirs = f"blocks.{n}.", f"{top}h.{n}."
        sizes = {"qkv": 3 * c.width, "out": c.width, "up": c.ffn, "down": c.width}
        names = {"attention.qkv": "attn.c_attn", "attention.out": "attn.c_proj"}
        names |= {"ffn.up": "mlp.c_fc", "ffn.down": "mlp.c_proj"}
        for own, their in names.items():
            yield f"{ours}{own}.weight", (f"{theirs}{their}.weight",), _Join(transposed=True)
            yield f"{ours}{own}.bias", (f"{theirs}{their}.bias",), _Join(zeros=sizes[own.split(".")[1]])
        for own, their in (("attention_norm", "ln_1"), ("ffn_norm", "ln_2")):
            yield f"{ours}{own}.weight", (f"{theirs}{their}.weight",), plain
            yield f"{ours}{own}.bias", (f"{theirs}{their}.bias",), _Join(zeros=c.width)
    yield "norm.weight", (f"{top}ln_f.weight",), plain
    yield "norm.bias", (f"{top}ln_f.bias",), _Join(zeros=c.width)


def _llama(c: TransformerConfig) -> Iterator[_Row]:
    plain, kv = _Join(), (c.kv_heads or c.heads) * c.head_width
    yield "embedding.weight", ("model.embed_tokens.weight",), plain
    leaves = ("weight", "bias") if c.bias else ("weight",)
    for n in range(c.layers):
        ours, theirs = f"blocks.{n}.", f"model.layers.{n}."
        for leaf in leaves:
            qkv = tuple(f"{theirs}self_attn.{name}_proj.{leaf}" for name in "qkv")
            yield f"{ours}attention.qkv.{leaf}", qkv, _Join((c.width, kv, kv))
            yield f"{ours}attention.out.{leaf}", (f"{theirs}self_attn.o_proj.{leaf}",), plain
            up = tuple(f"{theirs}mlp.{name}_proj.{leaf}" for name in ("gate", "up"))
            yield f"{ours}ffn.up.{leaf}", up, _Join((c.ffn, c.ffn))
            yield f"{ours}ffn.down.{leaf}", (f"{theirs}mlp.down_proj.{leaf}",), plain
        yield f"{ours}attention_norm.weight", (f"{theirs}input_layernorm.weight",), plain
        yield f"{ours}ffn_norm.weight", (f"{theirs}post_attention_layernorm.weight",), plain
    yield "norm.weight", ("model.norm.weight",), plain
    if not c.tie:
        yield "head.weight", ("lm_head.weight",), plain
