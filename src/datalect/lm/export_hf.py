"""A model of ours as a Hugging Face folder: weights, configuration, tokenizer, card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from datalect.errors import UsageError
from datalect.lm.base import Tokenizer
from datalect.lm.checkpoint import CARD, SavedModel
from datalect.lm.config import TransformerConfig
from datalect.lm.files import write_bytes, write_json, write_tensors
from datalect.lm.layouts import hf_config, to_hf

END = "<|endoftext|>"


def export_hf(saved: SavedModel, folder: Path) -> list[str]:
    """Write a folder that ``AutoModelForCausalLM`` and ``AutoTokenizer`` of transformers read.

    Args:
        saved: a Transformer language model of the GPT-2 or Llama layout.
        folder: created when missing.

    Returns:
        The names of the files written.

    Raises:
        UsageError: another architecture or layout, or a tokenizer that transformers cannot express.
        LimitError: the disk is full.
    """
    config = transformer_config(saved)
    values, tokenizer = hf_config(config, saved.tokenizer.end_id), hf_tokenizer(saved.tokenizer)
    folder.mkdir(parents=True, exist_ok=True)
    write_tensors(
        folder / "model.safetensors", to_hf(dict(saved.module.state_dict()), config), {"format": "pt"}
    )
    write_json(folder / "config.json", values)
    write_json(
        folder / "generation_config.json",
        {name: values[name] for name in ("bos_token_id", "eos_token_id")},
    )
    write_bytes(folder / "tokenizer.json", tokenizer.to_str().encode())
    write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": END,
            "eos_token": END,
            "model_max_length": config.context,
            "clean_up_tokenization_spaces": False,
        },
    )
    if (saved.folder / CARD).is_file():
        write_bytes(folder / CARD, (saved.folder / CARD).read_bytes())
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def transformer_config(saved: SavedModel) -> TransformerConfig:
    """The configuration of a Transformer language model.

    Raises:
        UsageError: it is something else.
    """
    config = saved.description.config
    if saved.description.task != "lm" or not isinstance(config, TransformerConfig):
        raise UsageError(
            f"{saved.folder.name} has no Hugging Face or GGUF form.",
            expected="a language model of the architecture transformer",
            received=f"{saved.description.task}, {config.architecture}",
            next_step="export it as ONNX" if saved.description.task == "lm" else "",
        )
    return config


def hf_tokenizer(tokenizer: Tokenizer) -> Any:
    """The same tokenizer in the Hugging Face library, the end token added as a special one.

    Raises:
        UsageError: a kind that the library cannot express: character and word tokenizers spell unknown
            characters out.
    """
    from tokenizers import AddedToken
    from tokenizers import Tokenizer as Library

    inner = getattr(tokenizer, "inner", None)
    if inner is not None:
        made = Library.from_str(inner.to_str())
    elif tokenizer.kind == "byte":
        made = _bytes()
    else:
        raise UsageError(
            f"A {tokenizer.kind} tokenizer cannot be exported.",
            expected="bpe, unigram or byte",
            next_step="train with --set tokenizer.kind=bpe, or export as ONNX",
        )
    if made.id_to_token(tokenizer.end_id) is None:
        made.add_special_tokens([AddedToken(END, special=True, normalized=False)])
    if made.token_to_id(END) != tokenizer.end_id:
        raise UsageError("The end token cannot keep its id.", received=str(made.token_to_id(END)))
    return made


def _bytes() -> Any:
    """UTF-8 bytes as byte-level BPE without merges; ids are the bytes."""
    from tokenizers import Tokenizer as Library
    from tokenizers import decoders, models, pre_tokenizers

    made = Library(models.BPE(vocab=byte_alphabet(), merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.decoder = decoders.ByteLevel()
    return made


def byte_alphabet() -> dict[str, int]:
    """GPT-2's printable character for each byte (Radford et al. 2019, section 2.2)."""
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(b): b for b in printable} | {chr(256 + n): b for n, b in enumerate(others)}


def bpe_parts(tokenizer: Tokenizer) -> tuple[list[str], list[str]]:
    """Tokens by id, the end included, and merges of a byte-level BPE tokenizer.

    Raises:
        UsageError: another kind.
    """
    values = json.loads(hf_tokenizer(tokenizer).to_str())
    model = values["model"]
    if model.get("type") != "BPE" or not model["merges"]:
        raise UsageError(
            f"A {tokenizer.kind} tokenizer has no GGUF form here.",
            expected="bpe",
            next_step="train with --set tokenizer.kind=bpe, or export to Hugging Face or ONNX",
        )
    ids: dict[str, int] = model["vocab"] | {one["content"]: one["id"] for one in values["added_tokens"]}
    merges = [one if isinstance(one, str) else " ".join(one) for one in model["merges"]]
    return sorted(ids, key=lambda token: ids[token]), merges
