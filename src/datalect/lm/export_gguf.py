"""A model of ours as a GGUF file, which llama.cpp and its relatives read.

The format is https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, written by the package ``gguf``.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from datalect.errors import LimitError, MissingExtraError
from datalect.lm.checkpoint import SavedModel
from datalect.lm.config import TransformerConfig
from datalect.lm.export_hf import bpe_parts, transformer_config
from datalect.lm.layouts import GPT2, layout_of

Precision = Literal["float32", "float16", "int8"]
_NORMAL, _CONTROL = 1, 3  # kinds of tokens in tokenizer.ggml.token_type


def export_gguf(saved: SavedModel, path: Path, precision: Precision = "float32") -> None:
    """Write a GGUF file, atomically.

    Args:
        saved: a Transformer language model of the GPT-2 or Llama layout with a bpe tokenizer.
        path: the file.
        precision: of the matrices; norms and biases stay float32. int8 is GGUF's Q8_0, in blocks of 32;
            matrices whose rows are no multiple of 32 are float16 then.

    Raises:
        UsageError: another architecture, layout or tokenizer.
        MissingExtraError: the package gguf is missing.
        LimitError: the file cannot be written.
    """
    try:
        import gguf
    except ImportError as error:
        raise MissingExtraError("gguf", "Writing GGUF files") from error
    config = transformer_config(saved)
    layout = layout_of(config)
    tokens, merges = bpe_parts(saved.tokenizer)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as scratch:
        building = Path(scratch) / path.name
        try:
            writer = gguf.GGUFWriter(str(building), layout)
            _describe(writer, config, saved.folder.name, precision)
            _tokens(writer, tokens, merges, saved.tokenizer.end_id)
            for name, tensor in _named(dict(saved.module.state_dict()), config).items():
                _add(writer, name, tensor, precision)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
            building.replace(path)
        except OSError as error:
            raise LimitError(
                f"{path.name} could not be written.", limit="disk", received=str(error)[:200]
            ) from error


def _describe(writer: Any, c: TransformerConfig, name: str, precision: Precision) -> None:
    import gguf

    kinds = {"float32": gguf.LlamaFileType.ALL_F32, "float16": gguf.LlamaFileType.MOSTLY_F16}
    writer.add_name(name)
    writer.add_file_type(kinds.get(precision, gguf.LlamaFileType.MOSTLY_Q8_0))
    writer.add_vocab_size(c.vocab_size)
    writer.add_context_length(c.context)
    writer.add_embedding_length(c.width)
    writer.add_block_count(c.layers)
    writer.add_feed_forward_length(c.ffn)
    writer.add_head_count(c.heads)
    if layout_of(c) == GPT2:
        writer.add_layer_norm_eps(c.norm_eps)
        return
    writer.add_head_count_kv(c.kv_heads or c.heads)
    writer.add_layer_norm_rms_eps(c.norm_eps)
    writer.add_rope_freq_base(c.rope_base)
    writer.add_rope_dimension_count(c.head_width)


def _tokens(writer: Any, tokens: list[str], merges: list[str], end_id: int) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([_CONTROL if n == end_id else _NORMAL for n in range(len(tokens))])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(end_id)
    writer.add_eos_token_id(end_id)
    writer.add_add_bos_token(False)


def _add(writer: Any, name: str, tensor: Tensor, precision: Precision) -> None:
    import gguf
    import numpy as np

    values = tensor.detach().float().contiguous().numpy()
    if precision == "float32" or values.ndim == 1:
        writer.add_tensor(name, values)
    elif precision == "int8" and values.shape[-1] % 32 == 0:
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
    else:
        writer.add_tensor(name, values.astype(np.float16))


def _named(tensors: dict[str, Tensor], c: TransformerConfig) -> dict[str, Tensor]:
    """Tensors by GGUF's names; matrices are ``(outputs, inputs)`` there as they are here."""
    import torch

    gpt2 = layout_of(c) == GPT2
    made = {"token_embd.weight": tensors["embedding.weight"], "output_norm.weight": tensors["norm.weight"]}
    if gpt2:
        made["position_embd.weight"] = tensors["position_embedding.weight"]
        made["output_norm.bias"] = tensors.get("norm.bias", torch.zeros(c.width))
    if not c.tie:
        made["output.weight"] = tensors["head.weight"]
    for n in range(c.layers):
        ours, theirs = f"blocks.{n}.", f"blk.{n}."
        plain = {"attention.out": "attn_output", "ffn.down": "ffn_down"}
        plain |= {"attention_norm": "attn_norm", "ffn_norm": "ffn_norm"}
        if gpt2:
            plain |= {"attention.qkv": "attn_qkv", "ffn.up": "ffn_up"}
        for own, their in plain.items():
            weight = tensors[f"{ours}{own}.weight"]
            made[f"{theirs}{their}.weight"] = weight
            if gpt2 or f"{ours}{own}.bias" in tensors:
                made[f"{theirs}{their}.bias"] = tensors.get(f"{ours}{own}.bias", torch.zeros(len(weight)))
        if not gpt2:
            made |= _llama_layer(tensors, ours, theirs, c)
    return made


def _llama_layer(
    tensors: dict[str, Tensor], ours: str, theirs: str, c: TransformerConfig
) -> dict[str, Tensor]:
    import torch

    groups = c.kv_heads or c.heads
    made: dict[str, Tensor] = {}
    for leaf in ("weight", "bias"):
        if f"{ours}attention.qkv.{leaf}" not in tensors:
            continue
        sizes = [c.width, groups * c.head_width, groups * c.head_width]
        q, k, v = torch.split(tensors[f"{ours}attention.qkv.{leaf}"], sizes)
        gate, up = tensors[f"{ours}ffn.up.{leaf}"].chunk(2)
        made |= {
            f"{theirs}attn_q.{leaf}": _interleaved(q, c.heads),
            f"{theirs}attn_k.{leaf}": _interleaved(k, groups),
            f"{theirs}attn_v.{leaf}": v,
            f"{theirs}ffn_gate.{leaf}": gate,
            f"{theirs}ffn_up.{leaf}": up,
        }
    return made


def _interleaved(rows: Tensor, heads: int) -> Tensor:
    """Rows of each head as GGUF's Llama has them: rotary pairs are neighbours, not half a head apart."""
    split = rows.reshape(heads, 2, len(rows) // heads // 2, *rows.shape[1:])
    return split.transpose(1, 2).reshape(rows.shape)
